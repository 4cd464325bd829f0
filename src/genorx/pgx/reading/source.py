"""Records of a variant file that lie near a site of a pharmacogene, checked like all that a reader walks over.

Every line is checked by ``variants``; only those near a site become records.  What they say is ``pgx.reading.records``.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from genorx.errors import Finding, VariantFileError, shown
from genorx.pgx.reading.records import BESIDE, DepthRule, Record
from genorx.pgx.reading.site_observations import Collector
from genorx.pgx.reading.sites import REACH, with_chr
from genorx.variants.calls import accepted_filter, filter_description
from genorx.variants.line_checks import CheckedLines
from genorx.variants.record_checks import Row
from genorx.variants.records import DEFAULT_FILTERS, TABLE_PIECE, VariantReader
from genorx.variants.region import Region

#: Files larger than this are read by their index where there is one that fits.
_INDEX_FROM_BYTES = 8 << 20
#: Lines of larger files of few columns are checked as tables.
_TABLES_FROM_BYTES, _FEW_COLUMNS = TABLE_PIECE, 20
_MOST_NAMED = 5  # values of FILTER that a message lists
_AD = re.compile(r"##FORMAT=<.*\bID=AD\b.*\bNumber=([^,>]+)")
_SOMATIC = re.compile(r"##(tumor_sample|normal_sample)|mutect|strelka.*somatic|varscan.*somatic", re.IGNORECASE)


class Source:
    """An open file.

    Attributes
    ----------
    reader : VariantReader
    filtered : dict of FILTER to number of records at a site that have it, without those that passed
    """

    def __init__(self, path: Path, *, filters: Collection[str] | None, assembly: str | None) -> None:
        # marks of PharmCAT's preprocessor say nothing of the quality of a record
        taken = None if filters is None else BESIDE.union(filters)
        open_ = partial(VariantReader, path, filters=taken, assembly=assembly, merge=False)
        self.reader = open_()
        self._as_tables = self.reader.header.width <= _FEW_COLUMNS and path.stat().st_size > _TABLES_FROM_BYTES
        if self._as_tables:
            self.reader = open_(piece=TABLE_PIECE)
        self.path = self.reader.path
        self.header, self.notes = self.reader.header, self.reader.notes
        self.filtered: Counter[str] = Counter()
        self._depth = _depth_rule(self.header.lines)
        self._names: dict[str, str] = {}

    @property
    def somatic(self) -> bool:
        """Whether the header names a caller of somatic changes."""
        return any(_SOMATIC.search(line) for line in self.header.lines)

    def columns(self, sample: str | None) -> list[int]:
        """Return the columns (from 9) of the one sample, or of all.

        Raises
        ------
        VariantFileError
            ``samples-none``, ``sample-absent``.
        """
        names = self.header.samples
        if not names:
            raise VariantFileError("has no samples", file=self.path, hint="genotypes are needed", code="samples-none")
        if sample is None:
            return list(range(9, 9 + len(names)))
        if sample not in names:
            hint = f"it holds {len(names)}, the first is {shown(names[0])}"
            raise VariantFileError(f"has no sample {shown(sample)!r}", file=self.path, hint=hint, code="sample-absent")
        return [9 + names.index(sample)]

    def records(
        self, collectors: Sequence[Collector], columns: Sequence[int], file_warnings: set[str]
    ) -> Iterator[tuple[Record, list[str]]]:
        """Yield records near a site, with the texts of the chosen columns."""
        every = len(columns) == len(self.header.samples)
        near: dict[str, frozenset[int]] = {}
        for collector in collectors:
            for chrom, places in collector.near.items():
                near[chrom] = near.get(chrom, frozenset()) | places
        for row in self._rows(collectors, near):
            record = self._record(row, file_warnings)
            if any((record.chrom, record.pos) in c.table.by_place for c in collectors):
                self._count_filter(row[6])
            yield record, row[9:] if every else [row[column] for column in columns]
            record.form.forget()

    def filter_findings(self) -> list[Finding]:
        """Return how many records at sites did not pass the filters of the caller, and whether they were used."""
        found = []
        for taken in (False, True):
            counts = {text: times for text, times in self.filtered.items() if self.reader.accepts(text) is taken}
            if counts:
                most = sorted(counts, key=lambda text: (-counts[text], text))[:_MOST_NAMED]
                names = ", ".join(f"{filter_description(text)} {counts[text]}" for text in most)
                what = "used, as the accepted filters say" if taken else "no-calls"
                text = f"records at sites of pharmacogenes that did not pass: {sum(counts.values())} ({names}); {what}"
                code = "filters-taken" if taken else "records-filtered"
                found.append(Finding(code=code, severity="warning", message=text, place=self.path.name))
        return found

    def _count_filter(self, text: str) -> None:
        if not (self.reader.accepts(text) and accepted_filter(text, BESIDE.union(DEFAULT_FILTERS))):
            self.filtered[text] += 1

    def _record(self, row: Row, file_warnings: set[str]) -> Record:
        return Record(
            chrom=self._name(row[0]),
            pos=int(row[1]),
            ref=row[3].upper(),
            alts=tuple(alt if alt.startswith("<") else alt.upper() for alt in row[4].split(",") if alt != "."),
            filters=frozenset(row[6].split(";")),
            accepted=self.reader.accepts(row[6]),
            row=row,
            form=self.reader.formats[row[8]],
            file=self.path,
            depth=self._depth,
            file_warnings=file_warnings,
        )

    def _name(self, contig: str) -> str:
        name = self._names.get(contig)
        if name is None:
            name = self._names[contig] = with_chr(contig)
        return name

    def _rows(self, collectors: Sequence[Collector], near: Mapping[str, frozenset[int]]) -> Iterator[Row]:
        """Yield rows that may say something of a site, in the order of the file."""
        places = {chrom: np.array(sorted(found), dtype=np.int64) for chrom, found in near.items()}
        for part in self._parts(collectors):
            rows = part if isinstance(part, list) else part.rows_with(self._plain_near(part, places))
            for row in rows:
                if int(row[1]) in near.get(self._name(row[0]), ()) or "END=" in row[7]:
                    yield row

    def _plain_near(self, part: CheckedLines, places: Mapping[str, NDArray[np.int64]]) -> NDArray[np.int64]:
        """Return the plain lines of a table that lie near a site."""
        found = [np.zeros(0, dtype=np.int64)]
        for contig, first, stop in part.contigs:
            wanted = places.get(self._name(contig))
            if wanted is None:
                continue
            lines = part.lines[slice(*np.searchsorted(part.lines, (first, stop)))]
            positions = part.positions[lines]
            at = np.minimum(np.searchsorted(wanted, positions), len(wanted) - 1)
            found.append(lines[wanted[at] == positions])
        return np.concatenate(found)

    def _parts(self, collectors: Sequence[Collector]) -> Iterator[CheckedLines | list[Row]]:
        large = self.reader.stored is not None or self.path.stat().st_size > _INDEX_FROM_BYTES
        pieces = self._by_index(collectors) if large else None
        if pieces is not None:
            return self.reader.check(pieces)
        return self.reader.tables() if self._as_tables else self.reader.blocks()

    def _by_index(self, collectors: Sequence[Collector]) -> Iterator[str] | None:
        """Return the text of records near sites by the file's index; None where that cannot be done."""
        names = {with_chr(contig): contig for contig in self.header.contigs}
        found: list[Iterator[str]] = []
        for chrom, start, end in _merged(region for c in collectors for region in c.table.regions()):
            if chrom not in names:
                continue
            rows = self.reader.of_region(names[chrom], Region(names[chrom], start, end))
            if rows is None:
                return None
            found.append(rows)
        return (piece for rows in found for piece in rows) if names else None


def _merged(regions: Iterable[tuple[str, int, int]]) -> list[tuple[str, int, int]]:
    """Return regions that do not overlap: a record must not be read twice."""
    merged: list[tuple[str, int, int]] = []
    for chrom, start, end in sorted(regions):
        if merged and merged[-1][0] == chrom and start <= merged[-1][2] + REACH:
            merged[-1] = (chrom, merged[-1][1], max(end, merged[-1][2]))
        else:
            merged.append((chrom, start, end))
    return merged


def _depth_rule(lines: Sequence[str]) -> DepthRule:
    for line in lines:
        match = _AD.match(line)
        if match:
            return DepthRule(declared=True, number=match.group(1).strip())
    return DepthRule(declared=False)
