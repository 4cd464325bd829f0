"""Prior authorisation requests: rules of Da Vinci PAS 2.0.1 and 2.2.1, as an intake checks them."""

import base64
import hashlib
import itertools
import json
import tomllib
import traceback
from datetime import UTC, datetime
from pathlib import Path

import pytest

from genorx.care.request.authorization import authorization
from genorx.care.request.missing import VERSIONS, path_states, profile_rules
from genorx.care.request.payer_request import read_request
from genorx.care.request.request_file import read_request_file
from genorx.errors import InputError, NotAnswerableError, UsageError

CREATED = "2026-03-01T10:00:00+01:00"
PAS = "http://hl7.org/fhir/us/davinci-pas/StructureDefinition/"


@pytest.fixture
def said(request_text):
    return tomllib.loads(request_text)


@pytest.fixture
def make(ranked, said):
    def made(changes=None, version="2.0.1", **more):
        values = said if changes is None else changes
        return authorization(ranked, "folfiri", request=values, version=version, created=CREATED, **more)

    return made


def resources(made, kind):
    return [each["resource"] for each in made.bundle["entry"] if each["resource"]["resourceType"] == kind]


def without(said, path):
    """Return a request without a key such as ``order.*.category``, or a section."""
    values = json.loads(json.dumps(said, default=str))
    *parents, last = path.split(".")
    holders = [values]
    for name in parents:
        if name == "*":
            holders = [one for each in holders for one in each]
        else:
            holders = [each[name] for each in holders if name in each]
    for each in holders:
        each.pop(last, None)
    return values


@pytest.mark.parametrize("version", VERSIONS)
def test_a_request_is_a_bundle_as_the_guide_says(make, version):
    """docs/guide/care_request.md: order of entries, URNs, uuids of version 5, references, one focal insurance."""
    made = make(version=version)
    bundle = made.bundle
    assert (bundle["type"], bundle["timestamp"]) == ("collection", CREATED)
    assert bundle["identifier"] == {"system": "urn:example:requests", "value": "PA-0001"}
    kinds = [each["resource"]["resourceType"] for each in bundle["entry"]]
    assert kinds == [
        "Claim", "Organization", "Organization", "Coverage", "Patient", "MedicationRequest", "ServiceRequest",
        "PractitionerRole", "Practitioner", "Observation", "Observation", "DocumentReference", "Provenance",
    ]  # fmt: skip
    urls = [each["fullUrl"] for each in bundle["entry"]]
    assert len(set(urls)) == len(urls)
    assert all(each["fullUrl"] == f"urn:uuid:{each['resource']['id']}" for each in bundle["entry"])
    assert all(each["resource"]["id"][14] == "5" for each in bundle["entry"])
    assert read_request(bundle).findings == []
    assert made.missing_.empty
    assert made.findings == []


@pytest.mark.parametrize("version", VERSIONS)
def test_the_claim_holds_what_was_given(make, version):
    claim = resources(make(version=version), "Claim")[0]
    assert (claim["status"], claim["use"]) == ("active", "preauthorization")
    assert [each["focal"] for each in claim["insurance"]] == [True]
    assert claim["careTeam"][0]["extension"] == [{"url": f"{PAS}extension-careTeamClaimScope", "valueBoolean": True}]
    kinds = [each["category"]["coding"][0]["code"] for each in claim["supportingInfo"]]
    assert kinds == ["patientEvent", *["additionalInformation"] * 3, "freeFormMessage"]
    assert [each["sequence"] for each in claim["supportingInfo"]] == [1, 2, 3, 4, 5]
    assert claim["supportingInfo"][0]["timingPeriod"] == {"start": "2026-03-02", "end": "2026-08-17"}
    assert all("timingPeriod" not in each for each in claim["supportingInfo"][1:])
    document = [PAS + "extension-documentInformation" in str(each) for each in claim["supportingInfo"]]
    assert document == [version == "2.2.1" and kind == "additionalInformation" for kind in kinds]
    item = claim["item"][0]
    assert (item["careTeamSequence"], item["diagnosisSequence"], item["informationSequence"]) == (
        [1],
        [1, 2],
        [2, 3, 4],
    )
    assert item["quantity"] == {"value": 12, "unit": "dose"}
    assert item["unitPrice"] == {"value": 250.5, "currency": "USD"}
    names = [each["url"].removeprefix(PAS + "extension-") for each in item["extension"]]
    assert names == ["itemTraceNumber", "serviceItemRequestType", "certificationType", "requestedService"]


