"""What is taken as an alteration, and what is refused."""

import pytest

from genorx.errors import InputError
from genorx.oncology import match, read_alterations
from genorx.oncology.alteration import classes_of_terms
from genorx.oncology.alteration_input import as_alteration, as_alterations
from genorx.oncology.criteria import ATOM_TYPES, Atom


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
    """Terms of the Sequence Ontology, by their definitions: which truncate, shift the frame or change the protein."""
    assert classes_of_terms(terms) == classes


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ({"type": "exon", "gene": "EGFR", "exons": "19", "change": "deletion"}, "EGFR exon 19 deletion"),
        ({"type": "exon", "gene": "EGFR", "exon": 19, "kind": "deletion"}, "EGFR exon 19 deletion"),
        ({"type": "exon", "gene": "EGFR", "exons": "20", "class": "insertion"}, "EGFR exon 20 insertion"),
        ({"type": "protein", "gene": "BRAF", "kind": "V600E"}, "BRAF V600E"),
        ({"type": "copy_number", "gene": "ERBB2", "change": "amplification"}, "ERBB2 amplification"),
        ({"type": "copy_number", "gene": "PTEN", "kind": "deep deletion"}, "PTEN homozygous deletion"),
        ({"type": "gene_class", "gene": "TP53", "change": "loss of function"}, "TP53 loss of function"),
        ({"type": "itd", "gene": "FLT3", "change": "ITD"}, "FLT3 ITD"),
        ({"type": "signature", "name": "MSI", "change": "High"}, "MSI-H"),
    ],
)
def test_change_and_kind_are_understood_alike_where_one_meaning_is_possible(given, meant):
    """``{"type": "exon", "exons": "19", "change": "deletion"}`` once matched as any mutation of the exon."""
    assert as_alteration(given).atom == as_alteration(meant).atom


def test_an_exon_deletion_matches_the_same_rows_whichever_key_says_it():
    by_change = match([{"type": "exon", "gene": "EGFR", "exons": "19", "change": "deletion"}], "LUAD")
    by_kind = match([{"type": "exon", "gene": "EGFR", "exons": "19", "kind": "deletion"}], "LUAD")
    any_mutation = match([{"type": "exon", "gene": "EGFR", "exons": "19", "kind": "any"}], "LUAD")
    assert [hit.evidence_id for hit in by_change] == [hit.evidence_id for hit in by_kind]
    assert len(by_change) > len(any_mutation)


@pytest.mark.parametrize(
    ("given", "near"),
    [
        ({"type": "exon", "gene": "EGFR", "exons": "19", "kindd": "deletion"}, "kind"),
        ({"type": "protein", "gene": "BRAF", "chnage": "V600E"}, "change"),
        ({"type": "copy_number", "gene": "ERBB2", "calls": "amplification"}, "call"),
        ({"type": "fusion", "five": "EML4", "tree": "ALK"}, "three"),
        ({"type": "protein", "gene": "BRAF", "change": "V600E", "zygocity": "homozygous"}, "zygosity"),
        ({"type": "codon", "gene": "KRAS", "residue": "G", "positon": 12}, "position"),
    ],
)
def test_unknown_keys_are_refused_with_the_nearest(given, near):
    with pytest.raises(InputError) as caught:
        as_alteration(given)
    assert caught.value.code == "atom-key"
    assert f'"{near}"' in caught.value.hint


@pytest.mark.parametrize("kind", ATOM_TYPES)
def test_no_type_takes_an_unknown_key(kind):
    with pytest.raises(InputError) as caught:
        as_alteration({"type": kind, "gene": "EGFR", "exons": "19", "colour": "red"})
    assert caught.value.code == "atom-key"
    with pytest.raises(InputError):
        Atom.from_dict({"type": kind, "gene": "EGFR", "colour": "red"})


@pytest.mark.parametrize(
    "given",
    [
        {"type": "exon", "gene": "EGFR", "exons": "19", "kind": "deletion", "change": "insertion"},
        {"type": "exon", "gene": "EGFR", "exons": "19", "kind": "deletoin"},
        {"type": "exon", "gene": "EGFR", "kind": "deletion"},
        {"type": "exon", "gene": "EGFR", "exons": "19", "hgvsp": "p.L858R"},
        {"type": "copy_number", "gene": "ERBB2", "call": "amplifcation"},
        {"type": "copy_number", "gene": "ERBB2", "call": 6},
        {"type": "gene_class", "gene": "TP53", "class": "loss of functoin"},
        {"type": "fusion", "five": "EML4", "three": "ALK", "change": "deletion"},
    ],
)
def test_words_that_would_be_passed_over_are_refused(given):
    with pytest.raises(InputError):
        as_alteration(given)


def test_a_word_that_no_exon_knows_is_not_read_as_any_change_of_it():
    assert as_alteration("EGFR exon 20 insertion mutation") == as_alteration("EGFR exon 20 insertion")
    assert as_alteration("EGFR exon 19 sprouting").atom.type == "opaque"


def test_what_an_alteration_writes_of_itself_is_read_again():
    for text in ("BRAF V600E", "EML4::ALK", "ERBB2 amplification", "EGFR exon 19 deletion", "MSI-H", "KRAS G12"):
        fact = as_alteration(text)
        assert as_alteration(fact.to_dict()).atom == fact.atom
    marked = as_alteration({"type": "protein", "gene": "BRAF", "change": "V600E", "accepted": False})
    assert not as_alteration(marked.to_dict()).accepted


@pytest.mark.parametrize("form", ["text", "predicted", "dictionary", "list", "table", "json", "maf"])
def test_either_of_two_changes_is_one_alteration_in_every_form(form, tmp_path):
    """Each form names the same fact, so evidence on S310F and on S310Y is met by each, as by a MAF."""
    files = {
        "list": ("l.txt", "ERBB2 p.S310F/Y\n"),
        "table": ("l.tsv", "gene\tchange\nERBB2\tp.S310F/Y\n"),
        "json": ("l.json", '["ERBB2 p.S310F/Y"]'),
        "maf": (
            "a.maf",
            "Hugo_Symbol\tVariant_Classification\tHGVSp_Short\nERBB2\tMissense_Mutation\tp.S310F/Y\n",
        ),
    }
    given = {
        "text": "ERBB2 S310F/Y",
        "predicted": "ERBB2 p.(Ser310Phe/Tyr)",
        "dictionary": {"type": "protein", "gene": "ERBB2", "change": "p.S310F/Y"},
    }
    if form in files:
        name, content = files[form]
        (tmp_path / name).write_text(content)
        facts = list(read_alterations(tmp_path / name))
    else:
        facts = as_alterations(given[form])
    assert [(fact.atom.type, fact.atom.gene, fact.atom.change) for fact in facts] == [("protein", "ERBB2", "S310F/Y")]
