"""A file shared out in parts: the table and the findings of one process, for any number of processes and any file."""

import os
import random
from itertools import pairwise

import pandas as pd
import pysam
import pytest

import genorx as gx
from genorx._core.workers import engaged, sharing
from genorx.errors import UsageError, VariantFileError
from genorx.features import files
from genorx.variants import parts
from genorx.variants.parts import parts_of, size_in_parts, text_of
from genorx.variants.records import VariantReader

from ..vcf_files import HEAD, vcf_text

pytestmark = pytest.mark.usefixtures("both_ways")

SAMPLES = list("abcde")
GENOTYPES = ["0/0", "0/0", "0/1", "1|1", "./.", "./1", "1"]
KINDS = ["tbi", "csi", "bcf", "vcz"]


def rows_of(records, seed=1):
    """Two contigs with places far apart, some of them in several records, some sites in two."""
    rng = random.Random(seed)
    rows, position = [], 1_000
    for number in range(records):
        position = 5_000 if number == records // 2 else position + rng.choice([0, 0, 1, 40_000, 70_000])
        gene, terms = f"G{number // 9}", rng.choice(["missense_variant", "stop_gained", "synonymous_variant"])
        cells = [rng.choice(GENOTYPES) + rng.choice([":9", ":0"]) for _ in SAMPLES]
        contig = "chr1" if number < records // 2 else "chr7"
        fixed = f"{contig} {position} . A {rng.choice('CG')} . {rng.choice(['PASS', 'q10'])}"
        rows.append(f"{fixed} CSQ=x|{terms}|M|{gene}|E|1 GT:DP {' '.join(cells)}")
    return rows


def made(folder, rows, kind):
    """A file of a kind, with its index."""
    path = folder / f"{kind}.vcf.gz"
    with pysam.BGZFile(str(path), "wb") as out:
        for line in vcf_text(rows, SAMPLES).splitlines(keepends=True):
            out.write(line.encode())
            if line.startswith("chr"):
                out.flush()  # a block a record: what is cut lies in blocks
    pysam.tabix_index(str(path), preset="vcf", csi=kind == "csi")
    if kind == "bcf":
        other = path.with_suffix("").with_suffix(".bcf")
        with pysam.VariantFile(str(path)) as source, pysam.VariantFile(str(other), "wb", header=source.header) as out:
            for record in source:
                out.write(record)
        pysam.tabix_index(str(other), preset="bcf", csi=True)
        return other
    if kind == "vcz":
        pytest.importorskip("cyvcf2")
        import zarr
        from bio2zarr import vcf

        store = path.with_suffix("").with_suffix(".vcz")
        with zarr.config.set({"array.write_empty_chunks": True}):
            vcf.convert([path], store, variants_chunk_size=16)
        return store
    return path


@pytest.fixture(scope="module", params=KINDS)
def cohort(request, tmp_path_factory):
    records = 4_000 if request.param == "bcf" else 400  # htslib fills its blocks
    return made(tmp_path_factory.mktemp("parts"), rows_of(records), request.param)


def said(frame):
    return [(f["code"], f["severity"], f["message"], f["place"]) for f in frame.attrs["findings"]]


def in_this_process(function, tasks):
    """An engine that shares nothing out: only the seams are tested."""
    yield from map(function, tasks)


@pytest.mark.parametrize("panel", ["genes", "sites", "burden"])
def test_a_file_in_parts_gives_the_table_of_the_whole(cohort, panel, monkeypatch):
    expected = gx.variant_features(cohort, panel)
    made_in_parts = []
    in_parts = files._in_parts
    monkeypatch.setattr(files, "_in_parts", lambda asked: made_in_parts.append(in_parts(asked)) or made_in_parts[-1])
    with engaged(in_this_process):
        found = gx.variant_features(cohort, panel)
    pd.testing.assert_frame_equal(found, expected)
    assert said(found) == said(expected)
    assert panel == "sites" or made_in_parts[0] is not None


