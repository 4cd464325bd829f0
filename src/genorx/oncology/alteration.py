"""What a tumour has: an atom as a fact, with the classes, exons, places and doubts that a reader found with it.

Files become alterations in ``oncology.reading``; comparison with evidence is ``oncology.predicate``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from typing import Any, Literal

from genorx.errors import InputError, shown
from genorx.oncology.atoms import ATOM_TYPES, Atom, class_name
from genorx.oncology.copy_number import parse_copy_number
from genorx.oncology.gene_facts import EXON_RESIDUES
from genorx.oncology.profile import GENE_ALIASES, parse_profile
from genorx.oncology.protein import ProteinChange, read_protein_change

FactOrigin = Literal["somatic", "germline"]
_LOF = frozenset({"truncating", "frameshift", "splice", "loss_of_function", "start_lost"})
#: Class of a truncation so near the end of a protein that it is not counted as loss of function.
LATE_TRUNCATION = "late_truncation"
_NON_CODING_REGIONS = frozenset({"promoter"})
#: Class of a consequence term (Sequence Ontology or MAF), for evidence; silent and unknown terms give none.
CONSEQUENCE_CLASSES: dict[str, tuple[str, ...]] = {
    "missense_variant": ("missense",), "missense": ("missense",), "missense_mutation": ("missense",),
    "inframe_insertion": ("inframe",), "inframe_deletion": ("inframe",), "in_frame_ins": ("inframe",),
    "in_frame_del": ("inframe",), "conservative_inframe_insertion": ("inframe",),
    "conservative_inframe_deletion": ("inframe",), "disruptive_inframe_insertion": ("inframe",),
    "disruptive_inframe_deletion": ("inframe",), "inframe_altering": ("inframe",),
    "stop_gained": ("truncating", "loss_of_function"), "nonsense_mutation": ("truncating", "loss_of_function"),
    "nonsense": ("truncating", "loss_of_function"),
    "frameshift_variant": ("truncating", "frameshift", "loss_of_function"),
    "frameshift": ("truncating", "frameshift", "loss_of_function"),
    "frame_shift_ins": ("truncating", "frameshift", "loss_of_function"),
    "frame_shift_del": ("truncating", "frameshift", "loss_of_function"),
    "splice_donor_variant": ("splice", "loss_of_function"), "splice_acceptor_variant": ("splice", "loss_of_function"),
    "splice_donor": ("splice", "loss_of_function"), "splice_acceptor": ("splice", "loss_of_function"),
    "splice_site": ("splice", "loss_of_function"), "start_lost": ("start_lost",),
    "translation_start_site": ("start_lost",), "start_codon_snp": ("start_lost",), "stop_lost": ("stop_lost",),
    "nonstop_mutation": ("stop_lost",), "protein_altering_variant": ("protein_altering",),
    "transcript_ablation": ("loss_of_function",),
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Alteration:
    """One fact on a tumour.

    Attributes
    ----------
    atom : Atom
        What was found, in the shape of an atom of evidence.
    origin : "somatic", "germline" or None
        None where it is not stated: such a fact may answer rows of either origin, with a note.
    classes : frozenset of str
        Functional classes of the change (``missense``, ``truncating``, ``loss_of_function`` ...).
    exons : frozenset of int
        Exons that it touches, by the annotation.
    cdna, rsids : frozenset of str
    other_changes : tuple of str
        Protein changes on other transcripts, in normal form.
    known_alleles : frozenset of (gene, change)
        Changes that evidence names and whose exact genomic allele this is.
    zygosity : "heterozygous", "homozygous" or None
    accepted : bool
        False where a filter of the file marks it: kept and shown, not matched.
    details : mapping
        What else the file says: place, alleles, depth, allele fraction, transcript.
    notes : tuple of str
        Doubts that every hit of this fact repeats.
    place : str
        Row of the file.
    """

    atom: Atom
    origin: FactOrigin | None = None
    classes: frozenset[str] = frozenset()
    exons: frozenset[int] = frozenset()
    cdna: frozenset[str] = frozenset()
    rsids: frozenset[str] = frozenset()
    other_changes: tuple[str, ...] = ()
    known_alleles: frozenset[tuple[str, str]] = frozenset()
    zygosity: Literal["heterozygous", "homozygous"] | None = None
    accepted: bool = True
    details: Mapping[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    place: str | None = None

    @property
    def label(self) -> str:
        """Short text for people."""
        return self.atom.label

    @property
    def genes(self) -> tuple[str, ...]:
        """Genes that the fact is about, in capitals."""
        atom = self.atom
        names = (atom.five, atom.three) if atom.type == "fusion" else (atom.gene,)
        return tuple(dict.fromkeys(name.upper() for name in names if name))

    @cached_property
    def change(self) -> ProteinChange | None:
        """The protein change, if the fact is one."""
        return read_protein_change(self.atom.change) if self.atom.type == "protein" else None

    @cached_property
    def all_classes(self) -> frozenset[str]:
        """Classes that were given and those that follow from the fact itself; a late truncation takes none away."""
        found = self.classes | _classes_of(self.atom, self.change)
        return found - {"loss_of_function"} if LATE_TRUNCATION in found else found

    @property
    def non_silent(self) -> bool:
        """Whether the fact is a change of the coding sequence that alters the protein."""
        return "mutation" in self.all_classes

    @cached_property
    def all_exons(self) -> frozenset[int]:
        """Exons by the residue table where it has the gene, else those of the annotation."""
        atom = self.atom
        if atom.type == "exon":
            return frozenset(atom.exons)
        known = EXON_RESIDUES.get((atom.gene or "").upper())
        change = self.change
        if known and change is not None and change.start:
            by_residue = {number for number, (low, high) in known.items() if low <= change.start <= high}
            return frozenset(by_residue) or self.exons - set(known)
        return self.exons

    def to_dict(self) -> dict[str, Any]:
        """Return the fact as plain values: its atom's fields, where it stands, its reads and its doubts."""
        return {
            "label": self.label,
            **self.atom.to_dict(),
            "origin": self.origin,
            "accepted": self.accepted,
            "place": self.place,
            "other_transcripts": list(self.other_changes),
            "notes": list(self.notes),
            "details": dict(self.details),
        }

    @property
    def loss_of_function(self) -> bool:
        """Whether the fact takes the gene's function away by its class."""
        return bool(self.all_classes & _LOF) and LATE_TRUNCATION not in self.all_classes


