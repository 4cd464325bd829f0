"""Models of grades: an independent library, known truth by simulation, state, refusals."""

import json

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from scipy.special import expit, logit
from sklearn.base import clone
from sklearn.isotonic import IsotonicRegression
from sklearn.utils.estimator_checks import parametrize_with_checks

from genorx.errors import InputError, SupportError, UsageError
from genorx.outcomes import (
    BinaryModel,
    BoostedLogistic,
    ChosenOrdinalModel,
    CumulativeOrdinal,
    ElasticNetLogistic,
    ForestLogistic,
    GroupShrunkLogistic,
    GroupShrunkOrdinal,
    OrdinalModel,
)
from genorx.outcomes.ordinal.graded_model import never_rising

ENGINES = [ElasticNetLogistic(n_refits=4), BoostedLogistic(n_trees=40, n_refits=4, folds=2), ForestLogistic(n_bags=6)]
CANDIDATES = {"odds": GroupShrunkOrdinal(), "each": CumulativeOrdinal(engine=GroupShrunkLogistic(folds=0))}
MODELS = [
    GroupShrunkOrdinal(),
    *(CumulativeOrdinal(engine=engine) for engine in ENGINES),
    ChosenOrdinalModel(candidates={"a": GroupShrunkOrdinal()}),
]


def _name(model):
    return f"{type(model).__name__}-{type(getattr(model, 'engine', None)).__name__}"


def _drawn(reaching, n, seed):
    """Features a to d, normal; grades drawn with P(grade k or more) the columns of ``reaching``, from 1 on."""
    rng = np.random.default_rng(seed)
    X = pd.DataFrame(rng.normal(size=(n, 4)), columns=list("abcd"), index=[f"P{i}" for i in range(n)])
    above = np.column_stack(reaching(X))
    grade = (rng.random(n)[:, None] < above).sum(axis=1).astype(float)
    return X, pd.Series(grade, index=X.index), above


def _odds_in_parallel(X):
    return [expit(0.8 * X["a"] - 0.5 * X["b"] - cut) for cut in (-0.5, 1.0, 2.0, 3.5)]


def _each_by_its_own(X):
    """Feature a tells who has a grade at all, b who has a severe one: no shared coefficient tells both."""
    first = expit(2.0 * X["a"])
    second = first * expit(2.0 * X["b"])
    return [first, second, second * 0.4]


@pytest.fixture(scope="module")
def made():
    """400 patients, grades 0 to 4 of proportional odds, some values missing."""
    X, grade, _ = _drawn(_odds_in_parallel, 400, 3)
    X.loc[X.index[:20], "a"] = np.nan
    return X, grade


def test_proportional_odds_are_those_of_statsmodels():
    """statsmodels 0.15.0, OrderedModel(distr="logit") on the same data: grades of three patients, log likelihood.

    Its standard errors of P(grade >= 3), by the delta method, are .0020, .0127, .0152.  Shrinkage of four thousand
    patients' three effects is slight, so the numbers agree to a thousandth.
    """
    rng = np.random.default_rng(12)
    X = pd.DataFrame({"a": rng.normal(size=4000), "b": rng.integers(0, 2, 4000) * 1.0, "c": rng.uniform(-2, 2, 4000)})
    latent = 1.2 * X["a"] - 0.9 * X["b"] + 0.7 * X["c"] + rng.logistic(size=4000)
    grade = np.digitize(latent, [-1.0, 0.5, 2.0, 3.0])
    model = GroupShrunkOrdinal(highest=4).fit(X, pd.Series(grade.astype(float)))
    expected = [
        [0.60701, 0.27424, 0.09361, 0.01610, 0.00904],
        [0.10553, 0.25624, 0.38579, 0.14573, 0.10670],
        [0.05687, 0.16776, 0.37753, 0.20840, 0.18944],
    ]
    np.testing.assert_allclose(model.predict_grades(X.iloc[:3]), expected, atol=1e-3)
    chance = model.predict_grades(X)
    assert np.log(chance[np.arange(4000), grade]).sum() == pytest.approx(-4676.702, abs=0.02)
    spread = model.sample_probability(X.iloc[:3], n_draws=4000).std(axis=0)
    np.testing.assert_allclose(spread, [0.001997, 0.012659, 0.015194], rtol=0.06)


