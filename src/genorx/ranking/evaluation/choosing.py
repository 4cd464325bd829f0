"""Evidence on individual choice in a fitted ranker: average differences, and results of its evaluation.

How it enters the advice is ``effects.decision``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from genorx.cohort.cohort import Cohort
from genorx.effects.assessment.policy_value import BEST_SINGLE
from genorx.effects.decision import UNKNOWN, Choosing
from genorx.effects.intervals import Interval, interval_by_spread
from genorx.effects.protocol import EffectEstimator
from genorx.effects.strategies.strategy_policy import POLICY
from genorx.errors import SupportError, UsageError
from genorx.ranking.answer.estimates import main_quantity
from genorx.ranking.evaluation.outcome_effect import OutcomeEffect
from genorx.ranking.model.fitting import outcome_rows
from genorx.ranking.model.outcome_fit import OutcomeFit
from genorx.ranking.model.strategy_options import StrategyOptions

Floats = NDArray[np.float64]
_DRAWS = 100  # draws of an average, of which only the spread is used
_BLOCK = 50  # patients at a time: draws of all would not fit into memory


def average_differences(fit: OutcomeFit, cohort: Cohort, *, seed: int) -> dict[str, dict[str, float]]:
    """Return each option's mean difference from the reference in the ordering quantity, as JSON values.

    Over the patients compared, by the model itself; empty if it compares no options.
    """
    if isinstance(fit.model, StrategyOptions):
        return {name: {key: getattr(one, key) for key in _NUMBERS} for name, one in fit.model.averages_.items()}
    if not isinstance(fit.model, EffectEstimator) or cohort.design is None:
        return {}
    y, _ = outcome_rows(cohort, cohort.outcomes[fit.name])
    X = cohort.features.loc[y.index]
    total: Floats | None = None
    options: tuple[str, ...] = ()
    for start in range(0, len(X), _BLOCK):
        block = X.iloc[start : start + _BLOCK]
        try:
            sampled = fit.draw(block, n_draws=_DRAWS, seed=seed)
        except (SupportError, UsageError):  # draws of another outcome: a ranking is refused with the reason
            return {}
        options = sampled.options
        for row in range(len(block)):
            main = main_quantity(fit, sampled, row)
            own = np.concatenate([main.point[None], main.draws])
            total = own if total is None else total + own
    if total is None or len(options) < 2 or cohort.design.reference not in options:
        return {}
    means = total / len(X)
    gaps = means - means[:, [options.index(cohort.design.reference)]]
    lower, upper = interval_by_spread(gaps)
    return {
        name: {"estimate": float(gaps[0, place]), "lower": float(lower[place]), "upper": float(upper[place])}
        for place, name in enumerate(options)
        if name != cohort.design.reference
    }


def choosing_by(
    fit: OutcomeFit,
    averages: Mapping[str, Mapping[str, float]],
    effects: Sequence[OutcomeEffect],
    *,
    reference: str,
    strategies: Sequence[Mapping[str, Any]] = (),
    by_utility: bool = False,
) -> Choosing:
    """Return the evidence on individual choice in the ordering quantity.

    Averages are those of the model; the doubly robust ones if an evaluation of the same quantity identified the option.
    For options ordered by utility there is no evidence, as neither average is of the utility.

    Parameters
    ----------
    fit : OutcomeFit
        The primary outcome.
    averages : mapping
        As from ``average_differences``; empty for a model file without them.
    effects : sequence of OutcomeEffect
        Results of the evaluation; empty without one.
    reference : str
    strategies : sequence of mapping
        Rows of ``strategy_evaluation.evaluate_strategies``.
    by_utility : bool
        Whether options are ordered by utility.
    """
    if by_utility:
        return UNKNOWN
    means = {name: Interval(**{key: each[key] for key in _NUMBERS}) for name, each in averages.items()}
    found = next((each for each in effects if _same_quantity(each, fit)), None)
    sign = 1 if fit.cause is None else -1  # time lost to a cause
    alone = Choosing(averages=means, reference=reference, higher_is_better=sign * fit.sign > 0)
    policies = [row for row in strategies if row["method"] == POLICY]
    if policies:
        return replace(alone, evaluated=True, gain=_gain_of_decisions(policies))
    if found is None or found.report is None:
        return replace(alone, evaluated=found is not None)
    report = found.report
    means |= {str(row["option"]): _interval(row, "estimate") for row in report.averages.to_dict(orient="records")}
    policy = report.policy.to_dict(orient="records")
    slopes = {
        str(row["option"]): _interval(row, "slope")
        for row in report.slopes.to_dict(orient="records")
        if np.isfinite(row["slope"])  # no slope if the same difference is predicted for all
    }
    gain = _interval(policy[1], "gain") if len(policy) > 1 else None
    return replace(alone, averages=means, gain=gain, slopes=slopes, evaluated=True)


def _gain_of_decisions(policies: Sequence[Mapping[str, Any]]) -> Interval | None:
    """Return the mean gain over the best single option per strategy decision, for as many as were faced.

    A patient who faces one may face the next: errors are added as if perfectly correlated, which makes the interval too
    wide.
    """
    rows = [row for row in policies if row["estimate"] is not None and row["against"].endswith(f"({BEST_SINGLE})")]
    if not rows:
        return None
    weight = np.array([row["patients"] for row in rows], dtype=float)
    return Interval(**{key: float(np.average([row[key] for row in rows], weights=weight)) for key in _NUMBERS})


_NUMBERS = ("estimate", "lower", "upper")


def _same_quantity(effect: OutcomeEffect, fit: OutcomeFit) -> bool:
    """Return whether an evaluation is of the ordering quantity: not for one of competing causes."""
    return effect.outcome == fit.name and effect.horizon == fit.restricted and fit.cause is None


def _interval(row: Mapping[Any, Any], estimate: str) -> Interval:
    return Interval(estimate=float(row[estimate]), lower=float(row["lower"]), upper=float(row["upper"]))
