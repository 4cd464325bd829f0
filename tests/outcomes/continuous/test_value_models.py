"""Models of amounts and counts: known truth by simulation, scikit-learn's own checks, state, refusals."""

import json

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils.estimator_checks import parametrize_with_checks

from genorx.errors import InputError, SupportError, UsageError
from genorx.outcomes import (
    BoostedCounts,
    BoostedRegression,
    ChosenCountModel,
    ChosenValueModel,
    DoseModel,
    ElasticNetCounts,
    ElasticNetRegression,
    ForestCounts,
    ForestRegression,
    GroupShrunkCounts,
    GroupShrunkRegression,
    ValueModel,
    evaluate_value,
)
from genorx.outcomes.continuous.student_t import with_heavy_residuals

QUICK = {
    GroupShrunkRegression: {},
    ElasticNetRegression: {"n_refits": 3},
    BoostedRegression: {"n_refits": 3, "n_trees": 60},
    ForestRegression: {"n_bags": 10, "trees_per_bag": 2},
    GroupShrunkCounts: {},
    ElasticNetCounts: {"n_refits": 3},
    BoostedCounts: {"n_refits": 3, "n_trees": 40},
    ForestCounts: {"n_bags": 10, "trees_per_bag": 2},
    ChosenCountModel: {"candidates": {"a": GroupShrunkCounts()}},
    ChosenValueModel: {"candidates": {"a": GroupShrunkRegression()}},
    DoseModel: {"candidates": {"a": GroupShrunkRegression()}},
}
COUNTS = (GroupShrunkCounts, ElasticNetCounts, BoostedCounts, ForestCounts, ChosenCountModel)
AMOUNTS = [GroupShrunkRegression, ElasticNetRegression, BoostedRegression, ForestRegression, ChosenValueModel]


@pytest.fixture(scope="module")
def made():
    """500 patients: root dose 5 + 0.6 age/10 - 0.8 gene with noise 0.7; age missing in 30; a count; a grade."""
    rng = np.random.default_rng(2)
    n = 500
    age, gene = rng.normal(0, 1, n), rng.integers(0, 3, n)
    X = pd.DataFrame(
        {
            "age": pd.array(age, dtype="Float64"),
            "gene": pd.array(gene, dtype="Int8"),
            "noise": pd.Categorical(rng.choice(["a", "b"], n)),
        },
        index=[f"P{i:03d}" for i in range(n)],
    )
    root = 5 + 0.6 * age - 0.8 * gene
    dose = pd.Series((root + rng.normal(0, 0.7, n)) ** 2, index=X.index)
    mean = np.exp(0.5 + 0.3 * age + 0.4 * gene)
    counts = pd.Series(rng.negative_binomial(2, 2 / (2 + mean)).astype(float), index=X.index)
    latent = 0.8 * age + gene + rng.logistic(size=n)
    grade = pd.Series(np.digitize(latent, [-0.5, 1.0, 2.0, 3.5]).astype(float), index=X.index)
    X.iloc[:30, 0] = pd.NA
    return X, {"dose": dose, "root": root, "counts": counts, "mean": mean, "grade": grade, "latent": latent}


def _values(kind, y):
    return y["counts"] if kind in COUNTS else y["dose"]


#: Checks whose data are no counts or no doses, which these models refuse.
_WHOLE = (
    "check_n_features_in_after_fitting",
    "check_regressors_train",
    "check_regressor_data_not_an_array",
    "check_fit_idempotent",
    "check_fit_check_is_fitted",
    "check_n_features_in",
)


def _refused(estimator):
    if isinstance(estimator, COUNTS):
        return dict.fromkeys(_WHOLE, "the check's values are no whole numbers, which are refused")
    return {}


CHECKED = [kind(**QUICK[kind]) for kind in QUICK if kind is not DoseModel]


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # of scikit-learn about its own data
@parametrize_with_checks(CHECKED, expected_failed_checks=_refused)
def test_scikit_learn_takes_it_for_an_estimator(estimator, check):
    """scikit-learn's estimator checks; DoseModel is left out, since all of their values hold doses of 0 or less."""
    check(estimator)


