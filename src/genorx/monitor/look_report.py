"""The report of one look: action, reason, all checks, the proposed update, and its application."""

from __future__ import annotations

from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from genorx._core.output import to_csv, to_json
from genorx._core.page import findings_block, notebook_part
from genorx._core.proportion import NORMAL_975
from genorx._core.short_repr import short
from genorx.errors import Finding, TableError, UsageError
from genorx.monitor.checks import Check, checks_frame
from genorx.monitor.plan import Plan
from genorx.monitor.reading import Table, model_numbers
from genorx.monitor.table_roles import TableRoles
from genorx.monitor.update import Update
from genorx.outcomes.recalibration.likelihood import LIKELIHOODS

Floats = NDArray[np.float64]


@short
@dataclass(frozen=True, kw_only=True)
class LookReport:
    """The result of one look.

    Attributes
    ----------
    action : {"keep", "hold", "recalibrate_baseline", "recalibrate_slope", "refit"}
        Proposed action.
    reasons : list of str
        Reasons for the action.
    findings : tuple of Finding
        Findings on the snapshot.
    as_of : float
        Time of the snapshot, in the unit of follow-up.
    look : int
        Number of the look, from 1.
    calibration : DataFrame
        ``part``, ``group``, ``level``, ``patients``, ``events``, ``expected``, ``ratio``, ``lower``, ``upper``:
        observed over expected events with 95 % intervals, for all patients and by site, arm and declared subgroup.
    updates : tuple of Update
        One for each part to be changed.
    plan : Plan
        Number, alpha and timing of the looks.
    provenance : dict
        Digests of the data, model, specification and policy; patients, events, versions and date.
    """

    action: str
    reasons: list[str]
    findings: tuple[Finding, ...]
    as_of: float
    look: int
    calibration: pd.DataFrame
    updates: tuple[Update, ...]
    plan: Plan
    provenance: dict[str, Any]
    tests: tuple[Check, ...] = field(repr=False)
    roles: TableRoles | None = field(default=None, repr=False)

    @property
    def checks(self) -> pd.DataFrame:
        """Every test: ``check``, ``place``, ``statistic``, ``p``, ``alpha``, ``severity``."""
        return checks_frame(self.tests)

    @property
    def update(self) -> dict[str, Any] | None:
        """The proposed change: ``intercept``, ``slope``, ``coefficients`` and ``intervals``; None for keep and hold.

        With several causes it is that of the first cause to be changed, and ``parts`` has all.
        """
        if not self.updates:
            return None
        stated = [each.to_dict() for each in self.updates]
        return stated[0] if len(stated) == 1 else {**stated[0], "parts": stated}

    def apply(self, table: Table, *, intervals: bool = False) -> pd.DataFrame:
        """Return the table with the survival column after the proposed update.

        Parameters
        ----------
        table : DataFrame or path
            Table with the frozen model's survival at the horizon, linear predictor and covariates.
        intervals : bool, default False
            Whether to add two columns, ``NAME_lower`` and ``NAME_upper``: the 95 % interval by the uncertainty of the
            update.

        Raises
        ------
        UsageError
            If the specification names no survival column (``no-survival-column``), or the monitor has no tables.
        TableError
            If a column is absent, or a survival is not a probability (``bad-survival``).
        """
        if self.roles is None or not self.roles.survival_at_horizon:
            hint = "name survival_at_horizon in the specification"
            raise UsageError("there is no survival column to change", hint=hint, code="no-survival-column")
        numbers = model_numbers(table, self.roles)
        name = self.roles.survival_at_horizon
        frame = numbers.frame.copy()
        factor, error = self._factor(numbers.described, numbers.index, numbers.shares)
        likelihood = LIKELIHOODS[self.roles.kind]
        frame[name] = likelihood.changed(numbers.survival, factor)
        if intervals:
            reach = NORMAL_975 * error
            frame[f"{name}_lower"] = likelihood.changed(numbers.survival, factor + reach)
            frame[f"{name}_upper"] = likelihood.changed(numbers.survival, factor - reach)
        return frame

    def _factor(self, described: pd.DataFrame, index: Floats, shares: Floats) -> tuple[Floats, Floats]:
        """Return the change of the log hazard in total, and its standard error."""
        if self.roles is None or not self.updates:
            return np.zeros(len(index)), np.zeros(len(index))
        by_part = {each.part: each for each in self.updates}
        factor, variance = np.zeros(len(index)), np.zeros(len(index))
        for number, part in enumerate(self.roles.parts):
            update = by_part.get(part.name)
            added, error = np.zeros(len(index)), np.zeros(len(index))
            if update is not None:
                added = update.line.log_factor(described, index[:, number])
                error = update.line.error(described, index[:, number])
            factor += shares[:, number] * np.exp(added)
            variance += (shares[:, number] * np.exp(added) * error) ** 2
        return np.log(factor), np.sqrt(variance) / factor

    def to_dict(self) -> dict[str, Any]:
        """Return JSON values: the content of ``genorx monitor --out R.json``."""
        checks = self.checks.astype(object).where(self.checks.notna(), None)
        return {
            "action": self.action,
            "reasons": list(self.reasons),
            "as_of": self.as_of,
            "look": self.look,
            "checks": checks.to_dict("records"),
            "update": self.update,
            "calibration": self.calibration.to_dict("records"),
            "plan": self.plan.to_dict(),
            "findings": [each.to_dict() for each in self.findings],
            "provenance": dict(self.provenance),
        }

    def to_json(self) -> str:
        """Return the text of ``R.json``."""
        return to_json(_plain(self.to_dict()))

    def _repr_html_(self) -> str:
        reasons = "".join(f"<li>{escape(reason)}</li>" for reason in self.reasons)
        head = f"<p><strong>{escape(self.action)}</strong> (look {self.look}, as of {self.as_of:g})</p>"
        block = findings_block(self.findings, severities=("serious", "warning"))
        return notebook_part(f"{head}<ul>{reasons}</ul>{block}")


def _plain(value: Any) -> Any:
    """Return JSON values with infinite numbers, which JSON lacks, replaced."""
    if isinstance(value, dict):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    if isinstance(value, float | np.floating):
        return float(value) if np.isfinite(value) else None
    return int(value) if isinstance(value, np.integer) else value


def write_predictions(report: LookReport, table: Table, target: Path) -> None:
    """Write ``P.csv``: the id and the survival column after the update.

    Raises
    ------
    UsageError, TableError
        As ``LookReport.apply``.
    """
    made = report.apply(table)
    roles = report.roles
    if roles is None or roles.id not in made:
        name = roles.id if roles else "id"
        raise TableError(f"there is no column {name!r}", file=str(table), code="no-column")
    target.write_text(to_csv(made[[roles.id, roles.survival_at_horizon]]), encoding="utf-8")
