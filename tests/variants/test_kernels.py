"""Cohorts of text read by kernels and without: the same cells, findings and faults, however odd the lines are."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import genorx as gx
from genorx._core import compiled
from genorx.errors import GenorxError
from genorx.variants import records
from genorx.variants.cell_kernels import look_up, read_cells, read_genotypes
from genorx.variants.line_kernels import take_columns, take_lines
from genorx.variants.pair_kernels import read_alleles

from ..vcf_files import vcf_text

SAMPLES = 3
FORMS = ["GT", "GT", "GT:DP", "GT:AD:DP:GQ:PL", "GT:MIN_DP:DP", "DP", "DP:GT", ".", "GT:FT", "GT:PS"]
GENOTYPES = ["0/0", "0|1", "1/1", "./.", ".", ".|0", "1", "0", "2/3", "4/0", "10/0", "0/11", "0/1/1", "", "a/b", "0-1"]
VALUES = ["0", "00", "7", "12,3", "0,9,81", ".", "", "0.0", "PASS"]
ORDINARY = [("GT", "0/0 0|1 1/1"), ("GT", "./. 1 0"), ("GT:AD:DP", "0/0:0,0:0 0/1:3,4:7 0/0:9,0:9")]
ALTS = ["C", "CG,T", "<DEL>", ".", ",".join("ACGT"[i % 4] * (i + 2) for i in range(11))]


@pytest.fixture(scope="module", autouse=True)
def kernels(tmp_path_factory):
    """Kernels that are compiled at once, where they are not switched off."""
    if compiled._installed("numba") is None:
        pytest.skip("numba is optional")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.getbasetemp().parent / "kernels"))
        patch.setattr(compiled, "LOADED_AFTER", -1)
        patch.setattr(compiled, "COMPILED_AFTER", -1)
        yield


@st.composite
def cell(draw, keys):
    values = [draw(st.sampled_from(GENOTYPES if key == "GT" else VALUES)) for key in keys]
    return ":".join(values[: draw(st.integers(1, len(keys)))] + [""] * draw(st.sampled_from([0, 0, 0, 0, 0, 0, 1])))


@st.composite
def cohort(draw):
    """Text of records; then some bytes are lost or changed, and line ends may be those of Windows."""
    lines, position = [], 0
    for _ in range(draw(st.integers(1, 8))):
        form = draw(st.sampled_from(FORMS))
        cells = [draw(cell(form.split(":"))) for _ in range(SAMPLES)]
        if form == "GT" and draw(st.booleans()):
            cells = draw(st.lists(st.sampled_from(GENOTYPES[:4]), min_size=SAMPLES, max_size=SAMPLES))
        position += draw(st.sampled_from([0, 1, 5]))
        fields = ["chr1", str(position), ".", "A", draw(st.sampled_from(ALTS)), ".", "PASS", "DP=1", form, *cells]
        lines.append("\t".join(fields) + "\n")
    text = "".join(lines).encode()
    for _ in range(draw(st.sampled_from([0, 0, 1, 2]))):
        at, put = draw(st.integers(0, len(text) - 1)), [b"", b"\t", b"\n", b"\r", b"\0", b"\xc3\xa9", b":", b"0", b"."]
        text = text[:at] + draw(st.sampled_from(put)) + text[at + 1 :]
    return text.replace(b"\n", b"\r\n") if draw(st.sampled_from([False, False, True])) else text


def said(path, switch):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(compiled.SWITCH, switch)
        try:
            found = gx.read_genotypes(path, filters=None)
        except GenorxError as error:
            return str(error), error.code, error.place
    arrays = (found.dosage, found.alleles, found.phased, found.phase_sets)
    return [None if array is None else array.tolist() for array in arrays], found.findings, found.variants.to_csv()


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return tmp_path_factory.mktemp("cohort") / "a.vcf"


@settings(max_examples=500, deadline=None)
@given(cohort(), st.sampled_from([64, 200, 1 << 21]))
def test_a_cohort_is_the_same_with_kernels_and_without(path, text, piece):
    head = vcf_text([], samples=[f"S{number}" for number in range(SAMPLES)])
    path.write_bytes(head.encode() + text)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(records, "_PACKED_PIECE", piece)
        assert said(path, "") == said(path, "0")


@pytest.mark.parametrize("kernel", [take_lines, take_columns, read_genotypes, read_cells, look_up, read_alleles])
def test_each_kernel_is_compiled(kernel):
    """Else the test above would compare arrays with arrays."""
    assert kernel.after(1) is not None


def test_ordinary_lines_are_left_to_nobody_else(path, monkeypatch):
    """Kernels take them whole: all that would read them without is made to fail."""
    rows = [f"chr1 {n} . A C . PASS DP=1 {form} {cells}" for n, (form, cells) in enumerate(ORDINARY, 1)]
    path.write_text(vcf_text(rows, samples=["S0", "S1", "S2"]))
    for place in ("text_table._lines", "cells.CellReader._by_words", "cells._MarkedCells"):
        monkeypatch.setattr(f"genorx.variants.{place}", None)
    assert gx.read_genotypes(path).dosage.tolist() == [[0, 1, 2], [-1, 1, 0], [-1, 1, 0]]
