"""Advice from draws; expected values by hand."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from genorx.ranking.answer.advice import order_options, place_options, probability_best, probability_better


def _draws(*means: float, spread: float = 1.0, n: int = 4000) -> np.ndarray:
    return np.array(means) + spread * np.random.default_rng(1).standard_normal((n, len(means)))


def _advice(*means: float, spread: float = 1.0) -> list[str]:
    return [each.advice for each in place_options(np.array(means), _draws(*means, spread=spread))]


def test_an_option_far_ahead_is_recommended_and_the_others_are_not_advised():
    """Ten standard deviations apart: better in every draw."""
    assert _advice(10.0, 0.0, 0.0) == ["recommend", "not_advised", "not_advised"]


def test_options_that_cannot_be_told_apart_are_in_equipoise_and_share_rank_one():
    placings = place_options(np.array([0.1, 0.0]), _draws(0.1, 0.0))
    assert [each.advice for each in placings] == ["equipoise", "equipoise"]
    assert [each.rank for each in placings] == [1, 1]


def test_two_in_front_of_a_third_are_reasonable_and_the_third_comes_third():
    placings = place_options(np.array([10.0, 10.1, 0.0]), _draws(10.0, 10.1, 0.0))
    assert [each.advice for each in placings] == ["reasonable", "reasonable", "not_advised"]
    assert [each.rank for each in placings] == [1, 1, 3]


def test_an_uncertain_option_that_nothing_beats_stays_in_front_of_one_that_is_beaten():
    """Draws by hand: b is always below a; c is below a in half of the draws only, though its mean is the lowest."""
    a, b = np.full(100, 10.0), np.full(100, 9.0)
    c = np.tile([-20.0, 11.0], 50)
    placings = place_options(np.array([10.0, 9.0, -4.5]), np.column_stack([a, b, c]))
    assert [each.rank for each in placings] == [1, 3, 1]
    assert [each.advice for each in placings] == ["reasonable", "not_advised", "reasonable"]
    assert order_options(["a", "b", "c"], np.array([10.0, 9.0, -4.5]), placings) == [0, 2, 1]


def test_the_threshold_is_ninety_seven_and_a_half_percent():
    """39 of 40 draws are 0.975 exactly; 38 are 0.95."""
    enough = np.column_stack([np.r_[np.ones(39), -1.0], np.zeros(40)])
    short = np.column_stack([np.r_[np.ones(38), -1.0, -1.0], np.zeros(40)])
    assert place_options(np.array([1.0, 0.0]), enough)[0].advice == "recommend"
    assert place_options(np.array([1.0, 0.0]), short)[0].advice == "equipoise"


def test_the_only_option_with_an_estimate_is_reasonable_not_recommended():
    assert [each.advice for each in place_options(np.array([1.0]), np.ones((10, 1)))] == ["reasonable"]


def test_no_option_gives_no_placing():
    assert place_options(np.zeros(0), np.zeros((10, 0))) == []


def test_equal_options_share_the_probability_of_being_best():
    assert probability_best(np.ones((5, 2))) == pytest.approx([0.5, 0.5])
    assert probability_better(np.ones((5, 2))) == pytest.approx(np.full((2, 2), 0.5))


@settings(max_examples=50, deadline=None)
@given(arrays(float, (60, 4), elements=st.floats(-3, 3).map(lambda x: round(x, 1))))
def test_whatever_the_draws_someone_is_in_front_and_a_recommendation_stands_alone(draws):
    """By construction: the front is never empty, only one option can beat all, P(best) sums to 1."""
    placings = place_options(draws.mean(axis=0), draws)
    advice = [each.advice for each in placings]
    assert 1 in [each.rank for each in placings]
    assert sum(each.probability_best for each in placings) == pytest.approx(1)
    assert advice.count("recommend") <= 1
    if "recommend" in advice:
        assert advice.count("not_advised") == 3
    assert ("equipoise" in advice) == (set(advice) == {"equipoise"})


def test_an_option_to_avoid_takes_no_part_in_the_advice_on_the_others():
    """By hand: 10 beats 5 beats 0; without the first, the second is shown better than the third."""
    rng = np.random.default_rng(0)
    draws = np.array([10.0, 5.0, 0.0]) + rng.normal(0, 0.1, (1000, 3))
    placings = place_options(draws.mean(axis=0), draws, avoid=[0])
    assert [each.advice for each in placings] == ["not_advised", "recommend", "not_advised"]
    assert [each.rank for each in placings] == [1, 2, 3]
    everything = place_options(draws.mean(axis=0), draws, avoid=[0, 1, 2])
    assert [each.advice for each in everything] == ["not_advised"] * 3
