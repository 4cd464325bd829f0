"""Simulated tables with known restricted mean under every arm: the scenarios of the effects engine.

Equations
---------
There are six standard normal covariates ``x1`` to ``x6``, four 0/1 covariates ``b1`` to ``b4`` (share 0.3 to 0.45), and
in some scenarios further 0/1 columns.  The hazard of death under arm ``a`` at time ``t`` (months) is

    h(t | x, a) = 1.2 t^0.2 / 40^1.2 * exp(0.4 x1 + 0.3 x2 - 0.3 x3 + 0.3 b1 + r_a(x, t)),

with ``r`` the log hazard ratio of the scenario, 0 under the reference.  True curves are integrated on 721 times up to
three times the horizon.  Follow-up ends between 30 and 72 months, and drop-out takes about 15 % by the horizon.
Source of the design: Bender R, Augustin T, Blettner M 2005, Stat Med 24:1713.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from genorx._core.short_repr import short
from genorx.errors import UsageError

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
#: Covariates, arm -> log hazard ratio against the reference, shape (n, n_times) or (n, 1).
LogRatio = Callable[[pd.DataFrame, int, Floats], Floats]

_SHAPE, _SCALE, HORIZON = 1.2, 40.0, 36.0
_TIMES = np.linspace(0.0, 3 * HORIZON, 721)
_ARMS = ("standard", "new", "other")


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """Truth of a scenario.

    Attributes
    ----------
    ratio : callable
        Log hazard ratio of an arm against the reference.
    n, n_arms : int
        Default number of training patients, and number of arms.
    tilt : callable or None
        Covariates -> log odds of arm 1 (and 2) against the reference; None: randomised.
    forbidden : callable or None
        Covariates -> True for patients who never get arm 1.
    dropout : callable or None
        Covariates, arm -> log of the factor on the drop-out rate.
    genes : int
        Number of further 0/1 columns ``g1``, ...; the first has a share of 10 %.
    late : bool
        Whether arm 1 begins after a delay, and only in patients alive then.
    competing : bool
        Whether there is a second cause of death, which arm 1 does not change.
    """

    ratio: LogRatio
    n: int = 800
    n_arms: int = 2
    tilt: Callable[[pd.DataFrame], Floats] | None = None
    forbidden: Callable[[pd.DataFrame], NDArray[np.bool_]] | None = None
    dropout: Callable[[pd.DataFrame, Ints], Floats] | None = None
    genes: int = 0
    late: bool = False
    competing: bool = False


@short
@dataclass(frozen=True, kw_only=True)
class EffectTables:
    """Tables in the format of ``genorx effects``, and the truth.

    Attributes
    ----------
    train, test : DataFrame
        Training patients with outcomes, and test patients without.
    spec : dict
        JSON specification of ``genorx effects``.
    truth : DataFrame, index ``patient_id`` of the test table, one column per arm
        True restricted mean up to the horizon, in months.
    incidence : DataFrame or None
        With competing causes: true cumulative incidence of the cause of interest at the horizon.
    overlap : Series of bool
        Whether all arms are possible for each test patient.
    """

    train: pd.DataFrame
    test: pd.DataFrame
    spec: dict[str, Any]
    truth: pd.DataFrame
    incidence: pd.DataFrame | None = None
    overlap: pd.Series = field(default_factory=pd.Series)


def _flat(values: Any) -> Floats:
    return np.asarray(values, dtype=float)[:, None]


def _none(x: pd.DataFrame, _arm: int, _times: Floats) -> Floats:
    return np.zeros((len(x), 1))


def _constant(x: pd.DataFrame, _arm: int, _times: Floats) -> Floats:
    return np.full((len(x), 1), np.log(0.6))


def _qualitative(x: pd.DataFrame, arm: int, _times: Floats) -> Floats:
    return _flat(-0.2 + 0.8 * x["x1"] if arm == 1 else -0.2 - 0.8 * x["x2"])


def _delayed(x: pd.DataFrame, _arm: int, times: Floats) -> Floats:
    """Early harm, then benefit if x1 and x4 are both high: neither proportional nor additive."""
    both = 1.6 * ((x["x1"] > 0) & (x["x4"] > 0)).to_numpy(float) - 0.5
    return 0.3 - _flat(both + 0.3) * np.minimum(times / 12.0, 1.5)[None, :]


def _marker(x: pd.DataFrame, _arm: int, _times: Floats) -> Floats:
    return _flat(-1.4 * x["g1"])


def _indicated(x: pd.DataFrame) -> Floats:
    return (1.0 * x["x1"] + 0.7 * x["x2"] - 0.5 * x["b1"]).to_numpy(float)


def _corner(x: pd.DataFrame) -> NDArray[np.bool_]:
    return ((x["x1"] > 0.5) & (x["x2"] > -0.5)).to_numpy(bool)


def _informative(x: pd.DataFrame, arm: Ints) -> Floats:
    return np.asarray(0.8 * x["x1"] + 0.5 * (arm == 1), dtype=float)


SCENARIOS: dict[str, Scenario] = {
    "none": Scenario(ratio=_none),
    "none, by indication": Scenario(ratio=_none, tilt=_indicated),
    "constant": Scenario(ratio=_constant),
    "qualitative": Scenario(ratio=_qualitative),
    "non-proportional": Scenario(ratio=_delayed, n=1000),
    "by indication": Scenario(ratio=_qualitative, tilt=_indicated, n=1000),
    "drop-out": Scenario(ratio=_qualitative, dropout=_informative),
    "three arms": Scenario(ratio=_qualitative, n_arms=3, n=900),
    "no overlap": Scenario(ratio=_qualitative, forbidden=_corner, tilt=_indicated, n=1000),
    "marker among 200": Scenario(ratio=_marker, genes=200),
    "n = 150": Scenario(ratio=_qualitative, n=150),
    "late start": Scenario(ratio=_qualitative, late=True, n=1000),
    "competing": Scenario(ratio=_qualitative, competing=True, n=1000),
}


def make_effect_tables(
    scenario: str | Scenario, *, n: int | None = None, n_test: int = 400, seed: int = 0
) -> EffectTables:
    """Simulate training and test tables of a scenario, with the truth of the test patients.

    Parameters
    ----------
    scenario : str or Scenario
        Name in ``SCENARIOS``, or a user-defined scenario.
    n : int, optional
        Number of training patients; by default that of the scenario.
    n_test : int, default 400
        Number of test patients.
    seed : int
        The same seed gives the same tables.

    Raises
    ------
    UsageError
        ``scenario`` if the name is unknown.

    Examples
    --------
    >>> tables = make_effect_tables("none", n=50, n_test=5)
    >>> float((tables.truth["new"] - tables.truth["standard"]).abs().max())
    0.0
    """
    if isinstance(scenario, str) and scenario not in SCENARIOS:
        raise UsageError(f"no scenario {scenario!r}", hint=f"scenarios: {', '.join(SCENARIOS)}", code="scenario")
    true = SCENARIOS[scenario] if isinstance(scenario, str) else scenario
    rng = np.random.default_rng(seed)
    size = n or true.n
    X = _covariates(rng, size + n_test, true.genes)
    hazards = [_cumulative(true, X, arm) for arm in range(true.n_arms)]
    taken = _lot(rng, true, X)
    seen = _observe(rng, true, X, taken, hazards)
    names = np.array(_ARMS)
    frame = seen.assign(arm=names[taken if "arm" not in seen else seen["arm"].to_numpy(int)])
    index = pd.Index([f"P{row:05d}" for row in range(len(X))], name="patient_id")
    X.index = frame.index = index
    test = slice(size, None)
    truth, incidence = _truth(true, hazards, X.index, test)
    inside = np.ones(len(X), dtype=bool) if true.forbidden is None else ~true.forbidden(X)
    return EffectTables(
        train=X.join(frame).iloc[:size].reset_index(),
        test=X.iloc[test].reset_index(),
        spec=_spec(true, list(X.columns)),
        truth=truth,
        incidence=incidence,
        overlap=pd.Series(inside[test], index=X.index[test]),
    )


def _covariates(rng: np.random.Generator, n: int, genes: int) -> pd.DataFrame:
    columns = {f"x{k}": rng.normal(size=n) for k in range(1, 7)}
    columns |= {f"b{k}": (rng.random(n) < 0.25 + 0.05 * k).astype(int) for k in range(1, 5)}
    shares = np.concatenate([[0.1], rng.uniform(0.05, 0.4, max(genes - 1, 0))])[:genes]
    columns |= {f"g{k + 1}": (rng.random(n) < share).astype(int) for k, share in enumerate(shares)}
    return pd.DataFrame(columns)


def _cumulative(true: Scenario, X: pd.DataFrame, arm: int) -> list[Floats]:
    """Return the cumulative hazard of each cause at the grid's times."""
    prognosis = _flat(0.4 * X["x1"] + 0.3 * X["x2"] - 0.3 * X["x3"] + 0.3 * X["b1"])
    ratio = true.ratio(X, arm, _TIMES[1:]) if arm else np.zeros((len(X), 1))
    steps = np.diff((_TIMES / _SCALE) ** _SHAPE)[None, :] * np.exp(prognosis + ratio)
    causes = [steps]
    if true.competing:
        causes.append(np.diff(_TIMES / 90.0)[None, :] * np.exp(_flat(0.5 * X["x3"] + 0.4 * X["b2"])))
    return [np.concatenate([np.zeros((len(X), 1)), np.cumsum(each, axis=1)], axis=1) for each in causes]


