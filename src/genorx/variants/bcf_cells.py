"""Samples' values of a BCF as numbers of distinct calls, without their text.

A genotype of two alleles is two bytes, which have a number that never changes (``cells``), by a table of all pairs of
bytes.  Other genotypes become text once each, and are read by the functions of ``calls``.
Source: VCF 4.5 specification, section 6.3.3 (``(allele + 1) << 1 | phased``; vectors end in a value of their own).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray

from genorx.variants.bcf_records import MARK, LateRow, Layout
from genorx.variants.bcf_values import INT_SIZES, TEXT, whole_number_texts
from genorx.variants.calls import CallFormats
from genorx.variants.cells import FIXED_CALLS, CallTable, Numbers, UnreadCellsError, smallest
from genorx.variants.record_checks import SITE_COLUMNS, Row

_OTHER = 255  # in place of a number: the pair has none that never changes
_NO_READS = 1 << 7
_DEPTHS = ("DP", "MIN_DP")
#: Keys that decide what a call is; the filter and phase set of a sample are read as text.
_DECIDING = ("GT", *_DEPTHS, "FT", "PS")
_SEPARATORS = "/|"


class BcfCellReader:
    """Reads the samples of rows of a BCF.

    Parameters
    ----------
    formats : CallFormats
    samples : int
        Samples that a record has.
    columns : sequence of int
        Columns (from 9) that are wanted, of any order.
    prefixed : bool
        Whether the first allele of a genotype has a phase of its own.
    """

    def __init__(self, formats: CallFormats, samples: int, columns: Sequence[int], *, prefixed: bool) -> None:
        self._formats = formats
        self._samples = samples
        self._prefixed = prefixed
        self._table = _pair_numbers(prefixed)
        self._chosen: NDArray[np.intp] | None = np.array(columns, dtype=np.intp) - SITE_COLUMNS
        if self._chosen.tolist() == list(range(samples)):
            self._chosen = None

    def numbers(self, rows: list[Row], table: CallTable) -> Numbers:
        """Return the number in ``table`` of each call, shape (n_rows, n_columns).

        Raises
        ------
        UnreadCellsError
        """
        groups: dict[int, tuple[Layout, list[int], list[LateRow]]] = {}
        for line, row in enumerate(rows):
            if not isinstance(row, LateRow) or row[SITE_COLUMNS] != MARK or row.layout is None:
                raise UnreadCellsError  # its samples were made text
            _, lines, alike = groups.setdefault(id(row.layout), (row.layout, [], []))
            lines.append(line)
            alike.append(row)
        if len(groups) == 1:
            return self._wanted(self._of_group(*next(iter(groups.values()))[::2], table))
        parts = [
            (lines, self._wanted(self._of_group(layout, alike, table))) for layout, lines, alike in groups.values()
        ]
        made = np.empty((len(rows), parts[0][1].shape[1]), dtype=np.result_type(*(part.dtype for _, part in parts)))
        for lines, part in parts:
            made[lines] = part
        return made

    def _wanted(self, numbers: Numbers) -> Numbers:
        return numbers if self._chosen is None else numbers[:, self._chosen]

    def _of_group(self, layout: Layout, rows: list[LateRow], table: CallTable) -> Numbers:
        """Read rows of one layout."""
        keys = [key for key in _DECIDING if key in layout.fields]
        genotype = layout.fields.get("GT")
        plain = genotype is not None and genotype.kind in INT_SIZES and genotype.count > 0
        plain &= all(_is_number(layout, key) for key in keys if key in _DEPTHS)
        if not plain or {"FT", "PS"} & set(keys):
            return self._by_texts(layout, rows, keys, table)
        genotypes = self._values(layout, rows, "GT")
        unread = np.zeros(len(genotypes), dtype=np.bool_)
        for key in keys[1:]:
            unread |= self._values(layout, rows, key)[:, 0] == 0
        if genotypes.shape[1] == 2 and genotypes.dtype == np.int8:
            numbers = self._of_pairs(genotypes, unread if len(keys) > 1 else None, table)
        else:
            numbers = self._distinct(genotypes, unread, table)
        return numbers.reshape(len(rows), self._samples)

    def _values(self, layout: Layout, rows: list[LateRow], key: str) -> NDArray[np.signedinteger]:
        """Whole numbers of a key, shape (n_rows x n_samples, elements)."""
        field = layout.fields[key]
        size = INT_SIZES[field.kind] * field.count * self._samples
        begin = field.begin
        data = b"".join([row.data[row.body + begin : row.body + begin + size] for row in rows])
        values: NDArray[np.signedinteger] = np.frombuffer(data, dtype=f"<i{INT_SIZES[field.kind]}")
        return values.reshape(-1, field.count)

    def _of_pairs(
        self, genotypes: NDArray[np.signedinteger], unread: NDArray[np.bool_] | None, table: CallTable
    ) -> Numbers:
        numbers = np.take(self._table, genotypes.view("<u2")[:, 0])
        others = np.flatnonzero(numbers == _OTHER) if numbers.max(initial=0) == _OTHER else ()
        if unread is not None:
            numbers[unread] |= np.uint8(_NO_READS)
        if not len(others):
            return numbers
        no_reads = np.zeros(len(others), dtype=np.bool_) if unread is None else unread[others]
        found = self._distinct(genotypes[others], no_reads, table)
        made = numbers.astype(np.promote_types(np.uint8, found.dtype))
        made[others] = found
        return made

    def _distinct(self, genotypes: NDArray[np.signedinteger], unread: NDArray[np.bool_], table: CallTable) -> Numbers:
        """Read each distinct genotype once, with and without reads."""
        size = genotypes.dtype.itemsize
        whole = np.ascontiguousarray(np.column_stack([genotypes, unread.astype(genotypes.dtype)]))
        alike = whole.view(np.dtype((np.void, size * whole.shape[1])))[:, 0]
        _, first, codes = np.unique(alike, return_index=True, return_inverse=True)
        form = self._formats["GT:DP"]
        texts = [f"{self._genotype(values[:-1], size)}:{0 if values[-1] else 9}" for values in whole[first].tolist()]
        try:
            found = np.array(table.numbers(form, texts), dtype=np.uint32)
        except ValueError as error:
            raise UnreadCellsError from error
        return smallest(found[codes])

    def _genotype(self, values: list[int], size: int) -> str:
        """Return the text of a genotype, as htslib makes it."""
        end = 1 - (1 << 8 * size - 1)
        text = ""
        count = values.index(end) if end in values else len(values)
        phases = {value & 1 for value in values[:count]}
        if self._prefixed and (count != 2 or len(phases) > 1):
            raise UnreadCellsError  # may have a phase before the first allele
        for value in values[:count]:
            if value < 0:
                raise UnreadCellsError  # htslib makes an allele of it
            text += (_SEPARATORS[value & 1] if text else "") + (str((value >> 1) - 1) if value >> 1 else ".")
        return text or "."

    def _by_texts(self, layout: Layout, rows: list[LateRow], keys: list[str], table: CallTable) -> Numbers:
        """Read rows of which filters, phase sets or no genotypes are to be known."""
        form = self._formats[":".join(keys) or "."]
        columns = [self._texts(layout, rows, key) for key in keys]
        texts = [":".join(values) for values in zip(*columns, strict=True)]
        try:
            numbers = table.numbers(form, texts or ["."] * (len(rows) * self._samples))
        except ValueError as error:
            raise UnreadCellsError from error
        return smallest(np.array(numbers, dtype=np.uint32)).reshape(len(rows), self._samples)

    def _texts(self, layout: Layout, rows: list[LateRow], key: str) -> list[str]:
        """Texts of a key, one a sample and row."""
        field = layout.fields[key]
        if field.kind in INT_SIZES and field.count:
            size = INT_SIZES[field.kind]
            values = self._values(layout, rows, key).tolist()
            if key == "GT":
                return [self._genotype(each, size) for each in values]
            return [",".join(whole_number_texts(each, size)) or "." for each in values]
        if field.kind != TEXT or not field.count or key == "GT":
            raise UnreadCellsError
        width, size = field.count, field.count * self._samples
        texts = []
        for row in rows:
            data = row.data[row.body + field.begin : row.body + field.begin + size]
            texts.extend(data[n : n + width].partition(b"\0")[0].decode("ascii") for n in range(0, size, width))
        if any(not text or not text.isprintable() or ":" in text or "\t" in text for text in texts):
            raise UnreadCellsError
        return texts


def _is_number(layout: Layout, key: str) -> bool:
    field = layout.fields[key]
    return field.kind in INT_SIZES and field.count == 1


@cache
def _pair_numbers(prefixed: bool) -> NDArray[np.uint8]:
    """Return the fixed number of each pair of bytes, ``_OTHER`` where it has none."""
    number_of = {
        (call.genotype.alleles, call.genotype.phased): number
        for number, call in reversed(list(enumerate(FIXED_CALLS[:_NO_READS])))
    }
    made = np.full(1 << 16, _OTHER, dtype=np.uint8)
    for first in range(10):
        for second in range(10):
            if prefixed and (first ^ second) & 1:
                continue  # a phase before the first allele
            number = number_of.get((((first >> 1) - 1, (second >> 1) - 1), bool(second & 1)))
            if number is not None:
                made[second << 8 | first] = number
    return made
