"""Clone and landmark analyses as checks of the strategy model: beginning a treatment in a state, or not.

Both estimate the mean over patients who entered the state, follow them from entry, and do not intervene later: a
patient who is not treated in this state may be treated in another.  So they are compared with the strategy that treats
in the next state as in the data, if there is one.  Both treat all patients who can be treated: a strategy that treats
only a share is checked as if it treated all.
Sources: Hernan MA 2018, BMJ 360:k182 (clones); Dafni U 2011, Circ Cardiovasc Qual Outcomes 4:363 (landmark).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from genorx._core.feature_spec import FeatureSpec
from genorx.cohort.course import Course, Strategy, StrategyDesign
from genorx.effects.adjusted.survival_effect import SurvivalEffect
from genorx.effects.assessment.assessment import mean_differences
from genorx.effects.clone_censor import clone_censor_difference
from genorx.effects.intervals import interval_by_spread
from genorx.effects.strategies.strategy_effect import StrategyEffect
from genorx.errors import GenorxError, UsageError, shown

_MANY = 200  # patients over whom the model's difference is averaged
_DRAWS = 100
METHODS = ("model", "clones", "landmark")


@dataclass(frozen=True, kw_only=True)
class StrategyCheck:
    """One estimate of the difference of restricted means, from entry into a strategy's state.

    Attributes
    ----------
    strategy, method : str
        ``method`` is ``model``, ``clones`` or ``landmark``.
    against : str
        The comparator.
    estimate, lower, upper : float
        With 95 % limits; NaN if there is none, with the reason in ``reason``.
    patients : int
    reason : str
    """

    strategy: str
    method: str
    against: str
    estimate: float = float("nan")
    lower: float = float("nan")
    upper: float = float("nan")
    patients: int = 0
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class Entrants:
    """Patients who entered a state untreated, followed from entry.

    Attributes
    ----------
    X, y : DataFrame
        Features; ``time`` since entry and ``event`` (death).
    start, left : Series
        Time since entry at which the treatment began in the state, and at which the state was left; missing if never.
    entered : float
        Median time of entry.
    """

    X: pd.DataFrame
    y: pd.DataFrame
    start: pd.Series[float]
    left: pd.Series[float]
    entered: float

    def only(self, patients: pd.Index[Any]) -> Entrants:
        """Return a subset."""
        parts = {name: getattr(self, name).loc[patients] for name in ("X", "y", "start", "left")}
        return replace(self, **parts)


def check_strategy(
    model: StrategyEffect,
    X: pd.DataFrame,
    course: Course,
    design: StrategyDesign,
    strategy: str,
    *,
    landmark: float | None = None,
    specs: Iterable[FeatureSpec] | None = None,
    methods: Sequence[str] = METHODS,
    n_boot: int = 100,
    seed: int = 0,
) -> pd.DataFrame:
    """Return the mean difference by the model, by clones, and from a landmark, one row each.

    Parameters
    ----------
    model : StrategyEffect
        Model fitted to these patients.
    X, course, design
        The data to which it was fitted.
    strategy : str
        A strategy with a time within which the treatment begins.
    landmark : float, optional
        Time since entry; by default half of the time within which the treatment begins.
    specs : iterable of FeatureSpec, optional
        Kinds and groups of the features, for the landmark's model.
    methods : sequence of str
        Any of ``model``, ``clones`` and ``landmark``; rows are always in this order.
    n_boot, seed : int
        Bootstrap samples of the clones.

    Raises
    ------
    UsageError
        If the strategy begins no treatment, or does not state within which time.
    """
    chosen = design.strategy(strategy)
    if chosen.never or chosen.within is None:
        raise UsageError(f"strategy {shown(strategy)} does not state within which time a treatment begins")
    there = entrants(X, course, design, chosen)
    checks: list[StrategyCheck] = []
    if "model" in methods:
        checks += _by_model(model, there, chosen)
    if "clones" in methods:
        checks.append(by_clones(there, chosen, model.horizon_, n_boot, seed))
    if "landmark" in methods:
        day = landmark or chosen.within / 2
        checks.append(_at_landmark(there, chosen, model.horizon_, landmark=day, specs=specs, seed=seed))
    return pd.DataFrame([vars(check) for check in checks])


def entrants(X: pd.DataFrame, course: Course, design: StrategyDesign, strategy: Strategy) -> Entrants:
    """Return those of ``X`` who entered the state of a strategy untreated."""
    entered = course.entered(str(strategy.state))
    begins = design.begins[design.begins["treatment"] == strategy.treatment].set_index("patient_id")["time"]
    begun = begins.reindex(entered.index).astype(float)
    death = course.survival().loc[entered.index]
    rows = X.index.intersection(entered.index[~(begun < entered) & (death["time"] > entered)], sort=False)
    entered, begun, death = entered.loc[rows], begun.loc[rows], death.loc[rows]
    spells = course.spells
    left = spells[spells["state"] == strategy.state].set_index("patient_id")["exit"].reindex(rows)
    y = pd.DataFrame({"time": death["time"] - entered, "event": death["event"]})
    inside = begun < left.fillna(np.inf)
    start = (begun - entered).where(inside)
    return Entrants(X=X.loc[rows], y=y, start=start, left=left - entered, entered=float(entered.median()))


def _by_model(model: StrategyEffect, there: Entrants, strategy: Strategy) -> Iterator[StrategyCheck]:
    places = np.unique(np.linspace(0, len(there.X) - 1, _MANY).astype(int))
    entered = min(there.entered, model.end_ - model.horizon_)
    to_all = [replace(each, share=1.0) if each.name == strategy.name else each for each in model.strategies_]
    stated: dict[str, Any] = {"state": strategy.state, "entered": entered, "n_draws": _DRAWS, "strategies": to_all}
    drawn = model.sample(there.X.iloc[places], [model.horizon_], **stated)
    means = drawn.restricted.mean(axis=1)
    own = model.options_.index(strategy.name)
    for place, other in enumerate(model.options_):
        if place != own:
            gap = means[:, own] - means[:, place]
            lower, upper = interval_by_spread(gap)
            yield StrategyCheck(
                strategy=strategy.name,
                method="model",
                against=other,
                estimate=float(gap[0]),
                lower=float(lower),
                upper=float(upper),
                patients=places.size,
            )


def by_clones(there: Entrants, strategy: Strategy, horizon: float, n_boot: int, seed: int) -> StrategyCheck:
    """Compare beginning within the strategy's time with not doing so, by clones; a reason replaces missing numbers."""
    check = StrategyCheck(
        strategy=strategy.name, method="clones", against=f"not within {strategy.within:g}, later as in the data"
    )
    try:
        found = clone_censor_difference(
            there.X,
            there.y,
            there.start,
            left=there.left,
            waits="observed",
            grace=float(strategy.within or 0.0),
            horizon=horizon,
            n_boot=n_boot,
            seed=seed,
        )
    except GenorxError as error:
        return replace(check, reason=error.reason)
    return replace(check, estimate=found.estimate, lower=found.lower, upper=found.upper, patients=len(there.X))


