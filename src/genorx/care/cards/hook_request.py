"""Request to a CDS Hooks service: the hook, the patient, the draft orders; never the access token.

Source: CDS Hooks 2.0, "Calling a CDS Service" (https://cds-hooks.hl7.org/2.0/).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from genorx._core.short_repr import short
from genorx._core.strict_json import parse_json
from genorx.errors import Finding, InputError
from genorx.interop.fhir_in.elements import Concept, Resource, ShapeError, concept, concepts, last_part, part, text
from genorx.interop.fhir_in.walk import check_dates, resources_of
from genorx.interop.reading.json_files import Document, documents

#: Elements of the ordered item, in the resources of orders.
_CONCEPTS = ("medicationCodeableConcept", "code", "codeCodeableConcept", "vaccineCode", "productCodeableConcept")
_LISTS = ("serviceType",)
ORDER_KEYS = ("type", "id", "status", "system", "code", "text")
_TOP = ("hook", "hookInstance", "context", "fhirServer", "fhirAuthorization", "prefetch")


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftOrder:
    """An unsigned order: its item, by the first code and the text.

    ``display`` is that of the code, if it differs from the text.
    """

    type: str
    id: str | None
    status: str | None
    system: str | None
    code: str | None
    text: str | None
    display: str | None = None

    def to_dict(self) -> dict[str, str | None]:
        """Return type, id, status, system, code and text."""
        return {name: getattr(self, name) for name in ORDER_KEYS}

    @property
    def reference(self) -> str | None:
        """``Type/id``; None without an id."""
        return f"{self.type}/{self.id}" if self.id else None


@short
@dataclass(frozen=True, kw_only=True)
class HookRequest:
    """A request to a CDS Hooks service.

    Attributes
    ----------
    hook, hook_instance : str or None
        Name of the hook, and the identifier of this call.
    patient_id, user, encounter_id : str or None
        Identifiers of the caller's FHIR server.
    selections : tuple of str
        ``Type/id`` of the orders that were just selected.
    orders : tuple of DraftOrder
        Draft orders, in the order of the message.
    prefetch : tuple of str
        Names of the prefetched resources; their content is not kept.
    findings : tuple of Finding
        ``hook-incomplete`` for each required part that this call lacks.
    """

    hook: str | None
    hook_instance: str | None = None
    patient_id: str | None = None
    user: str | None = None
    encounter_id: str | None = None
    selections: tuple[str, ...] = ()
    orders: tuple[DraftOrder, ...] = ()
    prefetch: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()

    @property
    def selected(self) -> tuple[DraftOrder, ...]:
        """The orders that ``selections`` lists; all if it lists none."""
        if not self.selections:
            return self.orders
        return tuple(each for each in self.orders if each.reference in self.selections)

    def to_dict(self) -> dict[str, Any]:
        """Return the call as plain values."""
        return {
            "hook": self.hook,
            "hook_instance": self.hook_instance,
            "patient_id": self.patient_id,
            "user": self.user,
            "encounter_id": self.encounter_id,
            "selections": list(self.selections),
            "orders": [each.to_dict() for each in self.orders],
            "prefetch": list(self.prefetch),
            "findings": [each.to_dict() for each in self.findings],
        }


def read_hook(source: str | Path | bytes | Mapping[str, Any], hook: str | None = None) -> HookRequest:
    """Read a request to a CDS Hooks service.

    Parameters
    ----------
    source : path, bytes of JSON, or mapping
        The call, or its ``context`` alone.
    hook : str, optional
        The hook, for a message that has only a ``context``.

    Raises
    ------
    InputError
        ``hook-message`` for a message that is not a call; ``fhir``, ``not-r4``, ``date`` for its resources; as
        ``documents`` for its JSON.

    Examples
    --------
    >>> context = {"patientId": "P1", "userId": "Practitioner/1"}
    >>> call = {"hook": "patient-view", "hookInstance": "i-1", "context": context}
    >>> read_hook(call).patient_id
    'P1'
    """
    document = _document(source)
    message = document.value
    if not isinstance(message, Mapping) or not set(_TOP) & set(message):
        hint = "an object with hook, hookInstance and context, or with context alone"
        raise InputError("not a call of a CDS Hooks service", file=_file(document), hint=hint, code="hook-message")
    try:
        return _request(message, hook, document)
    except ShapeError as error:
        code = "hook-message" if error.code == "fhir" else error.code
        raise InputError(error.reason, file=_file(document), place=error.path, code=code) from error


def _document(source: str | Path | bytes | Mapping[str, Any]) -> Document:
    if isinstance(source, Mapping):
        return Document(source, Path())
    if isinstance(source, bytes):
        return Document(parse_json(source, "request"), Path())
    found = list(documents(Path(source)))
    if len(found) != 1:
        reason = f"one call is needed, there are {len(found)}"
        raise InputError(reason, file=source, code="hook-message")
    return found[0]


def _file(document: Document) -> Path | None:
    return None if document.file == Path() else document.file


def _request(message: Mapping[str, Any], hook: str | None, document: Document) -> HookRequest:
    context = part(message, "context")
    return HookRequest(
        hook=text(message, "hook") or hook,
        hook_instance=text(message, "hookInstance"),
        patient_id=text(context, "patientId"),
        user=text(context, "userId"),
        encounter_id=text(context, "encounterId"),
        selections=_selections(context),
        orders=tuple(_orders(context, document)),
        prefetch=tuple(part(message, "prefetch")),
        findings=tuple(_missing(message, hook)),
    )


def _selections(context: Resource) -> tuple[str, ...]:
    found = context.get("selections") or []
    if not isinstance(found, list) or not all(isinstance(each, str) for each in found):
        raise ShapeError("context.selections", "selections is not a list of texts")
    return tuple(found)


def _missing(message: Mapping[str, Any], hook: str | None) -> Iterator[Finding]:
    alone = not set(_TOP) - {"context"} & set(message)
    for name in ("hook",) if alone else ("hook", "hookInstance", "context"):
        if not message.get(name) and not (name == "hook" and hook):
            yield _incomplete(name, f"the call has no {name}")
    if message.get("fhirAuthorization") and not message.get("fhirServer"):
        yield _incomplete("fhirServer", "the call has fhirAuthorization but no fhirServer")


def _incomplete(place: str, words: str) -> Finding:
    return Finding(code="hook-incomplete", severity="warning", message=words, place=place)


def _orders(context: Resource, document: Document) -> Iterator[DraftOrder]:
    """Yield the resources of every Bundle under the context, and single ones, in order."""
    held = [each for value in context.values() for each in (value if isinstance(value, list) else [value])]
    found: list[Resource] = []
    for each in held:
        if isinstance(each, Mapping) and "resourceType" in each:
            for resource, path, _ in resources_of(Document(each, document.file)):
                check_dates(resource, document, path)
                found.append(resource)
    medications = {f"Medication/{each.get('id')}": each for each in found if each["resourceType"] == "Medication"}
    for resource in found:
        yield _order(resource, medications)


def _order(resource: Resource, medications: Mapping[str, Resource]) -> DraftOrder:
    what = _what(resource, medications)
    return DraftOrder(
        type=resource["resourceType"],
        id=text(resource, "id"),
        status=text(resource, "status"),
        system=what.system,
        code=what.code,
        text=what.name,
        display=what.display,
    )


def _what(resource: Resource, medications: Mapping[str, Resource]) -> Concept:
    """Return the ordered item: a concept of the order, or of the Medication to which it refers."""
    for name in _CONCEPTS:
        if resource.get(name) is not None:
            return concept(resource, name)
    pointer = part(resource, "medicationReference")
    if pointer:
        return _referenced(resource, pointer, medications)
    for name in _LISTS:
        listed = concepts(resource, name) if isinstance(resource.get(name), list) else []
        if listed:
            return listed[0]
    return Concept()


def _referenced(resource: Resource, pointer: Resource, medications: Mapping[str, Resource]) -> Concept:
    reference = text(pointer, "reference") or ""
    inside = resource.get("contained")
    contained = {f"#{each.get('id')}": each for each in inside if isinstance(each, dict)} if inside else {}
    medication = contained.get(reference) or medications.get(f"Medication/{last_part(reference)}")
    found = Concept() if medication is None else concept(medication, "code")
    return found if found.name else found._replace(text=text(pointer, "display"))
