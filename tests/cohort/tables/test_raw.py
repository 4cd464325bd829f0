"""Reading tables as text: what is read, and what is refused with class, code and place."""

import csv
import gzip
import pickle
from contextlib import suppress

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import genorx as gx
from genorx.cohort.tables.raw import parse_numbers, read_raw, text_of
from genorx.errors import LimitError, TableError

GOOD = 'id,age_years,note\nP1,50,a\nP2,,"b,c"\n'


def write(folder, data, name="t.csv"):
    path = folder / name
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return path


def codes(raw):
    return [finding.code for finding in raw.findings]


def refused(path, code, place=None):
    with pytest.raises(TableError) as caught:
        read_raw(path)
    assert caught.value.code == code
    assert caught.value.file == str(path)
    if place is not None:
        assert caught.value.place == place
    return caught.value


@pytest.mark.parametrize(
    "data",
    [
        GOOD.encode(),
        GOOD.replace("\n", "\r\n").encode(),
        GOOD.replace("\n", "\r").encode(),
        gzip.compress(GOOD.encode(), mtime=0),
        GOOD.rstrip("\n").encode(),
        b"\n" + GOOD.encode(),
    ],
    ids=["lf", "crlf", "cr", "gzip", "no last line end", "blank first line"],
)
def test_one_table_reads_the_same_however_its_lines_end(tmp_path, data):
    """The same three columns and two rows, by hand."""
    raw = read_raw(write(tmp_path, data))
    assert raw.columns == ("id", "age_years", "note")
    assert raw.cells.fillna("-").to_numpy().tolist() == [["P1", "50", "a"], ["P2", "-", "b,c"]]
    assert raw.encoding == "utf-8"


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_the_separator_is_found(tmp_path, separator):
    raw = read_raw(write(tmp_path, "id,a,b\nP1,1,2\nP2,3,4\n".replace(",", separator)))
    assert raw.separator == separator
    assert raw.cells["b"].tolist() == ["2", "4"]


def test_a_header_with_another_separator_in_a_name_is_read_by_the_rows(tmp_path):
    """The raw IWPC header has semicolons inside a name: "chr16:31015190; rs9923231; C/T"."""
    raw = read_raw(write(tmp_path, "id,VKORC1; rs9923231; C/T,age\n" + "P1,A/G,5\n" * 3))
    assert raw.columns == ("id", "VKORC1; rs9923231; C/T", "age")


def test_two_separators_that_fit_alike_are_refused(tmp_path):
    refused(write(tmp_path, "a;b,c;d\n1;2,3;4\n"), "separator", "1")


@pytest.mark.parametrize(("encoding", "name"), [("utf-16", "utf-16"), ("utf-8-sig", "utf-8-sig")])
def test_a_byte_order_mark_is_obeyed_and_said(tmp_path, encoding, name):
    raw = read_raw(write(tmp_path, "id,größe\nP1,1\nP2,2\n".encode(encoding)))
    assert raw.columns == ("id", "größe")
    assert raw.encoding == name
    assert codes(raw) == ["byte-order-mark"]


def test_latin_1_is_refused_with_its_line(tmp_path):
    error = refused(write(tmp_path, "id,name\nP1,a\nP2,größe\n".encode("latin-1")), "encoding", "3")
    assert "UTF-8" in error.hint


def test_utf_16_without_a_mark_is_refused_and_named(tmp_path):
    error = refused(write(tmp_path, GOOD.encode("utf-16-le")), "nul-byte", "1")
    assert "UTF-16" in error.hint


def test_nul_bytes_are_refused_with_their_line(tmp_path):
    refused(write(tmp_path, b"id,a\nP1,1\nP2,\x00\n"), "nul-byte", "3")
    refused(write(tmp_path, "id,a\nP1,\x00\n".encode("utf-8-sig")), "nul-byte", "2")


@pytest.mark.parametrize("data", [b"", b"  \n\n", gzip.compress(b"", mtime=0), b"\xef\xbb\xbf", b"\xff\xfe\n\0"])
def test_an_empty_file_is_refused(tmp_path, data):
    refused(write(tmp_path, data), "empty-table")


def test_a_header_without_rows_is_refused(tmp_path):
    refused(write(tmp_path, "id,age\n"), "empty-table")


def test_a_folder_and_an_absent_file_are_refused(tmp_path):
    refused(tmp_path, "not-a-file")
    refused(tmp_path / "absent.csv", "no-file")


@pytest.mark.parametrize("keep", [5, 20, 40])
def test_a_cut_gzip_is_refused(tmp_path, keep):
    refused(write(tmp_path, gzip.compress(GOOD.encode())[:keep]), "damaged-file")


