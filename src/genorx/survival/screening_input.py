"""Validation of the inputs of a screening evaluation: risks, times, causes and thresholds."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import logit

from genorx.errors import InputError, SupportError, UsageError
from genorx.survival.aalen_johansen import checked_causes
from genorx.survival.kaplan_meier import check_horizon

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

#: Events of the cause by the horizon below which no measure is computed.
FEWEST_EVENTS = 10
#: Risks are kept this far from 0 and 1, whose log odds are infinite.
EDGE = 1e-9


def checked_screening(
    risk: ArrayLike, time: ArrayLike, cause: ArrayLike, *, horizon: float, of: int = 1
) -> tuple[Floats, Floats, Ints]:
    """Return risks, times and causes (1 of interest, 2 any other) as arrays, validated.

    Raises
    ------
    InputError, UsageError, HorizonError, SupportError
        As ``evaluate_screening``.
    """
    predicted = checked_risks(risk)
    kinds = np.asarray(cause, dtype=float)
    if not np.all(np.isfinite(kinds)) or np.any(kinds != np.round(kinds)) or np.any(kinds < 0):
        raise InputError("causes are whole numbers: 0 for censored, 1 and above for the causes", code="event-type")
    end, codes = checked_causes(time, kinds)
    if predicted.shape != end.shape:
        raise UsageError(f"risk has shape {predicted.shape}, time {end.shape}: one of each for every person is needed")
    check_horizon(horizon, float(end.max()))
    codes = np.where(codes == of, 1, np.where(codes > 0, 2, 0))
    events = int(np.sum((codes == 1) & (end <= horizon)))
    if events < FEWEST_EVENTS:
        raise SupportError(
            f"{events} events of the cause by {horizon:g}: at least {FEWEST_EVENTS} are needed",
            hint="more people or a longer follow-up are needed",
            code="too-few-events",
        )
    return predicted, end, codes


def checked_risks(risk: ArrayLike) -> Floats:
    """Return risks as an array, validated as fractions.

    Raises
    ------
    InputError
        ``risk-missing``, ``risk-not-fraction``.
    """
    predicted = np.asarray(risk, dtype=float)
    if np.isnan(predicted).any():
        absent = int(np.isnan(predicted).sum())
        hint = "leave them out and report how many, or supply their risk"
        raise InputError(f"{absent} people have no risk", hint=hint, code="risk-missing")
    outside = (predicted < 0) | (predicted > 1)
    if outside.any():
        raise InputError(
            f"{int(outside.sum())} risks lie outside 0 to 1",
            hint="risks are fractions: divide percentages by 100",
            code="risk-not-fraction",
        )
    return predicted


def checked_thresholds(thresholds: Sequence[float]) -> tuple[float, ...]:
    """Return thresholds, validated as numbers between 0 and 1.

    Raises
    ------
    UsageError
        Code ``threshold``.
    """
    cuts = tuple(float(each) for each in thresholds)
    for cut in cuts:
        if not 0 < cut < 1:
            hint = "a threshold of 1.51 % is 0.0151"
            raise UsageError(f"threshold {cut:g} is not between 0 and 1", hint=hint, code="threshold")
    return cuts


def log_odds_of(risk: Floats) -> Floats:
    """Log odds of risks, truncated to 1e-9 away from 0 and 1."""
    return np.asarray(logit(np.clip(risk, EDGE, 1.0 - EDGE)))
