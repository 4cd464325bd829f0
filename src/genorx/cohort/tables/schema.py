"""Schemas of records: the rows of each kind of table, as pydantic models, JSON Schema and frame checks.

They are built from the known variables, units and limits of ``cohort.tables.variables``.
pydantic and pandera are imported when a schema is requested.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import pandas as pd

from genorx._core.feature_spec import FeatureSpec
from genorx._core.json_schema import DRAFT
from genorx._core.units import UnitError, conversion
from genorx.cohort.tables.columns import ColumnSpec, feature_dtype
from genorx.cohort.tables.variables import VARIABLES, Variable, find_variable
from genorx.errors import TableError, shown

if TYPE_CHECKING:
    from pandera.pandas import DataFrameSchema
    from pydantic import BaseModel

_WORDS: dict[str, tuple[str, Any]] = {
    "smoking": ("Smoking status", Literal["never", "former", "current"]),
    "alcohol_frequency": ("How often the patient drinks, in the words of the questionnaire", str),
    "alcohol_type": ("Main type of alcoholic drink", str),
    "alcohol_use": ("Whether the patient drinks alcohol", bool),
    "physical_activity_level": ("Level of physical activity", str),
    "diet": ("Diet, as a score or level", float | str),
}


@cache
def record_model(role: str) -> type[BaseModel]:
    """Return the model of one row of a table: the patient, known variables with limits, any other column.

    Parameters
    ----------
    role : {"clinical", "laboratory", "lifestyle"}
    """
    from pydantic import ConfigDict, Field, create_model

    fields: dict[str, Any] = {
        "patient_id": (str, Field(min_length=1, description="Patient id, the same in every table"))
    }
    for variable in VARIABLES.values():
        if variable.role == role:
            fields[variable.name] = (float | None, _limits(variable))
    if role == "lifestyle":
        for name, (text, kind) in _WORDS.items():
            fields[name] = (kind | None, Field(default=None, description=text))
    config = ConfigDict(extra="allow", title=f"One row of a {role} table")
    model: type[BaseModel] = create_model(f"{role.capitalize()}Record", __config__=config, **fields)
    return model


def _limits(variable: Variable) -> Any:
    from pydantic import Field

    low, high = variable.possible
    unit = variable.unit or "1"
    text = f"{variable.name.replace('_', ' ').capitalize()}, in {unit}" if variable.unit else variable.name
    return Field(default=None, ge=low, le=high, description=text, json_schema_extra={"x-unit": unit})


@cache
def column_model() -> type[BaseModel]:
    """Return the model of a column's declaration in a study file."""
    from pydantic import ConfigDict, Field, create_model

    kind = Literal["number", "integer", "category", "ordinal", "boolean", "date"]
    model: type[BaseModel] = create_model(
        "Column",
        __config__=ConfigDict(extra="forbid", title="Declaration of one column"),
        unit=(str | None, Field(default=None, description="UCUM unit of the values in the file")),
        type=(kind | None, Field(default=None, description="Type of the column; by default inferred")),
        levels=(tuple[str, ...], Field(default=(), description="Levels; for an ordinal, lowest first")),
        missing=(tuple[float | str, ...], Field(default=(), description='Codes that mean "not known"')),
    )
    return model


@cache
def feature_model() -> type[BaseModel]:
    """Return the model of a feature, as stored in a model file and an audit."""
    from pydantic import ConfigDict, Field, create_model

    kind = Literal["number", "integer", "boolean", "category", "ordinal"]
    model: type[BaseModel] = create_model(
        "Feature",
        __config__=ConfigDict(extra="forbid", title="A column of the feature frame"),
        name=(str, Field(min_length=1)),
        kind=(kind, ...),
        group=(str, Field(description="Shrinkage group")),
        unit=(str | None, Field(default=None, description="UCUM unit")),
        levels=(tuple[str, ...], Field(default=())),
        lower=(float | None, Field(default=None, description="Smallest value in training")),
        upper=(float | None, Field(default=None, description="Largest value in training")),
        source=(str, Field(default="", description="File that holds the column")),
    )
    return model


def column_record(name: str, declaration: Mapping[str, Any]) -> ColumnSpec:
    """Return a column's declaration, validated.

    Raises
    ------
    TableError
        If a key is unknown or a value has the wrong type.
    """
    from pydantic import ValidationError

    try:
        checked = column_model().model_validate(dict(declaration))
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        hint = "keys are unit, type, levels and missing"
        raise TableError(
            f"{shown(key)}: {first['msg']}", place=f'column "{shown(name)}"', code="column", hint=hint
        ) from error
    return ColumnSpec(**checked.model_dump())


def schemas() -> dict[str, dict[str, Any]]:
    """Return the JSON Schemas of records by name, as in ``data_schemas/NAME.schema.json``."""
    models = {role: record_model(role) for role in ("clinical", "laboratory", "lifestyle")}
    models |= {"column": column_model(), "feature": feature_model()}
    return {name: DRAFT | model.model_json_schema() for name, model in models.items()}


def frame_schema(specs: Sequence[FeatureSpec], *, unlimited: Collection[str] = ()) -> DataFrameSchema:
    """Return the pandera schema of a feature frame: dtypes by kind, levels, and the limits of known variables.

    ``unlimited`` names columns whose unit is in doubt, to which limits do not apply.
    """
    import pandera.pandas as pa

    columns = {}
    for spec in specs:
        checks = [pa.Check.isin([0, 1])] if spec.kind == "boolean" else _range(spec, pa.Check)
        checks = [] if spec.name in unlimited else checks
        columns[spec.name] = pa.Column(feature_dtype(spec), checks=checks, nullable=True)
    return pa.DataFrameSchema(columns, index=pa.Index(str, unique=True, name="patient_id"), strict=True, ordered=True)


def _range(spec: FeatureSpec, check: Any) -> list[Any]:
    variable = find_variable(spec.name)
    if spec.kind not in ("number", "integer") or variable is None or bool(variable.unit) != bool(spec.unit):
        return []
    low, high = variable.possible
    if spec.unit:
        try:
            linear = conversion(variable.unit, spec.unit, variable.name)
        except UnitError:
            return []
        low, high = sorted(float(linear(value)) for value in (low, high))
    slack = 1e-9 * max(abs(low), abs(high))
    return [check.in_range(low - slack, high + slack)]


def check_frame(
    frame: pd.DataFrame,
    specs: Sequence[FeatureSpec],
    *,
    file: str | Path | None = None,
    unlimited: Collection[str] = (),
) -> pd.DataFrame:
    """Return the frame if it matches the specs.

    Raises
    ------
    TableError
        With every fault in ``failures``.
    """
    from pandera.errors import SchemaErrors

    try:
        frame_schema(specs, unlimited=unlimited).validate(frame, lazy=True)
    except SchemaErrors as error:
        cases = error.failure_cases
        # an absent column is a "failure case" of the frame; other cases are values and are not repeated
        columns = cases["column"].where(cases["check"] != "column_in_dataframe", cases["failure_case"])
        faults = [
            {"row": None, "column": str(column), "rule": str(rule), "code": "schema"}
            for column, rule in zip(columns, cases["check"], strict=True)
        ]
        first = faults[0]
        place = f'column "{shown(first["column"])}"'
        reason = f"the frame breaks the rule {first['rule']} of its schema"
        raise TableError(reason, file=file, place=place, code="schema", faults=faults) from error
    return frame
