"""Probabilities of pairs; expected values are hand calculations under Hardy-Weinberg, or known by simulation."""

import numpy as np
import pytest

from genorx import pgx
from genorx.errors import NotAnswerableError, TableError
from genorx.knowledge import default_pack
from genorx.pgx.probability.estimation import expectation_maximisation

TPMT = {"TPMT": {"*1": 0.95, "*3A": 0.035, "*3B": 0.0005, "*3C": 0.01}}
BOTH = {"rs1800460": "0/1", "rs1142345": "0/1"}


@pytest.fixture
def posterior(write_vcf):
    """Report and posterior (by diplotype) of one gene."""

    def run(gene, calls, frequencies, **options):
        (report,) = pgx.call(write_vcf([gene], calls), frequencies=frequencies, **options)
        return report, {entry.diplotype: entry.probability for entry in report.genes[gene].posterior}

    return run


def test_the_hidden_poor_metaboliser_of_tpmt_becomes_visible(posterior):
    """*1/*3A: 2 x 0.95 x 0.035; *3B/*3C: 2 x 0.0005 x 0.01."""
    report, found = posterior("TPMT", BOTH, TPMT)
    hidden = 0.0005 * 0.01 / (0.0005 * 0.01 + 0.95 * 0.035)
    assert found == pytest.approx({"*1/*3A": 1 - hidden, "*3B/*3C": hidden})
    assert report.genes["TPMT"].posterior[1].phenotype == "Poor Metabolizer"
    assert report.certainty["azathioprine"] == pytest.approx(1 - hidden)
    shown = report.to_dict()["genes"]["TPMT"]["posterior"]
    assert [set(entry) for entry in shown] == [{"diplotype", "phenotype", "probability"}] * 2


def test_phase_leaves_one_pair(posterior):
    _, found = posterior("TPMT", {"rs1800460": "0|1", "rs1142345": "1|0"}, TPMT)
    assert found == {"*3B/*3C": pytest.approx(1)}


def test_a_missing_position_is_left_open(posterior):
    """Without rs1800460, *3A looks like *3C and *3B like *1: 2f(*1,*3A), 2f(*1,*3C), 2f(*3B,*3A), 2f(*3B,*3C)."""
    _, found = posterior("TPMT", {"rs1800460": None, "rs1142345": "0/1"}, TPMT)
    f = TPMT["TPMT"]
    weights = {"*1/*3A": f["*1"] * f["*3A"], "*1/*3C": f["*1"] * f["*3C"]}
    weights |= {"*3A/*3B": f["*3B"] * f["*3A"], "*3B/*3C": f["*3B"] * f["*3C"]}
    total = sum(weights.values())
    for name, weight in weights.items():
        assert found[name] == pytest.approx(weight / total, rel=0.01)  # alleles not listed share 0.0045


def test_knowing_the_missing_position_has_a_value(posterior):
    """NUDT15 with rs116855232 missing: *3 (0.1) may hide; the chance of another advice is 1 - 0.9 squared."""
    table = {"NUDT15": {"*1": 0.9, "*3": 0.1}}
    report, found = posterior("NUDT15", {"rs116855232": None}, table)
    assert found["*1/*3"] == pytest.approx(0.18, abs=1e-3)
    value = pgx.value_of_information(report)
    first = value[(value["drug"] == "azathioprine") & (value["unknown"] == "rs116855232")]
    assert first["probability"].item() == pytest.approx(0.19, abs=1e-3)
    assert report.certainty["azathioprine"] == pytest.approx(0.81, abs=1e-3)


def test_the_value_of_phase_is_the_chance_of_the_other_phase(posterior):
    report, found = posterior("TPMT", BOTH, TPMT)
    value = pgx.value_of_information(report)
    assert set(value["unknown"]) == {"phase"}
    assert value["probability"].max() == pytest.approx(found["*3B/*3C"])


