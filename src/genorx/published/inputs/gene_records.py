"""Variants of samples in a few genes, with effect, significance and allele fraction."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from genorx.errors import VariantFileError
from genorx.oncology.reading.read_counts import read_counts
from genorx.variants.annotation import Annotator, find_layout
from genorx.variants.consequence import Effect
from genorx.variants.records import VariantReader

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class CarriedChange:
    """One allele of one record in one of the genes.

    Attributes
    ----------
    effect : Effect
        Effect on the gene; ``OUTSIDE`` if only ``GENEINFO`` assigns the record to the gene.
    significance : tuple of str
        Words of ``CLNSIG`` in lower case; empty if absent.
    carriers, no_calls : bool arrays of shape (n_samples,)
        Whether a sample carries the allele; whether it has no call.
    fraction : float array of shape (n_samples,)
        Allele fraction from AF, otherwise from AD; NaN without either.
    """

    gene: str
    effect: Effect
    significance: tuple[str, ...]
    carriers: Mask
    no_calls: Mask
    fraction: Floats


def carried_changes(
    path: str | Path, genes: Collection[str], *, assembly: str | None = None, germline: bool = False
) -> tuple[tuple[str, ...], list[CarriedChange]]:
    """Return the samples of a file and every accepted change in the genes; ``germline`` as for ``VariantReader``.

    Raises
    ------
    VariantFileError
        ``annotation-absent`` if the file names no genes; and the errors of reading.
    """
    reader = VariantReader(path, assembly=assembly, germline=germline)
    layout = find_layout(reader.header.infos, file=reader.path)
    if layout is None and "GENEINFO" not in reader.header.infos:
        raise VariantFileError(
            "the file has no consequence annotations, so its records cannot be assigned to genes",
            file=path,
            hint="annotate it with VEP, SnpEff or bcftools csq",
            code="annotation-absent",
        )
    annotator = None if layout is None else Annotator(layout)
    found = [
        change
        for rows in reader.blocks()
        for row in rows
        if reader.accepts(row[6]) and row[4] != "."
        for change in _of_row(reader, annotator, row, genes)
    ]
    return tuple(reader.header.samples), found


def _of_row(
    reader: VariantReader, annotator: Annotator | None, row: list[str], genes: Collection[str]
) -> Iterator[CarriedChange]:
    alts = row[4].split(",")
    touched = _genes_by_allele(annotator, row, alts, genes)
    if not any(touched):
        return
    form = reader.formats[row[8]]
    calls = reader.calls(row, range(9, len(row)))
    unknown = np.array([call.dosage < 0 for call in calls], dtype=bool)
    significance = _significance(row[7])
    for number, by_gene in enumerate(touched, start=1):
        carried = np.array([number in call.genotype.alleles for call in calls], dtype=bool) & ~unknown
        shares = [_fraction(form.keys, text, row[3].upper(), [alt.upper() for alt in alts], number) for text in row[9:]]
        fraction = np.array(shares, dtype=float)
        for gene, effect in by_gene.items():
            yield CarriedChange(
                gene=gene,
                effect=effect,
                significance=significance,
                carriers=carried,
                no_calls=unknown,
                fraction=fraction,
            )


def _genes_by_allele(
    annotator: Annotator | None, row: list[str], alts: list[str], genes: Collection[str]
) -> list[dict[str, Effect]]:
    """Return, for each ALT, the requested genes that it affects."""
    annotation = None if annotator is None else annotator.read(row[7], row[3], alts)
    if annotation is not None:
        merged = [{**annotation.unattributed, **each} for each in annotation.by_allele]
        return [{gene: effect for gene, effect in each.items() if gene in genes} for each in merged]
    named = {part.partition(":")[0] for part in _info(row[7], "GENEINFO").split("|")}
    return [{gene: Effect.OUTSIDE for gene in sorted(named) if gene in genes} for _ in alts]


def _significance(info: str) -> tuple[str, ...]:
    text = _info(info, "CLNSIG").casefold()
    words = text.replace("|", ",").replace("/", ",").split(",")
    return tuple(word.strip("_ ") for word in words if word.strip("_ ."))


def _info(info: str, key: str) -> str:
    return next((part[len(key) + 1 :] for part in info.split(";") if part.startswith(f"{key}=")), "")


def _fraction(keys: list[str], text: str, ref: str, alts: list[str], number: int) -> float:
    """Return the allele fraction of an ALT (from 1), as evidence reads it; NaN where it is not known."""
    values = dict(zip(keys, text.split(":"), strict=False))
    share = read_counts(values, ref, alts, number - 1).allele_fraction
    return float("nan") if share is None else share
