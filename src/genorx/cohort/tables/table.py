"""Conversion of one record table to a typed frame of features, with an audit of each column.

Joining tables is ``cohort.join``; the study file that declares them ``cohort.study``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from genorx._core.feature_spec import FeatureSpec
from genorx._core.short_repr import short
from genorx.cohort.lifestyle.lifestyle import GIVEN_AS, add_lifestyle
from genorx.cohort.tables.columns import ColumnSpec, Reading, TypedColumn, feature_dtype
from genorx.cohort.tables.ids import find_id_column, read_ids
from genorx.cohort.tables.raw import RawTable, read_raw
from genorx.cohort.tables.table_faults import TableFaults, place_of
from genorx.cohort.tables.typing_rules import fit_column, outside_training, type_column
from genorx.errors import Finding, TableError, UsageError, shown

#: Kinds of feature tables.
ROLES = ("clinical", "laboratory", "lifestyle", "imaging", "expression")
#: Roles of tables that may have several rows per patient, which a study reduces to one.
SEVERAL_ROWS = frozenset({"imaging", "treatment"})


@dataclass(frozen=True, slots=True, kw_only=True)
class TableSpec:
    """A study's declaration of one table.

    Attributes
    ----------
    path : Path
        CSV, TSV or Parquet file.
    role : str
        One of ``ROLES``.
    patient_id : str
        Column that names the patient.
    exclude : tuple of str
        Columns not to use.
    columns : mapping of str to ColumnSpec
        Declarations of columns, by name.
    group : str, optional
        Shrinkage group of its features; by default the role.
    not_features : mapping of str to str
        Columns that are no features, and the reason.
    """

    path: Path
    role: str
    patient_id: str
    exclude: tuple[str, ...] = ()
    columns: Mapping[str, ColumnSpec] = field(default_factory=dict)
    group: str | None = None
    not_features: Mapping[str, str] = field(default_factory=dict)


@short
@dataclass(frozen=True, kw_only=True)
class Table:
    """A table's features, one row per patient.

    Attributes
    ----------
    spec : TableSpec
        Declaration of the table.
    frame : DataFrame, index ``patient_id`` (str)
        Typed as in ``specs``; missing values stay missing.
    specs : tuple of FeatureSpec
        One per column of ``frame``.
    findings : tuple of Finding
        Findings of reading the table.
    columns : DataFrame
        One row per column of the file and each derived feature: ``column``, ``used``, ``type``, ``unit``, ``lower``,
        ``upper``, ``missing``, ``missing_share``, ``levels``, ``note``.
    """

    spec: TableSpec
    frame: pd.DataFrame
    specs: tuple[FeatureSpec, ...]
    findings: tuple[Finding, ...]
    columns: pd.DataFrame


def load_table(spec: TableSpec, *, schema: Sequence[FeatureSpec] | None = None, raw: RawTable | None = None) -> Table:
    r"""Return a record table as features.

    Parameters
    ----------
    spec : TableSpec
        Declaration of the table.
    schema : sequence of FeatureSpec, optional
        Features of a fitted model that come from this table.  All are in the result, with the type of the model: an
        absent feature is missing for every patient, a category that was not seen in training is missing, a value
        outside the range is kept; each is a finding.  Other columns are left out.
    raw : RawTable, optional
        Cells of the table, if they are already read or only some rows are wanted; by default they are read from
        ``spec.path``.

    Raises
    ------
    TableError
        If the file is no table or contradicts its specification; ``failures`` has every fault.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> folder = Path(tempfile.mkdtemp())
    >>> from genorx.cohort import TableSpec
    >>> _ = (folder / "t.csv").write_text("id,age_years\nP1,50\nP2,60\n")
    >>> load_table(TableSpec(path=folder / "t.csv", role="clinical", patient_id="id")).frame["age_years"].tolist()
    [50.0, 60.0]
    """
    raw = read_raw(spec.path) if raw is None else raw
    faults = raw.new_faults()
    ids, id_findings = read_ids(raw, spec.patient_id, faults)
    if schema is None:
        _check_declared(raw, spec, faults)
    reading = Reading(raw=raw, ids=ids, role=spec.role, group=spec.group or spec.role, faults=faults)
    left_out = dict.fromkeys(spec.exclude, "excluded by the study") | dict(spec.not_features)
    names = [name for name in raw.columns if name != spec.patient_id and name not in left_out]
    expected = None if schema is None else {each.name: each for each in schema}
    typed = [_typed(reading, name, spec, expected) for name in names]
    typed, lifestyle = add_lifestyle(reading, typed, training=schema is None)
    chosen = typed if expected is None else _as_expected(reading, typed, expected)
    faults.raise_if_any()
    excluded = {name: note for name, note in left_out.items() if name in raw.columns}
    columns = [*chosen, *(TypedColumn(name=name, kind="", note=note) for name, note in excluded.items())]
    return _table(spec, reading, columns, (*raw.findings, *id_findings, *_findings(chosen), *lifestyle))


def read_table(
    path: str | Path,
    role: str,
    schema: Sequence[FeatureSpec] | Mapping[str, ColumnSpec | Mapping[str, Any]] | None = None,
    *,
    patient_id: str | None = None,
) -> pd.DataFrame:
    r"""Return a record table as an audited, typed frame.

    Parameters
    ----------
    path : path
        CSV, TSV or Parquet file.
    role : {"clinical", "laboratory", "lifestyle", "imaging", "expression"}
        Kind of the records.
    schema : sequence of FeatureSpec, or mapping of column to ``unit``, ``type``, ``levels``, ``missing``; optional
        The features of a fitted model; or properties of columns, as in a study file.
    patient_id : str, optional
        Column that names the patient; by default recognised by its name, otherwise the first column if it has ten rows
        or more, all with different texts.

    Returns
    -------
    DataFrame, index ``patient_id``
        ``attrs["findings"]`` is a tuple of Finding, ``attrs["specs"]`` a tuple of FeatureSpec, ``attrs["columns"]`` a
        list with one dict per column.

    Raises
    ------
    TableError
        If the file is not a table or contradicts the schema.
    UsageError
        If ``role`` is none of these (``role``).

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> folder = Path(tempfile.mkdtemp())
    >>> _ = (folder / "laboratory.csv").write_text("patient_id,creatinine_mg_dl\nP1,1.0\nP2,unknown\nP3,2.0\n")
    >>> table = read_table(folder / "laboratory.csv", "laboratory")
    >>> table.loc["P1"].to_dict()
    {'creatinine_mg_dl': 1.0}
    """
    from genorx.cohort.tables.schema import check_frame

    if role not in ROLES:
        raise UsageError(f"role {shown(role)!r} is not one of {', '.join(ROLES)}", code="role")
    place = Path(path)
    columns: dict[str, ColumnSpec] = {}
    expected: Sequence[FeatureSpec] | None = None
    if isinstance(schema, Mapping):
        columns = {name: _column_spec(name, declaration) for name, declaration in schema.items()}
    elif schema is not None:
        expected = schema
    spec = TableSpec(path=place, role=role, patient_id=patient_id or find_id_column(read_raw(place)), columns=columns)
    table = load_table(spec, schema=expected)
    doubted = {each.place for each in table.findings if each.code == "unit-suspect"}
    unlimited = [each.name for each in table.specs if f"{place.name}: {place_of(None, each.name)}" in doubted]
    check_frame(table.frame, table.specs, file=place, unlimited=unlimited)
    frame = table.frame
    frame.attrs = {"findings": table.findings, "specs": table.specs, "columns": table.columns.to_dict("records")}
    return frame


def _column_spec(name: str, declaration: ColumnSpec | Mapping[str, Any]) -> ColumnSpec:
    if isinstance(declaration, ColumnSpec):
        return declaration
    from genorx.cohort.tables.schema import column_record

    return column_record(name, declaration)


def _check_declared(raw: RawTable, spec: TableSpec, faults: TableFaults) -> None:
    for name in (*spec.exclude, *spec.columns):
        if name not in raw.columns:
            try:
                raw.require_column(name)
            except TableError as error:
                faults.add(error.reason, code=error.code, column=name, hint=error.hint or "")


def _typed(reading: Reading, name: str, spec: TableSpec, expected: Mapping[str, FeatureSpec] | None) -> TypedColumn:
    declared = spec.columns.get(name, ColumnSpec())
    if expected is not None and name in expected:
        return fit_column(reading, expected[name], declared)
    return type_column(reading, name, declared)


def _as_expected(reading: Reading, typed: list[TypedColumn], expected: Mapping[str, FeatureSpec]) -> list[TypedColumn]:
    """Return the model's features in its order, then the other columns as excluded."""
    have = {column.name: column for column in typed}
    chosen = [_one_wanted(reading, have.get(name), spec) for name, spec in expected.items()]
    for column in typed:
        if column.note.startswith(GIVEN_AS):
            chosen.append(column)
        elif column.name not in expected and column.name in reading.raw.columns:  # computed features are no columns
            message = "the column is not one of the model's features and was left out"
            finding = reading.finding("column-not-in-model", "info", message, column.name)
            chosen.append(TypedColumn(name=column.name, kind=column.kind, note=message, findings=(finding,)))
    return chosen


