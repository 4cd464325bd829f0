"""A stretch of the genome that a caller asks for."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from genorx.errors import UsageError, VariantFileError, shown
from genorx.variants.assembly import bare_contig
from genorx.variants.record_checks import Row
from genorx.variants.site import end_of

_REGION = re.compile(
    r"(?P<contig>[^\s:]+(?::[^\s:0-9][^\s:]*)*)(?::(?P<start>[0-9,]{1,20})(?:-(?P<end>[0-9,]{1,20}))?)?", re.ASCII
)
_LAST = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Region:
    """Positions ``start`` to ``end``, 1-based, both included."""

    contig: str
    start: int
    end: int

    def among(self, contigs: Mapping[str, object], *, file: str | Path) -> str:
        """Return the region's contig as the file writes it.

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
        """Tell whether a record overlaps the region."""
        if bare_contig(row[0]) != bare_contig(self.contig):
            return False
        position = int(row[1])
        return position <= self.end and end_of(row) >= self.start


def parse_region(text: str) -> Region:
    """Parse ``contig``, ``contig:position`` or ``contig:start-end``.

    Raises
    ------
    UsageError
        ``region``.

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
