"""Files whole or not at all; text that no spreadsheet runs."""

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from genorx._core.numerals import decimal_number
from genorx._core.output import neutral, to_csv, to_json, write_text
from genorx._core.whole_files import atomic_path


def test_a_failed_write_leaves_neither_the_file_nor_a_part(tmp_path):
    def fail():
        with atomic_path(tmp_path / "out.csv") as part:
            part.write_text("half")
            raise OSError("disk")

    with pytest.raises(OSError, match="disk"):
        fail()
    assert list(tmp_path.iterdir()) == []


def test_a_failed_write_keeps_what_was_there(tmp_path):
    target = tmp_path / "out.csv"
    target.write_text("old")

    def fail():
        with atomic_path(target) as part:
            part.write_text("half")
            raise OSError("disk")

    with pytest.raises(OSError, match="disk"):
        fail()
    assert target.read_text() == "old"


def test_a_dash_is_standard_output(capsys):
    write_text("hello\n", "-")
    assert capsys.readouterr().out == "hello\n"


@given(st.text())
def test_neutral_text_never_starts_a_formula(text):
    """OWASP, CSV injection: a cell must not start with = + - @ tab or carriage return; a number is no formula."""
    neutralised = str(neutral(text))
    assert decimal_number(text) is not None or not neutralised.startswith(("=", "+", "-", "@", "\t", "\r"))


@pytest.mark.parametrize("text", ["-20140000008325", "-1.5", "+7"])
def test_a_number_as_text_stays_as_it_is(text):
    """Medicare's synthetic patients have ids such as -20140000008325."""
    assert neutral(text) == text


def test_numbers_are_not_touched():
    frame = pd.DataFrame({"x": [-1.5, 2.0], "=cmd": ["=1+1", "a"]})
    assert to_csv(frame) == "x,'=cmd\n-1.5,'=1+1\n2.0,a\n"


def test_columns_of_text_and_of_mixed_values_are_neutralised_alike():
    """1, True and 1.0 are equal in Python and three different cells; a formula is one in either column."""
    frame = pd.DataFrame({"text": ["=a", None, "=a", "b"], "mixed": [1, True, 1.0, "=a"]}, dtype=object)
    assert to_csv(frame) == "text,mixed\n'=a,1\n,True\n'=a,1.0\nb,'=a\n"


def test_missing_is_an_empty_cell():
    assert to_csv(pd.DataFrame({"x": pd.array([1, None], dtype="Int64"), "y": [None, "b"]})) == "x,y\n1,\n,b\n"


def test_not_a_number_is_refused_in_json():
    with pytest.raises(ValueError, match="Out of range float"):
        to_json({"x": float("nan")})


MARKED = "P1\u202egnorw\u200b"


def test_hidden_characters_are_escapes_in_csv():
    """A direction override in a cell would turn round the cells beside it."""
    frame = pd.DataFrame({MARKED: [MARKED, "b"]})
    assert to_csv(frame) == "P1\\u202egnorw\\u200b\nP1\\u202egnorw\\u200b\nb\n"


def test_hidden_characters_are_escapes_in_the_text_of_json_and_data_when_it_is_parsed():
    text = to_json({"patient_id": MARKED})
    assert "\\u202e" in text
    assert "\u202e" not in text
    assert json.loads(text) == {"patient_id": MARKED}


def test_csv_is_that_of_pandas():
    """Floats of all sizes, whole numbers, missing cells of each kind, quotes and line ends, in every dtype."""
    numbers = [0.1, 1e16, 1e-5, -0.0, float("inf"), float("nan"), 123456789.123456789, 1 / 3]
    frame = pd.DataFrame(
        {
            "float": numbers,
            "Float64": pd.array(numbers, dtype="Float64"),
            "int": range(8),
            "Int64": pd.array([1, None, 2**62, 4, 5, 6, 7, 8], dtype="Int64"),
            "small": pd.array([1, None, 3, 4, 5, 6, 7, 8], dtype="UInt8"),
            "text": ["a", None, 'say "x"', "a,b", "two\nlines", "", " ", "é"],
            "string": pd.array(["a", None, "c", "d", "e", "f", "g", "h"], dtype="string"),
            "mixed": [1, 2.5, None, "t", True, np.float64(0.1), np.nan, pd.NA],
        }
    )
    assert to_csv(frame) == frame.to_csv(index=False, lineterminator="\n")
    assert to_csv(frame.iloc[:0]) == frame.iloc[:0].to_csv(index=False, lineterminator="\n")
    dates, levels = pd.Timestamp("2026-01-02"), pd.Categorical(["x"] * 8)
    others = frame.assign(day=dates, flag=True, single=np.float32(0.1), level=levels)
    assert to_csv(others) == others.to_csv(index=False, lineterminator="\n")
