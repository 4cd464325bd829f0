"""Out-of-fold scores of a model: every patient is predicted by a model fitted to the other folds.

Each fit includes encoding, imputation and choice of model.  Predictions and scores are defined by each family
(``outcomes.kinds``).
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
    """Cross-validate ``model``: fit a clone to all folds but one, predict that one, and score all predictions.

    Parameters
    ----------
    family : Family
        Family of the outcome.
    model : model of that kind
        Cloned; not changed.
    X, y : DataFrame; Series for a value
        Features and outcome of the same patients.
    horizons : sequence of float
        Times at which a time to an event is scored.
    levels : sequence of str, optional
        Names of the grades, lowest first.
    folds, seed : int
        The fold of a patient follows from the identifier (``hash_folds``), or from the group, if groups are given.
    strata, groups : Series, optional
        Passed to ``fit`` (groups: if it accepts them).
    n_boot : int
        Bootstrap samples of the intervals.
    outcome : str
        Name of the outcome in the result.
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
    """Return the predictions for a fold by a model fitted to all other folds."""
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
    """Cross-validate ``model`` (a SurvivalModel): fit a clone to all folds but one, predict that one, and score.

    Parameters as in ``evaluate``; ``y`` with ``time`` and ``event``.

    Raises
    ------
    HorizonError
        If a horizon is not below the last follow-up of every training set.

    Examples
    --------
    >>> import genorx as gx
    >>> made = gx.datasets.make_trial(150)
    >>> X = made.features[["age_years", "ldh_u_per_l"]]
    >>> model = gx.outcomes.GroupShrunkCox()
    >>> found = gx.outcomes.evaluate_survival(model, X, made.outcomes, horizons=[12, 24], n_boot=20)
    >>> 0.5 < found.value("harrell_c") < 1
    True
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
    """Cross-validate a competing-risks ``model``: fit a clone to all folds but one, predict that one, and score.

    Parameters
    ----------
    model : CompetingModel
        Not changed; its parameter ``causes`` (None: the codes) names the causes.
    X, y : DataFrame
        Features; ``time``, ``event`` and ``cause`` (0 censored); same index.
    horizons : sequence of float
        Times at which predictions are scored, in the unit of ``time``.
    folds, seed, strata, n_boot, outcome
        As in ``evaluate_survival``.

    Raises
    ------
    HorizonError
        If a horizon is not below the last follow-up of every training set.
    SupportError
        If a cause has no event in a training set.

    Examples
    --------
    >>> import genorx as gx
    >>> made = gx.datasets.make_trial(150)
    >>> X = made.features[["age_years", "ldh_u_per_l"]]
    >>> y = made.outcomes.assign(cause=made.outcomes["event"] * (1 + made.outcomes["toxicity"]))
    >>> model = gx.outcomes.CauseSpecificCox(causes=["relapse", "death"])
    >>> found = gx.outcomes.evaluate_competing(model, X, y, horizons=[12, 24], n_boot=20)
    >>> found.scores["measure"].unique().tolist()[:3]
    ['harrell_c', 'harrell_c_pooled', 'uno_c']
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
    """Cross-validate ``model`` (a BinaryModel): fit a clone to all folds but one, predict that one, and score.

    Parameters as in ``evaluate``; ``y`` of 0.0 and 1.0.

    Examples
    --------
    >>> import genorx as gx
    >>> made = gx.datasets.make_trial(150)
    >>> X = made.features[["age_years", "ldh_u_per_l"]]
    >>> model = gx.outcomes.GroupShrunkLogistic()
    >>> found = gx.outcomes.evaluate_binary(model, X, made.outcomes["toxicity"], n_boot=20)
    >>> 0 < found.value("brier") < 0.5
    True
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
    """Cross-validate ``model`` (a ValueModel): fit a clone to all folds but one, predict that one, and score.

    Parameters as in ``evaluate``; ``y`` of numbers; with ``groups``, the site of each patient, folds are whole
    sites, which are passed to a model whose ``fit`` takes groups.

    Examples
    --------
    >>> import genorx as gx
    >>> made = gx.datasets.make_trial(150)
    >>> X = made.features[["age_years", "ldh_u_per_l"]]
    >>> dose = (30 - 0.2 * X["age_years"] + made.outcomes["time"].rank() / 50).rename("dose_mg")
    >>> found = gx.outcomes.evaluate_value(gx.outcomes.GroupShrunkRegression(), X, dose, n_boot=20)
    >>> bool(found.value("mae") < (dose - dose.median()).abs().mean())
    True
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
    """Cross-validate ``model`` of grades: fit a clone to all folds but one, predict that one, and score.

    Parameters
    ----------
    model : OrdinalModel
        Not changed; its parameters ``highest`` and ``at_least`` define the grades and which of them count.
    X : DataFrame
        Features.
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

    Examples
    --------
    >>> import genorx as gx
    >>> made = gx.datasets.make_trial(150)
    >>> X = made.features[["age_years", "ldh_u_per_l"]]
    >>> grade = (made.outcomes["time"] // 12).clip(upper=4)
    >>> model = gx.outcomes.GroupShrunkOrdinal(highest=4)
    >>> found = gx.outcomes.evaluate_ordinal(model, X, grade, n_boot=20)
    >>> found.scores["measure"].unique().tolist()[:3]
    ['ranked_probability', 'ranked_probability_average', 'ranked_probability_skill']
    """
    checked_grades(X, y, model.highest)
    family = OrdinalFamily(highest=model.highest, at_least=model.at_least)
    return evaluate(family, model, X, y, levels=levels, folds=folds, seed=seed, n_boot=n_boot, outcome=outcome)
