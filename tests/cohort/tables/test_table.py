"""Tables as users read them: gx.read_table, the audit of columns, what is excluded, hostile text."""

import json

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genorx._core.feature_spec import FeatureSpec
from genorx.cohort.tables.table import TableSpec, load_table, read_table
from genorx.errors import Finding, TableError, UsageError

CSV = "patient_id,age_years,sex,centre\nP1,50,f,1\nP2,60,m,2\nP3,,m,1\nP4,70,f,3\n"


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "clinical.csv"
    path.write_text(CSV, encoding="utf-8")
    return path


def test_read_table_gives_an_audited_frame(path):
    frame = read_table(path, "clinical")
    assert frame.index.tolist() == ["P1", "P2", "P3", "P4"]
    assert frame["age_years"].tolist()[:2] == [50.0, 60.0]
    assert list(frame) == ["age_years", "sex"]
    assert [finding.code for finding in frame.attrs["findings"]] == ["site-code"]
    assert all(isinstance(finding, Finding) for finding in frame.attrs["findings"])
    assert [row["column"] for row in frame.attrs["columns"]] == ["age_years", "sex", "centre"]
    assert [spec.name for spec in frame.attrs["specs"]] == ["age_years", "sex"]


def test_read_table_takes_what_is_known_of_columns(path):
    frame = read_table(path, "clinical", {"centre": {"type": "category"}, "age_years": {"missing": [50]}})
    assert frame["centre"].tolist() == ["1", "2", "1", "3"]
    assert frame["age_years"].isna().tolist() == [True, False, True, False]


def test_read_table_takes_the_schema_of_a_model(path):
    frame = read_table(path, "clinical", (FeatureSpec(name="sex", kind="category", group="clinical", levels=("m",)),))
    assert frame["sex"].isna().tolist() == [True, False, False, True]


def test_a_column_whose_unit_is_in_doubt_is_kept_and_serious(tmp_path):
    """Haemoglobin in g/L under a name that says g/dL: refused by no limit, named by a finding."""
    (tmp_path / "t.csv").write_text("id,hb_g_per_dl\nA,120\nB,95\nC,101\n", encoding="utf-8")
    frame = read_table(tmp_path / "t.csv", "laboratory")
    assert frame["hb_g_per_dl"].tolist() == [120, 95, 101]
    assert [(finding.code, finding.severity) for finding in frame.attrs["findings"]] == [("unit-suspect", "serious")]


def test_cells_with_a_unit_inside_are_serious(load_columns):
    table = load_columns({"blasts_pct": ["50%", "60%", "70%"]})
    assert [(finding.code, finding.severity) for finding in table.findings] == [("mixed-column", "serious")]


@pytest.mark.parametrize("name", ["PDID", "Subject ID", "patientId", "record_id"])
def test_the_patient_column_is_found(tmp_path, name):
    (tmp_path / "t.csv").write_text(f"{name},x\nA,1.5\nB,2.5\n", encoding="utf-8")
    assert read_table(tmp_path / "t.csv", "clinical").index.tolist() == ["A", "B"]


def test_the_first_column_names_the_patient_where_each_of_ten_rows_has_another_text(tmp_path):
    text = "".join(f"K-{row},1.5\n" for row in range(10))
    (tmp_path / "t.csv").write_text(f"first_col,x\n{text}", encoding="utf-8")
    assert read_table(tmp_path / "t.csv", "clinical").index.tolist() == [f"K-{row}" for row in range(10)]


@pytest.mark.parametrize(
    "text",
    ["x,y\n1,2\n1,3\n", "age,y\n61,2\n57,3\n", "grade,y\nII,2\nIII,3\n", "study_id,visit_id,y\nA,1,2\nB,2,3\n"],
)
def test_a_table_that_names_no_patient_is_refused(tmp_path, text):
    """Ages or grades that happen to differ are no ids; of two columns of ids nobody says which is the patient's."""
    (tmp_path / "t.csv").write_text(text, encoding="utf-8")
    with pytest.raises(TableError) as caught:
        read_table(tmp_path / "t.csv", "clinical")
    assert caught.value.code == "no-id-column"


def test_an_unknown_role_is_a_wrong_call(path):
    with pytest.raises(UsageError, match="clinicl"):
        read_table(path, "clinicl")


