"""Protein changes: forms of HGVS 21 and of knowledge bases, read by hand into one-letter normal form."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genorx.oncology import display_protein_change, parse_protein_change
from genorx.oncology.protein import THREE_LETTER, read_protein_change, same_protein_change

# left: forms of MAF and of knowledge bases, HGVS recommendations and CIViC labels; right: by hand
FORMS = {
    "p.Val600Glu": "V600E",
    "p.(Val600Glu)": "V600E",
    "Val600Glu": "V600E",
    "VAL600GLU": "V600E",
    "p.V600E": "V600E",
    "V600E": "V600E",
    "v600e": "V600E",
    "NP_004324.2:p.Val600Glu": "V600E",
    "ENSP00000288602.6:p.(Val600Glu)": "V600E",
    "BRAF:p.V600E": "V600E",
    "p.R213X": "R213*",
    "p.Arg213Ter": "R213*",
    "p.Arg213*": "R213*",
    "p.(Arg213Stop)": "R213*",
    "p.X168_splice": "X168_splice",
    "L112fs": "L112fs",
    "p.Asn139GlnfsTer5": "N139Qfs*5",
    "N139Qfs*5": "N139Qfs*5",
    "W288FS": "W288fs",
    "R135FSX177": "R135fs*177",
    "P1175FS*5": "P1175fs*5",
    "p.Arg97ProfsTer?": "R97Pfs",
    "E746_A750del": "E746_A750del",
    "p.Glu746_Ala750del": "E746_A750del",
    "p.E746_A750delELREA": "E746_A750del",
    "V560DEL": "V560del",
    "F506_F508DUP": "F506_F508dup",
    "A767_V769dup": "A767_V769dup",
    "A767_V769dupASV": "A767_V769dup",
    "p.193_196dupSTSC": "S193_C196dup",
    "D770_N771insSVD": "D770_N771insSVD",
    "p.Asp770_Asn771insSerValAsp": "D770_N771insSVD",
    "L747_T751delinsP": "L747_T751delinsP",
    "M774DELINSWLV": "M774delinsWLV",
    "E746_T751>I": "E746_T751delinsI",
    "V600_K601>E": "V600_K601delinsE",
    "p.S406=": "S406=",
    "p.Ser406%3D": "S406=",
    "p.Thr125Thr": "T125=",
    "p.(=)": "=",
    "p.Met1?": "M1?",
    "p.0?": "0?",
    "*757L": "*757L",
    "p.Ter757LeuextTer3": "*757Lext*3",
    "S310F/Y": "S310F/Y",
    "R167Q (c.500G>A)": "R167Q",
    "VK600EN": "V600_K601delinsEN",
}


@pytest.mark.parametrize(("text", "expected"), FORMS.items())
def test_a_form_reads_into_one_letter_normal_form(text, expected):
    assert parse_protein_change(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "p.?",
        "c.1799T>A",
        "g.140453136A>T",
        "V600",
        "amplification",
        "exon 19",
        "p.",
        "()",
        "1100delC",
        "770_771insG",
        "EX19DEL",
        "EX20INS",
        "VK600DEL",
    ],
)
def test_text_that_is_no_protein_change_gives_none(text):
    assert parse_protein_change(text) is None


@pytest.mark.parametrize("value", [None, 600, 1.5, ["V600E"], float("nan")])
def test_what_is_not_text_gives_none(value):
    assert parse_protein_change(value) is None


def test_one_inserted_residue_that_repeats_its_neighbour_is_a_duplication():
    """BRAF T599 repeated: HGVS names it T599dup; the residue before or behind proves it."""
    assert parse_protein_change("T599_V600insT") == "T599dup"
    assert parse_protein_change("V600_K601insK") == "K601dup"
    assert parse_protein_change("K601_S602insT") == "K601_S602insT"


def test_a_pair_delins_leaves_out_the_residue_that_stays():
    assert parse_protein_change("V600_K601delinsEK") == "V600E"
    assert parse_protein_change("V600_K601delinsVN") == "K601N"


def same(one, other):
    return same_protein_change(read_protein_change(one), read_protein_change(other))


def test_a_duplication_equals_the_insertion_of_the_same_residues_behind_it():
    """EGFR A767-S768-V769 repeated behind V769 is insASV there."""
    assert same("A767_V769dup", "V769_D770insASV")
    assert same("V769_D770insASV", "A767_V769dupASV")
    assert not same("A767_V769dup", "V769_D770insGSV")
    assert not same("A767_V769dup", "D770_N771insASV")


def test_frameshifts_agree_by_first_residue_and_by_the_stop_only_where_both_name_it():
    assert same("W288fs", "W288Cfs*12")
    assert same("W288Lfs", "W288Cfs*12")
    assert not same("W288fs*10", "W288Cfs*12")
    assert not same("W289fs", "W288fs")


def test_another_residue_is_never_the_same_change():
    assert not same("V600K", "V600E")
    assert not same("V600E", "V600fs")
    assert not same("E746_A750del", "E746_T751del")


def test_alternatives_agree_with_each_of_their_parts():
    assert same("S310F/Y", "S310Y")
    assert not same("S310F/Y", "S310C")


@pytest.mark.parametrize("text", ["M1?", "0?", "X168_splice", "="])
def test_marks_that_name_no_change_agree_with_nothing(text):
    assert not same(text, text)


RESIDUES = "ACDEFGHIKLMNPQRSTVWY"


@given(st.sampled_from(RESIDUES), st.integers(2, 9999), st.sampled_from(RESIDUES + "*"))
@settings(max_examples=100, deadline=None)
def test_one_letter_and_three_letter_forms_of_a_substitution_agree(first, position, new):
    three = {one: long for long, one in THREE_LETTER.items()}
    short, long = f"{first}{position}{new}", f"p.({three[first]}{position}{three[new]})"
    assert parse_protein_change(short) == parse_protein_change(long)


@given(st.text(max_size=40))
@settings(max_examples=200, deadline=None)
def test_any_text_gives_a_normal_form_that_reads_as_itself_or_none(text):
    found = parse_protein_change(text)
    assert found is None or parse_protein_change(found) == found


@given(st.text(alphabet="pVAL.()600delinsupfrtTer*X_=?>0123456789GlyESt", max_size=25))
@settings(max_examples=300, deadline=None)
def test_text_that_looks_like_hgvs_never_raises_and_is_stable(text):
    found = parse_protein_change(text)
    assert found is None or parse_protein_change(found) == found


def test_a_very_long_text_is_read_without_delay():
    assert parse_protein_change("V600_K601ins" + "A" * 100_000) is None


def test_the_display_form_is_three_letter_hgvs():
    assert display_protein_change("V600E") == "p.Val600Glu"
    assert display_protein_change("E746_A750del") == "p.Glu746_Ala750del"
    assert display_protein_change("R213*") == "p.Arg213Ter"
    assert display_protein_change("no change") == "no change"
