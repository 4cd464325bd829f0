"""The shape of a study file and of an audit as JSON Schema; ``data_schemas/`` holds what this module says."""

from __future__ import annotations

from typing import Any, Literal, TypedDict

from pydantic import ConfigDict, TypeAdapter, with_config

from genorx.cohort.study_file import StudyFile

_CLOSED = ConfigDict(extra="forbid")


@with_config(_CLOSED)
class TablePatients(TypedDict):
    """Patients of one table."""

    table: str
    role: str
    rows: int
    patients: int
    only_here: int


@with_config(_CLOSED)
class AuditPatients(TypedDict):
    """Patients of the study."""

    by_table: list[TablePatients]
    in_any: int
    in_all: int
    in_cohort: int


@with_config(_CLOSED)
class AuditColumn(TypedDict):
    """One column of one table."""

    table: str
    column: str
    used: bool
    type: str | None
    unit: str | None
    lower: float | None
    upper: float | None
    missing: int | None
    missing_share: float | None
    levels: list[str] | str | int | None
    note: str | None


@with_config(_CLOSED)
class SiteMissing(TypedDict):
    """Missing values of one column at one site."""

    column: str
    site: str
    patients: int
    missing: int
    missing_share: float


@with_config(_CLOSED)
class AuditOutcome(TypedDict):
    """One outcome in all its table."""

    outcome: str
    kind: str
    unit: str | None
    patients: int
    lost: int
    events: int
    median_follow_up: float | None
    total_follow_up: float | None


@with_config(_CLOSED)
class AuditOption(TypedDict):
    """Patients, events and follow-up of one option in one stratum."""

    stratum: str
    option: str
    patients: int
    events: int
    median_follow_up: float | None
    total_follow_up: float | None
    switched_after: int


@with_config(_CLOSED)
class FlowStep(TypedDict):
    """Patients who remain after a step, and who were lost in it."""

    step: str
    patients: int
    lost: int
    reason: str


@with_config(_CLOSED)
class AuditFinding(TypedDict):
    """A finding."""

    code: str
    severity: Literal["info", "warning", "serious"]
    patient_id: str | None
    place: str | None
    message: str


@with_config(_CLOSED)
class AuditFault(TypedDict):
    """An error that stops the study from being loaded."""

    severity: Literal["error"]
    code: str
    file: str | None
    place: str | None
    patient_id: str | None
    message: str
    hint: str | None


@with_config(_CLOSED)
class AuditFile(TypedDict):
    """The audit of a study: ``genorx study check STUDY --out audit.json``."""

    study: str
    ok: bool
    patients: AuditPatients
    columns: list[AuditColumn]
    site: str | None
    missing_by_site: list[SiteMissing]
    outcomes: list[AuditOutcome]
    options: list[AuditOption]
    flow: list[FlowStep]
    design_flow: list[FlowStep]
    assumptions: list[str]
    impossible_values: list[AuditFinding]
    contradictions: list[AuditFinding]
    duplicates: list[AuditFinding]
    leakage_suspects: list[AuditFinding]
    faults: list[AuditFault]
    findings: list[AuditFinding]


def study_schemas() -> dict[str, dict[str, Any]]:
    """Return the JSON Schemas of the study file (as TOML gives it) and of the audit, by name."""
    return {"study": StudyFile.model_json_schema(), "audit": TypeAdapter(AuditFile).json_schema()}
