"""Rows as they are sent to another process: the cells of the whole table, and not the whole table.

Expected values are those of ``read_raw``, which reads all rows at once.
"""

import pickle

import pandas as pd
import pytest

from genorx.cohort.tables.raw import read_raw
from genorx.cohort.tables.raw_batches import raw_batches
from genorx.errors import TableError

ROWS = 2_000


@pytest.fixture(params=["csv", "parquet"])
def table(request, tmp_path):
    frame = pd.DataFrame(
        {
            "id": [f"P{number:04d}" for number in range(ROWS)],
            "value": [None if number % 7 == 0 else number / 4 for number in range(ROWS)],
            "stage": pd.Categorical(["I", "II", "III", None] * (ROWS // 4)),
        }
    )
    path = tmp_path / f"t.{request.param}"
    frame.to_csv(path, index=False) if request.param == "csv" else frame.to_parquet(path)
    return path


def test_rows_that_were_sent_are_those_of_the_whole_table(table):
    whole = read_raw(table)
    sent = [pickle.dumps(rows) for rows in raw_batches(table, 150)]
    made = [pickle.loads(each).raw() for each in sent]
    assert [len(each.rows) for each in made] == [150] * 13 + [50]
    assert [row for each in made for row in each.rows] == whole.rows.tolist()
    cells = pd.concat([each.cells for each in made], ignore_index=True)
    pd.testing.assert_frame_equal(cells, whole.cells)
    assert {(each.columns, each.floats, each.path) for each in made} == {(whole.columns, whole.floats, whole.path)}


def test_what_is_sent_of_some_rows_does_not_grow_with_the_table(table):
    first = next(raw_batches(table, 20))
    assert b"P0019" in pickle.dumps(first)
    assert b"P0020" not in pickle.dumps(first)


def test_decimal_commas_are_refused_where_rows_become_cells(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("id;value\nP1;1,5\nP2;2,5\n")
    with pytest.raises(TableError) as caught:
        next(raw_batches(path, 1)).raw()
    assert caught.value.code == "decimal-comma"
