"""An amount: a number with a unit, such as a dose or a change of weight."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from genorx.cohort.kinds.valued import ValuedData
from genorx.cohort.outliers import named_far, reads_as_dose
from genorx.errors import Finding, shown

if TYPE_CHECKING:
    from genorx.cohort.outcome import Outcome
    from genorx.cohort.patient_rows import PatientRows
    from genorx.cohort.study_file.sections import OutcomeSection


class ContinuousData(ValuedData):
    """Column ``value``, in the study's ``unit``."""

    name = "continuous"
    is_amount = True
    allowed = ("unit",)

    def values(self, column: str, section: OutcomeSection, rows: PatientRows) -> pd.Series[float]:  # noqa: ARG002
        """Return the amounts."""
        return rows.numbers(column).astype(float)

    def happened(self, outcome: Outcome) -> pd.Series[bool]:
        """Return True for all patients: an amount is not an event."""
        return pd.Series(True, index=outcome.frame.index)

    def rarer(self, outcome: Outcome, rows: pd.DataFrame) -> None:
        """Return None: amounts are not events."""

    def number(self, outcome: Outcome) -> pd.Series[float]:
        """Return the amounts."""
        return outcome.frame["value"]

    def doubts(
        self, name: str, section: OutcomeSection, value: pd.Series[float], rows: PatientRows
    ) -> Iterator[Finding]:
        """Report extreme amounts and implausible doses; all of them stay in the outcome."""
        column, amounts = str(section.value), np.asarray(value, dtype=np.float64)
        dose = reads_as_dose(section.unit or "", name, column)
        none = np.flatnonzero(dose & (amounts <= 0)).tolist()
        if none:
            message = (
                f'{len(none)} patients have a dose of 0 or less in "{shown(name)}", the first '
                f"{amounts[none[0]]:g}: a patient who does not take the drug has no dose, leave the cell empty"
            )
            place = f'{rows.name}: row {rows.row_of(str(value.index[none[0]]))} column "{shown(column)}"'
            yield Finding(code="dose-not-positive", severity="serious", message=message, place=place)
        for far in named_far(amounts, dose=dose):
            if far in none:
                continue
            amount, who = f"{amounts[far]:g} {section.unit or ''}".strip(), str(value.index[far])
            message = f'{amount} of "{shown(name)}" lies far beyond all others and is kept: check it'
            place = f'{rows.name}: row {rows.row_of(who)} column "{shown(column)}"'
            yield Finding(code="outcome-outlier", severity="serious", message=message, patient_id=who, place=place)
