"""Products of two linear columns of different features, for interactions between features.

Two kinds, each a separate shrinkage group, shrunk to nothing if the data show no such interaction: plain products, and,
if one of the two is a number, products of soft halves, ``tanh(3 (z - median))``, which follow thresholds (a benefit
only where both are high) without a jump.  Measured with an effect of this kind (``benchmarks/effects.py``,
"non-proportional"): coverage 0.60 without products, 0.74 with plain ones, 0.87 with both; regret 0.54, 0.41 and 0.24.
With additive effects the cost is small: regret 0.060 instead of 0.046.
Pairs whose corner stands out also get sharp steps (``adjusted.corner_columns``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from genorx._core.disclosure import coarse_columns
from genorx.effects.adjusted.corner_columns import CornerColumns, Corners
from genorx.effects.adjusted.standard_products import StandardProducts, varying
from genorx.outcomes.encoding.feature_columns import EncodedColumn

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
_STRAIGHT = ("value", "flag", "level")
_STEEP = 3.0  # slope of the soft step at the median, per standard deviation
_ROOM = 450  # columns of all options together: the cost of a fit grows with their square
_MOST, _MANY = 15, 40  # most columns that are multiplied; linear columns above which none is: noise has most pairs


@dataclass(frozen=True, kw_only=True)
class PairColumns:
    """Pairs of multiplied columns, and the standardisation of the products.

    Attributes
    ----------
    places : array of int, shape (n_pairs, 2)
    halved : array of bool, shape (n_pairs,)
        Whether it is the product of soft halves; otherwise of the columns themselves.
    middle : array of shape (n_encoded,)
        Median of each number among the training patients, rounded; NaN for 0/1 columns, which have no halves.
    standard : StandardProducts
    corners : CornerColumns
        Columns that follow the products.
    """

    places: Ints
    halved: NDArray[np.bool_]
    middle: Floats
    standard: StandardProducts
    corners: CornerColumns

    @classmethod
    def fit(
        cls, Z: Floats, encoded: Sequence[EncodedColumn], chosen: Sequence[int], corners: Corners | None = None
    ) -> Self:
        """Learn the products of the ``chosen`` encoded features, and the steps at the ``corners``."""
        middle = _middle(Z, encoded)
        pairs = [pair for pair in combinations(chosen, 2) if encoded[pair[0]].source != encoded[pair[1]].source]
        plain = np.array(pairs, dtype=np.int64).reshape(-1, 2)
        soft = plain[~np.isnan(middle[plain]).all(axis=1)]
        places = np.concatenate([plain, soft])
        halved = np.arange(len(places)) >= len(plain)
        products = _products(Z, middle, places, halved)
        stated = varying(products)
        return cls(
            places=places[stated],
            halved=halved[stated],
            middle=middle,
            standard=StandardProducts.fit(products[:, stated]),
            corners=CornerColumns.fit(Z, encoded, corners or {}),
        )

    def extend(self, Z: Floats) -> Floats:
        """Return the encoded features followed by the products and the corners."""
        products = _products(Z, self.middle, self.places, self.halved)
        return np.column_stack([Z, self.standard.apply(products), self.corners.values(Z)])

    def columns(self, encoded: Sequence[EncodedColumn]) -> list[EncodedColumn]:
        """Return the meaning of each product, and of each corner."""
        products = [
            EncodedColumn(
                name=f"{encoded[one].name} {'x' if half else '*'} {encoded[other].name}",
                source=encoded[one].source,
                partner=encoded[other].source,
                group="halved pairs" if half else "pairs",
                kind="pair",
            )
            for (one, other), half in zip(self.places, self.halved, strict=True)
        ]
        return [*products, *self.corners.columns(encoded)]

    def state(self) -> dict[str, Any]:
        """Return JSON values for ``from_state``."""
        values = {
            "places": self.places.tolist(),
            "halved": self.halved.tolist(),
            "centre": self.standard.centre.tolist(),
            "scale": self.standard.scale.tolist(),
            "middle": [None if np.isnan(each) else float(each) for each in self.middle],
        }
        return values | ({"corners": self.corners.state()} if len(self.corners.places) else {})

    @classmethod
    def from_state(cls, values: Mapping[str, Any]) -> Self:
        """Restore the columns from ``state``."""
        return cls(
            places=np.array(values["places"], dtype=np.int64).reshape(-1, 2),
            halved=np.array(values["halved"], dtype=bool),
            middle=np.array(values["middle"], dtype=float),
            standard=StandardProducts(
                centre=np.array(values["centre"], dtype=float), scale=np.array(values["scale"], dtype=float)
            ),
            corners=CornerColumns.from_state(values.get("corners", {})),
        )


def candidates(encoded: Sequence[EncodedColumn], n_options: int) -> tuple[list[int], int]:
    """Return the linear columns, and how many of them can be multiplied within the limit of a fit."""
    straight = [place for place, column in enumerate(encoded) if column.kind in _STRAIGHT]
    if len(straight) > _MANY:
        return straight, 0
    left = _ROOM // n_options - len(encoded)
    most = max((k for k in range(_MOST + 1) if k * (k - 1) <= left), default=0)
    return straight, min(most, len(straight))


def smooth_products(Z: Floats, encoded: Sequence[EncodedColumn]) -> Callable[[int, int], Floats]:
    """Return the method that multiplies two columns, as they are and as soft halves, shape (n_patients, 2)."""
    middle, halved = _middle(Z, encoded), np.array([False, True])

    def products(one: int, other: int) -> Floats:
        return _products(Z, middle, np.array([[one, other]] * 2), halved)

    return products


def _middle(Z: Floats, encoded: Sequence[EncodedColumn]) -> Floats:
    """Return the median of each number, rounded as the encoder's own are: a median is a patient's value."""
    numbers = np.array([column.kind == "value" for column in encoded], dtype=bool)
    middle = np.full(Z.shape[1], np.nan)
    middle[numbers] = coarse_columns(np.median(Z[:, numbers], axis=0)) if len(Z) else np.nan
    return middle


def _products(Z: Floats, middle: Floats, places: Ints, halved: NDArray[np.bool_]) -> Floats:
    soft = np.where(np.isnan(middle), Z, np.tanh(_STEEP * (Z - np.nan_to_num(middle))))
    one, other = places[:, 0], places[:, 1]
    return np.where(halved, soft[:, one] * soft[:, other], Z[:, one] * Z[:, other])
