"""Numbers of many curves at once are those of each curve; ``curve_numbers`` is tried by hand elsewhere."""

import numpy as np
import pytest

from genorx.effects.curve_numbers import CurveRequest, area_under, medians
from genorx.effects.many_curves import CurveTable


def _made(n_times, n_strata, n_patients=7, n_rows=33, seed=0):
    rng = np.random.default_rng(seed)
    times = np.linspace(0, 36, n_times)
    levels = [np.cumsum(rng.random((n_times, n_rows)) * 3 / n_times, axis=0) for _ in range(n_strata)]
    shares = np.full(n_strata, 1 / n_strata)
    return times, rng.normal(0, 1, (n_patients, n_rows)), list(zip(shares.tolist(), levels, strict=True))


def _curves(linear, strata):
    parts = [np.exp(-np.exp(linear)[..., None] * level.T) * share for share, level in strata]
    return np.ascontiguousarray(np.sum(parts, axis=0) if len(parts) > 1 else parts[0])


@pytest.mark.parametrize("n_times", [2, 5, 73, 101, 300])
@pytest.mark.parametrize("n_strata", [1, 2])
def test_numbers_are_those_of_each_curve(n_times, n_strata):
    """Survival and medians to the bit; areas, which are read from a table, to 1e-14 of the time up to which they are.

    The third patient has log ratios from -60 to 60, most of them beyond the table.
    """
    times, linear, strata = _made(n_times, n_strata)
    linear[2] = np.linspace(-60, 60, linear.shape[1])
    upto = max(2, n_times - 3)
    horizons = np.array([0, n_times // 2, n_times - 1])
    at, area, median = CurveTable(strata, CurveRequest(times=times, horizons=horizons, upto=upto)).numbers(linear)
    curves = _curves(linear, strata)
    assert np.array_equal(np.moveaxis(at, 0, -1), curves[..., horizons])
    np.testing.assert_allclose(area, area_under(curves[..., :upto], times[:upto]), rtol=0, atol=1e-14 * times[upto - 1])
    assert np.array_equal(median, medians(curves, times))


def test_the_remainder_of_the_table_is_below_rounding():
    """One jump at once: survival is exp(-r) for one unit of time, so the area is exp(-exp(x)), in exact arithmetic."""
    x = np.linspace(-7.99, 7.99, 4001)[:, None]
    asked = CurveRequest(times=np.array([0.0, 1.0]), horizons=np.array([1]), upto=2)
    _, area, _ = CurveTable([(1.0, np.ones((2, 1)))], asked).numbers(x)
    assert np.abs(area - np.exp(-np.exp(x))).max() < 5.1e-15


def test_a_curve_that_begins_below_one_half_has_its_median_at_the_first_time():
    """By hand: survival is exp(-1) = 0.37 from time 0 on."""
    asked = CurveRequest(times=np.array([0.0, 1.0, 2.0]), horizons=np.array([2]), upto=3)
    at, area, median = CurveTable([(1.0, np.ones((3, 1)))], asked).numbers(np.zeros((1, 1)))
    assert (median[0, 0], at[0, 0, 0]) == (0.0, np.exp(-1.0))
    assert area[0, 0] == pytest.approx(2 * np.exp(-1.0))


def test_patients_have_the_same_numbers_alone_and_in_any_company():
    """To the bit: with the table that others made, and with one of their own."""
    times, linear, strata = _made(101, 2, n_patients=43, n_rows=401)
    linear[5] *= 9
    asked = CurveRequest(times=times, horizons=np.array([50]), upto=90)
    table = CurveTable(strata, asked)
    whole = table.numbers(linear)
    for row in (0, 5, 42):
        for own in (table, CurveTable(strata, asked)):
            for one, of_all in zip(own.numbers(linear[[row]]), whole, strict=True):
                assert np.array_equal(one[..., 0, :], of_all[..., row, :])
