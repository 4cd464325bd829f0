"""Stores of VCF Zarr against the files they were made of: the same cells, variants and findings from both.

The stores are written by bio2zarr, which reads the files by cyvcf2: an independent reader.
"""

import json
import random
import shutil
import zipfile
from pathlib import Path

import numpy as np
import pysam
import pytest

import genorx as gx
from genorx.errors import GenorxError, UsageError, VariantFileError
from genorx.variants import genotypes
from genorx.variants.zarr_arrays import ChunkedArray
from genorx.variants.zarr_convert import convert
from genorx.variants.zarr_store import ZarrStore
from genorx.variants.zarr_table import ZarrTable

from ..vcf_files import HEAD, vcf_text

zarr = pytest.importorskip("zarr")
vcf2zarr = pytest.importorskip("bio2zarr.vcf")
pytest.importorskip("cyvcf2")

by_both = pytest.mark.usefixtures("both_ways")
SAMPLES = tuple("abcde")
MORE = [
    '##FORMAT=<ID=AD,Number=R,Type=Integer,Description="depths">',
    '##FORMAT=<ID=GQ,Number=1,Type=Float,Description="quality">',
    '##INFO=<ID=AF,Number=A,Type=Float,Description="frequency">',
]
GENOTYPES = ["0/0"] * 6 + ["0/1", "1/1", "./.", "0|1", "1|0", ".|.", "./1", "0/.", "1", "0", ".", "1/2", "2|2", "4/4"]
OTHERS = {
    "AD": ["3,4", "."],
    "DP": ["9", "0", ".", "300"],
    "MIN_DP": ["3", "0", "."],
    "GQ": ["40.5", "."],
    "FT": ["PASS", ".", "q10"],
    "PS": [".", "100", "7", "70000"],
}
FORMS = ["GT", "GT", "GT:DP", "GT:AD:DP:GQ", "GT:MIN_DP:DP", "GT:FT", "GT:PS:DP"]


def rows_of(seed, *, triploid=False):
    """Records in order, with the traits that decide calls; two of three are single changes."""
    rng = random.Random(seed)
    rows, position = [], 100
    genotypes_ = [*GENOTYPES, "0/0/1"] if triploid else GENOTYPES
    for number in range(60):
        position += rng.choice([0, 1, 1, 7])
        form = rng.choice(FORMS)
        alt = rng.choice(["C,G,T,CC", "C,G,T,<DEL>", "C,G,<NON_REF>,*"])
        cells = []
        for _ in SAMPLES:
            values = [rng.choice(genotypes_)]
            values += [rng.choice(OTHERS[key]) for key in form.split(":")[1:]]
            cells.append(":".join(values))
        info = rng.choice([".", "AF=0.1,.,0.25,.", "END=3000;SVTYPE=DEL;SVLEN=.,.,.,-300", "IMPRECISE;END=3000"])
        place = [f"chr{1 if number < 40 else 7}", str(position), rng.choice([".", "rs1", "rs1;rs2"])]
        fixed = [rng.choice(["A", "AT"]), alt, rng.choice([".", "30", "30.25"]), rng.choice(["PASS", ".", "q10"])]
        rows.append(" ".join([*place, *fixed, info, form, *cells]))
        position = 100 if number == 39 else position
    return rows


@pytest.fixture
def pair(write_vcf):
    """A file, and the store that bio2zarr makes of it, with every chunk written."""

    def make(rows, samples=SAMPLES, *, name="cohort.vcf.gz", **how):
        path = write_vcf(rows, samples=samples, name=name, head=HEAD + MORE)
        store = path.with_name("cohort.vcz")
        pysam.tabix_index(str(path), preset="vcf", csi=True, force=True)
        if not how:
            return path, convert(path, store)
        with zarr.config.set({"array.write_empty_chunks": True}):
            vcf2zarr.convert([path], store, **how)
        return path, store

    return make


