"""Outcomes of every site for every sample, collected record by record.

Records of the site itself decide.  Without one, or if its alleles are written in another notation, a record that is
equal after normalisation counts, then a reference block of a gVCF.  A record that may be the site's own change in
another notation, or that changes the bases at the site in another way, leaves the site without a call.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from genorx.pgx.matching.genotype import HAPLOID, Bases
from genorx.pgx.reading.normalise import KnownBases
from genorx.pgx.reading.outcome_numbers import OutcomeNumbers
from genorx.pgx.reading.records import (
    ABSENT,
    BLOCK_QUALITY,
    CONTRADICTED,
    NO_CALLS,
    Outcome,
    Record,
    SiteReader,
    again,
    are_bases,
    differ,
    joined,
    with_other_alts,
)
from genorx.pgx.reading.sites import Site, SiteTable
from genorx.pgx.reading.variant_representation import (
    COVERED,
    UNDECIDED,
    Spelling,
    covering_deletion,
    left_open,
    more_open,
    unless_stated,
)
from genorx.variants.calls import Kind
from genorx.variants.site import end_of, info_value


class _Codes(dict[str, int]):
    """Codes of outcomes by sample text, computed once per distinct text."""

    def __init__(self, judge: Callable[[str], int]) -> None:
        super().__init__()
        self._judge = judge

    def __missing__(self, text: str) -> int:
        self[text] = code = self._judge(text)
        return code

    def of_all(self, texts: Sequence[str]) -> OutcomeNumbers:
        """Return the number of each sample's text."""
        return OutcomeNumbers.of(map(self.__getitem__, texts), len(texts))


class SiteOutcomes:
    """Outcomes of one site: the distinct ones, and the index of each sample's outcome."""

    def __init__(self) -> None:
        self.outcomes: list[Outcome] = [ABSENT]
        self._numbers = {ABSENT: 0}
        self.codes: OutcomeNumbers | None = None
        self.alts: set[str] = set()  # of the records so far

    def number(self, outcome: Outcome) -> int:
        """Return the index of an outcome, assigning a new one if needed."""
        found = self._numbers.get(outcome)
        if found is None:
            found = self._numbers[outcome] = len(self.outcomes)
            self.outcomes.append(outcome)
        return found

    def take(self, record: Record, site: Site, texts: Sequence[str], *, weighed: bool) -> None:
        """Add a record at the site's position, in the definition's notation or another's."""
        reader = SiteReader(record, site, weighed=weighed)
        known: dict[Hashable, int] = {}
        codes = _Codes(lambda text: self._number_of(text, reader, known))
        listed = codes.of_all(texts)
        alts = set(record.alts)
        # also for an ALT of no allele: otherwise its 0/0 would hide the defined ALT of a later record
        split = record.ref == site.ref and not record.beside and all(are_bases(alt) for alt in alts)
        if split and self.alts and self.alts.isdisjoint(alts):
            self.put(listed, lambda a, b: with_other_alts(a, b, site.ref))
        else:
            self.put(listed, lambda a, b: again(a, b, beside=record.beside))
        if split:
            self.alts |= alts

    def _number_of(self, text: str, reader: SiteReader, known: dict[Hashable, int]) -> int:
        key = reader.key(text)
        found = known.get(key)
        if found is None:
            found = known[key] = self.number(reader.outcome(text))
        return found

    def put(self, codes: OutcomeNumbers, join: Callable[[Outcome, Outcome], Outcome]) -> None:
        """Add codes of a further record, joined sample by sample with those of earlier records."""
        if self.codes is None:
            self.codes = codes
            return
        pairs, which = np.unique(self.codes.all().astype(np.int64) << 32 | codes.all(), return_inverse=True)
        both = [divmod(pair, 1 << 32) for pair in pairs.tolist()]
        joined = [self.number(join(self.outcomes[one], self.outcomes[two])) for one, two in both]
        self.codes = OutcomeNumbers.of_array(np.array(joined, dtype=np.int32)[which])

    def put_of(self, other: SiteOutcomes | None, join: Callable[[Outcome, Outcome], Outcome]) -> None:
        """Add the outcomes of other records; see ``put``."""
        if other is not None and other.codes is not None:
            self.put(other.codes.renumbered(lambda code: self.number(other.outcomes[code])), join)


