"""FHIR R4 as tables: what each resource becomes, what is refused, what is named."""

import json

import pandas as pd
import pytest

import genorx as gx
from genorx.errors import InputError
from genorx.interop.reading.columns import COLUMNS

REFUSED = {"invalid_date_condition-bundle.json", "invalid_date_medication-request-bundle.json"}


def test_every_shared_file_is_read_or_refused_as_its_readme_says(exchange):
    for folder in ("hl7_genomics_reporting", "genomics_operations", "mcode"):
        for path in sorted((exchange / folder).glob("*.json")):
            if path.name in REFUSED:
                with pytest.raises(InputError) as caught:
                    gx.read_fhir(path)
                assert caught.value.code == "date", path.name
                assert ".resource." in caught.value.place
                continue
            tables = gx.read_fhir(path)
            for name, columns in COLUMNS.items():
                assert tuple(tables.frame(name).columns) == columns


def test_variants_of_the_guide_have_gene_place_and_allele(exchange):
    """HL7's EGFR L858R: NC_000007.13:g.55259515T>G, 6.6 % of reads (the file)."""
    row = gx.read_fhir(exchange / "hl7_genomics_reporting/Observation-EGFR-L858R-var.json").variants.iloc[0]
    assert (row.gene, row.gene_id, row.assembly, row.chrom, row.pos) == ("EGFR", "HGNC:3236", "GRCh37", "7", 55259515)
    assert row.allele == "GRCh37:7:55259515:T:G"
    assert (row.hgvs_p, row.origin, row.presence) == ("NP_005219.2:p.Leu858Arg", "somatic", "present")
    assert row.allele_fraction == pytest.approx(0.066)


def test_zero_based_ranges_of_the_operations_server_agree_with_its_spdi(exchange):
    row = gx.read_fhir(exchange / "genomics_operations/find_subject_variants_5.json").variants.iloc[0]
    assert (row.pos, row.allele, row.zygosity) == (69511, "GRCh37:1:69511:A:G", "homozygous")
    deletion = gx.read_fhir(exchange / "genomics_operations/find_subject_structural_intersecting_variants_3.json")
    row = deletion.variants.iloc[0]  # inner range 24055072 to 49362048, 0-based interval
    assert (row.start, row.end, row.change_type) == (24055073, 49362048, "deletion")
    assert pd.isna(row.pos)


def test_repeated_resources_of_the_server_count_once(exchange):
    tables = gx.read_fhir(exchange / "genomics_operations/find_subject_variants_5.json")
    assert len(tables.variants) == 1


def test_staging_is_a_code(exchange):
    rows = gx.read_fhir(exchange / "mcode/csv-staging-bundle.json").measurements
    assert list(rows.value_code) == ["cT3", "cM0", "cN3", "3C"]
    assert set(rows.patient_id) == {"mrn-1"}


def test_an_adverse_event_has_grade_and_seriousness(exchange):
    row = gx.read_fhir(exchange / "mcode/csv-ctc-adverse-event-bundle.json").events.iloc[0]
    assert (row.code, row["name"], row.grade, row.serious, row.date) == ("109006", "event-text", "1", 1, "1994-12-09")


def test_of_a_person_nothing_else_is_kept_or_written(exchange, tmp_path):
    tables = gx.read_fhir(exchange / "mcode/extended-patient-bundle.json", index="2024-08-24")
    tables.write(tmp_path / "out")
    everything = (
        "\n".join(path.read_text() for path in (tmp_path / "out").iterdir()) + tables._repr_html_() + repr(tables)
    )
    for private in ("Marshall", "Archy", "Adams", "555-555", "amy.shaw", "Chalmers", "R0lGOD", "1994-08-24"):
        assert private not in everything
    assert tables.patients.age_years.iloc[0] == pytest.approx(30, abs=0.01)
    assert tables.patients.birth_date.iloc[0] == "1994-08-24"