def said(matrix):
    sets = None if matrix.phase_sets is None else matrix.phase_sets.tolist()
    table = matrix.variants.assign(qual=matrix.variants["qual"].astype("Float32"))  # a store keeps 32 bits
    arrays = [matrix.dosage.tolist(), matrix.phased.tolist()]
    alleles = [[[a for a in call if a != -2] for call in row] for row in matrix.alleles.tolist()]
    findings = [(f.code, f.severity, f.message, f.place.partition(":")[2]) for f in matrix.findings]
    return arrays, alleles, sets, table.to_dict("list"), matrix.samples, matrix.assembly, findings


def outcome(read):
    try:
        return [said(matrix) for matrix in read()]
    except GenorxError as error:
        return type(error).__name__, error.code, error.place, error.reason


def both_ways(store, region=None, samples=None, *, filters=("PASS", "."), block_size=1_000):
    wanted = None if region is None else genotypes.parse_region(region)
    return genotypes._Request(store, wanted, samples, filters, None, block_size, frozenset(genotypes.FIELDS))


@by_both
@pytest.mark.parametrize("seed", [0, pytest.param(1, marks=pytest.mark.slow)])
@pytest.mark.parametrize("how", [{}, {"variants_chunk_size": 7, "samples_chunk_size": 2}, {"zarr_format": 3}])
def test_cells_variants_and_findings_are_those_of_the_file(pair, seed, how):
    path, store = pair(rows_of(seed, triploid=seed % 2 == 1), **how)
    for asked in (
        {},
        {"filters": None},
        {"block_size": 7},
        {"samples": ["d", "a"]},
        {"region": "chr1:110-150"},
        {"region": "7", "samples": ["e"], "block_size": 3},
    ):
        expected = outcome(lambda asked=asked: gx.iter_genotypes(path, **asked))
        assert outcome(lambda asked=asked: gx.iter_genotypes(store, **asked)) == expected
        assert outcome(lambda asked=asked: both_ways(store, **asked).matrices(packed=False)) == expected


def test_calls_are_read_as_arrays_and_not_one_by_one(pair, monkeypatch):
    path, store = pair(rows_of(3), variants_chunk_size=7, samples_chunk_size=2)
    expected = outcome(lambda: gx.iter_genotypes(path))

    def again(*args):
        raise AssertionError("the store was read record by record")

    monkeypatch.setattr(genotypes._Request, "_by_rows", again)
    assert outcome(lambda: gx.iter_genotypes(store)) == expected


@by_both
def test_a_site_in_two_records_is_brought_together_also_across_chunks(pair):
    """Calls that differ are no-calls; the two records lie in chunks 0 and 1, and in chunk 1 alone."""
    rows = [
        "chr1 100 . A C . PASS . GT 0/0 0/1 ./.",
        "chr1 200 . A C . PASS . GT 0/0 0/1 1/1",
        "chr1 200 . A C . PASS . GT 0/1 0/1 1/1",
        "chr1 300 . A C . PASS . GT 0/0 0/0 0/0",
        "chr1 300 . A G . PASS . GT 0/0 0/0 0/1",
        "chr1 300 . A C . PASS . GT 0/0 0/0 0/0",
    ]
    path, store = pair(rows, samples="abc", variants_chunk_size=2)
    expected = outcome(lambda: gx.iter_genotypes(path))
    assert expected[-1][0][0][1] == [-1, 1, 2]
    assert outcome(lambda: gx.iter_genotypes(store)) == expected


def test_haploid_triploid_and_no_genotype_at_all(pair):
    rows = ["chr1 100 . A C . PASS . GT 0 1 .", "chr1 200 . A C . PASS . GT 1 1 0"]
    path, store = pair(rows, samples="abc")
    assert outcome(lambda: gx.iter_genotypes(store)) == outcome(lambda: gx.iter_genotypes(path))
    shutil.rmtree(store)
    path, store = pair(["chr1 100 . A C . PASS . DP 3 0 ."], samples="abc")
    assert gx.read_genotypes(store).dosage.tolist() == gx.read_genotypes(path).dosage.tolist() == [[-1, -1, -1]]


def test_samples_of_one_chunk_are_asked_for_out_of_order(pair):
    path, store = pair(rows_of(5), samples_chunk_size=2, variants_chunk_size=9)
    names = ["e", "b", "a"]
    found = gx.read_genotypes(store, samples=names, region="chr1")
    assert np.array_equal(found.dosage, gx.read_genotypes(path, samples=names, region="chr1").dosage)


