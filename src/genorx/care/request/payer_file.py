"""A payer's or a requester's file: its resources, the Claim among them, and the targets of references."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from genorx._core.short_repr import short
from genorx._core.strict_json import parse_json
from genorx.errors import InputError
from genorx.interop.fhir_in.elements import Resource, ShapeError, last_part, part, parts, text
from genorx.interop.fhir_in.walk import check_dates, resources_of
from genorx.interop.reading.json_files import Document, documents

#: Name of a mapping, in place of a file, in errors.
_UNNAMED = Path("bundle")


@short
@dataclass(frozen=True, slots=True)
class Entry:
    """A resource of a file, its path in the file, and its ``fullUrl``."""

    resource: Resource
    path: str
    url: str | None
    document: Document

    @property
    def kind(self) -> str:
        """The resource's type."""
        return str(self.resource["resourceType"])


@short
@dataclass(frozen=True)
class PayerFile:
    """The resources of a file, and the Claim or ClaimResponse that it is about."""

    entries: tuple[Entry, ...]
    subject: Entry
    _known: Mapping[str, Entry] = field(repr=False, compare=False)

    @property
    def claim(self) -> Resource:
        """The Claim or ClaimResponse."""
        return self.subject.resource

    @property
    def resources(self) -> list[str]:
        """Types of all resources, sorted."""
        return sorted(each.kind for each in self.entries)

    def leads_to(self, reference: str) -> Entry | None:
        """Return the entry that a reference points to; None if it is outside the file."""
        return self._known.get(reference.partition("/_history/")[0])

    @contextmanager
    def shapes(self) -> Iterator[None]:
        """Raise an error, with file and place, for an element of the Claim whose type is not that of R4."""
        try:
            yield
        except ShapeError as error:
            document = self.subject.document
            place = document.place(f"{self.subject.path}.{error.path}".removeprefix("."))
            raise InputError(error.reason, file=document.file, place=place, code=error.code) from error

    def refuse(self, reason: str, element: str, code: str, hint: str | None = None) -> InputError:
        """Return the error of an element of the Claim."""
        document = self.subject.document
        place = document.place(f"{self.subject.path}.{element}".removeprefix("."))
        return InputError(reason, file=document.file, place=place, hint=hint, code=code)


def read_payer_file(source: str | Path | Mapping[str, Any], kind: str) -> PayerFile:
    """Read the resources of a file or a Bundle mapping, and find the first of type ``kind``.

    Raises
    ------
    InputError
        As ``documents``, ``resources_of`` and ``check_dates``; ``no-claim`` without a resource of that kind;
        ``entered-in-error``; ``not-preauthorization``.
    """
    entries = tuple(_entries(source))
    about = next((each for each in entries if each.kind == kind), None)
    if about is None:
        file = entries[0].document.file if entries else _file_of(source)
        hint = f"a {'request' if kind == 'Claim' else 'response'} of Da Vinci PAS is a Bundle with a {kind} in it"
        raise InputError(f"there is no {kind}", file=file, hint=hint, code="no-claim")
    found = PayerFile(entries, about, _addresses(entries))
    _check_use(found, kind)
    return found


def _file_of(source: str | Path | Mapping[str, Any]) -> Path:
    return _UNNAMED if isinstance(source, Mapping) else Path(source)


def _documents(source: str | Path | Mapping[str, Any]) -> Iterator[Document]:
    if not isinstance(source, Mapping):
        return documents(Path(source))
    data = json.dumps(source, ensure_ascii=False).encode("utf-8", "surrogatepass")
    return iter([Document(parse_json(data, _UNNAMED), _UNNAMED)])


def _entries(source: str | Path | Mapping[str, Any]) -> Iterator[Entry]:
    for document in _documents(source):
        for resource, path, url in resources_of(document):
            check_dates(resource, document, path)
            yield Entry(resource, path, url, document)


def _addresses(entries: tuple[Entry, ...]) -> dict[str, Entry]:
    """Return the entries by their possible references: ``fullUrl``, or type and id, of the entry or resource."""
    known: dict[str, Entry] = {}
    for each in entries:
        if isinstance(name := each.resource.get("id"), str):
            known.setdefault(f"{each.kind}/{name}", each)
        if each.url is not None:
            known.setdefault(each.url, each)
            if "/" in each.url:
                known.setdefault(f"{each.kind}/{last_part(each.url)}", each)
    return known


def _check_use(found: PayerFile, kind: str) -> None:
    if found.claim.get("status") == "entered-in-error":
        hint = "ask the sender for the valid one"
        raise found.refuse(f"the {kind} has the status entered in error", "status", "entered-in-error", hint)
    if found.claim.get("use") != "preauthorization":
        hint = "a claim for payment or a predetermination is not a prior authorisation"
        raise found.refuse("use is not preauthorization", "use", "not-preauthorization", hint)


def identifiers(resource: Resource) -> set[tuple[str | None, str]]:
    """Return system and value of the identifiers of a resource, or of the one of a reference."""
    listed = [part(resource, "identifier")] if isinstance(resource.get("identifier"), dict) else None
    each_of = parts(resource, "identifier") if listed is None else listed
    return {(text(each, "system"), value) for each in each_of if (value := text(each, "value"))}
