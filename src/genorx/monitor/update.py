"""The proposed update: a new baseline, a new slope, or a refit that leans on the old model; with its uncertainty.

The change may have begun at any time in the window.  So each begin is weighed by how well it explains the outcomes,
with a prior that large changes are rare, and the update is the weighted mean: an alarm is raised where chance helped
the change, and the prior takes back what chance gave.
Sources: Vergouwe Y 2017, Stat Med 36:4529; Ibrahim JG, Chen MH 2000, Stat Sci 15:46 (power prior).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from genorx.monitor.calibration import Change
from genorx.monitor.directions import Directions
from genorx.monitor.likelihood import Fitted, Prior, fit

Floats = NDArray[np.float64]
#: Prior standard deviation of a log ratio of hazards, of a change of the slope, and of each other direction.
SPREAD = {"intercept": 0.5, "slope": 0.3, "direction": 0.25}
#: Weight of the development data in a refit; halved, quartered ... where new outcomes contradict them.
DISCOUNTS = (1.0, 0.5, 0.25, 0.1, 0.05, 0.0)
ACTIONS = ("keep", "hold", "recalibrate_baseline", "recalibrate_slope", "refit")
_USED = {"recalibrate_baseline": 1, "recalibrate_slope": 2}


@dataclass(frozen=True, kw_only=True)
class Update:
    """A change of the log hazard (or log odds) of one part, as a line in its directions.

    Attributes
    ----------
    part : str
    action : str
    directions : Directions
    mean : array, shape (n_directions,)
    covariance : array, shape (n_directions, n_directions)
    since : float
        Begin of the change in the best explanation.
    """

    part: str
    action: str
    directions: Directions
    mean: Floats
    covariance: Floats
    since: float = field(default=np.nan)

    def log_factor(self, covariates: pd.DataFrame, index: Floats) -> Floats:
        """Return what is added to each patient's log hazard."""
        made: Floats = self.directions.rows(covariates, index) @ self.mean
        return made

    def error(self, covariates: pd.DataFrame, index: Floats) -> Floats:
        """Return the standard error of ``log_factor``: the uncertainty of the update."""
        X = self.directions.rows(covariates, index)
        return np.sqrt(np.einsum("ij,jk,ik->i", X, self.covariance, X))

    def to_dict(self) -> dict[str, Any]:
        """Return intercept, slope and coefficients with 95 % intervals.

        The log hazard becomes intercept + slope x linear predictor + what coefficients add, each in the unit of its
        column; ``log(NAME)`` is a logarithm, ``NAME=LEVEL`` a level.
        """
        back = self.directions.back()
        mean, covariance = back @ self.mean, back @ self.covariance @ back.T
        reach = stats.norm.ppf(0.975) * np.sqrt(np.clip(np.diag(covariance), 0.0, None))
        mean[1] += 1.0
        names = ["intercept", "slope", *(_named(*column) for column in self.directions.columns)]
        full = self.action == "refit"
        told = names if full else names[:2]
        at = dict(zip(names, mean.tolist(), strict=True))
        return {
            "part": self.part,
            "intercept": at["intercept"],
            "slope": at["slope"],
            "coefficients": {name: at[name] for name in told[2:]},
            "intervals": {
                name: [float(value - width), float(value + width)]
                for name, value, width in zip(told, mean, reach, strict=False)
            },
            "arrived_after": self.since,
        }


def _named(column: str, level: str) -> str:
    return column if not level else f"log({column})" if level == "log" else f"{column}={level}"


def update_of(action: str, changes: Sequence[Change], directions: Directions, part: str) -> Update:
    """Return the update of an action from what outcomes of several windows say."""
    fits = [_fitted(action, change) for change in changes]
    evidence = np.array([_evidence(action, change, made) for change, made in zip(changes, fits, strict=True)])
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
    return Update(part=part, action=action, directions=directions, mean=whole, covariance=wide, since=since)


def _fitted(action: str, change: Change) -> Fitted:
    data = change.data
    used = _USED.get(action)
    if used is not None:
        prior = Prior(mean=np.zeros(used), precision=np.diag(_precisions(used)))
        return fit(data.X[:, :used], data.happened, data.offset, family=data.family, prior=prior)
    return _refitted(change)


def _precisions(count: int) -> Floats:
    spread = [SPREAD["intercept"], SPREAD["slope"], *[SPREAD["direction"]] * max(0, count - 2)]
    return np.asarray(spread[:count]) ** -2.0


def _refitted(change: Change) -> Fitted:
    """Return all coefficients, with the development data's at the weight under which new outcomes are likeliest."""
    data = change.data
    own = Prior(mean=np.zeros(data.X.shape[1]), precision=np.diag(_precisions(data.X.shape[1])))
    best, value = None, -np.inf
    for weight in DISCOUNTS:
        precision = own.precision + weight * data.prior.precision
        mean = np.linalg.solve(precision, weight * data.prior.precision @ data.prior.mean)
        prior = Prior(mean=mean, precision=precision)
        made = fit(data.X, data.happened, data.offset, family=data.family, prior=prior)
        likely = _marginal(made, prior)
        if likely > value:
            best, value = made, likely
    return best if best is not None else fit(data.X, data.happened, data.offset, family=data.family, prior=own)


def _marginal(made: Fitted, prior: Prior) -> float:
    """Return the log marginal likelihood by Laplace's approximation."""
    sign = np.linalg.slogdet
    return made.log_likelihood + 0.5 * (sign(prior.precision)[1] - sign(made.information)[1])


def _evidence(action: str, change: Change, made: Fitted) -> float:
    """Return how well a begin of the change explains all outcomes: the gain, less what freedom costs."""
    used = _USED.get(action, len(made.coefficients))
    gain = change.gains[min(used, 3) - 1]
    prior = _precisions(len(made.coefficients))
    cost = np.linalg.slogdet(made.information)[1] - np.log(prior).sum()
    return float(0.5 * gain - 0.5 * cost)
