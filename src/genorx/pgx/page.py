"""A report as one HTML page without scripts or network access, or as a fragment for notebooks."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from functools import cache
from typing import TYPE_CHECKING, Any

from genorx._core.page import finished, templates
from genorx._core.version import __version__
from genorx.knowledge.guidance import ACTIONS
from genorx.knowledge.guidance_words import phenotype_words, strength_words
from genorx.pgx.guidance.guidance import DrugGuidance
from genorx.pgx.report import GeneReport, PgxReport

if TYPE_CHECKING:
    from jinja2 import Template

    from genorx.pgx.guidance.phenoconversion import Phenoconversion

#: Populations of guidelines as CPIC and DPWG abbreviate them, spelt out.
_POPULATIONS = {
    "general": "all whom the guideline covers", "adults": "adults", "pediatrics": "children",
    "child >40kg_adult": "adults, and children of more than 40 kg",
    "CVI ACS PCI": "acute coronary syndrome or percutaneous coronary intervention",
    "CVI non-ACS non-PCI": "cardiovascular disease without acute coronary syndrome or intervention",
    "NVI": "neurovascular disease", "CBZ naive": "not yet on carbamazepine",
    "CBZ use >3mos": "on carbamazepine for more than 3 months",
    "CBZ-no alternatives": "carbamazepine, if there is no alternative",
    "OXC naive": "not yet on oxcarbazepine", "OXC use >3 mos": "on oxcarbazepine for more than 3 months",
    "PHT naive": "not yet on phenytoin", "PHT use >3mos": "on phenytoin for more than 3 months",
}  # fmt: skip
#: Words for codes of notes on a call that are not clear by themselves.
_NOTES = {"cyp2d6-structure-unseen": "copy number and hybrid alleles of CYP2D6 cannot be seen here"}
#: Meaning of the notes, for the legend of those on the page; a note without a line here explains itself.
_MEANING = {
    "reference-allele": "no change was found, so the reference allele is called",
    "ambiguous-call": "other pairs of alleles explain the data too",
    "missing-positions": "sites that tell alleles apart were not seen; “Missing” counts them",
    "missing-required-position": "a site without which the gene is not called was not seen",
    "tier1-position-missing": "a missing site belongs to an allele that every test of the gene should detect",
    "no-phase": "alleles are listed without their strands",
    "too-many-phases": "there are too many ways to place the alleles on strands",
    "unphased-priority": "the source's choice among pairs that the data cannot tell apart",
    "undocumented-as-reference": "a base without a name was read as the reference",
    "inferred-from-block": "a reference block of the gVCF stands for sites without a record",
    "inferred-from-one-site": "one site decides, since no named pair fits",
}
#: What guidelines write where there is no value.
_NO_VALUE = frozenset({"n/a", "no result"})
_UNCHANGED = frozenset({"standard", "no_recommendation"})


def report_page(reports: Iterable[PgxReport]) -> str:
    """Return the text of an HTML page with one section per person."""
    return finished(_template().render(views=[_view(report) for report in reports], whole=True, version=__version__))


def report_body(report: PgxReport) -> str:
    """Return one person's report as an HTML fragment."""
    return finished(_template().render(views=[_view(report)], whole=False, version=__version__))


@cache
def _template() -> Template:
    return templates("genorx.pgx").get_template("report.html.jinja")


