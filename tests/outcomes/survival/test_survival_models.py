"""What all survival models must do, and what each does."""

import json
from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone

from genorx._core.disclosure import coarse_columns
from genorx._core.feature_spec import FeatureSpec
from genorx.errors import HorizonError, SupportError, UsageError
from genorx.outcomes import (
    ChosenSurvivalModel,
    ElasticNetCox,
    GroupShrunkCox,
    SurvivalBoosting,
    SurvivalForest,
    SurvivalModel,
    SurvivalStack,
)
from genorx.survival import harrell_c

TIMES = np.array([0.2, 0.5, 1.0])
MODELS = {
    "GroupShrunkCox": GroupShrunkCox(),
    "ElasticNetCox": ElasticNetCox(n_refits=5),
    "SurvivalForest": SurvivalForest(n_bags=10),
    "SurvivalBoosting": SurvivalBoosting(n_trees=30, n_refits=2),
    "SurvivalStack": SurvivalStack(
        members={"cox": GroupShrunkCox(), "boosting": SurvivalBoosting(n_trees=30, n_refits=2)},
        weights={"cox": 0.7, "boosting": 0.3},
    ),
    "ChosenSurvivalModel": ChosenSurvivalModel(
        candidates={"cox": GroupShrunkCox(), "forest": SurvivalForest(n_bags=5)}
    ),
}


@pytest.fixture(scope="module")
def fitted(patients, specs):
    X, y, _ = patients
    return {name: clone(model).set_params(specs=specs).fit(X, y) for name, model in MODELS.items()}


@pytest.mark.parametrize("name", MODELS)
class TestEverySurvivalModel:
    def test_meets_the_protocol_and_scikit_learns_conventions(self, name, fitted):
        """Protocol of outcomes.protocol; clone keeps parameters and no fit."""
        model = fitted[name]
        assert isinstance(model, SurvivalModel)
        copy = clone(model)
        assert not hasattr(copy, "end_")
        assert copy.get_params(deep=False).keys() == model.get_params(deep=False).keys()

    def test_survival_falls_with_time_and_orders_patients(self, name, fitted, patients):
        """Properties of survival; C of the truth is 0.75, models come near it on their own patients."""
        X, y, _ = patients
        curves = fitted[name].predict_survival(X, TIMES)
        assert curves.shape == (400, 3)
        assert np.all((curves >= 0) & (curves <= 1))
        assert np.all(np.diff(curves, axis=1) <= 1e-12)
        assert harrell_c(y["time"], y["event"], fitted[name].predict_risk(X)).estimate > 0.70

    def test_draws_lie_around_the_estimate_and_repeat_with_the_seed(self, name, fitted, patients):
        """Mean of the draws near the point; same seed, same bytes."""
        X, _, _ = patients
        draws = fitted[name].sample_survival(X[:50], TIMES, n_draws=100, seed=3)
        assert draws.shape == (100, 50, 3)
        assert np.abs(draws.mean(axis=0) - fitted[name].predict_survival(X[:50], TIMES)).mean() < 0.06
        assert np.all(draws.std(axis=0)[:, 1] > 0)
        assert np.array_equal(draws, fitted[name].sample_survival(X[:50], TIMES, n_draws=100, seed=3))

    def test_contributions_explain_the_risk(self, name, fitted, patients):
        """Sum over features is the risk up to one constant; the two features that matter come first."""
        X, _, _ = patients
        parts = fitted[name].contributions(X)
        assert list(parts.columns) == sorted(X.columns)
        assert np.ptp(parts.sum(axis=1).to_numpy() - fitted[name].predict_risk(X)) < 1e-6
        assert set(parts.std().nlargest(2).index) == {"age", "marker"}

    def test_state_gives_the_same_model_back(self, name, fitted, patients):
        """Round trip through JSON text and arrays."""
        X, _, _ = patients
        values, arrays = fitted[name].state()
        assert all(array.dtype != object for array in arrays.values())
        again = type(fitted[name]).from_state(json.loads(json.dumps(values, allow_nan=False)), arrays)
        assert np.array_equal(again.predict_survival(X, TIMES), fitted[name].predict_survival(X, TIMES))
        assert np.array_equal(again.sample_survival(X[:9], TIMES), fitted[name].sample_survival(X[:9], TIMES))
        assert np.array_equal(again.contributions(X), fitted[name].contributions(X))

    def test_a_patient_alone_gets_the_same_answer(self, name, fitted, patients):
        """To the bit: a patient alone has the answer that it has among others."""
        X, _, _ = patients
        alone = fitted[name].predict_survival(X.iloc[[17]], TIMES)
        assert np.array_equal(alone, fitted[name].predict_survival(X, TIMES)[[17]])
        drawn = fitted[name].sample_survival(X.iloc[[17]], TIMES[:1])
        assert np.array_equal(drawn, fitted[name].sample_survival(X, TIMES[:1])[:, [17]])

    def test_times_beyond_follow_up_are_refused(self, name, fitted, patients):
        """HorizonError, exit status 4."""
        X, y, _ = patients
        with pytest.raises(HorizonError) as caught:
            fitted[name].predict_survival(X, [y["time"].max() + 1])
        assert caught.value.exit_code == 4

    def test_outcomes_that_cannot_be_used_are_refused(self, name, patients):
        """No events; a time of 0; other patients."""
        X, y, _ = patients
        with pytest.raises(SupportError) as caught:
            clone(MODELS[name]).fit(X, y.assign(event=False))
        assert caught.value.code == "no-events"
        with pytest.raises(UsageError) as caught:
            clone(MODELS[name]).fit(X, y.assign(time=0.0))
        assert caught.value.code == "time-not-positive"
        with pytest.raises(UsageError, match="same patients"):
            clone(MODELS[name]).fit(X, y[::-1])


