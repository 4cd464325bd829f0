"""The fit report: known truth, hand calculations, refusals."""

import json

import numpy as np
import pytest

from genorx.datasets import make_effect_tables
from genorx.effects import SurvivalEffect, assess
from genorx.effects.assessment.effect_calibration import autoc
from genorx.effects.averages.e_values import e_value, hazard_to_risk
from genorx.errors import SupportError


def _fit(scenario, n, seed, **options):
    tables = make_effect_tables(scenario, n=n, n_test=2000, seed=seed)
    train = tables.train.set_index("patient_id")
    X, y, arm = train[tables.spec["covariates"]], train[["time", "event"]], train["arm"]
    model = SurvivalEffect(horizon=36, reference="standard", randomised=tables.spec["randomised"], **options)
    return tables, model.fit(X, y, treatment=arm), X, y, arm


@pytest.fixture(scope="module")
def confounded():
    """Effect by x1, treatment by indication."""
    tables, model, X, y, arm = _fit("by indication", 800, 11)
    return tables, model, assess(model, X, y, treatment=arm, permutations=1)


@pytest.mark.slow
def test_the_doubly_robust_mean_covers_the_truth(confounded):
    """Truth: mean over 2,000 patients of the same population."""
    tables, _, report = confounded
    truth = (tables.truth["new"] - tables.truth["standard"]).mean()
    row = report.averages.iloc[0]
    assert row["lower"] - 0.3 < truth < row["upper"] + 0.3
    assert row["e_value"] >= 1


@pytest.mark.slow
def test_where_effects_differ_the_slope_is_near_one_thirds_ascend_and_choosing_gains(confounded):
    """Truth: the effect runs from -14 to 12 months with x1; gains are those of the model's choice in 2,000 others."""
    tables, model, report = confounded
    slope = report.slopes.iloc[0]
    assert abs(slope["slope"] - 1) < 3 * slope["std_error"]
    assert report.thirds["estimate"].is_monotonic_increasing
    rate = report.rate.iloc[0]
    assert rate["autoc"] > 2 * rate["std_error"]
    policy = report.policy.set_index("policy")
    others = tables.test.set_index("patient_id")[tables.spec["covariates"]]
    values = tables.truth.to_numpy()
    chosen = values[np.arange(len(values)), model.restricted(others).means[0].argmax(axis=1)]
    row = policy.loc["everybody standard (reference)"]
    assert row["gain"] == pytest.approx((chosen - values[:, 0]).mean(), abs=3 * row["std_error"])
    assert row["gain"] > 0
    assert policy.loc["current practice", "verdict"] == "choosing by patient gains"


@pytest.mark.slow
def test_weighting_balances_what_indication_moved_apart(confounded):
    _, _, report = confounded
    worst = report.balance[["before", "after"]].abs().max()
    assert worst["before"] > 0.5
    assert worst["after"] < 0.25
    assert report.claims_by_chance < report.claims
    json.dumps(report.to_dict(), allow_nan=False)


@pytest.mark.slow
def test_without_an_effect_it_says_that_choosing_does_not_help():
    """Truth: no effect for anybody."""
    _, model, X, y, arm = _fit("none", 500, 3)
    report = assess(model, X, y, treatment=arm)
    assert all("no evidence" in verdict for verdict in report.policy["verdict"].iloc[1:])
    assert any("no evidence" in text for text in report.warnings)
    assert np.isnan(report.claims_by_chance)
    assert np.isnan(report.averages["e_value"].iloc[0])
    assert report.assumptions[0] == "treatment was randomised"


def test_an_e_value_is_that_of_the_paper():
    """VanderWeele and Ding 2017: risk ratio 3.9 has an E-value of 7.26; 0.8 one of 1.81."""
    assert e_value(3.9) == pytest.approx(7.26, abs=0.005)
    assert e_value(0.8) == pytest.approx(1.81, abs=0.005)
    assert hazard_to_risk(1.0) == 1.0
    assert hazard_to_risk(4.0) == pytest.approx((1 - 0.25) / (1 - 0.5**0.5))


def test_the_area_of_targeting_is_as_by_hand():
    """Gains 3, 0, 0 in order of priority: means of the first 1, 2, 3 are 3, 1.5, 1; minus 1: 2, 0.5, 0."""
    assert autoc(np.array([9.0, 5.0, 1.0]), np.array([3.0, 0.0, 0.0])) == pytest.approx(2.5 / 3)


def test_treatments_that_begin_later_have_no_weighted_averages():
    tables = make_effect_tables("late start", n=300, n_test=2, seed=1)
    train = tables.train.set_index("patient_id")
    X, y = train[tables.spec["covariates"]], train[["time", "event"]]
    model = SurvivalEffect(horizon=36, reference="standard")
    model.fit(X, y, treatment=train["arm"], start=train["start"])
    with pytest.raises(SupportError) as caught:
        assess(model, X, y, treatment=train["arm"])
    assert caught.value.code == "start-stop"
