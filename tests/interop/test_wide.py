"""One wide row a patient by a map: codes, days, units, picks, and the same cohort in three formats."""

import json

import numpy as np
import pandas as pd
import pytest

import genorx as gx
from genorx.errors import InputError

CREATININE = {
    "name": "creatinine_mg_per_dl",
    "from": "measurements",
    "code": ["http://loinc.org|2160-0", "OMOP|3016723"],
}


def tables_of(made, tmp_path, *observations):
    return gx.read_fhir(made.write(tmp_path, made.bundle(made.patient(), made.patient("p2"), *observations)))


def measured(made, tmp_path):
    return tables_of(
        made,
        tmp_path,
        made.observation("a", day="2024-01-01", **made.amount(1.0, "mg/dL")),
        made.observation("b", day="2024-02-01", **made.amount(176.8, "umol/L")),
        made.observation("c", day="2024-02-01", **made.amount(3.0, "mg/dL")),
        made.observation("d", day="2024-06-01", **made.amount(9.0, "mg/dL")),
    )


@pytest.mark.parametrize(
    ("pick", "index", "value"),
    [("last", "2024-03-01", 3.0), ("first", "2024-03-01", 1.0), ("mean", "2024-03-01", 2.0), ("min", None, 1.0),
     ("max", None, 9.0), ("count", "2024-03-01", 3), ("any", "2024-03-01", 1), ("last", None, 9.0),
     ("last", "2023-01-01", np.nan)],
)  # fmt: skip
def test_each_pick_takes_what_it_says(made, tmp_path, pick, index, value):
    """176.8 umol/L of creatinine are 2 mg/dL (113.12 g/mol)."""
    wide = measured(made, tmp_path).wide({"column": [CREATININE | {"pick": pick}]}, index)
    assert wide.columns.tolist() == ["sex", "age_years", "creatinine_mg_per_dl"]
    found = wide.creatinine_mg_per_dl.to_numpy(dtype=float, na_value=np.nan)
    assert found[0] == pytest.approx(value, nan_ok=True, rel=1e-3)
    assert np.isnan(found[1])


def test_days_are_both_included_and_need_an_index(made, tmp_path):
    tables = measured(made, tmp_path)
    column = CREATININE | {"days": [-29, 0]}
    assert tables.wide({"column": [column]}, "2024-03-01").iloc[0, 2] == pytest.approx(3.0)
    assert tables.wide({"column": [CREATININE | {"days": [-28, 0]}]}, "2024-03-01").iloc[0, 2] is pd.NA
    with pytest.raises(InputError) as caught:
        tables.wide({"column": [column]})
    assert caught.value.code == "no-index"


def test_what_lies_after_the_index_day_is_counted(made, tmp_path):
    tables = measured(made, tmp_path)
    frame = tables.wide({"column": [CREATININE]}, {"p1": "2024-03-01"})
    stated = {each.code: each.message for each in frame.attrs["findings"]}
    assert stated["after-index"].startswith("1 record")
    assert stated["no-index"].startswith("1 patient")
    assert "after-index" in made.codes(tables)


def test_units_are_assumed_only_where_none_is_told_and_refused_where_they_do_not_convert(made, tmp_path):
    bare = made.observation("a", valueQuantity={"value": 2})
    frame = tables_of(made, tmp_path, bare).wide({"column": [CREATININE]})
    assert frame.iloc[0, 2] == 2
    assert [each.code for each in frame.attrs["findings"]] == ["unit-assumed"]
    with pytest.raises(InputError) as caught:
        tables_of(made, tmp_path, made.observation("a", **made.amount(1, "kg"))).wide({"column": [CREATININE]})
    assert caught.value.code == "unit"


def test_a_limit_of_detection_is_missing_and_not_the_value_before_it(made, tmp_path):
    tables = tables_of(
        made,
        tmp_path,
        made.observation("a", day="2024-01-01", **made.amount(1.0, "mg/dL")),
        made.observation("b", day="2024-02-01", **made.amount(0.2, "mg/dL", comparator="<")),
    )
    frame = tables.wide(
        {"column": [CREATININE, CREATININE | {"name": "mean_mg_per_dl", "pick": "mean", "analyte": "creatinine"}]}
    )
    assert frame.creatinine_mg_per_dl.iloc[0] is pd.NA
    assert frame.mean_mg_per_dl.iloc[0] == 1.0
    assert "detection-limit" in {each.code for each in frame.attrs["findings"]}


