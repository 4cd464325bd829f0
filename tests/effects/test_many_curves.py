"""Numbers of many curves at once are, to the bit, those of each curve; ``curve_numbers`` is tried by hand elsewhere."""

import numpy as np
import pytest

from genorx.effects.curve_numbers import AskedOfCurves, area_under, medians
from genorx.effects.many_curves import numbers_of_curves


def _made(n_times, n_strata, n_patients=7, n_rows=33, seed=0):
    rng = np.random.default_rng(seed)
    times = np.linspace(0, 36, n_times)
    levels = [np.cumsum(rng.random((n_times, n_rows)) * 3 / n_times, axis=0) for _ in range(n_strata)]
    shares = np.full(n_strata, 1 / n_strata)
    return times, np.exp(rng.normal(0, 1, (n_patients, n_rows))), list(zip(shares.tolist(), levels, strict=True))


def _curves(ratios, strata):
    parts = [np.exp(-ratios[..., None] * level.T) * share for share, level in strata]
    return np.ascontiguousarray(np.sum(parts, axis=0) if len(parts) > 1 else parts[0])


@pytest.mark.parametrize("n_times", [2, 5, 9, 10, 73, 101, 129, 130, 300])
@pytest.mark.parametrize("n_strata", [1, 2])
def test_numbers_are_those_of_each_curve(n_times, n_strata):
    """Fewer terms than numpy sums side by side, some over, and more than it sums without halving."""
    times, ratios, strata = _made(n_times, n_strata)
    upto = max(2, n_times - 3)
    horizons = np.array([0, n_times // 2, n_times - 1])
    at, area, median = numbers_of_curves(ratios, strata, AskedOfCurves(times=times, horizons=horizons, upto=upto))
    curves = _curves(ratios, strata)
    assert np.array_equal(np.moveaxis(at, 0, -1), curves[..., horizons])
    assert np.array_equal(area, area_under(curves[..., :upto], times[:upto]))
    assert np.array_equal(median, medians(curves, times))


def test_a_curve_that_begins_below_one_half_has_its_median_at_the_first_time():
    """By hand: survival is exp(-1) = 0.37 from time 0 on."""
    asked = AskedOfCurves(times=np.array([0.0, 1.0, 2.0]), horizons=np.array([2]), upto=3)
    at, area, median = numbers_of_curves(np.ones((1, 1)), [(1.0, np.ones((3, 1)))], asked)
    assert (median[0, 0], at[0, 0, 0]) == (0.0, np.exp(-1.0))
    assert area[0, 0] == pytest.approx(2 * np.exp(-1.0))


def test_patients_have_the_same_numbers_alone_and_in_any_company():
    times, ratios, strata = _made(101, 2, n_patients=23, n_rows=401)
    asked = AskedOfCurves(times=times, horizons=np.array([50]), upto=90)
    whole = numbers_of_curves(ratios, strata, asked)
    for row in (0, 5, 22):
        alone = numbers_of_curves(ratios[[row]], strata, asked)
        assert all(np.array_equal(one[..., 0, :], all_[..., row, :]) for one, all_ in zip(alone, whole, strict=True))
