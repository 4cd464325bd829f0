"""Keys of an atom or alteration given as a dictionary: those of its type, and no others.

An ignored key would make an alteration less specific than intended, and match more.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from genorx._core.nearest import did_you_mean
from genorx.errors import InputError, shown

#: Keys of an atom, as in the evidence record's schema; ``cls`` is Python's name for ``class``.
ATOM_KEYS = frozenset((
    "type", "gene", "change", "residue", "position", "exons", "kind", "class", "cls", "call", "five", "three", "either",
    "name", "value", "text", "negated",
))  # fmt: skip
#: Keys that may hold the change; a type reads those of ``_OWN`` and no others.
_HAPPENED = ("change", "kind", "class", "cls", "call")
_OWN: dict[str, tuple[str, ...]] = {
    "protein": ("change",), "codon": ("change",), "cdna": ("change",), "exon": ("kind",), "copy_number": ("call",),
    "gene_class": ("class", "cls"), "dbsnp": ("kind",), "star_allele": ("kind",), "region": ("kind",),
}  # fmt: skip
#: The field of a type that holds the change; the others of ``_HAPPENED`` can mean nothing else.
_CHANGE_FIELD = {
    "protein": "change", "codon": "change", "cdna": "change", "exon": "kind", "copy_number": "call",
    "gene_class": "class", "dbsnp": "name", "star_allele": "name", "region": "name", "itd": "name",
    "named_deletion": "name", "transcript_variant": "name", "signature": "value", "expression": "text", "loh": "text",
    "opaque": "text", "nested": "text",
}  # fmt: skip


def refuse_unknown_keys(data: Mapping[str, Any], known: Collection[str]) -> None:
    """Raise an error for an unknown key, naming the most similar one.

    Raises
    ------
    InputError
        ``atom-key`` for a key that is not known.
    """
    if any(key not in known for key in data):
        strange = [str(key) for key in data if key not in known]
        hint = did_you_mean(strange[0], sorted(known), f"known keys: {', '.join(sorted(known))}", alike=0.5)
        reason = f'key "{shown(strange[0])}" of an alteration of type "{shown(data.get("type"))}" is unknown'
        raise InputError(reason, hint=hint, code="atom-key")


def with_own_keys(data: Mapping[str, Any]) -> dict[str, Any]:
    """Move an atom's change to the field of its type.

    ``{"type": "exon", "exons": "19", "change": "deletion"}`` means the kind of change, since an exon has no other.

    Raises
    ------
    InputError
        ``atom-key`` if two keys contradict each other, or a key does not belong to the type.
    """
    kind = str(data.get("type"))
    own, field = _OWN.get(kind, ()), _CHANGE_FIELD.get(kind)
    if not any(key in data and key not in own for key in _HAPPENED):
        return dict(data)
    found = {key: value for key, value in data.items() if key not in _HAPPENED or key in own}
    for key in _HAPPENED:
        value = data.get(key)
        if key in own or value is None or value == "":
            continue
        held = None if field is None else found.get(field) or (found.get("cls") if field == "class" else None)
        if field is None or (held and str(held).casefold() != str(value).casefold()):
            reason = f'an alteration of type "{kind}" has no "{key}"'
            hint = f'"{field}" is {shown(held)} already' if held else "leave it out"
            raise InputError(reason, hint=hint, code="atom-key")
        found[field] = value
    return found