def test_group_shrunk_cox_finds_the_effects_that_are_there(fitted):
    """Known truth: 0.07 a year, 1 for the marker; within 3 standard errors of shrunk estimates."""
    table = fitted["GroupShrunkCox"].coefficients().set_index("column")
    for column, truth in (("age", 0.07), ("marker", 1.0), ("g1", 0.0)):
        row = table.loc[column]
        assert abs(row["log_hazard_ratio"] - truth) < 3 * row["std_error"] + 0.1 * truth
    assert list(fitted["GroupShrunkCox"].groups()["group"]) == ["clinical", "clinical:number", "gene", "missing"]


def test_strata_keep_a_difference_between_them_out_of_the_coefficients(patients):
    """Known truth: hazards in B ten times those in A, the marker commoner in B: the effect within strata is 0."""
    rng = np.random.default_rng(4)
    stratum = pd.Series(np.repeat(["A", "B"], 300), index=[f"Q{i}" for i in range(600)])
    marker = (rng.random(600) < np.where(stratum == "A", 0.2, 0.8)).astype(int)
    X = pd.DataFrame({"marker": marker}, index=stratum.index)
    y = pd.DataFrame({"time": rng.exponential(np.where(stratum == "A", 10, 1)), "event": True}, index=stratum.index)
    crude = GroupShrunkCox().fit(X, y).coefficients()["log_hazard_ratio"].iloc[0]
    within = GroupShrunkCox().fit(X, y, strata=stratum).coefficients()["log_hazard_ratio"].iloc[0]
    assert crude > 0.7
    assert abs(within) < 0.2


def test_forest_trees_predict_as_scikit_survival_does(patients):
    """Independent library: mean over trees of the leaf's survival, on the forest's own grid; leaves in round steps."""
    from sksurv.ensemble import RandomSurvivalForest
    from sksurv.util import Surv

    from genorx.outcomes import FeatureEncoder
    from genorx.outcomes.engines.trees import pack_trees

    X, y, _ = patients
    Z = FeatureEncoder().fit(X).transform(X)
    theirs = RandomSurvivalForest(n_estimators=7, min_samples_leaf=5, random_state=0)
    theirs.fit(Z, Surv.from_arrays(y["event"], y["time"]))
    ours = pack_trees(
        [tree.tree_ for tree in theirs.estimators_], [tree.tree_.value[:, :, 1] for tree in theirs.estimators_]
    )
    expected = theirs.predict_survival_function(Z, return_array=True)
    assert ours.value[ours.leaves(Z)].mean(axis=1) == pytest.approx(expected, abs=0.0025)


