"""Calibration of out-of-fold log means: the line that recalibrates their level and slope.

Source: Cox DR 1958, Biometrika 45:562 (recalibration by slope and intercept); White H 1982, Econometrica 50:1 (standard
error under overdispersion).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from genorx.outcomes.counts.counts_base import means

Floats = NDArray[np.float64]
_TURNS = 25
_FLAT = 1e-6  # range of log means below which there is no slope


def count_line(linear: Floats, target: Floats, offset: Floats) -> tuple[float, float]:
    """Return the intercept and slope that recalibrate log means (without the offset).

    The slope is 1 unless that of the counts is positive and differs from 1 by more than two standard errors; the
    recalibrated means sum to the counts.
    """
    level = float(np.log(target.sum() / means(offset + linear).sum()))
    if np.ptp(linear) < _FLAT:
        return level, 1.0
    design = np.column_stack([np.ones(linear.size), linear])
    line = np.array([level, 1.0])
    for _ in range(_TURNS):
        mean = means(offset + design @ line)
        bread = np.linalg.inv(design.T @ (mean[:, None] * design))
        line = line + np.clip(bread @ design.T @ (target - mean), -1.0, 1.0)
    away = (target - mean)[:, None] * design
    error = float(np.sqrt((bread @ away.T @ away @ bread)[1, 1]))
    recalibrated = abs(line[1] - 1) > 2 * error and line[1] > 0
    return (float(line[0]), float(line[1])) if recalibrated else (level, 1.0)
