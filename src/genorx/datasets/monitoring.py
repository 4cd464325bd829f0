"""Simulated 48-month histories of a frozen model: no change, a change of case mix, data faults, or a change of risk.

The risks are known, so false alarms, delays and the error of an update can be counted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from genorx._core.short_repr import short
from genorx.errors import UsageError, shown

Floats = NDArray[np.float64]

#: Change in each kind of history, from the month of change on.
HISTORIES: dict[str, str] = {
    "none": "nothing changes",
    "season": "age and leukocytes of new patients follow the season",
    "case_mix": "patients are older and more often treated; risks given the features are unchanged",
    "baseline_up": "the hazard of new patients is 1.5 times as high",
    "baseline_down": "the hazard of new patients is 0.65 times as high",
    "slow_rise": "the hazard rises by 2 % with each month of arrival",
    "slope": "the differences between patients are half as strong",
    "effects": "the treatment has lost its effect, and TP53 most of its own",
    "subgroup": "the hazard of patients with FLT3 is twice as high",
    "units": "one site sends leukocytes multiplied by 1000",
    "missing": "one site stops sending ECOG for most patients",
    "recoded": "one site counts ECOG from 1",
    "late_reports": "events are recorded three times as late",
}
#: Histories in which the model should be kept, in which the look should hold, and the right action in the others.
QUIET = ("none", "season", "case_mix")
FAULTY = ("units", "missing", "recoded", "late_reports")
RIGHT_ACTION = {
    "baseline_up": "recalibrate_baseline",
    "baseline_down": "recalibrate_baseline",
    "slow_rise": "recalibrate_baseline",
    "slope": "recalibrate_slope",
    "effects": "refit",
    "subgroup": "refit",
}
_COVARIATES = ("age", "wbc", "tp53", "flt3", "ecog", "treated")
_EFFECTS = np.array([0.03, 0.3, 1.0, 0.45, 0.3, -0.35])
_CENTRE = np.array([60.0, 2.5, 0.0, 0.0, 0.0, 0.0])
_HAZARD, _SHAPE = 0.0321, 0.9  # survival at 24 months of about 0.46 over the patients
_HORIZON, _MONTHS, _LAG = 24.0, 48.0, 0.7


@short
@dataclass(frozen=True, kw_only=True)
class MonitoringHistory:
    """A simulated history: development data, snapshots by month, and the truth.

    Attributes
    ----------
    base : DataFrame
        Development data, with the frozen model's predictions.
    snapshots : dict of float to DataFrame
        Snapshots by month: all patients who have arrived, followed and recorded up to then.
    spec : dict
        Roles of the columns, for ``Monitor.from_tables``.
    truth : DataFrame
        ``patient_id``, ``arrived`` and the true survival at the horizon of all patients of the history.
    kind : str
        One of ``HISTORIES``.
    changed_from : float
        Month from which the change of ``kind`` applies.
    """

    base: pd.DataFrame
    snapshots: Mapping[float, pd.DataFrame]
    spec: Mapping[str, Any]
    truth: pd.DataFrame
    kind: str
    changed_from: float


def make_monitoring_history(
    kind: str = "none",
    *,
    seed: int = 0,
    patients: int = 1500,
    per_month: float = 50.0,
    changed_from: float = 18.0,
    months: float = _MONTHS,
    looks: int = 15,
) -> MonitoringHistory:
    """Simulate the history of a frozen model with snapshots of new data.

    Parameters
    ----------
    kind : str
        One of ``HISTORIES``.
    seed : int
        The same seed gives the same history.
    patients : int, default 1500
        Number of patients of the development data.
    per_month : float
        Mean number of patients who arrive per month.
    changed_from : float
        Month from which the change applies.
    months : float
        Length of the history, in months.
    looks : int
        Number of snapshots, equally spaced; the first is after a grace period, the last in the last month.

    Raises
    ------
    UsageError
        If ``kind`` is none of ``HISTORIES``.

    Examples
    --------
    >>> import genorx as gx
    >>> made = gx.datasets.make_monitoring_history("baseline_up", patients=200)
    >>> made.kind, made.changed_from
    ('baseline_up', 18.0)
    """
    if kind not in HISTORIES:
        raise UsageError(f"there is no kind of history {shown(kind)!r}", hint=f"one of {', '.join(HISTORIES)}")
    rng = np.random.default_rng([seed, *kind.encode()])
    frozen, base = _development(rng, patients)
    arrived = np.sort(rng.uniform(0.0, months, rng.poisson(per_month * months))).round(5)
    everybody = _arriving(rng, kind, arrived, changed_from)
    truth = everybody[["patient_id", "arrived"]].assign(survival=np.exp(-everybody["_scale"] * _HORIZON**_SHAPE))
    sent = _sent(rng, kind, everybody, changed_from)
    moments = [
        float(np.round(month, 6)) for month in np.linspace(months, 0.0, looks + 1, endpoint=False)[looks - 1 :: -1]
    ]
    return MonitoringHistory(
        base=base,
        snapshots={month: _snapshot(sent, frozen, month) for month in moments},
        spec=_spec(looks),
        truth=truth,
        kind=kind,
        changed_from=changed_from,
    )


def _spec(looks: int) -> dict[str, Any]:
    return {
        "id": "patient_id",
        "arrived": "arrived",
        "time": "time",
        "event": "event",
        "expected": "cumhaz",
        "linear_predictor": "lp",
        "covariates": list(_COVARIATES),
        "site": "site",
        "recorded_after": "recorded_after",
        "horizon": _HORIZON,
        "survival_at_horizon": "surv24",
        "looks": looks,
        "alpha": 0.05,
    }


def _people(rng: np.random.Generator, shift: Floats, older: Floats, treated: Floats) -> pd.DataFrame:
    n = len(shift)
    return pd.DataFrame(
        {
            "age": np.round(rng.normal(60.0 + older, 12.0)).clip(1, 110),
            "wbc": np.exp(rng.normal(2.5 + shift, 0.95)).round(2).clip(0.01),
            "tp53": rng.binomial(1, 0.12, n),
            "flt3": rng.binomial(1, 0.26, n),
            "ecog": rng.choice(3, n, p=[0.4, 0.45, 0.15]),
            "treated": rng.binomial(1, treated),
            "site": rng.choice(["A", "B", "C"], n),
        }
    )


def _design(people: pd.DataFrame) -> Floats:
    """Return covariates in the form of the frozen model; missing ones at their mean."""
    table = people[list(_COVARIATES)].astype(float).assign(wbc=lambda each: np.log(each["wbc"]))
    centred = table.to_numpy() - _CENTRE
    typical = np.array([0.0, 0.0, 0.0, 0.0, 1.0, 0.0])
    return np.where(np.isnan(centred), typical, centred)


@dataclass(frozen=True)
class _Frozen:
    """A Cox model by partial likelihood with Breslow's baseline."""

    coefficients: Floats
    times: Floats
    hazard: Floats

    def numbers(self, people: pd.DataFrame, time: Floats) -> pd.DataFrame:
        score = _design(people) @ self.coefficients
        curve = np.append(0.0, self.times), np.append(0.0, self.hazard)
        at, end = np.interp(time, *curve), np.interp(_HORIZON, *curve)
        made = {"lp": score, "cumhaz": at * np.exp(score), "surv24": np.exp(-end * np.exp(score))}
        return pd.DataFrame(made, index=people.index).round(5)


