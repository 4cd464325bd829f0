"""A reference sequence in FASTA, to recognise indels and repeats in another notation.

Source: SAM/BAM format group, faidx(5) (the index).
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from genorx.errors import AssemblyError, InputError, shown
from genorx.pgx.reading.sites import SiteTable
from genorx.variants.assembly import with_chr

_WINDOW = 512
_BASES = frozenset("ACGT")
#: Largest share of sites whose REF differs from the sequence; with more it is of another assembly.
_MOST_OTHER = 0.1


class FastaBases:
    """Reference bases of a FASTA file with its index, by chromosome (with ``chr``) and position.

    Raises
    ------
    InputError
        ``fasta-absent`` or ``fasta-index`` if the file or its index is missing, ``fasta-unreadable`` if it is no FASTA.
    """

    def __init__(self, path: str | Path) -> None:
        import pysam

        self.path = Path(path)
        self._check_files()
        try:
            self._file = pysam.FastaFile(str(self.path))
        except (OSError, ValueError) as error:
            hint = "use plain FASTA or bgzip; plain gzip does not allow random access"
            raise InputError("cannot be read as FASTA", file=self.path, hint=hint, code="fasta-unreadable") from error
        self._names = {with_chr(name): name for name in self._file.references}
        self._windows: dict[tuple[str, int], str] = {}

    def _check_files(self) -> None:
        if not self.path.is_file():
            raise InputError("the reference sequence does not exist", file=self.path, code="fasta-absent")
        ends = [".fai", ".gzi"] if self.path.suffix in (".gz", ".bgz") else [".fai"]
        for end in ends:
            if not Path(f"{self.path}{end}").is_file():
                hint = f"create it with: samtools faidx {self.path.name}"
                raise InputError(f"the index {end} does not exist", file=self.path, hint=hint, code="fasta-index")

    def get(self, place: tuple[str, int], /) -> str | None:
        """Return the base at a position; None outside the sequence and for N."""
        chrom, pos = place
        if pos < 1 or chrom not in self._names:
            return None
        number, offset = divmod(pos - 1, _WINDOW)
        window = self._windows.get((chrom, number))
        if window is None:
            start0 = number * _WINDOW
            window = self._file.fetch(self._names[chrom], start0, start0 + _WINDOW).upper()
            self._windows[chrom, number] = window
        base = window[offset : offset + 1]
        return base if base in _BASES else None

    def agrees(self, table: SiteTable) -> bool:
        """Return whether the sequence matches the REF of a table's sites, with few exceptions."""
        other = sum(self._text(s.chrom, s.pos, len(s.ref)) != s.ref for s in table.sites)
        return other <= _MOST_OTHER * len(table.sites)

    def _text(self, chrom: str, pos: int, length: int) -> str:
        return "".join(self.get((chrom, pos + offset)) or "N" for offset in range(length))

    def check(self, tables: Iterable[SiteTable], claimed: str | None) -> list[SiteTable]:
        """Return the tables with the sequence's assembly; it must be the one claimed by the variant file.

        Raises
        ------
        AssemblyError
            ``fasta-contig`` if it lacks a chromosome of the sites, ``fasta-assembly`` if it fits no table.
        """
        listed = list(tables)
        missing = sorted({site.chrom for table in listed for site in table.sites} - self._names.keys())
        if missing:
            held = ", ".join(shown(name) for name in list(self._file.references)[:3])
            reason = f"has no sequence for {', '.join(missing)}; it begins with {held}"
            hint = "name chromosomes chr10 or 10, and use the whole primary assembly"
            raise AssemblyError(reason, file=self.path, hint=hint, code="fasta-contig")
        asked = [table for table in listed if claimed is None or table.assembly == claimed]
        fitting = [table for table in asked if self.agrees(table)]
        if not fitting:
            names = " nor ".join(table.assembly for table in asked)
            reason = f"its bases at the sites differ from {names}"
            hint = "use the reference on which the variant file was made"
            raise AssemblyError(reason, file=self.path, hint=hint, code="fasta-assembly")
        return fitting
