"""Re-segmentation: voxels within an intensity range, then those near the mean of the rest.

Source: reference manual of the Image Biomarker Standardisation Initiative, arXiv:1612.07003, section 2.5.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def intensity_mask(
    image: NDArray[np.float64],
    mask: NDArray[np.bool_],
    *,
    intensity_range: tuple[float, float] | None,
    outlier_sigma: float | None,
) -> NDArray[np.bool_]:
    """Return the voxels of a mask within a range (both ends included), then within k standard deviations."""
    kept = mask.copy()
    if intensity_range is not None:
        kept &= (image >= intensity_range[0]) & (image <= intensity_range[1])
    if outlier_sigma is not None and kept.any():
        values = image[kept]
        away = outlier_sigma * values.std()
        kept &= (image >= values.mean() - away) & (image <= values.mean() + away)
    return kept
