"""Claim lines from FHIR Claim and ExplanationOfBenefit resources, of R4 and (by its element names) STU3.

Other resources are counted; of resources that a claim refers to, only provider numbers are read.
Source: https://hl7.org/fhir/R4/claim.html, https://hl7.org/fhir/R4/explanationofbenefit.html, and the same of STU3; CMS
Blue Button implementation guide for its code systems.
"""

from __future__ import annotations

import io
import math
import re
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from genorx._core.numerals import whole_number
from genorx._core.strict_json import parse_json
from genorx.audit.claim_lines import ClaimLines, quantity
from genorx.audit.claim_table import NEVER_LIVE, REPLACEMENT, VOID, place_of_line
from genorx.audit.days import day_of, iso
from genorx.audit.fhir_providers import Providers, numbers
from genorx.errors import InputError, TableError
from genorx.interop.fhir_in.elements import Resource, ShapeError, number, part, parts, text
from genorx.interop.reading.notes import Notes

_CLAIMS = frozenset({"Claim", "ExplanationOfBenefit"})
_HCPCS_OR_CPT = frozenset({
    "https://bluebutton.cms.gov/resources/codesystem/hcpcs",
    "http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets",
    "https://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets",
    "urn:oid:2.16.840.1.113883.6.285",
    "http://www.ama-assn.org/go/cpt",
})  # fmt: skip
_NDC = "http://hl7.org/fhir/sid/ndc"
_ICD_10 = ("http://hl7.org/fhir/sid/icd-10-cm", "http://hl7.org/fhir/sid/icd-10")
_SUBMITTED = frozenset({"submitted", "line_sbmtd_chrg_amt"})
_BEFORE = frozenset({"prior", "replaces"})
_LAST_PART = re.compile(r"[/:#]")
_ORIGINAL = "1"
#: Codes of text that is not JSON, or that programs may read differently.
_JSON = frozenset({"json", "json-depth", "json-key-twice", "json-number", "not-json"})


def read_fhir_claims(data: bytes, path: Path) -> pd.DataFrame:
    """Read the claim lines of a FHIR file: one resource, a Bundle, a list of resources, or NDJSON.

    Raises
    ------
    TableError
        ``claims-format``, ``claim-units``, ``claim-charge``.
    LimitError
    """
    reader = _Reader(path)
    for value in _values(data, path):
        reader.read(value)
    table = reader.lines.table()
    table.attrs["findings"] = tuple(reader.notes.findings())
    return table


def _values(data: bytes, path: Path) -> Iterator[Any]:
    """Yield the JSON value of a file, or that of each line if the file is NDJSON."""
    first, _, rest = data.removeprefix(b"\xef\xbb\xbf").lstrip().partition(b"\n")
    try:
        if not (first.rstrip().endswith(b"}") and rest.lstrip().startswith(b"{")):
            yield parse_json(data, path)
            return
        for number, line in enumerate(io.BytesIO(data), start=1):
            if line.strip(b"\xef\xbb\xbf \t\r\n"):
                yield parse_json(line, path, line=number)
    except InputError as error:
        if error.code not in _JSON:
            raise
        raise TableError(error.reason, file=path, place=error.place, hint=error.hint, code="claims-format") from error