def _classes_of(atom: Atom, change: ProteinChange | None) -> frozenset[str]:
    if change is not None:
        return _classes_of_change(change)
    if atom.type == "gene_class":
        return _classes_of_class(atom.cls or "mutation")
    if atom.type in ("codon", "itd", "named_deletion"):
        return frozenset({"mutation"})
    if atom.type == "region":
        return (
            frozenset() if atom.key in _NON_CODING_REGIONS or atom.key.startswith("intron") else frozenset({"mutation"})
        )
    if atom.type == "exon":
        extra = {"frameshift", "truncating", "loss_of_function"} if atom.kind == "frameshift" else set()
        return frozenset({"mutation", *extra})
    if atom.type == "copy_number" and atom.call == "deletion":
        return frozenset({"loss_of_function", "loss"})
    return frozenset()


def _classes_of_change(change: ProteinChange) -> frozenset[str]:
    kind = change.kind
    if kind == "frameshift":
        return frozenset({"mutation", "truncating", "frameshift", "loss_of_function"})
    if kind in ("substitution", "delins", "insertion") and "*" in change.new and change.first != "*":
        return frozenset({"mutation", "truncating", "loss_of_function"})
    if kind == "substitution":
        return frozenset({"mutation", "missense"} if change.first != "*" else {"mutation", "stop_lost"})
    if kind in ("deletion", "duplication", "insertion", "delins"):
        return frozenset({"mutation", "inframe"})
    if kind == "splice":
        return frozenset({"mutation", "splice", "loss_of_function"})
    return frozenset({"mutation", "stop_lost"}) if kind in ("extension", "alternatives") else frozenset()


def _classes_of_class(name: str) -> frozenset[str]:
    if name == "loss":
        return frozenset({"loss"})
    extra = {
        "truncating": {"loss_of_function"},
        "frameshift": {"truncating", "loss_of_function"},
        "splice": {"loss_of_function"},
        "biallelic": {"loss_of_function"},
        "gain_of_function": {"oncogenic"},
    }
    return frozenset({"mutation", name, *extra.get(name, set())})


