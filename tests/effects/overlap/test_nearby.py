"""How many patients are near a value: the closed form by hand, and its error against the sum over patients."""

import numpy as np
import pytest

from genorx.effects.overlap.nearby import BEYOND, WITHIN, Nearby


def _kernel_sum(values, option, code, at, width):
    places = (values - values.mean()) / values.std()
    place = (at - values.mean()) / values.std()
    return np.exp(-(((places[option == code] - place) / width) ** 2) / 2).sum()


def test_cells_without_spread_are_the_kernel_sum_by_hand():
    """20 patients at 0 and 20 at 2, standard deviation 1: at 2 there are 20 + 20 exp(-2^2 / 2)."""
    values, option = np.repeat([0.0, 2.0], 20), np.zeros(40, dtype=np.int64)
    near = Nearby.fit(values, option, 1).number(np.array([2.0]), 1.0)
    assert near[0, 0] == pytest.approx(20 + 20 * np.exp(-2))


def test_a_cell_is_a_normal_by_hand():
    """One cell, mean 0 and deviation 1: n w / sqrt(w^2 + 1) exp(-x^2 / (2 (w^2 + 1)))."""
    values = np.tile([-1.0, 1.0], 10)
    near = Nearby.fit(values, np.zeros(20, dtype=np.int64), 1)
    found = near.number(np.array([3.0]), 0.5)[0, 0]
    assert found == pytest.approx(20 * 0.5 / np.sqrt(1.25) * np.exp(-9 / 2.5))


@pytest.mark.parametrize("kind", ["normal", "uniform", "t3", "lognormal", "two clusters"])
@pytest.mark.parametrize("n", [200, 1000])
def test_the_summary_is_near_the_sum_over_patients(kind, n):
    """The truth is the sum itself: half of the places within the values by 10 %, all beyond them by two patients."""
    rng = np.random.default_rng(n)
    values = {
        "normal": rng.normal(size=n),
        "uniform": rng.uniform(size=n),
        "t3": rng.standard_t(3, size=n),
        "lognormal": np.log1p(rng.lognormal(size=n)),
        "two clusters": rng.normal(size=n) + 6 * rng.integers(0, 2, size=n),
    }[kind]
    option = rng.integers(0, 2, size=n)
    near = Nearby.fit(values, option, 2)
    spread = values.std()
    for code in (0, 1):
        own = values[option == code]
        inside = np.linspace(own.min(), own.max(), 300)
        found = near.number(inside, WITHIN)[:, code]
        truth = np.array([_kernel_sum(values, option, code, at, WITHIN) for at in inside])
        assert np.median(np.abs(found - truth) / np.maximum(truth, 5)) < 0.1
        out = own.max() + spread * np.linspace(0.02, 1.5, 60)
        found = near.number(out, BEYOND)[:, code]
        truth = np.array([_kernel_sum(values, option, code, at, BEYOND) for at in out])
        assert np.abs(found - truth).max() < 2.0


def test_by_lot_all_count_by_the_share_of_the_option():
    """30 of 40 at one value had option 0: 0.75 and 0.25 of the 40."""
    option = np.repeat([0, 1], [30, 10])
    values = np.r_[np.zeros(20), np.ones(20)]
    near = Nearby.fit(values, option, 2, by_lot=True)
    found = near.number(np.zeros(1), 1e-6)[0]
    assert found == pytest.approx([15.0, 5.0])


def test_a_missing_value_is_like_everybodys():
    near = Nearby.fit(np.arange(40.0), np.zeros(40, dtype=np.int64), 1)
    assert near.number(np.array([np.nan]))[0, 0] == np.inf


def test_cells_hold_at_least_twenty_and_of_very_few_nothing_is_told():
    option = np.repeat([0, 1, 2], [65, 15, 4])
    values = np.random.default_rng(0).normal(size=84)
    near = Nearby.fit(values, option, 3)
    assert near.cells[0][:, 0].tolist() == [22, 22, 21]
    assert near.cells[1][:, 0].tolist() == [15]
    assert near.cells[2].tolist() == [[4, 0, 1]]
