"""Genotype likelihoods in a file: PL, GL or GP, otherwise a dosage (DS).

A dosage is a mean that many genotype probabilities share; it is read as the two adjacent genotypes, the smallest
spread it allows, and for one ALT only.
Source: VCF 4.5 specification, section 1.6.2 (order of genotypes).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from genorx._core.numerals import decimal_number
from genorx.errors import cell_description, shown

LIKELIHOOD_KEYS = frozenset({"PL", "GL", "GP", "DS"})
#: Smallest weight of a genotype: none is impossible, since files round to zero.
_LEAST = 1e-10
#: Largest excess of a logarithm above 0 by rounding.
_ROUNDING = 0.01


@dataclass(frozen=True, slots=True)
class GenotypeWeights:
    """Relative likelihood of each unordered genotype of a diploid site; the alleles, then weights in VCF order."""

    alleles: tuple[str, ...]
    weights: tuple[float, ...]

    def of(self, one: str, two: str) -> float:
        """Return the weight of a genotype; one with a base that the record does not list has the smallest weight."""
        if one not in self.alleles or two not in self.alleles:
            return _LEAST
        low, high = sorted((self.alleles.index(one), self.alleles.index(two)))
        return self.weights[high * (high + 1) // 2 + low]


def read_weights(values: Mapping[str, str], alleles: tuple[str, ...]) -> GenotypeWeights | None:
    """Return the likelihoods of a sample's genotypes; None if there are none, or not for two alleles.

    Raises
    ------
    ValueError
        If a value is not a number, or a dosage is outside 0 to 2.
    """
    for key in ("PL", "GL", "GP"):
        text = values.get(key, ".")
        if set(text) <= set(".,"):
            continue
        parts = text.split(",")
        if len(parts) != len(alleles) * (len(alleles) + 1) // 2:
            continue
        logs = [_log10(key, part) for part in parts]
        top = max(logs)
        if top == -math.inf or min(logs) == top:
            return None
        return GenotypeWeights(alleles, tuple(max(10 ** (log - top), _LEAST) for log in logs))
    return _from_dosage(values.get("DS", "."), alleles)


def _log10(key: str, text: str) -> float:
    """Return the base-10 logarithm of a likelihood or probability; a value above 1 is invalid."""
    number = decimal_number(text)
    if number is None:
        raise ValueError(f"{key} is no number but {cell_description(text)}")
    log = {"PL": -number / 10, "GL": number}.get(key, math.log10(number) if number > 0 else -math.inf)
    if log > _ROUNDING or (key == "GP" and number < 0):
        raise ValueError(f"{key} {shown(text)} is more than certain, or less than impossible")
    return log


def _from_dosage(text: str, alleles: tuple[str, ...]) -> GenotypeWeights | None:
    if text == "." or len(alleles) != 2:
        return None
    dosage = decimal_number(text)
    if dosage is None:
        raise ValueError(f"DS is no number but {cell_description(text)}")
    if not 0.0 <= dosage <= 2.0:
        raise ValueError(f"dosage {dosage:g} is not in 0 to 2")
    chances = [max(1.0 - abs(dosage - copies), 0.0) for copies in (0, 1, 2)]
    return GenotypeWeights(alleles, tuple(max(chance / max(chances), _LEAST) for chance in chances))
