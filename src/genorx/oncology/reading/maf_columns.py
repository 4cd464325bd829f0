"""Columns by which a table is a mutation annotation format (MAF), and the settings for reading one.

Nothing here loads the rooms of variant files: a text of alterations needs none of them.
Source: GDC MAF format 1.0; column names of vcf2maf, Oncotator and Funcotator.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from genorx.oncology.alteration import FactOrigin
from genorx.oncology.reading.read_counts import ReadCounts
from genorx.oncology.reading.text_table import TextTable
from genorx.oncology.table import EvidenceTable

#: Names of the column of classes, newest first.
CLASS = ("Variant_Classification", "Variant_classification")
#: Names of the columns of a change's place and alleles.
PLACE = (("Chromosome",), ("Start_Position", "Start_position"), ("Reference_Allele",), ("Tumor_Seq_Allele2",))


def is_maf(table: TextTable) -> bool:
    """Return whether a table has the columns of a MAF: genes with a class, or alleles with positions."""
    return (table.has("Hugo_Symbol") and table.has(*CLASS)) or all(table.has(*group) for group in PLACE)


def maf_counts(table: TextTable, cells: dict[str, str], letter: str) -> ReadCounts:
    """Return the reads of a row's tumour (``t``) or normal sample (``n``); a depth that is absent is their sum."""
    names = (f"{letter}_{name}" for name in ("ref_count", "alt_count", "depth"))
    found = (table.number(cells, name) for name in names)
    ref, alt, depth = (None if number is None or number < 0 else number for number in found)
    if depth is None and ref is not None and alt is not None:
        depth = ref + alt
    return ReadCounts(ref=ref, alt=alt, depth=depth)


@dataclass(frozen=True, kw_only=True)
class MafOptions:
    """Settings for reading a MAF; see ``read_alterations``."""

    origin: FactOrigin | None = "somatic"
    filters: Collection[str] | None = ("PASS", ".")
    assembly: str | None = None
    purity: float | None = None
    evidence: EvidenceTable | None = None
