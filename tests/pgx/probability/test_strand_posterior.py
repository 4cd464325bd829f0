"""Posterior of DPYD and RYR1; expected values are counted over all strands, or Bayes' rule by hand."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings

from genorx import pgx
from genorx.errors import TableError
from genorx.knowledge import default_pack
from genorx.pgx.matching.genotype import GeneSample
from genorx.pgx.matching.naming import name_key
from genorx.pgx.probability.strand_posterior import StrandPosterior
from tests.pgx.test_matcher_literal import lowest_genes, samples

TWO_A, FIVE = "c.1905+1G>A (*2A)", "c.1627A>G (*5)"  # rs3918290, activity 0; rs1801159, activity 1
THIRTEEN = "c.1679T>G (*13)"  # rs55886062, activity 0
DPYD = {"DPYD": {TWO_A: 0.01, FIVE: 0.2, THIRTEEN: 0.001}}
EXON, INTRON = "rs56038477", "rs75017182"
HAPB3, INTRONIC = "c.1129-5923C>G, c.1236G>A (HapB3)", "c.1129-5923C>G"


@pytest.fixture
def posterior(write_vcf):
    """Report of a gene and its posterior by pair."""

    def run(gene, calls, frequencies, **options):
        (report,) = pgx.call(write_vcf([gene], calls, **options), frequencies=frequencies)
        return report, {entry.diplotype: entry.probability for entry in report.genes[gene].posterior}

    return run


def counted(sample, carried):
    """The posterior by listing every pair of strands, sites independent but for HapB3's two."""
    places = range(len(sample.gene.positions))
    alleles = [a for a in sample.gene.alleles if not a.reference]
    blocks = [{i} for i in places]
    for allele in alleles:
        touched = [b for b in blocks if b & allele.bases.keys()]
        blocks = [b for b in blocks if b not in touched] + [set().union(*touched)]
    options = []
    for block in blocks:
        states = [(a.name, a.bases, carried[a.name]) for a in alleles if a.bases.keys() <= block]
        single = {tuple(a.bases.items()) for a in alleles}
        changes = [(i, alt) for i in block for alt in sample.gene.positions[i].alts]
        states += [(None, {i: alt}, 1e-6) for i, alt in changes if ((i, alt),) not in single]
        rest = 1.0 - sum(chance for _, _, chance in states)
        options.append([(None, {}, rest), *states])
    strands = []
    for chosen in product(*options):
        bases = {i: p.ref for i, p in enumerate(sample.gene.positions)}
        for _, changed, _ in chosen:
            bases |= changed
        worst = min((name for name, _, _ in chosen if name), key=name_key, default="Reference")
        strands.append((worst, bases, np.prod([chance for _, _, chance in chosen])))
    names, bases, chances = zip(*strands, strict=True)
    fits = [np.zeros((len(strands), 2 ** len(sample.groups))) for _ in (0, 1)]
    for way, sides in enumerate(product((0, 1), repeat=len(sample.groups))):
        for side, fit in zip((sides, tuple(1 - s for s in sides)), fits, strict=True):
            shown = {i: sample.base_on(i, side) for i in sample.bases}
            fit[:, way] = [all(base in (None, own[i]) for i, base in shown.items()) for own in bases]
    weights = np.outer(chances, chances) * (fits[0] @ fits[1].T)
    found = {}
    for i, j in zip(*np.nonzero(weights), strict=True):
        key = tuple(sorted((names[i], names[j]), key=name_key))
        found[key] = found.get(key, 0.0) + weights[i, j]
    whole = sum(found.values())
    return {key: value / whole for key, value in found.items()} if whole else {}


@settings(max_examples=60, deadline=None)
@given(samples(of=lowest_genes, half=True))
def test_the_posterior_is_that_of_counting_every_pair_of_strands(sample):
    if not sample.bases or sample.haploid:
        return
    named = [a.name for a in sample.gene.alleles if not a.reference]
    carried = {name: 0.01 * (number + 1) for number, name in enumerate(named)}
    found = {e.alleles: e.probability for e in StrandPosterior(sample, carried, None).pairs() if e.alleles}
    expected = counted(sample, carried)
    assert sum(found.values()) == pytest.approx(1 if expected else 0, abs=1e-6)
    for pair, chance in expected.items():
        assert found.get(pair, 0.0) == pytest.approx(chance, abs=1e-7)


