"""Calibration of new outcomes as a change from the development data, by regressions with the model as offset.

The frozen model has a sampling error, which is common to the development data and the new data: so the coefficients of
the development data, with their information, are a prior of the common part, and only additions to it are a change.
Sources: Crowson CS 2016, Stat Methods Med Res 25:1692; Vergouwe Y 2017, Stat Med 36:4529.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from genorx.outcomes.recalibration.base import Base, CalibrationBase, outcomes
from genorx.outcomes.recalibration.likelihood import Likelihood
from genorx.outcomes.recalibration.offset_regression import Fitted, Prior, fit_with_offset
from genorx.outcomes.recalibration.patients import Patients

Floats = NDArray[np.float64]
_FREE = 1e-6  # prior precision of unrestricted coefficients


@dataclass(frozen=True, kw_only=True)
class NewOutcomes:
    """Outcomes of new patients in one part (cause), as rows of a regression.

    Attributes
    ----------
    X : array, shape (n, n_directions)
        Directions of change: a constant, the linear predictor, then covariates.
    happened, offset : array, shape (n,)
        Events (0 or 1), and the log of the expected number of events, or the log odds.
    prior : Prior
        Prior of the coefficients that development and new data have in common.
    likelihood : Likelihood
    since : float
        Patients who arrived after this time are included.
    """

    X: Floats
    happened: Floats
    offset: Floats
    prior: Prior
    likelihood: Likelihood
    since: float

    @property
    def events(self) -> int:
        """Number of observed events."""
        return int(self.happened.sum())

    @property
    def expected(self) -> float:
        """Number of events expected by the frozen model."""
        return float(np.sum(self.likelihood.mean(self.offset)))


@dataclass(frozen=True, kw_only=True)
class Change:
    """Gain in fit by a change of one, two or all coefficients from the development data.

    Attributes
    ----------
    gains : tuple of float
        Likelihood ratio statistics against no change: of the intercept, of intercept and slope, of all coefficients.
    freedom : tuple of int
        Degrees of freedom of the three changes.
    intercept, error : float
        Log ratio of the new hazard (or odds) to the old, and its standard error.
    data : NewOutcomes
    """

    gains: tuple[float, float, float]
    freedom: tuple[int, int, int]
    intercept: float
    error: float
    data: NewOutcomes

    def p_values(self) -> tuple[float, float, float]:
        """Return the p-values of the three changes, each against no change."""
        pairs = zip(self.gains, self.freedom, strict=True)
        first, second, third = (float(stats.chi2.sf(gain, freedom)) for gain, freedom in pairs)
        return first, second, third

    def beyond(self, smaller: int, larger: int = 2) -> float:
        """Return the p-value of a larger change against a smaller one, by their indices in ``gains``."""
        freedom = self.freedom[larger] - self.freedom[smaller]
        return float(stats.chi2.sf(self.gains[larger] - self.gains[smaller], freedom)) if freedom > 0 else 1.0


def new_outcomes(patients: Patients, base: Base, number: int, since: float) -> NewOutcomes:
    """Return the outcomes of arrivals after ``since``; ``patients`` are followed to the end of the grace period."""
    part, likelihood = base.parts[number], base.likelihood
    window = patients.rows(patients.arrivals > since)
    counts, happened, offset = outcomes(window, number, likelihood)
    X = part.directions.rows(window.described, window.index[:, number])[counts]
    common = _at_these_times(part, window.time[counts], offset[counts])
    return NewOutcomes(
        X=X, happened=happened[counts], offset=offset[counts], prior=common, likelihood=likelihood, since=float(since)
    )


def _at_these_times(part: CalibrationBase, time: Floats, offset: Floats) -> Prior:
    """Return the prior with the error of the frozen baseline at the follow-up times of new patients.

    Over the whole follow-up the baseline has the precision of all events; new patients are followed for a short time,
    for which fewer events are informative.
    """
    if not part.event_steps or not time.size:
        return part.prior
    edges = np.append(0.0, np.asarray(part.event_steps))
    events = part.events / len(part.event_steps)
    at = part.course.at(np.minimum.outer(edges, time))
    whole = np.maximum(part.course.at(time), 1e-300)
    spent = np.diff(at, axis=0) / whole
    spent[-1] += np.clip(1.0 - at[-1] / whole, 0.0, None)  # after the last event
    shares = spent @ np.exp(offset)
    shares = shares / max(float(shares.sum()), 1e-300)
    more = float(np.sum(shares**2)) / events - 1.0 / part.events
    covariance = np.linalg.inv(part.prior.precision)
    covariance[0, 0] += max(0.0, more)
    return Prior(mean=part.prior.mean, precision=np.linalg.inv(covariance))


def change(data: NewOutcomes) -> Change:
    """Estimate the change of calibration in new outcomes."""
    p = data.X.shape[1]
    none = fit_with_offset(data.X, data.happened, data.offset, likelihood=data.likelihood, prior=data.prior)
    one, two = _added(data, 1), _added(data, min(2, p))
    # with all coefficients free, the prior of the common part is met exactly and adds nothing
    whole = fit_with_offset(data.X, data.happened, data.offset, likelihood=data.likelihood)
    gains = [2.0 * max(0.0, each.log_likelihood - none.log_likelihood) for each in (one, two, whole)]
    return Change(
        gains=(gains[0], max(gains[:2]), max(gains)),
        freedom=(1, min(2, p), p),
        intercept=float(one.coefficients[p]),
        error=float(one.errors()[p]),
        data=data,
    )


def _added(data: NewOutcomes, first: int) -> Fitted:
    """Fit the common coefficients, and a change of the first ones."""
    p = data.X.shape[1]
    precision = np.zeros((p + first, p + first))
    precision[:p, :p] = data.prior.precision
    precision[p:, p:] = np.eye(first) * _FREE
    both = Prior(mean=np.append(data.prior.mean, np.zeros(first)), precision=precision)
    return fit_with_offset(
        np.hstack([data.X, data.X[:, :first]]), data.happened, data.offset, likelihood=data.likelihood, prior=both
    )


def events_needed(alpha: float, *, ratio: float = 1.5, power: float = 0.8) -> int:
    """Return the number of events that detect a hazard ratio of ``ratio`` with the given ``power``.

    >>> events_needed(0.05)
    48
    """
    z = stats.norm.isf(alpha / 2.0) + stats.norm.isf(1.0 - power)
    return int(np.ceil((z / np.log(ratio)) ** 2))


def observed_by_expected(data: NewOutcomes) -> tuple[float, float, float]:
    """Return observed over expected events with the exact Poisson 95 % interval."""
    events, expected = data.events, max(data.expected, 1e-300)
    lower = stats.chi2.ppf(0.025, 2 * events) / 2.0 if events else 0.0
    upper = stats.chi2.ppf(0.975, 2 * events + 2) / 2.0
    return events / expected, float(lower) / expected, float(upper) / expected
