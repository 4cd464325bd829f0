"""Evaluation of the differences between strategies: by clones, a landmark, and thirds of the gain.

The gain by which patients are ordered is predicted out of fold; in each third it is compared with an estimate by
clones, which also give the value of choosing by that gain.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from genorx._core.number_words import amount_interval
from genorx._core.progress import track
from genorx._core.workers import map_in_order
from genorx.cohort.cohort import Cohort
from genorx.cohort.course import Strategy
from genorx.cohort.outcome import Outcome
from genorx.effects.strategies import check_strategy, strategy_policy
from genorx.effects.strategies.checks import METHODS
from genorx.errors import Finding, SupportError, shown
from genorx.outcomes.folds import hash_folds
from genorx.ranking.model.fitting import outcome_rows, primary_of, reported_horizons
from genorx.ranking.model.strategy_fit import fit_strategies
from genorx.ranking.model.strategy_options import StrategyOptions
from genorx.ranking.model.templates import Templates

COLUMNS = ("outcome", "strategy", "group", "method", "against", "estimate", "lower", "upper", "patients", "reason")
EVERYBODY = "all"
_THIRDS = ("lowest third of predicted gain", "middle third of predicted gain", "highest third of predicted gain")
_BOOT = 50


def evaluate_strategies(cohort: Cohort, templates: Templates, *, folds: int, fitted: Any = None) -> pd.DataFrame:
    """Return differences of restricted means from entry into each strategy's state, by model, clones and landmark.

    Parameters
    ----------
    cohort : Cohort
    templates : Templates
    folds : int
        Number of folds; gains are predicted out of fold.
    fitted : StrategyOptions, optional
        The model of the whole cohort, if already fitted.

    Returns
    -------
    DataFrame
        ``outcome``, ``strategy``, ``group`` (all, or a third of the patients by the gain that models of the other
        folds predict), ``method`` (``model``, ``clones``, ``landmark``; in a third ``predicted`` and ``clones``;
        ``policy``: gain of choosing by patient), ``against``, ``estimate``, ``lower``, ``upper``, ``patients``,
        ``reason`` (why there is no number; for a policy the verdict); empty without strategies.
    """
    design = cohort.strategies
    if design is None:
        return pd.DataFrame(columns=list(COLUMNS))
    outcome = cohort.outcomes[primary_of(cohort)]
    y, option = outcome_rows(cohort, outcome)
    _, horizon = reported_horizons(outcome, cohort.horizon, y, option, [])
    model = fitted if isinstance(fitted, StrategyOptions) else fit_strategies(outcome, cohort, templates, horizon)
    gains = _gains(cohort, outcome, templates, horizon, folds)
    strategies = [each for each in design.strategies if not each.never and each.within is not None]
    work = partial(_checked, model, cohort, outcome, gains)
    tables = list(track(map_in_order(work, strategies), "check strategies", len(strategies)))
    found = pd.concat(tables, ignore_index=True) if tables else pd.DataFrame()
    return found.assign(outcome=outcome.name).reindex(columns=list(COLUMNS))


def strategy_findings(table: pd.DataFrame, unit: str = "") -> Iterator[Finding]:
    """Yield a finding where clones or landmark differ significantly from the model, for every strategy.

    The test takes the two as independent, though they share patients: it is conservative.
    """
    everybody = table[(table["group"] == EVERYBODY) & table["method"].isin(METHODS)]
    for strategy, own in everybody.groupby("strategy", sort=False):
        by_model = own[own["method"] == "model"]
        checks: list[dict[Any, Any]] = own[own["method"] != "model"].to_dict(orient="records")
        for row in checks:
            if np.isnan(row["estimate"]):
                message = f"{shown(strategy)} is not checked by {row['method']}: {row['reason']}"
                yield Finding(code="strategy-not-checked", severity="warning", message=message)
                continue
            apart = (by_model["estimate"] - row["estimate"]).abs()
            widths = (by_model["upper"] - by_model["lower"], row["upper"] - row["lower"])
            if (apart > np.hypot(*widths) / 2).all():
                text = f"{amount_interval(row['estimate'], row['lower'], row['upper'])} {unit}".rstrip()
                text += f" by {row['method']}, a check without a model of the states"
                first = by_model.iloc[0]
                modelled = f"{amount_interval(first['estimate'], first['lower'], first['upper'])} by the model"
                message = (
                    f"{shown(strategy)}: mean gain in time alive after its state was entered {text}, and {modelled}; "
                    "one of them is off by more than chance"
                )
                yield Finding(code="strategy-checks-differ", severity="serious", message=message)


def _gains(cohort: Cohort, outcome: Outcome, templates: Templates, horizon: float, folds: int) -> pd.DataFrame:
    """Return each strategy's gain in restricted mean over the reference, by models of the other folds."""
    y, _ = outcome_rows(cohort, outcome)
    fold = pd.Series(hash_folds(y.index, folds, seed=templates.seed), index=y.index)
    patients = [fold.index[fold == k] for k in np.unique(fold)]
    work = partial(_gains_of, cohort, outcome, templates, horizon)
    found = track(map_in_order(work, patients), "strategies out of fold", folds)
    parts = [part for part in found if part is not None]
    return pd.concat(parts) if parts else pd.DataFrame()


