"""Matching of score rows with records: matched, flipped to the other strand, ambiguous, mismatch, absent.

Source: rules as in pgsc_calc and PRSice (Choi SW et al. 2020, Nat Protoc 15:2759): complementary alleles (A/T, C/G)
do not show the strand.
"""

from __future__ import annotations

from dataclasses import dataclass

from genorx.variants.allele import complement

#: Statuses of a row, best first: a later record at the same position only replaces a worse one.
STATUSES = ("matched", "flipped", "ambiguous", "mismatch", "absent")


@dataclass(frozen=True, slots=True)
class Match:
    """Result of matching: the status, and the index of the effect allele in REF, ALT."""

    status: str
    allele: int = -1

    @property
    def counts(self) -> bool:
        """Whether the row gets a dosage from this record."""
        return self.allele >= 0


def match_row(effect: str, other: str | None, alleles: list[str], *, keep_ambiguous: bool) -> Match:
    """Match a row with a record at its position.

    Parameters
    ----------
    alleles : list of str
        REF and the ALTs of the record.

    Examples
    --------
    >>> match_row("T", "C", ["A", "G"], keep_ambiguous=False)
    Match(status='flipped', allele=0)
    >>> match_row("A", "T", ["A", "T"], keep_ambiguous=False).status
    'ambiguous'
    """
    if effect in alleles and (other is None or other in alleles):
        if not keep_ambiguous and _is_ambiguous(effect, other, alleles):
            return Match("ambiguous")
        return Match("matched", alleles.index(effect))
    if other is not None and complement(effect) in alleles and complement(other) in alleles:
        return Match("flipped", alleles.index(complement(effect)))
    return Match("mismatch")


def _is_ambiguous(effect: str, other: str | None, alleles: list[str]) -> bool:
    if other is not None:
        return complement(effect) == other
    return any(alleles[0] == complement(alt) for alt in alleles[1:])
