"""Importer of the Molecular Oncology Almanac, supplied by the user, in its three shapes.

Shape 1 is an object with ``content``, shape 2 the list of records alone, shape 3 a folder of normalised tables
(``statements``, ``propositions`` and so on).  Its licence (GPL-2.0, ODbL-1.0) keeps its data out of this package;
descriptions and citations in words are left out.
Source: Reardon B et al. 2021, Nat Cancer 2:1102.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from genorx.errors import InputError
from genorx.oncology.copy_number import parse_copy_number
from genorx.oncology.criteria import Atom, exon_numbers
from genorx.oncology.importers.checks import Intake, SourceFile, read_json, read_source
from genorx.oncology.importers.moalmanac_statements import statement_records
from genorx.oncology.importers.therapy_names import split_regimen
from genorx.oncology.protein import read_protein_change
from genorx.oncology.record import EvidenceRecord
from genorx.oncology.table import EvidenceTable

LICENCE = "GPL-2.0 (repository), ODbL-1.0 named for the database"
ATTRIBUTION = "Molecular Oncology Almanac (moalmanac.org), Van Allen lab, Dana-Farber Cancer Institute"

_FIELDS = frozenset((
    "_deprecated", "adverse_event_risk", "alternate_allele", "assertion_id", "cdna_change", "chromosome", "citation",
    "classification", "context", "cosmic_signature", "cytoband", "description", "diagnostic", "direction", "disease",
    "doi",
    "end_position", "event", "exon", "favorable_prognosis", "feature_display", "feature_id", "feature_type", "gene",
    "gene1",
    "gene2", "last_updated", "locus", "minimum_mutations", "mutations_per_mb", "nct", "oncotree_code", "oncotree_term",
    "pathogenic", "pmid", "predictive_implication", "protein_change", "publication_date", "rearrangement_type",
    "reference_allele", "rsid", "source_id", "source_type", "start_position", "status", "technique",
    "therapy_name", "therapy_name_mappings", "therapy_resistance", "therapy_sensitivity", "therapy_strategy",
    "therapy_type",
    "url", "variant_annotation",
))  # fmt: skip
_ANNOTATION_CLASSES = {
    "missense": "missense", "nonsense": "truncating", "frameshift": "frameshift", "splice site": "splice",
    "activating mutation": "oncogenic",
}  # fmt: skip
_EXON_KINDS = {"deletion": "deletion", "insertion": "insertion", "splice site": "skipping", "frameshift": "frameshift"}


def import_moalmanac(path: str | Path, *, release: str | None = None) -> EvidenceTable:
    """Return the evidence of a MOAlmanac file or folder; the shape is detected."""
    place = Path(path)
    if place.is_dir():
        return _import_statements(place, release)
    source = read_source(place)
    value = read_json(source)
    if isinstance(value, dict) and isinstance(value.get("content"), list):
        rows, named = value["content"], str(value.get("release") or "")
    elif isinstance(value, list):
        rows, named = value, ""
    else:
        raise InputError("neither a list of records nor an object with 'content'", file=place, code="evidence-columns")
    _refuse_unknown(rows, source)
    dated = (str(row.get("last_updated") or "") for row in rows if isinstance(row, Mapping))
    named = release or named or max(dated, default="")
    intake = _intake(source, named)
    for number, row in enumerate(rows, start=1):
        _take(intake, row, f"record {number}")
    intake.rows_in = len(rows)
    return intake.table()


def _intake(source: SourceFile, release: str) -> Intake:
    return Intake(source="moalmanac", file=source, release=release, licence=LICENCE, attribution=ATTRIBUTION)


def _import_statements(folder: Path, release: str | None) -> EvidenceTable:
    names = ("statements", "propositions", "biomarkers", "genes", "diseases", "therapies", "therapy_groups",
    "strengths",
             "documents", "indications")  # fmt: skip
    tables: dict[str, Any] = {}
    main: SourceFile | None = None
    for name in names:
        found = sorted(folder.glob(f"{name}.json*"))
        if not found:
            raise InputError(f"the folder has no {name}.json", file=folder, code="evidence-file")
        source = read_source(found[0])
        tables[name] = _by_id(read_json(source), source)
        main = main or source
    if main is None:
        raise InputError("the folder is empty", file=folder, code="evidence-file")
    dates = [str(row.get("publication_date") or "") for row in tables["documents"].values()]
    intake = _intake(main, release or max(dates, default=""))
    intake.take(statement_records(tables, intake.release))
    return intake.table()


def _by_id(rows: Any, source: SourceFile) -> dict[Any, Mapping[str, Any]]:
    try:
        return {row["id"]: dict(row) for row in rows}
    except (KeyError, TypeError, ValueError) as error:
        reason = "the file is not a list of records that each have an id"
        raise InputError(reason, file=source.path, code="evidence-columns") from error


def _refuse_unknown(rows: list[Any], source: SourceFile) -> None:
    seen = {name for row in rows if isinstance(row, Mapping) for name in row}
    unknown = sorted(seen - _FIELDS)
    if unknown or not {"feature_type", "assertion_id"} <= seen:
        reason = (
            f"unknown fields: {', '.join(unknown[:12])}" if unknown else "records without feature_type and assertion_id"
        )
        raise InputError(reason, file=source.path, code="evidence-columns")


def _take(intake: Intake, row: Any, place: str) -> None:
    """Accept the statements of a record, or reject it once."""
    if not isinstance(row, Mapping):
        intake.reject(place, None, "the record is not an object")
        return
    number = row.get("assertion_id")
    evidence_id = f"moalmanac:A{number}"
    if row.get("_deprecated"):
        intake.reject(place, evidence_id, "the record is deprecated")
        return
    effects = list(_effects(row))
    if not effects:
        intake.reject(place, evidence_id, "the record states no effect: no sensitivity, resistance, prognosis or risk")
        return
    atom = _atom(row)
    if atom is None:
        intake.reject(place, evidence_id, "the record names no biomarker")
        return
    for suffix, values in effects:
        record = EvidenceRecord(
            evidence_id=evidence_id + suffix,
            predicate=((atom,),),
            profile_label=atom.label,
            **values,
            **_common(row, intake),
        )
        intake.keep(record, place)


def _effects(row: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield (suffix of the id, type, direction and effect) of each statement in a record."""
    therapies = split_regimen(str(row.get("therapy_name") or ""))
    logic = "none" if not therapies else "single" if len(therapies) == 1 else "all"
    drug = {"therapies": therapies, "therapy_logic": logic, "evidence_type": "predictive"}
    none = {"therapies": (), "therapy_logic": "none", "direction": "supports"}
    if therapies and row.get("therapy_sensitivity") in (0, 1):
        direction = "supports" if row["therapy_sensitivity"] == 1 else "does_not_support"
        yield "", {**drug, "direction": direction, "effect": "sensitivity"}
    if therapies and row.get("therapy_resistance") in (0, 1):
        direction = "supports" if row["therapy_resistance"] == 1 else "does_not_support"
        suffix = "-R" if row.get("therapy_sensitivity") in (0, 1) else ""
        yield suffix, {**drug, "direction": direction, "effect": "resistance"}
    if therapies and row.get("adverse_event_risk") == 1:
        yield "-T", {**drug, "direction": "supports", "effect": "adverse"}
    if row.get("favorable_prognosis") in (0, 1):
        effect = "better_outcome" if row["favorable_prognosis"] == 1 else "poor_outcome"
        yield "-P", {**none, "evidence_type": "prognostic", "effect": effect}
    if row.get("diagnostic") in (1, "1"):
        yield "-D", {**none, "evidence_type": "diagnostic", "effect": "positive"}


