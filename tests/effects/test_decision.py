"""The one decision: expected values by hand, from draws made for the purpose."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from genorx.effects.arm_decision import decide_arms
from genorx.effects.decision import Choosing, decide, order_estimates
from genorx.effects.intervals import Interval, interval_of, probability_best, probability_better, spread

RNG = np.random.default_rng(0)
NOISE = np.vstack([np.zeros((1, 3)), RNG.normal(size=(400, 3))])
NAMES = ("a", "b", "c", "d")


def _draws(*means: float, spread: float = 1.0, n: int = 4000) -> np.ndarray:
    return np.array(means) + spread * np.random.default_rng(1).standard_normal((n, len(means)))


def _place(value, draws, **more):
    value = np.asarray(value, dtype=float)
    return decide(NAMES[: len(value)], value, draws, **more)


def _advice(*means: float, spread: float = 1.0) -> list[str]:
    return [each.advice for each in _place(means, _draws(*means, spread=spread)).placings]


def test_an_option_far_ahead_is_recommended_and_the_others_are_not_advised():
    """Ten standard deviations apart: better in every draw."""
    assert _advice(10.0, 0.0, 0.0) == ["recommend", "not_advised", "not_advised"]


def test_options_that_cannot_be_told_apart_are_in_equipoise_and_share_rank_one():
    placings = _place([0.1, 0.0], _draws(0.1, 0.0)).placings
    assert [each.advice for each in placings] == ["equipoise", "equipoise"]
    assert [each.rank for each in placings] == [1, 1]


def test_two_in_front_of_a_third_are_reasonable_and_the_third_comes_third():
    placings = _place([10.0, 10.1, 0.0], _draws(10.0, 10.1, 0.0)).placings
    assert [each.advice for each in placings] == ["reasonable", "reasonable", "not_advised"]
    assert [each.rank for each in placings] == [1, 1, 3]


def test_an_uncertain_option_that_nothing_beats_stays_in_front_of_one_that_is_beaten():
    """Draws by hand: b is always below a; c is below a in half of the draws only, though its mean is the lowest."""
    a, b = np.full(100, 10.0), np.full(100, 9.0)
    c = np.tile([-20.0, 11.0], 50)
    made = _place([10.0, 9.0, -4.5], np.column_stack([a, b, c]))
    assert [each.rank for each in made.placings] == [1, 3, 1]
    assert [each.advice for each in made.placings] == ["reasonable", "not_advised", "reasonable"]
    assert made.order == (0, 2, 1)
    assert made.alike == (0, 2)


def test_the_threshold_is_ninety_seven_and_a_half_percent():
    """39 of 40 draws are 0.975 exactly; 38 are 0.95."""
    enough = np.column_stack([np.r_[np.ones(39), -1.0], np.zeros(40)])
    short = np.column_stack([np.r_[np.ones(38), -1.0, -1.0], np.zeros(40)])
    assert _place([1.0, 0.0], enough).placings[0].advice == "recommend"
    assert _place([1.0, 0.0], short).placings[0].advice == "equipoise"


def test_the_only_option_with_an_estimate_is_reasonable_not_recommended():
    assert [each.advice for each in _place([1.0], np.ones((10, 1))).placings] == ["reasonable"]


def test_no_option_gives_no_placing():
    assert _place([], np.zeros((10, 0))).placings == ()


def test_equal_options_share_the_probability_of_being_best():
    assert probability_best(np.ones((5, 2))) == pytest.approx([0.5, 0.5])
    assert probability_better(np.ones((5, 2))) == pytest.approx(np.full((2, 2), 0.5))


@settings(max_examples=50, deadline=None)
@given(arrays(float, (60, 4), elements=st.floats(-3, 3).map(lambda x: round(x, 1))))
def test_whatever_the_draws_someone_is_in_front_and_a_recommendation_stands_alone(draws):
    """By construction: the front is never empty, only one option can beat all, P(best) sums to 1."""
    placings = _place(draws.mean(axis=0), draws).placings
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
    made = _place(draws.mean(axis=0), draws, avoid=["a"])
    assert [each.advice for each in made.placings] == ["not_advised", "recommend", "not_advised"]
    assert [each.rank for each in made.placings] == [1, 2, 3]
    everything = _place(draws.mean(axis=0), draws, avoid=["a", "b", "c"])
    assert [each.advice for each in everything.placings] == ["not_advised"] * 3


# ---- the words of ``genorx effects``


@pytest.mark.parametrize(
    ("point", "inside", "rank", "advice"),
    [
        ((10, 20, 0), (1, 1, 1), (2, 1, 3), ("equipoise", "recommend", "equipoise")),
        ((10, 10.5, 0), (1, 1, 1), (2, 1, 3), ("equipoise", "equipoise", "equipoise")),
        ((10, 20, 0), (1, 1, 0), (2, 1, 3), ("equipoise", "recommend", "abstain")),
        ((10, 0, 20), (1, 1, 0), (1, 2, 3), ("recommend", "equipoise", "abstain")),  # as ranking: no estimate, no say
        ((10, 20, 0), (0, 1, 1), (3, 1, 2), ("abstain",) * 3),  # no reference, no difference
        ((10, 20, 0), (1, 0, 0), (1, 2, 3), ("abstain",) * 3),
    ],
)
def test_arms_are_placed_by_their_means_and_recommended_beyond_doubt(point, inside, rank, advice):
    """Draws around each mean have a standard deviation of 1: a gap of 10 is beyond doubt, one of 0.5 is not."""
    standing = decide_arms(NAMES[:3], np.array(point) + NOISE, np.array(inside, dtype=bool))
    assert standing.rank == rank
    assert standing.advice == advice


def test_the_smallest_difference_that_matters_is_asked_for_on_top():
    """Gap 10, error sqrt(2): beyond 7 by two errors (2.8), not beyond 8."""
    values, inside = np.array([10.0, 20.0, 0.0]) + NOISE, np.ones(3, dtype=bool)
    assert decide_arms(NAMES[:3], values, inside, smallest_difference=7.0).advice[1] == "recommend"
    assert decide_arms(NAMES[:3], values, inside, smallest_difference=8.0).advice[1] == "equipoise"


def test_arms_that_cannot_be_told_apart_are_named():
    standing = decide_arms(NAMES[:3], np.array([10.0, 10.5, 0.0]) + NOISE, np.ones(3, dtype=bool))
    assert standing.alike == (1, 0)
    assert sum(standing.probability_best) == pytest.approx(1)


def test_equal_arms_are_in_equipoise():
    assert decide_arms(NAMES[:2], np.ones((5, 2)), np.ones(2, dtype=bool)).advice == ("equipoise", "equipoise")


@pytest.mark.parametrize("turn", [1, -1])
@pytest.mark.parametrize("gap", np.linspace(-4, 4, 41))
def test_skewed_draws_are_decided_alike_by_both_commands_and_as_their_interval_says(gap, turn):
    """Gamma draws of shape 2 (skewness 1.41, either way): 1.96 spreads and 97.5 % of such draws differ."""
    away = turn * (np.random.default_rng(3).gamma(2.0, size=1001) - 2.0) / np.sqrt(2.0)
    values = np.column_stack([np.zeros(1001), gap + away])
    values[0] = [0.0, gap]
    arms = decide_arms(NAMES[:2], values, np.ones(2, dtype=bool))
    ranked = _place(values[0], values[1:])
    stated = {word: [each.advice == word for each in ranked.placings] for word in ("recommend", "equipoise")}
    assert [word == "recommend" for word in arms.advice] == stated["recommend"]
    assert ("recommend" in arms.advice) != all(stated["equipoise"])
    lower, upper = interval_of(values[1:, 1])
    assert ("recommend" in arms.advice) == bool(lower > 0 or upper < 0)


# ---- choosing by patient


def _interval(estimate: float, lower: float, upper: float) -> Interval:
    return Interval(estimate=estimate, lower=lower, upper=upper)


def _choosing(average=(5.0, 3.0, 7.0), gain=None, slope=None, **more) -> Choosing:
    slopes = {} if slope is None else {"b": _interval(*slope)}
    gain = None if gain is None else _interval(*gain)
    return Choosing(averages={"b": _interval(*average)}, reference="a", gain=gain, slopes=slopes, **more)


def _share(better: float, n: int = 1000) -> tuple[np.ndarray, np.ndarray]:
    """Two options of which the first (the reference) is better in this share of the draws, by 1 or by minus 1."""
    gap = np.where(np.arange(n) < better * n, 1.0, -1.0)
    return np.array([gap.mean(), 0.0]), np.column_stack([gap, np.zeros(n)])


@pytest.mark.parametrize(
    ("choosing", "verdict", "best"),
    [
        (_choosing(), "not_evaluated", "b"),
        (_choosing(gain=(0.1, -1, 1)), "not_shown", "b"),
        (_choosing(evaluated=True), "not_shown", "b"),  # no difference was identified
        (_choosing(gain=(2, 1, 3)), "shown", "b"),
        (_choosing(average=(-5.0, -7.0, -3.0)), "not_evaluated", "a"),
        (_choosing(higher_is_better=False), "not_evaluated", "a"),  # an average of +5 is bad
        (Choosing(), "not_evaluated", None),  # no average is known
    ],
)
def test_the_own_difference_decides_where_it_is_not_shown_to_mislead(choosing, verdict, best):
    """98 % of the draws say a, 97.5 % being the rule; b is 5 better on average, or worse."""
    made = _place(*_share(0.98), choosing=choosing)
    assert (choosing.verdict, made.best_single) == (verdict, best)
    assert (made.placings[0].advice, made.withheld, made.rests_on) == ("recommend", None, "own")


def test_differences_shown_to_be_exaggerated_are_shrunk_towards_the_average_by_the_slope():
    """By hand: own -10, average 5, slope at most 0.2: 0.2 * -10 + 0.8 * 5 = 2; own spread 1, average's error 1."""
    draws = np.column_stack([np.zeros(4000), -10 + np.random.default_rng(0).standard_normal(4000)])
    choosing = _choosing(average=(5.0, 5 - 1.96, 5 + 1.96), gain=(0, -1, 1), slope=(0.1, -0.1, 0.2))
    value, shrunk = choosing.shrink(("a", "b"), np.array([0.0, -10.0]), draws)
    assert value == pytest.approx([0.0, 2.0])
    gap = shrunk[:, 1] - shrunk[:, 0]
    assert gap.mean() == pytest.approx(2.0, abs=0.05)
    assert gap.std() == pytest.approx(0.2 * 1 + 0.8 * 1, rel=0.05)
    made = decide(("a", "b"), np.array([0.0, -10.0]), draws, choosing=choosing)
    assert [each.advice for each in made.placings] == ["equipoise", "equipoise"] or made.placings[1].rank == 1
    assert (made.rests_on, made.withheld) == ("shrunk", "a")


