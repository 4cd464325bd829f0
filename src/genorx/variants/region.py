"""A requested genomic region."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from genorx._core.files import FileKind
from genorx._core.numerals import whole_number
from genorx.errors import UsageError, VariantFileError, shown
from genorx.variants.assembly import bare_contig
from genorx.variants.record_checks import Row
from genorx.variants.site import end_of

_REGION = re.compile(
    r"(?P<contig>[^\s:]+(?::[^\s:0-9][^\s:]*)*)(?::(?P<start>[0-9,]{1,20})(?:-(?P<end>[0-9,]{1,20}))?)?", re.ASCII
)
_LAST = 2**31 - 1
_BED = FileKind(name="file of regions", error=VariantFileError, code="region-file")


@dataclass(frozen=True, slots=True)
class Region:
    """Positions ``start`` to ``end``, 1-based, both included."""

    contig: str
    start: int
    end: int

    def among(self, contigs: Mapping[str, object], *, file: str | Path) -> str:
        """Return the name of the region's contig in the file.

        Raises
        ------
        VariantFileError
            ``region-contig`` if the header declares contigs, but not this one.
        """
        for name in contigs:
            if bare_contig(name) == bare_contig(self.contig):
                return name
        if contigs:
            reason = f"the header has no contig {shown(self.contig)!r}"
            raise VariantFileError(reason, file=file, place="header", code="region-contig")
        return self.contig

    def covers(self, row: Row) -> bool:
        """Return whether a record overlaps the region."""
        if bare_contig(row[0]) != bare_contig(self.contig):
            return False
        position = int(row[1])
        return position <= self.end and end_of(row) >= self.start


def parse_region(text: str) -> Region:
    """Parse ``contig``, ``contig:position`` or ``contig:start-end``.

    Raises
    ------
    UsageError
        ``region`` if the text is not a region, or the region ends before it begins.

    Examples
    --------
    >>> parse_region("chr7:55,191,822")
    Region(contig='chr7', start=55191822, end=55191822)
    """
    match = _REGION.fullmatch(text)
    if match is None:
        raise UsageError(f"region {shown(text)!r} cannot be read", hint="write chr7:100-200", code="region")
    start, end = (int(part.replace(",", "") or 0) if part else None for part in match.group("start", "end"))
    if start is None:
        return Region(match["contig"], 0, _LAST)
    end = start if end is None else end
    if end < start:
        raise UsageError(f"region {shown(text)!r} ends before it begins", code="region")
    return Region(match["contig"], start, end)


class BedInterval(NamedTuple):
    """A line of a BED file: a half-open interval of a contig without ``chr``, and its name (empty if it has none)."""

    line: int
    contig: str
    start0: int
    end: int
    name: str


def bed_intervals(
    lines: Iterable[tuple[int, str]], refuse: Callable[[int], Exception], *, named: bool = False
) -> Iterator[BedInterval]:
    """Yield the intervals of numbered BED lines; comments, ``track`` and ``browser`` lines are passed over.

    Parameters
    ----------
    lines : iterable of (int, str)
    refuse : callable
        Returns the error to raise for the line of a number: no interval, an empty one, or one without a needed name.
    named : bool
        Whether each interval needs a name, in the fourth column.
    """
    for number, line in lines:
        if not line.strip() or line.startswith(("#", "track", "browser")):
            continue
        values = [*line.split("\t"), "", "", ""]
        contig, name = values[0].strip(), values[3].strip()
        start0, end = whole_number(values[1], 10), whole_number(values[2], 10)
        whole = start0 is not None and end is not None and start0 < end <= _LAST
        if start0 is None or end is None or not whole or not contig or (named and not name):
            raise refuse(number)
        yield BedInterval(number, bare_contig(contig), start0, end, name)


def read_regions(path: str | Path) -> tuple[Region, ...]:
    """Read regions of a BED file: contig, start (0-based), end, in the order of the file.

    Raises
    ------
    VariantFileError
        ``region-file`` if a line is not a region; ``regions-overlap`` if two regions overlap, since a record of both
        would be counted twice.
    """
    hint = "columns are contig, start (0-based) and end, separated by tabs"

    def refuse(line: int) -> VariantFileError:
        return VariantFileError("the line is not a region", file=path, place=line, hint=hint, code="region-file")

    lines = enumerate(_BED.read_text(path).splitlines(), start=1)
    found = [(each.contig, each.start0, each.end, each.line) for each in bed_intervals(lines, refuse)]
    if not found:
        raise VariantFileError("the file has no region", file=path, code="region-file")
    ordered = sorted(found)
    for one, other in pairwise(ordered):
        if one[0] == other[0] and other[1] < one[2]:
            reason = f"the region overlaps that of line {min(one[3], other[3])}"
            hint = "give regions that do not overlap: a record of two would be counted twice"
            raise VariantFileError(reason, file=path, place=max(one[3], other[3]), hint=hint, code="regions-overlap")
    return tuple(Region(contig, start0 + 1, end) for contig, start0, end, _ in found)
