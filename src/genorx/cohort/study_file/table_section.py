"""Keys of ``[[tables]]`` and of their columns."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, model_validator

from genorx.cohort.study_file.section_keys import SECTION, Text

Role = Literal["clinical", "laboratory", "lifestyle", "imaging", "expression", "treatment"]


class _Section(BaseModel):
    model_config = SECTION


class ColumnSection(_Section):
    """``[tables.columns.NAME]``: content of a column."""

    label: Text | None = None
    """Label of the feature on pages and figures."""
    unit: Text | None = None
    """UCUM unit of the file's values."""
    type: Literal["number", "integer", "category", "ordinal", "boolean", "date"] | None = None
    """Type of the column; by default it is inferred, and the audit shows the inferred type."""
    levels: list[str] = []
    """Levels of a category or ordinal, lowest first."""
    missing: list[float | str] = []
    """Codes of missing values."""
    age_on: Text | None = None
    """For a date of birth: the column of the date at which the age in years is computed."""


class TableSection(_Section):
    """``[[tables]]``: records, one row per patient, or in an exchange format with a map; images or treatments."""

    path: Text
    """CSV, TSV or Parquet file; with ``format``, a file or folder of that exchange format."""
    role: Role
    """Kind of the records."""
    format: Literal["fhir", "omop", "phenopackets"] | None = None
    """Exchange format of the records at ``path``, read by ``map``."""
    map: Text | None = None
    """TOML map from codes of the exchange format to columns."""
    index: Text | None = None
    """CSV of patients and the day as of which each is described; for exchange formats."""
    exclude: list[str] = []
    """Columns that are not used as features."""
    columns: dict[str, ColumnSection] = {}
    """Content of each column, by its name."""
    taken: Text | None = None
    """For images, required: the column of the day of the image."""
    origin: Text | None = None
    """For images: the column of the date from which days count, if ``taken`` has dates."""
    several: Literal["last", "first", "nearest", "refuse"] | None = None
    """For images: which of several images of a patient is used."""
    retest: Text | None = None
    """For images: table of repeated measurements."""
    min_icc: Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)] | None = None
    """For images: smallest lower confidence limit of ICC(2,1) between repeats at which a feature is kept."""
    use: Literal["features"] | None = None
    """Use treatments given before time zero, or assigned by trial arm, as features."""
    wide: Text | None = None
    """For treatments: the column whose levels become 0/1 features."""
    levels: list[Text] = []
    """For treatments: the levels to use; by default those that at least 5 patients had by time zero."""
    assigned: bool | None = None
    """For treatments: whether they were given by trial arm, so that every row counts whatever its day."""
    day: Text | None = None
    """For treatments: the column of the day on which each was given."""

    @model_validator(mode="before")
    @classmethod
    def _role_by_use(cls, values: Any) -> Any:
        """Use ``use = "features"`` as the role of a treatment table, if no role is given."""
        if isinstance(values, dict) and values.get("use") == "features" and "role" not in values:
            return values | {"role": "treatment"}
        return values