def classes_of_terms(terms: str) -> frozenset[str]:
    """Return the classes of ``&``- or ``,``-joined consequence terms; ``mutation`` where any is non-silent."""
    found = {
        name
        for term in terms.replace(",", "&").split("&")
        for name in CONSEQUENCE_CLASSES.get(term.strip().lower(), ())
    }
    return frozenset(found | {"mutation"}) if found else frozenset()


def as_alteration(value: object) -> Alteration:
    """Return the alteration of a text (``"BRAF V600E"``), a dictionary in an atom's shape, an atom or an alteration.

    A dictionary may also hold ``origin``, ``classes`` or ``consequence``, ``cdna``, ``rsid`` and ``zygosity``.

    Raises
    ------
    InputError
        ``alteration`` where it is none of these or cannot be read.
    """
    if isinstance(value, Alteration):
        return value
    if isinstance(value, Atom):
        return Alteration(atom=_canonical(value))
    if isinstance(value, str):
        return Alteration(atom=_atom_of_text(value))
    if isinstance(value, Mapping):
        return _from_mapping(value)
    raise InputError(f"an alteration is text or a dictionary, not {type(value).__name__}", code="alteration")


_SIMPLE = re.compile(r"^([A-Z0-9]+) ([ACDEFGHIKLMNPQRSTVWY])(\d+)([ACDEFGHIKLMNPQRSTVWY*])$")


#: Short forms of reports: ``EGFR ex19del``, ``METex14``, ``EGFRvIII``.
_EXON_SHORT = re.compile(r"^([A-Z0-9]+)\s*[- ]?(?:exon|ex)\s?(\d+)\s*(?:(del|ins|skip|mut)[a-z]*)?$", re.IGNORECASE)
_EXON_WORDS = {"del": "deletion", "ins": "insertion", "skip": "skipping", "mut": "mutation"}
#: ``EGFR del19`` as Asian reports write it; of other genes the number may be a residue.
_EGFR_SHORT = re.compile(r"^(EGFR)\s+(del|ins)\s?(19|20)$", re.IGNORECASE)
#: Places of the TERT promoter by the last digits of GRCh37, as reports write them.
_PROMOTER_NAMES = {"C228T": "c.-124C>T", "C250T": "c.-146C>T"}
_VARIANT_III = re.compile(r"^([A-Z0-9]+?)\s*[- ]?v\s?(?:III|3)$", re.IGNORECASE)


def _long_form(text: str) -> str:
    """Write out a short form, and a predicted change (``p.(V600E)``) as it is; METex14 alone means skipping."""
    gene, _, rest = text.partition(" ")
    change = read_protein_change(rest) if rest.strip().endswith(")") and "p.(" in rest else None
    if change is not None:
        return f"{gene} {change.text}"
    if gene.upper() == "TERT" and rest.strip().upper() in _PROMOTER_NAMES:
        return f"TERT {_PROMOTER_NAMES[rest.strip().upper()]}"
    short = _EGFR_SHORT.match(text)
    if short:
        return f"EGFR exon {short[3]} {_EXON_WORDS[short[2].lower()]}"
    found = _EXON_SHORT.match(text)
    if found and found[1].upper() != "EX":
        bare = "skipping" if found[1].upper() == "MET" else "mutation"
        return f"{found[1]} exon {found[2]} {_EXON_WORDS.get((found[3] or '').lower(), bare)}"
    third = _VARIANT_III.match(text)
    return f"{third[1]} vIII" if third and third[1].upper() == "EGFR" else text


@lru_cache(maxsize=16384)
def _atom_of_text(text: str) -> Atom:
    simple = _SIMPLE.match(text)  # most of a long list: a substitution of an approved gene
    if simple and simple[2] != simple[4] and simple[1] not in GENE_ALIASES and simple[1] != "TERT":
        return Atom(type="protein", gene=simple[1], change=f"{simple[2]}{simple[3]}{simple[4]}")
    found = parse_profile(_long_form(text.strip())) if text.strip() else ()
    if len(found) != 1 or len(found[0]) != 1:
        reason = f'"{shown(text)}" is not one alteration'
        raise InputError(
            reason, hint='one each, as "BRAF V600E", "EML4::ALK" or "ERBB2 amplification"', code="alteration"
        )
    return _canonical(found[0][0])