def _one_wanted(reading: Reading, column: TypedColumn | None, spec: FeatureSpec) -> TypedColumn:
    if column is not None and column.values is not None:
        if column.spec is spec:
            return column
        # derived from others: typed here, judged against the model's range
        values = column.values.astype(feature_dtype(spec))
        beyond = outside_training(reading, spec, values) if spec.kind == "number" else []
        findings = (*column.findings, *beyond)
        return TypedColumn(name=spec.name, kind=spec.kind, values=values, spec=spec, findings=findings)
    message = f"the model's feature {shown(spec.name)} is absent from the table and missing for all patients"
    finding = reading.finding("feature-absent", "serious", message, spec.name)
    index = reading.raw.cells.index
    values = pd.Series([None] * len(index), index=index, dtype=feature_dtype(spec))
    return TypedColumn(name=spec.name, kind=spec.kind, values=values, spec=spec, findings=(finding,))


def _findings(columns: list[TypedColumn]) -> tuple[Finding, ...]:
    return tuple(finding for column in columns for finding in column.findings)


def _table(spec: TableSpec, reading: Reading, columns: list[TypedColumn], findings: tuple[Finding, ...]) -> Table:
    used = [column for column in columns if column.spec is not None and column.values is not None]
    index = pd.Index([str(patient) for patient in reading.ids], name="patient_id")
    frame = pd.DataFrame({column.name: column.values for column in used}, index=reading.raw.cells.index)
    frame.index = index
    audit = pd.DataFrame([_audit_row(reading, column) for column in columns], columns=list(AUDIT_COLUMNS))
    specs = tuple(column.spec for column in used if column.spec is not None)
    return Table(spec=spec, frame=frame, specs=specs, findings=findings, columns=audit)


#: Columns of the audit of a table.
AUDIT_COLUMNS = ("column", "used", "type", "unit", "lower", "upper", "missing", "missing_share", "levels", "note")


def _audit_row(reading: Reading, column: TypedColumn) -> dict[str, Any]:
    n_rows = len(reading.raw.cells)
    values = reading.raw.text(column.name) if column.values is None else column.values
    missing = int(values.isna().sum())
    spec = column.spec
    known = values.dropna() if spec is not None and spec.kind in ("number", "integer") else values.iloc[:0]
    return {
        "column": column.name,
        "used": spec is not None,
        "type": column.kind,
        "unit": None if spec is None else spec.unit,
        "lower": None if known.empty else float(known.min()),
        "upper": None if known.empty else float(known.max()),
        "missing": missing,
        "missing_share": missing / n_rows,
        "levels": () if spec is None else spec.levels,
        "note": column.note,
    }