def test_limits_on_rows_cells_and_unpacked_bytes_name_the_option(tmp_path):
    """``id`` and 1,000 rows: 1,001 rows with the header, as many cells, 2,003 bytes."""
    path = write(tmp_path, gzip.compress(b"id\n" + b"1\n" * 1000))
    assert len(read_raw(path).rows) == 1000
    for name, most in (("rows", 1000), ("cells", 1000), ("unpacked_bytes", 2002)):
        with gx.limits(**{name: most + 1}):
            assert len(read_raw(path).rows) == 1000
        with gx.limits(**{name: most}), pytest.raises(LimitError, match=f"--max-{name.replace('_', '-')}"):
            read_raw(path)


def test_a_line_of_more_cells_than_a_table_may_have_is_not_taken_apart(tmp_path):
    path = write(tmp_path, "id" + "," * 2000 + "\n")
    with gx.limits(cells=1500), pytest.raises(LimitError, match="more than 1,500 cells"):
        read_raw(path)


def test_faults_of_many_rows_are_counted_and_the_first_kept(tmp_path):
    error = refused(write(tmp_path, "id,a\n" + "1\n" * 20_001), "row-length", "row 2")
    assert len(error.faults) == 10_000
    assert "[and 20000 more: " in error.reason
    assert error.reason.endswith("; 19995 more]")


def test_a_parquet_table_is_measured_before_it_is_read(tmp_path):
    """Two columns of 500 rows; dictionaries pack a constant column of a million rows to some bytes."""
    path = tmp_path / "t.parquet"
    pd.DataFrame({"id": range(500), "a": 1}).to_parquet(path)
    for name, most in (("rows", 499), ("cells", 999), ("unpacked_bytes", 400)):
        with gx.limits(**{name: most}), pytest.raises(LimitError, match=f"--max-{name.replace('_', '-')}"):
            read_raw(path)


def test_a_spreadsheet_is_refused(tmp_path):
    error = refused(write(tmp_path, b"PK\x03\x04rest"), "not-a-table")
    assert "CSV" in error.hint


def test_rows_of_another_length_are_all_named(tmp_path):
    """Rows counted as a spreadsheet does: the header is row 1."""
    error = refused(write(tmp_path, "id,a\nP1,1\nP2\nP3,1,2\nP4,4\n"), "row-length", "row 3")
    assert error.failures["row"].tolist() == [3, 4]
    assert error.failures["rule"].tolist() == ["the row has 1 cells, the header 2", "the row has 3 cells, the header 2"]


@pytest.mark.parametrize(
    ("text", "cure"),
    [
        ("Export of May\nid,a\nP1,1\nP2,2\n", "remove the lines before it"),
        ("id,a\nP1,1\nP2,2\nP3", "the file may be truncated"),
        ("id,a\nP1,1\nP2,2,3\nP3,3\n", "must be quoted"),
    ],
)
def test_a_row_of_another_length_gets_the_cure_of_what_is_wrong(tmp_path, text, cure):
    """A title above the names, a file that ends within its last row, a cell with a comma."""
    assert cure in refused(write(tmp_path, text), "row-length").hint


def test_a_row_after_a_cell_with_line_ends_keeps_its_number(tmp_path):
    """As the karyotype column of the AML knowledge bank: one cell may span lines, a row is a row."""
    raw = read_raw(write(tmp_path, 'id,a\nP1,"x\ny\nz"\nP2,2\n'))
    assert raw.rows.tolist() == [2, 3]
    assert raw.place(1, "a") == 'row 3 column "a"'


def test_doubled_columns_are_refused(tmp_path):
    error = refused(write(tmp_path, "id,age,sex, age ,sex\nP1,1,2,3,4\n"), "doubled-column", 'row 1 column "age"')
    assert error.failures["column"].tolist() == ["age", "sex"]


@pytest.mark.parametrize("body", ['P1,"open\n', 'P1,"a"b\n'], ids=["open quote", "text after quote"])
def test_quotes_that_do_not_close_are_refused(tmp_path, body):
    refused(write(tmp_path, "id,a\nP0,0\n" + body), "csv", "row 3")


@pytest.mark.parametrize("limit", [131_072, 10**6])
def test_a_cell_beyond_the_limit_is_refused(limit, tmp_path):
    """Also after another library has set the limit of csv, as scipy's reader of ARFF does."""
    before = csv.field_size_limit(limit)
    try:
        refused(write(tmp_path, "id,a\nP1," + "x" * 200_000 + "\n"), "csv", "row 2")
    finally:
        csv.field_size_limit(before)


def test_blank_rows_are_passed_over_and_counted(tmp_path):
    raw = read_raw(write(tmp_path, "id,a\nP1,1\n,\n\nP2,2\n,\n"))
    assert raw.rows.tolist() == [2, 5]
    assert codes(raw) == ["blank-row"]
    assert raw.findings[0].message.startswith("2 rows")