@settings(max_examples=60, deadline=None)
@given(samples(of=lowest_genes, half=True))
def test_what_is_not_known_adds_up_to_what_is_known(sample):
    """The outcomes of each unknown, weighed by their probabilities, are the distribution of meanings as it stands."""
    if sample.haploid:
        return
    carried = {a.name: 0.02 * (n + 1) for n, a in enumerate(sample.gene.alleles) if not a.reference}
    table = default_pack().phenotypes[sample.gene.gene]
    strands = StrandPosterior(sample, carried, table)
    plain = dict(strands.readings())
    for unknown in strands.unknowns():
        mixed = {}
        for outcome in unknown.outcomes:
            for reading, chance in outcome:
                mixed[reading] = mixed.get(reading, 0.0) + chance
        assert mixed == pytest.approx(plain, abs=1e-9)


def test_many_rare_changes_in_one_person_do_not_vanish(posterior):
    """Sixty changes of RYR1, each one in a million: the product of their chances is below the least number."""
    sites = [p for p in default_pack().genes["RYR1"].positions if len(p.alts) == 1 and p.rsid][:60]
    report, _ = posterior("RYR1", {p.rsid: "1/1" for p in sites}, {"RYR1": {"Reference": 1.0}})
    assert sum(entry.probability for entry in report.genes["RYR1"].posterior) == pytest.approx(1)


def test_two_unphased_changes_lie_on_one_strand_as_likely_as_on_two(posterior):
    """Under linkage equilibrium cis and trans weigh 2 pq(1-p)(1-q) each."""
    report, found = posterior("DPYD", {"rs3918290": "0/1", "rs55886062": "0/1"}, DPYD)
    assert found == {
        f"Reference/{THIRTEEN}": pytest.approx(0.5),  # *13 and *2A together: ties of function go by name
        f"{THIRTEEN}/{TWO_A}": pytest.approx(0.5),
    }
    assert [e.reading.scores for e in report.genes["DPYD"].posterior] in ([("1.0",), ("0.0",)], [("0.0",), ("1.0",)])
    assert report.certainty["fluorouracil"] == pytest.approx(0.5)
    value = pgx.value_of_information(report)
    phase = value[(value["drug"] == "fluorouracil") & (value["unknown"] == "phase")]
    assert phase["probability"].item() == pytest.approx(0.5)


def test_phase_tells(posterior):
    for calls, pair in (
        ({"rs3918290": "0|1", "rs55886062": "1|0"}, f"{THIRTEEN}/{TWO_A}"),
        ({"rs3918290": "0|1", "rs55886062": "0|1"}, f"Reference/{THIRTEEN}"),
    ):
        report, found = posterior("DPYD", calls, DPYD)
        assert found == {pair: pytest.approx(1)}
        assert "phase" not in {unknown.name for unknown in report.genes["DPYD"].unknowns}


def test_a_missing_position_is_open_on_both_strands(posterior):
    """*2A at 0.01 and its site missing: (1-p)^2, 2p(1-p), p^2; knowing it changes advice unless it is the reference."""
    report, found = posterior("DPYD", {"rs3918290": None}, DPYD)
    assert found["Reference/Reference"] == pytest.approx(0.99**2)
    assert found[f"Reference/{TWO_A}"] == pytest.approx(2 * 0.01 * 0.99)
    assert found[f"{TWO_A}/{TWO_A}"] == pytest.approx(0.0001)
    value = pgx.value_of_information(report)
    site = value[(value["drug"] == "fluorouracil") & (value["unknown"] == "rs3918290")]
    assert site["probability"].item() == pytest.approx(1 - 0.99**2)
    assert report.certainty["fluorouracil"] == pytest.approx(0.99**2)


