"""Records that describe a site differently: the site's change in another notation, or an overlapping change.

A change whose notation cannot be resolved with the known bases leaves the site without a call.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

from genorx.pgx.reading.normalise import Change, KnownBases, normalised
from genorx.pgx.reading.records import ABSENT, Outcome, Record, joined
from genorx.pgx.reading.sites import REACH, SiteTable

#: Reasons for a site without a call: the reference sequence is needed to decide, or another change covers it.
UNDECIDED, COVERED = "indel-undecided", "covered-by-change"
_NOT_CALLED = "no-genotype"


@dataclass
class Reading:
    """Information of a record on sites other than its own.

    ``spelled`` maps the index of a site to the record's ALTs in the notation of the definition; ``undecided`` and
    ``covered`` map it to the ALTs that may be a change of the site, or that change its bases in another way.
    """

    spelled: dict[int, dict[str, str]] = field(default_factory=dict)
    undecided: dict[int, set[str]] = field(default_factory=dict)
    covered: dict[int, set[str]] = field(default_factory=dict)


class Spelling:
    """Interprets records at other positions or with other alleles for the sites of a table."""

    def __init__(self, table: SiteTable, known: KnownBases | None = None) -> None:
        self._table, self._given = table, known

    @cached_property
    def _known(self) -> KnownBases:
        return self._table.known_bases if self._given is None else self._given

    @cached_property
    def _changes(self) -> list[tuple[int, str, Change]]:
        """Index of the site, ALT and normalised change, for all sites; not needed for most files."""
        known = self._known
        return [
            (number, alt, normalised(site.chrom, site.pos, site.ref, alt, known))
            for number, site in enumerate(self._table.sites)
            for alt in site.alts
        ]

    @cached_property
    def _defined(self) -> dict[tuple[str, int, str, str], tuple[int, str]]:
        found: dict[tuple[str, int, str, str], tuple[int, str]] = {}
        for number, alt, change in self._changes:
            found.setdefault((self._table.sites[number].chrom, *change[:3]), (number, alt))
        return found

    @cached_property
    def _indels(self) -> dict[tuple[str, str], list[int]]:
        found: dict[tuple[str, str], list[int]] = {}
        for number, _, change in self._changes:
            if change.unit is not None:
                found.setdefault((self._table.sites[number].chrom, change.unit), []).append(number)
        return found

    def read(self, record: Record) -> Reading:
        """Return a record's information on sites, except those with its position and REF."""
        found = Reading()
        own = {n for n in self._table.by_place.get((record.chrom, record.pos), ()) if self._fits(n, record)}
        for alt in dict.fromkeys(record.alts):
            if not alt.isalpha() or alt == record.ref:
                continue
            change = normalised(record.chrom, record.pos, record.ref, alt, self._known)
            hit = self._defined.get((record.chrom, *change[:3]))
            if hit is not None:
                if hit[0] not in own:
                    found.spelled.setdefault(hit[0], {})[alt] = hit[1]
                continue
            for number in self._maybe(record.chrom, change):
                found.undecided.setdefault(number, set()).add(alt)
            for number in self._under(record.chrom, change):
                if number not in own:
                    found.covered.setdefault(number, set()).add(alt)
        return found

    def _fits(self, number: int, record: Record) -> bool:
        return self._table.sites[number].ref == record.ref

    def _maybe(self, chrom: str, change: Change) -> Iterator[int]:
        """Yield sites to the right to whose repeat an unsettled change may belong."""
        if change.settled or change.unit is None:
            return
        for number in self._indels.get((chrom, change.unit), ()):
            if 0 < change.pos - self._table.sites[number].pos <= REACH:
                yield number

    def _under(self, chrom: str, change: Change) -> Iterator[int]:
        """Yield sites whose bases a multi-base change replaces, deletes, or separates."""
        last = change.pos + len(change.ref) - 1
        if len(change.ref) == len(change.alt) == 1:
            return
        for number in self._table.between(chrom, change.pos - REACH, last):
            site = self._table.sites[number]
            anchored = site.is_snp and change.ref[0] == change.alt[0]  # the first base is unchanged
            if site.pos + len(site.ref) - 1 >= change.pos + anchored:
                yield number


def covering_deletion(table: SiteTable, record: Record, end: int) -> dict[int, set[str]]:
    """Return the sites within a symbolic deletion, with its ALTs."""
    alts = {alt for alt in record.alts if alt.startswith("<DEL")}
    return dict.fromkeys(table.between(record.chrom, record.pos + 1, end), alts) if alts else {}


def left_open(text: str, record: Record, alts: set[str], code: str) -> Outcome:
    """Return that a genotype leaves a site undetermined, since it has, or may have, one of some ALTs."""
    held = set(record.call(text).genotype.alleles)
    named = {number for number, alt in enumerate(record.alts, start=1) if alt in alts}
    if held & named:
        return Outcome(None, (code,))
    return Outcome(None, (code, _NOT_CALLED)) if -1 in held else ABSENT


def more_open(one: Outcome, two: Outcome) -> Outcome:
    """Merge two such results: one with a change is more informative than one without a call."""
    certain = [found for found in (one, two) if found != ABSENT and _NOT_CALLED not in found.warnings]
    return Outcome(None, joined(*(found.warnings for found in certain or (one, two))))


def unless_stated(before: Outcome, still_open: Outcome, ref: str) -> Outcome:
    """Return the outcome of a site that another record leaves undetermined: no call, unless it is determined anyway.

    A changed base determines it.  So does the reference in the site's own record, except against an indel of the sample
    that may be the site's own.
    """
    if not still_open.warnings:
        return before
    bases = before.bases
    changed = bases is not None and {bases.first, bases.second} - {ref, None}
    own = bases is not None and not bases.inferred
    certain = UNDECIDED in still_open.warnings and _NOT_CALLED not in still_open.warnings
    if changed or (own and not certain):
        return before
    return Outcome(None, joined(before.warnings, still_open.warnings))
