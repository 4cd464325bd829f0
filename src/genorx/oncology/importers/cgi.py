"""Importer of the Cancer Genome Interpreter's biomarker table, supplied by the user.

Its licence is disputed (CC0 and CC BY-NC 4.0 are both recorded), so this package contains no part of it.
Source: Tamborero D et al. 2018, Genome Med 10:25.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from genorx.oncology.criteria import Atom
from genorx.oncology.importers.checks import Intake, read_open_rows, read_source
from genorx.oncology.importers.therapy_names import SENTINELS, capital
from genorx.oncology.profile import Predicate
from genorx.oncology.protein import read_protein_change
from genorx.oncology.record import EvidenceRecord
from genorx.oncology.table import EvidenceTable

REQUIRED = frozenset(
    ("Alteration", "Alteration type", "Association", "Drug", "Evidence level", "Gene", "Primary Tumor type")
)
OPTIONAL = frozenset((
    "Assay type", "Biomarker", "Comments", "Curation date", "Curator", "Drug family", "Drug full name", "Drug status",
    "Metastatic Tumor Type", "Primary Tumor acronym", "Primary Tumor type full name", "Primary Tumor full name",
    "Source",
    "TCGI included", "Targeting", "cDNA", "gDNA", "individual_mutation", "info", "region", "strand", "transcript",
))  # fmt: skip
_ASSOCIATIONS = {
    "responsive": ("supports", "sensitivity"),
    "resistant": ("supports", "resistance"),
    "no responsive": ("does_not_support", "sensitivity"),
    "increased toxicity": ("supports", "adverse"),
    "decreased response": ("supports", "reduced_sensitivity"),
}
_CLASS_OF = {
    "frameshift_variant": "frameshift", "stop_gained": "truncating", "splice_donor_variant": "splice",
    "splice_acceptor_variant": "splice", "missense_variant": "missense", "oncogenic mutation": "oncogenic",
}  # fmt: skip
_CALLS = {"amp": "amplification", "del": "deletion", "gain": "gain", "loss": "loss"}


def import_cgi(path: str | Path, *, release: str | None = None) -> EvidenceTable:
    """Return the evidence of a CGI biomarker table."""
    source = read_source(path)
    rows = read_open_rows(source, required=REQUIRED, optional=OPTIONAL)
    intake = Intake(
        source="cgi",
        file=source,
        release=release or "unstated",
        licence="disputed: CC0 or CC BY-NC 4.0; supplied by the user",
        attribution="Cancer Genome Interpreter (cancergenomeinterpreter.org), Barcelona Biomedical Genomics lab",
    )
    intake.take(_records(rows, intake.release))
    return intake.table()


def _records(
    rows: list[tuple[int, dict[str, str]]], release: str
) -> Iterator[tuple[str, str | None, EvidenceRecord | str]]:
    for number, cells in rows:
        place = f"line {number}"
        if "" in cells:
            yield place, None, "the number of columns differs from the header"
        else:
            yield place, f"cgi:L{number}", _record(cells, f"cgi:L{number}", release)


def _record(cells: dict[str, str], evidence_id: str, release: str) -> EvidenceRecord | str:
    word = cells["Association"].split("(")[0].strip().casefold()
    if word not in _ASSOCIATIONS:
        return f"association is unknown: {word[:40]}"
    therapies, logic = _therapies(cells)
    if not therapies:
        return "no drug is named"
    predicate = _predicate(cells["Alteration"], cells["Alteration type"], cells["Gene"])
    if not predicate:
        return "the alteration cannot be read"
    direction, effect = _ASSOCIATIONS[word]
    tumour = cells["Primary Tumor type"]
    acronym = (cells.get("Primary Tumor acronym") or "").strip()
    germline = "germline" in (cells.get("Comments") or "").casefold()
    values: dict[str, Any] = {
        "direction": direction,
        "effect": effect,
        "therapy_logic": logic,
        "disease_scope": _scope(tumour),
        "disease_id": f"CGI:{acronym}" if re.fullmatch(r"[A-Za-z0-9]+", acronym) else None,
        "origin": "germline" if germline else "somatic",
        "reviewed": None,
    }
    return EvidenceRecord(
        evidence_id=evidence_id,
        source="cgi",
        release=release,
        profile_id=None,
        profile_label=(cells.get("Biomarker") or cells["Alteration"])[:300],
        predicate=predicate,
        evidence_type="predictive",
        level=cells["Evidence level"].strip()[:24],
        level_scheme="cgi",
        rating=None,
        disease_label=tumour[:160] or None,
        therapies=therapies,
        citations=_citations(cells.get("Source") or ""),
        trials=tuple(dict.fromkeys(re.findall(r"NCT\d{8}", cells.get("Source") or ""))),
        flags=(),
        **values,
    )


def _scope(tumour: str) -> str:
    word = tumour.strip().casefold()
    if word in ("any cancer type", "cancer"):
        return "any_cancer"
    if word in ("solid tumors", "solid tumor", "any solid tumor"):
        return "any_solid"
    return "any_blood" if word == "hematologic malignancies" else "specific" if word else "unstated"


def _therapies(cells: dict[str, str]) -> tuple[tuple[str, ...], str]:
    names = [name.strip(" []") for name in re.split(r"[;+]", cells["Drug"])]
    names = [name for name in names if name.casefold() not in SENTINELS]
    if not names:  # a drug family means any of its drugs
        family = (cells.get("Drug family") or "").strip(" []")
        names = [family] if family.casefold() not in SENTINELS else []
    return tuple(capital(name) for name in names), "single" if len(names) == 1 else "all"


def _citations(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(f"pmid:{number}" for number in re.findall(r"PMID:\s*(\d+)", text)))


def _predicate(alteration: str, kinds: str, gene: str) -> Predicate:
    """Parse CGI's notation to a predicate: parts joined by ``+`` must all hold, ``,`` lists alternatives."""
    types = [part.strip() for part in kinds.split(";")]
    found: Predicate = ((),)
    for number, part in enumerate(re.split(r"\s*[+;]\s*", alteration.strip())):
        kind = types[number] if number < len(types) else types[-1]
        choices = _alternatives(part, kind, gene)
        found = tuple((*left, atom) for left in found for atom in choices)
    return found if found != ((),) else ()