def test_grades_follow_proportional_odds():
    """Known truth: P(grade >= 3) = F(0.8 age + gene - 2), cuts -0.5, 1, 2, 3.5; grade 5 was never seen."""
    rng = np.random.default_rng(9)
    X = pd.DataFrame({"age": rng.normal(size=3000), "gene": rng.integers(0, 3, 3000)})
    latent = 0.8 * X["age"] + X["gene"]
    grade = pd.Series(np.digitize(latent + rng.logistic(size=3000), [-0.5, 1.0, 2.0, 3.5]).astype(float))
    model = GroupShrunkOrdinal(at_least=3).fit(X, grade)
    chance = model.predict_grades(X)
    assert np.all(chance[:, 5] == 0)
    assert [finding.code for finding in model.findings_] == ["grade-never-seen"]
    for k, cut in enumerate([-0.5, 1.0, 2.0, 3.5], start=1):
        assert np.abs(model.predict_at_least(X, k) - stats.logistic.cdf(latent - cut)).mean() < 0.02
    draws = model.sample_grades(X, n_draws=300)
    lower, upper = np.percentile(draws, [2.5, 97.5], axis=0)
    cuts = np.array([-0.5, 1.0, 2.0, 3.5])
    reached = np.column_stack([np.ones(3000), stats.logistic.cdf(latent.to_numpy()[:, None] - cuts), np.zeros(3000)])
    truth = -np.diff(reached, axis=1)
    assert np.mean((lower[:, :5] <= truth) & (truth <= upper[:, :5])) > 0.8
    assert set(model.predict_value(X)) <= {0.0, 1.0, 2.0, 3.0, 4.0}


def test_two_grades_are_a_logistic_model(made):
    """Independent: with two grades proportional odds is logistic regression."""
    X, grade = made
    two = (grade >= 2).astype(float)
    ordinal = GroupShrunkOrdinal(highest=1, at_least=1).fit(X, two)
    logistic = GroupShrunkLogistic(folds=0).fit(X, two)
    np.testing.assert_allclose(ordinal.predict_probability(X), logistic.predict_probability(X), atol=5e-3)


@pytest.mark.parametrize("model", MODELS, ids=_name)
def test_each_meets_the_protocol(model, made):
    """Protocol of outcomes.protocol; grades sum to 1, draws lie around them; state and a patient alone to the bit."""
    X, grade = made
    fitted = clone(model).fit(X, grade)
    assert isinstance(fitted, OrdinalModel)
    assert isinstance(fitted, BinaryModel)
    chance, draws = fitted.predict_grades(X), fitted.sample_grades(X, n_draws=8, seed=1)
    assert chance.shape == (400, 6)
    assert draws.shape == (8, 400, 6)
    for each in (chance, draws):
        np.testing.assert_allclose(each.sum(axis=-1), 1.0, rtol=1e-12)
        assert each.min() >= 0
    assert np.abs(draws.mean(axis=0) - chance).mean() < 0.05
    np.testing.assert_allclose(fitted.predict_probability(X), chance[:, 3:].sum(axis=1), atol=1e-12)
    np.testing.assert_allclose(fitted.sample_probability(X, n_draws=8, seed=1), draws[..., 3:].sum(axis=-1), atol=1e-12)
    assert np.all(fitted.predict_at_least(X, 0) == pytest.approx(1.0))
    assert np.ptp(fitted.contributions(X).sum(axis=1).to_numpy() - fitted.predict_risk(X)) < 1e-4  # trees hold float32
    assert np.array_equal(fitted.predict_grades(X.iloc[[25]]), chance[[25]])
    assert np.array_equal(fitted.sample_grades(X.iloc[[25]], n_draws=8, seed=1), draws[:, [25]])
    values, arrays = fitted.state()
    again = type(fitted).from_state(json.loads(json.dumps(values, allow_nan=False)), arrays)
    assert np.array_equal(again.predict_grades(X), chance)
    assert np.array_equal(again.sample_grades(X, n_draws=8, seed=1), draws)
    assert np.array_equal(again.contributions(X), fitted.contributions(X))
    assert json.dumps(again.state()[0]) == json.dumps(values)


