"""A grade: ordered levels, of which ``at_least`` and above count as the event, such as toxicity by CTCAE."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from genorx._core.words import plain_level
from genorx.cohort.kinds.base import KeyFault, names_twice
from genorx.cohort.kinds.valued import ValuedData, strange_value
from genorx.errors import shown

if TYPE_CHECKING:
    from genorx.cohort.outcome import Outcome
    from genorx.cohort.patient_rows import PatientRows
    from genorx.cohort.study_file.sections import OutcomeSection


class OrdinalData(ValuedData):
    """Column ``value``, the index among the levels counted from 0."""

    name = "ordinal"
    allowed = ("levels", "at_least")
    part = "grade"

    def parts(self, section: OutcomeSection) -> tuple[str, ...]:
        """Return the grades, lowest first."""
        return _levels(section)

    def key_faults(self, where: tuple[str, ...], section: OutcomeSection, *, needs_horizon: bool) -> Iterator[KeyFault]:
        """Yield also duplicate grades, fewer than three, and an ``at_least`` that is no grade."""
        yield from super().key_faults(where, section, needs_horizon=needs_horizon)
        yield from names_twice(where, "levels", section.levels)
        levels = _levels(section)
        if len(levels) < 3:
            hint = 'use kind = "binary" for two'
            yield KeyFault((*where, "levels"), "an ordinal outcome has at least three grades", hint)
        if section.at_least is None and section.levels:
            hint = "name the lowest grade that counts as the event, such as at_least = 3"
            reason = f'outcome "{shown(where[-1])}" has "levels" and no "at_least"'
            yield KeyFault(where, reason, hint, "missing-key")
        elif _at_least(section) not in levels[1:]:
            hint = f"one of {', '.join(map(shown, levels[1:]))}"
            yield KeyFault((*where, "at_least"), f'"{shown(section.at_least)}" is no grade above the lowest', hint)

    def values(self, column: str, section: OutcomeSection, rows: PatientRows) -> pd.Series[float]:
        """Return the index of each grade among the levels (``unknown-grade`` for any other cell)."""
        cells, levels = rows.text(column), _levels(section)
        places = {plain_level(level): float(place) for place, level in enumerate(levels)}
        read = [np.nan if pd.isna(cell) else places.get(plain_level(str(cell)), np.nan) for cell in cells]
        value = pd.Series(read, index=cells.index, dtype=float)
        strange = cells[cells.notna() & value.isna()]
        if len(strange):
            hint = f"grades, lowest first: {', '.join(map(shown, levels))}"
            raise strange_value(rows, column, strange, what="is no grade", hint=hint, code="unknown-grade")
        return value

    def reported(self, value: pd.Series[float], section: OutcomeSection) -> pd.Series[Any]:
        """Return whether the grade is at or above the threshold."""
        return value >= _levels(section).index(_at_least(section))

    def fields(self, section: OutcomeSection) -> dict[str, Any]:
        """Return the grades, and the threshold grade."""
        return {"levels": _levels(section), "at_least": _at_least(section)}

    def happened(self, outcome: Outcome) -> pd.Series[bool]:
        """Return a mask of patients with a grade at or above the threshold."""
        return outcome.frame["value"] >= outcome.least


def _levels(section: OutcomeSection) -> tuple[str, ...]:
    """Return the grades as given, otherwise those of CTCAE, 0 to 5."""
    return tuple(section.levels) or tuple("012345")


def _at_least(section: OutcomeSection) -> str:
    """Return the threshold grade: as given, otherwise 3, which CTCAE calls severe."""
    return "3" if section.at_least is None else str(section.at_least)
