"""Requests and answers read: published examples of Da Vinci PAS 2.0.1, and made files with one fault each."""

import copy
import json

import pytest

from genorx.care.request.authorization import authorization
from genorx.care.request.payer_request import read_request
from genorx.care.request.payer_response import DECISIONS, read_response
from genorx.errors import InputError

PAS = "http://hl7.org/fhir/us/davinci-pas/StructureDefinition/extension-"
EXAMPLES = [
    "approval_pa_submit_request_payload", "pended_pa_submit_request_payload", "denial_json_response",
    "pended_json_response",
]  # fmt: skip


@pytest.fixture(scope="session")
def examples(shared):
    return shared / "data/administration/pas_2.0.1"


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_published_example_is_read(examples, name):
    """expected.json of the examples (davinci-pas-test-kit, Apache-2.0)."""
    expected = json.loads((examples / "expected.json").read_text())[name]
    read = read_request if expected["kind"] == "Claim" else read_response
    found = read(examples / f"{name}.json").to_dict()
    found |= {"review": [each["review"] for each in found["items"] if "review" in each]}
    found |= {"services": [each["services"] for each in found["items"] if "services" in each]}
    found["items"] = len(found["items"])
    assert {key: found[key] for key in expected} == expected
    assert found["findings"] == []


def test_an_answer_has_dates_and_a_decision_of_each_item_and_of_all(examples):
    """A3 on item 1 and A1 on item 2: denied and approved, in part as a whole."""
    found = read_response(examples / "denial_json_response.json")
    assert found.decision == "partial"
    assert list(found.items["decision"]) == ["denied", "approved"]
    assert found.rows[0].period == ("2024-01-30", "2024-02-29")
    assert found.rows[0].issued == "2024-01-30"
    assert found.trace == ("111366",)


@pytest.fixture
def bundle(ranked, request_file):
    return authorization(ranked, "folfiri", request=request_file, created="2026-03-01T10:00:00Z").bundle


def item(sequence, *codes, **more):
    """Return an item of an answer with review codes."""
    reviews = [
        {"url": PAS + "reviewAction", "extension": [coded("reviewActionCode", code), *more.get("inner", ())]}
        for code in codes
    ]
    return {"itemSequence": sequence, "adjudication": [{"category": {"text": "submitted"}, "extension": reviews}]}


def coded(name, code, url=PAS):
    return {"url": f"{url}{name}", "valueCodeableConcept": {"coding": [{"system": "urn:x", "code": code}]}}


@pytest.fixture
def answer(bundle):
    """Return a function that makes an answer to the request."""

    def made(*items, **elements):
        claim = bundle["entry"][0]["resource"]
        patient = next(each for each in bundle["entry"] if each["resource"]["resourceType"] == "Patient")
        response = {
            "resourceType": "ClaimResponse",
            "id": "answer",
            "status": "active",
            "use": "preauthorization",
            "outcome": "complete",
            "created": "2026-03-05T10:00:00Z",
            "identifier": claim["identifier"],
            "request": {"reference": bundle["entry"][0]["fullUrl"]},
            "patient": {"reference": patient["fullUrl"]},
            "item": list(items),
        }
        response |= elements
        entries = [{"fullUrl": "urn:uuid:answer", "resource": {k: v for k, v in response.items() if v}}, patient]
        return {"resourceType": "Bundle", "type": "collection", "entry": entries}

    return made


@pytest.mark.parametrize(("code", "decision"), DECISIONS.items())
def test_review_codes_decide(answer, code, decision):
    found = read_response(answer(item(1, code)))
    assert (found.rows[0].decision, found.decision) == (decision, decision)


@pytest.mark.parametrize(
    ("items", "more", "decision"),
    [
        ([("A1",), ("A1",)], {}, "approved"),
        ([("A1",), ("A4",)], {}, "pended"),
        ([("A1",), ("A3",)], {}, "partial"),
        ([("A1",), ("A1",)], {"outcome": "error"}, "error"),
        ([], {"error": [{"code": {"coding": [{"code": "04"}]}}]}, "error"),
        ([], {}, "none"),
        ([()], {}, "none"),
        ([("A1", "A3")], {}, "unknown"),
        ([("A1", "A1")], {}, "approved"),
    ],
)
def test_the_decision_over_all_items(answer, items, more, decision):
    """docs/guide/care_request.md, in its order."""
    made = answer(*(item(number, *codes) for number, codes in enumerate(items, start=1)), **more)
    assert read_response(made).decision == decision


