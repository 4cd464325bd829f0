"""Keys of DPWG's DPYD and CYP2C9 rows, against DPWG's own phenotype tables of the same date."""

import json

import pytest

from genorx import pgx
from genorx.knowledge import default_pack
from genorx.pgx.guidance.dpwg_keys import with_dpwg_keys
from genorx.pgx.guidance.phenotype import read_pair

HAPB3 = "c.1129-5923C>G, c.1236G>A (HapB3)"


def keys(alleles=None, gene="DPYD", drug="fluorouracil", **given):
    pack = default_pack()
    guideline = next(g for g in pack.guidelines if g.source == "DPWG" and drug in g.drugs and gene in g.genes)
    table = pack.phenotypes[gene]
    return with_dpwg_keys(read_pair(gene, alleles, table, **given), guideline, table).keys


@pytest.mark.parametrize(
    ("alleles", "key"),
    [
        (("Reference", "Reference"), "2.0 (Normal Metabolizer)"),
        (("Reference", HAPB3), "1.5 (Intermediate Metabolizer)"),
        (("Reference", "c.1905+1G>A (*2A)"), "1.0 (Intermediate Metabolizer)"),
        ((HAPB3, "c.2846A>T"), "1.0 (Phenotyping)"),
        (("c.1905+1G>A (*2A)", "c.2846A>T"), "0.5 (Phenotyping)"),
        (("c.1905+1G>A (*2A)", "c.1679T>G (*13)"), "0.0 (Poor Metabolizer)"),
    ],
)
def test_each_kind_of_pair_has_the_key_of_dpwg(alleles, key):
    assert keys(alleles) == (key,)


def test_every_pair_of_dpwgs_table_has_its_key(shared):
    """All 21 diplotypes of the six alleles in the file of 2024-03-25."""
    table = json.loads((shared / "data/pharmcat/phenotype_dpwg_2024-03-25/DPYD.json").read_text())
    for row in table["diplotypes"]:
        alleles = tuple(name for name, count in row["diplotypekey"].items() for _ in range(count))
        assert keys(alleles) == (row["lookupkey"],), alleles
    assert len(table["diplotypes"]) == 21


def test_a_score_without_alleles_has_every_key_of_it():
    assert keys(score="1.0") == ("1.0 (Intermediate Metabolizer)", "1.0 (Phenotyping)")
    assert keys(score="0.0") == ("0.0 (Poor Metabolizer)",)


def test_an_allele_without_value_has_no_key():
    assert keys(("Reference", "c.99999A>T")) == ("n/a",)


def test_a_poor_metabolizer_is_told_to_avoid_fluorouracil_by_both_sources(write_vcf):
    """DPYD *2A/*2A (rs3918290)."""
    (report,) = pgx.call(write_vcf(["DPYD"], {"rs3918290": "1/1"}))
    found = {(row.guideline.source, row.row.action) for row in report.drugs["fluorouracil"]}
    assert {("CPIC", "avoid"), ("DPWG", "avoid")} <= found
    dpwg = next(row for row in report.drugs["fluorouracil"] if row.guideline.source == "DPWG")
    assert dpwg.to_dict()["lookup_keys"] == {"DPYD": "0.0 (Poor Metabolizer)"}
    assert dpwg.to_dict()["date"] <= "2024-03-25"


def test_every_pair_of_dpwgs_cyp2c9_table_has_its_phenotype(shared):
    """All 55 diplotypes of the ten alleles in the file of 2024-03-25."""
    table = json.loads((shared / "data/pharmcat/phenotype_dpwg_2024-03-25/CYP2C9.json").read_text())
    for row in table["diplotypes"]:
        alleles = tuple(name for name, count in row["diplotypekey"].items() for _ in range(count))
        assert keys(alleles, "CYP2C9", "phenytoin") == (row["lookupkey"],), alleles
    assert len(table["diplotypes"]) == 55


@pytest.mark.parametrize(
    ("score", "phenotypes"),
    [("2.0", ["Normal"]), ("1.5", ["Intermediate"]), ("1.0", ["Intermediate", "Poor"]), ("0.0", ["Poor"])],
)
def test_a_score_of_cyp2c9_without_alleles_has_every_phenotype_it_may_come_from(score, phenotypes):
    found = keys(None, "CYP2C9", "siponimod", score=score)
    assert found == tuple(f"{name} Metabolizer" for name in phenotypes)


def test_rows_by_phenotype_are_found_where_no_row_names_the_diplotype(write_vcf):
    """CYP2C9 *1/*5 (rs28371686): DPWG's warfarin row for intermediate metabolisers, 65 % of the initial dose."""
    (report,) = pgx.call(write_vcf(["CYP2C9"], {"rs28371686": "0/1"}))
    (row,) = [r for r in report.drugs["warfarin"] if r.guideline.source == "DPWG" and "CYP2C9" in r.guideline.genes]
    assert (row.keys, row.row.action, row.row.dose_change_pct) == (
        {"CYP2C9": "Intermediate Metabolizer"},
        "reduce",
        -35,
    )
