"""Penalised propensity scores, on the logit scale, as covariates of the outcome model against confounding.

They enter unpenalised, so that shrinkage of the other columns does not reintroduce confounding by indication.
Sources: Begg CB, Gray R 1984, Biometrika 71:11 (a multinomial logit by one logistic fit an option against the
reference); Hahn PR, Murray JS, Carvalho CM 2020, Bayesian Anal 15:965 (shrinkage and confounding).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from genorx.outcomes.shrinkage.cox_fit import fit_cox
from genorx.outcomes.shrinkage.logistic_fit import fit_logistic

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
_FLAT = 1e-3  # spread of a logit below which the choice of options did not depend on the features


@dataclass(frozen=True, kw_only=True)
class PropensityLogits:
    """Linear propensity scores of each option against the reference, standardised.

    Attributes
    ----------
    weights : array of shape (n_scores, n_columns)
        Coefficients of each score; an option whose choice did not depend on the features has none.
    centre : array of shape (n_scores,)
        Mean of each score in the cohort.
    """

    weights: Floats
    centre: Floats

    @classmethod
    def none(cls, n_columns: int) -> Self:
        """Return no scores, as in a randomised trial."""
        return cls(weights=np.zeros((0, n_columns)), centre=np.zeros(0))

    @classmethod
    def fit(cls, Z: Floats, option: Ints, strata: Ints, *, group: Ints) -> Self:
        """Fit within strata; option 0 is the reference.

        Parameters
        ----------
        Z : array of shape (n_patients, n_columns)
        option, strata : arrays of int, shape (n_patients,)
        group : array of int, shape (n_columns,)
            Shrinkage group of each column.
        """
        indicators = (strata[:, None] == np.arange(1, strata.max() + 1)).astype(float)
        wide = np.column_stack([Z, indicators])
        own = group.max(initial=-1) + 1  # strata are shrunk as a group: all patients of one may have the same option
        labels = np.concatenate([group, np.full(indicators.shape[1], own)])
        rows = [_score(wide, labels, option, code)[: Z.shape[1]] for code in range(1, option.max() + 1)]
        return cls._standardised(Z, rows)

    @classmethod
    def of_starts(cls, Z: Floats, option: Ints, strata: Ints, until: Floats, *, group: Ints) -> Self:
        """Fit to the time at which each option began: patients who die earlier are censored, not untreated.

        Parameters
        ----------
        Z, option, strata, group
            As in ``fit``.
        until : array of shape (n_patients,)
            Start of the option, or end of follow-up of patients who never had one.
        """
        rows = []
        for code in range(1, option.max() + 1):
            began = option == code
            rows.append(fit_cox(Z, until, began, group=group, stratum=strata, group_means=False).beta)
        return cls._standardised(Z, rows)

    @classmethod
    def _standardised(cls, Z: Floats, rows: list[Floats]) -> Self:
        raw = np.array(rows).reshape(len(rows), Z.shape[1])
        spread = (Z @ raw.T).std(axis=0)
        kept = raw[spread > _FLAT] / spread[spread > _FLAT, None]
        return cls(weights=kept, centre=(Z @ kept.T).mean(axis=0))

    def columns(self, Z: Floats) -> Floats:
        """Scores of each patient, shape (n_patients, n_scores); mean 0 and variance 1 in the cohort."""
        return np.asarray(Z @ self.weights.T - self.centre)


def _score(wide: Floats, labels: Ints, option: Ints, code: int) -> Floats:
    pair = (option == 0) | (option == code)
    fit = fit_logistic(wide[pair], (option[pair] == code).astype(float), group=labels, group_means=False)
    return fit.beta
