"""What is taken as an alteration, and what is refused."""

import pytest

from genorx.errors import InputError
from genorx.oncology.alteration import classes_of_terms
from genorx.oncology.alteration_input import as_alteration, as_alterations
from genorx.oncology.atoms import Atom


def test_text_dictionary_atom_and_alteration_give_the_same_fact():
    text = as_alteration("BRAF V600E")
    assert as_alteration({"type": "protein", "gene": "BRAF", "change": "p.Val600Glu"}) == text
    assert as_alteration({"gene": "BRAF", "protein_change": "V600E"}) == text
    assert as_alteration(Atom(type="protein", gene="BRAF", change="V600E")) == text
    assert as_alteration(text) is text
    assert as_alterations("BRAF V600E") == [text]


def test_dialects_of_classes_kinds_and_calls_are_understood():
    assert as_alteration({"type": "gene_class", "gene": "X", "class": "GoF"}).atom.cls == "gain_of_function"
    assert as_alteration(
        {"type": "exon", "gene": "X", "exons": ["18", 19], "kind": "Skipping Mutation"}
    ).atom.exons == (18, 19)
    assert as_alteration({"type": "copy_number", "gene": "X", "call": "Deep Deletion"}).atom.call == "deletion"
    assert as_alteration({"type": "codon", "gene": "KRAS", "change": "G12"}).atom.position == 12


def test_a_fusion_of_one_gene_and_a_call_written_as_a_class_are_understood():
    assert as_alteration({"type": "fusion", "gene": "EWSR1"}) == as_alteration("EWSR1 fusion")
    assert as_alteration({"type": "gene_class", "gene": "CDKN2A", "class": "deletion"}).label == "CDKN2A deletion"
    assert as_alteration({"type": "gene_class", "gene": "PTEN", "class": "loss"}).atom.type == "gene_class"
    assert as_alteration({"type": "codon", "gene": "KRAS", "change": "G12/G13"}).atom.position == 12


def test_names_are_found_in_whichever_field_they_come():
    """Fields of the schema that other programs may use for the same thing."""
    star = as_alteration({"type": "star_allele", "gene": "DPYD", "name": "DPYD*2A HOMOZYGOSITY"}).atom
    assert (star.name, star.kind) == ("DPYD*2A", "homozygous")
    assert as_alteration({"type": "dbsnp", "gene": "X", "value": "RS1"}).atom.name == "RS1"
    assert as_alteration({"type": "cdna", "gene": "X", "text": "c.1A>T"}).atom.change == "c.1A>T"
    marker = as_alteration({"type": "signature", "gene": "MSI", "value": "High"}).atom
    assert (marker.name, marker.gene) == ("MSI", None)
    assert as_alteration({"type": "signature", "name": "TMB High"}).atom.value == "High"


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ({"type": "weather", "gene": "X"}, "atom-type"),
        ({"gene": "X"}, "atom-type"),
        ({"type": "codon", "gene": "X", "position": "twelve"}, "atom"),
        ({"type": "protein", "gene": "X", "change": "V6E", "origin": "lunar"}, "alteration"),
        ("BRAF V600E AND PTEN Loss", "alteration"),
        ("", "alteration"),
        (5, "alteration"),
    ],
)
def test_what_is_no_alteration_is_refused_by_code(value, code):
    with pytest.raises(InputError) as caught:
        as_alteration(value)
    assert caught.value.code == code


def test_a_number_is_no_list_of_alterations():
    with pytest.raises(InputError):
        as_alterations(5)


@pytest.mark.parametrize(
    ("terms", "classes"),
    [
        ("missense_variant&splice_region_variant", {"mutation", "missense"}),
        ("Frame_Shift_Del", {"mutation", "truncating", "frameshift", "loss_of_function"}),
        ("splice_donor_variant", {"mutation", "splice", "loss_of_function"}),
        ("inframe_deletion", {"mutation", "inframe"}),
        ("synonymous_variant", set()),
        ("splice_region_variant", set()),
        ("upstream_gene_variant", set()),
    ],
)
def test_a_consequence_has_the_classes_of_the_table(terms, classes):
    """The table of oncology.md 2.2."""
    assert classes_of_terms(terms) == classes
