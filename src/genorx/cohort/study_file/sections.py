"""Sections of the study file: keys, types, and every fault with its line.

Only the study file itself is opened here; the files that it names are read by ``cohort.study``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, Field, ValidationInfo, field_validator, model_validator

from genorx._core.files import FileKind
from genorx.cohort.kinds import DATA_KINDS, Better, OutcomeKind, OutcomeRole
from genorx.cohort.study_file.section_keys import SECTION, Finite, NotNegative, Positive, Share, Text
from genorx.cohort.study_file.table_section import ColumnSection, TableSection
from genorx.cohort.study_file.toml_sections import Scalar, TomlSections, parse_toml
from genorx.errors import StudyError, UsageError
from genorx.variants.assembly import normal_assembly

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
    model_config = SECTION


class StudySection(_Section):
    """``[study]``: the study's name, and the column that names the patient in every table."""

    name: Text
    """Name of the study in reports and files."""
    patient_id: Text
    """Column that names the patient in every table."""


def _assembly(name: object) -> object:
    """Return GRCh37 or GRCh38 for any usual synonym, such as hg19; other values are left for validation."""
    try:
        return normal_assembly(name) if isinstance(name, str) else name
    except UsageError:
        return name


class VariantsSection(_Section):
    """``[variants]``: variant files, the features derived from them, and a table that maps MAF samples to patients."""

    files: Annotated[list[Text], Field(min_length=1)]
    """Paths or globs of VCF, BCF, gVCF or MAF files: one for all patients, or one per patient."""
    assembly: Annotated[Literal["GRCh37", "GRCh38"], BeforeValidator(_assembly)] | None = None
    """Reference genome; checked against the header of each file."""
    origin: Literal["somatic", "germline"]
    """Whether the variants are of the tumour or inherited."""
    absent: Literal["reference", "missing"] = "missing"
    """What a site without a record means: sequenced and reference, or not known."""
    filters: list[str] = ["PASS", "."]
    """Values of FILTER whose records are read."""
    panel: Text | None = None
    """A TOML panel, or genes, sites, burden, pgx; by default genes (somatic) or sites (germline)."""
    samples: Text | None = None
    """Table of the sequenced samples of a MAF, and their patients."""


class PossibleSection(_Section):
    """``[[treatment.possible.OPTION]]``: a condition without which an option is not possible for a patient."""

    column: Text
    """The feature of the condition."""
    within: list[Scalar] = Field(default=[], alias="in")
    """Values of the feature for which the option is possible."""
    lower: Finite | None = Field(default=None, alias="min")
    """Smallest value for which it is possible."""
    upper: Finite | None = Field(default=None, alias="max")
    """Largest value for which it is possible."""


