"""Centre and scale of products of columns, so that coefficients of a group can share a variance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from genorx._core.disclosure import coarse_columns, digits

Floats = NDArray[np.float64]
_FEWEST = 10  # patients whose product must differ from the most common value
_CLIP = 5.0


@dataclass(frozen=True, kw_only=True)
class StandardProducts:
    """Mean and standard deviation of each product, rounded.

    Attributes
    ----------
    centre, scale : arrays of shape (n_products,)
    """

    centre: Floats
    scale: Floats

    @classmethod
    def fit(cls, products: Floats) -> Self:
        """Compute both from the products of the training patients."""
        scale = np.array([digits(each, 3) for each in products.std(axis=0)])
        return cls(centre=coarse_columns(products.mean(axis=0)), scale=scale)

    def apply(self, products: Floats) -> Floats:
        """Return standardised products, truncated at 5 standard deviations."""
        return np.clip((products - self.centre) / self.scale, -_CLIP, _CLIP)


def varying(products: Floats) -> NDArray[np.bool_]:
    """Return which products differ from their most common value in enough patients."""
    return np.array([_differing(column) >= _FEWEST for column in products.T], dtype=bool)


def _differing(values: Floats) -> int:
    _, counts = np.unique(values, return_counts=True)
    return int(values.size - counts.max())
