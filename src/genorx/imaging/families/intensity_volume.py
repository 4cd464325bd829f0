"""Intensity-volume histogram: the share of a region's volume at or above each intensity.

Source: reference manual of the Image Biomarker Standardisation Initiative, arXiv:1612.07003, section 3.5.
"""

from __future__ import annotations

import numpy as np

from genorx.imaging.families.neighbours import Floats

#: Features in the order of tables, without ``ivh_``.
NAMES = ("v10", "v90", "i10", "i90", "diff_v10_v90", "diff_i10_i90")
_TOLERANCE = 1e-9


def intensity_volume(values: Floats, *, first: float, step: float, number: int) -> Floats:
    """Return the six features of the intensity-volume histogram.

    Parameters
    ----------
    values : array of float, shape (voxels,)
        Intensities in steps from the first level: 0 is the first level, 1.5 is between the second and the third.
    first, step : float
        First level and distance between levels, in the unit of the result.
    number : int
        Number of levels.
    """
    steps = np.arange(number)
    share = 1 - np.searchsorted(np.sort(values), steps, side="left") / values.size
    v10, v90 = (_volume_at(share, fraction) for fraction in (0.1, 0.9))
    i10, i90 = (first + step * _step_at(share, fraction) for fraction in (0.1, 0.9))
    return np.array([v10, v90, i10, i90, v10 - v90, i10 - i90])


def _volume_at(share: Floats, fraction: float) -> float:
    """Return the volume share at the first level above a fraction of the range; a single level has no range."""
    if share.size < 2:
        return float("nan")
    gamma = np.arange(share.size) / (share.size - 1)
    return float(share[np.argmax(gamma >= fraction - _TOLERANCE)])


def _step_at(share: Floats, fraction: float) -> int:
    """Return the index of the lowest level reached by at most a fraction of the volume; otherwise one past the last."""
    reached = share <= fraction + _TOLERANCE
    return int(np.argmax(reached)) if reached.any() else share.size
