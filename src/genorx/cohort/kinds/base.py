"""Interface of an outcome kind: its study-file keys, how it is read, and who had the event.

This module is about the data; models of a kind are in ``outcomes``.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Literal, NamedTuple

import pandas as pd

from genorx.errors import Finding, shown

if TYPE_CHECKING:
    from genorx.cohort.design.design import Design
    from genorx.cohort.outcome import Outcome
    from genorx.cohort.patient_rows import PatientRows
    from genorx.cohort.study_file.sections import OutcomeSection

OutcomeKind = Literal["survival", "competing", "binary", "continuous", "count", "ordinal", "multistate"]
OutcomeRole = Literal["benefit", "harm", "cost", "negative_control"]
Better = Literal["longer", "shorter", "higher", "lower"]


class KeyFault(NamedTuple):
    """A violated rule between keys of a study file: place, reason, remedy, and error code."""

    where: tuple[str | int, ...]
    reason: str
    hint: str | None = None
    code: str = "wrong-value"


@dataclass(frozen=True, kw_only=True)
class Reading:
    """One outcome as read from a table.

    Attributes
    ----------
    frame : DataFrame, index ``patient_id``
        Patients in whom the outcome is known, with the columns of its kind.
    lost : mapping of reason to the patients in whom it cannot be used
    findings : tuple of Finding
    fields : mapping
        Fields of ``Outcome`` that only this kind has.
    """

    frame: pd.DataFrame
    lost: dict[str, pd.Index]
    findings: tuple[Finding, ...] = ()
    fields: Mapping[str, Any] = field(default_factory=dict)


class DataKind(ABC):
    """One kind of outcome.

    Attributes
    ----------
    name : str
        ``kind`` in a study file.
    timed : bool
        Whether it is a time to an event; else a value.
    has_states : bool
        Whether it is a course through states, of which several are alive.
    one_event : bool
        Whether it is a time to an event of one kind: neither causes nor states.
    is_amount : bool
        Whether the value is a number with a unit; else a probability is reported.
    is_count : bool
        Whether the number is whole, from 0.
    needed, allowed : tuple of str
        Keys of ``[outcomes.NAME]`` that are required, and allowed, beside the common ones.
    directions : tuple of str
        Words for the better direction: more, then less.
    part : str
        Name of a part ("cause", "grade"), if each is reported as ``NAME:PART``; empty if there are no parts.
    rare : str
        Group that must not be too rare for a model to learn from.
    free : str
        Word for a patient without the event.
    """

    name: ClassVar[OutcomeKind]
    timed: ClassVar[bool] = False
    has_states: ClassVar[bool] = False
    one_event: ClassVar[bool] = False
    is_amount: ClassVar[bool] = False
    is_count: ClassVar[bool] = False
    needed: ClassVar[tuple[str, ...]] = ("value",)
    allowed: ClassVar[tuple[str, ...]] = ()
    directions: ClassVar[tuple[Better, Better]] = ("higher", "lower")
    part: ClassVar[str] = ""
    rare: ClassVar[str] = "patients with the rarer of the two answers"
    free: ClassVar[str] = "event-free"

    def better(self, section: Any) -> Better:
        """Return which direction is better: as the study file states, otherwise by ``direction``."""
        stated: Better | None = section.better
        return self.direction(section.role) if stated is None else stated

    def direction(self, role: OutcomeRole) -> Better:
        """Return the default direction: more benefit, less harm and cost."""
        more, less = self.directions
        return more if role == "benefit" else less

    def parts(self, section: OutcomeSection) -> tuple[str, ...]:  # noqa: ARG002 (causes and grades need it)
        """Return the names of its parts: causes or grades."""
        return ()

    def one_row(self, section: OutcomeSection) -> bool:  # noqa: ARG002 (courses need it)
        """Return whether the outcome's table has one row per patient."""
        return True

    def key_faults(
        self,
        where: tuple[str, ...],
        section: OutcomeSection,
        *,
        needs_horizon: bool,  # noqa: ARG002 (times need it)
    ) -> Iterator[KeyFault]:
        """Yield the violated rules between the keys of a section of this kind."""
        if section.better is not None and section.better not in self.directions:
            reason = f'better = "{section.better}" does not go with kind "{section.kind}"'
            yield KeyFault((*where, "better"), reason, f"use {' or '.join(self.directions)}")

    @abstractmethod
    def read(self, name: str, section: OutcomeSection, rows: PatientRows, *, horizon: float | None) -> Reading:
        """Return the outcome of all patients in whom it is known.

        Parameters
        ----------
        name : str
        section : OutcomeSection
        rows : PatientRows
            The outcome's table.
        horizon : float or None
            Horizon of a time to an event without horizons of its own, in its unit.

        Raises
        ------
        TableError
            If a column is absent, or a cell is no possible value of this kind of outcome.
        """

    @abstractmethod
    def happened(self, outcome: Outcome) -> pd.Series[bool]:
        """Return a mask of patients with the event, a yes, a count above 0, or a severe grade; for an amount, all."""

    def rarer(self, outcome: Outcome, rows: pd.DataFrame) -> int | None:
        """Return the smaller of the numbers with and without the event in ``rows``; None for amounts."""
        happened = int(self.happened(outcome).loc[rows.index].sum())
        return min(happened, len(rows) - happened)

    def number(self, outcome: Outcome) -> pd.Series[float] | None:  # noqa: ARG002 (numbers need it)
        """Return a number by which patients can be finely ordered: time, amount, count; None for yes or no."""
        return None

    def rows(self, outcome: Outcome, known: pd.DataFrame, design: Design | None) -> pd.DataFrame:  # noqa: ARG002
        """Return the rows of ``known`` that are compared; all of them without a design."""
        if design is None:
            return known
        return known.loc[known.index.intersection(design.treatment.index, sort=False)]


def names_twice(where: tuple[str, ...], key: str, names: list[str]) -> Iterator[KeyFault]:
    """Yield a fault for a duplicate name in a list of the study file."""
    if len(set(names)) < len(names):
        yield KeyFault((*where, key), f'a name appears twice in "{key}"', "give each a name of its own")


def missing_key(where: tuple[str, ...], key: str, hint: str) -> KeyFault:
    """Return the fault of an outcome without a key that its other keys make required."""
    return KeyFault(where, f'outcome "{shown(where[-1])}" has no "{key}"', hint, "missing-key")
