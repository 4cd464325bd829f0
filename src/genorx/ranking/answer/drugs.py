"""Pharmacogenetic guidance on the drugs of the options, by patient: shown beside the estimates, never changing them.

Guidance on a drug is ``pgx.guidance.safety``; ``answer.answers`` does not advise an option to avoid.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from genorx.errors import Finding, UsageError, shown

if TYPE_CHECKING:
    from genorx.pgx import DrugSafety, PgxReport


@dataclass(frozen=True, kw_only=True)
class Guidance:
    """Guidance for each patient and option; empty if not requested."""

    of: Mapping[str, DrugSafety] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    releases: Mapping[str, str] = field(default_factory=dict)


def read_guidance(
    reports: Iterable[PgxReport] | None,
    drugs: Mapping[str, str | Iterable[str]] | None,
    *,
    options: Sequence[str],
    patients: Iterable[str],
) -> Guidance:
    """Return guidance on the drugs of each option from the patients' reports.

    Parameters
    ----------
    reports : iterable of PgxReport or None
        The sample of a report is the patient.
    drugs : mapping of option to drug or drugs, or None
    options, patients : sequence of str
        Ranked options and patients.

    Raises
    ------
    UsageError
        ``pgx-and-drugs`` if one of the two is missing, ``no-such-option`` for drugs of an option that is not ranked,
        ``sample-twice`` for two reports on one patient.
    """
    if reports is None and drugs is None:
        return Guidance()
    if reports is None or drugs is None:
        hint = "pgx= is a list of reports from pgx.call, drugs= names the drugs of each option"
        raise UsageError("pgx and drugs go together", hint=hint, code="pgx-and-drugs")
    named = _drugs_of(drugs, options)
    by_sample = _by_sample(reports)
    from genorx.pgx import drug_safety

    ranked = list(patients)
    found = {patient: drug_safety(by_sample[patient], named) for patient in ranked if patient in by_sample}
    without = [patient for patient in ranked if patient not in by_sample]
    findings = [*_without_drugs(named, options), *_without_report(without), *_of_reports(by_sample, ranked)]
    return Guidance(of=found, findings=tuple(findings), releases=_releases(by_sample.values()))


def _drugs_of(drugs: Mapping[str, str | Iterable[str]], options: Sequence[str]) -> dict[str, list[str]]:
    for option in drugs:
        if option not in options:
            hint = f"the options are {', '.join(shown(each) for each in options)}"
            raise UsageError(f"drugs are given for {shown(option)!r}, not an option", hint=hint, code="no-such-option")
    return {option: [names] if isinstance(names, str) else list(names) for option, names in drugs.items()}


def _by_sample(reports: Iterable[PgxReport]) -> dict[str, PgxReport]:
    found: dict[str, PgxReport] = {}
    for report in reports:
        if report.sample in found:
            raise UsageError(f"two pharmacogene reports are on {shown(report.sample)!r}", code="sample-twice")
        found[report.sample] = report
    return found


def _without_drugs(named: Mapping[str, Sequence[str]], options: Sequence[str]) -> list[Finding]:
    texts = [f"no drugs are named for {shown(option)}: no guidance was looked up" for option in options]
    return [
        Finding(code="option-without-drugs", severity="warning", message=text, place=option)
        for option, text in zip(options, texts, strict=True)
        if not named.get(option)
    ]


def _without_report(patients: Sequence[str]) -> list[Finding]:
    text = "no pharmacogene report of this patient: guidance was not looked up, which does not mean that drugs are safe"
    return [Finding(code="pgx-no-report", severity="warning", message=text, patient_id=patient) for patient in patients]


def _of_reports(by_sample: Mapping[str, PgxReport], ranked: Sequence[str]) -> list[Finding]:
    """Return the distinct findings in the reports of ranked patients."""
    findings = (finding for patient in ranked if patient in by_sample for finding in by_sample[patient].findings)
    return list(dict.fromkeys(finding for finding in findings if finding.severity != "info"))


def _releases(reports: Iterable[PgxReport]) -> dict[str, str]:
    pairs = sorted({(report.release, report.guidance_release) for report in reports})
    if not pairs:
        return {}
    return {
        "pharmacogene definitions": ", ".join(dict.fromkeys(one for one, _ in pairs)),
        "pharmacogene guidance": ", ".join(dict.fromkeys(two for _, two in pairs)),
    }