def test_the_exon_of_hapb3_tells_of_the_intron_by_their_frequencies(posterior):
    """Exon C/T, intron missing: HapB3 0.02 against a change of the exon alone, one in a million."""
    _, found = posterior("DPYD", {EXON: "0/1", INTRON: None}, {"DPYD": {HAPB3: 0.02, INTRONIC: 0.001}})
    assert found[f"Reference/{HAPB3}"] == pytest.approx((1 - 0.021) / (1 - 0.021 + 0.001), abs=1e-4)
    assert found[f"{INTRONIC}/{HAPB3}"] == pytest.approx(0.001 / (1 - 0.021 + 0.001), abs=1e-4)


def test_likelihoods_weigh_the_genotypes_of_a_site(tmp_path):
    """PL 10,0,30 at *2A with frequency 0.01: 0.1 x 0.99^2, 1 x 2 x 0.0099, 0.001 x 0.0001."""
    lines = ["##fileformat=VCFv4.2", "##contig=<ID=chr1,length=248956422>"]
    lines.append("\t".join(["#CHROM", "POS", "ID", "REF", "ALT", "QUAL", "FILTER", "INFO", "FORMAT", "S"]))
    for p in default_pack().genes["DPYD"].positions:
        form, text = ("GT:PL", "0/1:10,0,30") if p.rsid == "rs3918290" else ("GT", "0/0")
        lines.append("\t".join([p.chrom, str(p.pos), ".", p.ref, ",".join(p.alts), ".", ".", ".", form, text]))
    path = tmp_path / "x.vcf"
    path.write_text("\n".join(lines) + "\n")
    (report,) = pgx.call(path, frequencies=DPYD)
    found = {entry.diplotype: entry.probability for entry in report.genes["DPYD"].posterior}
    weights = {"Reference/Reference": 0.1 * 0.99**2, f"Reference/{TWO_A}": 2 * 0.0099, f"{TWO_A}/{TWO_A}": 1e-7}
    for pair, weight in weights.items():
        assert found[pair] == pytest.approx(weight / sum(weights.values()), abs=1e-4)


def test_ryr1_counts_a_malignant_change_wherever_it_lies(posterior):
    """c.487C>T (rs118192161) is malignant hyperthermia associated: one is enough, whatever lies beside it."""
    report, _ = posterior("RYR1", {"rs118192161": "0/1", "rs137933390": "0/1"}, {"RYR1": {"Reference": 0.99}})
    gene = report.genes["RYR1"]
    assert {entry.phenotype for entry in gene.posterior} == {"Malignant Hyperthermia Susceptibility"}
    assert report.certainty["sevoflurane"] == pytest.approx(1)


def test_a_gene_that_was_not_read_has_a_value_and_no_posterior(write_vcf):
    """DPYD not read: any of *2A or *13 asks for another dose; *5 alone does not."""
    (report,) = pgx.call(write_vcf(["TPMT"]), frequencies={"DPYD": {TWO_A: 0.01, FIVE: 0.2, THIRTEEN: 0.0}})
    assert report.genes["DPYD"].posterior == ()
    value = pgx.value_of_information(report)
    row = value[(value["drug"] == "fluorouracil") & (value["gene"] == "DPYD")]
    assert row["unknown"].item() == "gene"
    assert row["probability"].item() == pytest.approx(1, abs=1e-6)  # now there is no row at all: any result adds one


def test_a_test_that_was_not_made_has_a_value(write_vcf):
    """CYP2D6 untested: codeine has no row now; HLA-B untested: abacavir is to be avoided with *57:01 (0.05)."""
    table = {"CYP2D6": {"*1": 0.6, "*2": 0.2, "*4": 0.15, "*5": 0.05}, "HLA-B": {"*57:01": 0.05}}
    (report,) = pgx.call(write_vcf(["TPMT"]), frequencies=table)
    value = pgx.value_of_information(report).set_index(["drug", "gene", "unknown"])["probability"]
    assert value["codeine", "CYP2D6", "gene"] == pytest.approx(1)
    assert value["abacavir", "HLA-B", "gene"] == pytest.approx(1)
    outcomes = next(u for u in report.genes["HLA-B"].unknowns if u.name == "gene").outcomes
    positive = sum(p for outcome in outcomes for r, p in outcome if "*57:01 positive" in r.phenotypes)
    assert positive == pytest.approx(1 - 0.95**2)