def test_a_record_without_a_day_counts_only_where_no_days_are_asked_for(made, tmp_path):
    undated = made.observation("a", **made.amount(1.0, "mg/dL"))
    del undated["effectiveDateTime"]
    tables = tables_of(made, tmp_path, undated)
    frame = tables.wide({"column": [CREATININE]}, "2024-03-01")
    assert frame.iloc[0, 2] == 1.0
    assert [each.code for each in frame.attrs["findings"]] == ["undated"]
    assert tables.wide({"column": [CREATININE | {"days": [-30, 0]}]}, "2024-03-01").iloc[0, 2] is pd.NA


def test_what_is_excluded_is_a_no_and_what_nobody_says_is_what_the_map_says(made, tmp_path):
    def condition(name, patient, status):
        return {"resourceType": "Condition", "id": name, "subject": {"reference": f"Patient/{patient}"},
                "code": {"coding": [{"system": "icd", "code": "E11.9"}]},
                "verificationStatus": {"coding": [{"code": status}]}}  # fmt: skip

    tables = tables_of(
        made, tmp_path, condition("a", "p1", "refuted"), made.patient("p3"), condition("b", "p3", "confirmed")
    )
    column = {"name": "diabetes", "from": "conditions", "code": ["icd|E11*"], "pick": "any"}
    assert tables.wide({"column": [column]}).diabetes.tolist() == [0, pd.NA, 1]
    assert tables.wide({"column": [column | {"absent": "no"}]}).diabetes.tolist() == [0, 0, 1]


def test_a_stage_without_number_is_its_code(made, tmp_path):
    tables = tables_of(made, tmp_path, made.observation("a", "21908-9", **made.coded("3C", "http://cancerstaging.org")))
    column = {"name": "stage", "from": "measurements", "code": ["http://loinc.org|21908-9"]}
    assert tables.wide({"column": [column]}).stage.iloc[0] == "3C"


@pytest.mark.parametrize(
    "change",
    [{"from": "variants"}, {"pick": "median"}, {"code": ["2160-0"]}, {"days": [1]}, {"days": [1, 0]}, {"name": ""},
     {"name": "sex"}, {"absent": "0"}, {"extra": 1}, {"from": "conditions", "pick": "last"}, {"unit": 3}],
)  # fmt: skip
def test_a_map_that_cannot_be_used_is_refused(made, tmp_path, change):
    with pytest.raises(InputError) as caught:
        tables_of(made, tmp_path).wide({"column": [CREATININE | change]})
    assert caught.value.code == "map"


def test_descendants_need_their_table(tmp_path):
    person = "person_id,gender_concept_id,year_of_birth\n1,8507,1970\n2,8507,1970\n"
    conditions = "person_id,condition_concept_id,condition_start_date\n1,7,2020-01-01\n2,201826,2020-01-01\n"
    (tmp_path / "person.csv").write_text(person)
    (tmp_path / "condition_occurrence.csv").write_text(conditions)
    column = {"name": "diabetes", "from": "conditions", "code": ["OMOP|201826+"], "pick": "any", "absent": "no"}
    with pytest.raises(InputError) as caught:
        gx.read_omop(tmp_path).wide({"column": [column]})
    assert caught.value.code == "no-ancestors"
    (tmp_path / "concept_ancestor.csv").write_text(
        "ancestor_concept_id,descendant_concept_id\n201826,7\n201826,201826\n"
    )
    assert gx.read_omop(tmp_path).wide({"column": [column]}).diabetes.tolist() == [1, 1]


