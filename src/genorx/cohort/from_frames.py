"""Data frames as a study: features, outcomes and treatment translated to study-file sections.

How a frame is read is ``cohort.tables.frames``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

import numpy as np
import pandas as pd

from genorx._core.feature_spec import FeatureSpec
from genorx.cohort.cohort import Cohort
from genorx.cohort.design.design import Design
from genorx.cohort.kinds.competing import cause_names, coded_causes
from genorx.cohort.outcome import Outcome
from genorx.cohort.study import Study
from genorx.cohort.tables.columns import ColumnSpec
from genorx.cohort.tables.frames import as_pandas, frame_id, is_numbered
from genorx.cohort.tables.raw import text_of
from genorx.cohort.tables.table_faults import place_of
from genorx.errors import TableError, UsageError, shown

_FEATURES, _TREATMENT = "features", "treatment"
_NAME = "data frames"


def cohort_of_frames(
    features: Any,
    *,
    outcomes: Mapping[str, Any] | None,
    treatment: Any = None,
    design: Mapping[str, Any] | Design | None = None,
    specs: Sequence[FeatureSpec] | Mapping[str, Any] | None = None,
) -> Cohort:
    """Build a cohort from data frames; see ``Cohort.from_frames``."""
    made = _FrameStudy(features)
    columns = specs if isinstance(specs, Mapping) else {}
    content: dict[str, Any] = {"study": {"name": _NAME, "patient_id": made.patient_id}}
    content["tables"] = made.table_sections(columns)
    content["outcomes"] = {name: made.outcome_section(name, each) for name, each in _named(outcomes).items()}
    if treatment is not None or isinstance(design, Mapping):
        content["treatment"] = made.treatment_section(treatment, design)
    study = Study.from_frames(content, made.tables)
    schema = None if specs is None or isinstance(specs, Mapping) else tuple(specs)
    cohort = study.load(outcomes=bool(outcomes) or "treatment" in content, schema=schema)
    return _with_design(cohort, design) if isinstance(design, Design) else cohort


def patients_of_frame(
    frame: Any,
    specs: Sequence[FeatureSpec],
    *,
    columns: Mapping[str, Any] | None = None,
    exclude: Sequence[str] = (),
    patient_id: str | None = None,
) -> Cohort:
    """Return patients to predict, in the form that a fitted model expects.

    Parameters
    ----------
    frame : DataFrame
        One row per patient.
    specs : sequence of FeatureSpec
        Features of the model.
    columns : mapping of column to its entry in a study file, optional
        Units and missing codes of the frame.
    exclude : sequence of str
        Columns not to use.
    patient_id : str, optional
        Column or index that names the patient, if the frame has it; by default it is found by its name.
    """
    made = _FrameStudy(frame, patient_id)
    content = {
        "study": {"name": _NAME, "patient_id": made.patient_id},
        "tables": [section | {"exclude": list(exclude)} for section in made.table_sections(columns or {})],
    }
    return Study.from_frames(content, made.tables).load(outcomes=False, schema=specs)


class _FrameStudy:
    """Frames by table name, each with the patient in a column or index of the same name."""

    def __init__(self, features: Any, patient_id: str | None = None) -> None:
        by_role = dict(features) if isinstance(features, Mapping) else {_FEATURES: features}
        frames = {str(role): as_pandas(frame, str(role)) for role, frame in by_role.items()}
        if not frames:
            raise UsageError("no table of features is given", code="not-a-frame", hint="give a data frame")
        self.roles = {name: "clinical" if name == _FEATURES else name for name in frames}
        self.rows = next(iter(frames.values()))
        for name, frame in frames.items():
            if frame.index.nlevels > 1:
                hint = "frame.reset_index() makes its levels columns"
                raise TableError("the index has several levels", file=name, code="no-id-column", hint=hint)
        column = patient_id if patient_id in self.rows.columns else frame_id(self.rows)
        self.patient_id = str(self.rows.index.name or "patient_id") if column is None else column
        self.by_index = column is None
        if list(self.rows.columns).count(self.patient_id) > 1:
            name = next(iter(frames))
            place = place_of(None, self.patient_id)
            raise TableError("two columns have this name", file=name, place=place, code="doubled-column")
        self.tables: dict[str, Any] = {name: self._with_patient(frame) for name, frame in frames.items()}

    def table_sections(self, columns: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Return the sections of the feature tables; column settings go to the tables that have the column."""
        sections: list[dict[str, Any]] = []
        settings = {name: _column_section(each) for name, each in columns.items()}
        nowhere = [name for name in settings if not any(name in self.tables[table].columns for table in self.roles)]
        for table, role in self.roles.items():
            here = [name for name in settings if name in self.tables[table].columns]
            here += [] if sections else nowhere  # a column of no table is refused by its name
            sections.append({"path": table, "role": role, "columns": {name: settings[name] for name in here}})
        return sections

    def outcome_section(self, name: str, given: Any) -> dict[str, Any]:
        """Return the section of an outcome, and store its table."""
        if isinstance(given, Outcome):
            given = _section_of(given)
        section = dict(given) if isinstance(given, Mapping) else {"table": given}
        table = section.get("table")
        if table is None or isinstance(table, str):
            used = [section.get(key) for key in ("time", "value") if section.get(key)]
            section["table"] = self._home(used) if table is None else table
            return _with_kind(section)
        frame = self._frame_of(table, f"outcome {shown(name)}")
        section["table"] = f"outcomes.{name}"
        self.tables[section["table"]] = frame
        return _with_kind(_with_columns(section, frame.drop(columns=self.patient_id, errors="ignore")))

    def treatment_section(self, treatment: Any, design: Mapping[str, Any] | Design | None) -> dict[str, Any]:
        """Return the section of the treatment, and store its table."""
        if isinstance(design, Design):
            hint = "a Design holds the treatment; give one of the two, or a mapping: design={'reference': ...}"
            raise UsageError("treatment and a finished design are both given", hint=hint, code="two-treatments")
        section = dict(design or {})
        treatment = section.pop("table", None) if treatment is None else treatment
        if treatment is None or isinstance(treatment, str):
            column = section.get("column") if treatment is None else treatment
            section |= {"table": self._home([column] if column else [])}
            section |= {} if column is None else {"column": column}
        else:
            frame = self._frame_of(treatment, _TREATMENT)
            single = frame.columns.drop(self.patient_id, errors="ignore")
            if len(single) == 1 and not section.get("options"):
                section.setdefault("column", str(single[0]))
            self.tables[_TREATMENT] = frame
            section["table"] = _TREATMENT
        if section.get("reference") is None:
            hint = 'name the option with which the others are compared: design={"reference": ...}'
            raise UsageError("the treatment has no reference", hint=hint, code="missing-key")
        section["reference"] = str(text_of([section["reference"]])[0])
        return section

    def _home(self, columns: Sequence[Any]) -> str:
        """Return the first feature table that has the columns, otherwise the first."""
        having = [name for name in self.roles if set(columns) <= set(self.tables[name].columns)]
        return next(iter(having or self.roles))

    def _frame_of(self, table: Any, what: str) -> pd.DataFrame:
        """Return a table by patient; an array has the rows of the features."""
        if isinstance(table, pd.Series):
            table = table.to_frame("value" if table.name is None else str(table.name))
        structured = isinstance(table, np.ndarray) and bool(table.dtype.names)
        values = isinstance(table, (list, tuple)) or (hasattr(table, "__array__") and not hasattr(table, "columns"))
        if values and not structured and np.ndim(table) == 1:
            plain = table.to_pylist() if hasattr(table, "to_pylist") else list(table)
            return self._by_row(pd.DataFrame({"value": pd.array(plain)}), what)
        return self._by_row(table, what) if structured else self._with_patient(as_pandas(table, what), what)

    def _by_row(self, table: Any, what: str) -> pd.DataFrame:
        frame = as_pandas(table, what)
        if len(frame) != len(self.rows):
            reason = f"{what} has {len(frame)} rows, the features have {len(self.rows)}"
            raise UsageError(reason, hint="give a frame whose index names the patient", code="row-count")
        if self.by_index:
            return frame.set_axis(self.rows.index.rename(self.patient_id), axis=0)
        return frame.assign(**{self.patient_id: self.rows[self.patient_id].to_numpy(dtype=object)})

    def _with_patient(self, frame: pd.DataFrame, what: str = "a table of features") -> pd.DataFrame:
        """Return a frame whose patient column has the same name as in the first."""
        if self.patient_id in frame.columns or self.patient_id in frame.index.names:
            return frame
        if (column := frame_id(frame)) is not None:
            return frame.rename(columns={column: self.patient_id})
        rows, numbered = self.rows.index, is_numbered(frame)
        if numbered and is_numbered(self.rows):
            self._check_rows(frame, what)
        if numbered and not self.by_index and frame.index.isin(rows).all() and rows.is_unique:
            return frame.assign(**{self.patient_id: self.rows[self.patient_id].reindex(frame.index)})
        return frame.rename_axis(self.patient_id)

    def _check_rows(self, frame: pd.DataFrame, what: str) -> None:
        """Raise an error for default-numbered rows, which need not match the features' rows of the same number."""
        counted = isinstance(frame.index, pd.RangeIndex) and isinstance(self.rows.index, pd.RangeIndex)
        alike = frame.index.isin(self.rows.index).all() if len(frame) == len(self.rows) else not counted
        if alike:
            return
        raise UsageError(
            f"{what} has {len(frame)} rows and the features {len(self.rows)}, both numbered by default and "
            "differently: which rows belong together is not known",
            hint="name the patient in both frames, by a column or the index",
            code="index-mismatch",
        )


