"""Tables of the report on effects: hand calculations, known truth, and what is not identified."""

import json

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit

from genorx._core.frame_records import from_records, to_records
from genorx.effects import EffectReport, ResponseEffect, SurvivalEffect, assess
from genorx.effects.assessment.assessment import mean_differences
from genorx.effects.assessment.effect_calibration import slope_table, third_table
from genorx.effects.assessment.policy_value import policy_table
from genorx.effects.averages.doubly_robust import Scores, doubly_robust_scores
from genorx.effects.averages.identification import effective_number
from genorx.effects.averages.sensitivity import trimming_table
from genorx.effects.overlap.horizon import within_follow_up
from genorx.errors import SupportError


def _scores(scores, predicted, option, *, propensity=None, observed=None):
    scores, predicted = np.array(scores, float), np.array(predicted, float)
    n, k = scores.shape
    return Scores(
        patients=pd.Index([f"P{i}" for i in range(n)]),
        options=("a", "b", "c")[:k],
        option=np.array(option),
        scores=scores,
        predicted=predicted,
        gap_error=np.zeros((n, k)),
        propensity=np.full((n, k), 1 / k),
        chance=np.full((n, k), 1 / k) if propensity is None else np.array(propensity, float),
        observed=np.zeros(n) if observed is None else np.array(observed, float),
        cut=np.zeros(n, dtype=bool),
    )


def test_the_value_of_policies_is_as_by_hand():
    """Patients 1, 2 are predicted to gain by b, 3, 4 by a: chosen scores 4, 6, 5, 3, mean 4.5; all b 3, all a 3.25."""
    made = _scores(
        [[2, 4], [3, 6], [5, 1], [3, 1]], [[0, 1], [0, 1], [1, 0], [1, 0]], [0, 1, 0, 1], observed=[2, 6, 5, 1]
    )
    table = policy_table(made, [1]).set_index("policy")
    assert table.loc["by patient", "value"] == 4.5
    assert table.loc["everybody a (best single option)", "gain"] == pytest.approx(4.5 - 3.25)
    assert table.loc["current practice", ["value", "gain"]].tolist() == [3.5, 1.0]
    gain = np.array([2, 3, 0, 0.0])
    assert table.loc["everybody a (reference)", "std_error"] == pytest.approx(gain.std(ddof=1) / 2)
    assert table.loc["everybody a (reference)", "verdict"] == "no evidence that choosing by patient helps"


def test_where_less_is_better_the_lower_prediction_is_chosen_and_a_gain_is_a_decrease():
    """Same patients: chosen scores 2, 3, 1, 1, mean 1.75; the best single option is b (3), gain 1.25."""
    made = _scores([[2, 4], [3, 6], [5, 1], [3, 1]], [[0, 1], [0, 1], [1, 0], [1, 0]], [0, 1, 0, 1])
    table = policy_table(made, [1], sign=-1).set_index("policy")
    assert table.loc["by patient", "value"] == 1.75
    assert table.loc["everybody b (best single option)", "gain"] == pytest.approx(1.25)


def test_slope_and_thirds_are_as_by_hand():
    """Differences 2, 4, 6 on predictions 1, 2, 3: slope 2, thirds of one patient each."""
    gaps = np.repeat([2.0, 4.0, 6.0], 2)
    made = _scores(np.column_stack([np.zeros(6), gaps]), np.column_stack([np.zeros(6), gaps / 2]), [0, 1] * 3)
    assert slope_table(made, [1])["slope"].tolist() == [2.0]
    thirds = third_table(made, [1])
    assert thirds["estimate"].tolist() == [2.0, 4.0, 6.0]
    assert thirds["predicted"].tolist() == [1.0, 2.0, 3.0]


def test_who_has_no_overlap_is_not_averaged_and_is_trimmed_at_each_probability():
    """Ten patients at probability 0.02 or below, 40 at 0.5: 50, 40 and 40 are left at .01, .05 and .1."""
    chance = np.repeat([0.02, 0.5], [10, 40])
    made = _scores(
        np.column_stack([np.zeros(50), np.repeat([100.0, 1.0], [10, 40])]),
        np.zeros((50, 2)),
        np.arange(50) % 2,
        propensity=np.column_stack([1 - chance, chance]),
    )
    assert made.overlap(1).sum() == 40
    table = trimming_table(made, [1])
    assert table["patients"].tolist() == [50, 40, 40]
    assert table["estimate"].tolist() == [pytest.approx(20.8), 1.0, 1.0]
    few = trimming_table(made, [1], trimmed_at=(0.6,))
    assert few["patients"].tolist() == [0]
    assert few["estimate"].isna().all()


