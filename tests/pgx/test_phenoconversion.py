"""Phenoconversion; expected values follow the stated rules by hand."""

import pytest

from genorx import pgx
from genorx.pgx.phenoconversion import modulators


@pytest.fixture
def report(write_vcf, tmp_path):
    """A CYP2C19 reference sample with an outside call."""

    def make(text):
        table = tmp_path / "outside.tsv"
        table.write_text(text, encoding="utf-8")
        return pgx.call(write_vcf(["CYP2C19", "CYP3A5"]), outside=table)[0]

    return make


@pytest.mark.parametrize(
    ("diplotype", "drugs", "score", "phenotype", "rule"),
    [
        ("*1/*1", ["Paroxetine"], "0.0", "Poor Metabolizer", "strong inhibitor"),
        ("*1/*1", ["duloxetine"], "1.0", "Intermediate Metabolizer", "moderate inhibitor"),
        ("*1/*1", ["duloxetine", "fluoxetine"], "0.0", "Poor Metabolizer", "strong inhibitor"),
        ("*4/*10", ["duloxetine"], "0.125", "Intermediate Metabolizer", "moderate inhibitor"),
        ("*1/*1x3", ["mirabegron"], "≥2.0", "Normal Metabolizer", "moderate inhibitor"),
        ("*1/*1", ["sertraline"], "2.0", "Normal Metabolizer", "weak inhibitor: no change"),
    ],
)
def test_inhibitors_multiply_the_score_of_cyp2d6(report, diplotype, drugs, score, phenotype, rule):
    (found,) = [c for c in pgx.phenoconvert(report(f"CYP2D6\t{diplotype}\n"), drugs) if c.gene == "CYP2D6"]
    assert found.converted.scores == (score,)
    assert found.converted.phenotypes == (phenotype,)
    assert found.rule == rule
    assert found.changed is (rule != "weak inhibitor: no change")


@pytest.mark.parametrize(
    ("diplotype", "drugs", "phenotype"),
    [
        ("*1/*1", ["fluvoxamine"], "Poor Metabolizer"),
        ("*1/*17", ["felbamate"], "Normal Metabolizer"),
        ("*1/*2", ["felbamate"], "Poor Metabolizer"),
        ("*1/*1", ["rifampin"], "Rapid Metabolizer"),
        ("*17/*17", ["rifampin"], "Ultrarapid Metabolizer"),
        ("*2/*2", ["rifampin"], "Poor Metabolizer"),
        ("*1/*1", ["rifampin", "fluvoxamine"], "Normal Metabolizer"),
        ("*1/*1", ["efavirenz"], "Normal Metabolizer"),
    ],
)
def test_cyp2c19_moves_by_steps(report, diplotype, drugs, phenotype):
    (found,) = [c for c in pgx.phenoconvert(report(f"CYP2C19\t{diplotype}\n"), drugs) if c.gene == "CYP2C19"]
    assert found.converted.phenotypes == (phenotype,)


def test_guidance_is_looked_up_again_and_the_genotype_stays(report):
    """CYP2D6 *1/*1 under paroxetine: codeine is to be avoided (poor metaboliser, CPIC)."""
    sample = report("CYP2D6\t*1/*1\n")
    before = {row.row.action for row in sample.drugs["codeine"] if row.guideline.source == "CPIC"}
    after = {
        r.row.action for r in pgx.guidance_under(sample, ["paroxetine"])["codeine"] if r.guideline.source == "CPIC"
    }
    assert (before, after) == ({"standard"}, {"avoid"})
    assert sample.genes["CYP2D6"].phenotypes == ["Normal Metabolizer"]


def test_an_unknown_genotype_is_not_converted(report):
    found = pgx.phenoconvert(report("CYP2C19\t*1/*1\n"), ["paroxetine"])
    assert [(c.gene, c.changed, c.rule) for c in found] == [("CYP2D6", False, "nothing is known of the genotype")]


def test_each_row_of_the_table_has_gene_strength_and_source():
    rows = modulators()
    assert len({(m.gene, m.drug) for m in rows}) == len(rows)
    assert {m.strength for m in rows} == {"strong", "moderate", "weak"}
    assert {m.gene for m in rows} == {"CYP2D6", "CYP2C19", "CYP2C9", "CYP3A5"}
    assert all(m.source for m in rows)