def test_thresholds_are_pooled_to_the_nearest_order():
    """Independent: scikit-learn's isotonic regression of each row; ordered rows stay as they are."""
    rows = np.random.default_rng(1).random((50, 5))
    rows[0] = [0.9, 0.5, 0.5, 0.2, 0.0]
    expected = [IsotonicRegression(increasing=False).fit_transform(np.arange(5), row) for row in rows]
    np.testing.assert_allclose(never_rising(rows), expected, atol=1e-12)
    assert np.array_equal(never_rising(rows)[0], rows[0])


def test_a_feature_may_move_each_threshold_by_its_own():
    """Known truth: a tells of any grade, b of a severe one.  Proportional odds misses it, and is not chosen."""
    X, grade, above = _drawn(_each_by_its_own, 900, 4)
    model = ChosenOrdinalModel(candidates=CANDIDATES, highest=3, at_least=2, folds=3).fit(X, grade)
    assert model.chosen_ == "each"

    def error(fitted):
        return np.mean([np.abs(fitted.predict_at_least(X, k + 1) - above[:, k]).mean() for k in range(3)])

    assert error(model) < 0.05
    assert error(GroupShrunkOrdinal(highest=3, at_least=2).fit(X, grade)) > 1.5 * error(model)


def test_the_default_stands_where_the_odds_are_in_parallel(made):
    """Known truth: proportional odds; the score is that of Epstein out of fold, less than that of the shares."""
    X, grade = made
    model = ChosenOrdinalModel(candidates=CANDIDATES, folds=3).fit(X, grade)
    assert model.chosen_ == "odds"
    assert list(model.choice_.columns)[:2] == ["model", "ranked_probability"]
    shares = np.bincount(grade.astype(int), minlength=6) / 400
    reached = shares[::-1].cumsum()[::-1][1:]
    average = np.square(reached - (grade.to_numpy()[:, None] >= np.arange(1, 6))).sum(axis=1).mean()
    assert model.choice_["ranked_probability"].max() < average


@pytest.mark.slow
def test_four_models_stand_by(made):
    """The default, and an elastic net, boosted trees and a forest by threshold; each has a score."""
    X, grade = made
    model = ChosenOrdinalModel(highest=2, at_least=1, folds=2).fit(X, grade.clip(upper=2))
    assert model.choice_["model"].tolist() == [
        "GroupShrunkOrdinal",
        "Cumulative ElasticNetLogistic",
        "Cumulative BoostedLogistic",
        "Cumulative ForestLogistic",
    ]
    assert (model.choice_["note"] == "").all()
    assert model.choice_["ranked_probability"].between(0.2, 0.6).all()


def test_trees_are_scored_as_they_will_be_used(made):
    """Boosted trees recalibrate within their fit; in the choice this is done by the patients of the other folds."""
    X, grade = made
    trees = BoostedLogistic(n_trees=60, max_depth=4, learning_rate=0.5, n_refits=0)
    candidates = {"odds": GroupShrunkOrdinal()}
    candidates |= {str(folds): CumulativeOrdinal(engine=clone(trees).set_params(folds=folds)) for folds in (0, 2)}
    model = ChosenOrdinalModel(candidates=candidates, highest=2, at_least=2, folds=3).fit(X, grade.clip(upper=2))
    score = model.choice_.set_index("model")["ranked_probability"]
    assert score["2"] < score["0"] - 0.01  # such trees are far too sure