def csq(allele, terms, gene):
    return f"CSQ={allele}|{terms}|x|{gene}|E|"


@pytest.mark.parametrize("panel", ["genes", "sites", "burden"])
@pytest.mark.parametrize("samples", ["abcde", "a"])
def test_features_are_those_of_the_file(pair, panel, samples):
    rng = random.Random(7)
    rows = []
    for number in range(40):
        terms, gene = rng.choice(["missense_variant", "stop_gained", "synonymous_variant"]), rng.choice("KLM")
        cells = [rng.choice(["0/0", "0/1", "1|1", "./.", "./1", "1"]) + rng.choice([":9", ":0", ":."]) for _ in samples]
        info = rng.choice([csq("C", terms, gene), "."])
        rows.append(f"chr1 {100 + number} . A C . {rng.choice(['PASS', 'q10'])} {info} GT:DP {' '.join(cells)}")
    path, store = pair(rows, samples=samples, variants_chunk_size=11, samples_chunk_size=3)
    expected, found = gx.variant_features(path, panel), gx.variant_features(store, panel)
    assert found.equals(expected)
    names = [(f["code"], f["severity"], f["message"]) for f in found.attrs["findings"]]
    assert names == [(f["code"], f["severity"], f["message"]) for f in expected.attrs["findings"]]


def plain_rows(seed, records=60):
    """Records of which most are one base against another; some share a place, a site, or a chunk's last position."""
    rng = random.Random(seed)
    rows, position = [], 100
    for number in range(records):
        position = 100 if number == records * 2 // 3 else position + rng.choice([0, 1, 1, 3])
        alt = rng.choice(["C", "C", "G", "CT", "C,G", "<DEL>", "."])
        terms = rng.choice(["missense_variant", "stop_gained", "synonymous_variant&intron_variant"])
        entries = ",".join(
            csq(rng.choice("CCG"), terms, rng.choice(["K", "L%3B", ""])) for _ in range(rng.randint(1, 3))
        )
        info = rng.choice([f"CSQ={entries.replace('CSQ=', '')}", "END=900", ".", "AF=0.25"])
        top = 0 if alt == "." else alt.count(",") + 1
        calls = ["0/0", "./.", "0|0", "0", f"0/{top}", f"{top}|{top}", f"./{top}", f"{top}"]
        cells = " ".join(rng.choice(calls) for _ in SAMPLES)
        place = f"chr{1 if number < records * 2 // 3 else 7} {position} {rng.choice(['.', 'rs1'])}"
        rows.append(
            f"{place} {rng.choice(['A', 'A', 'AT'])} {alt} 30 {rng.choice(['PASS', 'PASS', 'q10'])} {info} GT {cells}"
        )
    return rows


def of_features(path):
    frame = gx.variant_features(path, "genes")
    return frame.to_csv(), [(f["code"], f["severity"], f["message"]) for f in frame.attrs["findings"]]


@by_both
@pytest.mark.parametrize("size", [1, 7, pytest.param(1_000, marks=pytest.mark.slow)])
@pytest.mark.parametrize("seed", [0, pytest.param(1, marks=pytest.mark.slow), pytest.param(2, marks=pytest.mark.slow)])
def test_tables_of_sites_say_what_the_file_and_the_lines_of_the_store_say(pair, monkeypatch, seed, size):
    path, store = pair(plain_rows(seed), variants_chunk_size=size)
    reads = [lambda path: outcome(lambda: gx.iter_genotypes(path, filters=None)), of_features]
    expected = [read(path) for read in reads]
    assert [read(store) for read in reads] == expected
    monkeypatch.setattr(ZarrTable, "regular", property(lambda self: False, lambda self, value: None), raising=False)
    assert [read(store) for read in reads] == expected


