"""Caveats on a change: it may be germline, or subclonal.

They are notes; no change is left out because of them.
"""

from __future__ import annotations

from genorx.oncology.alteration import Alteration
from genorx.oncology.reading.read_counts import ReadCounts, expected_fraction

#: Population frequency above which a change of an unpaired tumour is presumed to be germline.
COMMON = 0.001
#: Expected allele fractions of a germline variant in a diploid region: heterozygous, homozygous.
GERMLINE_FRACTIONS = ((0.45, 0.55), (0.95, 1.0))
Hotspots = frozenset[tuple[str, int | str]]


def germline_doubt(fact: Alteration, counts: ReadCounts, hotspots: Hotspots) -> str:
    """Return a caveat if a change of a tumour without normal sample may be germline; hotspots get none."""
    gene = (fact.atom.gene or "").upper()
    if fact.origin != "somatic" or (fact.change is not None and (gene, fact.change.start) in hotspots):
        return ""
    frequency, fraction = fact.details.get("population_frequency"), counts.allele_fraction
    if frequency is not None and frequency > COMMON:
        return f"presumed germline: population frequency {frequency:g} and no normal sample"
    if fraction is not None and any(low <= fraction <= high for low, high in GERMLINE_FRACTIONS):
        return f"germline? allele fraction {fraction:.2f} and no normal sample, if the region has two copies"
    return ""


def subclonal_doubt(fact: Alteration, counts: ReadCounts, purity: float | None) -> str:
    """Return a caveat if even the upper bound of the allele fraction is below that of a clonal change."""
    interval = counts.interval()
    if purity is None or interval is None or fact.origin == "germline":
        return ""
    expected = expected_fraction(purity)
    if interval[1] >= expected:
        return ""
    return f"subclonal? allele fraction at most {interval[1]:.2f}, a clonal change would have {expected:.2f}"


def count_details(tumour: ReadCounts, normal: ReadCounts) -> dict[str, int | float]:
    """Return the known read counts, by the names of MAF columns and ``t_vaf``, ``n_vaf``."""
    found: dict[str, int | float] = {}
    for letter, each in (("t", tumour), ("n", normal)):
        values = {"ref_count": each.ref, "alt_count": each.alt, "depth": each.depth, "vaf": each.allele_fraction}
        found.update({f"{letter}_{name}": value for name, value in values.items() if value is not None})
    return found
