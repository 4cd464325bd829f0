"""Time to the first event of several competing causes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

import pandas as pd

from genorx._core.words import plain_level
from genorx.cohort.kinds.base import KeyFault, names_twice
from genorx.cohort.kinds.timed import EventData
from genorx.cohort.tables.numbers import is_number
from genorx.errors import Finding, TableError, shown

if TYPE_CHECKING:
    from genorx.cohort.patient_rows import PatientRows
    from genorx.cohort.study_file.sections import OutcomeSection

_MOST_CAUSES = 9


class CompetingData(EventData):
    """Columns ``time`` and ``event``, coded 0 for none and 1, 2, ... for the causes in the order of the study file."""

    name = "competing"
    needed = (*EventData.needed, "causes")
    allowed = (*EventData.allowed, "cause")
    part = "cause"

    def parts(self, section: OutcomeSection) -> tuple[str, ...]:
        """Return the causes."""
        return tuple(section.causes)

    def key_faults(self, where: tuple[str, ...], section: OutcomeSection, *, needs_horizon: bool) -> Iterator[KeyFault]:
        """Yield also duplicate causes, and a ranking cause that is not among them."""
        yield from super().key_faults(where, section, needs_horizon=needs_horizon)
        yield from names_twice(where, "causes", section.causes)
        if section.cause is not None and section.cause not in section.causes:
            hint = f"one of {', '.join(map(shown, section.causes))}"
            reason = f'"{shown(section.cause)}" is none of the "causes"'
            yield KeyFault((*where, "cause"), reason, hint, "unknown-cause")

    def ended(self, section: OutcomeSection, rows: PatientRows) -> pd.Series[float]:
        """Return the cause of each patient's event, 0 for censoring, missing if not known.

        Raises
        ------
        TableError
            ``cause-coding`` for a code without a name, and for names in place of codes.
        """
        column, causes = str(section.event), section.causes
        cells = rows.text(column)
        words = cells[cells.isin([cause for cause in causes if not is_number(cause)])]
        if len(words):
            reason = f"{len(words)} cells hold the name of a cause in place of its code"
            raise _cause_fault(rows, column, causes, reason, words)
        cause = rows.numbers(column).astype(float)
        strange = cause[cause.notna() & ~cause.isin(range(len(causes) + 1))]
        if len(strange):
            reason = f"code {strange.iloc[0]:g} of {len(strange)} cells names no cause"
            raise _cause_fault(rows, column, causes, reason, strange)
        return cause

    def columns(self, time: pd.Series[float], ended: pd.Series[float]) -> pd.DataFrame:
        """Return ``time``, ``event`` and ``cause``."""
        return super().columns(time, ended).assign(cause=ended.astype(int))

    def fields(self, section: OutcomeSection) -> dict[str, Any]:
        """Return the causes, and the one that options are ranked by."""
        return {"causes": tuple(section.causes), "cause": section.cause}

    def unseen(self, name: str, section: OutcomeSection, frame: pd.DataFrame, file: str) -> Iterator[Finding]:
        """Yield a finding for each cause without events."""
        for code, cause in enumerate(section.causes, start=1):
            if frame["event"].any() and not (frame["cause"] == code).any():
                message = f'no patient had the cause "{shown(cause)}" of "{shown(name)}"'
                yield Finding(code="cause-never-seen", severity="warning", message=message, place=file)


def _cause_fault(rows: PatientRows, column: str, causes: list[str], reason: str, where: pd.Series[Any]) -> TableError:
    named = ", ".join(f"{code} {shown(cause)}" for code, cause in enumerate(causes, start=1))
    return TableError(
        reason,
        file=rows.file,
        place=f'row {rows.row_of(str(where.index[0]))} column "{shown(column)}"',
        hint=f"0 is none; causes are {named}",
        code="cause-coding",
    )


def coded_causes(codes: Iterable[str]) -> int:
    """Return the number of causes if coded as 0 for none, then 1, 2, ...; 0 for any other coding.

    >>> coded_causes(["0", "1", "2"]), coded_causes(["0", "1"]), coded_causes(["0", "2", "4"])
    (2, 0, 0)
    """
    numbers = {plain_level(code) for code in codes}
    return next((most for most in range(2, _MOST_CAUSES + 1) if numbers == set(map(str, range(most + 1)))), 0)


def cause_names(number: int) -> list[str]:
    """Return names for causes of which only the codes are known."""
    return [f"cause {code}" for code in range(1, number + 1)]
