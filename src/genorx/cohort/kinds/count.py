"""A count: 0, 1, 2, ..., such as days in hospital."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from genorx.cohort.kinds.valued import ValuedData, strange_value

if TYPE_CHECKING:
    from genorx.cohort.outcome import Outcome
    from genorx.cohort.patient_rows import PatientRows
    from genorx.cohort.study_file.sections import OutcomeSection


class CountData(ValuedData):
    """Column ``value``, whole numbers from 0."""

    name = "count"
    is_amount = True
    is_count = True
    rare = "events"
    allowed = ("unit",)

    def values(self, column: str, section: OutcomeSection, rows: PatientRows) -> pd.Series[float]:  # noqa: ARG002
        """Return the counts (``negative-count``, ``not-a-count`` for anything else)."""
        value = rows.numbers(column).astype(float)
        hint = "a count is 0, 1, 2, ...; empty where it is not known"
        if (negative := value[value < 0]).size:
            raise strange_value(rows, column, negative, what="is below 0", hint=hint, code="negative-count")
        if (broken := value[value.notna() & (value != value.round())]).size:
            hint = 'a rate or an amount is kind = "continuous"'
            raise strange_value(rows, column, broken, what="is not a whole number", hint=hint, code="not-a-count")
        return value

    def happened(self, outcome: Outcome) -> pd.Series[bool]:
        """Return a mask of patients with a count above 0."""
        return outcome.frame["value"] >= 1

    def rarer(self, outcome: Outcome, rows: pd.DataFrame) -> int:
        """Return the number of patients with a count above 0."""
        return int(self.happened(outcome).loc[rows.index].sum())

    def number(self, outcome: Outcome) -> pd.Series[float]:
        """Return the counts."""
        return outcome.frame["value"]
