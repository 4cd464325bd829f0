"""Benefit against harm: dominance, numbers needed, winning ranges, cost; by hand."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from genorx.ranking.trade_off.trade_off import acceptability, cost_effect, dominated, number_needed, winners


def test_a_number_needed_is_one_over_the_difference():
    """Altman 1998, BMJ 317:1309: risk difference 25.7 % (10.9 to 40.6) gives NNT 3.9 (2.5 to 9.2)."""
    found = number_needed("relapse", None, sign=-1, estimate=-0.257, interval=(-0.406, -0.109))
    assert found.to == "benefit"
    assert (found.estimate, found.lower, found.upper) == pytest.approx((3.9, 2.5, 9.2), abs=0.05)
    assert not found.through_infinity


def test_an_interval_that_holds_no_difference_goes_through_infinity():
    """Altman 1998: difference 4.8 % (-7.9 to 17.5): NNTB 20.8, from NNTB 5.7 through infinity to NNTH 12.7.

    By hand: 1/.048 = 20.8, 1/.175 = 5.7, 1/.079 = 12.7.
    """
    found = number_needed("healed", None, sign=1, estimate=0.048, interval=(-0.079, 0.175))
    assert (found.to, found.through_infinity) == ("benefit", True)
    assert (found.estimate, found.lower, found.upper) == pytest.approx((20.8, 5.7, 12.7), abs=0.05)


def test_the_interval_of_a_number_needed_holds_its_estimate():
    """Draws can be so skewed that the best estimate lies outside of their quantiles; by hand: 1/.001, 1/.01."""
    found = number_needed("os", 3.0, sign=1, estimate=0.001, interval=(-0.3, -0.01))
    assert (found.to, found.through_infinity) == ("benefit", True)
    assert (found.estimate, found.lower, found.upper) == pytest.approx((1000.0, 1000.0, 10 / 3))
    flat = number_needed("os", 3.0, sign=1, estimate=0.01, interval=(-0.1, 0.0))
    assert flat.lower == pytest.approx(100.0)


def test_harm_is_harm_and_no_difference_is_no_number():
    found = number_needed("toxicity", None, sign=-1, estimate=0.2, interval=(0.1, 0.3))
    assert (found.to, found.estimate, found.lower, found.upper) == pytest.approx(("harm", 5.0, 10 / 3, 10.0))
    assert number_needed("toxicity", None, sign=-1, estimate=0.0, interval=(-0.1, 0.1)) is None
    edge = number_needed("toxicity", None, sign=-1, estimate=0.2, interval=(0.0, 0.3))
    assert edge.upper == np.inf


def test_an_option_that_is_worse_on_all_outcomes_is_dominated():
    """By hand: c is worse than a on both outcomes; a and b are each better on one."""
    points = np.array([[3.0, 2.0, 1.0], [0.5, 0.8, 0.4]])
    draws = np.stack([points, points + np.array([[0, 0, 9.0], [0, 0, 0]])])
    found = dominated(["a", "b", "c"], points, draws)
    assert [each.by for each in found["c"]] == ["a", "b"]
    assert [each.probability for each in found["c"]] == [0.5, 0.5]  # in the second draw c is best on the first outcome
    assert found["a"] == found["b"] == ()


def test_options_that_are_equal_do_not_dominate_each_other():
    points = np.ones((2, 2))
    assert dominated(["a", "b"], points, points[None]) == {"a": (), "b": ()}


def test_borders_between_winners_are_where_the_lines_cross():
    """By hand: 1 + 0p, 0 + 1p and .2 + .9p: the first wins to p = .889, the third to 2, then the second."""
    found = winners(np.array([1.0, 0.0, 0.2]), np.array([0.0, 1.0, 0.9]), 0.0, 5.0)
    assert [option for _, _, option in found] == [0, 2, 1]
    assert [end for _, end, _ in found] == pytest.approx([0.8 / 0.9, 2.0, 5.0])


@given(
    st.lists(st.tuples(st.floats(-5, 5), st.floats(-5, 5)), min_size=1, max_size=5),
    st.floats(0.01, 10),
    st.floats(0, 1),
)
def test_who_is_said_to_win_does_win(lines, high, share):
    level, slope = np.array(lines).T
    found = winners(level, slope, 0.0, high)
    assert found[0][0] == 0.0
    assert found[-1][1] == high
    assert all(a[1] == b[0] for a, b in pairwise(found))
    p = share * high
    option = next(option for start, end, option in found if start <= p <= end)
    value = level + p * slope
    assert value[option] >= value.max() - 1e-9


def test_a_ratio_is_given_only_where_more_is_paid_for_more():
    draws = np.array([900.0, 1100.0])
    more = cost_effect(draws, np.array([0.4, 0.6]), 1000.0, 0.5)
    assert (more.verdict, more.ratio) == ("more for more", 2000.0)
    assert cost_effect(draws, -draws, 1000.0, -0.5).verdict == "worse and dearer"
    dominant = cost_effect(-draws, draws, -1000.0, 0.5)
    assert (dominant.verdict, dominant.ratio, dominant.probability_dominant) == ("better and cheaper", None, 1.0)
    assert cost_effect(-draws, -draws, -1000.0, -0.5).ratio == 2000.0


def test_acceptability_is_the_share_of_draws_with_the_largest_net_benefit():
    """By hand: b gives .5 more for 1000 (2000 a unit) in one draw and for 3000 (6000 a unit) in the other."""
    cost = np.array([[0.0, 1000.0], [0.0, 3000.0]])
    utility = np.array([[1.0, 1.5], [1.0, 1.5]])
    rows = acceptability(["a", "b"], cost, utility, (cost.mean(0), utility.mean(0)), [1000.0, 4000.0, 9000.0])
    shares = {(each.threshold, each.option): each.probability for each in rows}
    assert [shares[(t, "b")] for t in (1000.0, 4000.0, 9000.0)] == [0.0, 0.5, 1.0]
    net = {(each.threshold, each.option): each.net_benefit for each in rows}
    assert net[(4000.0, "b")] == 4000 * 1.5 - 2000
