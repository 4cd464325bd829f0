"""Counts and grades under each option, on their own scale."""

import json

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from scipy.optimize import minimize
from scipy.special import expit

from genorx.effects import ResponseEffect, assess
from genorx.errors import InputError, SupportError, UsageError
from genorx.outcomes.kinds import value_family

_CUTS = np.array([-1.0, 0.0, 1.0, 2.0, 3.0])


def _values(value, made):
    return pd.DataFrame({"value": np.asarray(value, dtype=float)}, index=made.X.index)


def _age(made):
    return (made.X["age"].to_numpy(float) - 60) / 10


def _graded(made, shift, seed=0):
    """Grades 0 to 5: log odds of a higher one are ``shift``, by patient or by patient and cut."""
    reached = expit(np.broadcast_to(np.asarray(shift).T, (5, len(made.X))).T - _CUTS)
    chance = np.random.default_rng(seed).random((len(made.X), 1))
    return _values((chance < reached).sum(axis=1), made)


@pytest.fixture(scope="module")
def counted(make):
    """600 patients; log mean 0.7 + 0.4 age - 0.6 for b, variance mean + 0.8 mean^2; b is given by age."""
    made = make(600, seed=11)
    b, rng = (made.treatment == "b").to_numpy(float), np.random.default_rng(5)
    means = np.exp(0.7 + 0.4 * _age(made)[:, None] + np.array([0.0, -0.6]))
    own = np.where(b == 1, means[:, 1], means[:, 0])
    y = _values(rng.poisson(own * rng.gamma(1 / 0.8, 0.8, 600)), made)
    return made, y, means, ResponseEffect(reference="a", kind="count").fit(made.X, y, treatment=made.treatment)


@pytest.fixture(scope="module")
def graded(make):
    """600 patients; log odds of a higher grade 0.5 + 0.8 age - 1 for b; b is given by age."""
    made = make(600, seed=12)
    b = (made.treatment == "b").to_numpy(float)
    y = _graded(made, 0.5 + 0.8 * _age(made) - b)
    return made, y, ResponseEffect(reference="a", kind="ordinal").fit(made.X, y, treatment=made.treatment)


def test_the_rate_ratio_is_found_in_spite_of_confounding(counted):
    """Truth exp(-0.6); a negative binomial fit of the true model by scipy, without shrinkage, agrees."""
    made, y, _, model = counted
    found = model.population_effect().set_index("measure").loc["rate_ratio"]
    assert found["lower"] < np.exp(-0.6) < found["upper"]
    design = np.column_stack([np.ones(600), _age(made), made.treatment == "b"]).astype(float)

    def lost(beta):
        size = np.exp(-beta[3])
        return -stats.nbinom.logpmf(y["value"], size, size / (size + np.exp(design @ beta[:3]))).sum()

    fit = minimize(lost, np.array([0.5, 0.0, 0.0, 0.0]), method="BFGS", options={"gtol": 1e-3})
    assert np.log(found["estimate"]) == pytest.approx(fit.x[2], abs=0.1)
    assert model.fit_.overdispersion == pytest.approx(np.exp(fit.x[3]), abs=0.15)


def test_the_mean_difference_of_a_count_covers_the_truth(counted):
    """Truth by the fixture's equation: mean over patients of the two means' difference."""
    _, _, means, model = counted
    found = model.population_effect().set_index("measure").loc["mean_difference"]
    assert found["lower"] < float((means[:, 1] - means[:, 0]).mean()) < found["upper"]


def test_a_mean_count_is_never_below_zero_and_shaped_as_its_siblings(counted):
    """A linear model of the same counts puts some means below 0."""
    made, y, _, model = counted
    sampled = model.sample(made.X, n_draws=20)
    assert sampled.draws.shape == (20, 600, 2, 1)
    assert sampled.draws.min() > 0
    assert sampled.grades is None
    linear = ResponseEffect(reference="a", kind="continuous").fit(made.X, y, treatment=made.treatment)
    assert linear.sample(made.X, n_draws=20).draws.min() < 0


def test_counts_without_more_spread_are_poisson(make):
    """Drawn from a Poisson: twice the log likelihood gained by a spread stays below 2.7, so none is taken."""
    made = make(400, seed=4)
    y = _values(np.random.default_rng(3).poisson(np.exp(0.3 * _age(made))), made)
    model = ResponseEffect(reference="a", kind="count").fit(made.X, y, treatment=made.treatment)
    assert model.fit_.overdispersion == 0.0