def _gains_of(
    cohort: Cohort, outcome: Outcome, templates: Templates, horizon: float, patients: pd.Index[Any]
) -> pd.DataFrame | None:
    """Return the gains of patients by a model of all others; None with too few of these."""
    others = outcome_rows(cohort, outcome)[0].index.difference(patients, sort=False)
    try:
        model = fit_strategies(outcome, cohort, templates, horizon, others)
    except SupportError:
        return None  # these patients are then in no third
    X = cohort.features.loc[patients]
    means = model.effect.sample(X, [horizon], n_draws=0).restricted[0]
    return pd.DataFrame(means - means[:, :1], index=X.index, columns=list(model.options_))


def _checked(
    model: StrategyOptions, cohort: Cohort, outcome: Outcome, gains: pd.DataFrame, strategy: Strategy
) -> pd.DataFrame:
    course, design = outcome.course, cohort.strategies
    if course is None or design is None:
        raise TypeError(f"{outcome.name} has no states")
    known = course.patients.intersection(cohort.features.index, sort=False)
    stated: dict[str, Any] = {"specs": cohort.specs, "n_boot": _BOOT, "seed": 0}
    X = cohort.features.loc[known]
    whole = check_strategy(model.effect, X, course, design, strategy.name, **stated).assign(group=EVERYBODY)
    tables = [whole]
    for name, patients in _thirds(gains, strategy.name):
        own = X.loc[patients]
        clones = check_strategy(model.effect, own, course, design, strategy.name, methods=["clones"], **stated)
        gain = gains.loc[patients, strategy.name]
        predicted = {"strategy": strategy.name, "method": "predicted", "against": design.reference}
        row = pd.DataFrame([predicted | {"estimate": float(gain.mean()), "patients": len(patients), "reason": ""}])
        tables.append(pd.concat([row, clones]).assign(group=name))
    if strategy.name in gains:
        stated = {"horizon": model.effect.horizon_, "n_boot": _BOOT, "seed": 0}
        policy = strategy_policy(X, course, design, strategy.name, gains[strategy.name], **stated)
        tables.append(policy.assign(group=EVERYBODY))
    return pd.concat(tables, ignore_index=True)


def _thirds(gains: pd.DataFrame, strategy: str) -> Iterator[tuple[str, pd.Index[Any]]]:
    if strategy not in gains:
        return
    order = gains[strategy].sort_values(kind="stable").index
    for name, patients in zip(_THIRDS, np.array_split(np.arange(len(order)), 3), strict=True):
        yield name, order[patients]
