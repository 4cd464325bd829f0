"""FHIR claims of R4 and STU3, written from the resources' pages and the Blue Button guide's code systems."""

import copy
import json

import numpy as np
import pytest

from genorx.audit import read_claims
from genorx.errors import TableError

NPI = "http://hl7.org/fhir/sid/us-npi"


def provider(number, system=NPI):
    return {"identifier": {"system": system, "value": number}}


def coding(code, system=None):
    return {"coding": [{"code": code} | ({} if system is None else {"system": system})]}


R4 = {
    "resourceType": "ExplanationOfBenefit",
    "id": "E1",
    "status": "active",
    "patient": {"reference": "Patient/-2014"},
    "billablePeriod": {"start": "2024-01-01", "end": "2024-01-31"},
    "provider": provider("1111111112"),
    "careTeam": [
        {"sequence": 1, "provider": provider("2222222222"), "role": coding("primary")},
        {"sequence": 2, "provider": provider("3333333333"), "role": coding("assist")},
        {"sequence": 3, "provider": provider("X99", "urn:upin"), "role": coding("performing")},
    ],
    "diagnosis": [
        {"sequence": 1, "diagnosisCodeableConcept": coding("C50.919", "http://hl7.org/fhir/sid/icd-10-cm")},
        {"sequence": 2, "diagnosisCodeableConcept": coding("Z511")},
    ],
    "item": [
        {
            "sequence": 4,
            "careTeamSequence": [2],
            "diagnosisSequence": [2],
            "productOrService": coding("J9035", "https://bluebutton.cms.gov/resources/codesystem/hcpcs"),
            "modifier": [coding("jw"), {"coding": [{"code": "59"}, {"code": "XX"}]}],
            "servicedPeriod": {"start": "2024-01-05", "end": "2024-01-06"},
            "locationCodeableConcept": coding("11"),
            "quantity": {"value": 27.5, "unit": "UN"},
            "net": {"value": 1674.1},
        }
    ],
}


@pytest.fixture
def read(tmp_path):
    def write(*values, name="claims.json", between="\n"):
        path = tmp_path / name
        path.write_text(between.join(each if isinstance(each, str) else json.dumps(each) for each in values))
        return read_claims(path)

    return write


def changed(**values):
    return copy.deepcopy(R4) | values


def item(**values):
    made = changed()
    made["item"][0] |= values
    made["item"][0] = {name: value for name, value in made["item"][0].items() if value is not None}
    return made


def test_every_column_of_an_item(read):
    line = read(R4).iloc[0]
    assert line.to_dict() == {
        "file": "claims.json",
        "format": "fhir",
        "claim_id": "E1",
        "line": 4,
        "patient_id": "-2014",
        "npi": "3333333333",
        "billing_npi": "1111111112",
        "service_date": "2024-01-05",
        "service_end": "2024-01-06",
        "code": "J9035",
        "units": 27.5,
        "unit_type": "UN",
        "modifiers": "JW 59",
        "diagnosis": "Z511",
        "frequency": "1",
        "original_claim": "",
        "charge": 1674.1,
        "revenue": "",
        "ndc": "",
        "place": "11",
        "status": "active",
    }


def test_the_names_of_stu3(read):
    stu3 = changed(provider=None, organization=provider("7777777777"))
    stu3 = {name: value for name, value in stu3.items() if value is not None}
    found = stu3["item"][0]
    for new, old in (
        ("productOrService", "service"),
        ("careTeamSequence", "careTeamLinkId"),
        ("diagnosisSequence", "diagnosisLinkId"),
    ):
        found[old] = found.pop(new)
    category = coding("https://bluebutton.cms.gov/resources/variables/line_sbmtd_chrg_amt")
    del found["net"]
    found["adjudication"] = [
        {
            "category": coding("https://bluebutton.cms.gov/resources/variables/line_alowd_chrg_amt"),
            "amount": {"value": 1},
        },
        {"category": category, "amount": {"value": 186.1}},
    ]
    line = read(stu3).iloc[0]
    assert line[["code", "npi", "billing_npi", "diagnosis"]].tolist() == ["J9035", "3333333333", "7777777777", "Z511"]
    assert line["charge"] == 186.1


@pytest.mark.parametrize(
    ("codings", "code", "ndc"),
    [
        ([("x", "A1"), ("http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets", "J1")], "J1", ""),
        ([("urn:oid:2.16.840.1.113883.6.285", "J1"), ("http://hl7.org/fhir/sid/ndc", "123")], "J1", "123"),
        ([("http://hl7.org/fhir/sid/ndc", "123"), ("x", "A1")], "", "123"),
        ([("http://www.ama-assn.org/go/cpt", "99999")], "99999", ""),
        ([("x", "A1"), ("y", "B1")], "A1", ""),
    ],
)
def test_which_coding_is_the_code(read, codings, code, ndc):
    service = {"coding": [{"system": system, "code": value} for system, value in codings]}
    line = read(item(productOrService=service)).iloc[0]
    assert line[["code", "ndc"]].tolist() == [code, ndc]


