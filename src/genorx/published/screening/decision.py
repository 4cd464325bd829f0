"""Screening or not as two options of each person: cancer deaths, harms, costs, and their utility.

All numbers but the published risk are declared by the user: the interval includes only the uncertainty of the declared
effect.  Deaths, harms and costs are expected numbers by the horizon of the risk.
Sources: Stinnett AA, Mullahy J 1998, Med Decis Making 18:S68 (net benefit with weights); Altman DG 1998, BMJ 317:1309
(number needed); Pashayan N et al. 2020, Nat Rev Clin Oncol 17:687 (relative risks on a published risk).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from genorx.published.cards.card import InputColumn
from genorx.published.inputs.inputs import Floats, Inputs, no_column
from genorx.published.inputs.reading import read_column
from genorx.published.screening.declared import Multiplier, ScreeningOptions
from genorx.published.screening.risks import ScreenedPeople, screening_codes


@dataclass(frozen=True, kw_only=True)
class OptionNumbers:
    """Expected numbers of all people under one option: arrays of shape (n_people,), by name for harms."""

    death: Floats
    harms: dict[str, Floats]
    cost: Floats | None
    utility: Floats | None


@dataclass(frozen=True, kw_only=True)
class Decided:
    """Consequences of the declared numbers for all people.

    Attributes
    ----------
    people : ScreenedPeople
        Published risks, with the exclusions by the relative risks.
    options : ScreeningOptions
        Numbers declared by the user.
    threshold : float or None
        Declared threshold, on which the advice is based if there are no weights.
    risk : float array of shape (n_people,)
        Published risk times the declared relative risks.
    screened, unscreened : OptionNumbers
        Expected numbers under the two options.
    gain : float array of shape (3, n_people)
        Deaths averted by screening: estimate, and at the limits of the effect, the smaller one first.
    weight : float array of shape (3, n_people) or None
        Difference of utilities, screening minus not, in deaths averted; None if harms have no weights.
    """

    people: ScreenedPeople
    options: ScreeningOptions
    threshold: float | None
    risk: Floats
    screened: OptionNumbers
    unscreened: OptionNumbers
    gain: Floats
    weight: Floats | None

    def advice(self, at: int) -> tuple[str, str]:
        """Return the advice on screening and on not screening, of the person at a position."""
        if self.weight is not None:
            _, least, most = self.weight[:, at]
            if least > 0:
                return "recommend", "not_advised"
            return ("not_advised", "recommend") if most < 0 else ("equipoise", "equipoise")
        if self.threshold is None:
            return "reasonable", "reasonable"
        return ("recommend", "not_advised") if self.risk[at] >= self.threshold else ("not_advised", "recommend")


def decide_screening(
    people: ScreenedPeople, frame: pd.DataFrame, options: ScreeningOptions, *, threshold: float | None = None
) -> Decided:
    """Return the expected consequences of screening and not screening for each person.

    Parameters
    ----------
    people : ScreenedPeople
        Result of ``screening_risks`` for the same frame.
    frame : DataFrame
        One row per person, with the columns of the declared relative risks.
    options : ScreeningOptions
        Numbers declared by the user.
    threshold : float, optional
        Least risk at which to screen; by default that of ``options``.

    Raises
    ------
    TableError
        ``column-missing``, or a relative risk that is not a number above 0.
    """
    with screening_codes():
        risk = people.risk
        for each in options.multipliers:
            risk = _multiplied(risk, people.inputs, frame, each)
    risk = np.where(people.inputs.refused, np.nan, risk)
    effect, fatal = options.effect, options.fatality.value
    ratios = np.array([effect.relative_risk, effect.upper, effect.lower])[:, None]
    gain = risk * fatal * (1.0 - ratios)
    parts = {"all": np.ones_like(risk), "with": risk, "without": 1.0 - risk}
    harms = {harm.name: harm.probability * parts[harm.among] for harm in options.harms}
    harm = sum((float(each.weight or 0.0) * harms[each.name] for each in options.harms), np.zeros_like(risk))
    costs, weighed = options.costs, options.weighed
    dead = risk * fatal
    return Decided(
        people=people,
        options=options,
        threshold=options.threshold if threshold is None else threshold,
        risk=risk,
        screened=OptionNumbers(
            death=dead * effect.relative_risk,
            harms=harms,
            cost=None if costs is None else costs.screen + risk * costs.cancer_found,
            utility=-dead * effect.relative_risk - harm if weighed else None,
        ),
        unscreened=OptionNumbers(
            death=dead,
            harms=dict.fromkeys(harms, 0.0 * risk),
            cost=None if costs is None else 0.0 * risk,
            utility=-dead if weighed else None,
        ),
        gain=gain,
        weight=gain - harm if weighed else None,
    )


def _multiplied(risk: Floats, inputs: Inputs, frame: pd.DataFrame, each: Multiplier) -> Floats:
    """Return risks times a declared relative risk; a missing one, or a result above 1, is an exclusion."""
    column = InputColumn(name=each.column, meaning="declared relative risk", kind="number")
    if each.column not in frame.columns:
        raise no_column(inputs.source, each.column, column.meaning, frame)
    ratio = read_column(inputs, column, frame[each.column], each.column, {})
    inputs.fault(ratio <= 0, each.column, lambda at: f"{ratio[at]:g} is not a relative risk", code="impossible-value")
    text = f"{each.column} is not known"
    inputs.refuse(np.isnan(ratio) & ~inputs.refused, "published-unknown-input", text, column=each.column)
    if each.scale == "odds_ratio":
        return np.asarray(risk * ratio / (1.0 - risk + risk * ratio))
    if each.scale == "hazard_ratio":
        return np.asarray(-np.expm1(ratio * np.log1p(-risk)))
    made = risk * ratio
    text = f"{each.column} makes the risk larger than 1"
    inputs.refuse((made > 1) & ~inputs.refused, "screening-risk-above-one", text, column=each.column)
    return np.asarray(made)