def test_values_of_each_type_fill_their_columns(made, tmp_path):
    path = write_values(made, tmp_path)
    rows = gx.read_fhir(path).measurements.set_index("source")
    rows.index = [name.rpartition("/")[2] for name in rows.index]
    assert (rows.value["quantity"], rows.unit["quantity"], rows.comparator["quantity"]) == (1.5, "mg/dL", "<")
    assert rows.value["yes"] == 1
    assert rows.value["seven"] == 7
    assert rows.value_text["words"] == "seen"
    assert (rows.value_system["coded"], rows.value_code["coded"]) == ("http://loinc.org", "LA1")
    assert pd.isna(rows.value["absent"])
    assert rows.absent_reason["absent"] == "not-performed"


def write_values(made, tmp_path):
    reason = {"dataAbsentReason": {"coding": [{"code": "not-performed"}]}}
    return made.write(
        tmp_path,
        made.bundle(
            made.patient(),
            made.observation("quantity", **made.amount(1.5, "mg/dL", comparator="<")),
            made.observation("yes", valueBoolean=True),
            made.observation("seven", valueInteger=7),
            made.observation("words", valueString="seen"),
            made.observation("coded", **made.coded("LA1")),
            made.observation("absent", **reason),
            made.observation("range", valueRange={"low": {"value": 1}}),
        ),
    )


def test_absent_and_unread_values_are_findings(made, tmp_path):
    assert {"value-absent", "value-not-read"} <= made.codes(gx.read_fhir(write_values(made, tmp_path)))


def test_components_without_own_value_are_rows(made, tmp_path):
    pressure = made.observation(
        "bp", "85354-9",
        component=[made.component("8480-6", **made.amount(120, "mm[Hg]")),
                   made.component("8462-4", **made.amount(80, "mm[Hg]")), made.component("8478-0")],
    )  # fmt: skip
    rows = gx.read_fhir(made.write(tmp_path, made.bundle(made.patient(), pressure))).measurements
    assert list(zip(rows.code, rows.value, strict=True)) == [("8480-6", 120), ("8462-4", 80)]
    stated = made.observation("own", component=pressure["component"], valueInteger=1)
    tables = gx.read_fhir(made.write(tmp_path, made.bundle(made.patient(), stated)))
    assert len(tables.measurements) == 1
    assert "component-not-read" in made.codes(tables)


@pytest.mark.parametrize(
    ("unit", "code", "contradicts"),
    [("mg/dL", "umol/L", True), ("mg/dL", "g/L", True), ("10^9/L", "10*9/L", False), ("mmHg", "mm[Hg]", False),
     ("IU/L", "U/L", False), ("mEq/L", "mmol/L", False), ("cells per microlitre", "10*3/uL", False)],
)  # fmt: skip
def test_two_units_that_cannot_be_the_same_leave_no_value(made, tmp_path, unit, code, contradicts):
    one = made.observation(**made.amount(1, code))
    one["valueQuantity"]["unit"] = unit
    tables = gx.read_fhir(made.write(tmp_path, made.bundle(made.patient(), one)))
    assert pd.isna(tables.measurements.value.iloc[0]) == contradicts
    assert ("unit-contradiction" in made.codes(tables)) == contradicts


def test_nobody_gets_the_rows_of_a_subject_that_is_not_there(made, tmp_path):
    other, nobody = made.observation("a", patient="p9"), made.observation("b")
    del nobody["subject"]
    group = made.observation("c") | {"subject": {"reference": "Group/g1"}}
    tables = gx.read_fhir(made.write(tmp_path, made.bundle(made.patient(), other, nobody, group)))
    assert tables.measurements.patient_id.fillna("-").tolist() == ["p9", "-", "-"]
    assert {"subject-not-in-file", "no-subject"} <= made.codes(tables)


def test_a_full_url_and_our_own_identifier_name_the_patient(made, tmp_path):
    own = made.patient("x", identifier=[{"system": "urn:genorx:patient", "value": "P7"}])
    content = made.bundle(own, made.observation() | {"subject": {"reference": "urn:uuid:u1"}})
    content["entry"][0]["fullUrl"] = "urn:uuid:u1"
    tables = gx.read_fhir(made.write(tmp_path, content))
    assert tables.measurements.patient_id.iloc[0] == tables.patients.patient_id.iloc[0] == "P7"