class _Reader:
    """Reader state: the lines so far."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.lines = ClaimLines(path)
        self.notes = Notes()

    def read(self, value: Any) -> None:
        """Read the claims of one JSON value."""
        try:
            resources = list(_resources(value))
            providers = Providers.of(resources)
            for resource, _ in resources:
                if resource["resourceType"] in _CLAIMS:
                    self._claim(resource, providers)
                else:
                    self.notes.add("resource-not-claim", "info", "{n} resources are not claims", place=self.path.name)
        except ShapeError as error:
            raise TableError(error.reason, file=self.path, code="claims-format") from error

    def _claim(self, claim: Resource, providers: Providers) -> None:
        known = self._of_claim(claim, providers)
        try:
            items = parts(claim, "item")
            codes = {sequence: code for sequence, code in _diagnoses(claim) if sequence is not None}
            for place, item in enumerate(items, start=1):
                self._item(claim, item, place, known=known, codes=codes, providers=providers)
            if not items:
                self._add(known, line=0, npi=providers.rendering(claim, {}), **_period(part(claim, "billablePeriod")))
        except ShapeError as error:
            where = place_of_line(known["claim_id"])
            raise TableError(error.reason, file=self.path, place=where, code="claims-format") from error

    def _of_claim(self, claim: Resource, providers: Providers) -> dict[str, Any]:
        name = text(claim, "id") or next((text(each, "value") for each in parts(claim, "identifier")), None)
        if not name:
            raise TableError("a claim has no id", file=self.path, code="claims-format")
        status = text(claim, "status") or ""
        original = _replaced(claim)
        frequency = VOID if status in NEVER_LIVE else _ORIGINAL if original is None else REPLACEMENT
        return {
            "format": "fhir",
            "claim_id": name,
            "patient_id": reference_end(part(claim, "patient")),
            "billing_npi": providers.billing(claim),
            "frequency": frequency,
            "original_claim": original,
            "status": status,
            "diagnosis": " ".join(code for _, code in _diagnoses(claim)),
        }

    def _item(
        self,
        claim: Resource,
        item: Resource,
        position: int,
        *,
        known: dict[str, Any],
        codes: dict[float, str],
        providers: Providers,
    ) -> None:
        line = _line_number(item, position)
        place = partial(place_of_line, known["claim_id"], line)
        code, ndc = _codes(part(item, "productOrService") or part(item, "service"))
        amount = part(item, "quantity")
        self._add(
            {**known, "diagnosis": _pointed(codes, item) or known["diagnosis"]},
            line=line,
            npi=providers.rendering(claim, item),
            code=code,
            ndc=ndc,
            units=self._quantity(number(amount, "value"), place, "claim-units"),
            unit_type=text(amount, "code") or text(amount, "unit"),
            modifiers=" ".join(found.upper() for found in map(first_code, parts(item, "modifier")) if found),
            charge=self._quantity(_charge(item), place, "claim-charge"),
            revenue=first_code(part(item, "revenue")),
            place=first_code(part(item, "locationCodeableConcept")),
            **_serviced(claim, item),
        )

    def _quantity(self, value: float | None, place: Callable[[], str], code: str) -> float:
        return math.nan if value is None else quantity(value, self.path, place, code=code)

    def _add(self, known: dict[str, Any], **values: Any) -> None:
        line = {**known, **values}
        line["npi"] = line["npi"] or line["billing_npi"]
        self.lines.add(**line)


def _line_number(item: Resource, position: int) -> int:
    """Return an item's sequence, or its position if it has none.

    Raises
    ------
    ShapeError
        If the sequence is not a positive number of at most nine digits.
    """
    found = item.get("sequence")
    line = position if found is None else whole_number(str(found), 9)
    if line is None:
        raise ShapeError("sequence", "the sequence of an item is not a line number")
    return line


def _resources(value: Any) -> Iterator[tuple[Resource, str | None]]:
    """Yield each resource of a value with its full URL: itself, the members of a list, and the entries of Bundles."""
    waiting: list[tuple[Any, str | None]] = [(value, None)]
    while waiting:
        each, url = waiting.pop()
        if isinstance(each, list):
            waiting.extend((inner, None) for inner in reversed(each))
        elif not isinstance(each, dict) or not isinstance(each.get("resourceType"), str):
            raise ShapeError("resourceType", "there is no resourceType: this is not a FHIR resource")
        elif each["resourceType"] == "Bundle":
            entries = [entry for entry in parts(each, "entry") if "resource" in entry]
            waiting.extend((entry["resource"], text(entry, "fullUrl")) for entry in reversed(entries))
        else:
            yield each, url


def reference_end(reference: Resource) -> str:
    """Return the last part of a reference, otherwise the value of its identifier.

    >>> reference_end({"reference": "Patient/P0001"}), reference_end({"reference": "urn:uuid:0f1"})
    ('P0001', '0f1')
    """
    target = (text(reference, "reference") or "").partition("/_history/")[0]
    return _LAST_PART.split(target)[-1] or text(part(reference, "identifier"), "value") or ""


def _codings(concept: Resource) -> list[tuple[str, str]]:
    found = ((text(each, "system") or "", text(each, "code") or "") for each in parts(concept, "coding"))
    return [(system, code) for system, code in found if code]


def first_code(concept: Resource) -> str:
    """Return the code of the first coding of a concept; empty if there is none."""
    return next((code for _, code in _codings(concept)), "")


def _codes(service: Resource) -> tuple[str, str]:
    """Return the procedure code and the drug number (NDC) of the product or service."""
    codings = _codings(service)
    code = next((code for system, code in codings if system in _HCPCS_OR_CPT), "")
    ndc = next((code for system, code in codings if system == _NDC), "")
    return code if code or ndc else first_code(service), ndc


def _serviced(claim: Resource, item: Resource) -> dict[str, str]:
    day = text(item, "servicedDate")
    if day:
        return _period({"start": day, "end": day})
    return _period(part(item, "servicedPeriod") or part(claim, "billablePeriod"))


def _period(period: Resource) -> dict[str, str]:
    start = day_of(text(period, "start") or "")
    end = day_of(text(period, "end") or "")
    if start is None:
        return {"service_date": "", "service_end": ""}
    return {"service_date": iso(start), "service_end": iso(start if end is None else end)}


def _charge(item: Resource) -> float | None:
    """Return the amount billed for a line: its net amount, otherwise the submitted amount of its adjudication."""
    net = number(part(item, "net"), "value")
    if net is not None:
        return net
    for each in parts(item, "adjudication"):
        codes = {code.rpartition("/")[2].casefold() for _, code in _codings(part(each, "category"))}
        if codes & _SUBMITTED:
            return number(part(each, "amount"), "value")
    return None


def _diagnoses(claim: Resource) -> list[tuple[float | None, str]]:
    """Return number and code of each coded diagnosis of a claim."""
    found = []
    for each in parts(claim, "diagnosis"):
        codings = _codings(part(each, "diagnosisCodeableConcept"))
        icd = [code for system, code in codings if system in _ICD_10]
        code = next(iter(icd or [code for _, code in codings]), "")
        if code:
            found.append((number(each, "sequence"), code.replace(".", "").upper()))
    return found


def _pointed(known: dict[float, str], item: Resource) -> str:
    pointers = numbers(item, "diagnosisSequence") or numbers(item, "diagnosisLinkId")
    return " ".join(known[pointer] for pointer in pointers if pointer in known)


def _replaced(claim: Resource) -> str | None:
    """Return the claim that a claim replaces; None if it replaces none."""
    for each in parts(claim, "related"):
        if {code.casefold() for _, code in _codings(part(each, "relationship"))} & _BEFORE:
            return reference_end(part(each, "claim"))
    return None
