"""Published models with local data or trial effects: recalibration, Combine, compare."""

import numpy as np
import pandas as pd
import pytest

from genorx import published
from genorx.cohort import Cohort
from genorx.cohort.outcome import Outcome
from genorx.errors import SupportError, UsageError

NAME = "predict-breast@2.2"


def _women(n, rng):
    return pd.DataFrame(
        {
            "age": rng.integers(30, 80, n),
            "size": rng.integers(5, 60, n),
            "grade": rng.integers(1, 4, n),
            "nodes": rng.poisson(1.5, n),
            "er": rng.integers(0, 2, n),
            "her2": rng.integers(0, 2, n),
            "ki67": 9,
            "screen": rng.integers(0, 2, n),
        },
        index=[f"P{number}" for number in range(n)],
    )


def _cohort(features, follow_up, unit="years"):
    outcome = Outcome(name="os", kind="survival", frame=follow_up, unit=unit, horizons=(10.0,))
    return Cohort(features=features, specs=(), outcomes={"os": outcome})


def simulated(n, seed, factor=1.5, slope=1.0, unit="years"):
    """Women whose hazard of death is the published one times ``factor``, the index stretched by ``slope``."""
    rng = np.random.default_rng(seed)
    features = _women(n, rng)
    model = published.load(NAME)
    made = model.hazards(model.read(features), "none")
    yearly = made.disease + made.other
    index = np.log(yearly.sum(axis=1))
    yearly = yearly * factor * np.exp((slope - 1) * (index - index.mean()))[:, None]
    spent = np.hstack([np.zeros((n, 1)), np.cumsum(yearly, axis=1)])
    target = rng.exponential(size=n)
    year = (spent[:, 1:] < target[:, None]).sum(axis=1)
    within = (target - spent[np.arange(n), year]) / yearly[np.arange(n), np.minimum(year, 14)]
    died = np.where(year < 15, year + within, 99.0)
    censored = rng.uniform(3, 15, n)
    time = np.minimum(died, censored) * (365.25 if unit == "days" else 1.0)
    return _cohort(features, pd.DataFrame({"time": time, "event": died <= censored}, index=features.index), unit)


@pytest.mark.parametrize("unit", ["years", "days"])
def test_the_intercept_of_a_hazard_times_1_5_is_found(unit):
    """2,000 simulated patients, intercept within 0.12 of ln 1.5, O/E afterwards 0.95 to 1.05."""
    model = published.load(NAME)
    made = model.recalibrate(simulated(2000, 1, unit=unit), how="intercept")
    assert made.recalibration.intercept == pytest.approx(np.log(1.5), abs=0.12)
    assert 0.95 < made.recalibration.performance.oe_after < 1.05
    assert made.recalibration.performance.oe_before == pytest.approx(1.5, abs=0.12)
    assert made.digest != model.digest == published.load(NAME).digest


def test_the_published_model_is_untouched_and_the_new_one_differs():
    model, cohort = published.load(NAME), simulated(2000, 1)
    before = model.evaluate(cohort.features)
    made = model.recalibrate(cohort, how="intercept")
    pd.testing.assert_frame_equal(model.evaluate(cohort.features), before)
    after = made.evaluate(cohort.features)["none.10.os"]
    expected = before["none.10.os"] ** np.exp(made.recalibration.intercept)  # S ** HR, by hand
    np.testing.assert_allclose(after, expected, rtol=1e-10)


def test_the_folds_of_a_recalibration_follow_the_patients_and_not_their_order():
    """The same patients in another order: performance out of fold is the same but for rounding of sums."""
    cohort = simulated(300, 1)
    turned = cohort.features.index[::-1]
    again = _cohort(cohort.features.loc[turned], cohort.outcomes["os"].frame.loc[turned], cohort.outcomes["os"].unit)
    one, other = (
        published.load(NAME).recalibrate(each, how="intercept").recalibration.performance for each in (cohort, again)
    )
    assert other.oe_after == pytest.approx(one.oe_after, rel=1e-9)
    assert other.c_after == pytest.approx(one.c_after, rel=1e-9)
    seeded = published.load(NAME).recalibrate(cohort, how="intercept", seed=3).recalibration.performance
    assert seeded.oe_after != one.oe_after


