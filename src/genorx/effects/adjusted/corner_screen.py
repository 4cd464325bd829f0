"""Pairs of features at whose corner an effect begins: found among many by a score test, before the model is fitted.

Smooth columns blur a benefit that requires one feature above one limit and another above a second.  Steps at several
limits would follow it, but those of all pairs are too many: they cost time and pick up chance findings.  So the
residuals of a first fit without pairs are compared with the corners of each pair, and only pairs that stand out get
steps.  A pair counts only if one of its corners explains more than its smooth products, beyond what is expected by
chance for the number of pairs.  The cost without a corner is in ``docs/benchmarks/effects.md``.
Source: Rao CR 1948, Proc Camb Philos Soc 44:50 (the score test).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from genorx._core.disclosure import coarse_columns
from genorx.effects.adjusted.corner_columns import Corners, corner_products
from genorx.effects.adjusted.design_matrix import OptionColumns
from genorx.effects.adjusted.pair_columns import smooth_products
from genorx.outcomes.encoding.feature_columns import EncodedColumn

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_SHARES = (1 / 3, 1 / 2, 2 / 3)  # shares of patients below the limits of the search
_FINE = (0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8)  # the same for the pairs that were found
_STANDS_OUT = 7.0  # threshold of half the squared score, above the logarithm of the number of pairs and options
_MOST = 2  # largest number of pairs with corners


@dataclass(frozen=True, kw_only=True)
class FirstLook:
    """A quick fit without pairs, with its residuals.

    Attributes
    ----------
    beta : array
        Coefficients of the matrix of the columns.
    patient, option : arrays of int, one per row
    residual, weight : arrays, one per row
        Derivative of the log likelihood by the linear predictor, and minus its second derivative.
    """

    beta: Floats
    patient: Ints
    option: Ints
    residual: Floats
    weight: Floats


def standing_corners(
    look: FirstLook, columns: OptionColumns, Z: Floats, encoded: Sequence[EncodedColumn], chosen: Sequence[int]
) -> Corners:
    """Return the pairs of ``chosen`` columns at whose corners the effect of an option differs from the first fit's.

    Each has limits near its best ones.
    """
    modifying = set(columns.used[columns.modifying].tolist())
    coarse = {place: _limits(Z[:, place], encoded[place], _SHARES) for place in chosen if place in modifying}
    pairs = [
        (one, other)
        for one, other in combinations(coarse, 2)
        if encoded[one].source != encoded[other].source and max(coarse[one].size, coarse[other].size) > 1
    ]
    if not pairs:
        return {}
    known, smooth = _Known.of(look, columns, Z), smooth_products(Z, encoded)
    found: dict[tuple[int, int], tuple[Floats, Floats]] = {}
    least = np.log(len(pairs) * (columns.n_options - 1)) + _STANDS_OUT
    while pairs and len(found) < _MOST:
        score = [float(known.scores(corner_products(Z, (a, b), (coarse[a], coarse[b]))).max()) for a, b in pairs]
        pair = pairs.pop(int(np.argmax(score)))
        if max(score) <= max(least, known.scores(smooth(*pair)).max()):
            break
        found[pair] = _nearest(known, Z, pair, encoded)
        known = known.with_products(corner_products(Z, pair, found[pair]))
    return found


def _nearest(
    known: _Known, Z: Floats, pair: tuple[int, int], encoded: Sequence[EncodedColumn]
) -> tuple[Floats, Floats]:
    """Return the limits of the best corner of a pair, and their neighbours."""
    one, other = (_limits(Z[:, place], encoded[place], _FINE) for place in pair)
    best = divmod(int(np.argmax(known.scores(corner_products(Z, pair, (one, other))))), other.size)
    kept = []
    for limits, place in zip((one, other), best, strict=True):
        first = min(max(place - 1, 0), max(limits.size - 3, 0))
        kept.append(limits[first : first + 3])
    return kept[0], kept[1]


@dataclass(frozen=True, kw_only=True)
class _Known:
    """Residuals, and an orthonormal basis of the columns of the first fit, both scaled by the root of the weights."""

    look: FirstLook
    root: Floats
    basis: Floats
    n_options: int

    @classmethod
    def of(cls, look: FirstLook, columns: OptionColumns, Z: Floats) -> _Known:
        taken = (look.option[:, None] == np.arange(columns.n_options)).astype(float)
        matrix = np.column_stack([columns.matrix(Z[look.patient], look.option), taken])
        root = np.sqrt(look.weight)
        return cls(look=look, root=root, basis=_basis(root[:, None] * matrix), n_options=columns.n_options)

    def with_products(self, products: Floats) -> _Known:
        """Add products of features, under each option, to the basis: a corner also shows in pairs that share one."""
        rest = [self._rest(products, code)[1] for code in range(1, self.n_options)]
        return replace(self, basis=np.column_stack([self.basis, _basis(np.column_stack(rest))]))

    def scores(self, products: Floats) -> Floats:
        """Return half the squared score of each product of features, the largest over options."""
        most = np.zeros(products.shape[1])
        for code in range(1, self.n_options):
            rooted, rest = self._rest(products, code)
            size = np.square(rest).sum(axis=0)
            stated = size > 0.01 * np.square(rooted).sum(axis=0)
            explained = (self.look.residual / np.maximum(self.root, 1e-12)) @ rest
            most = np.maximum(most, np.where(stated, np.square(explained) / np.where(stated, size, 1.0), 0.0) / 2)
        return most

    def _rest(self, products: Floats, code: int) -> tuple[Floats, Floats]:
        """Return weighted products under an option, and their part orthogonal to the basis."""
        rooted = (self.root * (self.look.option == code))[:, None] * products[self.look.patient]
        return rooted, rooted - self.basis @ (self.basis.T @ rooted)


def _basis(matrix: Floats) -> Floats:
    left, size, _ = np.linalg.svd(matrix, full_matrices=False)
    return np.asarray(left[:, size > 1e-8 * size.max(initial=0.0)])


def _limits(values: Floats, column: EncodedColumn, shares: tuple[float, ...]) -> Floats:
    if column.kind != "value":
        return np.array([(values.min() + values.max()) / 2])
    return np.asarray(coarse_columns(np.quantile(values, shares)))