def test_boosting_risk_is_that_of_scikit_survival(patients):
    """Independent library: the same settings, columns and seed, up to the constant; leaves are kept in round steps."""
    from sksurv.ensemble import GradientBoostingSurvivalAnalysis
    from sksurv.util import Surv

    X, y, _ = patients
    model = SurvivalBoosting(n_trees=20, n_refits=0).fit(X, y)
    theirs = GradientBoostingSurvivalAnalysis(
        n_estimators=20,
        max_depth=2,
        learning_rate=0.1,
        subsample=0.5,
        max_features="sqrt",
        min_samples_leaf=5,
        random_state=0,
    )
    Z = model.encoder_.transform(X)
    theirs.fit(coarse_columns(Z), Surv.from_arrays(y["event"], y["time"]))
    known = X.notna().all(axis=1).to_numpy()  # theirs know nothing of unknown values
    assert np.ptp((model.predict_risk(X) - theirs.predict(Z))[known]) < 0.02


@pytest.mark.parametrize("name", ["ElasticNetCox", "SurvivalBoosting"])
def test_models_without_refits_have_no_interval_and_say_so(name, patients):
    """An interval that is not there is refused, not made up."""
    X, y, _ = patients
    model = clone(MODELS[name]).set_params(n_refits=0).fit(X, y)
    with pytest.raises(SupportError, match="refits"):
        model.sample_survival(X, TIMES)


def test_features_that_do_not_differ_leave_the_average_of_all_or_an_error(patients):
    """Without columns a Cox model is the Nelson-Aalen curve (by lifelines); a forest, net or boosting cannot be."""
    from lifelines import NelsonAalenFitter

    X, y, _ = patients
    same = pd.DataFrame({"a": 1.0}, index=X.index)
    model = GroupShrunkCox().fit(same, y)
    hazard = NelsonAalenFitter(nelson_aalen_smoothing=False).fit(y["time"], y["event"]).predict(0.5)
    assert model.predict_survival(same[:1], [0.5])[0, 0] == pytest.approx(np.exp(-hazard), rel=1e-6)
    for other in (ElasticNetCox(), SurvivalForest(), SurvivalBoosting()):
        with pytest.raises(SupportError) as caught:
            other.fit(same, y)
        assert caught.value.code == "no-columns"
    chosen = ChosenSurvivalModel().fit(same, y)
    assert chosen.chosen_ == "GroupShrunkCox"
    assert chosen.choice_["note"].str.contains("differs").sum() == 3


class TestChoice:
    def test_default_stays_where_it_is_as_good(self, fitted):
        """Truth is a Cox model: the forest is not better."""
        model = fitted["ChosenSurvivalModel"]
        assert model.chosen_ == "cox"
        assert list(model.choice_["model"]) == ["cox", "forest"]
        assert model.choice_["chosen"].tolist() == [True, False]

    def test_another_model_is_taken_where_it_is_better(self):
        """Known truth: risk is high where exactly one of two flags is present; Cox without pairs sees nothing."""
        rng = np.random.default_rng(0)
        X = pd.DataFrame(rng.integers(0, 2, (600, 2)), columns=["a", "b"], index=[f"P{i}" for i in range(600)])
        hazard = np.where(X["a"] != X["b"], 5.0, 0.5)
        y = pd.DataFrame({"time": rng.exponential(1 / hazard), "event": True}, index=X.index)
        candidates = {"cox": GroupShrunkCox(), "forest": SurvivalForest(n_bags=10)}
        model = ChosenSurvivalModel(candidates=candidates).fit(X, y)
        assert model.chosen_ == "forest"
        assert isinstance(model.model_, SurvivalForest)

    def test_a_study_that_closes_on_one_day_is_compared_too(self, patients):
        """Four in five are followed to the last day, on which one of them has an event; nobody is at risk after it."""
        X, y, _ = patients
        day = float(y["time"].quantile(0.2))
        closed = y.assign(time=y["time"].clip(upper=day), event=y["event"] & (y["time"] < day))
        closed.loc[closed.index[closed["time"] == day][0], "event"] = True
        assert closed["event"].sum() >= 50
        candidates = {"cox": GroupShrunkCox(), "forest": SurvivalForest(n_bags=3)}
        assert len(ChosenSurvivalModel(candidates=candidates).fit(X, closed).choice_) == 2

    def test_few_events_leave_no_choice(self, patients):
        """Fewer than 50 events: the default stands and nothing is compared."""
        X, y, _ = patients
        early = y.assign(event=y["event"] & (y["event"].cumsum() <= 40))
        model = ChosenSurvivalModel().fit(X, early)
        assert model.chosen_ == "GroupShrunkCox"
        assert model.choice_.empty

    def test_a_foreign_model_cannot_be_saved(self, patients):
        """Only classes of ours are loaded from a file."""

        class Mine(GroupShrunkCox):
            pass

        X, y, _ = patients
        model = ChosenSurvivalModel(candidates={"mine": Mine()}).fit(X, y)
        with pytest.raises(UsageError) as caught:
            model.state()
        assert caught.value.code == "model-class"
        with pytest.raises(UsageError, match="no candidate"):
            ChosenSurvivalModel(candidates={}).fit(X, y)