@pytest.mark.parametrize("name", ["P7", "HOSP/7", "urn:oid:7"])
def test_a_subject_named_by_our_own_identifier_is_that_patient(made, tmp_path, name):
    identifier = {"system": "urn:genorx:patient", "value": name}
    one = made.observation() | {"subject": {"identifier": identifier}}
    there = made.bundle(made.patient("x", identifier=[identifier]), one)
    tables = gx.read_fhir(made.write(tmp_path, there))
    assert tables.measurements.patient_id.tolist() == tables.patients.patient_id.tolist() == [name]
    assert "subject-not-in-file" not in made.codes(tables)
    tables = gx.read_fhir(made.write(tmp_path, made.bundle(one)))
    assert tables.measurements.patient_id.tolist() == [name]
    assert "subject-not-in-file" in made.codes(tables)


def test_the_same_resource_twice_counts_once_and_two_contents_are_refused(made, tmp_path):
    one, other = made.observation(valueInteger=1), made.observation(valueInteger=2)
    again = dict(reversed(list(one.items())))
    assert len(gx.read_fhir(made.write(tmp_path, made.bundle(made.patient(), one, again))).measurements) == 1
    with pytest.raises(InputError) as caught:
        gx.read_fhir(made.write(tmp_path, made.bundle(one, other)))
    assert (caught.value.code, caught.value.place) == ("resource-twice", "entry[1].resource")


def test_what_was_entered_in_error_is_left_out(made, tmp_path):
    wrong = made.observation("w") | {"status": "entered-in-error"}
    condition = {"resourceType": "Condition", "id": "c", "subject": {"reference": "Patient/p1"}, "code": {"text": "x"},
                 "verificationStatus": {"coding": [{"code": "entered-in-error"}]}}  # fmt: skip
    tables = gx.read_fhir(made.write(tmp_path, made.bundle(made.patient(), wrong, condition)))
    assert len(tables.measurements) == len(tables.conditions) == 0
    assert "entered-in-error" in made.codes(tables)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"effectiveDateTime": "2021-02-30"}, "date"),
        ({"effectiveDateTime": "YYYY-MM-DD"}, "date"),
        ({"effectiveDateTime": 2021}, "date"),
        ({"effectiveDateTime": "2021-02-03T10:00:00"}, "date"),
        ({"extension": [{"url": "u", "extension": [{"url": "v", "valueDate": "2021-13-01"}]}]}, "date"),
        ({"code": "2160-0"}, "not-r4"),
        ({"comments": "x"}, "not-r4"),
        ({"valueQuantity": {"value": "1.5"}}, "fhir"),
        ({"valueQuantity": 1.5}, "fhir"),
        ({"component": {"code": {}}}, "fhir"),
    ],
)
def test_what_r4_does_not_have_is_refused_with_its_path(made, tmp_path, change, code):
    with pytest.raises(InputError) as caught:
        gx.read_fhir(made.write(tmp_path, made.bundle(made.patient(), made.observation() | change)))
    assert caught.value.code == code
    assert caught.value.place.startswith("entry[1].resource")


def test_other_releases_are_refused_or_named(made, tmp_path):
    status = {
        "resourceType": "Condition",
        "id": "c",
        "clinicalStatus": "active",
        "subject": {"reference": "Patient/p1"},
    }
    with pytest.raises(InputError) as caught:
        gx.read_fhir(made.write(tmp_path, status))
    assert caught.value.code == "not-r4"
    claim = {"resourceType": "Claim", "id": "c", "encounter": [{"reference": "Encounter/1"}]}
    assert "not-r4" in made.codes(gx.read_fhir(made.write(tmp_path, made.bundle(made.patient(), claim))))


@pytest.mark.parametrize("content", [{"a": 1}, {"resourceType": "MedicationOrder"}, [1], "1"])
def test_what_is_no_fhir_is_refused(made, tmp_path, content):
    with pytest.raises(InputError) as caught:
        gx.read_fhir(made.write(tmp_path, content))
    assert caught.value.code == "fhir"


def test_an_empty_bundle_gives_empty_tables_and_says_so(made, tmp_path):
    tables = gx.read_fhir(made.write(tmp_path, {"resourceType": "Bundle", "type": "searchset"}))
    assert made.codes(tables) == {"nothing-read"}
    assert all(tables.frame(name).empty for name in COLUMNS)