def test_a_gene_of_the_x_chromosome_that_was_not_read_tells_nothing(write_vcf):
    (report,) = pgx.call(
        write_vcf(["TPMT"]), frequencies={"G6PD": {"B (reference)": 0.9, "A": 0.1}, "TPMT": {"*1": 1.0}}
    )
    assert report.genes["G6PD"].unknowns == ()


def test_a_second_gene_that_was_not_tested_may_change_a_row_of_two(write_vcf):
    """Amitriptyline by CYP2C19 alone says usual use; a poor metaboliser of CYP2D6 (*4/*4, 0.15 squared) avoids it."""
    table = {"CYP2D6": {"*1": 0.85, "*4": 0.15}}
    (report,) = pgx.call(write_vcf(["CYP2C19"]), frequencies=table)
    value = pgx.value_of_information(report).set_index(["drug", "gene", "unknown"])["probability"]
    assert 0.15**2 <= value["amitriptyline", "CYP2D6", "gene"] <= 1


def test_changes_of_dpyd_may_add_up_to_more_than_one_and_those_of_other_genes_not(write_vcf):
    table = {"DPYD": {"Reference": 0.5, FIVE: 0.3, "c.85T>C (*9A)": 0.3}}
    pgx.call(write_vcf(["TPMT"]), frequencies=table)
    with pytest.raises(TableError) as error:
        pgx.call(write_vcf(["TPMT"]), frequencies={"TPMT": {"*1": 0.9, "*2": 0.9}})
    assert error.value.code == "frequency-sum"


def test_a_sample_alone_has_the_digits_that_it_has_among_others(tmp_path):
    """Bit for bit, posteriors and certainty too."""
    from tests.pgx.conftest import sites_of, vcf_text

    rng = np.random.default_rng(3)
    rows, names = [], [f"S{n}" for n in range(6)]
    for _, p in sites_of("DPYD", "TPMT", "CYP2B6"):
        chances = [0.97, *[0.03 / len(p.alts)] * len(p.alts)]
        calls = ["/".join(map(str, sorted(rng.choice(len(chances), size=2, p=chances)))) for _ in names]
        rows.append((p.chrom, p.pos, p.ref, ",".join(p.alts), "GT", calls))
    many = tmp_path / "many.vcf"
    many.write_text(vcf_text(rows, names))
    table = {**DPYD, "TPMT": {"*1": 0.95, "*3A": 0.03}, "CYP2B6": {"*1": 0.6, "*6": 0.3}}
    options = {"frequencies": table, "combinations": True}
    together = {report.sample: report.to_dict() for report in pgx.call(many, **options)}
    for number, name in enumerate(names):
        alone = tmp_path / f"{name}.vcf"
        alone.write_text(vcf_text([(*row[:5], [row[5][number]]) for row in rows], [name]))
        (report,) = pgx.call(alone, **options)
        assert report.to_dict() == together[name]


def test_an_empty_sample_is_the_population():
    """Without any genotype: the pairs of the frequencies, by Hardy-Weinberg equilibrium."""
    gene = default_pack().genes["DPYD"]
    table = default_pack().phenotypes["DPYD"]
    readings = StrandPosterior(GeneSample(gene, {}), {TWO_A: 0.1}, table).readings()
    by_score = {reading.scores[0]: chance for reading, chance in readings}
    assert by_score["0.0"] == pytest.approx(0.01, abs=1e-4)
    assert by_score["1.0"] == pytest.approx(0.18, abs=1e-4)
    assert sum(by_score.values()) == pytest.approx(1)
