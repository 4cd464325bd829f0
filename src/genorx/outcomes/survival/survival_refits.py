"""Hazards of refits to bootstrap samples, on the event times of the model itself.

A model that has no posterior gets its interval from them; each refit is a risk function and a baseline.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from genorx.outcomes.shrinkage.partial_likelihood import Baseline, PartialLikelihood, step_values

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


def baseline_of(risk: Floats, time: Floats, event: Bools) -> Baseline:
    """Return the Breslow baseline for log hazard ratios that some model gave."""
    return PartialLikelihood(risk[:, None], time, event, ties="breslow").baselines(np.ones(1))[0]


def increments_on(base: Baseline, knots: Floats) -> Floats:
    """Return the steps of a cumulative hazard on other event times, shape (n_knots,)."""
    return np.diff(step_values(base.times, np.cumsum(base.increments), knots), prepend=0.0)


def survival_of(risk: Floats, knots: Floats, increments: Floats, times: Floats) -> Floats:
    """Return survival, shape (n_patients, n_times), from log hazard ratios and steps of the baseline."""
    return np.asarray(np.exp(-np.exp(risk)[:, None] * step_values(knots, np.cumsum(increments), times)))


def cycled(n_refits: int, n_draws: int) -> NDArray[np.integer[Any]]:
    """Return which refit each draw takes: each as often as any other."""
    return np.arange(n_draws) % n_refits
