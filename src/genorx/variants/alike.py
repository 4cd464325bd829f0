"""Detection of samples from one person: equal genotypes at unlinked positions.

Of each file a subset of the single-base changes on autosomes is kept, the same in every file: those with the smallest
hashes (a bottom-k sketch: Cohen E, Kaplan H 2007, PODC 225).  Of these, one per megabase is used, so that neighbours
inherited together count once.  Two samples are alike if their genotypes agree at nine in ten of the positions, at least
50, at which one of them carries the rarer allele: siblings share about half of them (by state), samples of one person
agree except for errors; identical twins cannot be distinguished.
"""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from genorx.errors import Finding, shown
from genorx.variants.assembly import AUTOSOMES, bare_contig

_KEPT = 5_000  # changes of a file
_MOST_PLACES = 600  # of all files: more add no information
LEAST_PLACES, SAME_SHARE = 50, 0.9
_MEGABASE = 1_000_000
_BLOCK = 1_000  # samples compared at a time
_MOST_NAMED = 5
_BASES = {"A": 0, "C": 1, "G": 2, "T": 3}
_CODES = np.zeros(256, dtype=np.uint8)  # by character; other characters do not occur in simple lines
_CODES[[ord(base) for base in _BASES]] = list(_BASES.values())
_AUTOSOMES = {name: number for number, name in enumerate(AUTOSOMES, start=1)}
_MASK = 2**64 - 1
_STEP, _FIRST, _SECOND = 0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB
_DOSAGES = np.array([-1, 0, 1, 2, -1, -1], dtype=np.int8)  # by class of a call; an autosome is not haploid


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sketch:
    """A random subset of changes with the genotypes of a file's samples.

    Attributes
    ----------
    samples : tuple of str
        Names of the samples.
    keys : array of uint64, shape (n_changes,)
        Chromosome, position and base of each change.
    dosage : int8 array of shape (n_samples, n_changes)
        Alternate alleles; -1 without a call.
    largest : int
        Hash up to which every change of the file is included.
    """

    samples: tuple[str, ...]
    keys: NDArray[np.uint64]
    dosage: NDArray[np.int8]
    largest: int


class SketchTally:
    """Collects the changes with the smallest hashes of a file."""

    def __init__(self) -> None:
        self._held: list[tuple[int, int]] = []  # minus hash, key
        self._dosage: dict[int, NDArray[np.int8]] = {}
        self._numbers: dict[str, int] = {}
        self.largest = _MASK

    def key_of(self, contig: str, position: int, ref: str, alt: str) -> int | None:
        """Return the key of a selected change; None for one that is not selected, or no single-base change."""
        base, number = _BASES.get(alt), self._number(contig)
        if base is None or not number or ref not in _BASES:
            return None
        key = number << 40 | position << 2 | base
        return key if _hash(key) < self.largest else None

    def among(self, contig: str, positions: NDArray[np.int64], bases: NDArray[np.uint8]) -> NDArray[np.bool_]:
        """Return which changes of one contig are selected, by position and the code of the new base as text."""
        number = self._number(contig)
        if not number:
            return np.zeros(len(positions), dtype=bool)
        code = _CODES[bases].astype(np.uint64)
        key = np.uint64(number << 40) | positions.astype(np.uint64) << np.uint64(2) | code
        hashes = _hashes(key)
        if len(hashes) > _KEPT:  # of one block at most the size of a sketch
            self.largest = min(self.largest, int(np.partition(hashes, _KEPT)[_KEPT]))
        return np.asarray(hashes < np.uint64(self.largest))

    def _number(self, contig: str) -> int:
        """Return the number of an autosome, 0 for any other contig."""
        number = self._numbers.get(contig)
        if number is None:
            number = self._numbers[contig] = _AUTOSOMES.get(bare_contig(contig), 0)
        return number

    def take(self, key: int, classes: NDArray[np.uint8]) -> None:
        """Add a change, with ``classes`` from ``sex_chromosomes.CallClasses``."""
        if key in self._dosage:  # duplicate site: the first record is kept
            return
        heapq.heappush(self._held, (-_hash(key), key))
        self._dosage[key] = _DOSAGES[classes]
        if len(self._held) > _KEPT:
            minus, gone = heapq.heappop(self._held)
            del self._dosage[gone]
            self.largest = min(self.largest, -minus)

    def sketch(self, samples: Sequence[str]) -> Sketch:
        """Return the collected sketch."""
        keys = sorted(self._dosage)
        columns = [self._dosage[key] for key in keys]
        dosage = np.stack(columns, axis=1) if columns else np.zeros((len(samples), 0), dtype=np.int8)
        return Sketch(samples=tuple(samples), keys=np.array(keys, dtype=np.uint64), dosage=dosage, largest=self.largest)


