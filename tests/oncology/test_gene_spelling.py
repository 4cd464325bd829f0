"""Slips in typed alterations, held against the genes and residues that the embedded evidence (CIViC) names."""

import pytest

from genorx.oncology import match
from genorx.oncology.alteration_set import AlterationSet


def said(*typed):
    return [(each.code, each.message) for each in match(list(typed), disease="LUAD").findings]


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("BRAFF V600E", "did you mean BRAF?"),
        ("EFGR L858R", "did you mean EGFR?"),
        ("KRSA G12C", "did you mean KRAS?"),
        ("NTRK9 fusion", "did you mean NTRK3 or NTRK2 or NTRK1?"),
    ],
)
def test_a_misspelt_gene_gets_those_that_are_spelled_alike(typed, meant):
    ((code, message),) = said(typed)
    assert code == "gene-unknown"
    assert message.endswith(meant)


def test_genes_that_evidence_names_or_that_are_like_none_get_no_finding():
    """TTN is a gene without evidence, and none that it names is spelled like it."""
    assert said("BRAF V600E", "EML4::ALK", "TTN R2X", "ERBB2 amplification", "MSI-H") == []


def test_genes_of_a_file_of_variants_are_not_doubted():
    """Thousands of genes are in such a file, and RYR2 is no slip of RRM2."""
    (typed,) = said("RYR2 R169Q")
    facts = match(["RYR2 R169Q"]).alterations
    read = match(AlterationSet(alterations=list(facts), kind="maf"), disease="LUAD")
    assert (typed[0], list(read.findings)) == ("gene-unknown", [])


@pytest.mark.parametrize(
    ("typed", "approved"),
    [("P53 R175H", "TP53"), ("TRKA fusion", "NTRK1"), ("HER3 V104M", "ERBB3"), ("MEK1 K57N", "MAP2K1")],
)
def test_former_names_of_genes_are_read_as_approved_ones(typed, approved):
    """HGNC: P53, TRKA, HER3 and MEK1 are aliases of TP53, NTRK1, ERBB3 and MAP2K1."""
    hits = match([typed], disease="LUAD")
    assert hits.alterations[0].genes == (approved,)
    assert [each.code for each in hits.findings] == []


def test_an_approved_partner_without_evidence_is_no_slip():
    """KMT2A::AFF1 by its former names, MLL-AF4: AFF1 is in no evidence, and is not RAF1."""
    assert said("MLL-AF4 fusion") == []


def test_another_amino_acid_than_evidence_names_is_doubted():
    """Residue 600 of BRAF is valine (UniProt P15056)."""
    ((code, message),) = said("BRAF K600E")
    assert code == "residue-contradicts"
    assert "residue 600 of BRAF is V" in message
    assert said("BRAF V600R") == []


def test_histones_counted_without_methionine_get_the_number_of_the_evidence():
    """H3 K27M of reports is p.Lys28Met of the protein (UniProt P84243), as CIViC writes H3-3A."""
    ((code, message),) = said("H3F3A K27M")
    assert (code, message) == (
        "residue-contradicts",
        "H3-3A K27M: evidence numbers H3-3A from the first methionine: write K28",
    )
    assert said("H3-3A K28M") == []
