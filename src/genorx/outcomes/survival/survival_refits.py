"""Hazards of refits to bootstrap samples, in the steps of time of the model itself.

A model that has no posterior gets its interval from them; each refit is a risk function and a baseline.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from genorx.outcomes.shrinkage.baseline import EventSteps, spread_out
from genorx.outcomes.shrinkage.partial_likelihood import PartialLikelihood

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


def bootstrap_rows(event: Bools, n_refits: int, seed: int) -> Iterator[NDArray[np.integer[Any]]]:
    """Yield rows drawn with replacement; samples without two events are drawn again."""
    rng = np.random.default_rng(seed)
    made = 0
    while made < n_refits:
        rows = rng.integers(0, event.size, event.size)
        if event[rows].sum() >= 2:
            made += 1
            yield rows


def event_steps_of(risk: Floats, time: Floats, event: Bools) -> EventSteps:
    """Return Breslow's estimate by event time for log hazard ratios that some model gave."""
    return PartialLikelihood(risk[:, None], time, event, ties="breslow").event_steps(np.ones(1))[0]


def survival_of(risk: Floats, spans: Floats, increments: Floats, times: Floats) -> Floats:
    """Return survival, shape (n_patients, n_times), from log hazard ratios and steps of the baseline."""
    return np.asarray(np.exp(-np.exp(risk)[:, None] * spread_out(spans, np.cumsum(increments), times)))


def cycled(n_refits: int, n_draws: int) -> NDArray[np.integer[Any]]:
    """Return which refit each draw takes: each as often as any other."""
    return np.arange(n_draws) % n_refits
