"""Annotations that are taken apart by a kernel: the same genes and classes as by arrays, of the same records."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genorx._core import compiled
from genorx.features import annotation_kernels
from genorx.features.annotated_genes import AnnotatedGenes
from genorx.variants.annotation import AnnotationLayout
from genorx.variants.line_batch import LineBatch

LAYOUT = AnnotationLayout(kind="CSQ", key="CSQ", allele=0, terms=1, symbol=3, gene=4)
SYMBOLS = ["A", "BRCA2", "ENSG00000139618", "", "A%2CB", "TWELVE-SIGNS", "TWELVE-SIGNT", "EIGHTLET", "EIGHTLETT"]
TERMS = ["missense_variant", "stop_gained", "intron_variant&splice_region_variant", "", "?", "upstream_gene_variant"]


@pytest.fixture(scope="module", autouse=True)
def kernels(tmp_path_factory):
    if compiled._installed("numba") is None:
        pytest.skip("numba is optional")
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv(compiled.SWITCH, raising=False)
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.getbasetemp().parent / "kernels"))
        patch.setattr(compiled, "LOADED_AFTER", -1)
        patch.setattr(compiled, "COMPILED_AFTER", -1)
        yield


entry = st.tuples(
    st.sampled_from(["C", "C", "C", "CT", "-"]), st.sampled_from(TERMS), st.just("x"), st.sampled_from(SYMBOLS)
).map("|".join)
whole = st.tuples(entry, st.sampled_from(["|E", "|E", "|E|more|of|it", "", "|"])).map("".join)
value = st.lists(whole, min_size=1, max_size=7).map(",".join)
other = st.sampled_from(["DP=3", "CSQX=1", "XCSQ=C|a|x|B|E", "CSQ", "CSQ=", "CSQ=.", "A=1,2|3", "DB" * 40])
info = st.lists(st.one_of(value.map("CSQ={}".format), value.map("CSQ={}".format), other), min_size=1, max_size=4)


def table(infos):
    rows = [f"chr1\t{n}\t.\tA\tC\t.\tPASS\t{said}\tGT\t0/1\n" for n, said in enumerate(infos, 1)]
    return LineBatch.of("".join(rows).encode(), 10)


def told(touched):
    """What is said of the records that are not left open."""
    triples = zip(touched.record.tolist(), touched.genes.tolist(), touched.effects.tolist(), strict=True)
    return (
        sorted((record, touched.names[gene], effect) for record, gene, effect in triples if not touched.open[record]),
        touched.known.tolist(),
        touched.open.tolist(),
    )


files = st.lists(st.lists(info.map(";".join), min_size=1, max_size=12), min_size=1, max_size=3)


@settings(max_examples=40, deadline=None)
@given(files, st.data())
def test_entries_are_those_of_arrays(pieces, data):
    """Pieces of a file follow each other, so that texts are known from earlier ones."""
    _compare(pieces, data)


@pytest.mark.slow
@settings(max_examples=400, deadline=None)
@given(files, st.data())
def test_entries_of_many_files_are_those_of_arrays(pieces, data):
    _compare(pieces, data)


def _compare(pieces, data):
    genes = AnnotatedGenes(LAYOUT)
    for infos in pieces:
        batch = table(infos)
        lines = np.array(sorted(data.draw(st.sets(st.integers(0, len(infos) - 1), min_size=1))), dtype=np.int64)
        found = genes._entries.read(batch.data, batch.start(7)[lines], batch.end(7)[lines])
        by_arrays = genes._by_arrays(batch, batch.start(7)[lines], batch.end(7)[lines])
        assert told(found) == told(by_arrays)


def test_a_record_of_many_genes_is_left_open():
    many = ",".join(f"C|stop_gained|x|G{number}|E" for number in range(100))
    batch = table([f"CSQ={many}", "CSQ=C|stop_gained|x|A|E"])
    found = AnnotatedGenes(LAYOUT)._entries.read(batch.data, batch.start(7), batch.end(7))
    assert found.open.tolist() == [True, False]


def test_more_texts_than_there_is_room_for_are_left_to_arrays(monkeypatch):
    """And the next piece begins anew: its genes are named right."""
    genes = AnnotatedGenes(LAYOUT)
    few, many = table(["CSQ=C|stop_gained|x|LATER|E"]), [f"S{number}" * 500 for number in range(3_000)]
    first = table(["CSQ=C|stop_gained|x|FIRST|E"])
    assert genes._entries.read(first.data, first.start(7), first.end(7)).names[0] == ("FIRST",)
    large = table([f"CSQ=C|stop_gained|x|{symbol}|E" for symbol in many])  # 7 MB of symbols
    assert genes._entries.read(large.data, large.start(7), large.end(7)) is None
    found = genes._entries.read(few.data, few.start(7), few.end(7))
    assert [found.names[gene] for gene in found.genes.tolist()] == [("LATER",)]


def test_without_kernels_arrays_are_asked(monkeypatch):
    monkeypatch.setenv(compiled.SWITCH, "0")
    batch = table(["CSQ=C|stop_gained|x|A|E"])
    assert annotation_kernels.EntryReader(LAYOUT, {}).read(batch.data, batch.start(7), batch.end(7)) is None