def test_without_frequencies_there_is_no_probability(write_vcf):
    (report,) = pgx.call(write_vcf(["TPMT"], BOTH))
    assert report.genes["TPMT"].posterior == ()
    assert report.certainty == {}
    with pytest.raises(NotAnswerableError) as error:
        pgx.value_of_information(report)
    assert error.value.code == "no-posterior"


def test_sub_alleles_share_the_frequency_of_their_core_allele(posterior):
    """SLCO1B1 *45.001 and *45.002 both are *45; probabilities add up to one over core alleles."""
    _, found = posterior("SLCO1B1", {"rs71581941": "0/1"}, {"SLCO1B1": {"*1": 0.9, "*45": 0.1}})
    assert sum(found.values()) == pytest.approx(1)
    assert max(found, key=found.get) == "*1/*45"
    assert not any("45.0" in name for name in found)


def test_frequencies_are_read_from_a_table(tmp_path, write_vcf):
    table = tmp_path / "f.csv"
    table.write_text("gene,allele,frequency\nTPMT,*1,0.95\nTPMT,*3A,0.05\n")
    (report,) = pgx.call(write_vcf(["TPMT"], BOTH), frequencies=table)
    assert report.genes["TPMT"].posterior[0].diplotype == "*1/*3A"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("a,b\n1,2\n", "frequency-columns"),
        ('{"TPMT": {"*1": 0.9}}', "frequency-columns"),  # read as a header, it gave no frequencies without a word
        ("gene,allele,frequency\n", "frequency-columns"),
        ("gene,allele,frequency\nTPMT,,0.9\n", "frequency-columns"),
        ("gene,allele,frequency\nTPMT,*1,x\n", "frequency-value"),
        ("gene,allele,frequency\nTPMT,*1,1.5\n", "frequency-value"),
        ("gene,allele,frequency\nTPMT,*1,0.9\nTPMT,*2,0.9\n", "frequency-sum"),
        ("gene,allele,frequency\nTPMT,*3A,0.04\nTPMT,*2,0.01\n", "frequency-sum"),  # *1 would share what is left
        ("gene,allele,frequency\nTPMT,*1,0.9\nTPMT,*1,0.1\n", "frequency-twice"),
        ("gene,allele,frequency\nTPMT,*999,0.9\n", "frequency-allele"),
    ],
)
def test_a_table_of_frequencies_that_breaks_a_rule_is_refused(tmp_path, write_vcf, text, code):
    table = tmp_path / "f.csv"
    table.write_text(text)
    with pytest.raises(TableError) as error:
        pgx.call(write_vcf(["TPMT"]), frequencies=table)
    assert error.value.code == code


def test_expectation_maximisation_finds_the_maximum_of_a_hand_made_case():
    """One ambiguous person beside clear ones: the likelihood's maximum puts nearly all on the common pair."""
    clear = [([(("a", "a"), 1.0)], 80), ([(("a", "b"), 2.0)], 20)]
    ambiguous = ([(("a", "b"), 2.0), (("c", "d"), 2.0)], 1)
    found = expectation_maximisation([*clear, ambiguous])
    assert found["b"] == pytest.approx(21 / 202, abs=1e-6)
    assert found["c"] == pytest.approx(0, abs=1e-6)


