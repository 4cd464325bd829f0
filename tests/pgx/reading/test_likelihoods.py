"""Likelihoods of genotypes in the posterior; expected values are Bayes' rule by hand."""

import pytest

from genorx import pgx
from genorx.errors import VariantFileError
from genorx.knowledge import default_pack
from genorx.pgx.reading.likelihoods import read_weights

# NUDT15 rs116855232 (chr13:48045719 C>T) alone makes *3
SITE = 48045719


@pytest.fixture
def posterior(tmp_path):
    """Posterior of NUDT15 or another gene by diplotype; ``fields`` maps a position to FORMAT and sample text."""

    def run(fields, gene="NUDT15", table=None):
        lines = ["##fileformat=VCFv4.2", "##contig=<ID=chr1,length=248956422>"]
        lines.append("\t".join(["#CHROM", "POS", "ID", "REF", "ALT", "QUAL", "FILTER", "INFO", "FORMAT", "S"]))
        for p in default_pack().genes[gene].positions:
            form, text = fields.get(p.pos, ("GT", "0/0"))
            lines.append("\t".join([p.chrom, str(p.pos), ".", p.ref, ",".join(p.alts), ".", ".", ".", form, text]))
        path = tmp_path / "x.vcf"
        path.write_text("\n".join(lines) + "\n")
        (report,) = pgx.call(path, frequencies=table or {"NUDT15": {"*1": 0.9, "*3": 0.1}})
        return {entry.diplotype: entry.probability for entry in report.genes[gene].posterior}

    return run


@pytest.mark.parametrize("text", ["0/0:10,0,30", "./.:10,0,30"])
def test_phred_likelihoods_weigh_the_genotypes(posterior, text):
    """PL 10,0,30: 0.1, 1, 0.001; priors 0.81, 0.18, 0.01; a call against them does not count."""
    found = posterior({SITE: ("GT:PL", text)})
    weights = {"*1/*1": 0.81 * 0.1, "*1/*3": 0.18 * 1, "*3/*3": 0.01 * 0.001}
    for name, weight in weights.items():
        assert found[name] == pytest.approx(weight / sum(weights.values()), abs=1e-4)


def test_probabilities_and_log_likelihoods_mean_the_same(posterior):
    by_gp = posterior({SITE: ("GT:GP", "0/1:0.1,0.8,0.1")})
    by_gl = posterior({SITE: ("GT:GL", "0/1:-0.90309,0,-0.90309")})
    assert by_gp["*1/*3"] == pytest.approx(by_gl["*1/*3"], abs=1e-4)
    assert by_gp["*1/*3"] == pytest.approx(0.18 * 0.8 / (0.81 * 0.1 + 0.18 * 0.8 + 0.01 * 0.1), abs=1e-3)


def test_flat_or_absent_likelihoods_leave_the_call(posterior):
    for form, text in (("GT:PL", "0/1:0,0,0"), ("GT:PL", "0/1:."), ("GT:PL", "0/1")):
        found = posterior({SITE: (form, text)})
        assert found["*1/*3"] == pytest.approx(1, abs=1e-3)


def test_phase_counts_beside_likelihoods(posterior):
    """TPMT *3A against *3B/*3C: certain genotypes, phased in trans."""
    table = {"TPMT": {"*1": 0.95, "*3A": 0.035, "*3B": 0.0005, "*3C": 0.01}}
    sites = {p.rsid: p.pos for p in default_pack().genes["TPMT"].positions}
    fields = {sites["rs1800460"]: ("GT:GP", "0|1:0,1,0"), sites["rs1142345"]: ("GT:GP", "1|0:0,1,0")}
    found = posterior(fields, "TPMT", table)
    assert found["*3B/*3C"] == pytest.approx(1, abs=1e-3)


def test_likelihoods_that_are_no_numbers_are_refused(posterior):
    with pytest.raises(VariantFileError) as error:
        posterior({SITE: ("GT:PL", "0/1:1,x,2")})
    assert error.value.code == "likelihood-format"


def test_the_order_of_genotypes_is_that_of_the_specification():
    """Alleles A, C, G: AA, AC, CC, AG, CG, GG."""
    weights = read_weights({"PL": "60,50,40,30,20,0"}, ("A", "C", "G"))
    assert weights.of("G", "G") == 1
    assert weights.of("G", "C") == weights.of("C", "G") == pytest.approx(0.01)
    assert weights.of("A", "G") == pytest.approx(0.001)
    assert read_weights({"PL": "0,1"}, ("A", "C")) is None


def test_a_dosage_is_the_two_genotypes_next_to_it_where_nothing_better_is_given(posterior):
    """DS 0.8: 0.2, 0.8, 0; priors 0.81, 0.18, 0.01.  Its mean is the dosage: 0 * 0.2 + 1 * 0.8 = 0.8."""
    found = posterior({SITE: ("GT:DS", "./.:0.8")})
    assert found["*1/*3"] == pytest.approx(0.18 * 0.8 / (0.81 * 0.2 + 0.18 * 0.8), abs=1e-4)
    by_gp = posterior({SITE: ("GT:GP:DS", "./.:0.1,0.8,0.1:0.0")})
    assert by_gp["*1/*3"] == pytest.approx(0.18 * 0.8 / (0.81 * 0.1 + 0.18 * 0.8 + 0.01 * 0.1), abs=1e-3)
    assert read_weights({"DS": "0.8"}, ("C", "T", "G")) is None


@pytest.mark.parametrize("text", ["2.4", "-0.1", "many", "nan"])
def test_a_dosage_that_cannot_be_is_refused(posterior, text):
    with pytest.raises(VariantFileError) as error:
        posterior({SITE: ("GT:DS", f"0/1:{text}")})
    assert error.value.code == "likelihood-format"


@pytest.mark.parametrize(
    "field", ["GL 400,0,-5", "PL -9999,0,3", "PL 0,nan,3", "GP 0.1,1e999,0.1", "GP -0.5,1,0.5", "GP 0,30,60"]
)
def test_likelihoods_that_cannot_be_are_refused(posterior, field):
    """10 ** 400 is more than a float holds; a likelihood above 1 is none, nor is GP in the phred scale of VCF 4.2."""
    key, text = field.split(" ")
    with pytest.raises(VariantFileError) as error:
        posterior({SITE: (f"GT:{key}", f"0/1:{text}")})
    assert error.value.code == "likelihood-format"


def test_likelihoods_far_below_what_a_float_holds_are_compared_by_their_logarithms():
    """GL -500,-501,-600: the second is a tenth of the first; both are 0 as floats."""
    weights = read_weights({"GL": "-500,-501,-600"}, ("C", "T"))
    assert weights.of("C", "C") == 1
    assert weights.of("C", "T") == pytest.approx(0.1)