def _at_landmark(
    there: Entrants,
    strategy: Strategy,
    horizon: float,
    *,
    landmark: float,
    specs: Iterable[FeatureSpec] | None,
    seed: int,
) -> StrategyCheck:
    """Compare treated and untreated patients among those in the state at the landmark, doubly robust if possible."""
    check = StrategyCheck(
        strategy=strategy.name, method="landmark", against=f"not by {landmark:g}, later as in the data"
    )
    rows = there.X.index[(there.left > landmark) & (there.y["time"] > landmark)]
    treated = (there.start.loc[rows] <= landmark).map({True: "began", False: "not yet"})
    y = there.y.loc[rows].assign(time=there.y.loc[rows, "time"] - landmark)
    known = None if specs is None else [spec for spec in specs if spec.name in there.X.columns]
    model = SurvivalEffect(horizon=horizon - landmark, reference="not yet", specs=known, n_draws=_DRAWS, seed=seed)
    try:
        model.fit(there.X.loc[rows], y, treatment=treated)
        row = mean_differences(model, there.X.loc[rows], y, treatment=treated, seed=seed).iloc[0]
    except GenorxError as error:
        return replace(check, reason=error.reason)
    if not row["identified"]:
        return replace(check, reason=str(row["reason"]))
    estimate, lower, upper = (float(row[name]) for name in ("estimate", "lower", "upper"))
    return replace(check, estimate=estimate, lower=lower, upper=upper, patients=int(row["patients"]))
