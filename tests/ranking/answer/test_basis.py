"""What the advice rests on, in words that follow the intervals; numbers by hand."""

import numpy as np
import pytest

from genorx.effects.decision import Choosing, decide
from genorx.effects.intervals import Interval
from genorx.ranking.answer.basis import CHOOSING, advice_basis, without_averages


def _interval(estimate, lower, upper):
    return Interval(estimate=estimate, lower=lower, upper=upper)


def _basis(gain=None, slope=None, average=(98.0, 6.0, 190.0), own=200.0, **more):
    slopes = {} if slope is None else {"new": _interval(*slope)}
    gain = None if gain is None else _interval(*gain)
    choosing = Choosing(averages={"new": _interval(*average)}, reference="standard", gain=gain, slopes=slopes)
    draws = np.column_stack([np.zeros(1000), own + np.random.default_rng(0).normal(0, 20, 1000)])
    decision = decide(("standard", "new"), np.array([0.0, own]), draws, choosing=choosing)
    return advice_basis(decision, choosing, measure="rmst", unit="days", **more)


def test_a_slope_that_holds_one_is_not_called_exaggerated():
    """Slope -0.13 (-1.28 to 1.02), gain -6 (-25 to 13): neither is shown, and that is all that is said."""
    basis = _basis(gain=(-6.0, -25.0, 13.0), slope=(-0.13, -1.28, 1.02))
    assert (basis.rests_on, basis.choosing, basis.withheld) == ("own", "not_shown", None)
    assert "Whether choosing by patient helps could not be shown in the patients of the study" in basis.text
    assert "(gain over the best single option for all: −6 (−25 to +13) days)" in basis.text
    assert "−0.13 (−1.28 to 1.02)" in basis.text
    assert "exaggerated" not in basis.text
    assert "On average new against standard: +98 (+6 to +190) days." in basis.text


def test_a_gain_of_a_policy_over_itself_is_no_number():
    """One option comes first for all: a difference of 0 from itself was written as a gain of 0.0 (0.0 to 0.0)."""
    text = _basis(gain=(0.0, 0.0, 0.0)).text
    assert "(by predicted differences one option comes first for all, so there is no gain to estimate)" in text
    assert "gain over" not in text


def test_a_slope_below_one_is_called_exaggerated_and_what_is_withheld_is_named():
    """The own difference says standard in all draws; shrunk by 0.1 towards +98 it does not."""
    basis = _basis(gain=(-6.0, -25.0, 13.0), slope=(0.1, -0.2, 0.4), own=-200.0)
    assert (basis.rests_on, basis.withheld, basis.best_single) == ("shrunk", "standard", "new")
    assert "shrunk towards the average" in basis.text
    assert "they are shown to be exaggerated" in basis.text
    assert "By this patient's predicted difference alone standard would be recommended; it is not." in basis.text


@pytest.mark.parametrize(
    ("gain", "verdict"),
    [(None, "not_evaluated"), ((5, 1, 9), "shown"), ((5, -1, 11), "not_shown"), ((-5, -9, -1), "loses")],
)
def test_what_is_known_of_choosing_by_patient_is_said_in_its_own_words(gain, verdict):
    basis = _basis(gain=gain)
    assert basis.choosing == verdict
    assert CHOOSING[verdict][1:] in basis.text
    assert ("gain over" in basis.text) == (gain is not None)


def test_utility_says_that_no_average_is_known_and_no_estimate_that_there_is_nothing_to_rest_on():
    decision = decide(("a",), np.zeros(1), np.zeros((10, 1)))
    said = advice_basis(decision, Choosing(), measure="rmst", unit="days", by_utility=True)
    assert "for which no average is known" in said.text
    nothing = advice_basis(None, Choosing(), measure="rmst", unit="days")
    assert (nothing.rests_on, nothing.text) == ("nothing", "There is no estimate on which advice could rest.")


def test_probabilities_are_in_percentage_points():
    choosing = Choosing(averages={"b": _interval(0.1, 0.02, 0.18)}, reference="a")
    decision = decide(("a", "b"), np.array([0.0, 0.1]), np.tile([0.0, 0.1], (10, 1)), choosing=choosing)
    text = advice_basis(decision, choosing, measure="probability", unit="").text
    assert "+10.0 (+2.0 to +18.0) percentage points" in text


def test_beside_a_table_of_averages_the_text_leaves_them_out():
    basis = _basis(gain=(-6.0, -25.0, 13.0), slope=(0.1, -0.2, 0.4), own=-200.0)
    short = without_averages(basis, "standard")
    assert "On average" in basis.text
    assert "On average" not in short
    assert not short.startswith("The advice rests")
    assert short.endswith("By this patient's predicted difference alone standard would be recommended; it is not.")
