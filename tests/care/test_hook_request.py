"""Calls of a CDS Hooks service and feedback on cards, read strictly."""

import json

import pytest

from genorx import care
from genorx.errors import InputError

FULL = {"hook": "order-sign", "hookInstance": "i", "context": {"userId": "Practitioner/1", "patientId": "P1"}}


def bundle(*resources):
    return {"resourceType": "Bundle", "entry": [{"resource": each} for each in resources]}


def test_calls_of_the_test_kit_are_read(shared):
    """Two calls and one context of the Da Vinci test kit; expected values read from the files by eye."""
    folder = shared / "data" / "administration" / "cds_hooks"
    if not folder.is_dir():
        pytest.skip("administration data absent")
    for name, hook, instance in (("request_order_select_hook_request", "order-select", "d1577c69"),
                                 ("request_order_sign_hook_request", "order-sign", "d1577c69")):  # fmt: skip
        found = care.read_hook(folder / f"{name}.json").to_dict()
        assert list(found) == ["hook", "hook_instance", "patient_id", "user", "encounter_id", "selections", "orders",
                               "prefetch", "findings"]  # fmt: skip
        assert (found["hook"], found["hook_instance"][:8], found["patient_id"], found["user"]) == (
            hook, instance, "example", "Practitioner/example")  # fmt: skip
        assert [each["type"] for each in found["orders"]][:2] == ["NutritionOrder", "MedicationRequest"]
        drug = found["orders"][1]
        assert (drug["id"], drug["status"], drug["code"]) == ("smart-MedicationRequest-103", "draft", "617993")
        assert drug["text"].startswith("Amoxicillin 120 MG/ML")
        assert "SAMPLE_TOKEN" not in json.dumps(found)
        assert found["findings"] == []
    alone = care.read_hook(folder / "order-select_0.json", hook="order-select").to_dict()
    assert (alone["hook"], alone["hook_instance"], alone["encounter_id"]) == ("order-select", None, "89284")
    assert alone["selections"] == ["NutritionOrder/pureeddiet-simple", "MedicationRequest/smart-MedicationRequest-103"]
    assert alone["findings"] == []


def test_orders_are_those_of_every_bundle_and_single_ones_in_order():
    context = {
        "medications": bundle({"resourceType": "MedicationRequest", "id": "1", "status": "active",
                               "medicationCodeableConcept": {"coding": [{"system": "s", "code": "c", "display": "d"}]},
                               }),
        "appointments": bundle({"resourceType": "Appointment", "id": "2", "status": "booked",
                                "serviceType": [{"text": "visit"}]}),
        "single": {"resourceType": "ServiceRequest", "id": "3", "code": {"text": "scan"}},
        "patientId": "P1", "listed": [{"resourceType": "DeviceRequest", "codeCodeableConcept": {"text": "pump"}}],
    }  # fmt: skip
    found = care.read_hook({"hook": "x", "hookInstance": "i", "context": context})
    assert [(o.type, o.id, o.status, o.system, o.code, o.text) for o in found.orders] == [
        ("MedicationRequest", "1", "active", "s", "c", "d"), ("Appointment", "2", "booked", None, None, "visit"),
        ("ServiceRequest", "3", None, None, None, "scan"), ("DeviceRequest", None, None, None, None, "pump"),
    ]  # fmt: skip


def test_a_drug_by_reference_is_found_in_the_order_or_beside_it():
    medication = {"resourceType": "Medication", "id": "m", "code": {"text": "codeine"}}
    inside = {"resourceType": "MedicationRequest", "id": "1", "contained": [medication],
              "medicationReference": {"reference": "#m"}}  # fmt: skip
    beside = {"resourceType": "MedicationRequest", "id": "2", "medicationReference": {"reference": "Medication/m"}}
    worded = {"resourceType": "MedicationRequest", "id": "3",
              "medicationReference": {"reference": "Medication/x", "display": "tramadol"}}  # fmt: skip
    nothing = {"resourceType": "MedicationRequest", "id": "4", "medicationReference": {"reference": "Medication/x"}}
    found = care.read_hook(FULL | {"context": {"o": bundle(inside, beside, worded, nothing, medication)}})
    assert [each.text for each in found.orders] == ["codeine", "codeine", "tramadol", None, "codeine"]


