"""Names of gene fusions: the 5' partner, the 3' partner, and the joined exons.

Reading the tables of fusion callers is ``oncology.reading``.
"""

from __future__ import annotations

import re
from functools import lru_cache

_WORDS = re.compile(
    r"[\s_-]*\b(?:gene\s+)?(?:fusions?|rearrange(?:ments?|d)|translocations?|intergenic|archer|transcripts?)\b[\s.]*",
    re.IGNORECASE,
)
_EXON_PAIR = re.compile(r"\b(?:e|exon\s*)(\d+)\s*(?:::|--|-|;|,|/|_)\s*(?:e|exon\s*)(\d+)\b", re.IGNORECASE)
#: The joined exons in brackets after each gene: ``EML4(e6)::ALK(e20)``, ``EML4 (exon 13)-ALK (exon 20)``.
_EXONS_APART = re.compile(
    r"^[A-Za-z][\w.\-]*?\s*\((?:exon|ex|e)?\s*(\d+)\)\s*(?:::|--|-|/)\s*[A-Za-z][\w.\-]*?\s*\((?:exon|ex|e)?\s*(\d+)\)",
    re.IGNORECASE,
)
_BRACKETS = re.compile(r"\s*[({][^(){}]*[)}]")
#: Suffix of a name that denotes a form of the fusion: ``V1``, ``variant 3a``, ``type 1``, ``p210``.
_FORM = re.compile(r"\s+(?:v(?:ariant)?\s?\d+[ab]?|type\s?\d+|p\d{3})$", re.IGNORECASE)
_INTRAGENIC = re.compile(r"^(?P<gene>[A-Za-z][\w.\-]*?)[\s\-]+intragenic\b", re.IGNORECASE)
_SYMBOL = re.compile(r"^(?=.*[A-Za-z])\w[\w.@]*(?:-[\w.]+)*$")
_SEPARATORS = ("::", "--", "\u2013", "\u2014", " - ", "/", ":")
#: A symbol by itself; capitals distinguish it from a word.
_ALONE = re.compile(r"^[A-Z][A-Z0-9]*(?:orf\d+)?(?:-[A-Z0-9]+)?$")
#: Placeholders for a partner that name no gene: "v" is CIViC's "various partners", "?" an unknown one.
_NO_PARTNER = frozenset(
    {"", "v", "?", "NA", "N/A", "NONE", "NAN", "UNKNOWN", "UNK", ".", "-", "ANY", "OTHER", "INTERGENIC"}
)
#: Approved symbols with a hyphen that occur as fusion partners: "A-B" must not be cut inside them.
_HYPHENATED = re.compile(
    r"(?:NKX\d-\d|H\d-\d+[A-Z]?|HLA-[A-Z]+\d*|MT-[A-Z]+\d*|ERVK\d*-\d+|TRA-[A-Z]+|[A-Z0-9]+-AS\d|[A-Z0-9]+-IT\d"
    r"|[A-Z0-9]+-DT|MIR\d+-\d|KRTAP\d+-\d+|[A-Z0-9]+-OT\d)",
    re.IGNORECASE,
)


#: Characters of the longest name of a fusion that is parsed.
_LONGEST = 1000


def parse_fusion(text: object) -> tuple[str | None, str | None] | None:
    """Return (five, three), the partners of a fusion; None for an unnamed partner.

    Parameters
    ----------
    text : str
        ``EML4::ALK``, ``EML4--ALK``, ``EML4-ALK fusion``, ``v::ALK``, ``FGFR2::?``, ``ALK fusion``,
        ``KIT-intragenic`` (both partners are the gene itself, as for a single symbol: the convention of
        OncoKB's annotator for a table's fusion column).

    Returns
    -------
    tuple or None
        None if the text names no gene, or is no fusion.

    Examples
    --------
    >>> parse_fusion("EML4--ALK"), parse_fusion("v::ALK Fusion"), parse_fusion("NKX2-1-ALK fusion")
    (('EML4', 'ALK'), (None, 'ALK'), ('NKX2-1', 'ALK'))
    """
    if not isinstance(text, str) or len(text) > _LONGEST:
        return None
    alone = text.strip()
    if _ALONE.match(alone) and not named_partner(alone):
        return alone, alone
    return read_fusion(text)


def named_partner(text: str) -> bool:
    """Return whether a text that looks like one symbol is two, or a placeholder for no gene."""
    return read_fusion(text) is not None or text.upper() in _NO_PARTNER


@lru_cache(maxsize=16384)
def read_fusion(text: str) -> tuple[str | None, str | None] | None:
    """Return the partners if a separator or a word shows that the text is a fusion; otherwise None."""
    core = _FORM.sub("", _BRACKETS.sub("", _EXON_PAIR.sub("", text.strip().strip("\"'"))))
    own = _INTRAGENIC.match(core)
    if own:
        return own["gene"], own["gene"]
    bare = _WORDS.sub(" ", core).strip()
    named = bare != core.strip()
    if named and " " in bare and " - " not in bare:  # words around the name: "fusion A-B fusion, confirmed"
        bare = next((word for word in bare.split() if re.search(r"::|-|/", word.strip("-/:,"))), bare)
    for separator in _SEPARATORS:
        if separator in bare:
            sides = bare.split(separator)
            return _partners(sides[0], sides[-1]) if len(sides) == 2 else None
    return _joined(bare, named=named)


def _joined(bare: str, *, named: bool) -> tuple[str | None, str | None] | None:
    """Return the partners of a hyphenated name, one of which may be a placeholder (``FGFR2-?``, ``intergenic-ALK``)."""
    core = bare.replace("?", "").strip()
    if core != bare or named:
        one = core.strip("-")
        if core == f"{one}-" and _SYMBOL.match(one):
            return one, None
        if core == f"-{one}" and _SYMBOL.match(one):
            return None, one
    return _hyphenated(bare, named=named) if bare and _SYMBOL.match(bare) else None


def _partners(five: str, three: str) -> tuple[str | None, str | None] | None:
    sides = [_gene(five), _gene(three)]
    if sides == [None, None] or "" in sides:
        return None
    return sides[0], sides[1]


def _gene(text: str) -> str | None:
    """Return the symbol, None for an unnamed partner, empty text if it is no symbol."""
    core = text.strip().strip("[]()").split("^")[0].strip()  # STAR-Fusion writes SYMBOL^ENSG...
    core = core.removeprefix("reg_e@").strip("[]@ ")
    if core.upper() in _NO_PARTNER or core == "v":
        return None
    return core if _SYMBOL.match(core) else ""


def _hyphenated(bare: str, *, named: bool) -> tuple[str | None, str | None] | None:
    if _HYPHENATED.fullmatch(bare):
        return (bare, None) if named else None
    parts = bare.split("-")
    cuts = [("-".join(parts[:at]), "-".join(parts[at:])) for at in range(1, len(parts))]
    if not cuts:
        return (bare, None) if named and bare.upper() not in _NO_PARTNER else None
    if len(cuts) > 1:
        whole = [cut for cut in cuts if all("-" not in side or _HYPHENATED.fullmatch(side) for side in cut)]
        cuts = whole or cuts
    return _partners(*cuts[0])


def fusion_exons(text: str) -> tuple[int, int] | None:
    """Return the joined exons (``e6::e20`` gives (6, 20)), or None if the text names none."""
    found = _EXON_PAIR.search(text) or _EXONS_APART.search(text)
    return (int(found[1]), int(found[2])) if found else None
