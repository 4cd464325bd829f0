"""Count of one base at a germline site in each sample of a variant file; unknown if the file does not show it.

No-calls are defined in ``variants.calls``, the quality that a reference call needs in ``variants.reference_quality``.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from genorx.errors import VariantFileError

if TYPE_CHECKING:
    from genorx.variants.calls import Call
    from genorx.variants.known_site import Shown
    from genorx.variants.record_checks import Row
    from genorx.variants.records import VariantReader

Absent = Literal["missing", "reference"]
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class CountedSite:
    """A germline site: position and reference base by assembly, and the counted base, on the plus strand.

    Without a reference base only a record of the site itself gives the count; ``other`` is then the other base.
    """

    chrom: str
    positions: tuple[int, int]
    references: tuple[str, str]
    counted: str
    other: str = ""

    @property
    def documented(self) -> frozenset[str]:
        """Known bases of the site."""
        return frozenset({self.counted, self.other, *self.references} - {""})


def site_counts(path: str | Path, site: CountedSite, which: int, *, assembly: str | None, absent: Absent) -> Floats:
    """Return the count of the counted base in each sample, NaN if it is not known.

    It is unknown for a base that the site is not known to have, one allele instead of two, a REF that differs from the
    assembly, a change that extends over the site, a block without sufficient quality, and contradictory records.

    Parameters
    ----------
    which : {0, 1}
        Index of the file's assembly in the positions and references of the site.

    Raises
    ------
    VariantFileError, AssemblyError
        See ``read_genotypes``.
    """
    from genorx.variants.genotypes import rows_in
    from genorx.variants.records import VariantReader
    from genorx.variants.region import parse_region

    reader = VariantReader(path, assembly=assembly, germline=True)
    reference = site.references[which]
    seen = _Seen(len(reader.header.samples))
    try:
        for rows in rows_in(reader, parse_region(f"{site.chrom}:{site.positions[which]}")):
            for row in rows:
                seen.take(reader, row, site, site.positions[which], reference)
    except VariantFileError as fault:
        if fault.code != "region-contig":
            raise
        return np.full(len(reader.header.samples), np.nan)  # the file has no such contig: it was not sequenced
    filled = _of_reference(reference, site) if absent == "reference" and reference else np.nan
    return seen.counts(filled)


class _Seen:
    """Counts of each sample in the records of a site so far."""

    def __init__(self, samples: int) -> None:
        self._own = np.full(samples, np.nan)  # from records with the counted base
        self._other = np.full(samples, np.nan)  # from records of the reference alone
        self._unknown = np.zeros(samples, dtype=bool)

    def take(self, reader: VariantReader, row: Row, site: CountedSite, position: int, reference: str) -> None:
        """Add a record that covers the site."""
        from genorx.variants.site import is_reference_block

        calls = reader.calls(row, range(9, 9 + len(self._own)))
        accepted = reader.accepts(row[6])
        if is_reference_block(row):
            at, judged = None, _Block(row, site, position, reference)
            found = [judged.count(call, accepted) for call in calls]
        elif (at := _Record.of(row, site, position, reference)) is not None:
            found = [at.count(call, accepted) for call in calls]
        else:  # a nearby change that extends over the site
            self._unknown |= np.array([not accepted or call.dosage != 0 for call in calls], dtype=bool)
            return
        count = np.array(found, dtype=float)
        self._unknown |= np.isnan(count)
        if at is not None and site.counted in at.shown:
            self._unknown |= ~np.isnan(self._own) & (self._own != count)
            self._own = count
        else:
            self._other = count

    def counts(self, absent: float) -> Floats:
        """Return the counts; ``absent`` is that of a sample without a record."""
        found = np.where(np.isnan(self._own), self._other, self._own)
        found = np.where(np.isnan(found), absent, found)
        return np.where(self._unknown, np.nan, found)


class _Record:
    """A record that describes the site."""

    def __init__(self, shown: Shown, site: CountedSite, reference: str, contig: str) -> None:
        self.shown = shown
        first = (shown[0] or "")[:1]
        self._fits = first == reference if reference else first in site.documented
        self._site, self._reference, self._contig = site, _of_reference(first, site), contig

    @classmethod
    def of(cls, row: Row, site: CountedSite, position: int, reference: str) -> _Record | None:
        """Return a record, None if it lies before the site and has no change of it."""
        from genorx.variants.known_site import GONE, alleles_at

        start, ref, alts = int(row[1]), row[3].upper(), row[4].upper().split(",")
        shown = alleles_at(position, site.documented, start, ref, alts, reference=reference)
        if shown is None or (start < position and all(text in (None, GONE, shown[0]) for text in shown[1:])):
            return None
        return cls(shown, site, reference, row[0])

    def count(self, call: Call, accepted: bool) -> float:
        """Return the count of a call."""
        numbers = _both(call, self._contig, accepted=accepted)
        if not self._fits or numbers is None:
            return np.nan
        if set(numbers) == {0}:
            return self._reference
        bases = [self.shown[number] for number in numbers]
        return float(bases.count(self._site.counted)) if self._site.documented.issuperset(bases) else np.nan


class _Block:
    """A reference block of a gVCF that covers the site."""

    def __init__(self, row: Row, site: CountedSite, position: int, reference: str) -> None:
        shown = row[3][0].upper() if int(row[1]) == position else reference
        fits = shown and reference in ("", shown)
        self._count, self._contig = _of_reference(shown, site) if fits else np.nan, row[0]

    def count(self, call: Call, accepted: bool) -> float:
        """Return the count of a call."""
        return self._count if _both(call, self._contig, accepted=accepted) == (0, 0) else np.nan


def _both(call: Call, contig: str, *, accepted: bool) -> tuple[int, ...] | None:
    """Return both allele numbers of a known call, None for any other."""
    from genorx.variants.known_site import is_whole, least_alleles

    return call.genotype.alleles if accepted and is_whole(call, least_alleles(contig)) else None


def _of_reference(base: str, site: CountedSite) -> float:
    return 2.0 if base == site.counted else 0.0
