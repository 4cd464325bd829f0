"""Recalibration of a predicted risk on followed-up people: the least change that a closed test requires.

Source: Vergouwe Y et al. 2017, Stat Med 36:4529 (closed test of updating); Steyerberg EW et al. 2004, Stat Med 23:2567;
weights for censoring as in ``survival.screening``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit

from genorx._core.proportion import NORMAL_975
from genorx.survival.resampled_curves import FollowUp
from genorx.survival.screening_input import checked_risks, checked_screening, log_odds_of
from genorx.survival.weighted_logistic import fit_logistic, sandwich_errors

Floats = NDArray[np.float64]
How = Literal["keep", "intercept", "slope"]
_SHOWN = NORMAL_975


@dataclass(frozen=True, kw_only=True)
class RiskRecalibration:
    """A correction of a risk: ``expit(intercept + slope x log odds)``.

    Attributes
    ----------
    how : {"keep", "intercept", "slope"}
        Correction supported by the data: none, the level, or level and spread.
    intercept, slope : float
        Coefficients of the line on the log odds; 0 and 1 without a correction.
    """

    how: How
    intercept: float
    slope: float

    def transform(self, risk: ArrayLike) -> Floats:
        """Return recalibrated risks; without a correction they are unchanged.

        Raises
        ------
        InputError
            ``risk-missing``, ``risk-not-fraction``.
        """
        given = checked_risks(risk)
        return given if self.how == "keep" else expit(self.intercept + self.slope * log_odds_of(given))


def recalibrate(
    risk: ArrayLike, time: ArrayLike, cause: ArrayLike, *, horizon: float, of: int = 1
) -> RiskRecalibration:
    """Recalibrate a risk in people with follow-up, with death as a competing cause and censoring.

    The slope is tested against 1 at 5 %, with a sandwich standard error; only if it is not rejected, the intercept
    is tested against 0.

    Parameters
    ----------
    risk, time, cause, horizon, of
        As in ``evaluate_screening``.

    Raises
    ------
    InputError, UsageError, HorizonError, SupportError
        As ``evaluate_screening``.

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.default_rng(0)
    >>> risk = rng.uniform(0.05, 0.4, 4000)
    >>> event = rng.random(4000) < risk / 2  # the risk is twice what comes true
    >>> made = recalibrate(risk, np.where(event, 1.0, 3.0), event.astype(int), horizon=2)
    >>> bool(abs(made.transform(risk).mean() - event.mean()) < 0.005)
    True
    """
    predicted, end, codes = checked_screening(risk, time, cause, horizon=horizon, of=of)
    follow_up = FollowUp.sort(end, codes, horizon)
    known = follow_up.known
    weight = follow_up.weights(np.ones((1, end.size)))
    log_odds = log_odds_of(predicted[follow_up.order])[known]
    case = follow_up.case.astype(float)
    line = np.column_stack([np.ones_like(log_odds), log_odds])
    both = fit_logistic(line, case, weight, np.array([0.0, 1.0]))[0]
    error = sandwich_errors(line, case, weight[0], both)[1]
    if abs(both[1] - 1.0) > _SHOWN * error:
        return RiskRecalibration(how="slope", intercept=float(both[0]), slope=float(both[1]))
    level = fit_logistic(line[:, :1], case, weight, np.zeros(1), offset=log_odds)[0]
    error = sandwich_errors(line[:, :1], case, weight[0], level, offset=log_odds)[0]
    if abs(level[0]) > _SHOWN * error:
        return RiskRecalibration(how="intercept", intercept=float(level[0]), slope=1.0)
    return RiskRecalibration(how="keep", intercept=0.0, slope=1.0)
