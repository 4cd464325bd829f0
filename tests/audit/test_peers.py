"""Providers against peers: values by direct sums and by SciPy's own functions."""

from fractions import Fraction
from math import comb, factorial

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from genorx.audit.peers import against_peers, false_discovery_rates, upper_tail


def _exact_tail(k, n, a, b):
    """The beta-binomial's tail in fractions, for whole parameters."""

    def beta(x, y):
        return Fraction(factorial(x - 1) * factorial(y - 1), factorial(x + y - 1))

    return sum(comb(n, i) * beta(i + a, n - i + b) / beta(a, b) for i in range(k, n + 1))


@pytest.mark.parametrize(("k", "n"), [(0, 7), (1, 7), (3, 7), (7, 7), (60, 80)])
def test_tail_is_the_exact_sum(k, n):
    """Rate 0.05: parameters 1 and 19, summed in fractions."""
    assert upper_tail([k], [n], 0.05)[0] == pytest.approx(float(_exact_tail(k, n, 1, 19)), rel=1e-9)


def test_a_small_tail_is_not_lost_to_rounding():
    """All of 400 chances: about 1e-29, where one minus the distribution function gives 0 or less."""
    exact = float(_exact_tail(400, 400, 1, 19))
    assert upper_tail([400], [400], 0.05)[0] == pytest.approx(exact, rel=1e-9)


def test_false_discovery_rates_by_hand():
    """p = 0.01, 0.02, 0.9 of three: 0.03 and 0.03 (the smaller of 3 x 0.01 and 3/2 x 0.02), and 0.9."""
    assert false_discovery_rates([0.9, 0.01, 0.02]) == pytest.approx([0.9, 0.03, 0.03])


def test_table_of_a_provider_by_hand():
    """Ten providers of 30 chances, median rate 0: peers' rate is the least, 0.02, so parameters 0.4 and 19.6."""
    counts = pd.DataFrame({"npi": [f"{i:010d}" for i in range(11)], "n": [30] * 10 + [4], "k": [24] + [0] * 9 + [4]})
    table = against_peers(counts, 0.025)
    assert len(table) == 10  # the one with four chances is not compared
    first = table.iloc[0]
    assert (first["expected"], first["rate"], first["flagged"]) == (pytest.approx(0.6), 0.8, 1)
    assert first["shrunken"] == pytest.approx(24.4 / 50)
    assert first["p"] == pytest.approx(stats.betabinom.sf(23, 30, 0.4, 19.6), rel=1e-6)
    assert first["q"] == pytest.approx(10 * first["p"])
    assert first["lower"] == pytest.approx(stats.beta(24.4, 25.6).ppf(0.025))
    assert table["flagged"].tolist() == [1] + [0] * 9


def test_nobody_to_compare_gives_an_empty_table():
    table = against_peers(pd.DataFrame({"npi": [], "n": np.zeros(0, int), "k": np.zeros(0, int)}), 0.025)
    assert table.empty
    assert "shrunken" in table


def test_the_rate_of_false_flags_is_held_under_like_the_peers():
    """200 made sets of 40 providers whose rates are beta-distributed as assumed: few sets have a flag at all."""
    rng = np.random.default_rng(0)
    flagged = 0
    for _ in range(200):
        n = rng.integers(5, 200, 40)
        k = rng.binomial(n, rng.beta(20 * 0.1, 20 * 0.9, 40))
        counts = pd.DataFrame({"npi": [f"{i:010d}" for i in range(40)], "n": n, "k": k})
        flagged += against_peers(counts, 0.025)["flagged"].any()
    assert flagged <= 18  # 2.5 % of 200 is 5, and the estimated median adds to it
