"""Accuracy of predicted grades for unseen patients.

Sources: Epstein ES 1969, J Appl Meteorol 8:985 (ranked probability score); Good IJ 1952, J R Stat Soc B 14:107 (log
score); Somers RH 1962, Am Sociol Rev 27:799 (order of pairs).  Calibration of ``grade or more`` is that of a yes-or-no
outcome.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from genorx.outcomes.binary.binary_scores import score_binary
from genorx.outcomes.evaluation import Evaluation, score_findings
from genorx.outcomes.score_tables import of_other_folds, score_row
from genorx.survival.resampling import bootstrap_counts, scored

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
_EDGE = 1e-6
_FEWEST = 10  # fewest patients on either side of a threshold for its own scores


def score_ordinal(
    y: pd.Series[float],
    chance: ArrayLike,
    fold: ArrayLike,
    *,
    at_least: int = 3,
    levels: Sequence[str] | None = None,
    n_boot: int = 200,
    seed: int = 0,
    outcome: str = "grade",
) -> Evaluation:
    """Score out-of-fold grade probabilities.

    Parameters
    ----------
    y : Series, index ``patient_id``
        Grades as numbers, 0 the lowest.
    chance : array-like of shape (n_patients, n_grades)
        Probability of each grade, predicted out of fold.
    fold : array-like of int, shape (n_patients,)
        Fold of each patient; all 0 for one model on held-out patients.
    at_least : int
        Threshold grade.
    levels : sequence of str, optional
        Names of the grades, lowest first.
    n_boot, seed : int
        Bootstrap samples of the intervals, and their seed.
    outcome : str
        NAME of the outcome in the result.

    Returns
    -------
    Evaluation
        ``ranked_probability`` (lower is better), ``ranked_probability_average`` (of the shares of grades in the other
        folds), ``ranked_probability_skill`` (1 - ratio of the two), ``log_score`` (mean negative log probability of the
        grade), ``ordinal_c`` (share of pairs of different grades in which the patient of the higher grade has the
        higher expected grade, ties 1/2; Somers' D is twice this minus 1); then the scores of ``at_least`` or more as a
        yes-or-no outcome.  Those of each other threshold with ten patients on either side are the outcome NAME>=GRADE.

    Examples
    --------
    >>> import genorx as gx
    >>> import pandas as pd
    >>> grade = pd.Series([0, 1, 2, 2] * 10)
    >>> chance = [[0.5, 0.3, 0.2], [0.2, 0.6, 0.2], [0.1, 0.2, 0.7], [0.2, 0.3, 0.5]] * 10
    >>> found = gx.outcomes.score_ordinal(grade, chance, [0, 1] * 20, at_least=2, n_boot=20)
    >>> found.scores["measure"].unique().tolist()[:3]
    ['ranked_probability', 'ranked_probability_average', 'ranked_probability_skill']
    """
    grade, predicted, part = y.to_numpy(float).astype(np.int64), np.asarray(chance, dtype=float), np.asarray(fold)
    names = [str(k) for k in range(predicted.shape[1])] if levels is None else list(levels)
    shared: dict[str, Any] = {"n_boot": n_boot, "seed": seed}

    def above(k: int, name: str) -> Evaluation:
        happened = pd.Series((grade >= k).astype(float), index=y.index)
        return score_binary(happened, predicted[:, k:].sum(axis=1), part, outcome=name, **shared)

    main = above(at_least, outcome)
    others = [above(k, f"{outcome}>={names[k]}") for k in _thresholds(grade, len(names)) if k != at_least]
    rows = _rows(predicted, _shares(grade, part, len(names)), grade, bootstrap_counts(len(y), n_boot, seed))
    own = pd.DataFrame(rows).assign(outcome=outcome)[main.scores.columns]
    # skill is checked for all grades together and for the threshold grade, not for each threshold
    stated = [one for other in others for one in other.findings if one.code != "no-skill"]
    whole = Evaluation.combine([replace(main, scores=pd.concat([own, main.scores], ignore_index=True)), *others])
    return replace(whole, findings=(*score_findings(own, f"{outcome}, all grades"), *main.findings, *stated))


def ranked_probability(chance: Floats, grade: Ints) -> Floats:
    """Return each patient's ranked probability score: squared errors of ``grade k or more``, summed over k."""
    reached = chance[:, ::-1].cumsum(axis=1)[:, ::-1][:, 1:]
    happened = grade[:, None] >= np.arange(1, chance.shape[1])
    return np.asarray(np.square(reached - happened).sum(axis=1))


def ordinal_c(expected: Floats, grade: Ints, counts: Floats) -> Floats:
    """Return the share of concordant pairs of different grades, for each row of ``counts``.

    Parameters
    ----------
    expected : array of shape (n_patients,)
        Higher for a higher grade; ties count one half.
    grade : array of int, shape (n_patients,)
    counts : array of shape (1 + n_boot, n_patients)
        How often each patient is in a bootstrap sample.
    """
    order = np.argsort(expected, kind="stable")
    _, starts = np.unique(expected[order], return_index=True)
    held = {k: np.add.reduceat(counts[:, order] * (grade[order] == k), starts, axis=1) for k in np.unique(grade)}
    right, pairs, lower = np.zeros(len(counts)), np.zeros(len(counts)), np.zeros_like(held[grade[0]])
    for k in sorted(held):
        below = np.cumsum(lower, axis=1) - lower / 2
        right += (held[k] * below).sum(axis=1)
        pairs += held[k].sum(axis=1) * lower.sum(axis=1)
        lower = lower + held[k]
    with np.errstate(invalid="ignore"):
        return np.asarray(right / pairs)


def _thresholds(grade: Ints, n_grades: int) -> list[int]:
    above = {k: int((grade >= k).sum()) for k in range(1, n_grades)}
    return [k for k, size in above.items() if min(size, grade.size - size) >= _FEWEST]


def _shares(grade: Ints, fold: NDArray[Any], n_grades: int) -> Floats:
    """Return, for each patient, the shares of the grades in the other folds (in all, with one fold)."""

    def share(others: NDArray[np.bool_]) -> Floats:
        return np.asarray(np.bincount(grade[others], minlength=n_grades) / others.sum())

    return of_other_folds(fold, share, np.empty((grade.size, n_grades)))


def _rows(chance: Floats, average: Floats, grade: Ints, counts: Floats) -> list[dict[str, Any]]:
    def mean(each: Floats) -> Floats:
        return np.asarray(counts @ each / counts.sum(axis=1))

    own, typical = mean(ranked_probability(chance, grade)), mean(ranked_probability(average, grade))
    stated = np.maximum(chance[np.arange(grade.size), grade], _EDGE)
    with np.errstate(divide="ignore", invalid="ignore"):
        skill = 1 - own / typical
    measures = {
        "ranked_probability": own,
        "ranked_probability_average": typical,
        "ranked_probability_skill": skill,
        "log_score": mean(-np.log(stated)),
        "ordinal_c": ordinal_c(chance @ np.arange(chance.shape[1]), grade, counts),
    }
    return [score_row(name, scored(values)) for name, values in measures.items()]
