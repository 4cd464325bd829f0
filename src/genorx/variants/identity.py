"""Identity of samples: sex chromosomes, and a genotype sketch, collected while a germline file is read.

Somatic files show neither: the mutations of a tumour are heterozygous on a single X, and two tumours may share a few.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from genorx.variants.alike import Sketch, SketchTally
from genorx.variants.blocks import RecordBlock
from genorx.variants.call_arrays import call_arrays
from genorx.variants.line_checks import CheckedLines
from genorx.variants.record_checks import Row
from genorx.variants.records import VariantReader
from genorx.variants.sex_chromosomes import CallClasses, SexCalls, SexTally


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SampleIdentity:
    """Identity data of one file's samples."""

    sexes: dict[str, SexCalls]
    sketch: Sketch


class IdentityTally:
    """Collects identity data from the records of one file.

    Parameters
    ----------
    reader : VariantReader
        The open file.
    columns : list of int
        Columns (from 9) of the samples.
    """

    def __init__(self, reader: VariantReader, columns: list[int]) -> None:
        self._reader = reader
        self._columns = columns
        self._classes = CallClasses(reader.formats)
        self._sex = SexTally(len(columns), reader.assembly)
        self._sketch = SketchTally()

    def take(self, part: CheckedLines | list[Row]) -> None:
        """Process the records of a block."""
        if isinstance(part, list):
            self._take_rows(part)
            return
        for line in np.flatnonzero(self._informative_of(part)).tolist():
            self._take_row(part.table.row(line))
        self._take_rows(part.rows)

    def _informative_of(self, part: CheckedLines) -> NDArray[np.bool_]:
        """Return which simple lines are informative: single-base changes in the sketch, and records on X and Y."""
        table, stated = part.table, np.zeros(len(part.table), dtype=bool)
        single = (table.end(3) - table.start(3) == 1) & (table.end(4) - table.start(4) == 1)
        bases = table.data[table.start(4)]
        for contig, first, stop in part.contigs:
            here = slice(first, stop)
            stated[here] = single[here] & self._sketch.among(contig, part.positions[here], bases[here])
            if self._sex.is_informed_by(contig):
                stated[here] |= [self._sex.wants(contig, position) for position in part.positions[here].tolist()]
        plain = np.zeros(len(table), dtype=bool)
        plain[part.lines] = True
        return stated & plain

    def take_block(self, block: RecordBlock) -> None:
        """Process records with parsed calls."""
        classes = call_arrays(block.calls).classes
        for line, site in enumerate(block.sites):
            self._take_site(site, partial(np.take, classes, block.numbers[line]))

    def _take_rows(self, rows: list[Row]) -> None:
        for row in rows:
            self._take_row(row)

    def _take_row(self, row: Row) -> None:
        self._take_site(row, lambda: self._classes.of(row, [row[column] for column in self._columns]))

    def _take_site(self, row: Row, classes: Callable[[], NDArray[np.uint8]]) -> None:
        position = int(row[1])
        informs_sex = row[4] != "." and self._sex.wants(row[0], position)
        key = None if informs_sex else self._sketch.key_of(row[0], position, row[3], row[4])
        if not (informs_sex or key is not None) or not self._reader.accepts(row[6]):
            return
        if informs_sex:
            self._sex.take(row[0], position, classes())
        elif key is not None:
            self._sketch.take(key, classes())

    def identity(self) -> SampleIdentity:
        """Return the identity data of all samples."""
        samples = [self._reader.header.samples[column - 9] for column in self._columns]
        return SampleIdentity(
            sexes=dict(zip(samples, self._sex.calls(), strict=True)), sketch=self._sketch.sketch(samples)
        )
