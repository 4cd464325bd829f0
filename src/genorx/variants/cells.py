"""Sample columns of many records as codes of distinct calls, by arithmetic on their bytes.

The calls of most cells have fixed codes (``call_table``).  All others are parsed one by one by the functions of
``calls``.  A wrong number of columns is only detected here.
Source: VCF 4.5 specification, section 1.6.2: GT, if present, is the first key.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from genorx.variants.allele import is_reference_only
from genorx.variants.call_table import NO_READS, CallTable, Numbers, smallest
from genorx.variants.calls import CallFormat, CallFormats
from genorx.variants.cell_kernels import read_cells, read_genotypes
from genorx.variants.cell_words import CELL, MISSING, WordReader
from genorx.variants.record_checks import SITE_COLUMNS, Row
from genorx.variants.spans import Spans

_Words = NDArray[np.uint32]
_Bytes = NDArray[np.uint8]
_Places = NDArray[np.int64]

_TAB, _COLON, _ZERO = ord("\t"), ord(":"), ord("0")
_PAD = b"\t" * (1 + CELL)  # after the cells: the end of the last one, and bytes that may be fetched of an empty one
_WORDS, _BYTES = 1 << 16, 1 << 18  # cells read at a time, so that working arrays fit the processor's cache
#: Keys that decide whether a call is known, and have no fixed codes.
_READ_AS_TEXT = frozenset({"FT", "PS"})


class UnreadCellsError(Exception):
    """Sample columns that are too few, too many or invalid; a record-by-record parser then locates the fault."""


class CellReader:
    """Parses the sample columns of packed rows.

    Parameters
    ----------
    formats : CallFormats
        Parsers by FORMAT.
    samples : int
        Number of sample columns of a record.
    columns : list of int
        Requested columns (from 9), in any order.
    """

    def __init__(self, formats: CallFormats, samples: int, columns: Sequence[int]) -> None:
        self._formats = formats
        self._samples = samples
        self._words = WordReader()
        self._chosen: NDArray[np.intp] | None = np.array(columns, dtype=np.intp) - SITE_COLUMNS
        if self._chosen.tolist() == list(range(samples)):
            self._chosen = None

    def numbers(self, rows: list[Row], table: CallTable) -> Numbers:
        """Return the code in ``table`` of each call, shape (n_rows, n_columns).

        Raises
        ------
        UnreadCellsError
        """
        lines_of: dict[str, list[int]] = {}
        for number, row in enumerate(rows):
            lines_of.setdefault(row[8], []).append(number)
        reference_only = np.array([is_reference_only(row[4]) for row in rows], dtype=np.bool_)
        texts = [f"\t{row[9]}".encode() for row in rows]
        places = np.cumsum([0, *map(len, texts)])
        spans = Spans(b"".join(texts), places[:-1], places[1:])
        groups = [(form, np.array(lines)) for form, lines in lines_of.items()]
        return self.of_spans(spans, groups, table, reference_only)

    def of_spans(
        self,
        spans: Spans,
        groups: Sequence[tuple[str, NDArray[np.intp]]],
        table: CallTable,
        reference_only: NDArray[np.bool_],
    ) -> Numbers:
        """Return the codes of the samples of some lines; ``groups`` are each FORMAT and its lines.

        ``reference_only`` are the lines that state the reference alone.

        Raises
        ------
        UnreadCellsError
        """
        forms = [(form, lines) for text, some in groups for form, lines in self._forms(text, some, reference_only)]
        if len(forms) == 1:
            return self._of_form(forms[0][0], spans, table)
        parts = [(lines, self._of_form(form, spans.some(lines), table)) for form, lines in forms]
        return self._put_together(parts, len(spans))

    def _forms(
        self, text: str, lines: NDArray[np.intp], reference_only: NDArray[np.bool_]
    ) -> Iterator[tuple[CallFormat, NDArray[np.intp]]]:
        """Yield the parsers of lines with one FORMAT: another where the quality of a reference call matters."""
        low = reference_only[lines]
        weighed = self._formats.of_reference(text) if low.any() else None
        if weighed is None or not weighed.weighed:
            yield self._formats[text], lines
            return
        yield weighed, lines[low]
        if not low.all():
            yield self._formats[text], lines[~low]

    def _put_together(self, parts: list[tuple[NDArray[np.intp], Numbers]], lines: int) -> Numbers:
        kind = np.result_type(np.uint8, *(part.dtype for _, part in parts))
        made = np.empty((lines, self._samples if self._chosen is None else len(self._chosen)), dtype=kind)
        for chosen, part in parts:
            made[chosen] = part
        return made

    def _of_form(self, form: CallFormat, spans: Spans, table: CallTable) -> Numbers:
        """Parse lines of one FORMAT."""
        if form.keys != ["GT"]:
            return self._of_any(form, spans, table)
        usual = spans.ends - spans.begins == CELL * self._samples
        if usual.all():
            return self._of_genotypes(spans, table)
        groups = [np.flatnonzero(~usual), np.flatnonzero(usual)]
        parts = [(groups[0], self._of_any(form, spans.some(groups[0]), table))]
        if len(groups[1]):
            parts.append((groups[1], self._of_genotypes(spans.some(groups[1]), table)))
        return self._put_together(parts, len(spans))

    def _of_genotypes(self, spans: Spans, table: CallTable) -> Numbers:
        """Parse lines with the length of three-character genotypes throughout."""
        read = read_genotypes.after(len(spans) * CELL * self._samples)
        if read is None:
            return self._by_words(spans, table)
        numbers = np.empty((len(spans), self._samples), dtype=np.uint8)
        if read(np.frombuffer(spans.data, dtype=np.uint8), spans.begins, len(spans), self._samples, numbers):
            return self._of_any(self._formats["GT"], spans, table)
        return self._wanted(numbers)

    def _by_words(self, spans: Spans, table: CallTable) -> Numbers:
        """Parse lines by array operations, some at a time."""
        numbers = np.empty(len(spans) * self._samples, dtype=np.uint8)
        left = [np.zeros(0, dtype=np.intp)]  # positions of words that were not read, and these words
        words = [np.zeros(0, dtype=np.uint32)]
        step = max(1, _WORDS // self._samples)
        for start in range(0, len(spans), step):
            some = spans.together(start, start + step).view("<u4").reshape(-1)
            begin = start * self._samples
            places = self._words.usual(some, numbers[begin : begin + len(some)])
            if len(places):
                left.append(places + begin)
                words.append(some[places])
        rare = np.concatenate(left)
        numbers[rare], wrong = self._words.of_any(np.concatenate(words))
        if wrong.any():
            return self._of_any(self._formats["GT"], spans, table)
        return self._wanted(numbers.reshape(-1, self._samples))

    def _of_any(self, form: CallFormat, spans: Spans, table: CallTable) -> Numbers:
        """Parse lines of any calls of one FORMAT."""
        if form.genotype or form.weighed or _READ_AS_TEXT.intersection(form.keys):
            return self._by_texts(spans, form, table)
        found = self._compiled(form, spans, table)
        if found is not None:
            return found
        widths = spans.ends - spans.begins
        lines, step = np.arange(len(spans)), max(1, _BYTES // int(widths.max(initial=1)))
        parts = []
        for start in range(0, len(spans), step):
            some = spans.some(lines[start : start + step])
            text = b"".join([*some.each(), _PAD])
            if not text.isascii():
                return self._by_texts(spans, form, table)
            cells = _MarkedCells(np.frombuffer(text, dtype=np.uint8), widths[start : start + step], self._samples, form)
            parts.append(self._wanted(cells.numbers(self._words, table, self._chosen)))
        return parts[0] if len(parts) == 1 else np.concatenate(parts)

    def _compiled(self, form: CallFormat, spans: Spans, table: CallTable) -> Numbers | None:
        """Parse lines in one compiled pass; None if unavailable, or for unusual input."""
        data = np.frombuffer(spans.data, dtype=np.uint8)
        requested = np.ones(self._samples, dtype=np.uint8)
        if self._chosen is not None:
            requested[:] = 0
            requested[self._chosen] = 1
        found = fixed_numbers(data, spans.begins, spans.ends, form, requested)
        if found is None:
            return None
        read_in_full = _with_others(found[0], data, found[1], form, table)
        return self._wanted(read_in_full.reshape(-1, self._samples))

    def _by_texts(self, spans: Spans, form: CallFormat, table: CallTable) -> Numbers:
        """Parse each distinct text of a line once."""
        made = np.empty((len(spans), self._samples if self._chosen is None else len(self._chosen)), dtype=np.uint32)
        for line, span in enumerate(spans.each()):
            try:
                texts = str(span[1:], "utf-8").split("\t")
                if len(texts) != self._samples:
                    raise UnreadCellsError
                if self._chosen is not None:
                    texts = [texts[number] for number in self._chosen.tolist()]
                made[line] = table.numbers(form, texts)
            except ValueError as error:
                raise UnreadCellsError from error
        return smallest(made)

    def _wanted(self, numbers: Numbers) -> Numbers:
        return numbers if self._chosen is None else numbers[:, self._chosen]


class _MarkedCells:
    """Cells of any width, separated by tabs and followed by padding, with GT as first key of their FORMAT.

    ``widths`` are those of lines, with the tab before each cell.
    """

    def __init__(self, padded: _Bytes, widths: NDArray[np.int64], samples: int, form: CallFormat) -> None:
        self._padded = padded
        self._data = data = padded[:-CELL]
        self._form = form
        self._shape = len(widths), samples
        keys, cells = len(form.keys), len(widths) * samples
        marks = data == _TAB
        count = int(np.count_nonzero(marks))
        marks |= data == _COLON
        places = np.flatnonzero(marks)
        self._tabs = places[::keys]
        #: Positions of the colons of each cell if all cells have all values; otherwise of all colons, cell by cell.
        self._colons: NDArray[np.intp] | None = None
        if len(places) == keys * cells + 1 and count == len(self._tabs) and (data[self._tabs] == _TAB).all():
            self._colons = places[:-1].reshape(-1, keys)[:, 1:]
        else:
            is_tab = data[places] == _TAB
            self._tabs, self._loose = places[is_tab], places[~is_tab]
        lines = np.concatenate(([0], np.cumsum(widths)))
        if count != cells + 1 or (self._tabs[::samples] != lines).any():
            raise UnreadCellsError

    def numbers(self, reader: WordReader, table: CallTable, columns: NDArray[np.intp] | None) -> Numbers:
        """Return the code of each call; columns that are not requested get arbitrary ones."""
        starts = self._tabs[:-1]
        words: _Words = np.ndarray((len(self._padded) - CELL + 1,), "<u4", self._padded, strides=(1,))
        numbers, faults = reader.numbers(words[starts])
        if self._colons is not None and self._colons.shape[1]:
            wrong = self._colons[:, 0] - starts != CELL
        else:
            behind = self._padded[starts + CELL]
            wrong = (behind != _COLON) & (behind != _TAB)
        wrong[faults] = True
        self._take_depths(numbers, wrong)
        if self._form.allele_depths > 0:
            wrong |= self._doubtful(numbers)
        if columns is not None:
            requested = np.zeros(self._shape[1], dtype=bool)
            requested[columns] = True
            wrong &= np.tile(requested, self._shape[0])
        others = np.flatnonzero(wrong)
        given = np.stack((others, self._tabs[others] + 1, self._tabs[others + 1]), axis=1)
        return _with_others(numbers, self._data, given, self._form, table).reshape(self._shape)

    def _doubtful(self, numbers: _Bytes) -> NDArray[np.bool_]:
        """Return which cells call two alleles and have depths of alleles, which are then read in full."""
        first, second = numbers & 7, numbers >> 3 & 7
        found: NDArray[np.bool_] = (first != second) & (first != MISSING) & (second != MISSING)
        return found

    def _take_depths(self, numbers: _Bytes, wrong: NDArray[np.bool_]) -> None:
        """Mark calls without a read; mark as invalid those whose depth, or count of values, must be parsed in full."""
        ends, keys = self._tabs[1:], len(self._form.keys)
        if self._colons is None:
            first = np.searchsorted(self._loose, self._tabs)
            wrong |= np.diff(first) >= keys
            loose = np.append(self._loose, np.full(keys, len(self._data)))
        for place in self._form.depths:
            if self._colons is not None:
                begin = self._colons[:, place - 1] + 1
                end = ends if place == keys - 1 else self._colons[:, place]
            else:
                begin = np.minimum(loose[first[:-1] + place - 1] + 1, ends)
                end = ends if place == keys - 1 else np.minimum(loose[first[:-1] + place], ends)
            zero = np.flatnonzero(self._data[begin] == _ZERO)
            numbers[zero] |= np.uint8(NO_READS)
            wrong[zero[end[zero] - begin[zero] > 1]] = True


def fixed_numbers(
    data: _Bytes, begins: _Places, ends: _Places, form: CallFormat, requested: _Bytes
) -> tuple[_Bytes, _Places] | None:
    """Return the codes of cells whose first key is the genotype, by one compiled pass.

    Parameters
    ----------
    data : array of uint8
        Bytes of the text.
    begins, ends : array of int
        Offsets of the begin (the tab before the first cell) and end of each line of cells.
    form : CallFormat
        Parser of the lines' FORMAT.
    requested : array with a value per sample
        Whether the sample is requested.

    Returns
    -------
    numbers : array with a value per cell
        Fixed codes.
    others : array of shape (n_others, 3)
        Requested cells without fixed code: index, start and end.

    None without compilation, for lines with another number of cells, or for text that is not ASCII.
    """
    read = read_cells.after(int((ends - begins).sum()))
    if read is None:
        return None
    depths = np.zeros(len(form.keys), dtype=np.uint8)
    depths[list(form.depths)] = 1
    cells = len(begins) * len(requested)
    numbers, others = np.empty(cells, dtype=np.uint8), np.empty((cells, 3), dtype=np.int64)
    sizes = len(begins), len(requested), len(form.keys)
    count = read(data, begins, ends, *sizes, depths, form.allele_depths, requested, numbers, others)
    return None if count < 0 else (numbers, others[:count])


def _with_others(numbers: _Bytes, data: _Bytes, others: _Places, form: CallFormat, table: CallTable) -> Numbers:
    """Parse the cells without code; ``others`` are their numbers, starts and ends."""
    if not len(others):
        return numbers
    spans = others[:, 1:].tolist()
    texts = [data[start:end].tobytes().decode("ascii") for start, end in spans]
    try:
        found = np.array(table.numbers(form, texts), dtype=np.uint32)
    except ValueError as error:
        raise UnreadCellsError from error
    made = numbers.astype(np.promote_types(np.uint8, np.min_scalar_type(int(found.max()))))
    made[others[:, 0]] = found
    return made
