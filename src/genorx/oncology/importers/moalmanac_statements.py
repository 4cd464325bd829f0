"""MOAlmanac's normalised tables: approvals as statements on propositions of biomarkers, disease and therapies."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from genorx.errors import shown
from genorx.oncology.criteria import Atom, exon_numbers
from genorx.oncology.importers.therapy_names import capital
from genorx.oncology.profile import parse_profile
from genorx.oncology.protein import read_protein_change
from genorx.oncology.record import EvidenceRecord

Tables = Mapping[str, Mapping[Any, Mapping[str, Any]]]
_PREDICATES = {"predictSensitivityTo": "sensitivity", "predictResistanceTo": "resistance"}
_CLASSES = {"nonsense": "truncating", "frameshift": "frameshift", "splice site": "splice", "missense": "missense"}
_KINDS = {"deletion": "deletion", "insertion": "insertion", "splice site": "skipping"}


def statement_records(tables: Tables, release: str) -> Iterator[tuple[str, str | None, EvidenceRecord | str]]:
    """Yield (place, id, record or reason) of every statement."""
    for number, statement in tables["statements"].items():
        evidence_id = f"moalmanac:S{number}"
        try:
            found: EvidenceRecord | str = _record(tables, statement, evidence_id, release)
        except (AttributeError, KeyError, TypeError, ValueError) as error:  # a field of another kind than the schema's
            found = f"the statement cannot be read: {shown(error)}"
        yield f"statement {number}", evidence_id, found


def _record(tables: Tables, statement: Mapping[str, Any], evidence_id: str, release: str) -> EvidenceRecord | str:
    proposition = tables["propositions"].get(statement.get("proposition_id"))
    if proposition is None:
        return "the statement's proposition is not in the tables"
    effect = _PREDICATES.get(str(proposition.get("predicate")))
    if effect is None:
        return f"predicate {str(proposition.get('predicate'))[:40]} is unknown"
    therapies = _therapies(tables, proposition)
    if not therapies:
        return "the proposition names no therapy"
    atoms = [_atom(tables, tables["biomarkers"].get(number)) for number in proposition["biomarkers"]]
    if not atoms or None in atoms:
        return "a biomarker of the proposition is not in the tables"
    kept = tuple(atom for atom in atoms if atom is not None)
    disease = tables["diseases"].get(proposition.get("conditionQualifier_id"), {})
    kinds = {_details(tables["biomarkers"][number]).get("biomarker_type") for number in proposition["biomarkers"]}
    values: dict[str, Any] = {
        "direction": "supports" if statement.get("direction") == "supports" else "does_not_support",
        "effect": effect,
        "therapies": therapies,
        "therapy_logic": "single" if len(therapies) == 1 else "all",
        "origin": "germline"
        if kinds == {"Germline Variant"}
        else "somatic"
        if "Germline Variant" not in kinds
        else "either",
        **_disease(disease),
        **_provenance(tables, statement),
    }
    return EvidenceRecord(
        evidence_id=evidence_id,
        source="moalmanac",
        release=release,
        profile_id=f"moalmanac:P{proposition['id']}",
        profile_label=" AND ".join(atom.label for atom in kept),
        predicate=(kept,),
        evidence_type="predictive",
        level_scheme="moalmanac",
        rating=None,
        trials=(),
        flags=(),
        **values,
    )


def _therapies(tables: Tables, proposition: Mapping[str, Any]) -> tuple[str, ...]:
    single = proposition.get("therapy_id")
    if single is not None:
        numbers = [single]
    else:
        numbers = tables["therapy_groups"].get(proposition.get("therapy_group_id"), {}).get("therapies", [])
    return tuple(
        capital(str(tables["therapies"][number]["name"])) for number in numbers if number in tables["therapies"]
    )


def _disease(disease: Mapping[str, Any]) -> dict[str, Any]:
    prefix, _, code = str(disease.get("primary_coding_id") or "").partition(":")
    label = str(disease.get("name") or "") or None
    scope = "any_solid" if label == "Any solid tumor" else "specific" if label else "unstated"
    return {"disease_label": label, "disease_id": f"{prefix.upper()}:{code}" if code else None, "disease_scope": scope}


def _provenance(tables: Tables, statement: Mapping[str, Any]) -> dict[str, Any]:
    strength = tables["strengths"].get(statement.get("strength_id"), {}).get("name")
    indication = tables["indications"].get(statement.get("indication_id"), {})
    documents = [str(name).removeprefix("doc:") for name in statement.get("reportedIn") or ()]
    return {
        "level": str(strength or ""),
        "citations": tuple(f"label:{name}" for name in documents),
        "reviewed": str(indication.get("initial_approval_date") or "")[:10] or None,
    }


def _details(biomarker: Mapping[str, Any]) -> dict[str, Any]:
    return {item["name"]: item.get("value") for item in biomarker.get("extensions") or ()}


def _atom(tables: Tables, biomarker: Mapping[str, Any] | None) -> Atom | None:
    if biomarker is None:
        return None
    details = _details(biomarker)
    genes = [
        str(tables["genes"][number]["name"]) for number in biomarker.get("genes") or () if number in tables["genes"]
    ]
    atom = _present(str(biomarker.get("name") or ""), details, genes)
    if details.get("_present") is False:
        return Atom.from_dict({**atom.to_dict(), "negated": True})
    return atom


def _present(name: str, details: Mapping[str, Any], genes: list[str]) -> Atom:
    kind = str(details.get("biomarker_type"))
    gene = genes[0] if genes else None
    if kind in ("Somatic Variant", "Germline Variant") and gene:
        return _variant(name, details, gene)
    if kind == "Wild type" and gene:
        return Atom(type="wildtype", gene=gene)
    if kind == "Copy Number" and gene:
        return Atom(type="copy_number", gene=gene, call=str(details.get("direction") or "").lower())
    if kind == "Rearrangement" and gene:
        return _rearrangement(name, genes)
    if kind == "Protein expression":
        return Atom(type="expression", gene=gene, name=str(details.get("marker") or "") or None, text=name[:80])
    words = {"Mismatch Repair": "MSI", "Microsatellite Stability": "MSI", "Homologous Recombination": "HRD",
             "Tumor mutational burden": "TMB"}  # fmt: skip
    if kind in words:
        value = str(details.get("classification") or "") or (name if words[kind] == "MSI" else "Deficient")
        return Atom(type="signature", name=words[kind], value=value)
    return Atom(type="opaque", gene=gene, text=name[:160])


def _rearrangement(name: str, genes: list[str]) -> Atom:
    named = parse_profile(name)[0][0]
    if named.type == "fusion":
        return named
    if len(genes) > 1:
        return Atom(type="fusion", five=genes[0], three=genes[1])
    return Atom(type="fusion", five=genes[0], either=True)


def _variant(name: str, details: Mapping[str, Any], gene: str) -> Atom:
    change = read_protein_change(str(details.get("protein_change") or ""))
    if change is not None:
        return Atom(type="protein", gene=gene, change=change.text)
    if "ITD" in name:
        return Atom(type="itd", gene=gene, name="ITD")
    annotation = str(details.get("variant_annotation") or "").casefold()
    exons = exon_numbers(details.get("exon") or None)
    if exons:
        return Atom(type="exon", gene=gene, exons=exons, kind=_KINDS.get(annotation, "any"))
    if annotation in _CLASSES:
        return Atom(type="gene_class", gene=gene, cls=_CLASSES[annotation])
    if "TKD" in name:
        return Atom(type="region", gene=gene, name="TKD")
    word = "oncogenic" if details.get("requires_oncogenic") or "activating" in name else "mutation"
    return Atom(type="gene_class", gene=gene, cls="pathogenic" if details.get("requires_pathogenic") else word)
