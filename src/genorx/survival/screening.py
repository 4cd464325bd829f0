"""Evaluation of a screening rule with death as competing cause: calibration, discrimination, net benefit.

The cancer is one cause, people may die of other causes first, and some follow-up ends before the horizon.  The observed
risk is the Aalen-Johansen incidence: events over all people would be too low (the censored count as free of cancer),
one minus Kaplan-Meier with deaths censored too high (the dead count as if they could still fall ill).
Sources: Wolbers M et al. 2009, Epidemiology 20:555; Gerds TA et al. 2014, Stat Med 33:3191 (calibration); Blanche P et
al. 2013, Stat Med 32:5381 (AUC); Vickers AJ, Elkin EB 2006, Med Decis Making 26:565 and Vickers AJ et al. 2008, BMC Med
Inform Decis Mak 8:53 (net benefit, with competing causes); Austin PC, Steyerberg EW 2019, Stat Med 38:4051 (ICI).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from genorx._core.proportion import NORMAL_975
from genorx._core.short_repr import short
from genorx.errors import Finding
from genorx.survival.aalen_johansen import CumulativeIncidence, cumulative_incidence
from genorx.survival.resampling import Score, bootstrap_counts, scored
from genorx.survival.screening_draws import Draws, People, measured, net_benefit, rule_draws
from genorx.survival.screening_input import EDGE, checked_screening, checked_thresholds

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

SCHEMA_VERSION = 1
#: Measures at a threshold that have an interval.
MEASURES = ("net_benefit", "sensitivity", "specificity", "ppv", "missed")


@dataclass(frozen=True, kw_only=True)
class ThresholdMeasures:
    """Results if all people with a risk of ``threshold`` or more are screened.

    Attributes
    ----------
    threshold : float
        Lowest risk at which people are screened.
    screened : float
        Share of people screened.
    net_benefit : Score
        Cancers found per person, minus false positives at the exchange rate of the threshold.
    sensitivity, specificity : Score
        Share of people with the cancer by the horizon who are screened; share of the others who are not.
    ppv : Score
        Positive predictive value: incidence among the screened; NaN if there are none.
    missed : Score
        Cancers among people not screened, per person of the whole population.
    net_benefit_all : float
        Net benefit of screening all people; that of screening none is 0.
    number_needed_to_screen : float or None
        People screened per person among them with the cancer by the horizon; None if there is none.
    """

    threshold: float
    screened: float
    net_benefit: Score
    sensitivity: Score
    specificity: Score
    ppv: Score
    missed: Score
    net_benefit_all: float
    number_needed_to_screen: float | None

    def to_dict(self) -> dict[str, Any]:
        """Return plain values; missing ones are None."""
        scores = {name: _plain(getattr(self, name)) for name in MEASURES}
        return {
            "threshold": self.threshold,
            "screened": self.screened,
            **scores,
            "net_benefit_all": self.net_benefit_all,
            "number_needed_to_screen": self.number_needed_to_screen,
        }


@short
@dataclass(frozen=True, kw_only=True)
class ScreeningEvaluation:
    """Performance of a predicted risk in people with follow-up.

    Attributes
    ----------
    n : int
        Number of people.
    horizon : float
        Time by which the cancer is predicted, in the unit of ``time``.
    events : mapping
        Numbers of people by the horizon: ``cause``, ``competing`` and ``censored``.
    observed, expected : float
        Aalen-Johansen incidence at the horizon, and mean risk.
    oe : Score
        Observed over expected: 1 is calibrated.
    slope, intercept : Score
        Slope of the observed outcome on the log odds of the risk, and intercept at slope 1: 1 and 0 are calibrated.  A
        slope below 1 means risks that are too extreme.
    ici : Score
        Mean distance of the predicted from the observed risk; 0 is calibrated.
    auc : Score
        Area under the ROC curve at the horizon: 0.5 is chance.
    thresholds : tuple of ThresholdMeasures
        Measures at each requested threshold.
    findings : tuple of Finding
        Findings on the evaluation.
    curve : DataFrame
        ``risk``, ``observed``, ``lower``, ``upper``: smoothed observed incidence by risk.
    density : DataFrame
        ``lower``, ``upper``, ``people``: histogram of the risks.
    decision_curve : DataFrame
        ``threshold``, ``rule``, ``all``: net benefit by threshold, without intervals.

    Examples
    --------
    >>> from genorx.survival import evaluate_screening
    >>> risk = [0.01, 0.02, 0.05, 0.10, 0.20, 0.30] * 20
    >>> time, cause = [6, 6, 6, 4, 3, 2] * 20, [0, 0, 0, 0, 1, 1] * 20
    >>> found = evaluate_screening(risk, time, cause, horizon=6, thresholds=[0.1], n_boot=20)
    >>> type(found).__name__
    'ScreeningEvaluation'
    """

    n: int
    horizon: float
    events: Mapping[str, int]
    observed: float
    expected: float
    oe: Score
    slope: Score
    intercept: Score
    ici: Score
    auc: Score
    thresholds: tuple[ThresholdMeasures, ...]
    findings: tuple[Finding, ...] = ()
    curve: pd.DataFrame = field(repr=False, compare=False)
    density: pd.DataFrame = field(repr=False, compare=False)
    decision_curve: pd.DataFrame = field(repr=False, compare=False)

    def to_dict(self) -> dict[str, Any]:
        """Return plain values, ready for JSON, without curves; missing values are None."""
        return {
            "schema_version": SCHEMA_VERSION,
            "n": self.n,
            "horizon": self.horizon,
            "events": dict(self.events),
            "observed": self.observed,
            "expected": self.expected,
            **{name: _plain(getattr(self, name)) for name in ("oe", "slope", "intercept", "ici", "auc")},
            "thresholds": [each.to_dict() for each in self.thresholds],
            "findings": [each.to_dict() for each in self.findings],
        }


def _plain(score: Score) -> dict[str, float | None]:
    numbers = {"estimate": score.estimate, "lower": score.lower, "upper": score.upper}
    return {name: value if np.isfinite(value) else None for name, value in numbers.items()}


def evaluate_screening(
    risk: ArrayLike,
    time: ArrayLike,
    cause: ArrayLike,
    *,
    horizon: float,
    thresholds: Sequence[float] = (),
    of: int = 1,
    n_boot: int = 200,
    seed: int = 0,
) -> ScreeningEvaluation:
    """Evaluate a predicted risk in people with follow-up, with death as a competing cause and censoring.

    Parameters
    ----------
    risk : array-like of shape (n_people,)
        Predicted probability of the cause ``of`` by the horizon: fractions.
    time : array-like of shape (n_people,)
        Follow-up in the unit of ``horizon``.
    cause : array-like of int, shape (n_people,)
        0 where follow-up ended without an event, else the cause.
    horizon : float
        Time by which the cancer is predicted, in the unit of ``time``.
    thresholds : sequence of float
        Lowest risk at which people would be screened; between 0 and 1.
    of : int
        Cause of interest.
    n_boot, seed : int
        Bootstrap over people, the same samples for every measure; O/E has its interval from the standard error of the
        Aalen-Johansen curve on the log scale.

    Raises
    ------
    InputError
        ``risk-missing``, ``risk-not-fraction``; ``event-type`` for causes that are not whole numbers from 0.
    UsageError
        ``threshold`` outside 0 to 1; shapes that differ, or times that are negative or not finite.
    HorizonError
        If the horizon lies beyond the last follow-up.
    SupportError
        ``too-few-events``: fewer than 10 of the cause by the horizon.
    """
    predicted, end, codes = checked_screening(risk, time, cause, horizon=horizon, of=of)
    cuts = checked_thresholds(thresholds)
    people = People.of(predicted, end, codes, horizon)
    draws = measured(people, bootstrap_counts(end.size, n_boot, seed)[:, people.follow_up.order], cuts)
    curve, expected = cumulative_incidence(end, codes), float(predicted.mean())
    return ScreeningEvaluation(
        n=end.size,
        horizon=float(horizon),
        events=count_events(end, codes, horizon),
        observed=float(curve.at(horizon)),
        expected=expected,
        oe=_observed_over_expected(curve, expected, horizon),
        slope=scored(draws.slope),
        intercept=scored(draws.intercept),
        ici=scored(draws.ici),
        auc=scored(draws.auc),
        thresholds=tuple(_at_threshold(draws, place, cut) for place, cut in enumerate(cuts)),
        findings=tuple(_findings(predicted, draws, cuts)),
        curve=_band(people, draws),
        density=_density(predicted),
        decision_curve=_decision_curve(people, cuts),
    )


def count_events(end: Floats, codes: Ints, horizon: float) -> dict[str, int]:
    """Return the number with the cause (1) or a competing one (2) by the horizon, or censored before."""
    by_then = end <= horizon
    return {
        "cause": int(np.sum(by_then & (codes == 1))),
        "competing": int(np.sum(by_then & (codes == 2))),
        "censored": int(np.sum((end < horizon) & (codes == 0))),
    }


def _observed_over_expected(curve: CumulativeIncidence, expected: float, horizon: float) -> Score:
    """Return O/E with limits symmetric on the log scale, by the delta method."""
    observed, error = float(curve.at(horizon)), float(curve.std_error_at(horizon))
    if not expected > 0:
        return Score(estimate=float("nan"))
    reach = float(np.exp(NORMAL_975 * error / observed))
    ratio = observed / expected
    return Score(estimate=ratio, lower=ratio / reach, upper=ratio * reach)


def _at_threshold(draws: Draws, place: int, cut: float) -> ThresholdMeasures:
    share, among = draws.share[:, place], draws.screened_incidence[:, place]
    rule = rule_draws(share, among, draws.incidence, cut)
    whole = draws.incidence[0]
    return ThresholdMeasures(
        threshold=cut,
        screened=float(share[0]),
        **{name: scored(getattr(rule, name)) for name in MEASURES},
        net_benefit_all=float(net_benefit(whole, 1.0 - whole, cut)),
        number_needed_to_screen=1.0 / float(among[0]) if among[0] > 0 else None,
    )


def _findings(risk: Floats, draws: Draws, cuts: Sequence[float]) -> list[Finding]:
    found = []
    if ends := int(np.sum((risk < EDGE) | (risk > 1.0 - EDGE))):
        text = f"{ends} risks are within {EDGE:g} of 0 or 1: their log odds were computed at that distance"
        found.append(Finding(code="screening-risk-at-end", severity="warning", message=text))
    if not np.isfinite(draws.slope[0] + draws.ici[0]):
        text = "slope or smooth curve cannot be estimated in these people and are empty"
        found.append(Finding(code="screening-no-curve", severity="warning", message=text))
    if draws.left_out:
        text = f"{draws.left_out} of {len(draws.slope) - 1} bootstrap samples gave no slope or curve and are left out"
        found.append(Finding(code="screening-samples-left-out", severity="warning", message=text))
    for place, cut in enumerate(cuts):
        share = draws.share[0, place]
        if share in (0.0, 1.0):
            text = f"at {cut:g} {'none' if share == 0 else 'all'} of these people are screened"
            found.append(Finding(code="screening-no-choice", severity="warning", message=text))
    return found


# curves -----------------------------------------------------------------------------------------------------------


def _band(people: People, draws: Draws) -> pd.DataFrame:
    """Return the smooth curve of observed by risk, with its pointwise 95 % band."""
    known = draws.curve[1:][np.isfinite(draws.curve[1:]).all(axis=1)]
    ends = np.percentile(known, [2.5, 97.5], axis=0) if len(known) else np.full((2, people.grid.size), np.nan)
    return pd.DataFrame({"risk": people.grid, "observed": draws.curve[0], "lower": ends[0], "upper": ends[1]})


def _density(risk: Floats) -> pd.DataFrame:
    counts, edges = np.histogram(risk, bins=50, range=(0.0, max(float(np.quantile(risk, 0.995)), EDGE)))
    return pd.DataFrame({"lower": edges[:-1], "upper": edges[1:], "people": counts})


def _decision_curve(people: People, cuts: Sequence[float]) -> pd.DataFrame:
    """Return the net benefit of the rule and of screening all, over the range of the risks."""
    low, high = np.quantile(people.risk, [0.02, 0.99])
    thresholds = np.unique(np.concatenate([np.linspace(max(low, EDGE), min(high, 1.0 - EDGE), 61), cuts]))
    one = np.ones((1, people.risk.size))
    whole, rows = people.follow_up.incidence(one), []
    for cut in thresholds.tolist():
        above = people.risk >= cut
        among = people.follow_up.incidence(one, members=above)
        rule = rule_draws(np.array([above.mean()]), among, whole, cut)
        everybody = float(net_benefit(whole[0], 1.0 - whole[0], cut))
        rows.append({"threshold": cut, "rule": float(rule.net_benefit[0]), "all": everybody})
    return pd.DataFrame(rows)
