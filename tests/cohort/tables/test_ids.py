"""Patient ids: each once, none damaged; near matches between tables are named, never merged."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genorx.cohort.tables.ids import id_form, match_ids
from genorx.errors import TableError


def test_a_patient_on_two_rows_is_refused_with_every_row(load_columns):
    with pytest.raises(TableError) as caught:
        load_columns({"id": ["A", "B", "A", "B", "A"], "x": ["1", "2", "3", "4", "5"]})
    error = caught.value
    assert (error.code, error.place) == ("duplicate-patient", 'row 4 column "id"')
    assert error.failures["row"].tolist() == [4, 5, 6]
    assert "patient A is already in row 2" in error.reason


def test_a_missing_id_is_refused(load_columns):
    with pytest.raises(TableError) as caught:
        load_columns({"id": ["A", "", "C"], "x": ["1", "2", "3"]})
    assert (caught.value.code, caught.value.place) == ("missing-id", 'row 3 column "id"')


def test_an_absent_id_column_is_refused_with_the_columns_there_are(load_columns, tmp_path):
    from genorx.cohort.tables.table import TableSpec, load_table

    load_columns({"id": ["A", "B"], "x": ["1", "2"]})
    with pytest.raises(TableError) as caught:
        load_table(TableSpec(path=tmp_path / "t.csv", role="clinical", patient_id="pdid"))
    assert caught.value.code == "no-id-column"
    assert "the columns are: id, x" in caught.value.hint


def test_ids_keep_their_zeros_and_their_text(load_columns):
    table = load_columns({"id": ["001", "=cmd()", "<b>x</b>"], "x": ["1", "2", "3"]})
    assert table.frame.index.tolist() == ["001", "=cmd()", "<b>x</b>"]
    assert table.frame.index.name == "patient_id"


def test_ids_that_a_program_read_as_numbers_are_said(load_columns):
    """As seqn of NHEFS: 233.0."""
    table = load_columns({"id": ["233.0", "235.0"], "x": ["1", "2"]})
    assert [finding.code for finding in table.findings] == ["id-as-decimal"]


def test_ids_of_one_table_that_differ_in_zeros_are_serious(load_columns):
    table = load_columns({"id": ["001", "1", "2"], "x": ["1", "2", "3"]})
    (finding,) = table.findings
    assert (finding.code, finding.severity, finding.patient_id) == ("near-duplicate-ids", "serious", "1")


@pytest.mark.parametrize(
    ("first", "second", "near"),
    [
        (["001", "002"], ["1", "2"], {"001": "1", "002": "2"}),
        (["1", "2"], ["001", "002"], {"1": "001", "2": "002"}),
        (["P-01"], ["p1"], {"P-01": "p1"}),
        (["12.0"], ["12"], {"12.0": "12"}),
        (["A", "B"], ["A", "C"], {}),
        (["1"], ["01", "001"], {}),  # two may be meant: none is named
        (["1-23"], ["12-3"], {}),
        (["10"], ["1"], {}),
    ],
)
def test_ids_that_lost_zeros_are_matched_one_to_one(first, second, near):
    assert match_ids(first, second) == near


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 10))
def test_leading_zeros_never_change_the_form_of_a_number(number, width):
    assert id_form(str(number).zfill(width)) == id_form(str(number))


@settings(max_examples=50, deadline=None)
@given(st.lists(st.text(max_size=6), max_size=8))
def test_ids_of_one_list_are_never_near_matches_of_itself(ids):
    assert match_ids(ids, ids) == {}


def test_ids_that_a_parquet_file_holds_as_decimals_are_said(tmp_path):
    """pandas makes ids with a gap floats: 7.0 is written 7, and its leading zeros were lost before."""
    pytest.importorskip("pyarrow")
    import pandas as pd

    from genorx.cohort.tables.table import read_table

    pd.DataFrame({"patient_id": [7.0, 8.0], "x": [1.5, 2.5]}).to_parquet(tmp_path / "t.parquet")
    frame = read_table(tmp_path / "t.parquet", "clinical")
    assert frame.index.tolist() == ["7", "8"]
    assert [finding.code for finding in frame.attrs["findings"]] == ["id-as-decimal"]
