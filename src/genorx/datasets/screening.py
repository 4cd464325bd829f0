"""Simulated candidates for lung cancer screening: follow-up with death as a competing cause, and known truth.

Equations
---------
Smoking histories are drawn from simple distributions, and the predicted risk is that of PLCOm2012.  The true incidence
is

    logit F(h | x) = a + b logit risk(x),

with F the incidence of lung cancer by the horizon h in the presence of death, and ``a`` such that the mean of F over
the mean risk is ``oe``: the model is miscalibrated by design, as published models often are in other populations.
Deaths of other causes have a hazard that increases with age and smoking; the hazard of the cancer is the one that gives
F in their presence,

    F(h) = l1 / (l1 + l2) (1 - exp(-(l1 + l2) h)),

so that the truth is exact.  Some people drop out; for all, follow-up ends between ``h / 2`` and ``3 h / 2``.
Source of the design: Beyersmann J et al. 2009, Stat Med 28:956 (competing risks with given hazards).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.random import Generator, default_rng
from numpy.typing import NDArray
from scipy.special import expit, logit

from genorx._core.short_repr import short
from genorx.errors import UsageError

Floats = NDArray[np.float64]

_RACES = ("white", "black", "hispanic", "asian", "american indian", "pacific islander")
_SHARES = (0.72, 0.13, 0.07, 0.05, 0.02, 0.01)
_HALVINGS = 60  # of an interval that contains the root: to the precision of floats


@short
@dataclass(frozen=True, kw_only=True)
class ScreeningCohort:
    """Simulated people, observed data, and the truth.

    Attributes
    ----------
    people : DataFrame
        ``patient_id``, the inputs of ``plcom2012@2013`` by their names, ``risk`` (predicted, fraction), ``time``
        (years), ``cause`` (0 censored, 1 lung cancer, 2 death of another cause).
    incidence : array of shape (n_people,)
        True probability of lung cancer by the horizon.
    horizon : float
        Horizon in years.
    intercept, slope : float
        Intercept and slope of the true log odds on the predicted ones.
    """

    people: pd.DataFrame
    incidence: Floats
    horizon: float
    intercept: float
    slope: float

    def truth(self, thresholds: Sequence[float] = ()) -> dict[str, Any]:
        """Return the true values of the measures that ``survival.evaluate_screening`` estimates.

        Returns
        -------
        dict
            ``observed``, ``expected``, ``oe``, ``slope``, ``intercept`` (with slope 1), ``ici``, ``auc``, and
            ``thresholds``: by threshold ``screened``, ``net_benefit``, ``sensitivity``, ``specificity``, ``ppv``,
            ``missed``.
        """
        risk, true = self.people["risk"].to_numpy(float), self.incidence
        return {
            "observed": float(true.mean()),
            "expected": float(risk.mean()),
            "oe": float(true.mean() / risk.mean()),
            "slope": self.slope,
            "intercept": _root(lambda level: float(true.sum() - expit(logit(risk) + level).sum()), -9.0, 9.0),
            "ici": float(np.abs(true - risk).mean()),
            "auc": _true_auc(risk, true),
            "thresholds": {cut: _true_rule(risk, true, cut) for cut in thresholds},
        }


def make_screening_cohort(
    n: int = 20_000, *, oe: float = 1.17, slope: float = 0.8, horizon: float = 6.0, seed: int = 0
) -> ScreeningCohort:
    """Simulate people with a predicted risk of lung cancer, follow-up, and known truth.

    Parameters
    ----------
    n : int, default 20,000
        Number of people.
    oe : float, default 1.17
        True mean incidence over mean predicted risk; 1 for a model that is calibrated on average.
    slope : float, default 0.8
        Slope of the true log odds on the predicted ones; with ``oe=1`` and ``slope=1`` the model is calibrated.
    horizon : float, default 6.0
        Horizon in years; the predicted risk is always that of six years.
    seed : int, default 0
        The same seed gives the same people.

    Returns
    -------
    ScreeningCohort

    Raises
    ------
    UsageError
        If there are fewer than 2 people, or a number is not above 0.

    Examples
    --------
    >>> made = make_screening_cohort(2000, seed=1)
    >>> round(made.truth()["oe"], 6)
    1.17
    """
    if n < 2 or not min(oe, slope, horizon) > 0:
        raise UsageError("a screening cohort needs 2 people or more, and oe, slope and horizon above 0")
    rng = default_rng(seed)
    people = _draw_people(rng, n)
    risk = _predicted(people)
    level = _root(lambda a: float(oe * risk.sum() - expit(a + slope * logit(risk)).sum()), -30.0, 30.0)
    true = expit(level + slope * logit(risk))
    other = 0.0095 * np.exp(0.085 * (people["age"].to_numpy(float) - 62.0) + 0.45 * people["current"].to_numpy(float))
    time, cause = _follow_up(rng, _own_hazard(true, other, horizon), other, horizon)
    people = people.assign(risk=risk, time=time, cause=cause)
    return ScreeningCohort(people=people, incidence=true, horizon=float(horizon), intercept=level, slope=float(slope))


def _draw_people(rng: Generator, n: int) -> pd.DataFrame:
    """Return smoking histories and the other inputs of PLCOm2012."""
    age = rng.integers(55, 75, n)
    current = (rng.random(n) < 0.45).astype(int)
    quit_years = np.where(current == 1, 0, np.minimum(rng.gamma(2.0, 7.0, n).round() + 1, age - 40)).astype(int)
    years = np.clip((age - 17 - quit_years - rng.gamma(2.0, 3.0, n)).round(), 3, 57).astype(int)
    columns: Mapping[str, Any] = {
        "patient_id": [f"P{number:06d}" for number in range(n)],
        "age": age,
        "race": rng.choice(_RACES, n, p=_SHARES),
        "education": rng.integers(1, 7, n),
        "bmi": np.clip(rng.normal(27.3, 4.6, n), 16.0, 50.0).round(1),
        "copd": (rng.random(n) < 0.1).astype(int),
        "personal_cancer": (rng.random(n) < 0.05).astype(int),
        "family_lung_cancer": (rng.random(n) < 0.13).astype(int),
        "current": current,
        "cigs": rng.choice([5, 10, 15, 20, 25, 30, 40, 60], n, p=[0.1, 0.2, 0.1, 0.3, 0.08, 0.1, 0.1, 0.02]),
        "smoking_years": years,
        "quit_years": quit_years,
    }
    return pd.DataFrame(columns)


def _predicted(people: pd.DataFrame) -> Floats:
    from genorx import published

    return published.load("plcom2012@2013").evaluate(people)["risk"].to_numpy(float)


def _own_hazard(true: Floats, other: Floats, horizon: float) -> Floats:
    """Return the cause-specific cancer hazard that yields its incidence, given the hazard of other deaths."""
    low, high = np.zeros_like(true), np.full_like(true, 50.0 / horizon)
    for _ in range(_HALVINGS):
        middle = 0.5 * (low + high)
        both = middle + other
        less = middle / both * -np.expm1(-both * horizon) < true
        low, high = np.where(less, middle, low), np.where(less, high, middle)
    return np.asarray(0.5 * (low + high))


def _follow_up(rng: Generator, own: Floats, other: Floats, horizon: float) -> tuple[Floats, NDArray[np.int64]]:
    n = len(own)
    event = rng.exponential(1.0, n) / (own + other)
    kind = np.where(rng.random(n) < own / (own + other), 1, 2)
    end = np.minimum(rng.uniform(0.5 * horizon, 1.5 * horizon, n), rng.exponential(5.0 * horizon, n))
    return np.maximum(np.minimum(event, end), 1e-4).round(4), np.where(event <= end, kind, 0)


def _true_auc(risk: Floats, true: Floats) -> float:
    """Return the probability that a case had a higher risk than a non-case, ties counted half."""
    order = np.argsort(risk, kind="stable")
    starts = np.flatnonzero(np.diff(risk[order], prepend=-1.0))
    cases, others = np.add.reduceat(true[order], starts), np.add.reduceat(1.0 - true[order], starts)
    own = float((true * (1.0 - true)).sum())  # a person is not compared with themselves
    wins = float((cases * (np.cumsum(others) - 0.5 * others)).sum()) - 0.5 * own
    return wins / (float(cases.sum() * others.sum()) - own)


def _true_rule(risk: Floats, true: Floats, cut: float) -> dict[str, float]:
    above = risk >= cut
    found, share = float(true[above].sum() / len(true)), float(above.mean())
    whole = float(true.mean())
    return {
        "screened": share,
        "net_benefit": found - (share - found) * cut / (1.0 - cut),
        "sensitivity": found / whole,
        "specificity": 1.0 - (share - found) / (1.0 - whole),
        "ppv": found / share if share else float("nan"),
        "missed": whole - found,
    }


def _root(falls: Any, low: float, high: float) -> float:
    """Return the root of a decreasing function."""
    for _ in range(_HALVINGS):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if falls(middle) > 0 else (low, middle)
    return 0.5 * (low + high)