def _hash(key: int) -> int:
    """Return a pseudorandom 64-bit hash, the same on every machine (splitmix64: Steele GL et al. 2014)."""
    mixed = (key + _STEP) & _MASK
    mixed = ((mixed ^ mixed >> 30) * _FIRST) & _MASK
    mixed = ((mixed ^ mixed >> 27) * _SECOND) & _MASK
    return mixed ^ mixed >> 31


def _hashes(keys: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Return ``_hash`` of many keys."""
    mixed = keys + np.uint64(_STEP)
    mixed = (mixed ^ mixed >> np.uint64(30)) * np.uint64(_FIRST)
    mixed = (mixed ^ mixed >> np.uint64(27)) * np.uint64(_SECOND)
    return mixed ^ mixed >> np.uint64(31)


def samples_alike(sketches: Sequence[Sketch]) -> tuple[Finding, ...]:
    """Return one finding for each sample whose genotypes equal another's.

    A change without a record in a file counts as the reference there: this may hide a pair, but creates none.

    Parameters
    ----------
    sketches : sequence of Sketch
        Sketches of files of one assembly and of different samples.
    """
    samples = [sample for sketch in sketches for sample in sketch.samples]
    dosage = _places(sketches)
    if len(samples) < 2 or dosage.shape[1] < LEAST_PLACES:
        return ()
    found: dict[int, list[tuple[int, int, int]]] = {}
    for first, second, same, compared in _pairs(dosage):
        found.setdefault(first, []).append((second, same, compared))
        found.setdefault(second, []).append((first, same, compared))
    return tuple(_finding(samples, sample, found[sample]) for sample in sorted(found))


def _finding(samples: Sequence[str], sample: int, others: Sequence[tuple[int, int, int]]) -> Finding:
    stated = ", ".join(
        f'"{shown(samples[other])}" ({same} of {compared})' for other, same, compared in others[:_MOST_NAMED]
    )
    more = f" and {len(others) - _MOST_NAMED} more" if len(others) > _MOST_NAMED else ""
    message = (
        f"the genotype is that of {stated}{more}, at distant positions where one of the two carries the rarer "
        "allele: one person twice, a swapped sample, or identical twins"
    )
    return Finding(code="samples-alike", severity="serious", message=message, patient_id=samples[sample])


def _places(sketches: Sequence[Sketch]) -> NDArray[np.int8]:
    """Return dosages of the rarer allele, samples x positions, -1 unknown: the most polymorphic change per megabase."""
    largest = min((sketch.largest for sketch in sketches), default=0)
    keys = np.unique(np.concatenate([sketch.keys for sketch in sketches])) if sketches else np.zeros(0, dtype=np.uint64)
    keys = keys[_hashes(keys) < np.uint64(largest)]
    rows = sum(len(sketch.samples) for sketch in sketches)
    dosage = np.zeros((rows, len(keys)), dtype=np.int8)
    start = 0
    for sketch in sketches:
        stop = start + len(sketch.samples)
        here = np.isin(sketch.keys, keys)
        dosage[start:stop, np.searchsorted(keys, sketch.keys[here])] = sketch.dosage[:, here]
        start = stop
    known = dosage >= 0
    calls = np.maximum(known.sum(axis=0), 1)
    share = np.where(known, dosage, 0).sum(axis=0) / (2 * calls)
    varied = np.where(2 * calls > rows, np.minimum(share, 1 - share), 0.0)
    chosen = _one_a_megabase(keys, varied)
    return np.where(known & (share > 0.5), 2 - dosage, dosage)[:, chosen].astype(np.int8)


def _one_a_megabase(keys: NDArray[np.uint64], varied: NDArray[np.float64]) -> NDArray[np.intp]:
    """Return the most polymorphic change of each megabase, at most 600, the most polymorphic first."""
    order = np.argsort(-varied, kind="stable")
    order = order[varied[order] > 0]
    position = (keys >> np.uint64(2)) & np.uint64((1 << 38) - 1)
    megabase = (keys >> np.uint64(40)) * np.uint64(1 << 20) + position // np.uint64(_MEGABASE)
    _, first = np.unique(megabase[order], return_index=True)
    return order[np.sort(first)[:_MOST_PLACES]]


def _pairs(dosage: NDArray[np.int8]) -> list[tuple[int, int, int, int]]:
    """Return pairs of samples that are alike, with the numbers of equal and compared positions."""
    layers = [(dosage == value).astype(np.float32) for value in (0, 1, 2)]
    known = (dosage >= 0).astype(np.float32)
    pairs = []
    for start in range(0, len(dosage), _BLOCK):
        block = slice(start, start + _BLOCK)
        same = layers[1][block] @ layers[1].T + layers[2][block] @ layers[2].T
        compared = known[block] @ known.T - layers[0][block] @ layers[0].T
        hits = np.argwhere((compared >= LEAST_PLACES) & (same >= SAME_SHARE * compared))
        for row, second in hits.tolist():
            if start + row < second:
                pairs.append((start + row, second, int(same[row, second]), int(compared[row, second])))
    return pairs
