"""Codes of outcomes of all samples at one site in little memory: nearly all samples have the same."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Numbers = NDArray[np.unsignedinteger]

_NOBODY = np.zeros(0, dtype=np.uint32)
_NONE = np.zeros(0, dtype=np.uint8)


class OutcomeNumbers:
    """The most frequent code, and the samples with other codes.

    Parameters
    ----------
    usual : int
        Code of samples that are not among ``others``.
    length : int
        Number of samples.
    others, numbers : arrays
        Indices of samples in ascending order, and the code of each.
    """

    __slots__ = ("_length", "_numbers", "_others", "_usual")

    def __init__(self, usual: int, length: int, others: NDArray[np.uint32] = _NOBODY, numbers: Numbers = _NONE) -> None:
        self._usual, self._length, self._others, self._numbers = usual, length, others, numbers

    @classmethod
    def of(cls, numbers: Iterable[int], length: int) -> OutcomeNumbers:
        """Return the codes of the given number of samples."""
        if length == 1:
            (usual,) = numbers
            return cls(usual, 1)
        return cls.of_array(np.fromiter(numbers, dtype=np.int32, count=length))

    @classmethod
    def of_array(cls, numbers: NDArray[np.integer]) -> OutcomeNumbers:
        """Return the codes of samples from an array with one per sample."""
        if not len(numbers):
            return cls(0, 0)
        usual = int(np.bincount(numbers).argmax())
        others = np.flatnonzero(numbers != usual)
        if not len(others):
            return cls(usual, len(numbers))
        rest = numbers[others]
        return cls(usual, len(numbers), others.astype(np.uint32), rest.astype(np.min_scalar_type(int(rest.max()))))

    def __len__(self) -> int:
        return self._length

    def __getitem__(self, sample: int) -> int:
        """Return the code of a sample."""
        if not 0 <= sample < self._length:
            raise IndexError(sample)
        at = bisect_left(self._others, sample)
        is_other = at < len(self._others) and self._others[at] == sample
        return int(self._numbers[at]) if is_other else self._usual

    def fill(self, column: NDArray[np.integer], start: int = 0) -> None:
        """Write the codes of the samples from ``start`` on into an array."""
        column[:] = self._usual
        if not len(self._others):
            return
        first, stop = np.searchsorted(self._others, (start, start + len(column)))
        column[self._others[first:stop] - np.uint32(start)] = self._numbers[first:stop]

    def all(self) -> NDArray[np.int32]:
        """Return the code of each sample."""
        made = np.empty(self._length, dtype=np.int32)
        self.fill(made)
        return made

    def counts(self) -> dict[int, int]:
        """Return the number of samples with each code."""
        numbers, times = np.unique(self._numbers, return_counts=True)
        usual = {self._usual: self._length - len(self._others)} if self._length else {}
        return usual | dict(zip(numbers.tolist(), times.tolist(), strict=True))

    def renumbered(self, change: Callable[[int], int]) -> OutcomeNumbers:
        """Return the codes mapped by ``change``, which is called once per code, in order of first appearance."""
        found, first, which = np.unique(self.all(), return_index=True, return_inverse=True)
        changed = np.zeros(len(found), dtype=np.int32)
        for place in np.argsort(first).tolist():
            changed[place] = change(int(found[place]))
        return self.of_array(changed[which])
