"""A data frame read as its file would be: expected values come from the same frame written as CSV and Parquet."""

import datetime as dt
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from genorx._core.limits import limits
from genorx.cohort.tables.by_name import Frames
from genorx.cohort.tables.frames import frame_digest, frame_id, raw_of_frame
from genorx.cohort.tables.raw import read_raw
from genorx.errors import LimitError, StudyError, TableError, UsageError

TYPED = pd.DataFrame(
    {
        "pid": ["001", "2", "3"],
        "half": [0.1, np.nan, 2.0],
        "short": np.array([0.1, 3.5, np.nan], dtype="float32"),
        "whole": pd.array([1, None, 3], dtype="Int64"),
        "yes": [True, False, True],
        "maybe": pd.array([True, None, False], dtype="boolean"),
        "text": pd.array(["x", None, " y "], dtype="string"),
        "level": pd.Categorical(["b", "a", None]),
        "day": pd.to_datetime(["2020-01-31", None, "2021-02-01"]),
        "moment": pd.to_datetime(["2020-01-31 12:30", None, "2021-02-01 00:00"]),
        "date": [dt.date(2020, 1, 31), None, dt.date(2021, 2, 1)],
        "object": [1, "1.5", None],
    }
)


def cells(raw):
    return raw.cells.fillna("-").to_numpy().tolist()


def test_cells_are_those_of_the_frame_written_as_csv(tmp_path):
    """A CSV writes a whole float with its point, a boolean as a word and midnight; all are read alike further on."""
    TYPED.to_csv(tmp_path / "t.csv", index=False)
    written = read_raw(tmp_path / "t.csv").cells.replace({"True": "1", "False": "0", "2.0": "2"})
    written = written.replace(" 00:00:00$", "", regex=True)
    given = raw_of_frame(TYPED, tmp_path / "t.csv", patient_id="pid")
    assert cells(given) == written.fillna("-").to_numpy().tolist()


def test_cells_are_those_of_the_frame_written_as_parquet(tmp_path):
    frame = TYPED.drop(columns=["object", "short"])
    frame.to_parquet(tmp_path / "t.parquet")
    written, given = read_raw(tmp_path / "t.parquet"), raw_of_frame(frame, tmp_path / "t.parquet", patient_id="pid")
    assert cells(given) == cells(written)
    assert given.rows.tolist() == written.rows.tolist() == [1, 2, 3]
    assert (given.columns, given.floats) == (written.columns, written.floats)


@pytest.mark.parametrize("backend", ["numpy_nullable", "pyarrow"])
def test_nullable_and_arrow_types_are_read_as_plain_ones(backend, tmp_path):
    frame = TYPED.drop(columns=["object", "date"])
    given = raw_of_frame(frame.convert_dtypes(dtype_backend=backend), tmp_path / "t", patient_id="pid")
    assert cells(given) == cells(raw_of_frame(frame, tmp_path / "t", patient_id="pid"))


def test_a_table_of_arrow_is_read_as_one_of_pandas(tmp_path):
    arrow = pytest.importorskip("pyarrow")
    frame = TYPED.drop(columns="object")
    given = raw_of_frame(arrow.Table.from_pandas(frame), tmp_path / "t", patient_id="pid")
    assert cells(given) == cells(raw_of_frame(frame, tmp_path / "t", patient_id="pid"))


def test_a_table_of_polars_is_read_as_one_of_pandas(tmp_path):
    polars = pytest.importorskip("polars")
    frame = TYPED.drop(columns=["object", "short"])
    given = raw_of_frame(polars.from_pandas(frame), tmp_path / "t", patient_id="pid")
    assert cells(given) == cells(raw_of_frame(frame, tmp_path / "t", patient_id="pid"))


def test_a_single_column_of_arrow_is_no_table(tmp_path):
    arrow = pytest.importorskip("pyarrow")
    with pytest.raises(UsageError) as caught:
        raw_of_frame(arrow.chunked_array([[1, 2]]), tmp_path / "t", patient_id="pid")
    assert caught.value.code == "not-a-frame"


def test_the_interchange_protocol_is_spoken_where_arrow_is_not(tmp_path):
    class Other:
        def __dataframe__(self, **options):
            return TYPED[["pid", "half", "yes"]].__dataframe__(**options)

    raw = raw_of_frame(Other(), tmp_path / "t", patient_id="pid")
    assert cells(raw) == [["001", "0.1", "1"], ["2", "-", "0"], ["3", "2", "1"]]


