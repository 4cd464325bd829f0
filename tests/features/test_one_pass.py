"""A panel of genes and pharmacogenes reads each file once, and says what two readings said.

What it says of genes is what a panel without ``[pgx]`` says, of pharmacogenes what ``call_cohort`` says.
"""

import builtins
import gzip
import pickle

import pandas as pd
import pysam
import pytest

import genorx as gx
from genorx._core.workers import engaged
from genorx.datasets import write_pgx_cohort
from genorx.errors import GenorxError, UsageError
from genorx.features import features_of_files, variant_features
from genorx.features import files as tallies
from genorx.variants import files
from genorx.variants.zarr_records import ZarrRecords

pytestmark = pytest.mark.usefixtures("both_ways")

GENES = '[genes]\ntable = "genes.tsv"\n'
PGX = '[pgx]\ngenes = ["CYP2C19", "DPYD"]\n'
KINDS = ["one", "plain", "bgzip", "bcf", "vcz"]


@pytest.fixture
def panels(tmp_path):
    """Three panels: genes, pharmacogenes, both."""
    (tmp_path / "genes.tsv").write_text("chr10\t94000000\t95000000\tONE\nchr1\t97000000\t98500000\tOTHER\n")
    made = {"genes": GENES, "pgx": PGX, "both": GENES + PGX}
    for name, text in made.items():
        (tmp_path / f"{name}.toml").write_text(text)
    return {name: tmp_path / f"{name}.toml" for name in made}


def cohort(folder, kind, change=lambda line: line, people=12):
    """People of some diplotypes in a file of a kind; ``one`` has one sample."""
    path = folder / "c.vcf.gz"
    write_pgx_cohort(path, n=1 if kind == "one" else people, seed=4)
    text = "".join(map(change, gzip.decompress(path.read_bytes()).decode().splitlines(keepends=True)))
    with pysam.BGZFile(str(path), "wb") as out:
        for line in text.splitlines(keepends=True):
            out.write(line.encode())
            if line.startswith("chr"):
                out.flush()  # a block a record: an index can cut the file
    if kind == "plain":
        plain = folder / "plain.vcf"
        plain.write_text(text)
        return plain
    pysam.tabix_index(str(path), preset="vcf")
    if kind == "bcf":
        binary = str(folder / "c.bcf")
        with pysam.VariantFile(str(path)) as source, pysam.VariantFile(binary, "wb0", header=source.header) as out:
            for record in source:
                out.write(record)
        return folder / "c.bcf"
    return stored(path, folder / "c.vcz") if kind == "vcz" else path


def stored(path, store):
    pytest.importorskip("cyvcf2")
    import zarr
    from bio2zarr import vcf

    with zarr.config.set({"array.write_empty_chunks": True}):
        vcf.convert([path], store, variants_chunk_size=64)
    return store


class Counted:
    """A handle that says so when a file was read to its end."""

    def __init__(self, handle, ends):
        self._handle, self._ends, self._ended = handle, ends, False

    def read(self, *size):
        found = self._handle.read(*size)
        if not found and not self._ended:
            self._ended = True
            self._ends.append(self._handle.name)
        return found

    def __enter__(self):
        return self

    def __exit__(self, *told):
        self._handle.close()

    def __getattr__(self, name):
        return getattr(self._handle, name)