def _bending(size, seed, bend):
    """Patients whose hazard rises with a number and, where it bends, at both ends of another; beside four idle ones."""
    rng = np.random.default_rng(seed)
    Z = rng.normal(size=(size, 6))
    risk = 0.5 * Z[:, 0] + (np.square(Z[:, 1]) - 1) * bend
    index = [f"P{place}" for place in range(size)]
    X = pd.DataFrame(Z, columns=[f"x{place}" for place in range(6)], index=index)
    return X, pd.DataFrame({"time": rng.exponential(np.exp(-risk)), "event": rng.random(size) < 0.8}, index=index)


@pytest.mark.parametrize("size", [300, 600])
def test_numbers_bend_where_the_data_support_it(size):
    """Known truth: with a U-shaped effect spline terms are kept, and tell patients apart as straight lines cannot."""
    X, y = _bending(size, 3, 0.6)
    model = GroupShrunkCox(splines="supported").fit(X, y)
    assert model.encoder_.splines
    new, later = _bending(2000, 4, 0.6)
    straight = GroupShrunkCox().fit(X, y)
    assert model.score(new, later) > straight.score(new, later) + 0.05
    assert np.array_equal(model.predict_risk(new), GroupShrunkCox(splines=True).fit(X, y).predict_risk(new))


def test_numbers_stay_straight_where_the_data_do_not_support_bends():
    """Known truth: straight effects alone; in at most 1 of 20 samples of 150 a bend is kept."""
    kept = 0
    for seed in range(20):
        X, y = _bending(150, 100 + seed, 0.0)
        model = GroupShrunkCox(splines="supported").fit(X, y)
        kept += model.encoder_.splines
        if not model.encoder_.splines and seed < 2:
            assert np.array_equal(model.predict_risk(X), GroupShrunkCox().fit(X, y).predict_risk(X))
    assert kept <= 1


def test_spline_terms_have_no_common_mean():
    """The sign of a basis function says nothing of another's: their group is shrunk to 0."""
    X, y = _bending(300, 5, 0.6)
    groups = GroupShrunkCox(splines=True).fit(X, y).groups().set_index("group")
    assert groups.loc["features:spline", "mean"] == 0
    assert groups.loc["features:spline", "effective"] > 1


def test_the_evidence_is_the_marginal_likelihood():
    """Independent: numerical integration over one coefficient, of the partial likelihood times its normal prior."""
    from scipy.integrate import quad

    from genorx.outcomes.shrinkage.cox_fit import fit_cox
    from genorx.outcomes.shrinkage.partial_likelihood import PartialLikelihood

    rng = np.random.default_rng(8)
    Z = rng.normal(size=(80, 1))
    time, event = rng.exponential(np.exp(-0.5 * Z[:, 0])), rng.random(80) < 0.7
    fit = fit_cox(Z, time, event, group=[0], group_means=False, penalty={0: 4.0})
    likelihood = PartialLikelihood(Z, time, event)
    top = fit.log_likelihood

    def height(beta):
        return np.exp(likelihood(np.array([beta]))[0] - top - 2.0 * beta**2) * np.sqrt(4.0 / (2 * np.pi))

    whole = np.log(quad(height, -3, 3)[0]) + top
    assert fit.log_evidence(np.array([0])) == pytest.approx(whole, abs=0.01)


