"""Genotypes at pharmacogene sites that are written in a file but not accepted: number and reasons.

Which they are is told by ``variants.calls`` and ``pgx.reading.records``.
"""

from __future__ import annotations

from collections import Counter

from genorx.errors import Finding
from genorx.pgx.reading.records import NO_CALLS, Outcome
from genorx.pgx.reading.site_reading import SampleSites
from genorx.variants.calls import no_calls_text


def no_call_findings(sites: SampleSites, sample: int | None = None) -> list[Finding]:
    """Return the number of written but unaccepted genotypes, of one sample (by index) or of all together."""
    counts: Counter[str] = Counter()
    for outcomes, codes in zip(sites.outcomes, sites.codes, strict=True):
        if sample is not None:
            counts.update(_why(outcomes[codes[sample]]))
            continue
        for number, outcome in enumerate(outcomes):
            for code in _why(outcome):
                counts[code] += codes.count(number)
    if not counts:
        return []
    text = f"at sites of pharmacogenes, {no_calls_text(counts)}"
    who = None if sample is None else sites.samples[sample]
    return [Finding(code="no-calls", severity="warning", message=text, patient_id=who, place=sites.file.name)]


def _why(outcome: Outcome) -> list[str]:
    return [code for code in NO_CALLS if outcome.bases is None and code in outcome.warnings][:1]
