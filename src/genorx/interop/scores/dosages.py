"""Allele dosages of the samples at a record, and their contribution to a score, with missing ones imputed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from genorx.errors import VariantFileError
from genorx.variants.allele import number_of_alts
from genorx.variants.known_site import is_whole, least_alleles
from genorx.variants.records import VariantReader

Floats = NDArray[np.float64]


def allele_counts(
    reader: VariantReader, row: list[str], allele: str, shown: Sequence[str | None]
) -> tuple[Floats, Floats]:
    """Return copies of an allele in each sample's call, NaN for a no-call, and the number of alleles in the call.

    Parameters
    ----------
    reader : VariantReader
    row : list of str
    allele : str
    shown : sequence of str or None
        What each allele of the record shows at the site, as ``variants.known_site.alleles_at``.

    Raises
    ------
    VariantFileError
        For a genotype that cannot be parsed, or that names an allele beyond ALT.
    """
    if not reader.accepts(row[6]):
        unknown = np.full(len(row) - 9, np.nan)
        return unknown, unknown
    form = reader.formats.of(row)
    try:
        ids = [form.ids[text] for text in row[9:]]
    except ValueError:
        reader.calls(row, range(9, len(row)))  # names the column
        raise
    copies: dict[int, float] = {}
    ploidy: dict[int, float] = {}
    most, least = number_of_alts(row[4]), least_alleles(row[0])
    for number in set(ids):
        call = form.calls[number]
        if call.genotype.top > most:
            reader.refuse_allele(row, 9 + ids.index(number))
        carried = [shown[each] for each in call.genotype.alleles if each >= 0]
        known = is_whole(call, least) and None not in carried
        copies[number] = carried.count(allele) if known else np.nan
        ploidy[number] = len(call.genotype.alleles) if known else np.nan
    form.forget()
    return np.array([copies[each] for each in ids]), np.array([ploidy[each] for each in ids])


@dataclass(frozen=True, slots=True)
class Weights:
    """Weights of the dosages of a row."""

    kind: str
    weight: float
    by_dosage: tuple[float, float, float]

    def of(self, dosage: Floats) -> Floats:
        """Return the contribution of dosages; NaN remains NaN."""
        if self.kind == "dosage":
            known = ~np.isnan(dosage)
            made = np.full(len(dosage), np.nan)
            made[known] = np.array(self.by_dosage)[dosage[known].astype(int)]
            return made
        if self.kind == "additive":
            return self.weight * dosage
        reached = dosage >= (1 if self.kind == "dominant" else 2)
        return np.where(np.isnan(dosage), np.nan, self.weight * reached)

    def mean(self, frequency: float) -> float:
        """Return the mean contribution at a given allele frequency, under Hardy-Weinberg equilibrium."""
        p, q = frequency, 1 - frequency
        if self.kind == "additive":
            return 2 * p * self.weight
        if self.kind == "dominant":
            return (1 - q * q) * self.weight
        if self.kind == "recessive":
            return p * p * self.weight
        none, one, two = self.by_dosage
        return q * q * none + 2 * p * q * one + p * p * two

    @property
    def size(self) -> float:
        """Absolute weight; for a row with weights by dosage, the largest."""
        return max(abs(each) for each in self.by_dosage) if self.kind == "dosage" else abs(self.weight)


def need_samples(reader: VariantReader) -> None:
    """Raise an error for a file without samples.

    Raises
    ------
    VariantFileError
        ``samples-none`` if the file has no samples.
    """
    if not reader.header.samples:
        hint = "a file of sites has no patients"
        raise VariantFileError("has no samples", file=reader.path, place="header", hint=hint, code="samples-none")
