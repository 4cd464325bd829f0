"""Time zero of each patient, in days since the study's origin: later data may depend on the options."""

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
    """Return the day of time zero, or of the landmark after it: one for all, one per patient, or None if not known.

    Patients to predict may come without the table that holds it: their time zero is then the present day.
    """
    treatment = study.treatment
    landmark = float(treatment.landmark or 0) if treatment is not None else 0.0
    if treatment is None or treatment.time_zero is None:
        return landmark
    faults = Faults()  # a table that cannot be read is reported where it is read itself
    for table in dict.fromkeys(outcome.table for outcome in study.outcomes.values()):
        with faults.catch():
            rows = patient_rows(tables.read(table), study.study.patient_id, unique=True)
            if treatment.time_zero in rows.raw.columns:
                return rows.numbers(treatment.time_zero).astype(float) + landmark
    return None


def by_row(zero: pd.Series | float | None, rows: PatientRows) -> Days:
    """Return time zero for each row; infinite if not known for anyone, NaN if not known for this patient."""
    if isinstance(zero, pd.Series):
        return as_floats(rows.patient.map(zero))
    return np.full(len(rows.patient), np.inf if zero is None else zero)


def as_floats(column: pd.Series) -> Days:
    """Return a column as floats, missing as NaN."""
    return np.asarray(column.to_numpy(dtype=float, na_value=np.nan), dtype=np.float64)
