"""Parsing of a user's alteration, text or dictionary; unrecognised input is refused.

Files become alterations in ``oncology.reading``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any

from genorx.errors import InputError, shown
from genorx.oncology.alteration import CONSEQUENCE_CLASSES, Alteration, classes_of_terms
from genorx.oncology.copy_number import parse_copy_number
from genorx.oncology.criteria import ATOM_TYPES, CLASS_NAMES, EXON_KINDS, Atom, class_name
from genorx.oncology.criterion_fields import ATOM_KEYS, refuse_unknown_keys
from genorx.oncology.profile import GENE_ALIASES, parse_profile
from genorx.oncology.protein import read_protein_change

#: Between two alterations in one text; within brackets (``p.[A;B]``) it belongs to one.
_BETWEEN = re.compile(r";(?![^\[(]*[\])])")


def as_alteration(value: object) -> Alteration:
    """Return the alteration of a text (``"BRAF V600E"``), a dictionary in the shape of an atom, or an atom.

    A dictionary may also hold ``origin``, ``classes`` or ``consequence``, ``cdna``, ``rsid`` and ``zygosity``.

    Raises
    ------
    InputError
        ``alteration`` if the value is neither of these nor an alteration, or cannot be parsed; ``atom-type`` and
        ``atom-key`` for a dictionary with an unknown type or key.
    """
    if isinstance(value, Alteration):
        return _approved(value)
    if isinstance(value, Atom):
        return Alteration(atom=_canonical(value))
    if isinstance(value, str):
        return Alteration(atom=_atom_of_text(value))
    if isinstance(value, Mapping):
        return _from_mapping(value)
    raise InputError(f"an alteration must be a text or a dictionary, not {type(value).__name__}", code="alteration")


def _approved(fact: Alteration) -> Alteration:
    """Return a fact with approved gene symbols: older files have previous ones."""
    atom = fact.atom
    names = {key: GENE_ALIASES.get((getattr(atom, key) or "").upper()) for key in ("gene", "five", "three")}
    changed: dict[str, Any] = {key: name for key, name in names.items() if name is not None}
    return replace(fact, atom=replace(atom, **changed)) if changed else fact


_SIMPLE = re.compile(r"^([A-Z0-9]+) ([ACDEFGHIKLMNPQRSTVWY])([0-9]+)([ACDEFGHIKLMNPQRSTVWY*])$")


#: Short forms of reports: ``EGFR ex19del``, ``METex14``, ``EGFRvIII``.
_EXON_SHORT = re.compile(r"^([A-Z0-9]+)\s*[- ]?(?:exon|ex)\s?(\d+)\s*(?:(del|ins|skip|mut)[a-z]*)?$", re.IGNORECASE)
_EXON_WORDS = {"del": "deletion", "ins": "insertion", "skip": "skipping", "mut": "mutation"}
#: ``EGFR del19`` as Asian reports write it; of other genes the number may be a residue.
_EGFR_SHORT = re.compile(r"^(EGFR)\s+(del|ins)\s?(19|20)$", re.IGNORECASE)
#: Places of the TERT promoter by the last digits of GRCh37, as reports write them.
_PROMOTER_NAMES = {"C228T": "c.-124C>T", "C250T": "c.-146C>T"}
#: Short names of OncoKB's alterations of a domain.
_DOMAIN_NAMES = {"KDD": "Kinase Domain Duplication", "CTD": "C-terminal domain"}
_VARIANT_III = re.compile(r"^([A-Z0-9]+?)\s*[- ]?v\s?(?:III|3)$", re.IGNORECASE)


def _long_form(text: str) -> str:
    """Expand a short form, and a predicted change (``p.(V600E)``); METex14 alone means skipping."""
    gene, _, rest = text.partition(" ")
    change = read_protein_change(rest) if rest.strip().endswith(")") and "p.(" in rest else None
    if change is not None:
        return f"{gene} {change.text}"
    if gene.upper() == "TERT" and rest.strip().upper() in _PROMOTER_NAMES:
        return f"TERT {_PROMOTER_NAMES[rest.strip().upper()]}"
    if rest.strip().upper() in _DOMAIN_NAMES:
        return f"{gene} {_DOMAIN_NAMES[rest.strip().upper()]}"
    short = _EGFR_SHORT.match(text)
    if short:
        return f"EGFR exon {short[3]} {_EXON_WORDS[short[2].lower()]}"
    found = _EXON_SHORT.match(text)
    if found and found[1].upper() != "EX":
        bare = "skipping" if found[1].upper() == "MET" else "mutation"
        return f"{found[1]} exon {found[2]} {_EXON_WORDS.get((found[3] or '').lower(), bare)}"
    third = _VARIANT_III.match(text)
    return f"{third[1]} vIII" if third and third[1].upper() == "EGFR" else text


def _atom_of_text(text: str) -> Atom:
    if len(text) > _LONGEST:
        raise InputError(f"an alteration of {len(text)} characters is too long", code="alteration")
    return _read_text(text)


#: Characters of the longest alteration that is read.
_LONGEST = 1000


@lru_cache(maxsize=16384)
def _read_text(text: str) -> Atom:
    simple = _SIMPLE.match(text)  # most of a long list: a substitution of an approved gene
    if simple and simple[2] != simple[4] and simple[1] not in GENE_ALIASES and simple[1] != "TERT":
        return Atom(type="protein", gene=simple[1], change=f"{simple[2]}{simple[3]}{simple[4]}")
    either = _either(text.strip())
    if either is not None:
        return _canonical(either)
    found = parse_profile(_long_form(text.strip())) if text.strip() else ()
    if len(found) != 1 or len(found[0]) != 1:
        reason = f'"{shown(text)}" is not one alteration'
        raise InputError(
            reason,
            hint='give one at a time, such as "BRAF V600E", "EML4::ALK" or "ERBB2 amplification"',
            code="alteration",
        )
    return _canonical(found[0][0])


def _either(text: str) -> Atom | None:
    """Return one alteration for ``GENE S310F/Y``: either change, where a profile of evidence names two alternatives."""
    gene, _, rest = text.partition(" ")
    change = read_protein_change(rest) if "/" in rest else None
    return None if change is None else Atom(type="protein", gene=gene, change=change.text)


#: Keys of a dictionary besides those of an atom; those of the last line are written by ``Alteration.to_dict``.
_KEYS = ATOM_KEYS | {
    "origin", "classes", "consequence", "cdna", "rsid", "zygosity", "exon", "place",
    "label", "accepted", "other_transcripts", "notes", "details",
}  # fmt: skip
_PROTEIN_KEYS = ("change", "protein_change", "hgvsp")


def _from_mapping(value: Mapping[str, Any]) -> Alteration:
    data = dict(value)
    if data.get("type") is None:
        data["type"] = _guess_type(data)
    protein = data["type"] == "protein"
    if data["type"] in ATOM_TYPES:  # otherwise the type is at fault and is reported below
        refuse_unknown_keys(data, _KEYS | set(_PROTEIN_KEYS) if protein else _KEYS)
    if data["type"] == "exon":
        data["exons"] = data.get("exons") or data.pop("exon", None)
    if protein:
        data["change"] = next((data[key] for key in _PROTEIN_KEYS if data.get(key)), None)
    atom = _canonical(Atom.from_dict({key: data[key] for key in data if key in ATOM_KEYS}))
    _check_values(atom, data)
    classes = frozenset(class_name(name) for name in _texts(data, "classes"))
    terms = data.get("consequence")
    return Alteration(
        atom=atom,
        origin=data.get("origin"),
        classes=classes | (classes_of_terms(str(terms)) if terms else frozenset()),
        exons=frozenset(Atom.from_dict({"type": "exon", "exons": data["exon"]}).exons)
        if data.get("exon")
        else frozenset(),
        cdna=_texts(data, "cdna"),
        rsids=frozenset(text.lower() for text in _texts(data, "rsid")),
        other_changes=tuple(sorted(_texts(data, "other_transcripts"))),
        zygosity=data.get("zygosity"),
        accepted=data.get("accepted") is not False,
        notes=tuple(sorted(_texts(data, "notes"))),
        place=str(data["place"]) if data.get("place") else None,
    )


def _check_values(atom: Atom, data: Mapping[str, Any]) -> None:
    """Raise an error for an unknown word that would otherwise be ignored and change the alteration's meaning."""
    _check_word(data, "origin", ("somatic", "germline"))
    _check_word(data, "zygosity", ("heterozygous", "homozygous"))
    _check_word(data, "accepted", (True, False))
    own = {"kind": atom.kind, "class": atom.cls, "call": atom.call}
    if atom.type == "exon":
        _check_word(own, "kind", EXON_KINDS)
    if atom.type == "gene_class":
        _check_word(own, "class", _CLASS_WORDS)
    if atom.type == "copy_number":
        _check_word(own, "call", _CALL_WORDS)
    if atom.type == "exon" and not atom.exons:
        raise InputError('an alteration of type "exon" has no exon number', hint='"exons": "19"', code="alteration")


