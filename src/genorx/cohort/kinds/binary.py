"""Yes or no."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from genorx.cohort.kinds.valued import ValuedData, yes_no

if TYPE_CHECKING:
    from genorx.cohort.outcome import Outcome
    from genorx.cohort.patient_rows import PatientRows
    from genorx.cohort.study_file.sections import OutcomeSection


class BinaryData(ValuedData):
    """Column ``value``: 1 for yes, 0 for no."""

    name = "binary"

    def values(self, column: str, section: OutcomeSection, rows: PatientRows) -> pd.Series[float]:  # noqa: ARG002
        """Return 1, 0 and missing (``value-coding`` for anything else)."""
        return yes_no(rows, column, code="value-coding")

    def happened(self, outcome: Outcome) -> pd.Series[bool]:
        """Return a mask of patients with a yes."""
        return outcome.frame["value"] >= 1
