"""Explanation of a line: findings, records used, arithmetic, innocent explanations considered, what would clear it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import numpy as np

from genorx._core.page import html_table, notebook_part
from genorx._core.short_repr import short
from genorx.audit.case import Case
from genorx.audit.claim_table import NAMES, place_of_line
from genorx.audit.evidence import records_used
from genorx.audit.exact import NOT_KNOWN, decimal_text, money_in_words
from genorx.audit.innocent import checked
from genorx.audit.judgement import Judgement
from genorx.audit.line_view import LineView
from genorx.audit.rules import Rule
from genorx.audit.vials import units_of


@short
@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """Explanation of a claim line: everything that was examined.

    Attributes
    ----------
    claim_id : str
        Id of the claim.
    line : int
        Number of the line.
    rules : tuple of str
        Codes of the rules that flag it.
    reasons : tuple of dict
        ``rule``, ``title``, ``severity``, ``amount`` and ``reason`` of each rule that flags it.
    claim_line : dict
        Known cells of the line.
    records : tuple of dict
        ``table``, ``row`` and ``values`` of each record and fact used.
    arithmetic : str
        The calculation in one sentence.
    checked : tuple of dict
        Innocent explanations considered: ``what`` was examined, and what was ``found``.
    clears : str
        What would settle the finding; empty if no rule flags the line.
    note : str or None
        Note that the user has attached.
    """

    claim_id: str
    line: int
    rules: tuple[str, ...]
    reasons: tuple[dict[str, Any], ...]
    claim_line: dict[str, Any]
    records: tuple[dict[str, Any], ...]
    arithmetic: str
    checked: tuple[dict[str, str], ...]
    clears: str
    note: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return the explanation as plain values, ready for JSON."""
        return {
            "claim_id": self.claim_id,
            "line": self.line,
            "rules": list(self.rules),
            "reasons": [dict(each) for each in self.reasons],
            "claim_line": dict(self.claim_line),
            "records": [dict(each) for each in self.records],
            "arithmetic": self.arithmetic,
            "checked": [dict(each) for each in self.checked],
            "clears": self.clears,
            "note": self.note,
        }

    def to_html(self, *, heading: bool = True) -> str:
        """Return the explanation as an HTML fragment; ``heading`` names the line above it."""
        named = "" if not heading else f"<h3>{escape(place_of_line(self.claim_id, self.line))}</h3>"
        flagged = [f"{each['rule']}, {each['title']}: {each['reason']}" for each in self.reasons]
        says = "".join(f"<p>{escape(text)}</p>" for text in flagged or ["No rule flags this line."])
        sums = f"<p>{escape(self.arithmetic)}.</p>" if self.arithmetic else ""
        looked = html_table(("Examined", "Found"), [(each["what"], each["found"]) for each in self.checked])
        rows = [("claim line", str(self.line), _cells(self.claim_line))]
        rows += [(each["table"], str(each["row"] or ""), _cells(each["values"])) for each in self.records]
        records = html_table(
            ("Table", "Row", "Content"), rows, caption="The line, and the records and facts it was compared with"
        )
        clears = f"<p>What would settle it: {escape(self.clears)}.</p>" if self.clears else ""
        note = f"<p><strong>Note</strong> {escape(self.note)}</p>" if self.note else ""
        return named + says + sums + note + looked + records + clears

    def _repr_html_(self) -> str:
        return notebook_part(self.to_html())


def _cells(values: dict[str, Any]) -> str:
    shown = {name: f"{value:.10g}" if isinstance(value, float) else value for name, value in values.items()}
    return ", ".join(f"{name} {value}" for name, value in shown.items())


def explain_line(
    case: Case, judgement: Judgement, rules: Sequence[Rule], at: int, *, note: str | None = None
) -> Explanation:
    """Explain the line at a position of the table of claims."""
    line = LineView(case=case, at=at)
    rows = judgement.found[judgement.at == at]
    by_code = {rule.number: rule for rule in rules}
    reasons = tuple(_reason(row, by_code[str(row["rule"])]) for row in rows.to_dict("records"))
    return Explanation(
        claim_id=str(line.row["claim_id"]),
        line=int(line.row["line"]),
        rules=tuple(each["rule"] for each in reasons),
        reasons=reasons,
        claim_line=_line_cells(line),
        records=tuple(records_used(line)),
        arithmetic=_arithmetic(line, reasons),
        checked=tuple(checked(line)),
        clears="; ".join(by_code[each["rule"]].clears for each in reasons),
        note=note,
    )


def _reason(row: dict[Any, Any], rule: Rule) -> dict[str, Any]:
    amount = None if np.isnan(row["amount"]) else float(row["amount"])
    about = {"rule": rule.number, "title": rule.title, "severity": rule.severity}
    return {**about, "amount": amount, "reason": str(row["reason"])}


def _line_cells(line: LineView) -> dict[str, Any]:
    cells = {name: line.row[name] for name in NAMES}
    plain = {name: value.item() if isinstance(value, np.generic) else value for name, value in cells.items()}
    return {name: value for name, value in plain.items() if value != "" and value == value}  # noqa: PLR0124  not nan


def _arithmetic(line: LineView, reasons: Sequence[dict[str, Any]]) -> str:
    """Describe the arithmetic behind the findings in one sentence: units of the dose, units billed, and the amount."""
    parts = []
    drug, dose = line.fact("drug_codes"), line.dose()
    if drug is not None and dose is not None:
        unit = int(drug["mg_per_unit"])
        exact = f"{dose / unit:.10g}"
        up = f", rounded up to {int(units_of(dose, unit))}" if dose % unit else ""
        parts.append(f"{decimal_text(dose)} mg / {decimal_text(unit)} mg = {exact}{up} units")
    if line.units != NOT_KNOWN:
        parts.append(f"{decimal_text(line.units)} units billed")
    if line.cents != NOT_KNOWN:
        parts.append(f"the charge is {money_in_words(line.cents)}")
    parts += [_amount(line, each) for each in reasons if each["amount"] is not None]
    return "; ".join(parts)


def _amount(line: LineView, reason: dict[str, Any]) -> str:
    cents = round(reason["amount"] * 100)
    if cents == line.cents or line.units <= 0:
        return f"{reason['rule']}: the whole charge is at stake"
    price = line.cents / line.units * 10  # from cents per 0.001 unit to an amount per unit
    excess = cents / line.cents * line.units / 1000
    return f"{reason['rule']}: {excess:.6g} units too many at {price:.6g} per unit = {money_in_words(cents)}"
