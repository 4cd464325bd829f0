"""Near-duplicate levels and booleans; pairs by hand, real ones from IWPC and the AML knowledge bank."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genorx._core.words import boolean_of, plain_level
from genorx.cohort.tables.levels import is_boolean, near_duplicates


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("male", "Male"),
        ("African American", "African-American"),
        ("Not Hispanic or Latino", "not Hispanic or Latino"),
        ("smoker", "smokers"),
        ("therapy_related", "therapy related"),
        ("metastatic", "metastatc"),
        ("adenocarcinoma", "adenocacrinoma"),
        ("Stage 2", "stage-2"),
        ("DrugA", "druga "),
        ("DrugA", "Drug-A"),
        ("T-cell", "Tcell"),
        ("10 mg", "10mg"),
        ("ER+", "er +"),
        ("tumour", "tumor"),
        ("CARBOPLATIN", "CARBOPLATINE"),
        ("cytarabine", "cytarabina"),
        ("black or african american", "Black or Africann American"),
    ],
)
def test_spellings_of_one_level_are_a_pair(first, second):
    assert near_duplicates([first, second, "other thing"]) == [(first, second)]


@pytest.mark.parametrize(
    "levels",
    [
        ["Adverse", "Favorable", "Inter-1", "Inter-2"],
        ["AMLHD98A", "AMLHD98B", "AMLSG0704"],
        ["female", "male"],
        ["primary", "secondary"],
        ["2-3.5", "2.5-3", "2-3"],
        ["*1/*2", "*1/*3", "*2/*2"],
        ["A/A", "A/G", "G/G"],
        ["10 - 19", "20 - 29"],
        ["T1", "T2", "T1a"],
        ["low", "slow"],
        ["grade A", "grade B", "grade C"],
        ["T-cell", "B-cell"],
        ["hypertension", "hypotension"],
        ["DrugA", "DrugB", "DrugC"],
        ["groupa", "groupb", "groupc"],
        ["optionI", "optionII", "optionIII", "optionIV", "optionVI"],
        ["drug 10mg", "drug 20mg"],
        ["0.5 mg", "05 mg", "5 mg"],
        ["T1a", "T1b", "T1c"],
        ["I-II", "III", "I/II", "IV"],
        ["KMT2A", "KMT2D"],
        ["PDGFRA", "PDGFRB", "PDGFRL"],
        ["HNRNPK", "HNRNPU"],
        ["prednisone", "prednisolone"],
        ["hydroxyzine", "hydralazine"],
        ["afatinib", "apatinib", "lapatinib"],
        ["positive", "negative"],
        ["typical", "atypical"],
        ["HER2+", "HER2-"],
        ["<65", ">65", "65", "-65"],
        ["A then B", "B then A"],
    ],
)
def test_levels_that_differ_are_no_pair(levels):
    assert near_duplicates(levels) == []


@pytest.mark.parametrize(
    ("text", "value"), [("Yes", 1), ("n", 0), ("1.0", 1), ("TRUE", 1), ("2", None), ("maybe", None)]
)
def test_words_for_yes_and_no(text, value):
    assert boolean_of(text) == value


def test_a_lone_letter_is_no_boolean():
    assert not is_boolean(["F"])
    assert not is_boolean(["M", "F"])
    assert is_boolean(["T", "F"])
    assert not is_boolean([])


@settings(max_examples=50, deadline=None)
@given(st.text(max_size=12))
def test_a_level_is_a_pair_with_its_own_capitals_and_nothing_breaks(text):
    plain_level(text)
    other = text.swapcase()
    pairs = near_duplicates([text, other]) if other.casefold() == text.casefold() else [(text, other)]
    assert pairs == [(text, other)]