_CALL_WORDS = ("amplification", "gain", "neutral", "loss", "deletion", "any")
_CLASS_WORDS = tuple(dict.fromkeys((*CLASS_NAMES, *(name for each in CONSEQUENCE_CLASSES.values() for name in each))))


def _check_word(data: Mapping[str, Any], key: str, words: tuple[object, ...]) -> None:
    value = data.get(key)
    if value is not None and value not in words:
        hint = f"one of {', '.join(str(word) for word in words)}"
        raise InputError(f'{key} "{shown(value)}" of an alteration is unknown', hint=hint, code="alteration")


def _texts(data: Mapping[str, Any], key: str) -> frozenset[str]:
    """Return the texts of a key that holds one or a list of them."""
    value = data.get(key)
    if value is None or value == "":
        return frozenset()
    items = [value] if isinstance(value, str) else value
    if not isinstance(items, (list, tuple, set, frozenset)) or not all(isinstance(item, str) for item in items):
        raise InputError(f'"{key}" of an alteration must be a text or a list of texts', code="alteration")
    return frozenset(items)


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
        found = re.match(r"(?:p\.)?([A-Za-z*]?)([0-9]{1,6})(?![0-9])", atom.change)
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
    """Move a named atom's name from any field to the one used for comparison."""
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
    """Return a list of alterations from one text, dictionary or alteration, or from several."""
    if isinstance(values, (str, Mapping, Atom, Alteration)):
        values = [values]
    if not isinstance(values, Iterable):
        raise InputError(f"alterations must be a list, not {type(values).__name__}", code="alteration")
    return [as_alteration(part) for value in values for part in _apart(value)]


def _apart(value: object) -> list[object]:
    """Split the alterations of a text at ``;`` outside brackets; non-text is a single one."""
    if not isinstance(value, str):
        return [value]
    return [part.strip() for part in _BETWEEN.split(value) if part.strip()] or [value]
