"""Readers of files of alterations: variant files, MAF, copy number, fusions, markers, lists."""

from genorx.oncology.alteration_set import AlterationSet
from genorx.oncology.reading.list_reading import read_assessed, read_text
from genorx.oncology.reading.markers import (
    MutationalBurden,
    burden_of,
    microsatellite,
    mutational_burden,
    read_signatures,
    repair_score,
)
from genorx.oncology.reading.read_alterations import match_cohort, read_alterations, read_tumours
from genorx.oncology.reading.read_counts import ReadCounts, expected_fraction, read_counts

__all__ = [
    "AlterationSet",
    "MutationalBurden",
    "ReadCounts",
    "burden_of",
    "expected_fraction",
    "match_cohort",
    "microsatellite",
    "mutational_burden",
    "read_alterations",
    "read_assessed",
    "read_counts",
    "read_signatures",
    "read_text",
    "read_tumours",
    "repair_score",
]