@pytest.mark.parametrize(("change", "places"), [
    ({}, []), ({"hook": None}, ["hook"]), ({"hookInstance": None}, ["hookInstance"]), ({"context": None}, ["context"]),
    ({"fhirAuthorization": {"access_token": "t"}}, ["fhirServer"]),
    ({"fhirAuthorization": {"access_token": "t"}, "fhirServer": "https://x"}, []),
])  # fmt: skip
def test_what_a_call_lacks_is_a_finding(change, places):
    message = {key: value for key, value in (FULL | change).items() if value is not None}
    found = care.read_hook(message)
    assert [(each.code, each.place) for each in found.findings] == [("hook-incomplete", place) for place in places]


def test_a_context_alone_takes_its_name_from_the_caller():
    alone = {"context": FULL["context"]}
    assert care.read_hook(alone, hook="order-sign").findings == ()
    assert [each.place for each in care.read_hook(alone).findings] == ["hook"]


@pytest.mark.parametrize(("message", "code"), [
    ({}, "hook-message"), ({"resourceType": "Patient"}, "hook-message"), ({"hook": 5}, "hook-message"),
    ({"context": "text"}, "not-r4"), ({"context": {"selections": "x"}}, "hook-message"),
    ({"context": {"o": {"resourceType": "Nonsense"}}}, "fhir"), ({"context": {"o": {"resourceType": "Bundle",
    "entry": [{"resource": {"id": "1"}}]}}}, "fhir"), ({"context": {"o": bundle({"resourceType": "MedicationRequest",
    "authoredOn": "YYYY-MM-DD"})}}, "date"),
    ({"context": {"o": {"resourceType": "MedicationRequest", "status": ["draft"]}}}, "hook-message"),
])  # fmt: skip
def test_what_is_no_call_is_refused(message, code):
    with pytest.raises(InputError) as error:
        care.read_hook(message)
    assert (error.value.code, error.value.exit_code) == (code, 3)


@pytest.mark.parametrize(("text", "code"), [
    ('{"hook": "a", "hook": "b"}', "json-key-twice"), ('{"context": {"a": NaN}}', "json-number"), ("[" * 101,
    "json-depth"), ("<a/>", "not-json"), ('{"hook"', "json"), ("[]", "hook-message"),
])  # fmt: skip
def test_json_is_read_strictly(tmp_path, text, code):
    (tmp_path / "h.json").write_text(text)
    for source in (tmp_path / "h.json", text.encode()):
        with pytest.raises(InputError) as error:
            care.read_hook(source)
        assert error.value.code == code


def test_a_note_of_two_megabytes_is_read_and_not_kept():
    long = {"resourceType": "MedicationRequest", "medicationCodeableConcept": {"text": "codeine"},
            "note": [{"text": "x" * 2_000_000}]}  # fmt: skip
    found = care.read_hook(FULL | {"context": {"o": bundle(long)}})
    assert len(json.dumps(found.to_dict())) < 1000


FEEDBACK = {"feedback": [
    {"card": "a", "outcome": "accepted", "acceptedSuggestions": [{"id": "1"}, {"id": "2"}],
     "outcomeTimestamp": "2026-03-02T10:00:00Z"},
    {"card": "b", "outcome": "overridden", "outcomeTimestamp": "2026-03-02T10:00:00Z",
     "overrideReason": {"reason": {"code": "c", "system": "s"}, "userComment": "why"}},
]}  # fmt: skip


def test_feedback_is_a_frame(tmp_path):
    (tmp_path / "f.json").write_text(json.dumps(FEEDBACK))
    frame = care.read_feedback(tmp_path / "f.json")
    assert list(frame) == ["card", "outcome", "accepted", "reason_code", "reason_system", "comment", "time"]
    assert frame.iloc[0].tolist() == ["a", "accepted", "1; 2", None, None, None, "2026-03-02T10:00:00Z"]
    assert frame.iloc[1].tolist() == ["b", "overridden", None, "c", "s", "why", "2026-03-02T10:00:00Z"]


@pytest.mark.parametrize("change", [{"card": None}, {"outcome": "ignored"}, {"overrideReason": "no"},
                                    {"outcomeTimestamp": "2021-02-30T10:00:00Z"}])  # fmt: skip
def test_feedback_that_is_none_is_refused(tmp_path, change):
    spoiled = {key: value for key, value in (FEEDBACK["feedback"][0] | change).items() if value is not None}
    (tmp_path / "f.json").write_text(json.dumps({"feedback": [spoiled]}))
    with pytest.raises(InputError) as error:
        care.read_feedback(tmp_path / "f.json")
    assert error.value.code in ("hook-message", "not-r4")
    (tmp_path / "f.json").write_text("{}")
    with pytest.raises(InputError):
        care.read_feedback(tmp_path / "f.json")