@pytest.mark.parametrize(
    ("kind", "value", "error", "code"),
    [
        ("count", -1.0, InputError, "negative-count"),
        ("count", 0.5, InputError, "not-a-count"),
        ("count", np.nan, InputError, "value-missing"),
        ("ordinal", 6.0, InputError, "unknown-grade"),
        ("ordinal", 2.5, InputError, "unknown-grade"),
        ("binary", 2.0, UsageError, "not-binary"),
        ("gradual", 1.0, UsageError, "usage"),
    ],
)
def test_values_of_another_kind_are_refused(made, kind, value, error, code):
    wrong = made.response.copy()
    wrong.iloc[3] = value
    with pytest.raises(error) as caught:
        ResponseEffect(reference="a", kind=kind).fit(made.X, wrong, treatment=made.treatment)
    assert caught.value.code == code


def test_a_grade_to_count_from_must_be_one(made):
    with pytest.raises(UsageError, match="at_least is 6"):
        ResponseEffect(kind="ordinal", at_least=6).fit(made.X, made.response, treatment=made.treatment)


def test_counts_of_nobody_are_refused():
    for kind, code in (("count", "no-events"), ("ordinal", "no-events")):
        with pytest.raises(SupportError) as caught:
            value_family(kind, highest=5, at_least=3).fit(np.zeros((4, 1)), np.zeros(4), group=np.array([-1]))
        assert caught.value.code == code


def test_probabilities_of_grades_sum_to_one_and_to_that_of_the_grades_that_count(graded):
    """By definition, in the best estimate and in every draw."""
    made, _, model = graded
    sampled = model.sample(made.X.iloc[:9], n_draws=30)
    assert sampled.grades.shape == (9, 2, 6)
    assert sampled.grade_draws.shape == (30, 9, 2, 6)
    for grades, counts in ((sampled.grades, sampled.point), (sampled.grade_draws, sampled.draws)):
        assert grades.min() >= 0
        np.testing.assert_allclose(grades.sum(axis=-1), 1.0)
        np.testing.assert_allclose(grades[..., 3:].sum(axis=-1), counts[..., 0])


def test_a_patient_alone_gets_the_same_grades(graded):
    made, _, model = graded
    together, alone = (model.sample(X, n_draws=30) for X in (made.X.iloc[:9], made.X.iloc[[4]]))
    np.testing.assert_array_equal(alone.grade_draws[:, 0], together.grade_draws[:, 4])


def test_the_common_odds_ratio_and_the_difference_cover_the_truth(graded):
    """Truth: log odds ratio -1; difference by the fixture's equation, mean over patients."""
    made, _, model = graded
    found = model.population_effect().set_index("measure")
    row = found.loc["common_odds_ratio"]
    assert row["lower"] < np.exp(-1) < row["upper"]
    log_odds = 0.5 + 0.8 * _age(made) - _CUTS[2]
    truth = float((expit(log_odds - 1) - expit(log_odds)).mean())
    row = found.loc["probability_difference"]
    assert row["lower"] < truth < row["upper"]
    assert model.findings_ == ()


def test_with_two_grades_proportional_odds_are_a_logistic_model(made):
    """The same likelihood, fitted by other code; priors are alike, so coefficients are."""
    both = [
        ResponseEffect(reference="a", n_draws=5, **stated).fit(made.X, made.response, treatment=made.treatment)
        for stated in ({"kind": "binary"}, {"kind": "ordinal", "highest": 1, "at_least": 1})
    ]
    np.testing.assert_allclose(both[0].beta_, both[1].beta_, atol=2e-4)
    assert both[0].fit_.heads[0] == pytest.approx(-both[1].fit_.heads[0], abs=2e-4)
    one, other = (each.population_effect() for each in both)
    np.testing.assert_allclose(one[["estimate", "lower", "upper"]], other[["estimate", "lower", "upper"]], atol=0.01)


