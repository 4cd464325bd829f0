"""Outcomes of every site for every sample, gathered record by record.

Records of the site itself decide.  Where there is none, or its alleles are written in another way, a record that says
the same after normalisation counts, then a reference block of a gVCF.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from genorx.pgx.genotype import Bases
from genorx.pgx.normalise import normalised
from genorx.pgx.records import ABSENT, Outcome, Record, SiteReader, again
from genorx.pgx.sites import Site, SiteTable

_BLOCK_ALTS = frozenset({".", "<*>", "<NON_REF>"})
#: A block needs this genotype quality, or this depth where it states no quality.
_LEAST_GQ, _LEAST_DEPTH = 20, 10


class _Codes(dict[str, int]):
    """Number of the outcome of a sample's text, found out once for each distinct text."""

    def __init__(self, judge: Callable[[str], int]) -> None:
        super().__init__()
        self._judge = judge

    def __missing__(self, text: str) -> int:
        self[text] = code = self._judge(text)
        return code


class SiteOutcomes:
    """Outcomes of one site: the distinct ones, and for each sample the number of its own."""

    def __init__(self) -> None:
        self.outcomes: list[Outcome] = [ABSENT]
        self._numbers = {ABSENT: 0}
        self.codes: array[int] | None = None
        self.looked_at = False  # a record of the site was there

    def number(self, outcome: Outcome) -> int:
        """Return the number of an outcome, a new one for one not seen before."""
        found = self._numbers.get(outcome)
        if found is None:
            found = self._numbers[outcome] = len(self.outcomes)
            self.outcomes.append(outcome)
        return found

    def put(self, codes: Iterable[int], join: Callable[[Outcome, Outcome], Outcome]) -> None:
        """Add codes of a further record, joined sample by sample with what is there."""
        if self.codes is None:
            self.codes = array("i", codes)
            return
        pairs = list(zip(self.codes, codes, strict=True))
        joined: dict[tuple[int, int], int] = {}
        for one, two in sorted(set(pairs)):
            joined[one, two] = self.number(join(self.outcomes[one], self.outcomes[two]))
        self.codes = array("i", [joined[pair] for pair in pairs])


