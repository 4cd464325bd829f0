"""Keys by which DPWG's rows of 2024 name DPYD: a score with a phenotype, or with advice to measure the phenotype.

A score of 0.5 or 1.0 from two impaired alleles asks for phenotyping; 1.0 from one working allele is intermediate.
Current files use plain scores, and are left alone.
Source: DPWG's phenotype table of 2024-03-25 (ClinPGx, CC BY-SA 4.0); Lunenburg et al. 2020, Eur J Hum Genet 28:508.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from genorx.knowledge import Guideline, PhenotypeTable
from genorx.pgx.phenotype import Reading

_GENE = "DPYD"
_WORKING = 1.0


def with_dpwg_keys(reading: Reading, guideline: Guideline, table: PhenotypeTable | None) -> Reading:
    """Return the reading with the keys of a DPWG guideline in place of plain scores, where that guideline has such."""
    if reading.gene != _GENE or guideline.source != "DPWG" or table is None:
        return reading
    own = {value for row in guideline.rows for key in row.keys if isinstance(value := key.get(_GENE), str)}
    if not any(" (" in value for value in own):
        return reading
    advice = None if reading.alleles is None else _advice(_values(reading.alleles, table))
    keys = [value for value in sorted(own) for score in reading.keys if _fits(value, score, advice)]
    return replace(reading, keys=tuple(keys) or reading.keys)


def _fits(value: str, score: str, advice: bool | None) -> bool:
    """Return whether a key is of a score; without known alleles both kinds of key are."""
    return value.startswith(f"{score} (") and advice in (None, value.endswith("(Phenotyping)"))


def _values(alleles: Iterable[str], table: PhenotypeTable) -> list[float] | None:
    texts = [table.alleles[name].activity if name in table.alleles else None for name in alleles]
    try:
        return [float(text) for text in texts if text is not None] if None not in texts else None
    except ValueError:
        return None


def _advice(values: list[float] | None) -> bool | None:
    """Return whether measuring is asked for: no allele works fully, and one works a little."""
    return None if values is None else max(values) < _WORKING and sum(values) > 0
