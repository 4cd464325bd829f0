"""Resources that must not be read as facts: entered in error, negated, or changed by an element that is not known.

Source: https://hl7.org/fhir/R4/conformance-rules.html#isModifier; a status, which is a column of the tables, is judged
by their users.
"""

from __future__ import annotations

from genorx.errors import Severity
from genorx.interop.fhir_in.elements import Resource, part, parts, text, yes_no

_IN_ERROR = "{n} resources were entered in error, and are left out"
_UNKNOWN = "{n} resources are left out: a modifierExtension may reverse their meaning"
_NOT_TO_DO = "{n} resources are left out: the drug is not to be given (doNotPerform)"
_POTENTIAL = "{n} resources are left out: adverse events that are potential, not actual"


def left_out(resource: Resource) -> tuple[str, Severity, str] | None:
    """Return code, severity and text of the finding on a resource that is left out; None if it is read."""
    kind = resource["resourceType"]
    if _in_error(resource):
        return "entered-in-error", "warning", _IN_ERROR
    if parts(resource, "modifierExtension"):
        return "modifier-extension", "serious", _UNKNOWN
    if kind == "MedicationRequest" and yes_no(resource, "doNotPerform"):
        return "not-done", "warning", _NOT_TO_DO
    if kind == "AdverseEvent" and text(resource, "actuality") == "potential":
        return "not-done", "warning", _POTENTIAL
    return None


def _in_error(resource: Resource) -> bool:
    if resource.get("status") == "entered-in-error":
        return True
    if resource["resourceType"] != "Condition":
        return False
    codes = part(resource, "verificationStatus").get("coding") or []
    return any(isinstance(each, dict) and each.get("code") == "entered-in-error" for each in codes)
