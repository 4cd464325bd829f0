"""Reads for and against an allele, as each caller writes them; what a file leaves open stays unknown.

Source: FORMAT fields of Mutect and Mutect2, MuSE, RADIA and Pindel (AD), Strelka (AU, CU, GU, TU; TAR, TIR), VarScan
(RD, AD), SomaticSniper (DP4, BCOUNT) and FreeBayes (RO, AO).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadCounts:
    """Reads of one sample at one allele; None is not known, never zero."""

    ref: int | None = None
    alt: int | None = None
    depth: int | None = None

    @property
    def allele_fraction(self) -> float | None:
        """Share of the reads that carry the allele."""
        return None if self.alt is None or not self.depth else self.alt / self.depth

    def interval(self) -> tuple[float, float] | None:
        """95 % interval of the allele fraction (Wilson score), or None."""
        if self.alt is None or not self.depth:
            return None
        z, n, p = 1.959964, self.depth, self.alt / self.depth
        middle = (p + z * z / (2 * n)) / (1 + z * z / n)
        half = z / (1 + z * z / n) * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
        return max(0.0, middle - half), min(1.0, middle + half)


def read_counts(values: Mapping[str, str], ref: str, alts: list[str], number: int) -> ReadCounts:
    """Return the reads of one sample for one ALT.

    Parameters
    ----------
    values : mapping of FORMAT key to the sample's text
    ref : str
    alts : list of str
    number : int
        Which ALT, from 0.

    Examples
    --------
    >>> read_counts({"AD": "30,12", "DP": "42"}, "A", ["T"], 0)
    ReadCounts(ref=30, alt=12, depth=42)
    >>> read_counts({"RD": "30", "AD": "12", "DP": "42"}, "A", ["T"], 0)
    ReadCounts(ref=30, alt=12, depth=42)
    >>> read_counts({"AU": "30,31", "TU": "12,12", "DP": "42"}, "A", ["T"], 0)
    ReadCounts(ref=30, alt=12, depth=42)
    >>> read_counts({"DP4": "20,10,7,5", "DP": "42"}, "A", ["T"], 0)
    ReadCounts(ref=30, alt=12, depth=42)
    """
    reference, alternate = _pair(values, ref, alts, number)
    depth = _first(values.get("DP"))
    if reference is not None and alternate is not None:
        depth = max(depth or 0, reference + alternate)
    return ReadCounts(ref=reference, alt=alternate, depth=depth)


def _pair(values: Mapping[str, str], ref: str, alts: list[str], number: int) -> tuple[int | None, int | None]:
    alt = alts[number]
    if "RD" in values and "AD" in values and "," not in values["AD"]:  # VarScan
        return _first(values["RD"]), _first(values["AD"])
    if "AD" in values:
        numbers = _all(values["AD"])  # where it lists more alleles than the record keeps, those it keeps come first
        return (numbers[0], numbers[number + 1]) if len(numbers) > number + 1 else (None, None)
    if f"{ref}U" in values and f"{alt}U" in values:  # Strelka: the first number is of filtered reads
        return _first(values[f"{ref}U"]), _first(values[f"{alt}U"])
    if "TAR" in values and "TIR" in values:
        return _first(values["TAR"]), _first(values["TIR"])
    if "DP4" in values:
        return _strands(values["DP4"])
    if "RO" in values and "AO" in values:
        seen = _all(values["AO"])
        return _first(values["RO"]), seen[number] if number < len(seen) else None
    return _by_base(values, ref, alt)


def _strands(text: str) -> tuple[int | None, int | None]:
    four = _all(text)
    if len(four) != 4 or any(number is None for number in four):
        return None, None
    a, b, c, d = (number or 0 for number in four)
    return a + b, c + d


def _by_base(values: Mapping[str, str], ref: str, alt: str) -> tuple[int | None, int | None]:
    counts = _all(values.get("BCOUNT", ""))
    if len(counts) == 4 and ref in "ACGT" and alt in "ACGT" and len(ref) == len(alt) == 1:
        return counts["ACGT".index(ref)], counts["ACGT".index(alt)]
    return None, None


def _all(text: str) -> list[int | None]:
    return [_first(part) for part in text.split(",")]


def _first(text: str | None) -> int | None:
    part = (text or "").split(",")[0].strip()
    return int(part) if part.isdigit() else None


def expected_fraction(purity: float, *, copies: int = 2, mutated: int = 1) -> float:
    """Return the allele fraction of a change in all tumour cells: p*m / (p*n + 2(1-p)).

    >>> expected_fraction(0.6)
    0.3
    """
    return purity * mutated / (purity * copies + 2 * (1 - purity))
