"""Alleles of a record: trimmed to the difference, and their names in annotations.

Left-alignment needs the reference sequence and is not done.
Source: Tan A et al. 2015, Bioinformatics 31:2202 (normalisation); VEP documentation, "Allele" field.
"""

from __future__ import annotations

#: Symbols of gVCF for "any other allele": no alteration.
UNSPECIFIED = frozenset({"<NON_REF>", "<*>", "<X>"})
_OTHER_STRAND = str.maketrans("ACGT", "TGCA")
_SYMBOL_NAMES = {
    "DEL": "deletion",
    "INS": "insertion",
    "DUP": "duplication",
    "DUP:TANDEM": "tandem_duplication",
    "INV": "inversion",
    "CNV": "copy_number_variation",
}


def trim(position: int, ref: str, alt: str) -> tuple[int, str, str]:
    """Return position and alleles without their common bases, with one base of each kept.

    >>> trim(100, "CAAG", "CAG")
    (100, 'CA', 'C')
    """
    while len(ref) > 1 and len(alt) > 1 and ref[-1] == alt[-1]:
        ref, alt = ref[:-1], alt[:-1]
    while len(ref) > 1 and len(alt) > 1 and ref[0] == alt[0]:
        ref, alt, position = ref[1:], alt[1:], position + 1
    return position, ref, alt


def complement(allele: str) -> str:
    """Return the bases of the other strand, in its direction.

    >>> complement("AC")
    'GT'
    """
    return allele.translate(_OTHER_STRAND)[::-1]


def is_change(alt: str) -> bool:
    """Return whether an ALT is a change itself: not ``*``, which another record describes, nor ``<NON_REF>``."""
    return alt not in UNSPECIFIED and alt not in {"*", "."}


def is_reference_only(alts: str) -> bool:
    """Return whether an ALT column names no other allele: its record states the reference alone.

    >>> is_reference_only("."), is_reference_only("<NON_REF>"), is_reference_only("A,<NON_REF>")
    (True, True, False)
    """
    return alts == "." or alts in UNSPECIFIED


def number_of_alts(text: str) -> int:
    """Return the number of alleles in an ALT column; ``.`` counts as none.

    >>> number_of_alts("."), number_of_alts("A"), number_of_alts("A,<DEL>")
    (0, 1, 2)
    """
    return 0 if text == "." else text.count(",") + 1


def annotation_names(ref: str, alts: list[str]) -> list[tuple[str, ...]]:
    """Return, for each ALT, its possible names in annotations, the most likely first.

    >>> annotation_names("CA", ["C", "CAA"])
    [('-', 'C'), ('AA', 'CAA', 'A')]
    """
    plain = [alt for alt in alts if alt.isalpha()]
    # VEP drops the first base when reference and all plain alleles share it and one differs in length
    drops = bool(plain) and all(alt[0] == ref[0] for alt in plain) and any(len(alt) != len(ref) for alt in plain)
    return [_names(ref, alt, drops) for alt in alts]


def _names(ref: str, alt: str, drops: bool) -> tuple[str, ...]:
    if not alt.isalpha():
        symbol = alt.strip("<>")
        return tuple(
            dict.fromkeys((alt, symbol, _SYMBOL_NAMES.get(symbol, symbol), _SYMBOL_NAMES.get(symbol[:3], symbol)))
        )
    vep = (alt[1:] or "-") if drops else alt
    start = 0
    while start < min(len(ref), len(alt)) and ref[start] == alt[start]:
        start += 1
    end = 0
    while end < min(len(ref), len(alt)) - start and ref[-1 - end] == alt[-1 - end]:
        end += 1
    return tuple(dict.fromkeys((vep, alt, alt[start : len(alt) - end] or "-")))
