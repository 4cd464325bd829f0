"""Intensity statistics of a region, and the same statistics of its grey levels as part of the histogram.

Source: reference manual of the Image Biomarker Standardisation Initiative, arXiv:1612.07003, sections 3.3 and 3.4.
"""

from __future__ import annotations

import numpy as np

from genorx.imaging.families.neighbours import Floats, Ints

#: Features of intensities in the order of tables, without ``stat_``.
NAMES = (
    *("mean", "var", "skew", "kurt", "median", "min", "p10", "p90", "max", "iqr", "range", "mad", "rmad", "medad"),
    *("cov", "qcod", "energy", "rms"),
)
#: Features of the histogram in the order of tables, without ``ih_``.
HISTOGRAM_NAMES = (
    *("mean", "var", "skew", "kurt", "median", "min", "p10", "p90", "max", "mode", "iqr", "range", "mad", "rmad"),
    *("medad", "cov", "qcod", "entropy", "uniformity", "max_grad", "max_grad_g", "min_grad", "min_grad_g"),
)


def intensity_statistics(values: Floats) -> Floats:
    """Return the 18 statistics of the intensities of a region."""
    found = _statistics(values)
    squares = (values**2).sum()
    return np.array([*(found[name] for name in NAMES[:-2]), squares, np.sqrt(squares / values.size)])


def histogram_features(levels: Ints) -> Floats:
    """Return the 23 features of the histogram of grey levels 1 to the highest that occurs, including empty ones."""
    counts = np.bincount(levels)[1:].astype(float)
    p = counts[counts > 0] / levels.size
    steps = np.gradient(counts) if counts.size > 1 else np.full(1, np.nan)
    found = _statistics(levels.astype(float)) | {
        "mode": float(np.argmax(counts) + 1),
        "entropy": float(-(p * np.log2(p)).sum()) + 0.0,
        "uniformity": float((p**2).sum()),
        "max_grad": float(steps.max()),
        "max_grad_g": float(np.argmax(steps) + 1) if counts.size > 1 else np.nan,
        "min_grad": float(steps.min()),
        "min_grad_g": float(np.argmin(steps) + 1) if counts.size > 1 else np.nan,
    }
    return np.array([found[name] for name in HISTOGRAM_NAMES])


def _statistics(values: Floats) -> dict[str, float]:
    mean, median = float(values.mean()), float(np.median(values))
    centred = values - mean
    variance = float((centred**2).mean())
    flat = variance == 0 or bool((values == values[0]).all())
    p10, p25, p75, p90 = (float(each) for each in np.percentile(values, [10, 25, 75, 90]))
    within = values[(values >= p10) & (values <= p90)]
    return {
        "mean": mean,
        "var": 0.0 if flat else variance,
        "skew": 0.0 if flat else float((centred**3).mean()) / variance**1.5,
        "kurt": 0.0 if flat else float((centred**4).mean()) / variance**2 - 3,
        "median": median,
        "min": float(values.min()),
        "p10": p10,
        "p90": p90,
        "max": float(values.max()),
        "iqr": p75 - p25,
        "range": float(values.max() - values.min()),
        "mad": float(np.abs(centred).mean()),
        "rmad": float(np.abs(within - within.mean()).mean()) if within.size else np.nan,
        "medad": float(np.abs(values - median).mean()),
        "cov": (0.0 if flat else variance**0.5) / mean if mean else np.nan,
        "qcod": (p75 - p25) / (p75 + p25) if p75 + p25 else np.nan,
    }