@pytest.mark.parametrize("sign", ["\t", "\n", "\r", "\0"])
def test_a_text_that_would_take_lines_apart_is_read_as_lines_are(pair, sign):
    """The tables of sites leave it to the checks of lines: no record may be made of a text in a store."""
    _, store = pair(plain_rows(1))
    group = zarr.open_group(store, mode="r+")
    texts = group["variant_CSQ"][:]
    texts[4, 0] = f"C|missense_variant|x|K{sign}L|E|"
    group["variant_CSQ"][:] = texts
    wanted = {"\t": "columns-many", "\n": "columns-few", "\0": "text-nul"}
    found = outcome(lambda: gx.iter_genotypes(store))
    assert found == outcome(lambda: both_ways(store).matrices(packed=False))
    assert found[1] == wanted[sign] if sign in wanted else isinstance(found, list)


def test_annotations_are_read_under_the_name_that_gnomad_gives_them(write_vcf):
    """INFO ``vep`` instead of ``CSQ``: two carriers of a changed gene, as in the file."""
    head = [line.replace("ID=CSQ", "ID=vep") for line in HEAD]
    assert head != HEAD
    rows = [f"chr1 {100 + n} . A C . PASS vep=C|stop_gained|x|K|E| GT 0/1 0/0 1/1" for n in range(3)]
    path = write_vcf(rows, samples="abc", name="cohort.vcf.gz", head=head)
    found, expected = (
        gx.variant_features(convert(path, path.with_name("g.vcz")), "genes"),
        gx.variant_features(path, "genes"),
    )
    assert found["K"].tolist() == expected["K"].tolist() == [1, 0, 1]


def test_genes_whose_names_are_not_ascii_are_those_of_the_lines(pair, monkeypatch):
    _, store = pair(plain_rows(1))
    group = zarr.open_group(store, mode="r+")
    texts = group["variant_CSQ"][:]
    texts[:30, 0] = "C|missense_variant|x|K\u00c4|E|"
    group["variant_CSQ"][:] = texts
    found = of_features(store)
    assert "K\u00c4" in found[0]
    monkeypatch.setattr(ZarrTable, "regular", property(lambda self: False, lambda self, value: None), raising=False)
    assert of_features(store) == found


@pytest.mark.parametrize("how", [{"variants_chunk_size": 7, "samples_chunk_size": 2}, {}])
def test_arrays_read_here_are_those_that_zarr_reads(pair, how):
    _, store = pair(rows_of(3, triploid=True), **how)
    opened, group = ZarrStore(store), zarr.open_group(store, mode="r")
    columns, kinds = np.array([4, 0, 3]), set()
    for name, array in group.arrays():
        kinds.add(type(opened.array(name)))
        for stretch in ((0, array.shape[0]), (3, 20), (7, 14), (5, 5)):
            expected = np.asarray(array[slice(*stretch)])
            assert repr(opened.part(name, *stretch).tolist()) == repr(expected.tolist()), (name, stretch)
            if name.startswith("call_"):
                for chosen in (slice(1, 4), columns):
                    found = opened.part(name, *stretch, chosen)
                    assert repr(found.tolist()) == repr(expected[:, chosen].tolist()), (name, stretch, chosen)
        assert opened.array(name).attrs["_ARRAY_DIMENSIONS"] == array.attrs["_ARRAY_DIMENSIONS"]
    assert kinds == {ChunkedArray}


def test_attributes_that_are_no_json_are_damaged(store):
    (store / "variant_AF" / ".zattrs").write_text("{")
    assert "variant_AF" in refused(store, "zarr-damaged").place


# what is no store, or not all of one


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    folder = tmp_path_factory.mktemp("whole")
    path = folder / "cohort.vcf.gz"
    with pysam.BGZFile(str(path), "wb") as out:
        out.write(vcf_text(rows_of(1), SAMPLES, HEAD + MORE).encode())
    pysam.tabix_index(str(path), preset="vcf", csi=True)
    with zarr.config.set({"array.write_empty_chunks": True}):
        vcf2zarr.convert([path], folder / "cohort.vcz", variants_chunk_size=10, samples_chunk_size=2)
    return folder / "cohort.vcz"


@pytest.fixture
def store(whole, tmp_path):
    return Path(shutil.copytree(whole, tmp_path / "cohort.vcz"))


def refused(store, code):
    with pytest.raises(VariantFileError) as caught:
        gx.read_genotypes(store)
    with pytest.raises(VariantFileError):
        gx.variant_features(store, "sites")
    assert caught.value.code == code, caught.value
    assert str(store) in str(caught.value)
    return caught.value