def lines_of(reader, part):
    if reader.stored is not None:
        return "".join([table.text() for table in reader.stored.tables(part.start, part.stop)]).splitlines()
    return b"".join(text_of(reader, part)).decode().splitlines()


def test_parts_hold_each_record_once_and_positions_whole(cohort):
    reader = VariantReader(cohort, packed=True)
    cut = parts_of(reader, 8)
    assert 4 <= len(cut) <= 20
    read = [[line.split("\t")[:2] for line in lines_of(reader, part)] for part in cut]
    whole = [row[:2] for rows in VariantReader(cohort, merge=False).blocks() for row in rows]
    assert [place for part in read for place in part] == whole
    assert all(one[-1] != other[0] for one, other in pairwise(read) if one and other)


@pytest.mark.slow
@pytest.mark.parametrize("workers", [2, 3])
def test_processes_give_the_bytes_of_one(cohort, workers, monkeypatch):
    monkeypatch.setattr(parts, "_LEAST_PART", 1)
    expected = gx.variant_features(cohort)
    with sharing(workers):
        assert gx.variant_features(cohort).to_csv() == expected.to_csv()


@pytest.mark.parametrize(("least", "number"), [(1, 12), (1 << 40, 3)])
def test_each_process_gets_several_parts_but_no_small_ones(cohort, monkeypatch, least, number):
    monkeypatch.setattr(parts, "_LEAST_PART", least)
    assert parts.sensible_parts(VariantReader(cohort, packed=True), 3) == number


def test_processes_are_worth_the_bytes_of_a_cohort_that_can_be_read_in_parts(cohort):
    """A store counts four genotypes a byte."""
    records = sum(map(len, VariantReader(cohort, merge=False).blocks()))
    expected = cohort.stat().st_size if cohort.suffix != ".vcz" else records * len(SAMPLES) // 4
    assert size_in_parts(cohort) == expected > 0


def test_no_bytes_can_be_shared_without_an_index_of_one_sample_of_no_file_and_of_a_pipe(tmp_path):
    path = made(tmp_path, rows_of(60), "tbi")
    index = path.with_name(path.name + ".tbi")
    index.rename(tmp_path / "away.tbi")
    assert size_in_parts(path) == 0
    assert size_in_parts(tmp_path / "absent.vcf.gz") == 0
    one = tmp_path / "one.vcf.gz"
    with pysam.BGZFile(str(one), "wb") as out:
        out.write(vcf_text(["chr1 100 . A C . PASS . GT 0/1"], ["a"]).encode())
    pysam.tabix_index(str(one), preset="vcf")
    assert size_in_parts(one) == 0
    pipe = tmp_path / "pipe.vcf"
    os.mkfifo(pipe)
    assert size_in_parts(pipe) == 0  # or it waits for ever


def test_a_part_that_must_name_a_line_leaves_the_file_to_one_process(tmp_path):
    """The number of a line is not known in a part: the finding has that of the whole file."""
    rows = rows_of(60)
    rows[50] = rows[50].replace(" q10 ", " PASS; ").replace(" PASS ", " PASS; ")
    path = made(tmp_path, rows, "tbi")
    expected = gx.variant_features(path)
    with engaged(in_this_process):
        found = gx.variant_features(path)
    assert said(found) == said(expected)
    assert {"filter-spelling"} <= {code for code, *_ in said(found)}
    assert f"line {len(HEAD) + 52}" in next(place for code, _, _, place in said(found) if code == "filter-spelling")


def test_a_file_without_an_index_is_read_as_a_whole(tmp_path):
    path = made(tmp_path, rows_of(30), "tbi")
    path.with_name(f"{path.name}.tbi").unlink()
    assert parts_of(VariantReader(path, packed=True), 8) == []
    with engaged(in_this_process):
        assert gx.variant_features(path).shape[0] == len(SAMPLES)


def test_an_index_of_another_file_makes_no_parts(tmp_path):
    (tmp_path / "other").mkdir()
    path, other = made(tmp_path, rows_of(60), "tbi"), made(tmp_path / "other", rows_of(400, seed=2), "tbi")
    path.with_name(f"{path.name}.tbi").write_bytes(other.with_name(f"{other.name}.tbi").read_bytes())
    assert parts_of(VariantReader(path, packed=True), 8) == []
    expected = gx.variant_features(path)
    with engaged(in_this_process):
        assert said(gx.variant_features(path)) == said(expected)


