"""Records of what did not take place, codes in second place, and columns that no record fills, in the wide table."""

import pytest

import genorx as gx

RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
ICD = "http://hl7.org/fhir/sid/icd-10-cm"
PROCEDURES = "http://hospital.example/procedures"
DRUG = {"name": "drug", "from": "medications", "code": f"{RXNORM}|2555", "pick": "any", "absent": "no"}
SURGERY = {"name": "surgery", "from": "procedures", "code": f"{PROCEDURES}|1", "pick": "any", "absent": "no"}
DIABETES = {"name": "diabetes", "from": "conditions", "code": f"{ICD}|E11*", "pick": "any", "absent": "no"}
POTASSIUM = {"name": "potassium", "from": "measurements", "code": "http://loinc.org|2823-3"}


def record(kind, code, system, element="code", **more):
    coding = [{"system": system, "code": code}]
    about = {"subject": {"reference": "Patient/p1"}, element: {"coding": coding}}
    return {"resourceType": kind, "id": f"{kind.lower()}-1", **about, **more}


def drug(kind, **more):
    return record(kind, "2555", RXNORM, "medicationCodeableConcept", **more)


def diagnosis(code="E11.9", system=ICD, **more):
    return record("Condition", code, system, **more)


def read(made, tmp_path, *resources):
    return gx.read_fhir(made.write(tmp_path, made.bundle(made.patient(), made.patient("p2"), *resources)))


@pytest.mark.parametrize(
    ("kind", "status", "took"),
    [
        ("MedicationAdministration", "not-done", 0), ("MedicationAdministration", "stopped", 1),
        ("MedicationStatement", "not-taken", 0), ("MedicationStatement", "intended", 0),
        ("MedicationStatement", "active", 1), ("MedicationRequest", "cancelled", 0), ("MedicationRequest", "draft", 0),
        ("MedicationRequest", "stopped", 1), ("MedicationDispense", "declined", 0),
        ("MedicationDispense", "preparation", 0), ("MedicationDispense", "completed", 1),
    ],
)  # fmt: skip
def test_a_drug_that_was_not_given_is_not_a_drug_that_was(made, tmp_path, kind, status, took):
    """Definitions of the states in FHIR R4: event-status, medicationrequest-status and their sisters."""
    tables = read(made, tmp_path, drug(kind, status=status))
    assert tables.medications["status"].tolist() == [status]
    assert tables.wide({"column": [DRUG]})["drug"].tolist() == [took, 0]
    assert ("not-done" in made.codes(tables)) == (took == 0)


@pytest.mark.parametrize(("status", "took"), [("not-done", 0), ("preparation", 0), ("stopped", 1), ("completed", 1)])
def test_a_procedure_that_was_not_done_does_not_count(made, tmp_path, status, took):
    """FHIR R4: not-done ends before any activity, stopped after at least some of it."""
    tables = read(made, tmp_path, record("Procedure", "1", PROCEDURES, status=status))
    assert tables.wide({"column": [SURGERY]})["surgery"].tolist() == [took, 0]
    assert tables.wide({"column": [SURGERY | {"absent": "missing"}]})["surgery"].isna().tolist() == [not took, True]


def test_a_drug_that_must_not_be_given_is_no_request(made, tmp_path):
    """``doNotPerform`` is a modifier element of FHIR R4: a reader may not ignore it."""
    tables = read(made, tmp_path, drug("MedicationRequest", status="active", doNotPerform=True))
    assert len(tables.medications) == 0
    assert "not-done" in made.codes(tables)
    again = read(made, tmp_path, drug("MedicationRequest", status="active", doNotPerform=False))
    assert len(again.medications) == 1


def test_a_potential_adverse_event_is_no_event(made, tmp_path):
    about = {"subject": {"reference": "Patient/p1"}, "event": {"text": "fall"}}
    potential = {"resourceType": "AdverseEvent", "id": "a", "actuality": "potential", **about}
    tables = read(made, tmp_path, potential, potential | {"id": "b", "actuality": "actual"})
    assert tables.events["source"].tolist() == ["f.json#AdverseEvent/b"]


def test_a_modifier_that_is_not_known_leaves_its_resource_out(made, tmp_path):
    """FHIR R4, isModifier: an application that does not know a modifierExtension must not use the resource."""
    tables = read(made, tmp_path, diagnosis(modifierExtension=[{"url": "http://x.org/negated", "valueBoolean": True}]))
    assert len(tables.conditions) == 0
    found = next(each for each in tables.findings if each.code == "modifier-extension")
    assert (found.severity, found.place) == ("serious", "entry[2].resource")


@pytest.mark.parametrize("local_first", [True, False])
def test_any_coding_of_a_concept_counts_in_any_order(made, tmp_path, local_first):
    """A CodeableConcept is one concept in several code systems; their order says nothing (FHIR R4, datatypes)."""
    codings = [{"system": "urn:local", "code": "DM2"}, {"system": ICD, "code": "E11.9"}]
    listed = diagnosis(recordedDate="2020-01-01") | {"code": {"coding": codings if local_first else codings[::-1]}}
    potassium = made.observation("k", **made.amount(4.1, "mmol/L"))
    other = {"system": "http://loinc.org", "code": "2823-3"}
    potassium["code"]["coding"] = [{"system": "urn:local", "code": "K"}, other][:: 1 if local_first else -1]
    tables = read(made, tmp_path, listed, potassium)
    wide = tables.wide({"column": [DIABETES, POTASSIUM]})
    assert wide["diabetes"].tolist() == [1, 0]
    assert wide["potassium"].iloc[0] == pytest.approx(4.1)
    assert not made.codes(tables)


