"""Stacking weights that minimise the out-of-fold integrated Brier score of the mean survival curve.

The score of a weighted mean of curves is a quadratic function of the weights, determined by the scores of the curves
and of the means of each pair; for a few curves the best weights are found by trying every subset.
Weights also fit noise: they are shrunk towards the first model, more strongly the less certain the gain is.
Sources: Wolpert DH 1992, Neural Networks 5:241; Breiman L 1996, Mach Learn 24:49 (non-negative weights); James W, Stein
C 1961, Proc 4th Berkeley Symp 1:361 (amount of shrinkage).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
_LEAST = 0.05  # a smaller weight is set to 0


@dataclass(frozen=True, kw_only=True)
class StackedLosses:
    """Losses of weighted means of curves, by patient.

    Attributes
    ----------
    single : array of shape (n_models, n_patients)
        Loss of each model.
    apart : array of shape (n_models, n_models, n_patients)
        Squared distance of the curves of each pair of models, weighted as in the loss.
    """

    single: Floats
    apart: Floats

    @classmethod
    def of(cls, curves: Sequence[Floats], loss: Callable[[Floats], Floats]) -> StackedLosses:
        """Compute the losses of curves, each of shape (n_patients, n_times), by a quadratic loss."""
        single = np.stack([loss(curve) for curve in curves])
        apart = np.zeros((len(curves), len(curves), single.shape[1]))
        for one, other in combinations(range(len(curves)), 2):
            middle = loss((curves[one] + curves[other]) / 2)
            apart[one, other] = apart[other, one] = 2 * (single[one] + single[other]) - 4 * middle
        return cls(single=single, apart=apart)

    def at(self, weights: Floats) -> Floats:
        """Return the loss of each patient under weights that sum to 1."""
        return np.asarray(weights @ self.single - np.einsum("i,ijp,j->p", weights, self.apart, weights) / 2)

    def weights(self, rows: NDArray[np.bool_] | None = None) -> Floats:
        """Return the non-negative weights, summing to 1, with the least mean loss (over some patients)."""
        rows = np.ones(self.single.shape[1], dtype=np.bool_) if rows is None else rows
        return _least(self.single[:, rows].mean(axis=1), self.apart[:, :, rows].mean(axis=2))

    def out_of_fold(self, fold: NDArray[np.integer], share: float = 1.0) -> Floats:
        """Return each patient's loss with weights estimated without the patient's fold.

        ``share``: fraction of the way from the first model to the weights.
        """
        found = np.empty(self.single.shape[1])
        for k in np.unique(fold):
            found[fold == k] = self.at(drawn_back(self.weights(fold != k), share))[fold == k]
        return found

    def share(self, fold: NDArray[np.integer]) -> float:
        """Return the shrinkage factor of the weights from the first model: 1 - 1/z^2, 0 if z is below 1.

        z is the out-of-fold gain in standard errors over patients.
        """
        gain = self.single[0] - self.out_of_fold(fold)
        error = float(gain.std() / np.sqrt(gain.size))
        return 1 - (error / float(gain.mean())) ** 2 if gain.mean() > error else 0.0


def drawn_back(weights: Floats, share: float) -> Floats:
    """Return weights shrunk towards the first model; negligible ones are 0."""
    moved = share * weights
    moved[0] += 1 - share
    kept = np.where(moved < _LEAST, 0.0, moved)
    return np.asarray(np.round(kept / kept.sum(), 6))


def _least(single: Floats, apart: Floats) -> Floats:
    """Return the point of the simplex that minimises ``w @ single - w @ apart @ w / 2``."""
    size, best, least = single.size, np.zeros(single.size), np.inf
    for number in range(1, size + 1):
        for subset in combinations(range(size), number):
            part = np.array(subset)
            system = np.ones((number + 1, number + 1))
            system[:number, :number], system[number, number] = -apart[np.ix_(part, part)], 0.0
            solved = np.linalg.lstsq(system, np.append(-single[part], 1.0), rcond=None)[0][:number]
            if np.any(solved < 0) or abs(solved.sum() - 1) > 1e-6:
                continue
            value = float(solved @ single[part] - solved @ apart[np.ix_(part, part)] @ solved / 2)
            if value < least - 1e-12:
                least, best = value, np.zeros(size)
                best[part] = solved
    return best