def _alternatives(part: str, kind: str, gene: str) -> list[Atom]:
    name, _, detail = part.partition(":")
    name = name.strip() or gene
    if kind == "FUS" or "__" in name:
        five, _, three = name.partition("__")
        sides = [side if side not in (".", "") else None for side in (five, three)]
        return [Atom(type="fusion", five=sides[0], three=sides[1], either=None in sides)]
    if kind == "CNA":
        call = _CALLS.get(detail.strip().casefold())
        return [Atom(type="copy_number", gene=name, call=call)] if call else []
    if kind == "EXPR":
        return [Atom(type="expression", gene=name, text=f"{detail.strip()}expression")]
    if kind == "BIA":
        return [Atom(type="gene_class", gene=name, cls="biallelic")]
    return [_mutation(name, item.strip()) for item in detail.split(",")] if detail else [_mutation(name, ".")]


def _mutation(gene: str, item: str) -> Atom:
    change = read_protein_change(item)
    if change is not None:
        return Atom(type="protein", gene=gene, change=change.text)
    codon = re.fullmatch(r"([A-Z])([0-9]{1,6})\.?", item)
    if codon:
        return Atom(type="codon", gene=gene, residue=codon[1], position=int(codon[2]))
    span = re.fullmatch(r"(?P<kind>[a-z_ ]+)?\(?:?\(?(?P<from>\d+)-(?P<to>\d+)\)?", item)
    if span:
        return Atom(type="region", gene=gene, name=f"residues {span['from']}-{span['to']}", kind=span["kind"])
    return Atom(type="gene_class", gene=gene, cls=_CLASS_OF.get(item.casefold(), "mutation"))
