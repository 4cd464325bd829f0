"""Models of competing causes: equal to Aalen and Johansen without features, and known truth with them."""

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone

from genorx.datasets import load_colon
from genorx.errors import HorizonError, SupportError, UsageError
from genorx.outcomes import (
    CauseSpecificCox,
    CauseSpecificSurvival,
    ChosenCompetingModel,
    CompetingModel,
    ElasticNetCox,
    SurvivalBoosting,
    SurvivalForest,
    evaluate_competing,
)
from genorx.outcomes.competing.cause_specific import product_limit_steps
from genorx.outcomes.competing.competing_curves import curves_of
from genorx.outcomes.shrinkage.baseline import coarse_times, step_values
from genorx.outcomes.shrinkage.partial_likelihood import PartialLikelihood
from genorx.survival import cumulative_incidence

TIMES = np.array([3.0, 8.0, 15.0])
#: Log hazard ratios of a, b, c and the flag on each cause, and the causes' hazards.
EFFECTS = np.array([[0.8, -0.5, 0.0, 0.6], [0.0, 0.5, 0.4, -0.4]])
HAZARDS = np.array([0.05, 0.03])
MODELS = {
    "CauseSpecificCox": CauseSpecificCox(),
    "elastic net": CauseSpecificSurvival(model=ElasticNetCox(n_refits=4)),
    "forest": CauseSpecificSurvival(model=SurvivalForest(n_bags=5)),
    "boosting": CauseSpecificSurvival(model=SurvivalBoosting(n_refits=2)),
    "ChosenCompetingModel": ChosenCompetingModel(
        candidates={"cox": CauseSpecificCox(), "net": CauseSpecificSurvival(model=ElasticNetCox(n_refits=4))}
    ),
}


def simulated(n, rng):
    """Return features, outcome, and the true incidence at ``TIMES`` of patients with constant hazards of two causes."""
    numbers, flag = rng.normal(size=(n, 3)), rng.integers(0, 2, n)
    hazards = HAZARDS * np.exp(np.column_stack([numbers, flag - 0.5]) @ EFFECTS.T)
    total = hazards.sum(axis=1)
    end, first = rng.exponential(1 / total), rng.random(n) < hazards[:, 0] / total
    stop = np.minimum(rng.exponential(30, n), 25.0)
    cause = np.where(end <= stop, np.where(first, 1, 2), 0)
    index = [f"P{i:04d}" for i in range(n)]
    X = pd.DataFrame(np.column_stack([numbers, flag]), columns=["a", "b", "c", "flag"], index=index)
    truth = (hazards / total[:, None])[:, :, None] * -np.expm1(-total[:, None, None] * TIMES)
    return X, outcome(np.minimum(end, stop), cause, index), truth


def outcome(time, cause, index):
    cause = np.asarray(cause)
    return pd.DataFrame({"time": np.asarray(time, float), "event": cause > 0, "cause": cause}, index=index)


def bare(y):
    """Return features of patients of whom nothing is known."""
    return pd.DataFrame(index=y.index)


def tied(n=300, seed=0, causes=3):
    rng = np.random.default_rng(seed)
    return outcome(np.ceil(rng.exponential(5, n)), rng.integers(0, causes, n), [f"P{i:04d}" for i in range(n)])


def relapse_or_death(frame, first):
    """Return first event of ``myeloid.csv``: column ``first`` (cause 1), or death without it (cause 2)."""
    had = frame[first].notna()
    cause = np.where(had, 1, np.where(frame["death"] == 1, 2, 0))
    return outcome(np.where(had, frame[first], frame["futime"]), cause, frame["id"].astype(str))


def recurrence_or_death():
    """Return first event of the colon trial: recurrence (cause 1), or death without it (cause 2)."""
    colon = load_colon().set_index("patient_id")
    had = colon["recurrence"] == 1
    cause = np.where(had, 1, np.where(colon["death"] == 1, 2, 0))
    return outcome(np.where(had, colon["recurrence_days"], colon["death_days"]), cause, colon.index)


