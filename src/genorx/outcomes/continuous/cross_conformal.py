"""Prediction intervals by cross-validation+ (CV+) on scaled residuals, pooled between groups of patients.

Each patient of the cohort was predicted by a model fitted without that patient's fold (and site, if folds are whole
sites); its error shows how large the error of the same model may be for a new patient.  Residuals of the new patient's
own group count in full, those of the others together like ``shared`` patients, so that a small group borrows from all.
Sources: Barber RF et al. 2021, Ann Stat 49:486, doi:10.1214/20-AOS1965 (cross-validation+); Lei J et al. 2018, J Am
Stat Assoc 113:1094 (normalised residuals); Vovk V et al. 2003, Mondrian confidence machine (groups); Tibshirani RJ et
al. 2019, NeurIPS 32 (weights).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from genorx._core.disclosure import coarse_residuals

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
_BLOCK = 128  # patients at a time: each is compared with every patient of the cohort
_BY_RESIDUAL = ("residual", "fold", "group", "count")
_WIDEST = 2.0  # largest factor between the spread and its mean, either way


@dataclass(frozen=True, kw_only=True)
class CrossConformal:
    """Out-of-fold residuals of a cohort, and the settings of intervals.

    Attributes
    ----------
    residual : array of shape (n_residuals,)
        Observed minus predicted on the scale, in units of the spread expected at the prediction; rounded.
    fold, group : array of int, shape (n_residuals,)
        Fold and group of the patients with the residual.
    count : array of int, shape (n_residuals,)
        Number of patients of the fold and group with the residual.
    spread : (float, float, float)
        Absolute residual expected at a prediction m: a + b m, truncated at half and twice its mean (third number).
    shared : float
        Total weight of the patients of other groups, in patients.
    """

    residual: Floats
    fold: Ints
    group: Ints
    count: Ints
    spread: tuple[float, float, float]
    shared: float

    @classmethod
    def of(cls, residuals: Floats, centre: Floats, fold: Ints, group: Ints, *, shared: float) -> Self:
        """Learn from ``residuals`` and predictions ``centre`` on the scale, both out of fold."""
        size = np.abs(residuals)
        mean, variance = float(size.mean()), float(centre.var())
        slope = float(np.mean((centre - centre.mean()) * size)) / variance if variance > 0 else 0.0
        spread = (mean - slope * float(centre.mean()), slope, max(mean, 1e-12))
        residual = coarse_residuals(residuals / _expected(spread, centre))
        each, count = np.unique(np.column_stack([group, fold, residual]), axis=0, return_counts=True)
        return cls(
            residual=each[:, 2],
            fold=each[:, 1].astype(np.int64),
            group=each[:, 0].astype(np.int64),
            count=count.astype(np.int64),
            spread=spread,
            shared=shared,
        )

    def limits(self, centre: Floats, group: Ints, level: float) -> Floats:
        """Return limits on the scale, shape (n_new, 2); infinite if the cohort is too small for the level.

        Parameters
        ----------
        centre : array of shape (n_folds, n_new)
            Predictions by the model of each fold.
        group : array of int, shape (n_new,)
            Code of the group in the cohort; -1: not in the cohort.
        level : float
        """
        made = np.empty((centre.shape[1], 2))
        for label in np.unique(group):
            weight = self._weights(int(label))
            rows = np.flatnonzero(group == label)
            for start in range(0, rows.size, _BLOCK):
                part = rows[start : start + _BLOCK]
                made[part] = self._limits(centre[:, part], weight, level)
        return made

    def _weights(self, label: int) -> Floats:
        """Return each residual's weight for a patient of a group."""
        own = self.group == label
        others = int(self.count[~own].sum())
        share = min(1.0, self.shared / others) if others and own.any() else 1.0
        return np.asarray(self.count * np.where(own, 1.0, share), dtype=np.float64)

    def _limits(self, centre: Floats, weight: Floats, level: float) -> Floats:
        middle = centre[self.fold]
        reach = _expected(self.spread, middle) * self.residual[:, None]
        where = middle + reach
        order = np.argsort(where, axis=0, kind="stable")
        ranked, heavy = np.take_along_axis(where, order, axis=0), weight[order]
        whole = float(weight.sum()) + 1.0  # the new patient counts as one
        tail = (1 - level) / 2 * whole
        below, above = np.cumsum(heavy, axis=0), np.cumsum(heavy[::-1], axis=0)
        return np.column_stack([_at(ranked, below, tail, -np.inf), _at(ranked[::-1], above, tail, np.inf)])

    def of_group(self, label: int) -> int:
        """Return the number of the cohort's patients in a group."""
        return int(self.count[self.group == label].sum())

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return the arrays of the model file."""
        return {name: getattr(self, name) for name in _BY_RESIDUAL} | {"spread": np.array(self.spread)}

    @classmethod
    def from_arrays(cls, arrays: dict[str, NDArray[Any]], *, shared: float) -> Self:
        """Restore intervals from ``arrays``."""
        a, b, mean = (float(each) for each in arrays["spread"])
        kept = {name: arrays[name] for name in _BY_RESIDUAL}
        return cls(spread=(a, b, mean), shared=shared, **kept)


def _at(ranked: Floats, cumulated: Floats, tail: float, end: float) -> Floats:
    """Return the outermost value with at most ``tail`` of the weight beyond it; otherwise the extreme one.

    With equal weights it is the value of rank floor(alpha (n + 1)): the weight up to and including it is at most the
    tail.
    """
    inside = cumulated <= tail + 1e-9
    last = inside.sum(axis=0) - 1
    found = np.take_along_axis(ranked, np.maximum(last, 0)[None, :], axis=0)[0]
    return np.where(last >= 0, found, end)


def _expected(spread: tuple[float, float, float], centre: Floats) -> Floats:
    a, b, mean = spread
    return np.clip(a + b * centre, mean / _WIDEST, mean * _WIDEST)
