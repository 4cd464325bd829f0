"""Summary of the development data for monitoring: columns, hazard, calibration, reporting lag; no patient.

It is exact if computed from tables; ``Base.coarse`` rounds the version in a model file.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from genorx._core.disclosure import FEWEST, rounded, rounded_up
from genorx._core.short_repr import short
from genorx.errors import SupportError
from genorx.outcomes.recalibration.columns import GRID, ColumnBase, as_levels
from genorx.outcomes.recalibration.course import Course
from genorx.outcomes.recalibration.directions import Directions
from genorx.outcomes.recalibration.likelihood import LIKELIHOODS, Likelihood
from genorx.outcomes.recalibration.offset_regression import Prior, fit_with_offset
from genorx.outcomes.recalibration.patients import Patients

Floats = NDArray[np.float64]
_EVENTS_A_DIRECTION = 10
_GRACE_QUANTILE = 0.975
#: Events of development or of new data below which calibration is not assessed.
FEWEST_EVENTS = 4


@short
@dataclass(frozen=True, kw_only=True)
class CalibrationBase:
    """Calibration of the frozen model on its own development data, in one part of the outcome.

    Attributes
    ----------
    part : str
        Name of the part of the outcome.
    directions : Directions
    prior : Prior
        Coefficients of the development data and their information: the model's own sampling error.
    course : Course
        Hazard over time.
    events : int
        Number of events.
    event_steps : tuple of float
        Times that divide the events into equal shares.
    """

    part: str
    directions: Directions
    prior: Prior
    course: Course
    events: int
    event_steps: tuple[float, ...] = ()

    def coarse(self) -> Self:
        """Return a copy without numbers of single patients."""
        spread = float(self.course.times[-1])
        steps = tuple(rounded(each, spread) for each in self.event_steps)
        return replace(self, directions=self.directions.coarse(), course=self.course.coarse(), event_steps=steps)

    def to_dict(self) -> dict[str, Any]:
        """Return JSON values."""
        return {
            "part": self.part,
            "directions": self.directions.to_dict(),
            "mean": self.prior.mean.tolist(),
            "precision": self.prior.precision.tolist(),
            "course": self.course.to_dict(),
            "events": self.events,
            "event_steps": list(self.event_steps),
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Return the object of a dictionary from ``to_dict``."""
        prior = Prior(mean=np.asarray(values["mean"]), precision=np.asarray(values["precision"]))
        return cls(
            part=values["part"],
            directions=Directions.from_dict(values["directions"]),
            prior=prior,
            course=Course.from_dict(values["course"]),
            events=int(values["events"]),
            event_steps=tuple(values["event_steps"]),
        )