def made_cohort(made, folder, n=60):
    """Write one cohort as FHIR, OMOP and phenopackets, values in mixed units; return the truth."""
    rng = np.random.default_rng(16)
    resources, people, rows, packets, truth = [], [], [], [], {}
    for number in range(1, n + 1):
        name, sex, year = str(number), rng.choice(["male", "female"]), int(rng.integers(1940, 1990))
        resources.append({"resourceType": "Patient", "id": name, "gender": sex, "birthDate": f"{year}-03-01"})
        people.append(f"{name},{8507 if sex == 'male' else 8532},{year},3,1")
        values = []
        for step, day in enumerate(("2023-11-05", "2024-01-20", "2024-07-01")):  # the last is after the index day
            value, molar = round(float(rng.uniform(0.5, 2)), 3), rng.random() < 0.5
            shown, unit = (value * 88.40, "umol/L") if molar else (value, "mg/dL")
            values.append(value if not molar else shown * 113.12 / 1e4)
            resources.append(made.observation(f"o{name}-{step}", patient=name, day=day, **made.amount(shown, unit)))
            rows.append(f"{name},3016723,{day},{shown!r},{unit}")
        diseased = rng.random() < 0.4
        if diseased:
            whose = {"reference": f"Patient/{name}"}
            resources.append({"resourceType": "Condition", "id": f"c{name}", "subject": whose,
                              "code": {"coding": [{"system": "MONDO", "code": "MONDO:0005148"}]}})  # fmt: skip
        packets.append(_packet(name, sex, year, resources[-4:], diseased))
        truth[name] = (sex, values[1], float(diseased))
    made.write(folder, made.bundle(*resources), "fhir.json")
    omop = folder / "omop"
    omop.mkdir()
    (omop / "person.csv").write_text(
        "person_id,gender_concept_id,year_of_birth,month_of_birth,day_of_birth\n" + "\n".join(people)
    )
    (omop / "measurement.csv").write_text(
        "person_id,measurement_concept_id,measurement_date,value_as_number,unit_source_value\n" + "\n".join(rows)
    )
    ill = [f"{name},201826,2020-01-01" for name, (_, _, is_ill) in truth.items() if is_ill]
    (omop / "condition_occurrence.csv").write_text(
        "person_id,condition_concept_id,condition_start_date\n" + "\n".join(ill)
    )
    (folder / "packets.ndjson").write_text("\n".join(json.dumps(each) for each in packets))
    return truth


def _packet(name, sex, year, resources, diseased):
    def quantity(each):
        found = each["valueQuantity"]
        return {"unit": {"id": f"UCUM:{found['code']}"}, "value": found["value"]}

    measurements = [
        {"assay": {"id": "LOINC:2160-0"}, "value": {"quantity": quantity(each)},
         "timeObserved": {"timestamp": f"{each['effectiveDateTime']}T08:00:00Z"}}
        for each in resources if each["resourceType"] == "Observation"
    ]  # fmt: skip
    disease = {"term": {"id": "MONDO:0005148", "label": "type 2 diabetes"}, "excluded": not diseased}
    meta = {
        "phenopacketSchemaVersion": "2.0",
        "resources": [{"namespacePrefix": each} for each in ("LOINC", "UCUM", "MONDO")],
    }
    subject = {"id": name, "sex": sex.upper(), "dateOfBirth": f"{year}-03-01T00:00:00Z"}
    return {"id": f"k{name}", "subject": subject, "measurements": measurements, "diseases": [disease], "metaData": meta}


def test_one_cohort_in_three_formats_gives_one_table_and_the_truth(made, tmp_path):
    truth = made_cohort(made, tmp_path)
    codes = ["MONDO|MONDO:0005148", "OMOP|201826"]
    content = {
        "column": [CREATININE, {"name": "diabetes", "from": "conditions", "code": codes, "pick": "any", "absent": "no"}]
    }
    wides = [
        tables.wide(content, "2024-03-01")
        for tables in (
            gx.read_fhir(tmp_path / "fhir.json"),
            gx.read_omop(tmp_path / "omop"),
            gx.read_phenopackets(tmp_path / "packets.ndjson"),
        )
    ]
    pd.testing.assert_frame_equal(wides[0], wides[1])
    ages = wides[2].age_years
    pd.testing.assert_frame_equal(wides[0], wides[2].assign(age_years=ages))
    for name, (sex, value, diseased) in truth.items():
        row = wides[0].loc[name]
        assert (row.sex, row.diabetes) == (sex, diseased)
        assert row.creatinine_mg_per_dl == pytest.approx(value, rel=1e-9)