def test_orders_say_how_much_and_how_long(make):
    """2 March to 17 August 2026 are 168 days."""
    medication, service = resources(make(), "MedicationRequest")[0], resources(make(), "ServiceRequest")[0]
    assert medication["reportedBoolean"] is False
    assert medication["authoredOn"] == CREATED
    assert medication["dispenseRequest"]["quantity"] == {"value": 12, "unit": "dose"}
    assert medication["dosageInstruction"] == [{"text": "180 mg/m2 every two weeks"}]
    assert service["occurrenceTiming"]["repeat"]["boundsDuration"]["value"] == 168
    assert "reportedBoolean" not in resources(make(version="2.2.1"), "MedicationRequest")[0]


def test_a_member_number_has_its_type_from_2_2_1_on(make):
    plain, typed = (resources(make(version=each), "Coverage")[0]["identifier"][0] for each in VERSIONS)
    assert "type" not in plain
    assert typed["type"]["coding"][0]["code"] == "MB"


def test_a_subscriber_who_is_somebody_else_has_a_resource(make, said):
    said["subscriber"] = {"family": "Insured", "gender": "male"}
    made = make(said)
    patient, subscriber = resources(made, "Patient")
    assert patient["meta"]["profile"] == [PAS + "profile-beneficiary"]
    assert subscriber["meta"]["profile"] == [PAS + "profile-subscriber"]
    assert resources(made, "Coverage")[0]["subscriber"] == {"reference": f"urn:uuid:{subscriber['id']}"}
    assert ("Patient:subscriber", "identifier") in set(
        zip(made.missing_["resource"], made.missing_["path"], strict=True)
    )


@pytest.mark.parametrize("version", VERSIONS)
def test_the_same_request_gives_the_same_bytes(make, version):
    assert make(version=version).to_json() == make(version=version).to_json()


def test_two_orders_alike_are_two_orders(make, said):
    said["order"][1] = dict(said["order"][0])
    first, second = resources(make(said), "MedicationRequest")
    assert first["id"] != second["id"]


def test_the_report_is_attached_whole(make, tmp_path):
    path = tmp_path / "report.pdf"
    path.write_bytes(b"%PDF-1.7 made")
    document = resources(make(report=path), "DocumentReference")[0]
    attachment = document["content"][0]["attachment"]
    assert base64.b64decode(attachment["data"]) == b"%PDF-1.7 made"
    assert attachment["size"] == 13
    assert base64.b64decode(attachment["hash"]) == hashlib.sha1(b"%PDF-1.7 made").digest()
    assert attachment["contentType"] == "application/pdf"
    assert "url" not in attachment
    assert document["author"] == [{"display": "Author Zwölfender"}]
    assert len(document["context"]["related"]) == 2


def test_the_written_report_keeps_the_estimate_apart_from_guidance_and_names_nobody(make, personal):
    attachment = resources(make(), "DocumentReference")[0]["content"][0]["attachment"]
    page = base64.b64decode(attachment["data"]).decode()
    assert attachment["contentType"] == "text/html"
    assert "model of Example" in page
    assert "not a statement of a guideline" in page
    assert "DPWG PA166104951" in page
    assert not [each for each in personal if each in page]


def test_provenance_names_the_machine_and_who_orders(make):
    made = make()
    provenance = resources(made, "Provenance")[0]
    machine, person = provenance["agent"]
    assert machine["type"]["text"] == "assembled by machine"
    assert machine["who"]["display"].startswith("genorx ")
    assert person["who"]["reference"] == f"urn:uuid:{resources(made, 'Practitioner')[0]['id']}"
    assert len(provenance["target"]) == 3
    assert made.bundle["entry"][-1]["resource"] is provenance