def test_with_30_events_only_the_intercept_is_changed_with_a_finding():
    """At least 100 events for slope."""
    made = published.load(NAME).recalibrate(simulated(70, 4), how="baseline")
    assert made.recalibration.performance.events < 100
    assert made.recalibration.how == "intercept"
    assert "published-few-events" in {each.code for each in made.recalibration.findings}


def test_closed_testing_leaves_a_right_model_alone_and_finds_a_wrong_slope():
    """Known truth by simulation; Vergouwe 2017."""
    model = published.load(NAME)
    assert model.recalibrate(simulated(2000, 2, factor=1.0)).recalibration.how == "none"
    assert model.recalibrate(simulated(2000, 1)).recalibration.how == "intercept"
    steep = model.recalibrate(simulated(3000, 3, factor=1.0, slope=0.6)).recalibration
    assert steep.how in ("slope", "baseline")
    assert steep.slope == pytest.approx(0.6, abs=0.1)
    assert steep.performance.slope_after == pytest.approx(1.0, abs=0.1)
    baseline = model.recalibrate(simulated(2000, 1), how="baseline").recalibration
    np.testing.assert_allclose(baseline.log_factors, np.log(1.5), atol=0.3)


def test_a_model_with_one_horizon_is_corrected_by_a_cox_model_with_its_index_as_offset(heart):
    """Known truth: exponential times whose 10-year hazard is the published one times 1.5."""
    rng = np.random.default_rng(5)
    n = 3000
    features = pd.concat([heart()] * n, ignore_index=True)
    features = features.assign(age=rng.integers(45, 79, n), sbp=rng.integers(110, 190, n), smoker=rng.integers(0, 2, n))
    features.index = [f"P{number}" for number in range(n)]
    model = published.load("prevent@2023")
    hazard = -np.log1p(-model.evaluate(features)["ascvd"].to_numpy()) * 1.5 / 10
    died, censored = rng.exponential(1 / hazard), rng.uniform(2, 14, n)
    frame = pd.DataFrame({"time": np.minimum(died, censored), "event": died <= censored}, index=features.index)
    made = model.recalibrate(_cohort(features, frame), how="intercept", cause="ascvd")
    assert made.recalibration.intercept == pytest.approx(np.log(1.5), abs=0.12)
    changed, plain = made.evaluate(features), model.evaluate(features)
    assert (changed["ascvd"] > plain["ascvd"]).all()
    pd.testing.assert_series_equal(changed["stroke"], plain["stroke"])


def test_a_cohort_without_the_outcome_or_events_is_refused():
    model, cohort = published.load(NAME), simulated(50, 6)
    with pytest.raises(UsageError):
        model.recalibrate(cohort, outcome="dfs")
    with pytest.raises(UsageError):
        model.recalibrate(cohort, how="refit")
    alive = cohort.outcomes["os"].frame.assign(event=False)
    with pytest.raises(SupportError) as caught:
        model.recalibrate(_cohort(cohort.features, alive))
    assert caught.value.code == "no-events"


STATIN = published.RelativeEffect(
    "CTT statin", 0.78, (0.76, 0.80), per="1 mmol/L LDL", scale="rate ratio", applies_to="mi_stroke", doi="CTT 2010"
)


def test_a_trial_effect_acts_on_its_own_outcome_only(heart):
    """Absolute gain = S(t) ** HR - S(t), on the cause that it acts on."""
    model = published.Combine(baseline=published.load("prevent@2023"), effects=[STATIN])
    table = model.predict(heart(age=65)).set_index(["outcome", "option"])
    risk, treated = (table.loc[("ascvd", option), "estimate"] for option in ("as recorded", "as recorded + CTT statin"))
    assert treated == pytest.approx(1 - (1 - risk) ** 0.78, abs=1e-12)
    row = table.loc[("ascvd", "as recorded + CTT statin")]
    assert row["lower"] == pytest.approx(1 - (1 - risk) ** 0.76, abs=1e-12)
    assert row["upper"] == pytest.approx(1 - (1 - risk) ** 0.80, abs=1e-12)
    for outcome in ("heart_failure", "stroke"):
        values = table.loc[outcome, "estimate"]
        assert values.nunique() == 1
    answer = model.rank(heart(age=65), outcome="ascvd")["P1"]
    assert answer.options[0].option == "as recorded + CTT statin"
    assert answer.options[0].difference.estimate == pytest.approx(treated - risk)


