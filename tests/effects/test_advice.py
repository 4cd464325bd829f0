"""Rank and advice of one patient's arms, by hand."""

import numpy as np
import pytest

from genorx.effects.advice import spread, stand

RNG = np.random.default_rng(0)
NOISE = np.vstack([np.zeros((1, 3)), RNG.normal(size=(400, 3))])


@pytest.mark.parametrize(
    ("point", "inside", "rank", "advice"),
    [
        ((10, 20, 0), (1, 1, 1), (2, 1, 3), ("equipoise", "recommend", "equipoise")),
        ((10, 10.5, 0), (1, 1, 1), (2, 1, 3), ("equipoise", "equipoise", "equipoise")),
        ((10, 20, 0), (1, 1, 0), (2, 1, 3), ("equipoise", "recommend", "abstain")),
        ((10, 0, 20), (1, 1, 0), (1, 2, 3), ("abstain",) * 3),  # the best arm was never seen in such a patient
        ((10, 20, 0), (0, 1, 1), (3, 1, 2), ("abstain",) * 3),  # no reference, no difference
        ((10, 20, 0), (1, 0, 0), (1, 2, 3), ("abstain",) * 3),
    ],
)
def test_arms_are_placed_by_their_means_and_recommended_beyond_doubt(point, inside, rank, advice):
    """Draws around each mean have a standard deviation of 1: a gap of 10 is beyond doubt, one of 0.5 is not."""
    standing = stand(np.array(point) + NOISE, np.array(inside, dtype=bool))
    assert standing.rank == rank
    assert standing.advice == advice


def test_the_smallest_difference_that_matters_is_asked_for_on_top():
    """Gap 10, error sqrt(2): beyond 7 by two errors (2.8), not beyond 8."""
    values = np.array([10.0, 20.0, 0.0]) + NOISE
    inside = np.ones(3, dtype=bool)
    assert stand(values, inside, min_difference=7.0).advice[1] == "recommend"
    assert stand(values, inside, min_difference=8.0).advice[1] == "equipoise"


def test_arms_that_cannot_be_told_apart_are_named():
    standing = stand(np.array([10.0, 10.5, 0.0]) + NOISE, np.ones(3, dtype=bool))
    assert standing.alike == (1, 0)
    assert sum(standing.probability_best) == pytest.approx(1)


def test_the_spread_is_taken_around_the_best_estimate():
    """By hand: draws 3 and 5 around 2 are 1 and 3 away; the root of the mean square is sqrt(5)."""
    assert spread(np.array([[2.0], [3.0], [5.0]]))[0] == pytest.approx(5**0.5)


def test_equal_arms_are_in_equipoise():
    assert stand(np.ones((5, 2)), np.ones(2, dtype=bool)).advice == ("equipoise", "equipoise")
