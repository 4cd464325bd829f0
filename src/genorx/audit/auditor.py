"""The auditor: compares claims with records, and reports discrepancies, lines not assessed and explanations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, Self

import pandas as pd

from genorx._core.provenance import today
from genorx.audit.case import Case
from genorx.audit.claim_table import as_claims, findings_of
from genorx.audit.days import day_of
from genorx.audit.doubts import doubts
from genorx.audit.explanation import Explanation, explain_line
from genorx.audit.facts import Facts
from genorx.audit.judgement import Judgement, judge
from genorx.audit.line_view import line_position
from genorx.audit.providers import compared_providers
from genorx.audit.records import Records
from genorx.audit.rules.own import LineRule, chosen_rules
from genorx.errors import Finding, UsageError, shown

if TYPE_CHECKING:
    from genorx.audit.rules import Rule


@dataclass(eq=False, repr=False)
class Auditor:
    """Comparison of claim lines with records: lines that no record supports, lines not assessed, and the reasons.

    Parameters
    ----------
    rules : "all" or list of str and LineRule, default "all"
        Codes of shipped rules, and user-defined rules.
    tolerance_days : int, default 0
        Days by which an administration may differ from a line without an administration on its own day (C03, C04, C05).
    as_of : str or date, optional
        Day after which a service date is in the future; by default today.

    Attributes
    ----------
    records_ : Records
        Records given to ``fit``.
    case_ : Case
        After ``check``: the live lines with records and facts.
    judgement_ : Judgement
        After ``check``: the findings of the rules.
    notes_ : dict
        Notes of the user, by claim id and line number.

    Notes
    -----
    A finding is a discrepancy between a line and a record.  It is not a statement about a person.
    """

    rules: str | Sequence[str | LineRule] = "all"
    tolerance_days: int = 0
    as_of: str | date | None = None

    def fit(self, records: Records) -> Self:
        """Set the records that claims are compared with.

        Raises
        ------
        UsageError
            ``rule-unknown``, ``rule-twice``; a tolerance below 0; an invalid day.
        """
        self.rules_: tuple[Rule, ...] = chosen_rules(self.rules)
        self.as_of_ = self._last_day()
        if isinstance(self.tolerance_days, bool) or not isinstance(self.tolerance_days, int) or self.tolerance_days < 0:
            raise UsageError(f"tolerance_days is {shown(self.tolerance_days)}, not a whole number of 0 or more")
        if not isinstance(records, Records):
            raise UsageError("records are not of class Records", hint='genorx.audit.Records.load("records/")')
        self.records_ = records
        self.notes_: dict[tuple[str, int], str] = {}
        return self

    def _last_day(self) -> int:
        text = today() if self.as_of is None else str(self.as_of)
        day = day_of(text)
        if day is None:
            raise UsageError(f"as_of {shown(text)!r} is not a date", hint="write it as 2026-06-30")
        return day

    def check(self, claims: pd.DataFrame, facts: Facts) -> pd.DataFrame:
        """Return the lines that no record supports.

        Parameters
        ----------
        claims : DataFrame
            A table of claims, as ``read_claims`` returns it.
        facts : Facts
            Facts on the codes of the claims.

        Returns
        -------
        DataFrame
            ``claim_id, line, rule, npi, severity, amount, reason, patient_id, code, service_date``, by claim, line and
            rule.  ``attrs["not_assessed"]`` has for each rule with such lines their number and the reason;
            ``attrs["findings"]`` the findings on claims, records and facts.

        Raises
        ------
        TableError
            ``claim-circle``, ``claim-chain``, ``claim-line-twice``, ``claim-units``, ``claim-charge``,
            ``column-missing``.
        InputError
            ``rule-answer``, ``vials-too-fine``.
        """
        records = self._fitted()
        self.case_ = Case.of(as_claims(claims), records, facts, tolerance_days=self.tolerance_days)
        self.judgement_: Judgement = judge(self.case_, self.rules_)
        gaps = self.judgement_.not_assessed
        self.findings_: tuple[Finding, ...] = (
            *findings_of(claims),
            *records.findings,
            *facts.findings,
            *self.case_.versions.findings,
            *doubts(self.case_, gaps, self.as_of_),
        )
        found = self.judgement_.found.copy()
        found.attrs = {
            "not_assessed": {code: gap.to_dict() for code, gap in gaps.items()},
            "findings": self.findings_,
        }
        return found

    def _fitted(self) -> Records:
        if not hasattr(self, "records_"):
            raise UsageError("the auditor has no records", hint="call fit(records) first", code="not-fitted")
        return self.records_

    def _checked(self) -> Case:
        if not hasattr(self, "case_"):
            raise UsageError("no claims were checked", hint="call check(claims, facts) first", code="not-fitted")
        return self.case_

    def providers(self, found: pd.DataFrame, alpha: float = 0.05) -> pd.DataFrame:
        """Return the providers whose rates of C03 or C09 can be compared with those of their peers.

        Parameters
        ----------
        found : DataFrame
            Result of ``check``, or some of its rows.
        alpha : float, default 0.05
            False discovery rate at which providers are flagged, for both rules together.

        Returns
        -------
        DataFrame
            ``npi, rule, n, k, rate, shrunken, lower, upper, expected, p, q, flagged``; one row per provider and rule.
        """
        if not 0 < alpha < 1:
            raise UsageError(f"alpha {alpha:g} is not between 0 and 1")
        case = self._checked()
        return compared_providers(case, {rule.number for rule in self.rules_}, found, alpha=alpha)

    def explain(self, claim_id: str, line: int) -> Explanation:
        """Return what is known about a line: findings, records, arithmetic, and the innocent explanations considered.

        Raises
        ------
        UsageError
            ``line-unknown``, if the claims that were checked have no such line.
        """
        at = line_position(self._checked(), claim_id, line)
        return explain_line(
            self.case_, self.judgement_, self.rules_, at, note=self.notes_.get((str(claim_id), int(line)))
        )

    def note(self, claim_id: str, line: int, text: str) -> None:
        """Attach a note to a line, such as an appeal; ``explain`` and the page show it.

        Raises
        ------
        UsageError
            ``line-unknown``; an empty note.
        """
        line_position(self._checked(), claim_id, line)
        if not str(text).strip():
            raise UsageError("the note is empty")
        self.notes_[(str(claim_id), int(line))] = str(text).strip()

    def info(self, **provenance: Any) -> dict[str, Any]:
        """Return the counts of the last check, the lines not assessed and the amounts at stake, as plain values.

        Parameters
        ----------
        **provenance
            Entries added to the provenance of the result.
        """
        from genorx.audit.summary import summary

        self._checked()
        return summary(self, **provenance)
