"""Requests of fifty made patients in both releases: what an intake checks, mandatory paths, R4B, the same bytes."""

import json
import tomllib

import numpy as np
import pytest

from genorx.care.request.authorization import authorization
from genorx.care.request.missing import VERSIONS
from genorx.care.request.payer_request import read_request

CREATED = "2026-03-01T10:00:00Z"
PATIENTS = 50
PROFILE = "http://hl7.org/fhir/us/davinci-pas/StructureDefinition/profile-"
#: Elements that only some entries of a list need: those of a slice of the profile.
OF_SLICES = {"Claim.supportingInfo.timing[x]", "Claim.supportingInfo.value[x]"}
#: The profile of a Claim is that of its update, less what relates to the former claim.
NAMES = {
    "claim": "claim_update", "pas-request-bundle": "pas_request_bundle", "medicationrequest": "medication_request",
    "servicerequest": "service_request", "practitionerrole": "practitioner_role",
}  # fmt: skip


def made_patient(number, ranked, said):
    """Return a ranking and a request that differ in orders, diagnoses, insurance, guidance and evidence."""
    rng = np.random.default_rng(number)
    ranking, request = json.loads(json.dumps(ranked)), json.loads(json.dumps(said, default=str))
    ranking["patient_id"] = f"P{number:04d}"
    option = ranking["options"][0]
    for name in ("safety", "evidence"):
        option[name] = [dict(option[name][0]) for _ in range(rng.integers(0, 4))]
        for place, row in enumerate(option[name]):
            row["id" if name == "evidence" else "source"] = f"row {place}"
    request["request"]["identifier"]["value"] = f"PA-{number}"
    request["patient"]["identifier"]["value"] = f"M-{number}"
    orders = [dict(request["order"][kind]) for kind in rng.integers(0, 2, rng.integers(1, 5))]
    for place, order in enumerate(orders):
        order["code"] = f"{order['code']}-{rng.integers(0, 3)}"
        if rng.random() < 0.3:
            del order["unit_price"]
        order["start"] = f"2026-03-{place + 2:02d}"
    request["order"] = orders
    request["diagnosis"] = request["diagnosis"][: rng.integers(1, 3)]
    if rng.random() < 0.3:
        request["subscriber"] = {**request["patient"], "given": ["Other"]}
        request["coverage"]["relationship"] = "spouse"
    if rng.random() < 0.5:
        del request["request"]["message"]
    return ranking, request


@pytest.fixture
def bundles(ranked, request_text):
    said = tomllib.loads(request_text)
    found = []
    for number in range(PATIENTS):
        ranking, request = made_patient(number, ranked, said)
        for version in VERSIONS:
            twice = [
                authorization(ranking, "folfiri", request=request, version=version, created=CREATED) for _ in range(2)
            ]
            assert twice[0].to_json() == twice[1].to_json()
            found.append(twice[0])
    return found


def lacking(resource, path):
    """Return whether a mandatory path is absent where the element above it is present."""
    holders = [resource]
    *above, last = path.split(".")[1:]
    for name in above:
        held = [each.get(name) for each in holders if isinstance(each, dict)]
        holders = [one for each in held if each is not None for one in (each if isinstance(each, list) else [each])]
    start = last.removesuffix("[x]")
    return any(not any(name == last or (last != start and name.startswith(start)) for name in each) for each in holders)


def test_fifty_patients_pass_an_intake(bundles, shared):
    """docs/guide/care_request.md; mandatory paths of rules.json (2.0.1), of those with their parent present."""
    rules = json.loads((shared / "data/administration/pas_2.0.1/rules.json").read_text())["v2.0.1"]
    assert len(bundles) == 100
    checked = 0
    for made in bundles:
        text = made.to_json()
        assert read_request(json.loads(text)).findings == []
        assert not (made.missing_["level"] == "mandatory").any()
        for resource in (made.bundle, *(each["resource"] for each in made.bundle["entry"])):
            profile = resource.get("meta", {}).get("profile", [""])[0]
            if not profile.startswith(PROFILE):
                continue
            name = profile.removeprefix(PROFILE)
            for path in set(rules[NAMES.get(name, name)]["mandatory"]) - OF_SLICES:
                assert not lacking(resource, path), (path, made.version)
                checked += 1
        claim = made.bundle["entry"][0]["resource"]
        for each in claim["supportingInfo"]:
            kind = each["category"]["coding"][0]["code"]
            assert ("timingPeriod" in each) == (kind == "patientEvent")
            assert any(key.startswith("value") for key in each) == (kind != "patientEvent")
    assert checked > 5000


def test_fifty_patients_parse_as_r4b(bundles):
    from fhir.resources import R4B as models

    for made in bundles:
        models.get_fhir_model_class("Bundle").model_validate_json(made.to_json())
        for entry in made.bundle["entry"]:
            kind = models.get_fhir_model_class(entry["resource"]["resourceType"])
            kind.model_validate_json(json.dumps(entry["resource"]))
