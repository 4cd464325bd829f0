"""Display of an audit: text for a terminal, HTML for a notebook."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

import pandas as pd

from genorx._core.page import SEVERITY_ORDER, findings_block, finished
from genorx._visible import visible

if TYPE_CHECKING:
    from genorx.cohort.checks.audit import Audit

_MOST = 40


def as_text(audit: Audit) -> str:
    """Return the audit as plain text: serious findings, what was read and compared, then all faults and findings."""
    parts = [f"Audit of {_line(audit.study)}", "", *_serious(audit), *_counts(audit), ""]
    for title, frame in _tables(audit):
        parts += [title, _aligned(frame), ""]
    parts += [_verdict(audit), *_described(audit)]
    return "\n".join(parts) + "\n"


def as_html(audit: Audit) -> str:
    """Return the audit as HTML without scripts; all text is escaped."""
    parts = [f"<h3>Audit of {escape(audit.study)}</h3>"]
    parts += [f'<p class="finding serious">{escape(str(fault))}</p>' for fault in audit.faults]
    parts.append(findings_block(audit.findings, severities=["serious"]))
    parts += [f"<p>{escape(line)}</p>" for line in _counts(audit)]
    for title, frame in _tables(audit):
        parts.append(f"<h4>{escape(title)}</h4>{_html_table(frame)}")
    parts.append(f"<p><strong>{escape(_verdict(audit))}</strong></p>")
    if stated := _described(audit):
        parts.append("<ul>" + "".join(f"<li>{escape(line)}</li>" for line in stated) + "</ul>")
    return finished("<div>" + "\n".join(parts) + "</div>")


def _counts(audit: Audit) -> list[str]:
    return [
        f"{audit.in_any} patients in any table, {audit.in_all} in all, {audit.in_cohort} in the cohort",
    ]


def _tables(audit: Audit) -> list[tuple[str, pd.DataFrame]]:
    columns = audit.columns[["table", "column", "used", "type", "unit", "lower", "upper", "missing_share", "note"]]
    shown = columns.head(_MOST)
    more = f", the first {_MOST} of {len(columns)}" if len(columns) > _MOST else ""
    tables = [
        ("Patients", audit.patients),
        (f"Columns{more}", shown.assign(missing_share=[_percent(share) for share in shown["missing_share"]])),
        ("Outcomes", audit.outcomes.assign(by_horizon=[_by_horizon(each) for each in audit.outcomes["by_horizon"]])),
        ("Transitions", audit.transitions),
        ("Into the cohort", audit.flow),
        ("Into the comparison", audit.design_flow),
        ("Options", audit.options),
    ]
    return [(title, frame) for title, frame in tables if len(frame)]


def _by_horizon(horizons: list[dict[str, float]]) -> str:
    """Return events by each horizon, and patients followed beyond it, in words."""
    return ", ".join(f"{each['horizon']:g}: {each['events']:g} events, {each['beyond']:g} beyond" for each in horizons)


def _verdict(audit: Audit) -> str:
    counts = {level: sum(f.severity == level for f in audit.findings) for level in ("serious", "warning", "info")}
    stated = ", ".join(f"{count} {level}" for level, count in counts.items())
    errors = f"{len(audit.faults)} {'error' if len(audit.faults) == 1 else 'errors'}"
    state = "The study can be loaded" if audit.ok else f"The study cannot be loaded: {errors}"
    return f"{state}; findings: {stated}"


def _serious(audit: Audit) -> list[str]:
    """Return the faults and serious findings, which are listed on top as well as in their place."""
    found = [str(fault) for fault in audit.faults]
    found += [f"serious[{each.code}] {each.message}" for each in audit.findings if each.severity == "serious"]
    return [*(_line(text) for text in found), ""] if found else []


def _described(audit: Audit) -> list[str]:
    lines = [f"  {_line(str(fault))}" for fault in audit.faults]
    for finding in sorted(audit.findings, key=lambda finding: SEVERITY_ORDER[finding.severity]):
        where = f" {finding.place}" if finding.place else ""
        lines.append(_line(f"  {finding.severity}[{finding.code}]{where}: {finding.message}"))
    return lines


def _aligned(frame: pd.DataFrame) -> str:
    cells = [[str(name) for name in frame.columns]]
    cells += [[_line(_cell(value)) for value in row] for row in frame.itertuples(index=False)]
    widths = [max(len(row[place]) for row in cells) for place in range(len(cells[0]))]
    return "\n".join("  " + "  ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)).rstrip() for row in cells)


def _html_table(frame: pd.DataFrame) -> str:
    head = "".join(f"<th>{escape(str(name))}</th>" for name in frame.columns)
    rows = "".join(
        "<tr>" + "".join(f"<td>{escape(_cell(value))}</td>" for value in row) + "</tr>"
        for row in frame.itertuples(index=False)
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"


def _cell(value: object) -> str:
    if value is None or value is pd.NA or (isinstance(value, float) and pd.isna(value)):
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _percent(share: Any) -> str:
    return "" if share is None or pd.isna(share) else f"{share:.1%}"


def _line(text: str) -> str:
    return visible(" ".join(text.splitlines()), one_line=True)