@pytest.mark.parametrize("local_first", [True, False])
def test_any_coding_of_a_referenced_medication_counts(made, tmp_path, local_first):
    codings = [{"system": "urn:local", "code": "PLAT1"}, {"system": RXNORM, "code": "2555"}]
    named = {"resourceType": "Medication", "id": "m", "code": {"coding": codings[:: 1 if local_first else -1]}}
    given = drug("MedicationAdministration", status="completed", medicationReference={"reference": "Medication/m"})
    del given["medicationCodeableConcept"]
    assert read(made, tmp_path, given, named).wide({"column": [DRUG]})["drug"].tolist() == [1, 0]


def test_dropped_copies_do_not_shift_other_codings(made, tmp_path):
    """The first resource occurs twice: labels of rows are those after its copy is dropped."""
    codings = [{"system": "urn:local", "code": "DM2"}, {"system": ICD, "code": "E11.9"}]
    other = diagnosis("I10") | {"id": "x", "subject": {"reference": "Patient/p2"}}
    tables = read(made, tmp_path, other, other, diagnosis() | {"code": {"coding": codings}})
    assert tables.wide({"column": [DIABETES]})["diabetes"].tolist() == [1, 0]


@pytest.mark.parametrize(
    ("system", "code"),
    [("http://hl7.org/fhir/sid/icd-10", "E11.9"), (ICD, "e11.9"), ("urn:oid:2.16.840.1.113883.6.90", "E11.9")],
)
def test_a_code_under_another_system_or_spelling_is_reported(made, tmp_path, system, code):
    tables = read(made, tmp_path, diagnosis(code, system))
    assert tables.wide({"column": [DIABETES]})["diabetes"].tolist() == [0, 0]
    found = {each.code: each for each in tables.findings}
    assert found["code-alike"].severity == "serious"
    assert f"{system}|{code}" in found["code-alike"].message
    assert found["code-unseen"].place == 'column "diabetes"'


def test_a_column_whose_codes_no_record_has_is_reported(made, tmp_path):
    tables = read(made, tmp_path, diagnosis("I10"))
    tables.wide({"column": [DIABETES, POTASSIUM]})
    messages = {each.place: each.message for each in tables.findings if each.code == "code-unseen"}
    assert messages['column "diabetes"'].endswith("it is 0 for all")
    assert messages['column "potassium"'].endswith("it is missing for all")
    assert "code-alike" not in made.codes(tables)


def test_a_diagnosis_that_is_not_confirmed_is_reported(made, tmp_path):
    tables = read(made, tmp_path, diagnosis(verificationStatus={"coding": [{"code": "differential"}]}))
    assert tables.wide({"column": [DIABETES]})["diabetes"].tolist() == [1, 0]
    assert "diagnosis-unconfirmed" in made.codes(tables)


def test_a_patient_without_an_index_day_has_no_zero(made, tmp_path):
    tables = read(made, tmp_path, diagnosis(recordedDate="2020-01-01"))
    wide = tables.wide({"column": [DIABETES]}, {"p1": "2024-01-01", "elsewhere": "2024-01-01"})
    assert wide["diabetes"].isna().tolist() == [False, True]
    assert {"no-index", "index-of-unknown"} <= made.codes(tables)


def test_a_result_that_is_absent_for_a_reason_is_no_result(made, tmp_path):
    absent = made.observation("a", "2823-3", dataAbsentReason={"coding": [{"code": "not-performed"}]})
    column = POTASSIUM | {"pick": "count", "absent": "no"}
    assert read(made, tmp_path, absent).wide({"column": [column]})["potassium"].tolist() == [0, 0]


@pytest.mark.parametrize("pick", ["first", "last"])
def test_results_that_differ_on_the_selected_day_are_reported(made, tmp_path, pick):
    """The last in the files is used, so their order decides; the same value twice is no difference."""
    low = made.observation("a", "2823-3", **made.amount(3.0, "mmol/L"))
    high = made.observation("b", "2823-3", **made.amount(6.0, "mmol/L"))
    tables = read(made, tmp_path, low, high)
    value = tables.wide({"column": [POTASSIUM | {"pick": pick}]})["potassium"].iloc[0]
    assert value == pytest.approx({"first": 3.0, "last": 6.0}[pick])
    assert "several-on-day" in made.codes(tables)
    same = read(made, tmp_path, low, low | {"id": "c"})
    same.wide({"column": [POTASSIUM | {"pick": pick}]})
    assert "several-on-day" not in made.codes(same)


def test_a_subject_at_another_address_is_reported_as_joined_by_its_id(made, tmp_path):
    tables = read(made, tmp_path, diagnosis() | {"subject": {"reference": "https://other.org/fhir/Patient/p1"}})
    message = next(each.message for each in tables.findings if each.code == "subject-not-in-file")
    assert message == "1 row is joined by id alone: the file has no patient at the subject's address"