class Collector:
    """Gathers the outcomes of all sites on one assembly."""

    def __init__(self, table: SiteTable, samples: tuple[str, ...], *, weighed: bool = False) -> None:
        self.table = table
        self.samples = samples
        self.agreeing = self.differing = 0  # records of a site with its REF and with another
        self._weighed = weighed
        self._direct = [SiteOutcomes() for _ in table.sites]
        self._same = [SiteOutcomes() for _ in table.sites]
        self._block = [SiteOutcomes() for _ in table.sites]
        self._near = table.near()
        self._normal: dict[tuple[str, int, str, str], tuple[int, str]] | None = None

    def wants(self, chrom: str, pos: int) -> bool:
        """Return whether a record at a place may say something about a site."""
        return pos in self._near.get(chrom, ())

    def take(self, record: Record, texts: Sequence[str]) -> None:
        """Add a record with its sample columns."""
        end = _block_end(record)
        if end is not None:
            self._take_block(record, texts, end)
            return
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
        reader, target = SiteReader(record, site, weighed=self._weighed), self._direct[number]
        target.looked_at = True
        codes = _Codes(lambda text: target.number(reader.outcome(text)))
        target.put([codes[reader.key(text)] for text in texts], lambda a, b: again(a, b, beside=record.beside))

    def _take_other_form(self, record: Record, texts: Sequence[str]) -> None:
        """Read a record whose change is one of the definitions' in another spelling."""
        found: dict[int, dict[str, str]] = {}
        for alt in record.alts:
            if not alt.isalpha():
                continue
            pos, ref, base = normalised(record.chrom, record.pos, record.ref, alt, self.table.known_bases)
            hit = self._definitions().get((record.chrom, pos, ref, base))
            if hit is not None:
                found.setdefault(hit[0], {})[alt] = hit[1]
        for number, spelling in found.items():
            site = self.table.sites[number]
            alts = tuple(spelling.get(alt, alt) for alt in record.alts)
            renamed = replace(record, pos=site.pos, ref=site.ref, alts=alts)
            reader, target = SiteReader(renamed, site, weighed=self._weighed), self._same[number]
            codes = _Codes(lambda text, r=reader, t=target: t.number(r.outcome(text)))  # type: ignore[misc]
            target.put([codes[reader.key(text)] for text in texts], lambda a, b: again(a, b, beside=False))

    def _definitions(self) -> dict[tuple[str, int, str, str], tuple[int, str]]:
        """Return site and ALT of each defined change, by its normalised form."""
        if self._normal is None:
            self._normal = {}
            for number, site in enumerate(self.table.sites):
                for alt in site.alts:
                    pos, ref, base = normalised(site.chrom, site.pos, site.ref, alt, self.table.known_bases)
                    self._normal.setdefault((site.chrom, pos, ref, base), (number, alt))
        return self._normal

    def _take_block(self, record: Record, texts: Sequence[str], end: int) -> None:
        for number in self.table.between(record.chrom, record.pos, end):
            site, target = self.table.sites[number], self._block[number]
            whole = site.pos + len(site.ref) - 1 <= end
            codes = _Codes(lambda text, s=site, t=target, w=whole: t.number(_block_outcome(record, s, text, whole=w)))  # type: ignore[misc]
            target.put([codes[text] for text in texts], lambda a, b: a if a.bases is not None else b)

    def finish(self, *, absent_is_reference: bool) -> list[tuple[list[Outcome], array[int]]]:
        """Return for each site its outcomes, and for each sample the number of its own."""
        found = []
        for number, site in enumerate(self.table.sites):
            target = self._direct[number]
            for other in (self._same[number], self._block[number]):
                if other.codes is not None:
                    target.put([target.number(other.outcomes[code]) for code in other.codes], _instead)
            if target.codes is None:
                filler = target.number(_reference(site)) if absent_is_reference else 0
                target.codes = array("i", [filler] * len(self.samples))
            found.append((target.outcomes, target.codes))
        return found


def _instead(before: Outcome, other: Outcome) -> Outcome:
    """Return the outcome of a record in another form where the site's own gave none."""
    if before.bases is not None or other == ABSENT:
        return before
    return replace(other, warnings=tuple(dict.fromkeys((*before.warnings, *other.warnings))))


def _reference(site: Site) -> Outcome:
    return Outcome(Bases(site.ref, site.ref, True, None, "0|0", inferred=True))


def _block_end(record: Record) -> int | None:
    """Return the last place that a reference block covers; None for any other record."""
    if "END=" not in record.info or not all(alt in _BLOCK_ALTS for alt in record.alts):
        return None
    for item in record.info.split(";"):
        if item.startswith("END=") and item[4:].isdigit():
            return int(item[4:])
    return None


def _block_outcome(record: Record, site: Site, text: str, *, whole: bool) -> Outcome:
    """Return homozygous reference for a site inside a block that was looked at well enough, else nothing."""
    values = dict(zip(record.keys, text.split(":"), strict=False))
    gt = values.get("GT", "")
    if not whole or not gt or set(gt) - set("0/|"):
        return ABSENT
    if not record.accepted:
        return Outcome(None, ("filtered",))
    quality, depth = values.get("GQ") or values.get("RGQ"), values.get("MIN_DP") or values.get("DP")
    enough = True
    if quality is not None and quality.isdigit():
        enough = int(quality) >= _LEAST_GQ
    elif depth is not None and depth.isdigit():
        enough = int(depth) >= _LEAST_DEPTH
    if depth is not None and depth.isdigit() and int(depth) == 0:
        enough = False
    if not enough:
        return Outcome(None, ("block-quality",))
    second = None if len(gt) == 1 else site.ref
    return Outcome(Bases(site.ref, second, True, None, gt, inferred=True))
