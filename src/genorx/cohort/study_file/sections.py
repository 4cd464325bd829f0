"""The study file as TOML says it: keys, types, and every fault with its line.

Nothing is opened here but the study file itself; reading what it names is ``cohort.study``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, Field, ValidationInfo, field_validator, model_validator

from genorx._core.files import FileKind
from genorx.cohort.kinds import DATA_KINDS, Better, OutcomeKind, OutcomeRole
from genorx.cohort.study_file.toml_sections import CLOSED, Scalar, TomlSections, parse_toml
from genorx.errors import StudyError, UsageError
from genorx.variants.assembly import normal_assembly

Role = Literal["clinical", "laboratory", "lifestyle", "imaging", "expression", "treatment"]
TimeUnit = Literal["days", "weeks", "months", "years"]
Text = Annotated[str, Field(min_length=1)]
Finite = Annotated[float, Field(allow_inf_nan=False)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]

_MAX_BYTES = 4 * 2**20
_FILE = FileKind(
    name="study file",
    error=StudyError,
    code="file-not-found",
    folder="not-a-file",
    damaged="encoding",
    folder_hint="name the TOML file in it",
)


class _Section(BaseModel):
    model_config = CLOSED


class StudySection(_Section):
    """``[study]``: the study's name, and the column that names the patient in every table."""

    name: Text
    patient_id: Text


def _assembly(name: object) -> object:
    """Return GRCh37 or GRCh38 for any usual name of either, such as hg19; what is none is left for the rule."""
    try:
        return normal_assembly(name) if isinstance(name, str) else name
    except UsageError:
        return name


class VariantsSection(_Section):
    """``[variants]``: variant files, what is made of them, and a table of the samples of a MAF and their patients."""

    files: Annotated[list[Text], Field(min_length=1)]
    assembly: Annotated[Literal["GRCh37", "GRCh38"], BeforeValidator(_assembly)] | None = None
    origin: Literal["somatic", "germline"]
    absent: Literal["reference", "missing"] = "missing"
    filters: list[str] = ["PASS", "."]
    panel: Text | None = None
    samples: Text | None = None


class ColumnSection(_Section):
    """``[tables.columns.NAME]``: what a column holds."""

    label: Text | None = None
    unit: Text | None = None
    type: Literal["number", "integer", "category", "ordinal", "boolean", "date"] | None = None
    levels: list[str] = []
    missing: list[float | str] = []
    age_on: Text | None = None


class TableSection(_Section):
    """``[[tables]]``: records, one row a patient, of an exchange format by a map; one row an image or a treatment."""

    path: Text
    role: Role
    format: Literal["fhir", "omop", "phenopackets"] | None = None
    map: Text | None = None
    index: Text | None = None
    exclude: list[str] = []
    columns: dict[str, ColumnSection] = {}
    taken: Text | None = None
    origin: Text | None = None
    several: Literal["last", "first", "nearest", "refuse"] | None = None
    retest: Text | None = None
    min_icc: Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)] | None = None
    use: Literal["features"] | None = None
    wide: Text | None = None
    levels: list[Text] = []
    assigned: bool | None = None
    day: Text | None = None

    @model_validator(mode="before")
    @classmethod
    def _role_by_use(cls, said: Any) -> Any:
        """Take ``use = "features"`` for the role of a table of treatments, where no role is said."""
        if isinstance(said, dict) and said.get("use") == "features" and "role" not in said:
            return said | {"role": "treatment"}
        return said


class PossibleSection(_Section):
    """``[[treatment.possible.OPTION]]``: a condition without which an option is not possible for a patient."""

    column: Text
    within: list[Scalar] = Field(default=[], alias="in")
    lower: Finite | None = Field(default=None, alias="min")
    upper: Finite | None = Field(default=None, alias="max")


class TreatmentSection(_Section):
    """``[treatment]``: options, and from which day on they are compared."""

    table: Text
    design: Literal["baseline", "landmark", "time_varying", "strategy"] = "baseline"
    time_zero: Text | None = None
    landmark: Annotated[float, Field(ge=0, allow_inf_nan=False)] | None = None
    start: Text | None = None
    randomised: bool = False
    strata: list[Text] = []
    reference: str = ""
    column: Text | None = None
    interactions: list[Text] | None = None
    options: dict[str, dict[str, Scalar | list[Scalar]]] = {}
    labels: dict[str, Text] = {}
    possible: dict[str, Annotated[list[PossibleSection], Field(min_length=1)]] = {}
    sensitivity_landmarks: list[Annotated[float, Field(ge=0, allow_inf_nan=False)]] | None = None

    @model_validator(mode="before")
    @classmethod
    def _labels_of_options(cls, values: Any) -> Any:
        """Take ``label`` out of the conditions of an option, beside what ``[treatment.labels]`` says."""
        options = values.get("options") if isinstance(values, Mapping) else None
        if not isinstance(options, Mapping) or not all(isinstance(each, Mapping) for each in options.values()):
            return values
        stated = {name: each["label"] for name, each in options.items() if "label" in each}
        if not stated:
            return values
        bare = {name: {key: value for key, value in each.items() if key != "label"} for name, each in options.items()}
        return {**values, "options": bare, "labels": {**values.get("labels", {}), **stated}}


# UCUM codes and singulars of the units of time
_TIMES = {"d": "days", "day": "days", "wk": "weeks", "week": "weeks", "mo": "months", "month": "months"}
_TIMES |= {"a": "years", "year": "years"}