def by_event_time(y, times):
    """Return incidences by the causes' exact steps: what the model's coarse ones are made of."""
    time, cause = y["time"].to_numpy(), y["cause"].to_numpy()
    knots = np.unique(time[cause > 0])
    levels = []
    for code in range(1, cause.max() + 1):
        likelihood = PartialLikelihood(np.zeros((len(y), 0)), time, cause == code, ties="breslow")
        steps = product_limit_steps(likelihood.event_steps(np.zeros(0))[0], time, cause > 0)
        levels.append(steps.cumulative(knots))
    return step_values(knots, curves_of(np.stack(levels))[1], times)


def assert_aalen_johansen(y, between):
    """Compare with the estimate of this package and with that of scikit-survival.

    Steps by event time are theirs at every time.  The model's coarse steps leave as many event-free at their ends, and
    are off by at most ``between`` elsewhere.
    """
    from sksurv.nonparametric import cumulative_incidence_competing_risks

    model = CauseSpecificCox().fit(bare(y), y)
    times, theirs = cumulative_incidence_competing_risks(y["cause"].to_numpy(), y["time"].to_numpy())
    found, exact = model.predict_cumulative_incidence(bare(y).iloc[:1], times)[0], by_event_time(y, times)
    for code, curve in enumerate(exact, start=1):
        np.testing.assert_allclose(curve, cumulative_incidence(y["time"], y["cause"], of=code).at(times), atol=1e-8)
        np.testing.assert_allclose(curve, theirs[code], atol=1e-8)
    np.testing.assert_allclose(found, exact, atol=between)
    time, causes = y["time"].to_numpy(), range(1, y["cause"].max() + 1)
    ends = set.intersection(*(set(coarse_times(time, (y["cause"] == code).to_numpy())[:-1]) for code in causes))
    alike = model.predict_survival(bare(y).iloc[:1], sorted(ends)) if ends else np.empty(0)
    np.testing.assert_allclose(alike.ravel(), 1 - by_event_time(y, np.array(sorted(ends))).sum(axis=0), atol=1e-8)


@pytest.mark.parametrize(("seed", "causes"), [(0, 3), (1, 4), (2, 5)])
def test_without_features_it_is_aalen_johansen_with_tied_times(seed, causes):
    assert_aalen_johansen(tied(seed=seed, causes=causes), between=0.08)


def test_without_features_it_is_aalen_johansen_where_nobody_is_censored():
    """The last of those at risk all have an event, so that nobody is left event-free."""
    y = tied()
    assert_aalen_johansen(y[y["event"]], between=0.08)


@pytest.mark.parametrize("first", ["rltime", "txtime"])
def test_without_features_it_is_aalen_johansen_on_myeloid(shared, first):
    table = pd.read_csv(shared / "data" / "trials" / "myeloid.csv")
    assert_aalen_johansen(relapse_or_death(table, first), between=0.015)


def test_without_features_it_is_aalen_johansen_on_the_colon_trial():
    assert_aalen_johansen(recurrence_or_death(), between=0.015)


def test_causes_on_one_day_have_no_order():
    """By hand, 4 patients: at 1 one event of each cause, at 2 one of cause 1: 1/4 + 1/2 x 1/2 and 1/4."""
    y = outcome([1, 1, 2, 3], [1, 2, 1, 0], list("abcd"))
    for rows in (list("abcd"), list("dbca")):
        found = by_event_time(y.loc[rows], np.array([1.0, 2.0]))
        np.testing.assert_allclose(found, [[0.25, 0.5], [0.25, 0.25]], atol=1e-12)


