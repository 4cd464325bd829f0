"""Draws of survival and of cumulative incidence under each option, from the fits of all causes.

One Cox model a cause on the same rows; survival is ``exp(-sum of the cumulative hazards)``, incidence follows from the
increments by the product formula.
Source: Putter H, Fiocco M, Geskus RB 2007, Stat Med 26:2389.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from genorx.outcomes.competing.competing_curves import curves_of
from genorx.outcomes.shrinkage.baseline import spread_out
from genorx.outcomes.shrinkage.shrinkage import CoxFit

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class SurvivalPosterior:
    """Coefficients and baseline hazards of each cause on a grid; the best estimate first, then the draws.

    Attributes
    ----------
    times : array of shape (n_times,)
    betas : tuple of arrays of shape (1 + n_draws, n_columns)
        One a cause.
    hazards : tuple of arrays of shape (n_cells, 1 + n_draws, n_times)
        Cumulative baseline hazards by cell: stratum, or stratum and option.
    cells : array of int, shape (n_strata, n_options)
    shares : array of shape (n_strata,)
        Curves are averaged over strata by these.
    """

    times: Floats
    betas: tuple[Floats, ...]
    hazards: tuple[Floats, ...]
    cells: Ints
    shares: Floats

    @classmethod
    def draw(
        cls, fits: tuple[CoxFit, ...], times: Floats, cells: Ints, shares: Floats, *, n_draws: int, seed: int
    ) -> SurvivalPosterior:
        """Draw from each cause's posterior; half under the normal prior, half under the heavy-tailed one.

        The first alone is too wide, the second too narrow (effects.md 2).
        """
        betas, hazards = [], []
        for cause, fit in enumerate(fits):
            drawn = fit.draw(n_draws, np.random.default_rng([seed, cause]))
            betas.append(np.vstack([fit.beta, drawn.beta]))
            levels = [
                np.vstack([base.cumulative(times)[None, :], spread_out(base.spans, np.cumsum(steps, axis=1), times)])
                for base, steps in zip(fit.baseline, drawn.increments, strict=True)
            ]
            hazards.append(np.stack(levels))
        return cls(times=times, betas=tuple(betas), hazards=tuple(hazards), cells=cells, shares=shares)

    def survival(self, columns: Floats, option: int) -> Floats:
        """Survival of one patient, shape (1 + n_draws, n_times), whose columns under the option are ``columns``."""
        relative = [np.exp(beta @ columns) for beta in self.betas]
        total = np.zeros((len(self.betas[0]), self.times.size))
        for share, cell in zip(self.shares, self.cells[:, option], strict=True):
            hazard = sum(each[:, None] * own[cell] for each, own in zip(relative, self.hazards, strict=True))
            total += share * np.exp(-hazard)
        return total

    def curves(self, columns: Floats, option: int) -> tuple[Floats, Floats]:
        """Survival as above, and the cumulative incidence of each cause, shape (n_causes, 1 + n_draws, n_times).

        They sum to 1 at each time.  Within a step of time the causes' hazards keep their ratio.
        """
        relative = [np.exp(beta @ columns)[:, None] for beta in self.betas]
        shape = (len(self.betas[0]), self.times.size)
        survival, incidence = np.zeros(shape), np.zeros((len(relative), *shape))
        for share, cell in zip(self.shares, self.cells[:, option], strict=True):
            hazards = np.stack([each * own[cell] for each, own in zip(relative, self.hazards, strict=True)])
            alive, ended = curves_of(hazards)
            survival += share * alive
            incidence += share * ended
        return survival, incidence
