"""Files of patients are read by published models as by studies; expected are the values of the same numbers."""

import pandas as pd
import pytest

import genorx as gx
from genorx.errors import GenorxError
from genorx.published.inputs.table_file import read_patients

HEAD = "patient_id;age;male;egfr;uacr;region\n"


@pytest.fixture
def model():
    return gx.published.load("kfre@2016", horizon=2)


@pytest.fixture
def write(tmp_path):
    def make(text, encoding="utf-8"):
        path = tmp_path / "patients.csv"
        path.write_bytes(text.encode(encoding))
        return path

    return make


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_decimal_comma_means_the_same_as_in_a_study(write, model, encoding, end):
    text = HEAD + "007;60;1;30,5;300,25;north_america\n008;50;0;20,5;30;north_america\n"
    path = write(text.replace("\n", end), encoding)
    frame = pd.DataFrame(
        {"age": [60, 50], "male": [1, 0], "egfr": [30.5, 20.5], "uacr": [300.25, 30.0], "region": "north_america"}
    )
    cells, _ = read_patients(path)
    assert cells["patient_id"].tolist() == ["007", "008"]  # the zeros of an id are kept
    pd.testing.assert_frame_equal(
        model.evaluate(cells).reset_index(drop=True), model.evaluate(frame).reset_index(drop=True)
    )
    study = gx.read_table(path, role="clinical")
    assert study["egfr"].tolist() == frame["egfr"].tolist()
    assert study.index.tolist() == ["007", "008"]


def test_commas_and_points_in_one_file_are_refused(write, model):
    text = HEAD + "007;60;1;30,5;1.234;north_america\n008;50;0;20,5;30;north_america\n"
    with pytest.raises(GenorxError) as caught:
        model.check(read_patients(write(text))[0])
    assert (caught.value.code, caught.value.place) == ("not-a-number", 'row 1 column "egfr"')
    with pytest.raises(GenorxError) as caught:
        gx.read_table(write(text), role="clinical")
    assert caught.value.code == "decimal-comma"


@pytest.mark.parametrize(("word", "known"), [("NA", False), ("unknown", False), (".", False), ("none", None)])
def test_words_for_missing_are_those_of_every_table(write, model, word, known):
    """``none`` can be an answer: no number, and not missing."""
    cells, _ = read_patients(write(HEAD + f"007;60;1;{word};300;north_america\n008;50;0;20;30;north_america\n"))
    if known is None:
        with pytest.raises(GenorxError) as caught:
            model.check(cells)
        assert caught.value.code == "not-a-number"
        return
    assert [each.code for each in model.check(cells)] == ["published-unknown-input"]