def _view(report: PgxReport) -> dict[str, Any]:
    rows = [row for drug in report.drugs.values() for row in drug]
    changed = [row for row in rows if row.row.action not in _UNCHANGED]
    by_algorithm = {row.drug for row in rows if not row.row.keys}
    return {
        "sample": report.sample,
        "assembly": report.assembly,
        "release": report.release,
        "guidance_release": report.guidance_release,
        "findings": report.findings,
        "drugs": _by_drug(row for row in changed if not rests_on_reference(row, report)),
        "usual": _by_drug(row for row in changed if rests_on_reference(row, report)),
        "genes": [_gene(name, gene) for name, gene in report.genes.items() if not _is_blank(gene)],
        "untested": ", ".join(name for name, gene in report.genes.items() if _is_blank(gene)),
        "known": sum(gene.call.called for gene in report.genes.values()),
        "all_genes": len(report.genes),
        "not_evaluated": sum(not found and bool(report.not_known(drug)) for drug, found in report.drugs.items()),
        "legend": _legend(report),
        "algorithms": [text for row in rows if (text := _algorithm(row, report)) is not None],
        "standard": _listed(report, lambda actions: actions == {"standard"}),
        "open": _listed(
            report, lambda actions: "no_recommendation" in actions and actions <= _UNCHANGED, without=by_algorithm
        ),
        "without": _without(report),
        "unevaluated": _unevaluated(report),
        "partly": _partly(report),
        "under": _under(report.phenoconversion),
    }


def _under(found: Phenoconversion | None) -> dict[str, Any] | None:
    """Return the effects of co-medication: genes side by side, rows that then apply, unknown drugs."""
    if found is None:
        return None
    genes = [
        {
            "gene": each.gene,
            "genotype": "; ".join((*each.genotype.phenotypes, *each.genotype.scores)),
            "converted": "; ".join((*each.converted.phenotypes, *each.converted.scores)),
            "rule": each.rule,
            "drugs": ", ".join(f"{m.drug} ({m.strength} {m.effect}, {m.source} {m.date})" for m in each.modulators),
        }
        for each in found
    ]
    return {
        "genes": genes,
        "drugs": _by_drug(row for rows in found.drugs.values() for row in rows),
        "without": ", ".join(drug for drug, then in found.drugs.items() if not then),
        "not_known": ", ".join(found.not_known),
    }


def _listed(report: PgxReport, fits: Callable[[set[str]], bool], *, without: Collection[str] = ()) -> str:
    """Return the drugs whose actions in all rows are of a given kind, except those shown elsewhere."""
    asked = ((drug, found) for drug, found in report.drugs.items() if drug not in without)
    return ", ".join(drug for drug, found in asked if fits({row.row.action for row in found}))


def _without(report: PgxReport) -> str:
    """Return the drugs without a row although all genes of their guidance are known."""
    return ", ".join(drug for drug, found in report.drugs.items() if not found and not report.not_known(drug))


def _unevaluated(report: PgxReport) -> list[dict[str, str]]:
    """Return the unknown genes, the reason, and the drugs without a row because of that."""
    groups: dict[tuple[str, ...], list[str]] = {}
    for drug, found in report.drugs.items():
        if not found and (genes := report.not_known(drug)):
            groups.setdefault(genes, []).append(drug)
    return [
        {"genes": ", ".join(genes), "why": _why(report, genes), "drugs": ", ".join(drugs)}
        for genes, drugs in sorted(groups.items())
    ]


def _partly(report: PgxReport) -> str:
    """Return the drugs with rows whose guidance also depends on a gene that is not known."""
    partly = ((drug, report.not_known(drug)) for drug, found in report.drugs.items() if found)
    return ", ".join(f"{drug} ({', '.join(genes)})" for drug, genes in partly if genes)


def _why(report: PgxReport, genes: tuple[str, ...]) -> str:
    untested = [gene for gene in genes if gene not in report.genes or report.genes[gene].call.source == "none"]
    called = [gene for gene in genes if gene not in untested and report.genes[gene].call.called]
    open_ = [gene for gene in genes if gene not in untested and gene not in called]
    parts = (
        (untested, "was not tested", "were not tested"),
        (open_, "is not known from what was tested", "are not known from what was tested"),
        (called, "was called, but has no phenotype to look up", "were called, but have no phenotype to look up"),
    )
    said = [f"{' and '.join(names)} {one if len(names) == 1 else many}" for names, one, many in parts if names]
    return ", and ".join(said)


def _algorithm(row: DrugGuidance, report: PgxReport) -> str | None:
    """Return the genotypes used by a guideline without rows; None for an ordinary row."""
    if row.row.keys:
        return None
    genotypes = [*row.keys.items(), *(report.extra_genotypes.items() if "CYP2C9" in row.keys else ())]
    return f"{row.drug}: {', '.join(f'{name} {value}' for name, value in genotypes)}; guideline: {row.guideline.name}"