def test_a_statin_is_not_counted_twice(heart):
    """Double use guard: PREVENT with statin term."""
    model = published.Combine(baseline=published.load("prevent@2023"), effects=[STATIN])
    answer = model.rank(heart(statin=1), outcome="ascvd")["P1"]
    refused = {option.option: option.no_estimate_reason for option in answer.options if option.rank is None}
    assert "would count twice" in refused["as recorded + CTT statin"]


@pytest.mark.parametrize(
    ("effect", "code"),
    [
        (published.RelativeEffect("radiotherapy", 0.8, applies_to="breast"), "published-double-use"),
        (published.RelativeEffect("trastuzumab", 0.7, applies_to="breast"), "published-double-use"),
        (published.RelativeEffect("new drug", 0.7, applies_to="os"), "published-effect-outcome"),
    ],
)
def test_what_the_baseline_counts_or_does_not_know_is_refused(effect, code):
    """PREDICT 3.2 holds treated patients by its offset; effects act on their own cause."""
    with pytest.raises(UsageError) as caught:
        published.Combine(published.load("predict-breast@3.2"), [effect])
    assert caught.value.code == code


def test_an_effect_on_one_cause_leaves_the_other_causes_hazard(breast):
    """By hand: hazards of breast cancer death times 0.7, of other death as they are."""
    effect = published.RelativeEffect("abemaciclib", 0.7, (0.6, 0.8), applies_to="breast")
    base = published.load("predict-breast@2.2")
    model = published.Combine(base, [effect])
    hazards = base.hazards(base.read(breast()), "h")
    expected = np.exp(-(0.7 * hazards.disease + hazards.other)[0, :10].sum())
    table = model.predict(breast(), horizons=[10], options=["h", "h + abemaciclib"]).set_index(["option", "outcome"])
    assert table.loc[("h + abemaciclib", "os"), "estimate"] == pytest.approx(expected, abs=1e-12)


def test_a_conflict_of_own_data_with_the_trial_is_a_finding(heart):
    """Intervals apart."""
    own = published.RelativeEffect("CTT statin", 1.1, (0.95, 1.3), applies_to="ascvd")
    model = published.Combine(published.load("prevent@2023"), [STATIN], own=[own])
    assert "published-effect-conflict" in {each.code for each in model.check(heart())}
    agreeing = published.RelativeEffect("CTT statin", 0.8, (0.6, 1.0), applies_to="ascvd")
    model = published.Combine(published.load("prevent@2023"), [STATIN], own=[agreeing])
    assert "published-effect-conflict" not in {each.code for each in model.check(heart())}


def test_an_interval_that_does_not_hold_its_estimate_is_refused():
    with pytest.raises(UsageError):
        published.RelativeEffect("x", 0.9, (0.5, 0.8), applies_to="ascvd")
    with pytest.raises(UsageError):
        published.RelativeEffect("x", -1, applies_to="ascvd")


def test_versions_of_predict_breast_disagree_where_the_band_of_chemotherapy_differs(breast):
    """3.2 gives chemotherapy a harm; bands under 3, 3 to 5, 5 points and more."""
    frame = breast(age=[40.0, 80.0], size=[40.0, 15.0], nodes=[4, 0], her2=[0, 0])
    made = published.compare(["predict-breast@2.2", "predict-breast@3.2"], frame)
    assert {each.code for each in made.findings} <= {"published-disagreement"}
    assert len(made.findings) == len(made.disagreements)
    for name in ("predict-breast@2.2", "predict-breast@3.2"):
        table = published.gains(published.load(name), frame)
        old = made.frame[(made.frame["patient_id"] == "P1") & made.frame["what"].str.contains("chemotherapy")].iloc[0]
        rest = old["what"].rpartition(" ")[2]
        chosen = table[
            (table["patient_id"] == "P1") & (table["treatment"] == "chemotherapy") & (table["on_top_of"] == rest)
        ]
        assert old[f"{name} value"] in chosen["gain"].tolist()


def test_ipssr_stands_next_to_ipssm(marrow):
    """Ask of ipssm's users (#7): IPSS-R next to IPSS-M."""
    made = published.compare(["ipssm@1.0.0", "ipssr@2012"], marrow(ASXL1=1, RUNX1=1, EZH2=1).assign(ANC=1.0))
    assert list(made.frame.columns) == [
        "patient_id", "what", "ipssm@1.0.0 value", "ipssm@1.0.0 band", "ipssr@2012 value", "ipssr@2012 band", "agree",
    ]  # fmt: skip
    assert len(made.findings) == 1