def _from_mapping(value: Mapping[str, Any]) -> Alteration:
    data = dict(value)
    if "type" not in data:
        data["type"] = _guess_type(data)
    if data["type"] == "protein":
        data["change"] = data.get("change") or data.get("protein_change") or data.get("hgvsp")
    atom = _canonical(Atom.from_dict(data))
    given = data.get("classes") or ()
    classes = frozenset(class_name(str(name)) for name in ([given] if isinstance(given, str) else given))
    terms = data.get("consequence")
    origin = data.get("origin")
    if origin not in (None, "somatic", "germline"):
        raise InputError(f'origin "{shown(origin)}" is neither somatic nor germline', code="alteration")
    return Alteration(
        atom=atom,
        origin=origin,
        classes=classes | (classes_of_terms(str(terms)) if terms else frozenset()),
        exons=frozenset(Atom.from_dict({"type": "exon", "exons": data["exon"]}).exons)
        if data.get("exon")
        else frozenset(),
        cdna=_texts(data.get("cdna")),
        rsids=frozenset(text.lower() for text in _texts(data.get("rsid"))),
        zygosity=data.get("zygosity") if data.get("zygosity") in ("heterozygous", "homozygous") else None,
        place=str(data["place"]) if data.get("place") else None,
    )


def _texts(value: object) -> frozenset[str]:
    if value is None or value == "":
        return frozenset()
    return frozenset({value} if isinstance(value, str) else {str(item) for item in value})  # type: ignore[attr-defined]


def _guess_type(data: Mapping[str, Any]) -> str:
    if "five" in data or "three" in data:
        return "fusion"
    if "call" in data:
        return "copy_number"
    if "change" in data or "protein_change" in data or "hgvsp" in data:
        return "protein"
    raise InputError(
        f'"{shown(dict(data))}" has no type', hint=f'add "type", one of {", ".join(ATOM_TYPES)}', code="atom-type"
    )


def _canonical(atom: Atom) -> Atom:
    """Return an atom with approved names and normal forms, so that equal facts are equal atoms."""
    gene = GENE_ALIASES.get((atom.gene or "").upper(), atom.gene)
    if atom.type == "copy_number":
        return replace(atom, gene=gene, call=parse_copy_number(atom.call) or (atom.call or "").lower() or None)
    if atom.type == "protein":
        change = read_protein_change(atom.change)
        return replace(atom, gene=gene, change=change.text if change else None)
    if atom.type == "codon" and atom.change and not atom.position:
        found = re.match(r"(?:p\.)?([A-Za-z*]?)(\d+)", atom.change)
        place = (found[1].upper() or None, int(found[2])) if found else (None, None)
        return replace(atom, gene=gene, residue=place[0], position=place[1], change=None)
    if atom.type == "fusion":
        five, three = (GENE_ALIASES.get((name or "").upper(), name) for name in (atom.five, atom.three))
        alone = five is None and three is None  # a fusion of a gene whose partner and side are not named
        return replace(atom, five=gene if alone else five, three=three, either=alone or atom.either, gene=None)
    if atom.type == "gene_class" and (call := parse_copy_number(atom.cls)) in ("amplification", "deletion"):
        return Atom(type="copy_number", gene=gene, call=call, negated=atom.negated)
    if atom.type in ("star_allele", "dbsnp", "cdna", "signature"):
        return _canonical_name(replace(atom, gene=gene))
    return replace(atom, gene=gene)


def _canonical_name(atom: Atom) -> Atom:
    """Return an atom that goes by a name with the name where comparison looks for it, whichever field it came in."""
    if atom.type == "cdna":
        return replace(atom, change=atom.change or atom.name or atom.value or atom.text)
    if atom.type == "signature":
        name = atom.name or atom.gene or atom.text or ""
        named = parse_profile(name)[0][0] if name and not atom.value else None
        if named is not None and named.type == "signature":
            return replace(named, negated=atom.negated)
        return replace(atom, name=name or None, gene=None)
    name = atom.name or atom.value or atom.change or atom.text or ""
    bare = re.sub(r"\s*homozyg\w*\s*", "", name, flags=re.IGNORECASE)
    return replace(atom, name=bare or None, kind="homozygous" if bare != name else atom.kind)


def as_alterations(values: object) -> list[Alteration]:
    """Return a list of alterations from one, or from any number of texts, dictionaries and alterations."""
    if isinstance(values, (str, Mapping, Atom, Alteration)):
        return [as_alteration(values)]
    if not isinstance(values, Iterable):
        raise InputError(f"alterations are a list, not {type(values).__name__}", code="alteration")
    return [as_alteration(value) for value in values]
