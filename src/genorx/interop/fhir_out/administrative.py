"""People, organisations and insurance as FHIR R4 resources; absent fields are omitted.

The caller knows the requirements of a profile; no element is filled with invented content.
Source: HL7 FHIR R4 4.0.1, administration and financial modules.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, Final

from genorx.interop.fhir_out.resources import Json, coded, filled, identified, reference

NPI: Final = "http://hl7.org/fhir/sid/us-npi"
#: System of the employer identification number (EIN), the tax number of an organisation in the United States.
TIN: Final = "http://terminology.hl7.org/NamingSystem/USEIN"
_COVERAGE_CLASS = "http://terminology.hl7.org/CodeSystem/coverage-class"
_LANGUAGE = "urn:ietf:bcp:47"
#: Parts of an address: names in the input, and in R4.
_ADDRESS = {
    "line": "line", "city": "city", "district": "district", "state": "state", "postal_code": "postalCode",
    "country": "country",
}  # fmt: skip


def human_name(values: Mapping[str, Any]) -> list[Json]:
    """Return a name of ``family``, ``given`` and ``prefix`` as a list; empty if none is given.

    ``name_extension`` are extensions of the name, such as that it is not known.
    """
    made = filled({name: values.get(name) for name in ("family", "given", "prefix")})
    made |= filled({"extension": values.get("name_extension")})
    return [made] if made else []


def phone(number: str | None) -> list[Json]:
    """Return a telephone number as a list of contact points."""
    return [{"system": "phone", "value": number}] if number else []


def address(values: Mapping[str, Any] | None) -> Json:
    """Return a postal address of ``line``, ``city``, ``district``, ``state``, ``postal_code`` and ``country``."""
    return filled({element: (values or {}).get(name) for name, element in _ADDRESS.items()})


def period(start: date | None, end: date | None) -> Json:
    """Return a Period of two days."""
    return filled({"start": start and start.isoformat(), "end": end and end.isoformat()})


def numbers(npi: str | None = None, tin: str | None = None) -> list[Json]:
    """Return the national numbers of a provider or organisation as identifiers."""
    return [{"system": system, "value": value} for system, value in ((NPI, npi), (TIN, tin)) if value]


def _resource(kind: str, profile: str | None, role: str, elements: Mapping[str, Any]) -> Json:
    meta = {"meta": {"profile": [profile]}} if profile else {}
    return identified({"resourceType": kind, **meta, **filled(elements)}, role)


def person(values: Mapping[str, Any], *, profile: str | None = None, role: str = "") -> Json:
    """Return a Patient of ``identifier``, name, ``birth_date``, ``gender``, ``phone``, ``language``, ``address``."""
    born, language, home = values.get("birth_date"), values.get("language"), address(values.get("address"))
    elements = {
        "identifier": _listed(values.get("identifier")),
        "name": human_name(values),
        "telecom": phone(values.get("phone")),
        "gender": values.get("gender"),
        "birthDate": born and born.isoformat(),
        "address": _listed(home),
        "communication": [{"language": coded(_LANGUAGE, language)}] if language else [],
    }
    return _resource("Patient", profile, role, elements)


def _listed(value: Any) -> list[Any]:
    return [value] if value else []


def organization(values: Mapping[str, Any], *, profile: str | None = None, role: str = "") -> Json:
    """Return an active Organization of ``name``, ``npi``, ``tin``, ``type``, ``phone``, ``address``, ``contact``."""
    contact = values.get("contact") or {}
    contact_fields = filled({"name": next(iter(human_name(contact)), None), "telecom": phone(contact.get("phone"))})
    elements = {
        "identifier": numbers(values.get("npi"), values.get("tin")),
        "active": True,
        "type": _listed(concept(values.get("type"))),
        "name": values.get("name"),
        "telecom": phone(values.get("phone")),
        "address": _listed(address(values.get("address"))),
        "contact": _listed(contact_fields),
    }
    return _resource("Organization", profile, role, elements)


def concept(values: Mapping[str, Any] | None) -> Json | None:
    """Return a CodeableConcept of ``system``, ``code`` and ``display``; None if none is given."""
    return None if values is None else coded(values["system"], values["code"], values.get("display"))


def practitioner(values: Mapping[str, Any], *, profile: str | None = None) -> Json:
    """Return a Practitioner of name, ``npi``, ``phone`` and ``address``."""
    elements = {
        "identifier": numbers(values.get("npi")),
        "name": human_name(values),
        "telecom": phone(values.get("phone")),
        "address": _listed(address(values.get("address"))),
    }
    return _resource("Practitioner", profile, "", elements)


def practitioner_role(
    who: Mapping[str, Any], where: Mapping[str, Any], *, number: str | None = None, profile: str | None = None
) -> Json:
    """Return the PractitionerRole of a Practitioner in an Organization."""
    elements = {"practitioner": reference(who), "organization": reference(where), "telecom": phone(number)}
    return _resource("PractitionerRole", profile, "", elements)


def coverage(
    values: Mapping[str, Any],
    *,
    relationship: Json | None,
    identifier: Json | None,
    subscriber: Mapping[str, Any],
    beneficiary: Mapping[str, Any],
    payor: Mapping[str, Any],
    profile: str | None = None,
) -> Json:
    """Return an active Coverage of ``subscriber_id``, ``start``, ``end``, ``plan`` and ``group``."""
    elements = {
        "identifier": _listed(identifier),
        "status": "active",
        "subscriber": reference(subscriber),
        "subscriberId": values.get("subscriber_id"),
        "beneficiary": reference(beneficiary),
        "relationship": relationship,
        "period": period(values.get("start"), values.get("end")),
        "payor": [reference(payor)],
        "class": list(_classes(values)),
    }
    return _resource("Coverage", profile, "", elements)


def _classes(values: Mapping[str, Any]) -> Iterable[Json]:
    for name in ("plan", "group"):
        held = values.get(name)
        if held:
            yield {"type": coded(_COVERAGE_CLASS, name), **filled({key: held.get(key) for key in ("value", "name")})}
