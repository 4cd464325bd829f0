"""Sex by genotype and samples that are one person: how often they are right on simulated genotypes.

``python benchmarks/sample_identity.py`` prints the tables of ``docs/benchmarks/sample_identity.md``.  Sites have one
allele frequency, or many rare ones and few common (``mixed``: 0.05 + 0.9 Beta(0.6, 1.4)); an error makes a
heterozygous call homozygous or the other way round.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from genorx.variants.alike import Sketch, samples_alike
from genorx.variants.sex_chromosomes import SexCalls

SEED, N = 20261130, 2000
Bools = NDArray[np.bool_]


def share_of(rng: np.random.Generator, kind: float | None, n: int) -> NDArray[np.float64]:
    """Return allele frequencies of n sites."""
    return 0.05 + 0.9 * rng.beta(0.6, 1.4, n) if kind is None else np.full(n, kind)


def copies(heterozygous: Bools, homozygous: Bools) -> str:
    """Return the verdict on X of one sample."""
    het, hom = int(heterozygous.sum()), int(homozygous.sum())
    places = min(130, het + hom)
    return SexCalls(
        heterozygous=het,
        homozygous=hom,
        haploid=0,
        haploid_changed=0,
        known=het + hom,
        places=places,
        y_records=0,
        y_called=0,
        y_heterozygous=0,
    ).x_copies


def sample(rng: np.random.Generator, share: NDArray[np.float64], error: float, *, two: bool, inbred: float = 0) -> str:
    """Return the verdict on a made man or woman."""
    first, second = rng.random((2, len(share))) < share
    if not two:
        second = first
    second = np.where(rng.random(len(share)) < inbred, first, second)
    wrong = (rng.random(len(share)) < error) & (first | second)
    return copies((first != second) ^ wrong, (first & second) ^ wrong)


def sexes() -> None:
    """Print, by sites of X, how often the sex is told, and how often the wrong one."""
    rng = np.random.default_rng(SEED)
    groups = "men, no errors | men, 2 % | men, 8 % | women, 2 % | women of cousins, 2 %"
    print(f"| sites of X, allele frequency | {groups} | wrong |")
    print("|---|---|---|---|---|---|---|")
    for kind in (None, 0.05, 0.2, 0.5):
        for n_sites in (30, 60, 100, 200, 500):
            wrong, cells = 0, []
            for error, two, inbred in ((0, 0, 0), (0.02, 0, 0), (0.08, 0, 0), (0.02, 1, 0), (0.02, 1, 0.0625)):
                right, other = ("two", "one") if two else ("one", "two")
                said = [
                    sample(rng, share_of(rng, kind, n_sites), error, two=bool(two), inbred=inbred) for _ in range(N)
                ]
                cells.append(f"{said.count(right) / N:.1%}")
                wrong += said.count(other)
            name = "mixed" if kind is None else f"{kind:g}"
            print(f"| {n_sites}, {name} | {' | '.join(cells)} | {wrong} of {5 * N} |", flush=True)


def families(rng: np.random.Generator, n_families: int, n_sites: int, inbred: float) -> NDArray[np.int8]:
    """Return dosages of mother, first and second child of families, in that order; shape (3 n_families, n_sites)."""
    share = share_of(rng, None, n_sites)
    parents = rng.random((n_families, 4, n_sites)) < share
    parents[:, 2:] = np.where(rng.random((n_families, 2, n_sites)) < inbred, parents[:, :2], parents[:, 2:])
    sites = np.arange(n_sites)
    people = []
    for family in parents:
        people.append(family[0].astype(int) + family[1])
        people += [
            family[rng.integers(0, 2, n_sites), sites].astype(int) + family[2 + rng.integers(0, 2, n_sites), sites]
            for _ in range(2)
        ]
    return np.array(people, dtype=np.int8)


def pairs_said(dosage: NDArray[np.int8]) -> set[str]:
    """Return the samples that are said to be another's."""
    n_samples, n_sites = dosage.shape
    keys = np.array(
        [(1 + site // 100) << 40 | (1 + site % 100) * 1_500_000 << 2 for site in range(n_sites)], dtype=np.uint64
    )
    sketch = Sketch(samples=tuple(map(str, range(n_samples))), keys=keys, dosage=dosage, largest=2**64 - 1)
    return {str(finding.patient_id) for finding in samples_alike([sketch])}


def alike() -> None:
    """Print how often a copy is found, and brothers, sisters, mothers and strangers are taken for one."""
    rng = np.random.default_rng(SEED)
    print("\n| sites, errors | copies found | relatives and strangers said, of 100 families | of cousins' families |")
    print("|---|---|---|---|")
    for n_sites in (100, 150, 300, 600):
        for error in (0.0, 0.01, 0.03):
            cells = [families(rng, 100, n_sites, inbred) for inbred in (0.0, 0.125)]
            false = [len(pairs_said(dosage)) for dosage in cells]
            strangers = cells[0][::3]
            wrong = rng.random(strangers.shape) < error
            doubled = np.concatenate([strangers, np.where(wrong, (strangers + 1) % 3, strangers)]).astype(np.int8)
            found = len(pairs_said(doubled)) / len(doubled)
            print(f"| {n_sites}, {error:.0%} | {found:.0%} | {false[0]} of 300 | {false[1]} of 300 |", flush=True)


if __name__ == "__main__":
    sexes()
    alike()
