"""Monitored quantities of a fitted model: its primary outcome with the predictions, and dates."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from genorx._core.time_units import DAYS_PER_UNIT
from genorx.cohort.cohort import Cohort
from genorx.cohort.tables.dates import iso_day
from genorx.cohort.tables.raw import text_of
from genorx.errors import Finding, NotAnswerableError, UsageError, shown
from genorx.monitor.plan import Plan, default_window, quarter_year
from genorx.monitor.policy import Policy
from genorx.outcomes.recalibration.base import Base
from genorx.outcomes.recalibration.columns import as_levels
from genorx.outcomes.recalibration.patients import Patients
from genorx.ranking import TreatmentRanker, load_model
from genorx.ranking.model.alignment import align
from genorx.ranking.model.own_outcomes import own_outcomes

_LOOKS, _ALPHA = 12, 0.05


@dataclass(frozen=True, kw_only=True)
class ModelWatch:
    """A fitted ranker, its stored development data, and the plan of looks."""

    ranker: TreatmentRanker
    base: Base
    plan: Plan
    policy: Policy

    @property
    def unit(self) -> str:
        """Unit of time of the primary outcome; days if it has none."""
        return _unit(self.ranker)

    def patients(self, cohort: Cohort, arrived: pd.Series | None, as_of: float) -> tuple[Patients, Plan, list[Finding]]:
        """Return a cohort as patients, the plan as far as it can be followed, and findings.

        If days of arrival are not known, all patients with a known outcome are included, and follow-up is not cut.
        """
        X = align(cohort, self.ranker.specs_, assembly=None).X  # another assembly is a fault that results in hold
        fit = self.ranker.fits_[0]
        if arrived is not None:
            numbers = pd.Series(
                [moment(each, self.unit) for each in arrived], index=text_of(arrived.index).to_numpy(dtype=object)
            )
            found = own_outcomes(fit, X, cohort, numbers).patients
            return _with_arrival(self._with_groups(found)), self.plan, []
        found = self._with_groups(own_outcomes(fit, X, cohort).patients)
        patients = replace(found, arrived=as_of - found.time)
        message = "days of arrival are not known: all patients are included, and no grace period is applied"
        stated = [Finding(code="monitor-no-arrival", severity="warning", message=message)]
        return patients, replace(self.plan, grace=-1e-6 * max(1.0, abs(as_of)), window=np.inf), stated

    def _with_groups(self, patients: Patients) -> Patients:
        """Add the subgroups declared in the policy."""
        for name in self.policy.subgroups:
            if name not in patients.covariates:
                raise UsageError(
                    f"the policy's subgroup {shown(name)!r} is not a feature of the model", code="policy-value"
                )
        values = patients.covariates[list(self.policy.subgroups)]
        levels = {name: as_levels(values[name]).reindex(values.index) for name in values}
        return replace(patients, groups=pd.DataFrame(levels, index=values.index))


def _with_arrival(patients: Patients) -> Patients:
    """Exclude, and count, patients without a known arrival day."""
    known = ~np.isnan(patients.arrivals)
    if known.all():
        return patients
    stated = {**patients.left_out, "without a day of arrival": int((~known).sum())}
    return replace(patients.rows(known), left_out=stated)


def watch(model: TreatmentRanker | str | Path, policy: Policy) -> ModelWatch:
    """Return the monitored quantities of a model.

    Raises
    ------
    UsageError
        If it is neither a fitted ranker nor a model file.
    NotAnswerableError
        ``model-without-base``: the model file has no summary of the development data.
    """
    if isinstance(model, TreatmentRanker):
        ranker = model
    elif isinstance(model, str | Path):
        ranker = load_model(model)
    else:
        raise UsageError(f"a model is a fitted ranker or a model file, not a {type(model).__name__}", code="usage")
    kept = ranker.training_.get("monitoring")
    if kept is None:
        raise NotAnswerableError(
            "the model has no summary of its development data to compare new data with: quantiles, levels, shares of "
            "missing values, baseline hazard and calibration",
            hint="fit it again with this version, with a time to an event or a yes or no as primary outcome",
            code="model-without-base",
        )
    base = Base.from_dict(kept)
    return ModelWatch(ranker=ranker, base=base, plan=_plan(ranker, policy), policy=policy)


def _unit(ranker: TreatmentRanker) -> str:
    unit = ranker.fits_[0].unit
    return unit if unit in DAYS_PER_UNIT else "days"


def _plan(ranker: TreatmentRanker, policy: Policy) -> Plan:
    """Return the plan of the policy, with defaults where it has none."""
    fit = ranker.fits_[0]
    quarter = quarter_year(_unit(ranker))
    horizon = fit.restricted or 4.0 * quarter
    window = policy.window if policy.window is not None else default_window(horizon, quarter)
    return Plan(
        looks=policy.looks or _LOOKS,
        alpha=policy.alpha or _ALPHA,
        grace=policy.grace if policy.grace is not None else quarter,
        window=window,
        quarter=quarter,
    )


def moment(when: Any, unit: str) -> float:
    """Return a date in a unit of time since 1970; a number is unchanged.

    Raises
    ------
    UsageError
        If it is neither a date nor a number (``no-date``).
    """
    if when is None or (not isinstance(when, str) and pd.isna(when)):
        return float("nan")
    if isinstance(when, int | float | np.number) and not isinstance(when, bool):
        return float(when)
    day = when if isinstance(when, date) else iso_day(str(when).strip())
    if day is None:
        raise UsageError(f"{shown(when)!r} is not a date", hint="write it as 2026-06-30", code="no-date")
    return (day.toordinal() - date(1970, 1, 1).toordinal()) / DAYS_PER_UNIT[unit]
