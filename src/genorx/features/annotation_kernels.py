"""Compiled single-pass parser of record annotations: the genes affected, and the most severe class for each.

Texts (symbols and consequences) get codes that are valid for a whole file.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import unquote

import numpy as np
from numpy.typing import NDArray

from genorx._core.compiled import kernel
from genorx.variants.annotation import AnnotationLayout
from genorx.variants.line_kernels import alike, next_byte, word_at

Places = NDArray[np.int64]
_COMMA, _SEMICOLON = 44, 59
_SLOTS, _TEXTS, _TEXT_BYTES = 1 << 18, 1 << 17, 1 << 22  # most symbols; Ensembl has 60,000
_WORD = 8  # bytes compared at a time
_SAVES = 8  # time saved per byte, relative to loops over genotypes
# the same byte eight times, and positions of bytes by their lowest bits (Warren HS: Hacker's Delight, 6-1)
_BARS, _COMMAS, _LOWER, _HIGHEST = 0x7C7C7C7C7C7C7C7C, 0x2C2C2C2C2C2C2C2C, 0x7F7F7F7F7F7F7F7F, -0x7F7F7F7F7F7F7F80
_ONES, _NUMBERS = 0x0101010101010101, 0x0001020304050607
_HASH_FACTOR = 0x1E3779B97F4A7C15  # Knuth's multiplicative hash, as in ``line_batch``, of 61 bits
_UNCLASSIFIED = -1  # in place of a class
_MOST_GENES = 64  # most genes of a record; one with more is parsed by itself
# fields of a state: the next line, entries written, known texts, their bytes, codes of two texts
_LINE, _WRITTEN, _KNOWN, _BYTES, _GENE, _SAID = range(6)
_DONE, _ASKS, _FULL = range(3)  # status at the end of a pass
# fields of a layout
_ALLELE, _SYMBOL, _TERMS, _LAST, _KEY = range(5)


def symbol_names(symbol: str) -> tuple[str, ...]:
    """Return the gene that an annotation's symbol names."""
    return (unquote(symbol) if "%" in symbol else symbol,)


@dataclass(frozen=True, slots=True, eq=False)
class Entries:
    """Genes of records, each once per record.

    Attributes
    ----------
    record, genes, effects : arrays of int64, one value per gene of a record
        Index of the record, index in ``names``, class of the most severe consequence.
    names : list of tuples of one symbol
        Symbols of the genes.
    known, open : arrays of bool, one per record
        Whether the record has an annotation; whether it must be parsed by itself.
    """

    record: Places
    genes: Places
    effects: Places
    names: list[tuple[str, ...]]
    known: NDArray[np.bool_]
    open: NDArray[np.bool_]


class EntryReader:
    """Reads the annotations of a file; ``effects`` maps the text of a consequence to its class."""

    def __init__(self, layout: AnnotationLayout, effects: Mapping[str, int]) -> None:
        key = f"{layout.key}="
        self._effects = effects
        self._key = np.frombuffer(key.encode("ascii"), dtype=np.uint8)
        self._layout = np.array([layout.allele, layout.symbol, layout.terms, layout.last, len(key)], dtype=np.int64)
        self._forget()

    def _forget(self) -> None:
        self._texts: list[str] = []
        self._names: list[tuple[str, ...]] = []
        self._state = np.zeros(6, dtype=np.int64)
        self._bytes, self._bounds = np.zeros(_TEXT_BYTES + _WORD, dtype=np.uint8), np.zeros(_TEXTS + 1, dtype=np.int64)
        self._slots, self._classes = np.zeros(_SLOTS, dtype=np.int64), np.zeros(_TEXTS, dtype=np.int64)
        self._parts = np.zeros(2 * int(self._layout[_LAST]) + 4, dtype=np.int64)

    def read(self, data: NDArray[np.uint8], begins: Places, ends: Places) -> Entries | None:
        """Read the INFO of records; None without compiled code, or with too many distinct texts."""
        run = read_entries.after(_SAVES * int((ends - begins).sum()))
        if run is None:
            return None
        lines, most = len(begins), int((ends - begins).sum()) // (int(self._layout[_LAST]) + 1) + 1
        record, genes, effects = (np.empty(most, dtype=np.int64) for _ in range(3))
        known, open_ = np.zeros(lines, dtype=np.bool_), np.zeros(lines, dtype=np.bool_)
        flags = known.view(np.uint8), open_.view(np.uint8)
        state, kept = self._state, (self._bytes, self._bounds, self._slots, self._classes)
        state[[_LINE, _WRITTEN]] = 0
        given = data, np.ascontiguousarray(begins), np.ascontiguousarray(ends), lines, self._key, self._layout
        while end := run(*given, *kept, state, self._parts, *flags, record, genes, effects):
            if end == _FULL:
                self._forget()
                return None
            self._tell(int(state[_SAID]))
        self._take_texts()
        written = int(state[_WRITTEN])
        return Entries(record[:written], genes[:written], effects[:written], self._names, known, open_)

    def _take_texts(self) -> None:
        for number in range(len(self._texts), int(self._state[_KNOWN])):
            begin, end = self._bounds[number : number + 2].tolist()
            self._texts.append(self._bytes[begin:end].tobytes().decode("ascii"))
            self._names.append(symbol_names(self._texts[-1]))

    def _tell(self, number: int) -> None:
        """Classify a consequence."""
        self._take_texts()
        self._classes[number] = self._effects[self._texts[number]]