@settings(max_examples=25, deadline=None)
@given(
    rows=st.lists(st.tuples(st.integers(1, 6), st.integers(0, 2), st.floats(-3, 3)), min_size=8, max_size=30).filter(
        lambda rows: {1, 2} <= {cause for _, cause, _ in rows}
    )
)
def test_incidences_rise_and_sum_to_one_with_survival(rows):
    """Property, whatever the ties and the feature."""
    time, cause, feature = (np.array(column) for column in zip(*rows, strict=True))
    y = outcome(time, cause, [f"P{i}" for i in range(len(rows))])
    X = pd.DataFrame({"x": feature}, index=y.index)
    model = CauseSpecificCox(rare=1).fit(X, y)
    times = np.linspace(0, time.max(), 13)
    incidence, survival = model.predict_cumulative_incidence(X, times), model.predict_survival(X, times)
    np.testing.assert_allclose(incidence.sum(axis=1) + survival, 1.0, atol=1e-12)
    assert incidence.min() >= 0
    assert np.diff(incidence, axis=2).min() >= -1e-12
    drawn = model.sample_cumulative_incidence(X, times, n_draws=3)
    np.testing.assert_allclose(drawn.sum(axis=2) + model.sample_survival(X, times, n_draws=3), 1.0, atol=1e-12)


@pytest.fixture(scope="module")
def made():
    rng = np.random.default_rng(7)
    return simulated(400, rng), simulated(3000, rng)


@pytest.fixture(scope="module")
def fitted(made):
    (X, y, _), _ = made
    return {name: clone(model).set_params(causes=("relapse", "death")).fit(X, y) for name, model in MODELS.items()}


@pytest.mark.parametrize("name", MODELS)
class TestEveryModel:
    def test_meets_the_protocol_and_scikit_learns_conventions(self, name, fitted):
        """Protocol of outcomes.protocol; clone keeps parameters and no fit."""
        model = fitted[name]
        assert isinstance(model, CompetingModel)
        assert not hasattr(clone(model), "end_")
        assert model.causes_ == ("relapse", "death")

    def test_incidences_and_survival_sum_to_one(self, name, fitted, made):
        _, (X, _, _) = made
        times = np.linspace(0, 20, 41)
        incidence = fitted[name].predict_cumulative_incidence(X[:50], times)
        assert incidence.shape == (50, 2, 41)
        total = incidence.sum(axis=1) + fitted[name].predict_survival(X[:50], times)
        np.testing.assert_allclose(total, 1.0, atol=1e-12)
        drawn = fitted[name].sample_cumulative_incidence(X[:5], times, n_draws=8)
        assert drawn.shape == (8, 5, 2, 41)
        free = fitted[name].sample_survival(X[:5], times, n_draws=8)
        np.testing.assert_allclose(drawn.sum(axis=2) + free, 1.0, atol=1e-12)

    def test_comes_near_the_true_incidences(self, name, fitted, made):
        """Known truth, log-linear, so trees are further off; one curve for all would be off by its whole spread."""
        _, (X, _, truth) = made
        away = np.sqrt(np.mean((fitted[name].predict_cumulative_incidence(X, TIMES) - truth) ** 2, axis=0))
        share = (away / truth.std(axis=0)).mean()
        assert share < {"forest": 0.85, "boosting": 0.6}.get(name, 0.45)

    def test_a_patient_alone_gets_the_same_numbers(self, name, fitted, made):
        _, (X, _, _) = made
        one = fitted[name].sample_cumulative_incidence(X.iloc[[3]], TIMES, n_draws=4)
        np.testing.assert_array_equal(
            one[:, 0], fitted[name].sample_cumulative_incidence(X[:6], TIMES, n_draws=4)[:, 3]
        )

    def test_state_gives_the_same_model_back(self, name, fitted, made):
        """Through JSON, to the bit."""
        _, (X, _, _) = made
        values, arrays = fitted[name].state()
        back = type(fitted[name]).from_state(json.loads(json.dumps(values)), arrays)
        for method in ("predict_cumulative_incidence", "sample_cumulative_incidence"):
            np.testing.assert_array_equal(
                getattr(back, method)(X[:4], TIMES), getattr(fitted[name], method)(X[:4], TIMES)
            )
        np.testing.assert_array_equal(back.predict_risk(X), fitted[name].predict_risk(X))
        pd.testing.assert_frame_equal(back.contributions(X[:9]), fitted[name].contributions(X[:9]))

    def test_risk_is_higher_for_who_has_an_event_earlier(self, name, fitted, made):
        _, (X, _, truth) = made
        assert np.corrcoef(fitted[name].predict_risk(X), truth[:, :, 0].sum(axis=1))[0, 1] > 0.6

    def test_times_beyond_follow_up_are_refused(self, name, fitted, made):
        _, (X, _, _) = made
        with pytest.raises(HorizonError):
            fitted[name].predict_cumulative_incidence(X, [1e6])