def test_a_code_that_is_not_known_is_kept_and_named(answer):
    found = read_response(answer(item(1, "Z9")))
    assert (found.rows[0].review, found.rows[0].decision) == (("Z9",), "unknown")
    assert [each.code for each in found.findings] == ["review-code-unknown"]


def test_a_review_of_the_whole_alone_is_named(answer):
    made = answer(item(1), adjudication=item(0, "A3")["adjudication"])
    assert [each.code for each in read_response(made).findings] == ["review-without-item"]


def test_reasons_number_notes_errors_and_questions_are_read(answer):
    inner = (coded("reasonCode", "0V", url=""), {"url": "number", "valueString": "AUTH1"})
    made = answer(
        item(1, "A3", inner=inner),
        addItem=[{**item(None, "A1"), "itemSequence": [2, 1]}],
        error=[{"code": {"coding": [{"code": "04"}]}}],
        processNote=[{"number": 1, "text": "send the report"}],
        communicationRequest=[{"reference": "urn:uuid:answer"}],
        preAuthRef="PRE1",
    )
    found = read_response(made)
    assert (found.rows[0].reasons, found.rows[0].number) == (("0V",), "AUTH1")
    assert (found.rows[1].added, found.rows[1].sequence, found.rows[1].decision) == (True, 2, "approved")
    assert (found.errors, found.notes, found.asks, found.preauth) == ((("04",),), ("send the report",), 1, "PRE1")
    assert found.decision == "denied"


def test_an_answer_beside_its_request(answer, bundle):
    found = read_response(answer(item(1, "A1"), item(7, "A3")), bundle)
    assert [(each.code, each.place) for each in found.findings] == [
        ("item-without-answer", "item 2"),
        ("answer-without-item", "item 7"),
    ]
    page = found._repr_html_()
    assert "51499" in page
    assert "no answer" in page
    assert page.count("<td>approved</td>") == 1


@pytest.mark.parametrize("same", ["request", "identifier", "patient"])
def test_one_of_request_identifier_and_patient_makes_it_the_answer(answer, bundle, same):
    made = answer(item(1, "A1"), item(2, "A1"))
    response = made["entry"][0]["resource"]
    if same != "request":
        del response["request"]
    if same != "identifier":
        response["identifier"] = [{"system": "urn:payer", "value": "1"}]
    if same != "patient":
        made["entry"][1] = copy.deepcopy(made["entry"][1])
        made["entry"][1]["resource"]["identifier"] = [{"system": "urn:payer", "value": "2"}]
    assert read_response(made, bundle).findings == []


def test_an_answer_to_another_request_or_on_another_patient_is_refused(answer, bundle, personal):
    made = answer(item(1, "A1"))
    other = copy.deepcopy(bundle)
    text = json.dumps(other).replace("PA-0001", "PA-0002").replace("M-4711-0815", "M-1")
    text = text.replace(bundle["entry"][0]["resource"]["id"], "00000000-0000-5000-8000-000000000000")
    with pytest.raises(InputError) as caught:
        read_response(made, json.loads(text))
    assert caught.value.code == "other-request"
    stranger = json.loads(json.dumps(made).replace("M-4711-0815", "M-2"))
    with pytest.raises(InputError, match="another identifier of the same system") as caught:
        read_response(stranger, bundle)
    assert not [each for each in personal if each in str(caught.value)]


def _claim(bundle):
    return bundle["entry"][0]["resource"]


def _reversed(bundle):
    bundle["entry"].reverse()


FAULTS = {
    "claim-not-first": _reversed,
    "reference-nowhere": lambda bundle: _claim(bundle)["provider"].update(reference="Organization/absent"),
    "relative-url": lambda bundle: bundle["entry"][1].update(fullUrl="Organization/1"),
    "focal-faulty": lambda bundle: _claim(bundle)["insurance"][0].update(focal=False),
    "not-r4": lambda bundle: _claim(bundle).update(encounter=[{"display": "x"}]),
    "text-long": lambda bundle: _claim(bundle)["supportingInfo"][-1].update(valueString="ä" * 60_000),
}


@pytest.mark.parametrize("code", FAULTS)
def test_a_fault_is_named_and_the_file_read(bundle, code):
    FAULTS[code](bundle)
    found = read_request(bundle)
    assert code in {each.code for each in found.findings}
    assert len(found.rows) == 2


