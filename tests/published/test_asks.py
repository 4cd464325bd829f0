"""Eleven things that users of other tools asked for in their trackers, a test each."""

import numpy as np
import pandas as pd
import pytest
from lifelines import CoxPHFitter

from genorx import published
from genorx.errors import TableError

POOLED = {"age": 55, "sex": "male", "race": "white", "smoker": 0, "tc": 200, "hdl": 50, "sbp": 130, "bp_meds": 0}
POOLED |= {"diabetes": 0}
SCORE2 = {"age": 55, "sex": "male", "region": "Low", "smoker": 0, "sbp": 130, "tc": 5.0, "hdl": 1.3}


def test_cvrisk_2_a_missing_value_does_not_crash():
    frame = pd.DataFrame([POOLED, POOLED | {"tc": np.nan}])
    assert published.load("pooled-cohort@2013").evaluate(frame)["risk"].isna().tolist() == [False, True]


def test_cvrisk_5_nothing_is_missing_without_a_reason():
    """There a cholesterol in another unit made every number missing without a word."""
    frame = pd.DataFrame([POOLED, POOLED | {"tc": np.nan}, POOLED | {"age": 85}])
    model = published.load("pooled-cohort@2013")
    empty = model.evaluate(frame)["risk"].isna()
    serious = {each.patient_id for each in model.check(frame) if each.severity == "serious"}
    assert serious == {str(row) for row in frame.index[empty]}
    with pytest.raises(TableError, match="looks like mmol/L"):
        model.evaluate(pd.DataFrame([POOLED | {"tc": 5.2, "hdl": 1.3}]))


def test_pooledcohort_2_bmi_is_not_demanded_where_its_weight_is_0(heart):
    row = published.load("prevent@2023").evaluate(heart().drop(columns="bmi")).iloc[0]
    with_bmi = published.load("prevent@2023").evaluate(heart()).iloc[0]
    assert pd.isna(row["heart_failure"])
    for outcome in ("total_cvd", "ascvd", "chd", "stroke"):
        assert row[outcome] == with_bmi[outcome]


def test_riskscorescvd_1_regions_are_ordered_and_a_country_is_no_region():
    """The order of regions holds where the risk is high; at low risk two scales of the source cross."""
    smoker = SCORE2 | {"age": 68, "smoker": 1, "sbp": 160}
    frame = pd.DataFrame([smoker | {"region": region} for region in ("Low", "Moderate", "High", "Very high")])
    assert published.load("score2@2021").evaluate(frame)["risk"].is_monotonic_increasing
    with pytest.raises(TableError, match="text of 6 characters is none of Low, Moderate"):
        published.load("score2@2021").evaluate(pd.DataFrame([SCORE2 | {"region": "France"}]))


def test_riskscorescvd_2_the_card_says_which_of_two_tables_is_used():
    """The supplement's example of SCORE2-OP uses other scales than its table."""
    card = published.load("score2-op@2021").card
    assert any("worked example uses other scales" in limit for limit in card.limits)


def test_riskscorescvd_15_diabetes_in_score2_is_refused_and_the_right_model_named():
    frame = pd.DataFrame([SCORE2 | {"diabetes": 1}])
    found = published.load("score2@2021").check(frame)
    assert "score2-diabetes@2023" in found[0].message


def test_cvrisk_15_the_fullest_model_that_the_data_allow_is_taken_and_named(heart):
    """With each optional value known in turn, then two of them."""
    frame = pd.concat([heart(), heart(uacr=30.0), heart(hba1c=6.0), heart(sdi_decile=5), heart(uacr=30.0, hba1c=6.0)])
    frame.index = range(5)
    made = published.load("prevent@2023", variant="auto").evaluate(frame)
    assert made["variant"].tolist() == ["base", "uacr", "hba1c", "sdi", "full"]
    for number, variant in enumerate(made["variant"]):
        alone = published.load("prevent@2023", variant=variant).evaluate(frame.iloc[[number]])
        assert alone["total_cvd"].iloc[0] == made["total_cvd"].iloc[number]


def test_cvrisk_7_prevent_stands_beside_the_pooled_cohort_equations(heart):
    frame = heart(age=60, sbp=150).assign(race="white", tc=201.0, hdl=50.0)
    made = published.compare(["pooled-cohort@2013", "prevent@2023"], frame)
    assert made.frame["what"].tolist() == ["cardiovascular risk, 10 years"]
    assert made.frame["pooled-cohort@2013 value"][0] > made.frame["prevent@2023 value"][0]


def test_ipssm_7_ipssr_is_next_to_ipssm(marrow):
    frame = marrow().assign(ANC=1.0)
    assert len(published.compare(["ipssm@1.0.0", "ipssr@2012"], frame).frame) == 1


def test_ipssm_2_derived_features_stay_unknown_where_undecided(marrow):
    """There three derived features were forced to 0 or 1: here the scenarios differ by them alone."""
    made = published.load("ipssm@1.0.0").evaluate(marrow(TP53mut="1", TP53maxvaf=0.3, TP53loh=None)).iloc[0]
    assert made["worst.score"] - made["best.score"] == pytest.approx(1.18 / np.log(2), abs=0.011)
    decided = published.load("ipssm@1.0.0").evaluate(marrow(TP53mut="1", TP53maxvaf=0.3, TP53loh=0)).iloc[0]
    assert decided["worst.score"] == decided["best.score"] == made["best.score"]


def test_riskregression_32_validation_needs_probabilities_only():
    """Known truth: exponential times from the predicted probabilities; the slope is that of lifelines' Cox model."""
    rng = np.random.default_rng(1)
    risk = rng.uniform(0.05, 0.5, 4000)
    time = rng.exponential(-10 / np.log1p(-risk))
    censored = rng.uniform(5, 20, 4000)
    end, event = np.minimum(time, censored), time <= censored
    right = published.validate(risk, end, event, horizon=10)
    assert right.oe == pytest.approx(1, abs=0.06)
    table = pd.DataFrame({"index": np.log(-np.log1p(-risk)), "time": np.minimum(end, 10), "event": event & (end <= 10)})
    cox = CoxPHFitter().fit(table, "time", "event")
    assert right.slope == pytest.approx(cox.params_["index"], abs=0.01)
    assert right.slope == pytest.approx(1, abs=0.1)
    wrong = published.validate(risk / 2, end, event, horizon=10)
    assert wrong.oe == pytest.approx(2 * right.oe)
    assert wrong.c == right.c
    assert published.validate(np.append(risk, np.nan), [*end, 1], [*event, True], horizon=10).left_out == 1


def test_aipal_1_the_authors_number_is_reproduced_by_a_pipeline(examples):
    """All open examples are ``test_examples``; here one by way of scikit-learn: clone, fit, evaluate."""
    from sklearn.base import clone

    model, inputs, part = examples("albi")[0]
    copy = clone(model).fit(inputs)
    assert copy is not model
    np.testing.assert_allclose(copy.evaluate(inputs)["score"], part["out.score"], atol=1e-9)
