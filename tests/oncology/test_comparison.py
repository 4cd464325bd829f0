"""Atoms against facts: the rules of docs/guide/oncology.md, each by hand."""

import pytest

from genorx.oncology import parse_profile
from genorx.oncology.alteration_input import as_alteration, as_alterations
from genorx.oncology.predicate import Findings


def met(label, *facts, assessed=(), hotspots=()):
    """Return (weakest strength, all exact) of a label's predicate, or None."""
    held = Findings(facts=as_alterations(list(facts)), assessed=frozenset(assessed), hotspots=frozenset(hotspots))
    found = held.match(parse_profile(label))
    return None if found is None else (min(each.strength for each in found), all(each.exact for each in found))


@pytest.mark.parametrize(
    ("label", "fact", "expected"),
    [
        ("BRAF V600E", "BRAF V600E", (5, True)),
        ("BRAF V600E", "BRAF V600K", None),
        ("BRAF V600E", "NRAS V600E", None),
        ("BRAF V600", "BRAF V600K", (4, True)),
        ("BRAF V600", "BRAF V600fs", None),
        ("BRAF V600", "BRAF V600*", None),
        ("BRAF V600", "BRAF V600=", None),
        ("BRAF Mutation", "BRAF V600E", (2, True)),
        ("BRAF Mutation", "BRAF V600=", None),
        ("BRAF Mutation", "BRAF amplification", None),
        ("BRAF Non-V600", "BRAF G469A", (2, True)),
        ("BRAF Non-V600", "BRAF V600E", None),
        ("EGFR Exon 19 Deletion", "EGFR E746_A750del", (4, True)),
        ("EGFR Exon 19 Deletion", "EGFR L747_P753delinsS", (4, True)),
        ("EGFR Exon 19 Deletion", "EGFR L747P", None),
        ("EGFR Exon 20 Insertion", "EGFR D770_N771insSVD", (4, True)),
        ("EGFR Exon 20 Insertion", "EGFR A767_V769dup", (4, True)),
        ("EGFR Exon 20 Insertion", "EGFR T790M", None),
        ("KIT Exon 11 Mutation", "KIT V560D", (4, True)),
        ("ALK Exon 4-11 Deletion", "ALK exon 4-11 deletion", (4, True)),
        ("ALK Exon 4-11 Deletion", "ALK exon 4 deletion", None),
        ("MET Exon 14 Skipping Mutation", "MET X1010_splice", (4, False)),
        ("MET Exon 14 Skipping Mutation", "MET exon 14 skipping", (4, True)),
        ("ERBB2 Amplification", "ERBB2 amplification", (4, True)),
        ("ERBB2 Amplification", "ERBB2 deletion", None),
        ("ERBB2 Amplification", "ERBB2 gain", None),
        ("CDKN2A Deletion", "CDKN2A deletion", (4, True)),
        ("PTEN Loss", "PTEN deletion", (3, True)),
        ("PTEN Loss", "PTEN R130*", (3, False)),
        ("PTEN Loss", "PTEN R130Q", None),
        ("BRCA1 Loss-of-function", "BRCA1 Q1756fs", (3, True)),
        ("TP53 Truncating Mutation", "TP53 R213*", (3, True)),
        ("TP53 Truncating Mutation", "TP53 R175H", None),
        ("ERBB2 Activating Mutation", "ERBB2 R678*", None),
        ("EML4::ALK Fusion", "EML4::ALK", (4, True)),
        ("EML4::ALK Fusion", "ALK::EML4", (4, True)),
        ("EML4::ALK Fusion", "KIF5B::ALK", None),
        ("EML4::ALK Fusion", "ALK fusion", None),
        ("v::ALK Fusion", "EML4::ALK", (3, True)),
        ("v::ALK Fusion", "ALK fusion", (3, True)),
        ("FGFR2::? Fusion", "FGFR2 fusion", (3, True)),
        ("EML4::ALK e6::e20", "EML4::ALK e6::e20", (4, True)),
        ("EML4::ALK e6::e20", "EML4::ALK e13::e20", None),
        ("EML4::ALK e6::e20", "EML4::ALK", None),
        ("FLT3 ITD", "FLT3-ITD", (4, True)),
        ("FLT3 ITD", "FLT3 Y597_E598insDVDFREYE", (4, True)),
        ("FLT3 ITD", "FLT3 D835Y", None),
        ("FLT3 TKD MUTATION", "FLT3 D835Y", (4, True)),
        ("TERT Promoter Mutation", {"type": "cdna", "gene": "TERT", "change": "c.-124C>T"}, (4, True)),
        ("MSI High", "MSI-H", (4, True)),
        ("HRD Positive", "HRD", (4, True)),
        ("PTCH1 LOH", {"type": "loh", "gene": "PTCH1"}, (4, True)),
        ("PTCH1 LOH", {"type": "loh", "gene": "PTEN"}, None),
        ("HRD Deficient", "HRD", (4, True)),
        ("HRD Positive", "HRD-H", (4, True)),
        ("HRD Positive", "HRD low", None),
        ("HRD Positive", "SBS3", None),  # a signature is no score
        ("MSI High", {"type": "signature", "name": "MSI", "value": "dMMR"}, (4, True)),
        ("MSI High", "MSS", None),
        ("TMB High", {"type": "signature", "name": "TMB", "value": "12.5"}, (4, True)),
        ("TMB High", {"type": "signature", "name": "TMB", "value": "9.9"}, None),
        ("CD274 Expression", "CD274 expression", (4, True)),
        ("CD274 Overexpression", "CD274 expression", None),
        ("DPYD DPYD*2A HOMOZYGOSITY", {"type": "star_allele", "gene": "DPYD", "name": "DPYD*2A"}, None),
        (
            "DPYD DPYD*2A HOMOZYGOSITY",
            {"type": "star_allele", "gene": "DPYD", "name": "*2A", "zygosity": "homozygous"},
            (5, True),
        ),
        (
            "SLCO1B1 RS4149056",
            {"type": "protein", "gene": "SLCO1B1", "change": "V174A", "rsid": "rs4149056"},
            (5, True),
        ),
        ("ATM c.902-1G>T", {"type": "cdna", "gene": "ATM", "change": "NM_000051.4:c.902-1G>T"}, (5, True)),
        ("CHEK2 1100DELC", {"type": "cdna", "gene": "CHEK2", "change": "c.1100delC"}, (5, True)),
    ],
)
def test_a_label_against_one_fact(label, fact, expected):
    assert met(label, fact) == expected


