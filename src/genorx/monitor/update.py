"""The proposed update: a new baseline, a new slope, or a refit shrunk to the old model; with its uncertainty.

The change may have begun at any time in the window.  So each start is weighted by its marginal likelihood, of outcomes
after it under the update and before it under the frozen model, with a prior that large changes are rare, and the update
is the weighted mean: an alarm tends to be raised where chance exaggerated the change, and the prior shrinks it back.
Sources: Vergouwe Y 2017, Stat Med 36:4529; Ibrahim JG, Chen MH 2000, Stat Sci 15:46 (power prior); Kass RE, Raftery AE
1995, JASA 90:773 (marginal likelihoods).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from genorx._core.proportion import NORMAL_975
from genorx.errors import shown
from genorx.monitor.calibration import Change
from genorx.monitor.policy import CHANGES
from genorx.outcomes.recalibration.directions import Directions
from genorx.outcomes.recalibration.line import RecalibrationLine
from genorx.outcomes.recalibration.offset_regression import Fitted, Prior, fit_with_offset

Floats = NDArray[np.float64]
#: Prior standard deviations of the log ratio of hazards, of the change along the index and along each other direction
#: (each for one standard deviation of patients).  If the index or single effects have changed, the overall hazard has
#: often changed little: so its prior is narrow, and wide only if the evidence for that is very strong (Kass and
#: Raftery).
_ALONE = 0.5
_NARROW, _WIDE = 0.1, 0.4
_VERY_STRONGLY = 5.0  # difference of log marginal likelihoods
_SLOPE, _DIRECTION = 0.3, 0.1
#: Weight of the development data in a refit; halved, quartered, ... if new outcomes contradict them.
DISCOUNTS = (1.0, 0.5, 0.25, 0.1, 0.05, 0.0)
ACTIONS = ("keep", "hold", *CHANGES)
_USED = {"recalibrate_baseline": 1, "recalibrate_slope": 2}


@dataclass(frozen=True, kw_only=True)
class Update:
    """A proposed change of one part.

    Attributes
    ----------
    part : str
    action : str
    line : RecalibrationLine
    since : float
        Start of the change in the best supported window.
    """

    part: str
    action: str
    line: RecalibrationLine
    since: float

    def clearest(self) -> str:
        """Describe the column, level or treatment arm whose coefficient is farthest from 0 in standard errors."""
        names, values, errors = self.line.coefficients()
        if len(names) == 2:
            return "none of a single column"
        most = 2 + int(np.argmax(np.abs(values[2:]) / np.maximum(errors[2:], 1e-12)))
        ratio, reach = np.exp(values[most]), np.exp(NORMAL_975 * errors[most])
        return f"{shown(names[most])} (ratio {ratio:.2f}, 95 % {ratio / reach:.2f} to {ratio * reach:.2f})"

    def to_dict(self) -> dict[str, Any]:
        """Return intercept, slope and coefficients with 95 % intervals.

        The log hazard becomes intercept + slope x linear predictor + the sum of coefficients, each per unit of its
        column; ``log(NAME)`` is a logarithm, ``NAME=LEVEL`` a level.  ``arrived_after`` is None if all patients are
        included.
        """
        names, values, errors = self.line.coefficients()
        stated = len(names) if self.action == "refit" else 2
        reach = NORMAL_975 * errors
        at = {name: float(value) for name, value in zip(names[:stated], values, strict=False)}
        return {
            "part": self.part,
            "intercept": at["intercept"],
            "slope": at["slope"],
            "coefficients": {name: at[name] for name in names[2:stated]},
            "intervals": {
                name: [float(value - width), float(value + width)]
                for name, value, width in zip(names[:stated], values, reach, strict=False)
            },
            "arrived_after": float(self.since) if np.isfinite(self.since) else None,
        }


def update_of(action: str, changes: Sequence[Change], directions: Directions, part: str) -> Update:
    """Return the update of an action from the outcomes of several windows."""
    fits, evidence = _fitted_windows(action, changes)
    weights = np.exp(evidence - evidence.max())
    weights /= weights.sum()
    means = np.array([made.coefficients for made in fits])
    mean = weights @ means
    spread = means - mean
    within = np.einsum("i,ijk->jk", weights, np.array([made.covariance for made in fits]))
    covariance = within + (spread * weights[:, None]).T @ spread
    p = directions.count
    whole, wide = np.zeros(p), np.zeros((p, p))
    n = len(mean)
    whole[:n], wide[:n, :n] = mean, covariance
    since = changes[int(np.argmax(evidence))].data.since
    line = RecalibrationLine(directions=directions, mean=whole, covariance=wide)
    return Update(part=part, action=action, line=line, since=since)


def _fitted_windows(action: str, changes: Sequence[Change]) -> tuple[list[Fitted], Floats]:
    """Return the coefficients in each window, and the evidence for a change starting with it."""
    fits, evidence = zip(*(_fitted(action, change) for change in changes), strict=True)
    return list(fits), np.asarray(evidence, dtype=np.float64)


def _fitted(action: str, change: Change) -> tuple[Fitted, float]:
    """Return the coefficients under the best supported prior, and the gain in log marginal likelihood.

    The gain is over the frozen model, which holds for outcomes before the window in either case.
    """
    data = change.data
    frozen = _log_likelihood_unchanged(change)
    tried = []
    for spread, handicap in _spreads(_USED.get(action, int(data.X.shape[1]))):
        X = data.X[:, : len(spread)]
        for prior in [_own(spread)] if action in _USED else _refit_priors(change, spread):
            made = fit_with_offset(X, data.happened, data.offset, likelihood=data.likelihood, prior=prior)
            tried.append((made, _marginal(made, prior) - frozen - handicap))
    return max(tried, key=lambda each: each[1])


def _spreads(count: int) -> list[tuple[Floats, float]]:
    """Return prior standard deviations of the first coefficients, with the penalty in evidence of each."""
    if count == 1:
        return [(np.array([_ALONE]), 0.0)]
    others = [_SLOPE, *[_DIRECTION] * (count - 2)]
    return [(np.array([_NARROW, *others]), 0.0), (np.array([_WIDE, *others]), _VERY_STRONGLY)]


def _own(spread: Floats) -> Prior:
    return Prior(mean=np.zeros(len(spread)), precision=np.diag(spread**-2.0))


def _refit_priors(change: Change, spread: Floats) -> list[Prior]:
    """Return the prior of a change added to the development data's coefficients, at each weight of these."""
    own, old = _own(spread).precision, _without_level(change.data.prior.precision)
    priors = []
    for weight in DISCOUNTS:
        precision = own + weight * old
        mean = np.asarray(np.linalg.solve(precision, weight * old @ change.data.prior.mean), dtype=np.float64)
        priors.append(Prior(mean=mean, precision=precision))
    return priors


def _without_level(precision: Floats) -> Floats:
    """Return the development data's information on effects with the hazard level, which new data determine, removed.

    A refit that also uses the old level would stay half way between old and new.
    """
    kept = np.zeros_like(precision)
    kept[1:, 1:] = precision[1:, 1:] - np.outer(precision[1:, 0], precision[0, 1:]) / precision[0, 0]
    return kept


def _marginal(made: Fitted, prior: Prior) -> float:
    """Return the log marginal likelihood by Laplace's approximation."""
    sign = np.linalg.slogdet
    return float(made.log_likelihood + 0.5 * (sign(prior.precision)[1] - sign(made.information)[1]))


def _log_likelihood_unchanged(change: Change) -> float:
    """Return the log likelihood of the outcomes under the frozen model."""
    data = change.data
    return float(data.happened @ data.offset - data.likelihood.cumulant(data.offset).sum())