def _common(row: Mapping[str, Any], intake: Intake) -> dict[str, Any]:
    code, term = str(row.get("oncotree_code") or ""), str(row.get("disease") or row.get("oncotree_term") or "")
    solid = "any solid tumor" in (str(row.get("oncotree_term") or "") + term).casefold()
    scope = "any_solid" if solid else "specific" if code or term else "unstated"
    nct = re.findall(r"NCT\d{8}", str(row.get("nct") or ""))
    return {
        "source": "moalmanac",
        "release": intake.release,
        "profile_id": f"moalmanac:F{row.get('feature_id')}",
        "level": str(row.get("predictive_implication") or ""),
        "level_scheme": "moalmanac",
        "rating": None,
        "disease_label": term or None,
        "disease_id": f"ONCOTREE:{code}" if code else None,
        "disease_scope": scope,
        "origin": "germline" if row.get("feature_type") == "Germline Variant" else "somatic",
        "citations": _citations(row),
        "trials": tuple(nct),
        "flags": (),
        "reviewed": str(row.get("last_updated") or "")[:10] or None,
    }


def _citations(row: Mapping[str, Any]) -> tuple[str, ...]:
    if row.get("pmid"):
        return (f"pmid:{row['pmid']}",)
    if row.get("doi"):
        return (f"doi:{row['doi']}",)
    kind = str(row.get("source_type") or "source")
    return (f"label:{kind}-{row.get('source_id')}",)


def _atom(row: Mapping[str, Any]) -> Atom | None:
    kind = row.get("feature_type")
    gene = str(row.get("gene") or "")
    if kind in ("Somatic Variant", "Germline Variant"):
        return _variant(row, gene) if gene else None
    if kind == "Copy Number":
        call = parse_copy_number(str(row.get("direction") or ""))
        return Atom(type="copy_number", gene=gene, call=call) if gene and call else None
    if kind == "Rearrangement":
        return _rearrangement(row)
    if kind == "Knockdown":
        return Atom(type="opaque", gene=gene, text="knockdown")
    return _tumour_wide(row)


def _rearrangement(row: Mapping[str, Any]) -> Atom | None:
    five, three = str(row.get("gene1") or ""), str(row.get("gene2") or "")
    if not five and not three:
        return None
    one_only = not (five and three)
    return Atom(type="fusion", five=five or three, three=None if one_only else three, either=one_only)


def _tumour_wide(row: Mapping[str, Any]) -> Atom | None:
    names = {
        "Microsatellite Stability": ("MSI", str(row.get("status") or "").removeprefix("MSI-") or None),
        "Mutational Burden": ("TMB", str(row.get("classification") or "") or None),
        "Mutational Signature": (str(row.get("cosmic_signature") or ""), None),
        "Aneuploidy": (str(row.get("event") or ""), None),
    }
    name, value = names.get(str(row.get("feature_type")), ("", None))
    return Atom(type="signature", name=name, value=value) if name else None


def _variant(row: Mapping[str, Any], gene: str) -> Atom:
    change = read_protein_change(str(row.get("protein_change") or ""))
    if change is not None:
        return Atom(type="protein", gene=gene, change=change.text)
    if row.get("cdna_change"):
        return Atom(type="cdna", gene=gene, change=str(row["cdna_change"]))
    annotation = str(row.get("variant_annotation") or "").casefold()
    exons = exon_numbers(row.get("exon") or None)
    if exons:
        return Atom(type="exon", gene=gene, exons=exons, kind=_EXON_KINDS.get(annotation, "any"))
    if annotation in ("deletion", "insertion"):
        return Atom(type="gene_class", gene=gene, cls="mutation", text=annotation)
    default = "pathogenic" if row.get("pathogenic") == 1 else "mutation"
    return Atom(type="gene_class", gene=gene, cls=_ANNOTATION_CLASSES.get(annotation, default))
