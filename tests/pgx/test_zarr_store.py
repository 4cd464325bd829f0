"""Pharmacogenes, studies and commands on a store of VCF Zarr: what the file it was made of gives."""

import random

import pandas as pd
import pytest

import genorx as gx
from genorx import pgx
from genorx.cli.app import run
from genorx.knowledge import default_pack
from genorx.variants.zarr_convert import convert

pytest.importorskip("cyvcf2")

GENES = ("TPMT", "CYP2C19", "CYP2C9")
STUDY = """
[study]
name = "small"
patient_id = "id"
[variants]
files = ["{file}"]
assembly = "GRCh38"
origin = "germline"
[[tables]]
path = "clinical.csv"
role = "clinical"
"""


def rows_of(samples):
    rng = random.Random(3)
    positions = {(p.chrom, p.pos): p for gene in GENES for p in default_pack().genes[gene].positions}
    for (chrom, pos), p in sorted(positions.items(), key=lambda item: (int(item[0][0][3:]), item[0][1])):
        calls = [rng.choice(["0/0"] * 60 + ["0/1", "0|1", "./.", "1/1"]) for _ in range(samples)]
        depths = [rng.choice(["9,0", "4,5", "."]) if len(p.alts) == 1 else "." for _ in calls]
        cells = [f"{call}:{depth}" for call, depth in zip(calls, depths, strict=True)]
        yield "\t".join([chrom, str(pos), ".", p.ref, ",".join(p.alts), ".", "PASS", ".", "GT:AD", *cells])


@pytest.fixture(scope="module")
def pair(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pair")
    samples = [f"P{number}" for number in range(6)]
    lengths = {"chr6": 170805979, "chr10": 133797422}
    contigs = "".join(f"##contig=<ID={name},length={length}>\n" for name, length in lengths.items())
    path = folder / "cohort.vcf"
    head = (
        f"##fileformat=VCFv4.2\n{contigs}"
        '##FORMAT=<ID=GT,Number=1,Type=String,Description="">\n##FORMAT=<ID=AD,Number=R,Type=Integer,Description="">\n'
        "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\t" + "\t".join(samples) + "\n"
    )
    path.write_text(head + "".join(row + "\n" for row in rows_of(len(samples))))
    (folder / "clinical.csv").write_text(
        "id,age_years\n" + "".join(f"{name},{50 + n}\n" for n, name in enumerate(samples))
    )
    return path, convert(path, folder / "cohort.vcz")


def test_calls_of_each_sample_and_their_warnings_are_those_of_the_file(pair):
    expected, found = ([report.to_dict() for report in pgx.call(path)] for path in pair)
    assert any(gene["called"] for report in expected for gene in report["genes"].values())
    assert found == expected


def test_a_cohort_is_called_alike(pair):
    expected, found = (pgx.call_cohort(path) for path in pair)
    pd.testing.assert_frame_equal(found, expected)
    assert [f["code"] for f in found.attrs["findings"]] == [f["code"] for f in expected.attrs["findings"]]


def test_a_study_reads_a_store_and_its_digest_is_of_its_content(pair):
    made = []
    for path in pair:
        study = path.with_name("study.toml")
        study.write_text(STUDY.format(file=path.name))
        made.append(gx.Study.read(study).load())
    pd.testing.assert_frame_equal(made[1].features, made[0].features)
    assert made[0].digest != made[1].digest
    assert gx.Study.read(pair[0].with_name("study.toml")).digest() == made[1].digest


def test_commands_write_the_same_bytes(pair, tmp_path):
    for number, path in enumerate(pair):
        assert run(["features", str(path), "--panel", "sites", "--out", str(tmp_path / f"f{number}.csv"), "-q"]) == 0
        assert run(["pgx", str(path), "--out", str(tmp_path / f"p{number}.csv"), "-q"]) == 0
    for name in "fp":
        assert (tmp_path / f"{name}0.csv").read_bytes() == (tmp_path / f"{name}1.csv").read_bytes()


def test_the_command_converts(pair, tmp_path):
    store = tmp_path / "s.vcz"
    assert run(["convert", str(pair[0]), str(store), "-q"]) == 0
    assert (gx.read_genotypes(store).dosage == gx.read_genotypes(pair[0]).dosage).all()
    assert run(["convert", str(pair[0]), str(store), "-q"]) == 2
