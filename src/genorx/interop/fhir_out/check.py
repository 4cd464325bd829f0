"""Validation of a FHIR bundle by the rules of the export of genorx; each fault is a finding with its path.

Source: Genomics Reporting implementation guide 3.0.0 and ``docs/guide/interop_fhir_out.md``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from genorx.errors import Finding, InputError
from genorx.interop.fhir_in.clinical import OWN_PATIENT
from genorx.interop.fhir_in.elements import LOINC, ShapeError
from genorx.interop.fhir_in.genomic import PRESENCE, genomic_kind
from genorx.interop.fhir_in.walk import references_of, type_of
from genorx.interop.fhir_out.resources import GENETICS, LABORATORY, profile
from genorx.interop.fhir_out.risks import ESTIMATE, INTERVAL
from genorx.interop.reading.dates import is_moment
from genorx.interop.reading.json_files import documents

_URL = re.compile(r"urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
_IMPLICATIONS = ("therapeutic", "diagnostic", "molecular")
Fault = tuple[str, str]


def check_fhir(bundle: Mapping[str, Any]) -> list[Finding]:
    """Return the faults of a FHIR bundle by the rules of the export of genorx; an empty list means no fault.

    Parameters
    ----------
    bundle : mapping
        A Bundle, as parsed from JSON.
    """
    if not isinstance(bundle, Mapping) or bundle.get("resourceType") != "Bundle":
        return [_finding(("", "this is not a Bundle"))]
    return [_finding(each) for each in _faults(bundle)]


def check_fhir_file(path: Path) -> list[Finding]:
    """Return the faults of each bundle in a JSON file, as ``check_fhir``.

    Raises
    ------
    InputError
        ``fhir`` if the file holds something else, which these rules do not judge; ``json`` and others of its reader.
    """
    found = []
    for document in documents(path):
        kind = type_of(document.value, document)
        if kind != "Bundle":
            reason, hint = f"this is a {kind}, not a Bundle", "give a Bundle as genorx writes it"
            raise InputError(reason, file=path, place=document.place(), hint=hint, code="fhir")
        found += check_fhir(document.value)
    return found


def _finding(fault: Fault) -> Finding:
    place, message = fault
    return Finding(code="fhir-rule", severity="serious", message=message, place=place or None)


def _faults(bundle: Mapping[str, Any]) -> Iterator[Fault]:
    if bundle.get("type") != "collection":
        yield "type", "the Bundle is not a collection"
    entries = [each for each in _list(bundle.get("entry")) if isinstance(each, Mapping)]
    if not entries:
        yield "entry", "the Bundle has no entry"
        return
    known = {each.get("fullUrl"): _resource(each) for each in entries}
    if len(known) < len(entries):
        yield "entry", "a fullUrl appears twice"
    if _resource(entries[0]).get("resourceType") != "Patient":
        yield "entry[0]", "the first entry is not a Patient"
    for number, each in enumerate(entries):
        place = f"entry[{number}].resource"
        resource = _resource(each)
        yield from _identity(each, resource, number)
        for path, reference in references_of(resource):
            if reference not in known:
                yield f"{place}.{path}", "the reference does not resolve to an entry of the bundle"
        check = _CHECKS.get(str(resource.get("resourceType")))
        if check is None:
            yield place, f"a {resource.get('resourceType')} is not part of such a bundle"
        else:
            yield from ((f"{place}.{path}".rstrip("."), text) for path, text in check(resource))
    yield from _reported(entries)


def _resource(entry: Mapping[str, Any]) -> Mapping[str, Any]:
    found = entry.get("resource")
    return found if isinstance(found, Mapping) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _identity(entry: Mapping[str, Any], resource: Mapping[str, Any], number: int) -> Iterator[Fault]:
    url = entry.get("fullUrl")
    if not isinstance(url, str) or not _URL.fullmatch(url):
        yield f"entry[{number}].fullUrl", "fullUrl is not a urn:uuid: with a version 5 UUID"
    elif resource.get("id") != url.removeprefix("urn:uuid:"):
        yield f"entry[{number}].resource.id", "the id is not that of fullUrl"


def _patient(resource: Mapping[str, Any]) -> Iterator[Fault]:
    if set(resource) - {"resourceType", "id", "identifier"}:
        yield "", "a Patient has more than id and identifier"
    identifiers = _list(resource.get("identifier"))
    first = _object(identifiers[0]) if identifiers else {}
    if len(identifiers) != 1 or first.get("system") != OWN_PATIENT or not first.get("value"):
        yield "identifier", f"the identifier is not one of {OWN_PATIENT}"
    elif set(first) != {"system", "value"}:
        yield "identifier", "the identifier has more than system and value"


def _categories(resource: Mapping[str, Any]) -> Iterator[Fault]:
    found: list[Any] = []
    for each in _list(resource.get("category")):
        listed = _list(_object(each).get("coding"))
        found += (
            [(_object(one).get("system"), _object(one).get("code")) for one in listed] if len(listed) == 1 else [None]
        )
    if sorted(map(str, found)) != sorted(map(str, (LABORATORY, GENETICS))):
        yield "category", "the categories are not laboratory and GE, one coding each"


def _observation(resource: Mapping[str, Any]) -> Iterator[Fault]:
    """Check a genomic Observation."""
    kind = _kind(resource)
    if kind is None:
        yield "code", "the Observation is not a genomic result"
    yield from _profile(resource, _PROFILES.get(kind or ""))
    if resource.get("status") != "final":
        yield "status", "the status is not final"
    yield from _categories(resource)
    yield from _subject(resource)
    codes = _component_codes(resource)
    if kind in _IMPLICATIONS and not _list(resource.get("derivedFrom")):
        yield "derivedFrom", "an implication has no derivedFrom"
    if "predicted-therapeutic-implication" in codes:
        yield "component", "predicted-therapeutic-implication is that of release 2.0"
    if kind == "therapeutic" and not {"51963-7", "therapeutic-implication", "93044-6"} <= codes:
        yield "component", "drug, implication or level of evidence is not stated"
    if kind == "genotype" and ("48018-6" not in codes or not _object(resource.get("valueCodeableConcept")).get("text")):
        yield "component", "a genotype has no gene, or no text"
    if kind == "variant":
        yield from _variant(resource, codes)


def _profile(resource: Mapping[str, Any], name: str | None) -> Iterator[Fault]:
    if name is not None and _list(_object(resource.get("meta")).get("profile")) != [profile(name)]:
        yield "meta.profile", f"the profile is not {name}"


def _kind(resource: Mapping[str, Any]) -> str | None:
    try:
        return genomic_kind(resource)
    except ShapeError:
        return None


def _component_codes(resource: Mapping[str, Any]) -> set[str]:
    return {
        str(_object(coding).get("code"))
        for each in _list(resource.get("component"))
        for coding in _list(_object(_object(each).get("code")).get("coding"))
    }


def _variant(resource: Mapping[str, Any], codes: set[str]) -> Iterator[Fault]:
    coding = _list(_object(resource.get("valueCodeableConcept")).get("coding"))
    if not coding or _object(coding[0]).get("code") not in PRESENCE:
        yield "valueCodeableConcept", "a variant does not say whether it is present"
    if "81254-5" in codes and not {"92822-6", "48013-7"} <= codes:
        yield "component", "a range has no coordinate system, or no reference sequence"


def _subject(resource: Mapping[str, Any]) -> Iterator[Fault]:
    if not isinstance(_object(resource.get("subject")).get("reference"), str):
        yield "subject", "the subject is not a reference"


def _report(resource: Mapping[str, Any]) -> Iterator[Fault]:
    yield from _profile(resource, "genomic-report")
    coding = _list(_object(resource.get("code")).get("coding"))
    if not any((_object(each).get("system"), _object(each).get("code")) == (LOINC, "51969-4") for each in coding):
        yield "code", "the code is not LOINC 51969-4"
    categories = [_list(_object(each).get("coding")) for each in _list(resource.get("category"))]
    if [[(_object(one).get("system"), _object(one).get("code")) for one in each] for each in categories] != [
        [GENETICS]
    ]:
        yield "category", "the category is not GE"
    if resource.get("status") != "final":
        yield "status", "the status is not final"
    day = resource.get("effectiveDateTime")
    if not isinstance(day, str) or not is_moment(day):
        yield "effectiveDateTime", "there is no day"
    if not resource.get("conclusion"):
        yield "conclusion", "there is no conclusion"
    yield from _subject(resource)


def _risk(resource: Mapping[str, Any]) -> Iterator[Fault]:
    if resource.get("status") != "final":
        yield "status", "the status is not final"
    yield from _subject(resource)
    for name in ("method", "code"):
        if not _object(resource.get(name)).get("text"):
            yield name, f"{name} has no text"
    notes = _list(resource.get("note"))
    if not notes or not re.match(r"(rank \d+; )?advice \w+$", str(_object(notes[0]).get("text"))):
        yield "note", "the first note is not rank and advice"
    predictions = _list(resource.get("prediction"))
    if not predictions and len(notes) < 2:
        yield "note", "there is no prediction, and no note says why"
    for number, each in enumerate(predictions):
        yield from ((f"prediction[{number}].{path}".rstrip("."), text) for path, text in _prediction(_object(each)))


def _prediction(found: Mapping[str, Any]) -> Iterator[Fault]:
    if not _object(found.get("outcome")).get("text"):
        yield "outcome", "the outcome has no text"
    extensions = {_object(each).get("url"): _object(each) for each in _list(found.get("extension"))}
    amount = _object(_object(extensions.get(ESTIMATE)).get("valueQuantity")).get("value")
    value = _number(found.get("probabilityDecimal", amount))
    if value is None:
        yield "", "there is neither a probability nor an estimate"
        return
    if "probabilityDecimal" in found and not 0 <= value <= 1:
        yield "probabilityDecimal", "the probability is not between 0 and 1"
    limits = _object(_object(extensions.get(INTERVAL)).get("valueRange"))
    low, high = (_number(_object(limits.get(name)).get("value")) for name in ("low", "high"))
    if low is not None and high is not None and low > high:
        yield "extension", "the interval ends before it begins"


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or value is None:
        return None
    try:
        return float(value)
    except (TypeError, ValueError):
        return None


def _reported(entries: list[Mapping[str, Any]]) -> Iterator[Fault]:
    """Check that each patient has one report, which references all resources about the patient."""
    by_patient: dict[Any, dict[str, list[Any]]] = {}
    for each in entries:
        resource = _resource(each)
        whose = _object(resource.get("subject")).get("reference")
        held = by_patient.setdefault(whose, {})
        held.setdefault(str(resource.get("resourceType")), []).append(each)
    for number, each in enumerate(entries):
        if _resource(each).get("resourceType") != "Patient":
            continue
        held = by_patient.get(each.get("fullUrl"), {})
        reports = [_resource(one) for one in held.get("DiagnosticReport", [])]
        if len(reports) != 1:
            yield f"entry[{number}]", "a patient has no report, or more than one"
            continue
        if _resource(entries[number + 1] if number + 1 < len(entries) else {}) is not reports[0]:
            yield f"entry[{number}]", "the report is not the entry after its patient"
        named = {reference for _, reference in references_of(reports[0])}
        for kind in ("Observation", "RiskAssessment"):
            if any(one.get("fullUrl") not in named for one in held.get(kind, [])):
                yield f"entry[{number}]", f"the report does not reference each {kind} of its patient"


_PROFILES = {
    "variant": "variant", "genotype": "genotype", "haplotype": "haplotype", "therapeutic": "therapeutic-implication",
    "diagnostic": "diagnostic-implication", "molecular": "molecular-consequence",
}  # fmt: skip
_CHECKS = {"Patient": _patient, "Observation": _observation, "DiagnosticReport": _report, "RiskAssessment": _risk}
