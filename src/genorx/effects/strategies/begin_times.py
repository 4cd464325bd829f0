"""When a treatment begins after a state was entered: a Cox model of the time until then.

It gives the scores that adjust for confounding by indication, and how those who will be treated are spread over the
time in which a strategy lets the treatment begin.
Source: Cain LE et al. 2010, Int J Biostat 6:18 (grace periods).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from genorx.outcomes.multistate.state_rows import Spells
from genorx.outcomes.shrinkage.baseline import Baseline
from genorx.outcomes.shrinkage.partial_likelihood import PartialLikelihood
from genorx.outcomes.shrinkage.shrinkage import fit_cox

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
_CERTAIN = 50.0  # cumulative hazard by which who has not begun does


@dataclass(frozen=True, kw_only=True)
class BeginTimes:
    """Time from entry into a state to the beginning of one treatment.

    Attributes
    ----------
    weights : array of shape (n_encoded + 1,)
        Log hazard ratios of encoded features; the constant last.
    baseline : Baseline
        By the time since entry.
    """

    weights: Floats
    baseline: Baseline

    @classmethod
    def fit(cls, Z: Floats, spells: Spells, treated: Ints, begun: Floats, code: int, group: Ints, strata: Ints) -> Self:
        """Fit to the spells of a state.

        Parameters
        ----------
        Z : array of shape (n_spells, n_encoded)
        spells : Spells
        treated : array of int, shape (n_spells,)
            Treatment that began first in the state, from 1; 0: none.
        begun : array of shape (n_spells,)
            Time since entry at which it did, or at which the state was left.
        code : int
            The treatment.
        group : array of int, shape (n_encoded,)
            Shrinkage group of each column.
        strata : array of int, shape (n_spells,)
        """
        until = np.maximum(begun, _least(spells))
        fit = fit_cox(Z, until, treated == code, group=group, stratum=strata, group_means=False)
        base = fit.baseline if not strata.any() else PartialLikelihood(Z, until, treated == code).baselines(fit.beta)
        return cls(weights=np.append(fit.beta, 0.0), baseline=_narrow(base[0]))

    def hazard(self, linear: Floats, ages: Floats, within: float | None, *, forced: bool) -> Floats:
        """Return the cumulative hazard of beginning by time since entry, shape (n_rows, n_ages).

        Parameters
        ----------
        linear : array of shape (n_rows,)
            Linear predictor.
        ages : array of shape (n_ages,)
        within : float or None
            After this time nobody begins.
        forced : bool
            Whether who has not begun by ``within`` does so then.
        """
        until = ages if within is None else np.minimum(ages, within)
        level = np.exp(linear)[:, None] * self.baseline.cumulative(until)[None, :]
        if forced and within is not None:
            level = level + np.where(ages >= within * (1 - 1e-9), _CERTAIN, 0.0)
        return level

    def state(self) -> dict[str, NDArray[Any]]:
        """Return arrays from which ``from_state`` makes the same."""
        names = ("spans", "increments", "deaths", "risk_means")
        return {"weights": self.weights} | {f"base.{name}": getattr(self.baseline, name) for name in names}

    @classmethod
    def from_state(cls, arrays: Mapping[str, NDArray[Any]]) -> Self:
        """Make it from what ``state`` gave."""
        names = ("spans", "increments", "deaths", "risk_means")
        return cls(weights=arrays["weights"], baseline=Baseline(**{name: arrays[f"base.{name}"] for name in names}))


def _least(spells: Spells) -> float:
    """Return a time shorter than all stays: a treatment that begins on the day of entry begins just after it."""
    return float((spells.exit - spells.entry).min()) / 2


def _narrow(baseline: Baseline) -> Baseline:
    """Return the baseline without what it says of coefficients, which are not drawn."""
    return Baseline(
        spans=baseline.spans,
        increments=baseline.increments,
        deaths=baseline.deaths,
        risk_means=np.zeros((len(baseline.increments), 0)),
    )
