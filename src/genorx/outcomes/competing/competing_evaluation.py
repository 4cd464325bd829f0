"""How good predictions of competing causes are for patients whom the model has not seen.

Event-free survival is scored as any survival, under the outcome's name; each cause's cumulative incidence under
``NAME:CAUSE``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from sklearn.base import clone

from genorx._core import progress
from genorx._core.threads import single_threaded
from genorx.errors import UsageError
from genorx.outcomes.competing.competing_curves import checked_causes
from genorx.outcomes.competing.competing_scores import IncidenceScores
from genorx.outcomes.evaluation import Evaluation, _assemble, score_survival
from genorx.outcomes.folds import hash_folds
from genorx.survival import bootstrap_counts

Floats = NDArray[np.float64]


@single_threaded
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
    fold = hash_folds(X.index, folds, seed=seed)
    times = np.array(sorted(horizons), dtype=float)
    causes = getattr(model, "causes", None)
    _, names = checked_causes(y, None if causes is None else tuple(causes))
    incidence = np.empty((len(X), len(names), times.size))
    for k in progress.track(np.unique(fold).tolist(), f"evaluate {outcome}", folds):
        train, test = X[fold != k], X[fold == k]
        own = None if strata is None else strata.loc[train.index]
        fitted = clone(model).set_params(causes=names).fit(train, y[fold != k], strata=own)
        incidence[fold == k] = fitted.predict_cumulative_incidence(test, times)
    return score_competing(y, incidence, fold, horizons=times, causes=names, n_boot=n_boot, seed=seed, outcome=outcome)


def score_competing(
    y: pd.DataFrame,
    incidence: ArrayLike,
    fold: ArrayLike,
    *,
    horizons: Sequence[float] | Floats,
    causes: Sequence[str],
    n_boot: int = 200,
    seed: int = 0,
    outcome: str = "competing",
) -> Evaluation:
    """Score cumulative incidences predicted out of fold.

    Parameters
    ----------
    y : DataFrame, index ``patient_id``
        ``time``, ``event`` and ``cause``.
    incidence : array-like of shape (n_patients, n_causes, n_horizons)
    fold : array-like of int, shape (n_patients,)
        As in ``score_survival``.
    horizons : sequence of float, ascending
    causes : sequence of str

    Returns
    -------
    Evaluation
        ``outcome`` is NAME for event-free survival, and NAME:CAUSE for a cause, of which there are
        ``brier_integrated``, ``brier_integrated_aj`` (of an Aalen-Johansen curve out of fold), ``brier_skill``; at
        each horizon ``brier``, ``brier_aj``, ``wolbers_c`` (cause-specific concordance), ``calibration_slope`` and
        ``calibration_intercept``.

    Raises
    ------
    HorizonError
        If a horizon is not below the last follow-up.
    UsageError
        If shapes differ, or causes cannot be taken.
    """
    times, part = np.asarray(horizons, dtype=float), np.asarray(fold, dtype=int)
    predicted = np.asarray(incidence, dtype=float)
    if predicted.shape != (len(y), len(causes), times.size):
        raise UsageError(f"incidence has shape {predicted.shape}, {(len(y), len(causes), times.size)} is needed")
    codes, names = checked_causes(y, tuple(causes))
    event_free = np.maximum(1 - predicted.sum(axis=1), 0.0)
    parts = [
        score_survival(
            y, event_free, 1 - event_free[:, -1], part, horizons=times, n_boot=n_boot, seed=seed, outcome=outcome
        )
    ]
    counts = bootstrap_counts(len(y), n_boot, seed)
    time = y["time"].to_numpy(float)
    for place, name in enumerate(names):
        own = predicted[:, place]
        measured = IncidenceScores(time, codes, own, of=place + 1, fold=part, horizons=times, counts=counts)
        events = int((codes == place + 1).sum())
        long = _long(y, own, part, times)
        parts.append(_assemble(f"{outcome}:{name}", measured.rows(), measured.curves(), long, events=events))
    return Evaluation.combine(parts)


def _long(y: pd.DataFrame, predicted: Floats, fold: NDArray[Any], times: Floats) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "patient_id": np.repeat(y.index.to_numpy(), times.size),
            "fold": np.repeat(fold, times.size),
            "horizon": np.tile(times, len(y)),
            "predicted": predicted.ravel(),
            "risk": predicted.ravel(),
        }
    )
