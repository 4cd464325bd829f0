"""A user's gene table: the genes that overlap a genomic interval.

Four tab-separated columns: contig, start (0-based), end, gene; ``#`` begins a comment (BED).
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from genorx._core.files import FileKind
from genorx.errors import PanelError
from genorx.variants.assembly import bare_contig
from genorx.variants.region import BedInterval, bed_intervals

_BIN = 1 << 16
_GENE_TABLE = FileKind(name="gene table", error=PanelError, code="gene-table")


class GeneRegions:
    """Genes by position; a gene may have several intervals (its exons, say)."""

    def __init__(self) -> None:
        self._bins: dict[tuple[str, int], list[tuple[int, int, str]]] = {}
        self.genes: set[str] = set()
        self._stretches: dict[str, tuple[NDArray[np.int64], list[tuple[str, ...]]]] = {}

    @classmethod
    def read(cls, path: str | Path) -> GeneRegions:
        """Read a gene table.

        Raises
        ------
        PanelError
            ``gene-table``, with the line, if the table cannot be parsed.
        """
        regions = cls()
        lines = enumerate(_GENE_TABLE.read_text(path).splitlines(), start=1)
        for each in bed_intervals(lines, partial(_no_interval, path), named=True):
            regions._add(each)
        if not regions.genes:
            raise PanelError("the gene table is empty", file=path, code="gene-table")
        return regions

    def _add(self, interval: BedInterval) -> None:
        _, contig, start0, end0, gene = interval
        self.genes.add(gene)
        for number in range(start0 // _BIN, (end0 - 1) // _BIN + 1):
            self._bins.setdefault((contig, number), []).append((start0, end0, gene))

    def touching(self, contig: str, start0: int, end0: int) -> set[str]:
        """Return the genes that overlap the half-open interval."""
        return {
            gene for low, high, gene in self._near(bare_contig(contig), start0, end0) if low < end0 and start0 < high
        }

    def stretches(self, contig: str) -> tuple[NDArray[np.int64], list[tuple[str, ...]]]:
        """Return the breakpoints of a contig, and the genes before each and after the last."""
        contig = bare_contig(contig)
        found = self._stretches.get(contig)
        if found is None:
            parts = {part for (name, _), listed in self._bins.items() if name == contig for part in listed}
            breaks = np.unique([place for low, high, _ in parts for place in (low, high)]).astype(np.int64)
            genes: list[set[str]] = [set() for _ in range(len(breaks) + 1)]
            for low, high, gene in parts:
                for number in range(*(np.searchsorted(breaks, (low, high), side="right")).tolist()):
                    genes[number].add(gene)
            found = self._stretches[contig] = (breaks, [tuple(sorted(names)) for names in genes])
        return found

    def _near(self, contig: str, start0: int, end0: int) -> Iterator[tuple[int, int, str]]:
        for number in range(start0 // _BIN, max(end0 - 1, start0) // _BIN + 1):
            yield from self._bins.get((contig, number), ())


def _no_interval(path: str | Path, line: int) -> PanelError:
    hint = "columns are contig, start (0-based), end, gene, separated by tabs"
    return PanelError("the line is no interval of a gene", file=path, place=line, hint=hint, code="gene-table")