def test_an_option_that_is_not_advised_says_so_first(ranked, said):
    ranked["options"][0]["advice"] = "not_advised"
    ranked["options"][0]["safety"][0]["action"] = "avoid"
    made = authorization(ranked, "folfiri", request=said, created=CREATED)
    assert [(each.code, each.severity) for each in made.findings] == [("request-not-advised", "serious")]
    page = base64.b64decode(resources(made, "DocumentReference")[0]["content"][0]["attachment"]["data"]).decode()
    reason = page.index("DPWG PA166104951 advises against irinotecan")
    assert reason < page.index("Requested items")


def _option_page(made):
    return base64.b64decode(resources(made, "DocumentReference")[0]["content"][0]["attachment"]["data"]).decode()


def test_a_report_says_alive_of_overall_survival_and_names_phenotypes_in_words(ranked, said):
    option = ranked["options"][0]
    option["difference"] |= {"outcome": "os", "measure": "rmst"}
    option["safety"][0] |= {"gene": "DPYD", "phenotype": "1.0", "action": "no_recommendation", "strength": "N/A"}
    page = _option_page(authorization(ranked, "folfiri", request=said, created=CREATED))
    assert "os, mean time alive up to" in page
    assert "event-free" not in page
    for words in ("activity score 1.0", "no recommendation", "not graded"):
        assert f"<td>{words}</td>" in page
    option["outcomes"] = {"os:relapse": {"36": {"estimate": 0.1}}}  # a cause that is not death
    page = _option_page(authorization(ranked, "folfiri", request=said, created=CREATED))
    assert "os, mean event-free time up to" in page
    option["difference"]["outcome"] = "course"  # through states, of which those before death are being alive
    option["outcomes"] = {"course:remission": {"36": {"estimate": 0.1, "difference": {"measure": "state"}}}}
    page = _option_page(authorization(ranked, "folfiri", request=said, created=CREATED))
    assert "course, mean time alive up to" in page


def test_an_option_without_a_difference_is_called_the_reference_only_if_it_is(ranked, said):
    """It said "this is the reference option" of every option without a difference."""
    option = ranked["options"][0]
    option |= {"difference": None, "no_estimate_reason": None}
    assert option["option"] != ranked["reference"]
    page = _option_page(authorization(ranked, "folfiri", request=said, created=CREATED))
    assert "the ranking gives no reason" in page
    assert "this is the reference option" not in page


def test_the_reference_that_is_not_advised_is_worse_than_another(ranked, said):
    """It said that the ranking gives no further reason."""
    option = ranked["options"][0]
    option |= {"advice": "not_advised", "difference": None, "safety": []}
    ranked["comparison"]["reference"] = ranked["reference"] = option["option"]
    made = authorization(ranked, "folfiri", request=said, created=CREATED)
    assert "another option is shown to be better than this one, the reference" in made.findings[0].message


#: Keys of a request, and the rows that the specification names where one is absent: level in 2.0.1 and 2.2.1.
KEYS = {
    "patient.identifier": [("Patient", "identifier", "mandatory", "mandatory")],
    "patient.birth_date": [("Patient", "birthDate", "must_support", "must_support")],
    "patient.gender": [("Patient", "gender", "mandatory", "mandatory")],
    "provider.npi provider.tin": [("Organization:provider", "identifier", "must_support", "must_support")],
    "provider.phone": [("Organization:provider", "telecom", "must_support", "must_support")],
    "insurer.name": [("Organization:insurer", "name", "mandatory", "mandatory")],
    "coverage.subscriber_id": [("Coverage", "subscriberId", "must_support", "must_support")],
    "practitioner": [
        ("Practitioner", "name", "mandatory", "mandatory"),
        ("Claim", "careTeam", "must_support", "must_support"),
    ],
    "diagnosis": [("Claim", "diagnosis", "must_support", "must_support")],
    "order.*.category": [("Claim", "item.category", "mandatory", "mandatory")],
    "order.*.place": [("Claim", "item.location[x]", "must_support", "mandatory")],
    "order.*.quantity": [("Claim", "item.quantity", "must_support", "must_support")],
    "request.certification": [("Claim", "item.extension:certificationType", "must_support", "mandatory")],
    "request.request_type": [("Claim", "item.extension:serviceItemRequestType", "must_support", "mandatory")],
    "request.report_type": [("Claim", "supportingInfo.extension:documentInformation", None, "mandatory")],
    "request.identifier": [("Claim", "identifier", "mandatory", "mandatory")],
}


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("version", VERSIONS)
def test_what_is_taken_away_is_named_and_nothing_is_invented(make, said, key, version):
    changed = said
    for each in key.split():
        changed = without(changed, each)
    whole, made = make(version=version), make(changed, version)
    rows = made.missing_
    named = set(zip(rows["resource"], rows["path"], rows["level"], strict=True))
    at = 2 + VERSIONS.index(version)
    assert {(row[0], row[1], row[at]) for row in KEYS[key] if row[at]} <= named
    assert all(words.endswith(".") for words in rows["words"])
    assert list(rows["level"]) == sorted(rows["level"])
    assert _texts(made.bundle) - _texts(whole.bundle) <= {
        "unknown", "http://hl7.org/fhir/StructureDefinition/data-absent-reason"
    }  # fmt: skip


