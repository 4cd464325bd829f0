"""How good a ranker's predictions are for patients whom it has not seen, by out-of-fold scores of every outcome.

With a design the prediction that is scored is the factual one: the outcome under the option that the patient had, by a
model fitted to the other folds.  That tells how well outcomes are predicted, not whether differences between options
are right: no patient had two of them.  What can be told of these is ``ranking.evaluation.effect_evaluation``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from genorx._core.progress import track
from genorx._core.workers import map_in_order
from genorx.cohort.cohort import Cohort
from genorx.cohort.outcome import Outcome
from genorx.effects.overlap.horizon import last_follow_up
from genorx.errors import Finding, HorizonError, SupportError, shown
from genorx.outcomes.evaluate import evaluate
from genorx.outcomes.evaluation import Evaluation
from genorx.outcomes.folds import hash_folds
from genorx.outcomes.kinds import family_of
from genorx.ranking.model.fitting import (
    fit_model,
    followed,
    outcome_rows,
    primary_of,
    prognosis_model,
    reported_horizons,
    sites_of,
)
from genorx.ranking.model.templates import Templates

Floats = NDArray[np.float64]
#: Models of an outcome fitted to the patients outside of a fold.
FoldModels = dict[tuple[str, int], Any]


def evaluate_outcomes(
    cohort: Cohort, templates: Templates, *, folds: int, n_boot: int, models: FoldModels | None = None
) -> Evaluation:
    """Return scores of every outcome that can be evaluated; a secondary one that cannot is named.

    With a design, models of the folds are left in ``models``, by outcome and fold.

    Raises
    ------
    SupportError, HorizonError
        If the primary outcome cannot be evaluated.
    """
    primary = primary_of(cohort)
    parts: list[Evaluation] = []
    findings: list[Finding] = []
    names = [primary, *(name for name in cohort.ranked if name != primary)]
    work = partial(_evaluate_outcome, cohort, templates, folds, n_boot)
    for found, said, fitted in map_in_order(work, names):
        parts += [] if found is None else [found]
        findings += said
        if models is not None:
            models |= fitted
    whole = Evaluation.combine(parts)
    return replace(whole, findings=(*whole.findings, *findings))


def _evaluate_outcome(
    cohort: Cohort, templates: Templates, folds: int, n_boot: int, name: str
) -> tuple[Evaluation | None, list[Finding], FoldModels]:
    """Return the scores of an outcome, what had to be said, and the models of its folds."""
    models: FoldModels = {}
    try:
        task = _task(cohort, name, templates, folds, models)
        return _evaluate(task, n_boot), _late(task), models
    except (SupportError, HorizonError) as error:
        if name == primary_of(cohort):
            raise
        message = f"outcome {shown(name)} is not evaluated: {error.reason}"
        return None, [Finding(code="outcome-not-estimated", severity="warning", message=message)], models


@dataclass(frozen=True, kw_only=True)
class _Task:
    """One outcome to be evaluated: its rows, the option that each patient had, and the times at which it is scored.

    ``unscored`` are reported times that some set of folds is not followed to, ``last`` where time is cut in a fold.
    """

    cohort: Cohort
    outcome: Outcome
    y: pd.DataFrame
    option: pd.Series[str]
    horizons: tuple[float, ...]
    unscored: tuple[float, ...]
    last: float | None
    templates: Templates
    folds: int
    models: FoldModels


def _evaluate(task: _Task, n_boot: int) -> Evaluation:
    shared: dict[str, Any] = {"n_boot": n_boot, "seed": task.templates.seed, "outcome": task.outcome.name}
    shared |= {"horizons": np.array(task.horizons)} if task.horizons else {}
    shared |= {"levels": task.outcome.levels} if task.outcome.levels else {}
    if task.cohort.design is not None:
        return _factual(task, shared)
    family = family_of(task.outcome)
    model = prognosis_model(task.outcome, task.cohort, task.templates)
    family.check_prognosis(task.y, task.outcome)
    X, y = task.cohort.features.loc[task.y.index], family.target(task.y)
    sites = sites_of(task.cohort, task.y.index) if task.outcome.is_amount else None
    return evaluate(family, model, X, y, folds=task.folds, groups=sites, **shared)


def _task(cohort: Cohort, name: str, templates: Templates, folds: int, models: FoldModels) -> _Task:
    outcome = cohort.outcomes[name]
    y, option = outcome_rows(cohort, outcome)
    horizons: tuple[float, ...] = ()
    unscored: tuple[float, ...] = ()
    last = None
    if outcome.timed:
        asked = cohort.horizon if name == primary_of(cohort) else None
        reported, restricted = reported_horizons(outcome, asked, y, option, [])
        reach = _reach(y, option, hash_folds(y.index, folds, seed=templates.seed))
        horizons = tuple(h for h in reported if h <= reach and h < y["time"].max())
        if not horizons:
            raise HorizonError(
                f"no horizon of {shown(name)} lies within {reach:g}, which all sets of folds are followed to",
                hint="name an earlier one in its horizons",
            )
        unscored = tuple(h for h in reported if h not in horizons)
        last = min(max(restricted, *reported), reach)
    return _Task(
        cohort=cohort,
        outcome=outcome,
        y=y,
        option=option,
        horizons=horizons,
        unscored=unscored,
        last=last,
        templates=templates,
        folds=folds,
        models=models,
    )


def _reach(y: pd.DataFrame, option: pd.Series[str], fold: NDArray[np.integer[Any]]) -> float:
    """Return the time up to which each option is followed whichever fold is left out."""
    ends = []
    for k in np.unique(fold):
        times = followed(y[fold != k], option[fold != k])
        ends += [last_follow_up(times)[1]] if times else []
    return min(ends, default=0.0)


def _factual(task: _Task, shared: dict[str, Any]) -> Evaluation:
    """Score the prediction under the option that each patient had."""
    fold = hash_folds(task.y.index, task.folds, seed=task.templates.seed)
    made = map_in_order(partial(_predict_fold, task, fold), range(task.folds))
    parts: list[Floats] = []
    for k, (model, part) in enumerate(track(made, f"evaluate {task.outcome.name}", task.folds)):
        task.models[task.outcome.name, k] = model
        parts.append(part)
    predicted = np.full((len(task.y), *parts[0].shape[1:]), np.nan)
    for k, part in enumerate(parts):
        predicted[fold == k] = part
    known = np.asarray(~np.isnan(predicted.reshape(len(predicted), -1)).any(axis=1))
    family = family_of(task.outcome)
    y = family.target(task.y.loc[known])
    scored = family.score(y, family.factual(predicted[known]), fold[known], **shared)
    return replace(scored, findings=(*scored.findings, *_unscored(task, known)))


def _predict_fold(task: _Task, fold: NDArray[np.integer[Any]], k: int) -> tuple[Any, Floats]:
    """Return the model fitted to all folds but one, and what it predicts there.

    Nothing is predicted under an option that has too few events in the others.

    A row holds the estimate at each horizon (of a value: one), or that of each part where there are parts.
    """
    test = fold == k
    model = fit_model(task.y[~test], task.outcome, task.cohort, task.templates, task.last)
    X = task.cohort.features.loc[task.y.index[test]]
    times = np.array(task.horizons) if task.horizons else None
    sampled = model.sample(X, times, n_draws=1, seed=task.templates.seed)
    family_of(task.outcome).check_parts(sampled.parts, task.outcome.name)
    values = sampled.point if sampled.parts is None or not task.outcome.data.part else sampled.parts
    predicted = np.full((len(X), *values.shape[2:]), np.nan)
    for row, name in enumerate(task.option[test]):
        if name in sampled.options:
            predicted[row] = values[row, sampled.options.index(name)]
    return model, predicted


def _late(task: _Task) -> list[Finding]:
    if not task.unscored:
        return []
    said = ", ".join(f"{horizon:g}" for horizon in task.unscored)
    message = (
        f"horizons {said} of {shown(task.outcome.name)} are not scored: not every set of folds is followed beyond them"
    )
    return [Finding(code="horizon-beyond-follow-up", severity="warning", message=message)]


def _unscored(task: _Task, known: NDArray[np.bool_]) -> list[Finding]:
    if known.all():
        return []
    names = ", ".join(sorted({shown(name) for name in task.option[~known]}))
    message = f"{int((~known).sum())} patients under {names} are not scored: too few events there for an estimate"
    return [Finding(code="option-not-estimated", severity="warning", message=message)]
