"""Consequence annotations of a record: VEP ``CSQ``, SnpEff ``ANN``, bcftools ``BCSQ``, by allele and gene.

Of several transcripts of one gene the most severe class counts.  Protein changes are not parsed here.  A ``BCSQ`` entry
``@POS`` points to the record with the compound consequence, where it is counted for the same samples.
Source: VEP and SnpEff output documentation; bcftools csq (Danecek 2017, Bioinformatics 33:2037).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Literal
from urllib.parse import unquote

from genorx._core.numerals import whole_number
from genorx.errors import VariantFileError
from genorx.variants.allele import annotation_names
from genorx.variants.consequence import Effect, EffectsByTerms

Genes = dict[str, Effect]
#: Keys of INFO that are read: of VEP, also as gnomAD names it, of SnpEff, of bcftools.
ANNOTATIONS = ("CSQ", "vep", "ANN", "BCSQ")
_FORMAT = re.compile(r"Format:\s*\"?([^\"'\s]+)", re.IGNORECASE)
_SHORT = 100  # bases of alleles whose names are cached
#: Allele, terms, symbol (otherwise gene) and allele number of an entry.
_Entry = tuple[str, str, str, str]
_BCSQ_BITS = 30  # bits of one integer of the mask that bcftools uses


@dataclass(frozen=True, slots=True)
class Annotation:
    """Genes that a record affects, and the class of each effect.

    Attributes
    ----------
    genes : mapping of gene to its most severe class over all alleles
    by_allele : tuple of such mappings, one an ALT
    unattributed : mapping
        Classes by gene of entries that match none of several alleles, so that their allele is not known.
    entries : tuple of (gene, class)
        BCSQ entries in file order, the order of the samples' bit masks; empty for other annotations.
    """

    genes: Genes
    by_allele: tuple[Genes, ...]
    unattributed: Genes = field(default_factory=dict)
    entries: tuple[tuple[str, Effect], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AnnotationLayout:
    """Column indices of an annotation's parts, -1 if absent."""

    kind: Literal["CSQ", "ANN", "BCSQ"]
    key: str
    allele: int
    terms: int
    symbol: int
    gene: int = -1
    number: int = -1

    @property
    def last(self) -> int:
        """Largest column that is read."""
        return max(self.allele, self.terms, self.symbol, self.gene, self.number)


def find_layout(infos: Mapping[str, str], *, file: str | Path) -> AnnotationLayout | None:
    """Find the annotation that a header declares, if any.

    Raises
    ------
    VariantFileError
        ``annotation-format`` if VEP's field order is not in the header, or lacks consequence or gene.
    """
    for key in ANNOTATIONS[:-1]:
        text = infos.get(key)
        if text is None:
            continue
        match = _FORMAT.search(text)
        if match is None and key == "ANN":
            return AnnotationLayout(kind="ANN", key=key, allele=0, terms=1, symbol=3, gene=4)
        columns = [name.strip().lower() for name in match.group(1).split("|")] if match else []
        if "consequence" not in columns or not {"symbol", "gene"} & set(columns) or "allele" not in columns:
            reason = f"the description of INFO {key} lacks the order of allele, consequence and symbol"
            hint = "VEP writes 'Format: Allele|Consequence|...' there"
            raise VariantFileError(reason, file=file, place="header", hint=hint, code="annotation-format")
        place = {name: number for number, name in enumerate(columns)}
        return AnnotationLayout(
            kind="CSQ",
            key=key,
            allele=place["allele"],
            terms=place["consequence"],
            symbol=place.get("symbol", place.get("gene", -1)),
            gene=place.get("gene", -1),
            number=place.get("allele_num", -1),
        )
    if "BCSQ" in infos:
        return AnnotationLayout(kind="BCSQ", key="BCSQ", allele=6, terms=0, symbol=1, gene=2)
    return None