def test_a_column_without_a_name_is_left_out_and_said(tmp_path):
    raw = read_raw(write(tmp_path, ",id,a\n0,P1,1\n1,P2,2\n"))
    assert raw.columns == ("id", "a")
    assert codes(raw) == ["unnamed-column"]
    assert "position 1" in raw.findings[0].message


def test_an_unknown_column_is_refused_with_the_near_one(tmp_path):
    raw = read_raw(write(tmp_path, GOOD))
    with pytest.raises(TableError) as caught:
        raw.text("age_year")
    assert caught.value.code == "no-column"
    assert 'did you mean "age_years"' in caught.value.hint


def test_the_usual_words_and_declared_codes_are_missing(tmp_path):
    raw = read_raw(write(tmp_path, "id,a\n1,NA\n2,n/a\n3,Unknown\n4,.\n5,-9.0\n6,none\n7,refused\n8,3\n"))
    text = raw.text("a", missing=(-9, "REFUSED"))
    assert text.isna().tolist() == [True, True, True, True, True, False, True, False]


def test_decimal_commas_are_read_and_said(tmp_path):
    """1,5 cannot part thousands, so 1,234 in the same file is 1.234."""
    raw = read_raw(write(tmp_path, "id;a;b\n1;1,5;1,234\n2;2,25;2,000\n"))
    assert raw.decimal == ","
    assert codes(raw) == ["decimal-comma"]
    assert parse_numbers(raw, "a").tolist() == [1.5, 2.25]
    assert parse_numbers(raw, "b").tolist() == [1.234, 2.0]


def test_a_comma_that_may_part_thousands_is_refused(tmp_path):
    raw = read_raw(write(tmp_path, "id;a\n1;1,234\n2;2,000\n"))
    with pytest.raises(TableError) as caught:
        parse_numbers(raw, "a")
    assert caught.value.code == "decimal-comma"
    assert caught.value.place == 'row 2 column "a"'


def test_decimal_commas_beside_points_are_refused(tmp_path):
    raw = read_raw(write(tmp_path, "id;a\n1;1,5\n2;2.5\n"))
    with pytest.raises(TableError) as caught:
        parse_numbers(raw, "a")
    assert caught.value.code == "decimal-comma"
    assert len(caught.value.failures) == 1


def test_all_cells_that_are_no_numbers_are_named_without_their_text(tmp_path):
    raw = read_raw(write(tmp_path, "id,a\n1,1\n2,Jane Doe\n3,inf\n4,1e999\n5,<0.5\n6,1950-02-03\n7,\n"))
    with pytest.raises(TableError) as caught:
        parse_numbers(raw, "a")
    failures = caught.value.failures
    assert failures["row"].tolist() == [3, 4, 5, 6, 7]
    assert failures["code"].tolist() == [
        "not-a-number",
        "infinite-value",
        "infinite-value",
        "detection-limit",
        "not-a-number",
    ]
    assert "Jane" not in str(caught.value) + failures.to_json()
    assert "1950" not in str(caught.value) + failures.to_json()


def test_a_table_error_survives_a_worker_process(tmp_path):
    error = refused(write(tmp_path, "id,a\nP1\n"), "row-length")
    again = pickle.loads(pickle.dumps(error))
    assert (str(again), again.code, again.faults) == (str(error), error.code, error.faults)


def test_parquet_gives_the_same_cells_as_csv(tmp_path):
    frame = pd.DataFrame({"id": ["001", "2"], "a": [0.1, np.nan], "n": [3, 4], "b": [True, False], "t": ["x", None]})
    frame.to_parquet(tmp_path / "t.parquet")
    raw = read_raw(tmp_path / "t.parquet")
    assert raw.cells.fillna("-").to_numpy().tolist() == [["001", "0.1", "3", "1", "x"], ["2", "-", "4", "0", "-"]]
    assert raw.separator is None
    assert raw.rows.tolist() == [1, 2]


def test_parquet_numbers_keep_every_digit(tmp_path):
    values = np.random.default_rng(0).normal(size=50)
    pd.DataFrame({"id": np.arange(50), "a": values}).to_parquet(tmp_path / "t.parquet")
    assert parse_numbers(read_raw(tmp_path / "t.parquet"), "a").to_numpy(dtype=float).tolist() == values.tolist()