@pytest.mark.parametrize("engine", [*ENGINES, GroupShrunkLogistic()], ids=lambda engine: type(engine).__name__)
def test_a_rare_threshold_borrows_and_says_so(engine):
    """By hand: 7 of 300 had grade 4 or more, so their mean probability is 7 / 300; nobody had grade 2 alone or 5."""
    rng = np.random.default_rng(6)
    X = pd.DataFrame(rng.normal(size=(300, 3)), columns=list("abc"), index=[f"P{i}" for i in range(300)])
    order = np.argsort(-X["a"].to_numpy() + rng.normal(size=300))
    grade = np.zeros(300)
    grade[order[:120]], grade[order[:60]], grade[order[:7]] = 1.0, 3.0, 4.0
    model = CumulativeOrdinal(engine=clone(engine)).fit(X, pd.Series(grade, index=X.index))
    assert [finding.code for finding in model.findings_] == ["grade-never-seen", "grade-borrowed"]
    assert model.findings_[0].message.startswith("no patient had grade 2, 5")
    assert "7 patients had grade 4 or more" in model.findings_[1].message
    assert "those of grade 3 or more" in model.findings_[1].message
    chance = model.predict_grades(X)
    assert chance[:, 4].mean() == pytest.approx(7 / 300, abs=1e-3)
    assert np.all(chance[:, 5] == 0)
    assert np.all(chance >= 0)
    assert np.corrcoef(chance[:, 4], X["a"])[0, 1] > 0.5  # the neighbour's order of patients


def _rare_grades(seed, n=500, *, apart=False):
    """Return features, grades and each grade's true probability; ``apart``: one feature moves the high grades alone."""
    rng = np.random.default_rng(seed)
    X = pd.DataFrame(rng.normal(size=(n, 6)), columns=list("abcdef"), index=[f"P{i}" for i in range(n)])
    linear = (0.8 * X["a"] - 0.6 * X["b"] + 0.4 * X["c"]).to_numpy()[:, None] - np.array([-0.2, 0.8, 1.8, 3.2])
    if apart:
        linear = linear + np.outer(0.6 * X["d"], [0, 0, 0.5, 1.0])
    reaching = np.minimum.accumulate(1 / (1 + np.exp(-linear)), axis=1)
    grade = pd.Series((rng.random(n)[:, None] < reaching).sum(axis=1).astype(float), index=X.index)
    return X, grade, -np.diff(np.column_stack([np.ones(n), reaching, np.zeros(n)]), axis=1)


def test_a_threshold_with_few_patients_is_averaged_with_its_neighbour():
    """By hand: log odds of grade 4 or more, about 30 of 500, are the mean of its model's and of grade 3's, shifted."""
    X, grade, _ = _rare_grades(10)
    model = CumulativeOrdinal(engine=GroupShrunkLogistic(folds=0), highest=4).fit(X, grade)
    assert 10 <= (grade == 4).sum() < 40 <= (grade >= 3).sum()
    assert [(one.code, one.severity) for one in model.findings_] == [("grade-borrowed", "info")]
    assert f"{(grade == 4).sum()} patients had grade 4 or more, few on one side" in model.findings_[0].message
    own, third = model.models_[3].predict_risk(X), model.models_[2].predict_risk(X)
    shift = model.shift_[1, 3]
    assert expit(third + shift).mean() == pytest.approx((grade == 4).mean())
    assert model.predict_grades(X)[:, 4] == pytest.approx(expit((own + third + shift) / 2))
    drawn = model.sample_grades(X, n_draws=4, seed=1)[:, :, 4]
    alone = [model.models_[place].sample_probability(X, n_draws=4, seed=1) for place in (3, 2)]
    assert np.isclose(drawn[0], alone[0][0]).mean() > 0.8  # the others are pooled with grade 3
    assert np.isclose(drawn[1], expit(logit(alone[1][1]) + shift)).mean() > 0.8
    values, arrays = model.state()
    again = CumulativeOrdinal.from_state(json.loads(json.dumps(values)), arrays)
    assert np.array_equal(again.sample_grades(X, n_draws=4, seed=1)[:, :, 4], drawn)
    before = arrays | {"source": arrays["source"][0], "shift": arrays["shift"][0]}  # as files of before have them
    older = CumulativeOrdinal.from_state(values, before).predict_grades(X)[:, 4]
    assert np.isclose(older, expit(own)).mean() > 0.9