@short
@dataclass(frozen=True, kw_only=True)
class Base:
    """Summary of the development data for monitoring.

    Attributes
    ----------
    patients : int
    columns : tuple of ColumnBase
    parts : tuple of CalibrationBase
    lag : tuple of float
        Quantiles, at ``columns.GRID``, of the time from an event to its record; empty if not known.
    lag_events : int
        Number of events with a known lag.
    follow_up : float
        Longest follow-up.
    sites, arms : tuple of str
    mean, covariance : array
        Mean and covariance of the directions other than index and mean, for the shift of case mix.
    kind : {"survival", "binary"}
    digest : str
    """

    patients: int
    columns: tuple[ColumnBase, ...]
    parts: tuple[CalibrationBase, ...]
    lag: tuple[float, ...]
    lag_events: int
    follow_up: float
    sites: tuple[str, ...]
    arms: tuple[str, ...]
    mean: Floats
    covariance: Floats
    kind: str
    digest: str

    @property
    def likelihood(self) -> Likelihood:
        """The likelihood of the outcomes."""
        return LIKELIHOODS[self.kind]

    @property
    def events(self) -> int:
        """Number of events in all parts."""
        return sum(part.events for part in self.parts)

    @classmethod
    def of(cls, patients: Patients, names: Sequence[str], kind: str) -> Self:
        """Summarise development data; ``names`` are those of the outcome's parts.

        Raises
        ------
        SupportError
            ``base-without-events``: a part has too few events for changes to be detected.
        """
        parts = tuple(_calibration(patients, number, name, kind) for number, name in enumerate(names))
        first = parts[0].directions.rows(patients.described, patients.index[:, 0])
        lag = np.zeros(0) if patients.lag is None else patients.lag[(patients.event > 0) & ~np.isnan(patients.lag)]
        return cls(
            patients=len(patients),
            columns=tuple(ColumnBase.of(patients.covariates[name], patients.site) for name in patients.covariates),
            parts=parts,
            lag=tuple(np.quantile(lag, GRID).tolist()) if lag.size else (),
            lag_events=int(lag.size),
            follow_up=float(patients.time.max()),
            sites=_different(patients.site),
            arms=_different(patients.arm),
            mean=first[:, 1:].mean(axis=0),
            covariance=np.atleast_2d(np.cov(first[:, 1:], rowvar=False)),
            kind=kind,
            digest=patients.digest(),
        )

    def coarse(self) -> Self:
        """Return a copy without numbers of single patients, for a model file."""
        return replace(
            self,
            columns=tuple(column.coarse() for column in self.columns),
            parts=tuple(part.coarse() for part in self.parts),
            follow_up=rounded_up(self.follow_up),
            digest="",
        )

    def to_dict(self) -> dict[str, Any]:
        """Return JSON values."""
        return {
            "patients": self.patients,
            "columns": [column.to_dict() for column in self.columns],
            "parts": [part.to_dict() for part in self.parts],
            "lag": list(self.lag),
            "lag_events": self.lag_events,
            "follow_up": self.follow_up,
            "sites": list(self.sites),
            "arms": list(self.arms),
            "mean": self.mean.tolist(),
            "covariance": self.covariance.tolist(),
            "kind": self.kind,
            "digest": self.digest,
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Return the object of a dictionary from ``to_dict``."""
        return cls(
            patients=int(values["patients"]),
            columns=tuple(ColumnBase.from_dict(each) for each in values["columns"]),
            parts=tuple(CalibrationBase.from_dict(each) for each in values["parts"]),
            lag=tuple(values["lag"]),
            lag_events=int(values["lag_events"]),
            follow_up=float(values["follow_up"]),
            sites=tuple(values["sites"]),
            arms=tuple(values["arms"]),
            mean=np.asarray(values["mean"], dtype=float),
            covariance=np.asarray(values["covariance"], dtype=float),
            kind=str(values["kind"]),
            digest=str(values["digest"]),
        )

    def grace(self, quarter: float) -> float:
        """Return the time by which nearly all events are recorded; at least ``quarter``, three months."""
        learnt = self.lag[int(np.ceil(_GRACE_QUANTILE * (len(GRID) - 1)))] if self.lag else 0.0
        return float(max(learnt, quarter))


def _different(values: NDArray[Any] | None) -> tuple[str, ...]:
    return () if values is None else tuple(sorted({str(each) for each in values if each is not None}))


def outcomes(patients: Patients, number: int, likelihood: Likelihood) -> tuple[NDArray[np.bool_], Floats, Floats]:
    """Return which patients count in a part, which had its event (0 or 1), and the offset of the likelihood."""
    expected = patients.expected[:, number]
    happened = (patients.event == number + 1).astype(float)
    return likelihood.counted(expected), happened, likelihood.offset(expected)


def _calibration(patients: Patients, number: int, name: str, kind: str) -> CalibrationBase:
    likelihood = LIKELIHOODS[kind]
    counts, happened, offset = outcomes(patients, number, likelihood)
    events = int(happened[counts].sum())
    if events < FEWEST_EVENTS:
        count = "no event" if not events else f"{events} events"
        raise SupportError(
            f"the development data have {count} of {name!r}: a change cannot be detected, and at least "
            f"{FEWEST_EVENTS} are needed",
            file=patients.name,
            hint="give the data to which the model was fitted, with their outcomes",
            code="base-without-events",
        )
    index = patients.index[:, number]
    most = max(0, events // _EVENTS_A_DIRECTION - 2)
    described = _without_repeats(patients)
    directions = Directions.of(described, index, most=most)
    X = directions.rows(described, index)
    fitted = fit_with_offset(X[counts], happened[counts], offset[counts], likelihood=likelihood)
    return CalibrationBase(
        part=name,
        directions=directions,
        prior=Prior(mean=fitted.coefficients, precision=fitted.information),
        course=Course.of(patients.time, patients.expected[:, number], index),
        events=events,
        event_steps=_steps(patients.time[counts & (happened > 0)]) if likelihood.timed else (),
    )


def _without_repeats(patients: Patients) -> pd.DataFrame:
    """Return the described variables, without an arm or subgroup that is also a covariate."""
    made = patients.covariates
    for name in patients.described.columns[made.shape[1] :]:
        values = patients.described[name]
        if not any(_same(values, made[other]) for other in made):
            made = made.assign(**{name: values})
    return made


def _same(one: pd.Series[Any], other: pd.Series[Any]) -> bool:
    if one.nunique() != other.nunique():
        return False
    levels = (as_levels(each).reindex(each.index) for each in (one, other))
    return bool(next(levels).equals(next(levels)))


def _steps(time: Floats) -> tuple[float, ...]:
    """Return times that split the events into equal shares, of at least ``FEWEST`` each."""
    number = max(1, min(10, len(time) // FEWEST))
    return tuple(np.quantile(time, np.arange(1, number + 1) / number).tolist())
