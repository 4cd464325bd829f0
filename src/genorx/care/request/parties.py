"""Parties of a request as resources: people, organisations and insurance."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from genorx.care.request.pas import not_known, pas_profile
from genorx.care.request.request_file import CoverageSection, RequestFile
from genorx.interop.fhir_out.administrative import (
    concept,
    coverage,
    organization,
    person,
    practitioner,
    practitioner_role,
)
from genorx.interop.fhir_out.resources import Json, coded

_RELATIONSHIP = "http://terminology.hl7.org/CodeSystem/subscriber-relationship"
_MEMBER = ("http://terminology.hl7.org/CodeSystem/v2-0203", "MB")


@dataclass(frozen=True, slots=True, kw_only=True)
class Parties:
    """Resources of the parties of a request.

    ``subscriber`` is the patient unless another person is insured; ``practitioner`` and ``role`` are None if the
    request does not name who orders.
    """

    patient: Json
    subscriber: Json
    provider: Json
    insurer: Json
    coverage: Json
    practitioner: Json | None
    role: Json | None

    def in_front(self) -> Iterator[Json]:
        """Yield the resources that precede the orders: organisations, coverage, patient, subscriber."""
        yield from (self.provider, self.insurer, self.coverage, self.patient)
        if self.subscriber is not self.patient:
            yield self.subscriber

    def behind(self) -> Iterator[Json]:
        """Yield the resources that follow the orders: the practitioner and role."""
        yield from (each for each in (self.role, self.practitioner) if each is not None)


def given(section: BaseModel | None) -> dict[str, Any]:
    """Return the filled-in fields of a section of the request file."""
    return {} if section is None else section.model_dump(exclude_none=True)


def parties_of(request: RequestFile, version: str) -> Parties:
    """Return the resources of the parties; absent fields are not written."""
    patient = _person(request.patient, "beneficiary")
    subscriber = patient if request.subscriber is None else _person(request.subscriber, "subscriber")
    provider = organization(given(request.provider), profile=pas_profile("requestor"), role="provider")
    insurer = organization(given(request.insurer), profile=pas_profile("insurer"), role="insurer")
    held = given(request.coverage)
    known = held.get("identifier")
    insured = coverage(
        held,
        identifier=known | {"type": coded(*_MEMBER)} if known and version != "2.0.1" else known,
        relationship=_relationship(request.coverage, mandatory=version != "2.0.1"),
        subscriber=subscriber,
        beneficiary=patient,
        payor=insurer,
        profile=pas_profile("coverage"),
    )
    who, role = _who_orders(request, provider)
    return Parties(
        patient=patient,
        subscriber=subscriber,
        provider=provider,
        insurer=insurer,
        coverage=insured,
        practitioner=who,
        role=role,
    )


def _person(section: BaseModel, role: str) -> Json:
    """Return a Patient; a missing name is marked as unknown."""
    values = given(section)
    if "family" not in values and "given" not in values:
        values["name_extension"] = not_known()
    return person(values, profile=pas_profile(role), role=role)


def _relationship(section: CoverageSection | None, *, mandatory: bool) -> Json | None:
    """Return HL7's code for the relationship to the subscriber and the payer's own, as far as given."""
    coding = []
    if section is not None and section.relationship is not None:
        coding.append({"system": _RELATIONSHIP, "code": section.relationship})
    if section is not None and section.relationship_code is not None:
        coding += (concept(given(section.relationship_code)) or {})["coding"]
    if coding:
        return {"coding": coding}
    return {"extension": not_known()} if mandatory else None


def _who_orders(request: RequestFile, provider: Json) -> tuple[Json | None, Json | None]:
    if request.practitioner is None:
        return None, None
    values = given(request.practitioner)
    who = practitioner(values, profile=pas_profile("practitioner"))
    number = values.get("phone")
    return who, practitioner_role(who, provider, number=number, profile=pas_profile("practitionerrole"))
