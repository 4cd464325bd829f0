"""Files of prior authorisation, a valid one of each format, and what reads them."""

import json
import tomllib
from pathlib import Path

from genorx import care

from .names import NAME

_REQUEST = f"""
[request]
identifier = {{ system = "urn:a:b", value = "{NAME}" }}
author = "{NAME}"
message = "{NAME}"
certification = {{ system = "urn:a:c", code = "first" }}
[patient]
identifier = {{ system = "urn:a:m", value = "{NAME}" }}
family = "{NAME}"
given = ["{NAME}"]
birth_date = 1961-07-19
gender = "female"
phone = "{NAME}"
language = "en"
address = {{ line = ["{NAME}"], city = "{NAME}", postal_code = "97999" }}
[provider]
name = "{NAME}"
npi = "1"
contact = {{ family = "{NAME}", phone = "1" }}
[insurer]
name = "{NAME}"
[practitioner]
family = "{NAME}"
npi = "2"
[coverage]
subscriber_id = "{NAME}"
relationship = "self"
start = 2026-01-01
end = 2026-12-31
[[diagnosis]]
system = "http://hl7.org/fhir/sid/icd-10-cm"
code = "C18.9"
recorded = 2025-11-03
[[order]]
kind = "medication"
system = "urn:a:drugs"
code = "1"
dose_text = "{NAME}"
quantity = {{ value = 12.5, unit = "dose" }}
start = 2026-03-02
end = 2026-08-17
[[order]]
kind = "service"
system = "urn:a:services"
code = "2"
"""
_SAFETY = {"gene": "UGT1A1", "phenotype": "PM", "drug": "irinotecan", "action": "avoid", "strength": "", "source": "s"}
_RANKING = {
    "patient_id": "P1",
    "options": [{"option": "folfiri", "advice": "not_advised", "safety": [_SAFETY], "evidence": []}],
}
_CODE = {"url": "http://a.org/extension-reviewActionCode", "valueCodeableConcept": {"coding": [{"code": "A3"}]}}
_REVIEW = {"url": "http://a.org/extension-reviewAction", "extension": [_CODE]}


def _made(request):
    return care.authorization(_RANKING, "folfiri", request=request, created="2026-03-02T09:00:00Z", version="2.2.1")


def _answer(bundle):
    patient = next(each for each in bundle["entry"] if each["resource"]["resourceType"] == "Patient")
    response = {
        "resourceType": "ClaimResponse", "status": "active", "use": "preauthorization", "outcome": "complete",
        "created": "2026-03-02T09:00:00Z", "request": {"reference": bundle["entry"][0]["fullUrl"]},
        "patient": {"reference": patient["fullUrl"]}, "identifier": [{"system": "urn:a:b", "value": "1"}],
        "item": [{"itemSequence": 1, "noteNumber": [1], "adjudication": [{"extension": [_REVIEW]}]}],
        "processNote": [{"number": 1, "text": NAME}], "error": [{"code": {"coding": [{"code": "04"}]}}],
    }  # fmt: skip
    entries = [{"fullUrl": "urn:uuid:1", "resource": response}, patient]
    return {"resourceType": "Bundle", "type": "collection", "entry": entries}


def request_seeds() -> dict[str, bytes]:
    """One valid file of each format."""
    bundle = _made(tomllib.loads(_REQUEST)).bundle
    return {
        "request": _REQUEST.encode(),
        "payer-request": json.dumps(bundle).encode(),
        "payer-response": json.dumps(_answer(bundle)).encode(),
    }


def _request(path: Path) -> None:
    made = _made(path)
    assert care.read_request(made.bundle).findings == []
    assert NAME not in made.to_html() + json.dumps(made.missing_records()) + repr(made)


def _payer_request(path: Path) -> None:
    found = care.read_request(path)
    json.dumps(found.to_dict())
    found._repr_html_()


def _payer_response(path: Path) -> None:
    found = care.read_response(path, _made(tomllib.loads(_REQUEST)).bundle)
    json.dumps(found.to_dict())
    found._repr_html_()


REQUEST_READERS = {"request": (_request,), "payer-request": (_payer_request,), "payer-response": (_payer_response,)}
REQUEST_SUFFIXES = {"request": "toml", "payer-request": "json", "payer-response": "json"}
REQUEST_COMMANDS = {
    "payer-request": ("care", "read-request", "FILE", "--out", "OUT"),
    "payer-response": ("care", "read-response", "FILE", "--out", "OUT"),
}
