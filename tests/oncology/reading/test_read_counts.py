"""Reads by caller, with FORMAT values written by hand after each caller's documentation."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genorx.oncology.reading import ReadCounts, expected_fraction, read_counts

LAYOUTS = {
    "mutect": {"GT": "0/1", "AD": "30,12", "DP": "42"},
    "muse": {"GT": "0/1", "DP": "42", "AD": "30,12", "BQ": "30,31"},
    "radia": {"GT": "0/1", "DP": "42", "AD": "30,12", "AF": "0.71,0.29"},
    "pindel": {"GT": "0/1", "AD": "30,12"},
    "strelka": {"DP": "42", "AU": "30,31", "CU": "0,0", "GU": "0,0", "TU": "12,13"},
    "strelka indel": {"DP": "42", "TAR": "30,31", "TIR": "12,12"},
    "varscan": {"GT": "0/1", "DP": "42", "RD": "30", "AD": "12", "FREQ": "28.57%"},
    "somaticsniper": {"GT": "0/1", "DP": "42", "DP4": "18,12,7,5", "BCOUNT": "30,0,0,12"},
    "freebayes": {"GT": "0/1", "DP": "42", "RO": "30", "AO": "12"},
    "base counts alone": {"DP": "42", "BCOUNT": "30,0,0,12"},
}


@pytest.mark.parametrize("caller", LAYOUTS)
def test_each_caller_gives_30_reads_for_and_12_against(caller):
    assert read_counts(LAYOUTS[caller], "A", ["T"], 0) == ReadCounts(ref=30, alt=12, depth=42)


def test_the_second_of_two_alleles_has_its_own_reads():
    assert read_counts({"AD": "30,12,4", "DP": "46"}, "A", ["T", "G"], 1) == ReadCounts(ref=30, alt=4, depth=46)


def test_a_dot_stays_unknown():
    assert read_counts({"AD": ".", "DP": "."}, "A", ["T"], 0) == ReadCounts()
    assert read_counts({"AD": "30,.", "DP": "42"}, "A", ["T"], 0) == ReadCounts(ref=30, depth=42)
    assert read_counts({}, "A", ["T"], 0) == ReadCounts()
    assert read_counts({"DP4": "1,2,.,4"}, "A", ["T"], 0) == ReadCounts()


def test_depth_is_never_below_the_reads_that_are_counted():
    assert read_counts({"AD": "30,12", "DP": "40"}, "A", ["T"], 0).depth == 42


def test_the_interval_of_the_fraction_is_wilsons():
    """Wilson score for 12 of 42: 0.1723 to 0.4360 (statsmodels proportion_confint)."""
    low, high = read_counts({"AD": "30,12"}, "A", ["T"], 0).interval()
    assert (low, high) == pytest.approx((0.1717, 0.4364), abs=2e-3)
    assert ReadCounts().interval() is None
    assert ReadCounts().allele_fraction is None


def test_the_expected_fraction_follows_purity_and_copies():
    """p*m / (p*n + 2(1-p)): 0.6 pure diploid gives 0.3; with one of three copies mutated 0.6/2.6."""
    assert expected_fraction(0.6) == pytest.approx(0.3)
    assert expected_fraction(0.6, copies=3) == pytest.approx(0.6 / 2.6)


@given(st.dictionaries(st.sampled_from(["AD", "RD", "DP", "DP4", "AU", "TU", "TAR", "TIR", "RO", "AO", "BCOUNT"]),
                       st.text(alphabet="0123456789,.", max_size=12)))  # fmt: skip
@settings(max_examples=100, deadline=None)
def test_any_values_are_counted_or_left_unknown(values):
    found = read_counts(values, "A", ["T"], 0)
    assert all(number is None or number >= 0 for number in (found.ref, found.alt, found.depth))
