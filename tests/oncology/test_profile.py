"""Labels to predicates: CIViC's notation, read by hand."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genorx.oncology import parse_profile


def shape(label):
    return [[atom.to_dict() for atom in alternative] for alternative in parse_profile(label)]


SINGLES = {
    "BRAF V600E": {"type": "protein", "gene": "BRAF", "change": "V600E"},
    "KIT V560DEL": {"type": "protein", "gene": "KIT", "change": "V560del"},
    "VHL R161* (c.481C>T)": {"type": "protein", "gene": "VHL", "change": "R161*", "text": "c.481C>T"},
    "KRAS G12": {"type": "codon", "gene": "KRAS", "residue": "G", "position": 12},
    "EGFR Exon 19 Deletion": {"type": "exon", "gene": "EGFR", "exons": "19", "kind": "deletion"},
    "MET Exon 14 Skipping Mutation": {"type": "exon", "gene": "MET", "exons": "14", "kind": "skipping"},
    "KIT Exon 11 Mutation": {"type": "exon", "gene": "KIT", "exons": "11", "kind": "any"},
    "BRCA1 Mutation": {"type": "gene_class", "gene": "BRCA1", "class": "mutation"},
    "PTEN Loss": {"type": "gene_class", "gene": "PTEN", "class": "loss"},
    "BRCA2 Loss-of-function": {"type": "gene_class", "gene": "BRCA2", "class": "loss_of_function"},
    "ERBB2 Activating Mutation": {"type": "gene_class", "gene": "ERBB2", "class": "oncogenic"},
    "TP53 Truncating Mutation": {"type": "gene_class", "gene": "TP53", "class": "truncating"},
    "PALB2 Biallelic Inactivation": {"type": "gene_class", "gene": "PALB2", "class": "biallelic"},
    "ERBB2 Amplification": {"type": "copy_number", "gene": "ERBB2", "call": "amplification"},
    "CDKN2A Deletion": {"type": "copy_number", "gene": "CDKN2A", "call": "deletion"},
    "EML4::ALK Fusion": {"type": "fusion", "five": "EML4", "three": "ALK"},
    "EML4::ALK e6::e20": {"type": "fusion", "five": "EML4", "three": "ALK", "exons": "6::20"},
    "v::ALK Fusion": {"type": "fusion", "three": "ALK"},
    "EWSR1 Fusion": {"type": "fusion", "five": "EWSR1", "either": True},
    "CD274 Expression": {"type": "expression", "gene": "CD274", "text": "Expression"},
    "MGMT Promoter Methylation": {"type": "expression", "gene": "MGMT", "text": "Promoter Methylation"},
    "TERT Promoter Mutation": {"type": "region", "gene": "TERT", "name": "Promoter"},
    "FLT3 ITD": {"type": "itd", "gene": "FLT3", "name": "ITD"},
    "FLT3-ITD": {"type": "itd", "gene": "FLT3", "name": "ITD"},
    "EGFR VIII": {"type": "named_deletion", "gene": "EGFR", "name": "vIII"},
    "EGFR EGFRVIII": {"type": "named_deletion", "gene": "EGFR", "name": "vIII"},
    "AR AR-V7": {"type": "transcript_variant", "gene": "AR", "name": "AR-V7"},
    "KRAS Wildtype": {"type": "wildtype", "gene": "KRAS"},
    "DPYD DPYD*2A HOMOZYGOSITY": {"type": "star_allele", "gene": "DPYD", "name": "DPYD*2A", "kind": "homozygous"},
    "SLCO1B1 RS4149056": {"type": "dbsnp", "gene": "SLCO1B1", "name": "rs4149056"},
    "MLH1 *757L": {"type": "protein", "gene": "MLH1", "change": "*757L"},
    "ATM c.902-1G>T": {"type": "cdna", "gene": "ATM", "change": "c.902-1G>T", "text": "c.902-1G>T"},
    "PTCH1 LOH": {"type": "loh", "gene": "PTCH1", "text": "LOH"},
    "MSI High": {"type": "signature", "name": "MSI", "value": "High"},
    "HRD": {"type": "signature", "name": "HRD", "value": "Positive"},
    "MMR deficient": {"type": "signature", "name": "MSI", "value": "dMMR"},
    "EML4-ALK fusion": {"type": "fusion", "five": "EML4", "three": "ALK"},
    "HER2-amplified": {"type": "copy_number", "gene": "ERBB2", "call": "amplification"},
    "DPYD*2A": {"type": "star_allele", "gene": "DPYD", "name": "DPYD*2A"},
    "TMB-high": {"type": "signature", "name": "TMB", "value": "High"},
    "HER2 amplification": {"type": "copy_number", "gene": "ERBB2", "call": "amplification"},
    "HSPH1 T17 DELETION": {"type": "opaque", "gene": "HSPH1", "text": "T17 DELETION"},
}


@pytest.mark.parametrize(("label", "expected"), SINGLES.items())
def test_a_label_gives_one_atom(label, expected):
    assert shape(label) == [[expected]]


def labels(label):
    return [[atom.label for atom in alternative] for alternative in parse_profile(label)]


def test_and_binds_closer_than_or_and_parentheses_bind_closest():
    assert labels("A B1C OR D E2F AND G H3I") == [["A B1C"], ["D E2F", "G H3I"]]
    assert labels("BRAF Amplification AND ( BRAF V600E OR BRAF V600K )") == [
        ["BRAF amplification", "BRAF V600E"],
        ["BRAF amplification", "BRAF V600K"],
    ]


def test_not_denies_and_goes_through_parentheses_by_de_morgan():
    assert labels("MET Amplification AND NOT KRAS Mutation") == [["MET amplification", "NOT KRAS mutation"]]
    assert labels("NOT ( KIT D816V OR KIT D816H )") == [["NOT KIT D816V", "NOT KIT D816H"]]


def test_slashed_names_are_alternatives():
    assert labels("ERBB2 S310F/Y") == [["ERBB2 S310F"], ["ERBB2 S310Y"]]
    assert labels("KRAS G12/G13") == [["KRAS G12"], ["KRAS G13"]]


def test_two_changes_on_one_gene_joined_by_a_small_and_must_both_hold():
    assert labels("VHL P81S (c.241C>T) and L188V (c.562C>G)") == [["VHL P81S", "VHL L188V"]]


def test_unbalanced_labels_are_opaque_not_guessed():
    assert shape("BRAF V600E AND ( PTEN Loss")[0][0]["type"] == "opaque"


@given(st.text(max_size=60))
@settings(max_examples=150, deadline=None)
def test_any_text_gives_a_predicate_with_at_least_one_atom(text):
    found = parse_profile(text or "x")
    assert found
    assert all(found)
