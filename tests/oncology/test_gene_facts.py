"""Residues that matching relies on: well-known changes lie in the exons that the literature gives them."""

import pytest

from genorx.oncology.alteration_input import as_alteration

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
