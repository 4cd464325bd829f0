"""Guidance as the safety part of a ranking: which options' drugs are advised against for this person, and by which row.

A drug without a row has no guidance found, which is never the same as safe: it is named in a finding.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from genorx.errors import Finding, shown
from genorx.pgx.guidance import DrugGuidance
from genorx.pgx.naming import join
from genorx.pgx.report import PgxReport


@dataclass(frozen=True, slots=True, kw_only=True)
class DrugSafety:
    """What pharmacogenetic guidance says of each option.

    Attributes
    ----------
    rows : mapping
        Option to its rows: ``gene``, ``phenotype``, ``drug``, ``action``, ``strength``, ``source``, all texts.
    not_advised : frozenset of str
        Options with a drug that some row says to avoid.
    findings : tuple of Finding
        Drugs that no pack knows, and drugs without a row for this person.
    """

    rows: Mapping[str, tuple[dict[str, str], ...]]
    not_advised: frozenset[str]
    findings: tuple[Finding, ...]


def drug_safety(report: PgxReport, options: Mapping[str, Iterable[str]] | Iterable[str]) -> DrugSafety:
    """Return what guidance says of treatment options.

    Parameters
    ----------
    report : PgxReport
        Made for all drugs.
    options : mapping of option to drugs, or iterable of drugs
        What each option consists of; drugs alone are options of their own.
    """
    named = options if isinstance(options, Mapping) else {drug: [drug] for drug in options}
    rows: dict[str, tuple[dict[str, str], ...]] = {}
    findings: list[Finding] = []
    for option, drugs in named.items():
        found: list[dict[str, str]] = []
        for drug in drugs:
            key = drug.strip().lower()
            if key not in report.drugs:
                findings.append(_finding("drug-unknown", f"no pack has guidance for {shown(drug)}", report, option))
            elif not report.drugs[key]:
                text = f"no row of guidance was found for {key} and this person: that does not mean safe"
                findings.append(_finding("drug-without-row", text, report, option))
            found += [_row(row) for row in report.drugs.get(key, ())]
        rows[option] = tuple(found)
    avoided = frozenset(option for option, found in rows.items() if any(row["action"] == "avoid" for row in found))
    return DrugSafety(rows=rows, not_advised=avoided, findings=tuple(findings))


def _row(row: DrugGuidance) -> dict[str, str]:
    population = f" ({row.row.population})" if row.row.population else ""
    return {
        "gene": join(tuple(sorted(row.keys))),
        "phenotype": "; ".join(row.keys[gene] for gene in sorted(row.keys)),
        "drug": row.drug,
        "action": row.row.action,
        "strength": row.row.classification or "",
        "source": f"{row.guideline.source} {row.guideline.id}{population}",
    }


def _finding(code: str, text: str, report: PgxReport, option: str) -> Finding:
    return Finding(code=code, severity="warning", message=text, patient_id=report.sample, place=option)
