"""Distinct calls by code: the fixed codes of common calls, and a table of all others.

The calls of most cells, ``0/1`` or ``.|.``, have numbers that never change, of one byte: two allele numbers up to 3 or
missing, whether they are phased, whether no read was there.  What they mean is said by the functions of ``calls``.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from genorx.variants.calls import Call, CallFormat, Kind, parse_genotype
from genorx.variants.cell_words import MISSING

Numbers = NDArray[np.unsignedinteger]
#: Bits of a fixed number: the call is phased; no read was there.
PHASED, NO_READS = 1 << 6, 1 << 7
_MOST_CALLS = 30_000  # of a table, after which another is begun


def _fixed_calls() -> tuple[Call, ...]:
    form = CallFormat("GT:DP", None)
    nothing = Call(parse_genotype("."), Kind.MISSING)
    calls = []
    for code in range(256):
        first, second = code & 7, code >> 3 & 7
        if max(first, second) > MISSING:  # no cell has it
            calls.append(nothing)
            continue
        marks = "0123."
        text = f"{marks[first]}{'|' if code & PHASED else '/'}{marks[second]}"
        calls.append(form.read(f"{text}:{0 if code & NO_READS else 9}"))
    return tuple(calls)


#: The calls of numbers below 256.
FIXED_CALLS = _fixed_calls()
_FIXED_NUMBERS = {call: number for number, call in reversed(list(enumerate(FIXED_CALLS)))}


def fixed_number(first: int, second: int) -> int | None:
    """Return the fixed number of an unphased call of two alleles, -1 missing; None if it has none.

    >>> FIXED_CALLS[fixed_number(0, 1)].dosage, fixed_number(-1, 2), fixed_number(0, 4)
    (1, 20, None)
    """
    if not (-1 <= first < MISSING and -1 <= second < MISSING):
        return None
    return (first if first >= 0 else MISSING) | (second if second >= 0 else MISSING) << 3


class CallTable:
    """Distinct calls by code: the fixed ones, and others in order of appearance."""

    def __init__(self) -> None:
        self.calls: list[Call] = list(FIXED_CALLS)
        self._numbers = dict(_FIXED_NUMBERS)

    def number(self, call: Call) -> int:
        """Return the code of a call."""
        found = self._numbers.get(call)
        if found is None:
            found = self._numbers[call] = len(self.calls)
            self.calls.append(call)
        return found

    def marked(self, numbers: Numbers, cells: NDArray[np.bool_], old: Kind, new: Kind) -> Numbers:
        """Return codes in which the calls of one kind, in a mask of cells, have another."""
        code_of = {
            code: self.number(self.calls[code]._replace(kind=new))
            for code in np.unique(numbers[cells]).tolist()
            if self.calls[code].kind == old
        }
        if not code_of:
            return numbers
        made = numbers.astype(np.promote_types(numbers.dtype, np.min_scalar_type(max(code_of.values()))))
        for code, changed in code_of.items():
            made[cells & (numbers == code)] = changed
        return made

    def two_alleles(self, numbers: Numbers) -> NDArray[np.bool_]:
        """Return which cells call two different alleles."""
        found = np.zeros(len(self.calls), dtype=np.bool_)
        for code in np.unique(numbers).tolist():
            call = self.calls[code]
            found[code] = call.kind == Kind.CHANGED and len(set(call.genotype.alleles)) > 1
        return np.take(found, numbers)

    def numbers(self, form: CallFormat, texts: list[str]) -> list[int]:
        """Return the codes of the calls in sample columns of one FORMAT.

        Raises
        ------
        ValueError
            For a column that cannot be read.
        """
        ids = [form.ids[text] for text in texts]
        number_of = {number: self.number(form.calls[number]) for number in set(ids)}
        form.forget()
        return [number_of[number] for number in ids]

    @property
    def full(self) -> bool:
        """Return whether a new table should be started to release memory."""
        return len(self.calls) > _MOST_CALLS


def smallest(numbers: NDArray[np.uint32]) -> Numbers:
    """Return numbers in the smallest sufficient integer type."""
    return numbers.astype(np.min_scalar_type(int(numbers.max()))) if numbers.size else numbers.astype(np.uint8)
