"""Genotypes of a variant file as arrays; missing remains missing.

Features of calls are ``features``; star alleles are called by ``pgx``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from genorx.errors import Finding, UsageError, VariantFileError, shown
from genorx.variants.blocks import RecordBlock, block_of_rows, joined, packed_blocks, packed_heads
from genorx.variants.call_arrays import ABSENT, MARKS, CallArrays, call_arrays
from genorx.variants.call_table import Numbers
from genorx.variants.calls import Kind, no_calls_text
from genorx.variants.cells import UnreadCellsError
from genorx.variants.heads import Heads
from genorx.variants.index import note_index
from genorx.variants.record_checks import Row
from genorx.variants.records import DEFAULT_FILTERS, VariantReader
from genorx.variants.reference_quality import LOW_QUALITY_WORDS
from genorx.variants.region import Region, parse_region
from genorx.variants.site import Sites

if TYPE_CHECKING:
    import pandas as pd

#: What may be requested besides the variants and the names of the samples.
FIELDS = ("dosage", "alleles", "phased", "phase_sets")
_BLOCK_ROWS = 10_000


@dataclass(frozen=True, kw_only=True, eq=False)
class GenotypeMatrix:
    """Genotypes of variant records, with the variants, samples and findings.

    ``dosage``, ``alleles``, ``phased`` and ``phase_sets`` are None unless they were among the requested ``fields``.

    Attributes
    ----------
    dosage : int8 array of shape (n_variants, n_samples)
        Number of non-reference alleles of the call: any ALT, including ``*`` (a deletion described by another record).
        -1 if an allele is missing, the depth is 0, there are more than two alleles, or the filter of the record or
        sample is not accepted.  A call of the reference alone counts as written, whatever its quality; features take
        one of low quality as a no-call.
    variants : DataFrame
        A row per variant: ``chrom``, ``pos`` (1-based), ``id``, ``ref``, ``alt`` (several joined by commas), ``qual``,
        ``filter``, ``accepted``, ``end``, ``svtype``, ``svlen`` (text, one value per ALT), ``symbolic``, ``imprecise``,
        ``reference_block``.
    sites : Sites
        Columns from which ``variants`` is made.
    samples : tuple of str
        Names of the samples.
    alleles : int16 array of shape (n_variants, n_samples, ploidy)
        Allele numbers as written; -1 missing, -2 beyond the ploidy of a call.
    phased : bool array of shape (n_variants, n_samples)
        Whether the call is phased.
    phase_sets : object array of shape (n_variants, n_samples) or None
        Text of PS, empty without one; None if no record has PS.
    assembly : str or None
        ``GRCh37`` or ``GRCh38``; None if not known.
    findings : tuple of Finding
        Findings of reading the file.
    """

    dosage: NDArray[np.int8]
    sites: Sites = field(repr=False)
    samples: tuple[str, ...]
    alleles: NDArray[np.int16]
    phased: NDArray[np.bool_]
    phase_sets: NDArray[np.object_] | None = None
    assembly: str | None = None
    findings: tuple[Finding, ...] = field(default=(), repr=False)

    @cached_property
    def variants(self) -> pd.DataFrame:
        """One row per variant; computed on first use."""
        return self.sites.frame()

    def __repr__(self) -> str:
        shape = f"{len(self.sites):,} variants x {len(self.samples):,} samples"
        unknown = "" if self.dosage is None else f"{int((self.dosage < 0).sum()):,} no-calls, "
        return f"GenotypeMatrix({shape}, {unknown}assembly {self.assembly or 'unknown'}, {len(self.findings)} findings)"

    def to_frame(self) -> pd.DataFrame:
        """Return dosages as a nullable data frame of shape (n_samples, n_variants) with columns ``chrom:pos:ref:alt``.

        Raises
        ------
        UsageError
            ``fields`` if dosages were not requested; ``variant-name-twice`` if two variants have one name.
        """
        if self.dosage is None:
            raise UsageError("dosages are not among the requested fields", hint="read them", code="fields")
        import pandas as pd  # imported here, so that rooms that read variants without frames start faster

        v = self.variants
        names = v["chrom"] + ":" + v["pos"].astype(str) + ":" + v["ref"] + ":" + v["alt"]
        values = pd.array(self.dosage.T.ravel(), dtype="Int8")
        values[self.dosage.T.ravel() < 0] = pd.NA
        shape = self.dosage.T.shape
        columns = {n: values[i :: shape[1]] for i, n in enumerate(names)} if len(set(names)) == len(names) else None
        if columns is None:
            raise UsageError("two variants have one name", hint="use .dosage", code="variant-name-twice")
        return pd.DataFrame(columns, index=pd.Index(self.samples, name="patient_id"))


def read_genotypes(
    path: str | Path,
    region: str | None = None,
    samples: Sequence[str] | None = None,
    *,
    filters: Collection[str] | None = DEFAULT_FILTERS,
    assembly: str | None = None,
    fields: Collection[str] = FIELDS,
) -> GenotypeMatrix:
    """Return the genotypes of a VCF, gVCF, BCF or VCF Zarr store, all or in a region.

    Parameters
    ----------
    path : path
        File, plain, gzip or bgzip, with or without index (one that does not fit the file is reported and not used); or
        a store (``.vcz``), which is a folder or a zip archive.
    region : str, optional
        ``chr7``, ``chr7:55191822`` or ``7:55,000,000-56,000,000``, 1-based, ends included; with or without ``chr``.
        All records that overlap the region are returned, including gVCF blocks.  By default the whole file.
    samples : sequence of str, optional
        Names of the samples to return, in this order; by default all.
    filters : collection of str or None
        FILTER (and FT) values whose calls are accepted, by default ``DEFAULT_FILTERS``; None accepts all.
    assembly : {"GRCh37", "GRCh38"}, optional
        Expected assembly, checked against the header; by default that of the header.
    fields : collection of {"dosage", "alleles", "phased", "phase_sets"}
        Arrays to return, by default all; the others are None.  For a large cohort, dosages alone take a sixth of the
        memory.

    Raises
    ------
    VariantFileError
        If the file is damaged or not a variant file, or a sample is not in it.
    AssemblyError
        If the file is of another assembly.
    UsageError
        If the region or a field is invalid, or a sample is requested twice.

    Examples
    --------
    >>> matrix = read_genotypes("cohort.vcf.gz", region="12:25245350")  # doctest: +SKIP
    >>> matrix.dosage[0], matrix.variants.loc[0, "alt"]  # doctest: +SKIP
    """
    blocks = list(
        iter_genotypes(path, region, samples, filters=filters, assembly=assembly, block_size=_BLOCK_ROWS, fields=fields)
    )
    return blocks[0] if len(blocks) == 1 else _concatenated(blocks)


def _concatenated(blocks: list[GenotypeMatrix]) -> GenotypeMatrix:
    """Concatenate the blocks of a file."""
    last = blocks[-1]

    def array_of(name: str) -> Any:
        parts = [getattr(block, name) for block in blocks]
        return None if parts[0] is None else np.concatenate(parts)

    alleles: Any = None
    if blocks[0].alleles is not None:
        ploidy = max(block.alleles.shape[2] for block in blocks)
        alleles = np.concatenate([_padded(block.alleles, ploidy) for block in blocks])
    sets = None
    if any(block.phase_sets is not None for block in blocks):
        sets = np.concatenate([_texts_or_empty(block) for block in blocks])
    return replace(
        last,
        dosage=array_of("dosage"),
        sites=replace(last.sites, texts=tuple(text for block in blocks for text in block.sites.texts)),
        alleles=alleles,
        phased=array_of("phased"),
        phase_sets=sets,
    )


def iter_genotypes(
    path: str | Path,
    region: str | None = None,
    samples: Sequence[str] | None = None,
    *,
    filters: Collection[str] | None = DEFAULT_FILTERS,
    assembly: str | None = None,
    block_size: int = 1_000,
    fields: Collection[str] = FIELDS,
) -> Iterator[GenotypeMatrix]:
    """Yield genotypes as ``read_genotypes`` returns them, in blocks of at most ``block_size`` variants.

    The last block, which may be empty, carries the findings of the whole file.  Memory does not grow with the file.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> folder = Path(tempfile.mkdtemp())
    >>> import genorx as gx
    >>> _ = gx.datasets.write_pgx_cohort(folder / "cohort.vcf", n=3)
    >>> sizes = [len(block.variants) for block in gx.iter_genotypes(folder / "cohort.vcf", block_size=50)]
    >>> max(sizes) <= 50
    True
    """
    if block_size < 1:
        raise UsageError(f"block_size {block_size} is less than 1", code="block-size")
    if isinstance(fields, str) or not set(fields) <= set(FIELDS):
        hint = f"give a list of {', '.join(FIELDS)}"
        raise UsageError("fields has a name that is not a field of a genotype matrix", hint=hint, code="fields")
    requested = None if region is None else parse_region(region)
    request = _Request(Path(path), requested, samples, filters, assembly, block_size, frozenset(fields))
    source, given = request.matrices(packed=True), 0
    while True:
        try:
            matrix = next(source, None)
        except (UnreadCellsError, VariantFileError):  # reported below, the same fault for either way of reading
            break
        if matrix is None:
            return
        yield matrix
        given += 1
    yield from islice(request.matrices(packed=False), given, None)


@dataclass(frozen=True, slots=True)
class _Request:
    """The requested samples, region and options."""

    path: Path
    region: Region | None
    samples: Sequence[str] | None
    filters: Collection[str] | None
    assembly: str | None
    block_size: int
    fields: frozenset[str]

    def matrices(self, *, packed: bool) -> Iterator[GenotypeMatrix]:
        """Read the file; ``packed``: many cells at a time."""
        reader = VariantReader(self.path, filters=self.filters, assembly=self.assembly, packed=packed)
        columns = _columns(reader, self.samples)
        names = tuple(reader.header.samples[column - 9] for column in columns)
        refused: Counter[str] = Counter()
        blocks = self._by_cells if packed and reader.header.samples else self._by_rows
        for block, last in blocks(reader, columns):
            matrix = self._matrix(reader, block, names, refused)
            if not last:
                yield matrix
        if refused:
            reader.notes.add("no-calls", "info", no_calls_text(refused))
        if self.region is None:
            reader.note_empty()
        yield replace(matrix, findings=reader.notes.findings(reader.path.name))

    def _by_cells(self, reader: VariantReader, columns: list[int]) -> Iterator[tuple[RecordBlock, bool]]:
        """Yield blocks of many cells read at a time, and whether a block is the last."""
        held: list[RecordBlock] = []
        records = 0
        for block in packed_blocks(reader, _packed(reader, self.region), columns):
            held.append(block)
            records += len(block)
            while records > self.block_size:
                whole = joined(held)
                yield whole.part(0, self.block_size), False
                held, records = [whole.part(self.block_size)], records - self.block_size
        yield joined(held) if held else block_of_rows(reader, [], columns), True

    def _by_rows(self, reader: VariantReader, columns: list[int]) -> Iterator[tuple[RecordBlock, bool]]:
        """Yield blocks of records read one by one."""
        held: list[Row] = []
        for rows in rows_in(reader, self.region):
            held.extend(rows)
            while len(held) > self.block_size:
                yield block_of_rows(reader, held[: self.block_size], columns), False
                del held[: self.block_size]
        yield block_of_rows(reader, held, columns), True

    def _matrix(
        self, reader: VariantReader, block: RecordBlock, names: tuple[str, ...], refused: Counter[str]
    ) -> GenotypeMatrix:
        block = block.compact()
        arrays = call_arrays(block.calls)
        dosage = _dosage(block, arrays, block.heads.accepted(reader.accepts), refused)
        low = arrays.kinds == Kind.LOW_QUALITY
        if low.any():
            text = f"{LOW_QUALITY_WORDS} have the dosage 0, as written; features and scores take them as no-calls"
            reader.notes.add("reference-quality", "info", text, times=int(np.count_nonzero(block.each(low))))
        fields: dict[str, Any] = dict.fromkeys(FIELDS)
        if "dosage" in self.fields:
            fields["dosage"] = dosage
        if "alleles" in self.fields:
            fields["alleles"] = _alleles(arrays.alleles, block.numbers)
        if "phased" in self.fields:
            fields["phased"] = block.each(arrays.phased)
        if "phase_sets" in self.fields and arrays.phase_sets is not None:
            fields["phase_sets"] = block.each(arrays.phase_sets)
        return GenotypeMatrix(
            sites=block.heads.sites(reader.filters), samples=names, assembly=reader.assembly, **fields
        )


def _dosage(
    block: RecordBlock, arrays: CallArrays, accepted: NDArray[np.bool_], refused: Counter[str]
) -> NDArray[np.int8]:
    """Return dosages; count written genotypes that are no-calls, by reason."""
    dosage = block.each(arrays.dosage)
    dosage[~accepted] = -1
    flat = dosage.reshape(-1)
    marked = np.flatnonzero(flat < -1)
    if len(marked):
        marks = flat[marked]
        for reason, mark in MARKS.items():
            _count(refused, reason, marks == mark)
        flat[marked] = -1
    if not accepted.all():
        _count(refused, "filtered", block.lines(np.flatnonzero(~accepted)).each(arrays.written))
    return dosage


def _count(refused: Counter[str], reason: str, cells: NDArray[np.bool_]) -> None:
    if times := int(np.count_nonzero(cells)):
        refused[reason] += times


def _alleles(table: NDArray[np.int16], numbers: Numbers) -> NDArray[np.int16]:
    """Return allele numbers, shape (n_records, n_samples, ploidy)."""
    if table.shape[1] == 2:  # both of a cell at once
        pairs = np.take(table.view(np.int32)[:, 0], numbers)
        return pairs.view(np.int16).reshape(*pairs.shape, 2)
    return np.take(table, numbers, axis=0)


def _columns(reader: VariantReader, samples: Sequence[str] | None) -> list[int]:
    """Return the column indices of the requested samples."""
    place = {name: number for number, name in enumerate(reader.header.samples, start=9)}
    if samples is None:
        return list(place.values())
    if isinstance(samples, str):
        raise UsageError("samples is one text", hint="give a list of names", code="samples")
    absent = [name for name in samples if name not in place]
    if absent:
        reason = f"sample {shown(absent[0])!r} is not in the file"
        hint = f"it has {len(place)} samples, the first is {shown(next(iter(place), 'none'))!r}"
        raise VariantFileError(reason, file=reader.path, place="header", hint=hint, code="sample-absent")
    if len(set(samples)) < len(samples):
        raise UsageError("a sample is requested twice", code="samples")
    return [place[name] for name in samples]


def rows_in(reader: VariantReader, region: Region | None) -> Iterator[list[Row]]:
    """Yield rows, of a region by an index if there is one."""
    if region is None:
        note_index(reader.path, reader.notes, used=False)
        yield from reader.blocks()
        return
    contig = region.among(reader.header.contigs, file=reader.path)
    indexed = reader.of_region(contig, region)
    source = reader.blocks() if indexed is None else reader.check(indexed)
    for rows in source:
        kept = []
        for row in rows:
            if region.covers(row):
                kept.append(row)
            else:
                reader.pass_over(row)
        if kept:
            yield kept


def _packed(reader: VariantReader, region: Region | None) -> Iterator[list[Row] | Heads]:
    """Yield packed rows; a BCF as tables if it is read whole."""
    if region is None:
        note_index(reader.path, reader.notes, used=False)
        return packed_heads(reader)
    return rows_in(reader, region)


def _padded(alleles: NDArray[np.int16], ploidy: int) -> NDArray[np.int16]:
    missing = ploidy - alleles.shape[2]
    return np.pad(alleles, ((0, 0), (0, 0), (0, missing)), constant_values=ABSENT) if missing else alleles


def _texts_or_empty(block: GenotypeMatrix) -> NDArray[np.object_]:
    if block.phase_sets is not None:
        return block.phase_sets
    return np.full((len(block.sites), len(block.samples)), "", dtype=object)
