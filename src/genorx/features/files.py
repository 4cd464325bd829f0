"""Reading of one variant file for its samples, before the files of a study are merged."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from genorx._core.workers import expect_work, is_shared, map_in_order, processes
from genorx.errors import VariantFileError, shown
from genorx.features.annotated_genes import AnnotatedGenes, GeneSource, PlacedGenes
from genorx.features.bulk import BulkGeneTally
from genorx.features.file_tally import FileTally
from genorx.features.gene_blocks import GeneBlocks
from genorx.features.genes import NO_CALL, WHY, GenesSeen, GeneTally
from genorx.features.panel import Panel
from genorx.features.pharmacogenes import pharmacogene_calls
from genorx.features.regions import GeneRegions
from genorx.features.single import SingleGeneTally
from genorx.features.sites import SiteCells, SiteKey, SiteTally
from genorx.variants.annotation import Annotator, find_layout
from genorx.variants.blocks import packed_blocks, packed_heads
from genorx.variants.cells import UnreadCellsError
from genorx.variants.identity import IdentityTally
from genorx.variants.index import note_index
from genorx.variants.near import NearPlaces
from genorx.variants.parts import Part, parts_of, read_part, read_regions_of, sensible_parts
from genorx.variants.record_checks import Row
from genorx.variants.records import TABLE_PIECE, VariantReader
from genorx.variants.region import Region

if TYPE_CHECKING:
    from genorx.pgx.cohort import CohortCalls

Absent = Literal["reference", "missing"]
Origin = Literal["somatic", "germline"]

_ONE_SAMPLE = 10  # columns


def tally_file(
    path: str | Path,
    panel: Panel,
    regions: GeneRegions | None,
    *,
    filters: Collection[str] | None,
    assembly: str | None,
    samples: Sequence[str] | None = None,
    patients: Collection[str] | None = None,
    origin: Origin | None = None,
    identify: bool = False,
    within: Sequence[Region] | None = None,
    absent: Absent = "missing",
) -> FileTally:
    """Read a file once, record by record, for everything requested.

    Parameters
    ----------
    samples : sequence of str, optional
        Samples to read; each must be present.
    patients : collection of str, optional
        Samples to read if present.
    origin : {"somatic", "germline"}, optional
        Origin of the variants; by default germline if the panel asks for such (``Panel.germline``).
    identify : bool
        Whether to collect data on the identity of samples, of a germline file.  The default is False.
    within : sequence of Region, optional
        Regions in which records must begin; requires an index.
    absent : {"missing", "reference"}
        Meaning of a pharmacogene site without a record; ``"missing"`` by default.

    Raises
    ------
    VariantFileError
        ``samples-none``, ``sample-absent``, ``annotation-absent``, ``region-index``, and the errors of reading.
    """
    request = _Request(
        Path(path), panel, regions, filters, assembly, samples, patients, identify, within, absent, origin
    )
    for way in (_in_parts, _by_cells, _by_tables) if within is None else (_by_cells,):
        try:
            made = way(request)
        except (UnreadCellsError, VariantFileError):  # the fault named must not depend on the way of reading
            break
        if made is not None:
            return made
    return _by_rows(request)


@dataclass(frozen=True, slots=True)
class _Request:
    """The requested features."""

    path: Path
    panel: Panel
    regions: GeneRegions | None
    filters: Collection[str] | None
    assembly: str | None
    samples: Sequence[str] | None
    patients: Collection[str] | None
    identify: bool = False
    within: Sequence[Region] | None = None
    absent: Absent = "missing"
    origin: Origin | None = None

    @property
    def germline(self) -> bool:
        """Whether the file is one of germline variants: as stated, or by what is asked of it."""
        if self.origin is None:
            return self.panel.germline
        return self.origin == "germline" or self.panel.pgx is not None or bool(self.panel.scores)

    def blocks(self, reader: VariantReader) -> Iterator[list[Row]]:
        """Yield checked rows for the requested features."""
        if self.within is None:
            return reader.blocks()
        return reader.check(read_regions_of(reader, self.within))

    def open(
        self, piece: int | None = None, *, packed: bool = False, whole: bool = True
    ) -> tuple[VariantReader, GeneTally]:
        """Open the file and assign its sample columns.  For a part of a file, no findings on the index."""
        how: dict[str, Any] = {"filters": self.filters, "assembly": self.assembly, "germline": self.germline}
        reader = VariantReader(self.path, piece=piece, packed=packed, **how)
        if whole:
            note_index(reader.path, reader.notes, used=False)
        columns = _columns(reader, self.samples, self.patients)
        annotator = _annotator(reader, self.panel, self.regions)
        if len(columns) == 1 and annotator is not None and self.regions is None:
            return reader, SingleGeneTally(reader, columns, annotator)
        return reader, GeneTally(reader, columns, annotator, self.regions)

    def pharmacogenes(self, reader: VariantReader) -> CohortCalls | None:
        """Return the collector of pharmacogene records, if requested."""
        settings = self.panel.pgx
        return (
            None if settings is None else pharmacogene_calls(reader, settings, absent=self.absent, filters=self.filters)
        )

    def watched(self, reader: VariantReader) -> CohortCalls | None:
        """Return the rows unchanged, passing each to the pharmacogene collector."""
        calls = self.pharmacogenes(reader)
        if calls is not None:
            reader.watch(calls.places, calls.take)
        return calls


def _by_tables(request: _Request) -> FileTally | None:
    """Read the genes of a single-sample file, many records at a time; None if anything else is requested."""
    panel = request.panel
    if not panel.wants_genes() or panel.sites or panel.all_sites:
        return None
    reader, genes = request.open(TABLE_PIECE)
    source = _gene_source(genes)
    if source is None or genes.columns != [reader.header.width - 1] or reader.header.width != _ONE_SAMPLE:
        return None
    tables, calls = BulkGeneTally(genes, source), request.watched(reader)
    identity = IdentityTally(reader, genes.columns) if request.identify else None
    for part in reader.tables():
        tables.take(part)
        if identity is not None:
            identity.take(part)
    tables.finish()
    return _described(reader, genes, {}, identity, calls)


def _by_cells(request: _Request) -> FileTally | None:
    """Read a multi-sample file, many cells at a time; None for one sample, or per-sample annotations."""
    panel = request.panel
    reader, genes = request.open(packed=True)
    masked = genes.annotator is not None and genes.annotator.layout.kind == "BCSQ"
    if masked or len(genes.columns) < 2:
        return None
    sites = SiteTally(reader, genes.columns, panel) if panel.sites or panel.all_sites else None
    identity = IdentityTally(reader, genes.columns) if request.identify else None
    calls = request.watched(reader)
    tables, pieces = GeneBlocks(genes), packed_heads(reader) if request.within is None else request.blocks(reader)
    for block in packed_blocks(reader, pieces, genes.columns):
        compact = block.compact()
        if panel.wants_genes():
            tables.take(compact)
        if sites is not None:
            sites.take_block(compact)
        if identity is not None:
            identity.take_block(compact)
    genes.finish()
    return _described(reader, genes, {} if sites is None else sites.cells, identity, calls)


#: Notes on records that do not depend on line numbers, so that those of parts can be merged.
_PLACED = frozenset(
    {"annotation-unattributed", "depth-mismatch", "reference-quality", "site-contradiction", "site-twice"}
)


@dataclass(frozen=True, slots=True)
class _PartSeen:
    """Results of a part of a file."""

    genes: GenesSeen
    sites: dict[SiteKey, SiteCells]
    notes: list[dict[str, Any]]
    records: int
    near: list[Row]  # of pharmacogenes


def _in_parts(request: _Request) -> FileTally | None:
    """Read the parts of a multi-sample file by workers; None if the file cannot or should not be split.

    The line numbers of a part, and the lines before it, are not known: if a line has to be reported, the whole file is
    read instead.
    """
    if not is_shared() or request.identify:
        return None
    panel = request.panel
    reader, genes = request.open(packed=True)
    masked = genes.annotator is not None and genes.annotator.layout.kind == "BCSQ"
    parts = [] if masked or len(genes.columns) < 2 else parts_of(reader, sensible_parts(reader, processes()))
    if len(parts) < 2:
        return None
    sites = SiteTally(reader, genes.columns, panel) if panel.sites or panel.all_sites else None
    calls = request.pharmacogenes(reader)
    expect_work("genorx.features.forked")
    for seen in map_in_order(partial(_part, request, None if calls is None else calls.places), parts):
        if not {note["code"] for note in seen.notes} <= _PLACED:
            return None
        genes.add(seen.genes)
        if sites is not None and sites.add(seen.sites):
            return None
        if calls is not None:
            calls.take(seen.near)
        for note in seen.notes:
            reader.notes.add(**note)
        reader.count(seen.records)
    genes.finish()
    return _described(reader, genes, {} if sites is None else sites.cells, None, calls)


def _part(request: _Request, near: NearPlaces | None, part: Part) -> _PartSeen:
    """Read a part of a file, many cells at a time; records near requested positions are kept."""
    panel = request.panel
    reader, genes = request.open(packed=True, whole=False)
    kept: list[Row] = []
    if near is not None:
        reader.watch(near, kept.extend)
    tables, before = GeneBlocks(genes), reader.notes.times()
    sites = SiteTally(reader, genes.columns, panel) if panel.sites or panel.all_sites else None
    for block in packed_blocks(reader, read_part(reader, part), genes.columns):
        compact = block.compact()
        if panel.wants_genes():
            tables.take(compact)
        if sites is not None:
            sites.take_block(compact)
    found = {} if sites is None else sites.cells
    return _PartSeen(genes.seen(), found, reader.notes.since(before), reader.records, kept)


def _by_rows(request: _Request) -> FileTally:
    """Read a file record by record."""
    panel = request.panel
    reader, genes = request.open()
    sites = SiteTally(reader, genes.columns, panel) if panel.sites or panel.all_sites else None
    identity = IdentityTally(reader, genes.columns) if request.identify else None
    calls = request.watched(reader)
    for rows in request.blocks(reader):
        if panel.wants_genes() and genes.columns:
            genes.take(rows)
        if sites is not None and genes.columns:
            sites.take(rows)
        if identity is not None:
            identity.take(rows)
    genes.finish()
    return _described(reader, genes, {} if sites is None else sites.cells, identity, calls)


def _described(
    reader: VariantReader,
    genes: GeneTally,
    sites: dict[SiteKey, SiteCells],
    identity: IdentityTally | None,
    calls: CohortCalls | None,
) -> FileTally:
    _note(reader, genes)
    return FileTally(
        path=reader.path,
        samples=tuple(reader.header.samples[column - 9] for column in genes.columns),
        genes=genes.cells,
        sites=sites,
        changes=np.array(genes.changes, dtype=np.int64),
        looked=np.array(genes.looked, dtype=np.int64),
        no_calls=np.array(genes.no_calls, dtype=np.int64),
        any_gene_looked=_any_looked(genes, len(genes.columns)),
        counts={
            "file": reader.path.name,
            "samples": len(genes.columns),
            "records": reader.records,
            "filtered_records": genes.filtered_records,
            "filtered_calls": genes.filtered_changes,
            "no_calls": genes.missing_calls,
            "records_without_annotation": genes.bare_records,
        },
        findings=reader.notes.findings(reader.path.name),
        assembly=reader.assembly,
        identity=None if identity is None else identity.identity(),
        pharmacogenes=None if calls is None else calls.finish(),
    )


def _columns(reader: VariantReader, samples: Sequence[str] | None, patients: Collection[str] | None) -> list[int]:
    names = reader.header.samples
    if not names:
        hint = "a file of sites has no patients"
        raise VariantFileError("has no samples", file=reader.path, place="header", hint=hint, code="samples-none")
    place = {name: number for number, name in enumerate(names, start=9)}
    if samples is not None:
        for name in samples:
            if name not in place:
                reason = f"sample {shown(name)!r} is not in the file"
                raise VariantFileError(reason, file=reader.path, place="header", code="sample-absent")
        return [place[name] for name in dict.fromkeys(samples)]
    return [place[name] for name in names if patients is None or name in patients]


def _annotator(reader: VariantReader, panel: Panel, regions: GeneRegions | None) -> Annotator | None:
    if not panel.wants_genes():
        return None
    layout = find_layout(reader.header.infos, file=reader.path)
    if layout is not None:
        return Annotator(layout)
    old = "EFF" in reader.header.infos
    absent = "no consequence annotations (CSQ, ANN, BCSQ" + (
        "; the old form EFF of SnpEff is not read)" if old else ")"
    )
    hint = (
        "annotate it (VEP, SnpEff 4 or later, bcftools csq), give a gene table, or use the sites themselves: "
        'panel = "sites" in [variants], --panel sites'
    )
    if regions is None and not (panel.sites or panel.all_sites):
        raise VariantFileError(f"has {absent}", file=reader.path, place="header", hint=hint, code="annotation-absent")
    if regions is None:
        reader.notes.add("annotation-absent", "serious", f"{absent}: {hint}", place="header")
    else:
        reader.notes.add("annotation-absent", "warning", f"{absent}: the gene table is used", place="header")
    return None


def _gene_source(genes: GeneTally) -> GeneSource | None:
    """Return the source of genes for tables; None if rows must be read one by one."""
    if genes.annotator is None:
        return None if genes.regions is None else PlacedGenes(genes.regions)
    layout = genes.annotator.layout
    return AnnotatedGenes(layout) if genes.regions is None and layout.kind in {"CSQ", "ANN"} else None


def _any_looked(genes: GeneTally, samples: int) -> NDArray[np.bool_]:
    looked = np.zeros(samples, dtype=np.uint8)
    for cell in genes.cells.values():
        looked |= np.frombuffer(cell, dtype=np.uint8)
    seen: NDArray[np.bool_] = (looked & ~np.uint8(NO_CALL)) > 0
    return seen


def _note(reader: VariantReader, genes: GeneTally) -> None:
    notes = reader.notes
    reader.note_empty()
    if genes.filtered_records or genes.filtered_changes:
        text = (
            f"{genes.filtered_records} records and {genes.filtered_changes} calls of changes did not pass the filters"
        )
        notes.add("records-filtered", "info", f"{text}: none gives a 1 or a 0")
    if genes.missing_calls:
        why = "".join(f", {genes.doubted[kind]} of them {words}" for kind, words in WHY.items() if genes.doubted[kind])
        notes.add("no-calls", "info", f"{genes.missing_calls} no-calls in records with a gene{why}, kept as missing")
    if genes.bare_records:
        text = f"{genes.bare_records} records have no annotation in a file that has them"
        notes.add("annotation-absent", "warning", f"{text}: without a gene table they give no feature")
    if genes.placed_records:
        text = f"{genes.placed_records} records count as changes by position alone: their effect is not known"
        notes.add("consequence-unknown", "warning", text)
