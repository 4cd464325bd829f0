"""The study file as TOML says it: keys, types, and every fault with its line.

Nothing is opened here but the study file itself; reading what it names is ``cohort.study``.
"""

from __future__ import annotations

import difflib
import json
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, ValidationInfo, field_validator

from genorx._core.files import FileKind
from genorx.cohort.faults import Faults
from genorx.cohort.kinds import DATA_KINDS, Better, OutcomeKind, OutcomeRole
from genorx.cohort.study_file.toml_lines import line_of
from genorx.errors import StudyError, UsageError, shown

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

Role = Literal["clinical", "laboratory", "lifestyle", "imaging", "expression"]
TimeUnit = Literal["days", "weeks", "months", "years"]
Scalar = str | int | float | bool
Text = Annotated[str, Field(min_length=1)]
Finite = Annotated[float, Field(allow_inf_nan=False)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]

_AT_LINE = re.compile(r"\s*\(at (?:line (?P<line>\d+), column \d+|end of document)\)$")
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
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class StudySection(_Section):
    """``[study]``: the study's name, and the column that names the patient in every table."""

    name: Text
    patient_id: Text


class VariantsSection(_Section):
    """``[variants]``: variant files, and what is made of them."""

    files: Annotated[list[Text], Field(min_length=1)]
    assembly: Literal["GRCh37", "GRCh38"] | None = None
    origin: Literal["somatic", "germline"]
    absent: Literal["reference", "missing"] = "missing"
    filters: list[str] = ["PASS", "."]
    panel: Text | None = None


class ColumnSection(_Section):
    """``[tables.columns.NAME]``: what a column holds."""

    unit: Text | None = None
    type: Literal["number", "integer", "category", "ordinal", "boolean", "date"] | None = None
    levels: list[str] = []
    missing: list[float | str] = []


class TableSection(_Section):
    """``[[tables]]``: records, one row a patient, of an exchange format by a map; of images, one row an image."""

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


class PossibleSection(_Section):
    """``[[treatment.possible.OPTION]]``: a condition without which an option is not possible for a patient."""

    column: Text
    within: list[Scalar] = Field(default=[], alias="in")
    lower: Finite | None = Field(default=None, alias="min")
    upper: Finite | None = Field(default=None, alias="max")


class TreatmentSection(_Section):
    """``[treatment]``: options, and from which day on they are compared."""

    table: Text
    design: Literal["baseline", "landmark", "time_varying"] = "baseline"
    time_zero: Text | None = None
    landmark: Annotated[float, Field(ge=0, allow_inf_nan=False)] | None = None
    start: Text | None = None
    randomised: bool = False
    strata: list[Text] = []
    reference: Text
    column: Text | None = None
    interactions: list[Text] | None = None
    options: dict[str, dict[str, Scalar | list[Scalar]]] = {}
    possible: dict[str, Annotated[list[PossibleSection], Field(min_length=1)]] = {}
    sensitivity_landmarks: list[Annotated[float, Field(ge=0, allow_inf_nan=False)]] | None = None


# UCUM codes and singulars of the units of time
_TIMES = {"d": "days", "day": "days", "wk": "weeks", "week": "weeks", "mo": "months", "month": "months"}
_TIMES |= {"a": "years", "year": "years"}


class OutcomeSection(_Section):
    """``[outcomes.NAME]``: what happened to the patients."""

    table: Text
    kind: OutcomeKind
    time: Text | None = None
    event: Text | None = None
    causes: list[Text] = []
    cause: Text | None = None
    value: Text | None = None
    levels: list[Text] = []
    at_least: Text | int | None = None
    unit: str | None = None
    horizons: list[Positive] = []
    better: Better | None = None
    role: OutcomeRole = "benefit"

    @field_validator("unit")
    @classmethod
    def _time_in_words(cls, unit: str | None, info: ValidationInfo) -> str | None:
        kind = DATA_KINDS.get(str(info.data.get("kind")))
        return _TIMES.get(unit, unit) if kind is not None and kind.timed and unit is not None else unit


class RankingSection(_Section):
    """``[ranking]``: the outcome, and the time, by which options are ordered."""

    primary: Text | None = None
    horizon: Positive | None = None
    smallest_difference: Positive | None = None
    by: Literal["primary", "utility"] | None = None


Share = Annotated[float, Field(ge=0, le=1)]


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
    ranking: RankingSection = RankingSection()
    utility: UtilitySection | None = None


