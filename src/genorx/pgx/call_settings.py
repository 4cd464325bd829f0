"""Settings for reading and calling variant files, shared by reports of persons and the frame of a cohort."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from genorx.knowledge import GeneDefinition, Pack
from genorx.pgx.matching.caller import CallOptions
from genorx.pgx.reading.chip import is_chip_table, read_chip
from genorx.pgx.reading.reading import read_sites
from genorx.pgx.reading.site_reading import SampleSites
from genorx.pgx.sources import Knowledge, take_knowledge


@dataclass(frozen=True, kw_only=True)
class CallSettings:
    """Settings of knowledge, calling and reading; each is described at ``pgx.call``."""

    definitions: str | Path | None
    exemptions: str | Path | bool | None
    pack: Pack | None
    cyp2d6: bool
    options: CallOptions
    absent: str
    assembly: str | None
    filters: Collection[str] | None
    fasta: str | Path | None

    def knowledge(self) -> Knowledge:
        """Return the definitions, phenotypes and guidance used for calling."""
        return take_knowledge(self.definitions, self.exemptions, cyp2d6=self.cyp2d6, pack=self.pack)

    def sites(
        self, path: str | Path, genes: Mapping[str, GeneDefinition], *, sample: str | None, likelihoods: bool
    ) -> SampleSites:
        """Return the sites of genes in a variant file or in the table of a genotyping array."""
        if is_chip_table(path):
            return read_chip(path, genes)
        return read_sites(
            path,
            genes,
            sample=sample,
            assembly=self.assembly,
            absent=self.absent,
            likelihoods=likelihoods,
            filters=self.filters,
            fasta=self.fasta,
        )