def _texts(value):
    """Return all texts of a bundle but ids, references, and what is made of the report."""
    if isinstance(value, dict):
        return set().union(
            *(_texts(each) for name, each in value.items() if name not in ("id", "fullUrl", "reference"))
        )
    if isinstance(value, list):
        return set().union(*(_texts(each) for each in value))
    return {str(value)}


@pytest.mark.parametrize("version", VERSIONS)
def test_an_absent_category_is_said_to_be_unknown(make, said, version):
    item = resources(make(without(said, "order.*.category"), version), "Claim")[0]["item"][0]
    absent = {"url": "http://hl7.org/fhir/StructureDefinition/data-absent-reason", "valueCode": "unknown"}
    assert item["category"] == {"extension": [absent]}


def test_a_request_that_gives_almost_nothing_is_written(make):
    order = {"kind": "medication", "system": "urn:example:drugs", "code": "1"}
    small = {"request": {"author": "A"}, "coverage": {}, "insurer": {}, "provider": {}, "order": [order]}
    made = make(small, "2.2.1")
    assert read_request(made.bundle).findings == []
    assert {"Practitioner", "PractitionerRole"}.isdisjoint(
        each["resource"]["resourceType"] for each in made.bundle["entry"]
    )
    with pytest.raises(NotAnswerableError) as caught:
        made.require_complete()
    assert (caught.value.code, caught.value.exit_code) == ("request-incomplete", 4)


def test_rows_of_what_is_missing_agree_with_the_published_profiles(shared):
    """Mandatory and must-support paths of the 2.0.1 profiles, as the PAS test kit lists them (rules.json)."""
    rules = json.loads((shared / "data/administration/pas_2.0.1/rules.json").read_text())["v2.0.1"]
    profiles = {
        "Bundle": "pas_request_bundle", "Claim": "claim_update", "Organization:provider": "requestor",
        "Organization:insurer": "insurer", "Coverage": "coverage", "Patient": "beneficiary",
        "Practitioner": "practitioner", "MedicationRequest": "medication_request", "ServiceRequest": "service_request",
    }  # fmt: skip
    for rule in profile_rules():
        level = rule.levels.get("2.0.1")
        held = rules[profiles[rule.resource]]
        kind = rule.resource.partition(":")[0]
        name = rule.path.partition("extension:")[2]
        asked = held["must_support"] + [f"extension:{each.rpartition('-')[2]}" for each in held["extensions"]]
        asked += [each.removeprefix(f"{kind}.") for each in held["slices"]]
        if level == "mandatory":
            assert f"{kind}.{rule.path}" in held["mandatory"], rule
        elif level is not None:
            assert f"{kind}.{rule.path}" not in held["mandatory"], rule
            assert rule.path in asked or f"extension:{name}" in asked, rule


def test_every_path_of_a_whole_request_is_given(said):
    request = read_request_file(said)
    for version in VERSIONS:
        assert [each.rule for each in path_states(request, version) if not each.given] == []


