"""Generalised linear models with an offset and a Gaussian prior, to recalibrate a frozen model.

Poisson with the log of the expected cumulative hazard as offset is the likelihood of a survival time whose hazard is
known up to a factor; binomial with the log odds as offset is that of a binary outcome.
Sources: Crowson CS 2016, Stat Methods Med Res 25:1692 (Poisson with offset); McCullagh P, Nelder JA 1989, chapter 4.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from genorx.outcomes.recalibration.likelihood import HAZARD, Likelihood

Floats = NDArray[np.float64]
_STEPS, _CLOSE = 60, 1e-9
_FARTHEST = 30.0  # linear predictor beyond which exp() is not informative


@dataclass(frozen=True, kw_only=True)
class Prior:
    """A Gaussian prior: its mean, shape (p,), and precision matrix, shape (p, p)."""

    mean: Floats
    precision: Floats


@dataclass(frozen=True, kw_only=True)
class Fitted:
    """The mode, its information matrix (with that of the prior), and the log likelihood there (with the prior's)."""

    coefficients: Floats
    information: Floats
    log_likelihood: float

    @property
    def covariance(self) -> Floats:
        """Inverse of the information; an uninformed direction gets a large variance."""
        made: Floats = np.asarray(np.linalg.pinv(self.information, rcond=1e-12, hermitian=True), dtype=np.float64)
        return made

    def errors(self) -> Floats:
        """Return standard errors."""
        made: Floats = np.sqrt(np.clip(np.diag(self.covariance), 0.0, None))
        return made


def fit_with_offset(
    X: Floats, y: Floats, offset: Floats, *, likelihood: Likelihood = HAZARD, prior: Prior | None = None
) -> Fitted:
    """Return the mode by Newton's method with halved steps.

    Parameters
    ----------
    X : array of shape (n, p)
        Columns of the regression.
    y : array of shape (n,)
        Events (0 or 1).
    offset : array of shape (n,)
        Log of the expected number, or log odds.
    likelihood : Likelihood, optional
        By default that of events given a cumulative hazard.
    prior : Prior, optional
        By default a ridge of 1e-8, so that coefficients that are not identified stay at 0.
    """
    p = X.shape[1]
    known = prior or Prior(mean=np.zeros(p), precision=np.eye(p) * 1e-8)
    posterior = _Posterior(X=X, y=y, offset=offset, likelihood=likelihood, prior=known)
    at = known.mean.copy()
    value = posterior.log_density(at)
    for _ in range(_STEPS):
        gradient, information = posterior.slopes(at)
        step: Floats = np.linalg.lstsq(information, gradient, rcond=1e-13)[0].astype(np.float64)
        if gradient @ step < _CLOSE:
            break
        new, new_value = _halved(posterior, at, step, value)
        if not new_value > value:
            break
        at, value = new, new_value
    return Fitted(coefficients=at, information=posterior.slopes(at)[1], log_likelihood=value)


def _halved(posterior: _Posterior, at: Floats, step: Floats, value: float) -> tuple[Floats, float]:
    """Return the first halved step that does not decrease the objective."""
    new, new_value = at, -np.inf
    for _ in range(30):
        new = at + step
        new_value = posterior.log_density(new)
        if new_value >= value:
            break
        step = step / 2.0
    return new, new_value


@dataclass(frozen=True, kw_only=True)
class _Posterior:
    X: Floats
    y: Floats
    offset: Floats
    likelihood: Likelihood
    prior: Prior

    def _eta(self, at: Floats) -> Floats:
        made: Floats = np.clip(self.offset + self.X @ at, -_FARTHEST, _FARTHEST)
        return made

    def log_density(self, at: Floats) -> float:
        eta = self._eta(at)
        away = at - self.prior.mean
        return float(self.y @ eta - self.likelihood.cumulant(eta).sum() - 0.5 * away @ self.prior.precision @ away)

    def slopes(self, at: Floats) -> tuple[Floats, Floats]:
        """Return the gradient and the information."""
        eta = self._eta(at)
        mean = self.likelihood.mean(eta)
        weight = self.likelihood.variance(mean)
        gradient = self.X.T @ (self.y - mean) - self.prior.precision @ (at - self.prior.mean)
        return gradient, (self.X * weight[:, None]).T @ self.X + self.prior.precision
