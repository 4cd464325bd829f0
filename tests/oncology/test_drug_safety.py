"""Pharmacogene notes on a therapy: the drug is recognised however its name is written, as by pharmacogenomics."""

import pytest

from genorx.knowledge.drug_names import drugs_in
from genorx.oncology.drug_safety import DRUG_GENES, drug_genes, safety_notes


@pytest.mark.parametrize(
    ("therapy", "drugs"),
    [
        ("Irinotecan Hydrochloride", ["irinotecan"]),  # the salt, as in NCI's thesaurus
        ("capecitabine 500 MG Oral Tablet [Xeloda]", ["capecitabine"]),  # RxNorm
        ("Xeloda", ["capecitabine"]),
        ("5FU", ["fluorouracil"]),
        ("Capecitabine, Trastuzumab, Tucatinib", ["capecitabine"]),
        ("bevacizumab; fluorouracil & irinotecan", ["fluorouracil", "irinotecan"]),
        ("sacituzumab govitecan-hziy", ["sacituzumab govitecan"]),
        ("mFOLFOX6 + Bevacizumab", ["fluorouracil"]),  # the modified regimen has the same drugs
        ("FOLFOX-4 Regimen", ["fluorouracil"]),
        ("FOLFIRI/cetuximab", ["fluorouracil", "irinotecan"]),
        ("fluorouracil cream", []),  # does not reach the blood
        ("cisplatin", []),
    ],
)
def test_drugs_with_a_pharmacogene_are_found_in_any_spelling(therapy, drugs):
    """What a pharmacist reads; of FOLFOX fluorouracil, of FOLFIRI irinotecan too."""
    assert list(drug_genes(therapy)) == drugs
    assert all(drug_genes(therapy)[drug] == DRUG_GENES[drug] for drug in drugs)


@pytest.mark.parametrize("drug", DRUG_GENES)
def test_names_are_read_by_one_rule(drug):
    assert drugs_in(f"{drug} 100 mg", DRUG_GENES) == [(f"{drug} 100 mg", drug)]


def test_a_salt_does_not_lose_the_note():
    """UGT1A1 of a poor metaboliser, for the option as an evidence table writes it."""
    (note,) = safety_notes(["Irinotecan Hydrochloride"], phenotypes={"UGT1A1": "Poor Metabolizer"})
    assert (note["drug"], note["gene"], note["finding"]) == ("irinotecan", "UGT1A1", "Poor Metabolizer")