def test_every_column_of_the_file_is_in_the_audit_once(path):
    """Nothing is dropped without being counted."""
    spec = TableSpec(path=path, role="clinical", patient_id="patient_id", exclude=("sex",))
    audit = load_table(spec).columns.set_index("column")
    assert sorted(audit.index) == ["age_years", "centre", "sex"]
    assert audit["used"].to_dict() == {"age_years": True, "centre": False, "sex": False}
    assert audit.loc["sex", "note"] == "excluded by the study"
    assert audit.loc["age_years", ["unit", "lower", "upper", "missing"]].tolist() == ["a", 50.0, 70.0, 1]
    json.dumps(audit.reset_index().astype(object).where(audit.reset_index().notna(), None).to_dict("records"))


def test_an_excluded_column_that_is_not_there_is_refused(path):
    with pytest.raises(TableError) as caught:
        load_table(TableSpec(path=path, role="clinical", patient_id="patient_id", exclude=("sexx",)))
    assert (caught.value.code, caught.value.place) == ("no-column", 'column "sexx"')
    assert 'did you mean "sex"' in caught.value.hint


def test_the_group_of_features_is_the_role_or_what_the_study_says(path):
    spec = TableSpec(path=path, role="clinical", patient_id="patient_id", group="clinical:a")
    assert {each.group for each in load_table(spec).specs} == {"clinical:a"}


def test_hostile_levels_are_kept_as_text_and_messages_stay_one_line(load_columns):
    """Markup and formulas are text; control characters do not reach a message."""
    levels = ["<script>alert(1)</script>", "=cmd|' /C calc'!A0", "a\x1b[2Jb"] * 4
    table = load_columns({"arm": levels})
    assert set(table.frame["arm"]) == set(levels)
    schema = (FeatureSpec(name="arm", kind="category", group="clinical", levels=("x",)),)
    again = load_columns({"arm": levels[:3]}, schema=schema)
    assert all("\x1b" not in finding.message and "\n" not in finding.message for finding in again.findings)


def test_a_loaded_table_given_back_as_schema_types_itself_alike(load_columns):
    """Training and prediction read the same file to the same frame; only what is computed is said."""
    cells = {
        "age_years": ["50", "60", ""],
        "sex": ["f", "m", "m"],
        "ecog": ["0", "1", "2"],
        "flag": ["no", "yes", ""],
        "weight_kg": ["70", "80", "90"],
        "height_cm": ["170", "175", "180"],
    }
    first = load_columns(cells)
    again = load_columns(cells, schema=first.specs)
    pd.testing.assert_frame_equal(first.frame, again.frame)
    assert {finding.code for finding in again.findings} == {"derived-feature"}


@pytest.mark.parametrize("name", ["clinical.csv", "cytogenetics.csv", "molecular_lab.csv"])
def test_every_aml_table_types_itself_alike_in_prediction(aml, name):
    spec = TableSpec(path=aml / name, role="clinical", patient_id="pdid")
    first = load_table(spec)
    again = load_table(spec, schema=first.specs)
    pd.testing.assert_frame_equal(first.frame, again.frame)
    assert {finding.code for finding in again.findings} <= {"column-not-in-model"}


CELL = st.one_of(
    st.text(max_size=6), st.integers(-999, 999).map(str), st.sampled_from(["", "NA", "1,5", "inf", "<1", "no"])
)


@settings(max_examples=80, deadline=None)
@given(
    st.lists(CELL, min_size=1, max_size=12),
    st.sampled_from(["x", "age_years", "weight_kg", "smoking", "centre", "alcohol"]),
)
def test_any_column_is_a_feature_left_out_with_a_note_or_refused(tmp_path_factory, cells, name):
    """No other error, no silent loss: each cell is a value, counted as missing, or the column is left out."""
    import csv

    path = tmp_path_factory.mktemp("any") / "t.csv"
    with path.open("w", newline="", encoding="utf-8", errors="replace") as handle:
        csv.writer(handle).writerows([["id", name], *([f"P{row}", cell] for row, cell in enumerate(cells))])
    try:
        table = load_table(TableSpec(path=path, role="lifestyle", patient_id="id"))
    except TableError as error:
        table = None
        reason = error.reason
    assert table is not None or reason
    if table is not None:
        row = table.columns.set_index("column").loc[name]
        assert row["used"] or row["note"]
        assert len(table.frame) == len(cells)
