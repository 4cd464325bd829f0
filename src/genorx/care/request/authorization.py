"""A prior authorisation request (Da Vinci PAS, FHIR R4): the bundle, missing elements, and findings.

Nothing is sent: a person reads it, edits it and is responsible for it.
Source: HL7 Da Vinci Prior Authorization Support 2.0.1 and 2.2.1 (http://hl7.org/fhir/us/davinci-pas).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from genorx._core.output import to_json, write_text
from genorx._core.provenance import this_second
from genorx._core.short_repr import short
from genorx._core.version import __version__
from genorx.care.answer import PatientOptions, RankedOption, read_answer
from genorx.care.pharmacogenes import pgx_of
from genorx.care.request.claim import ClaimParts, claim
from genorx.care.request.evidence import ReportFile, evidence_observations, read_report
from genorx.care.request.missing import VERSIONS, PathState, missing_frame, path_states
from genorx.care.request.option_page import not_advised_reason, option_page, report_title
from genorx.care.request.ordered import order_resources
from genorx.care.request.parties import Parties, given, parties_of
from genorx.care.request.pas import pas_profile
from genorx.care.request.request_file import RequestFile, read_request_file
from genorx.errors import Finding, NotAnswerableError, UsageError, shown
from genorx.interop.fhir_out.documents import document_reference, provenance
from genorx.interop.fhir_out.resources import Json, entry, filled
from genorx.interop.reading.dates import is_moment

if TYPE_CHECKING:
    import pandas as pd

    from genorx.care.answer import RankingLike
    from genorx.care.pharmacogenes import PgxLike
    from genorx.pgx import PgxReport

_MOST_NAMED = 12
_SHORTEST = len("2026-03-02T09:00:00Z")


@short
@dataclass(frozen=True, kw_only=True)
class Authorization:
    """A prior authorisation request.

    Attributes
    ----------
    bundle : dict
        Bundle for the payer.
    missing_ : DataFrame
        Missing elements: ``resource``, ``path``, ``level`` (``mandatory``, ``must_support``), ``item``, ``words``;
        mandatory rows first.
    findings : list of Finding
        ``request-not-advised`` for an option that the ranking advises against; findings on pharmacogene reports.
    version : {"2.0.1", "2.2.1"}
        Release of the implementation guide.
    states : tuple of PathState
        State of each path that the profiles require, given or missing.
    """

    bundle: Json = field(repr=False)
    findings: list[Finding]
    version: str
    states: tuple[PathState, ...] = field(repr=False)

    @property
    def missing_(self) -> pd.DataFrame:
        """Missing elements, mandatory paths first."""
        return missing_frame(self.states)

    def missing_records(self) -> list[dict[str, Any]]:
        """Return the missing elements as JSON values, as described in ``data_schemas/request_missing.schema.json``."""
        return [each.to_dict() for each in self.states if not each.given]

    def require_complete(self) -> None:
        """Raise an error if a mandatory element is missing.

        Raises
        ------
        NotAnswerableError
            ``request-incomplete``, with the paths.
        """
        absent = [each.to_dict() for each in self.states if not each.given and each.level == "mandatory"]
        if absent:
            names = [f"{each['resource']} {each['path']}" for each in absent[:_MOST_NAMED]]
            more = f" and {len(absent) - len(names)} more" if len(absent) > len(names) else ""
            reason = f"{len(absent)} mandatory elements are missing: {', '.join(names)}{more}"
            hint = "without --strict the request is written, and --missing lists what to ask for"
            raise NotAnswerableError(reason, hint=hint, code="request-incomplete")

    def to_json(self) -> str:
        """Return the bundle as JSON text; the same request gives the same bytes."""
        return to_json(self.bundle)

    def save(self, path: str | Path) -> None:
        """Write the bundle as JSON atomically; ``-`` is standard output."""
        write_text(self.to_json(), path)

    def to_html(self) -> str:
        """Return the checklist as one page: missing elements, given elements with their source, the evidence."""
        from genorx.care.request.checklist import checklist_page

        return checklist_page(self)

    def section_html(self) -> str:
        """Return the checklist as a section of a report (``Ranking.report(path, sections=[...])``)."""
        from genorx.care.request.checklist import checklist_section

        return checklist_section(self)

    def _repr_html_(self) -> str:
        from genorx.care.request.checklist import checklist_part

        return checklist_part(self)


def authorization(
    ranking: RankingLike,
    option: str,
    *,
    request: str | Path | Mapping[str, Any],
    patient_id: str | None = None,
    pgx: PgxLike | None = None,
    report: str | Path | None = None,
    version: str = "2.0.1",
    created: str | datetime | None = None,
) -> Authorization:
    """Return a prior authorisation request for an option of a patient, with its evidence attached.

    Parameters
    ----------
    ranking : Ranking, path to a ``ranking.json``, or one patient's object of it
        Ranking with the patient and the option.
    option : str
        Option that is requested.
    request : path, or mapping
        Request file (TOML), or its content: administrative data that a ranking lacks.
    patient_id : str, optional
        Required if the ranking has several patients.
    pgx : PgxReport, list of them, or path, optional
        Reports with the genotypes behind the guidance.
    report : path, optional
        Report to attach, at most 10 MB; by default a page on the option is written.
    version : {"2.0.1", "2.2.1"}, default "2.0.1"
        Release of the implementation guide.
    created : str or datetime, optional
        Time with its time zone; by default the current time.

    Returns
    -------
    Authorization

    Raises
    ------
    UsageError
        ``patient-needed``, ``no-such-patient``, ``no-such-option``, ``pas-version``, ``created``.
    InputError
        For missing or invalid entries of the request file, as ``read_request_file``; ``report-large``, ``report-type``.
    """
    if version not in VERSIONS:
        hint = f"one of {', '.join(VERSIONS)}"
        raise UsageError(f"version {shown(version)!r} is not supported", hint=hint, code="pas-version")
    answer = read_answer(ranking, patient_id)
    chosen = answer.option(option)
    asked = read_request_file(request)
    genes, found = pgx_of(pgx, answer.patient_id)
    attached = None if report is None else read_report(report)
    findings = [*found, *_not_advised(answer, chosen)]
    page = attached or ReportFile(option_page(answer, chosen, asked, findings).encode(), "text/html")
    made = _Assembly(answer, chosen, asked, genes, page, version, _instant(created))
    return Authorization(
        bundle=made.bundle(), findings=findings, version=version, states=tuple(path_states(asked, version))
    )


def _not_advised(answer: PatientOptions, option: RankedOption) -> list[Finding]:
    if option.advice != "not_advised":
        return []
    message = (
        f"the ranking does not advise {shown(answer.option_label(option.option))}: {not_advised_reason(answer, option)}"
    )
    who = answer.patient_id
    return [Finding(code="request-not-advised", severity="serious", message=message, patient_id=who)]


def _instant(created: str | datetime | None) -> str:
    """Return a time with its zone, to the second.

    Raises
    ------
    UsageError
        ``created``.
    """
    moment = this_second() if created is None else _moment(created) if isinstance(created, str) else created
    if not isinstance(moment, datetime) or moment.tzinfo is None:
        hint = "a day and a time to the second with its zone, such as 2026-03-02T09:00:00+01:00"
        raise UsageError("created is not a time with a time zone", hint=hint, code="created")
    if isinstance(created, str) and "." not in created:
        return created  # as given: Z and +00:00 are the same
    return moment.replace(microsecond=0).isoformat().replace("+00:00", "Z")


def _moment(text: str) -> datetime | None:
    """Parse a date-time with zone; None for a day alone, and for anything else."""
    if not is_moment(text) or len(text) < _SHORTEST:
        return None
    with suppress(ValueError):  # a leap second is valid in FHIR but not in datetime
        return datetime.fromisoformat(text)
    return None


@dataclass(frozen=True, slots=True)
class _Assembly:
    """Parts of a bundle."""

    answer: PatientOptions
    option: RankedOption
    request: RequestFile
    genes: PgxReport | None
    report: ReportFile
    version: str
    created: str

    def bundle(self) -> Json:
        """Return the bundle; its first entry is the Claim."""
        identifier = self.request.request.identifier
        elements = {
            "resourceType": "Bundle",
            "meta": {"profile": [pas_profile("pas-request-bundle")]},
            "identifier": given(identifier),
            "type": "collection",
            "timestamp": self.created,
            "entry": [entry(each) for each in self._resources()],
        }
        return filled(elements)

    def _resources(self) -> Iterator[Json]:
        parties = parties_of(self.request, self.version)
        orders = order_resources(self.request, parties, self.created, self.version)
        evidence = evidence_observations(self.answer, self.option, parties.patient, self.genes)
        support = [self._document(parties, evidence), *evidence]
        parts = ClaimParts(
            request=self.request,
            parties=parties,
            orders=orders,
            support=support,
            created=self.created,
            version=self.version,
        )
        yield claim(parts)
        yield from parties.in_front()
        yield from orders
        yield from parties.behind()
        yield from evidence
        yield support[0]
        who = [] if parties.practitioner is None else [parties.practitioner]
        yield provenance([*evidence, support[0]], recorded=self.created, machine=f"genorx {__version__}", people=who)

    def _document(self, parties: Parties, evidence: list[Json]) -> Json:
        return document_reference(
            self.report.data,
            parties.patient,
            content_type=self.report.content_type,
            title=report_title(self.answer, self.option),
            author=self.request.request.author or "",
            date=self.created,
            related=evidence,
        )
