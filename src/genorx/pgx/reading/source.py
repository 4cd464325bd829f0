"""A variant file for pharmacogenes: its samples, header, and rows as records.

Every line is checked by ``variants``; only those near a site become records, which ``pgx.reading.records`` interprets.
Iteration over the file is ``pgx.reading.walking``, or that of a caller who reads the file for another purpose.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection

from genorx.errors import Finding, VariantFileError, shown
from genorx.pgx.reading.records import BESIDE, Record
from genorx.variants.allele_depths import DepthRule
from genorx.variants.assembly import with_chr
from genorx.variants.calls import CallFormats, accepted_filter, filter_description
from genorx.variants.record_checks import Row
from genorx.variants.records import DEFAULT_FILTERS, VariantReader

_MOST_NAMED = 5  # values of FILTER listed in a message
_SOMATIC = re.compile(r"##(tumor_sample|normal_sample)|mutect|strelka.*somatic|varscan.*somatic", re.IGNORECASE)


class Source:
    """An open file.

    Parameters
    ----------
    reader : VariantReader
        The open file.
    filters : collection of str or None
        FILTER and FT values whose calls are accepted; None accepts all.

    Attributes
    ----------
    filtered : dict of FILTER to number of records at a site that have it, without those that passed
    """

    def __init__(self, reader: VariantReader, filters: Collection[str] | None) -> None:
        self.path, self.header = reader.path, reader.header
        self.evidence, self.assembly = reader.evidence, reader.assembly
        self.filtered: Counter[str] = Counter()
        # marks of PharmCAT's preprocessor are not about the quality of a record
        self._taken = None if filters is None else BESIDE.union(filters)
        self._formats = CallFormats(self._taken)
        self._depth = DepthRule.of(self.header.lines)
        self._names: dict[str, str] = {}
        self._file_warnings: set[str] = set()

    @property
    def file_warnings(self) -> tuple[str, ...]:
        """Warnings on the whole file that follow from its records."""
        return tuple(sorted(self._file_warnings))

    @property
    def somatic(self) -> bool:
        """Whether the header names a caller of somatic changes."""
        return any(_SOMATIC.search(line) for line in self.header.lines)

    def columns(self, sample: str | None) -> list[int]:
        """Return the columns (from 9) of the requested sample, or of all.

        Raises
        ------
        VariantFileError
            ``samples-none`` if the file has no samples, ``sample-absent`` if the requested one is not in it.
        """
        names = self.header.samples
        if not names:
            raise VariantFileError("has no samples", file=self.path, hint="genotypes are required", code="samples-none")
        if sample is None:
            return list(range(9, 9 + len(names)))
        if sample not in names:
            hint = f"it holds {len(names)}, the first is {shown(names[0])}"
            raise VariantFileError(f"has no sample {shown(sample)!r}", file=self.path, hint=hint, code="sample-absent")
        return [9 + names.index(sample)]

    def filter_findings(self) -> list[Finding]:
        """Return the number of records at sites that failed the caller's filters, and whether they were used."""
        found = []
        for taken in (False, True):
            counts = {text: times for text, times in self.filtered.items() if self._accepts(text) is taken}
            if counts:
                most = sorted(counts, key=lambda text: (-counts[text], text))[:_MOST_NAMED]
                names = ", ".join(f"{filter_description(text)} {counts[text]}" for text in most)
                what = "used, by the accepted filters" if taken else "no-calls"
                text = f"records at sites of pharmacogenes that did not pass: {sum(counts.values())} ({names}); {what}"
                code = "filters-taken" if taken else "records-filtered"
                found.append(Finding(code=code, severity="warning", message=text, place=self.path.name))
        return found

    def count_filter(self, text: str) -> None:
        """Count a record at a site, unless it passed."""
        if not (self._accepts(text) and accepted_filter(text, BESIDE.union(DEFAULT_FILTERS))):
            self.filtered[text] += 1

    def _accepts(self, text: str) -> bool:
        return accepted_filter(text, self._taken)

    def record(self, row: Row) -> Record:
        """Return a row as a record."""
        return Record(
            chrom=self._name(row[0]),
            pos=int(row[1]),
            ref=row[3].upper(),
            alts=tuple(alt if alt.startswith("<") else alt.upper() for alt in row[4].split(",") if alt != "."),
            filters=frozenset(row[6].split(";")),
            accepted=self._accepts(row[6]),
            row=row,
            form=self._formats.of(row),
            file=self.path,
            depth=self._depth,
            file_warnings=self._file_warnings,
        )

    def _name(self, contig: str) -> str:
        name = self._names.get(contig)
        if name is None:
            name = self._names[contig] = with_chr(contig)
        return name
