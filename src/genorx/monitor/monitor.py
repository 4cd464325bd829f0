"""A frozen model and its looks: each snapshot is read, looked at in its turn, and remembered."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

import pandas as pd

from genorx._core.output import write_text
from genorx._core.provenance import json_digest, today, versions
from genorx._core.threads import single_threaded
from genorx.errors import Finding, UsageError
from genorx.monitor.look import Look, look_at
from genorx.monitor.look_report import LookReport
from genorx.monitor.plan import Plan
from genorx.monitor.reading import Table, read_patients
from genorx.monitor.snapshots import Seen, refuse_impossible
from genorx.monitor.table_roles import TableRoles
from genorx.outcomes.recalibration.base import Base
from genorx.outcomes.recalibration.patients import Patients


class Monitor:
    """Looks at new data of a frozen model, in order of date; the model itself is never changed."""

    def __init__(self) -> None:
        self.reports: list[LookReport] = []
        self._last: Seen | None = None
        self._versions = versions()

    @classmethod
    @single_threaded
    def from_tables(cls, base: Table, spec: str | Path | Mapping[str, Any]) -> Self:
        """Return a monitor of plain tables.

        Parameters
        ----------
        base : DataFrame or path
            The development data, with outcomes and the frozen model's numbers; without arrival and id.
        spec : mapping or path
            Which column is what: ``TableRoles``.

        Raises
        ------
        InputError
            As ``TableRoles.read`` and ``read_patients``.
        SupportError
            ``base-without-events``.
        """
        made = cls()
        made.roles = TableRoles.read(spec)
        patients = read_patients(base, made.roles, base=True)
        made.base = Base.of(patients, [part.name for part in made.roles.parts], made.roles.kind)
        made.plan = Plan.of(made.roles, made.base)
        return made

    @single_threaded
    def check(self, snapshot: Table, *, as_of: float, look: int | None = None) -> LookReport:
        """Look at a snapshot; each call is one look.

        Parameters
        ----------
        snapshot : DataFrame or path
            Everybody who has arrived by ``as_of``, followed to then.
        as_of : float
            In the unit of the tables.
        look : int, optional
            Its number in the plan; by default one after the last.

        Returns
        -------
        LookReport

        Raises
        ------
        InputError
            As ``read_patients``, and for what cannot be the next snapshot: ``snapshots.refuse_impossible``.
        NotAnswerableError
            ``monitor-few-events``: too few events to say anything; the reason says how many are needed.
        """
        number = self._number(look)
        patients = read_patients(snapshot, self.roles, base=False)
        seen = Seen(as_of=as_of, digest=patients.digest(), patients=patients)
        refuse_impossible(seen, self.base, self._last)
        previous = None if self._last is None else self._last.as_of
        found = look_at(patients, self.base, self.plan, as_of=as_of, number=number, previous=previous, last=self._last)
        report = self._report(found, seen, number)
        self._last = seen
        self.reports.append(report)
        return report

    def report(self, path: str | Path) -> None:
        """Write the looks so far as one HTML page; ``-`` is standard output.

        Raises
        ------
        UsageError
            If there was no look (``no-look``).
        OutputError
            If the system refuses the file.
        """
        from genorx.report.monitor_page import monitor_html

        if not self.reports:
            raise UsageError("there is no look to report", hint="call check first", code="no-look")
        write_text(monitor_html(self.reports), path)

    def _number(self, look: int | None) -> int:
        if look is None:
            return self.reports[-1].look + 1 if self.reports else 1
        if isinstance(look, bool) or not isinstance(look, int) or look < 1:
            raise UsageError(f"look {look!r} is no whole number from 1 on", code="usage")
        return look

    def _report(self, found: Look, seen: Seen, number: int) -> LookReport:
        patients = seen.patients
        return LookReport(
            action=found.action,
            reasons=list(found.reasons),
            findings=(*self._left_out(patients), *found.findings),
            as_of=float(seen.as_of),
            look=number,
            calibration=pd.DataFrame(found.calibration),
            updates=found.updates,
            plan=self.plan,
            provenance={
                "base": self.base.digest,
                "snapshot": seen.digest,
                "specification": json_digest(repr(self.roles)),
                "patients": len(patients),
                "events": int((patients.event > 0).sum()),
                "versions": self._versions,
                "date": today(),
            },
            tests=found.checks,
            roles=self.roles,
        )

    def _left_out(self, patients: Patients) -> list[Finding]:
        """Return who does not count and why, and what cannot be looked at."""
        told = [
            Finding(
                code="monitor-left-out",
                severity="warning",
                message=f"{count} patients {reason} do not count",
                place=patients.name,
            )
            for reason, count in patients.left_out.items()
        ]
        if patients.site is not None and len({*patients.site}) < 2:
            message = "there is one site only: a step of one site cannot be told from one of all"
            told.append(Finding(code="monitor-one-site", severity="info", message=message))
        return told
