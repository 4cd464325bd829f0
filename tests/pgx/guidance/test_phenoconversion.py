"""Phenoconversion; expected values follow the stated rules by hand."""

import pytest

from genorx import pgx
from genorx.pgx.guidance.phenoconversion import modulators


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
        ("*1/*1", ["Fluoxetine hydrochloride 20 mg capsules"], "0.0", "Poor Metabolizer", "strong inhibitor"),
        ("*1/*1", ["Prozac"], "0.0", "Poor Metabolizer", "strong inhibitor"),
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
        ("*1/*1", ["voriconazole"], "Intermediate Metabolizer"),
        ("*1/*1", ["apalutamide"], "Normal Metabolizer"),
        ("*1/*1", ["Rifampicin 300mg"], "Rapid Metabolizer"),
        ("*1/*9", ["felbamate"], "Likely Poor Metabolizer"),
        ("*1/*9", ["fluvoxamine"], "Poor Metabolizer"),
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
    assert [(c.gene, c.changed, c.rule) for c in found] == [("CYP2D6", False, "the genotype is not known")]


def test_a_phenotype_without_score_is_converted_by_all_of_its_scores(report):
    """Outside: CYP2D6 normal, scores 1.25 to 2.25; half of them are 0.625 to 1.125, all intermediate."""
    sample = report("CYP2D6\t\tNormal Metabolizer\n")
    (halved,) = pgx.phenoconvert(sample, ["duloxetine"])
    assert halved.converted.phenotypes == ("Intermediate Metabolizer",)
    assert halved.converted.scores == ("0.625", "0.75", "0.875", "1.0", "1.125")
    (none,) = pgx.phenoconvert(sample, ["paroxetine"])
    assert (none.converted.phenotypes, none.converted.keys) == (("Poor Metabolizer",), ("0.0",))


def test_an_indeterminate_genotype_stays_so_and_the_rule_says_why(report):
    sample = report("CYP2D6\t\tIndeterminate\nCYP2C19\t*1/*12\n")
    found = {c.gene: c for c in pgx.phenoconvert(sample, ["fluoxetine"])}
    assert {gene: c.rule for gene, c in found.items()} == dict.fromkeys(
        ("CYP2C19", "CYP2D6"), "strong inhibitor; the meaning of the genotype is not known"
    )
    assert not any(c.changed for c in found.values())


def test_a_drug_outside_the_table_is_not_known_as_a_modulator_and_never_without_interaction(report):
    found = pgx.phenoconvert(
        report("CYP2D6\t*1/*1\n"), ["levothyroxine", "codeine/paroxetine", "ketoconazole shampoo", " "]
    )
    assert found.not_known == ("levothyroxine", "codeine", "ketoconazole shampoo")
    assert [f.code for f in found.findings] == ["modulator-unknown"]
    assert "levothyroxine" in found.findings[0].message
    assert [m.drug for c in found for m in c.modulators] == ["paroxetine"]
    assert len(found) == 1


def test_dpwg_rows_on_cyp2c9_are_looked_up_by_the_converted_score(write_vcf):
    """CYP2C9 *1/*1 under fluconazole (moderate): score 1.0, so the row for normal metabolisers no longer applies."""
    (sample,) = pgx.call(write_vcf(["CYP2C9"]))
    rows = [r for r in pgx.guidance_under(sample, ["fluconazole"])["siponimod"] if r.guideline.source == "DPWG"]
    assert {r.keys["CYP2C9"] for r in rows} == {"Intermediate Metabolizer", "Poor Metabolizer"}


def test_each_row_of_the_table_has_gene_strength_and_source():
    rows = modulators()
    assert len({(m.gene, m.drug) for m in rows}) == len(rows)
    assert {m.strength for m in rows} == {"strong", "moderate", "weak"}
    assert {m.gene for m in rows} == {"CYP2D6", "CYP2C19", "CYP2C9", "CYP3A5"}
    assert all(m.source.startswith("FDA") and m.date == "2026-05-29" for m in rows)


@pytest.mark.parametrize(
    ("gene", "drug", "effect", "strength"),
    [
        ("CYP2D6", "fluoxetine", "inhibitor", "strong"),
        ("CYP2D6", "paroxetine", "inhibitor", "strong"),
        ("CYP2D6", "mirabegron", "inhibitor", "moderate"),
        ("CYP2D6", "fluvoxamine", "inhibitor", "weak"),
        ("CYP2C19", "fluvoxamine", "inhibitor", "strong"),
        ("CYP2C19", "fluconazole", "inhibitor", "strong"),
        ("CYP2C19", "fluoxetine", "inhibitor", "strong"),
        ("CYP2C19", "rifampin", "inducer", "strong"),
        ("CYP2C19", "phenytoin", "inducer", "moderate"),
        ("CYP2C9", "fluconazole", "inhibitor", "moderate"),
        ("CYP2C9", "rifampin", "inducer", "moderate"),
        ("CYP2C9", "carbamazepine", "inducer", "weak"),
        ("CYP3A5", "clarithromycin", "inhibitor", "strong"),
        ("CYP3A5", "itraconazole", "inhibitor", "strong"),
        ("CYP3A5", "erythromycin", "inhibitor", "moderate"),
        ("CYP3A5", "fluconazole", "inhibitor", "moderate"),
        ("CYP3A5", "verapamil", "inhibitor", "moderate"),
        ("CYP3A5", "carbamazepine", "inducer", "strong"),
        ("CYP3A5", "phenytoin", "inducer", "strong"),
        ("CYP3A5", "rifampin", "inducer", "strong"),
    ],
)
def test_index_drugs_are_as_fdas_other_table_has_them(gene, drug, effect, strength):
    """FDA, Table of Substrates, Inhibitors and Inducers (2023-06-05), tables 2-2 and 2-3 with their footnotes."""
    assert [(m.effect, m.strength) for m in modulators() if (m.gene, m.drug) == (gene, drug)] == [(effect, strength)]
