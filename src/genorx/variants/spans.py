"""Extraction of non-contiguous byte ranges from a text."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from genorx.variants.files import Bytes


@dataclass(frozen=True, slots=True, eq=False)
class Spans:
    """Byte ranges of the samples of some lines: from the tab before the first to the end of the last."""

    data: Bytes
    begins: NDArray[np.int64]
    ends: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.begins)

    def some(self, lines: NDArray[np.intp]) -> Spans:
        """Return the ranges of some lines."""
        return Spans(self.data, self.begins[lines], self.ends[lines])

    def each(self) -> list[memoryview]:
        """Return the bytes of each line."""
        data = memoryview(self.data)
        return [data[begin:end] for begin, end in zip(self.begins.tolist(), self.ends.tolist(), strict=True)]

    def together(self, start: int, stop: int) -> NDArray[np.uint8]:
        """Return the bytes of some lines of equal width, shape (n_lines, width)."""
        return windows(self.data, self.begins[start:stop], int(self.ends[start] - self.begins[start]))


def windows(data: Bytes, begins: NDArray[np.int64], width: int) -> NDArray[np.uint8]:
    """Return ``width`` bytes from each of some offsets, shape (n_places, width)."""
    every: NDArray[np.uint8] = np.ndarray((len(data) - width + 1, width), np.uint8, data, strides=(1, 1))
    found: NDArray[np.uint8] = every[begins]
    return found
