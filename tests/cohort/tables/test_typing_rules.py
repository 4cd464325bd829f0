"""Columns to features: types found out or declared in training, and as the model wants them in prediction.

Expected values are by hand from the cells that each test writes.
"""

import numpy as np
import pandas as pd
import pytest

from genorx._core.feature_spec import FeatureSpec
from genorx.errors import TableError

RNG = np.random.default_rng(0)


def codes(table):
    return {finding.code for finding in table.findings}


def findings_of(table, code):
    return [finding for finding in table.findings if finding.code == code]


def spec_of(table, name):
    return next(spec for spec in table.specs if spec.name == name)


@pytest.mark.parametrize(
    ("cells", "kind", "values"),
    [
        (["0", "1", "", "1"], "boolean", [0, 1, None, 1]),
        (["yes", "No", "NA", "YES"], "boolean", [1, 0, None, 1]),
        (["0.0", "1.0", "1.0", "0.0"], "boolean", [0, 1, 1, 0]),
        (["3", "1", "2", ""], "integer", [3, 1, 2, None]),
        (["3.5", "1", "-2e1", "."], "number", [3.5, 1, -20, None]),
        (["a", "b", "unknown", "a"], "category", ["a", "b", None, "a"]),
        (["2-3", "1-2", "2-3", "1-2"], "category", ["2-3", "1-2", "2-3", "1-2"]),
    ],
)
def test_the_type_of_a_column_is_found(load_columns, cells, kind, values):
    table = load_columns({"x": cells})
    assert spec_of(table, "x").kind == kind
    assert [None if pd.isna(value) else value for value in table.frame["x"]] == values
    assert table.frame["x"].isna().sum() == table.columns.loc[0, "missing"]


@pytest.mark.parametrize(
    ("kind", "dtype"), [("boolean", "Int8"), ("integer", "Int64"), ("number", "Float64"), ("category", "category")]
)
def test_dtypes_are_those_that_the_feature_spec_promises(load_columns, kind, dtype):
    cells = {"boolean": ["0", "1"], "integer": ["4", "5"], "number": ["1.5", "2"], "category": ["a", "b"]}
    assert str(load_columns({"x": cells[kind]}).frame["x"].dtype) == dtype


def test_two_ways_to_write_yes_are_read_as_one_and_said(load_columns):
    """As Simvastatin in the raw IWPC file: 0, 1, NO, YES."""
    table = load_columns({"x": ["0", "1", "NO", "YES"]})
    assert table.frame["x"].tolist() == [0, 1, 0, 1]
    assert codes(table) == {"mixed-boolean"}


def test_a_lone_f_is_not_false(load_columns):
    """A table of women only: sex is constant, not false."""
    table = load_columns({"sex": ["F", "F", "F"]})
    assert table.columns.loc[0, "type"] == "category"
    assert codes(table) == {"constant-column"}