def test_genotypes_behind_guidance_are_attached(ranked, said, reports):
    """A row of guidance that the patient's report holds is derived from the genotype; the others from none."""
    from genorx.pgx.guidance.safety import safety_row

    pgx_report = reports[0]
    found = next(row for rows in pgx_report.drugs.values() for row in rows if _called(pgx_report, row))
    ranked["patient_id"] = pgx_report.sample
    ranked["options"][0]["safety"] = [safety_row(found), *ranked["options"][0]["safety"]]
    made = authorization(ranked, "folfiri", request=said, pgx=reports, created=CREATED)
    seen = {each["id"]: each for each in resources(made, "Observation")}
    kinds = [each["code"]["coding"][0]["code"] for each in seen.values()]
    assert kinds.count("84413-4") >= 1
    derived = [link for each in seen.values() for link in each.get("derivedFrom", ())]
    linked = [each["reference"].removeprefix("urn:uuid:") for each in derived if "reference" in each]
    assert linked
    assert all(seen[each]["code"]["coding"][0]["code"] == "84413-4" for each in linked)
    patient = resources(made, "Patient")[0]["id"]
    assert {each["subject"]["reference"] for each in seen.values()} == {f"urn:uuid:{patient}"}


def _called(report, row):
    return row.keys and all(gene in report.genes and report.genes[gene].call.called for gene in row.keys)


def test_pharmacogenes_of_somebody_else_are_said_to_be_so(make, reports):
    assert [each.code for each in make(pgx=reports).findings] == ["pgx-no-report"]


BAD = [
    (lambda said: said["request"].pop("author"), "no-author"),
    (lambda said: said.pop("order"), "no-order"),
    (lambda said: said.pop("coverage"), "no-coverage"),
    (lambda said: said.pop("insurer"), "no-insurer"),
    (lambda said: said.pop("provider"), "no-provider"),
    (lambda said: said["patient"].update(birthdate="1961-07-19"), "unknown-key"),
    (lambda said: said["patient"].update(Wendelgard="x"), "unknown-key"),
    (lambda said: said.update({"+1-555-0142-776": "x"}), "unknown-key"),
    (lambda said: said["patient"].update(birth_date="1961-02-30"), "wrong-value"),
    (lambda said: said["order"][0].pop("system"), "missing-key"),
    (lambda said: said["request"]["certification"].pop("system"), "missing-key"),
    (lambda said: said["order"][0].update(end="2026-01-01"), "wrong-value"),
    (lambda said: said["coverage"].update(start="2027-01-01"), "wrong-value"),
    (lambda said: said["order"][0]["quantity"].update(value=0), "wrong-value"),
    (lambda said: said["order"][0].update(kind="device"), "wrong-value"),
    (lambda said: said["request"].update(message="x" * 2_000_000), "wrong-value"),
    (lambda said: said["patient"].update(gender="Wendelgard"), "wrong-value"),
]


@pytest.mark.parametrize(("change", "code"), BAD)
def test_a_bad_request_is_refused_without_a_word_of_a_person(make, said, change, code, personal):
    change(said)
    with pytest.raises(InputError) as caught:
        make(said)
    assert (caught.value.code, caught.value.exit_code) == (code, 3)
    whole = "".join(traceback.format_exception(caught.value))
    assert not [each for each in personal if each in whole]


def test_a_request_does_not_show_the_bundle_by_itself(make, personal):
    assert not [each for each in personal if each in repr(make())]


def test_an_unknown_key_has_its_line_and_the_nearest_key(ranked, request_file, request_text):
    request_file.write_text(request_text.replace("birth_date", "birth_dat"), encoding="utf-8")
    with pytest.raises(
        InputError, match=r'request.toml:\d+: unknown key "patient.birth_dat". did you mean "birth_date"'
    ):
        authorization(ranked, "folfiri", request=request_file)


def test_faults_are_named_at_once(make, said):
    said["patient"]["familly"] = "x"
    said["order"][0]["displai"] = "y"
    with pytest.raises(InputError, match="and 1 more") as caught:
        make(said)
    assert "familly" in str(caught.value)
    assert "displai" in str(caught.value)


def test_a_file_that_is_no_toml_is_refused(ranked, request_file):
    request_file.write_text("[request\n", encoding="utf-8")
    with pytest.raises(InputError) as caught:
        authorization(ranked, "folfiri", request=request_file)
    assert caught.value.code == "toml"


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"version": "1.1.0"}, "pas-version"),
        ({"created": "2026-03-01"}, "created"),
        ({"created": "2026-03-01T10:00:00"}, "created"),
        ({"created": "2026-02-30T10:00:00Z"}, "created"),
        ({"created": "2026-06-30T23:59:60Z"}, "created"),
        ({"created": 3}, "created"),
    ],
)
def test_a_call_that_cannot_be_is_wrong_usage(ranked, said, more, code):
    with pytest.raises(UsageError) as caught:
        authorization(ranked, "folfiri", request=said, **more)
    assert (caught.value.code, caught.value.exit_code) == (code, 2)


