"""Fusion names as callers, knowledge bases and reports write them."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genorx.oncology import parse_fusion
from genorx.oncology.fusion import fusion_exons

NAMES = {
    "EML4::ALK": ("EML4", "ALK"),
    "EML4--ALK": ("EML4", "ALK"),
    "EML4-ALK": ("EML4", "ALK"),
    "EML4-ALK fusion": ("EML4", "ALK"),
    "EML4-ALK Fusion - Archer": ("EML4", "ALK"),
    "BCR/ABL1": ("BCR", "ABL1"),
    "TMPRSS2 - ERG": ("TMPRSS2", "ERG"),
    "v::ALK Fusion": (None, "ALK"),
    "FGFR2::v Fusion": ("FGFR2", None),
    "FGFR2::?": ("FGFR2", None),
    "::ALK": (None, "ALK"),
    "ALK::": ("ALK", None),
    "EWSR1 Fusion": ("EWSR1", None),
    "FOS Rearrangement": ("FOS", None),
    "FGFR1 Translocation": ("FGFR1", None),
    "KIT-intragenic": ("KIT", "KIT"),
    "EML4::ALK e6::e20": ("EML4", "ALK"),
    "NKX2-1-ALK fusion": ("NKX2-1", "ALK"),
    "ADAD2-AS1::ABL1 Fusion": ("ADAD2-AS1", "ABL1"),
    "HLA-A--ROS1": ("HLA-A", "ROS1"),
    "EML4(e6)::ALK(e20)": ("EML4", "ALK"),
    "EML4 (exon 13)-ALK (exon 20)": ("EML4", "ALK"),
    "EML4-ALK variant 3a": ("EML4", "ALK"),
    "BCR-ABL1 fusion p210": ("BCR", "ABL1"),
    "FGFR2-?": ("FGFR2", None),
    "intergenic-ALK": (None, "ALK"),
    "reg_e@[IGH]::BCL2": ("IGH", "BCL2"),
    "FGFR3^ENSG00000068078--TACC3^ENSG00000013810": ("FGFR3", "TACC3"),
}


@pytest.mark.parametrize(("text", "expected"), NAMES.items())
def test_a_name_gives_its_partners(text, expected):
    assert parse_fusion(text) == expected


@pytest.mark.parametrize("text", ["", "BRAF V600E", "v::v", "::", "amplification", None, 5])
def test_what_names_no_fusion_gives_none(text):
    assert parse_fusion(text) is None


def test_a_symbol_alone_and_words_around_a_name_follow_oncokbs_annotator():
    """Conventions of oncokb-annotator's fusion column."""
    assert parse_fusion("BRAF") == ("BRAF", "BRAF")
    assert parse_fusion("NKX2-1") == ("NKX2-1", "NKX2-1")
    assert parse_fusion("fusion A-B fusion test") == ("A", "B")
    assert parse_fusion("A-B fusion -archer") == ("A", "B")
    assert parse_fusion("a-b") == ("a", "b")
    assert parse_fusion("A1-1B") == ("A1", "1B")
    assert parse_fusion("A-B ") == ("A", "B")


def test_exon_pairs_are_read_and_absent_ones_are_none():
    assert fusion_exons("EML4::ALK e6::e20") == (6, 20)
    assert fusion_exons("KIF5B exon 15 - exon 12") == (15, 12)
    assert fusion_exons("EML4(e6)::ALK(e20)") == (6, 20)
    assert fusion_exons("EML4 (exon 13)-ALK (exon 20)") == (13, 20)
    assert fusion_exons("EML4::ALK Fusion") is None


@given(st.sampled_from(["EML4", "BCR", "CD74", "KIF5B", "NPM1"]), st.sampled_from(["ALK", "ABL1", "ROS1", "RET"]))
@settings(max_examples=30, deadline=None)
def test_the_separator_does_not_matter(five, three):
    for separator in ("::", "--", "-", "/", " - "):
        assert parse_fusion(f"{five}{separator}{three} fusion") == (five, three)


@given(st.text(max_size=40))
@settings(max_examples=200, deadline=None)
def test_any_text_gives_a_pair_with_a_gene_or_none(text):
    found = parse_fusion(text)
    assert found is None or any(found)