def rests_on_reference(row: DrugGuidance, report: PgxReport) -> bool:
    """Whether a row rests on genes alone whose call is the reference: it concerns those who have its indication."""
    genes = [report.genes[gene] for gene in row.keys if gene in report.genes]
    return bool(genes) and all(set(gene.printed) == {"Reference/Reference"} for gene in genes)


def _urgency(row: DrugGuidance) -> int:
    return ACTIONS.index(row.row.action)


def _by_drug(rows: Iterable[DrugGuidance]) -> list[dict[str, Any]]:
    """Return rows by drug, the drug with the most urgent action first; within a drug by source."""
    groups: dict[str, list[DrugGuidance]] = {}
    for row in rows:
        groups.setdefault(row.drug, []).append(row)
    ordered = sorted(groups.items(), key=lambda each: (min(map(_urgency, each[1])), each[0]))
    return [
        {
            "drug": drug,
            "found": [_row(row) for row in sorted(own, key=lambda row: (row.guideline.source, _urgency(row)))],
        }
        for drug, own in ordered
    ]


def _row(row: DrugGuidance) -> dict[str, str]:
    change, url = row.row.dose_change_pct, row.guideline.url or ""
    return {
        "action": row.row.action.replace("_", " "),
        "dose": "" if change is None else f"{change:+.0f} %".replace("-", "\N{MINUS SIGN}"),
        "because": ", ".join(f"{gene} {_known(key)}" for gene, key in sorted(row.keys.items())),
        "whom": _whom(row),
        "strength": strength_words(row.row.classification or ""),
        "source": f"{row.guideline.source} {row.guideline.date}".rstrip(),
        "url": url if url.startswith("https://") else "",
        "id": row.row.id,
        "text": " ".join(filter(None, (row.row.text, *row.row.implications))),
    }


def _known(key: str) -> str:
    """Return the phenotype or score by which a row was found."""
    return "not known" if key.casefold() in _NO_VALUE else phenotype_words(key)


def _whom(row: DrugGuidance) -> str:
    """Return to whom a row applies: its population, and whether the action is conditional."""
    population = row.row.population or "general"
    said = _POPULATIONS.get(population, population)
    return f"{said}; under a condition: read the guideline" if row.row.conditional else said


def _gene(name: str, gene: GeneReport) -> dict[str, Any]:
    call = gene.call
    return {
        "name": name,
        "called": call.called,
        "call": (" AND " if call.alleles else " OR ").join(gene.printed) if call.source != "none" else "not tested",
        "phenotype": _stated(gene.phenotypes) or ("none defined" if call.called else "–"),
        "activity": _stated(gene.activity_scores),
        "missing": str(len(call.missing)) if call.source == "vcf" else "",
        "notes": ", ".join(_notes(gene)),
    }


def _stated(values: Iterable[str]) -> str:
    """Return values in one text, without the words that stand for none."""
    return "; ".join(value for value in values if value.casefold() not in _NO_VALUE)


def _is_blank(gene: GeneReport) -> bool:
    """Whether nothing is known of a gene but that it was not tested: such genes share a line."""
    return gene.call.source == "none" and not _notes(gene)


def _legend(report: PgxReport) -> list[tuple[str, str]]:
    """Return the meaning of each note on the page."""
    found = {code for gene in report.genes.values() for code in gene.call.warnings}
    return [(_worded(code), text) for code, text in _MEANING.items() if code in found]


def _worded(code: str) -> str:
    return code.replace("-", " ")


def _notes(gene: GeneReport) -> list[str]:
    """Return notes on a call; that a gene was not tested is in the column of calls."""
    call = gene.call
    if call.source == "vcf" and not (call.called or call.missing or call.warnings):
        return ["no pair of the defined alleles explains the calls"]
    return [_NOTES.get(code, _worded(code)) for code in call.warnings if code != "not-assessed"]
