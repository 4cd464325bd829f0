"""Cox regression with group-wise shrinkage by empirical Bayes: the main fitter of genorx.

Encoding columns is ``outcomes.encoding``; estimators on patients' frames are ``outcomes.survival``.  Treatment effects
use the same function; ``logistic_fit`` is the same for values of 0 and 1.
Sources: Gerstung M et al. 2017, Nat Genet 49:332; see ``outcomes.shrinkage.group_prior`` for the rest.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from genorx._core.short_repr import short
from genorx._core.threads import single_threaded
from genorx.errors import SupportError, UsageError
from genorx.outcomes.shrinkage.baseline import Baseline, divided, spread_out
from genorx.outcomes.shrinkage.checked_columns import checked_columns, checked_vector
from genorx.outcomes.shrinkage.coefficient_draws import draw_around, linear_predictors
from genorx.outcomes.shrinkage.covariance import Covariance, log_determinant, variance_around, variances
from genorx.outcomes.shrinkage.group_prior import GroupPrior, in_row_space
from genorx.outcomes.shrinkage.partial_likelihood import PartialLikelihood, Ties
from genorx.outcomes.shrinkage.scale_uncertainty import fitted_posteriors

Floats = NDArray[np.float64]


@short
@dataclass(frozen=True, kw_only=True)
class CoxDraws:
    """Joint draws of coefficients and baselines.

    Attributes
    ----------
    beta : array of shape (n_draws, n_columns)
        Drawn coefficients.
    spans : tuple of arrays of shape (n_steps of the stratum, 3)
        Steps of the drawn baselines, as in ``Baseline``, one array per stratum; with few steps they are divided.
    increments : tuple of arrays of shape (n_draws, n_steps of the stratum)
        Drawn increments of the baseline hazard.
    """

    beta: Floats
    spans: tuple[Floats, ...]
    increments: tuple[Floats, ...]

    def cumulative(self, times: Floats, stratum: int = 0) -> Floats:
        """Return the drawn cumulative baseline hazards at ``times``, shape (n_draws, n_times)."""
        return spread_out(self.spans[stratum], np.cumsum(self.increments[stratum], axis=1), times)


@short
@dataclass(frozen=True, kw_only=True)
class CoxFit:
    """A Cox model whose coefficients were shrunk by group.

    Attributes
    ----------
    beta : array of shape (n_columns,)
        Log hazard ratio of each column: the posterior mode (under the heavy-tailed prior if requested).
    covariance : array of shape (n_columns, n_columns), or WideCovariance
        Laplace covariance under the normal group prior, the uncertainty of group means included.
    penalty, group_mean, edf : mapping of group to float
        lambda_g = 1/variance, mu_g, effective number of coefficients.
    baseline : tuple of Baseline
        One per stratum.
    log_likelihood : float
        Log likelihood at ``beta``, without the prior.
    n_rows, n_events : int
        Number of rows, and of events.
    heavy : tuple of arrays or None
        Mode and covariance under the heavy-tailed prior.
    normal_beta : array of shape (n_columns,)
        Mode under the normal prior; ``beta`` itself unless ``heavy``.
    """

    beta: Floats
    covariance: Covariance
    penalty: Mapping[int, float]
    group_mean: Mapping[int, float]
    edf: Mapping[int, float]
    baseline: tuple[Baseline, ...]
    log_likelihood: float
    n_rows: int
    n_events: int
    normal_beta: Floats
    heavy: tuple[Floats, Covariance] | None = None

    def draw(self, n_draws: int, rng: np.random.Generator) -> CoxDraws:
        """Draw coefficients and baseline increments from their joint posterior.

        Coefficients: Laplace approximation around ``beta``; half of the draws under each prior if the fit is
        heavy-tailed.  Increments, by step of the baseline: gamma(deaths) over the size of the risk set (Kalbfleisch
        1978, JRSS-B 40:214), which changes with the drawn coefficients by the risk set's mean.  Few steps are divided.
        """
        heavy = None if self.heavy is None else self.heavy[1]
        away = draw_around(np.zeros_like(self.beta), self.covariance, heavy, n_draws, rng)
        steps, (within,) = [], rng.spawn(1)
        for base in self.baseline:
            gamma = rng.standard_gamma(np.broadcast_to(base.deaths, (n_draws, base.deaths.size)))
            moved = np.exp(-away @ base.risk_means.T)
            drawn = base.increments * gamma / np.maximum(base.deaths, 1e-300) * moved
            steps.append(divided(base.spans, drawn, base.deaths, within))
        spans, increments = zip(*steps, strict=True)
        return CoxDraws(beta=self.beta + away, spans=spans, increments=increments)

    def contrast_variance(self, contrast: Floats) -> float:
        """Return the variance of a linear combination of the coefficients among the draws, from both priors."""
        among = [self.covariance] if self.heavy is None else [self.covariance, self.heavy[1]]
        return float(np.mean([variance_around(contrast[None, :], one)[0] for one in among]))

    @property
    def std_error(self) -> Floats:
        """Standard deviation of each coefficient among the draws, which are from both priors if there are two."""
        spread = variances(self.covariance)
        if self.heavy is not None:
            spread = (spread + variances(self.heavy[1])) / 2
        return np.asarray(np.sqrt(np.maximum(spread, 0.0)))

    def log_evidence(self, group: NDArray[Any]) -> float:
        """Return the log marginal likelihood at the estimated variances, by Laplace's approximation.

        Of two fits to the same rows, the one with the higher value is better supported, also if it has more groups:
        groups without effect are shrunk to 0 and do not change it.

        Parameters
        ----------
        group : array of int, shape (n_columns,)
            As in ``fit_cox``; free columns (-1) are not penalised.

        References
        ----------
        Kass RE, Raftery AE 1995, J Am Stat Assoc 90:773, section 4.1.
        """
        shrunk = np.flatnonzero(group >= 0)
        strength = np.array([self.penalty[int(group[column])] for column in shrunk])
        middle = np.array([self.group_mean[int(group[column])] for column in shrunk])
        away = float(strength @ np.square(self.normal_beta[shrunk] - middle))
        size = log_determinant(self.covariance)
        return self.log_likelihood + (float(np.log(strength).sum()) - away + size) / 2

    def cumulative_hazard(self, times: ArrayLike, stratum: int = 0) -> Floats:
        """Return the baseline cumulative hazard at ``times``."""
        return self.baseline[stratum].cumulative(np.asarray(times, dtype=float))

    def survival(self, lin_pred: ArrayLike, times: ArrayLike, stratum: int | NDArray[Any] = 0) -> Floats:
        """Return survival, shape (n_patients, n_times), for linear predictors and (one or each) stratum.

        After a stratum's last follow-up the curve is constant; the caller must refuse such times.
        """
        relative = np.exp(np.asarray(lin_pred, dtype=float))
        strata = np.broadcast_to(np.asarray(stratum, dtype=int), relative.shape)
        wanted = np.asarray(times, dtype=float)
        hazards = np.stack([base.cumulative(wanted) for base in self.baseline])
        return np.asarray(np.exp(-relative[:, None] * hazards[strata]))

    def sample_survival(self, Z: Floats, times: ArrayLike, draws: CoxDraws, stratum: int | NDArray[Any] = 0) -> Floats:
        """Return survival under each draw, shape (n_draws, n_patients, n_times)."""
        wanted = np.asarray(times, dtype=float)
        strata = np.broadcast_to(np.asarray(stratum, dtype=int), (Z.shape[0],))
        hazards = [draws.cumulative(wanted, level) for level in range(len(self.baseline))]
        relative = np.exp(linear_predictors(Z, draws.beta))
        curves = np.empty((*relative.shape, wanted.size))
        for level, hazard in enumerate(hazards):
            rows = np.flatnonzero(strata == level)
            curves[:, rows] = np.exp(-relative[:, rows, None] * hazard[:, None, :])
        return curves


@single_threaded
def fit_cox(
    Z: ArrayLike,
    time: ArrayLike,
    event: ArrayLike,
    *,
    group: ArrayLike,
    entry: ArrayLike | None = None,
    stratum: ArrayLike | None = None,
    weights: ArrayLike | None = None,
    group_means: bool | Collection[int] = True,
    mean_sd: float = 1.0,
    floor: Mapping[int, float] | None = None,
    heavy_tails: bool = False,
    uncertain_scales: Collection[int] = (),
    each_scale: Collection[int] = (),
    normal_groups: Collection[int] = (),
    penalty: Mapping[int, float] | None = None,
    ties: Ties = "efron",
    max_rounds: int = 60,
) -> CoxFit:
    """Fit a Cox model in which each group of columns is shrunk to its own mean with its own variance.

    Parameters
    ----------
    Z : array-like of shape (n_rows, n_columns)
        Numbers without missing values, centred and of one scale within a group.
    time, event : array-like of shape (n_rows,)
        End of the row, and whether the event occurred at it.
    group : array-like of int, shape (n_columns,)
        Group of each column; -1: free, not shrunk.
    entry : array-like of shape (n_rows,), optional
        Start of the row (start-stop rows, late entry); at risk in (entry, time].
    stratum : array-like of int, shape (n_rows,), optional
        0..n_strata-1; each has its own baseline hazard.
    weights : array-like of shape (n_rows,), optional
        Case weights; 1 by default.
    group_means : bool or collection of int
        Whether (or for which groups) the group's mean is estimated; otherwise it is 0.
    mean_sd : float
        Prior standard deviation of a group's mean.
    floor : mapping of group to float, optional
        Smallest prior standard deviation of the summed effect of a group, on the log hazard scale.
    heavy_tails : bool
        Use the mode under a Student t prior with one degree of freedom: a single strong effect is hardly shrunk.
    uncertain_scales : collection of int
        Groups over whose variances, scaled together, the posterior is averaged; for the others the most likely variance
        is used.
    each_scale : collection of int
        Groups over whose variances the posterior is averaged one after the other.
    normal_groups : collection of int
        Groups with a normal prior, regardless of ``heavy_tails``.
    penalty : mapping of group to float, optional
        Fixed lambda_g of every group; estimated by default.
    ties : {"efron", "breslow"}
        Handling of tied events.
    max_rounds : int
        Maximum number of empirical Bayes iterations.

    Returns
    -------
    CoxFit

    Raises
    ------
    UsageError
        If shapes differ, numbers are not finite, or a row ends before it starts.
    SupportError
        If there is no event, or no finite fit exists.

    References
    ----------
    Gerstung M et al. 2017, Nat Genet 49:332, Supplementary Note (CoxRFX).
    """
    matrix, labels = checked_columns(Z, group)
    n_rows = matrix.shape[0]
    end = checked_vector(time, "time", n_rows)
    seen = checked_vector(event, "event", n_rows) > 0
    begin = None if entry is None else checked_vector(entry, "entry", n_rows)
    if begin is not None and np.any(begin > end):
        raise UsageError("a row ends before it starts (time < entry)", code="entry-after-time")
    if not seen.any():
        raise SupportError("there is no event in these rows", code="no-events", hint="A model needs events")
    likelihood_of = partial(
        PartialLikelihood,
        time=end,
        event=seen,
        entry=begin,
        stratum=None if stratum is None else checked_vector(stratum, "stratum", n_rows).astype(int),
        weights=None if weights is None else checked_vector(weights, "weights", n_rows),
        ties=ties,
    )
    prior = GroupPrior(
        labels, means=group_means, mean_sd=mean_sd, floors=floor, uncertain=uncertain_scales, normal=normal_groups
    )
    columns, prior = in_row_space(matrix, prior)
    likelihood = likelihood_of(columns)
    normal, tails = fitted_posteriors(likelihood, prior, penalty, max_rounds, heavy_tails, each_scale=each_scale)
    mode = normal if tails is None else tails
    return CoxFit(
        beta=mode.beta,
        covariance=normal.covariance,
        penalty=normal.penalty,
        group_mean=mode.mean,
        edf=mode.edf,
        baseline=(likelihood if columns is matrix else likelihood_of(matrix)).baselines(mode.beta),
        log_likelihood=mode.log_likelihood,
        n_rows=n_rows,
        n_events=int(seen.sum()),
        normal_beta=normal.beta,
        heavy=None if tails is None else (tails.beta, tails.covariance),
    )