def test_the_effective_number_is_that_of_kish():
    """(1 + 1 + 4)^2 / (1 + 1 + 16) = 2."""
    assert effective_number(np.array([1.0, 1.0, 4.0])) == 2.0


@pytest.fixture(scope="module")
def response(make):
    """A yes-or-no outcome of 900 patients, log odds -0.7 for b, confounded by age."""
    made = make(900, seed=5)
    model = ResponseEffect(reference="a").fit(made.X, made.response, treatment=made.treatment)
    report = assess(model, made.X, made.response, treatment=made.treatment, higher_is_better=False)
    return made, report


def test_the_mean_difference_of_a_response_covers_the_truth(response):
    """Truth by the fixture's equation: mean over patients of expit(-0.5 + 0.5 age - 0.7) - expit(-0.5 + 0.5 age)."""
    made, report = response
    age = (made.X["age"].to_numpy(float) - 60) / 10
    truth = float(np.mean(expit(-0.5 + 0.5 * age - 0.7) - expit(-0.5 + 0.5 * age)))
    row = report.averages.iloc[0]
    assert row["lower"] < truth < row["upper"]
    assert row["std_error"] < 0.05
    assert row["e_value"] > row["e_value_limit"] > 1
    # without adjustment the two groups differ by less: who had b was older
    b = (made.treatment == "b").to_numpy()
    raw = made.response["value"][b].mean() - made.response["value"][~b].mean()
    assert raw > row["upper"] - 0.02


def test_current_practice_is_the_mean_of_what_was_seen(response):
    """No value of a response is censored: the policy's value is the plain mean."""
    made, report = response
    table = report.policy.set_index("policy")
    assert table.loc["current practice", "value"] == pytest.approx(made.response["value"].mean())
    assert table.loc["everybody b (best single option)", "option"] == "b"


def test_a_report_survives_json(response):
    _, report = response
    text = json.dumps(report.to_dict(), allow_nan=False)
    back = EffectReport.from_dict(json.loads(text))
    assert json.dumps(back.to_dict(), allow_nan=False) == text
    pd.testing.assert_frame_equal(back.averages, report.averages, check_dtype=False)
    assert from_records([], ["x"]).columns.tolist() == ["x"]
    assert to_records(pd.DataFrame({"a": [np.inf, 1.0]})) == [{"a": None}, {"a": 1.0}]


def test_an_option_with_few_events_has_a_reason_and_no_number(make):
    """25 patients had c, fewer than 20 of them with the event: no row in any table."""
    made = make(500, seed=6)
    treatment = made.treatment.copy()
    treatment.iloc[:25] = "c"
    y = made.y.copy()
    y.iloc[:25, y.columns.get_loc("event")] = np.arange(25) < 5
    y.iloc[:25, y.columns.get_loc("time")] = 1.0
    model = SurvivalEffect(reference="a", horizon=3.0).fit(made.X, y, treatment=treatment)
    report = assess(model, made.X, y, treatment=treatment)
    row = report.options.set_index("option").loc["c"]
    assert not row["identified"]
    assert row["reason"] == "5 events under c; 20 are needed for an estimate"
    assert report.identified == ("b",)
    for table in (report.averages, report.slopes, report.thirds, report.balance, report.trimming, report.waterfall):
        assert set(table["option"]) == {"b"}
    assert set(report.curves["option"]) == {"a", "b"}
    assert any("c against a: not identified" in text for text in report.warnings)


