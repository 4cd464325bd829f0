"""Reads supporting an allele, in the format of each caller; what a file does not state stays unknown.

Source: FORMAT fields of Mutect and Mutect2, MuSE, RADIA and Pindel (AD), Strelka (AU, CU, GU, TU; TAR, TIR), VarScan
(RD, AD), SomaticSniper (DP4, BCOUNT), FreeBayes (RO, AO), CaVEMan (FAZ to RTZ) and cgpPindel (PP, NP, PR, NR).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from genorx._core.numerals import decimal_number, whole_number
from genorx._core.proportion import wilson_interval


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadCounts:
    """Reads of one sample at one allele; None means not known, never zero.

    ``stated`` is the allele fraction written by the caller (AF, FA, VAF, FREQ), from 0 to 1, if the reads for the
    allele are not known.
    """

    ref: int | None = None
    alt: int | None = None
    depth: int | None = None
    stated: float | None = None

    @property
    def _share(self) -> float | None:
        """Allele fraction from the reads; None if the allele has more reads than the total."""
        if self.alt is None or not self.depth or not 0 <= self.alt <= self.depth:
            return None
        return self.alt / self.depth

    @property
    def allele_fraction(self) -> float | None:
        """Share of the reads that carry the allele; the caller's stated fraction if reads are not counted."""
        return self.stated if self._share is None else self._share

    def interval(self) -> tuple[float, float] | None:
        """95 % interval of the allele fraction (Wilson score), or None."""
        p = self._share
        if p is None or self.depth is None:
            return None
        return wilson_interval(p, self.depth)


def read_counts(values: Mapping[str, str], ref: str, alts: list[str], number: int) -> ReadCounts:
    """Return the reads of one sample for one ALT.

    Parameters
    ----------
    values : mapping of str to str
        The sample's text by FORMAT key.
    ref : str
        REF of the record.
    alts : list of str
        ALTs of the record.
    number : int
        Position of the allele in ``alts``, from 0.

    Examples
    --------
    >>> read_counts({"AD": "30,12", "DP": "42"}, "A", ["T"], 0)
    ReadCounts(ref=30, alt=12, depth=42, stated=None)
    >>> read_counts({"RD": "30", "AD": "12", "DP": "42"}, "A", ["T"], 0)
    ReadCounts(ref=30, alt=12, depth=42, stated=None)
    >>> read_counts({"AU": "30,31", "TU": "12,12", "DP": "42"}, "A", ["T"], 0)
    ReadCounts(ref=30, alt=12, depth=42, stated=None)
    >>> read_counts({"DP4": "20,10,7,5", "DP": "42"}, "A", ["T"], 0)
    ReadCounts(ref=30, alt=12, depth=42, stated=None)
    """
    reference, alternate = _pair(values, ref, alts, number)
    depth = _depth(values)
    if reference is not None and alternate is not None:
        depth = max(depth or 0, reference + alternate)
    stated = _stated(values, alts, number) if alternate is None else None
    return ReadCounts(ref=reference, alt=alternate, depth=depth, stated=stated)


Values = Mapping[str, str]
Pair = tuple[int | None, int | None]


def _pair(values: Values, ref: str, alts: list[str], number: int) -> Pair:
    """Return the reads by the first layout whose fields are present and not empty."""
    for fields, read in _LAYOUTS:
        if all(values.get(name, ".").strip(".,") for name in fields):
            found = read(values, ref, alts, number)
            if found != (None, None):
                return found
    return _strelka(values, ref, alts, number)


def _varscan(values: Values, _ref: str, _alts: list[str], _number: int) -> Pair:
    return (_first(values["RD"]), _first(values["AD"])) if "," not in values["AD"] else (None, None)


def _listed(values: Values, _ref: str, alts: list[str], number: int) -> Pair:
    """Read AD: the reference first, then each ALT; a single number is that of the only ALT."""
    numbers = _all(values["AD"])
    if len(numbers) == 1 and len(alts) == 1:
        return None, numbers[0]
    # if it lists more alleles than the record has, those of the record come first
    return (numbers[0], numbers[number + 1]) if len(numbers) > number + 1 else (None, None)


def _strelka(values: Values, ref: str, alts: list[str], number: int) -> Pair:
    """Read AU, CU, GU, TU; the first of the two numbers counts the reads that passed the stricter filter."""
    return _first(values.get(f"{ref}U")), _first(values.get(f"{alts[number]}U"))


