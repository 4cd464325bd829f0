"""Header of a VCF: samples, contigs, definitions of fields.

Source: VCF 4.5 specification, sections 1.2 to 1.5.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from genorx._core.numerals import whole_number
from genorx.errors import VariantFileError, shown
from genorx.variants.notes import Notes

_COLUMNS = ("#CHROM", "POS", "ID", "REF", "ALT", "QUAL", "FILTER", "INFO")
_WITHOUT_PREFIX = frozenset({"4.0", "4.1", "4.2", "4.3"})
#: More digits than any position or length has.
MOST_DIGITS = 10
_BASES = re.compile(r"[ACGTNacgtn]+")
_ALTS = re.compile(r"(?:[ACGTNacgtn]+|<[^<>\s]+>|[.*]|,)+")
_PAIR = re.compile(r'(\w+)=("(?:[^"\\]|\\.)*"|[^,>]*)')


@dataclass(frozen=True, slots=True, kw_only=True)
class VariantHeader:
    """Content of a VCF header.

    Attributes
    ----------
    samples : tuple of str
        Names of the samples.
    width : int
        Number of columns of a record.
    contigs : mapping of name to length
        Lengths of the declared contigs; None if the contig line gives none.
    infos : mapping of INFO id to its description
        Declared INFO fields.
    texts : tuple of str
        Lines that may name the reference.
    lines : tuple of str
        All lines, the last of which names the columns.
    """

    samples: tuple[str, ...]
    width: int
    contigs: Mapping[str, int | None]
    infos: Mapping[str, str]
    texts: tuple[str, ...]
    lines: tuple[str, ...]

    @property
    def prefixed(self) -> bool:
        """Whether the first allele of a genotype may have its own phase (VCF 4.4 and later)."""
        return self.lines[0].rpartition("VCFv")[2] not in _WITHOUT_PREFIX


_OTHER_ENDS = "its lines end in a carriage return alone: write line feeds instead"


def _cure(first: str) -> str:
    """Return a hint for a first line that is not a VCF's: the file may be a VCF in another encoding."""
    if first.startswith("\ufeff"):
        return "it begins with a byte order mark, as some editors write: save it as UTF-8 without one"
    if first.startswith("\ufffd\ufffd") or "\0" in first:
        return "it may be a VCF in UTF-16: save it as UTF-8"
    return "the first line of a VCF is ##fileformat=VCFv4.x"


def parse_header(lines: list[str], *, file: str | Path, notes: Notes) -> VariantHeader:
    """Parse header lines, the last of which is the ``#CHROM`` line.

    Raises
    ------
    VariantFileError
        ``not-vcf``, ``header-absent``, ``text-nul``, ``header-columns``, ``sample-twice``, ``contig-line``.
    """
    if not lines or not lines[0].lower().startswith("##fileformat=vcf"):
        raise VariantFileError(
            "is not a VCF", file=file, place=1, hint=_cure(lines[0] if lines else ""), code="not-vcf"
        )
    if not lines[-1].startswith("#CHROM"):
        hint = _OTHER_ENDS if "\r" in lines[0] else "the line #CHROM POS ID ... comes before the first record"
        reason = "has no header line #CHROM"
        raise VariantFileError(reason, file=file, place=len(lines) + 1, hint=hint, code="header-absent")
    contigs: dict[str, int | None] = {}
    infos: dict[str, str] = {}
    for number, line in enumerate(lines, start=1):
        if "\0" in line:
            raise VariantFileError("a byte of zero in the text", file=file, place=number, code="text-nul")
        if line.startswith("##contig=<"):
            _take_contig(line, contigs, file, number, notes)
        elif line.startswith("##INFO=<"):
            pairs = header_pairs(line)
            infos[pairs.get("ID", "")] = pairs.get("Description", "")
    samples = _samples(lines[-1], file, len(lines))
    texts = tuple(line for line in lines if line.lower().startswith(("##reference", "##contig", "##assembly")))
    width = len(lines[-1].split("\t"))
    return VariantHeader(samples=samples, width=width, contigs=contigs, infos=infos, texts=texts, lines=tuple(lines))


def header_pairs(line: str) -> dict[str, str]:
    """Return the keys and values of a structured header line."""
    return {key: value.strip('"') for key, value in _PAIR.findall(line[line.index("<") + 1 :])}


def _take_contig(line: str, contigs: dict[str, int | None], file: str | Path, number: int, notes: Notes) -> None:
    pairs = header_pairs(line)
    name, length = pairs.get("ID", ""), pairs.get("length")
    value = None if length is None else whole_number(length, MOST_DIGITS)
    if not name or (length is not None and value is None):
        raise VariantFileError(
            f"contig line cannot be read: {shown(line)}", file=file, place=number, code="contig-line"
        )
    before = contigs.get(name)
    if None not in {before, value} and before != value:
        reason = f"contig {shown(name)} has two lengths, {before} and {value}"
        raise VariantFileError(reason, file=file, place=number, code="contig-line")
    if name in contigs:
        notes.add("contig-twice", "info", f"contig {shown(name)} is declared twice", place=str(number))
    contigs[name] = before if value is None else value  # one of the two lines may have no length


def _holds_a_record(samples: tuple[str, ...]) -> bool:
    """Return whether a record follows the header on one line: sample names are POS, ID, REF, ALT after a contig."""
    return any(
        pos.isdigit() and _BASES.fullmatch(ref) is not None and _ALTS.fullmatch(alt) is not None
        for pos, _, ref, alt, *_ in zip(*(samples[start:] for start in range(1, 9)), strict=False)
    )


def _samples(line: str, file: str | Path, number: int) -> tuple[str, ...]:
    names = line.split("\t")
    ok = tuple(names[:8]) == _COLUMNS and (len(names) == 8 or (names[8] == "FORMAT" and len(names) > 9))
    if not ok and not (len(names) == 9 and names[8] == "FORMAT"):
        hint = "columns are separated by tabs: #CHROM POS ID REF ALT QUAL FILTER INFO FORMAT and the samples"
        reason = "the #CHROM line does not have the columns of a VCF"
        raise VariantFileError(reason, file=file, place=number, hint=hint, code="header-columns")
    samples = tuple(names[9:])
    if _holds_a_record(samples):
        reason = "a record follows on the #CHROM line: its line end is missing"
        raise VariantFileError(reason, file=file, place=number, hint="fetch it again", code="header-columns")
    seen: set[str] = set()
    for sample in samples:
        if sample in seen or not sample.strip():
            reason = f"sample {shown(sample)!r} appears twice" if sample.strip() else "a sample has no name"
            raise VariantFileError(reason, file=file, place=number, hint="name each column once", code="sample-twice")
        if "\ufffd" in sample:
            reason = f"the name of sample {len(seen) + 1} is not UTF-8"
            raise VariantFileError(reason, file=file, place=number, hint="save the file as UTF-8", code="sample-name")
        seen.add(sample)
    return samples
