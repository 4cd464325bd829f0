"""Numbers so coarse that a model file gives no patient back: round times, bins of many, round statistics.

A model is given away, its cohort is not.  What is learnt of single patients (a time, a residual, an extreme) is kept
at a resolution at which no number is one patient's, and no difference of two numbers is.  This is no differential
privacy: who knows all patients but one may still learn of that one; ``docs/guide/model_files.md`` says what is left.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

#: Patients at least behind each number that is kept of a cohort's distribution.
FEWEST = 20
_PARTS = 200  # round steps that a range is divided into, at least
_SHARE = 0.02  # of a standard deviation, to which a column's mean and quantiles are rounded at least so coarsely


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
