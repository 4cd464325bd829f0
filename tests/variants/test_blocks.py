"""Cells read many at a time against the same cells read one by one: equal, with equal findings and errors."""

import gzip
from itertools import product

import numpy as np
import pysam
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import genorx as gx
from genorx.errors import GenorxError, UsageError
from genorx.variants import genotypes
from genorx.variants.blocks import RecordBlock, joined
from genorx.variants.call_table import FIXED_CALLS, CallTable
from genorx.variants.calls import CallFormat, CallFormats
from genorx.variants.cells import CellReader, UnreadCellsError

pytestmark = pytest.mark.usefixtures("both_ways")

GENOTYPES = [
    "0/0",
    "0/1",
    "1/1",
    "./.",
    "0|1",
    "1|0",
    ".|.",
    "./1",
    "0/.",
    "1",
    "0",
    ".",
    "0/0/1",
    "|0|1",
    "1/2",
    "2|2",
]
ODD = ["", "0/", "/", "0-1", "3/3", "4/4", "10/11", "0/x", "./", "0//1", "0/1/", "0:1", "²/1", ",/.", "//1", "-/0"]
OTHERS = {
    "AD": ["3,4", ".", "0,0", ""],
    "DP": ["9", "0", "00", "0.0", "0.5", ".", "", "10"],
    "MIN_DP": ["3", "0", "."],
    "GQ": ["40", ".", "0"],
    "PL": ["0,3,30", "."],
    "FT": ["PASS", ".", "q10", "q10;x"],
    "PS": ["100", ".", "7"],
}
FORMS = ["GT", "GT", "GT:DP", "GT:AD:DP:GQ:PL", "GT:MIN_DP:DP", "GT:FT", "GT:PS:DP", "DP:GT", "DP", "GT:AD"]
ALTS = ["C", "C", "C,G", "<DEL>", ".", "A/T", "C,<NON_REF>"]


def by_rows(path, region=None, samples=None, *, filters=("PASS", "."), block_size=10_000):
    """The blocks of a file of which each record is read by itself."""
    wanted = None if region is None else genotypes.parse_region(region)
    fields = frozenset(genotypes.FIELDS)
    asked = genotypes._Request(path, wanted, samples, filters, None, block_size, fields)
    return list(asked.matrices(packed=False))


def outcome(read):
    """What reading gives, as plain values; an error as its class, code and text."""
    try:
        return [plain(matrix) for matrix in read()]
    except GenorxError as error:
        return type(error).__name__, error.code, str(error)


def plain(matrix):
    sets = None if matrix.phase_sets is None else matrix.phase_sets.tolist()
    arrays = [matrix.dosage, matrix.alleles, matrix.phased]
    assert [array.dtype for array in arrays] == [np.int8, np.int16, np.bool_]
    return (
        [array.tolist() for array in arrays], sets, [list(map(str, row)) for row in matrix.variants.itertuples()],
        matrix.variants.dtypes.tolist(), matrix.samples, matrix.assembly, matrix.findings,
    )  # fmt: skip


@st.composite
def cell(draw, form):
    values = []
    for key in form.split(":"):
        if key == "GT":
            values.append(draw(st.sampled_from(GENOTYPES if draw(st.integers(0, 40)) else ODD)))
        else:
            values.append(draw(st.sampled_from(OTHERS[key])))
    return ":".join(values[: draw(st.sampled_from([len(values)] * 8 + [1]))])


@st.composite
def record(draw, samples):
    form, alt = draw(st.sampled_from(FORMS)), draw(st.sampled_from(ALTS))
    chrom = draw(st.sampled_from(["chr1"] * 12 + ["chr7", "chrUn"]))
    flt = draw(st.sampled_from(["PASS"] * 8 + [".", "q10", "PASS;", "q10;PASS"]))
    ref = draw(st.sampled_from(["A", "A", "AT", "N"]))
    usual = draw(st.booleans())  # a line of the cells that most lines have
    one = st.sampled_from(["0/0", "0/1", "./.", "0|1"]) if usual and form == "GT" else cell(form)
    cells = [draw(one) for _ in range(samples)]
    position = draw(st.integers(100, 118))
    return [
        chrom,
        str(position),
        ".",
        ref,
        alt,
        "30",
        flt,
        draw(st.sampled_from([".", "END=150", "DP=3"])),
        form,
        *cells,
    ]


