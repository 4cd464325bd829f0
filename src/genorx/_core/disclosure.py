"""Coarsening of numbers in model files against disclosure: rounded times, large bins, rounded statistics.

A model is shared, its cohort is not.  Values learnt from single patients (a time, a residual, an extreme) are stored
at a resolution at which no number, and no difference of two numbers, is that of one patient.  This is not differential
privacy: somebody who knows all patients but one may still learn about that one; ``docs/guide/model_files.md`` describes
the remaining risk.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

#: Least number of patients behind each stored number of a cohort's distribution.
FEWEST = 20
_PARTS = 200  # least number of round steps of a range
_FINE = 20  # least number of round steps of one standard deviation


def round_step(span: float, parts: int = _PARTS) -> float:
    """Return the largest of 1, 2, 5 times a power of ten that fits ``parts`` times into ``span``; 1 if none does."""
    if not span > 0 or not math.isfinite(span):
        return 1.0
    exponent = math.floor(math.log10(span / parts))
    return max(_step(lead, exponent) for lead in (1, 2, 5) if _step(lead, exponent) * parts <= span * (1 + 1e-12))


def _step(lead: int, exponent: int) -> float:
    return float(f"{lead}e{exponent}")


def on_grid(values: Floats | float, step: float) -> Floats:
    """Return ``values`` multiples of a rounded step, without floating-point noise in their digits."""
    digits = max(0, 1 - math.floor(math.log10(step)))
    return np.asarray(np.round(np.asarray(values, dtype=float) * step, digits))


def rounded_up(time: float) -> float:
    """Return the next round time, at most 1 in 200 later: the exact last time belongs to one patient."""
    step = round_step(time)
    return float(on_grid(math.ceil(time / step - 1e-9), step))


def rounded_down(time: float) -> float:
    """Return the previous round time, at most 1 in 200 earlier."""
    step = round_step(time)
    return float(on_grid(math.floor(time / step + 1e-9), step))


def rounded(value: float, spread: float) -> float:
    """Return a mean, median or quantile as a multiple of a round step, at most a twentieth of the spread."""
    step = round_step(spread, _FINE)
    return float(on_grid(round(value / step), step)) if spread > 0 and math.isfinite(value / step) else value


def each_rounded(values: Floats, spread: float) -> Floats:
    """Return ``rounded`` of each value."""
    step = round_step(spread, _FINE)
    scaled = values / step
    usable = (spread > 0) & np.isfinite(scaled)
    whole = np.asarray(np.round(np.where(usable, scaled, 0.0)), dtype=np.float64)
    return np.where(usable, on_grid(whole, step), values)


def rounded_out(lower: float, upper: float) -> tuple[float, float]:
    """Return a range widened to round numbers, by at most a twentieth on either side."""
    if not upper > lower or not math.isfinite(upper - lower):
        return lower, upper
    step = round_step(upper - lower, _FINE)
    return float(on_grid(math.floor(lower / step + 1e-9), step)), float(on_grid(math.ceil(upper / step - 1e-9), step))


def rounded_in(lower: float, upper: float, step: float) -> tuple[float, float]:
    """Return a range narrowed to multiples of a rounded step."""
    return float(on_grid(math.ceil(lower / step - 1e-9), step)), float(on_grid(math.floor(upper / step + 1e-9), step))


def digits(value: float, significant: int) -> float:
    """Return a number rounded to ``count`` significant digits."""
    return float(f"{value:.{significant - 1}e}")


def coarse_columns(matrix: Floats) -> Floats:
    """Return standardised columns rounded to steps, so that no split point is one patient's value."""
    step = round_step(1.0, _FINE)
    return on_grid(np.round(matrix / step), step)


def coarse_values(values: Floats) -> Floats:
    """Return values learnt from few patients each (tree leaves) in rounded steps of at most a 50th of their spread."""
    spread = float(values.std())
    step = round_step(spread, 50)
    return on_grid(np.round(values / step), step) if spread > 0 else values


def coarse_residuals(residuals: Floats) -> Floats:
    """Return residuals rounded away from 0 in steps of at most a 20th of their mean size, so that no range shrinks."""
    size = float(np.abs(residuals).mean()) if residuals.size else 0.0
    step = round_step(size, _FINE)
    return on_grid(np.sign(residuals) * np.ceil(np.abs(residuals) / step - 1e-9), step) if size > 0 else residuals


def counted(values: Floats) -> dict[str, NDArray[Any]]:
    """Return the distinct sorted numbers (``values``) and their frequencies (``counts``)."""
    different, counts = np.unique(values, return_counts=True)
    return {"values": different, "counts": counts.astype(np.int64)}


def from_counted(arrays: Mapping[str, NDArray[Any]]) -> Floats:
    """Return the sorted numbers that ``counted`` summarised."""
    return np.repeat(arrays["values"], arrays["counts"])
