"""Logistic regression with group-wise shrinkage by empirical Bayes; ``cox_fit`` is the same for times."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit

from genorx._core.short_repr import short
from genorx._core.threads import single_threaded
from genorx.errors import SupportError, UsageError
from genorx.outcomes.shrinkage.binomial_likelihood import binomial_likelihood
from genorx.outcomes.shrinkage.checked_columns import checked_columns, checked_vector
from genorx.outcomes.shrinkage.coefficient_draws import draw_around
from genorx.outcomes.shrinkage.covariance import Covariance
from genorx.outcomes.shrinkage.group_prior import GroupPrior, in_row_space
from genorx.outcomes.shrinkage.scale_uncertainty import fitted_posteriors

Floats = NDArray[np.float64]


@short
@dataclass(frozen=True, kw_only=True)
class LogisticFit:
    """A logistic model whose coefficients were shrunk by group.

    Attributes
    ----------
    intercept : float
        Log odds at columns of 0.
    beta : array of shape (n_columns,)
        Log odds ratio of each column.
    covariance : array of shape (1 + n_columns, 1 + n_columns), or WideCovariance
        Laplace covariance, the intercept first.
    penalty, group_mean, edf : mapping of group to float
        As in ``CoxFit``.
    log_likelihood : float
        Log likelihood at ``beta``, without the prior.
    n_rows, n_events : int
        Number of rows, and of events.
    heavy_covariance : array or None
        Covariance under the heavy-tailed prior, if requested.
    """

    intercept: float
    beta: Floats
    covariance: Covariance
    penalty: Mapping[int, float]
    group_mean: Mapping[int, float]
    edf: Mapping[int, float]
    log_likelihood: float
    n_rows: int
    n_events: int
    heavy_covariance: Covariance | None = None

    def draw(self, n_draws: int, rng: np.random.Generator) -> Floats:
        """Draw intercept and coefficients, shape (n_draws, 1 + n_columns)."""
        mode = np.concatenate([[self.intercept], self.beta])
        return draw_around(mode, self.covariance, self.heavy_covariance, n_draws, rng)

    def probability(self, Z: ArrayLike) -> Floats:
        """Return the probability of each row."""
        return np.asarray(expit(self.intercept + np.asarray(Z, dtype=float) @ self.beta))


@single_threaded
def fit_logistic(
    Z: ArrayLike,
    value: ArrayLike,
    *,
    group: ArrayLike,
    weights: ArrayLike | None = None,
    group_means: bool | Collection[int] = True,
    mean_sd: float = 1.0,
    floor: Mapping[int, float] | None = None,
    heavy_tails: bool = False,
    uncertain_scales: Collection[int] = (),
    each_scale: bool = False,
    penalty: Mapping[int, float] | None = None,
    max_rounds: int = 60,
) -> LogisticFit:
    """Fit a logistic model with the same shrinkage; parameters as in ``fit_cox``, ``value`` is 0 or 1.

    With ``each_scale`` the posterior is averaged over the variance of every group, one group after the other.

    Raises
    ------
    UsageError
        If shapes differ or numbers are not finite.
    SupportError
        If all values are equal, or no finite fit exists.
    """
    matrix, labels = checked_columns(Z, group)
    n_rows = matrix.shape[0]
    target = checked_vector(value, "value", n_rows)
    if not set(np.unique(target)) <= {0.0, 1.0}:
        raise UsageError("value has entries other than 0 and 1", code="not-binary")
    if target.min() == target.max():
        raise SupportError(f"all rows have the value {target[0]:g}", code="no-events", hint="A model needs both")
    weight = np.ones(n_rows) if weights is None else checked_vector(weights, "weights", n_rows)
    prior = GroupPrior(
        np.concatenate([[-1], labels]), means=group_means, mean_sd=mean_sd, floors=floor, uncertain=uncertain_scales
    )
    columns, prior = in_row_space(np.column_stack([np.ones(n_rows), matrix]), prior)
    likelihood = binomial_likelihood(columns, target, weight)
    averaged = prior.members if each_scale and penalty is None else ()
    normal, tails = fitted_posteriors(likelihood, prior, penalty, max_rounds, heavy_tails, each_scale=averaged)
    mode = normal if tails is None else tails
    return LogisticFit(
        intercept=float(mode.beta[0]),
        beta=mode.beta[1:],
        covariance=normal.covariance,
        penalty=normal.penalty,
        group_mean=mode.mean,
        edf=mode.edf,
        log_likelihood=mode.log_likelihood,
        n_rows=n_rows,
        n_events=int(target.sum()),
        heavy_covariance=None if tails is None else tails.covariance,
    )
