"""Traversal of a FHIR document: its resources at any depth, and the dates inside each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from genorx._core.strict_json import Number
from genorx.errors import InputError, shown
from genorx.interop.fhir_in.elements import Resource
from genorx.interop.fhir_in.resource_types import R4
from genorx.interop.reading.dates import is_moment
from genorx.interop.reading.json_files import Document

_DATES = frozenset((
    "birthDate", "recordedDate", "authoredOn", "issued", "date", "detected", "start", "end", "event", "dateAsserted",
    "whenHandedOver", "whenPrepared", "lastUpdated", "time", "created",
))  # fmt: skip
_ENDINGS = ("DateTime", "Date", "Instant")
#: Elements with lists of times.
_LISTED = frozenset({"event"})
_TEXTS = frozenset({"text", "contained"})


def resources_of(document: Document) -> Iterator[tuple[Resource, str, str | None]]:
    """Yield each resource of a document with its path and its ``fullUrl``, including those in Bundles and Parameters.

    Raises
    ------
    InputError
        ``fhir`` if a resource has no resourceType, or one that is not in R4.
    """
    waiting: list[tuple[Any, str, str | None]] = [(document.value, "", None)]
    while waiting:
        value, path, url = waiting.pop()
        kind = type_of(value, document, path)
        if kind == "Bundle":
            waiting.extend(reversed(list(_entries(value, document, path))))
        elif kind == "Parameters":
            waiting.extend(reversed(list(_parameters(value, document, path))))
        else:
            yield value, path, url


def type_of(value: Any, document: Document, path: str = "") -> str:
    """Return the type of a resource.

    Raises
    ------
    InputError
        ``fhir`` if there is no resourceType, or one that is not in R4.
    """
    if not isinstance(value, dict) or not isinstance(value.get("resourceType"), str):
        reason = "there is no resourceType: this is not a FHIR resource"
        raise InputError(reason, file=document.file, place=document.place(path), code="fhir")
    kind: str = value["resourceType"]
    if kind not in R4:
        reason = f"{shown(kind)!r} is not a resource of FHIR R4"
        raise InputError(reason, file=document.file, place=document.place(path), code="fhir")
    return kind


def _listed(value: Resource, name: str, document: Document, path: str) -> list[Any]:
    found = value.get(name)
    if found is None:
        return []
    if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
        place = document.place(_joined(path, name))
        raise InputError(f"{name} is not a list of objects", file=document.file, place=place, code="fhir")
    return found


def _joined(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _entries(bundle: Resource, document: Document, path: str) -> Iterator[tuple[Any, str, str | None]]:
    for number, entry in enumerate(_listed(bundle, "entry", document, path)):
        if "resource" in entry:
            url = entry.get("fullUrl")
            yield entry["resource"], _joined(path, f"entry[{number}].resource"), url if isinstance(url, str) else None


def _parameters(value: Resource, document: Document, path: str) -> Iterator[tuple[Any, str, str | None]]:
    waiting = [(value, "parameter", path)]
    while waiting:
        holder, name, at = waiting.pop(0)
        for number, each in enumerate(_listed(holder, name, document, at)):
            here = _joined(at, f"{name}[{number}]")
            if "resource" in each:
                yield each["resource"], f"{here}.resource", None
            waiting.append((each, "part", here))


def references_of(resource: Resource) -> Iterator[tuple[str, str]]:
    """Yield path and text of every reference in a resource."""
    waiting: list[tuple[Any, str]] = [(resource, "")]
    while waiting:
        found, at = waiting.pop()
        if isinstance(found, Mapping):
            for name, each in found.items():
                here = f"{at}.{name}" if at else name
                if name == "reference" and isinstance(each, str):
                    yield here, each
                waiting.append((each, here))
        elif isinstance(found, list):
            waiting.extend((each, f"{at}[{number}]") for number, each in enumerate(found))


def check_dates(resource: Resource, document: Document, path: str) -> None:
    """Raise an error for an invalid date, dateTime or instant of a resource.

    Raises
    ------
    InputError
        ``date``, with the path of the element.
    """
    waiting: list[tuple[Any, tuple[Any, ...]]] = [(resource, ())]
    while waiting:
        value, at = waiting.pop()
        named = enumerate(value) if type(value) is list else value.items()
        for name, each in named:
            kind = type(each)
            if kind is str or kind is Number:
                if _is_date(name) and (kind is Number or not is_moment(each)):
                    _refuse_date(document, path, (at, name))
            elif kind is dict or kind is list:
                if name in _LISTED and kind is list:
                    _check_listed(each, document, path, (at, name))
                elif name not in _TEXTS:
                    waiting.append((each, (at, name)))


@lru_cache(maxsize=1 << 14)
def _is_date(name: str | int) -> bool:
    """Return whether an element is a date, dateTime or instant, by its name."""
    return isinstance(name, str) and (name in _DATES or name.endswith(_ENDINGS))


def _check_listed(values: list[Any], document: Document, path: str, at: tuple[Any, ...]) -> None:
    """Raise an error for an invalid entry in a list of times (of a timing)."""
    if any(type(each) is str and not is_moment(each) for each in values):
        _refuse_date(document, path, at)


def _refuse_date(document: Document, path: str, at: tuple[Any, ...]) -> None:
    steps: list[str] = []
    while at:
        at, step = at
        steps.append(f"[{step}]" if isinstance(step, int) else f".{step}")
    place = document.place((path + "".join(reversed(steps))).removeprefix("."))
    reason = "this is not a valid FHIR date"
    hint = "YYYY, YYYY-MM, YYYY-MM-DD, or a day with time and zone"
    raise InputError(reason, file=document.file, place=place, hint=hint, code="date")