def test_effects_of_a_cause_are_those_of_the_simulation(fitted, made):
    """Truth: EFFECTS; within three standard errors, shrunk ones a little nearer to 0."""
    table = fitted["CauseSpecificCox"].coefficients()
    for cause, effects in zip(("relapse", "death"), EFFECTS, strict=True):
        own = table[table["cause"] == cause].set_index("column").loc[["a", "b", "c", "flag"]]
        assert np.all(np.abs(own["log_hazard_ratio"] - effects) < 3 * own["std_error"] + 0.05)
    _, (X, _, _) = made
    parts = fitted["CauseSpecificCox"].contributions(X, cause="death")
    whole = fitted["CauseSpecificCox"].predict_risk(X, cause=2)
    np.testing.assert_allclose(parts.sum(axis=1), whole, atol=1e-12)


def test_bands_without_features_are_those_of_the_delta_method():
    """Standard errors of Aalen and Johansen's curve, from cumulative_incidence (checked against lifelines)."""
    y = tied(400, seed=3)
    times = [2.0, 6.0, 12.0]
    drawn = CauseSpecificCox().fit(bare(y), y).sample_cumulative_incidence(bare(y).iloc[:1], times, n_draws=4000)
    for code in (1, 2):
        curve = cumulative_incidence(y["time"], y["cause"], of=code)
        error = curve.std_error[np.searchsorted(curve.times, times, side="right") - 1]
        np.testing.assert_allclose(drawn[:, 0, code - 1].std(axis=0), error, rtol=0.06)


@pytest.mark.slow
def test_known_incidences_are_calibrated_and_covered():
    """Known truth, 40 cohorts of 500: slope of truth on prediction, its level, and 95 % bands (log-log scale)."""
    slopes, levels, covered = [], [], []
    for seed in range(40):
        rng = np.random.default_rng(seed)
        (X, y, _), (new, _, truth) = simulated(500, rng), simulated(25, rng)
        model = CauseSpecificCox().fit(X, y)
        found = model.predict_cumulative_incidence(new, TIMES)
        lower, upper = np.quantile(model.sample_cumulative_incidence(new, TIMES, n_draws=200), (0.025, 0.975), axis=0)
        covered.append(((lower <= truth) & (truth <= upper)).mean())
        true, guess = (np.log(-np.log1p(-each)) for each in (truth, found))
        slopes.append([np.polyfit(guess[:, k, j], true[:, k, j], 1)[0] for k in (0, 1) for j in range(3)])
        levels.append((true - guess).mean())
    assert np.mean(slopes) == pytest.approx(1.0, abs=0.06)
    assert np.mean(levels) == pytest.approx(0.0, abs=0.05)
    assert 0.90 <= np.mean(covered) <= 0.98


def test_strata_are_compared_within(made):
    """A stratum that triples the hazard of cause 1 and goes with feature a would bias a's effect without strata."""
    rng = np.random.default_rng(2)
    n = 2000
    site = rng.integers(0, 2, n)
    a = rng.normal(size=n) + 1.5 * site
    time = rng.exponential(1 / (0.05 * np.exp(0.3 * a + np.log(3) * site) + 0.03))
    first = rng.random(n) < 0.6
    y = outcome(time, np.where(first, 1, 2), [f"P{i}" for i in range(n)])
    X = pd.DataFrame({"a": a}, index=y.index)
    strata = pd.Series(site.astype(str), index=y.index)
    within = CauseSpecificCox().fit(X, y, strata=strata).coefficients().set_index("cause")["log_hazard_ratio"]
    without = CauseSpecificCox().fit(X, y).coefficients().set_index("cause")["log_hazard_ratio"]
    assert without["1"] > within["1"] + 0.1


