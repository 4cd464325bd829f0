"""A MAF gives the alleles of the VCF that it was made from; identifiers equal those of the standard."""

import pandas as pd
import pytest

from genorx.errors import InputError, TableError
from genorx.interop import read_maf, vrs_identify
from genorx.interop.reading.places import of_alleles
from genorx.oncology import read_alterations


def test_a_maf_and_its_vcf_have_the_same_alleles(exchange):
    found = read_maf(exchange / "maf/test_b38_output.maf")
    lines = (exchange / "maf/test_b38.vcf").read_text().splitlines()
    records = [line.split("\t") for line in lines if line[0] != "#"]
    alleles = {of_alleles("GRCh38", row[0], int(row[1]), row[3], row[4]).allele for row in records}
    assert set(found.variants.allele) == alleles
    assert len(alleles) == 25
    assert set(found.variants.patient_id) == {"TUMOR"}


def test_insertions_start_at_the_base_before(exchange):
    rows = read_maf(exchange / "maf/test.maf").variants.set_index("gene")
    assert rows.allele["INHA"] == "GRCh37:2:220439700:-:CT"
    assert rows.allele["MTOR"] == "GRCh37:1:11290179:A:-"


def test_a_row_without_sample_is_nobodys(tmp_path, made):
    columns = (
        "Hugo_Symbol\tNCBI_Build\tChromosome\tStart_Position\tReference_Allele\tTumor_Seq_Allele2\tTumor_Sample_Barcode"
    )
    path = made.write(tmp_path, f"{columns}\nBRAF\tGRCh38\tchr7\t140753336\tA\tT\t\n", "x.maf")
    assert made.codes(read_maf(path)) == {"rows-without-sample"}
    with pytest.raises(TableError):
        read_maf(made.write(tmp_path, "Hugo_Symbol\tChromosome\nBRAF\t7\n", "y.maf"))


def test_all_identifiers_of_the_standard(exchange):
    yaml = pytest.importorskip("yaml")
    cases = yaml.safe_load((exchange / "vrs/models.yaml").read_text())
    seen = 0
    for kind in ("SequenceLocation", "Allele"):
        for case in cases[kind]:
            assert vrs_identify(case["in"]) == case["out"]["ga4gh_identify"], case["name"]
            seen += 1
    assert seen == 6


@pytest.mark.parametrize(
    "value",
    [{}, {"type": "Haplotype"}, {"type": "SequenceLocation", "start": 1, "end": 2},
     {"type": "SequenceLocation", "start": 1.5, "sequenceReference": {"refgetAccession": "SQ." + "A" * 32}},
     {"type": "SequenceLocation", "sequenceReference": {"refgetAccession": "NC_000001.11"}},
     {"type": "Allele", "location": "chr1", "state": {"sequence": "A"}}],
)  # fmt: skip
def test_an_object_without_what_its_digest_needs_gets_no_identifier(value):
    with pytest.raises(InputError) as caught:
        vrs_identify(value)
    assert caught.value.code == "vrs"


@pytest.mark.parametrize(
    ("counts", "depth", "fraction"),
    [
        (("30", "10", "40"), 40, 0.25),
        (("30", "10", ""), 40, 0.25),  # as evidence has it: the depth is the sum
        (("", "10", ""), None, None),
        (("", "50", "40"), 40, None),  # more reads than there are
        (("", "-1", "40"), 40, None),
    ],
)
def test_reads_are_counted_as_for_evidence(tmp_path, made, counts, depth, fraction):
    """One row through both readers of a MAF; fractions by hand."""
    names = "Hugo_Symbol NCBI_Build Chromosome Start_Position Reference_Allele Tumor_Seq_Allele2 Tumor_Sample_Barcode"
    names += " Variant_Classification HGVSp_Short t_ref_count t_alt_count t_depth"
    row = ["BRAF", "GRCh38", "chr7", "140753336", "A", "T", "T1", "Missense_Mutation", "p.V600E", *counts]
    path = made.write(tmp_path, names.replace(" ", "\t") + "\n" + "\t".join(row) + "\n", "x.maf")
    (variant,) = read_maf(path).variants.itertuples()
    assert (None if pd.isna(variant.read_depth) else variant.read_depth) == depth
    assert (None if pd.isna(variant.allele_fraction) else variant.allele_fraction) == fraction
    (fact,) = read_alterations(path)
    assert (fact.details.get("t_depth"), fact.details.get("t_vaf")) == (depth, fraction)
