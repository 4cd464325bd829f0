"""Numbers so coarse that a model file gives no patient back: round times, bins of many, round statistics.

A model is given away, its cohort is not.  What is learnt of single patients (a time, a residual, an extreme) is kept
at a resolution at which no number is one patient's, and no difference of two numbers is.  This is no differential
privacy: who knows all patients but one may still learn of that one; ``docs/guide/model_files.md`` says what is left.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

#: Patients at least behind each number that is kept of a cohort's distribution.
FEWEST = 20
_PARTS = 200  # round steps that a range is divided into, at least
_FINE = 20  # round steps in one standard deviation, at least


def round_step(span: float, parts: int = _PARTS) -> float:
    """Return the largest of 1, 2, 5 times a power of ten of which ``span`` holds at least ``parts``; 1 for none."""
    if not span > 0 or not math.isfinite(span):
        return 1.0
    exponent = math.floor(math.log10(span / parts))
    return max(_step(lead, exponent) for lead in (1, 2, 5) if _step(lead, exponent) * parts <= span * (1 + 1e-12))


def _step(lead: int, exponent: int) -> float:
    return float(f"{lead}e{exponent}")


def on_grid(values: Floats | float, step: float) -> Floats:
    """Return multiples of a round step, ``values`` of them, without the digits of binary fractions."""
    digits = max(0, 1 - math.floor(math.log10(step)))
    return np.asarray(np.round(np.asarray(values, dtype=float) * step, digits))


def rounded_up(time: float) -> float:
    """Return a last time as the next round one, at most 1 in 200 later: the time itself is one patient's."""
    step = round_step(time)
    return float(on_grid(math.ceil(time / step - 1e-9), step))


def rounded_down(time: float) -> float:
    """Return the round time before, at most 1 in 200 earlier."""
    step = round_step(time)
    return float(on_grid(math.floor(time / step + 1e-9), step))


def rounded(value: float, spread: float) -> float:
    """Return a mean, median or quantile as a multiple of a round step, at most a twentieth of the spread."""
    step = round_step(spread, _FINE)
    return float(on_grid(round(value / step), step)) if spread > 0 and math.isfinite(value / step) else value


def rounded_out(lower: float, upper: float) -> tuple[float, float]:
    """Return a range that ends at round numbers, by a twentieth at most wider on either side."""
    if not upper > lower or not math.isfinite(upper - lower):
        return lower, upper
    step = round_step(upper - lower, _FINE)
    return float(on_grid(math.floor(lower / step + 1e-9), step)), float(on_grid(math.ceil(upper / step - 1e-9), step))


def rounded_in(lower: float, upper: float, step: float) -> tuple[float, float]:
    """Return a range that ends at multiples of a round step, none of them outside it."""
    return float(on_grid(math.ceil(lower / step - 1e-9), step)), float(on_grid(math.floor(upper / step + 1e-9), step))


def digits(value: float, significant: int) -> float:
    """Return a number to so many significant digits."""
    return float(f"{value:.{significant - 1}e}")


def coarse_columns(matrix: Floats) -> Floats:
    """Return columns of about unit variance in round steps, so that what splits them is no patient's value."""
    step = round_step(1.0, _FINE)
    return on_grid(np.round(matrix / step), step)


def coarse_values(values: Floats) -> Floats:
    """Return what was learnt of few patients each (leaves of trees) in round steps of at most a 50th of its spread."""
    spread = float(values.std())
    step = round_step(spread, 50)
    return on_grid(np.round(values / step), step) if spread > 0 else values


def coarse_residuals(away: Floats) -> Floats:
    """Return residuals in steps of at most a 20th of their mean size, away from 0: what they reach is never less."""
    size = float(np.abs(away).mean()) if away.size else 0.0
    step = round_step(size, _FINE)
    return on_grid(np.sign(away) * np.ceil(np.abs(away) / step - 1e-9), step) if size > 0 else away


def counted(values: Floats) -> dict[str, NDArray[Any]]:
    """Return sorted numbers as different ones (``values``) and how often each is there (``counts``)."""
    different, counts = np.unique(values, return_counts=True)
    return {"values": different, "counts": counts.astype(np.int64)}


def from_counted(arrays: Mapping[str, NDArray[Any]]) -> Floats:
    """Return the sorted numbers of ``counted``."""
    return np.repeat(arrays["values"], arrays["counts"])