@pytest.mark.parametrize("kind", list(QUICK))
def test_it_meets_the_protocol(kind, made):
    """Protocol of outcomes.protocol; shapes, order of limits, draws around the estimate, sums of contributions."""
    X, y = made
    model = kind(**QUICK[kind]).fit(X, _values(kind, y))
    assert isinstance(model, ValueModel)
    assert not hasattr(clone(model), "n_rows_")
    guess, ends = model.predict_value(X), model.predict_interval(X, level=0.8)
    assert guess.shape == (500,)
    assert np.all(ends[:, 0] <= guess)
    assert np.all(guess <= ends[:, 1])
    draws = model.sample_value(X, n_draws=60, seed=1)
    assert draws.shape == (60, 500)
    assert np.abs(np.median(draws, axis=0) / guess - 1).mean() < 0.1
    assert list(model.contributions(X).columns) == sorted(X.columns)


@pytest.mark.parametrize("kind", list(QUICK))
def test_state_and_a_patient_alone_give_the_same_numbers(kind, made):
    """To the bit, through JSON text and arrays."""
    X, y = made
    model = kind(**QUICK[kind]).fit(X, _values(kind, y))
    values, arrays = model.state()
    again = kind.from_state(json.loads(json.dumps(values, allow_nan=False)), arrays)
    some = X.iloc[20:60]
    assert np.array_equal(again.predict_value(some), model.predict_value(some))
    assert np.array_equal(again.sample_value(some, n_draws=7), model.sample_value(some, n_draws=7))
    assert np.array_equal(again.predict_interval(some, level=0.9), model.predict_interval(some, level=0.9))
    assert np.array_equal(again.contributions(some), model.contributions(some))
    assert np.array_equal(model.predict_value(X.iloc[[25]]), model.predict_value(some)[[5]])
    assert np.array_equal(model.predict_interval(X.iloc[[25]]), model.predict_interval(some)[[5]])


@pytest.mark.parametrize("kind", AMOUNTS)
def test_medians_come_near_the_truth(kind, made):
    """Known truth: the median dose is the square of the root, here 4 to 60."""
    X, y = made
    model = kind(**QUICK[kind]).fit(X, y["dose"])
    known = X["age"].notna().to_numpy()
    off = np.abs(np.sqrt(model.predict_value(X)) - y["root"])[known].mean()
    assert off < (0.35 if kind in (BoostedRegression, ForestRegression) else 0.12)


def test_the_scale_is_found_and_the_mean_lies_above_the_median(made):
    """The root of the dose was made linear; E[z^2] = m^2 + s^2 with noise of 0.7."""
    X, y = made
    model = GroupShrunkRegression().fit(X, y["dose"])
    assert model.scale_.name == "sqrt"
    mean = GroupShrunkRegression(point="mean", scale="sqrt").fit(X, y["dose"])
    gap = (mean.predict_value(X) - model.predict_value(X)).mean()
    assert gap == pytest.approx(0.7**2, abs=0.25)
    plain = pd.Series(3.0 * X["age"].fillna(0.0).astype(float) + np.random.default_rng(0).normal(size=500), X.index)
    assert GroupShrunkRegression().fit(X, plain).scale_.name == "identity"
    skewed = np.exp(plain / 3)
    assert GroupShrunkRegression().fit(X, skewed).scale_.name == "log"


def test_a_far_value_pulls_medians_little():
    """Lange 1989: t residuals; 5 of 100 values moved up by 40 move a least-squares line by 2, this one by far less."""
    rng = np.random.default_rng(3)
    X = pd.DataFrame({"x": rng.normal(size=100)}, index=[f"P{i}" for i in range(100)])
    y = pd.Series(2.0 * X["x"] + rng.normal(size=100), index=X.index)
    y.iloc[:5] += 40
    median = GroupShrunkRegression(scale="identity").fit(X, y).predict_value(X)
    mean = GroupShrunkRegression(scale="identity", point="mean").fit(X, y).predict_value(X)
    assert abs((median - 2 * X["x"]).mean()) < 0.5 < abs((mean - 2 * X["x"]).mean())