@pytest.mark.parametrize("name", ["variant_position", "variant_allele", "contig_id", "variant_contig", "sample_id"])
def test_a_store_without_an_array_is_cut(store, name):
    shutil.rmtree(store / name)
    assert name in refused(store, "zarr-cut").reason


@pytest.mark.parametrize(
    "name", ["call_genotype/2.1.0", "variant_position/3", "variant_allele/1.0", "variant_filter/1.0"]
)
def test_a_chunk_that_is_not_there_is_no_reference_call(store, name):
    """Zarr itself reads zeros there: position 0, allele 0 of two."""
    (store / name).unlink()
    assert zarr.open_group(store, mode="r")["call_genotype"].shape[0] == 60
    assert "chunk" in refused(store, "zarr-cut").reason


def test_a_lost_chunk_of_contigs_is_seen_by_the_region_index(store):
    (store / "variant_contig" / "4").unlink()
    shutil.rmtree(store / "region_index")
    refused(store, "zarr-cut")


def test_a_conversion_that_did_not_end_is_named(store):
    (store / "wip").mkdir()
    assert "did not end" in refused(store, "zarr-cut").reason


@pytest.mark.parametrize("name", ["call_genotype/2.1.0", "variant_position/3", "variant_allele/1.0"])
def test_a_chunk_that_is_cut_is_damaged(store, name):
    data = (store / name).read_bytes()
    (store / name).write_bytes(data[: len(data) // 2])
    assert name.partition("/")[0] in refused(store, "zarr-damaged").place


def test_arrays_that_contradict_each_other_are_damaged(store):
    description = json.loads((store / "variant_quality" / ".zarray").read_text())
    description["shape"] = [59]
    (store / "variant_quality" / ".zarray").write_text(json.dumps(description))
    assert "shape" in refused(store, "zarr-damaged").reason


@by_both
def test_an_allele_number_that_none_can_be_is_damaged(store):
    group = zarr.open_group(store, mode="r+")
    group["call_genotype"][5, 1, :] = (-5, 0)
    refused(store, "zarr-damaged")


@by_both
def test_so_it_is_in_a_store_of_haploid_calls(pair):
    _, store = pair(["chr1 100 . A C . PASS . GT 0 1 .", "chr1 200 . A C . PASS . GT 1 1 0"], samples="abc")
    group = zarr.open_group(store, mode="r+")
    assert group["call_genotype"].shape == (2, 3, 1)
    group["call_genotype"][1, 1, :] = -3
    refused(store, "zarr-damaged")


def test_a_chunk_of_the_bytes_of_the_last_has_its_values_and_one_of_others_has_its_own(pair):
    """A chunk that is kept must not be given for another, nor be changed by who gets it."""
    rows = [f"chr1 {100 + n} . A C . PASS . GT {'0/1' if n == 5 else '0/0'} 0/0" for n in range(8)]
    _, store = pair(rows, samples="ab", variants_chunk_size=1)
    array = ZarrStore(store).array("call_genotype")
    read = [array.part(slice(n, n + 1)) for n in (0, 1, 5, 6, 5, 7)]
    assert [part.ravel().tolist() for part in read] == [
        [int(n == 5 and k == 1) for k in range(4)] for n in (0, 1, 5, 6, 5, 7)
    ]
    assert read[0].base is read[1].base
    with pytest.raises(ValueError, match="read-only"):
        read[0][:] = 1


def test_an_allele_that_alt_lacks_is_named_as_in_a_file(store):
    group = zarr.open_group(store, mode="r+")
    group["call_genotype"][5, 1, :2] = (0, 9)
    assert "sample b" in refused(store, "genotype-without-alt").place


@pytest.mark.parametrize("version", [None, "0.1", "9.9"])
def test_a_store_of_something_else_is_foreign(store, version):
    attributes = json.loads((store / ".zattrs").read_text())
    attributes.pop("vcf_zarr_version")
    (store / ".zattrs").write_text(json.dumps(attributes | ({"vcf_zarr_version": version} if version else {})))
    refused(store, "zarr-foreign")


def test_an_empty_folder_named_so_is_foreign_and_any_other_is_a_folder(tmp_path):
    (tmp_path / "a.vcz").mkdir()
    refused(tmp_path / "a.vcz", "zarr-foreign")
    (tmp_path / "a").mkdir()
    refused(tmp_path / "a", "file-folder")


def test_a_codec_that_may_run_code_is_not_read(store):
    """Pickled objects are made by whatever the store's maker wrote."""
    path = store / "variant_allele" / ".zarray"
    description = json.loads(path.read_text())
    description["filters"] = [{"id": "pickle", "protocol": 5}]
    path.write_text(json.dumps(description))
    assert refused(store, "zarr-foreign").reason.count("pickle") == 1


@pytest.mark.parametrize("index", ["other counts", "other width"])
def test_an_index_that_does_not_fit_is_named_and_left_alone(store, index):
    expected = gx.read_genotypes(store, region="chr1:110-150")
    group = zarr.open_group(store, mode="r+")
    rows = group["region_index"][:]
    del group["region_index"]
    rows = rows[1:] if index == "other counts" else rows[:, :5]
    group.create_array("region_index", data=rows)
    found = gx.read_genotypes(store, region="chr1:110-150")
    assert np.array_equal(found.dosage, expected.dosage)
    assert "index-stale" in {finding.code for finding in found.findings}


def test_a_zip_archive_of_a_store_is_read(store, tmp_path):
    archive = tmp_path / "cohort.vcz.zip"
    with zipfile.ZipFile(archive, "w") as out:
        for part in store.rglob("*"):
            if part.is_file():
                out.write(part, part.relative_to(store).as_posix())
    assert np.array_equal(gx.read_genotypes(archive).dosage, gx.read_genotypes(store).dosage)
    archive.write_bytes(archive.read_bytes()[:-200])
    refused(archive, "not-vcf")


# making one


@pytest.mark.parametrize("name", ["x.vcf", "x.vcf.gz", "x.bcf"])
def test_any_file_is_converted_with_or_without_an_index(write_vcf, tmp_path, name):
    path = write_vcf(rows_of(2), samples=SAMPLES, name=name, head=HEAD + MORE)
    store = convert(path, tmp_path / "s.vcz")
    assert outcome(lambda: gx.iter_genotypes(store)) == outcome(lambda: gx.iter_genotypes(path))
    left = sorted(each.name for each in tmp_path.iterdir() if not each.name.startswith(("x.", "s.vcz")))
    assert left == []


def test_all_reference_chunks_are_written(write_vcf, tmp_path):
    """Of a chunk of zeros zarr writes nothing by default: nobody could tell it from a lost one."""
    path = write_vcf(["chr1 100 . A C . PASS . GT 0/0 0/0"], samples="ab")
    store = convert(path, tmp_path / "s.vcz")
    assert (store / "call_genotype" / "0.0.0").is_file()
    assert gx.read_genotypes(store).dosage.tolist() == [[0, 0]]


def test_a_store_is_not_written_over(write_vcf, tmp_path, store):
    path = write_vcf(["chr1 100 . A C . PASS . GT 0/0"])
    with pytest.raises(UsageError, match="already exists") as caught:
        convert(path, store)
    assert caught.value.code == "store-exists"
    with pytest.raises(UsageError, match="already") as caught:
        convert(store, tmp_path / "t.vcz")
    assert caught.value.code == "store-exists"


def test_what_bio2zarr_refuses_leaves_nothing_behind(write_vcf, tmp_path):
    """A filter that the header does not declare."""
    path = write_vcf(["chr1 100 . A C . strange . GT 0/0"])
    with pytest.raises(VariantFileError) as caught:
        convert(path, tmp_path / "s.vcz")
    assert caught.value.code == "zarr-not-made"
    assert [each.name for each in tmp_path.iterdir() if "s.vcz" in each.name] == []


def test_the_store_tells_its_chunks(store):
    opened = ZarrStore(store)
    assert (opened.records, opened.chunk, opened.sample_chunk, opened.samples) == (60, 10, 2, SAMPLES)
    assert list(opened.chunks())[-1] == (50, 60)