def test_types_that_are_not_read_are_counted(made, tmp_path):
    other = {"resourceType": "Encounter", "id": "e"}
    tables = gx.read_fhir(made.write(tmp_path, made.bundle(made.patient(), other)))
    stated = {each.code: each.message for each in tables.findings}
    assert stated["resource-not-read"].endswith("Encounter 1")


def test_medications_take_their_code_from_where_it_stands(made, tmp_path):
    code = {"coding": [{"system": "s", "code": "c1", "display": "drug"}]}
    shared = {"status": "active", "subject": {"reference": "Patient/p1"}, "authoredOn": "2024-01-01"}
    dose = {"dosageInstruction": [{"doseAndRate": [{"doseQuantity": {"value": 5, "unit": "mg"}}]}]}
    own = {"resourceType": "MedicationRequest", "id": "a", "medicationCodeableConcept": code, **shared, **dose}
    linked = {
        "resourceType": "MedicationRequest",
        "id": "b",
        "medicationReference": {"reference": "Medication/m"},
        **shared,
    }
    inside = {"resourceType": "MedicationRequest", "id": "c", "medicationReference": {"reference": "#m"}, **shared,
              "contained": [{"resourceType": "Medication", "id": "m", "code": code}]}  # fmt: skip
    lost = {
        "resourceType": "MedicationRequest",
        "id": "d",
        "medicationReference": {"reference": "Medication/z"},
        **shared,
    }
    medication = {"resourceType": "Medication", "id": "m", "code": code}
    content = made.bundle(made.patient(), own, linked, inside, lost, lost, medication)
    tables = gx.read_fhir(made.write(tmp_path, content))
    rows, stated = tables.medications, {each.code: each.message for each in tables.findings}
    assert stated["medication-not-in-file"].startswith("1 record ")
    assert rows.code.fillna("-").tolist() == ["c1", "c1", "c1", "-"]
    assert (rows.dose.iloc[0], rows.dose_unit.iloc[0], rows.start.iloc[0]) == (5, "mg", "2024-01-01")


def test_without_a_coordinate_system_there_is_no_position(made, tmp_path):
    place = [made.component("48013-7", **made.coded("NC_000007.14")), made.component("69547-8", valueString="A"),
             made.component("69551-0", valueString="T"),
             made.component("81254-5", valueRange={"low": {"value": 140753336}})]  # fmt: skip
    tables = gx.read_fhir(made.write(tmp_path, made.bundle(made.patient(), made.variant(*place))))
    assert pd.isna(tables.variants.pos.iloc[0])
    assert "coordinate-system-not-told" in made.codes(tables)
    one_based = [*place, made.component("92822-6", **made.coded("LA30102-0"))]
    tables = gx.read_fhir(made.write(tmp_path, made.bundle(made.patient(), made.variant(*one_based))), assembly="hg38")
    assert tables.variants.allele.iloc[0] == "GRCh38:7:140753336:A:T"
    contradiction = [*one_based, made.component("81290-9", **made.coded("NC_000007.14:g.140753337A>T"))]
    tables = gx.read_fhir(made.write(tmp_path, made.bundle(made.patient(), made.variant(*contradiction))))
    assert pd.isna(tables.variants.pos.iloc[0])
    assert "variant-contradiction" in made.codes(tables)
    with pytest.raises(InputError) as caught:
        gx.read_fhir(made.write(tmp_path, made.bundle(made.patient(), made.variant(*one_based))), assembly="GRCh37")
    assert caught.value.code == "assembly"


@pytest.mark.parametrize(
    ("code", "presence"), [("LA9633-4", "present"), ("LA9634-2", "absent"), ("LA18198-4", "no_call")]
)
def test_a_variant_that_is_not_present_is_nobodys(made, tmp_path, code, presence):
    tables = gx.read_fhir(made.write(tmp_path, made.bundle(made.patient(), made.variant(present=code))))
    assert tables.variants.presence.iloc[0] == presence
    assert ("variant-not-present" in made.codes(tables)) == (presence != "present")
    assert tables.alterations("p1") == []


