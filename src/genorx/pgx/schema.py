"""The JSON Schema of ``genorx pgx`` output; ``data_schemas/pgx.schema.json`` is written from here.

Source: JSON Schema draft 2020-12; keys as described in docs/guide/pharmacogenes.md.
"""

from __future__ import annotations

from typing import Any

from genorx._core.json_schema import CODE, DRAFT, FLAG, SHARE, TEXT, by_name, closed, finding, list_of, maybe, ref
from genorx.knowledge.guidance import ACTIONS

_TEXTS = list_of(TEXT)
_CODES = list_of(CODE)


def pgx_schema() -> dict[str, Any]:
    """Return the schema: an array with one object per sample."""
    return {
        **DRAFT,
        "title": "Pharmacogenes",
        "description": "One object per sample. A drug without rows has no guidance found, which does not mean safe.",
        "type": "array",
        "items": ref("report"),
        "$defs": {
            "report": _report(),
            "gene": _gene(),
            "row": _row(),
            "finding": finding(),
            "phenoconversion": _phenoconversion(),
        },
    }


def _report() -> dict[str, Any]:
    return closed(
        {
            "sample": TEXT,
            "assembly": {"enum": ["GRCh37", "GRCh38"]},
            "knowledge": closed({"release": TEXT, "guidance_release": TEXT}),
            "genes": by_name(ref("gene"), "By gene symbol; a gene without data is included, as not called."),
            "vcf_warnings": by_name(_CODES, "By site, in the notation of the file; VCF for the whole file."),
            "drugs": by_name(list_of(ref("row")), "By drug; the rows that apply."),
            "not_evaluated": by_name(
                _TEXTS,
                "By drug; unknown genes on which its guidance depends: a drug without rows was not "
                "evaluated, one with rows not in full.",
            ),
            "certainty": by_name(SHARE, "By drug, with haplotype frequencies: probability of the reported action."),
            "extra_genotypes": by_name(TEXT, "Sites that are reported but not matched, such as rs12777823."),
            "findings": list_of(ref("finding")),
            "phenoconversion": ref("phenoconversion"),
        },
        optional=("phenoconversion",),
    )


def _phenoconversion() -> dict[str, Any]:
    reading = closed({"phenotypes": _TEXTS, "activity_scores": _TEXTS})
    modulator = closed(dict.fromkeys(("gene", "drug", "effect", "strength", "source", "date"), TEXT))
    gene = {"gene": TEXT, "genotype": reading, "converted": reading, "changed": FLAG, "rule": TEXT}
    rows = list_of(ref("row"))
    return closed(
        {
            "genes": {
                "type": "array",
                "items": closed({**gene, "modulators": list_of(modulator)}),
            },
            "drugs": by_name(rows, "By drug, if the rows that apply differ from those by genotype."),
            "not_known": {**_TEXTS, "description": "Drugs that are not known as modulators; they may still interact."},
        },
        description="Effect of the person's other drugs, by convention; only if a medication was given.",
    )


def _gene() -> dict[str, Any]:
    likely = closed({"diplotype": TEXT, "phenotype": TEXT, "probability": SHARE})
    pair = {"type": "array", "items": TEXT, "minItems": 1, "maxItems": 2}
    return closed(
        {
            "called": FLAG,
            "source": {"enum": ["vcf", "outside", "none"]},
            "diplotypes": _TEXTS,
            "labels": _TEXTS,
            "printed": _TEXTS,
            "alleles": _TEXTS,
            "lookup_pairs": list_of(pair),
            "phenotypes": _TEXTS,
            "activity_scores": _TEXTS,
            "lookup_keys": _TEXTS,
            "uncallable_alleles": _TEXTS,
            "missing_positions": _TEXTS,
            "phased": FLAG,
            "warnings": _CODES,
            "posterior": list_of(likely),
        }
    )


def _row() -> dict[str, Any]:
    return closed(
        {
            "source": TEXT,
            "guideline": TEXT,
            "guideline_id": TEXT,
            "date": TEXT,
            "population": maybe(TEXT),
            "classification": maybe(TEXT),
            "lookup_keys": by_name(TEXT),
            "action": {"enum": list(ACTIONS)},
            "dose_change_pct": maybe({"type": "number", "minimum": -100}),
            "dosing": FLAG,
            "alternatives": FLAG,
            "other": FLAG,
            "conditional": FLAG,
            "row": TEXT,
            "pmids": _TEXTS,
            "text": TEXT,
            "implications": _TEXTS,
        },
        optional=("text", "implications"),
        description="A row of a guideline, as facts; conditional if the source states the action for some of these "
        "people only; text and implications only with the user's own copy of the source.",
    )