class TreatmentSection(_Section):
    """``[treatment]``: options, and the day from which they are compared."""

    table: Text
    """File of the treatments: which patient had which option."""
    design: Literal["baseline", "landmark", "time_varying", "strategy"] = "baseline"
    """Design of the comparison: the day from which options are compared."""
    time_zero: Text | None = None
    """Column of the day or date on which the comparison may begin, such as first remission."""
    landmark: NotNegative | None = None
    """Days after time zero from which options are compared; required for a landmark design."""
    start: Text | None = None
    """Column of the day on which each treatment began; for landmark, time-varying and strategy designs."""
    randomised: bool = False
    """Whether options were assigned at random; confounding is then not adjusted for."""
    strata: list[Text] = []
    """Columns within which options are comparable, such as trial or site."""
    reference: str = ""
    """Option with which the others are compared; required."""
    column: Text | None = None
    """Column whose levels are the options, in a table with one row per patient."""
    interactions: list[Text] | None = None
    """Features whose effect may differ between options; by default all."""
    options: dict[str, dict[str, Scalar | list[Scalar]]] = {}
    """Conditions on rows that define each option; the first match counts, one without condition is all others."""
    labels: dict[str, Text] = {}
    """Label of each option on pages and figures."""
    possible: dict[str, Annotated[list[PossibleSection], Field(min_length=1)]] = {}
    """Conditions without which an option is not possible for a patient; all must be met."""
    sensitivity_landmarks: list[NotNegative] | None = None
    """Further landmarks, in days, to compare with; by default half the landmark and one and a half times it."""

    @model_validator(mode="before")
    @classmethod
    def _labels_of_options(cls, values: Any) -> Any:
        """Separate ``label`` from the conditions of an option; it complements ``[treatment.labels]``."""
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
    """File of the outcome."""
    label: Text | None = None
    """Label of the outcome on pages and figures."""
    kind: OutcomeKind
    """Kind of outcome; it determines which keys are required."""
    time: Text | None = None
    """Column of the time to the event or the end of follow-up; required for survival and competing."""
    since: Text | None = Field(default=None, alias="from")
    """Column of the date from which time counts; with ``to`` in place of ``time``."""
    until: Text | None = Field(default=None, alias="to")
    """Column of the date of the event or the end of follow-up."""
    event: Text | None = None
    """Column of the event: 0 or 1, or the number of the cause; required for survival and competing."""
    event_value: Text | None = None
    """Value that codes the event, such as ``1:DECEASED``, if it is not coded 0 and 1."""
    causes: list[Text] = []
    """Names of competing causes, in the order of their numbers; required for competing."""
    cause: Text | None = None
    """Cause by which options are ranked, by the time lost to it; by default by the time without any event."""
    value: Text | None = None
    """Column of the value; required for binary, continuous, count and ordinal."""
    levels: list[Text] = []
    """Levels of an ordinal outcome, lowest first; by default the CTCAE grades 0 to 5."""
    at_least: Text | int | None = None
    """Lowest level of an ordinal outcome that counts as the event; by default grade 3."""
    states: list[Text] = []
    """States of a multistate outcome; required for it."""
    transitions: list[Annotated[list[Text], Field(min_length=2, max_length=2)]] = []
    """Transitions of a multistate outcome: pairs of states, from and to; required for it."""
    start: Text | None = None
    """State in which every patient begins; required for a multistate outcome."""
    alive: list[Text] = []
    """States that count as alive for survival; by default all with an outgoing transition."""
    state: Text | None = None
    """Column of the state, in a table with one row per patient and state."""
    times: dict[str, Text] = {}
    """Column of the time of entry into each state, in a table with one row per patient."""
    followed: Text | None = None
    """Column of the end of follow-up of a multistate outcome."""
    unit: str | None = None
    """Unit of time (days, weeks, months, years) or of the value; required for times and amounts."""
    horizons: list[Positive] = []
    """Times, in ``unit``, of reports; required for times (for the primary one the ranking's horizon suffices)."""
    better: Better | None = None
    """Better direction; by default more of a benefit, and less of a harm or cost."""
    role: OutcomeRole = "benefit"
    """Benefit or harm to weigh, cost, or a negative control: an outcome that no option can affect."""

    @field_validator("unit")
    @classmethod
    def _time_in_words(cls, unit: str | None, info: ValidationInfo) -> str | None:
        kind = DATA_KINDS.get(str(info.data.get("kind")))
        return _TIMES.get(unit, unit) if kind is not None and kind.timed and unit is not None else unit


class StrategySection(_Section):
    """``[strategies.NAME]``: which treatment begins in which state; without keys, no treatment ever begins."""

    state: Text | None = Field(default=None, alias="in")
    """State in which the treatment begins."""
    treatment: Text | None = None
    """Treatment that begins there."""
    within: Positive | None = None
    """Longest time from entry into the state to the start of the treatment, in the unit of the outcome."""
    share: Literal["observed"] | Share | None = None
    """Share of patients in the state who begin the treatment: ``observed`` as in the data; by default 1."""
    label: Text | None = None
    """Label of the strategy on pages and figures."""


class RankingSection(_Section):
    """``[ranking]``: the outcome, and the time, by which options are ordered."""

    primary: Text | None = None
    """Outcome by which options are ordered; required if there are several."""
    horizon: Positive | None = None
    """Time, in the outcome's unit, at which differences are reported; by default the last that follow-up reaches."""
    smallest_difference: Positive | None = None
    """Smallest difference that counts, in the unit of the quantity by which options are ordered."""
    by: Literal["primary", "utility"] | None = None
    """Whether options are ordered by the primary outcome or by the utility."""


class UtilityOutcomeSection(_Section):
    """``[utility.outcomes.NAME]``: the weight of one outcome."""

    quality: Share | None = None
    """Rule ``quality``: weight of a unit of event-free time, 0 to 1."""
    loss: NotNegative | None = None
    """Rule ``quality``: time that a patient would give up to avoid the harm, in the primary outcome's unit."""
    weight: Share | None = None
    """Rule ``weighted``: weight of the outcome; weights sum to 1."""
    scale: Annotated[list[float], Field(min_length=2, max_length=2)] | None = None
    """Rule ``weighted``: the worst and the best value."""