@pytest.mark.parametrize(
    ("change", "place"),
    [
        (lambda claim: claim["item"][1].update(sequence=1), "item[1].sequence"),
        (lambda claim: claim["item"][0].update(sequence=0), "item[0].sequence"),
        (lambda claim: claim["supportingInfo"][0].update(sequence=-1), "supportingInfo[0].sequence"),
        (lambda claim: claim["item"][0].update(informationSequence=[9]), "item[0].informationSequence[0]"),
        (lambda claim: claim["item"][0].update(careTeamSequence=[2]), "item[0].careTeamSequence[0]"),
        (lambda claim: claim["item"][0].update(diagnosisSequence=[1.5]), "item[0].diagnosisSequence[0]"),
        (lambda claim: claim.pop("supportingInfo"), "item[0].informationSequence[0]"),
    ],
)
def test_a_faulty_sequence_has_its_place(bundle, change, place):
    change(_claim(bundle))
    found = read_request(bundle)
    assert {each.code for each in found.findings} == {"sequence-faulty"}
    assert found.findings[0].place == f"entry[0].resource.{place}"


def test_a_reference_to_a_relative_address_leads_to_its_entry(examples):
    """Published examples refer by Type/id; ``fullUrl`` is the address of a server."""
    found = read_request(examples / "approval_pa_submit_request_payload.json")
    assert found.file.leads_to("Patient/SubscriberExample/_history/2").kind == "Patient"
    assert found.file.leads_to("http://davinci-pas.org/fhir/Patient/SubscriberExample").kind == "Patient"
    assert found.file.leads_to("http://elsewhere.org/fhir/Patient/SubscriberExample") is None


@pytest.mark.parametrize(("name", "found"), [("org", []), ("absent", ["reference-nowhere"])])
def test_a_reference_into_the_resource_itself_leads_to_what_it_contains(bundle, name, found):
    _claim(bundle)["contained"] = [{"resourceType": "Organization", "id": "org"}]
    _claim(bundle)["provider"] = {"reference": f"#{name}"}
    assert [each.code for each in read_request(bundle).findings] == found


REFUSED = [
    (lambda bundle: _claim(bundle).update(status="entered-in-error"), "entered-in-error"),
    (lambda bundle: _claim(bundle).update(use="claim"), "not-preauthorization"),
    (lambda bundle: _claim(bundle).pop("use"), "not-preauthorization"),
    (lambda bundle: bundle["entry"].pop(0), "no-claim"),
    (lambda bundle: bundle.pop("entry"), "no-claim"),
    (lambda bundle: bundle.pop("resourceType"), "fhir"),
    (lambda bundle: _claim(bundle).update(item={}), "fhir"),
    (lambda bundle: _claim(bundle).update(created="YYYY-MM-DD"), "date"),
    (lambda bundle: _claim(bundle)["supportingInfo"][0]["timingPeriod"].update(start="2021-02-30"), "date"),
]


@pytest.mark.parametrize(("change", "code"), REFUSED)
def test_what_is_no_request_is_refused(bundle, change, code, personal):
    change(bundle)
    with pytest.raises(InputError) as caught:
        read_request(bundle)
    assert (caught.value.code, caught.value.exit_code) == (code, 3)
    assert not [each for each in personal if each in str(caught.value)]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("<Bundle/>", "not-json"),
        ('{"resourceType": "Bundle", "resourceType": "Bundle"}', "json-key-twice"),
        ('{"resourceType": "Bundle", "total": NaN}', "json-number"),
        ('{"resourceType": ' + "[" * 101 + "]" * 101 + "}", "json-depth"),
        ('{"resourceType": "Bundle", "entry": [', "json"),
    ],
)
def test_json_is_read_strictly(tmp_path, text, code):
    path = tmp_path / "bundle.json"
    path.write_text(text)
    for read in (read_request, read_response):
        with pytest.raises(InputError) as caught:
            read(path)
        assert caught.value.code == code


def test_findings_and_pages_hold_nothing_personal(bundle, answer, personal):
    """Names and numbers of the request stand in the bundle; what is told of it has none of them."""
    FAULTS["reference-nowhere"](bundle)
    found = read_request(bundle)
    response = read_response(answer(item(1, "A1")))
    stated = [str(each.to_dict()) for each in (*found.findings, *response.findings)]
    pages = [found._repr_html_(), response._repr_html_(), response.section_html()]
    assert not [each for each in personal for text in (*stated, *pages) if each in text]
