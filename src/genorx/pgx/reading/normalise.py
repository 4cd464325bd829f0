"""Normalisation of equivalent changes: alleles trimmed and left-aligned as far as the bases are known.

Source: Tan A, Abecasis GR, Kang HM 2015, Bioinformatics 31:2202 (unified representation of variants).
"""

from __future__ import annotations

from typing import NamedTuple, Protocol


class KnownBases(Protocol):
    """Reference bases by chromosome and position; None if a base is not known."""

    def get(self, place: tuple[str, int], /) -> str | None:
        """Return the base at a position."""


class Change(NamedTuple):
    """A change, trimmed and shifted; ``settled`` is False if an unknown base stopped the shift."""

    pos: int
    ref: str
    alt: str
    settled: bool = True

    @property
    def unit(self) -> str | None:
        """Return the inserted or deleted repeat unit, invariant under shifting.

        The smallest of its rotations; None for a change that cannot be shifted.

        >>> Change(100, "C", "CTATA").unit, Change(105, "AAT", "A").unit, Change(7, "C", "T").unit
        ('AT', 'AT', None)
        """
        if len(self.ref) == len(self.alt) or min(len(self.ref), len(self.alt)) != 1 or self.ref[0] != self.alt[0]:
            return None
        moved = self.ref[1:] or self.alt[1:]
        unit = moved[: (moved * 2).index(moved, 1)]
        return min(unit[i:] + unit[:i] for i in range(len(unit)))


def normalised(chrom: str, pos: int, ref: str, alt: str, known: KnownBases) -> Change:
    """Return a change, trimmed and left-aligned with the known reference bases.

    If a base to the left is not known, the change stays in place and is not settled.

    Examples
    --------
    >>> normalised("chr2", 100, "CATAT", "CAT", {})
    Change(pos=100, ref='CAT', alt='C', settled=True)
    >>> normalised("chr2", 101, "TA", "TATA", {("chr2", 100): "C"})
    Change(pos=100, ref='C', alt='CTA', settled=True)
    >>> normalised("chr2", 101, "A", "ATA", {})
    Change(pos=101, ref='A', alt='ATA', settled=False)
    """
    settled = True
    while ref[-1] == alt[-1] and ref != alt:
        if len(ref) > 1 and len(alt) > 1:
            ref, alt = ref[:-1], alt[:-1]
            continue
        before = known.get((chrom, pos - 1))
        if before is None:
            settled = False
            break
        pos, ref, alt = pos - 1, before + ref[:-1], before + alt[:-1]
    while len(ref) > 1 and len(alt) > 1 and ref[0] == alt[0]:
        pos, ref, alt = pos + 1, ref[1:], alt[1:]
    return Change(pos, ref, alt, settled)