class Collector:
    """Collects the outcomes of all sites on one assembly."""

    def __init__(
        self,
        table: SiteTable,
        samples: tuple[str, ...],
        *,
        weighed: bool = False,
        absent_is_reference: bool = False,
        known: KnownBases | None = None,
    ) -> None:
        self.table = table
        self.samples = samples
        self.agreeing = self.differing = 0  # records of a site with its REF and with another
        self.in_blocks = 0  # sites covered by a reference block that does not show their bases
        self._weighed, self._fill = weighed, absent_is_reference
        self._direct = [SiteOutcomes() for _ in table.sites]
        # by index of the site, if a record is informative
        self._same: defaultdict[int, SiteOutcomes] = defaultdict(SiteOutcomes)
        self._block: defaultdict[int, SiteOutcomes] = defaultdict(SiteOutcomes)
        self._open: defaultdict[int, SiteOutcomes] = defaultdict(SiteOutcomes)
        self.near = table.near()
        self._spelling = Spelling(table, known)
        self._one_x = [False] * len(samples)  # whether the last genotype on chrX had one allele

    def wants(self, record: Record) -> bool:
        """Return whether a record may be informative on a site."""
        return record.pos in self.near.get(record.chrom, ()) or "END=" in record.row[7]

    def take(self, record: Record, texts: Sequence[str]) -> None:
        """Add a record with its sample columns."""
        end = end_of(record.row) if info_value(record.row[7], "END") else None
        if end is not None and record.reference_only:
            self._take_block(record, texts, end)
            return
        if end is not None:
            self._leave_open(covering_deletion(self.table, record, end), COVERED, record, texts)
        numbers = self.table.by_place.get((record.chrom, record.pos), ())
        for number in numbers:
            self._take_direct(number, record, texts)
        if not numbers or any(record.ref != self.table.sites[n].ref for n in numbers):
            self._take_other_form(record, texts)

    def _take_direct(self, number: int, record: Record, texts: Sequence[str]) -> None:
        site = self.table.sites[number]
        if record.ref == site.ref:
            self.agreeing += 1
        else:
            self.differing += 1
        if self._fill and site.chrom == "chrX":
            calls = [record.call(text).genotype.alleles for text in texts]
            # a no-call is not informative
            self._one_x = [
                before if max(alleles) < 0 else len(alleles) == 1
                for alleles, before in zip(calls, self._one_x, strict=True)
            ]
        self._direct[number].take(record, site, texts, weighed=self._weighed)

    def _take_other_form(self, record: Record, texts: Sequence[str]) -> None:
        """Read a record that describes a site differently: its change in another notation, or an overlapping one."""
        found = self._spelling.read(record)
        for number, spelling in found.spelled.items():
            site = self.table.sites[number]
            alts = tuple(spelling.get(alt, alt) for alt in record.alts)
            renamed = replace(record, pos=site.pos, ref=site.ref, alts=alts)
            self._same[number].take(renamed, site, texts, weighed=self._weighed)
        self._leave_open(found.undecided, UNDECIDED, record, texts)
        self._leave_open(found.covered, COVERED, record, texts)

    def _leave_open(self, sites: Mapping[int, set[str]], code: str, record: Record, texts: Sequence[str]) -> None:
        """Record the samples in which a record leaves a site undetermined."""
        for number, alts in sites.items():
            target = self._open[number]
            codes = _Codes(lambda text, t=target, a=alts: t.number(left_open(text, record, a, code)))  # type: ignore[misc]
            target.put(codes.of_all(texts), more_open)

    def _take_block(self, record: Record, texts: Sequence[str], end: int) -> None:
        for number in self.table.between(record.chrom, record.pos, end):
            site, target = self.table.sites[number], self._block[number]
            if site.pos == record.pos and record.ref[0] != site.ref[0]:
                self.differing += 1
                continue
            self.in_blocks += 1
            whole = site.pos + len(site.ref) - 1 <= end
            codes = _Codes(lambda text, s=site, t=target, w=whole: t.number(_block_outcome(record, s, text, whole=w)))  # type: ignore[misc]
            target.put(codes.of_all(texts), lambda a, b: a if a.bases is not None else b)

    def finish(self) -> list[tuple[list[Outcome], OutcomeNumbers]]:
        """Return for each site its outcomes, and for each sample the index of its outcome."""
        found = []
        for number, site in enumerate(self.table.sites):
            target = self._direct[number]
            target.put_of(self._same.get(number), _instead)
            target.put_of(self._block.get(number), _instead)
            if target.codes is None:
                target.codes = self._absent(site, target)
            target.put_of(self._open.get(number), lambda a, b, ref=site.ref: unless_stated(a, b, ref))  # type: ignore[misc]
            found.append((target.outcomes, target.codes))
        return found

    def _absent(self, site: Site, target: SiteOutcomes) -> OutcomeNumbers:
        """Return the codes of the outcome of a site without a record."""
        samples = len(self.samples)
        if not self._fill:
            return OutcomeNumbers(0, samples)
        if site.chrom == "chrX":
            both = (target.number(_reference(site, one=False)), target.number(_reference(site, one=True)))
            return OutcomeNumbers.of((both[one] for one in self._one_x), samples)
        return OutcomeNumbers(target.number(_reference(site, one=site.chrom in HAPLOID)), samples)


def _instead(before: Outcome, other: Outcome) -> Outcome:
    """Return the outcome of a record in another form if the site's own records gave none and were not refused."""
    if before.bases is None and not set(NO_CALLS).isdisjoint(before.warnings):
        return before
    if before.bases is not None and other.bases is not None and differ(before.bases, other.bases):
        return replace(before, warnings=joined(before.warnings, (CONTRADICTED,)))
    if before.bases is not None or other == ABSENT:
        return before
    return replace(other, warnings=joined(before.warnings, other.warnings))


def _reference(site: Site, *, one: bool) -> Outcome:
    if one:
        return Outcome(Bases(site.ref, None, True, None, "0", inferred="absent"))
    return Outcome(Bases(site.ref, site.ref, True, None, "0|0", inferred="absent"))


def _block_outcome(record: Record, site: Site, text: str, *, whole: bool) -> Outcome:
    """Return homozygous reference for a site inside a reference block of sufficient quality, otherwise None."""
    call = record.call(text)
    if not whole or set(call.genotype.alleles) != {0}:
        return ABSENT
    if call.kind == Kind.FILTERED or not record.accepted:
        return Outcome(None, ("filtered",))
    if call.kind != Kind.REFERENCE:
        return Outcome(None, (BLOCK_QUALITY,))
    copies = len(call.genotype.alleles)
    second = None if copies == 1 else site.ref
    return Outcome(Bases(site.ref, second, True, None, "/".join("0" * copies), inferred="block"))