#: Section of each key path, ``*`` for any name or number: where near names of an unknown key are looked for.
_SECTIONS: dict[tuple[str, ...], type[BaseModel]] = {
    (): StudyFile,
    ("study",): StudySection,
    ("variants",): VariantsSection,
    ("tables", "*"): TableSection,
    ("tables", "*", "columns", "*"): ColumnSection,
    ("treatment",): TreatmentSection,
    ("treatment", "possible", "*", "*"): PossibleSection,
    ("outcomes", "*"): OutcomeSection,
    ("ranking",): RankingSection,
    ("utility",): UtilitySection,
    ("utility", "outcomes", "*"): UtilityOutcomeSection,
}


def read_study_file(path: Path) -> tuple[StudyFile, str]:
    """Return the parsed study file and its text.

    Raises
    ------
    StudyError
        If the file cannot be read, is not TOML (``toml``), has an unknown key (``unknown-key``), lacks one
        (``missing-key``) or gives one a wrong value (``wrong-value``).  All such faults are named at once.
    """
    text = _text(path)
    return _validated(_parsed(text, path), text, path), text


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
    return _validated(values, "", path), json.dumps(values, ensure_ascii=False)


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


def _parsed(text: str, path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        message = str(error)
        found = _AT_LINE.search(message)
        line = found.group("line") if found else None
        if found and line is None:
            line = str(text.count("\n") + 1)
        reason = shown(_AT_LINE.sub("", message))
        hint = "texts stand in quotes, a key stands once in its section"
        raise StudyError(f"not TOML: {reason}", file=path, place=line, hint=hint, code="toml") from error
    except (RecursionError, ValueError) as error:  # a whole number of more than 4,300 digits is a ValueError
        reason = "not TOML that can be read: nested too deeply, or a number too long"
        raise StudyError(reason, file=path, code="toml") from error


def _validated(values: dict[str, Any], text: str, path: Path) -> StudyFile:
    try:
        return StudyFile.model_validate(values)
    except ValidationError as error:
        faults = Faults()
        seen: set[tuple[str | int, ...]] = set()
        for fault in error.errors(include_url=False):
            where = _existing(values, fault["loc"], keep_last=fault["type"] == "missing")
            if where not in seen:  # a union reports each of its branches
                seen.add(where)
                faults.add(_study_error(fault, where, text, path))
        faults.raise_if_any()
        raise  # pragma: no cover  (a ValidationError has at least one fault)


def _existing(values: Any, loc: tuple[str | int, ...], *, keep_last: bool) -> tuple[str | int, ...]:
    """Return the part of a location that is in the file: pydantic adds the branch of a union to it."""
    kept: list[str | int] = []
    for step in loc:
        in_list = isinstance(values, list) and isinstance(step, int) and step < len(values)
        if not in_list and not (isinstance(values, dict) and step in values):
            return (*kept, loc[-1]) if keep_last else tuple(kept)
        values = values[step]
        kept.append(step)
    return tuple(kept)


def _study_error(fault: ErrorDetails, loc: tuple[str | int, ...], text: str, path: Path) -> StudyError:
    key = ".".join(shown(step) for step in loc)
    line = line_of(text, loc)
    if fault["type"] == "extra_forbidden":
        return StudyError(f'unknown key "{key}"', file=path, place=line, hint=_near(loc), code="unknown-key")
    if fault["type"] == "missing":
        place = line_of(text, loc[:-1])
        return StudyError(f'key "{key}" is missing', file=path, place=place, code="missing-key")
    given = f", not {shown(repr(fault['input']))}" if isinstance(fault["input"], Scalar) else ""
    message = fault["msg"]
    reason = f'"{key}": {message[:1].lower()}{message[1:]}{given}'
    return StudyError(reason, file=path, place=line, code="wrong-value")


def _near(loc: tuple[str | int, ...]) -> str:
    """Return what the user may have meant: the nearest key of that section, else all its keys."""
    parent = tuple(str(step) for step in loc[:-1])
    for pattern, section in _SECTIONS.items():
        if len(pattern) == len(parent) and all(p in ("*", s) for p, s in zip(pattern, parent, strict=True)):
            names = [field.alias or name for name, field in section.model_fields.items()]
            near = difflib.get_close_matches(str(loc[-1]), names, n=1)
            return f'did you mean "{near[0]}"?' if near else f"known keys: {', '.join(names)}"
    return "remove it"
