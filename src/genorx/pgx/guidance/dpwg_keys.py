"""Keys by which DPWG's rows of 2024 identify DPYD and CYP2C9, in place of plain scores.

DPYD: a score with a phenotype, or with advice to measure the phenotype.  A score of 0.5 or 1.0 from two alleles of
reduced function requires phenotyping; 1.0 from one allele of normal function is intermediate.
CYP2C9: a phenotype by DPWG's own rule: intermediate with one impaired allele, poor with two.  CPIC calls *2/*2
intermediate.
Current files use plain scores and are unaffected.
Source: DPWG's phenotype tables of 2024-03-25 (ClinPGx, CC BY-SA 4.0); Lunenburg et al. 2020, Eur J Hum Genet 28:508.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from genorx.knowledge import Guideline, PhenotypeTable
from genorx.pgx.guidance.phenotype import Reading

_WORKING = 1.0
#: Phenotypes of CYP2C9 by the number of impaired alleles.
_BY_IMPAIRED = ("Normal Metabolizer", "Intermediate Metabolizer", "Poor Metabolizer")
#: Keys for a known score alone: 1.0 is one allele without function, or two of half function.
_BY_SCORE = {"2.0": (0,), "1.5": (1,), "1.0": (1, 2), "0.5": (2,), "0.0": (2,)}


def with_dpwg_keys(reading: Reading, guideline: Guideline, table: PhenotypeTable | None) -> Reading:
    """Return the reading with the keys of a DPWG guideline in place of plain scores, if the guideline has such keys."""
    if reading.gene not in ("DPYD", "CYP2C9") or guideline.source != "DPWG" or table is None:
        return reading
    own = {value for row in guideline.rows for key in row.keys if isinstance(value := key.get(reading.gene), str)}
    if reading.gene == "DPYD":
        keys = _dpyd_keys(reading, own, table) if any(" (" in value for value in own) else ()
    else:
        keys = _cyp2c9_keys(reading, table) if own & set(_BY_IMPAIRED) else ()
    return replace(reading, keys=keys or reading.keys)


def _dpyd_keys(reading: Reading, own: set[str], table: PhenotypeTable) -> tuple[str, ...]:
    advice = None if reading.alleles is None else _advice(_values(reading.alleles, table))
    return tuple(value for value in sorted(own) for score in reading.keys if _fits(value, score, advice))


def _cyp2c9_keys(reading: Reading, table: PhenotypeTable) -> tuple[str, ...]:
    values = None if reading.alleles is None else _values(reading.alleles, table)
    if values is not None and f"{sum(values):.1f}" in reading.keys:  # not if an outside score goes first
        return (_BY_IMPAIRED[sum(value < _WORKING for value in values)],)
    numbers = {number for score in reading.keys for number in _BY_SCORE.get(score, ())}
    return tuple(_BY_IMPAIRED[number] for number in sorted(numbers))


def _fits(value: str, score: str, advice: bool | None) -> bool:
    """Return whether a key matches a score; without known alleles both kinds of key match."""
    return value.startswith(f"{score} (") and advice in (None, value.endswith("(Phenotyping)"))


def _values(alleles: Iterable[str], table: PhenotypeTable) -> list[float] | None:
    texts = [table.alleles[name].activity if name in table.alleles else None for name in alleles]
    try:
        return [float(text) for text in texts if text is not None] if None not in texts else None
    except ValueError:
        return None


def _advice(values: list[float] | None) -> bool | None:
    """Return whether phenotyping is recommended: no allele has full function, and one has reduced function."""
    return None if values is None else max(values) < _WORKING and sum(values) > 0
