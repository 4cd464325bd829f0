"""Dosage of known variants in each sample: 0, 1, 2, or not known.

A record that lists the variant gives its dosage; a called record at its position that does not list it gives 0.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from genorx.errors import PanelError, VariantFileError, shown
from genorx.features.genes import WHY
from genorx.features.panel import Panel, Site
from genorx.variants.allele import is_change, trim
from genorx.variants.assembly import bare_contig
from genorx.variants.blocks import RecordBlock
from genorx.variants.calls import Call, Kind
from genorx.variants.known_site import GONE, alleles_at, is_whole, least_alleles
from genorx.variants.record_checks import Row
from genorx.variants.records import VariantReader
from genorx.variants.site import end_of, is_reference_block

#: Most dosage columns without a panel.
MAX_SITES = 5_000
UNSEEN, UNKNOWN = -2, -1
_Calls = Callable[[], list[Call]]  # returns the calls of a record


class SiteKey(NamedTuple):
    """A variant by position and alleles; ``end`` is 0 except for symbolic alleles."""

    contig: str
    position: int
    ref: str
    alt: str
    end: int = 0


@dataclass(slots=True, eq=False)
class SiteCells:
    """Dosages of one site; ``name`` is the panel's id, or the file's (empty if none)."""

    name: str
    dosage: NDArray[np.int8]
    beside: NDArray[np.int8]  # of records at its position that do not list it: UNSEEN, UNKNOWN or 0


class SiteTally:
    """Dosages of the samples of one file.

    Parameters
    ----------
    reader : VariantReader
        The open file.
    columns : list of int
        Columns (from 9) of the samples.
    panel : Panel
        The requested sites.

    Raises
    ------
    PanelError
        ``site-position`` for a site without position on the file's assembly; ``sites-too-many``.
    VariantFileError
        ``ref-mismatch`` if REF of the file differs from that of the panel.
    """

    def __init__(self, reader: VariantReader, columns: list[int], panel: Panel) -> None:
        self.cells: dict[SiteKey, SiteCells] = {}
        self._reader = reader
        self._columns = columns
        self._every = panel.all_sites
        self._places: dict[str, dict[int, list[SiteKey]]] = {}
        self._trimmed: dict[SiteKey, SiteKey] = {}
        for site in panel.sites:
            self._expect(site)
        self._sorted = {contig: sorted(places) for contig, places in self._places.items()}
        self._contigs: dict[str, str] = {}

    def _expect(self, site: Site) -> None:
        position = site.position(self._reader.assembly)
        if position is None:
            known = self._reader.assembly or "an unknown assembly"
            reason = f"site {shown(site.id)} has no position on {known}"
            raise PanelError(reason, file=self._reader.path, hint="state the assembly", code="site-position")
        contig = bare_contig(site.chrom)
        key = SiteKey(contig, position, site.ref, site.alt)
        self.cells[key] = self._new(site.id)
        self._places.setdefault(contig, {}).setdefault(position, []).append(key)
        self._trimmed[SiteKey(contig, *trim(position, site.ref, site.alt))] = key

    def _new(self, name: str) -> SiteCells:
        shape = len(self._columns)
        return SiteCells(name, np.full(shape, UNSEEN, dtype=np.int8), np.full(shape, UNSEEN, dtype=np.int8))

    def take(self, rows: list[Row]) -> None:
        """Process records; only the calls at sites are read."""
        for row in rows:
            self._take(row, partial(self._reader.calls, row, self._columns))

    def take_block(self, block: RecordBlock) -> None:
        """Process records with parsed calls."""
        for line, site in enumerate(block.sites):
            self._take(site, partial(block.calls_of, line))

    def add(self, cells: dict[SiteKey, SiteCells]) -> int:
        """Add the results of later records of the same samples; return the number of contradicting dosages."""
        clashes = 0
        for key, other in cells.items():
            own = self.cells.get(key)
            if own is None:
                self.cells[key] = other
                continue
            both = (own.dosage != UNSEEN) & (other.dosage != UNSEEN)
            clash = both & (own.dosage != other.dosage)
            clashes += int(clash.sum())
            own.dosage = np.where(clash, UNKNOWN, np.where(both | (other.dosage == UNSEEN), own.dosage, other.dosage))
            open_ = (own.beside == UNKNOWN) | (other.beside == UNKNOWN)
            own.beside = np.where(open_, UNKNOWN, np.where(other.beside == UNSEEN, own.beside, other.beside))
        return clashes

    def _take(self, row: Row, calls: _Calls) -> None:
        contig = self._contigs.get(row[0])
        if contig is None:
            contig = self._contigs[row[0]] = bare_contig(row[0])
        if self._every:
            self._take_every(row, contig, calls())
        elif contig in self._places:
            self._take_expected(row, contig, calls)

    def _take_every(self, row: Row, contig: str, calls: list[Call]) -> None:
        alts = row[4].split(",")
        changes = [(number, alt) for number, alt in enumerate(alts, start=1) if is_change(alt)]
        for number, alt in changes:
            key = SiteKey(contig, int(row[1]), row[3].upper(), alt.upper(), end_of(row) if "<" in alt else 0)
            cells = self.cells.get(key)
            if cells is None:
                if len(self.cells) >= MAX_SITES:
                    reason = f"more than {MAX_SITES:,} sites"
                    hint = "give a panel that names the requested sites"
                    raise PanelError(reason, file=self._reader.path, hint=hint, code="sites-too-many")
                cells = self.cells[key] = self._new(row[2] if row[2] != "." and len(changes) == 1 else "")
            self._list(cells, row, calls, number)

    def _take_expected(self, row: Row, contig: str, read: _Calls) -> None:
        position, places = int(row[1]), self._places[contig]
        if is_reference_block(row):
            ordered = self._sorted[contig]
            covered = ordered[bisect_left(ordered, position) : bisect_right(ordered, end_of(row))]
        else:
            covered = [position] if position in places else []
        alts = [] if row[4] == "." else row[4].upper().split(",")
        listed = {}
        known = places[position][0].ref if position in places else ""
        for number, alt in enumerate(alts, start=1):
            ref, alt = _filled(row[3].upper(), alt, known)  # noqa: PLW2901
            key = self._trimmed.get(SiteKey(contig, *trim(position, ref, alt))) if is_change(alt) else None
            if key is not None:
                listed[key] = number
        beside = [key for place in covered for key in places[place] if key not in listed]
        reached = self._reached(contig, row) if len(row[3]) > 1 else []
        if not (listed or beside or reached):
            return
        for key in (*listed, *beside):
            self._compare_reference(row, position, key)
        calls = read()
        for key, number in listed.items():
            self._list(self.cells[key], row, calls, number, _alleles_with(row, alts, key, None))
        for key in beside:
            self._lie_beside(self.cells[key], row, calls, _alleles_with(row, alts, key, None, GONE))
        for key in reached:
            self._reach_over(self.cells[key], calls, _alleles_with(row, alts, key, None, GONE))

    def _compare_reference(self, row: Row, position: int, key: SiteKey) -> None:
        """Raise an error if REF differs from the panel's base; N matches any."""
        if position != key.position:
            return
        for base, known in zip(row[3].upper(), key.ref, strict=False):
            if base not in {known, "N"}:
                raise VariantFileError(
                    f"REF {shown(row[3])} at site {shown(self.cells[key].name)}, but {key.ref} in the panel",
                    file=self._reader.path,
                    place=f"{row[0]}:{row[1]}",
                    hint="the file may be of another assembly or strand than the panel",
                    code="ref-mismatch",
                )

    def _list(
        self, cells: SiteCells, row: Row, calls: list[Call], number: int, unclear: frozenset[int] = frozenset()
    ) -> None:
        """Record the dosage of ALT ``number``; two records that disagree leave it unknown."""
        accepted = self._reader.accepts(row[6])
        least = least_alleles(row[0])
        new = np.array(
            [_dosage(call, number, least, unclear) if accepted else UNKNOWN for call in calls], dtype=np.int8
        )
        self._count(row, calls, Kind.CONTRADICTED, "depth-mismatch")
        clash = (cells.dosage != UNSEEN) & (cells.dosage != new)
        cells.dosage = np.where(clash, UNKNOWN, new).astype(np.int8)
        text = "the same variant is in two records with different dosages: these are no-calls"
        times = int(clash.sum())
        self._reader.notes.add("site-contradiction", "serious", text, place=f"{row[0]}:{row[1]}", times=times)

    def _count(self, row: Row, calls: list[Call], kind: Kind, code: str) -> None:
        times = sum(call.kind == kind for call in calls)
        text = f"{WHY[kind]} at sites are no-calls"
        self._reader.notes.add(code, "info", text, place=f"{row[0]}:{row[1]}", times=times)

    def _reached(self, contig: str, row: Row) -> list[SiteKey]:
        """Return the sites behind the first base of a record that its bases reach over."""
        ordered, position = self._sorted[contig], int(row[1])
        places = ordered[bisect_right(ordered, position) : bisect_right(ordered, position + len(row[3]) - 1)]
        return [key for place in places for key in self._places[contig][place]]

    def _reach_over(self, cells: SiteCells, calls: list[Call], hiding: frozenset[int]) -> None:
        """Leave open a site whose base an allele changes in another way; the record says nothing of other samples."""
        carried = np.array([not hiding.isdisjoint(call.genotype.alleles) for call in calls], dtype=bool)
        cells.beside = np.where(carried, UNKNOWN, cells.beside).astype(np.int8)

    def _lie_beside(self, cells: SiteCells, row: Row, calls: list[Call], hiding: frozenset[int]) -> None:
        accepted = self._reader.accepts(row[6])
        unspecified = {n for n, alt in enumerate(row[4].split(","), start=1) if not is_change(alt) and alt != "*"}
        unspecified |= hiding
        least = least_alleles(row[0])
        new = [0 if accepted and _rules_out(call, least, unspecified) else UNKNOWN for call in calls]
        self._count(row, calls, Kind.LOW_QUALITY, "reference-quality")
        # a record that leaves the position open outweighs another that was called
        seen = cells.beside == UNKNOWN
        cells.beside = np.where(seen, UNKNOWN, np.array(new, dtype=np.int8)).astype(np.int8)