def _strelka_indel(values: Values, _ref: str, _alts: list[str], _number: int) -> Pair:
    return _first(values["TAR"]), _first(values["TIR"])


def _strands(values: Values, _ref: str, alts: list[str], _number: int) -> Pair:
    """Read DP4, which counts all ALTs of a record together."""
    four = _all(values["DP4"])
    if len(four) != 4 or any(number is None for number in four):
        return None, None
    a, b, c, d = (number or 0 for number in four)
    return a + b, c + d if len(alts) == 1 else None


def _bases(values: Values, ref: str, alts: list[str], number: int) -> Pair:
    counts, alt = _all(values["BCOUNT"]), alts[number]
    if len(counts) == 4 and _base(ref) and _base(alt):
        return counts["ACGT".index(ref)], counts["ACGT".index(alt)]
    return None, None


def _several_bases(values: Values, ref: str, alts: list[str], number: int) -> Pair:
    return _bases(values, ref, alts, number) if len(alts) > 1 else (None, None)


def _freebayes(values: Values, _ref: str, _alts: list[str], number: int) -> Pair:
    seen = _all(values["AO"])
    return _first(values["RO"]), seen[number] if number < len(seen) else None


def _caveman(values: Values, ref: str, alts: list[str], number: int) -> Pair:
    if not (_base(ref) and _base(alts[number])):
        return None, None
    forward_ref, back_ref, forward, back = (
        _first(values.get(f"{strand}{base}Z")) for base in (ref, alts[number]) for strand in "FR"
    )
    return _sum(forward_ref, back_ref), _sum(forward, back)


def _cgp_pindel(values: Values, _ref: str, _alts: list[str], _number: int) -> Pair:
    """Read PP and NP, the reads that Pindel calls on both strands; PR and NR are all reads there."""
    alternate, whole = _sum(*(_first(values[name]) for name in ("PP", "NP"))), _depth(values)
    reference = None if whole is None or alternate is None or whole < alternate else whole - alternate
    return reference, alternate


_LAYOUTS: tuple[tuple[tuple[str, ...], Callable[[Values, str, list[str], int], Pair]], ...] = (
    (("RD", "AD"), _varscan),
    (("AD",), _listed),
    (("TAR", "TIR"), _strelka_indel),
    (("BCOUNT",), _several_bases),
    (("DP4",), _strands),
    (("RO", "AO"), _freebayes),
    (("BCOUNT",), _bases),
    (("FAZ", "RAZ", "FTZ", "RTZ"), _caveman),
    (("PP", "NP", "PR", "NR"), _cgp_pindel),
)
#: FORMAT keys in which callers write the fraction; FREQ of VarScan is in per cent.
_FRACTIONS = ("AF", "FA", "VAF", "FREQ")


def _depth(values: Values) -> int | None:
    """Return DP, otherwise the sum of AD, otherwise cgpPindel's reads of both strands; None if absent."""
    depth = _first(values.get("DP"))
    if depth is not None:
        return depth
    listed = _all(values.get("AD", ""))
    if len(listed) > 1 and None not in listed:
        return sum(each or 0 for each in listed)
    return _sum(_first(values.get("PR")), _first(values.get("NR"))) if {"PP", "NP", "PR"} <= set(values) else None


def _stated(values: Values, alts: list[str], number: int) -> float | None:
    for name in _FRACTIONS:
        parts = values.get(name, "").split(",")
        at = number + 1 if len(parts) == len(alts) + 1 else number  # RADIA lists the reference too
        text = parts[at].strip() if at < len(parts) else ""
        share = decimal_number(text.removesuffix("%"))
        if share is None:
            continue
        share /= 100 if text.endswith("%") else 1
        if 0 <= share <= 1:
            return share
    return None


def _base(text: str) -> bool:
    return len(text) == 1 and text in "ACGT"


def _sum(*numbers: int | None) -> int | None:
    known = [number for number in numbers if number is not None]
    return sum(known) if len(known) == len(numbers) else None


def _all(text: str) -> list[int | None]:
    return [_first(part) for part in text.split(",")]


def _first(text: str | None) -> int | None:
    return whole_number((text or "").split(",")[0].strip())


def expected_fraction(purity: float, *, copies: int = 2, mutated: int = 1) -> float:
    """Return the allele fraction of a change in all tumour cells: p*m / (p*n + 2(1-p)).

    >>> expected_fraction(0.6)
    0.3
    """
    return purity * mutated / (purity * copies + 2 * (1 - purity))
