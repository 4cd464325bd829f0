"""Specification of a feature: name, kind, unit, levels and group, by which models type its column."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

_MARGIN = 0.1  # part of the range beyond its ends from which a model extrapolates
_SLACK = 1e-9  # binary fractions

FeatureKind = Literal["number", "integer", "boolean", "category", "ordinal"]


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class FeatureSpec:
    """Specification of one column of the feature frame, and how models treat it.

    The dtype of the column follows from ``kind``: number ``Float64``, integer ``Int64``, boolean ``Int8`` (0, 1,
    missing), category and ordinal ``category`` with ``levels`` (ordered for ordinal).  Missing is ``<NA>``, never a
    number.

    Attributes
    ----------
    name : str
        Name of the column, unique in a cohort.
    kind : {"number", "integer", "boolean", "category", "ordinal"}
        Kind of the values.
    group : str
        Shrinkage group: role of the table (``clinical``, ``laboratory``, ``lifestyle``, ...), ``role:table`` if a role
        has several tables; ``gene``, ``gene class``, ``site``, ``burden``, ``pgx`` for variants.
    unit : str, optional
        UCUM unit of the values in the frame (after conversion).
    levels : tuple of str
        Levels of a category, or of an ordinal in order.
    lower, upper : float, optional
        Smallest and largest observed value, for numbers and integers.
    source : str
        File of the column.
    """

    name: str
    kind: FeatureKind
    group: str
    unit: str | None = None
    levels: tuple[str, ...] = ()
    lower: float | None = None
    upper: float | None = None
    source: str = ""

    def __repr__(self) -> str:
        """Return name, kind and group, short enough for the parameters of an estimator."""
        return f"<FeatureSpec {self.name!r}, {self.kind}, {self.group}>"

    def outside(self, value: float) -> Literal["warning", "serious"] | None:
        """Return the severity of a value outside the range or levels seen in training; None if it is inside.

        Up to a tenth of the range beyond an end it is a warning; further out a model extrapolates.
        """
        low, high, slack = self._ends()
        excess = max(low - value, value - high)
        if not excess > slack:
            return None
        return "serious" if excess > _MARGIN * (high - low) + slack else "warning"

    def places_outside(self, values: NDArray[np.float64]) -> list[int]:
        """Return the positions of values outside the range or levels seen in training; NaN is never outside."""
        low, high, slack = self._ends()
        with np.errstate(invalid="ignore"):  # infinite without an end
            found: list[int] = np.flatnonzero(np.maximum(low - values, values - high) > slack).tolist()
        return found

    def _ends(self) -> tuple[float, float, float]:
        """Return the smallest and largest value seen, widened by the floating-point tolerance."""
        low = -math.inf if self.lower is None else self.lower
        high = math.inf if self.upper is None else self.upper
        return low, high, _SLACK * max(abs(end) for end in (low, high, 1.0) if math.isfinite(end))

    def to_dict(self) -> dict[str, Any]:
        """Return a plain dictionary, as stored in the model file."""
        return asdict(self) | {"levels": list(self.levels)}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> FeatureSpec:
        """Return the spec from a dictionary made by ``to_dict``."""
        return cls(**(values | {"levels": tuple(values.get("levels", ()))}))