class OutcomeSection(_Section):
    """``[outcomes.NAME]``: what happened to the patients."""

    table: Text
    label: Text | None = None
    kind: OutcomeKind
    time: Text | None = None
    since: Text | None = Field(default=None, alias="from")
    until: Text | None = Field(default=None, alias="to")
    event: Text | None = None
    event_value: Text | None = None
    causes: list[Text] = []
    cause: Text | None = None
    value: Text | None = None
    levels: list[Text] = []
    at_least: Text | int | None = None
    states: list[Text] = []
    transitions: list[Annotated[list[Text], Field(min_length=2, max_length=2)]] = []
    start: Text | None = None
    alive: list[Text] = []
    state: Text | None = None
    times: dict[str, Text] = {}
    followed: Text | None = None
    unit: str | None = None
    horizons: list[Positive] = []
    better: Better | None = None
    role: OutcomeRole = "benefit"

    @field_validator("unit")
    @classmethod
    def _time_in_words(cls, unit: str | None, info: ValidationInfo) -> str | None:
        kind = DATA_KINDS.get(str(info.data.get("kind")))
        return _TIMES.get(unit, unit) if kind is not None and kind.timed and unit is not None else unit


Share = Annotated[float, Field(ge=0, le=1)]


class StrategySection(_Section):
    """``[strategies.NAME]``: which treatment begins in which state; without a condition none ever does."""

    state: Text | None = Field(default=None, alias="in")
    treatment: Text | None = None
    within: Positive | None = None
    share: Literal["observed"] | Share | None = None


class RankingSection(_Section):
    """``[ranking]``: the outcome, and the time, by which options are ordered."""

    primary: Text | None = None
    horizon: Positive | None = None
    smallest_difference: Positive | None = None
    by: Literal["primary", "utility"] | None = None


class UtilityOutcomeSection(_Section):
    """``[utility.outcomes.NAME]``: what one outcome counts."""

    quality: Share | None = None
    loss: Annotated[float, Field(ge=0, allow_inf_nan=False)] | None = None
    weight: Share | None = None
    scale: Annotated[list[float], Field(min_length=2, max_length=2)] | None = None


class UtilitySection(_Section):
    """``[utility]``: benefit against harm, by stated weights; and what a unit of it may cost."""

    rule: Literal["quality", "weighted"] = "quality"
    outcomes: dict[str, UtilityOutcomeSection] = {}
    thresholds: list[Positive] = []


class StudyFile(_Section):
    """A study: which files hold what, who had which option, and which outcomes count."""

    study: StudySection
    variants: VariantsSection | None = None
    tables: list[TableSection] = []
    treatment: TreatmentSection | None = None
    outcomes: dict[str, OutcomeSection] = {}
    strategies: dict[str, StrategySection] = {}
    ranking: RankingSection = RankingSection()
    utility: UtilitySection | None = None

    @property
    def labels(self) -> dict[str, dict[str, str]]:
        """What pages call options, outcomes and features, by kind and name; only of those that have a label."""
        columns = (each for table in self.tables for each in table.columns.items())
        found = {
            "options": {} if self.treatment is None else dict(self.treatment.labels),
            "outcomes": {name: each.label for name, each in self.outcomes.items() if each.label is not None},
            "features": {name: each.label for name, each in columns if each.label is not None},
        }
        return {kind: names for kind, names in found.items() if names}


#: Section of each key path, ``*`` for any name or number: where near names of an unknown key are looked for.
_SECTIONS: dict[tuple[str, ...], type[BaseModel]] = {
    ("study",): StudySection,
    ("variants",): VariantsSection,
    ("tables", "*"): TableSection,
    ("tables", "*", "columns", "*"): ColumnSection,
    ("treatment",): TreatmentSection,
    ("treatment", "possible", "*", "*"): PossibleSection,
    ("outcomes", "*"): OutcomeSection,
    ("strategies", "*"): StrategySection,
    ("ranking",): RankingSection,
    ("utility",): UtilitySection,
    ("utility", "outcomes", "*"): UtilityOutcomeSection,
}

_STUDY = TomlSections(whole=StudyFile, sections=_SECTIONS, error=StudyError)


def read_study_file(path: Path) -> tuple[StudyFile, str]:
    """Return the parsed study file and its text.

    Raises
    ------
    StudyError
        If the file cannot be read, is not TOML (``toml``), has an unknown key (``unknown-key``), lacks one
        (``missing-key``) or gives one a wrong value (``wrong-value``).  All such faults are named at once.
    """
    text = _text(path)
    return _STUDY.validated(parse_toml(text, path, StudyError), text, path), text


def study_of(said: Mapping[str, Any], path: Path) -> tuple[StudyFile, str]:
    """Return the study that a mapping with the keys of a study file describes, and its text as JSON.

    Raises
    ------
    UsageError
        If it is no mapping (``not-a-study``).
    StudyError
        As ``read_study_file``; ``path`` is what the error calls it.
    """
    if not isinstance(said, Mapping):
        hint = 'such as {"study": {"name": ..., "patient_id": ...}, "tables": [...]}; Study.read reads a file'
        reason = f"a mapping with the keys of a study file is needed, not a {type(said).__name__}"
        raise UsageError(reason, hint=hint, code="not-a-study")
    values = _plain(said)
    return _STUDY.validated(values, "", path), json.dumps(values, ensure_ascii=False)


def _plain(value: Any) -> Any:
    """Return values as TOML knows them: Python's own numbers, lists for tuples and arrays."""
    if isinstance(value, Mapping):
        return {str(key): _plain(each) for key, each in value.items() if each is not None}
    if isinstance(value, (list, tuple)):
        return [_plain(each) for each in value]
    return _plain(value.tolist()) if hasattr(value, "tolist") else value


def _text(path: Path) -> str:
    with _FILE.open(path) as handle:
        data = handle.read(_MAX_BYTES + 1)
    if len(data) > _MAX_BYTES:
        raise StudyError(f"more than {_MAX_BYTES} bytes are too many for a study file", file=path, code="too-large")
    return _FILE.decoded(data, path)
