"""Random site intercepts in a linear fit: differences between hospitals that no feature explains.

Each site has its own level, shrunk towards the mean; coefficients then compare patients within sites, and transfer
better to a new site.  A prediction is for a site of average level, and its spread includes that between sites.
Source: Laird NM, Ware JH 1982, Biometrics 38:963 (random intercepts).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from genorx.errors import UsageError
from genorx.outcomes.shrinkage.covariance import leading, variances
from genorx.outcomes.shrinkage.gaussian import GaussianFit

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class SiteIntercepts:
    """Site columns beside those of features.

    Attributes
    ----------
    columns : array of shape (n_rows, n_sites)
        1 at the patient's own site; no columns where sites are not known.
    """

    columns: Floats

    @classmethod
    def of(cls, groups: Iterable[object] | None, n_rows: int) -> Self:
        """Return the columns; none for fewer than two sites.

        Raises
        ------
        UsageError
            If the numbers of sites and rows differ (``shape``).
        """
        if groups is None:
            return cls(columns=np.empty((n_rows, 0)))
        codes, names = pd.factorize(np.array([str(group) for group in groups], dtype=object), sort=True)
        if codes.size != n_rows:
            raise UsageError(f"{codes.size} groups for {n_rows} patients", code="shape")
        return cls(columns=np.eye(len(names))[codes] if len(names) > 1 else np.empty((n_rows, 0)))

    def beside(self, matrix: Floats, group: NDArray[Any]) -> tuple[Floats, NDArray[Any]]:
        """Append the site columns to matrix and shrinkage groups, as one more group."""
        more = int(group.max(initial=-1)) + 1
        return np.column_stack([matrix, self.columns]), np.concatenate([group, np.full(self.columns.shape[1], more)])

    def means(self, group: NDArray[Any], *, wanted: bool) -> bool | Collection[int]:
        """Return which groups may have a nonzero mean: never the sites."""
        return [int(each) for each in np.unique(group) if each >= 0] if wanted else False

    def without(self, fit: GaussianFit) -> GaussianFit:
        """Return the fit for a new site: its unknown intercept adds its variance to that of patients."""
        sites = self.columns.shape[1]
        if not sites:
            return fit
        kept = 1 + fit.beta.size - sites
        level = fit.beta[-sites:]
        between = float(np.mean(level**2 + variances(fit.covariance)[kept:]))
        return replace(
            fit,
            beta=fit.beta[:-sites],
            covariance=leading(fit.covariance, kept),
            heavy_covariance=leading(fit.heavy_covariance, kept),
            sigma=float(np.sqrt(fit.sigma**2 + between)),
        )