def test_the_model_that_predicts_better_out_of_fold_is_chosen():
    """Truth: a U-shaped effect, which a forest sees and a Cox model does not."""
    rng = np.random.default_rng(6)
    x = rng.uniform(-2, 2, 800)
    time = rng.exponential(1 / (0.02 + 0.3 * (np.abs(x) > 1)))
    cause = rng.integers(1, 3, 800)
    y = outcome(np.minimum(time, 30), np.where(time <= 30, cause, 0), [f"P{i}" for i in range(800)])
    X = pd.DataFrame({"x": x}, index=y.index)
    candidates = {"cox": CauseSpecificCox(), "forest": CauseSpecificSurvival(model=SurvivalForest(n_bags=5))}
    chosen = ChosenCompetingModel(candidates=candidates).fit(X, y)
    assert chosen.chosen_ == "forest"
    assert chosen.choice_.loc[1, "difference"] < -chosen.choice_.loc[1, "std_error"]
    few = outcome(y["time"], np.where(np.arange(800) < 760, 0, y["cause"]), y.index)
    assert ChosenCompetingModel(candidates=candidates).fit(X, few).choice_.empty


class TestEvaluation:
    def test_each_cause_and_event_free_survival_are_scored(self, made):
        """Reference: Aalen-Johansen out of fold, which knows nothing of the patient."""
        (X, y, _), _ = made
        model = CauseSpecificCox(causes=("relapse", "death"))
        found = evaluate_competing(model, X, y, horizons=TIMES, n_boot=40, outcome="first")
        assert list(found.counts["outcome"]) == ["first", "first:relapse", "first:death"]
        assert found.counts["events"].iloc[1:].sum() == found.counts["events"].iloc[0]
        for name in ("first:relapse", "first:death"):
            assert found.value("brier_skill", outcome=name) > 0.02
            assert found.value("wolbers_c", outcome=name, horizon=8.0) > 0.6
            slope = found.scores[(found.scores["measure"] == "calibration_slope") & (found.scores["outcome"] == name)]
            assert ((slope["lower"] < 1) & (slope["upper"] > 1)).sum() >= 2
        assert {"horizon", "group", "predicted", "observed"} <= set(found.calibration.columns)

    def test_a_model_that_knows_nothing_has_no_skill(self, made):
        (X, y, _), _ = made
        found = evaluate_competing(CauseSpecificCox(), X[[]], y, horizons=TIMES, n_boot=40)
        for cause in ("1", "2"):
            assert found.value("brier_skill", outcome=f"competing:{cause}") == pytest.approx(0.0, abs=0.005)
        assert "no-skill" in {finding.code for finding in found.findings}


@pytest.mark.parametrize(
    ("cause", "names", "code"),
    [
        ([1, 2, -1, 0], None, "event-type"),
        ([1, 2, 1.5, 0], None, "event-type"),
        ([1, 3, 1, 0], ("relapse", "death"), "cause-names"),
        ([1, 2, 1, 0], ("relapse", "relapse"), "cause-names"),
    ],
)
def test_causes_that_cannot_be_taken_are_refused(cause, names, code):
    y = outcome([1, 2, 3, 4], cause, list("abcd"))
    y["event"] = y["cause"] != 0
    with pytest.raises(UsageError) as caught:
        CauseSpecificCox(causes=names).fit(bare(y), y)
    assert caught.value.code == code


def test_a_cause_that_nobody_had_is_not_zero():
    y = outcome(range(1, 13), [1, 0] * 6, list("abcdefghijkl"))
    for model in (CauseSpecificCox, CauseSpecificSurvival):
        with pytest.raises(SupportError, match="death") as caught:
            model(causes=("relapse", "death")).fit(pd.DataFrame({"x": np.arange(12.0)}, index=y.index), y)
        assert caught.value.code == "no-events"


def test_an_outcome_without_causes_is_refused():
    y = tied().drop(columns="cause")
    with pytest.raises(UsageError) as caught:
        CauseSpecificCox().fit(bare(y), y)
    assert caught.value.code == "outcome-columns"


def test_a_cause_that_is_not_known_is_refused(fitted, made):
    with pytest.raises(UsageError) as caught:
        fitted["CauseSpecificCox"].predict_risk(made[1][0], cause="relaps")
    assert caught.value.code == "no-such-cause"
