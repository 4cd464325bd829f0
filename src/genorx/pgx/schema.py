"""The JSON Schema of ``genorx pgx`` output; ``data_schemas/pgx.schema.json`` is written from here.

Source: JSON Schema draft 2020-12; keys are those of the project's contract, section 5.
"""

from __future__ import annotations

from typing import Any, get_args

from genorx.errors import Severity
from genorx.knowledge.guidance import ACTIONS

_TEXT = {"type": "string"}
_TEXTS = {"type": "array", "items": _TEXT}
_SHARE = {"type": "number", "minimum": 0, "maximum": 1}
_FLAG = {"type": "boolean"}
_CODES = {"type": "array", "items": {"type": "string", "pattern": "^[a-z0-9-]+$"}}


def pgx_schema() -> dict[str, Any]:
    """Return the schema: an array with one object a sample."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Pharmacogenes",
        "description": "One object a sample. A drug without rows has no guidance found, which does not mean safe.",
        "type": "array",
        "items": {"$ref": "#/$defs/report"},
        "$defs": {
            "report": _report(),
            "gene": _gene(),
            "row": _row(),
            "finding": _finding(),
            "phenoconversion": _phenoconversion(),
        },
    }


def _object(properties: dict[str, Any], *, optional: tuple[str, ...] = (), description: str = "") -> dict[str, Any]:
    required = [name for name in properties if name not in optional]
    made = {"type": "object", "properties": properties, "required": required, "additionalProperties": False}
    return {"description": description, **made} if description else made


def _by_name(values: dict[str, Any], description: str = "") -> dict[str, Any]:
    made = {"type": "object", "additionalProperties": values}
    return {"description": description, **made} if description else made


def _maybe(schema: dict[str, Any]) -> dict[str, Any]:
    return {"anyOf": [schema, {"type": "null"}]}


def _report() -> dict[str, Any]:
    return _object(
        {
            "sample": _TEXT,
            "assembly": {"enum": ["GRCh37", "GRCh38"]},
            "knowledge": _object({"release": _TEXT, "guidance_release": _TEXT}),
            "genes": _by_name({"$ref": "#/$defs/gene"}, "By gene symbol; a gene without data is there, not called."),
            "vcf_warnings": _by_name(_CODES, "By site, as the file writes it; VCF for the file as a whole."),
            "drugs": _by_name({"type": "array", "items": {"$ref": "#/$defs/row"}}, "By drug; the rows that apply."),
            "not_evaluated": _by_name(
                _TEXTS,
                "By drug; genes that guidance on it asks for and that are not known: a drug without rows was not "
                "evaluated, one with rows not in full.",
            ),
            "certainty": _by_name(_SHARE, "By drug, with haplotype frequencies: probability of the reported action."),
            "extra_genotypes": _by_name(_TEXT, "Sites that are reported and not matched, such as rs12777823."),
            "findings": {"type": "array", "items": {"$ref": "#/$defs/finding"}},
            "phenoconversion": {"$ref": "#/$defs/phenoconversion"},
        },
        optional=("phenoconversion",),
    )


def _phenoconversion() -> dict[str, Any]:
    reading = _object({"phenotypes": _TEXTS, "activity_scores": _TEXTS})
    modulator = _object(dict.fromkeys(("gene", "drug", "effect", "strength", "source", "date"), _TEXT))
    gene = {"gene": _TEXT, "genotype": reading, "converted": reading, "changed": _FLAG, "rule": _TEXT}
    rows = {"type": "array", "items": {"$ref": "#/$defs/row"}}
    return _object(
        {
            "genes": {
                "type": "array",
                "items": _object({**gene, "modulators": {"type": "array", "items": modulator}}),
            },
            "drugs": _by_name(rows, "By drug, where the rows that apply are others than by genotype."),
            "not_known": {**_TEXTS, "description": "Drugs that are not known as modulators; they may still interact."},
        },
        description="What the person's other drugs do, by convention; only where a medication was given.",
    )


def _gene() -> dict[str, Any]:
    likely = _object({"diplotype": _TEXT, "phenotype": _TEXT, "probability": _SHARE})
    pair = {"type": "array", "items": _TEXT, "minItems": 1, "maxItems": 2}
    return _object(
        {
            "called": _FLAG,
            "source": {"enum": ["vcf", "outside", "none"]},
            "diplotypes": _TEXTS,
            "labels": _TEXTS,
            "printed": _TEXTS,
            "alleles": _TEXTS,
            "lookup_pairs": {"type": "array", "items": pair},
            "phenotypes": _TEXTS,
            "activity_scores": _TEXTS,
            "lookup_keys": _TEXTS,
            "uncallable_alleles": _TEXTS,
            "missing_positions": _TEXTS,
            "phased": _FLAG,
            "warnings": _CODES,
            "posterior": {"type": "array", "items": likely},
        }
    )


def _row() -> dict[str, Any]:
    return _object(
        {
            "source": _TEXT,
            "guideline": _TEXT,
            "guideline_id": _TEXT,
            "date": _TEXT,
            "population": _maybe(_TEXT),
            "classification": _maybe(_TEXT),
            "lookup_keys": _by_name(_TEXT),
            "action": {"enum": list(ACTIONS)},
            "dose_change_pct": _maybe({"type": "number", "minimum": -100}),
            "dosing": _FLAG,
            "alternatives": _FLAG,
            "other": _FLAG,
            "conditional": _FLAG,
            "row": _TEXT,
            "pmids": _TEXTS,
            "text": _TEXT,
            "implications": _TEXTS,
        },
        optional=("text", "implications"),
        description="A row of a guideline, as facts; conditional if the source states the action for some of these "
        "people only; text and implications only with the user's own copy of the source.",
    )


def _finding() -> dict[str, Any]:
    return _object(
        {
            "code": {"type": "string", "pattern": "^[a-z0-9-]+$"},
            "severity": {"enum": list(get_args(Severity))},
            "patient_id": _maybe(_TEXT),
            "place": _maybe(_TEXT),
            "message": _TEXT,
        }
    )
