"""Protein changes in a normal form: one-letter, no ``p.``, no parentheses (``V600E``).

HGVS forms and the shorthand of MAF files, knowledge bases and reports are parsed.  Only the text is used: without the
sequence, an insertion is called a duplication only if the neighbouring residue in the text proves it.
Source: HGVS recommendations for proteins, version 21 (den Dunnen JT et al. 2016, Hum Mutat 37:564).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal
from urllib.parse import unquote

ProteinKind = Literal[
    "substitution",
    "synonymous",
    "frameshift",
    "deletion",
    "duplication",
    "insertion",
    "delins",
    "extension",
    "start",
    "splice",
    "none",
    "alternatives",
]
#: Kinds that never match evidence: no change, or one that is not known.
SILENT_KINDS = frozenset({"synonymous", "start", "none", "splice"})

THREE_LETTER = {
    "Ala": "A", "Arg": "R", "Asn": "N", "Asp": "D", "Cys": "C", "Gln": "Q", "Glu": "E", "Gly": "G", "His": "H",
    "Ile": "I", "Leu": "L", "Lys": "K", "Met": "M", "Phe": "F", "Pro": "P", "Ser": "S", "Thr": "T", "Trp": "W",
    "Tyr": "Y", "Val": "V", "Sec": "U", "Pyl": "O", "Asx": "B", "Glx": "Z", "Xaa": "X", "Ter": "*",
}  # fmt: skip
_ONE_LETTER = {one: three for three, one in THREE_LETTER.items()}
_FROM_THREE = {three.lower(): one for three, one in THREE_LETTER.items()}
_LONG = re.compile("|".join(THREE_LETTER), re.IGNORECASE)

_AA = "[ACDEFGHIKLMNPQRSTVWYUOBZX*]"
_PREFIX = re.compile(r"^[A-Za-z][\w.\-]*:(?=p\.|[A-Za-z(\[])")
_STOP_WORD = re.compile(r"(?<=\d)stop(?=\)?$)", re.IGNORECASE)
_CDNA_NOTE = re.compile(r"\s*\(c\.[^)]*\)?\s*$")
_SPAN = rf"(?P<first>{_AA})?(?P<start>\d+)(?:[_\-](?P<last>{_AA})?(?P<end>\d+))?"

_SUBSTITUTION = re.compile(rf"^(?P<first>{_AA})(?P<start>\d+)(?P<new>{_AA}|=|\?)$")
_FRAMESHIFT = re.compile(
    rf"^(?P<first>{_AA})(?P<start>\d+)(?P<new>{_AA})?(?i:fs)(?:[*X]|(?i:ter))?(?P<offset>\d+|\?)?$"
)
_DELETION = re.compile(rf"^{_SPAN}(?i:del)(?:\d+|{_AA}*)$")
_DUPLICATION = re.compile(rf"^{_SPAN}(?i:dup)(?P<new>{_AA}*)\d*$")
_INSERTION = re.compile(rf"^{_SPAN}(?i:ins)(?P<new>{_AA}+|\d+|\?)$")
_DELINS = re.compile(rf"^{_SPAN}(?:(?i:del)(?:\d+|{_AA}*)(?i:ins)|>)(?P<new>{_AA}+)$")
_EXTENSION = re.compile(rf"^(?P<first>{_AA})(?P<start>\d+)(?P<new>{_AA})?(?i:ext)(?P<tail>[*X\-]?(?:\d+|\?))?$")
_SPLICE = re.compile(rf"^(?P<first>{_AA})(?P<start>\d+)(?:_{_AA}?\d+)?_?(?i:splice)$")
_BLOCK = re.compile(rf"^(?P<old>{_AA}{{2,}})(?P<start>\d+)(?P<new>{_AA}+)$")
_SLASHED = re.compile(rf"^(?P<first>{_AA})(?P<start>\d+)(?P<new>{_AA}(?:/{_AA})+)$")


@dataclass(frozen=True, slots=True, kw_only=True)
class ProteinChange:
    """A protein change, as stated in its text.

    Attributes
    ----------
    text : str
        The normal form.
    kind : str
        Kind of change; ``start`` (``M1?``), ``splice``, ``none`` (``0?``) and ``synonymous`` match no evidence.
    first, last : str
        One-letter residues at ``start`` and ``end``; empty if the text does not name them.
    start, end : int
        First and last residue, 1-based; 0 for a change without position.
    new : str
        Inserted or substituted residues; empty if there are none or they are not named.
    offset : int, optional
        For a frameshift, the position of the new stop, counted from the first changed residue.
    """

    text: str
    kind: ProteinKind
    first: str = ""
    start: int = 0
    last: str = ""
    end: int = 0
    new: str = ""
    offset: int | None = None


def parse_protein_change(text: object) -> str | None:
    """Return a protein change in one-letter notation, or None if the text is not one.

    Parameters
    ----------
    text : str
        Such as ``p.Val600Glu``, ``p.(Val600Glu)``, ``NP_004324.2:p.Val600Glu``, ``V600E``, ``W288FS``,
        ``p.E746_A750delELREA``, ``p.X168_splice``.  A value that is not text gives None.

    Returns
    -------
    str or None
        ``V600E``, ``R213*``, ``N139Qfs*5``, ``E746_A750del``, ``A767_V769dup``, ``D770_N771insSVD``,
        ``L747_T751delinsP``, ``S406=``, ``M1?``, ``X168_splice``; slashed alternatives stay (``S310F/Y``).

    Examples
    --------
    >>> parse_protein_change("NP_004324.2:p.(Val600Glu)")
    'V600E'
    >>> parse_protein_change("p.Asn139GlnfsTer5")
    'N139Qfs*5'
    >>> parse_protein_change("c.1799T>A") is None
    True
    """
    change = read_protein_change(text)
    return None if change is None else change.text


def read_protein_change(text: object) -> ProteinChange | None:
    """Parse a protein change into its parts, or None if invalid; see ``parse_protein_change``."""
    return _read(text) if isinstance(text, str) and len(text) <= _LONGEST else None


#: Characters of the longest text that is parsed; no protein change needs more.
_LONGEST = 1000


@lru_cache(maxsize=65536)
def _read(text: str) -> ProteinChange | None:
    core = _core_text(text)
    if not core or len(core) > 400:
        return None
    found = _read_one_letter(core)
    if found is None:
        found = _read_one_letter(_LONG.sub(lambda m: _FROM_THREE[m.group(0).lower()], core))
    if found is None:
        found = _read_block(core)
    if found is None and re.fullmatch(r"[a-z]\d+[a-z*]", core):
        found = _read_one_letter(core.upper())
    return found


def _core_text(text: str) -> str:
    """Strip accession, ``p.``, brackets, quotes and a trailing note of the coding change."""
    core = unquote(text.strip().strip("\"'")).replace("\u2217", "*")
    core = _STOP_WORD.sub("*", core)
    core = _CDNA_NOTE.sub("", core)
    core = _PREFIX.sub("", core).strip()
    for _ in range(3):
        if core[:2] in ("p.", "P."):
            core = core[2:]
        if core[:1] in "([" and core[-1:] in ")]" and core:
            core = core[1:-1]
    return core.replace("(", "").replace(")", "").strip()


def _read_one_letter(core: str) -> ProteinChange | None:
    if core == "=":
        return ProteinChange(text="=", kind="synonymous")
    if core in ("0", "0?"):
        return ProteinChange(text=core, kind="none")
    for pattern, build in _GRAMMAR:
        found = pattern.match(core)
        if found:
            change = build(found.groupdict())
            return change if change is None or change.first else None  # "1100delC" without a residue is coding DNA
    return None


Parts = dict[str, str | None]


def _stop(residues: str) -> str:
    return residues.replace("X", "*")


def _substitution(parts: Parts) -> ProteinChange:
    first, start, new = parts["first"] or "", int(parts["start"] or 0), parts["new"] or ""
    if new == "?":
        return ProteinChange(text=f"{first}{start}?", kind="start", first=first, start=start, end=start)
    if new in (first, "="):
        return ProteinChange(text=f"{first}{start}=", kind="synonymous", first=first, start=start, end=start)
    first, new = ("*" if first == "X" and new not in "X*" else first), _stop(new)
    if first == new:
        return ProteinChange(text=f"{first}{start}=", kind="synonymous", first=first, start=start, end=start)
    text = f"{first}{start}{new}"
    return ProteinChange(text=text, kind="substitution", first=first, start=start, last=first, end=start, new=new)


def _frameshift(parts: Parts) -> ProteinChange:
    first, start, new = parts["first"] or "", int(parts["start"] or 0), parts["new"] or ""
    offset = int(parts["offset"]) if parts["offset"] and parts["offset"] != "?" else None
    text = f"{first}{start}{new}fs" + ("" if offset is None else f"*{offset}")
    return ProteinChange(text=text, kind="frameshift", first=first, start=start, end=start, new=new, offset=offset)


def _span(parts: Parts) -> tuple[str, int, str, int]:
    first, start = parts["first"] or "", int(parts["start"] or 0)
    if parts["end"] is None:
        return first, start, first, start
    return first, start, parts["last"] or "", int(parts["end"])


def _place(first: str, start: int, last: str, end: int) -> str:
    return f"{first}{start}" if start == end else f"{first}{start}_{last}{end}"


def _deletion(parts: Parts) -> ProteinChange | None:
    first, start, last, end = _span(parts)
    if end < start:
        return None
    text = f"{_place(first, start, last, end)}del"
    return ProteinChange(text=text, kind="deletion", first=first, start=start, last=last, end=end)


def _duplication(parts: Parts) -> ProteinChange | None:
    first, start, last, end = _span(parts)
    new = parts["new"] or ""
    if end < start:
        return None
    if len(new) == end - start + 1:  # the text names residues that the position omits
        first, last = first or new[0], last or new[-1]
    text = f"{_place(first, start, last, end)}dup"
    return ProteinChange(text=text, kind="duplication", first=first, start=start, last=last, end=end, new=new)


def _insertion(parts: Parts) -> ProteinChange | None:
    first, start, last, end = _span(parts)
    new = _stop(parts["new"] or "")
    if end < start:
        return None
    if len(new) == 1 and new.isalpha() and end == start + 1 and new in (first, last):
        place = start if new == first and new != last else end  # the last of equal residues, as HGVS counts
        return ProteinChange(
            text=f"{new}{place}dup", kind="duplication", first=new, start=place, last=new, end=place, new=new
        )
    text = f"{_place(first, start, last, end)}ins{new}"
    return ProteinChange(text=text, kind="insertion", first=first, start=start, last=last, end=end, new=new)


def _delins(parts: Parts) -> ProteinChange | None:
    first, start, last, end = _span(parts)
    new = _stop(parts["new"] or "")
    if end < start:
        return None
    if end == start + 1 and len(new) == 2 and first and last:  # both residues known: drop the unchanged one
        if new[1] == last:
            end, last, new = start, first, new[0]
        elif new[0] == first:
            start, first, new = end, last, new[1]
    if start == end and len(new) == 1 and first:
        return _substitution({"first": first, "start": str(start), "new": new})
    text = f"{_place(first, start, last, end)}delins{new}"
    return ProteinChange(text=text, kind="delins", first=first, start=start, last=last, end=end, new=new)


def _extension(parts: Parts) -> ProteinChange:
    first, start, new = _stop(parts["first"] or ""), int(parts["start"] or 0), parts["new"] or ""
    tail = _stop(parts["tail"] or "")
    text = f"{first}{start}{new}ext{tail}"
    return ProteinChange(text=text, kind="extension", first=first, start=start, last=first, end=start, new=new)


def _splice(parts: Parts) -> ProteinChange:
    first, start = parts["first"] or "", int(parts["start"] or 0)
    return ProteinChange(text=f"{first}{start}_splice", kind="splice", first=first, start=start, end=start)


def _slashed(parts: Parts) -> ProteinChange:
    first, start, new = parts["first"] or "", int(parts["start"] or 0), _stop(parts["new"] or "")
    return ProteinChange(text=f"{first}{start}{new}", kind="alternatives", first=first, start=start, end=start, new=new)


_GRAMMAR = (
    (_SUBSTITUTION, _substitution),
    (_FRAMESHIFT, _frameshift),
    (_DELINS, _delins),
    (_DELETION, _deletion),
    (_DUPLICATION, _duplication),
    (_INSERTION, _insertion),
    (_EXTENSION, _extension),
    (_SPLICE, _splice),
    (_SLASHED, _slashed),
)


def _read_block(core: str) -> ProteinChange | None:
    """Parse ``VK600EN``, an older notation for a change of neighbouring residues."""
    found = _BLOCK.match(core)
    if not found:
        return None
    old, start, new = found["old"], int(found["start"]), found["new"]
    if "X" in old or new in ("DEL", "INS", "DUP"):  # "EX19DEL" is an exon and a word, not residues
        return None
    return _delins(
        {"first": old[0], "start": str(start), "last": old[-1], "end": str(start + len(old) - 1), "new": new}
    )


def same_protein_change(one: ProteinChange, other: ProteinChange) -> bool:
    """Return whether two changes are equal by the rules of their kind, not merely at the same residue.

    Frameshifts are equal by first residue, and by the new stop if both name it.  A duplication equals the insertion of
    the same residues after it.  Alternatives (``S310F/Y``) equal each of their parts.  A silent change equals only
    itself.
    """
    if "alternatives" in (one.kind, other.kind):
        return _alternatives_agree(one, other)
    if one.kind in SILENT_KINDS or other.kind in SILENT_KINDS:
        return one.kind == other.kind == "synonymous" and one.start > 0 and one.text == other.text
    if one.kind == other.kind:
        return _same_kind(one, other)
    kinds = {one.kind, other.kind}
    if kinds == {"duplication", "insertion"}:
        dup, ins = (one, other) if one.kind == "duplication" else (other, one)
        return _dup_is_insertion(dup, ins)
    return False


def _alternatives_agree(one: ProteinChange, other: ProteinChange) -> bool:
    sides = [change.text if change.kind != "alternatives" else "" for change in (one, other)]
    parts = [
        {f"{change.first}{change.start}{new}" for new in change.new.split("/")}
        for change in (one, other)
        if change.kind == "alternatives"
    ]
    return bool(parts[0] & parts[1]) if len(parts) == 2 else (sides[0] or sides[1]) in parts[0]


def _residues_agree(one: ProteinChange, other: ProteinChange) -> bool:
    same_first = one.first == other.first or not one.first or not other.first
    same_last = one.last == other.last or not one.last or not other.last
    return one.start == other.start and one.end == other.end and same_first and same_last


def _same_kind(one: ProteinChange, other: ProteinChange) -> bool:
    if one.kind == "frameshift":
        offsets_agree = one.offset is None or other.offset is None or one.offset == other.offset
        return one.first == other.first and one.start == other.start and offsets_agree
    if one.kind in ("deletion", "duplication"):
        return _residues_agree(one, other)
    if one.kind == "extension":
        return one.start == other.start
    return one.new == other.new and _residues_agree(one, other)


def _dup_is_insertion(dup: ProteinChange, ins: ProteinChange) -> bool:
    length = dup.end - dup.start + 1
    if len(ins.new) != length or ins.start != dup.end:
        return False
    if len(dup.new) == length:
        return dup.new == ins.new
    return (dup.first, dup.last) == (ins.new[0], ins.new[-1])


def display_protein_change(text: str) -> str:
    """Return the three-letter HGVS form for display; text that is no protein change is unchanged.

    Examples
    --------
    >>> display_protein_change("V600E")
    'p.Val600Glu'
    >>> display_protein_change("N139Qfs*5")
    'p.Asn139GlnfsTer5'
    """
    change = read_protein_change(text)
    if change is None or change.kind in ("splice", "alternatives"):
        return text
    return "p." + re.sub(r"[A-Z*]", lambda m: _ONE_LETTER[m.group(0)], change.text)
