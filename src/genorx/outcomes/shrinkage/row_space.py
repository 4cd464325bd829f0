"""Row space of groups with more columns than rows: a fit in as many directions as the rows determine.

A likelihood depends on the coefficients of a group only by their projection on the span of its rows.  With one prior
variance for the group, coefficients in any orthonormal directions have the same prior, so that the group is replaced,
without approximation, by the direction of its mean, the principal directions of its rows, and one column of zeros that
stands for all other directions, which keep their prior.
With a variance per column (heavy tails) the prior of the projections is correlated, and the coefficients follow from
them by their expectation under the prior.
Source: Hastie T, Tibshirani R 2004, Biostatistics 5:329 (ridge fits of wide data by rotation).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_SPARE = 2  # directions of a group besides those of its rows: that of its mean, and the one for all others
_NOTHING = 1e-12  # singular value, relative to the largest, below which the rows do not determine a direction


@dataclass(frozen=True, kw_only=True)
class WideGroup:
    """One group of columns as directions.

    Attributes
    ----------
    members : array of int, shape (n_members,)
        Indices of the columns.
    basis : array of shape (n_members, n_directions)
        Orthonormal directions; the first is that of the mean, the last is 0 and stands for all others.
    """

    members: Ints
    basis: Floats

    @classmethod
    def of(cls, columns: Floats, members: Ints) -> Self:
        """Return the directions that the rows determine."""
        along = np.full(members.size, members.size**-0.5)
        away = columns - np.outer(columns @ along, along)
        across, square = np.linalg.qr(away.T)
        turned, sizes, _ = np.linalg.svd(square)
        kept = sizes > _NOTHING * max(sizes.max(initial=0.0), float(np.abs(columns @ along).max(initial=0.0)))
        found = across @ turned[:, kept]
        found -= np.outer(along, along @ found)
        return cls(members=members, basis=np.column_stack([along, found, np.zeros(members.size)]))

    @property
    def ones(self) -> Floats:
        """Projections of a column of ones."""
        found = np.zeros(self.basis.shape[1])
        found[0] = self.members.size**0.5
        return found

    def prior(self, variances: Floats, mean_variance: float) -> Floats:
        """Return the prior covariance of the projections, for a variance per column and that of the group's mean."""
        weighted = variances[:, None] * self.basis
        found = self.basis.T @ weighted + mean_variance * np.outer(self.ones, self.ones)
        found[-1, -1] = 1.0  # does not matter: the rows say nothing on it
        return np.asarray((found + found.T) / 2)

    def lift(self, variances: Floats, mean_variance: float, prior: Floats) -> Floats:
        """Return the expected coefficients per unit of each projection, shape (n_members, n_directions)."""
        shared = variances[:, None] * self.basis + mean_variance * self.ones
        found = np.linalg.solve(prior, shared.T).T
        found[:, -1] = 0.0
        return np.asarray(found)


@dataclass(frozen=True, kw_only=True)
class RowSpace:
    """Columns of a fit, those of wide groups replaced by directions.

    Attributes
    ----------
    n_columns : int
        Number of columns of the design.
    narrow : array of int
        Indices of the columns that are kept as they are.
    wide : mapping of group to WideGroup
        Groups that are replaced.
    """

    n_columns: int
    narrow: Ints
    wide: Mapping[int, WideGroup]

    @classmethod
    def of(cls, design: Floats, group: Ints) -> Self | None:
        """Return the row space; None if no shrunk group has more columns than there are rows."""
        labels, sizes = np.unique(group[group >= 0], return_counts=True)
        large = [int(g) for g in labels[sizes > len(design) + _SPARE]]
        if not large:
            return None
        members = {g: np.flatnonzero(group == g) for g in large}
        return cls(
            n_columns=group.size,
            narrow=np.flatnonzero(~np.isin(group, large)),
            wide={g: WideGroup.of(design[:, rows], rows) for g, rows in members.items()},
        )

    @property
    def places(self) -> dict[int, slice]:
        """Place of each wide group among the directions."""
        found, start = {}, self.narrow.size
        for g, one in self.wide.items():
            found[g] = slice(start, start + one.basis.shape[1])
            start += one.basis.shape[1]
        return found

    def groups(self, group: Ints) -> Ints:
        """Return the group of each direction."""
        labels = [np.full(one.basis.shape[1], g) for g, one in self.wide.items()]
        return np.concatenate([group[self.narrow], *labels])

    def ones(self) -> Floats:
        """Return the projections of ones in each group; 1 for a column that is kept."""
        return np.concatenate([np.ones(self.narrow.size), *(one.ones for one in self.wide.values())])

    def along(self, rows: Floats) -> Floats:
        """Return the projections of rows over all columns, along the last axis."""
        parts = [rows[..., one.members] @ one.basis for one in self.wide.values()]
        return np.concatenate([rows[..., self.narrow], *parts], axis=-1)

    def back(self, directions: Floats) -> Floats:
        """Return coefficients of all columns from those of directions, along the last axis; 0 in the others."""
        found = np.zeros((*directions.shape[:-1], self.n_columns))
        found[..., self.narrow] = directions[..., : self.narrow.size]
        for g, place in self.places.items():
            found[..., self.wide[g].members] = directions[..., place] @ self.wide[g].basis.T
        return found

    def placed(self, kept: Ints, n_columns: int) -> RowSpace:
        """Return the row space of a larger design, in which these are the columns ``kept``."""
        wide = {g: replace(one, members=kept[one.members]) for g, one in self.wide.items()}
        return RowSpace(n_columns=n_columns, narrow=kept[self.narrow], wide=wide)