def _mutated(size, seed, pairs):
    """Specs and two samples of patients with 20 genes and an age; to the true log hazard so many pairs of genes add."""
    truth = np.random.default_rng(seed)
    effects, share = truth.normal(0.1, 0.3, 20), truth.uniform(0.1, 0.35, 20)
    both = truth.choice(list(combinations(range(20), 2)), pairs, replace=False)
    extra = truth.normal(0, 0.8, pairs)

    def draw(rng):
        genes, age = (rng.random((size, 20)) < share).astype(float), rng.normal(size=size)
        risk = genes @ effects + 0.5 * age + (genes[:, both[:, 0]] * genes[:, both[:, 1]]) @ extra
        index = [f"P{place}" for place in range(size)]
        X = pd.DataFrame(genes, columns=[f"G{place:02d}" for place in range(20)], index=index).assign(age=age)
        y = pd.DataFrame({"time": rng.exponential(np.exp(-risk)), "event": rng.random(size) < 0.8}, index=index)
        return X, y, risk

    specs = [FeatureSpec(name=f"G{place:02d}", kind="boolean", group="gene") for place in range(20)]
    return [*specs, FeatureSpec(name="age", kind="number", group="clinical")], draw(truth), draw(truth)


def _error_with_pairs(seed, pairs):
    """Return the error of new patients' log hazards with pairs of genes, in that without."""
    specs, (X, y, _), (new, _, risk) = _mutated(600, seed, pairs)
    found = [GroupShrunkCox(specs, pairs=each).fit(X, y).predict_risk(new) for each in (0, "molecular")]
    alone, paired = (np.std(estimate - risk) for estimate in found)
    return paired / alone


def test_pairs_of_genes_are_found_where_they_matter_and_cost_little_where_they_do_not():
    """Known truth: 30 of 190 pairs act (error at least a tenth down in the mean), or none does (at most 3 % up)."""
    assert np.mean([_error_with_pairs(seed, 30) for seed in range(2)]) < 0.9
    assert np.mean([_error_with_pairs(seed, 0) for seed in range(3)]) < 1.03


@pytest.mark.parametrize(("numbers", "averaged"), [(5, [0]), (6, [])])
def test_the_scale_of_few_columns_is_averaged_over(numbers, averaged):
    """Put together from its parts: ``over_each_scale`` around the posterior at the most likely variance.

    Indicators of missing values are left alone, however few.
    """
    from genorx.outcomes.shrinkage.group_prior import GroupPrior, empirical_bayes
    from genorx.outcomes.shrinkage.partial_likelihood import PartialLikelihood
    from genorx.outcomes.shrinkage.scale_uncertainty import over_each_scale

    rng = np.random.default_rng(9)
    X = pd.DataFrame(rng.normal(size=(120, numbers)), columns=list("abcdef")[:numbers])
    y = pd.DataFrame({"time": rng.exponential(np.exp(-0.4 * X["a"])), "event": rng.random(120) < 0.6})
    X.iloc[:30, 0] = np.nan
    model = GroupShrunkCox().fit(X, y)
    assert model.encoder_.groups_ == ("features:number", "missing")
    likelihood = PartialLikelihood(model.encoder_.transform(X), y["time"].to_numpy(), y["event"].to_numpy())
    prior = GroupPrior(model.encoder_.group_index_)
    likeliest = empirical_bayes(likelihood, prior)
    expected = over_each_scale(likelihood, prior, likeliest, averaged)
    assert model.fit_.beta == pytest.approx(expected.beta, abs=1e-6)
    assert model.fit_.std_error == pytest.approx(np.sqrt(np.diag(expected.covariance)), abs=1e-6)
    assert (np.abs(model.fit_.beta - likeliest.beta).max() > 1e-3) == bool(averaged)


def test_pairs_have_no_common_mean_and_are_in_the_default_and_its_file():
    """The sign of a pair says nothing of another's; a model file gives the same predictions."""
    specs, (X, y, _), (new, _, _) = _mutated(300, 1, 30)
    paired = GroupShrunkCox(specs, pairs="molecular").fit(X, y)
    assert paired.groups().set_index("group").loc["pairs", "mean"] == 0
    early = y.assign(event=y["event"] & (y["event"].cumsum() <= 40))  # too few to choose by: the default stands
    default = ChosenSurvivalModel(specs).fit(X, early)
    assert "pairs" in set(default.model_.groups()["group"])
    values, arrays = default.state()
    again = ChosenSurvivalModel.from_state(json.loads(json.dumps(values)), arrays)
    assert np.array_equal(again.predict_risk(new), default.predict_risk(new))
