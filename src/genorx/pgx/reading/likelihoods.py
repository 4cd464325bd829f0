"""Likelihoods of genotypes that a file states: PL, GL or GP, or a dosage (DS) where there is nothing better.

A dosage is a mean, which many probabilities of genotypes have; it is read as the two genotypes next to it, the least
spread that it allows, and for one ALT only.
Source: VCF 4.5 specification, section 1.6.2 (order of genotypes).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

LIKELIHOOD_KEYS = frozenset({"PL", "GL", "GP", "DS"})
#: No genotype is impossible: files round to zero.
_LEAST = 1e-10


@dataclass(frozen=True, slots=True)
class GenotypeWeights:
    """Relative likelihood of each unordered genotype of a diploid site; the alleles, then weights in VCF order."""

    alleles: tuple[str, ...]
    weights: tuple[float, ...]

    def of(self, one: str, two: str) -> float:
        """Return the weight of a genotype; a base that the record does not list has the least."""
        if one not in self.alleles or two not in self.alleles:
            return _LEAST
        low, high = sorted((self.alleles.index(one), self.alleles.index(two)))
        return self.weights[high * (high + 1) // 2 + low]


def read_weights(values: Mapping[str, str], alleles: tuple[str, ...]) -> GenotypeWeights | None:
    """Return the likelihoods of a sample's genotypes; None where it has none, or not for two alleles.

    Raises
    ------
    ValueError
        If a value is no number, or a dosage outside of 0 to 2.
    """
    for key in ("PL", "GL", "GP"):
        text = values.get(key, ".")
        if set(text) <= set(".,"):
            continue
        parts = text.split(",")
        if len(parts) != len(alleles) * (len(alleles) + 1) // 2:
            continue
        numbers = [float(part) for part in parts]
        if key != "GP":
            numbers = [10 ** (-n / 10 if key == "PL" else n) for n in numbers]
        top = max(numbers)
        if top <= 0 or min(numbers) == top:
            return None
        return GenotypeWeights(alleles, tuple(max(n / top, _LEAST) for n in numbers))
    return _from_dosage(values.get("DS", "."), alleles)


def _from_dosage(text: str, alleles: tuple[str, ...]) -> GenotypeWeights | None:
    if text == "." or len(alleles) != 2:
        return None
    dosage = float(text)
    if not 0.0 <= dosage <= 2.0:
        raise ValueError(f"dosage {dosage:g} is not in 0 to 2")
    chances = [max(1.0 - abs(dosage - copies), 0.0) for copies in (0, 1, 2)]
    return GenotypeWeights(alleles, tuple(max(chance / max(chances), _LEAST) for chance in chances))