def _filled(ref: str, alt: str, known: str) -> tuple[str, str]:
    """Replace an unknown first base N of both alleles, or of the reference, by the panel's base."""
    if not known or ref[0] != "N":
        return ref, alt
    return known[0] + ref[1:], known[0] + alt[1:] if alt[0] == "N" else alt


def _alleles_with(row: Row, alts: list[str], key: SiteKey, *texts: str | None) -> frozenset[int]:
    """Return the alleles of a record, in bases, that show one of some texts at a site whose change is one base."""
    if len(key.ref) != 1 or len(key.alt) != 1:
        return frozenset()
    shown = alleles_at(key.position, (key.ref, key.alt), int(row[1]), row[3].upper(), alts) or ()
    return frozenset(n for n, text in enumerate(shown) if n and text in texts and alts[n - 1].isalpha())


def _dosage(call: Call, number: int, least: int, unclear: frozenset[int]) -> int:
    known = is_whole(call, least) and unclear.isdisjoint(call.genotype.alleles)
    return call.genotype.alleles.count(number) if known else UNKNOWN


def _rules_out(call: Call, least: int, unspecified: frozenset[int] | set[int]) -> bool:
    """Return whether a call is known and excludes an allele that its record does not list."""
    return is_whole(call, least) and not unspecified.intersection(call.genotype.alleles)
