"""Documents and provenance as FHIR R4 resources: DocumentReference and Provenance.

Source: HL7 FHIR R4 4.0.1; US Core 7.0.0 for the category of a document.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

from genorx.interop.fhir_in.elements import LOINC
from genorx.interop.fhir_out.resources import Json, coded, filled, identified, reference, worded

_US_CORE = "http://hl7.org/fhir/us/core"
_CATEGORY = (f"{_US_CORE}/CodeSystem/us-core-documentreference-category", "clinical-note", "Clinical Note")


def document_reference(
    data: bytes,
    subject: Mapping[str, Any],
    *,
    content_type: str,
    title: str,
    author: str,
    date: str,
    related: Iterable[Mapping[str, Any]] = (),
) -> Json:
    """Return a report as a DocumentReference with embedded data, size and SHA-1, without address."""
    attachment = {
        "contentType": content_type,
        "data": base64.b64encode(data).decode("ascii"),
        "size": len(data),
        "hash": base64.b64encode(hashlib.sha1(data, usedforsecurity=False).digest()).decode("ascii"),
        "title": title,
    }
    return identified(
        filled(
            {
                "resourceType": "DocumentReference",
                "meta": {"profile": [f"{_US_CORE}/StructureDefinition/us-core-documentreference"]},
                "status": "current",
                "type": coded(LOINC, "51969-4", "Genetic analysis report"),
                "category": [coded(*_CATEGORY)],
                "subject": reference(subject),
                "date": date,
                "author": [{"display": author}],
                "content": [{"attachment": attachment}],
                "context": filled({"related": [reference(each) for each in related]}),
            }
        )
    )


def provenance(
    targets: Iterable[Mapping[str, Any]],
    *,
    recorded: str,
    machine: str,
    people: Iterable[Mapping[str, Any]] = (),
) -> Json:
    """Return the Provenance of resources assembled by software on behalf of responsible people."""
    agents: list[Json] = [{"type": worded("assembled by machine"), "who": {"display": machine}}]
    agents += [{"who": reference(each)} for each in people]
    return identified(
        {
            "resourceType": "Provenance",
            "target": [reference(each) for each in targets],
            "recorded": recorded,
            "agent": agents,
        }
    )