def _lot(rng: np.random.Generator, true: Scenario, X: pd.DataFrame) -> Ints:
    odds = np.zeros((len(X), true.n_arms))
    if true.tilt is not None:
        odds[:, 1:] = true.tilt(X)[:, None]
    weights = np.exp(odds)
    if true.forbidden is not None:
        weights[true.forbidden(X), 1] = 0.0
    edges = np.cumsum(weights, axis=1) / weights.sum(axis=1, keepdims=True)
    return np.asarray((rng.random(len(X))[:, None] > edges).sum(axis=1).clip(max=true.n_arms - 1), dtype=np.int64)


def _death(exponential: Floats, hazard: Floats) -> Floats:
    """Return the time at which each cumulative hazard reaches its exponential variate; infinite beyond the grid."""
    times = [np.interp(each, own, _TIMES, right=np.inf) for each, own in zip(exponential, hazard, strict=True)]
    return np.asarray(times)


def _observe(
    rng: np.random.Generator, true: Scenario, X: pd.DataFrame, taken: Ints, hazards: list[list[Floats]]
) -> pd.DataFrame:
    n = len(X)
    rate = 0.005 * np.exp(true.dropout(X, taken)) if true.dropout is not None else np.full(n, 0.005)
    end = np.minimum(rng.uniform(30, 72, n), rng.exponential(1 / rate))
    draws = [rng.exponential(size=n) for _ in hazards[0]]
    if true.late:
        return _observe_late(rng, taken, hazards, draws[0], end)
    causes = np.column_stack(
        [_death(draw, np.choose(taken[:, None], [arm[cause] for arm in hazards])) for cause, draw in enumerate(draws)]
    )
    first = causes.min(axis=1)
    event = first <= end
    seen = pd.DataFrame({"time": np.minimum(first, end).clip(0.01), "event": event.astype(int)})
    return seen.assign(event_type=np.where(event, causes.argmin(axis=1) + 1, 0)) if true.competing else seen


