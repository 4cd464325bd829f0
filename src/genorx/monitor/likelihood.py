"""Generalised linear models with an offset and a Gaussian prior: what new outcomes say of a frozen model's numbers.

Poisson with the log of the expected cumulative hazard as offset is the likelihood of a survival time whose hazard is
known up to a factor; binomial with the log odds as offset is that of a yes or no.
Sources: Crowson CS 2016, Stat Methods Med Res 25:1692 (Poisson with offset); McCullagh P, Nelder JA 1989, chapter 4.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

Floats = NDArray[np.float64]
Family = Literal["poisson", "binomial"]
_STEPS, _CLOSE = 60, 1e-9
_FARTHEST = 30.0  # of a linear predictor: beyond it exp() tells nothing


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
        """Inverse of the information; a direction that nothing is known of gets a large variance."""
        made: Floats = np.linalg.pinv(self.information, rcond=1e-12, hermitian=True)
        return made

    def errors(self) -> Floats:
        """Return standard errors."""
        made: Floats = np.sqrt(np.clip(np.diag(self.covariance), 0.0, None))
        return made


def fit(X: Floats, y: Floats, offset: Floats, *, family: Family = "poisson", prior: Prior | None = None) -> Fitted:
    """Return the mode by Newton's method with halved steps.

    Parameters
    ----------
    X : array of shape (n, p)
    y : array of shape (n,)
        Events (0 or 1).
    offset : array of shape (n,)
        Log of what was expected, or log odds.
    family : {"poisson", "binomial"}
    prior : Prior, optional
        Without it a ridge of 1e-8 stands in, so that what cannot be told stays at 0.
    """
    p = X.shape[1]
    known = prior or Prior(mean=np.zeros(p), precision=np.eye(p) * 1e-8)
    at = known.mean.copy()
    value = _log_posterior(X, y, offset, at, family, known)
    information = known.precision
    for _ in range(_STEPS):
        mean, weight = _moments(X, offset, at, family)
        gradient = X.T @ (y - mean) - known.precision @ (at - known.mean)
        information = (X * weight[:, None]).T @ X + known.precision
        step = np.linalg.lstsq(information, gradient, rcond=1e-13)[0]
        if gradient @ step < _CLOSE:
            break
        new, new_value = at + step, -np.inf
        for _halved in range(30):
            new_value = _log_posterior(X, y, offset, new, family, known)
            if new_value >= value:
                break
            step = step / 2.0
            new = at + step
        if not new_value > value:
            break
        at, value = new, new_value
    return Fitted(coefficients=at, information=information, log_likelihood=value)


def _moments(X: Floats, offset: Floats, at: Floats, family: Family) -> tuple[Floats, Floats]:
    eta = np.clip(offset + X @ at, -_FARTHEST, _FARTHEST)
    mean: Floats = np.exp(eta) if family == "poisson" else expit(eta)
    return mean, mean if family == "poisson" else mean * (1.0 - mean)


def _log_posterior(X: Floats, y: Floats, offset: Floats, at: Floats, family: Family, prior: Prior) -> float:
    eta = np.clip(offset + X @ at, -_FARTHEST, _FARTHEST)
    spent = np.exp(eta) if family == "poisson" else np.logaddexp(0.0, eta)
    away = at - prior.mean
    return float(y @ eta - spent.sum() - 0.5 * away @ prior.precision @ away)