class UtilitySection(_Section):
    """``[utility]``: benefit against harm, by stated weights, and the acceptable cost of a unit of utility."""

    rule: Literal["quality", "weighted"] = "quality"
    """Rule by which outcomes are combined."""
    outcomes: dict[str, UtilityOutcomeSection] = {}
    """Weight of each outcome, by its name."""
    thresholds: list[Positive] = []
    """Acceptable cost of a unit of utility, in the unit of the outcome of role ``cost``."""


class StudyFile(_Section):
    """A study: the content of its files, the options of the patients, and the outcomes."""

    study: StudySection
    """Name of the study, and of the patient column."""
    variants: VariantsSection | None = None
    """Variant files."""
    tables: list[TableSection] = []
    """Record tables; required without variant files."""
    treatment: TreatmentSection | None = None
    """Options to compare; without it, one prognosis for each patient."""
    outcomes: dict[str, OutcomeSection] = {}
    """Outcomes by name."""
    strategies: dict[str, StrategySection] = {}
    """Strategies over time by name, for the design ``strategy``."""
    ranking: RankingSection = RankingSection()
    """How options are ordered."""
    utility: UtilitySection | None = None
    """Benefit against harm by stated weights."""

    @property
    def labels(self) -> dict[str, dict[str, str]]:
        """Labels of options, outcomes and features, by kind and name, of those that have one."""
        columns = (each for table in self.tables for each in table.columns.items())
        strategies = {name: each.label for name, each in self.strategies.items() if each.label is not None}
        found = {
            "options": strategies | ({} if self.treatment is None else dict(self.treatment.labels)),
            "outcomes": {name: each.label for name, each in self.outcomes.items() if each.label is not None},
            "features": {name: each.label for name, each in columns if each.label is not None},
        }
        return {kind: names for kind, names in found.items() if names}


#: Section of each key path, ``*`` for any name or number, to suggest names similar to an unknown key.
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


_NOT_A_STUDY = "a study file (*.toml) names the tables of its patients: genorx study init TABLE writes one"


def read_study_file(path: Path) -> tuple[StudyFile, str]:
    """Read a study file; return it parsed, with its text.

    Raises
    ------
    StudyError
        If the file cannot be read, is not TOML (``toml``), has an unknown key (``unknown-key``), lacks one
        (``missing-key``) or has a wrong value (``wrong-value``).  All such faults are reported at once.
    """
    text = _text(path)
    hint = {} if path.suffix.lower() == ".toml" else {"hint": _NOT_A_STUDY}
    values = parse_toml(text, path, StudyError, **hint)
    return _STUDY.validated(values, text, path), text


def study_of(content: Mapping[str, Any], path: Path) -> tuple[StudyFile, str]:
    """Return the study described by a mapping with the keys of a study file, and its text as JSON.

    Raises
    ------
    UsageError
        If it is no mapping (``not-a-study``).
    StudyError
        As ``read_study_file``; ``path`` is the name in errors.
    """
    if not isinstance(content, Mapping):
        hint = 'such as {"study": {"name": ..., "patient_id": ...}, "tables": [...]}; Study.read reads a file'
        reason = f"a mapping with the keys of a study file is needed, not a {type(content).__name__}"
        raise UsageError(reason, hint=hint, code="not-a-study")
    values = _plain(content)
    return _STUDY.validated(values, "", path), json.dumps(values, ensure_ascii=False)


def _plain(value: Any) -> Any:
    """Convert values to TOML types: Python's own numbers, lists for tuples and arrays."""
    if isinstance(value, Mapping):
        return {str(key): _plain(each) for key, each in value.items() if each is not None}
    if isinstance(value, (list, tuple)):
        return [_plain(each) for each in value]
    return _plain(value.tolist()) if hasattr(value, "tolist") else value


def _text(path: Path) -> str:
    with _FILE.open(path) as handle:
        data = handle.read(_MAX_BYTES + 1)
    if len(data) > _MAX_BYTES:
        raise StudyError(f"a study file may have at most {_MAX_BYTES} bytes", file=path, code="too-large")
    return _FILE.decoded(data, path)
