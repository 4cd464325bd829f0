"""Keys of DPWG's DPYD rows, against DPWG's own phenotype table of the same date."""

import json

import pytest

from genorx import pgx
from genorx.knowledge import default_pack
from genorx.pgx.dpwg_keys import with_dpwg_keys
from genorx.pgx.phenotype import read_pair

HAPB3 = "c.1129-5923C>G, c.1236G>A (HapB3)"


def keys(alleles=None, **given):
    pack = default_pack()
    guideline = next(g for g in pack.guidelines if g.source == "DPWG" and "fluorouracil" in g.drugs)
    table = pack.phenotypes["DPYD"]
    return with_dpwg_keys(read_pair("DPYD", alleles, table, **given), guideline, table).keys


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
