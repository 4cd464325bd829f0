"""Accuracy of a ranker's predictions for unseen patients, by out-of-fold scores of every outcome.

With a design, the factual prediction is scored: the outcome under the option that the patient received, by a model
fitted to the other folds.  This measures how well outcomes are predicted, not whether differences between options are
right: no patient received two of them.  ``ranking.evaluation.effect_evaluation`` evaluates the differences.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice
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
    """Return scores of every outcome that can be evaluated; a secondary one that cannot is reported.

    With a design, models of the folds are stored in ``models``, by outcome and fold.

    Raises
    ------
    SupportError, HorizonError
        If the primary outcome cannot be evaluated.
    """
    primary = primary_of(cohort)
    names = [primary, *(name for name in cohort.ranked if name != primary)]
    found: Iterable[_Evaluated]
    if cohort.design is None:
        found = map_in_order(partial(_evaluate_outcome, cohort, templates, folds, n_boot), names)
    else:
        found = _with_a_design(cohort, templates, names, folds=folds, n_boot=n_boot, models=models)
    parts: list[Evaluation] = []
    findings: list[Finding] = []
    for part, notes in found:
        parts += [] if part is None else [part]
        findings += notes
    whole = Evaluation.combine(parts)
    return replace(whole, findings=(*whole.findings, *findings))


#: The scores of an outcome, if there are any, and findings.
_Evaluated = tuple[Evaluation | None, list[Finding]]


def _evaluate_outcome(cohort: Cohort, templates: Templates, folds: int, n_boot: int, name: str) -> _Evaluated:
    """Return the scores of a prognosis."""
    try:
        task = _task(cohort, name, templates, folds)
        return _evaluate(task, n_boot), _late(task)
    except (SupportError, HorizonError) as error:
        return _not_evaluated(cohort, name, error)


def _not_evaluated(cohort: Cohort, name: str, error: SupportError | HorizonError) -> _Evaluated:
    """Report an outcome without scores; for the primary one this is an error."""
    if name == primary_of(cohort):
        raise error
    message = f"outcome {shown(name)} is not evaluated: {error.reason}"
    return None, [Finding(code="outcome-not-estimated", severity="warning", message=message)]


def _with_a_design(
    cohort: Cohort, templates: Templates, names: list[str], *, folds: int, n_boot: int, models: FoldModels | None
) -> Iterator[_Evaluated]:
    """Yield the scores of each outcome; the folds of all outcomes are processed in parallel together."""
    tasks = [_task_or_error(cohort, name, templates, folds) for name in names]
    ready = [task for task in tasks if isinstance(task, _Task)]
    jobs = [(number, k) for number in range(len(ready)) for k in range(folds)]
    made = map_in_order(partial(_predict_or_error, ready), jobs)
    for name, task in zip(names, tasks, strict=True):
        try:
            if not isinstance(task, _Task):
                raise task
            own = track(islice(made, folds), f"evaluate {name}", folds)
            yield _factual(task, list(own), n_boot, models), _late(task)
        except (SupportError, HorizonError) as error:
            yield _not_evaluated(cohort, name, error)


@dataclass(frozen=True, kw_only=True)
class _Task:
    """One outcome to evaluate: its rows, each patient's option, and the times at which it is scored.

    ``unscored`` are reported times beyond the follow-up of some set of folds, ``last`` is where time is cut in a fold.
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

    def scored_by(self, n_boot: int) -> dict[str, Any]:
        """Return the kind of predictions that are scored."""
        shared: dict[str, Any] = {"n_boot": n_boot, "seed": self.templates.seed, "outcome": self.outcome.name}
        shared |= {"horizons": np.array(self.horizons)} if self.horizons else {}
        return shared | ({"levels": self.outcome.levels} if self.outcome.levels else {})

    def fold(self) -> NDArray[np.integer[Any]]:
        """Return the fold of each row."""
        return hash_folds(self.y.index, self.folds, seed=self.templates.seed)


