"""Waiting time from entry into a state to treatment, among those treated within a strategy's window.

This defines "within" in a strategy: a patient who is to be treated, and stays in the state long enough, begins after a
waiting time from this distribution.  It is the same for all patients and taken as known: a part of the strategy, not of
its effect.
Source: Cain LE et al. 2010, Int J Biostat 6:18 (strategies that leave time to begin).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from genorx.outcomes.multistate.state_rows import Spells
from genorx.outcomes.shrinkage.baseline import coarse_times
from genorx.survival import kaplan_meier

Floats = NDArray[np.float64]
_CERTAIN = 40.0  # cumulative hazard at which all patients have begun
_QUANTILES = 200


@dataclass(frozen=True, kw_only=True)
class Waits:
    """Distribution of the waiting time from entry to treatment; piecewise uniform between its knots.

    Attributes
    ----------
    times : array of shape (n_knots,)
        Waiting times, ascending; 0 first.
    shares : array of shape (n_knots,)
        Share of patients to be treated who have begun by each time, if none left the state; 0 first, 1 last.
    observed : float
        Share of all patients who begin within the allowed time, if none left the state before.
    """

    times: Floats
    shares: Floats
    observed: float

    @classmethod
    def fit(cls, spells: Spells, begun: Floats, within: float | None) -> Self | None:
        """Learn from the spells of a state; ``begun`` since time zero, NaN if never; None if no patient began.

        Patients who left the state before the treatment began are censored there: the shares are those of patients who
        stay.
        """
        stay, wait = spells.exit - spells.entry, begun - spells.entry
        limit = np.inf if within is None else within
        event = np.isfinite(wait) & (wait <= limit)
        if not event.any():
            return None
        time = np.maximum(np.minimum(np.where(event, wait, stay), limit), stay.min() / 2)
        curve = kaplan_meier(time, event)
        knots = coarse_times(time, event)
        begins = 1 - curve.at(np.concatenate([[0.0], knots]))
        observed = float(1 - curve.at([time[event].max()])[0])
        kept = np.concatenate([[True], np.diff(begins) > 0])
        shares = (begins / begins[-1])[kept] if begins[-1] > 0 else np.array([0.0])
        times = np.concatenate([[0.0], knots])[kept]
        if shares.size < 2:  # too few for more than one time
            times, shares = np.array([0.0, 2 * float(np.median(wait[event])) or 1.0]), np.array([0.0, 1.0])
        return cls(times=times, shares=shares, observed=round(observed, 3))

    def cumulative_hazard(self, ages: ArrayLike) -> Floats:
        """Return the cumulative hazard of treatment start among those to be treated, by time since entry."""
        begun = np.interp(np.asarray(ages, dtype=float), self.times, self.shares)
        return np.asarray(np.minimum(-np.log(np.maximum(1 - begun, np.exp(-_CERTAIN))), _CERTAIN))

    @property
    def last(self) -> float:
        """Time since entry by which all to be treated have begun."""
        return float(self.times[-1])

    def quantiles(self) -> Floats:
        """Return quantiles of the waiting time at evenly spaced probabilities."""
        return np.interp((np.arange(_QUANTILES) + 0.5) / _QUANTILES, self.shares, self.times)

    def values(self) -> dict[str, Any]:
        """Return JSON values for ``from_values``."""
        return {"times": self.times.tolist(), "shares": self.shares.tolist(), "observed": self.observed}

    @classmethod
    def from_values(cls, values: Mapping[str, Any]) -> Self:
        """Restore the distribution from ``values``."""
        return cls(times=np.array(values["times"]), shares=np.array(values["shares"]), observed=values["observed"])
