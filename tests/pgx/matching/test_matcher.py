"""Expected calls are the worked examples of PharmCAT's published behaviour (release 3.1.1), by hand."""

import pytest


def test_a_sample_without_any_variant_has_two_reference_alleles(call_one):
    found = call_one("CYP2C19")
    assert found["diplotypes"] == ["*38/*38"]
    assert found["phenotypes"] == ["Normal Metabolizer"]
    assert found["called"]
    assert found["source"] == "vcf"


def test_tpmt_3a_is_reported_for_two_unphased_changes_and_3b_3c_is_named_as_possible(call_one):
    """Scores 43 + 2 against 1 + 1."""
    calls = {"rs1800460": "0/1", "rs1142345": "0/1"}
    found = call_one("TPMT", calls)
    assert found["diplotypes"] == ["*1/*3A"]
    assert "ambiguous-call" in found["warnings"]
    assert call_one("TPMT", calls, all_results=True)["diplotypes"] == ["*1/*3A", "*3B/*3C"]


def test_tpmt_phase_decides_between_3a_and_3b_3c(call_one):
    assert call_one("TPMT", {"rs1800460": "0|1", "rs1142345": "1|0"})["diplotypes"] == ["*3B/*3C"]
    assert call_one("TPMT", {"rs1800460": "0|1", "rs1142345": "0|1"})["diplotypes"] == ["*1/*3A"]


def test_a_missing_position_makes_look_alikes_tie(call_one):
    """CYP2C19 *4 loses its second position and looks like *17."""
    found = call_one("CYP2C19", {"rs12248560": "0/1", "rs3758581": "1/1", "rs28399504": None})
    assert found["diplotypes"] == ["*1/*4", "*1/*17"]
    assert found["missing_positions"] == ["chr10:94762706"]
    assert "tier1-position-missing" not in found["warnings"]  # *4 is not one of tier 1


def test_a_missing_site_of_an_allele_that_every_test_should_tell_is_said(call_one):
    """CYP2C19 *2, *3 and *17 are tier 1 (Pratt VM et al. 2018, J Mol Diagn 20:269); *2 is rs4244285."""
    assert "tier1-position-missing" in call_one("CYP2C19", {"rs4244285": None})["warnings"]
    assert "tier1-position-missing" not in call_one("CYP2C19")["warnings"]
    assert "tier1-position-missing" not in call_one("CYP2C19", default=None)["warnings"]


@pytest.mark.parametrize(
    ("gene", "calls", "label", "phenotype"),
    [
        ("CFTR", {}, "Reference/Reference", "ivacaftor non-responsive in CF patients"),
        ("CFTR", {"rs75039782": "0/1"}, "3849+10kbC->T (heterozygous)", "ivacaftor responsive in CF patients"),
        ("CACNA1S", {}, "Reference/Reference", "Uncertain Susceptibility"),
        ("CACNA1S", {"rs772226819": "0/1"}, "c.520C>T (heterozygous)", "Malignant Hyperthermia Susceptibility"),
        ("CACNA1S", {"rs772226819": "1/1"}, "c.520C>T/c.520C>T", "Malignant Hyperthermia Susceptibility"),
        ("IFNL3", {"rs12979860": "0/1"}, "rs12979860 reference (C)/rs12979860 variant (T)", "n/a"),
        ("VKORC1", {"rs9923231": "0/1"}, "rs9923231 reference (C)/rs9923231 variant (T)", "-1639 AG"),
    ],
)
def test_labels_name_what_differs_where_that_is_the_rule(call_one, gene, calls, label, phenotype):
    found = call_one(gene, calls)
    assert found["labels"] == found["printed"] == [label]
    assert found["phenotypes"] == [phenotype]


def test_slco1b1_without_a_match_goes_by_rs4149056_alone(call_one):
    """T is *1 and C is *5; rs2306283 and rs11045819 as here fit no pair of alleles."""
    found = call_one("SLCO1B1", {"rs4149056": "0/1", "rs2306283": "0/1", "rs11045819": "1/1"})
    assert (found["called"], found["labels"]) == (False, ["Unknown/Unknown"])
    assert found["printed"] == ["rs4149056 C/rs4149056 T"]
    assert found["lookup_pairs"] == [["*1", "*5"]]
    assert found["phenotypes"] == ["Decreased Function"]
    assert "inferred-from-one-site" in found["warnings"]


def test_ugt1a1_without_rs887829_leaves_three_pairs(call_one):
    found = call_one("UGT1A1", {"rs887829": None, "rs3064744": "2/2"})
    assert found["diplotypes"] == ["*28/*28", "*28/*80+*28", "*80+*28/*80+*28"]
    assert found["uncallable_alleles"] == ["*80"]


