"""Exports of hits and options: one JSON object, GA4GH VA-Spec statements, a flat table.

FHIR is ``interop.fhir_out``.
Source: GA4GH Variant Annotation Specification 1.0 (VariantTherapeuticResponseProposition).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from genorx._core.provenance import today, versions
from genorx.oncology.explain import why_not
from genorx.oncology.hit import Hit, Hits
from genorx.oncology.pack import attributions
from genorx.oncology.therapies import TherapyOption, rank_therapies

_PREDICATES = {
    "sensitivity": "predictsSensitivityTo",
    "reduced_sensitivity": "predictsResistanceTo",
    "resistance": "predictsResistanceTo",
}
_VA_DIRECTIONS = {"supports": "supports", "does_not_support": "disputes", "unstated": "neutral"}


def evidence_report(
    hits: Hits, options: Iterable[TherapyOption] | None = None, *, patient_id: str | None = None
) -> dict[str, Any]:
    """Return all evidence on a tumour as one JSON object.

    Parameters
    ----------
    options : iterable of TherapyOption, optional
        The default is ``rank_therapies(hits)``.
    patient_id : str, optional
        Written to the object as it is; by default None.
    """
    ranked = rank_therapies(hits) if options is None else list(options)
    return {
        "patient_id": patient_id,
        "disease": hits.disease.to_dict() if hits.disease is not None else None,
        "scheme": hits.scheme,
        "reading": hits.reading.to_dict() if hits.reading is not None else None,
        "alterations": [fact.to_dict() for fact in hits.alterations],
        "options": [option.to_dict() for option in ranked],
        "hits": [hit.to_dict() for hit in hits],
        "not_assessed": [{"evidence_id": name, "atoms": atoms} for name, atoms in sorted(hits.pending.items())],
        "not_matched": [
            {
                "gene": each.gene,
                "alteration": each.alteration,
                "reason": each.reason,
                "needs": list(each.needs),
                "rows": each.rows,
            }
            for each in why_not(hits)
        ],
        "findings": [finding.to_dict() for finding in hits.findings],
        "provenance": {
            "layers": [_layer(layer) for layer in hits.evidence.layers],
            "attribution": attributions(hits.evidence),
            "versions": versions(),
            "date": today(),
        },
    }


def _layer(manifest: dict[str, Any]) -> dict[str, Any]:
    return {name: manifest.get(name) for name in ("name", "source", "release", "sha256", "licence", "created")}


def va_spec_statements(hits: Iterable[Hit]) -> list[dict[str, Any]]:
    """Return one GA4GH VA-Spec statement for each predictive hit; rows without an equivalent predicate give none."""
    return [_statement(hit) for hit in hits if hit.evidence_type == "predictive" and hit.effect in _PREDICATES]


def _statement(hit: Hit) -> dict[str, Any]:
    record = hit.record
    drugs = [{"conceptType": "Therapy", "name": name} for name in record.therapies]
    therapy: dict[str, Any] = (
        drugs[0]
        if len(drugs) == 1
        else {
            "membershipOperator": "OR" if record.therapy_logic == "any" else "AND",
            "therapies": drugs,
            "extensions": [{"name": "therapy_logic", "value": record.therapy_logic}],
        }
    )
    qualifier = {"alleleOriginQualifier": {"name": record.origin}} if record.origin != "either" else {}
    return {
        "id": record.evidence_id,
        "type": "Statement",
        "proposition": {
            "type": "VariantTherapeuticResponseProposition",
            "predicate": _PREDICATES[record.effect],
            "subjectVariant": {
                "id": record.profile_id,
                "type": "CategoricalVariant",
                "name": record.profile_label,
                "extensions": [{"name": "atoms", "value": hit.atoms}],
            },
            "objectTherapeutic": therapy,
            "conditionQualifier": {
                "conceptType": "Disease",
                "name": record.disease_label,
                "primaryCoding": _coding(record.disease_id),
            },
            **qualifier,
        },
        "direction": _VA_DIRECTIONS[record.direction],
        "strength": {"name": record.level, "primaryCoding": {"system": record.level_scheme, "code": record.level}},
        "reportedIn": [_document(name) for name in record.citations],
        "classification": {"primaryCoding": {"system": "AMP/ASCO/CAP", "code": hit.tier}} if hit.tier else None,
        "extensions": [{"name": "release", "value": record.release}, {"name": "reason", "value": hit.reason}],
    }


def _document(name: str) -> dict[str, str]:
    kind, _, number = name.partition(":")
    found = {"type": "Document", "id": name}
    return {**found, kind: number} if kind in ("pmid", "doi") else found


def _coding(disease_id: str | None) -> dict[str, str] | None:
    if not disease_id:
        return None
    system, _, code = disease_id.partition(":")
    return {"system": system, "code": disease_id if system == "DOID" else code}


OPTION_COLUMNS = (
    "rank", "option", "advice", "tier", "level", "evidence_id", "relation", "strength", "exact", "alterations",
    "disease",
    "resistance", "opposing", "safety", "conflict", "reason",
)  # fmt: skip


def option_rows(options: Iterable[TherapyOption]) -> list[dict[str, Any]]:
    """Return one flat row per option, with the columns ``OPTION_COLUMNS``, for a table."""
    return [_option_row(option) for option in options]


def _option_row(option: TherapyOption) -> dict[str, Any]:
    best = next(iter(option.supporting or option.resistance or option.opposing), None)
    labels = dict.fromkeys(fact.label for hit in option.supporting for fact in hit.alterations)
    return {
        "rank": option.rank,
        "option": option.name,
        "advice": option.advice,
        "tier": option.tier,
        "level": best.level if best else None,
        "evidence_id": best.evidence_id if best else None,
        "relation": best.relation if best else None,
        "strength": best.strength if best else None,
        "exact": best.exact if best else None,
        "alterations": "; ".join(labels),
        "disease": best.record.disease_label if best else None,
        "resistance": "; ".join(f"{hit.evidence_id} {hit.tier}" for hit in option.resistance),
        "opposing": "; ".join(hit.evidence_id for hit in option.opposing),
        "safety": "; ".join(f"{note['drug']}: {note['gene']} {note['finding']}" for note in option.safety),
        "conflict": option.conflict,
        "reason": option.reason,
    }
