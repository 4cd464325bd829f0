"""Residues that matching relies on: well-known changes lie in the exons that the literature gives them."""

import pytest

from genorx.knowledge import default_pack
from genorx.oncology import parse_profile
from genorx.oncology.alteration_input import as_alteration
from genorx.oncology.drug_safety import DRUG_GENES
from genorx.oncology.gene_facts import PHARMACOGENES, STAR_GENES

# textbook places: EGFR (Lynch 2004), KIT and PDGFRA (Corless 2011), BRAF (Davies 2002), NPM1 (Falini 2005), MET
# (Frampton 2015)
PLACES = {
    "EGFR G719A": 18, "EGFR E746_A750del": 19, "EGFR T790M": 20, "EGFR L858R": 21, "KIT A502_Y503dup": 9,
    "KIT W557_K558del": 11, "KIT K642E": 13, "KIT T670I": 14, "KIT D816V": 17, "PDGFRA V561D": 12, "PDGFRA D842V": 18,
    "BRAF V600E": 15, "BRAF G469A": 11, "NPM1 W288Cfs*12": 11, "MET D1010N": 14, "KRAS G12D": 2, "KRAS Q61H": 3,
    "PIK3CA E545K": 10, "PIK3CA H1047R": 21, "CTNNB1 S45F": 3, "ERBB2 Y772_A775dup": 20,
}  # fmt: skip


@pytest.mark.parametrize(("text", "exon"), PLACES.items())
def test_a_well_known_change_lies_in_its_exon(text, exon):
    assert exon in as_alteration(text).all_exons


def test_genes_of_drug_metabolism_are_one_list_for_labels_and_for_matching():
    """CPIC's guideline genes with star alleles, and G6PD and the UGT1A locus; drugs' notes ask no other gene."""
    assert {"G6PD", "UGT1A"} == PHARMACOGENES - STAR_GENES
    assert {gene for genes in DRUG_GENES.values() for gene in genes} <= PHARMACOGENES
    pack = default_pack()
    named = {gene for gene, table in pack.genes.items() if any(a.name.startswith("*") for a in table.alleles)}
    assert named | {"DPYD"} == STAR_GENES  # whose definitions have other names by now; evidence says *2A


@pytest.mark.parametrize("gene", ["CYP2C19", "CYP2C9", "NAT2"])
def test_star_alleles_and_rs_numbers_of_drug_metabolism_are_no_targets(gene):
    """CYP2C19 was in the list of labels and not in that of matching; CYP2C9 in neither."""
    ((atom,),) = parse_profile(f"{gene}*3")
    assert (atom.type, atom.name) == ("star_allele", f"{gene}*3")
    assert gene in PHARMACOGENES
