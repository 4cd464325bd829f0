"""The same change written differently: alleles trimmed and shifted to the left as far as the bases are known.

Source: Tan A, Abecasis GR, Kang HM 2015, Bioinformatics 31:2202 (unified representation of variants).
"""

from __future__ import annotations

from collections.abc import Mapping

Change = tuple[int, str, str]


def normalised(chrom: str, pos: int, ref: str, alt: str, known: Mapping[tuple[str, int], str]) -> Change:
    """Return position, REF and ALT, trimmed and left-shifted with the reference bases that are known.

    Where a base to the left is not known, the change stays where it is.

    Examples
    --------
    >>> normalised("chr2", 100, "CATAT", "CAT", {})
    (100, 'CAT', 'C')
    >>> normalised("chr2", 101, "TA", "TATA", {("chr2", 100): "C"})
    (100, 'C', 'CTA')
    """
    while ref[-1] == alt[-1] and ref != alt:
        if len(ref) > 1 and len(alt) > 1:
            ref, alt = ref[:-1], alt[:-1]
            continue
        before = known.get((chrom, pos - 1))
        if before is None:
            break
        pos, ref, alt = pos - 1, before + ref[:-1], before + alt[:-1]
    while len(ref) > 1 and len(alt) > 1 and ref[0] == alt[0]:
        pos, ref, alt = pos + 1, ref[1:], alt[1:]
    return pos, ref, alt
