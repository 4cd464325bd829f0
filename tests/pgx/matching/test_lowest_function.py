"""Expected calls are worked examples of PharmCAT's rules for DPYD and RYR1 (release 3.1.1)."""

import pytest

from genorx import pgx
from tests.pgx.conftest import alleles_of, gt_of, sites_of, vcf_text

HAPB3 = "c.1129-5923C>G, c.1236G>A (HapB3)"
INTRONIC = "c.1129-5923C>G"
EXON, INTRON = "rs56038477", "rs75017182"


def test_unphased_dpyd_lists_alleles_and_reads_guidance_by_the_two_lowest(call_one):
    found = call_one("DPYD", {"rs3918290": "0/1", "rs1801159": "0/1"})
    assert found["alleles"] == ["c.1627A>G (*5)", "c.1905+1G>A (*2A)"]
    assert found["labels"] == found["printed"] == found["alleles"]
    assert found["diplotypes"] == []
    assert "no-phase" in found["warnings"]
    assert sorted(found["lookup_pairs"][0]) == ["c.1627A>G (*5)", "c.1905+1G>A (*2A)"]
    assert found["activity_scores"] == ["1.0"]
    assert found["phenotypes"] == ["Intermediate Metabolizer"]


def test_phased_in_trans_dpyd_is_a_diplotype(call_one):
    found = call_one("DPYD", {"rs3918290": "0|1", "rs1801159": "1|0"})
    assert found["diplotypes"] == ["c.1627A>G (*5)/c.1905+1G>A (*2A)"]
    assert found["labels"] == found["diplotypes"]


def test_one_unphased_change_is_effectively_phased(call_one):
    found = call_one("DPYD", {"rs3918290": "0/1"})
    assert found["diplotypes"] == ["Reference/c.1905+1G>A (*2A)"]
    assert found["labels"] == ["c.1905+1G>A (*2A) (heterozygous)"]


def test_the_intron_decides_hapb3_on_each_strand(call_one):
    found = call_one("DPYD", {EXON: "0|1", INTRON: "1|1"})
    assert found["diplotypes"] == [f"{INTRONIC}/{HAPB3}"]


def test_phase_sets_apart_leave_two_readings_of_hapb3(call_one):
    calls = {"rs1801267": "0|1:1", "rs55886062": "0|1:1", EXON: "0|1:1", INTRON: "0|1:2"}
    found = call_one("DPYD", calls)
    assert found["diplotypes"] == [
        f"Reference/[{HAPB3} + c.1679T>G (*13) + c.2657G>A (*9B)]",
        f"{INTRONIC}/[c.1679T>G (*13) + c.2657G>A (*9B)]",
    ]
    assert sorted(found["lookup_pairs"][0]) == sorted(["c.1679T>G (*13)", INTRONIC])


@pytest.mark.parametrize(
    ("exon", "intron", "alleles", "warning"),
    [
        ("0/1", "0/1", ["Reference", HAPB3], None),
        ("0/1", None, [HAPB3, "c.1627A>G (*5)"], "hapb3-exonic-only"),
        (None, "0/1", [INTRONIC, "c.1627A>G (*5)"], None),
        ("0/1", "0/0", ["Reference", "c.1627A>G (*5)"], "hapb3-intronic-mismatch-exonic"),
        ("0/1", "1/1", [INTRONIC, HAPB3, "c.1627A>G (*5)"], None),
    ],
)
def test_unphased_hapb3_follows_the_counts_at_both_sites(call_one, exon, intron, alleles, warning):
    """With *5 unphased beside it, so that the sample is not effectively phased (but for the first case)."""
    other = {} if "c.1627A>G (*5)" not in alleles else {"rs1801159": "0/1"}
    found = call_one("DPYD", {EXON: exon, INTRON: intron, **other})
    assert found["alleles"] == alleles
    assert {w for w in found["warnings"] if w.startswith("hapb3")} == ({warning} if warning else set())


def test_ryr1_puts_malignant_alleles_first(call_one):
    """c.487C>T (rs118192161) is malignant hyperthermia associated; a Reference strand beside it does not hide it."""
    found = call_one("RYR1", {"rs118192161": "0/1"})
    assert found["diplotypes"] == ["Reference/c.487C>T"]
    assert found["phenotypes"] == ["Malignant Hyperthermia Susceptibility"]


def test_a_malignant_allele_decides_beside_one_without_function(call_one):
    """rs137933390 is in no table of functions at hand; the malignant change on the other strand is enough."""
    found = call_one("RYR1", {"rs118192161": "0|1", "rs137933390": "1|0"})
    assert found["phenotypes"] == found["lookup_keys"] == ["Malignant Hyperthermia Susceptibility"]
    assert call_one("RYR1", {"rs137933390": "0/1"})["phenotypes"] == ["n/a"]


def test_a_dpyd_strand_with_two_changes_counts_by_the_lower(call_one):
    found = call_one("DPYD", {"rs3918290": "0|1", "rs1801159": "0|1"})
    assert found["diplotypes"] == ["Reference/[c.1627A>G (*5) + c.1905+1G>A (*2A)]"]
    assert found["lookup_pairs"] == [["Reference", "c.1905+1G>A (*2A)"]]
    assert found["activity_scores"] == ["1.0"]


def test_a_change_elsewhere_is_one_on_either_assembly(tmp_path):
    """rs1801265 is A/A in this person: changed on GRCh38, whose base is G, and the reference on GRCh37."""
    found = {}
    for assembly in ("GRCh38", "GRCh37"):
        rows = []
        for _, p in sites_of("DPYD"):
            bases = {EXON: (None, "T"), "rs1801265": ("A", "A") if p.ref == "G" else ("G", "G")}.get(
                p.rsid, (p.ref,) * 2
            )
            pos = p.pos if assembly == "GRCh38" else p.pos37
            ref, *alts = alleles_of(p, assembly)
            rows.append((p.chrom, pos, ref, ",".join(alts), "GT", [gt_of(p, bases, "|", assembly=assembly)]))
        path = tmp_path / f"{assembly}.vcf"
        path.write_text(vcf_text(rows, assembly=assembly))
        found[assembly] = pgx.call(path)[0].genes["DPYD"].to_dict()
    assert found["GRCh38"] == found["GRCh37"]
    assert any("?" in name for name in found["GRCh38"]["diplotypes"])  # as with a change elsewhere


def test_a_half_call_of_hapb3_alone_is_one_strand(call_one):
    """Nothing but the intron was read, and one of its alleles only: the gene counts as haploid."""
    found = call_one("DPYD", {INTRON: "./1"}, default=None)
    assert found["diplotypes"] == [INTRONIC]
