"""The plan of a patient's course: treatments, laboratory, checks and holds, step by step.

It is a proposal: its author is the person who adopts it.  The dates of its visits are set by ``care.schedule``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, fields
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
from pydantic import TypeAdapter

from genorx._core.output import to_json
from genorx._core.provenance import today
from genorx._core.short_repr import short
from genorx._core.version import __version__
from genorx.care.answer import PatientOptions, RankedOption, read_answer
from genorx.care.days import day_of
from genorx.care.ids import identity
from genorx.care.json_values import read_value
from genorx.care.pharmacogenes import pgx_of
from genorx.care.regimen.guidance_checks import NO_SOURCE, asks_something, rows_of_option
from genorx.care.regimen.pack import LOCAL_PROTOCOL, RegimenPack, read_regimens, regimen_of
from genorx.care.regimen.regimen import Check, Regimen
from genorx.care.regimen.steps import Step, course_steps
from genorx.care.schedule.calendar import Calendar
from genorx.care.schedule.making import make_schedule
from genorx.care.schedule.schedule import PlanHead, Schedule
from genorx.care.showing import Shown, rows_frame, written
from genorx.errors import FINDINGS, Finding, InputError, UsageError, shown
from genorx.knowledge.drug_names import drugs_in, generic_drug

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from genorx.care.answer import RankingLike
    from genorx.care.pharmacogenes import PgxLike


_HEAD: TypeAdapter[PlanHead] = TypeAdapter(PlanHead)
_FINDINGS: TypeAdapter[tuple[Finding, ...]] = TypeAdapter(tuple[Finding, ...])
_STEPS: TypeAdapter[tuple[Step, ...]] = TypeAdapter(tuple[Step, ...])


@short
@dataclass(frozen=True, kw_only=True)
class CarePlan(Shown):
    """The plan of a patient's course.

    Attributes
    ----------
    head : PlanHead
        ``id`` (from patient, regimen and start), ``patient_id``, ``option``, ``regimen``, ``start``, ``author`` (none).
    regimen : Regimen
        Regimen of the plan.
    listed : tuple of Step
        Steps in order of time.
    findings : tuple of Finding
        ``plan-not-advised``, ``plan-no-estimate``, ``regimen-other-option``, ``regimen-replaced``, ``pgx-no-report``.
    provenance : mapping
        Versions, date, and the provenance of the ranking.
    """

    head: PlanHead
    regimen: Regimen
    listed: tuple[Step, ...]
    findings: tuple[Finding, ...] = ()
    provenance: Mapping[str, Any] = field(default_factory=dict)

    heading = "Plan"

    @property
    def title(self) -> str:
        """Title of the page."""
        return f"Plan: {self.regimen.label}"

    @cached_property
    def steps(self) -> pd.DataFrame:
        """One row per step: ``patient_id, step, kind, cycle, day, name, code, system, reason, source``."""
        return rows_frame(self.listed, Step, ("step", "cycle", "day"))

    def schedule(
        self,
        calendar: Calendar | str | Path,
        window: int | None = None,
        previous: Schedule | Mapping[str, Any] | str | Path | None = None,
        today: str | date | None = None,
    ) -> Schedule:
        """Return the visits on the open days of a calendar.

        Parameters
        ----------
        calendar : Calendar or path
            Open days and hours, or the file that names them.
        window : int, optional
            Days by which a visit may move; by default that of the regimen.
        previous : Schedule, its JSON or path, optional
            Schedule that was already sent: visits keep their identifiers.
        today : day, optional
            Day of the schedule; by default the current day.

        Raises
        ------
        InputError
            ``calendar``, ``no-open-day``, ``time-zone``, ``no-date``, ``regimen`` (window), ``schedule-schema``,
            ``other-patient``.
        """
        return make_schedule(self.head, self.regimen, calendar, window=window, previous=previous, today=today)

    def to_records(self) -> dict[str, Any]:
        """Return ``plan``, ``steps``, ``regimen``, ``findings`` and ``provenance`` as plain values."""
        return {
            "plan": self.head.to_dict(),
            "steps": [asdict(each) for each in self.listed],
            "regimen": self.regimen.to_dict(),
            "findings": [each.to_dict() for each in self.findings],
            "provenance": dict(self.provenance),
        }

    def to_json(self, path: str | Path | None = None) -> str:
        """Return the plan as JSON, and write it if a path is given."""
        return written(to_json(self.to_records()), path)

    def to_fhir(self) -> dict[str, Any]:
        """Return the plan as a FHIR Bundle: a CarePlan that is a proposal, then a ServiceRequest for each step."""
        from genorx.interop.fhir_out.care_plan import PlannedStep, care_plan_bundle

        steps = [
            PlannedStep(
                name=each.name,
                words=_words(each),
                code=each.code,
                system=each.system,
                reason=each.reason,
                source=each.source,
                request=each.kind != "hold",
            )
            for each in self.listed
        ]
        return care_plan_bundle(
            steps,
            title=self.regimen.label,
            plan_id=self.head.id,
            start=self.head.start,
            patient_id=self.head.patient_id,
        )

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the plan as a timeline in days from the start; return the Axes."""
        from genorx.care.schedule.timeline import plot_plan

        return plot_plan(self, ax=ax)

    def section_html(self) -> str:
        """Return the plan as a section: who and what, findings, timeline, checks, the steps of a cycle."""
        from genorx.care.schedule.page import plan_section

        return plan_section(self)