def _named(outcomes: Mapping[str, Any] | None) -> dict[str, Any]:
    if outcomes is not None and not isinstance(outcomes, Mapping):
        hint = 'such as {"os": {"kind": "survival", "table": y, "unit": "days", "horizons": [365]}}'
        raise UsageError("outcomes are given by name", hint=hint, code="not-a-study")
    return {str(name): each for name, each in (outcomes or {}).items()}


def _column_section(declaration: Any) -> dict[str, Any]:
    values = asdict(declaration) if isinstance(declaration, ColumnSpec) else dict(declaration)
    return {key: value for key, value in values.items() if value not in (None, ())}


def _with_columns(section: dict[str, Any], frame: pd.DataFrame) -> dict[str, Any]:
    """Return a section with its columns filled in where the table allows only one choice."""
    if {"time", "event", "value"} & set(section):
        return section
    flags = [name for name in frame.columns if pd.api.types.is_bool_dtype(frame[name].dtype)]
    numbers = [name for name in frame.columns if pd.api.types.is_numeric_dtype(frame[name].dtype) and name not in flags]
    if len(frame.columns) == 1:
        return section | {"value": str(frame.columns[0])}
    if len(frame.columns) == 2 and len(flags) == len(numbers) == 1:
        return section | {"time": str(numbers[0]), "event": str(flags[0])}
    causes = {name: coded_causes(text_of(frame[name].dropna().unique())) for name in numbers}
    coded = [name for name, number in causes.items() if number]
    if len(frame.columns) == len(numbers) == 2 and len(coded) == 1:
        (time,) = (name for name in numbers if name != coded[0])
        named = {"causes": cause_names(causes[coded[0]])} | section
        return named | {"time": str(time), "event": str(coded[0])}
    return section | {"time": "time", "event": "event"} if {"time", "event"} <= set(frame.columns) else section


