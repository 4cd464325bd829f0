"""An alteration of a tumour: an atom that was observed, with classes, exons, positions and caveats.

Files become alterations in ``oncology.reading``; comparison with evidence is ``oncology.predicate``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

from genorx._core.short_repr import short
from genorx.oncology.criteria import Atom
from genorx.oncology.gene_facts import EXON_RESIDUES
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


@short
@dataclass(frozen=True, kw_only=True)
class Alteration:
    """An alteration observed in a tumour, called a fact.

    Attributes
    ----------
    atom : Atom
        The alteration, as an atom of evidence.
    origin : "somatic", "germline" or None
        None if the origin is not stated: the fact then matches rows of either origin, with a note.
    classes : frozenset of str
        Functional classes of the change (``missense``, ``truncating``, ``loss_of_function`` ...).
    exons : frozenset of int
        Numbers of the affected exons, by the annotation.
    cdna : frozenset of str
        Coding changes in HGVS notation (``c.1799T>A``).
    rsids : frozenset of str
        dbSNP identifiers.
    other_changes : tuple of str
        Protein changes on other transcripts, in one-letter notation.
    known_alleles : frozenset of (gene, change)
        Changes named by the evidence whose exact genomic allele equals this one.
    zygosity : "heterozygous", "homozygous" or None
    accepted : bool
        False if a FILTER value of the file rejects it: kept and shown, not matched.
    details : mapping
        Further details in the file: position, alleles, depth, allele fraction, transcript.
    notes : tuple of str
        Caveats, repeated by every hit of this fact.
    place : str or None
        Row of the file; None if the alteration was not read from one.
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
        """The alteration in words, such as ``BRAF V600E``."""
        return self.atom.label

    @property
    def genes(self) -> tuple[str, ...]:
        """Genes of the fact, in capitals; both partners of a fusion."""
        atom = self.atom
        names = (atom.five, atom.three) if atom.type == "fusion" else (atom.gene,)
        return tuple(dict.fromkeys(name.upper() for name in names if name))

    @cached_property
    def change(self) -> ProteinChange | None:
        """The protein change, if the fact is one."""
        return read_protein_change(self.atom.change) if self.atom.type == "protein" else None

    @cached_property
    def all_classes(self) -> frozenset[str]:
        """Stated and implied classes; a truncation at the end of the protein is not a loss of function."""
        found = self.classes | _classes_of(self.atom, self.change)
        return found - {"loss_of_function"} if LATE_TRUNCATION in found else found

    @property
    def non_silent(self) -> bool:
        """Whether the fact is a change of the coding sequence that alters the protein."""
        return "mutation" in self.all_classes

    @cached_property
    def all_exons(self) -> frozenset[int]:
        """Exons by the table of residues if it has the gene, otherwise those of the annotation."""
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
        """Return the fact as plain values: its atom's fields, position, reads and caveats."""
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
        """Whether the fact is a loss of function by its class."""
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
    """Return the classes of ``&``- or ``,``-joined consequence terms; ``mutation`` if any is non-silent."""
    found = {
        name
        for term in terms.replace(",", "&").split("&")
        for name in CONSEQUENCE_CLASSES.get(term.strip().lower(), ())
    }
    return frozenset(found | {"mutation"}) if found else frozenset()
