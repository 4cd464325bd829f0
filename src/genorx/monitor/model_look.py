"""One look at a study by a model file, numbered in a registry, and required to follow the previous look."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from genorx.cohort.sources import table_names
from genorx.cohort.tables.columns import name_form
from genorx.cohort.tables.raw import RawTable
from genorx.errors import UsageError
from genorx.monitor.look_report import LookReport
from genorx.monitor.monitor import Monitor
from genorx.monitor.registry import Registry
from genorx.monitor.snapshots import refuse_order
from genorx.ranking import load_model

if TYPE_CHECKING:
    from genorx.cohort import Study

#: Columns of the day of arrival, in the form of their names.
_ARRIVAL = ("arrived", "arrival_date", "date_of_arrival", "inclusion_date", "diagnosis_date", "date_of_diagnosis")


def look_from_files(
    model: Path, study: Study, *, as_of: str, registry: Path, policy: Path | None = None
) -> tuple[Monitor, LookReport]:
    """Return the monitor and the report of one look; the registry stores the model and the result.

    Parameters
    ----------
    model : path
        Model file; it is added to the registry if absent.
    study : Study
        All patients so far; a column ``arrived`` (or ``inclusion_date``, ``diagnosis_date``) of one of its tables has
        the day on which each arrived.
    as_of : str
        Day of the snapshot, such as ``2026-06-30``.
    registry : path
        Folder of the registry.
    policy : path, optional
        Policy of changes; by default the defaults of ``Policy``.

    Raises
    ------
    InputError
        ``snapshot-order``, ``snapshot-twice``: the registry holds a look that is not earlier, or of the same patients.
    """
    ranker = load_model(model)
    watched = Monitor(ranker, policy)
    kept = Registry(registry)
    name = kept.add(model, policy, reason="looked at") if policy is not None else kept.add(model, reason="looked at")
    looks = kept.looks(name)
    cohort = study.load(schema=ranker.specs_)
    report = watched.check(cohort, as_of=as_of, look=len(looks) + 1, arrived=arrival_days(study))
    if looks:
        before = looks[-1]
        refuse_order(
            report.as_of,
            str(report.provenance["snapshot"]),
            last_as_of=float(before["as_of"]),
            last_digest=str(before["snapshot"]),
            file=study.path,
        )
    kept.add_look(name, report)
    return watched, report


def arrival_days(study: Study) -> pd.Series | None:
    """Return the arrival day of each patient; None if no table of the study has it.

    Raises
    ------
    UsageError
        ``duplicate-patient`` if the table has two rows of a patient.
    """
    made = {table.path for table in study.content.tables if table.format is not None}
    for name in table_names(study.content):
        if name in made:
            continue
        raw = study.tables.read(name)
        column = _arrival_column(raw)
        if column is not None and study.content.study.patient_id in raw.columns:
            ids = raw.cells[study.content.study.patient_id].astype(object)
            days = pd.Series(raw.cells[column].astype(object).to_numpy(), index=ids.to_numpy(), dtype=object)
            if days.index.duplicated().any():
                reason = "the table with the day of arrival has two rows of a patient"
                raise UsageError(reason, file=Path(name).name, code="duplicate-patient")
            return days.where(days.notna(), None)
    return None


def _arrival_column(raw: RawTable) -> str | None:
    forms = {name_form(name): name for name in raw.columns}
    return next((forms[name] for name in _ARRIVAL if name in forms), None)
