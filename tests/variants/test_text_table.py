"""Columns before the samples, found for all lines of a text at once: each compared with Python's own split."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import genorx as gx
from genorx.errors import GenorxError, VariantFileError
from genorx.variants import files, genotypes, records
from genorx.variants.heads import TableLines
from genorx.variants.record_checks import RowChecker
from genorx.variants.records import VariantReader
from genorx.variants.text_table import TextTable

from ..vcf_files import vcf_text

pytestmark = pytest.mark.usefixtures("both_ways")

LINE = "chr1\t{}\t.\tA\t{}\t30\t{}\tDP={}\t{}\t{}\n"


@st.composite
def line(draw):
    form = draw(st.sampled_from(["GT", "GT", "GT:DP"]))
    cells = draw(st.lists(st.sampled_from(["0/0", "0|1", "./.", "1", "0/1:7"]), min_size=2, max_size=3))
    info = "9" * draw(st.sampled_from([1, 1, 30, 200, 3000]))
    alt, flt = draw(st.sampled_from(["C", "CG", "C,<DEL>", "."])), draw(st.sampled_from(["PASS", ".", "q10"]))
    return LINE.format(draw(st.integers(0, 10**10)), alt, flt, info, form, "\t".join(cells))


@st.composite
def changed(draw):
    """Lines in which a byte may be another, or not be there."""
    text = "".join(draw(st.lists(line(), min_size=1, max_size=6))).encode()
    for _ in range(draw(st.integers(0, 2))):
        at = draw(st.integers(0, len(text) - 1))
        text = (
            text[:at] + draw(st.sampled_from([b"", b"\t", b"\n", b"\r", b"\0", b"\xc3\xa9", b"\xff"])) + text[at + 1 :]
        )
    return text


@settings(max_examples=300, deadline=None)
@given(changed())
def test_columns_are_those_of_split_or_the_text_is_left_to_others(text):
    table = TextTable.of(text, 2)
    if table is None:
        return
    rows = [each.split("\t", 9) for each in text.decode(errors="replace").replace("\r\n", "\n").split("\n")[:-1]]
    every = np.arange(len(rows))
    assert table.rows(every) == [row[:9] for row in rows]
    assert [list(table.row(number)) for number in every] == rows
    assert table.sites(every).text() == "\n".join("\t".join(row[:8]) for row in rows)
    assert [table.filters.texts[code] for code in table.filters.codes] == [row[6] for row in rows]
    assert table.alts.tolist() == [0 if row[4] == "." else row[4].count(",") + 1 for row in rows]
    if table.positions is not None:
        assert table.positions.tolist() == [int(row[1]) for row in rows]
    spans, groups = table.cells(every)
    assert [bytes(span).decode(errors="replace") for span in spans.each()] == [f"\t{row[9]}" for row in rows]
    assert {n: form for form, lines in groups for n in lines.tolist()} == {n: row[8] for n, row in enumerate(rows)}


@settings(max_examples=100, deadline=None)
@given(st.lists(line(), min_size=1, max_size=8))
def test_regular_lines_are_a_table_however_wide_their_columns_are(lines):
    table = TextTable.of("".join(lines).encode(), 2)
    assert table is not None
    assert len(table) == len(lines)


@pytest.mark.parametrize(
    "text", [b"", b"\n", b"chr1\t1\t.\tA\tC\t.\tPASS\t.\n", b"chr1\t1\t.\tA\tC\t.\tPASS\t.\tGT\n", b"x", b"\r\n"]
)
def test_text_of_few_columns_is_no_table(text):
    assert TextTable.of(text, 1) is None
    regular = LINE.format(1, "C", "PASS", 3, "GT", "0/0").encode()
    assert TextTable.of(regular + text, 1) is None or not text


def unpacked(*given, packed, **named):
    """A reader of rows with a text a column."""
    return VariantReader(*given, **named)


def outcome(path, **how):
    """Cells, sites and findings; of an error its class, code and text."""
    try:
        matrix = gx.read_genotypes(path, **how)
    except GenorxError as error:
        return type(error).__name__, error.code, str(error)
    sites = [list(map(str, row)) for row in matrix.variants.itertuples()]
    return matrix.dosage.tolist(), matrix.alleles.tolist(), sites, sorted(map(str, matrix.findings))


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(
            st.integers(100, 112),
            st.sampled_from(["C", "C", "G", "C,G", "<DEL>", "."]),
            st.sampled_from(["PASS", "PASS", "q10"]),
            st.sampled_from(["GT 0/0 0/1", "GT 0/1 ./.", "GT 1 0/0", "GT:DP 0/1:0 0/0:7", "GT:FT 0/1:q10 0/0:PASS"]),
        ),
        max_size=14,
    ),
    st.integers(1, 400),
)
def test_pieces_of_any_size_say_what_the_whole_says(tmp_path, drawn, size):
    """Sites twice and odd alleles beside plain lines, cut anywhere, against records read one by one."""
    rows = [f"chr1 {at} . A {alt} . {flt} . {cells}" for at, alt, flt, cells in sorted(drawn, key=lambda row: row[0])]
    path = tmp_path / "x.vcf"
    path.write_text(vcf_text(rows, list("ab")))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(genotypes._Request, "_by_cells", genotypes._Request._by_rows)
        patch.setattr(genotypes, "VariantReader", unpacked)
        expected = outcome(path)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(records, "_PACKED_PIECE", size)
        assert outcome(path) == expected


def test_usual_lines_are_not_split_one_by_one(tmp_path, monkeypatch):
    """Several ALTs, deletions, filters, and one site in two records: nothing that must be read line by line."""
    rows = [
        "chr1 100 . A C . PASS . GT 0/0 0|1",
        "chr1 200 . A C,G . PASS . GT:DP 1/2:0 ./1:3",
        "chr1 300 . AT A . q10 . GT 0/1 1",
        "chr1 400 . A C . PASS . GT 0/1 1/1",
        "chr1 400 . A C . PASS . GT 0/1 0/1",
        "chr7 500 . A C . . . GT 0/1 0/0",
    ]
    path = tmp_path / "x.vcf"
    path.write_text(vcf_text([*rows[:4], rows[5]], list("ab")))
    heads = list(VariantReader(path, packed=True).heads())
    assert [[type(part) for part in each.parts] for each in heads] == [[TableLines], [list]]
    assert [len(each) for each in heads] == [4, 1]  # the last is kept back, as its position may go on
    path.write_text(vcf_text(rows, list("ab")))
    monkeypatch.setattr(RowChecker, "take", lambda *given: pytest.fail("lines were split"))
    matrix = gx.read_genotypes(path)
    assert matrix.dosage.tolist() == [[0, 1], [-1, -1], [-1, -1], [1, -1], [1, 0]]  # as written above
    assert matrix.variants["pos"].tolist() == [100, 200, 300, 400, 500]


def test_of_two_records_of_a_site_the_accepted_one_keeps_the_place(tmp_path):
    rows = [
        "chr1 100 . A C . PASS . GT 0/1 0/0",
        "chr1 200 . A C . q10 . GT 0/0 0/0",
        "chr1 200 . A G . PASS . GT 0/1 1/1",
        "chr1 200 . A C . PASS . GT 1/1 0/1",
        "chr1 300 . A C . PASS . GT 0/0 1/1",
    ]
    path = tmp_path / "x.vcf"
    path.write_text(vcf_text(rows, list("ab")))
    matrix = gx.read_genotypes(path)
    assert matrix.variants["alt"].tolist() == ["C", "C", "G", "C"]
    assert matrix.dosage.tolist() == [[1, 0], [2, 1], [1, 2], [0, 2]]  # as written above


@settings(max_examples=100, deadline=None)
@given(st.lists(st.sampled_from([b"ab", b"\n", b"a\nb\nc", b"xy\n", b""]), max_size=12), st.integers(1, 12))
def test_pieces_end_where_lines_end_and_lose_nothing(pieces, least):
    found = list(files._whole_lines(iter(pieces), "x", least))
    assert b"".join(found) == b"".join(pieces)
    assert all(piece.endswith(b"\n") and len(piece) for piece in found[:-1])


def test_a_line_longer_than_the_limit_is_refused_and_shorter_ones_in_a_large_piece_are_not():
    with gx.limits(line_bytes=10):
        assert list(files._whole_lines(iter([b"12345678\n" * 5, b"123456789"]), "x", 100))
        with pytest.raises(VariantFileError) as error:
            list(files._whole_lines(iter([b"1234\n12345678", b"901"]), "x", 100))
    assert error.value.code == "line-too-long"