class Annotator:
    """Reads the annotation of records of one file."""

    def __init__(self, layout: AnnotationLayout) -> None:
        self.layout = layout
        self._start = f"{layout.key}="
        self._inner = f";{layout.key}="
        self._effects = EffectsByTerms()
        self._gene = layout.symbol if layout.gene < 0 else layout.gene
        self._number = layout.allele if layout.number < 0 else layout.number
        self._splits = layout.last + 1

    def text(self, info: str) -> str:
        """Return the annotation's text in an INFO column; empty if there is none."""
        if info.startswith(self._start):
            begin = len(self._start)
        else:
            begin = info.find(self._inner) + len(self._inner)
            if begin < len(self._inner):
                return ""
        end = info.find(";", begin)
        return info[begin:] if end < 0 else info[begin:end]

    def read(self, info: str, ref: str, alts: list[str]) -> Annotation | None:
        """Return the parsed annotation; None if the record has none."""
        text = self.text(info)
        if not text or text == ".":
            return None
        entries = self._parsed_entries(text)
        return (self._of_one(entries, ref, alts) if len(alts) == 1 else None) or self._read(entries, ref, alts)

    def _parsed_entries(self, text: str) -> list[_Entry]:
        """Return the parsed part of each entry."""
        allele, terms, symbol = self.layout.allele, self.layout.terms, self.layout.symbol
        gene, number = self._gene, self._number
        entries = [entry.split("|", self._splits) for entry in text.split(",")]
        if min(map(len, entries)) < self._splits:
            entries = [entry + [""] * (self._splits - len(entry)) for entry in entries]
        return [(each[allele], each[terms], each[symbol] or each[gene], each[number]) for each in entries]

    def _of_one(self, entries: list[_Entry], ref: str, alts: list[str]) -> Annotation | None:
        """Parse VEP's annotation of a record with one ALT, if all entries are of it: a fast path of ``_read``."""
        if self.layout.kind != "CSQ" or len(ref) + len(alts[0]) > _SHORT:
            return None
        names, genes = _owner_of(ref, tuple(alts)), Genes()
        for allele, terms, name, _ in entries:
            if allele not in names or "%" in name:
                return None
            effect = self._effects[terms]
            if name and effect > genes.get(name, -1):
                genes[name] = effect
        return Annotation(genes, (genes,))

    def _read(self, parsed: list[_Entry], ref: str, alts: list[str]) -> Annotation:
        entries = [self._entry(*values) for values in parsed]
        owners = self._owners(entries, ref, alts)
        by_allele: list[Genes] = [{} for _ in alts]
        unattributed: Genes = {}
        genes: Genes = {}
        for (_, name, effect, _), owner in zip(entries, owners, strict=True):
            if name:
                _raise_to(genes, name, effect)
                _raise_to(unattributed if owner is None else by_allele[owner], name, effect)
        masked = tuple((name, effect) for _, name, effect, _ in entries) if self.layout.kind == "BCSQ" else ()
        return Annotation(genes, tuple(by_allele), unattributed, masked)

    def _entry(self, allele: str, terms: str, name: str, number: str) -> tuple[str, str, Effect, str]:
        """Allele, gene, class and allele number of an entry; the gene is empty if the entry names none."""
        layout = self.layout
        if layout.kind == "BCSQ" and terms.startswith("@"):
            return "", "", Effect.OUTSIDE, ""
        if layout.kind == "BCSQ":
            allele = allele.rpartition(">")[2] if "+" not in allele else ""
        elif layout.kind == "ANN":
            allele = allele.partition("-")[0] or allele  # "G-C": against another change, not the reference
        name = unquote(name) if "%" in name else name
        return allele, name, self._effects[terms], number if layout.number >= 0 else ""

    @staticmethod
    def _owners(entries: list[tuple[str, str, Effect, str]], ref: str, alts: list[str]) -> list[int | None]:
        """Return the index (from 0) of the ALT of each entry, None if it matches none."""
        if len(alts) > 1:
            numbers = [whole_number(entry[3]) or 0 for entry in entries]
            if all(0 < number <= len(alts) for number in numbers):
                return [number - 1 for number in numbers]
        size = len(ref) + sum(map(len, alts))
        owner_of = (_owner_of if size <= _SHORT else _owner_of.__wrapped__)(ref, tuple(alts))
        owners = [owner_of.get(entry[0]) for entry in entries]
        if len(alts) == 1 and all(owner is None for owner in owners):
            return [0] * len(entries)  # unknown name, but the record has only one ALT
        return owners


@lru_cache(maxsize=4096)
def _owner_of(ref: str, alts: tuple[str, ...]) -> dict[str, int]:
    """Return the index (from 0) of the ALT that a name in an annotation refers to."""
    listed = annotation_names(ref, list(alts))
    owner_of: dict[str, int] = {}
    for rank in range(max(map(len, listed), default=0)):  # the most likely name of each allele before any second name
        for number, names in enumerate(listed):
            if rank < len(names):
                owner_of.setdefault(names[rank], number)
    return owner_of


def _raise_to(genes: Genes, name: str, effect: Effect) -> None:
    if effect > genes.get(name, -1):
        genes[name] = effect


def masked_entries(mask: str, count: int) -> list[int]:
    """Return the numbers of the BCSQ entries in a sample's bit mask on either haplotype.

    >>> masked_entries("5", 3), masked_entries(".", 3)
    ([0, 1], [])
    """
    if mask in {".", ""}:
        return []
    words = [whole_number(word) or 0 for word in mask.split(",")]
    found = []
    for number in range(count):
        bits = (2 * number, 2 * number + 1)
        if any(b // _BCSQ_BITS < len(words) and words[b // _BCSQ_BITS] >> b % _BCSQ_BITS & 1 for b in bits):
            found.append(number)
    return found