@pytest.mark.slow
@pytest.mark.parametrize("apart", [False, True])
def test_intervals_of_the_rarest_grade_hold_its_probability(apart):
    """Simulation, 500 patients, some 30 with grade 4: alone its model held 90 to 93 %, its neighbour's 78 to 86 %."""
    held = []
    for seed in range(10, 14):
        X, grade, truth = _rare_grades(seed, 800, apart=apart)
        model = CumulativeOrdinal(highest=4).fit(X[:500], grade[:500])
        lower, upper = np.quantile(model.sample_grades(X[500:], n_draws=300), [0.025, 0.975], axis=0)
        held.append(((lower <= truth[500:]) & (truth[500:] <= upper)).mean(axis=0))
    assert np.mean(held, axis=0)[4] > 0.9


def test_few_patients_are_no_crash():
    """Three of thirty had any grade: the one threshold that can be has a model, the other takes its log odds."""
    rng = np.random.default_rng(2)
    X = pd.DataFrame(rng.normal(size=(30, 2)), columns=list("ab"), index=[f"P{i}" for i in range(30)])
    grade = pd.Series([2.0, 1.0, 1.0] + [0.0] * 27, index=X.index)
    model = CumulativeOrdinal(engine=ForestLogistic(n_bags=4), highest=2, at_least=1).fit(X, grade)
    assert model.own_.tolist() == [1]
    assert model.predict_grades(X)[:, 2].mean() == pytest.approx(1 / 30, abs=1e-3)
    chosen = ChosenOrdinalModel(highest=2, at_least=1).fit(X, grade)
    assert chosen.chosen_ == "GroupShrunkOrdinal"
    assert chosen.choice_.empty


@pytest.mark.parametrize("model", MODELS, ids=_name)
@pytest.mark.parametrize(
    ("change", "kind", "code"),
    [
        ({"value": 6.0}, InputError, "unknown-grade"),
        ({"value": 1.5}, InputError, "unknown-grade"),
        ({"value": np.nan}, UsageError, "usage"),
        ({"at_least": 6}, UsageError, "usage"),
        ({"same": True}, SupportError, "no-events"),
    ],
)
def test_what_is_no_grade_is_refused(model, change, kind, code, made):
    X, grade = made
    grade = grade.copy()
    if "value" in change:
        grade.iloc[3] = change["value"]
    if "same" in change:
        grade[:] = 2.0
    with pytest.raises(kind) as caught:
        clone(model).set_params(at_least=change.get("at_least", 3)).fit(X, grade)
    assert caught.value.code == code


def test_a_grade_that_there_is_not_cannot_be_asked_for(made):
    X, grade = made
    with pytest.raises(UsageError, match="no grade"):
        GroupShrunkOrdinal().fit(X, grade).predict_at_least(X, 6)


def test_an_engine_of_somebody_else_cannot_be_saved(made):
    X, grade = made

    class Mine(GroupShrunkLogistic):
        """A model of a user."""

    with pytest.raises(UsageError) as caught:
        CumulativeOrdinal(engine=Mine(folds=0)).fit(X, grade).state()
    assert caught.value.code == "model-class"


#: Checks whose data are no grades, which are refused.
_WHOLE = (
    "check_n_features_in_after_fitting",
    "check_regressors_train",
    "check_regressor_data_not_an_array",
    "check_fit_idempotent",
    "check_fit_check_is_fitted",
    "check_n_features_in",
)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # of scikit-learn about its own data
@parametrize_with_checks(
    [
        GroupShrunkOrdinal(),
        CumulativeOrdinal(engine=ForestLogistic(n_bags=2, trees_per_bag=2, folds=0)),
        ChosenOrdinalModel(candidates={"a": GroupShrunkOrdinal()}),
    ],
    expected_failed_checks=lambda _: dict.fromkeys(_WHOLE, "the check's values are no grades, which are refused"),
)
def test_scikit_learn_takes_it_for_an_estimator(estimator, check):
    check(estimator)