@pytest.mark.parametrize(
    ("name", "cells", "code", "type_"),
    [
        ("x", ["", "NA", ".", ""] * 5, "empty-column", "empty"),
        ("x", ["5", "5", "", "5"] * 5, "constant-column", "integer"),
        ("notes", [f"text number {place} of a doctor" for place in range(20)], "free-text", "text"),
        ("bmi", [f"{place + 18} kg/m2" for place in range(20)], "unit-in-cells", "text"),
        ("share", [f"{place}.5%" for place in range(20)] * 6, "unit-in-cells", "text"),
        ("centre", [str(1 + place % 9) for place in range(20)], "site-code", "site"),
        ("Hospital ID", [f"H{place % 12}" for place in range(40)], "site-code", "site"),
        ("sample_id", [f"S{place}" for place in range(20)], "identifier-column", "identifier"),
        ("doctor_id", [str(100 + place % 15) for place in range(30)], "identifier-column", "identifier"),
        ("row", [str(place) for place in range(20)], "identifier-column", "identifier"),
        ("visit", [f"2020-01-{place + 1:02d}" for place in range(20)], "date-column", "date"),
        ("last_name", ["Smith", "Jones"] * 10, "personal-data", "personal"),
        ("Date of birth", ["1950-01-01", "1960-02-02"] * 10, "personal-data", "personal"),
    ],
)
def test_what_is_no_feature_is_left_out_and_said(load_columns, name, cells, code, type_):
    table = load_columns({name: cells, "kept": ["1.5", "2.5"] * (len(cells) // 2)})
    assert list(table.frame) == ["kept"]
    row = table.columns.set_index("column").loc[name]
    assert (row["used"], row["type"]) == (False, type_)
    assert row["note"]
    assert codes(table) == {code}


@pytest.mark.parametrize(
    "levels", [["50mg", "100mg", "200mg"], ["1a", "1b", "2a", "2b", "3a", "3b"], ["1+", "2+", "3+"]]
)
def test_levels_that_begin_with_a_number_are_a_category(load_columns, levels):
    """Doses of a trial, stages, and scores of a stain are levels: few, or with different letters."""
    table = load_columns({"x": levels * 10})
    assert (table.columns.loc[0, "type"], codes(table)) == ("category", set())


@pytest.mark.parametrize("name", ["drug_name", "primary_site", "Tumour site", "gene_name", "address_type"])
def test_names_of_things_and_sites_of_tumours_are_features(load_columns, name):
    table = load_columns({name: [f"kind {'abcdefghijklmno'[place % 12]}" for place in range(120)]})
    assert table.specs[0].kind == "category"
    assert table.findings == ()


def test_personal_text_is_in_no_finding(load_columns):
    table = load_columns({"last_name": ["Smith", "Jones"], "notes": ["Smith is well", "Jones is not"]})
    assert "Smith" not in str(table.findings) + table.columns.to_json()


def test_a_study_of_three_trials_is_a_category_and_46_centres_are_not(aml):
    """clinical.csv of the AML knowledge bank: study has 3 text levels, centre is coded 1 to 46 (its dictionary)."""
    from genorx.cohort.tables.table import TableSpec, load_table

    table = load_table(TableSpec(path=aml / "clinical.csv", role="clinical", patient_id="pdid"))
    assert spec_of(table, "study").levels == ("AMLHD98A", "AMLHD98B", "AMLSG0704")
    assert "centre" not in table.frame
    assert len(table.frame.columns) == 14
    assert codes(table) == {"site-code"}


@pytest.mark.parametrize("name", ["clinical.csv", "cytogenetics.csv", "molecular_lab.csv"])
def test_aml_tables_agree_with_their_dictionary(aml, name):
    """dictionary.json gives missing counts and ranges of every column, computed apart from this package."""
    import json

    from genorx.cohort.tables.table import TableSpec, load_table

    stated = json.loads((aml / "dictionary.json").read_text())[name]
    audit = load_table(TableSpec(path=aml / name, role="clinical", patient_id="pdid")).columns.set_index("column")
    assert set(audit.index) == set(stated) - {"pdid"}
    for column, row in audit.iterrows():
        assert row["missing"] == stated[column]["missing"], column
        if row["type"] in ("number", "integer"):
            assert [row["lower"], row["upper"]] == stated[column]["range"], column
        if row["type"] == "category" and "levels" in stated[column]:
            assert list(row["levels"]) == stated[column]["levels"], column


def test_iwpc_raw_names_what_its_readme_names(shared):
    """README: Simvastatin is 0/1/NO/YES, ethnicity has two spellings of one level, two columns are free text."""
    from genorx.cohort.tables.table import TableSpec, load_table

    path = shared / "data" / "iwpc" / "iwpc_raw.csv.gz"
    table = load_table(TableSpec(path=path, role="clinical", patient_id="PharmGKB Subject ID"))
    said = {(finding.code, finding.place.split('column "')[1].rstrip('"')) for finding in table.findings}
    assert ("mixed-boolean", "Simvastatin (Zocor)") in said
    assert ("near-duplicate-levels", "Ethnicity (OMB)") in said
    assert {("free-text", "Comorbidities"), ("free-text", "Medications"), ("site-code", "Project Site")} <= said


def test_declared_types_win(load_columns):
    table = load_columns(
        {"centre": ["1", "2", "1"], "grade": ["high", "low", "mid"], "code": ["0", "1", "2"]},
        said={
            "centre": {"type": "category"},
            "grade": {"type": "ordinal", "levels": ("low", "mid", "high")},
            "code": {"type": "number"},
        },
    )
    assert [(spec.name, spec.kind, spec.levels) for spec in table.specs] == [
        ("centre", "category", ("1", "2")),
        ("grade", "ordinal", ("low", "mid", "high")),
        ("code", "number", ()),
    ]
    assert table.frame["grade"].cat.ordered
    assert table.frame["grade"].cat.codes.tolist() == [2, 0, 1]


def test_levels_of_whole_numbers_are_in_the_order_of_numbers(load_columns):
    table = load_columns({"x": ["10.0", "2.0", "1.0"]}, said={"x": {"type": "ordinal"}})
    assert spec_of(table, "x").levels == ("1", "2", "10")


@pytest.mark.parametrize(
    ("cells", "said", "code", "rows"),
    [
        (["1", "two", "3"], {"type": "number"}, "not-a-number", [3]),
        (["1", "inf", "-inf"], {}, "infinite-value", [3, 4]),
        (["1", "2.5", ""], {"type": "integer"}, "not-an-integer", [3]),
        (["1", "2", "0"], {"type": "boolean"}, "not-boolean", [3]),
        (["a", "b", "c"], {"levels": ("a", "b")}, "undeclared-level", [4]),
        (["lo", "hi", "lo"], {"type": "ordinal"}, "ordinal-levels", [None]),
        (["1", "2", "3"], {"unit": "furlong"}, "unit", [None]),
    ],
)
def test_what_contradicts_the_study_is_refused_with_each_row(load_columns, cells, said, code, rows):
    with pytest.raises(TableError) as caught:
        load_columns(
            {"age_years" if "unit" in said else "x": cells}, said={("age_years" if "unit" in said else "x"): said}
        )
    assert caught.value.code == code
    assert [None if pd.isna(row) else row for row in caught.value.failures["row"]] == rows


def test_all_faults_of_all_columns_come_at_once(load_columns):
    with pytest.raises(TableError) as caught:
        load_columns(
            {"id": ["P1", "P1", ""], "x": ["1", "inf", "2"], "y": ["0", "1", "maybe"]},
            said={"y": {"type": "boolean"}, "zz": {"type": "number"}},
        )
    assert caught.value.code == "missing-id"
    assert set(caught.value.failures["code"]) == {
        "duplicate-patient",
        "missing-id",
        "no-column",
        "infinite-value",
        "not-boolean",
    }
    assert caught.value.failures.to_json()


def test_a_few_words_among_numbers_are_missing_and_named_by_row(load_columns):
    cells = [str(value) for value in RNG.normal(size=98).round(3)] + ["illegible", "haemolysed"]
    table = load_columns({"x": cells})
    assert spec_of(table, "x").kind == "number"
    assert table.frame["x"].isna().sum() == 2
    places = findings_of(table, "mixed-column")
    assert [finding.severity for finding in places] == ["serious", "serious"]
    assert "row 100" in places[0].message
    assert "row 101" in places[1].message
    assert "illegible" not in str(table.findings)


def test_many_words_among_numbers_make_a_category_and_a_finding(load_columns):
    table = load_columns({"x": ["1", "2", "3", "1", "2", "3 or 4"] * 4})
    assert spec_of(table, "x").kind == "category"
    assert codes(table) == {"mixed-column"}


def test_limits_of_detection_are_missing_and_said(load_columns):
    table = load_columns({"crp_mg_per_l": ["<0.5", "3.1", ">200", "12"]})
    assert table.frame["crp_mg_per_l"].isna().tolist() == [True, False, True, False]
    assert "rows 2, 4" in findings_of(table, "detection-limit")[0].message


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        (["31/12/2020", "12/31/2020", "01/02/2020"], "two orders"),
        (["2020-12-31", "31.12.2020", "30.12.2020"], "two orders"),
        (["01/02/2020", "03/04/2021", "05/06/2022"], "cannot be determined"),
        (["2020-12-31", "01/02/2020", "03/04/2020"], "two ways"),
    ],
)
def test_two_date_orders_are_serious(load_columns, cells, said):
    table = load_columns({"visit": cells, "x": ["1", "2", "3"]})
    (finding,) = findings_of(table, "date-order")
    assert finding.severity == "serious"
    assert said in finding.message
    assert "visit" not in table.frame


def test_spellings_of_one_level_are_named_and_not_merged(load_columns):
    levels = ["not Hispanic or Latino", "Not Hispanic or Latino", "Hispanic or Latino"]
    table = load_columns({"ethnicity": levels * 4})
    assert len(spec_of(table, "ethnicity").levels) == 3
    (finding,) = findings_of(table, "near-duplicate-levels")
    assert "'Not Hispanic or Latino' and 'not Hispanic or Latino'" in finding.message


def test_a_level_that_looks_like_a_word_for_not_known_is_named_and_kept(load_columns):
    """``unkown`` is a grade in sksurv.datasets.load_breast_cancer; ``intermediate`` looks like no such word."""
    table = load_columns({"grade": ["unkown", "intermediate", "well differentiated"] * 4})
    assert "unkown" in spec_of(table, "grade").levels
    (finding,) = findings_of(table, "near-missing-word")
    assert finding.severity == "warning"
    assert "'unkown' looks like 'unknown'" in finding.message
    assert 'missing = ["unkown"]' in finding.message


NUMBER = FeatureSpec(name="age_years", kind="number", group="clinical", unit="a", lower=18, upper=84)
SEX = FeatureSpec(name="sex", kind="category", group="clinical", levels=("female", "male"))
FLAG = FeatureSpec(name="flag", kind="boolean", group="clinical")
COUNT = FeatureSpec(name="count", kind="integer", group="clinical", lower=0, upper=5)
GRADE = FeatureSpec(name="grade", kind="ordinal", group="clinical", levels=("1", "2", "3"))


def test_prediction_types_one_patient_as_training_did(load_columns):
    """From one row no type can be found out: the schema says it."""
    cells = {"age_years": ["50"], "sex": ["male"], "flag": ["yes"], "count": ["2.0"], "grade": ["3.0"]}
    table = load_columns(cells, schema=(NUMBER, SEX, FLAG, COUNT, GRADE))
    assert table.frame.iloc[0].tolist() == [50.0, "male", 1, 2, "3"]
    assert [str(dtype) for dtype in table.frame.dtypes] == ["Float64", "category", "Int8", "Int64", "category"]
    assert table.findings == ()


def test_a_category_unseen_in_training_is_missing_and_named(load_columns):
    table = load_columns({"sex": ["male", "Male"], "flag": ["0", "2"]}, schema=(SEX, FLAG))
    assert table.frame["sex"].isna().tolist() == [False, True]
    assert table.frame["flag"].isna().tolist() == [False, True]
    found = findings_of(table, "unseen-level")
    assert [(finding.patient_id, finding.severity) for finding in found] == [("P2", "serious")] * 2
    assert "'Male'" in found[0].message
    assert "female, male" in found[0].message


def test_an_absent_feature_is_missing_for_all_and_named(load_columns):
    table = load_columns({"flag": ["0", "1"]}, schema=(FLAG, NUMBER, SEX))
    assert table.frame[["age_years", "sex"]].isna().all().all()
    assert [finding.place.split()[-1] for finding in findings_of(table, "feature-absent")] == ['"age_years"', '"sex"']
    assert list(table.frame["sex"].cat.categories) == ["female", "male"]


def test_values_outside_of_training_are_kept_and_named(load_columns):
    table = load_columns({"age_years": ["84", "84.5", "17"]}, schema=(NUMBER,))
    assert table.frame["age_years"].tolist() == [84, 84.5, 17]
    assert [finding.patient_id for finding in findings_of(table, "outside-training-range")] == ["P2", "P3"]


def test_a_value_a_tenth_of_the_range_outside_of_training_is_serious(load_columns):
    """18 to 84: a tenth of 66 years is 6.6."""
    table = load_columns({"age_years": ["84", "90.5", "91", "11"]}, schema=(NUMBER,))
    assert [one.severity for one in findings_of(table, "outside-training-range")] == ["warning", "serious", "serious"]


@pytest.mark.parametrize("code", ["999", "-9"])
def test_a_code_is_missing_whoever_else_is_in_the_file(load_columns, code):
    """One patient alone has no others to be compared with: the range of training, 18 to 84, is the measure."""
    alone = load_columns({"age_years": [code]}, schema=(NUMBER,))
    among = load_columns({"age_years": [code, "50", "60"]}, schema=(NUMBER,))
    assert alone.frame["age_years"].isna().tolist() == [True]
    assert among.frame["age_years"].isna().tolist() == [True, False, False]
    assert codes(alone) == codes(among) == {"missing-code-suspect"}


def test_a_range_of_training_that_ends_at_a_code_is_a_range(load_columns):
    """Training reached 99: 99 and 98 are values, 999 is not."""
    spec = FeatureSpec(name="score", kind="integer", group="clinical", lower=0, upper=99)
    table = load_columns({"score": ["98", "99", "50", "999"]}, schema=(spec,))
    assert table.frame["score"].isna().tolist() == [False, False, False, True]


def test_a_code_is_found_in_the_unit_of_the_file(load_columns):
    """Haemoglobin from 5 to 18 g/dL is 50 to 180 g/L: 99 g/L is a value there, 999 a code."""
    hb = FeatureSpec(name="haemoglobin", kind="number", group="laboratory", unit="g/dL", lower=5, upper=18)
    table = load_columns({"haemoglobin": ["99", "999"]}, said={"haemoglobin": {"unit": "g/L"}}, schema=(hb,))
    assert table.frame["haemoglobin"].tolist()[0] == pytest.approx(9.9)
    assert table.frame["haemoglobin"].isna().tolist() == [False, True]


def test_text_in_place_of_a_number_is_missing_and_named_by_patient(load_columns):
    table = load_columns({"age_years": ["fifty", "<60", "70"]}, schema=(NUMBER,))
    assert table.frame["age_years"].isna().tolist() == [True, True, False]
    assert [(finding.code, finding.patient_id) for finding in table.findings] == [
        ("mixed-column", "P1"),
        ("detection-limit", "P2"),
    ]


def test_genes_of_an_expression_table_are_not_laboratory_tests(load_columns):
    """MET, CRP and ALB are genes there; 11.2 and 150 are expression, no impossible albumin."""
    cells = {"MET": ["0", "1", "1"], "CRP": ["11.2", "-150", "0"], "albumin": ["150", "9.1", "70"]}
    table = load_columns(cells, role="expression")
    assert table.findings == ()
    assert [spec.unit for spec in table.specs] == [None, None, None]
    assert spec_of(load_columns({"MET": ["0", "1", "1"]}), "MET").kind == "boolean"


def test_a_fraction_where_the_model_counts_is_missing_and_named(load_columns):
    table = load_columns({"count": ["1", "1.5"]}, schema=(COUNT,))
    assert table.frame["count"].isna().tolist() == [False, True]
    assert findings_of(table, "not-an-integer")[0].patient_id == "P2"


def test_a_column_that_the_model_does_not_know_is_left_out_and_counted(load_columns):
    table = load_columns({"age_years": ["50", "60"], "new": ["1", "2"]}, schema=(NUMBER,))
    assert list(table.frame) == ["age_years"]
    assert table.columns["column"].tolist() == ["age_years", "new"]
    assert codes(table) == {"column-not-in-model"}


def test_a_new_file_in_another_unit_is_converted_to_the_models(load_columns):
    """10 g/dL of haemoglobin are 100 g/L."""
    hb = FeatureSpec(name="haemoglobin", kind="number", group="laboratory", unit="g/dL", lower=5, upper=18)
    table = load_columns({"haemoglobin": ["100"]}, said={"haemoglobin": {"unit": "g/L"}}, schema=(hb,))
    assert table.frame["haemoglobin"].tolist() == [10.0]
    assert table.findings == ()


def test_a_unit_that_is_not_told_at_prediction_is_assumed_and_said(load_columns):
    hb = FeatureSpec(name="haemoglobin", kind="number", group="laboratory", unit="g/dL", lower=5, upper=18)
    table = load_columns({"haemoglobin": ["10"]}, schema=(hb,))
    assert codes(table) == {"unit-assumed"}