def test_an_unknown_option_is_named_with_the_nearest(ranked, said):
    with pytest.raises(UsageError, match="folfiri") as caught:
        authorization(ranked, "folfirri", request=said)
    assert caught.value.code == "no-such-option"


def test_a_request_is_a_file_or_a_mapping(ranked):
    with pytest.raises(UsageError) as caught:
        authorization(ranked, "folfiri", request=3)
    assert caught.value.code == "not-a-request"


def test_a_report_that_is_too_large_or_of_no_type_is_refused(make, tmp_path):
    large, strange = tmp_path / "report.html", tmp_path / "report.exe"
    large.write_bytes(b"x" * 10_000_001)
    strange.write_bytes(b"x")
    codes = []
    for path in (large, strange, tmp_path / "absent.html"):
        with pytest.raises(InputError) as caught:
            make(report=path)
        codes.append(caught.value.code)
    assert codes == ["report-large", "report-type", "file-not-found"]


@pytest.mark.parametrize(
    ("created", "written"),
    [
        ("2026-03-01T10:00:00Z", "2026-03-01T10:00:00Z"),
        ("2026-03-01T10:00:00+00:00", "2026-03-01T10:00:00+00:00"),
        ("2026-03-01T10:00:00.25+01:00", "2026-03-01T10:00:00+01:00"),
        (datetime(2026, 3, 1, 10, tzinfo=UTC), "2026-03-01T10:00:00Z"),
    ],
)
def test_the_moment_is_to_the_second_with_its_zone(ranked, said, created, written):
    made = authorization(ranked, "folfiri", request=said, created=created)
    assert made.bundle["timestamp"] == written
    assert resources(made, "Claim")[0]["created"] == written


def test_a_ranking_in_any_form_gives_the_same_request(ranking, ranking_file, said):
    """The object, its file and one patient's object of it; guidance and evidence of the option are attached."""
    forms = (ranking, ranking_file, json.loads(ranking.for_patient("P1").to_json())[0])
    made = [
        authorization(each, "capecitabine", request=said, patient_id="P1", created=CREATED).to_json() for each in forms
    ]
    assert made[0] == made[1] == made[2]
    kinds = [each["resource"]["resourceType"] for each in json.loads(made[0])["entry"]]
    assert kinds.count("Observation") == 4


def test_the_default_moment_is_that_of_the_variable(ranked, said, monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1000000000")
    made = authorization(ranked, "folfiri", request=said)
    assert made.bundle["timestamp"] == "2001-09-09T01:46:40Z"


def test_the_checklist_names_elements_and_no_person(make, said, personal):
    said["patient"].pop("gender")
    made = make(said)
    for page in (made.to_html(), made._repr_html_()):
        assert "Ask the patient for the administrative gender" in page
        assert "[[order]] category" in page
        assert "irinotecan" in page
        assert not [each for each in personal if each in page]


@pytest.mark.parametrize("version", VERSIONS)
def test_every_resource_is_one_of_r4(make, said, version):
    """Parsed by the R4B models of fhir.resources."""
    from fhir.resources import R4B as models

    for path in (None, *itertools.chain.from_iterable(each.split() for each in KEYS)):
        made = make(None if path is None else without(said, path), version)
        for entry in made.bundle["entry"]:
            kind = models.get_fhir_model_class(entry["resource"]["resourceType"])
            kind.model_validate_json(json.dumps(entry["resource"]))


def test_the_request_file_of_the_guide_is_one(ranked):
    text = (Path(__file__).resolve().parents[3] / "docs/guide/care_request.md").read_text(encoding="utf-8")
    stated = tomllib.loads(text.split("```toml")[1].split("```")[0])
    assert authorization(ranked, "folfiri", request=stated, created=CREATED).version == "2.0.1"
