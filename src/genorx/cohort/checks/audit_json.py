"""JSON Schema of a study file and of an audit; ``data_schemas/`` is written from this module."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from genorx._core.json_schema import DRAFT
from genorx.cohort.study_file.sections import StudyFile


class _Closed(BaseModel):
    model_config = ConfigDict(extra="forbid")


class TablePatients(_Closed):
    """Patients of one table."""

    table: str
    role: str
    rows: int
    patients: int
    only_here: int


class AuditPatients(_Closed):
    """Patients of the study."""

    by_table: list[TablePatients]
    in_any: int
    in_all: int
    in_cohort: int


class AuditColumn(_Closed):
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


class SiteMissing(_Closed):
    """Missing values of one column at one site."""

    column: str
    site: str
    patients: int
    missing: int
    missing_share: float


class AuditHorizon(_Closed):
    """Events of an outcome by a horizon, and patients who were followed beyond it."""

    horizon: float
    events: int
    beyond: int


class AuditOutcome(_Closed):
    """One outcome in its whole table."""

    outcome: str
    kind: str
    unit: str | None
    patients: int
    lost: int
    events: int
    median_follow_up: float | None
    total_follow_up: float | None
    by_horizon: list[AuditHorizon]


class AuditOption(_Closed):
    """Patients, events and follow-up of one option in one stratum."""

    stratum: str
    option: str
    patients: int
    events: int
    median_follow_up: float | None
    total_follow_up: float | None
    switched_after: int


class AuditTransition(_Closed):
    """Patients at risk of a transition of the primary outcome, their time at risk, and the transitions seen."""

    origin: str = Field(alias="from")
    to: str
    events: int
    at_risk: int
    time_at_risk: float


class FlowStep(_Closed):
    """Patients who remain after a step, and who were excluded by it."""

    step: str
    patients: int
    lost: int
    reason: str


class AuditFinding(_Closed):
    """A finding."""

    code: str
    severity: Literal["info", "warning", "serious"]
    patient_id: str | None
    place: str | None
    message: str


class AuditFault(_Closed):
    """An error that stops the study from being loaded."""

    severity: Literal["error"]
    code: str
    file: str | None
    place: str | None
    patient_id: str | None
    message: str
    hint: str | None


class AuditFile(_Closed):
    """The audit of a study: ``genorx study check STUDY --out audit.json``."""

    study: str
    ok: bool
    patients: AuditPatients
    columns: list[AuditColumn]
    site: str | None
    missing_by_site: list[SiteMissing]
    outcomes: list[AuditOutcome]
    options: list[AuditOption]
    transitions: list[AuditTransition]
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
    return {"study": DRAFT | StudyFile.model_json_schema(), "audit": DRAFT | AuditFile.model_json_schema()}