@st.composite
def cohort(draw):
    samples = draw(st.integers(1, 5))
    records = draw(st.lists(record(samples), max_size=12))
    if draw(st.integers(0, 5)):
        records.sort(key=lambda row: (row[0], int(row[1])))
    lines = ["\t".join(row) for row in records]
    if lines and not draw(st.integers(0, 5)):  # a line that is cut, too long, ends in a tab, or has another column
        at = draw(st.integers(0, len(lines) - 1))
        line = lines[at]
        cut = draw(st.integers(0, len(line)))
        changed = [line + "\t", line + "\t0/1", line[:cut], line.rpartition("\t")[0], line + "\r"]
        lines[at] = draw(st.sampled_from(changed))
    end = draw(st.sampled_from(["\n"] * 6 + ["\r\n"]))
    text = "".join(line + end for line in lines)
    return samples, text if draw(st.integers(0, 8)) else text + draw(st.sampled_from(["\n", "x", "\0\n"]))


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    cohort(), st.sampled_from(["plain", "gzip", "bgzip"]), st.sampled_from([1, 2, 5, 10_000]), st.booleans(), st.data()
)
def test_cells_read_together_are_those_read_one_by_one(write_vcf, made, kind, block_size, every, data):
    samples, body = made
    names = [f"S{number}" for number in range(samples)]
    path = write_vcf([], samples=names, name="x.vcf")
    text = path.read_text() + body
    path = path.with_name("c.vcf")
    if kind == "bgzip":
        with pysam.BGZFile(str(path), "wb") as handle:
            handle.write(text.encode())
    else:
        path.write_bytes(gzip.compress(text.encode()) if kind == "gzip" else text.encode())
    chosen = data.draw(st.none() | st.permutations(names).map(lambda order: order[: len(order) // 2 + 1]))
    how = {
        "region": data.draw(st.sampled_from([None, None, "chr1:105-110"])),
        "samples": chosen,
        "filters": None if every else ("PASS", "."),
        "block_size": block_size,
    }
    assert outcome(lambda: gx.iter_genotypes(path, **how)) == outcome(lambda: by_rows(path, **how))


def test_usual_cohorts_are_read_together_and_not_again(write_vcf, monkeypatch):
    """Half calls, haploid ones, several ALTs, cut columns, depths and filters are no reason to begin anew."""
    rows = [
        "chr1 100 . A C . PASS . GT 0/0 0|1 ./.",
        "chr1 200 . A C,G . PASS . GT 1/2 ./1 1",
        "chr1 200 . A G . PASS . GT 1/1 0/1 0/0",
        "chr1 300 . AT A . q10 . GT:AD:DP 0/1:3,4:7 0/0:0,0:0 ./.",
        "chr1 300 . AT A . PASS . GT:AD:DP 0/1:3,4:7 0/1:0,0:00 10|1:3,3:.",
        "chr1 400 . A C . PASS . GT:FT:PS 0/1:PASS:9 0/1:q10:. 0|1:.:7",
        "chr1 500 . A C,<DEL> . PASS . DP:GT 3:0/1 0:0/1 7:2/2",
    ]
    rows[4] = rows[4].replace("10|1", "1|1")
    path = write_vcf(rows, samples=list("abc"))
    expected = [plain(matrix) for matrix in by_rows(path)]

    def again(*args):
        raise AssertionError("the file was read again")

    monkeypatch.setattr(genotypes._Request, "_by_rows", again)
    assert [plain(matrix) for matrix in gx.iter_genotypes(path, block_size=10_000)] == expected


def test_fixed_numbers_are_the_calls_that_their_bits_say():
    """Each of 5 x 5 alleles x phase x depth against the reader of single columns."""
    table, form = CallTable(), CallFormat("GT:DP", None)
    for first, second, mark, depth in product("0123.", "0123.", "/|", "90"):
        call = form.read(f"{first}{mark}{second}:{depth}")
        number = table.number(call)
        assert number < 256
        assert FIXED_CALLS[number] == call
    assert len(table.calls) == 256


@pytest.mark.parametrize("mark", "/|-.0")
@pytest.mark.parametrize("form", ["GT", "GT:DP"])
def test_every_pair_of_characters_around_a_mark_is_read_as_alone_or_not_at_all(form, mark):
    """94 x 94 visible characters; what no reader of single columns can read is left to it, which names the place."""
    cells, single = CellReader(CallFormats(None), 2, [9, 10]), CallFormat(form, None)
    site = ["chr1", "1", ".", "A", "C", ".", "PASS", ".", form]
    table = CallTable()
    for first, second in product(map(chr, range(33, 127)), repeat=2):
        text = f"{first}{mark}{second}"
        try:
            (numbers,) = cells.numbers([[*site, f"0/0\t{text}"]], table)
        except UnreadCellsError:
            with pytest.raises(ValueError, match=r"genotype|values"):
                single.read(text)
        else:
            assert table.calls[numbers[1]] == single.read(text)


def test_blocks_of_other_calls_are_joined_call_by_call():
    first, second = CallTable(), CallTable()
    form = CallFormat("GT:PS", None)
    calls = [form.read(text) for text in ("0/1", "0|1:7", "0|1:9", "1", "0/0/1")]
    numbers = [[first.number(call) for call in calls[:3]], [second.number(call) for call in calls[2:]]]
    blocks = [
        RecordBlock.of_rows([["chr1"] * 9], np.array([part], dtype=np.uint16), table.calls)
        for part, table in zip(numbers, (first, second), strict=True)
    ]
    whole = joined(blocks)
    assert [[whole.calls[number] for number in line] for line in whole.numbers] == [calls[:3], calls[2:]]
    small = whole.compact()
    assert sorted(small.calls) == sorted(calls)
    assert [[small.calls[number] for number in line] for line in small.numbers] == [calls[:3], calls[2:]]


def test_dosages_alone_are_those_of_the_whole_and_nothing_else_is_made(write_vcf):
    path = write_vcf(["chr1 100 . A C . PASS . GT:PS 0|1:100 1/1 .", "chr7 9 . A C . q10 . GT 1 0/1 0/0"], list("abc"))
    alone = gx.read_genotypes(path, fields=("dosage",))
    whole = gx.read_genotypes(path)
    assert alone.dosage.tolist() == whole.dosage.tolist() == [[1, 2, -1], [-1, -1, -1]]
    assert (alone.alleles, alone.phased, alone.phase_sets) == (None, None, None)
    assert alone.variants.equals(whole.variants)
    assert alone.findings == whole.findings
    assert alone.samples == ("a", "b", "c")
    assert "2 variants x 3 samples" in repr(gx.read_genotypes(path, fields=["alleles"]))
    (block,) = gx.iter_genotypes(path, fields=["phased"])
    assert block.dosage is None
    assert block.phased.tolist() == whole.phased.tolist()


@pytest.mark.parametrize("field", genotypes.FIELDS)
def test_one_field_of_a_file_of_several_blocks_is_that_of_the_whole(write_vcf, monkeypatch, field):
    rows = [
        "chr1 100 . A C . PASS . GT 0/1 .",
        "chr1 200 . A C . PASS . GT:PS 0|1:7 1",
        "chr1 300 . A C . . . GT 1 0/0",
    ]
    path = write_vcf(rows, list("ab"))
    whole = getattr(gx.read_genotypes(path), field)
    monkeypatch.setattr(genotypes, "_BLOCK_ROWS", 1)
    found = gx.read_genotypes(path, fields=[field])
    assert getattr(found, field).tolist() == whole.tolist()
    assert [name for name in genotypes.FIELDS if getattr(found, name) is not None] == [field]
    if field != "dosage":
        with pytest.raises(UsageError) as error:
            found.to_frame()
        assert error.value.code == "fields"


@pytest.mark.parametrize("fields", ["dosage", ["dose"], ("dosage", "variants")])
def test_fields_that_a_matrix_does_not_have_are_refused(write_vcf, fields):
    with pytest.raises(UsageError) as error:
        gx.read_genotypes(write_vcf([]), fields=fields)
    assert error.value.code == "fields"
