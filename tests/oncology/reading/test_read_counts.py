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
    "mutect2": {"GT": "0/1", "AD": "30,12", "AF": "0.286", "F1R2": "14,6", "F2R1": "16,6"},
    "caveman": {
        "GT": "0|1",
        "FAZ": "16",
        "FCZ": "0",
        "FGZ": "0",
        "FTZ": "7",
        "RAZ": "14",
        "RCZ": "0",
        "RGZ": "0",
        "RTZ": "5",
        "PM": "2.9e-01",
    },
    "cgppindel": {
        "GT": "./.",
        "PP": "7",
        "NP": "5",
        "PB": "7",
        "NB": "5",
        "PD": "22",
        "ND": "20",
        "PR": "22",
        "NR": "20",
    },
    "empty AD beside other fields": {"AD": ".", "DP": "42", "RO": "30", "AO": "12"},
}


@pytest.mark.parametrize("caller", LAYOUTS)
def test_each_caller_gives_30_reads_for_and_12_against(caller):
    assert read_counts(LAYOUTS[caller], "A", ["T"], 0) == ReadCounts(ref=30, alt=12, depth=42)


def test_a_single_number_of_older_pindel_is_of_the_variant():
    """pindel2vcf before 0.2.5: "AD, how many reads support this allele", one number."""
    assert read_counts({"GT": "0/1", "AD": "12"}, "A", ["AT"], 0) == ReadCounts(alt=12)
    assert read_counts({"AD": "12"}, "A", ["AT", "G"], 0) == ReadCounts()  # whose, is not said


def test_a_depth_that_is_not_written_is_what_all_alleles_have_together():
    assert read_counts({"AD": "30,12,4"}, "A", ["T", "G"], 0).depth == 46


def test_strands_that_count_two_alleles_together_leave_each_unknown_unless_bases_are_counted():
    """SomaticSniper's DP4 is of all ALTs; BCOUNT is in the order A, C, G, T."""
    both = {"DP4": "18,12,9,7", "DP": "46"}
    assert read_counts(both, "A", ["T", "G"], 0) == ReadCounts(ref=30, depth=46)
    assert read_counts({**both, "BCOUNT": "30,0,4,12"}, "A", ["T", "G"], 1) == ReadCounts(ref=30, alt=4, depth=46)


@pytest.mark.parametrize(
    ("values", "fraction"),
    [({"FREQ": "28.57%"}, 0.2857), ({"FA": "0.25"}, 0.25), ({"AF": "0.75,0.25"}, 0.25), ({"AF": "."}, None)],
)
def test_a_fraction_that_the_caller_states_stands_where_reads_are_not_counted(values, fraction):
    found = read_counts({"DP": "42", **values}, "A", ["T"], 0)
    assert (found.alt, found.allele_fraction) == (None, fraction)


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


def test_more_reads_for_an_allele_than_reads_say_no_fraction():
    """A depth of 20 with 30 reads of the allele: square root of a negative number in the interval."""
    odd = ReadCounts(alt=30, depth=20, stated=0.4)
    assert (odd.allele_fraction, odd.interval()) == (0.4, None)
    assert ReadCounts(alt=-1, depth=20).allele_fraction is None
