"""Closed test of no change, a new baseline, a new slope, or a refit, over several windows of arrival.

The model is kept unless a change is significant.  Then the smallest change is taken that no larger one rejects: a new
slope has one more coefficient, and is detected against a new baseline where the test of all coefficients has too little
power.  A change may be recent, so windows of several lengths are tested.
Source: Vergouwe Y 2017, Stat Med 36:4529 (where tests are against the change of all coefficients only).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from genorx.monitor.calibration import Change
from genorx.monitor.policy import CHANGES

#: Shares of a look's alpha for the change of the intercept, of the slope, and of all coefficients, in each window: with
#: them 4 of 120 simulated histories without a change had a false alarm (benchmarks/monitor.py, seeds from 31000 on).
#: With 1.5 times these shares no more changes were found in the simulated histories, and the right action less often.
SHARES = (0.24, 0.09, 0.12)
#: P-values below which a new baseline is rejected for a new slope, a new baseline for the change of all coefficients,
#: and a new slope for that.  A new baseline is tested against two larger changes, so that the broader has half the
#: level.
BEATEN = (0.05, 0.025, 0.05)
#: Events per coefficient below which a change of several is not tested: the tails of chi-squared need them.
_EVENTS_A_COEFFICIENT = 4


@dataclass(frozen=True, kw_only=True)
class Decision:
    """Result of the closed test for one part.

    Attributes
    ----------
    action : str
        ``keep``, or one of the three changes.
    p_values : tuple of float
        Smallest p-value over the windows, for each of the three changes.
    alphas : tuple of float
        Thresholds of ``p_values``.
    beaten : tuple of float
        P-values of the change of the slope against that of the intercept alone, of all coefficients against that of the
        intercept, and of all against that of the slope; compared with ``BEATEN``.
    decisive : Change
        Change in the window that shows it most clearly.
    """

    action: str
    p_values: tuple[float, float, float]
    alphas: tuple[float, float, float]
    beaten: tuple[float, float, float]
    decisive: Change


def closed_test(changes: Sequence[Change], alpha: float) -> Decision:
    """Return the decision from the changes of all windows, at least one.

    Parameters
    ----------
    changes : sequence of Change
        Changes of the windows.
    alpha : float
        Alpha of this look and part.
    """
    tails = np.array([_tails(each) for each in changes])
    least = tails.min(axis=0)
    alphas = alpha * np.asarray(SHARES)
    decisive = changes[int(np.argmin((tails / np.maximum(alphas, 1e-300)).min(axis=1)))]
    beaten = _beaten(decisive)
    return Decision(
        action=_smallest(beaten) if np.any(least < alphas) else "keep",
        p_values=(float(least[0]), float(least[1]), float(least[2])),
        alphas=(float(alphas[0]), float(alphas[1]), float(alphas[2])),
        beaten=beaten,
        decisive=decisive,
    )


def _beaten(change: Change) -> tuple[float, float, float]:
    """Return p-values of larger changes against smaller ones; 1 with too few events."""
    if change.data.events < _EVENTS_A_COEFFICIENT * change.freedom[1]:
        return 1.0, 1.0, 1.0
    return change.beyond(0, 1), change.beyond(0), change.beyond(1)


def _smallest(beaten: tuple[float, float, float]) -> str:
    """Return the smallest change that no larger one rejects."""
    slope_over_baseline, all_over_baseline, all_over_slope = (
        p <= level for p, level in zip(beaten, BEATEN, strict=True)
    )
    if not slope_over_baseline and not all_over_baseline:
        return CHANGES[0]
    return CHANGES[2] if all_over_slope else CHANGES[1]


def _tails(change: Change) -> tuple[float, ...]:
    """Return p-values of the three changes; 1 with too few events."""
    events, freedom = change.data.events, change.freedom
    pairs = zip(change.p_values(), freedom, strict=True)
    return tuple(
        p if number == 0 or events >= _EVENTS_A_COEFFICIENT * df else 1.0 for number, (p, df) in enumerate(pairs)
    )
