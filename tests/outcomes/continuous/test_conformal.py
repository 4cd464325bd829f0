"""Intervals by cross-validation+, groups, folds of whole groups, and the choice of a model."""

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator

from genorx.errors import SupportError, UsageError
from genorx.outcomes import ChosenValueModel, GroupShrunkRegression, group_folds
from genorx.outcomes.continuous.cross_conformal import CrossConformal


def _conformal(away, centre, fold, group=None, shared=50.0):
    codes = np.zeros(away.size, dtype=np.int64) if group is None else group
    return CrossConformal.of(away, centre, fold, codes, shared=shared)


def test_ranks_are_those_of_the_paper():
    """Barber 2021, equation 11 with signed residuals: 19 residuals 1..19, one model at 100, level 0.9: the
    floor(.05 x 20) = 1st smallest and largest of 100 + residual; the spread is constant, so residuals stay."""
    away = np.arange(1.0, 20.0)
    whole = _conformal(away, np.full(19, 5.0), np.zeros(19, dtype=np.int64))
    limits = whole.limits(np.full((1, 1), 5.0), np.zeros(1, dtype=np.int64), 0.9)
    np.testing.assert_allclose(limits, [[6.0, 24.0]])
    assert np.all(np.isinf(whole.limits(np.full((1, 1), 5.0), np.zeros(1, dtype=np.int64), 0.95)))


def test_each_fold_reaches_from_its_own_model():
    """By hand: two folds whose models say 0 and 10 with residuals -1, 1 each: values -1, 1, 9, 11; level 0.6 of 5."""
    away, fold = np.array([-1.0, 1.0, -1.0, 1.0]), np.array([0, 0, 1, 1])
    made = _conformal(away, np.zeros(4), fold).limits(np.array([[0.0], [10.0]]), np.zeros(1, dtype=np.int64), 0.6)
    np.testing.assert_allclose(made, [[-1.0, 11.0]])


def test_groups_have_their_own_width_and_small_ones_lean_on_all():
    """Known truth: spread 1 and 3; a group of 3 patients gets the width of all, one never seen as well."""
    rng = np.random.default_rng(0)
    group = np.repeat([0, 1, 2], [1000, 1000, 3])
    away = rng.normal(0, np.where(group == 1, 3.0, 1.0))
    made = _conformal(away, np.zeros(away.size), rng.integers(0, 5, away.size), group)
    ends = made.limits(np.zeros((5, 4)), np.array([0, 1, 2, -1]), 0.9)
    width = ends[:, 1] - ends[:, 0]
    assert width[0] == pytest.approx(2 * 1.645, abs=0.5)
    assert width[1] == pytest.approx(6 * 1.645, abs=1.0)
    assert width[2] == pytest.approx(width[3], rel=0.15)


def test_residuals_of_larger_values_reach_further():
    """Known truth: the spread grows with the prediction."""
    rng = np.random.default_rng(1)
    centre = rng.uniform(1, 3, 2000)
    made = _conformal(rng.normal(0, centre), centre, rng.integers(0, 5, 2000))
    ends = made.limits(np.tile([1.2, 2.8], (5, 1)), np.zeros(2, dtype=np.int64), 0.9)
    width = ends[:, 1] - ends[:, 0]
    assert width[1] / width[0] == pytest.approx(2.8 / 1.2, rel=0.15)


@pytest.fixture(scope="module")
def skewed():
    """1,200 patients of 24 sites; a site moves all its values by N(0, 1); residuals are exponential."""
    rng = np.random.default_rng(5)
    site = rng.integers(0, 24, 1200)
    X = pd.DataFrame(
        {"x": rng.normal(size=1200), "rs7": rng.integers(0, 3, 1200)}, index=[f"P{i}" for i in range(1200)]
    )
    noise = rng.exponential(1.0, 1200) * (1 + X["rs7"])
    y = pd.Series(X["x"] + rng.normal(0, 1, 24)[site] + noise, index=X.index)
    return X, y, pd.Series(site, index=X.index)


def _held(model, skewed, groups):
    X, y, site = skewed
    test = (site >= 18).to_numpy()
    model.fit(X[~test], y[~test], groups=site[~test] if groups else None)
    ends = model.predict_interval(X[test], level=0.9)
    return ((y[test] >= ends[:, 0]) & (y[test] <= ends[:, 1])), X[test]


def test_intervals_hold_at_new_sites_and_in_each_group(skewed):
    """Six new sites, 300 patients: 90 % overall within sampling; each genotype too, whatever its spread."""
    model = ChosenValueModel(candidates={"a": GroupShrunkRegression()}, by=("rs7",))
    held, X = _held(model, skewed, groups=True)
    assert 0.85 < held.mean() < 0.96
    assert held.groupby(X["rs7"]).mean().between(0.8, 0.99).all()


def test_folds_of_whole_groups_are_even_and_whole():
    site = np.repeat(list("abcdefg"), [50, 40, 30, 20, 20, 20, 20])
    fold = group_folds(site, 5)
    assert all(len(set(fold[site == one])) == 1 for one in "abcdefg")
    assert np.bincount(fold).tolist() == [50, 40, 30, 40, 40]
    with pytest.raises(UsageError) as caught:
        group_folds(site, 8)
    assert caught.value.code == "too-few-patients"
    with pytest.raises(UsageError, match="at least 2"):
        group_folds(site, 1)


class _Constant(BaseEstimator):
    """The same number for all."""

    def __init__(self, value=0.0):
        self.value = value

    def fit(self, X, y):
        self.fitted_ = True
        return self

    def predict_value(self, X):
        return np.full(len(X), self.value)


class _Unfittable(_Constant):
    def fit(self, X, y):
        raise SupportError("not with these data")


def test_the_default_stands_unless_another_is_better_by_a_standard_error(skewed):
    """By construction: 0 is about as good as 0.001, far worse than the model; what cannot be fitted is said."""
    X, y, _ = skewed
    near = ChosenValueModel(candidates={"a": _Constant(0.0), "b": _Constant(-0.001)}).fit(X, y)
    assert near.chosen_ == "a"
    far = ChosenValueModel(candidates={"a": _Constant(0.0), "b": GroupShrunkRegression(), "c": _Unfittable()}).fit(X, y)
    assert far.chosen_ == "b"
    assert far.choice_.set_index("model").loc["c", "note"] == "not with these data"
    with pytest.raises(UsageError) as caught:
        near.state()
    assert caught.value.code == "model-class"


def test_few_patients_take_the_models_own_interval(skewed):
    X, y, _ = skewed
    few = ChosenValueModel().fit(X.iloc[:15], y.iloc[:15])
    assert (few.chosen_, few.fold_models_) == ("GroupShrunkRegression", ())
    assert np.isfinite(few.predict_interval(X.iloc[:3])).all()
    with pytest.raises(UsageError, match="no candidate"):
        ChosenValueModel(candidates={}).fit(X, y)


def test_a_group_that_is_no_feature_is_refused(skewed):
    X, y, _ = skewed
    with pytest.raises(UsageError) as caught:
        ChosenValueModel(by=("rs8",)).fit(X, y)
    assert caught.value.code == "no-such-feature"
