"""The Claim of a request: ordered items, diagnoses, and supporting information.

Source: HL7 Da Vinci Prior Authorization Support 2.0.1 and 2.2.1, profile of the Claim.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from genorx.care.request.ordered import amount, order_code
from genorx.care.request.parties import Parties, given
from genorx.care.request.pas import information_kind, not_known, pas_extension, pas_profile
from genorx.care.request.request_file import Code, DiagnosisSection, OrderSection, RequestFile
from genorx.interop.fhir_out.administrative import concept, period
from genorx.interop.fhir_out.resources import Json, coded, filled, identified, reference

_CLAIM_TYPE = "http://terminology.hl7.org/CodeSystem/claim-type"
_PRIORITY = "http://terminology.hl7.org/CodeSystem/processpriority"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimParts:
    """Resources that a Claim refers to: parties, orders, and supporting information (the report first)."""

    request: RequestFile
    parties: Parties
    orders: Sequence[Json]
    support: Sequence[Json]
    created: str
    version: str

    @property
    def strict_items(self) -> bool:
        """Whether items need type of request, certification and place: from 2.2.1 on."""
        return self.version != "2.0.1"


def claim(parts: ClaimParts) -> Json:
    """Return the Claim."""
    section, parties = parts.request.request, parts.parties
    support = list(_supporting(parts))
    attached = [each["sequence"] for each in support if "valueReference" in each]
    level = _coded_extension("levelOfServiceCode", section.level_of_service)
    elements = {
        "resourceType": "Claim",
        "meta": {"profile": [pas_profile("claim")]},
        "extension": level,
        "identifier": [given(section.identifier)] if section.identifier else [],
        "status": "active",
        "type": coded(_CLAIM_TYPE, section.type),
        "use": "preauthorization",
        "patient": reference(parties.patient),
        "created": parts.created,
        "insurer": reference(parties.insurer),
        "provider": reference(parties.provider),
        "priority": coded(_PRIORITY, section.priority),
        "careTeam": list(_care_team(parts)),
        "supportingInfo": support,
        "diagnosis": [_diagnosis(each, number) for number, each in enumerate(parts.request.diagnosis, start=1)],
        "insurance": [{"sequence": 1, "focal": True, "coverage": reference(parties.coverage)}],
        "item": [_item(parts, number, attached) for number in range(1, len(parts.orders) + 1)],
    }
    return identified(filled(elements))


def _concept(code: Code | None) -> Json | None:
    return None if code is None else concept(given(code))


def _coded_extension(name: str, code: Code | None) -> list[Json]:
    return [] if code is None else [pas_extension(name, valueCodeableConcept=_concept(code))]


def _care_team(parts: ClaimParts) -> Iterator[Json]:
    who = parts.request.practitioner
    if who is not None and parts.parties.role is not None:
        member = {
            "extension": [pas_extension("careTeamClaimScope", valueBoolean=True)],
            "sequence": 1,
            "provider": reference(parts.parties.role),
            "role": _concept(who.role),
            "qualification": _concept(who.qualification),
        }
        yield filled(member)


def _diagnosis(found: DiagnosisSection, number: int) -> Json:
    code = {name: value for name, value in given(found).items() if name in ("system", "code", "display")}
    recorded = found.recorded
    dated = [] if recorded is None else [pas_extension("diagnosisRecordedDate", valueDate=recorded.isoformat())]
    kind = _concept(found.type)
    return filled(
        {
            "extension": dated,
            "sequence": number,
            "diagnosisCodeableConcept": concept(code),
            "type": [] if kind is None else [kind],
        }
    )


def _supporting(parts: ClaimParts) -> Iterator[Json]:
    for number, each in enumerate(_pieces(parts), start=1):
        yield {"sequence": number, **each}


def _pieces(parts: ClaimParts) -> Iterator[Json]:
    """Yield the supporting information: the timing, the report and the evidence, a message."""
    starts = [each.start for each in parts.request.order if each.start is not None]
    ends = [each.end for each in parts.request.order if each.end is not None]
    when = period(min(starts, default=None), max(ends, default=None))
    if when:
        yield {"category": information_kind("patientEvent"), "timingPeriod": when}
    kind = parts.request.request.report_type if parts.strict_items else None
    extensions = [] if kind is None else [pas_extension("documentInformation", extension=[_report_type(kind)])]
    for each in parts.support:
        category = information_kind("additionalInformation")
        yield filled({"extension": extensions, "category": category, "valueReference": reference(each)})
    if parts.request.request.message:
        yield {"category": information_kind("freeFormMessage"), "valueString": parts.request.request.message}


def _report_type(kind: Code) -> Json:
    return {"url": "reportTypeCode", "valueCodeableConcept": _concept(kind)}


def _item(parts: ClaimParts, number: int, attached: Sequence[int]) -> Json:
    order = parts.request.order[number - 1]
    elements = {
        "extension": list(_item_extensions(parts, number)),
        "sequence": number,
        "careTeamSequence": [1] if parts.parties.role is not None else [],
        "diagnosisSequence": list(range(1, len(parts.request.diagnosis) + 1)),
        "informationSequence": list(attached),
        "category": _concept(order.category) or {"extension": not_known()},
        "productOrService": order_code(order),
        "servicedPeriod": period(order.start, order.end),
        "locationCodeableConcept": _place(order, mandatory=parts.strict_items),
        "quantity": amount(order.quantity),
        "unitPrice": given(order.unit_price),
    }
    return filled(elements)


def _place(order: OrderSection, *, mandatory: bool) -> Json | None:
    return _concept(order.place) or ({"extension": not_known()} if mandatory else None)


def _item_extensions(parts: ClaimParts, number: int) -> Iterator[Json]:
    section = parts.request.request
    trace: dict[str, Any] = given(section.identifier)
    if trace:
        own = {"system": trace["system"], "value": f"{trace['value']}-{number}"}
        yield pas_extension("itemTraceNumber", valueIdentifier=own)
    yield from _coded_extension("serviceItemRequestType", section.request_type)
    yield from _coded_extension("certificationType", section.certification)
    yield pas_extension("requestedService", valueReference=reference(parts.orders[number - 1]))
