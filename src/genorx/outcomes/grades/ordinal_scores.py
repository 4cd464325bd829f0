"""How good predicted grades are for patients whom the model has not seen.

Sources: Epstein ES 1969, J Appl Meteorol 8:985 (ranked probability score); Good IJ 1952, J R Stat Soc B 14:107 (log
score).  Calibration of ``grade or more`` is that of a yes-or-no outcome.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import clone

from genorx._core.threads import single_threaded
from genorx.outcomes.evaluation import Evaluation, score_binary
from genorx.outcomes.folds import hash_folds
from genorx.outcomes.grades.group_shrunk_ordinal import GroupShrunkOrdinal, checked_grades
from genorx.survival import bootstrap_counts, scored

Floats = NDArray[np.float64]
_EDGE = 1e-6


@single_threaded
def evaluate_ordinal(
    model: GroupShrunkOrdinal,
    X: pd.DataFrame,
    y: pd.Series[float],
    *,
    folds: int = 5,
    seed: int = 0,
    n_boot: int = 200,
    outcome: str = "grade",
) -> Evaluation:
    """Fit a clone of ``model`` to each set of folds but one, predict that one, and score all grades.

    Returns
    -------
    Evaluation
        ``ranked_probability``, ``ranked_probability_average`` (of the shares of grades in the other folds),
        ``ranked_probability_skill``, ``log_score`` (mean negative log probability of the grade), and of each grade k
        above 0 that was seen the scores of ``grade k or more``, as the outcome ``NAME>=k``.
    """
    fold = hash_folds(X.index, folds, seed=seed)
    grade = checked_grades(X, y, model.highest)
    chance = np.empty((len(X), model.highest + 1))
    average = np.empty_like(chance)
    for k in np.unique(fold):
        train = fold != k
        chance[~train] = clone(model).fit(X[train], y[train]).predict_grades(X[~train])
        average[~train] = np.bincount(grade[train], minlength=model.highest + 1) / train.sum()
    parts = [
        score_binary(
            pd.Series((grade >= k).astype(float), index=X.index),
            chance[:, k:].sum(axis=1),
            fold,
            n_boot=n_boot,
            seed=seed,
            outcome=f"{outcome}>={k}",
        )
        for k in range(1, model.highest + 1)
        if 0 < (grade >= k).sum() < grade.size
    ]
    whole = Evaluation.combine(parts)
    rows = _rows(chance, average, grade, bootstrap_counts(len(X), n_boot, seed))
    own = pd.DataFrame(rows).assign(outcome=outcome)[whole.scores.columns]
    return replace(whole, scores=pd.concat([own, whole.scores], ignore_index=True))


def ranked_probability(chance: Floats, grade: NDArray[np.int64]) -> Floats:
    """Return each patient's ranked probability score: squared errors of ``grade k or more``, summed over k."""
    reached = chance[:, ::-1].cumsum(axis=1)[:, ::-1][:, 1:]
    happened = grade[:, None] >= np.arange(1, chance.shape[1])
    return np.asarray(np.square(reached - happened).sum(axis=1))


def _rows(chance: Floats, average: Floats, grade: NDArray[np.int64], counts: Floats) -> list[dict[str, Any]]:
    def mean(each: Floats) -> Floats:
        return np.asarray(counts @ each / counts.sum(axis=1))

    own, typical = mean(ranked_probability(chance, grade)), mean(ranked_probability(average, grade))
    told = np.maximum(chance[np.arange(grade.size), grade], _EDGE)
    measures = {
        "ranked_probability": own,
        "ranked_probability_average": typical,
        "ranked_probability_skill": 1 - own / typical,
        "log_score": mean(-np.log(told)),
    }
    rows = []
    for name, values in measures.items():
        found = scored(values)
        limits = {"estimate": found.estimate, "lower": found.lower, "upper": found.upper}
        rows.append({"measure": name, "horizon": float("nan")} | limits)
    return rows
