"""Haplotype frequencies from a user's table; estimation is in ``pgx.probability.estimation``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from genorx._core.delimited import read_delimited
from genorx._core.files import FileKind
from genorx._core.short_repr import short
from genorx.errors import TableError, shown
from genorx.knowledge import GeneDefinition, PhenotypeTable
from genorx.pgx.matching.gene_rules import follows

if TYPE_CHECKING:
    import pandas as pd

_FILE = FileKind(name="table of frequencies", error=TableError, code="frequency-columns")
_COLUMNS = frozenset({"gene", "allele", "frequency"})
#: Share of an allele missing from a table whose frequencies add up to one.
_LEAST = 1e-6
#: Sum of the frequencies of a gene below which its table lists only rare alleles.
_LEAST_LISTED = 0.5


@short
@dataclass(frozen=True)
class HaplotypeFrequencies:
    """Frequencies of named alleles by gene; absent genes have none."""

    table: Mapping[str, Mapping[str, float]]

    def of(self, gene: GeneDefinition) -> dict[str, float] | None:
        """Return the frequency of each allele of a gene, summing to one.

        The remainder of a table is shared equally by the alleles that it does not list, each at least one millionth.
        Sub-alleles share the frequency of their core allele equally.
        """
        listed = self.table.get(gene.gene)
        if listed is None:
            return None
        heirs = Counter(gene.suballeles.get(allele.name, allele.name) for allele in gene.alleles)
        unlisted = [a.name for a in gene.alleles if gene.suballeles.get(a.name, a.name) not in listed]
        rest = max(0.0, 1.0 - sum(listed.values()))
        found = {}
        for allele in gene.alleles:
            core = gene.suballeles.get(allele.name, allele.name)
            own = listed.get(core)
            found[allele.name] = max(rest / len(unlisted), _LEAST) if own is None else own / heirs[core]
        total = sum(found.values())
        return {name: value / total for name, value in found.items()} if total else None

    def carried(self, gene: GeneDefinition) -> dict[str, float] | None:
        """Return the frequency of strands with each variant of DPYD or RYR1; those do not sum to one.

        Alleles that are not listed share the remainder of a table with the reference, each at least one millionth.
        """
        listed = self.table.get(gene.gene)
        if listed is None:
            return None
        rest = max(0.0, 1.0 - sum(listed.values())) if gene.reference.name in listed else 0.0
        changes = [allele.name for allele in gene.alleles if not allele.reference]
        left = max(rest / max(sum(name not in listed for name in changes), 1), _LEAST)
        return {name: listed.get(name, left) for name in changes}

    def to_frame(self) -> pd.DataFrame:
        """Return a data frame with the columns ``gene``, ``allele`` and ``frequency``."""
        import pandas as pd

        rows = [(gene, allele, value) for gene, own in self.table.items() for allele, value in own.items()]
        return pd.DataFrame(rows, columns=["gene", "allele", "frequency"])


def take_frequencies(
    source: HaplotypeFrequencies | Mapping[str, Mapping[str, float]] | str | Path,
    genes: Mapping[str, GeneDefinition],
    tables: Mapping[str, PhenotypeTable] | None = None,
    file: str | Path | None = None,
) -> HaplotypeFrequencies:
    """Read frequencies from a mapping or a CSV with the columns ``gene``, ``allele`` and ``frequency``.

    A gene that is only called elsewhere (CYP2D6, HLA-B) may be listed too; its alleles are those in ``tables``.

    Raises
    ------
    TableError
        ``frequency-columns``, ``frequency-value``, ``frequency-sum`` (over 1.001 or below 0.5; not for DPYD and RYR1,
        whose changes lie on one strand together), ``frequency-allele`` for an allele that neither the definitions nor
        the tables have, ``frequency-twice``.
    """
    if isinstance(source, HaplotypeFrequencies):
        return source
    if isinstance(source, str | Path):
        return take_frequencies(_read(Path(source)), genes, tables, source)
    for gene, listed in source.items():
        _check(gene, listed, _alleles_of(gene, genes, tables or {}), file)
    return HaplotypeFrequencies(source)


def _alleles_of(gene: str, genes: Mapping[str, GeneDefinition], tables: Mapping[str, PhenotypeTable]) -> frozenset[str]:
    """Return the permitted alleles of a gene; empty if none are known."""
    known = set(tables[gene].alleles) if gene in tables else set()
    if gene in genes:
        known |= {*genes[gene].by_name, *genes[gene].suballeles.values()}
    return frozenset(known)


def _check(gene: str, listed: Mapping[str, float], known: frozenset[str], file: str | Path | None) -> None:
    for allele, value in listed.items():
        place = f"{shown(gene)} {shown(allele)}"
        if known and allele not in known:
            raise TableError("the definitions have no such allele", file=file, place=place, code="frequency-allele")
        if not 0 <= value <= 1:
            raise TableError(f"frequency {value} is not in 0 to 1", file=file, place=place, code="frequency-value")
    if follows(gene, "lowest-function"):
        return
    total = sum(listed.values())
    if total > 1.001:
        reason = f"frequencies add up to {total:.4f}, more than 1"
        raise TableError(reason, file=file, place=shown(gene), code="frequency-sum")
    if known and total < _LEAST_LISTED:
        reason = f"frequencies add up to {total:.4f}: alleles that are not listed would share the larger part"
        hint = "list the common alleles too, including the reference"
        raise TableError(reason, file=file, place=shown(gene), hint=hint, code="frequency-sum")


def _read(path: Path) -> dict[str, dict[str, float]]:
    table: dict[str, dict[str, float]] = {}
    read = read_delimited(path, _FILE, code="frequency-columns", twice="frequency-columns")
    if not {*read.columns} >= _COLUMNS or not read.rows:
        reason = "the columns are gene, allele and frequency, with one row per allele"
        raise TableError(reason, file=path, place=1, code="frequency-columns")
    for number, row in zip(read.lines, read.rows, strict=True):
        gene, allele, text = row["gene"], row["allele"], row["frequency"]
        if not gene or not allele:
            reason = "a row names no gene or no allele"
            raise TableError(reason, file=path, place=number, code="frequency-columns")
        if allele in table.setdefault(gene, {}):
            raise TableError(f"{shown(allele)} appears twice", file=path, place=number, code="frequency-twice")
        try:
            table[gene][allele] = float(text)
        except ValueError as error:
            raise TableError(
                f"{shown(text)} is not a number", file=path, place=number, code="frequency-value"
            ) from error
    return table
