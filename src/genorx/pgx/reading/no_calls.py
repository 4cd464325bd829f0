"""Findings on genotypes at pharmacogene sites: those not accepted, and sites with contradictory records.

The rules are in ``variants.calls`` and ``pgx.reading.records``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from genorx.errors import Finding
from genorx.pgx.reading.records import BLOCK_QUALITY, CONTRADICTED, NO_CALLS, Outcome
from genorx.pgx.reading.site_reading import SampleSites
from genorx.variants.calls import no_calls_text

_LISTED = 5  # sites named in a finding


def no_call_findings(sites: SampleSites) -> list[Finding]:
    """Return findings on the genotypes of all samples together."""
    counts: Counter[str] = Counter()
    contradicted: Counter[str] = Counter()
    for site, outcomes, codes in zip(sites.table.sites, sites.outcomes, sites.codes, strict=True):
        for number, times in codes.counts().items():
            counts.update(dict.fromkeys(_why(outcomes[number]), times))
            if CONTRADICTED in outcomes[number].warnings:
                contradicted[f"{site.chrom}:{site.pos}"] += times
    return [*_no_calls(counts, sites.file, None), *_contradictions(contradicted, sites.file, None)]


def no_calls_of(sample: str, outcomes: Iterable[Outcome], sites: SampleSites) -> list[Finding]:
    """Return findings on the genotypes of one sample; ``outcomes`` are its own at all sites."""
    told = list(zip(sites.table.sites, outcomes, strict=True))
    counts = Counter(reason for _, outcome in told for reason in _why(outcome))
    contradicted = Counter(f"{site.chrom}:{site.pos}" for site, outcome in told if CONTRADICTED in outcome.warnings)
    return [*_no_calls(counts, sites.file, sample), *_contradictions(contradicted, sites.file, sample)]


def _no_calls(counts: Counter[str], file: Path, sample: str | None) -> list[Finding]:
    if not counts:
        return []
    text = f"at sites of pharmacogenes, {no_calls_text(counts)}"
    return [Finding(code="no-calls", severity="warning", message=text, patient_id=sample, place=file.name)]


def _contradictions(times: Counter[str], file: Path, sample: str | None) -> list[Finding]:
    if not times:
        return []
    listed = ", ".join([*times][:_LISTED]) + (" and others" if len(times) > _LISTED else "")
    text = (
        f"pharmacogene sites in two records with different genotypes: {times.total():,}, at {listed}; star alleles "
        "rest on the first record, as PharmCAT reads it, or on that in the spelling of the definitions, and on none "
        "where ALTs exclude each other"
    )
    return [Finding(code="site-contradiction", severity="serious", message=text, patient_id=sample, place=file.name)]


def _why(outcome: Outcome) -> list[str]:
    if outcome.bases is not None or not outcome.warnings:
        return []
    found = [code for code in NO_CALLS if code in outcome.warnings][:1]
    return found or (["low-quality"] if BLOCK_QUALITY in outcome.warnings else [])
