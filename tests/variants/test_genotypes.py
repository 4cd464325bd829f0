"""Genotypes: dosages counted by hand from the rows, and by an independent counter in the property test."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import genorx as gx
from genorx.errors import UsageError, VariantFileError

pytestmark = pytest.mark.usefixtures("both_ways")


def codes(found):
    return {finding.code for finding in found.findings}


def test_dosage_counts_any_alt_and_a_missing_allele_makes_it_missing(write_vcf):
    """Counted by hand; more than two alleles say nothing of two copies of a chromosome."""
    path = write_vcf(
        [
            "chr1 100 . A C,G . PASS . GT 0/0 0/1 1/2 2|2 ./. ./1 1 . 0/0/1",
            "chr1 200 . A * . PASS . GT 0/0 0/1 1/1 0/. 0 0 0 0 0",
        ],
        samples=list("abcdefghi"),
    )
    matrix = gx.read_genotypes(path)
    assert matrix.dosage.dtype == np.int8
    assert matrix.dosage.tolist() == [[0, 1, 2, 2, -1, -1, 1, -1, -1], [0, 1, 2, -1, 0, 0, 0, 0, 0]]
    assert matrix.samples == tuple("abcdefghi")
    assert matrix.assembly == "GRCh38"
    assert matrix.phased[0].tolist() == [False] * 3 + [True] + [False] * 5
    assert matrix.alleles[0, 8].tolist() == [0, 0, 1]
    assert matrix.alleles[0, 6].tolist() == [1, -2, -2]


def test_calls_without_reads_and_filtered_calls_are_no_calls(write_vcf):
    """Depth 0 and filtered records are no-calls; "." as FT says nothing."""
    path = write_vcf(
        [
            "chr1 100 . A C . PASS . GT:DP:FT 0/1:0:PASS 0/0:0:. 0/1:.:. 0/1:9:q10 0/1:9:PASS",
            "chr1 101 . A <NON_REF> . . END=180 GT:MIN_DP 0/0:0 0/0:3 0/0 0/0:. 0/0:7",
            "chr1 200 . A C . q10 . GT 0/1 0/0 0/1 1/1 ./.",
        ],
        samples=list("abcde"),
    )
    assert gx.read_genotypes(path).dosage.tolist() == [[-1, -1, 1, -1, 1], [-1, 0, 0, 0, 0], [-1] * 5]
    everything = gx.read_genotypes(path, filters=None)
    assert everything.dosage[2].tolist() == [1, 0, 1, 2, -1]
    assert gx.read_genotypes(path, filters=["q10"]).variants["accepted"].tolist() == [False, False, True]


NO_CALLS = [
    # each genotype that is written and is no call, by the reason that `docs/guide/variants.md` gives for it
    "chr1 100 . A C . PASS . GT:DP:FT 0/0/1:9:PASS 0/1:0:PASS 0/1:9:q10 ./1:9:PASS ./.:.:.",
    "chr1 200 . A C . q10 . GT 0/1 0/0/1 ./. 0/0 ./.",
    "chr1 300 . A C . PASS . GT:MIN_DP 0/0:0 0/. 0/1:3 1 0/0",
]


@pytest.mark.parametrize("block_size", [1, 2, 10])
@pytest.mark.parametrize("name", ["a.vcf", "a.bcf"])
def test_written_genotypes_that_are_no_calls_are_counted_by_reason(write_vcf, name, block_size):
    """Counted by hand: of depth 0 rows 1 and 3, half called rows 1 and 3, of three alleles row 1; the rest filtered."""
    path = write_vcf(NO_CALLS, samples=list("abcde"), name=name)
    *_, last = gx.iter_genotypes(path, block_size=block_size)
    said = "9 (4 filtered, 2 of depth 0, 1 of more than two alleles, 2 half called)"
    assert [f.message for f in last.findings if f.code == "no-calls"] == [
        f"written genotypes that are no-calls: {said}"
    ]
    accepted = gx.read_genotypes(path, filters=None, samples=["b"])
    assert [f.message for f in accepted.findings if f.code == "no-calls"] == [
        "written genotypes that are no-calls: 3 (1 of depth 0, 1 of more than two alleles, 1 half called)"
    ]


def test_genotypes_that_are_all_calls_or_unwritten_have_no_finding_of_no_calls(write_vcf):
    path = write_vcf(["chr1 100 . A C . PASS . GT:DP 0/1:9 ./.:0 1:."], samples=list("abc"))
    assert "no-calls" not in {finding.code for finding in gx.read_genotypes(path).findings}


def test_symbolic_alleles_keep_end_length_and_imprecision(write_vcf):
    path = write_vcf(
        [
            "chr1 100 . N <DEL> . PASS SVTYPE=DEL;END=150;SVLEN=-50;IMPRECISE GT 0/1",
            "chr1 300 . A <DUP:TANDEM> . PASS END=320;SVTYPE=DUP GT 0/1",
            "chr1 400 rs1 AT A 30.5 PASS . GT:PS 0|1:400",
        ]
    )
    matrix = gx.read_genotypes(path)
    variants = matrix.variants
    assert variants["end"].tolist() == [150, 320, 401]
    assert variants["symbolic"].tolist() == [True, True, False]
    assert variants["imprecise"].tolist() == [True, False, False]
    assert variants["svlen"].fillna("").tolist() == ["-50", "", ""]
    assert variants["qual"].isna().tolist() == [True, True, False]
    assert matrix.phase_sets is not None
    assert matrix.phase_sets[:, 0].tolist() == ["", "", "400"]


def test_region_takes_what_overlaps_with_and_without_prefix_and_index(write_vcf):
    rows = [
        "chr1 100 . A <NON_REF> . PASS END=500 GT 0/0",
        "chr1 501 . AT A . PASS . GT 0/1",
        "chr1 900 . A C . PASS . GT 0/1",
        "chr7 502 . A C . PASS . GT 1/1",
    ]
    import pysam

    path = write_vcf(rows, name="r.vcf.gz")
    plain = gx.read_genotypes(path, region="1:500-502")
    pysam.tabix_index(str(path), preset="vcf", force=True)
    assert not codes(gx.read_genotypes(path))
    for region in ("1:500-502", "chr1:500-502"):
        indexed = gx.read_genotypes(path, region=region)
        assert indexed.variants["pos"].tolist() == plain.variants["pos"].tolist() == [100, 501]
        assert indexed.dosage.tolist() == [[0], [1]]
    assert gx.read_genotypes(path, region="chr7").dosage.tolist() == [[2]]
    assert gx.read_genotypes(path, region="chr12").dosage.shape == (0, 1)
    with pytest.raises(UsageError):
        gx.read_genotypes(path, region="chr1:9-3")
    with pytest.raises(VariantFileError) as caught:
        gx.read_genotypes(path, region="chr99:1-2")
    assert caught.value.code == "region-contig"


def test_an_index_of_another_file_is_named_and_not_used(write_vcf, tmp_path):
    """htslib follows it and returns nothing: the answer must be that of the file."""
    import os

    import pysam

    path = write_vcf([f"chr1 {n} . A C . PASS . GT 0/1" for n in range(100, 4000)], name="x.vcf.gz")
    other = write_vcf(["chr7 9 . A C . PASS . GT 0/1"], name="y.vcf.gz")
    pysam.tabix_index(str(other), preset="vcf", force=True)
    (tmp_path / "x.vcf.gz.tbi").write_bytes((tmp_path / "y.vcf.gz.tbi").read_bytes())
    found = gx.read_genotypes(path, region="chr1:3000-3001")
    assert found.dosage.tolist() == [[1], [1]]
    assert codes(found) == {"index-stale"}
    pysam.tabix_index(str(path), preset="vcf", force=True)
    os.utime(tmp_path / "x.vcf.gz.tbi", (1, 1))
    assert codes(gx.read_genotypes(path)) == {"index-stale"}
    (tmp_path / "x.vcf.gz.tbi").write_bytes(b"no index")
    assert codes(gx.read_genotypes(path, region="chr1:3000")) == {"index-stale"}


def test_csi_index_of_a_bcf_is_used(write_vcf):
    import pysam

    path = write_vcf([f"chr1 {n} . A C . PASS . GT 0/1" for n in range(100, 400)], name="x.bcf")
    pysam.tabix_index(str(path), preset="bcf", force=True, csi=True)
    found = gx.read_genotypes(path, region="chr1:150-151")
    assert found.variants["pos"].tolist() == [150, 151]
    assert not codes(found)


def test_samples_are_chosen_in_the_order_asked_for(write_vcf):
    path = write_vcf(["chr1 100 . A C . PASS . GT 0/0 0/1 1/1"], samples=list("abc"))
    matrix = gx.read_genotypes(path, samples=["c", "a"])
    assert matrix.dosage.tolist() == [[2, 0]]
    assert matrix.to_frame().loc["c", "chr1:100:A:C"] == 2
    with pytest.raises(VariantFileError) as caught:
        gx.read_genotypes(path, samples=["d"])
    assert caught.value.code == "sample-absent"


def test_blocks_together_are_the_whole(write_vcf):
    rows = [f"chr1 {n} . A C . PASS . GT 0/{n % 2} ./." for n in range(1, 26)]
    path = write_vcf(rows, samples=["a", "b"])
    blocks = list(gx.iter_genotypes(path, block_size=10))
    assert [len(block.variants) for block in blocks] == [10, 10, 5]
    whole = gx.read_genotypes(path)
    assert np.array_equal(np.concatenate([block.dosage for block in blocks]), whole.dosage)


def test_aml_cohort_has_the_calls_of_its_readme(aml):
    """README of the data: 1,068 patients, 2,721 calls."""
    matrix = gx.read_genotypes(aml / "cohort.vcf.gz", filters=None, assembly="hg19")
    assert matrix.dosage.shape == (1312, 1068)
    assert matrix.assembly == "GRCh37"
    assert int((matrix.dosage > 0).sum()) == 2721


BASE = st.sampled_from("ACGT")
ALLELE = st.sampled_from([".", "0", "1", "2"])
CALL = st.tuples(
    st.lists(ALLELE, min_size=1, max_size=2), st.sampled_from("/|"), st.sampled_from(["", ":0", ":.", ":7"])
)


@given(
    st.lists(
        st.tuples(st.integers(1, 10**6), BASE, st.lists(CALL, min_size=2, max_size=2)),
        max_size=8,
        unique_by=lambda r: r[0],
    )
)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_small_file_reads_as_written_in_every_container(write_vcf, records):
    """Dosage by an independent rule on the text; the three containers agree."""
    rows, expected = [], []
    for position, ref, calls in sorted(records):
        texts = [mark.join(alleles) + depth for alleles, mark, depth in calls]
        others = [base for base in "ACGT" if base != ref]
        rows.append(f"chr1 {position} . {ref} {others[0]},{others[1]} . PASS . GT:DP {' '.join(texts)}")
        row = []
        for alleles, _, depth in calls:
            unknown = "." in alleles or depth == ":0"
            row.append(-1 if unknown else sum(allele != "0" for allele in alleles))
        expected.append(row)
    for name in ("h.vcf", "h.vcf.gz", "h.bcf"):
        matrix = gx.read_genotypes(write_vcf(rows, samples=["a", "b"], name=name))
        assert matrix.dosage.tolist() == expected
        assert matrix.variants["pos"].tolist() == [position for position, _, _ in sorted(records)]
