"""Draws of coefficients of which few may be large, under a horseshoe prior, from normal information about them.

Where data say little, a large coefficient need not stand out from chance.  Its posterior then has two parts, one near 0
and one near the estimate without shrinkage, and a normal distribution about either mode misses the other.  Gibbs
sampling finds both, and averages over the scale of each group, whose prior on the standard deviation of the summed
effect is half-Cauchy.
Sources: Carvalho CM, Polson NG, Scott JG 2010, Biometrika 97:465; Makalic E, Schmidt DF 2016, IEEE Signal Process Lett
23:179 (the auxiliary variables).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from genorx.outcomes.shrinkage.covariance import Covariance
from genorx.outcomes.shrinkage.scale_uncertainty import HALF_CAUCHY

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
_SWEEPS = 60  # of each draw's own chain: coverage and width are those after 200
_LEAST, _MOST = 1e-8, 1e8  # bounds of a variance


def _no_places() -> Ints:
    return np.zeros(0, dtype=np.int64)


def _nothing() -> Floats:
    return np.zeros(0)


@dataclass(frozen=True, kw_only=True)
class SparseColumns:
    """Columns whose coefficients have a horseshoe prior, and the information on them, the others shrunk as estimated.

    Attributes
    ----------
    places : array of int, shape (n_sparse,)
        Where they are among all coefficients.
    group : array of int, shape (n_sparse,)
        Group of each, from 0; each group has a scale of its own.
    information : array of shape (n_sparse, n_sparse)
        Precision that the data give, without the prior of these columns.
    score : array of shape (n_sparse,)
        Information times the estimate without their prior.
    """

    places: Ints = field(default_factory=_no_places)
    group: Ints = field(default_factory=_no_places)
    information: Floats = field(default_factory=_nothing)
    score: Floats = field(default_factory=_nothing)

    @classmethod
    def of(cls, places: Ints, labels: Ints, penalty: Mapping[int, float], beta: Floats, covariance: Floats) -> Self:
        """Take the information from a normal posterior.

        Parameters
        ----------
        places : array of int, shape (n_sparse,)
        labels : array of int, shape (n_sparse,)
            Group of each.
        penalty : mapping of group to float
            Precision of the normal prior, of mean 0, under which mode and covariance were found.
        beta, covariance : arrays of shape (n_columns,) and (n_columns, n_columns)
        """
        if not places.size:
            return cls()
        posterior: Floats = np.asarray(np.linalg.inv(covariance[np.ix_(places, places)]), dtype=np.float64)
        prior = np.diag([penalty[int(g)] for g in labels])
        group = np.unique(labels, return_inverse=True)[1].astype(np.int64)
        return cls(places=places, group=group, information=posterior - prior, score=posterior @ beta[places])

    def redrawn(self, draws: Floats, covariance: Covariance, rng: np.random.Generator) -> Floats:
        """Return draws of all coefficients in which these come from their posterior and the others follow.

        Parameters
        ----------
        draws : array of shape (n_draws, n_columns)
            Draws under another prior; each begins a chain.
        covariance : array of shape (n_columns, n_columns)
            Covariance of the draws; not looked at without such columns.
        rng : Generator
        """
        if not self.places.size:
            return draws
        known = np.asarray(covariance)
        moved = self._sampled(draws[:, self.places], rng) - draws[:, self.places]
        own = known[np.ix_(self.places, self.places)]
        return np.asarray(draws + moved @ np.linalg.solve(own, known[self.places]))

    def _sampled(self, start: Floats, rng: np.random.Generator) -> Floats:
        """Return the last state of one chain for each row of ``start``."""
        beta, own = start.copy(), np.diag(self.information)
        scales = _Scales(self.group, len(start))
        for _ in range(_SWEEPS):
            precision = own + 1 / scales.variances(beta, rng)
            noise = rng.standard_normal(beta.shape) / np.sqrt(precision)
            for place in range(own.size):
                rest = self.score[place] - beta @ self.information[place] + own[place] * beta[:, place]
                beta[:, place] = rest / precision[:, place] + noise[:, place]
        return beta

    def state(self) -> dict[str, NDArray[Any]]:
        """Return arrays for ``from_state``; none without such columns."""
        return {f"sparse.{name}": getattr(self, name) for name in _ARRAYS} if self.places.size else {}

    @classmethod
    def from_state(cls, arrays: Mapping[str, NDArray[Any]]) -> Self:
        """Restore the columns from ``state``."""
        return cls(**{name: arrays[f"sparse.{name}"] for name in _ARRAYS if f"sparse.{name}" in arrays})


_ARRAYS = ("places", "group", "information", "score")


class _Scales:
    """Local and group variances of all chains, each with an auxiliary variable."""

    def __init__(self, group: Ints, n_chains: int) -> None:
        self._group, size = group, np.bincount(group)
        self._size, self._prior = size, size / HALF_CAUCHY**2
        self._local, self._local_aid = np.ones((2, n_chains, group.size))
        self._common, self._common_aid = np.ones((2, n_chains, size.size)) / size

    def variances(self, beta: Floats, rng: np.random.Generator) -> Floats:
        """Draw the scales given the coefficients; return the prior variance of each coefficient."""
        squared = beta**2 / 2
        self._local = _inverse_gamma(1.0, 1 / self._local_aid + squared / self._common[:, self._group], rng)
        self._local_aid = _inverse_gamma(1.0, 1 + 1 / self._local, rng)
        for g, size in enumerate(self._size):
            rows = self._group == g
            summed = (squared[:, rows] / self._local[:, rows]).sum(axis=1)
            self._common[:, g] = _inverse_gamma((size + 1) / 2, 1 / self._common_aid[:, g] + summed, rng)
        self._common_aid = _inverse_gamma(1.0, self._prior + 1 / self._common, rng)
        return np.asarray(np.clip(self._local * self._common[:, self._group], _LEAST, _MOST))


def _inverse_gamma(shape: float, rate: Floats, rng: np.random.Generator) -> Floats:
    return np.asarray(np.clip(rate / rng.standard_gamma(shape, size=rate.shape), _LEAST, _MOST))
