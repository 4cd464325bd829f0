"""One outcome of all patients in whom it is known: survival, a competing cause, yes or no, an amount, a count, a grade.

Kinds, and how each is read from a table, are in ``cohort.kinds``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from genorx._core.short_repr import short
from genorx.cohort.course.course import Course
from genorx.cohort.horizons import HorizonCheck
from genorx.cohort.kinds import DATA_KINDS, Better, DataKind, OutcomeKind, OutcomeRole
from genorx.cohort.kinds.base import Reading
from genorx.cohort.outcome_cells import with_times_and_events
from genorx.errors import Finding, shown

if TYPE_CHECKING:
    from genorx.cohort.patient_rows import PatientRows
    from genorx.cohort.study_file.sections import OutcomeSection


@short
@dataclass(frozen=True, kw_only=True)
class Outcome:
    """One outcome of all patients in whom it is known.

    Attributes
    ----------
    name : str
        Name in the study.
    kind : {"survival", "competing", "binary", "continuous", "count", "ordinal", "multistate"}
    frame : DataFrame, index ``patient_id``
        survival: ``time`` (float, in ``unit``, from the study's origin) and ``event`` (bool);
        multistate: the same, of leaving the states that count as alive;
        competing: the same and ``cause`` (int, 0 for none, else the place in ``causes`` counted from 1);
        binary, continuous, count: ``value`` (float); ordinal: ``value``, the place in ``levels`` counted from 0.
        Patients whose outcome is not known are absent.
    unit : str
        Unit of time, or of an amount; empty where there is none.
    horizons : tuple of float
        Times at which a time to an event is reported, ascending; empty for a value.
    better : {"longer", "shorter", "higher", "lower"}
        Better direction of the outcome.
    role : {"benefit", "harm", "cost", "negative_control"}
        No option can affect a negative control: it is not ranked, and its mean effect should be compatible with 0.
    causes : tuple of str
        Causes of a competing outcome, in the order of their codes.
    cause : str or None
        Cause of a competing outcome by which options are ranked, by the time lost to it.  None: they are ranked by the
        time without any event.
    levels : tuple of str
        Grades of an ordinal outcome, lowest first.
    at_least : str or None
        Threshold grade of an ordinal outcome: the probability of it or more is reported.
    course : Course or None
        States, transitions and entries of a multistate outcome.
    """

    name: str
    kind: OutcomeKind
    frame: pd.DataFrame
    unit: str = ""
    horizons: tuple[float, ...] = ()
    better: Better = "longer"
    role: OutcomeRole = "benefit"
    causes: tuple[str, ...] = ()
    cause: str | None = None
    levels: tuple[str, ...] = ()
    at_least: str | None = None
    course: Course | None = None

    @property
    def data(self) -> DataKind:
        """The kind's rules."""
        return DATA_KINDS[self.kind]

    @property
    def timed(self) -> bool:
        """Whether it is a time to an event."""
        return self.data.timed

    @property
    def states(self) -> tuple[str, ...]:
        """States of a multistate outcome."""
        return () if self.course is None else self.course.states

    @property
    def alive(self) -> tuple[str, ...]:
        """States of a multistate outcome that count as being alive."""
        return () if self.course is None else self.course.alive

    @property
    def is_amount(self) -> bool:
        """Whether it is a number with a unit."""
        return self.data.is_amount

    @property
    def least(self) -> int:
        """The index of the threshold grade of an ordinal outcome."""
        return self.levels.index(self.at_least) if self.at_least is not None else 1

    @property
    def happened(self) -> pd.Series[bool]:
        """Mask of patients with the event, a yes, a count above 0, or a grade from the threshold; for amounts, all."""
        return self.data.happened(self)

    def check_horizons(self, ranked: float | None, file: Path) -> None:
        """Check that the horizons of a time to an event can be in the unit of the times; ``ranked`` is the ranking's.

        Raises
        ------
        StudyError
            ``horizon-unit``; see ``cohort.horizons``.
        """
        if self.timed:
            HorizonCheck(name=self.name, unit=self.unit, horizons=self.horizons, ranked=ranked, times=self.frame).check(
                file
            )


@dataclass(frozen=True, kw_only=True)
class ReadOutcome:
    """An outcome, the excluded patients of its table by reason, and findings."""

    outcome: Outcome
    lost: dict[str, pd.Index]
    findings: tuple[Finding, ...]


def read_outcome(name: str, section: OutcomeSection, rows: PatientRows, *, horizon: float | None = None) -> ReadOutcome:
    """Return one outcome of all patients in whom it is known.

    Parameters
    ----------
    name : str
    section : OutcomeSection
    rows : PatientRows
        The outcome's table.
    horizon : float, optional
        Horizon of a time to an event without horizons of its own, in its unit.

    Raises
    ------
    TableError
        If a column is absent, a cell is not a number, events are not coded 0 and 1 (``event-coding``) or not by the
        causes named (``cause-coding``), or a value is not valid for its kind (``value-coding``, ``negative-count``,
        ``not-a-count``, ``unknown-grade``); as ``with_times_and_events``.
    StudyError
        ``unit-contradiction`` if the column of times or values names another unit than the study.
    """
    stated = section.event_value is not None
    section, rows = with_times_and_events(section, rows)
    read: Reading = DATA_KINDS[section.kind].read(name, section, rows, horizon=horizon)
    outcome = Outcome(
        name=name,
        kind=section.kind,
        frame=read.frame,
        unit=section.unit or "",
        better=DATA_KINDS[section.kind].better(section),
        role=section.role,
        **read.fields,
    )
    doubts = () if stated else _named_censored(section.event, outcome, rows.name)
    return ReadOutcome(outcome=outcome, lost=read.lost, findings=(*read.findings, *doubts))


def _named_censored(column: str | None, outcome: Outcome, file: str) -> tuple[Finding, ...]:
    """Return a finding where an event column is named for the absence of the event: its 1 may mean "none seen"."""
    if column is None or not DATA_KINDS[outcome.kind].one_event or "censor" not in column.casefold():
        return ()
    message = (
        f'{int(outcome.happened.sum())} of {len(outcome.frame)} have the event of "{shown(outcome.name)}": 1 in '
        f'"{shown(column)}" is read as the event; if it means that there was none, give event_value, such as 0'
    )
    return (Finding(code="event-named-censored", severity="serious", message=message, place=file),)


def limited_to(outcome: Outcome, patients: pd.Index) -> Outcome:
    """Restrict an outcome to some patients, in their order."""
    known = patients[patients.isin(outcome.frame.index)]
    course = None if outcome.course is None else outcome.course.only(known)
    return replace(outcome, frame=outcome.frame.loc[known], course=course)