def _development(rng: np.random.Generator, patients: int) -> tuple[_Frozen, pd.DataFrame]:
    from sksurv.linear_model import CoxPHSurvivalAnalysis

    none = np.zeros(patients)
    people = _people(rng, none, none, np.full(patients, 0.5))
    latent = _event_time(rng, _HAZARD * np.exp(_design(people) @ _EFFECTS))
    end = rng.uniform(12.0, 60.0, patients)
    seen = latent <= end
    time = np.maximum(np.minimum(latent, end), 1e-5).round(5)
    y = np.array(list(zip(seen, time, strict=True)), dtype=[("event", bool), ("time", float)])
    fitted = CoxPHSurvivalAnalysis().fit(_design(people), y)
    curve = fitted.cum_baseline_hazard_
    # scikit-survival's baseline is for mean covariates or for zeros, by version: it is converted to zeros
    raw = np.sum(np.interp(time, curve.x, curve.y) * np.exp(_design(people) @ fitted.coef_))
    frozen = _Frozen(fitted.coef_, curve.x, curve.y * (seen.sum() / raw))
    lag = np.where(seen, rng.exponential(_LAG, patients).round(5), np.nan)
    table = people.assign(time=time, event=seen.astype(int), recorded_after=lag)
    return frozen, pd.concat([table, frozen.numbers(table, time)], axis=1)


