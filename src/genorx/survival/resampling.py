"""Bootstrap of scores: patients drawn with replacement, as counts, so that one matrix serves all scores."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """A score with its 95 % bootstrap interval (percentiles; NaN without a bootstrap)."""

    estimate: float
    lower: float = float("nan")
    upper: float = float("nan")
    draws: Floats = field(default_factory=lambda: np.zeros(0), repr=False, compare=False)


def bootstrap_counts(n_patients: int, n_boot: int, seed: int = 0) -> Floats:
    """Return bootstrap counts of each patient, shape (1 + n_boot, n_patients); the first row is the sample itself.

    Examples
    --------
    >>> from genorx.survival.resampling import bootstrap_counts
    >>> bootstrap_counts(5, 3).shape
    (4, 5)
    """
    rng = np.random.default_rng(seed)
    drawn = rng.multinomial(n_patients, np.full(n_patients, 1 / n_patients), size=n_boot)
    return np.vstack([np.ones((1, n_patients)), drawn])


def scored(values: Floats) -> Score:
    """Return the sample's score (first value) with the interval of the others.

    Examples
    --------
    >>> from genorx.survival.resampling import scored
    >>> import numpy as np
    >>> scored(np.array([0.7, 0.6, 0.8])).estimate
    0.7
    """
    known = values[1:][np.isfinite(values[1:])]
    if not known.size:
        return Score(estimate=float(values[0]))
    lower, upper = np.percentile(known, [2.5, 97.5])
    return Score(estimate=float(values[0]), lower=float(lower), upper=float(upper), draws=values[1:])