def _words(step: Step) -> str:
    when = f"before day 1 of cycle {step.cycle}" if step.day == 0 else f"cycle {step.cycle} day {step.day}"
    return f"{step.name}, {when}"


def plan(
    ranking: RankingLike | None,
    option: str | None,
    *,
    regimens: RegimenPack | Mapping[str, Regimen] | str | Path | None = None,
    regimen: Regimen | str | None = None,
    start: str | date,
    patient_id: str | None = None,
    pgx: PgxLike | None = None,
) -> CarePlan:
    """Return the plan of a patient's course under an option: visits, laboratory tests, checks.

    Parameters
    ----------
    ranking : Ranking, path, object of one patient, or None
        Without a ranking a regimen is required, and nothing is known about the patient.
    option : str or None
        Option of the ranking; required with a ranking.
    regimens : pack or path, optional
        A user's regimens, added to the shipped ones.
    regimen : Regimen or name, optional
        Regimen of the plan; by default the one that belongs to the option.
    start : day
        Date of day 1 of cycle 1.
    patient_id : str, optional
        Required if the ranking has several patients.
    pgx : reports or path, optional
        Pharmacogene reports: guidance on the regimen's drugs that the ranking lacks is added as checks.

    Returns
    -------
    CarePlan

    Raises
    ------
    UsageError
        ``no-such-patient``, ``patient-needed``, ``no-such-option``, ``no-such-regimen``, ``regimen-needed``.
    InputError
        ``ranking-schema``, ``regimen``, ``no-date``.
    """
    day = day_of(start, "start")
    answer = None if ranking is None else read_answer(ranking, patient_id)
    chosen = None if answer is None else answer.option(_needed(option))
    pack = _pack(regimens)
    taken = _regimen(pack, regimen, option)
    patient = patient_id if answer is None else answer.patient_id
    report, missing = (None, ()) if patient is None else pgx_of(pgx, patient)
    rows = [row for row in rows_of_option(chosen, taken.drugs, report) if asks_something(row)]
    checks = [
        Check(f"{row.gene}: {row.drug}", "before_start", f"{row.phenotype}: {row.action}", row.source or NO_SOURCE)
        for row in rows
    ]
    head = PlanHead(
        id=identity("plan", patient, taken.name, day.isoformat()),
        patient_id=patient,
        option=option,
        regimen=taken.name,
        start=day.isoformat(),
        option_label=None if answer is None or option is None else answer.labels.options.get(option),
    )
    own = not isinstance(regimen, Regimen)
    replaced = [each for each in pack.findings if own and each.place == f"regimen {shown(taken.name)!r}"]
    return CarePlan(
        head=head,
        regimen=taken,
        listed=tuple(course_steps(taken, checks, patient)),
        findings=(*_advice_findings(chosen, patient), *_fit_findings(head, taken, pack), *missing, *replaced),
        provenance=_provenance(answer, taken, pack),
    )


def _needed(option: str | None) -> str:
    if option is None:
        raise UsageError("an option of the ranking is needed", hint="name it by option=", code="no-such-option")
    return option


def _pack(regimens: RegimenPack | Mapping[str, Regimen] | str | Path | None) -> RegimenPack:
    if isinstance(regimens, RegimenPack):
        return regimens
    return RegimenPack(regimens) if isinstance(regimens, Mapping) else read_regimens(regimens)