def _with_kind(section: dict[str, Any]) -> dict[str, Any]:
    timed = section.get("time") and section.get("event")
    return {"kind": "competing" if section.get("causes") else "survival"} | section if timed else section


def _section_of(outcome: Outcome) -> dict[str, Any]:
    """Return the study-file section of an outcome, with its table."""
    frame = outcome.frame
    if outcome.levels:
        frame = frame.assign(value=[outcome.levels[int(place)] for place in frame["value"]])
    columns = {"time": "time", "event": "cause" if outcome.causes else "event"} if outcome.timed else {"value": "value"}
    names = ("kind", "unit", "horizons", "better", "role", "causes", "cause", "levels", "at_least")
    section = {name: getattr(outcome, name) for name in names}
    return {
        "table": frame,
        **columns,
        **{name: value for name, value in section.items() if value not in (None, (), "")},
    }


def _with_design(cohort: Cohort, design: Design) -> Cohort:
    strange = design.treatment.index[~design.treatment.index.isin(cohort.patients)]
    if len(strange):
        raise UsageError(
            f"{len(strange)} patients of the design are not in the cohort, the first is {shown(strange[0])!r}",
            hint="give the treatment of each patient and let the design be built: treatment=..., design={...}",
            code="no-such-patient",
        )
    return replace(cohort, design=design)
