"""A frozen model and its looks: each snapshot is read, checked in order, and recorded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Self

import pandas as pd

from genorx._core.output import write_text
from genorx._core.provenance import json_digest, today, versions
from genorx._core.threads import single_threaded
from genorx._core.time_units import day_of
from genorx.cohort.cohort import Cohort, require_cohort
from genorx.cohort.horizons import check_plain_horizon
from genorx.errors import Finding, UsageError
from genorx.monitor.advice_log import AdviceLog, feedback_findings
from genorx.monitor.checks import Check
from genorx.monitor.look import Look, look_at
from genorx.monitor.look_report import LookReport
from genorx.monitor.model_watch import ModelWatch, moment, watch
from genorx.monitor.plan import Plan
from genorx.monitor.policy import CHANGES, Policy, policy_of
from genorx.monitor.proposal import proposed
from genorx.monitor.reading import Table, read_patients
from genorx.monitor.release_checks import release_checks
from genorx.monitor.snapshots import Seen, refuse_impossible
from genorx.monitor.table_roles import TableRoles
from genorx.outcomes.recalibration.base import Base
from genorx.outcomes.recalibration.patients import Patients
from genorx.ranking import TreatmentRanker


class Monitor:
    """Comparison of new data with a frozen model, in order of date; the model itself is never changed.

    Parameters
    ----------
    model : TreatmentRanker or path
        Fitted ranker, or a model file.  For plain tables: ``Monitor.from_tables``.
    policy : Policy, path or mapping, optional
        Allowed changes, and the evidence required for them; may also have the plan of looks.

    Raises
    ------
    NotAnswerableError
        ``model-without-base``: the model has no summary of its development data.
    InputError
        As ``load_model`` and ``Policy.read``.
    """

    def __init__(
        self, model: TreatmentRanker | str | Path, policy: Policy | str | Path | Mapping[str, Any] | None = None
    ) -> None:
        self._begin(policy)
        watched = watch(model, self.policy)
        self._watched: ModelWatch | None = watched
        self.roles: TableRoles | None = None
        self.base, self.plan = watched.base, watched.plan

    def _begin(self, policy: Policy | str | Path | Mapping[str, Any] | None) -> None:
        self.policy = policy_of(policy)
        self.reports: list[LookReport] = []
        self._last: Seen | None = None
        self._doubts: tuple[Finding, ...] = ()
        self._dated = False
        self._versions = versions()

    @classmethod
    @single_threaded
    def from_tables(cls, base: Table, spec: str | Path | Mapping[str, Any]) -> Self:
        """Return a monitor for plain tables.

        Parameters
        ----------
        base : DataFrame or path
            Development data, with outcomes and the frozen model's predictions; id and arrival are not needed.
        spec : mapping or path
            Roles of the columns, as in ``TableRoles``.

        Raises
        ------
        InputError
            As ``TableRoles.read`` and ``read_patients``.
            ``horizon-unit``: the horizon can only be in another unit than the times.
        SupportError
            ``base-without-events`` for development data without an event.
        HorizonError
            If the horizon is beyond the last follow-up, and would not be in another unit.
        """
        made = cls.__new__(cls)
        made._begin(None)
        made._watched = None
        made.roles = roles = TableRoles.read(spec)
        patients = read_patients(base, roles, base=True)
        made._doubts = _horizon_doubts(roles, patients)
        made.base = Base.of(patients, [part.name for part in roles.parts], roles.kind)
        made.plan = Plan.of(roles, made.base)
        return made

    @single_threaded
    def check(
        self,
        snapshot: Table | Cohort,
        *,
        as_of: float | str | date,
        look: int | None = None,
        arrived: pd.Series | Mapping[str, date | float] | None = None,
        advice: AdviceLog | None = None,
    ) -> LookReport:
        """Compare a snapshot with the model; each call is one look.

        Parameters
        ----------
        snapshot : DataFrame, path or Cohort
            All patients who have arrived by ``as_of``, followed up to then: a table for a monitor of tables, a cohort
            for a monitor of a model.
        as_of : float or date
            Time of the snapshot: for tables a number in their unit, for a cohort a date (``2026-06-30``), or a number
            on the time scale of ``arrived``.
        look : int, optional
            Number of the look in the plan; by default one after the last.
        arrived : Series of date or float, index ``patient_id``, or mapping of id to day, optional
            For a cohort: day of arrival of each patient.
        advice : AdviceLog, optional
            Log of advice given; outcomes that followed advice are reported.

        Returns
        -------
        LookReport

        Raises
        ------
        UsageError
            If the snapshot is not of the kind that this monitor compares.
        InputError
            As ``read_patients``, and as ``snapshots.refuse_impossible`` for data that cannot be the next snapshot.
        NotAnswerableError
            ``monitor-few-events``: too few events for a conclusion; the reason has the number that is needed.
        """
        number = self._number(look)
        taken = self._taken(snapshot, as_of, arrived)
        seen = Seen(as_of=taken.as_of, digest=taken.patients.digest(), patients=taken.patients)
        said = "{:g}".format if isinstance(as_of, int | float) else self._day
        refuse_impossible(seen, self.base, self._last, said=said)
        found = look_at(
            taken.patients,
            self.base,
            taken.plan,
            as_of=taken.as_of,
            number=number,
            previous=None if self._last is None else self._last.as_of,
            last=self._last,
            faults=taken.faults,
            said=said,
        )
        report = self._report(found, seen, number, taken, _feedback(advice, taken.patients))
        self._last = seen
        self._dated = not isinstance(as_of, int | float)
        self.reports.append(report)
        return report

    def _taken(
        self,
        snapshot: Table | Cohort,
        as_of: float | str | date,
        arrived: pd.Series | Mapping[str, date | float] | None,
    ) -> _Taken:
        if self._watched is None:
            if isinstance(snapshot, Cohort) or self.roles is None:
                raise UsageError("this monitor compares tables, not cohorts", hint="Monitor(model)", code="usage")
            patients = read_patients(snapshot, self.roles, base=False)
            return _Taken(patients=patients, plan=self.plan, as_of=moment(as_of, "days"), findings=self._doubts)
        snapshot = require_cohort(snapshot, hint="Study.load makes one; plain tables go to Monitor.from_tables")
        when = moment(as_of, self._watched.unit)
        days = pd.Series(dict(arrived), dtype=object) if isinstance(arrived, Mapping) else arrived
        patients, plan, stated = self._watched.patients(snapshot, days, when)
        faults = tuple(release_checks(self._watched.ranker, snapshot))
        return _Taken(patients=patients, plan=plan, as_of=when, findings=tuple(stated), faults=faults)

    def propose(self, report: LookReport) -> TreatmentRanker:
        """Return a new model with the update proposed by a look, its parent and the reason; it is not deployed.

        Raises
        ------
        UsageError
            ``nothing-to-propose``: the look keeps or holds; ``policy-forbids``: the policy does not allow the change;
            ``no-model``: for a monitor of tables, whose updates are applied by ``LookReport.apply``.
        """
        if self._watched is None:
            raise UsageError("a monitor of tables has no model", hint="report.apply(table)", code="no-model")
        return proposed(self._watched, report)

    def report(self, path: str | Path) -> None:
        """Write the looks so far as one HTML page; ``-`` is standard output.

        Raises
        ------
        UsageError
            If there was no look (``no-look``).
        OutputError
            If the file cannot be written.
        """
        from genorx.report.clock import Clock
        from genorx.report.monitor_page import monitor_html

        if not self.reports:
            raise UsageError("there is no look to report", hint="call check first", code="no-look")
        clock = Clock(unit=self._unit(), dated=self._dated)
        page = monitor_html(self.reports, models=self._models(), policy=self._policy_rows(), clock=clock)
        write_text(page, path)

    def _day(self, when: float) -> str:
        return day_of(when, "days" if self._watched is None else self._watched.unit).isoformat()

    def _unit(self) -> str:
        """Return the unit of times, if known; days for tables with dates."""
        if self._watched is not None:
            return self._watched.unit
        return "days" if self._dated or self.roles is None else self.roles.unit

    def _models(self) -> list[tuple[float, str]]:
        """Return the model's parent, if any, with the date of the look that created it."""
        lineage = {} if self._watched is None else self._watched.ranker.training_.get("lineage", {})
        return [(float(lineage["as_of"]), str(lineage["action"]))] if lineage else []

    def _policy_rows(self) -> list[tuple[str, str, str]]:
        """Return the rules of the policy with what happened."""
        actions = [each.action for each in self.reports]
        rows = []
        for name in CHANGES:
            allowed = "allowed" if self.policy.allows(name) else "forbidden"
            looks = f"{len(actions)} look{'' if len(actions) == 1 else 's'}"
            rows.append((name.replace("_", " "), allowed, f"proposed at {actions.count(name)} of {looks}"))
        last = self.reports[-1]
        rows.append(("planned looks", str(self.plan.looks), f"the last look was number {last.look}"))
        rows.append(
            ("alpha over all looks", f"{self.plan.alpha:g}", f"{self.plan.alpha / self.plan.looks:.2g} per look")
        )
        limits = f"{self.policy.ratio_least:g} to {self.policy.ratio_most:g}"
        whole = last.calibration[last.calibration["group"] == "all"] if len(last.calibration) else last.calibration
        ratio = f"{whole['ratio'].iloc[0]:.2f} at the last look" if len(whole) else "not known"
        rows.append(("observed over expected", limits, ratio))
        rows.append(
            ("who accepts a change", self.policy.responsible or "not named", "no update is used until it is accepted")
        )
        return rows

    def _number(self, look: int | None) -> int:
        if look is None:
            return self.reports[-1].look + 1 if self.reports else 1
        if isinstance(look, bool) or not isinstance(look, int) or look < 1:
            raise UsageError(f"look {look!r} is not a whole number of 1 or more", code="usage")
        return look

    def _report(self, found: Look, seen: Seen, number: int, taken: _Taken, feedback: Sequence[Finding]) -> LookReport:
        patients = seen.patients
        return LookReport(
            action=found.action,
            reasons=list(found.reasons),
            findings=(*found.findings, *self._left_out(patients), *taken.findings, *feedback),
            as_of=float(seen.as_of),
            look=number,
            calibration=pd.DataFrame(found.calibration),
            updates=found.updates,
            plan=taken.plan,
            provenance={
                "base": self.base.digest,
                "snapshot": seen.digest,
                "specification": json_digest(repr(self.roles)),
                "model": "" if self._watched is None else self._watched.ranker.digest_,
                "policy": self.policy.digest,
                "patients": len(patients),
                "events": int((patients.event > 0).sum()),
                "versions": self._versions,
                "date": today(),
            },
            tests=found.checks,
            roles=self.roles,
        )

    def _left_out(self, patients: Patients) -> list[Finding]:
        """Return the excluded patients with reasons, and what cannot be monitored."""
        stated = [
            Finding(
                code="monitor-left-out",
                severity="warning",
                message=f"left out: {count} patients {reason}",
                place=patients.name,
            )
            for reason, count in patients.left_out.items()
        ]
        if patients.site is not None and len({*patients.site}) < 2:
            message = "there is one site only: a step of one site cannot be distinguished from one of all"
            stated.append(Finding(code="monitor-one-site", severity="info", message=message))
        return stated


@dataclass(frozen=True, kw_only=True)
class _Taken:
    """A snapshot as patients, its date as a number, the plan as far as it can be followed, and findings.

    ``faults`` are checks of the origin of its features.
    """

    patients: Patients
    plan: Plan
    as_of: float
    findings: tuple[Finding, ...]
    faults: tuple[Check, ...] = ()


def _horizon_doubts(roles: TableRoles, base: Patients) -> tuple[Finding, ...]:
    """Return the doubt about the horizon, which determines window and grace, or refuse it; none if binary."""
    if roles.kind != "survival":
        return ()
    times = pd.DataFrame({"time": base.time, "event": base.event > 0})
    return check_plain_horizon(roles.horizon, times, column=roles.time, file=base.name, unit=roles.unit)


def _feedback(advice: AdviceLog | None, patients: Patients) -> list[Finding]:
    if advice is None or patients.ids is None:
        return []
    return feedback_findings(advice.read(), [str(each) for each in patients.ids])
