"""Numbers in words: each expected text is written by hand from the rule in the docstring."""

from dataclasses import replace

import pytest

from genorx.ranking.answer.answer import Difference, Estimate
from genorx.report import wording


@pytest.mark.parametrize(
    ("value", "text"), [(1.26, "1.3"), (-1.26, "−1.3"), (-0.04, "0.0"), (None, "–"), (float("nan"), "–")]
)
def test_numbers_have_a_true_minus_and_no_negative_zero(value, text):
    """Missing is a dash, never 0."""
    assert wording.number(value) == text


@pytest.mark.parametrize(("value", "text"), [(2.0, "+2.0"), (-2.0, "−2.0"), (0.01, "0.0"), (None, "–")])
def test_differences_show_their_sign(value, text):
    """Zero has none."""
    assert wording.signed(value) == text


@pytest.mark.parametrize(
    ("value", "text"), [(0.5, "50 %"), (1.0, "> 99 %"), (0.997, "> 99 %"), (0.0, "< 1 %"), (None, "–")]
)
def test_no_chance_is_called_certain(value, text):
    """A share of draws is never shown as 0 % or 100 %."""
    assert wording.chance_text(value) == text


def test_a_rare_probability_keeps_two_digits_that_count_and_thousands_stand_apart():
    """Hand: 4.6e-7 is 0.000046 %; a probability of 0.6 % keeps its two decimals, one of 3 % one, one of 30 % none."""
    assert wording.number(1436221.4, 0) == "1,436,221"
    assert wording.signed(-0.0004, 3) == "0.000"
    rare = Estimate(
        outcome="d", measure="incidence", horizon=6.0, unit="years", estimate=4.6e-7, lower=None, upper=None
    )
    assert wording.estimate_text(rare) == "0.000046 %"
    assert wording.estimate_text(replace(rare, estimate=0.0064)) == "0.64 %"
    assert wording.estimate_text(replace(rare, estimate=0.03)) == "3.0 %"
    assert wording.estimate_text(replace(rare, estimate=0.03, lower=0.01, upper=0.12)) == "3 % (1 to 12)"


def test_measures_are_named_with_time_and_unit():
    """What a number is of."""
    assert wording.measure_name("survival", 36.0, "months") == "event-free at 36 months"
    assert wording.measure_name("rmst", 1096.0, "days") == "mean event-free time up to 1096 days"
    assert wording.measure_name("survival", 36.0, "months", free="alive") == "alive at 36 months"
    assert wording.measure_name("rmst", 1096.0, "days", free="alive") == "mean time alive up to 1096 days"
    assert wording.measure_name("median", None, "months") == "median time to the event (months)"
    assert wording.measure_name("probability", None, "") == "probability"
    assert wording.measure_name("cost", 6.0, "USD") == "expected cost (USD)"


def _difference(estimate, lower, upper):
    return Difference(
        outcome="death",
        measure="incidence",
        horizon=6.0,
        unit="years",
        estimate=estimate,
        lower=lower,
        upper=upper,
        probability_better=float("nan"),
    )


def test_rare_events_are_shown_with_decimals_of_a_per_cent():
    """In whole per cent 0.65 points would be 1, and 0.3 points nothing; 1.65 points of 0.9 to 2.4 would be 2 (1 to 2).

    But an end of an interval that is not 0 is not shown as 0: on which side of no effect it lies can be read.
    """
    assert wording.difference_text(_difference(-0.0065, -0.0098, -0.0026)) == "−0.65 (−0.98 to −0.26)"
    assert wording.difference_text(_difference(-0.0165, -0.024, -0.009)) == "−1.7 (−2.4 to −0.9)"
    assert wording.difference_text(_difference(-0.0065, -0.012, 0.001)) == "−0.7 (−1.2 to +0.1)"
    assert wording.difference_text(_difference(0.0, 0.0, 0.0)) == "0 (0 to 0)"
    rare = Estimate(
        outcome="death", measure="incidence", horizon=6.0, unit="years", estimate=0.004, lower=None, upper=None
    )
    assert wording.estimate_text(rare) == "0.40 %"


@pytest.mark.parametrize(
    "name", ["os", "OS", "overall_survival", "Overall survival from randomisation", "death", "survival"]
)
def test_whoever_has_not_died_is_alive(name):
    word = wording.free_word([name])
    assert word == "alive"
    assert wording.measure_name("survival", 36.0, "months", free=word) == "alive at 36 months"
    assert wording.measure_name("rmst", 36.0, "months", free=word) == "mean time alive up to 36 months"
    assert wording.measure_name("median", None, "months", free=word) == "median survival (months)"


@pytest.mark.parametrize(
    "name",
    ["pfs", "progression-free survival", "osteoporosis", "death from breast cancer", "time to relapse or death", ""],
)
def test_who_is_free_of_another_event_need_not_be_alive(name):
    assert wording.free_word([name]) == "event-free"


@pytest.mark.parametrize(("value", "text"), [(0.995, "> 99 %"), (0.005, "< 1 %"), (0.994, "99 %"), (0.006, "1 %")])
def test_a_chance_by_draws_is_never_certain(value, text):
    """One of 200 draws is 0.005, and stood there as 0 %, its complement as 100 %."""
    assert wording.chance_text(value) == text


def test_a_large_amount_has_no_decimals():
    cost = Estimate(
        outcome="cost", measure="value", horizon=None, unit="EUR", estimate=19618.4, lower=18855.1, upper=2e4
    )
    assert wording.estimate_text(cost) == "19,618 (18,855 to 20,000)"


def test_a_negative_number_in_a_sentence_has_a_true_minus():
    assert wording.true_minus("of the third -0.446, in 2026-12-01, 1-2") == "of the third −0.446, in 2026-12-01, 1-2"


def test_a_part_of_an_outcome_stands_behind_it():
    assert wording.outcome_text("first_event:death") == "first_event, death"
    assert wording.outcome_text("grade>=3") == "grade ≥ 3"
    assert wording.outcome_text("Overall survival: alive") == "Overall survival: alive"


def test_numbers_of_a_column_without_intervals_have_the_same_decimals_as_far_as_they_say_something():
    """Gains of a published model: 30.0, 5.81 and 0.58 points stood below each other."""
    nan = float("nan")
    said = [wording.difference_text(_difference(each, nan, nan)) for each in (0.29957, 0.0581, 0.0058)]
    assert said == ["+30.0", "+5.8", "+0.58"]


def test_a_chance_of_nearly_one_per_cent_has_two_digits():
    """0.996 % was 1.00 % beside 1.7 %; an estimate of 0 with a small limit had as many noughts as the limit digits."""
    made = {"outcome": "course:induction", "measure": "state", "horizon": 6.0, "unit": "years"}
    assert wording.estimate_text(Estimate(**made, estimate=0.00996, lower=None, upper=None)) == "1.0 %"
    assert wording.estimate_text(Estimate(**made, estimate=1e-9, lower=0.0, upper=0.0003)) == "0.00 % (0.00 to 0.03)"
