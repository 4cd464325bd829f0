"""Guidance as the safety part of a ranking: options whose drugs are advised against, with the guidance row.

A drug for which no row is found is not thereby safe: it is named in a finding.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from genorx._core.short_repr import short
from genorx.errors import Finding, shown
from genorx.knowledge.drug_names import drugs_in
from genorx.pgx.guidance.guidance import DrugGuidance
from genorx.pgx.matching.naming import join
from genorx.pgx.report import PgxReport

#: Actions that change the drug or its dose.
_CHANGES = ("avoid", "alternative", "reduce", "increase")
#: Prefixes of strengths that require no change: of CPIC, and of graded evidence.
_WEAK = ("optional", "weak", "no recommendation")


@short
@dataclass(frozen=True, slots=True, kw_only=True)
class DrugSafety:
    """Pharmacogenetic guidance on each option.

    Attributes
    ----------
    rows : mapping
        Rows by option: ``gene``, ``phenotype``, ``drug``, ``action``, ``strength`` and ``source``, all texts; the
        source names the population, and states whether the action is conditional.
    marks : mapping
        By option, the rows that change a drug (avoid it, use another drug or another dose) and are strong, moderate
        or not graded: DPWG does not grade, and a row without grade is not weak.  All rows that advise against a drug
        are included.
    not_advised : frozenset of str
        Options with a drug that a row advises against.
    findings : tuple of Finding
        Drugs unknown to the pack, drugs without a row for this person, and drugs whose guidance could not be evaluated
        in full because a gene is not known.
    """

    rows: Mapping[str, tuple[dict[str, str], ...]]
    marks: Mapping[str, tuple[dict[str, str], ...]]
    not_advised: frozenset[str]
    findings: tuple[Finding, ...]


def drug_safety(report: PgxReport, options: Mapping[str, Iterable[str]] | Iterable[str]) -> DrugSafety:
    """Return the guidance on the drugs of treatment options.

    Parameters
    ----------
    report : PgxReport
        Report of the person; a drug that was not looked up for it gives a finding.
    options : mapping of option to drugs, or iterable of drugs
        Drugs of each option, one or several; each drug of a list is an option.  Generic names, with or without salts
        and doses, or some brands.
    """
    named = options if isinstance(options, Mapping) else {drug: [drug] for drug in options}
    rows: dict[str, tuple[dict[str, str], ...]] = {}
    findings: list[Finding] = []
    known = report.drug_genes or report.drugs
    for option, drugs in named.items():
        several = [drugs] if isinstance(drugs, str) else drugs
        each = [name for drug in several for name in drugs_in(drug, known)]
        for written, drug in each:
            findings += _findings(written, drug, report, option)
        rows[option] = tuple(safety_row(row) for _, drug in each for row in report.drugs.get(drug or "", ()))
    avoided = frozenset(option for option, found in rows.items() if any(row["action"] == "avoid" for row in found))
    marks = {option: tuple(filter(_is_mark, found)) for option, found in rows.items()}
    return DrugSafety(rows=rows, marks=marks, not_advised=avoided, findings=tuple(findings))


def _is_mark(row: Mapping[str, str]) -> bool:
    """Return whether a row changes a drug, and is not rated as weak."""
    weak = row["strength"].strip().lower().startswith(_WEAK)
    return row["action"] == "avoid" or (row["action"] in _CHANGES and not weak)


def _findings(written: str, drug: str | None, report: PgxReport, option: str) -> list[Finding]:
    """Return the findings that accompany the rows of a drug; no finding would look like safety."""
    if drug is None:
        return [_finding("drug-unknown", f"no knowledge pack has guidance for {shown(written)}", report, option)]
    if drug not in report.drugs:
        text = f"guidance on {drug} was not looked up in this report"
        return [_finding("guidance-not-evaluated", text, report, option)]
    missing = ", ".join(report.not_known(drug))
    if not report.drugs[drug]:
        why = f" ({missing} not known)" if missing else ""
        text = f"no row of guidance was found for {drug} and this person{why}: that does not mean safe"
        return [_finding("drug-without-row", text, report, option)]
    if missing:
        text = f"guidance on {drug} also depends on {missing}, which is not known: more rows may apply than those here"
        return [_finding("guidance-not-evaluated", text, report, option)]
    return []


def safety_row(row: DrugGuidance) -> dict[str, str]:
    """Return a row of guidance in the form of a ranking, all texts."""
    limits = [row.row.population, "under a condition" if row.row.conditional else None]
    where = ", ".join(limit for limit in limits if limit)
    return {
        "gene": join(tuple(sorted(row.keys))),
        "phenotype": "; ".join(row.keys[gene] for gene in sorted(row.keys)),
        "drug": row.drug,
        "action": row.row.action,
        "strength": row.row.classification or "",
        "source": f"{row.guideline.source} {row.guideline.id}{f' ({where})' if where else ''}",
    }


def _finding(code: str, text: str, report: PgxReport, option: str) -> Finding:
    return Finding(code=code, severity="warning", message=text, patient_id=report.sample, place=option)
