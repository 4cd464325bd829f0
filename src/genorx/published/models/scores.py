"""Base of models whose output is a score, a risk or a dose, with groups if the source has them."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from genorx.published.estimates import Estimated
from genorx.published.inputs.inputs import Floats, Inputs
from genorx.published.model import PublishedModel


class ScoreModel(PublishedModel):
    """A model with one estimate per patient and no treatments to compare."""

    @abstractmethod
    def _numbers(self, inputs: Inputs) -> list[Estimated]:
        """Return the estimates of all patients, as published."""

    def _groups(self, _numbers: Sequence[Estimated]) -> dict[str, NDArray[np.object_]]:
        """Return further columns of the wide table: groups by name."""
        return {}

    def numbers(self, inputs: Inputs, *, as_published: bool = False) -> list[Estimated]:
        """Return the estimates of all patients, with the local correction if there is one and it is requested."""
        made = self._numbers(inputs)
        if as_published or self._recalibration is None:
            return made
        return [self._recalibration.risk(each) for each in made]

    def estimates(self, inputs: Inputs, horizons: Sequence[float], options: Sequence[str]) -> list[Estimated]:  # noqa: ARG002
        """Return the estimates without a time, and those of the horizons."""
        return [each for each in self.numbers(inputs) if each.time is None or each.time in horizons]

    def _wide(self, inputs: Inputs) -> dict[str, Any]:
        made = self.numbers(inputs)
        return {each.name: each.values for each in made} | self._groups(made)


def banded(values: Floats, cuts: Sequence[float], labels: Sequence[str]) -> NDArray[np.object_]:
    """Return the label of each value's band; None if the value is missing.  A value at a cut is in the band below.

    Parameters
    ----------
    cuts : sequence of float, ascending
        Cut points, one fewer than labels.
    labels : sequence of str
        Labels of the bands.
    """
    position = np.searchsorted(np.asarray(cuts), values)
    found = np.asarray(labels, dtype=object)[np.minimum(position, len(labels) - 1)]
    found[np.isnan(values)] = None
    return np.asarray(found, dtype=object)


def points_of_band(values: Floats, cuts: Sequence[float], points: Sequence[float], *, closed: str) -> Floats:
    """Return the points of each value's band; NaN if the value is missing."""
    position = np.searchsorted(np.asarray(cuts), values, side="left" if closed == "right" else "right")
    found = np.asarray(points, dtype=float)[np.minimum(position, len(points) - 1)]
    return np.where(np.isnan(values), np.nan, found)
