"""Steps of two features at a few limits, and their products: columns for an effect that begins at a corner.

Smooth columns blur a benefit that requires one feature above one limit and another above a second.  Near the limits
their intervals then miss the truth (``benchmarks/effects.py``, "non-proportional").  Which pairs get such columns is
``adjusted.corner_screen``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from genorx.effects.adjusted.standard_products import StandardProducts, varying
from genorx.outcomes.encoding.feature_columns import EncodedColumn

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
#: From two encoded columns, the lower index first, to the limits of each.
Corners = Mapping[tuple[int, int], tuple[Floats, Floats]]
_STEEP = 12.0  # slope of a step at its limit, per standard deviation


@dataclass(frozen=True, kw_only=True)
class CornerColumns:
    """Steps and products of two steps, with their standardisation.

    Attributes
    ----------
    places : array of int, shape (n_corners, 2)
        Indices of the two encoded columns.
    limits : array of shape (n_corners, 2)
        Limit of the step of each column; the second is NaN for a single step.
    standard : StandardProducts
    """

    places: Ints
    limits: Floats
    standard: StandardProducts

    @classmethod
    def fit(cls, Z: Floats, encoded: Sequence[EncodedColumn], corners: Corners) -> Self:
        """Build the columns of some pairs: steps of each numeric column, then products of the steps of a pair."""
        places, limits = _steps(corners, encoded)
        products = _products(Z, places, limits)
        kept = varying(products)
        return cls(places=places[kept], limits=limits[kept], standard=StandardProducts.fit(products[:, kept]))

    def values(self, Z: Floats) -> Floats:
        """Return the columns of encoded features, shape (n_patients, n_corners)."""
        return self.standard.apply(_products(Z, self.places, self.limits))

    def columns(self, encoded: Sequence[EncodedColumn]) -> list[EncodedColumn]:
        """Return the meaning of each column; a single step has the same feature twice."""
        return [
            EncodedColumn(
                name=_name(encoded[one].name, encoded[other].name, limits),
                source=encoded[one].source,
                partner=encoded[other].source,
                group="corners",
                kind="pair",
            )
            for (one, other), limits in zip(self.places, self.limits, strict=True)
        ]

    def state(self) -> dict[str, Any]:
        """Return JSON values for ``from_state``."""
        return {
            "places": self.places.tolist(),
            "limits": [[None if np.isnan(each) else float(each) for each in pair] for pair in self.limits],
            "centre": self.standard.centre.tolist(),
            "scale": self.standard.scale.tolist(),
        }

    @classmethod
    def from_state(cls, values: Mapping[str, Any]) -> Self:
        """Restore the columns from ``state``; none from an empty mapping."""
        numbers = {name: np.array(values.get(name, []), dtype=float) for name in ("limits", "centre", "scale")}
        return cls(
            places=np.array(values.get("places", []), dtype=np.int64).reshape(-1, 2),
            limits=numbers["limits"].reshape(-1, 2),
            standard=StandardProducts(centre=numbers["centre"], scale=numbers["scale"]),
        )


def step(Z: Floats, limit: Floats) -> Floats:
    """Return 0 below the limit and 1 above, with a short slope between."""
    return np.asarray((1.0 + np.tanh(_STEEP * (Z - limit))) / 2.0)


def corner_products(Z: Floats, pair: tuple[int, int], limits: tuple[Floats, Floats]) -> Floats:
    """Return the products of the steps of two columns, each limit of the first with all of the second."""
    first, second = (step(Z[:, [place]], own) for place, own in zip(pair, limits, strict=True))
    return (first[:, :, None] * second[:, None, :]).reshape(len(Z), -1)


def _steps(corners: Corners, encoded: Sequence[EncodedColumn]) -> tuple[Ints, Floats]:
    """Return columns and limits of each step alone, then of each corner."""
    places: list[tuple[int, int]] = []
    at: list[tuple[float, float]] = []
    alone: dict[int, set[float]] = {}
    for pair, limits in corners.items():
        for place, own in zip(pair, limits, strict=True):
            alone.setdefault(place, set()).update(map(float, own))
    for place in sorted(place for place in alone if encoded[place].kind == "value"):
        places += [(place, place)] * len(alone[place])
        at += [(limit, np.nan) for limit in sorted(alone[place])]
    for pair, limits in corners.items():
        both = [(float(one), float(other)) for one, other in product(*map(np.unique, limits))]
        places += [pair] * len(both)
        at += both
    return np.array(places, dtype=np.int64).reshape(-1, 2), np.array(at, dtype=float).reshape(-1, 2)


def _products(Z: Floats, places: Ints, limits: Floats) -> Floats:
    found = step(Z[:, places[:, 0]], limits[:, 0])
    both = np.flatnonzero(~np.isnan(limits[:, 1]))
    found[:, both] *= step(Z[:, places[both, 1]], limits[both, 1])
    return found


def _name(one: str, other: str, limits: Floats) -> str:
    first = f"{one} from {limits[0]:g}"
    return first if np.isnan(limits[1]) else f"{first} x {other} from {limits[1]:g}"