def test_alterations_go_into_a_match_and_genotypes_into_outside_calls(made, tmp_path):
    gene = made.component("48018-6", valueCodeableConcept={"coding": [{"code": "HGNC:1097", "display": "BRAF"}]})
    protein = made.component("48005-3", **made.coded("NP_004324.2:p.Val600Glu"))
    called = made.observation(
        "g", "84413-4",
        component=[made.component("48018-6", valueCodeableConcept={"text": "CYP2D6"})],
        valueCodeableConcept={"text": "CYP2D6 *1/*4"},
    )  # fmt: skip
    tables = gx.read_fhir(made.write(tmp_path, made.bundle(made.patient(), made.variant(gene, protein), called)))
    hits = gx.oncology.match(tables.alterations("p1"), "COAD")
    assert "civic:EID9851" in {hit.evidence_id for hit in hits}
    calls = tables.outside_calls()
    assert calls.to_dict("records") == [
        {"sample": "p1", "gene": "CYP2D6", "diplotype": "*1/*4", "phenotype": "", "activity_score": ""}
    ]


@pytest.mark.parametrize(
    ("copies", "calls"), [(0, ["deletion"]), (1, []), (2, []), (3, []), (6, ["amplification"])]
)  # total copies, of which two are normal: LOINC 82155-3 is no GISTIC number, where 2 is an amplification
def test_copies_of_a_gene_are_counted_from_none(made, tmp_path, copies, calls):
    gene = made.component("48018-6", valueCodeableConcept={"text": "ERBB2"})
    number = made.component("82155-3", valueQuantity={"value": copies})
    tables = gx.read_fhir(made.write(tmp_path, made.bundle(made.patient(), made.variant(gene, number))))
    assert tables.variants.copy_number.iloc[0] == copies
    assert [each["call"] for each in tables.alterations("p1")] == calls


def test_lines_are_read_one_by_one_and_errors_name_the_line(made, tmp_path):
    lines = [json.dumps(made.patient()), json.dumps(made.observation(valueInteger=3)), ""]
    tables = gx.read_fhir(made.write(tmp_path, "\n".join(lines), "f.ndjson"))
    assert tables.measurements.value.tolist() == [3]
    lines.insert(1, json.dumps(made.observation("x", day="2020-99")))
    with pytest.raises(InputError) as caught:
        gx.read_fhir(made.write(tmp_path, "\n".join(lines), "f.json"))
    assert caught.value.place == "line 2: effectiveDateTime"


def test_a_folder_and_a_list_are_one_set_of_records(made, tmp_path):
    one = made.write(tmp_path, json.dumps(made.patient()), "Patient.ndjson")
    two = made.write(tmp_path, json.dumps(made.observation(valueInteger=3)), "Observation.ndjson")
    for given in (tmp_path, [one, two]):
        tables = gx.read_fhir(given)
        assert "subject-not-in-file" not in made.codes(tables)
        assert len(tables.measurements) == 1


def test_xml_and_what_is_too_large_are_refused(made, tmp_path, monkeypatch):
    with pytest.raises(InputError) as caught:
        gx.read_fhir(made.write(tmp_path, "<Bundle xmlns='http://hl7.org/fhir'/>"))
    assert caught.value.code == "not-json"
    monkeypatch.setattr("genorx.interop.reading.json_files.MOST_BYTES", 10)
    with pytest.raises(InputError) as caught:
        gx.read_fhir(made.write(tmp_path, made.patient()))
    assert caught.value.code == "too-large"


def test_a_large_file_says_the_same_in_less_memory(made, tmp_path, monkeypatch):
    """Columns of one text, and sources, are held in another way from 100,000 rows on."""
    again = made.observation("a", valueInteger=1)
    path = made.write(
        tmp_path, made.bundle(made.patient(), again, again, made.observation("b", valueInteger=2, patient="p2"))
    )
    usual = gx.read_fhir(path)
    monkeypatch.setattr("genorx.interop.reading.rows._LARGE", 0)
    saved = gx.read_fhir(path)
    for name in COLUMNS:
        one, other = (tables.frame(name).to_csv() for tables in (usual, saved))
        assert one == other
    assert [each.message for each in usual.findings] == [each.message for each in saved.findings]
    saved.write(tmp_path / "out")
    column = {"name": "n", "from": "measurements", "code": ["http://loinc.org|2160-0"]}
    assert saved.wide({"column": [column]}).n.tolist() == [1]
