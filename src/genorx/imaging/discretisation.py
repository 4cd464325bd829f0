"""Grey levels of a region: bins of a fixed number or a fixed width, or the intensities themselves.

Source: reference manual of the Image Biomarker Standardisation Initiative, arXiv:1612.07003, section 2.7.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from genorx.errors import ImageError

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Range = tuple[float, float] | None

#: Largest number of grey levels of a histogram.
MOST_LEVELS = 5_000_000


def fixed_count(values: Floats, bins: int) -> Ints:
    """Return bins 1 to ``bins`` of equal width between the lowest and the highest value; all 1 if those are equal."""
    low, high = float(values.min()), float(values.max())
    if low == high:
        return np.ones(values.size, dtype=np.int64)
    return np.minimum(np.floor(bins * (values - low) / (high - low)).astype(np.int64) + 1, bins)


def fixed_width(values: Floats, width: float, low: float) -> Ints:
    """Return bins of a fixed width, the first starting at ``low``."""
    _check_number((float(values.max()) - low) / width + 1)
    return np.floor((values - low) / width).astype(np.int64) + 1


def lower_end(values: Floats, intensity_range: Range) -> float:
    """Return the start of the first bin: the lower end of the range if finite, otherwise the lowest value."""
    if intensity_range is not None and np.isfinite(intensity_range[0]):
        return float(intensity_range[0])
    return float(values.min())


def upper_end(values: Floats, intensity_range: Range) -> float:
    """Return the upper end of the range if finite, otherwise the highest value."""
    if intensity_range is not None and np.isfinite(intensity_range[1]):
        return float(intensity_range[1])
    return float(values.max())


def grey_levels(values: Floats, *, bins: int | None, bin_width: float | None, intensity_range: Range) -> Ints:
    """Return the grey level of each intensity.

    Raises
    ------
    ImageError
        ``discretisation-missing`` if neither ``bins`` nor ``bin_width`` is set and the intensities are not whole
        numbers of 1 or more, or if there would be too many levels.
    """
    if bins is not None:
        return fixed_count(values, bins)
    if bin_width is not None:
        return fixed_width(values, bin_width, lower_end(values, intensity_range))
    if (values != np.rint(values)).any() or values.min() < 1:
        raise ImageError(
            "without bins the intensities are the grey levels, but they are not whole numbers of 1 or more",
            hint="set bins or bin_width",
            code="discretisation-missing",
        )
    _check_number(float(values.max()))
    return values.astype(np.int64)


def volume_levels(
    values: Floats, *, ivh_bins: int | None, ivh_bin_width: float | None, intensity_range: Range
) -> tuple[Floats, float, float, int]:
    """Return values in steps of the intensity-volume histogram, its first level, step and number of levels."""
    low, high = lower_end(values, intensity_range), upper_end(values, intensity_range)
    whole = bool((values == np.rint(values)).all())
    if ivh_bin_width is not None:
        number = max(1, int(np.floor((high - low) / ivh_bin_width + 1e-9)))
        _check_number(number)
        return (
            np.floor((values - low) / ivh_bin_width).astype(np.float64),
            low + ivh_bin_width / 2,
            ivh_bin_width,
            number,
        )
    if ivh_bins is None and whole:
        _check_number(high - low + 1)
        return values - low, low, 1.0, int(np.floor(high - low + 1e-9)) + 1
    bins = 1000 if ivh_bins is None else ivh_bins
    return fixed_count(values, bins).astype(np.float64) - 1, 1.0, 1.0, bins


def _check_number(number: float) -> None:
    if number > MOST_LEVELS:
        reason = f"the region would have more than {MOST_LEVELS:,} grey levels"
        raise ImageError(reason, hint="set bins, or a larger bin_width", code="discretisation-missing")
