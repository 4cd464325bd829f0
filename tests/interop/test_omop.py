"""OMOP folders as tables."""

import pytest

import genorx as gx
from genorx.errors import InputError

PERSON = "person_id,gender_concept_id,year_of_birth,month_of_birth,day_of_birth\n1,8507,1970,3,2\n2,8532,1980,,\n"


def write(folder, **tables):
    for name, text in {"person": PERSON, **tables}.items():
        (folder / f"{name}.csv").write_text(text)
    return folder


def test_every_shared_folder_is_read(exchange):
    tables = gx.read_omop(exchange / "omop/synthea27nj", index="2022-10-10")
    assert (len(tables.patients), len(tables.conditions), len(tables.medications)) == (28, 470, 883)
    row = tables.measurements.iloc[0]
    assert (row.code, row["name"], row.value, row.unit, row.date) == (
        "3025315",
        "Body weight",
        48.1,
        "kg",
        "2013-05-17",
    )
    assert tables.provenance["cdm_version"] == "5.4"
    toy = gx.read_omop(exchange / "omop/toy")
    assert {each.code for each in toy.findings} == {"birth-approximate", "table-not-read"}
    assert toy.patients.death_date.tolist()[0] == "2100-03-31"


def test_persons_have_sex_and_birth_and_nothing_else(tmp_path):
    tables = gx.read_omop(write(tmp_path), index="2020-03-02")
    assert tables.patients.sex.tolist() == ["male", "female"]
    assert tables.patients.birth_date.tolist() == ["1970-03-02", "1980-07-15"]
    assert tables.patients.age_years.iloc[0] == pytest.approx(50, abs=0.01)


def test_values_units_and_comparators(tmp_path):
    measured = (
        "measurement_id,person_id,measurement_concept_id,measurement_date,operator_concept_id,value_as_number,"
        "value_as_concept_id,unit_concept_id,measurement_source_value,unit_source_value\n"
        "1,1,3016723,2020-01-01,4171756,0.5,0,8840,crea,mg/dl\n2,1,0,2020-01-01,,7,45,,local-1,x\n"
    )
    concept = "concept_id,concept_name,vocabulary_id,concept_code\n8840,mg per dL,UCUM,mg/dL\n45,seen,SNOMED,1\n"
    rows = gx.read_omop(write(tmp_path, measurement=measured, concept=concept)).measurements
    first, second = rows.iloc[0], rows.iloc[1]
    assert (first.system, first.code, first.unit, first.comparator) == ("OMOP", "3016723", "mg/dL", "<")
    assert (second.system, second.code, second.unit, second.value_code, second.value_text) == (
        "source", "local-1", "x", "45", "seen",
    )  # fmt: skip


def test_contradictions_between_tables_are_counted(tmp_path, made):
    conditions = "person_id,condition_concept_id,condition_start_date\n1,5,1960-01-01\n1,5,2021-01-01\n9,5,2000-01-01\n"
    death = "person_id,death_date\n1,2020-01-01\n1,2020-02-01\n"
    found = made.codes(gx.read_omop(write(tmp_path, condition_occurrence=conditions, death=death)))
    assert {"event-before-birth", "event-after-death", "event-of-unknown", "several-deaths"} <= found


@pytest.mark.parametrize(
    ("tables", "code"),
    [
        ({"person": "person_id,gender_concept_id\n1,8507\n"}, "omop-column"),
        ({"person": PERSON + "1,8507,1970,3,2\n"}, "person-twice"),
        ({"death": "person_id,death_date\n1,2020-02-30\n"}, "date"),
        (
            {"measurement": "person_id,measurement_concept_id,measurement_date,value_as_number\n1,3,2020-01-01,x\n"},
            "omop",
        ),
        ({"death": "person_id,death_date\n1,2020-02-03,4,5\n"}, "omop"),
    ],
)
def test_what_cannot_be_taken_is_refused(tmp_path, tables, code):
    with pytest.raises(InputError) as caught:
        gx.read_omop(write(tmp_path, **tables))
    assert caught.value.code == code


def test_a_folder_without_person_is_refused(tmp_path):
    with pytest.raises(InputError) as caught:
        gx.read_omop(tmp_path)
    assert caught.value.code == "omop-table"
    with pytest.raises(InputError):
        gx.read_omop(tmp_path / "nowhere")


def test_parquet_and_tabs_give_the_same(tmp_path):
    pytest.importorskip("pyarrow")
    import pandas as pd

    plain, other = tmp_path / "a", tmp_path / "b"
    plain.mkdir()
    other.mkdir()
    write(plain, death="person_id,death_date\n1,2020-01-01\n")
    pd.read_csv(plain / "person.csv").to_parquet(other / "PERSON.parquet")
    (other / "Death.tsv").write_text("PERSON_ID\tDEATH_DATE\n1\t2020-01-01\n")
    one, two = gx.read_omop(plain), gx.read_omop(other)
    assert one.patients.equals(two.patients)