def test_who_renders_when_the_item_names_nobody_with_a_number(read):
    assert read(item(careTeamSequence=None))["npi"][0] == "2222222222"  # performing has no NPI, primary has
    assert read(item(careTeamSequence=[3]))["npi"][0] == "2222222222"
    nobody = changed(careTeam=[])
    assert read(nobody)["npi"][0] == "1111111112"
    other = changed(careTeam=[], provider={"reference": "#p"}, organization=provider("7777777777"))
    assert read(other)[["npi", "billing_npi"]].iloc[0].tolist() == ["7777777777", "7777777777"]


def test_a_provider_by_reference(read):
    doctor = {"resourceType": "Practitioner", "id": "9", "identifier": [{"system": "x", "value": "1"}]}
    doctor["identifier"].append({"system": NPI, "value": "4444444444"})
    claim = changed(careTeam=[], provider={"reference": "Practitioner/9"})
    bundle = {"resourceType": "Bundle", "entry": [{"resource": claim}, {"resource": doctor}]}
    claims = read(bundle)
    assert claims["npi"].tolist() == ["4444444444"]
    assert [each.code for each in claims.attrs["findings"]] == ["resource-not-claim"]
    inside = changed(careTeam=[], provider={"reference": "#9"}, contained=[doctor])
    assert read(inside)["npi"].tolist() == ["4444444444"]


@pytest.mark.parametrize(
    ("days", "first", "last"),
    [
        ({"servicedDate": "2024-02-03"}, "2024-02-03", "2024-02-03"),
        ({"servicedPeriod": {"start": "2024-02-03"}}, "2024-02-03", "2024-02-03"),
        ({}, "2024-01-01", "2024-01-31"),
    ],
)
def test_the_day_of_a_line(read, days, first, last):
    line = read(item(**({"servicedPeriod": None} | days))).iloc[0]
    assert line[["service_date", "service_end"]].tolist() == [first, last]


def test_claims_that_are_replaced_cancelled_or_in_error(read):
    related = [{"relationship": coding("prior"), "claim": {"reference": "https://x/Claim/E0"}}]
    line = read(changed(related=related)).iloc[0]
    assert line[["frequency", "original_claim"]].tolist() == ["7", "E0"]
    for status in ("cancelled", "entered-in-error"):
        assert read(changed(status=status))[["frequency", "status"]].iloc[0].tolist() == ["8", status]
    other = [{"relationship": coding("associated"), "claim": {"reference": "Claim/E0"}}]
    assert read(changed(related=other))["frequency"][0] == "1"


def test_lines_without_code_and_claims_without_lines(read):
    line = read(changed(item=[{"sequence": 1, "revenue": coding("0450")}])).iloc[0]
    assert line[["code", "revenue", "diagnosis"]].tolist() == ["", "0450", "C50919 Z511"]
    assert np.isnan(line["units"])
    whole = read(changed(item=[])).iloc[0]
    assert (whole["line"], whole["service_date"]) == (0, "2024-01-01")


@pytest.mark.parametrize("name", ["claims.json", "claims.txt", "claims.ndjson"])
def test_one_resource_a_line_a_list_and_a_bundle_are_the_same(read, name):
    second = changed(id="E2")
    assert read(R4, second, name=name)["claim_id"].tolist() == ["E1", "E2"]
    if name != "claims.ndjson":
        assert read([R4, second], name=name)["claim_id"].tolist() == ["E1", "E2"]
        bundle = {"resourceType": "Bundle", "entry": [{"resource": R4}, {"resource": second}]}
        assert read(bundle, name=name)["claim_id"].tolist() == ["E1", "E2"]


def test_other_resources_are_counted(read):
    claims = read(
        [R4, {"resourceType": "Patient", "id": "p", "name": [{"family": "Doe"}]}, {"resourceType": "Coverage"}]
    )
    (finding,) = claims.attrs["findings"]
    assert (finding.code, finding.message) == ("resource-not-claim", "2 resources are not claims")


def test_a_file_without_claims_has_no_lines(read):
    claims = read({"resourceType": "Patient", "id": "p"})
    assert len(claims) == 0
    assert [each.code for each in claims.attrs["findings"]] == ["resource-not-claim"]


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("{", "claims-format"),
        ('{"resourceType": "Claim"', "claims-format"),
        ('{"a": 1}', "claims-format"),
        ("[1]", "claims-format"),
        ('{"resourceType": "Claim"}', "claims-format"),
        ('{"resourceType": "Claim", "id": "x", "item": 5}', "claims-format"),
        ('{"resourceType": "Claim", "id": "x", "id": "y"}', "claims-format"),
        (changed(item=[{"sequence": 1, "quantity": {"value": "two"}}]), "claims-format"),
        ('{"resourceType": "Claim", "id": "x", "item": [{"sequence": 1e400}]}', "claims-format"),
        (changed(item=[{"sequence": -1}]), "claims-format"),
        (changed(item=[{"sequence": 1, "quantity": {"value": -2}}]), "claim-units"),
        (changed(item=[{"sequence": 1, "net": {"value": -2}}]), "claim-charge"),
        (changed(item=[{"sequence": 1}, {"sequence": 1}]), "claim-line-twice"),
    ],
)
def test_what_is_refused(read, value, code):
    with pytest.raises(TableError) as caught:
        read(value)
    assert caught.value.code == code
    assert caught.value.exit_code == 3
