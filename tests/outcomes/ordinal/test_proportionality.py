"""Proportional odds and the test of them, on a published table."""

import numpy as np
import pytest

from genorx.outcomes.ordinal.proportional_odds import first_cuts, proportional_odds
from genorx.outcomes.ordinal.proportionality import proportionality_test
from genorx.outcomes.shrinkage.group_prior import GroupPrior, empirical_bayes

# McCullagh and Nelder 1989, table 5.1: taste of cheese with four additives, 52 tastings each, grades 1 to 9
_CHEESE = [
    [0, 0, 1, 7, 8, 8, 19, 8, 1],
    [6, 9, 12, 11, 7, 6, 1, 0, 0],
    [1, 1, 6, 8, 23, 7, 5, 1, 0],
    [0, 0, 0, 1, 3, 7, 14, 16, 11],
]


@pytest.fixture(scope="module")
def cheese():
    """Additives B, C and D against A, grades from 0 on, and the fit without shrinkage."""
    code = np.concatenate([np.repeat(np.arange(9), row) for row in _CHEESE])
    matrix = (np.repeat(np.arange(4), 52)[:, None] == np.arange(1, 4)).astype(float)
    start = first_cuts(code)
    return matrix, code, start, empirical_bayes(proportional_odds(matrix, code, start), GroupPrior(np.full(11, -1)))


def test_odds_of_a_higher_grade_are_those_of_the_book(cheese):
    """SAS/STAT, LOGISTIC, example of the same table: A, B, C against D lower by 1.6128, 4.9645, 3.3227 in log odds."""
    *_, found = cheese
    against_d = np.array([0.0, *found.beta[8:10]]) - found.beta[10]
    assert against_d == pytest.approx([-1.6128, -4.9645, -3.3227], abs=2e-3)


def test_the_score_test_is_that_of_the_book(cheese):
    """The same example: chi-square 17.2866; it counts 21 coefficients, of which no data tell two (nobody is there)."""
    matrix, code, start, found = cheese
    cuts, beta = start + found.beta[:8], found.beta[8:]
    test = proportionality_test(matrix, code, cuts, beta, found.covariance, columns=np.arange(3), level=np.arange(8))
    assert test.statistic == pytest.approx(17.2866, abs=5e-3)
    assert test.freedom == 19
    assert 0.1 < test.p_value < 0.7