def _observe_late(
    rng: np.random.Generator, taken: Ints, hazards: list[list[Floats]], draw: Floats, end: Floats
) -> pd.DataFrame:
    """Arm 1 begins after an exponential delay of mean 8 months; until then the reference's hazard applies."""
    delay = np.where(taken == 1, rng.exponential(8.0, len(taken)), np.inf)
    reference, treated = hazards[0][0], hazards[1][0]
    before, there = (
        np.array([np.interp(each, _TIMES, own) for each, own in zip(delay, hazard, strict=True)])
        for hazard in (reference, treated)
    )  # beyond the grid nobody is followed
    death = np.where(draw <= before, _death(draw, reference), _death(there + draw - before, treated))
    time = np.minimum(death, end).clip(0.01)
    begun = delay < time
    return pd.DataFrame(
        {
            "time": time,
            "event": (death <= end).astype(int),
            "start": np.where(begun, delay, np.nan),
            "arm": begun.astype(int),
        }
    )


def _truth(
    true: Scenario, hazards: list[list[Floats]], index: pd.Index[Any], test: slice
) -> tuple[pd.DataFrame, pd.DataFrame | None]:
    upto = _TIMES <= HORIZON + 1e-9
    means, shares = {}, {}
    for arm, causes in enumerate(hazards):
        total = np.sum(causes, axis=0)[test][:, upto]
        curve = np.exp(-total)
        means[_ARMS[arm]] = np.trapezoid(curve, _TIMES[upto], axis=1)
        steps = np.diff(causes[0][test][:, upto], axis=1)
        shares[_ARMS[arm]] = (0.5 * (curve[:, 1:] + curve[:, :-1]) * steps).sum(axis=1)
    truth = pd.DataFrame(means, index=index[test])
    return truth, pd.DataFrame(shares, index=index[test]) if true.competing else None


def _spec(true: Scenario, covariates: list[str]) -> dict[str, Any]:
    spec: dict[str, Any] = {
        "id": "patient_id",
        "treatment": "arm",
        "time": "time",
        "event": "event",
        "covariates": covariates,
        "horizon": HORIZON,
        "randomised": true.tilt is None and true.forbidden is None and not true.late,
        "reference": "standard",
    }
    if true.late:
        spec["time_to_treatment"] = "start"
    if true.competing:
        spec["event_type"] = "event_type"
    return spec