def test_without_overlap_nothing_is_identified_and_no_number_is_given(make):
    """b is given to everybody over 60 and to nobody else, but for one in 100."""
    made = make(600, seed=7)
    old = (made.X["age"] > 60).to_numpy(dtype=bool)
    swapped = np.random.default_rng(0).random(600) < 0.01
    treatment = pd.Series(np.where(old ^ swapped, "b", "a"), index=made.X.index)
    model = SurvivalEffect(reference="a", horizon=3.0).fit(made.X, made.y, treatment=treatment)
    report = assess(model, made.X, made.y, treatment=treatment)
    assert report.identified == ()
    assert "overlap" in report.options["reason"].iloc[0]
    assert report.averages.empty
    assert report.policy.empty
    assert report.curves.empty
    json.dumps(report.to_dict(), allow_nan=False)
    alone = mean_differences(model, made.X, made.y, treatment=treatment)
    assert alone["estimate"].isna().all()
    assert alone["reason"].iloc[0] == report.options["reason"].iloc[0]


def test_in_a_trial_the_probability_is_the_share_within_the_stratum(make):
    """Stratum s0 had b in 1 of 4, s1 in 3 of 4: shares out of fold lie near these."""
    made = make(400, n_strata=2, seed=8)
    rng = np.random.default_rng(1)
    chance = np.where(made.strata == "s0", 0.25, 0.75)
    treatment = pd.Series(np.where(rng.random(400) < chance, "b", "a"), index=made.X.index)
    model = SurvivalEffect(reference="a", horizon=3.0, randomised=True)
    model.fit(made.X, made.y, treatment=treatment, strata=made.strata)
    from genorx.effects.adjusted.alignment import align

    scores = doubly_robust_scores(model, align(made.X, made.y, treatment, None, made.strata), folds=4)
    found = pd.Series(scores.propensity[:, 1]).groupby(made.strata.loc[scores.patients].to_numpy()).mean()
    assert found.to_numpy() == pytest.approx([0.25, 0.75], abs=0.06)


def test_a_fold_without_the_patient_followed_longest_does_not_stop_averages(make):
    """By construction: one patient an option is followed to 4, all others to 3, so outside its fold nobody is."""
    made = make(200)
    y = made.y.assign(event=made.y["event"] & (made.y["time"] < 3.0), time=made.y["time"].clip(upper=3.0))
    for option in ("a", "b"):
        y.loc[y.index[(y["time"] == 3.0) & (made.treatment == option)][0], "time"] = 4.0
    model = SurvivalEffect(reference="a", horizon=4.0, n_draws=20).fit(made.X, y, treatment=made.treatment)
    rows = y.index[y["time"] <= 3.0]
    assert within_follow_up(4.0, y.loc[rows], made.treatment) == 3.0
    assert within_follow_up(2.0, y.loc[rows], made.treatment) == 2.0
    table = mean_differences(model, made.X, y, treatment=made.treatment, folds=2)
    assert np.isfinite(table["estimate"]).all()


def test_means_up_to_a_shorter_horizon_are_those_of_that_time(make):
    """A restricted mean up to 1 is at most 1, and models of the folds that are handed in are used."""
    made = make(300, seed=9)
    model = SurvivalEffect(reference="a", horizon=3.0).fit(made.X, made.y, treatment=made.treatment)
    given = {"treatment": made.treatment, "folds": 3, "horizon": 1.0}
    report = assess(model, made.X, made.y, **given)
    assert report.means["estimate"].between(0.5, 1.0).all()
    assert report.curves["time"].max() == 1.0
    again = assess(model, made.X, made.y, **given, outside=dict.fromkeys(range(3), model))
    assert not np.isclose(again.averages["model"].iloc[0], report.averages["model"].iloc[0], atol=1e-9)


def test_an_option_that_nothing_happened_under_outside_of_a_fold_is_refused(make):
    """20 events of b, all in patients of fold 0."""
    from genorx.outcomes import hash_folds

    made = make(400, seed=10)
    y, fold = made.y.copy(), hash_folds(made.X.index, 2)
    b = (made.treatment == "b").to_numpy()
    y["event"] = y["event"].to_numpy() & (~b | (fold == 0))
    model = SurvivalEffect(reference="a", horizon=2.0, min_events=5).fit(made.X, y, treatment=made.treatment)
    with pytest.raises(SupportError) as caught:
        assess(model, made.X, y, treatment=made.treatment, folds=2)
    assert caught.value.code == "too-few-events"