def test_an_empty_protein_change_meets_nothing():
    """oncokb-annotator issue 192: a splice variant without HGVSp became likely oncogenic."""
    for label in ("BRAF V600E", "BRAF V600", "BRAF Mutation", "BRAF Wildtype", "BRAF Activating Mutation"):
        assert met(label, {"type": "protein", "gene": "BRAF", "change": ""}) is None


def test_one_atom_of_a_conjunction_alone_meets_nothing_and_both_do():
    assert met("EGFR L858R AND EGFR T790M", "EGFR L858R") is None
    assert met("EGFR L858R AND EGFR T790M", "EGFR T790M") is None
    assert met("EGFR L858R AND EGFR T790M", "EGFR T790M", "EGFR L858R") == (5, True)


def test_one_atom_of_an_alternative_is_enough():
    assert met("EGFR L858R OR EGFR Exon 19 Deletion", "EGFR L858R") == (5, True)


def test_not_needs_the_gene_to_be_assessed():
    label = "MET Amplification AND NOT KRAS Mutation"
    assert met(label, "MET amplification") is None
    assert met(label, "MET amplification", assessed=["KRAS"]) == (3, True)
    assert met(label, "MET amplification", "KRAS G12D", assessed=["KRAS"]) is None
    assert met(label, "MET amplification", "KRAS wild type") == (3, True)
    stated = {"type": "gene_class", "gene": "KRAS", "class": "mutation", "negated": True}
    assert met(label, "MET amplification", stated) == (3, True)


def test_a_stated_absence_is_never_a_presence():
    assert met("KRAS Mutation", {"type": "gene_class", "gene": "KRAS", "class": "mutation", "negated": True}) is None
    assert met("KRAS G12D", {"type": "protein", "gene": "KRAS", "change": "G12D", "negated": True}) is None


def test_wild_type_needs_the_gene_to_be_covered_and_free_of_changes():
    assert met("KRAS Wildtype") is None
    assert met("KRAS Wildtype", assessed=["KRAS"]) == (3, True)
    assert met("KRAS Wildtype", "KRAS G12D", assessed=["KRAS"]) is None
    assert met("KRAS Wildtype", "KRAS T58=", assessed=["KRAS"]) == (3, True)


def test_a_residue_that_evidence_names_counts_as_oncogenic_but_not_exactly():
    assert met("ERBB2 Activating Mutation", "ERBB2 V842I") is None
    assert met("ERBB2 Activating Mutation", "ERBB2 V842I", hotspots=[("ERBB2", 842)]) == (3, False)
    assert met("ERBB2 Activating Mutation", {"type": "gene_class", "gene": "ERBB2", "class": "oncogenic"}) == (3, True)


def test_a_filtered_fact_is_kept_and_meets_nothing():
    from dataclasses import replace

    marked = replace(as_alteration("BRAF V600E"), accepted=False)
    assert met("BRAF V600E", marked) is None


def test_a_change_on_another_transcript_is_exact_only_where_the_allele_agrees():
    """EGFR L858R is L813R on another isoform (an alias in CIViC)."""
    from dataclasses import replace

    other = replace(as_alteration("EGFR L813R"), other_changes=("L858R",))
    assert met("EGFR L858R", other) == (5, False)
    sure = replace(other, known_alleles=frozenset({("EGFR", "L858R")}))
    assert met("EGFR L858R", sure) == (5, True)
    assert met("EGFR L858", sure) == (4, True)


def test_a_splice_change_of_met_exon_14_is_a_candidate_for_skipping():
    splice = as_alteration({"type": "gene_class", "gene": "MET", "class": "splice", "exon": "14"})
    assert met("MET Exon 14 Skipping Mutation", splice) == (4, False)
