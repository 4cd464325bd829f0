"""Course of the frozen model's hazard over time, estimated from its predictions: ``expected`` at earlier times.

Source: expected events are for the same follow-up as the observed ones (Crowson CS 2016).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from genorx._core.disclosure import FEWEST, digits, on_grid, round_step, rounded_up

Floats = NDArray[np.float64]
_FITS = 0.02  # median relative distance up to which the hazard is one curve times exp(index) for all
_STEPS = 200


@dataclass(frozen=True, kw_only=True)
class Course:
    """Cumulative hazard over time, common to all patients up to a factor.

    Attributes
    ----------
    times, hazard : array
        Times from 0, and the cumulative hazard of a patient of linear predictor 0 if ``proportional``, otherwise the
        average.
    proportional : bool
        Whether ``expected`` is this curve times exp(linear predictor): then the numbers of another model can be
        distinguished from those of this one.
    """

    times: Floats
    hazard: Floats
    proportional: bool

    @classmethod
    def of(cls, time: Floats, expected: Floats, index: Floats) -> Self:
        """Estimate the course in steps of at least ``FEWEST`` patients."""
        use = (time > 0) & (expected > 0)
        if not use.any():
            return cls(times=np.zeros(1), hazard=np.zeros(1), proportional=False)
        with np.errstate(over="ignore"):
            curve = expected[use] / np.exp(index[use])
        order = np.argsort(time[use], kind="stable")
        at, height = time[use][order], curve[order]
        proportional = _distance(at, height) <= _FITS
        if not proportional:
            height = expected[use][order]
        groups = np.array_split(np.arange(at.size), max(1, min(_STEPS, at.size // FEWEST)))
        times = np.array([at[group].mean() for group in groups])
        heights = np.maximum.accumulate([float(np.median(height[group])) for group in groups])
        # the mean of the last group lies before the end of follow-up
        times, heights = np.append(times, at[-1]), np.append(heights, max(heights[-1], float(np.max(height[-5:]))))
        return cls(times=np.append(0.0, times), hazard=np.append(0.0, heights), proportional=proportional)

    def at(self, time: Floats) -> Floats:
        """Return the curve at times; beyond its end it continues at its mean rate."""
        end, last = self.times[-1], self.hazard[-1]
        inside = np.interp(time, self.times, self.hazard)
        return np.where((time > end) & (end > 0), last * time / (end or 1.0), inside)

    def share(self, earlier: Floats, time: Floats) -> Floats:
        """Return the share of the hazard up to ``time`` that is accrued by an earlier time."""
        whole = self.at(time)
        same = earlier >= time
        ratio = np.divide(self.at(earlier), whole, out=np.ones_like(whole), where=whole > 0)
        return np.where(same, 1.0, np.clip(ratio, 0.0, 1.0))

    def factor(self, time: Floats, expected: Floats, index: Floats) -> Floats:
        """Return the ratio of patients' ``expected`` to the curve times exp(index): 1 for the same model and clock."""
        with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
            made: Floats = expected / (self.at(time) * np.exp(index))
        return made

    def coarse(self) -> Self:
        """Return the course at round times, to four digits."""
        end = rounded_up(float(self.times[-1]))
        step = round_step(end, 100)
        times = on_grid(np.arange(int(np.floor(end / step + 1e-9)) + 1, dtype=float), step)
        heights = np.array([digits(float(each), 4) for each in self.at(times)])
        return replace(self, times=times, hazard=np.maximum.accumulate(heights))

    def to_dict(self) -> dict[str, Any]:
        """Return JSON values."""
        return {"times": self.times.tolist(), "hazard": self.hazard.tolist(), "proportional": self.proportional}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """Return the course of a dictionary from ``to_dict``."""
        times, hazard = (np.asarray(values[name], dtype=float) for name in ("times", "hazard"))
        return cls(times=times, hazard=hazard, proportional=bool(values["proportional"]))


def _distance(time: Floats, curve: Floats) -> float:
    """Return the relative median distance of a point from the middle of its neighbours in time."""
    if len(curve) < 3:
        return np.inf
    middle = (curve[2:] + curve[:-2]) / 2.0
    late = time[1:-1] > np.quantile(time, 0.1)  # rounded numbers near 0 are not informative
    known = late & (middle > 0)
    return float(np.median(np.abs(curve[1:-1][known] / middle[known] - 1.0))) if known.any() else np.inf