def test_a_slope_that_is_not_shown_to_be_below_one_shrinks_nothing():
    """-0.13 (-1.28 to 1.02) holds 1: that the differences are exaggerated is not shown."""
    value, draws = _share(0.999)
    choosing = _choosing(gain=(-6.0, -25.0, 13.0), slope=(-0.13, -1.28, 1.02))
    assert choosing.verdict == "not_shown"
    made = _place(value, draws, choosing=choosing)
    assert (made.rests_on, made.placings[0].advice) == ("own", "recommend")


def test_where_choosing_is_shown_to_lose_the_average_alone_decides():
    """Own differences say a in every draw; the average says b, 5 (3 to 7)."""
    value, draws = np.array([10.0, 0.0]), _draws(10.0, 0.0)
    made = _place(value, draws, choosing=_choosing(gain=(-2, -3, -1)))
    assert made.rests_on == "average"
    assert [each.advice for each in made.placings] == ["not_advised", "recommend"]
    assert (made.best_single, made.withheld) == ("b", "a")


def test_an_option_to_avoid_is_not_the_best_single_one():
    """b is best on average but must be avoided: nothing stands against the other."""
    made = _place([1.0, 0.0, -1.0], _draws(1.0, 0.0, -1.0), choosing=_choosing(), avoid=["b"])
    assert made.best_single is None


def test_the_spread_is_taken_around_the_best_estimate():
    """By hand: draws 3 and 5 around 2 are 1 and 3 away; the root of the mean square is sqrt(5)."""
    assert spread(np.array([[2.0], [3.0], [5.0]]))[0] == pytest.approx(5**0.5)


def test_estimates_without_draws_get_ranks_and_share_them_within_a_tie():
    """By hand: 0.45 leads, 0.4497 is within 0.0005 of it, 0.18 is third."""
    assert order_estimates(np.array([0.18, 0.45, 0.4497]), tie=0.0005) == [3, 1, 1]
    assert order_estimates(np.array([0.2, 0.2])) == [1, 1]
