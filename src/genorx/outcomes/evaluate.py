"""Scores of a model out of fold: every patient is predicted once, by a model fitted to the other folds.

It is fitted with encoding, imputation, choice of model and all.  What is predicted and how it is scored is each
family's part (``outcomes.kinds``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import clone

from genorx._core import progress
from genorx._core.threads import single_threaded
from genorx._core.workers import map_in_order
from genorx.outcomes.competing.competing_curves import checked_causes
from genorx.outcomes.engines.left_out import fitted_without, heeded
from genorx.outcomes.evaluation import Evaluation
from genorx.outcomes.group_folds import folds_of
from genorx.outcomes.kinds.base import Family
from genorx.outcomes.kinds.binary import BinaryFamily
from genorx.outcomes.kinds.competing import CompetingFamily
from genorx.outcomes.kinds.continuous import ContinuousFamily
from genorx.outcomes.kinds.ordinal import OrdinalFamily
from genorx.outcomes.kinds.survival import SurvivalFamily
from genorx.outcomes.ordinal.graded_model import checked_grades

Floats = NDArray[np.float64]


@single_threaded
def evaluate(
    family: Family,
    model: Any,
    X: pd.DataFrame,
    y: pd.DataFrame | pd.Series[Any],
    *,
    horizons: Sequence[float] = (),
    levels: Sequence[str] | None = None,
    folds: int = 5,
    seed: int = 0,
    strata: pd.Series[Any] | None = None,
    groups: pd.Series[str] | None = None,
    n_boot: int = 200,
    outcome: str,
) -> Evaluation:
    """Fit a clone of ``model`` to each set of folds but one, predict that one, and score all predictions.

    Parameters
    ----------
    family : Family
        Of the outcome.
    model : model of that kind
        Not changed.
    X, y : DataFrame; Series for a value
        Of the same patients.
    horizons : sequence of float
        Times at which a time to an event is scored.
    levels : sequence of str, optional
        Names of grades.
    folds, seed : int
        The fold of a patient follows from the identifier (``hash_folds``), or from the group, if groups are given.
    strata, groups : Series, optional
        Given to ``fit`` (groups: where it takes them).
    n_boot : int
        Bootstrap samples of the intervals.
    outcome : str
        Name in the result.
    """
    fold = folds_of(X.index, folds, groups=groups, seed=seed)
    times = np.array(sorted(horizons), dtype=float)
    unfitted = clone(model)
    if family.params():
        unfitted.set_params(**family.params())
    stated = {"groups": groups} | ({} if strata is None else {"strata": strata.loc[X.index]})
    found: dict[str, Floats] = {}
    work = partial(_predict_fold, (family, unfitted, heeded(model, stated)), (X, y, fold), times)
    names = np.unique(fold).tolist()
    for k, parts in zip(names, progress.track(map_in_order(work, names), f"evaluate {outcome}", folds), strict=True):
        for name, part in parts.items():
            found.setdefault(name, np.empty((len(X), *part.shape[1:])))[fold == k] = part
    shared: dict[str, Any] = {"n_boot": n_boot, "seed": seed, "outcome": outcome}
    shared |= ({"horizons": times} if times.size else {}) | ({"levels": levels} if levels else {})
    return family.score(y, found, fold, **shared)


def _predict_fold(
    what: tuple[Family, Any, Mapping[str, Any]], data: tuple[pd.DataFrame, Any, Any], times: Floats, k: int
) -> dict[str, Floats]:
    """Return what a model that was fitted to all folds but one predicts in it."""
    (family, unfitted, stated), (X, y, fold) = what, data
    return family.predicted(fitted_without(unfitted, X, y, fold, k, **stated), X[fold == k], times)


def evaluate_survival(
    model: Any,
    X: pd.DataFrame,
    y: pd.DataFrame,
    *,
    horizons: Sequence[float],
    folds: int = 5,
    seed: int = 0,
    strata: pd.Series[Any] | None = None,
    n_boot: int = 200,
    outcome: str = "survival",
) -> Evaluation:
    """Fit a clone of ``model`` (a SurvivalModel) to each set of folds but one, predict that one, and score.

    Parameters as in ``evaluate``; ``y`` with ``time`` and ``event``.

    Raises
    ------
    HorizonError
        If a horizon is not below the last follow-up of every training set.
    """
    stated: dict[str, Any] = {"horizons": horizons, "strata": strata, "folds": folds, "seed": seed, "n_boot": n_boot}
    return evaluate(SurvivalFamily(), model, X, y, outcome=outcome, **stated)


def evaluate_competing(
    model: Any,
    X: pd.DataFrame,
    y: pd.DataFrame,
    *,
    horizons: Sequence[float],
    folds: int = 5,
    seed: int = 0,
    strata: pd.Series[Any] | None = None,
    n_boot: int = 200,
    outcome: str = "competing",
) -> Evaluation:
    """Fit a clone of ``model`` to each set of folds but one, predict that one, and score all predictions.

    Parameters
    ----------
    model : CompetingModel
        Not changed; its parameter ``causes`` (None: the codes) names the causes.
    X, y : DataFrame
        Features; ``time``, ``event`` and ``cause`` (0 censored); same index.
    horizons : sequence of float
    folds, seed, strata, n_boot, outcome
        As in ``evaluate_survival``.

    Raises
    ------
    HorizonError
        If a horizon is not below the last follow-up of every training set.
    SupportError
        If a cause has no event in a training set.
    """
    causes = getattr(model, "causes", None)
    _, names = checked_causes(y, None if causes is None else tuple(causes))
    stated: dict[str, Any] = {"horizons": horizons, "strata": strata, "folds": folds, "seed": seed, "n_boot": n_boot}
    return evaluate(CompetingFamily(causes=names), model, X, y, outcome=outcome, **stated)


def evaluate_binary(
    model: Any,
    X: pd.DataFrame,
    y: pd.Series[float],
    *,
    folds: int = 5,
    seed: int = 0,
    n_boot: int = 200,
    outcome: str = "response",
) -> Evaluation:
    """Fit a clone of ``model`` (a BinaryModel) to each set of folds but one, predict that one, and score.

    Parameters as in ``evaluate``; ``y`` of 0.0 and 1.0.
    """
    return evaluate(BinaryFamily(), model, X, y, folds=folds, seed=seed, n_boot=n_boot, outcome=outcome)


def evaluate_value(
    model: Any,
    X: pd.DataFrame,
    y: pd.Series[float],
    *,
    folds: int = 5,
    seed: int = 0,
    n_boot: int = 200,
    outcome: str = "value",
    groups: pd.Series[str] | None = None,
) -> Evaluation:
    """Fit a clone of ``model`` (a ValueModel) to each set of folds but one, predict that one, and score.

    Parameters as in ``evaluate``; ``y`` of numbers; with ``groups``, the site of each patient, folds are whole
    sites, and a model whose ``fit`` takes groups is told them.
    """
    family = ContinuousFamily()  # a count is predicted and scored alike
    return evaluate(family, model, X, y, folds=folds, seed=seed, n_boot=n_boot, outcome=outcome, groups=groups)


def evaluate_ordinal(
    model: Any,
    X: pd.DataFrame,
    y: pd.Series[float],
    *,
    levels: Sequence[str] | None = None,
    folds: int = 5,
    seed: int = 0,
    n_boot: int = 200,
    outcome: str = "grade",
) -> Evaluation:
    """Fit a clone of ``model`` to each set of folds but one, predict that one, and score all grades.

    Parameters
    ----------
    model : OrdinalModel
        Not changed; its parameters ``highest`` and ``at_least`` say which grades there are and which count.
    X : DataFrame
    y : Series
        Grades as numbers, same index.
    levels : sequence of str, optional
        Names of the grades, lowest first.
    folds, seed, n_boot, outcome
        As in ``evaluate_survival``.

    Returns
    -------
    Evaluation
        As ``score_ordinal``.
    """
    checked_grades(X, y, model.highest)
    family = OrdinalFamily(highest=model.highest, at_least=model.at_least)
    return evaluate(family, model, X, y, levels=levels, folds=folds, seed=seed, n_boot=n_boot, outcome=outcome)