@pytest.fixture
def ends(monkeypatch):
    """Files that were read to their end, as often as they were."""
    found = []
    monkeypatch.setattr(files, "open", lambda *told, **how: Counted(builtins.open(*told, **how), found), raising=False)  # noqa: SIM115
    tables, pieces, region = ZarrRecords.tables, ZarrRecords.pieces, ZarrRecords.of_region

    def counted(store, *told, way):
        yield from way(store, *told)
        found.append(store.store.path)

    monkeypatch.setattr(ZarrRecords, "tables", lambda store, *told: counted(store, *told, way=tables))
    monkeypatch.setattr(ZarrRecords, "pieces", lambda store: counted(store, way=pieces))
    monkeypatch.setattr(ZarrRecords, "of_region", lambda store, *told: counted(store, *told, way=region))
    return found


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_is_read_to_its_end_once_for_both(tmp_path, panels, kind, ends):
    path = cohort(tmp_path, kind, people=2_000)  # more than is read for the header
    ends.clear()
    made = features_of_files([path], panels["both"], origin="germline").frame
    assert {"ONE", "CYP2C19_phenotype", "DPYD_activity"} <= set(made)
    assert made.notna().to_numpy().all()
    assert len(ends) == 1


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("absent", ["missing", "reference"])
def test_both_say_what_each_says_alone(tmp_path, panels, kind, absent):
    path = cohort(tmp_path, kind)
    both = variant_features(path, panels["both"], absent=absent)
    genes = variant_features(path, panels["genes"], absent=absent)
    pd.testing.assert_frame_equal(both[list(genes)], genes, check_frame_type=False)
    called = gx.pgx.call_cohort(path, genes=["CYP2C19", "DPYD"], absent=absent)
    for name in set(both) - set(genes):
        assert both[name].tolist() == called[name].tolist()
    codes = {each["code"] for frame in (genes, called) for each in frame.attrs["findings"]}
    assert {each["code"] for each in both.attrs["findings"]} <= codes


@pytest.mark.parametrize("kind", ["bgzip", "bcf", "vcz"])
def test_a_file_in_parts_says_what_the_whole_says(tmp_path, panels, kind, monkeypatch):
    path = cohort(tmp_path, kind)
    expected = variant_features(path, panels["both"])
    parts, in_parts = [], tallies._in_parts
    monkeypatch.setattr(tallies, "_in_parts", lambda asked: parts.append(in_parts(asked)) or parts[-1])

    def here(function, tasks):
        """Hand tasks out as processes do, to this one."""
        yield from map(pickle.loads(pickle.dumps(function)), tasks)

    with engaged(here):
        found = variant_features(path, panels["both"])
    assert parts[0] is not None or kind == "bcf"  # htslib fills the blocks of a small BCF: it has one part
    pd.testing.assert_frame_equal(found, expected)
    assert found.attrs == expected.attrs


@pytest.mark.parametrize("kind", ["one", "plain", "bcf"])
def test_a_site_in_two_records_is_no_call_for_pharmacogenes_however_genes_take_it(tmp_path, panels, kind):
    """CYP2C19 rs4244285 twice with other genotypes: its records are not brought together before each has its rule."""

    def twice(line):
        if "\t94781859\t" not in line:
            return line
        cells = line.rstrip("\n").split("\t")
        return "".join("\t".join([*cells[:9], *[genotype] * (len(cells) - 9)]) + "\n" for genotype in ("0|0", "1|1"))

    path = cohort(tmp_path, kind, twice)
    both = variant_features(path, panels["both"])
    called = gx.pgx.call_cohort(path, genes=["CYP2C19", "DPYD"])
    assert both["CYP2C19_phenotype"].tolist() == called["CYP2C19_phenotype"].tolist()


def test_a_fault_of_a_pharmacogene_does_not_hide_one_of_a_later_file(tmp_path, panels):
    """A genotype that names an ALT too many is told by pharmacogenes, after all files are read."""
    path = cohort(tmp_path, "plain", lambda line: line.replace("\t0|1", "\t0|7") if "\t94781859\t" in line else line)
    first = path.rename(tmp_path / "first.vcf")
    later = tmp_path / "later.vcf"
    later.write_text(first.read_text().replace("S00", "T00").rpartition("chr")[0] + "chr1\tabc\n")
    with pytest.raises(GenorxError) as caught:
        features_of_files([first, later], panels["pgx"], origin="germline")
    assert str(later) in str(caught.value)


def test_files_of_the_same_samples_of_whom_none_is_a_patient_are_still_told_apart(tmp_path, panels):
    """The same file under two names holds the same sites of the same people, as ``call_cohort`` says."""
    path = cohort(tmp_path, "plain")
    again = tmp_path / "again.vcf"
    again.write_text(path.read_text())
    with pytest.raises(UsageError) as caught:
        features_of_files([path, again], panels["both"], origin="germline", patients=["nobody"])
    assert caught.value.code == "sample-twice"
