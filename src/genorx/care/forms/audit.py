"""Audit of rows from a questionnaire's answers, by a study's rules for its tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from genorx.care.forms.form import FormTable
from genorx.care.forms.questionnaire import form_of
from genorx.cohort.tables.raw import RawTable
from genorx.cohort.tables.table import load_table
from genorx.errors import Finding

if TYPE_CHECKING:
    from genorx.cohort import Study


def audit_answers(rows: Mapping[str, pd.DataFrame], study: Study | str | Path) -> tuple[Finding, ...]:
    """Return findings about one patient's rows: impossible values, values outside the study's range, doubtful units.

    Parameters
    ----------
    rows : mapping of str to DataFrame
        Result of ``answers``.
    study : Study or path

    Raises
    ------
    InputError
        As ``Study.load``, for the record tables.
    """
    return tuple(finding for table in form_of(study).tables for finding in _audited(table, rows[table.stem]))


def _audited(table: FormTable, row: pd.DataFrame) -> tuple[Finding, ...]:
    raw = RawTable(
        path=table.raw.path,
        columns=tuple(row.columns),
        cells=row,
        rows=np.array([1]),
        decimal=table.raw.decimal,
    )
    found = load_table(replace(table.spec, exclude=()), schema=table.features, raw=raw).findings
    return tuple(finding for finding in found if finding.patient_id is not None)
