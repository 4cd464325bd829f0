"""Sample values of a BCF as codes of distinct calls, without conversion to text.

A genotype of two alleles is two bytes, whose fixed code (``cells``) is looked up in a table of all pairs of bytes.
Each other distinct genotype is converted to text once and parsed by the functions of ``calls``.
Source: VCF 4.5 specification, section 6.3.3 (``(allele + 1) << 1 | phased``; vectors end in a value of their own).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray

from genorx.variants.bcf_table import BcfTable, Layout
from genorx.variants.bcf_values import FLOAT, INT_SIZES, TEXT, whole_number_texts
from genorx.variants.call_table import FIXED_CALLS, CallTable, Numbers, smallest
from genorx.variants.calls import CallFormats, Kind
from genorx.variants.cells import UnreadCellsError
from genorx.variants.files import Bytes
from genorx.variants.heads import Heads
from genorx.variants.pairs import OTHER, numbers_of_pairs, table_of_pairs
from genorx.variants.record_checks import SITE_COLUMNS
from genorx.variants.reference_quality import DEPTH_KEYS, QUALITY_KEYS, is_weighed, too_low

_NO_READS = 1 << 7
_DEPTHS = ("DP", "MIN_DP")
#: Keys that determine a call; the filter and phase set of a sample are parsed as text.
_DECIDING = ("GT", *_DEPTHS, "FT", "PS")
_SEPARATORS = "/|"


class _Group:
    """Records of one layout: their numbers in a block, and the offsets of their samples."""

    def __init__(self, layout: Layout, samples: int) -> None:
        self.layout = layout
        self.lines: list[int] = []
        self._places: list[tuple[Bytes, list[int]]] = []
        self._samples = samples

    def add(self, lines: NDArray[np.intp], data: Bytes, bodies: list[int]) -> None:
        """Add records whose samples begin at given offsets of some bytes."""
        self.lines.extend(lines.tolist())
        self._places.append((data, bodies))

    def bytes_of(self, key: str) -> bytes:
        """Return the values of a key of all samples, record by record."""
        field = self.layout.fields[key]
        begin, size = field.begin, (field.end - field.begin) * self._samples
        end = begin + size
        places = [(memoryview(data), bodies) for data, bodies in self._places]
        return b"".join([data[body + begin : body + end] for data, bodies in places for body in bodies])

    def values(self, key: str) -> NDArray[np.signedinteger]:
        """Return the integers of a key, shape (n_records x n_samples, elements)."""
        field = self.layout.fields[key]
        values: NDArray[np.signedinteger] = np.frombuffer(self.bytes_of(key), dtype=f"<i{INT_SIZES[field.kind]}")
        return values.reshape(-1, field.size)

    def of_one_allele(self) -> NDArray[np.bool_]:
        """Return which samples have reads of one allele only, shape (n_records x n_samples,).

        Raises
        ------
        UnreadCellsError
            AD holds no whole numbers.
        """
        if self.layout.fields["AD"].kind not in INT_SIZES or not self.layout.fields["AD"].size:
            raise UnreadCellsError
        return np.asarray((self.values("AD") > 0).sum(axis=1) == 1)

    def numbers(self, key: str) -> NDArray[np.floating]:
        """Return the numbers of a key with one element, NaN where missing, shape (n_records x n_samples,).

        Raises
        ------
        UnreadCellsError
            It holds something else.
        """
        field = self.layout.fields[key]
        if field.size == 1 and field.kind in INT_SIZES:
            values = self.values(key)[:, 0].astype(np.float64)
            return np.where(values < 0, np.nan, values)  # missing numbers are negative
        if field.size == 1 and field.kind == FLOAT:
            return np.frombuffer(self.bytes_of(key), dtype="<f4").astype(np.float64)
        raise UnreadCellsError


class BcfCellReader:
    """Parses the samples of rows of a BCF.

    Parameters
    ----------
    formats : CallFormats
        Parsers by FORMAT.
    samples : int
        Number of samples of a record.
    columns : sequence of int
        Requested columns (from 9), in any order.
    prefixed : bool
        Whether the first allele of a genotype may have its own phase.
    """

    def __init__(self, formats: CallFormats, samples: int, columns: Sequence[int], *, prefixed: bool) -> None:
        self._formats = formats
        self._samples = samples
        self._prefixed = prefixed
        self._table = _pair_numbers(prefixed)
        self._chosen: NDArray[np.intp] | None = np.array(columns, dtype=np.intp) - SITE_COLUMNS
        if self._chosen.tolist() == list(range(samples)):
            self._chosen = None

    def numbers(self, heads: Heads, table: CallTable) -> Numbers:
        """Return the code in ``table`` of each call, shape (n_records, n_columns).

        Raises
        ------
        UnreadCellsError
        """
        groups: dict[int, _Group] = {}
        whole = 0
        for part in heads.parts:
            if isinstance(part, list) or not isinstance(part.table, BcfTable):
                raise UnreadCellsError
            codes = part.table.codes[part.lines]
            for code, layout in enumerate(part.table.layouts):
                here = np.flatnonzero(codes == code)
                if not len(here):
                    continue
                bodies = part.table.bodies[part.lines[here]].tolist()
                groups.setdefault(id(layout), _Group(layout, self._samples)).add(here + whole, part.table.data, bodies)
            whole += len(part)
        only = heads.reference_only() if any(is_weighed(group.layout.fields) for group in groups.values()) else None
        read = [(group.lines, self._wanted(self._judged(group, table, only))) for group in groups.values()]
        if len(read) == 1:
            return read[0][1]
        kind = np.result_type(np.uint8, *(numbers.dtype for _, numbers in read))
        made = np.empty((whole, self._samples if self._chosen is None else len(self._chosen)), dtype=kind)
        for lines, numbers in read:
            made[lines] = numbers
        return made

    def _wanted(self, numbers: Numbers) -> Numbers:
        return numbers if self._chosen is None else numbers[:, self._chosen]

    def _judged(self, group: _Group, table: CallTable, reference_only: NDArray[np.bool_] | None) -> Numbers:
        """Read records of one layout; mark calls that depths of alleles or the quality of a reference call refute."""
        numbers = self._of_group(group, table)
        if self._formats.by_depths and "AD" in group.layout.fields:
            one = group.of_one_allele().reshape(numbers.shape)
            numbers = table.marked(numbers, one & table.two_alleles(numbers), Kind.CHANGED, Kind.CONTRADICTED)
        only = np.zeros(0, dtype=np.bool_) if reference_only is None else reference_only[group.lines]
        if not (only.any() and is_weighed(group.layout.fields)):
            return numbers
        keys = [key for key in (*QUALITY_KEYS, *DEPTH_KEYS) if key in group.layout.fields]
        low = too_low({key: group.numbers(key) for key in keys}, (numbers.size,)).reshape(numbers.shape)
        return table.marked(numbers, low & only[:, None], Kind.REFERENCE, Kind.LOW_QUALITY)

    def _of_group(self, group: _Group, table: CallTable) -> Numbers:
        """Read records of one layout."""
        layout = group.layout
        keys = [key for key in _DECIDING if key in layout.fields]
        genotype = layout.fields.get("GT")
        plain = genotype is not None and genotype.kind in INT_SIZES and genotype.size > 0
        plain &= all(_is_number(layout, key) for key in keys if key in _DEPTHS)
        if not plain or {"FT", "PS"} & set(keys):
            return self._by_texts(group, keys, table)
        genotypes = group.values("GT")
        unread = np.zeros(len(genotypes), dtype=np.bool_)
        for key in keys[1:]:
            unread |= group.values(key)[:, 0] == 0
        if genotypes.shape[1] == 2 and genotypes.dtype == np.int8:
            numbers = self._of_pairs(genotypes, unread if len(keys) > 1 else None, table)
        else:
            numbers = self._distinct(genotypes, unread, table)
        return numbers.reshape(-1, self._samples)

    def _of_pairs(
        self, genotypes: NDArray[np.signedinteger], unread: NDArray[np.bool_] | None, table: CallTable
    ) -> Numbers:
        numbers = numbers_of_pairs(genotypes.view("<u2")[:, 0], self._table)
        others = np.flatnonzero(numbers == OTHER) if numbers.max(initial=0) == OTHER else ()
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
        """Parse each distinct genotype once, with and without reads."""
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
        """Return the text of a genotype as written by htslib."""
        end = 1 - (1 << 8 * size - 1)
        text = ""
        count = values.index(end) if end in values else len(values)
        phases = {value & 1 for value in values[:count]}
        if self._prefixed and (count != 2 or len(phases) > 1):
            raise UnreadCellsError  # may have a phase before the first allele
        for value in values[:count]:
            if value < 0:
                raise UnreadCellsError  # htslib writes it as an allele
            text += (_SEPARATORS[value & 1] if text else "") + (str((value >> 1) - 1) if value >> 1 else ".")
        return text or "."

    def _by_texts(self, group: _Group, keys: list[str], table: CallTable) -> Numbers:
        """Read rows for which filters or phase sets are requested, or which have no genotypes."""
        form = self._formats[":".join(keys) or "."]
        columns = [self._texts(group, key) for key in keys]
        texts = [":".join(values) for values in zip(*columns, strict=True)]
        try:
            numbers = table.numbers(form, texts or ["."] * (len(group.lines) * self._samples))
        except ValueError as error:
            raise UnreadCellsError from error
        return smallest(np.array(numbers, dtype=np.uint32)).reshape(-1, self._samples)

    def _texts(self, group: _Group, key: str) -> list[str]:
        """Texts of a key, one per sample and record."""
        field = group.layout.fields[key]
        if field.kind in INT_SIZES and field.size:
            size = INT_SIZES[field.kind]
            values = group.values(key).tolist()
            if key == "GT":
                return [self._genotype(each, size) for each in values]
            return [",".join(whole_number_texts(each, size)) or "." for each in values]
        if field.kind != TEXT or not field.size or key == "GT":
            raise UnreadCellsError
        width, data = field.size, group.bytes_of(key)
        texts = [data[n : n + width].partition(b"\0")[0].decode("ascii") for n in range(0, len(data), width)]
        if any(not text or not text.isprintable() or ":" in text or "\t" in text for text in texts):
            raise UnreadCellsError
        return texts


def _is_number(layout: Layout, key: str) -> bool:
    field = layout.fields[key]
    return field.kind in INT_SIZES and field.size == 1


@cache
def _pair_numbers(prefixed: bool) -> bytes:
    """Return the fixed code of each pair of bytes below 16."""
    number_of = {
        (call.genotype.alleles, call.genotype.phased): number
        for number, call in reversed(list(enumerate(FIXED_CALLS[:_NO_READS])))
    }

    def number(first: int, second: int) -> int | None:
        if prefixed and (first ^ second) & 1:
            return None  # a phase before the first allele
        return number_of.get((((first >> 1) - 1, (second >> 1) - 1), bool(second & 1)))

    return table_of_pairs(number)