def _number(data, start, stop, texts, bounds, slots, classes, state):
    """Return the code of a text; -1 if the table is full."""
    size, mixed = stop - start, stop - start
    for done in range(0, size, _WORD):
        mixed = (mixed ^ word_at(data, start + done, size - done)) * _HASH_FACTOR
        mixed ^= mixed >> 32
    slot, number = mixed & (_SLOTS - 1), -1
    while slots[slot] and number < 0:
        held = slots[slot] - 1
        if bounds[held + 1] - bounds[held] == size and alike(data, start, texts, bounds[held], size):
            number = held
        slot = (slot + 1) & (_SLOTS - 1)
    if number < 0 and state[_KNOWN] < _TEXTS and state[_BYTES] + size <= _TEXT_BYTES:
        number, begin = state[_KNOWN], state[_BYTES]
        for place in range(size):
            texts[begin + place] = data[start + place]
        slots[slot], classes[number] = number + 1, _UNCLASSIFIED
        bounds[number], bounds[number + 1] = begin, begin + size
        state[_KNOWN], state[_BYTES] = number + 1, begin + size
    return number


def _value(data, begin, end, key, size):
    """Return where the value of a key begins in an INFO; 0 if absent, -1 if the key occurs twice."""
    found, at = 0, begin
    while at < end:
        place = 0
        while place < size and at + place < end and data[at + place] == key[place]:
            place += 1
        if place == size:
            found = -1 if found else at + size
        at = next_byte(data, at, end, _SEMICOLON) + 1
    return found


def _entry(data, at, end, last, parts):
    """Store the bounds of an entry's parts; return the position after it, -1 if it has too few parts."""
    part, start, stop, is_last = 0, at, end, True
    while at < stop:
        word = word_at(data, at, _WORD)
        # for ASCII equal to the character, nothing is carried to the highest bit of its byte
        marks = ~(((word ^ _BARS) + _LOWER) & ((word ^ _COMMAS) + _LOWER)) & _HIGHEST
        while marks:
            lowest = marks & -marks
            marks ^= lowest
            place = at + (((lowest >> 7 & _ONES) * _NUMBERS) >> 56 & 7)
            if place < stop:
                if part <= last:
                    parts[2 * part], parts[2 * part + 1] = start, place
                part, start = part + 1, place + 1
                if data[place] == _COMMA:
                    stop, is_last = place, False
        at += _WORD
    if is_last and part <= last:
        parts[2 * part], parts[2 * part + 1] = start, end
    part += is_last
    return stop if part > last else -1


def _write(line, first, number, effect, state, record, genes, effects):
    """Store a gene of a line, or raise its class; return False if there are too many."""
    place, written = first, state[_WRITTEN]
    while place < written and genes[place] != number:
        place += 1
    if place == written:
        record[place], genes[place], effects[place] = line, number, effect
        state[_WRITTEN] = written + 1
    elif effects[place] < effect:
        effects[place] = effect
    return place - first < _MOST_GENES


@kernel(
    *("uint8*", "int64*", "int64*", "int64", "uint8*", "int64*"),
    *("uint8*", "int64*", "int64*", "int64*", "int64*", "int64*", "uint8*", "uint8*", "int64*", "int64*", "int64*"),
)
def read_entries(
    data,
    begins,
    ends,
    lines,
    key,
    layout,
    texts,
    bounds,
    slots,
    classes,
    state,
    parts,
    known,
    open_,
    record,
    genes,
    effects,
):
    """Read the annotations of lines, continuing from the state's line; return the final status."""
    for line in range(state[_LINE], lines):
        first, end = state[_WRITTEN], ends[line]
        at = _value(data, begins[line], end, key, layout[_KEY])
        known[line], is_odd, went_on = 1 if at else 0, at < 0, at > 0
        if went_on:
            end = next_byte(data, at, end, _SEMICOLON)
        allele, size = -1, 0
        while went_on and not is_odd:
            at = _entry(data, at, end, layout[_LAST], parts)
            if at < 0:
                is_odd = True
                break
            begin, stop = parts[2 * layout[_ALLELE]], parts[2 * layout[_ALLELE] + 1]
            if allele < 0:
                allele, size = begin, stop - begin
            is_odd = size != stop - begin or not alike(data, allele, data, begin, size)
            is_odd |= parts[2 * layout[_SYMBOL]] == parts[2 * layout[_SYMBOL] + 1]
            for part in range(2):  # the symbol, then the terms
                place = 2 * layout[_SYMBOL + part]
                given = parts[place], parts[place + 1]
                state[_GENE + part] = _number(data, given[0], given[1], texts, bounds, slots, classes, state)
            number, term = state[_GENE], state[_SAID]
            if number < 0 or term < 0 or classes[term] == _UNCLASSIFIED:  # start this line again
                state[_LINE], state[_WRITTEN] = line, first
                return _FULL if number < 0 or term < 0 else _ASKS
            is_odd |= not _write(line, first, number, classes[term], state, record, genes, effects)
            went_on = at < end
            at += 1
        open_[line] = 1 if is_odd else 0
    return _DONE
