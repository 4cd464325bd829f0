"""Faults in a third party's prior authorisation file, as findings: the file is read nevertheless.

Source: HL7 Da Vinci Prior Authorization Support 2.0.1 and 2.2.1; the checks are listed in docs/guide/care_request.md.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from genorx._core.numerals import whole_number
from genorx._core.strict_json import Number
from genorx.care.request.payer_file import Entry, PayerFile
from genorx.care.request.r4_elements import strange_elements
from genorx.errors import Finding, Severity
from genorx.interop.fhir_in.elements import Resource, parts
from genorx.interop.fhir_in.walk import references_of

#: Size of a text in bytes above which it is reported.
LONG_TEXT = 100_000
_ABSOLUTE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:.")
#: Lists of a Claim whose entries have a sequence, and the element of an item that refers to them.
_NUMBERED = {
    "careTeam": "careTeamSequence",
    "diagnosis": "diagnosisSequence",
    "procedure": "procedureSequence",
    "supportingInfo": "informationSequence",
}


def faults(file: PayerFile) -> list[Finding]:
    """Return the faults of a file: order, references, addresses, sequences, insurance, release, long texts."""
    is_claim = file.subject.kind == "Claim"
    found = [
        *_first(file),
        *_nowhere(file),
        *_relative(file),
        *(_claim_sequences(file) if is_claim else _response_sequences(file)),
        *(_focal(file) if is_claim else ()),
        *_other_release(file),
        *_long_texts(file),
    ]
    return list(dict.fromkeys(found))


def _finding(code: str, message: str, place: str, severity: Severity = "warning") -> Finding:
    return Finding(code=code, severity=severity, message=message, place=place or None)


def _at(entry: Entry, element: str) -> str:
    return f"{entry.path}.{element}".removeprefix(".")


def _first(file: PayerFile) -> Iterator[Finding]:
    if file.entries[0] is not file.subject:
        text = f"the first entry is a {file.entries[0].kind}, not the {file.subject.kind}"
        yield _finding("claim-not-first", text, file.entries[0].path)


def _nowhere(file: PayerFile) -> Iterator[Finding]:
    """Report references that leave the file; a response's reference to its request may."""
    for entry in file.entries:
        contained = {"", *(each.get("id") for each in parts(entry.resource, "contained"))}
        for path, reference in references_of(entry.resource):
            if (entry.kind, path) == ("ClaimResponse", "request.reference"):
                continue
            inside = reference.removeprefix("#") in contained if reference.startswith("#") else file.leads_to(reference)
            if not inside:
                text = f"a reference of the {entry.kind} has no target in the file"
                yield _finding("reference-nowhere", text, _at(entry, path))


def _relative(file: PayerFile) -> Iterator[Finding]:
    for entry in file.entries:
        if entry.url is not None and not _ABSOLUTE.match(entry.url):
            place = entry.path.removesuffix(".resource") + ".fullUrl"
            yield _finding("relative-url", "fullUrl is not an absolute address", place)


def _numbers(values: Any) -> list[int | None]:
    """Return a list's positive integers, None for any other value."""
    listed = values if isinstance(values, list) else [values]
    return [_positive(each) for each in listed]


def _positive(value: Any) -> int | None:
    number = whole_number(value) if isinstance(value, Number) else None
    return number if number is not None and number > 0 else None


def _sequence_faults(entries: Iterable[Resource], name: str, element: str = "sequence") -> Iterator[tuple[str, str]]:
    """Yield place and fault of the sequences of a list: not positive, or twice."""
    seen: Counter[int] = Counter()
    for number, each in enumerate(entries):
        value = _positive(each.get(element))
        if value is None:
            yield f"{name}[{number}].{element}", "the sequence is not a positive whole number"
            continue
        seen[value] += 1
        if seen[value] == 2:
            yield f"{name}[{number}].{element}", f"the sequence {value} appears twice"


def _pointing(item: Resource, at: str, element: str, known: set[int | None]) -> Iterator[tuple[str, str]]:
    """Yield place and fault of the numbers of an item that refer to nothing."""
    for number, value in enumerate(_numbers(item.get(element, []))):
        if value is None or value not in known:
            yield f"{at}.{element}[{number}]", "it refers to no entry" if value else "not a positive whole number"


def _claim_sequences(file: PayerFile) -> Iterator[Finding]:
    claim, wrong = file.claim, list[tuple[str, str]]()
    for name in (*_NUMBERED, "insurance", "item"):
        wrong += _sequence_faults(parts(claim, name), name)
    for name, element in _NUMBERED.items():
        known = {_positive(each.get("sequence")) for each in parts(claim, name)}
        for number, item in enumerate(parts(claim, "item")):
            wrong += _pointing(item, f"item[{number}]", element, known)
    yield from (_finding("sequence-faulty", text, _at(file.subject, place)) for place, text in wrong)


def _response_sequences(file: PayerFile) -> Iterator[Finding]:
    answer = file.claim
    wrong = list(_sequence_faults(parts(answer, "item"), "item", "itemSequence"))
    notes = {_positive(each.get("number")) for each in parts(answer, "processNote")}
    for name in ("item", "addItem"):
        for number, item in enumerate(parts(answer, name)):
            wrong += _pointing(item, f"{name}[{number}]", "noteNumber", notes)
    yield from (_finding("sequence-faulty", text, _at(file.subject, place)) for place, text in wrong)


def _focal(file: PayerFile) -> Iterator[Finding]:
    focal = sum(each.get("focal") is True for each in parts(file.claim, "insurance"))
    if focal != 1:
        text = f"{focal} insurances are focal, exactly one must be"
        yield _finding("focal-faulty", text, _at(file.subject, "insurance"))


def _other_release(file: PayerFile) -> Iterator[Finding]:
    for entry in file.entries:
        if entry.kind in ("Claim", "ClaimResponse"):
            for path in strange_elements(entry.resource):
                text = f"R4 has no such element in a {entry.kind}; it is not read"
                yield _finding("not-r4", text, _at(entry, path))


def _long_texts(file: PayerFile) -> Iterator[Finding]:
    """Report texts of more than 100 kB; attachment data are excluded."""
    for entry in file.entries:
        waiting: list[tuple[Any, str]] = [(entry.resource, "")]
        while waiting:
            value, at = waiting.pop()
            if isinstance(value, dict):
                waiting += [(each, f"{at}.{name}") for name, each in value.items() if name != "data"]
            elif isinstance(value, list):
                waiting += [(each, f"{at}[{number}]") for number, each in enumerate(value)]
            elif isinstance(value, str) and len(value) > LONG_TEXT // 4 and _bytes(value) > LONG_TEXT:
                text = f"a text has {_bytes(value):,} bytes, more than {LONG_TEXT:,}"
                yield _finding("text-long", text, _at(entry, at.removeprefix(".")))


def _bytes(text: str) -> int:
    return len(text.encode("utf-8", "surrogatepass"))
