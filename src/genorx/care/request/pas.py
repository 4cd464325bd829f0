"""Canonical addresses of Da Vinci PAS: profiles, extensions, codes; and the marker of an unknown code.

Source: HL7 Da Vinci Prior Authorization Support 2.0.1 and 2.2.1 (http://hl7.org/fhir/us/davinci-pas).
"""

from __future__ import annotations

from typing import Any, Final

from genorx.interop.fhir_out.resources import Json, coded

_IG: Final = "http://hl7.org/fhir/us/davinci-pas"
_ABSENT: Final = "http://hl7.org/fhir/StructureDefinition/data-absent-reason"


def pas_profile(name: str) -> str:
    """Return the canonical address of a profile."""
    return f"{_IG}/StructureDefinition/profile-{name}"


def pas_extension(name: str, **value: Any) -> Json:
    """Return an extension of the guide with its value."""
    return {"url": f"{_IG}/StructureDefinition/extension-{name}", **value}


def information_kind(code: str) -> Json:
    """Return the category of a piece of supporting information, one of the guide's temporary codes."""
    return coded(f"{_IG}/CodeSystem/PASTempCodes", code)


def not_known() -> list[Json]:
    """Return the data-absent extension for a mandatory element with unknown value."""
    return [{"url": _ABSENT, "valueCode": "unknown"}]
