"""Number of X chromosomes, and presence of Y, implied by a sample's calls: detection of swapped samples.

Accepted calls on X and Y are counted outside the sequence shared by both: the pseudoautosomal regions and the
X-transposed region, where reads of Y align to X.  Comparison with the patient's recorded sex is in ``cohort``.
Sources: Genome Reference Consortium, https://www.ncbi.nlm.nih.gov/grc/human (pseudoautosomal regions); Webster TH et
al. 2019, GigaScience 8:giz074 (X-transposed region, DXS1217 to DXS3).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from genorx.variants.assembly import bare_contig
from genorx.variants.calls import CallFormats, Genotype, Kind
from genorx.variants.record_checks import Row

Copies = Literal["one", "two", "between", "unknown"]
YChromosome = Literal["called", "not called", "unknown"]
# 1-based, both ends included
_SHARED = {
    "GRCh37": {"X": ((60_001, 2_699_520), (88_395_845, 92_583_067), (154_931_044, 155_260_560)),
               "Y": ((10_001, 2_649_520), (59_034_050, 59_363_566))},
    "GRCh38": {"X": ((10_001, 2_781_479), (89_140_845, 93_328_068), (155_701_383, 156_030_895)),
               "Y": ((10_001, 2_781_479), (56_887_903, 57_217_415))},
}  # fmt: skip
#: Least changes on X carried by a sample for a verdict by heterozygosity, and least different megabases for one X.
LEAST_CARRIED, LEAST_PLACES = 20, 8
_LEAST_HAPLOID, _HAPLOID_SHARE = 10, 0.9
_MOST_OF_ONE, _LEAST_OF_TWO = 0.15, 0.25  # share of heterozygous calls: errors on one X; two X of related parents
_LEAST_UNCLEAR = 50
_CHANCE = 1e-3
_LEAST_Y, _Y_CALLED, _Y_NOT_CALLED = 5, 0.5, 0.1
_MEGABASE = 1_000_000
_ENOUGH = 300  # changes carried by each sample: more add no information
_EVERY = 64  # records on X between checks whether there are enough
_CACHED = 100_000


class _Class(IntEnum):
    """Copy-number information of a call."""

    UNKNOWN = 0
    REFERENCE = 1
    HETEROZYGOUS = 2
    HOMOZYGOUS = 3
    HAPLOID_REFERENCE = 4
    HAPLOID_CHANGED = 5


def call_class(genotype: Genotype, kind: Kind) -> int:
    """Return the class of a call: 0 unknown, 1 reference, 2 heterozygous, 3 homozygous, 4 and 5 haploid."""
    size = len(genotype.alleles)
    if kind > Kind.CHANGED or size > 2:
        return _Class.UNKNOWN
    if size == 1:
        return _Class.HAPLOID_CHANGED if kind == Kind.CHANGED else _Class.HAPLOID_REFERENCE
    if kind == Kind.REFERENCE:
        return _Class.REFERENCE
    return _Class.HOMOZYGOUS if genotype.alleles[0] == genotype.alleles[1] else _Class.HETEROZYGOUS


class CallClasses:
    """Classes of the sample columns of rows; each distinct text is parsed once."""

    def __init__(self, formats: CallFormats) -> None:
        self._formats = formats
        self._known: dict[str, dict[str, int]] = {}

    def of(self, row: Row, texts: list[str]) -> NDArray[np.uint8]:
        """Return the class of each text, shape (n_samples,); 0 also for invalid ones, which others refuse."""
        form = self._formats.of(row)
        name = row[8] if not form.weighed else f"{row[8]} reference"
        known = self._known.setdefault(name, {})
        if len(known) > _CACHED or len(self._known) > 1000:
            known = {}
            self._known = {name: known}
        for text in set(texts).difference(known):
            try:
                call = form.read(text)
            except ValueError:
                known[text] = _Class.UNKNOWN
            else:
                known[text] = call_class(call.genotype, call.kind)
        return np.fromiter(map(known.__getitem__, texts), dtype=np.uint8, count=len(texts))


@dataclass(frozen=True, slots=True, kw_only=True)
class SexCalls:
    """Calls of one sample on X and Y.

    Attributes
    ----------
    heterozygous, homozygous : int
        Diploid calls of changes on X.
    haploid, haploid_changed : int
        Calls of one allele on X, and those of a change among them.
    known : int
        Calls on X, the reference among them.
    places : int
        Megabases of X in which a change is carried.
    y_records, y_called, y_heterozygous : int
        Records on Y, those with a call of one kind of allele, and heterozygous ones, which are not expected.
    """

    heterozygous: int
    homozygous: int
    haploid: int
    haploid_changed: int
    known: int
    places: int
    y_records: int
    y_called: int
    y_heterozygous: int

    @property
    def carried(self) -> int:
        """Changes on X."""
        return self.heterozygous + self.homozygous + self.haploid_changed

    @property
    def x_copies(self) -> Copies:
        """Return the number of X chromosomes implied by the calls.

        One: nine in ten calls are haploid (10 or more), or fewer changes are heterozygous than expected of two X with a
        probability of 1 in 1,000 (of which a quarter or more are heterozygous, even with related parents).  Two: more
        changes are heterozygous than expected of errors on one X (up to 15 %) with that probability.  Between: 15 % or
        more of 50 changes or more, and not two (a mixture of cells, or of persons, in the sample).  Unknown: too few
        changes on X.
        """
        if self.haploid >= max(_LEAST_HAPLOID, _HAPLOID_SHARE * self.known):
            return "one"
        if self.carried < LEAST_CARRIED:
            return "unknown"
        from scipy.special import bdtr  # takes time to load

        few = bdtr(self.heterozygous, self.carried, _LEAST_OF_TWO) < _CHANCE
        many = 1 - bdtr(self.heterozygous - 1, self.carried, _MOST_OF_ONE) < _CHANCE if self.heterozygous else False
        if few and not many:
            return "one" if self.places >= LEAST_PLACES else "unknown"
        if many and not few:
            return "two"
        unclear = self.carried >= _LEAST_UNCLEAR and self.heterozygous >= _MOST_OF_ONE * self.carried
        return "between" if unclear else "unknown"

    @property
    def y(self) -> YChromosome:
        """Return whether Y was called: in at least half of its records, 5 or more, and hardly ever heterozygous."""
        clean = self.y_called >= 4 * self.y_heterozygous
        if self.y_called >= max(_LEAST_Y, _Y_CALLED * self.y_records) and clean:
            return "called"
        seen = self.y_called + self.y_heterozygous
        return "not called" if self.y_records >= _LEAST_Y and seen <= _Y_NOT_CALLED * self.y_records else "unknown"


class SexTally:
    """Counts calls on X and Y of some samples.

    Parameters
    ----------
    n_samples : int
        Number of samples.
    assembly : str or None
        If None, regions shared by X and Y on either assembly are left out.
    """

    def __init__(self, n_samples: int, assembly: str | None) -> None:
        stated = [assembly] if assembly in _SHARED else list(_SHARED)
        self._shared = {chrom: [span for name in stated for span in _SHARED[str(name)][chrom]] for chrom in ("X", "Y")}
        self._counts = {chrom: np.zeros((n_samples, len(_Class)), dtype=np.int64) for chrom in ("X", "Y")}
        self._places: list[set[int]] = [set() for _ in range(n_samples)]
        self._x_records = self._y_records = 0
        self._chromosome: dict[str, str] = {}
        self._rows = np.arange(n_samples)
        self._full = n_samples == 0

    def is_informed_by(self, contig: str) -> bool:
        """Return whether a contig, in the file's notation, is X or Y."""
        chrom = self._chromosome.get(contig)
        if chrom is None:
            chrom = self._chromosome[contig] = bare_contig(contig)
        return chrom in self._shared

    def wants(self, contig: str, position: int) -> bool:
        """Return whether a position is informative of sex, and more information is needed."""
        if not self.is_informed_by(contig):
            return False
        chrom = self._chromosome[contig]
        if chrom == "X" and self._full:
            return False
        return not any(first <= position <= last for first, last in self._shared[chrom])

    def take(self, contig: str, position: int, classes: NDArray[np.uint8]) -> None:
        """Count an accepted record for which ``wants`` is true; with ``classes`` from ``CallClasses``."""
        chrom = self._chromosome[contig]
        self._counts[chrom][self._rows, classes] += 1
        if chrom == "Y":
            self._y_records += 1
            return
        place = position // _MEGABASE
        for sample in np.flatnonzero((classes > _Class.REFERENCE) & (classes != _Class.HAPLOID_REFERENCE)).tolist():
            self._places[sample].add(place)
        self._x_records += 1
        if self._x_records % _EVERY == 0:
            carried = self._counts["X"][:, [_Class.HETEROZYGOUS, _Class.HOMOZYGOUS, _Class.HAPLOID_CHANGED]].sum(axis=1)
            self._full = bool(carried.min() >= _ENOUGH) and min(map(len, self._places)) >= LEAST_PLACES

    def calls(self) -> list[SexCalls]:
        """Return the calls of each sample."""
        return [self._calls_of(sample) for sample in self._rows.tolist()]

    def _calls_of(self, sample: int) -> SexCalls:
        x, y = self._counts["X"][sample].tolist(), self._counts["Y"][sample].tolist()
        return SexCalls(
            heterozygous=x[_Class.HETEROZYGOUS],
            homozygous=x[_Class.HOMOZYGOUS],
            haploid=x[_Class.HAPLOID_REFERENCE] + x[_Class.HAPLOID_CHANGED],
            haploid_changed=x[_Class.HAPLOID_CHANGED],
            known=sum(x) - x[_Class.UNKNOWN],
            places=len(self._places[sample]),
            y_records=self._y_records,
            y_called=sum(y) - y[_Class.UNKNOWN] - y[_Class.HETEROZYGOUS],
            y_heterozygous=y[_Class.HETEROZYGOUS],
        )
