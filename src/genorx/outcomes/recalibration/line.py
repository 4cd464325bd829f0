"""Linear correction of a model's log hazard (or log odds) in directions: baseline, slope, single effects.

The same for a published model, a fitted one and a plain table: hazards are multiplied by the exponential of the line,
survival is raised to that power, odds are multiplied by it.
Source: van Houwelingen HC 2000, Stat Med 19:3401.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from genorx.outcomes.recalibration.directions import Directions
from genorx.outcomes.shrinkage.coefficient_draws import draw_around

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class RecalibrationLine:
    """A line with its uncertainty.

    Attributes
    ----------
    directions : Directions
    mean : array, shape (n_directions,)
        Coefficients.
    covariance : array, shape (n_directions, n_directions)
        Covariance of the coefficients.
    """

    directions: Directions
    mean: Floats
    covariance: Floats

    def log_factor(self, covariates: pd.DataFrame, index: Floats) -> Floats:
        """Return the correction of each patient's log hazard, shape (n_patients,)."""
        made: Floats = self.directions.rows(covariates, index) @ self.mean
        return made

    def error(self, covariates: pd.DataFrame, index: Floats) -> Floats:
        """Return the standard error of ``log_factor``: the uncertainty of the correction."""
        X = self.directions.rows(covariates, index)
        made: Floats = np.sqrt(np.clip(np.einsum("ij,jk,ik->i", X, self.covariance, X), 0.0, None))
        return made

    def draws(self, covariates: pd.DataFrame, index: Floats, *, n_draws: int, seed: int) -> Floats:
        """Return draws of ``log_factor``, shape (n_draws, n_patients)."""
        rng = np.random.default_rng([seed, 14])
        drawn = draw_around(self.mean, self.covariance, None, n_draws, rng)
        made: Floats = drawn @ self.directions.rows(covariates, index).T
        return made

    def coefficients(self) -> tuple[list[str], Floats, Floats]:
        """Return names, coefficients and standard errors of 1, the index and each column, in the column's unit.

        The log hazard becomes ``intercept + slope x index + ...``, so 1 is added to the index's coefficient.
        """
        back = self.directions.back()
        mean, covariance = back @ self.mean, back @ self.covariance @ back.T
        mean[1] += 1.0
        names = ["intercept", "slope", *(_named(*column) for column in self.directions.columns)]
        return names, mean, np.sqrt(np.clip(np.diag(covariance), 0.0, None))

    def to_dict(self) -> dict[str, Any]:
        """Return JSON values."""
        return {
            "directions": self.directions.to_dict(),
            "mean": self.mean.tolist(),
            "covariance": self.covariance.tolist(),
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Return the line of a dictionary from ``to_dict``."""
        return cls(
            directions=Directions.from_dict(values["directions"]),
            mean=np.asarray(values["mean"], dtype=float),
            covariance=np.asarray(values["covariance"], dtype=float),
        )


def _named(column: str, level: str) -> str:
    return column if not level else f"log({column})" if level == "log" else f"{column}={level}"