def test_damaged_nested_and_infinite_parquet_is_refused(tmp_path):
    pd.DataFrame({"id": [1], "a": [[1, 2]]}).to_parquet(tmp_path / "nested.parquet")
    refused(tmp_path / "nested.parquet", "nested-column", 'column "a"')
    data = (tmp_path / "nested.parquet").read_bytes()
    refused(write(tmp_path, data[: len(data) // 2], "cut.parquet"), "damaged-file")
    pd.DataFrame({"id": [1.0], "a": [np.inf]}).to_parquet(tmp_path / "inf.parquet")
    with pytest.raises(TableError, match="infinite"):
        parse_numbers(read_raw(tmp_path / "inf.parquet"), "a")


def test_hostile_text_stays_text(tmp_path):
    raw = read_raw(write(tmp_path, "id,a\n\"=cmd|' /C calc'!A0\",<script>alert(1)</script>\n../../etc/passwd,b\n"))
    assert raw.cells["id"].tolist() == ["=cmd|' /C calc'!A0", "../../etc/passwd"]
    assert raw.cells["a"].tolist()[0] == "<script>alert(1)</script>"


def test_control_characters_of_a_name_do_not_reach_the_terminal(tmp_path):
    error = refused(write(tmp_path, "id,\x1b[31mred,\x1b[31mred\n1,2,3\n"), "doubled-column")
    assert "\x1b" not in str(error)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.lists(
            st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\0"), max_size=8),
            min_size=3,
            max_size=3,
        ),
        min_size=1,
        max_size=6,
    )
)
def test_what_the_csv_writer_wrote_is_read_back(tmp_path_factory, body):
    """Round trip through the csv module, trimmed; rows without any value are passed over."""
    import csv

    path = tmp_path_factory.mktemp("csv") / "t.csv"
    with path.open("w", newline="", encoding="utf-8") as handle:
        csv.writer(handle).writerows([["id", "a", "b"], *body])
    kept = [[cell.strip() for cell in row] for row in body if any(cell.strip() for cell in row)]
    if not kept:
        refused(path, "empty-table")
        return
    raw = None
    with suppress(TableError):  # two separators may fit alike
        raw = read_raw(path)
    assert raw is not None or refused(path, "separator")
    assert raw is None or raw.cells.fillna("").to_numpy().tolist() == kept


@settings(max_examples=80, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_are_a_table_or_a_table_error(tmp_path_factory, data):
    path = write(tmp_path_factory.mktemp("bytes"), data)
    sizes = (1, 1)
    with suppress(TableError):  # and no other error
        raw = read_raw(path)
        sizes = (len(raw.cells), len(raw.rows))
    assert sizes[0] == sizes[1] > 0


def test_separators_at_the_end_of_rows_are_passed_over_and_counted(tmp_path):
    """As spreadsheets write them; a value behind the last column is still refused."""
    path = tmp_path / "t.tsv"
    path.write_text("id\tx\nA\t1\t\nB\t2\t\t\nC\t3\n\n", encoding="utf-8")
    raw = read_raw(path)
    assert raw.cells["x"].tolist() == ["1", "2", "3"]
    assert [(each.code, each.message.split()[0]) for each in raw.findings] == [("trailing-separator", "2")]
    path.write_text("id\tx\nA\t1\t9\n", encoding="utf-8")
    with pytest.raises(TableError) as caught:
        read_raw(path)
    assert caught.value.code == "row-length"


def test_values_are_the_same_text_in_a_column_of_one_type_and_of_several():
    """A column of one type is written by a shorter way."""
    texts = ["a ", " ", None, "1.0"]
    numbers = [1.0, 0.1, float("nan"), float("inf"), -2.5e-7, None]
    assert text_of(texts).fillna("").tolist() == ["a", "", "", "1.0"]
    assert text_of(numbers).fillna("").tolist() == ["1", "0.1", "", "inf", "-2.5e-07", ""]
    mixed = text_of([*texts, *numbers, True])
    assert mixed.fillna("").tolist() == [*text_of(texts).fillna(""), *text_of(numbers).fillna(""), "1"]


CBIOPORTAL = (
    "#Patient Identifier\tAge\n#Identifier\tAge at diagnosis\n#STRING\tNUMBER\n#1\t1\nPATIENT_ID\tAGE\nP1\t60\nP2\tx\n"
)


def test_lines_of_comment_before_the_header_are_passed_over_and_rows_keep_their_number(tmp_path):
    """data_clinical_patient.txt of cBioPortal: names, descriptions, types and priorities, then the header in row 5."""
    path = tmp_path / "data_clinical_patient.txt"
    path.write_text(CBIOPORTAL)
    raw = read_raw(path)
    assert raw.columns == ("PATIENT_ID", "AGE")
    assert raw.rows.tolist() == [6, 7]


@pytest.mark.parametrize(
    ("text", "columns"),
    [
        ("#id,age\na,1\nb,2\n", ("#id", "age")),  # as wide as the rows: the header itself
        ("#version 2.4\nid\tage\na\t1\n", ("id", "age")),
        ("id,note\na,#1\n", ("id", "note")),
    ],
)
def test_a_header_that_begins_with_the_sign_of_a_comment_stays(tmp_path, text, columns):
    path = tmp_path / "t.csv"
    path.write_text(text)
    assert read_raw(path).columns == columns