def test_an_option_that_moves_grades_apart_is_named(make):
    """Truth: b halves the odds of 1 or more and doubles and more those of 3 or more; no common ratio holds."""
    made = make(600, seed=12)
    b = (made.treatment == "b").to_numpy(float)
    y = _graded(made, 0.5 + 0.8 * _age(made)[:, None] + b[:, None] * np.array([-0.7, 0.2, 1.0, 1.0, 1.0]))
    model = ResponseEffect(reference="a", kind="ordinal").fit(made.X, y, treatment=made.treatment)
    said = [finding for finding in model.findings_ if finding.code == "odds-not-proportional"]
    assert len(said) == 1
    assert "b against a" in said[0].message
    low, high = (float(said[0].message.split(f" for {grade} or more")[0].split(" ")[-1]) for grade in (1, 3))
    assert low < 1 < high


def test_grades_that_nobody_had_are_named_and_have_no_chance(graded):
    made, y, _ = graded
    lower = y.clip(upper=4.0)
    model = ResponseEffect(reference="a", kind="ordinal", n_draws=5).fit(made.X, lower, treatment=made.treatment)
    assert [(one.code, "grade 5" in one.message) for one in model.findings_] == [("grade-never-seen", True)]
    assert (model.sample(made.X.iloc[:3]).grades[..., 5] == 0).all()


@pytest.mark.parametrize("name", ["counted", "graded"])
def test_the_state_makes_the_same_estimator(request, name):
    made, *_, model = request.getfixturevalue(name)
    values, arrays = model.state()
    again = ResponseEffect.from_state(json.loads(json.dumps(values)), arrays)
    X = made.X.iloc[:6]
    pd.testing.assert_frame_equal(again.rank(X), model.rank(X))
    for one, other in zip(vars(again.sample(X)).values(), vars(model.sample(X)).values(), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.slow
def test_averages_of_grades_are_of_those_that_count(graded):
    """What was seen of current practice is the share with grade 3 or more; odds of a common outcome by their root."""
    made, y, model = graded
    report = assess(model, made.X, y, treatment=made.treatment, folds=2, higher_is_better=False)
    value = report.policy.set_index("policy").loc["current practice", "value"]
    assert value == pytest.approx(float((y["value"] >= 3).mean()))
    log_odds = 0.5 + 0.8 * _age(made) - _CUTS[2]
    row = report.averages.iloc[0]
    assert row["lower"] < float((expit(log_odds - 1) - expit(log_odds)).mean()) < row["upper"]
    ratio = model.population_effect().set_index("measure").loc["common_odds_ratio", "estimate"] ** -0.5
    assert row["e_value"] == pytest.approx(ratio + np.sqrt(ratio * (ratio - 1)))


@pytest.mark.slow
def test_averages_of_counts_are_of_means(counted):
    """Truth by the fixture's equation; a rate ratio stands for a risk ratio (VanderWeele and Ding 2017)."""
    made, y, means, model = counted
    report = assess(model, made.X, y, treatment=made.treatment, folds=2, higher_is_better=False)
    row = report.averages.iloc[0]
    assert row["lower"] < float((means[:, 1] - means[:, 0]).mean()) < row["upper"]
    ratio = 1 / model.population_effect().set_index("measure").loc["rate_ratio", "estimate"]
    assert row["e_value"] == pytest.approx(ratio + np.sqrt(ratio * (ratio - 1)))


def test_only_differences_of_a_yes_or_no_are_drawn_under_a_horseshoe(made, counted):
    """By the docstring of ``draws_sparse``: one group an option, of the products with features; kept in a file."""
    model = ResponseEffect(reference="a", kind="binary").fit(made.X, made.response, treatment=made.treatment)
    columns = model.columns_
    linear = int((columns.product_kind[columns.modifying] == 0).sum())
    sparse = model.fit_.sparse
    assert np.bincount(sparse.group).tolist() == [linear] * (len(model.options_) - 1)
    assert counted[-1].fit_.sparse.places.size == 0
    values, arrays = model.state()
    again = ResponseEffect.from_state(json.loads(json.dumps(values)), arrays)
    few = made.X.head(3)
    assert (again.sample(few, n_draws=20).draws == model.sample(few, n_draws=20).draws).all()
    older = {name: array for name, array in arrays.items() if not name.startswith("sparse.")}  # of genorx before it
    assert ResponseEffect.from_state(values, older).sample(few, n_draws=20).draws.shape == (20, 3, 2, 1)
