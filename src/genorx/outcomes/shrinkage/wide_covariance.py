"""Covariance of coefficients of a fit with more columns than rows, kept as directions and a variance per column.

With p columns and n rows it takes p x n numbers in place of p x p.  ``shrinkage.covariance`` holds the functions that
also accept the covariance of a fit with few columns, an array.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from genorx.outcomes.shrinkage.row_space import RowSpace
from genorx.outcomes.shrinkage.symmetric_root import root_of

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class WidePart:
    """Covariance under one prior.

    Attributes
    ----------
    weight : float
        Weight in the mixture.
    variances : array of shape (n_columns,)
        Prior variance of each column of a wide group about the group's mean; not used for others.
    inner : array of shape (n_directions, n_directions)
        Posterior covariance of the directions.
    """

    weight: float
    variances: Floats
    inner: Floats


@dataclass(frozen=True, kw_only=True)
class WideCovariance:
    """Covariance of the coefficients of all columns.

    Attributes
    ----------
    space : RowSpace
        Directions of the columns.
    mean_variance : mapping of group to float
        Prior variance of the mean of each wide group.
    parts : tuple of WidePart
        Covariances of which this is the weighted sum.
    between : array of shape (n_parts, n_columns)
        Distances of the means of the parts from their mean, times the root of the weight: their products are added.
    """

    space: RowSpace
    mean_variance: Mapping[int, float]
    parts: tuple[WidePart, ...]
    between: Floats
    _lifts: list[dict[int, tuple[Floats, Floats]]] = field(default_factory=list, init=False, repr=False, compare=False)

    @property
    def size(self) -> int:
        """Number of columns."""
        return self.space.n_columns

    def lifts(self, part: int) -> dict[int, tuple[Floats, Floats]]:
        """Return prior and lift of each wide group under a part."""
        while len(self._lifts) <= part:
            own = self.parts[len(self._lifts)]
            self._lifts.append(lifts_of(self.space, own.variances, self.mean_variance))
        return self._lifts[part]

    def diagonal(self) -> Floats:
        """Return the variance of each column."""
        found: Floats = np.square(self.between).sum(axis=0)
        narrow, places = self.space.narrow, self.space.places
        for number, part in enumerate(self.parts):
            found[narrow] += part.weight * np.diag(part.inner)[: narrow.size]
            for g, (prior, lift) in self.lifts(number).items():
                learned = part.inner[places[g], places[g]] - prior
                rows = self.space.wide[g].members
                own = part.variances[rows] + self.mean_variance[g] + ((lift @ learned) * lift).sum(axis=1)
                found[rows] += part.weight * own
        return found

    def around(self, design: Floats) -> Floats:
        """Return ``design @ covariance @ design.T``."""
        found = (design @ self.between.T) @ (self.between @ design.T)
        for number, part in enumerate(self.parts):
            found += part.weight * self._around(design, part, self.lifts(number))
        return found

    def _around(self, design: Floats, part: WidePart, lifts: Mapping[int, tuple[Floats, Floats]]) -> Floats:
        lifted = [design[:, self.space.wide[g].members] @ lift for g, (_, lift) in lifts.items()]
        projected = np.column_stack([design[:, self.space.narrow], *lifted])
        found = projected @ part.inner @ projected.T
        for own, (g, (prior, _)) in zip(lifted, lifts.items(), strict=True):
            rows = self.space.wide[g].members
            columns = design[:, rows]
            sums = columns.sum(axis=1)
            found += (columns * part.variances[rows]) @ columns.T + self.mean_variance[g] * np.outer(sums, sums)
            found -= own @ prior @ own.T
        return np.asarray(found)

    def log_determinant(self) -> float:
        """Return the log determinant, under a prior with one variance per group."""
        (part,) = self.parts
        found = float(np.linalg.slogdet(part.inner)[1])
        for one in self.space.wide.values():  # the last direction of a group stands for one of the others
            others = one.members.size - one.basis.shape[1]
            found += others * float(np.log(part.variances[one.members[0]]))
        return found

    def draw(self, n_draws: int, rng: np.random.Generator) -> Floats:
        """Return normal draws about 0, shape (n_draws, n_columns); they do not depend on the choice of the basis."""
        found = rng.standard_normal((n_draws, len(self.between))) @ self.between
        for number, part in enumerate(self.parts):
            found += part.weight**0.5 * self._draw(part, self.lifts(number), n_draws, rng)
        return found

    def _draw(
        self, part: WidePart, lifts: Mapping[int, tuple[Floats, Floats]], n_draws: int, rng: np.random.Generator
    ) -> Floats:
        """Draw the directions, and the columns given them: prior draws moved to the drawn directions."""
        space = self.space
        turned = space.along(rng.standard_normal((n_draws, space.n_columns))) @ root_of(part.inner)
        found = np.zeros((n_draws, space.n_columns))
        found[:, space.narrow] = turned[:, : space.narrow.size]
        for g, place in space.places.items():
            one, (_, lift) = space.wide[g], lifts[g]
            own = rng.standard_normal((n_draws, one.members.size)) * np.sqrt(part.variances[one.members])
            own += self.mean_variance[g] ** 0.5 * rng.standard_normal((n_draws, 1))
            found[:, one.members] = own + (turned[:, place] - own @ one.basis) @ lift.T
        return found

    def leading(self, n_columns: int) -> WideCovariance:
        """Return the covariance of the first columns; those behind them must not be in wide groups."""
        kept = np.flatnonzero(self.space.narrow < n_columns)
        directions = np.append(kept, np.arange(self.space.narrow.size, len(self.parts[0].inner)))
        space = replace(self.space, n_columns=n_columns, narrow=self.space.narrow[kept])
        parts = [
            replace(part, variances=part.variances[:n_columns], inner=part.inner[np.ix_(directions, directions)])
            for part in self.parts
        ]
        return replace(self, space=space, parts=tuple(parts), between=self.between[:, :n_columns])

    def placed(self, kept: NDArray[np.int64], n_columns: int) -> WideCovariance:
        """Return the covariance with further columns, which have no variance."""

        def spread(values: Floats) -> Floats:
            found = np.zeros((*values.shape[:-1], n_columns))
            found[..., kept] = values
            return found

        parts = tuple(replace(part, variances=spread(part.variances)) for part in self.parts)
        space = self.space.placed(kept, n_columns)
        return replace(self, space=space, parts=parts, between=spread(self.between))


def lifts_of(
    space: RowSpace, variances: Floats, mean_variance: Mapping[int, float]
) -> dict[int, tuple[Floats, Floats]]:
    """Return the prior of the projections of each wide group, and its coefficients per unit of them."""
    found = {}
    for g, one in space.wide.items():
        own = variances[one.members]
        prior = one.prior(own, mean_variance[g])
        found[g] = prior, one.lift(own, mean_variance[g], prior)
    return found
