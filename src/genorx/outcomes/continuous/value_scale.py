"""Scales of a continuous outcome for an additive model: identity, square root or logarithm."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from genorx.errors import UsageError, shown

Floats = NDArray[np.float64]
ScaleName = Literal["identity", "sqrt", "log"]


@dataclass(frozen=True)
class ValueScale:
    """A monotone scale of a continuous outcome.

    Parameters
    ----------
    name : {"identity", "sqrt", "log"}
    """

    name: ScaleName

    def __post_init__(self) -> None:
        if self.name not in get_args(ScaleName):
            raise UsageError(f"there is no scale {shown(self.name)!r}", hint="identity, sqrt, log or auto")

    def forward(self, value: Floats) -> Floats:
        """Return values on the scale; values below 0 (below 1e-12 for the logarithm) are truncated."""
        if self.name == "sqrt":
            return np.asarray(np.sqrt(np.maximum(value, 0.0)))
        return np.asarray(np.log(np.maximum(value, 1e-12))) if self.name == "log" else value

    def back(self, scaled: Floats) -> Floats:
        """Return values on the original scale: medians of medians."""
        if self.name == "sqrt":
            return np.asarray(np.maximum(scaled, 0.0) ** 2)
        return np.asarray(np.exp(np.minimum(scaled, 700.0))) if self.name == "log" else scaled

    def mean(self, scaled: Floats, spread: Floats | float) -> Floats:
        """Return the mean on the original scale for values normal on this scale with standard deviation ``spread``."""
        if self.name == "sqrt":
            return np.asarray(scaled**2 + np.square(spread))
        if self.name == "log":
            return np.asarray(np.exp(np.minimum(scaled + np.square(spread) / 2, 700.0)))
        return scaled


def possible_scales(value: Floats) -> tuple[ValueScale, ...]:
    """Return the scales defined for these values: no root of a negative number, no logarithm of 0."""
    names: list[ScaleName] = ["identity"]
    if value.min() >= 0 and value.max() > 0:
        names.append("sqrt")
        if value.min() > 0:
            names.append("log")
    return tuple(ValueScale(name) for name in names)