def bed(folder, *lines):
    path = folder / "regions.bed"
    path.write_text("# contig start end\n" + "".join("\t".join(line.split()) + "\n" for line in lines))
    return path


def test_regions_take_the_records_that_begin_in_them(cohort, tmp_path):
    """A gene of one half has the column of the whole; of both halves it has a 1 where one of them has."""
    whole = gx.variant_features(cohort)
    one = gx.variant_features(cohort, regions=bed(tmp_path, "chr1 0 3000000"))
    other = gx.variant_features(cohort, regions=bed(tmp_path, "7 0 159000000", "1 3000000 248000000"))
    shared = one.columns.intersection(other.columns)
    assert one.columns.union(other.columns).equals(whole.columns)
    assert len(shared) < len(one.columns) < len(whole.columns)
    for half in (one, other):
        own = half.columns.difference(shared)
        assert half[own].equals(whole[own])
    ones = (one[shared].fillna(0) + other[shared].fillna(0)) > 0
    assert (whole[shared].fillna(0) > 0).equals(ones)
    alone = gx.variant_features(cohort, samples=["b"], regions=bed(tmp_path, "chr1 0 3000000"))
    assert alone.equals(one.loc[["b"]])


def test_regions_are_read_in_the_order_of_the_file_whatever_their_own(cohort, tmp_path):
    """The file is sorted: nothing is to be said of its order."""
    regions = ["chr1 0 3000000", "1 3000000 248000000", "7 0 159000000"]
    one = gx.variant_features(cohort, regions=bed(tmp_path, *regions))
    other = gx.variant_features(cohort, regions=bed(tmp_path, *reversed(regions)))
    pd.testing.assert_frame_equal(one, other)
    assert said(one) == said(other)
    assert "records-unsorted" not in {code for code, *_ in said(other)}


@pytest.mark.parametrize(
    ("lines", "code", "place"),
    [
        (["chr1 0 100", "chr1 50 60"], "regions-overlap", "3"),
        (["chr1 100 100"], "region-file", "2"),
        (["chr1 -1 100"], "region-file", "2"),
        ([], "region-file", None),
        (["chr9 0 100"], "region-contig", "header"),
    ],
)
def test_a_wrong_file_of_regions_is_refused(cohort, tmp_path, lines, code, place):
    with pytest.raises(VariantFileError) as caught:
        gx.variant_features(cohort, regions=bed(tmp_path, *lines))
    assert (caught.value.code, caught.value.place) == (code, place)


def test_regions_need_an_index_and_no_pharmacogenes(tmp_path):
    path = made(tmp_path, rows_of(30), "tbi")
    with pytest.raises(UsageError) as caught:
        gx.variant_features(path, "pgx", regions=bed(tmp_path, "chr1 0 100"))
    assert caught.value.code == "regions"
    path.with_name(f"{path.name}.tbi").unlink()
    with pytest.raises(VariantFileError) as caught:
        gx.variant_features(path, regions=bed(tmp_path, "chr1 0 100"))
    assert caught.value.code == "region-index"


def test_a_part_stops_at_its_end_and_holds_a_record_that_reaches_into_the_next(tmp_path):
    """A deletion across a window's edge is where the index says that the next window begins."""
    rows = [
        f"chr1 {position} . {'A' * 40} A . PASS CSQ=-|frameshift_variant|M|G1|E|1 GT 0/1 0/0 0/0 0/0 ./."
        for position in range(16_384 - 30, 16_384 * 6, 16_384 // 2)
    ]
    path = made(tmp_path, rows, "tbi")
    reader = VariantReader(path, packed=True)
    cut = parts_of(reader, 4)
    assert len(cut) > 2
    read = [line.split("\t")[1] for part in cut for line in lines_of(reader, part)]
    assert read == [row.split()[1] for row in rows]
