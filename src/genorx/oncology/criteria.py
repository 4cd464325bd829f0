"""Atoms: the smallest biomarker statements (a protein change, a call, a fusion), in the shape of the schema.

An atom of an evidence row is what the row requires; in the same shape, an atom is what a tumour has.  Comparison is
``oncology.predicate``; how labels become atoms is ``oncology.profile``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from genorx.errors import InputError, shown
from genorx.oncology.criterion_fields import ATOM_KEYS, refuse_unknown_keys, with_own_keys

ATOM_TYPES = (
    "protein", "codon", "exon", "gene_class", "copy_number", "fusion", "expression", "signature", "wildtype", "itd",
    "named_deletion", "region", "transcript_variant", "cdna", "dbsnp", "star_allele", "loh", "nested", "opaque",
)  # fmt: skip

_CLASS_WORDS = {
    "mutation": ("mutation", "mutations", "mut", "mutant", "any", "anymutation", "alteration", "altered", "variant",
                 "mutated", "raremutation", "othermutation", "oncogenicmutationany"),
    "oncogenic": ("oncogenic", "oncogenicmutation", "activating", "activatingmutation", "driver", "drivermutation",
                  "likelyoncogenic", "hotspot", "oncogenicmutations"),
    "gain_of_function": ("gainoffunction", "gof", "gainoffunctionmutation"),
    "loss_of_function": ("lossoffunction", "lof", "inactivating", "inactivatingmutation", "inactivation",
                         "lossoffunctionmutation"),
    "loss": ("loss", "lost", "null"),
    "truncating": ("truncating", "truncatingmutation", "truncation", "trunc", "frameshifttruncation", "nonsense"),
    "frameshift": ("frameshift", "frameshiftmutation", "fs"),
    "pathogenic": ("pathogenic", "deleterious", "deleteriousmutation", "pathogenicmutation", "likelypathogenic",
                   "pathogenicvariant"),
    "biallelic": ("biallelic", "biallelicinactivation", "biallelicloss"),
    "missense": ("missense", "missensemutation"),
    "splice": ("splice", "splicesite", "splicesitemutation"),
}  # fmt: skip
CLASS_NAMES = tuple(_CLASS_WORDS)
_CLASSES = {word: name for name, words in _CLASS_WORDS.items() for word in words}
_KIND_WORDS = {
    "any": ("", "any", "mutation", "mutations", "mut", "alteration", "variant"),
    "deletion": ("deletion", "del", "deletions", "inframedeletion"),
    "insertion": ("insertion", "ins", "insertions", "inframeinsertion", "duplication"),
    "skipping": ("skipping", "skippingmutation", "skip", "splice"),
    "frameshift": ("frameshift", "frameshiftmutation"),
}
EXON_KINDS = tuple(_KIND_WORDS)
_KINDS = {word: name for name, words in _KIND_WORDS.items() for word in words}


def plain(text: str) -> str:
    """Return text reduced to lower-case letters and digits, for comparing names."""
    return re.sub(r"[^0-9a-z]+", "", text.casefold())


def class_name(text: str) -> str:
    """Return the name of a functional class (``GoF`` gives ``gain_of_function``); unknown words are normalised only."""
    return _CLASSES.get(plain(text), plain(text))


def kind_name(text: str) -> str:
    """Return the kind of change of an exon atom (``Skipping Mutation`` gives ``skipping``)."""
    word = plain(text)
    return _KINDS.get(word) or _KINDS.get(re.sub(r"(?:mutations?|variants?|alterations?)$", "", word), word)


def exon_numbers(value: object) -> tuple[int, ...]:
    """Return exon numbers from ``19``, ``"19"``, ``"18-21"``, ``["18", "19"]`` or ``"e6::e20"`` (of a fusion)."""
    if value is None:
        return ()
    if isinstance(value, int):
        return (value,)
    if isinstance(value, (list, tuple)):
        return tuple(number for part in value for number in exon_numbers(part))
    text = str(value)
    span = re.fullmatch(r"\s*(?:exons?\s*)?(\d{1,3})\s*(?:-|\u2013|to)\s*(\d{1,3})\s*", text, re.IGNORECASE)
    if span and int(span[1]) <= int(span[2]):
        return tuple(range(int(span[1]), int(span[2]) + 1))
    return tuple(int(part) for part in re.findall(r"\d{1,3}", text))


@dataclass(frozen=True, slots=True, kw_only=True)
class Atom:
    """One statement on one gene, pair of genes or tumour-wide marker; fields as in the evidence record's schema.

    ``cls`` is the schema's ``class``; ``exons`` holds numbers, for a fusion the two that are joined; ``either`` means
    that the named partner may be on either side.
    """

    type: str
    gene: str | None = None
    change: str | None = None
    residue: str | None = None
    position: int | None = None
    exons: tuple[int, ...] = ()
    kind: str | None = None
    cls: str | None = None
    call: str | None = None
    five: str | None = None
    three: str | None = None
    either: bool = False
    name: str | None = None
    value: str | None = None
    text: str | None = None
    negated: bool = False

    @property
    def label(self) -> str:
        """The atom in words, such as ``EGFR T790M``."""
        return ("NOT " if self.negated else "") + _label(self)

    @property
    def key(self) -> str:
        """Comparison key of a named atom: letters and digits, without the gene."""
        words = self.name or self.text or self.change or self.value or self.kind or self.call or self.cls or ""
        return named_key(words, self.gene)

    def to_dict(self) -> dict[str, Any]:
        """Return the atom in the shape of the schema, without empty fields."""
        found: dict[str, Any] = {}
        for item in fields(self):
            value = getattr(self, item.name)
            if value is None or value is False or value == ():
                continue
            found["class" if item.name == "cls" else item.name] = value
        if self.exons:
            joiner = "::" if self.type == "fusion" else ","
            found["exons"] = joiner.join(str(number) for number in self.exons)
        return found

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Atom:
        """Return the atom described by a dictionary.

        Raises
        ------
        InputError
            ``atom-type`` for an unknown type, ``atom-key`` for an unknown key, ``atom`` if a field cannot be parsed.
        """
        kind = data.get("type")
        if kind not in ATOM_TYPES:
            raise InputError(
                f'alteration type "{shown(kind)}" is unknown', hint=f"one of {', '.join(ATOM_TYPES)}", code="atom-type"
            )
        refuse_unknown_keys(data, ATOM_KEYS)
        try:
            return _build(cls, str(kind), with_own_keys(data))
        except (TypeError, ValueError, RecursionError) as error:
            if isinstance(error, InputError):
                raise
            raise InputError(f"a field of a {kind} atom cannot be read: {shown(error)}", code="atom") from error


def _text(value: object) -> str | None:
    text = "" if value is None else str(value).strip()
    return text or None


def _build(cls: type[Atom], kind: str, data: Mapping[str, Any]) -> Atom:
    position = data.get("position")
    given_class, given_kind = _text(data.get("class") or data.get("cls")), _text(data.get("kind"))
    return cls(
        type=kind,
        gene=_text(data.get("gene")),
        change=_text(data.get("change")),
        residue=_text(data.get("residue")),
        position=None if position in (None, "") else int(str(position)),
        exons=exon_numbers(data.get("exons")),
        kind=kind_name(given_kind or "") if kind == "exon" else given_kind,
        cls=class_name(given_class) if given_class and kind == "gene_class" else given_class,
        call=_text(data.get("call")),
        five=_partner(data.get("five")),
        three=_partner(data.get("three")),
        either=bool(data.get("either")),
        name=_text(data.get("name")),
        value=_text(data.get("value")),
        text=_text(data.get("text")),
        negated=bool(data.get("negated")),
    )


def _partner(value: object) -> str | None:
    text = _text(value)
    return None if text in (None, "v", "?") else text


def named_key(text: str, gene: str | None) -> str:
    """Return a name normalised for comparison: without gene and the word "mutation"."""
    core = text.casefold()
    if gene:
        core = re.sub(rf"^{re.escape(gene.casefold())}(?=[\s*:_.\-]|v|$)[\s:_]*", "", core) or core
    core = re.sub(r"\b(?:mutations?|mut|alterations?|domain)\b", " ", core)
    return plain(core.replace("*", "star"))


def _label(atom: Atom) -> str:
    if atom.type == "fusion":
        pair = f"{atom.five or 'v'}::{atom.three or 'v'}"
        return pair + (f" e{atom.exons[0]}::e{atom.exons[1]}" if len(atom.exons) == 2 else "")
    if atom.type == "codon":
        return f"{atom.gene} {atom.residue or ''}{atom.position}"
    if atom.type == "exon":
        numbers = "-".join(str(number) for number in dict.fromkeys((atom.exons[:1] + atom.exons[-1:]) or ()))
        return f"{atom.gene} exon {numbers} {atom.kind if atom.kind != 'any' else 'mutation'}"
    if atom.type == "signature":
        return " ".join(part for part in (atom.name or atom.gene, atom.value) if part)
    if atom.type == "wildtype":
        return f"{atom.gene} wild type"
    what = (
        atom.change
        or atom.call
        or (atom.cls or "").replace("_", " ")
        or atom.name
        or atom.text
        or atom.value
        or atom.kind
    )
    return " ".join(part for part in (atom.gene, what) if part)
