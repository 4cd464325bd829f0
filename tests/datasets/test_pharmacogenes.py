"""The made pharmacogene cohort: what it says of people is what is called from its file."""

import pytest

from genorx import pgx
from genorx.datasets import write_pgx_cohort
from genorx.errors import UsageError
from genorx.knowledge import default_pack


@pytest.mark.parametrize("assembly", ["GRCh38", "GRCh37"])
def test_the_truth_is_among_the_pairs_that_explain_each_person(tmp_path, assembly):
    """Truth by construction; DPYD and RYR1 have alleles without phase and are compared as such."""
    truth = write_pgx_cohort(tmp_path / "c.vcf.gz", n=40, assembly=assembly, seed=3)
    reports = pgx.call(tmp_path / "c.vcf.gz", all_results=True)
    assert reports[0].assembly == assembly
    assert len(truth.columns) == 19
    for report in reports:
        for gene, diplotype in truth.loc[report.sample].items():
            call = report.genes[gene].call
            if call.alleles:
                assert set(call.alleles) - {"Reference"} == set(diplotype.split("/")) - {"Reference"}
            else:
                core = {"/".join(pair) for pair in call.pairs}
                assert diplotype in core, (gene, report.sample)


def test_no_calls_are_as_many_as_asked_for_and_the_same_seed_gives_the_same_bytes(tmp_path):
    one, two = tmp_path / "a.vcf", tmp_path / "b.vcf"
    write_pgx_cohort(one, n=20, missing=0.1, seed=1)
    write_pgx_cohort(two, n=20, missing=0.1, seed=1)
    assert one.read_bytes() == two.read_bytes()
    cells = [cell for line in one.read_text().splitlines() if line[0] != "#" for cell in line.split("\t")[9:]]
    assert sum(cell[0] == "." for cell in cells) / len(cells) == pytest.approx(0.1, abs=0.01)


def test_frequencies_are_those_that_are_given(tmp_path):
    """All alleles of TPMT are *3A, all of the other genes the reference."""
    truth = write_pgx_cohort(tmp_path / "a.vcf", n=10, frequencies={"TPMT": {"*3A": 1.0}})
    assert set(truth["TPMT"]) == {"*3A/*3A"}
    assert set(truth["CYP2C19"]) == {"*38/*38"}


@pytest.mark.parametrize("given", [{"*99": 0.1}, {"*2": 0.7, "*3A": 0.7}, {"*2": -0.1}])
def test_wrong_frequencies_are_refused_with_their_gene(tmp_path, given):
    with pytest.raises(UsageError) as caught:
        write_pgx_cohort(tmp_path / "a.vcf", frequencies={"TPMT": given})
    assert (caught.value.code, caught.value.place) == ("pgx-frequency", "TPMT")


def test_men_have_one_allele_on_the_x_chromosome(tmp_path):
    truth = write_pgx_cohort(tmp_path / "a.vcf", n=10)
    assert ["/" in text for text in truth["G6PD"]] == [True, False] * 5
    assert default_pack().genes["G6PD"].chrom == "chrX"