@pytest.mark.parametrize("route", ["frame", "parquet"])
def test_categories_keep_their_levels_and_order(route, tmp_path):
    frame = pd.DataFrame({"pid": ["a", "b"], "stage": pd.Categorical(["II", "I"], ["I", "II", "III"], ordered=True)})
    frame["arm"] = pd.Categorical(["2", "1"])
    frame.to_parquet(tmp_path / "t.parquet")
    path = tmp_path / "t.parquet"
    raw = read_raw(path) if route == "parquet" else raw_of_frame(frame, path, patient_id="pid")
    assert dict(raw.categories) == {"stage": ("I", "II", "III"), "arm": ("1", "2")}
    assert raw.ordered == {"stage"}


def test_the_index_names_the_patient_where_it_has_the_name():
    raw = raw_of_frame(TYPED.set_index("pid"), "t", patient_id="pid")
    assert raw.columns[0] == "pid"
    assert raw.labels == ("001", "2", "3")
    assert raw_of_frame(TYPED, "t", patient_id="pid").labels == ()


def fault(frame, **more):
    with pytest.raises(TableError) as caught:
        raw_of_frame(frame, "clinical", patient_id="pid", **more)
    assert caught.value.file == "clinical"
    return caught.value


def test_what_is_no_table_of_single_values_is_refused_with_its_column():
    two = pd.DataFrame({"pid": ["a", "b"]})
    assert fault(two.head(0)).code == "empty-table"
    error = fault(two.assign(x=[[1], [2]]))
    assert (error.code, error.place) == ("nested-column", 'column "x"')
    assert "decode" in fault(two.assign(x=[b"a", b"b"])).hint
    assert fault(two.assign(x=pd.to_timedelta([1, 2], unit="D"))).code == "duration-column"
    assert fault(pd.concat([two, two], axis=1)).code == "doubled-column"
    assert fault(pd.concat({"one": two}, axis=1)).code == "nested-column"


def test_an_index_of_another_name_is_no_patient():
    error = fault(pd.DataFrame({"age": [1, 2]}, index=["a", "b"]))
    assert (error.code, error.hint) == (
        "no-id-column",
        'if the index names the patient: frame.rename_axis("pid")',
    )


def test_an_index_and_a_column_of_one_name_must_agree():
    frame = pd.DataFrame({"pid": ["a", "b"]}, index=pd.Index(["a", "b"], name="pid"))
    assert raw_of_frame(frame, "t", patient_id="pid").cells["pid"].tolist() == ["a", "b"]
    assert fault(frame.set_axis(pd.Index(["b", "a"], name="pid"), axis=0)).code == "doubled-column"


@pytest.mark.parametrize("thing", [[1, 2], {"a": 1}, "clinical.csv", pd.Series([1, 2]), np.zeros((2, 2)), None])
def test_what_is_no_table_is_refused(thing):
    with pytest.raises(UsageError) as caught:
        raw_of_frame(thing, "clinical", patient_id="pid")
    assert caught.value.code == "not-a-frame"
    assert caught.value.hint


def test_a_frame_has_the_limits_of_a_file():
    with limits(rows=2), pytest.raises(LimitError):
        raw_of_frame(TYPED, "t", patient_id="pid")


@pytest.mark.parametrize(
    ("frame", "named"),
    [
        (pd.DataFrame({"patient_id": ["a"], "id": ["b"]}, index=["c"]), "patient_id"),
        (pd.DataFrame({"subject": ["a"], "age": [1]}), "subject"),
        (pd.DataFrame({"subject": ["a", "b"], "age": [1, 2]}).iloc[1:], "subject"),
        (pd.DataFrame({"subject": ["a"], "age": [1]}, index=["P1"]), None),
        (pd.DataFrame({"subject": ["a"], "age": [1]}, index=pd.Index([7], name="pdid")), None),
        (pd.DataFrame({"age": [1]}), None),
    ],
)
def test_the_patient_is_a_column_or_the_index(frame, named):
    """As ``docs/guide/records.md`` says; rows that pandas numbers stay numbers when some are taken."""
    assert frame_id(frame) == named


def test_the_digest_is_of_columns_and_cells():
    def digest(frame):
        return frame_digest(raw_of_frame(frame, "t", patient_id="pid"))

    assert digest(TYPED) == digest(TYPED.copy().convert_dtypes().assign(object=TYPED["object"]))
    changed = TYPED.assign(half=[0.1, 0.2, 2.0])
    assert len({digest(TYPED), digest(changed), digest(TYPED[::-1]), digest(TYPED.rename(columns={"text": "t"}))}) == 4


def test_a_frame_is_found_by_its_name_or_that_without_folder_and_suffix():
    frames = Frames(folder=Path(), frames={"clinical": TYPED, "b.csv": TYPED}, patient_id="pid")
    assert frames.unused(["data/clinical.csv"]) == ("b.csv",)
    with pytest.raises(StudyError) as caught:
        frames.read("labs.csv")
    assert (caught.value.code, caught.value.file) == ("file-not-found", "labs.csv")
    assert '"clinical"' in caught.value.hint