def test_heavy_residuals_leave_a_normal_fit_near_where_it_was(made):
    """With normal noise t residuals cost some precision and move nothing by more than its standard error."""
    from genorx.outcomes.shrinkage.gaussian import fit_gaussian

    rng = np.random.default_rng(4)
    Z = rng.normal(size=(400, 3))
    target = Z @ [0.5, 0.0, -0.3] + rng.normal(0, 0.7, 400)
    normal = fit_gaussian(Z, target, group=[0, 0, 0])
    heavy = with_heavy_residuals(normal, Z, target)
    errors = np.sqrt(np.diag(normal.covariance))[1:]
    assert np.all(np.abs(heavy.beta - normal.beta) < errors)


def test_normal_limits_hold_nine_of_ten(made):
    X, y = made
    half = np.arange(500) % 2 == 0
    model = GroupShrunkRegression().fit(X[half], y["dose"][half])
    ends = model.predict_interval(X[~half], level=0.9)
    held = (y["dose"][~half] >= ends[:, 0]) & (y["dose"][~half] <= ends[:, 1])
    assert 0.84 < held.mean() < 0.96  # 250 patients: binomial 95 % limits around 0.9 are 0.86 and 0.94


def test_counts_find_rates_and_overdispersion(made):
    """Known truth: log rate ratios 0.3 and 0.4, variance mean + 0.5 mean^2; Poisson counts show none."""
    X, y = made
    model = GroupShrunkCounts().fit(X, y["counts"])
    assert model.overdispersion_ == pytest.approx(0.5, abs=0.2)
    known = X["age"].notna().to_numpy()
    assert np.abs(np.log(model.predict_value(X) / y["mean"]))[known].mean() < 0.12
    ends = model.predict_interval(X, level=0.9)
    assert ((y["counts"] >= ends[:, 0]) & (y["counts"] <= ends[:, 1])).mean() > 0.88
    poisson = pd.Series(np.random.default_rng(5).poisson(y["mean"]).astype(float), index=X.index)
    assert GroupShrunkCounts().fit(X, poisson).overdispersion_ < 0.03


def test_poisson_without_shrinkage_is_the_maximum_likelihood(made):
    """Independent: the score equations of a Poisson model with intercept, sum (y - mean) = 0."""
    X = made[0].dropna()
    poisson = pd.Series(np.random.default_rng(6).poisson(3.0, len(X)).astype(float), index=X.index)
    model = GroupShrunkCounts().fit(X, poisson)
    assert model.predict_value(X).sum() == pytest.approx(poisson.sum(), rel=1e-4)


def test_counts_are_proportional_to_exposure(made):
    """Known truth: twice the time, twice the count."""
    X, y = made
    rng = np.random.default_rng(7)
    years = rng.uniform(0.5, 4, 500)
    seen = X.assign(years=years)
    counts = pd.Series(rng.poisson(y["mean"] * years).astype(float), index=X.index)
    model = GroupShrunkCounts(exposure="years").fit(seen, counts)
    twice = model.predict_value(seen.assign(years=2 * years))
    np.testing.assert_allclose(twice, 2 * model.predict_value(seen), rtol=1e-12)
    assert "years" not in model.contributions(seen)
    with pytest.raises(InputError) as caught:
        model.predict_value(seen.assign(years=0.0))
    assert caught.value.code == "exposure-not-positive"
    with pytest.raises(InputError) as absent:
        model.predict_value(X)
    assert absent.value.code == "feature-absent"
    with pytest.raises(UsageError) as unnamed:
        GroupShrunkCounts(exposure="years").fit(X, counts)
    assert unnamed.value.code == "no-such-feature"


