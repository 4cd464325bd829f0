"""Cumulative hazards of outcome parts from survival and incidence on a time grid, and back."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
_TINY = 1e-9


def cumulative_hazards(point: Floats, parts: Floats | None) -> Floats:
    """Return the cumulative hazard of each part over time, shape (..., n_parts, n_times).

    Parameters
    ----------
    point : array of shape (..., n_times)
        Probability of no event, starting from 1.
    parts : array of shape (..., n_parts, n_times) or None
        Cumulative incidence of competing causes.  The total hazard of a step follows from survival before and after it,
        and is divided between causes in proportion to incidence.
    """
    if parts is None:
        made: Floats = -np.log(np.maximum(point, _TINY))[..., None, :]
        return made
    before = np.maximum(np.concatenate([np.ones_like(point[..., :1]), point[..., :-1]], axis=-1), _TINY)
    steps = np.clip(np.diff(parts, axis=-1, prepend=0.0), 0.0, None)
    whole = steps.sum(axis=-2)
    hazard = -np.log(np.maximum(1.0 - np.minimum(whole / before, 1.0 - _TINY), _TINY))
    share = np.divide(steps, whole[..., None, :], out=np.zeros_like(steps), where=whole[..., None, :] > 0)
    return np.cumsum(share * hazard[..., None, :], axis=-1)


def log_at_the_end(hazards: Floats) -> Floats:
    """Return the log cumulative hazard of each part by the last time, shape (..., n_parts): a correction's index."""
    made: Floats = np.log(np.maximum(hazards[..., -1], _TINY))
    return made


def incidence_of(hazards: Floats) -> tuple[Floats, Floats]:
    """Return the probability of no event and the incidence of each part, the reverse of ``cumulative_hazards``."""
    steps = np.diff(hazards, axis=-1, prepend=0.0)
    whole = steps.sum(axis=-2)
    survival = np.exp(-np.cumsum(whole, axis=-1))
    before = np.concatenate([np.ones_like(survival[..., :1]), survival[..., :-1]], axis=-1)
    share = np.divide(steps, whole[..., None, :], out=np.zeros_like(steps), where=whole[..., None, :] > 0)
    return survival, np.cumsum(share * (before - survival)[..., None, :], axis=-1)
