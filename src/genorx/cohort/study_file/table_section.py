"""Keys of ``[[tables]]`` and of their columns."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, model_validator

from genorx.cohort.study_file.section_keys import SECTION, Text

Role = Literal["clinical", "laboratory", "lifestyle", "imaging", "expression", "treatment"]


class _Section(BaseModel):
    model_config = SECTION


class ColumnSection(_Section):
    """``[tables.columns.NAME]``: what a column holds."""

    label: Text | None = None
    """What pages call the feature."""
    unit: Text | None = None
    """UCUM unit of the file's values."""
    type: Literal["number", "integer", "category", "ordinal", "boolean", "date"] | None = None
    """What the column holds; by default it is inferred and the audit says what it was taken for."""
    levels: list[str] = []
    """Levels of a category or ordinal, lowest first."""
    missing: list[float | str] = []
    """Codes of missing values."""
    age_on: Text | None = None
    """Of a date of birth: the column of the date on which the age in years is taken."""


class TableSection(_Section):
    """``[[tables]]``: records, one row per patient, or in an exchange format with a map; images or treatments."""

    path: Text
    """CSV, TSV or Parquet file; a file or folder of the exchange format where there is one."""
    role: Role
    """What the records are."""
    format: Literal["fhir", "omop", "phenopackets"] | None = None
    """Exchange format that the path holds, read by ``map``."""
    map: Text | None = None
    """TOML map from codes of the exchange format to columns."""
    index: Text | None = None
    """CSV of patients and the day as of which each is described; of exchange formats."""
    exclude: list[str] = []
    """Columns that are no features."""
    columns: dict[str, ColumnSection] = {}
    """What each column holds, by its name."""
    taken: Text | None = None
    """Of images, needed: the column of the day of the image."""
    origin: Text | None = None
    """Of images: the column of the date from which days count, where ``taken`` has dates."""
    several: Literal["last", "first", "nearest", "refuse"] | None = None
    """Of images: which one of a patient counts."""
    retest: Text | None = None
    """Of images: table of repeated measurements."""
    min_icc: Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)] | None = None
    """Of images: smallest lower limit of ICC(2,1) between repeats that keeps a feature."""
    use: Literal["features"] | None = None
    """Take treatments given before time zero, or assigned by trial, as features."""
    wide: Text | None = None
    """Of treatments: the column whose levels become 0/1 features."""
    levels: list[Text] = []
    """Of treatments: the levels to take; by default those that at least 5 patients had by time zero."""
    assigned: bool | None = None
    """Of treatments: given by trial arm, so that any row counts whatever its day."""
    day: Text | None = None
    """Of treatments: the column of the day of each."""

    @model_validator(mode="before")
    @classmethod
    def _role_by_use(cls, values: Any) -> Any:
        """Use ``use = "features"`` as the role of a treatment table, if no role is given."""
        if isinstance(values, dict) and values.get("use") == "features" and "role" not in values:
            return values | {"role": "treatment"}
        return values
