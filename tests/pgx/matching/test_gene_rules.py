"""Rules of single genes, from their table; expected lists are those of PharmCAT's pages, which the table cites."""

import re
from pathlib import Path

import pytest

import genorx
from genorx.knowledge import default_pack
from genorx.pgx.matching import gene_rules
from genorx.pgx.matching.gene_rules import follows, value_of
from genorx.pgx.matching.hapb3 import positions_of


def genes_with(rule):
    return {gene for gene in default_pack().genes if follows(gene, rule)}


@pytest.mark.parametrize(
    ("rule", "genes"),
    [
        ("undocumented-as-reference", {"CACNA1S", "DPYD", "G6PD", "NUDT15", "RYR1", "TPMT"}),
        ("lowest-function", {"DPYD", "RYR1"}),
        ("label-by-difference", {"CACNA1S", "CFTR", "DPYD", "RYR1"}),
        ("hapb3", {"DPYD"}),
        ("structure-unseen", {"CYP2D6"}),
    ],
)
def test_a_rule_holds_for_the_genes_that_its_source_names(rule, genes):
    assert genes_with(rule) == genes


def test_positions_and_sites_of_rules_are_in_the_definitions():
    """dbSNP: rs56038477 is chr1:97573863, rs75017182 is chr1:97579893, on GRCh38."""
    known = {p.pos: p.rsid for p in default_pack().genes["DPYD"].positions}
    assert [known[pos] for pos in positions_of("DPYD")] == ["rs56038477", "rs75017182"]
    assert positions_of("RYR1") == ()
    site = value_of("SLCO1B1", "one-site").split()[0]
    assert site in {p.rsid for p in default_pack().genes["SLCO1B1"].positions}


def test_every_rule_of_the_table_is_explained_and_asked_for():
    rules = {rule for _, rule in gene_rules._rules()}
    said = set(re.findall(r"^``([a-z0-9-]+)``$", gene_rules.__doc__, re.M))
    assert said == rules
    code = "".join(p.read_text(encoding="utf-8") for p in (Path(genorx.__file__).parent / "pgx").rglob("*.py"))
    assert [rule for rule in rules if f'"{rule}"' not in code] == []
