"""``genorx published`` and ``genorx rank --published``."""

import json

import pandas as pd
import pytest

COLUMNS = "patient_id,age,size,grade,nodes,er,her2,ki67,screen,generation,postmenopausal"
ROWS = ["A,57,29,1,5,1,1,1,0,3,1", "B,72,15,2,0,1,0,9,0,2,1", "C,20,40,3,2,0,0,1,0,3,0"]


@pytest.fixture
def table(tmp_path):
    """``table(rows)`` -> CSV of patients."""

    def write(rows=ROWS, head=COLUMNS):
        path = tmp_path / "patients.csv"
        path.write_text("\n".join([head, *rows]) + "\n")
        return path

    return write


def test_a_newcomer_ranks_a_table_with_one_command(genorx, table, tmp_path):
    """A's numbers are those of the worked example, less hct's."""
    out = tmp_path / "ranking.json"
    done = genorx("rank", "--published", "predict-breast@2.2", "--table", table(), "--out", out)
    assert done.status == 0
    assert done.out == ""
    first, _, third = json.loads(out.read_text())
    best = first["options"][0]
    assert best["outcomes"]["os"]["10"]["estimate"] == pytest.approx(0.849467, abs=1e-6)
    assert {option["advice"] for option in third["options"]} == {"no_estimate"}
    assert "patient C" in done.err


@pytest.mark.parametrize("suffix", ["csv", "html"])
def test_the_other_formats_are_written_too(genorx, table, tmp_path, suffix):
    out = tmp_path / f"ranking.{suffix}"
    assert genorx("rank", "--published", "predict-breast@2.2", "--table", table(), "--out", out, "-q").status == 0
    text = out.read_text()
    assert ("trastuzumab + bisphosphonate" if suffix == "html" else "hctb") in text
    if suffix == "html":  # predict-breast gives no interval; options are called by their treatments, not by letters
        assert "95 % interval" not in text
        assert text.index("hormone therapy for 10 years") < text.index('id="patient-1"')
        assert "H: hormone therapy" not in text


def test_bad_input_names_file_row_and_column_and_leaves_no_file(genorx, table, tmp_path):
    """A row as a spreadsheet counts, the header is row 1."""
    out = tmp_path / "ranking.json"
    path = table([ROWS[0], ROWS[1].replace("72", "57 years")])
    done = genorx("rank", "--published", "predict-breast@2.2", "--table", path, "--out", out)
    assert done.status == 3
    assert done.error_lines[0].startswith(f'error[not-a-number] {path}:row 3 column "age"')
    assert not out.exists()


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        (["--published", "predict-breast"], 3),
        (["--published", "predict-breast@9"], 3),
        (["--published", "predict-breast@2.2", "--map", "size"], 2),
        (["--published", "predict-breast@2.2", "--map", "colour=size"], 2),
        (["--published", "predict-breast@2.2", "--reference", "x"], 2),
        ([], 2),
    ],
)
def test_wrong_calls_end_with_their_status_and_no_file(genorx, table, tmp_path, arguments, status):
    out = tmp_path / "ranking.json"
    done = genorx("rank", *arguments, "--table", table(), "--out", out)
    assert done.status == status
    assert len(done.error_lines) == 1
    assert not out.exists()


def test_own_names_come_in_by_map(genorx, table, tmp_path):
    """A study's own names come in by a mapping."""
    path = table(head=COLUMNS.replace("size", "tumour_mm"))
    plain, mapped = tmp_path / "a.csv", tmp_path / "b.csv"
    arguments = ("rank", "--published", "predict-breast@2.2", "-q")
    assert genorx(*arguments, "--table", path, "--map", "size=tumour_mm", "--out", mapped).status == 0
    assert genorx(*arguments, "--table", table(), "--out", plain).status == 0
    pd.testing.assert_frame_equal(pd.read_csv(plain), pd.read_csv(mapped))


def test_a_study_file_is_taken_in_place_of_a_table(genorx, table, tmp_path):
    """``genorx rank --published NAME STUDY.toml``."""
    table()
    study = tmp_path / "study.toml"
    study.write_text(
        '[study]\nname = "s"\npatient_id = "patient_id"\n[[tables]]\npath = "patients.csv"\nrole = "clinical"\n'
    )
    out = tmp_path / "ranking.json"
    done = genorx("rank", "--published", "predict-breast@2.2", study, "--out", out)
    assert (done.status, done.error_lines) == (0, [])
    assert [each["patient_id"] for each in json.loads(out.read_text())] == ["A", "B", "C"]


def test_list_and_card_print_what_there_is(genorx, tmp_path):
    listed = genorx("published", "list")
    assert listed.status == 0
    assert "predict-breast@3.2" in listed.out
    card = genorx("published", "card", "predict-breast@3.2")
    assert "no paper" in card.out
    out = tmp_path / "card.json"
    assert genorx("published", "card", "kfre@2016", "--out", out).status == 0
    assert json.loads(out.read_text())["id"] == "kfre@2016"
    assert genorx("published", "card", "kfre").status == 3


@pytest.mark.parametrize("name", ["patient", "id", "Subject ID"])
def test_ids_are_those_of_the_table_whatever_their_column_is_called(genorx, table, tmp_path, name):
    """ "007" stays "007", and no patient becomes 1, 2, 3."""
    rows = ["007" + ROWS[0][1:], *ROWS[1:]]
    path, out = table(rows, COLUMNS.replace("patient_id", name)), tmp_path / "ranking.json"
    assert genorx("rank", "--published", "predict-breast@2.2", "--table", path, "--out", out).status == 0
    assert [each["patient_id"] for each in json.loads(out.read_text())] == ["007", "B", "C"]


def test_an_id_column_of_another_name_is_given(genorx, table, tmp_path):
    path, out = table(head=COLUMNS.replace("patient_id", "who")), tmp_path / "ranking.json"
    arguments = ("rank", "--published", "predict-breast@2.2", "--table", path, "--out", out)
    refused = genorx(*arguments)
    assert refused.status == 3
    assert refused.error_lines[0].startswith(f"error[no-id-column] {path}: no column names the patient. ")
    assert "--id COLUMN" in refused.error_lines[0]
    assert not out.exists()
    assert genorx(*arguments, "--id", "who").status == 0
    assert [each["patient_id"] for each in json.loads(out.read_text())] == ["A", "B", "C"]


def test_a_table_without_ids_is_refused(genorx, table, tmp_path):
    """Ages that happen to differ are no ids."""
    path, out = table([row.partition(",")[2] for row in ROWS], COLUMNS.partition(",")[2]), tmp_path / "ranking.json"
    assert genorx("rank", "--published", "predict-breast@2.2", "--table", path, "--out", out).status == 3
    assert not out.exists()


@pytest.mark.parametrize(("second", "code"), [("A", "duplicate-patient"), ("", "missing-id")])
def test_a_doubled_or_missing_id_is_refused(genorx, table, tmp_path, second, code):
    path, out = table([ROWS[0], second + ROWS[1][1:]]), tmp_path / "ranking.json"
    done = genorx("rank", "--published", "predict-breast@2.2", "--table", path, "--out", out)
    assert done.status == 3
    assert done.error_lines[0].startswith(f"error[{code}] {path}:row 3 ")


def test_ids_that_may_be_one_patient_are_said(genorx, table, tmp_path):
    path, out = table([ROWS[0], "a" + ROWS[1][1:]]), tmp_path / "ranking.json"
    done = genorx("rank", "--published", "predict-breast@2.2", "--table", path, "--out", out)
    assert "near-duplicate-ids" in done.err