def _regimen(pack: RegimenPack, regimen: Regimen | str | None, option: str | None) -> Regimen:
    if isinstance(regimen, Regimen):
        return regimen
    if regimen is not None:
        return pack.named(regimen)
    if option is None:
        raise UsageError("without a ranking a regimen is needed", hint="give regimen=", code="regimen-needed")
    return pack.of_option(option)


def _advice_findings(option: RankedOption | None, patient_id: str | None) -> Iterator[Finding]:
    if option is not None and option.advice == "not_advised":
        text = f"the ranking does not advise {shown(option.option)} for this patient; the plan is made nevertheless"
        yield Finding(code="plan-not-advised", severity="serious", message=text, patient_id=patient_id,
                      place=shown(option.option))  # fmt: skip
    if option is not None and option.advice == "no_estimate":
        why = f": {option.no_estimate_reason}" if option.no_estimate_reason else ""
        text = f"there is no estimate of {shown(option.option)} for this patient{shown(why)}"
        yield Finding(code="plan-no-estimate", severity="warning", message=text, patient_id=patient_id,
                      place=shown(option.option))  # fmt: skip


def _belongs(option: str, label: str, regimen: Regimen, pack: RegimenPack) -> bool:
    """Return whether nothing speaks against a regimen for an option: its options, other regimens' options, drugs."""
    names = {option.casefold(), label.casefold()}
    if not names.isdisjoint(each.casefold() for each in (*regimen.options, regimen.name, regimen.label)):
        return True
    given = {generic_drug(drug) for drug in regimen.drugs}
    known = given.union(generic_drug(drug) for each in pack.values() for drug in each.drugs)
    drugs = {drug for _, drug in drugs_in(option, known)}
    if None not in drugs:
        return drugs <= given
    others = {each.casefold() for other in pack.values() for each in other.options}
    return drugs <= {None} and regimen.options == (regimen.name,) and names.isdisjoint(others)


def _fit_findings(head: PlanHead, regimen: Regimen, pack: RegimenPack) -> Iterator[Finding]:
    """Report a regimen that was named for an option to which it does not belong."""
    option = head.option
    if option is None or _belongs(option, head.option_label or option, regimen, pack):
        return
    belongs = ", ".join(shown(name) for name in regimen.options)
    text = f"the regimen {shown(regimen.label)} belongs to {belongs}, and the plan is of the option {shown(option)}"
    yield Finding(code="regimen-other-option", severity="warning", message=text, patient_id=head.patient_id,
                  place=f"regimen {shown(regimen.name)!r}")  # fmt: skip


def _provenance(answer: PatientOptions | None, regimen: Regimen, pack: RegimenPack) -> dict[str, Any]:
    shipped = regimen.name in pack.shipped and pack[regimen.name] == regimen
    return {
        "date": today(),
        "genorx": __version__,
        "regimens": LOCAL_PROTOCOL if shipped else "the user's own",
        "ranking": None if answer is None else dict(answer.provenance),
    }


def read_plan(path: str | Path) -> CarePlan:
    """Return the plan of a ``plan.json``.

    Raises
    ------
    InputError
        ``plan-schema``; as ``read_regimens`` for its regimen.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> folder = Path(tempfile.mkdtemp())
    >>> import genorx as gx
    >>> regimen = gx.care.Regimen("weekly", cycle_days=7, days=[1], cycles=2, source="an example")
    >>> plan = gx.care.plan(None, None, regimen=regimen, start="2026-03-02")
    >>> _ = (folder / "plan.json").write_text(plan.to_json())
    >>> len(read_plan(folder / "plan.json").steps)
    2
    """
    record = read_value(path, "plan", "plan-schema")
    try:
        head = _HEAD.validate_python({each.name: record["plan"].get(each.name) for each in fields(PlanHead)})
        steps = _STEPS.validate_python(record["steps"])
        found = _FINDINGS.validate_python([each for each in record["findings"] if each["code"] in FINDINGS])
        provenance = dict(record.get("provenance") or {})
        values = dict(record["regimen"])
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        hint = "give the output of genorx care plan"
        raise InputError("the file is not a plan", file=path, hint=hint, code="plan-schema") from error
    day_of(head.start, "plan.start", file=path)
    regimen = regimen_of(values, path)
    return CarePlan(head=head, regimen=regimen, listed=steps, findings=found, provenance=provenance)