def _evaluate(task: _Task, n_boot: int) -> Evaluation:
    family = family_of(task.outcome)
    model = prognosis_model(task.outcome, task.cohort, task.templates)
    family.check_prognosis(task.y, task.outcome)
    X, y = task.cohort.features.loc[task.y.index], family.target(task.y)
    sites = sites_of(task.cohort, task.y.index) if task.outcome.is_amount else None
    return evaluate(family, model, X, y, folds=task.folds, groups=sites, **task.scored_by(n_boot))


def _task(cohort: Cohort, name: str, templates: Templates, folds: int) -> _Task:
    outcome = cohort.outcomes[name]
    y, option = outcome_rows(cohort, outcome)
    horizons: tuple[float, ...] = ()
    unscored: tuple[float, ...] = ()
    last = None
    if outcome.timed:
        horizon = cohort.horizon if name == primary_of(cohort) else None
        reported, restricted = reported_horizons(outcome, horizon, y, option, [])
        reach = _reach(y, option, hash_folds(y.index, folds, seed=templates.seed))
        horizons = tuple(h for h in reported if h <= reach and h < y["time"].max())
        if not horizons:
            raise HorizonError(
                f"no horizon of {shown(name)} lies within {reach:g}, the shortest follow-up of the sets of folds",
                hint="name an earlier horizon",
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
    )


def _task_or_error(cohort: Cohort, name: str, templates: Templates, folds: int) -> _Task | SupportError | HorizonError:
    try:
        return _task(cohort, name, templates, folds)
    except (SupportError, HorizonError) as error:
        return error


def _reach(y: pd.DataFrame, option: pd.Series[str], fold: NDArray[np.integer[Any]]) -> float:
    """Return the time up to which each option is followed whichever fold is left out."""
    ends = []
    for k in np.unique(fold):
        times = followed(y[fold != k], option[fold != k])
        ends += [last_follow_up(times)[1]] if times else []
    return min(ends, default=0.0)


#: A model fitted to all folds but one, and its predictions there.
_Predicted = tuple[Any, Floats]


def _factual(
    task: _Task, made: list[_Predicted | SupportError | HorizonError], n_boot: int, models: FoldModels | None
) -> Evaluation:
    """Score the prediction under each patient's own option, fold by fold."""
    parts: list[Floats] = []
    for k, one in enumerate(made):
        if not isinstance(one, tuple):
            raise one
        if models is not None:
            models[task.outcome.name, k] = one[0]
        parts.append(one[1])
    fold = task.fold()
    predicted = np.full((len(task.y), *parts[0].shape[1:]), np.nan)
    for k, part in enumerate(parts):
        predicted[fold == k] = part
    known = np.asarray(~np.isnan(predicted.reshape(len(predicted), -1)).any(axis=1))
    family = family_of(task.outcome)
    y = family.target(task.y.loc[known])
    scored = family.score(y, family.factual(predicted[known]), fold[known], **task.scored_by(n_boot))
    return replace(scored, findings=(*scored.findings, *_unscored(task, known)))


def _predict_or_error(tasks: list[_Task], job: tuple[int, int]) -> _Predicted | SupportError | HorizonError:
    """Return the result of a fold, or its error, by the numbers of the task and the fold."""
    number, k = job
    try:
        return _predict_fold(tasks[number], k)
    except (SupportError, HorizonError) as error:
        return error


def _predict_fold(task: _Task, k: int) -> _Predicted:
    """Return the model fitted to all folds but one, and its predictions there.

    Nothing is predicted under an option with too few events in the other folds.
    A row holds the estimate at each horizon (one for a value), or that of each part if there are parts.
    """
    test = task.fold() == k
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
    late = ", ".join(f"{horizon:g}" for horizon in task.unscored)
    message = (
        f"horizons {late} of {shown(task.outcome.name)} are not scored: not every set of folds is followed beyond them"
    )
    return [Finding(code="horizon-beyond-follow-up", severity="warning", message=message)]


def _unscored(task: _Task, known: NDArray[np.bool_]) -> list[Finding]:
    if known.all():
        return []
    names = ", ".join(sorted({shown(name) for name in task.option[~known]}))
    message = f"{int((~known).sum())} patients under {names} are not scored: too few events there for an estimate"
    return [Finding(code="option-not-estimated", severity="warning", message=message)]
