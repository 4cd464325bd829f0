"""The audit of a study: everything read, nothing fitted, all faults and findings in one place.

Its display is ``cohort.checks.audit_text``; the schema of its JSON ``cohort.checks.audit_json``.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from genorx._core.feature_spec import FeatureSpec
from genorx._core.short_repr import short_repr
from genorx.cohort.assemble import Assembly
from genorx.cohort.design.strategies import strategy_table
from genorx.cohort.faults import Faults
from genorx.cohort.follow_up import follow_up_of
from genorx.cohort.outcome import Outcome, ReadOutcome
from genorx.cohort.sources import short_name
from genorx.errors import Finding, GenorxError, TableError

if TYPE_CHECKING:
    from genorx.cohort.study import Study

#: Codes of findings and faults that answer one question of the audit; all are listed as well.
_TOPICS: dict[str, frozenset[str]] = {
    "impossible_values": frozenset(
        {
            *("impossible-value", "impossible-follow-up", "negative-follow-up", "zero-follow-up"),
            *("event-without-time", "time-without-event", "course-time-unknown", "course-end-unknown"),
        }
    ),
    "contradictions": frozenset(
        {
            *("smoking-contradiction", "alcohol-contradiction", "bmi-contradiction", "unit-suspect"),
            *("date-order", "mixed-column", "near-option", "site-contradiction", "horizon-unit-suspect"),
            *("sex-mismatch", "sex-not-clear", "same-day-states", "course-order", "course-transition"),
            *("course-after-absorbing", "course-after-follow-up", "treatment-in-absorbing"),
        }
    ),
    "duplicates": frozenset(
        {
            "duplicate-patient",
            "doubled-column",
            "near-ids",
            "near-duplicate-ids",
            "duplicate-column",
            "near-duplicate-levels",
            "samples-alike",
        }
    ),
    "leakage_suspects": frozenset({"leakage-suspect", "after-time-zero"}),
}
_COLUMNS = ["table", "column", "used", "type", "unit", "lower", "upper", "missing", "missing_share", "levels", "note"]
_OUTCOMES = ["outcome", "kind", "unit", "patients", "lost", "events", "median_follow_up", "total_follow_up"]
_OUTCOMES += ["by_horizon"]
_OPTIONS = ["stratum", "option", "patients", "events", "median_follow_up", "total_follow_up", "switched_after"]
_TRANSITIONS = ["from", "to", "events", "at_risk", "time_at_risk"]
_FAULTS = ["severity", "code", "file", "place", "patient_id", "message", "hint"]


#: Characters that ``print`` shows.
_PRINTED = 1900


@dataclass(frozen=True, kw_only=True)
class Audit:
    """Content of a study's files, with all faults and findings.

    Attributes
    ----------
    study : str
        Name of the study.
    patients : DataFrame
        One row per table: ``table``, ``role``, ``rows``, ``patients``, ``only_here`` (patients in no other table).
    in_any, in_all, in_cohort : int
        Patients in any table, in all of them, and in the cohort (features and primary outcome known).
    columns : DataFrame
        One row per column: ``table``, ``column``, ``used``, ``type``, ``unit``, ``lower``, ``upper``, ``missing``,
        ``missing_share``, ``levels``, ``note``.
    site : str or None
        Column that names the site.
    missing_by_site : DataFrame
        One row per column with missing values and site: ``column``, ``site``, ``patients``, ``missing``,
        ``missing_share``.
    outcomes : DataFrame
        ``outcome``, ``kind``, ``unit``, ``patients``, ``lost``, ``events``, ``median_follow_up``, ``total_follow_up``,
        and ``by_horizon``: for each horizon of a time to an event a dict of ``horizon``, ``events`` by then, and
        ``beyond``, patients who were followed longer.
    options : DataFrame
        The design's positivity table; for strategies, the number of patients who followed each; empty without a
        treatment.
    transitions : DataFrame
        ``from``, ``to``, ``events``, ``at_risk``, ``time_at_risk`` of a primary outcome with states; else empty.
    flow, design_flow : DataFrame
        ``step``, ``patients``, ``lost``, ``reason`` into the cohort, and into the comparison.
    assumptions : tuple of str
        What must hold for a difference between options to be an effect.
    findings : tuple of Finding
        Findings on the data; they do not stop the study from being loaded.
    faults : tuple of GenorxError
        What stops the study from being loaded; empty where ``Study.load`` succeeds.
    """

    study: str
    patients: pd.DataFrame
    in_any: int
    in_all: int
    in_cohort: int
    columns: pd.DataFrame
    site: str | None
    missing_by_site: pd.DataFrame
    outcomes: pd.DataFrame
    options: pd.DataFrame
    transitions: pd.DataFrame
    flow: pd.DataFrame
    design_flow: pd.DataFrame
    assumptions: tuple[str, ...]
    findings: tuple[Finding, ...]
    faults: tuple[GenorxError, ...]

    @property
    def ok(self) -> bool:
        """Whether the study can be loaded."""
        return not self.faults

    def to_dict(self) -> dict[str, Any]:
        """Return plain values, as ``data_schemas/audit.schema.json`` describes them."""
        by_topic = {
            topic: [each for each in self._described() if each["code"] in codes] for topic, codes in _TOPICS.items()
        }
        return {
            "study": self.study,
            "ok": self.ok,
            "patients": {
                "by_table": _records(self.patients),
                "in_any": self.in_any,
                "in_all": self.in_all,
                "in_cohort": self.in_cohort,
            },
            "columns": _records(self.columns),
            "site": self.site,
            "missing_by_site": _records(self.missing_by_site),
            "outcomes": _records(self.outcomes),
            "options": _records(self.options),
            "transitions": _records(self.transitions),
            "flow": _records(self.flow),
            "design_flow": _records(self.design_flow),
            "assumptions": list(self.assumptions),
            **by_topic,
            "faults": _records(_fault_frame(self.faults)),
            "findings": [finding.to_dict() for finding in self.findings],
        }

    def _described(self) -> list[dict[str, Any]]:
        """Return faults, as serious findings, and findings as plain values."""
        faults = [
            {
                "code": row["code"],
                "severity": "serious",
                "patient_id": None,
                "place": ": ".join(part for part in (row["file"], row["place"]) if part is not None) or None,
                "message": row["message"],
            }
            for row in _records(_fault_frame(self.faults))
        ]
        return faults + [finding.to_dict() for finding in self.findings]

    def to_frame(self) -> pd.DataFrame:
        """Return all faults and findings, the worst first.

        Columns ``severity`` (``error`` stops the study), ``code``, ``file``, ``place``, ``patient_id``, ``message``,
        ``hint``.
        """
        rows = [
            {name: finding.to_dict().get(name) for name in _FAULTS}
            for severity in ("serious", "warning", "info")
            for finding in self.findings
            if finding.severity == severity
        ]
        found = pd.DataFrame(rows, columns=_FAULTS, dtype=object)
        faults = _fault_frame(self.faults)
        return found if faults.empty else pd.concat([faults, found], ignore_index=True)

    def to_text(self) -> str:
        """Return the whole audit as text, as ``genorx study check`` prints it."""
        from genorx.cohort.checks.audit_text import as_text

        return as_text(self)

    def __str__(self) -> str:
        text = self.to_text()
        if len(text) <= _PRINTED:
            return text
        return f"{text[: text.rindex(chr(10), 0, _PRINTED)]}\n... to_text() has the rest\n"

    def __repr__(self) -> str:
        return short_repr(self)

    def _repr_html_(self) -> str:
        from genorx.cohort.checks.audit_text import as_html

        return as_html(self)


def audit_study(study: Study) -> Audit:
    """Read everything that a study names, continuing past every fault."""
    steps = Assembly(study=study.content, path=study.path, tables=study.tables, faults=Faults())
    steps.read(outcomes=True, schema=None)
    steps.join(schema=None)
    steps.compare()
    site, by_site = steps.missing_by_site()
    patients, in_any, in_all = _patients(steps)
    design = steps.design
    course = steps.outcomes[str(steps.primary)].course if steps.primary in steps.outcomes else None
    options = pd.DataFrame(columns=_OPTIONS) if design is None else design.positivity
    assumptions = () if design is None else design.assumptions
    if steps.strategies is not None and course is not None:
        options, assumptions = strategy_table(steps.strategies, course), steps.strategies.assumptions
    return Audit(
        study=study.name,
        patients=patients,
        in_any=in_any,
        in_all=in_all,
        in_cohort=len(steps.joined.features) if steps.joined else 0,
        columns=_columns(steps),
        site=site,
        missing_by_site=by_site,
        outcomes=_outcomes(steps.reads),
        options=options,
        transitions=pd.DataFrame(columns=_TRANSITIONS) if course is None else course.counts(),
        flow=pd.DataFrame(steps.flow, columns=["step", "patients", "lost", "reason"]),
        design_flow=pd.DataFrame(columns=["step", "patients", "lost", "reason"]) if design is None else design.flow,
        assumptions=assumptions,
        findings=steps.all_findings(),
        faults=tuple(steps.faults.errors),
    )


def _patients(steps: Assembly) -> tuple[pd.DataFrame, int, int]:
    tables = {source.name: (source.role, len(source.frame), set(source.frame.index)) for source in steps.sources}
    for name, rows in steps.rows.items():
        short = short_name(steps.study, name)
        if short not in tables:
            role = "treatment" if steps.study.treatment and name == steps.study.treatment.table else "outcome"
            tables[short] = (role, len(rows.patient), set(rows.patients))
    everybody = [patients for _, _, patients in tables.values()]
    rows_of = [
        {
            "table": name,
            "role": role,
            "rows": rows,
            "patients": len(patients),
            "only_here": len(patients - set().union(*(each for key, (_, _, each) in tables.items() if key != name))),
        }
        for name, (role, rows, patients) in tables.items()
    ]
    frame = pd.DataFrame(rows_of, columns=["table", "role", "rows", "patients", "only_here"])
    in_all = len(set.intersection(*everybody)) if everybody else 0
    return frame, len(set().union(*everybody)), in_all


def _columns(steps: Assembly) -> pd.DataFrame:
    """Return the columns of every table and of the variant files; leaking columns are not used."""
    frames = []
    for source in steps.sources:
        if source.columns is not None:
            frame = source.columns.reindex(columns=_COLUMNS[1:])
        else:
            frame = _variant_columns(source.frame, source.specs)
        frame.insert(0, "table", source.name)
        frames.append(frame)
    if not frames:
        return pd.DataFrame(columns=_COLUMNS)
    table = pd.concat([frame.astype(object) for frame in frames], ignore_index=True)
    leaked = table["column"].isin(list(steps.left_out))
    table["used"] = table["used"].astype(bool) & ~leaked
    table["note"] = table["note"].where(~leaked, table["column"].map(lambda name: _note(steps, name)))
    return table


def _note(steps: Assembly, column: str) -> str:
    return steps.left_out[column].code if column in steps.left_out else ""


def _variant_columns(frame: pd.DataFrame, specs: Sequence[FeatureSpec]) -> pd.DataFrame:
    names = [spec.name for spec in specs]
    known = frame[names]
    ranges = [(None, None) if spec.levels else (known[spec.name].min(), known[spec.name].max()) for spec in specs]
    return pd.DataFrame(
        {
            "column": names,
            "used": True,
            "type": [spec.kind for spec in specs],
            "unit": None,
            "lower": [_number(lower) for lower, _ in ranges],
            "upper": [_number(upper) for _, upper in ranges],
            "missing": known.isna().sum().to_numpy(dtype=int),
            "missing_share": known.isna().mean().to_numpy(dtype=float),
            "levels": [spec.levels or None for spec in specs],
            "note": "",
        }
    )


def _outcomes(reads: dict[str, ReadOutcome]) -> pd.DataFrame:
    rows: list[dict[str, object]] = []
    for name, read in reads.items():
        outcome = read.outcome
        row: dict[str, object] = {"outcome": name, "kind": outcome.kind, "unit": outcome.unit or None}
        row |= {"patients": len(outcome.frame), "lost": sum(len(lost) for lost in read.lost.values())}
        row["by_horizon"] = _by_horizon(outcome)
        if outcome.timed:
            row |= follow_up_of(outcome.frame)
        else:
            row["events"] = int(outcome.happened.sum())
        rows.append(row)
    return pd.DataFrame(rows, columns=_OUTCOMES)


def _by_horizon(outcome: Outcome) -> list[dict[str, float | int]]:
    """Return the events by each horizon and the patients followed beyond it; nothing for a value."""
    if not outcome.timed:
        return []
    time, event = outcome.frame["time"], outcome.frame["event"].astype(bool)
    return [
        {"horizon": each, "events": int((event & (time <= each)).sum()), "beyond": int((time > each).sum())}
        for each in outcome.horizons
    ]


def _fault_frame(faults: Collection[GenorxError]) -> pd.DataFrame:
    """Return one row per fault; table faults are expanded to one per table row."""
    rows: list[dict[str, object]] = []
    for fault in faults:
        each = fault.faults if isinstance(fault, TableError) and len(fault.faults) > 1 else ()
        stated = [{"place": _cell(one), "message": one["rule"], "code": one["code"]} for one in each]
        stated = stated or [{"place": fault.place, "message": fault.reason, "code": fault.code}]
        rows += [{"severity": "error", "file": fault.file, "hint": fault.hint, **one} for one in stated]
    return pd.DataFrame(rows, columns=_FAULTS, dtype=object)


def _cell(fault: dict[str, Any]) -> str | None:
    from genorx.cohort.tables.table_faults import place_of

    return place_of(fault["row"], fault["column"])


def _records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Return rows as plain JSON values: missing is None."""
    return [{str(key): _plain(value) for key, value in row.items()} for row in frame.to_dict(orient="records")]


def _plain(value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        return [_plain(each) for each in value]
    if value is None or pd.isna(value):
        return None
    return value.item() if hasattr(value, "item") else value


def _number(value: Any) -> float | None:
    return None if pd.isna(value) else float(value)
