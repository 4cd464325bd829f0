"""The proposed update: a new baseline, a new slope, or a refit that leans on the old model; with its uncertainty.

The change may have begun at any time in the window.  So each begin is weighed by how well it explains the outcomes,
with a prior that large changes are rare, and the update is the weighted mean: an alarm is raised where chance helped
the change, and the prior takes back what chance gave.
Sources: Vergouwe Y 2017, Stat Med 36:4529; Ibrahim JG, Chen MH 2000, Stat Sci 15:46 (power prior).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from genorx.monitor.calibration import Change
from genorx.monitor.policy import CHANGES
from genorx.outcomes.recalibration.directions import Directions
from genorx.outcomes.recalibration.line import RecalibrationLine
from genorx.outcomes.recalibration.offset_regression import Fitted, Prior, fit_with_offset

Floats = NDArray[np.float64]
#: Prior standard deviations of the log ratio of hazards, of the change along the index and along each other direction
#: (each for one standard deviation of patients).  Where the index or single effects have changed, the hazard as a whole
#: has often changed little: so a narrow and a wide prior of it stand there, and new outcomes choose.
_ALONE = 0.5
_LEVELS = (0.1, 0.4)
_SLOPE, _DIRECTION = 0.3, 0.15
#: Weight of the development data in a refit; halved, quartered ... where new outcomes contradict them.
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
        Begin of the change in the best explanation.
    """

    part: str
    action: str
    line: RecalibrationLine
    since: float

    def to_dict(self) -> dict[str, Any]:
        """Return intercept, slope and coefficients with 95 % intervals.

        The log hazard becomes intercept + slope x linear predictor + what coefficients add, each in the unit of its
        column; ``log(NAME)`` is a logarithm, ``NAME=LEVEL`` a level.  ``arrived_after`` is None where everybody counts.
        """
        names, values, errors = self.line.coefficients()
        told = len(names) if self.action == "refit" else 2
        reach = stats.norm.ppf(0.975) * errors
        at = {name: float(value) for name, value in zip(names[:told], values, strict=False)}
        return {
            "part": self.part,
            "intercept": at["intercept"],
            "slope": at["slope"],
            "coefficients": {name: at[name] for name in names[2:told]},
            "intervals": {
                name: [float(value - width), float(value + width)]
                for name, value, width in zip(names[:told], values, reach, strict=False)
            },
            "arrived_after": float(self.since) if np.isfinite(self.since) else None,
        }


def update_of(action: str, changes: Sequence[Change], directions: Directions, part: str) -> Update:
    """Return the update of an action from what outcomes of several windows say."""
    chosen = [_fitted(action, change) for change in changes]
    evidence = np.array([_evidence(action, change, *each) for change, each in zip(changes, chosen, strict=True)])
    fits = [made for made, _ in chosen]
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


def _fitted(action: str, change: Change) -> tuple[Fitted, Floats]:
    """Return the coefficients under the prior under which new outcomes are likeliest, and its standard deviations."""
    data, tried = change.data, []
    for spread in _spreads(_USED[action] if action in _USED else data.X.shape[1]):
        priors = [_own(spread)] if action in _USED else _refit_priors(change, spread)
        for prior in priors:
            X = data.X[:, : len(spread)]
            made = fit_with_offset(X, data.happened, data.offset, likelihood=data.likelihood, prior=prior)
            tried.append((_marginal(made, prior), made, spread))
    _, best, of = max(tried, key=lambda each: each[0])
    return best, of


def _spreads(count: int) -> list[Floats]:
    """Return prior standard deviations of the first coefficients, for each prior of the hazard as a whole."""
    if count == 1:
        return [np.array([_ALONE])]
    return [np.array([level, _SLOPE, *[_DIRECTION] * (count - 2)]) for level in _LEVELS]


def _own(spread: Floats) -> Prior:
    return Prior(mean=np.zeros(len(spread)), precision=np.diag(spread**-2.0))


def _refit_priors(change: Change, spread: Floats) -> list[Prior]:
    """Return what a change may be beside the development data's coefficients, at each weight of these."""
    own, old = _own(spread).precision, _without_level(change.data.prior.precision)
    priors = []
    for weight in DISCOUNTS:
        precision = own + weight * old
        mean = np.asarray(np.linalg.solve(precision, weight * old @ change.data.prior.mean), dtype=np.float64)
        priors.append(Prior(mean=mean, precision=precision))
    return priors


def _without_level(precision: Floats) -> Floats:
    """Return what the development data tell of effects whatever the level of the hazard, which is told by new data.

    A refit that leans on the old level as well stays half way between old and new.
    """
    kept = np.zeros_like(precision)
    kept[1:, 1:] = precision[1:, 1:] - np.outer(precision[1:, 0], precision[0, 1:]) / precision[0, 0]
    return kept


def _marginal(made: Fitted, prior: Prior) -> float:
    """Return the log marginal likelihood by Laplace's approximation."""
    sign = np.linalg.slogdet
    return float(made.log_likelihood + 0.5 * (sign(prior.precision)[1] - sign(made.information)[1]))


def _evidence(action: str, change: Change, made: Fitted, spread: Floats) -> float:
    """Return how well a begin of the change explains all outcomes: the gain, less what freedom costs."""
    used = _USED.get(action, len(made.coefficients))
    gain = change.gains[min(used, 3) - 1]
    cost = np.linalg.slogdet(made.information)[1] + 2.0 * np.log(spread).sum()
    return float(0.5 * gain - 0.5 * cost)
