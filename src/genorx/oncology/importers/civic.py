"""Importer of CIViC's clinical evidence summaries, in both of their column sets.

The older set (41 columns, until 2022) has gene and variant instead of a molecular profile, an older notation of
fusions, and exact GRCh37 alleles, which are kept.
Source: Griffith M et al. 2017, Nat Genet 49:170; Krysiak K et al. 2023, Nucleic Acids Res 51:D1230.  Licence CC0 1.0.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from genorx._core.numerals import whole_number
from genorx.oncology.importers.checks import Intake, read_rows, read_source
from genorx.oncology.importers.therapy_names import split_therapies, therapy_logic
from genorx.oncology.profile import parse_profile
from genorx.oncology.record import DiseaseScope, EvidenceRecord, Origin
from genorx.oncology.table import EvidenceTable, KnownAllele

ATTRIBUTION = "CIViC (Clinical Interpretation of Variants in Cancer, civicdb.org), Washington University, CC0 1.0"
_SHARED = (
    "disease", "doid", "phenotypes", "evidence_type", "evidence_direction", "evidence_level", "evidence_statement",
    "citation_id", "source_type", "asco_abstract_id", "citation", "nct_ids", "rating", "evidence_status", "evidence_id",
    "variant_origin", "last_review_date", "evidence_civic_url",
)  # fmt: skip
COLUMN_SETS = {
    "profiles": frozenset(
        (*_SHARED, "molecular_profile", "molecular_profile_id", "therapies", "therapy_interaction_type", "significance",
         "molecular_profile_civic_url", "is_flagged")
    ),
    "variants": frozenset(
        (*_SHARED, "gene", "entrez_id", "variant", "drugs", "drug_interaction_type", "clinical_significance",
         "variant_id",
         "gene_id", "chromosome", "start", "stop", "reference_bases", "variant_bases", "representative_transcript",
         "chromosome2", "start2", "stop2", "representative_transcript2", "ensembl_version", "reference_build",
         "variant_summary", "variant_civic_url", "gene_civic_url")
    ),
}  # fmt: skip

_DIRECTIONS = {"supports": "supports", "does not support": "does_not_support", "n/a": "unstated", "": "unstated"}
_EFFECTS = {
    "sensitivity/response": "sensitivity", "sensitivity": "sensitivity", "resistance": "resistance",
    "reduced sensitivity": "reduced_sensitivity", "adverse response": "adverse", "better outcome": "better_outcome",
    "poor outcome": "poor_outcome", "positive": "positive", "negative": "negative",
}  # fmt: skip
_ORIGINS: dict[str, Origin] = {
    "somatic": "somatic", "rare germline": "germline", "common germline": "germline", "germline": "germline",
    "somatic mutation": "somatic", "rare germline mutation": "germline", "germline mutation": "germline",
    "common germline mutation": "germline", "germline polymorphism": "germline",
}  # fmt: skip
_SOURCES = {"pubmed": "pmid", "asco": "asco", "ash": "ash"}
_SOLID_NAMES = frozenset({"solid tumor", "solid tumors, advanced", "solid tumors", "advanced solid tumor"})


def import_civic(path: str | Path, *, release: str | None = None) -> EvidenceTable:
    """Return the evidence of a CIViC table; the column set is detected from the header."""
    source = read_source(path)
    shape, rows = read_rows(source, COLUMN_SETS)
    newest = max((cells.get("last_review_date", "")[:7] for _, cells in rows), default="")
    intake = Intake(source="civic", file=source, release=release or newest, licence="CC0-1.0", attribution=ATTRIBUTION)
    levels = Counter(cells["evidence_level"] for _, cells in rows if cells.get("evidence_type") == "Predictive")
    intake.extra["predictive_rows_read"] = dict(sorted(levels.items()))
    intake.take(_records(rows, shape, intake.release))
    if shape == "variants":
        intake.alleles.extend(_alleles(rows))
    return intake.table()


def _records(
    rows: list[tuple[int, dict[str, str]]], shape: str, release: str
) -> Iterator[tuple[str, str | None, EvidenceRecord | str]]:
    for number, cells in rows:
        place = f"line {number}"
        if "" in cells:
            yield place, None, "the number of columns differs from the header"
            continue
        evidence_id = f"civic:EID{cells['evidence_id']}" if cells["evidence_id"] else None
        yield place, evidence_id, _record(cells, shape, release)


def _record(cells: dict[str, str], shape: str, release: str) -> EvidenceRecord | str:
    kind = cells["evidence_type"].casefold()
    drugs = cells["therapies" if shape == "profiles" else "drugs"]
    word = cells["therapy_interaction_type" if shape == "profiles" else "drug_interaction_type"]
    therapies = split_therapies(drugs)
    logic = therapy_logic(therapies, word)
    reason = _unusable(cells, kind, therapies, logic)
    if reason:
        return reason
    label, profile_id = _profile(cells, shape)
    effect_word = cells["significance" if shape == "profiles" else "clinical_significance"].casefold()
    flags = ["flagged"] if cells.get("is_flagged", "").casefold() == "true" else []
    if effect_word not in _EFFECTS and effect_word not in ("", "n/a"):
        flags.append(effect_word.replace(" ", "_"))
    values: dict[str, Any] = {
        "evidence_id": f"civic:EID{cells['evidence_id']}",
        "source": "civic",
        "release": release,
        "profile_id": profile_id,
        "profile_label": label,
        "predicate": parse_profile(label),
        "evidence_type": kind,
        "direction": _DIRECTIONS[cells["evidence_direction"].casefold()],
        "effect": _EFFECTS.get(effect_word, "other"),
        "level": cells["evidence_level"],
        "level_scheme": "civic",
        "rating": int(cells["rating"]) if cells["rating"] else None,
        "therapies": therapies,
        "therapy_logic": logic,
        "origin": _ORIGINS.get(cells["variant_origin"].casefold(), "either"),
        "citations": _citations(cells),
        "trials": tuple(part.strip() for part in re.split(r"[,;]", cells["nct_ids"]) if part.strip()),
        "flags": tuple(flags),
        "reviewed": cells["last_review_date"][:10] or None,
        **_disease(cells),
    }
    return EvidenceRecord(**values)


def _unusable(cells: dict[str, str], kind: str, therapies: tuple[str, ...], logic: str | None) -> str | None:
    """Return why a row cannot be used, or None."""
    if whole_number(cells["evidence_id"]) is None:
        return "evidence_id is missing or not a number"
    if cells["evidence_status"].casefold() not in ("accepted", ""):
        return f"evidence status is {cells['evidence_status']}, not accepted"
    if cells["evidence_direction"].casefold() not in _DIRECTIONS:
        return f"evidence direction is unknown: {cells['evidence_direction'][:40]}"
    if cells["rating"] and whole_number(cells["rating"]) is None:
        return "rating is not a number"
    if kind == "predictive" and not therapies:
        return "predictive row without a therapy"
    if logic is None:
        return "two or more drugs, but no word on how they are combined"
    return None


def _disease(cells: dict[str, str]) -> dict[str, Any]:
    label, doid = cells["disease"].strip(), cells["doid"].strip()
    scope: DiseaseScope = "specific"
    if doid == "162":
        scope = "any_cancer"
    elif doid == "2531":
        scope = "any_blood"
    elif label.casefold() in _SOLID_NAMES:
        scope = "any_solid"
    elif not label and not doid:
        scope = "unstated"
    return {"disease_label": label or None, "disease_id": f"DOID:{doid}" if doid else None, "disease_scope": scope}


def _citations(cells: dict[str, str]) -> tuple[str, ...]:
    prefix = _SOURCES.get(cells["source_type"].casefold(), "doi")
    number = cells["citation_id"] or cells["asco_abstract_id"]
    return (f"{prefix}:{number}",) if number else ()


def _profile(cells: dict[str, str], shape: str) -> tuple[str, str | None]:
    if shape == "profiles":
        number = cells["molecular_profile_id"]
        return cells["molecular_profile"], f"civic:MP{number}" if number else None
    number = cells["variant_id"]
    return modern_label(cells["gene"], cells["variant"]), f"civic:V{number}" if number else None


_OLD_NAMES = {
    "BCR-ABL": "BCR::ABL1",
    "NPM-ALK": "NPM1::ALK",
    "MLL-MLLT3": "KMT2A::MLLT3",
    "ZNF198-FGFR1": "ZMYM2::FGFR1",
}
_OLD_FUSION = re.compile(r"^(?P<pair>[A-Z0-9]+-[A-Z0-9]+)(?:\s+(?P<rest>.+))?$")
_OLD_EXONS = re.compile(r"^E(?P<five>\d+);A(?P<three>\d+)$", re.IGNORECASE)


def modern_label(gene: str, variant: str) -> str:
    """Convert the label of an older gene and variant to CIViC's current profile notation.

    Examples
    --------
    >>> modern_label("ABL1", "BCR-ABL T315I")
    'BCR::ABL1 Fusion AND ABL1 T315I'
    >>> modern_label("ALK", "EML4-ALK E6;A20"), modern_label("ALK", "ALK FUSIONS")
    ('EML4::ALK e6::e20', 'v::ALK Fusion')
    """
    name = " ".join(variant.split())
    any_fusion = re.match(rf"^(?:{re.escape(gene)}\s+)?fusions?(?:\s+(?P<rest>.+))?$", name, re.IGNORECASE)
    if any_fusion:
        return _joined(f"v::{gene} Fusion", gene, any_fusion["rest"])
    if name == "Ex19 del L858R":
        return f"{gene} Exon 19 Deletion OR {gene} L858R"
    old = _OLD_FUSION.match(name)
    if old and (
        gene in old["pair"].split("-") or old["pair"] in _OLD_NAMES or gene.startswith(old["pair"].split("-")[1])
    ):
        pair = _OLD_NAMES.get(old["pair"]) or old["pair"].replace("-", "::")
        exons = _OLD_EXONS.match(old["rest"] or "")
        if exons:
            return f"{pair} e{exons['five']}::e{exons['three']}"
        return _joined(f"{pair} Fusion", gene, old["rest"])
    if re.search(r"\s+and\s+", name) and "(" not in name:
        first, *rest = re.split(r"\s+and\s+", name)
        return " AND ".join(f"{gene} {part}" for part in (first, *rest))
    return f"{gene} {name}"


def _joined(head: str, gene: str, rest: str | None) -> str:
    if not rest or rest.casefold().startswith("type "):
        return head
    parts = re.split(r"\s+and\s+|\s+|(?<=\d[A-Z])-(?=[A-Z]\d)", re.sub(r"^and\s+", "", rest))
    return " AND ".join((head, *(f"{gene} {part}" for part in parts)))


def _alleles(rows: list[tuple[int, dict[str, str]]]) -> Iterator[KnownAllele]:
    """Yield the exact alleles; an insertion or deletion has bases on one side only, as in MAF files."""
    for cells in (cells for _, cells in rows if "" not in cells):
        ref, alt = cells.get("reference_bases", ""), cells.get("variant_bases", "")
        bases = re.fullmatch("[ACGT]+", ref + alt.replace("/", ""))
        pos = whole_number(cells["start"])
        placed = cells["reference_build"] == "GRCh37" and cells["chromosome"]
        if not bases or not placed or pos is None or len(ref) > _LONGEST or len(alt) > _LONGEST:
            continue
        for base in alt.split("/"):  # "G/A": either allele
            yield KnownAllele(
                gene=cells["gene"],
                change=own_change(cells["gene"], cells["variant"]),
                assembly="GRCh37",
                chrom=cells["chromosome"],
                pos=pos,
                ref=ref,
                alt=base,
            )


def own_change(gene: str, variant: str) -> str:
    """Return the gene's own change if an older name appends the fusion in which it was observed.

    Examples
    --------
    >>> own_change("ABL1", "BCR-ABL T315I"), own_change("BRAF", "V600E"), own_change("ALK", "EML4-ALK")
    ('T315I', 'V600E', 'EML4-ALK')
    """
    found = parse_profile(modern_label(gene, variant))
    atoms = found[0] if len(found) == 1 else ()
    own = [atom for atom in atoms if atom.type in ("protein", "codon") and atom.gene == gene]
    if len(atoms) != 2 or len(own) != 1 or {atom.type for atom in atoms} & {"fusion"} == set():
        return variant
    return own[0].change or f"{own[0].residue}{own[0].position}"


#: Bases of the longest allele that is kept; longer ones are not small variants.
_LONGEST = 100