def test_frequencies_of_a_cohort_are_recovered(tmp_path):
    """600 people drawn with known frequencies of TPMT: each within four standard errors."""
    truth = {"*1": 0.80, "*3A": 0.12, "*3C": 0.05, "*2": 0.03}
    gene = default_pack().genes["TPMT"]
    rng = np.random.default_rng(7)
    drawn = rng.choice(list(truth), p=list(truth.values()), size=(600, 2))
    lines = ["##fileformat=VCFv4.2\n##contig=<ID=chr1,length=248956422>"]
    names = [f"S{i}" for i in range(600)]
    lines.append("\t".join(["#CHROM", "POS", "ID", "REF", "ALT", "QUAL", "FILTER", "INFO", "FORMAT", *names]))
    for index, p in enumerate(gene.positions):
        alleles = [p.ref, *p.alts]
        codes = {name: alleles.index(gene.by_name[name].bases.get(index, p.ref)) for name in truth}
        calls = ["/".join(str(c) for c in sorted((codes[a], codes[b]))) for a, b in drawn]
        lines.append("\t".join([p.chrom, str(p.pos), ".", p.ref, ",".join(p.alts), ".", ".", ".", "GT", *calls]))
    path = tmp_path / "cohort.vcf"
    path.write_text("\n".join(lines) + "\n")
    found = pgx.estimate_frequencies(path, ["TPMT"]).table["TPMT"]
    for name, value in truth.items():
        assert found[name] == pytest.approx(value, abs=4 * (value * (1 - value) / 1200) ** 0.5)


def test_shares_of_changes_of_dpyd_are_counted(tmp_path):
    """Ten people: *2A on 3 of 20 strands, HapB3 on 2, its intronic change alone on 1; *5 on 1 of 18, one not called."""
    gene = default_pack().genes["DPYD"]
    calls = {
        "rs3918290": ["0/1", "1/1", *["0/0"] * 8],
        "rs56038477": ["0/1", "0/0", "0/1", *["0/0"] * 7],
        "rs75017182": ["0/1", "0/1", "0/1", *["0/0"] * 7],
        "rs1801159": ["0/1", "./.", *["0/0"] * 8],
    }
    lines = ["##fileformat=VCFv4.2\n##contig=<ID=chr1,length=248956422>"]
    names = [f"S{i}" for i in range(10)]
    lines.append("\t".join(["#CHROM", "POS", "ID", "REF", "ALT", "QUAL", "FILTER", "INFO", "FORMAT", *names]))
    for p in gene.positions:
        own = calls.get(p.rsid, ["0/0"] * 10)
        lines.append("\t".join([p.chrom, str(p.pos), ".", p.ref, ",".join(p.alts), ".", ".", ".", "GT", *own]))
    path = tmp_path / "c.vcf"
    path.write_text("\n".join(lines) + "\n")
    found = pgx.estimate_frequencies(path, ["DPYD"])
    assert found.table["DPYD"] == {
        "c.1905+1G>A (*2A)": pytest.approx(3 / 20),
        "c.1129-5923C>G, c.1236G>A (HapB3)": pytest.approx(2 / 20, abs=1e-4),
        "c.1129-5923C>G": pytest.approx(1 / 20, abs=1e-4),
        "c.1627A>G (*5)": pytest.approx(1 / 18),
    }
    assert pgx.call(path, frequencies=found)[1].genes["DPYD"].posterior[0].probability > 0.9


def test_combinations_weigh_by_the_product_of_their_alleles(write_vcf):
    """CYP2B6 *2 and *5 on both strands, rs8192709 and rs3211371 het beside rs2279343: by hand, both ways of phase."""
    f = {"*1": 0.6, "*2": 0.05, "*5": 0.1, "*11": 0.01}
    calls = {"rs8192709": "0/1", "rs3211371": "0/2", "rs35303484": "0/1"}
    (report,) = pgx.call(write_vcf(["CYP2B6"], calls), frequencies={"CYP2B6": f}, combinations=True)
    found = {entry.diplotype: entry.probability for entry in report.genes["CYP2B6"].posterior}
    assert "combination-call" in report.genes["CYP2B6"].call.warnings
    weights = {
        "*1/[*2 + *5 + *11]": f["*1"],
        "*2/[*5 + *11]": 1.0,
        "*5/[*2 + *11]": 1.0,
        "*11/[*2 + *5]": 1.0,
    }
    for name, weight in weights.items():
        assert found[name] == pytest.approx(weight / sum(weights.values()))
    value = pgx.value_of_information(report)
    assert set(value["unknown"]) <= {"phase"}