def test_amounts_and_counts_have_scores_of_their_own(made):
    """Share within 20 % of positive amounts; Poisson deviance of counts, of the truth itself about 1 a patient."""
    X, y = made
    amounts = evaluate_value(GroupShrunkRegression(), X, y["dose"], folds=3, n_boot=20)
    assert 0.2 < amounts.value("within_20") < 0.8
    counts = evaluate_value(GroupShrunkCounts(), X, y["counts"], folds=3, n_boot=20)
    assert counts.value("poisson_deviance") > 1.0


def test_a_pipeline_takes_it(made):
    X, y = made
    chain = make_pipeline(FunctionTransformer(lambda frame: frame.drop(columns="noise")), GroupShrunkRegression())
    assert chain.fit(X, y["dose"]).predict(X).shape == (500,)


@pytest.mark.parametrize(
    ("model", "value", "code"),
    [
        (GroupShrunkCounts(), -1.0, "negative-count"),
        (GroupShrunkCounts(), 1.5, "not-a-count"),
        (GroupShrunkRegression(), np.inf, "infinite-value"),
        (GroupShrunkRegression(), np.nan, "usage"),
    ],
)
def test_impossible_values_are_refused(model, value, code, made):
    X, y = made
    wrong = y["grade"].copy()
    wrong.iloc[3] = value
    with pytest.raises((InputError, UsageError)) as caught:
        model.fit(X, wrong)
    assert caught.value.code == code


@pytest.mark.parametrize("model", [GroupShrunkRegression(), ElasticNetRegression()])
def test_one_value_for_all_tells_nothing(model, made):
    X, _ = made
    with pytest.raises(SupportError) as caught:
        model.fit(X, pd.Series(2.0, index=X.index))
    assert caught.value.code == "no-events"


def test_no_count_above_0_tells_nothing(made):
    X, _ = made
    with pytest.raises(SupportError) as caught:
        GroupShrunkCounts().fit(X, pd.Series(0.0, index=X.index))
    assert caught.value.code == "no-events"


def test_other_patients_a_wrong_scale_and_a_wrong_level_are_refused(made):
    X, y = made
    with pytest.raises(UsageError, match="same patients"):
        GroupShrunkRegression().fit(X, y["dose"].iloc[::-1])
    with pytest.raises(UsageError) as caught:
        GroupShrunkRegression(scale="log").fit(X, y["counts"])
    assert caught.value.code == "value-scale"
    with pytest.raises(UsageError, match="level"):
        GroupShrunkRegression().fit(X, y["dose"]).predict_interval(X, level=95)
    with pytest.raises(UsageError, match="scale"):
        GroupShrunkRegression(scale="cube").fit(X, y["dose"])
    with pytest.raises(UsageError, match="point"):
        GroupShrunkRegression(point="mode").fit(X, y["dose"])


def test_no_refits_no_draws(made):
    X, y = made
    quick = ElasticNetRegression(n_refits=0, residual_folds=0).fit(X, y["dose"])
    with pytest.raises(SupportError, match="refits"):
        quick.sample_value(X)
    with pytest.raises(SupportError, match="residuals"):
        quick.predict_interval(X)


def test_two_thirds_of_a_gaps_effect_are_carried_over():
    """By construction: patients without x have 2 more; a prediction keeps two thirds of it, which usual x reach."""
    rng = np.random.default_rng(8)
    x = rng.normal(size=400)
    y = pd.Series(x + 2.0 * (np.arange(400) < 200) + rng.normal(0, 0.2, 400), index=[f"P{i}" for i in range(400)])
    X = pd.DataFrame({"x": x, "z": rng.normal(size=400)}, index=y.index)
    X.iloc[:200, 0] = np.nan
    model = GroupShrunkRegression(scale="identity").fit(X, y)
    low, middle, high = (model.predict_value(X.iloc[:200].assign(x=value)) for value in (-1.8, 0.0, 1.8))
    found = model.predict_value(X)
    assert np.all((low < found[:200]) & (found[:200] < high))
    assert found[:200] - middle == pytest.approx(4 / 3, abs=0.1)
    assert found[200:] == pytest.approx(x[200:], abs=0.2)  # the truth of those who know x
