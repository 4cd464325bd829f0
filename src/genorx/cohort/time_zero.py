"""Time zero of each patient, in days since the study's origin: what is later may be an effect of the options."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from genorx.cohort.faults import Faults
from genorx.cohort.patient_rows import PatientRows, patient_rows
from genorx.cohort.tables.by_name import Tables

if TYPE_CHECKING:
    from genorx.cohort.study_file.sections import StudyFile

Days = NDArray[np.float64]


def time_zero_of(study: StudyFile, tables: Tables) -> pd.Series | float | None:
    """Return the day of time zero, or of the landmark after it: one for all, one a patient, or None where not known.

    Patients of a fitted model may come without the table that holds it: today is then their time zero.
    """
    treatment = study.treatment
    landmark = float(treatment.landmark or 0) if treatment is not None else 0.0
    if treatment is None or treatment.time_zero is None:
        return landmark
    faults = Faults()  # a table that cannot be read is told when it is read for its own sake
    for table in dict.fromkeys(outcome.table for outcome in study.outcomes.values()):
        with faults.catch():
            rows = patient_rows(tables.read(table), study.study.patient_id, unique=True)
            if treatment.time_zero in rows.raw.columns:
                return rows.numbers(treatment.time_zero).astype(float) + landmark
    return None


def by_row(zero: pd.Series | float | None, rows: PatientRows) -> Days:
    """Return time zero for each row; infinite where nobody knows it of anybody, not a number where of this patient."""
    if isinstance(zero, pd.Series):
        return as_floats(rows.patient.map(zero))
    return np.full(len(rows.patient), np.inf if zero is None else zero)


def as_floats(column: pd.Series) -> Days:
    """Return a column as numbers, what is missing as not a number."""
    return np.asarray(column.to_numpy(dtype=float, na_value=np.nan), dtype=np.float64)
