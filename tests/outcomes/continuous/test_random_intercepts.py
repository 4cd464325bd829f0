"""Levels of sites in a linear fit: known truth by simulation, and statsmodels-free hand checks."""

import numpy as np
import pandas as pd
import pytest

from genorx.errors import UsageError
from genorx.outcomes import ChosenValueModel, GroupShrunkRegression
from genorx.outcomes.continuous.random_intercepts import SiteIntercepts


def made(seed, *, sites=12, of_each=60, spread=2.0):
    """Truth: value = x + level of the site; the level goes with the site's mean of x, so sites pull the slope up."""
    rng = np.random.default_rng(seed)
    centre = rng.normal(0, 1, sites)
    level = spread * (centre + 0.5 * rng.normal(0, 1, sites))
    site = np.repeat(np.arange(sites), of_each)
    x = centre[site] + rng.normal(0, 1, site.size)
    y = 10 + x + level[site] + rng.normal(0, 1, site.size)
    index = pd.Index([f"P{i:04d}" for i in range(site.size)])
    return pd.DataFrame({"x": x}, index=index), pd.Series(y, index=index), pd.Series(site, index=index)


def slope(model):
    low, high = model.predict_value(pd.DataFrame({"x": [0.0, 1.0]}, index=["a", "b"]))
    return high - low


def test_the_slope_is_that_among_patients_of_one_site():
    """Truth: 1 within sites; without sites it is pulled towards what differs between them, about 2."""
    within, plain = [], []
    for seed in range(5):
        X, y, site = made(seed)
        within.append(slope(GroupShrunkRegression(scale="identity").fit(X, y, groups=site)))
        plain.append(slope(GroupShrunkRegression(scale="identity").fit(X, y)))
    assert np.mean(within) == pytest.approx(1.0, abs=0.1)
    assert np.mean(plain) > 1.5


def test_a_new_site_has_a_wider_interval_that_holds():
    """Truth: levels of new sites spread by 2; of 40 new sites' patients about 95 % lie within."""
    rng = np.random.default_rng(5)
    n, index = 12 * 60, [f"P{i:04d}" for i in range(12 * 60)]
    site = np.repeat(np.arange(12), 60)
    x = rng.normal(0, 1, n)
    level = rng.normal(0, 2, 12)
    y = pd.Series(x + level[site] + rng.normal(0, 1, n), index=index)
    X = pd.DataFrame({"x": x}, index=index)
    model = GroupShrunkRegression(scale="identity").fit(X, y, groups=site)
    new = pd.DataFrame({"x": rng.normal(0, 1, 2000)}, index=[f"N{i}" for i in range(2000)])
    truth = new["x"] + rng.normal(0, 2, 2000) + rng.normal(0, 1, 2000)
    low, high = model.predict_interval(new).T
    assert ((truth > low) & (truth < high)).mean() > 0.9
    known = GroupShrunkRegression(scale="identity").fit(X, y - level[site])
    narrow = np.diff(known.predict_interval(new)).mean()
    assert np.diff(model.predict_interval(new)).mean() > 1.5 * narrow


def test_sites_leave_no_trace_in_the_model_file():
    X, y, site = made(3)
    model = GroupShrunkRegression(scale="identity").fit(X, y, groups=site)
    values, arrays = model.state()
    assert arrays["beta"].shape == (1,)
    assert arrays["covariance"].shape == (2, 2)
    again = GroupShrunkRegression.from_state(values, arrays)
    np.testing.assert_array_equal(again.predict_interval(X), model.predict_interval(X))


def test_one_site_is_none():
    """By hand: a level that all share is the intercept."""
    X, y, _ = made(1)
    alone = GroupShrunkRegression().fit(X, y, groups=["a"] * len(X))
    np.testing.assert_array_equal(alone.predict_value(X), GroupShrunkRegression().fit(X, y).predict_value(X))


def test_as_many_sites_as_patients_are_needed():
    with pytest.raises(UsageError) as caught:
        SiteIntercepts.of(["a", "b"], 3)
    assert caught.value.code == "shape"


def test_the_chosen_model_tells_its_candidates_the_sites():
    X, y, site = made(2)
    chosen = ChosenValueModel(candidates={"own": GroupShrunkRegression(scale="identity")}).fit(X, y, groups=site)
    direct = GroupShrunkRegression(scale="identity").fit(X, y, groups=site)
    np.testing.assert_array_equal(chosen.predict_value(X), direct.predict_value(X))
