"""Genotypes of a variant file as arrays, unknown kept as unknown.

Which calls make a feature is ``features``; star alleles are called elsewhere.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from genorx.errors import Finding, UsageError, VariantFileError, shown
from genorx.variants.allele import number_of_alts
from genorx.variants.calls import Call, no_call_reason, no_calls_text
from genorx.variants.index import index_rows, note_index
from genorx.variants.record_checks import Row
from genorx.variants.records import DEFAULT_FILTERS, VariantReader
from genorx.variants.region import Region, parse_region
from genorx.variants.site import site_columns

if TYPE_CHECKING:
    import pandas as pd

_BLOCK_ROWS = 10_000
_ABSENT = -2  # no such allele: the call is haploid, another of the block is not


@dataclass(frozen=True, kw_only=True, eq=False)
class GenotypeMatrix:
    """Genotypes of some records, and what the file said about them.

    Attributes
    ----------
    dosage : int8 array of shape (n_variants, n_samples)
        Non-reference alleles in the call, any ALT, ``*`` (a deletion that another record describes) among them.
        -1 where any allele is missing, the depth is 0, or the record's or sample's filter is not accepted.
    variants : DataFrame
        One row a variant: ``chrom``, ``pos`` (1-based), ``id``, ``ref``, ``alt`` (several joined by commas), ``qual``,
        ``filter``, ``accepted``, ``end``, ``svtype``, ``svlen`` (text, one value an ALT), ``symbolic``, ``imprecise``,
        ``reference_block``.
    samples : tuple of str
    alleles : int16 array of shape (n_variants, n_samples, ploidy)
        Allele numbers as written; -1 missing, -2 beyond the ploidy of a call.
    phased : bool array of shape (n_variants, n_samples)
    phase_sets : object array of shape (n_variants, n_samples) or None
        Text of PS, empty where none; None if no record has PS.
    assembly : str or None
    findings : tuple of Finding
    """

    dosage: NDArray[np.int8]
    variants: pd.DataFrame
    samples: tuple[str, ...]
    alleles: NDArray[np.int16]
    phased: NDArray[np.bool_]
    phase_sets: NDArray[np.object_] | None = None
    assembly: str | None = None
    findings: tuple[Finding, ...] = field(default=(), repr=False)

    def __repr__(self) -> str:
        unknown = int((self.dosage < 0).sum())
        return (
            f"GenotypeMatrix({self.dosage.shape[0]:,} variants x {self.dosage.shape[1]:,} samples, "
            f"{unknown:,} no-calls, assembly {self.assembly or 'unknown'}, {len(self.findings)} findings)"
        )

    def to_frame(self) -> pd.DataFrame:
        """Return dosages as samples x variants, nullable; columns ``chrom:pos:ref:alt``."""
        import pandas as pd  # here, so that rooms that read variants without frames start faster

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
) -> GenotypeMatrix:
    """Genotypes of a VCF, gVCF or BCF, whole or of a region.

    Parameters
    ----------
    path : path
        Plain, gzip or bgzip; with or without index (one that does not fit the file is not used, and named).
    region : str, optional
        ``chr7``, ``chr7:55191822`` or ``7:55,000,000-56,000,000``, 1-based, ends included; with or without ``chr``.
        Records that overlap it are returned, gVCF blocks among them.
    samples : sequence of str, optional
        Samples to return, in this order; all by default.
    filters : collection of str or None
        FILTER (and FT) values whose calls are accepted; None accepts all.
    assembly : {"GRCh37", "GRCh38"}, optional
        Checked against the header.

    Raises
    ------
    VariantFileError
        The file is damaged, or not what it claims to be.
    AssemblyError
        It is of another assembly.
    UsageError
        The region or a filter cannot be understood.

    Examples
    --------
    >>> matrix = read_genotypes("cohort.vcf.gz", region="12:25245350")  # doctest: +SKIP
    >>> matrix.dosage[0], matrix.variants.loc[0, "alt"]  # doctest: +SKIP
    """
    blocks = list(iter_genotypes(path, region, samples, filters=filters, assembly=assembly, block_size=_BLOCK_ROWS))
    last = blocks[-1]
    if len(blocks) == 1:
        return last
    import pandas as pd

    ploidy = max(block.alleles.shape[2] for block in blocks)
    sets = None
    if any(block.phase_sets is not None for block in blocks):
        sets = np.concatenate([_texts_or_empty(block) for block in blocks])
    return GenotypeMatrix(
        dosage=np.concatenate([block.dosage for block in blocks]),
        variants=pd.concat([block.variants for block in blocks if len(block.variants)], ignore_index=True),
        samples=last.samples,
        alleles=np.concatenate([_padded(block.alleles, ploidy) for block in blocks]),
        phased=np.concatenate([block.phased for block in blocks]),
        phase_sets=sets,
        assembly=last.assembly,
        findings=last.findings,
    )


def iter_genotypes(
    path: str | Path,
    region: str | None = None,
    samples: Sequence[str] | None = None,
    *,
    filters: Collection[str] | None = DEFAULT_FILTERS,
    assembly: str | None = None,
    block_size: int = 1_000,
) -> Iterator[GenotypeMatrix]:
    """Genotypes as ``read_genotypes`` gives them, in blocks of at most ``block_size`` variants.

    The last block, which may be empty, carries the findings of the whole file.
    """
    if block_size < 1:
        raise UsageError(f"block_size {block_size} is less than 1", code="block-size")
    wanted = None if region is None else parse_region(region)
    reader = VariantReader(path, filters=filters, assembly=assembly)
    columns = _columns(reader, samples)
    refused: Counter[str] = Counter()
    held: list[Row] = []
    for rows in _rows(reader, wanted):
        held.extend(rows)
        while len(held) > block_size:
            yield _matrix(reader, held[:block_size], columns, refused)
            del held[:block_size]
    last = _matrix(reader, held, columns, refused)
    if refused:
        reader.notes.add("no-calls", "info", no_calls_text(refused))
    yield replace(last, findings=reader.notes.findings(reader.path.name))


def _columns(reader: VariantReader, samples: Sequence[str] | None) -> list[int]:
    """Column numbers of the samples that are asked for."""
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
        raise UsageError("a sample is asked for twice", code="samples")
    return [place[name] for name in samples]


def _rows(reader: VariantReader, region: Region | None) -> Iterator[list[Row]]:
    if region is None:
        note_index(reader.path, reader.notes, used=False)
        yield from reader.blocks()
        return
    contig = region.among(reader.header.contigs, file=reader.path)
    indexed = index_rows(reader.path, reader.notes, contig, region)
    source = reader.blocks() if indexed is None else reader.check(indexed)
    for rows in source:
        kept = [row for row in rows if region.covers(row)]
        if kept:
            yield kept


def _matrix(reader: VariantReader, rows: list[Row], columns: list[int], refused: Counter[str]) -> GenotypeMatrix:
    variants = site_columns(rows, reader.accepts)
    shape = (len(rows), len(columns))
    calls, numbers = _numbered_calls(reader, rows, columns)
    ploidy = max((len(call.genotype.alleles) for call in calls), default=2)
    table = np.full((len(calls), max(ploidy, 2)), _ABSENT, dtype=np.int16)
    for number, call in enumerate(calls):
        table[number, : len(call.genotype.alleles)] = call.genotype.alleles
    alleles = table[numbers]
    _refuse_unknown_alleles(reader, rows, columns, alleles)
    dosage = np.array([min(call.dosage, 127) for call in calls], dtype=np.int8)[numbers]
    accepted = variants["accepted"].to_numpy(dtype=bool)
    dosage[~accepted] = -1
    _count_no_calls(calls, numbers, accepted, refused)
    sets = None
    if any(call.phase_set for call in calls):
        sets = np.array([call.phase_set for call in calls], dtype=object)[numbers]
    return GenotypeMatrix(
        dosage=dosage.reshape(shape),
        variants=variants,
        samples=tuple(reader.header.samples[column - 9] for column in columns),
        alleles=alleles,
        phased=np.array([call.genotype.phased for call in calls], dtype=bool)[numbers],
        phase_sets=sets,
        assembly=reader.assembly,
    )


def _count_no_calls(
    calls: list[Call], numbers: NDArray[np.intp], accepted: NDArray[np.bool_], refused: Counter[str]
) -> None:
    """Count genotypes that are written and are no calls, by reason."""
    for state in (True, False):
        times = np.bincount(numbers[accepted == state].ravel(), minlength=len(calls)).tolist()
        for call, count in zip(calls, times, strict=True):
            reason = no_call_reason(call, accepted=state) if count else ""
            if reason:
                refused[reason] += count


def _numbered_calls(reader: VariantReader, rows: list[Row], columns: list[int]) -> tuple[list[Call], NDArray[np.intp]]:
    """Distinct calls, and which of them each cell is."""
    calls: list[Call] = []
    start_of: dict[int, int] = {}
    numbers = np.zeros((len(rows), len(columns)), dtype=np.intp)
    place: dict[Call, int] = {}
    for index, row in enumerate(rows):
        if not columns:
            break
        form = reader.formats[row[8]]
        try:
            ids = [form.ids[row[column]] for column in columns]
        except ValueError:
            reader.calls(row, columns)  # names the column
            raise
        for number in set(ids):
            call = form.calls[number]
            if call not in place:
                place[call] = len(calls)
                calls.append(call)
            start_of[number] = place[call]
        numbers[index] = [start_of[number] for number in ids]
        form.forget()
    return calls, numbers


def _refuse_unknown_alleles(
    reader: VariantReader, rows: list[Row], columns: list[int], alleles: NDArray[np.int16]
) -> None:
    if not alleles.size:
        return
    known = np.array([number_of_alts(row[4]) for row in rows])
    wrong = np.argwhere(alleles.max(axis=2) > known[:, None])
    if len(wrong):
        index, column = (int(value) for value in wrong[0])
        reader.refuse_allele(rows[index], columns[column])


def _padded(alleles: NDArray[np.int16], ploidy: int) -> NDArray[np.int16]:
    missing = ploidy - alleles.shape[2]
    return np.pad(alleles, ((0, 0), (0, 0), (0, missing)), constant_values=_ABSENT) if missing else alleles


def _texts_or_empty(block: GenotypeMatrix) -> NDArray[np.object_]:
    if block.phase_sets is not None:
        return block.phase_sets
    return np.full(block.dosage.shape, "", dtype=object)
