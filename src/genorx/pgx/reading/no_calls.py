"""Genotypes at pharmacogene sites that are written in a file but not accepted: number and reasons.

Which they are is told by ``variants.calls`` and ``pgx.reading.records``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from genorx.errors import Finding
from genorx.pgx.reading.records import NO_CALLS, Outcome
from genorx.pgx.reading.site_reading import SampleSites
from genorx.variants.calls import no_calls_text


def no_call_findings(sites: SampleSites) -> list[Finding]:
    """Return how many written genotypes do not count, of all samples together."""
    counts: Counter[str] = Counter()
    for outcomes, codes in zip(sites.outcomes, sites.codes, strict=True):
        for number, times in codes.counts().items():
            for reason in _why(outcomes[number]):
                counts[reason] += times
    return _findings(counts, sites.file, None)


def no_calls_of(sample: str, outcomes: Iterable[Outcome], file: Path) -> list[Finding]:
    """Return how many written genotypes of a sample do not count, of its outcomes at all sites."""
    return _findings(Counter(reason for outcome in outcomes for reason in _why(outcome)), file, sample)


def _findings(counts: Counter[str], file: Path, sample: str | None) -> list[Finding]:
    if not counts:
        return []
    text = f"at sites of pharmacogenes, {no_calls_text(counts)}"
    return [Finding(code="no-calls", severity="warning", message=text, patient_id=sample, place=file.name)]


def _why(outcome: Outcome) -> list[str]:
    if outcome.bases is not None or not outcome.warnings:
        return []
    return [code for code in NO_CALLS if code in outcome.warnings][:1]
