"""Products of two straight columns of different features, for what two features do together and neither alone.

They are a shrinkage group of their own, which the data switch off where nothing of the kind is there.  Measured
(``benchmarks/effects.py``, non-additive scenario): coverage 0.74 instead of 0.60, regret 0.44 instead of 0.54; where
effects are additive nothing is lost.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from genorx.outcomes.feature_columns import EncodedColumn

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
_MOST = 15  # straight columns from which on there are more pairs than patients can tell about
_STRAIGHT = ("value", "flag", "level")
_FEWEST = 10  # patients whose product differs from the commonest value
_CLIP = 5.0


@dataclass(frozen=True, kw_only=True)
class PairColumns:
    """Which columns are multiplied, and how the products are standardised.

    Attributes
    ----------
    places : array of int, shape (n_pairs, 2)
    centre, scale : arrays of shape (n_pairs,)
    """

    places: Ints
    centre: Floats
    scale: Floats

    @classmethod
    def fit(cls, Z: Floats, encoded: Sequence[EncodedColumn]) -> Self:
        """Learn from encoded features; there are no pairs where straight columns are many."""
        straight = [place for place, column in enumerate(encoded) if column.kind in _STRAIGHT]
        pairs = [pair for pair in combinations(straight, 2) if encoded[pair[0]].source != encoded[pair[1]].source]
        if len(straight) > _MOST or not pairs:
            return cls(places=np.zeros((0, 2), dtype=np.int64), centre=np.zeros(0), scale=np.ones(0))
        places = np.array(pairs, dtype=np.int64)
        products = Z[:, places[:, 0]] * Z[:, places[:, 1]]
        told = np.array([_differing(column) >= _FEWEST for column in products.T])
        return cls(places=places[told], centre=products[:, told].mean(axis=0), scale=products[:, told].std(axis=0))

    def extend(self, Z: Floats) -> Floats:
        """Return the encoded features with the products behind them."""
        products = Z[:, self.places[:, 0]] * Z[:, self.places[:, 1]]
        return np.column_stack([Z, np.clip((products - self.centre) / self.scale, -_CLIP, _CLIP)])

    def columns(self, encoded: Sequence[EncodedColumn]) -> list[EncodedColumn]:
        """Return what each product is."""
        return [
            EncodedColumn(
                name=f"{encoded[one].name} * {encoded[other].name}",
                source=encoded[one].source,
                partner=encoded[other].source,
                group="pairs",
                kind="pair",
            )
            for one, other in self.places
        ]

    def state(self) -> dict[str, Any]:
        """Return JSON values from which ``from_state`` makes the same."""
        return {name: getattr(self, name).tolist() for name in ("places", "centre", "scale")}

    @classmethod
    def from_state(cls, values: Mapping[str, Any]) -> Self:
        """Make the columns from what ``state`` gave."""
        return cls(
            places=np.array(values["places"], dtype=np.int64).reshape(-1, 2),
            centre=np.array(values["centre"], dtype=float),
            scale=np.array(values["scale"], dtype=float),
        )


def _differing(values: Floats) -> int:
    _, counts = np.unique(values, return_counts=True)
    return int(values.size - counts.max())
