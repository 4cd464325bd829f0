"""States and transitions behind a ranking of strategies: counts, and drivers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from genorx._core.proportion import NORMAL_975
from genorx.outcomes.shrinkage.cox_fit import CoxFit
from genorx.ranking.model.outcome_fit import OutcomeFit
from genorx.ranking.model.strategy_options import StrategyOptions

_MOVERS = ["from", "to", "feature", "step", "hazard_ratio", "lower", "upper"]
_LEAST_RATIO = 1.05  # least log hazard ratio of a feature that is listed


@dataclass(frozen=True, kw_only=True)
class CourseSummary:
    """States and transitions of the cohort, and the drivers of each transition.

    Attributes
    ----------
    states, alive : tuple of str
    start : str
    transitions : DataFrame
        ``from``, ``to``, ``events``, ``at_risk``, ``time_at_risk``.
    movers : DataFrame
        ``from``, ``to``, ``feature``, ``step`` (unit of the ratio: a standard deviation of a number, a level against
        all others, a treatment that has begun), ``hazard_ratio``, ``lower``, ``upper``: associations with the hazard of
        the untreated, the largest first; those of treatments are adjusted for indication.
    """

    states: tuple[str, ...]
    alive: tuple[str, ...]
    start: str
    transitions: pd.DataFrame
    movers: pd.DataFrame


def course_summary(fit: OutcomeFit, design: Mapping[str, Any] | None) -> CourseSummary | None:
    """Return the summary of a fitted outcome; None unless it compares strategies.

    Parameters
    ----------
    fit : OutcomeFit
    design : mapping or None
        The design as stored in the model.
    """
    if not isinstance(fit.model, StrategyOptions) or design is None:
        return None
    return CourseSummary(
        states=fit.states,
        alive=fit.alive,
        start=fit.model.effect.start_,
        transitions=pd.DataFrame(design["transitions"]),
        movers=transition_movers(fit.model),
    )


def transition_movers(options: StrategyOptions) -> pd.DataFrame:
    """Return the drivers of each transition, as ``CourseSummary.movers``."""
    frames: list[pd.DataFrame] = []
    for model in options.effect.models_:
        for target, fit in zip(model.targets, model.fits, strict=True):
            rows = [*_features(options, model, fit), *_treatments(options, model, fit)]
            frame = pd.DataFrame(rows, columns=_MOVERS[2:])
            size = np.log(frame["hazard_ratio"]).abs()
            kept = size[size >= np.log(_LEAST_RATIO)].sort_values(ascending=False, kind="stable").index
            frames.append(frame.loc[kept].assign(**{"from": model.state, "to": target})[_MOVERS])
    movers: pd.DataFrame = pd.concat(frames, ignore_index=True)
    return movers


def _features(options: StrategyOptions, model: Any, fit: CoxFit) -> Iterator[tuple[Any, ...]]:
    """Yield features with an effect on the hazard of the untreated; for a curve the linear part."""
    columns = options.effect.encoder_.columns_
    made = model.columns.coefficients(np.eye(len(fit.beta)), len(columns), treated=0, earlier=None)  # linear in beta
    for place, column in enumerate(columns):
        if "~" in column.name:
            continue
        number = column.kind == "value"
        own = made[:, place] / (1.0 if number else column.scale)
        step = "standard deviation" if number else "yes against no" if column.name == column.source else column.name
        yield (column.source, step, *_ratio(float(fit.beta @ own), fit.contrast_variance(own)))


def _treatments(options: StrategyOptions, model: Any, fit: CoxFit) -> Iterator[tuple[Any, ...]]:
    """Yield treatments that have begun: in this state, in an earlier one, or outside any strategy."""
    columns, features = model.column_names(options.effect.encoder_.columns_)
    treatments = {str(each.treatment) for each in options.effect.strategies_ if each.treatment is not None}
    for place, (column, feature) in enumerate(zip(columns, features, strict=True)):
        if feature in treatments:
            size, variance = float(fit.beta[place]), float(fit.std_error[place] ** 2)
            yield (feature, f"begun {column.removeprefix(feature).strip()}", *_ratio(size, variance))


def _ratio(size: float, variance: float) -> tuple[float, float, float]:
    spread = NORMAL_975 * max(variance, 0.0) ** 0.5
    return tuple(float(np.exp(each)) for each in (size, size - spread, size + spread))  # type: ignore[return-value]
