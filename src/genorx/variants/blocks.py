"""Blocks of records: the columns before the samples as text or tables, and the calls of all samples as codes.

Each distinct call is parsed once: its properties (dosage, allele numbers, phase) are in a table of the distinct calls.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from genorx.variants.bcf_cells import BcfCellReader
from genorx.variants.bcf_records import BcfRecords
from genorx.variants.bcf_table import BcfTable
from genorx.variants.call_table import FIXED_CALLS, CallTable, Numbers, smallest
from genorx.variants.calls import Call
from genorx.variants.cell_kernels import look_up
from genorx.variants.cells import CellReader, UnreadCellsError
from genorx.variants.files import file_kind
from genorx.variants.heads import Heads, Part, SiteTable, TableLines
from genorx.variants.record_checks import SITE_COLUMNS, Row
from genorx.variants.records import VariantReader
from genorx.variants.text_table import TextTable
from genorx.variants.zarr_cells import ZarrCells
from genorx.variants.zarr_table import ZarrTable

_Value = TypeVar("_Value", bound=np.generic)


@dataclass(frozen=True, slots=True, eq=False)
class RecordBlock:
    """Some records of a file, and the calls of some of its samples.

    Attributes
    ----------
    heads : Heads
        The columns before the samples.
    numbers : array of unsigned integers, shape (n_records, n_samples)
        Index of each call in ``calls``.
    calls : sequence of Call
        Distinct calls, at least those that occur.
    """

    heads: Heads
    numbers: Numbers
    calls: Sequence[Call] = FIXED_CALLS

    @classmethod
    def of_rows(cls, rows: list[Row], numbers: Numbers, calls: Sequence[Call] = FIXED_CALLS) -> RecordBlock:
        """Return a block of rows, of which the first nine columns are kept."""
        return cls(Heads((rows,)), numbers, calls)

    def __len__(self) -> int:
        return len(self.heads)

    @property
    def sites(self) -> list[Row]:
        """The nine columns before the samples, computed on first use."""
        return self.heads.rows()

    def part(self, start: int, stop: int | None = None) -> RecordBlock:
        """Return a range of consecutive records."""
        lines = np.arange(len(self))[start:stop]
        return RecordBlock(self.heads.among(lines), self.numbers[start:stop], self.calls)

    def lines(self, lines: NDArray[np.intp]) -> RecordBlock:
        """Return some records by number, in order."""
        return RecordBlock(self.heads.among(lines), self.numbers[lines], self.calls)

    def beyond_alt(self) -> tuple[int, int] | None:
        """Return line and column of the first call with an allele beyond ALT."""
        lines = np.arange(len(self))
        if self.numbers.dtype == np.uint8:  # no allele of a line exceeds the bits of its fixed codes
            bits = np.bitwise_or.reduce(self.numbers, axis=1)
            lines = np.flatnonzero((np.maximum(bits & 3, bits >> 3 & 3) > 1) | self.heads.without_alt())
        if not len(lines) or not self.numbers.shape[1]:
            return None
        known = self.heads.among(lines).alts()
        top = np.array([call.genotype.top for call in self.calls])
        wrong = np.argwhere(np.take(top, self.numbers[lines]) > known[:, None])
        return (int(lines[wrong[0][0]]), int(wrong[0][1])) if len(wrong) else None

    def calls_of(self, line: int) -> list[Call]:
        """Return the calls of a record."""
        return [self.calls[number] for number in self.numbers[line].tolist()]

    def compact(self) -> RecordBlock:
        """Return the block with only the calls that occur, unless all have fixed codes."""
        if self.numbers.dtype == np.uint8:
            return RecordBlock(self.heads, self.numbers)
        found = np.flatnonzero(np.bincount(self.numbers.ravel(), minlength=len(self.calls)))
        number_of = np.zeros(len(self.calls), dtype=np.uint32)
        number_of[found] = np.arange(len(found))
        return RecordBlock(self.heads, np.take(number_of, self.numbers), [self.calls[n] for n in found.tolist()])

    def each(self, values: NDArray[_Value]) -> NDArray[_Value]:
        """Broadcast a value per distinct call to the cells."""
        if self.numbers.dtype != np.uint8 or values.itemsize != 1:
            return np.take(values, self.numbers)
        numbers, of_number = np.ascontiguousarray(self.numbers), values.tobytes().ljust(256, b"\0")
        run = look_up.after(0)
        if run is None:
            return np.frombuffer(bytearray(numbers).translate(of_number), dtype=values.dtype).reshape(numbers.shape)
        found = np.empty(numbers.shape, dtype=np.uint8)
        run(numbers, numbers.size, np.frombuffer(of_number, dtype=np.uint8), found)
        return found.view(values.dtype)


def joined(blocks: Sequence[RecordBlock]) -> RecordBlock:
    """Concatenate blocks of the same samples."""
    if len(blocks) == 1:
        return blocks[0]
    heads = Heads(tuple(part for block in blocks for part in block.heads.parts))
    if all(block.numbers.dtype == np.uint8 for block in blocks):
        return RecordBlock(heads, np.concatenate([block.numbers for block in blocks]))
    table = CallTable()
    parts = []
    for block in map(RecordBlock.compact, blocks):
        number_of = np.array([table.number(call) for call in block.calls], dtype=np.uint32)
        parts.append(block.numbers if block.numbers.dtype == np.uint8 else np.take(number_of, block.numbers))
    return RecordBlock(heads, np.concatenate(parts), table.calls)


def block_of_rows(reader: VariantReader, rows: list[Row], columns: list[int]) -> RecordBlock:
    """Read the calls of rows with one text per column, one by one.

    Raises
    ------
    VariantFileError
        For a sample column that cannot be parsed, or that names an allele beyond ALT, with its place.
    """
    table = CallTable()
    made = np.zeros((len(rows), len(columns)), dtype=np.uint32)
    for line, row in enumerate(rows):
        if not columns:
            break
        try:
            made[line] = table.numbers(reader.formats.of(row), [row[column] for column in columns])
        except ValueError:
            reader.calls(row, columns)  # names the column
            raise
    block = RecordBlock.of_rows([row[:SITE_COLUMNS] for row in rows], smallest(made), table.calls)
    if (place := block.beyond_alt()) is not None:
        reader.refuse_allele(rows[place[0]], columns[place[1]])
    return block


def packed_heads(reader: VariantReader) -> Iterator[list[Row] | Heads]:
    """Yield the records of a whole file for ``packed_blocks``: tables of its lines or records, or packed rows."""
    if reader.stored is not None:
        return reader.stored_heads()
    if file_kind(reader.path) == "bcf":
        return reader.check_tables(BcfRecords(reader.path, len(reader.header.samples)).tables())
    return reader.heads()


def packed_blocks(
    reader: VariantReader, pieces: Iterator[list[Row] | Heads], columns: list[int]
) -> Iterator[RecordBlock]:
    """Read the calls of packed rows, or of tables, many cells at a time.

    Raises
    ------
    UnreadCellsError
    """
    cells = _Cells(reader, columns)
    table = CallTable()
    open_tables: list[SiteTable] = []
    for piece in pieces:
        heads = piece if isinstance(piece, Heads) else Heads((piece,))
        block = RecordBlock(heads, cells.numbers(heads, table), table.calls)
        for part in heads.parts:
            for row in part if isinstance(part, list) else ():
                row.pop()  # the text of the samples is no longer needed
        open_tables = _let_go(open_tables, heads)
        if block.beyond_alt() is not None:
            raise UnreadCellsError
        yield block
        table = CallTable() if table.full else table
    _let_go(open_tables, None)


class _Cells:
    """Reads the calls of records of one file, in any form."""

    def __init__(self, reader: VariantReader, columns: list[int]) -> None:
        given = reader.formats, len(reader.header.samples), columns
        self._of_bcf = BcfCellReader(*given, prefixed=reader.header.prefixed)
        self._of_text = CellReader(*given)
        stored = reader.stored
        self._of_store = None if stored is None else ZarrCells(stored.store, reader.formats, columns)

    def numbers(self, heads: Heads, table: CallTable) -> Numbers:
        """Return the code in ``table`` of each call, shape (n_records, n_columns)."""
        if any(isinstance(found, BcfTable) for found in heads.tables()):
            return self._of_bcf.numbers(heads, table)
        parts = [self._of_part(part, table) for part in heads.parts]
        return parts[0] if len(parts) == 1 else np.concatenate(parts)

    def _of_part(self, part: Part, table: CallTable) -> Numbers:
        if isinstance(part, list):
            return (self._of_store or self._of_text).numbers(part, table)
        if self._of_store is not None and isinstance(part.table, ZarrTable):
            return self._of_store.of_records(part.table.start + part.lines, table, Heads((part,)).reference_only())
        if not isinstance(part.table, TextTable):
            raise UnreadCellsError
        spans, groups = part.table.cells(part.lines)
        return self._of_text.of_spans(spans, groups, table, Heads((part,)).reference_only())


def _let_go(open_tables: list[SiteTable], heads: Heads | None) -> list[SiteTable]:
    """Release the tables' samples, except those of a BCF that the next block may still need."""
    parts = [] if heads is None else [part for part in heads.parts if isinstance(part, TableLines)]
    last = [part.table for part in parts[-1:] if isinstance(part.table, BcfTable)]
    for table in {id(table): table for table in [*open_tables, *(part.table for part in parts)]}.values():
        if table not in last:
            table.let_go()
    for table in last:
        table.keep_behind(np.concatenate([part.lines for part in parts if part.table is table]))
    return [*last]