def _event_time(rng: np.random.Generator, scale: Floats) -> Floats:
    made: Floats = (rng.exponential(size=len(scale)) / scale) ** (1.0 / _SHAPE)
    return made


def _arriving(rng: np.random.Generator, kind: str, arrived: Floats, start: float) -> pd.DataFrame:
    """Return all true patients of the history, with their latent times."""
    after = arrived >= start
    season = np.sin(2.0 * np.pi * arrived / 12.0) if kind == "season" else np.zeros(len(arrived))
    mixed = after & (kind == "case_mix")
    people = _people(rng, 0.25 * season, 4.0 * season + 7.0 * mixed, np.where(mixed, 0.65, 0.5))
    people.insert(0, "patient_id", [f"N{number:05d}" for number in range(len(people))])
    scale = _HAZARD * np.exp(_true_index(kind, people, arrived, after, start))
    lag = rng.exponential(_LAG, len(people)) * np.where(after & (kind == "late_reports"), 3.0, 1.0)
    return people.assign(arrived=arrived, _latent=_event_time(rng, scale), _lag=lag.round(5), _scale=scale)


def _true_index(kind: str, people: pd.DataFrame, arrived: Floats, after: NDArray[np.bool_], start: float) -> Floats:
    design, effects = _design(people), _EFFECTS.copy()
    before: Floats = design @ effects
    changed = {
        "baseline_up": before + np.log(1.5),
        "baseline_down": before + np.log(0.65),
        "slow_rise": before + 0.02 * (arrived - start),
        "slope": before.mean() + 0.5 * (before - before.mean()),
        "effects": design @ np.where([False, False, True, False, False, True], 0.0, effects) + 0.2 * design[:, 2],
        "subgroup": before + np.log(2.0) * design[:, 3],
    }
    return np.where(after, changed.get(kind, before), before)


def _sent(rng: np.random.Generator, kind: str, people: pd.DataFrame, start: float) -> pd.DataFrame:
    """Return the patients as reported by their sites."""
    sent, after = people.copy(), (people["arrived"] >= start).to_numpy()
    at_b = after & (people["site"] == "B").to_numpy()
    if kind == "units":
        sent["wbc"] = np.where(at_b, sent["wbc"] * 1000.0, sent["wbc"])
    elif kind == "missing":
        sent["ecog"] = sent["ecog"].astype(float).mask(at_b & (rng.random(len(sent)) < 0.7))
    elif kind == "recoded":
        sent["ecog"] = np.where(at_b, sent["ecog"] + 1, sent["ecog"])
    return sent


def _snapshot(people: pd.DataFrame, frozen: _Frozen, month: float) -> pd.DataFrame:
    """Return the patients enrolled by a month, with the events recorded by then and the frozen model's predictions."""
    there = people[people["arrived"] < month].reset_index(drop=True)
    followed = month - there["arrived"]
    seen = there["_latent"] + there["_lag"] <= followed
    time = np.where(seen, there["_latent"], followed).round(5)
    stated = there.drop(columns=["_latent", "_lag", "_scale"]).assign(
        time=time, event=seen.astype(int), recorded_after=there["_lag"].where(seen)
    )
    return pd.concat([stated, frozen.numbers(stated, time)], axis=1)
