"""Genotypes that their own reads contradict: two alleles are called, and all reads show one.

The rule is of germline files: of a tumour one allele may have no read left, and callers write 0/1 for any change.
Source: PharmCAT 3.1, requirements for a VCF (AD); VCF 4.5 specification, section 1.6.2 (AD has the Number R).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from genorx._core.numerals import whole_number

_AD = re.compile(r"##FORMAT=<.*\bID=AD\b.*\bNumber=([^,>]+)")


@dataclass(frozen=True)
class DepthRule:
    """The header's declaration of allelic depths: none, or the ``Number``; only depths of ``R`` are used."""

    declared: bool = True
    number: str = "R"

    @classmethod
    def of(cls, lines: Sequence[str]) -> DepthRule:
        """Return the declaration in a header's lines."""
        match = next(filter(None, map(_AD.match, lines)), None)
        return cls(declared=False) if match is None else cls(declared=True, number=match[1].strip())

    @property
    def usable(self) -> bool:
        """Whether depths are one for each allele: declared so, or not declared."""
        return not self.declared or self.number == "R"


def contradicts(alleles: Sequence[int], depths: str) -> bool:
    """Return whether a heterozygous genotype has reads of one allele only.

    >>> contradicts((0, 1), "30,0"), contradicts((0, 1), "30,1"), contradicts((1, 1), "0,30"), contradicts((0, 1), ".")
    (True, False, False, False)
    """
    if len(set(alleles)) < 2 or min(alleles) < 0 or depths == ".":
        return False
    return sum((whole_number(part) or 0) > 0 for part in depths.split(",")) == 1