def test_undocumented_bases_are_the_reference_in_tpmt_and_block_cyp2c19(call_one):
    tpmt = call_one("TPMT", {"rs1800462": "0/1"}, alt={"rs1800462": ("T",)})
    assert tpmt["diplotypes"] == ["*1/*1"]
    assert "undocumented-as-reference" in tpmt["warnings"]
    cyp = call_one("CYP2C19", {"rs3758581": "0/1"}, alt={"rs3758581": ("T",)})
    assert not cyp["called"]
    assert cyp["source"] == "vcf"
    assert cyp["lookup_pairs"] == [["Unknown", "Unknown"]]
    assert cyp["phenotypes"] == ["No Result"]


def test_nat2_takes_the_pick_of_its_priorities_when_unphased(call_one):
    calls = {"rs1799930": "0/1", "rs1208": "0/1"}
    found = call_one("NAT2", calls)
    assert found["diplotypes"] == ["*1/*6"]
    assert "unphased-priority" in found["warnings"]
    assert set(call_one("NAT2", calls, all_results=True)["diplotypes"]) == {"*1/*6", "*4/*34"}
    assert call_one("NAT2", {"rs1799930": "0|1", "rs1208": "1|0"})["diplotypes"] == ["*4/*34"]


def test_nat2_is_not_called_without_a_required_position(call_one):
    found = call_one("NAT2", {18400344: None})
    assert not found["called"]
    assert found["warnings"] == ["missing-positions", "missing-required-position"]


def test_nat2_is_called_without_a_required_position_when_exemptions_are_off(call_one):
    assert call_one("NAT2", {18400344: None}, exemptions=False)["called"]


def test_slco1b1_sub_alleles_are_reported_by_their_core_allele(call_one):
    found = call_one("SLCO1B1", {"rs4149056": "0/1", "rs71581941": "1/1"})
    assert all("45.00" not in name for name in found["diplotypes"])


@pytest.mark.parametrize(
    ("value", "expected"), [("1", ["A"]), ("1/1", ["A/A"]), ("0/1", ["A/B (reference)"]), ("0", ["B (reference)"])]
)
def test_g6pd_ploidy_comes_from_the_genotypes_alone(call_one, value, expected):
    """rs1050829 T>C is allele A; the other positions follow the ploidy of the call."""
    default = "0" if len(value) == 1 else "0/0"
    assert call_one("G6PD", {"rs1050829": value}, default=default)["diplotypes"] == expected


def test_g6pd_of_mixed_ploidy_is_not_called_and_says_why(call_one):
    found = call_one("G6PD", {"rs1050829": "1"})
    assert not found["called"]
    assert "mixed-ploidy" in found["warnings"]


def test_absent_sites_of_chrx_have_the_ploidy_of_the_sample(call_one):
    """G6PD allele A by rs1050829 alone: hemizygous, homozygous, and no genotype that tells."""
    for value, expected in (("1", ["A"]), ("1/1", ["A/A"]), ("0", ["B (reference)"])):
        found = call_one("G6PD", {"rs1050829": value}, default=None, absent="reference")
        assert found["diplotypes"] == expected
        assert "inferred-from-block" not in found["warnings"]
    assert call_one("G6PD", default=None, absent="reference")["diplotypes"] == ["B (reference)/B (reference)"]


def test_half_calls_leave_a_gene_without_call(call_one):
    found = call_one("CYP2C19", {"rs4244285": "./1"})
    assert not found["called"]
    assert "half-call" in found["warnings"]


def test_phase_sets_turn_independently(call_one):
    """Two phase sets leave both pairs open, one set does not."""
    one = call_one("TPMT", {"rs1800460": "0|1:1", "rs1142345": "1|0:1"}, all_results=True)
    two = call_one("TPMT", {"rs1800460": "0|1:1", "rs1142345": "1|0:2"}, all_results=True)
    assert one["diplotypes"] == ["*3B/*3C"]
    assert two["diplotypes"] == ["*1/*3A", "*3B/*3C"]


def test_cyp2d6_is_called_only_when_asked_and_warns_of_structure(call_one):
    calls = {"rs3892097": "0/1", "rs1065852": "0/1"}
    assert call_one("CYP2D6", calls)["source"] == "none"
    found = call_one("CYP2D6", {}, cyp2d6=True)
    assert found["diplotypes"] == ["*1/*1"]
    assert "cyp2d6-structure-unseen" in found["warnings"]
