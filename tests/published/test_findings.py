"""What a model says beside its numbers: each code once, where its place is."""

import numpy as np
import pandas as pd
import pytest

from genorx import published


def _found(model, frame, code):
    return [each for each in model.check(frame) if each.code == code]


def test_a_value_that_the_source_has_for_unknown_is_named(breast):
    """Table of PREDICT: unknown grade 2.13, unknown way of detection 0.204."""
    model = published.load("predict-breast@3.1")
    found = _found(model, breast(grade=9, screen=2, pr=9), "published-source-value")
    assert [(each.severity, each.place.partition(" column ")[2]) for each in found] == [
        ("info", '"grade"'),
        ("info", '"pr"'),
        ("info", '"screen"'),
    ]
    assert "2.13" in found[0].message
    plain = model.evaluate(breast(grade=9))["none.10.os"].iloc[0]
    grades = [model.evaluate(breast(grade=grade))["none.10.os"].iloc[0] for grade in (2, 3)]
    assert grades[0] > plain > grades[1]


def test_diabetes_that_score2_op_is_not_told_is_taken_as_absent_with_a_warning():
    values = {"age": 75, "sex": "female", "region": "Low", "smoker": 0, "sbp": 140, "tc": 5.5, "hdl": 1.3}
    model = published.load("score2-op@2021")
    assert [each.severity for each in _found(model, pd.DataFrame([values]), "published-source-value")] == ["warning"]
    assert not _found(model, pd.DataFrame([values | {"diabetes": 0}]), "published-source-value")


def test_a_value_outside_of_derivation_is_a_warning_and_has_a_number():
    """PLCOm2012 was derived from 55 to 74 years (README)."""
    values = {"age": 50, "race": "white", "education": 3, "bmi": 27, "copd": 0, "personal_cancer": 0, "current": 1}
    values |= {"family_lung_cancer": 0, "cigs": 20, "smoking_years": 30, "quit_years": 0}
    model, frame = published.load("plcom2012@2013"), pd.DataFrame([values])
    assert [each.place for each in _found(model, frame, "published-outside-derivation")] == ['row 1 column "age"']
    assert model.evaluate(frame)["risk"].notna().all()


def test_an_outcome_that_lacks_its_value_says_so(heart, marrow):
    """PREVENT weighs BMI for heart failure only; IPSS-R needs the age for its adjusted score only."""
    assert _found(published.load("prevent@2023"), heart(bmi=np.nan), "published-outcome-unknown")
    model, frame = published.load("ipssr@2012"), marrow().assign(ANC=1.0)
    assert _found(model, frame, "published-outcome-unknown")
    assert model.evaluate(frame)["score"].notna().all()
    assert model.evaluate(frame)["age_adjusted"].isna().all()


def test_an_option_of_which_the_record_says_nothing_has_no_estimate(breast):
    """An unknown HER2 or menopause state: no_estimate for that option only."""
    table = published.load("predict-breast@3.1").predict(breast(postmenopausal=np.nan), [10])
    found = [each for each in table.attrs["findings"] if each["code"] == "published-option-unknown"]
    assert [each["message"].partition(":")[0] for each in found] == [
        "postmenopausal is not known, so bisphosphonate has no estimate"
    ]
    by_option = table[table["outcome"] == "os"].set_index("option")["estimate"]
    assert by_option[[option for option in by_option.index if "b" in option]].isna().all()
    assert by_option[["none", "hct"]].notna().all()


def test_a_correction_names_the_patients_and_events_that_it_rests_on(heart):
    """By construction: 400 patients, the events counted here."""
    from genorx.cohort import Cohort
    from genorx.cohort.outcome import Outcome

    rng = np.random.default_rng(0)
    features = pd.concat([heart(age=int(age)) for age in rng.integers(40, 79, 400)], ignore_index=True)
    features.index = [f"P{number}" for number in range(400)]
    time = rng.uniform(1, 15, 400)
    frame = pd.DataFrame({"time": time, "event": rng.random(400) < 0.2}, index=features.index)
    outcome = Outcome(name="os", kind="survival", frame=frame, unit="years")
    cohort = Cohort(features=features, specs=(), outcomes={"os": outcome})
    made = published.load("prevent@2023").recalibrate(cohort, how="intercept", cause="ascvd").recalibration
    events = int((frame["event"] & (time <= 10)).sum())
    text = next(each.message for each in made.findings if each.code == "published-recalibrated")
    assert text == f"prevent@2023 was corrected (intercept) on 400 patients with {events} events"


def test_an_interval_of_the_treatment_alone_is_named_so(heart):
    """The difference carries that and only that, named so."""
    effect = published.RelativeEffect("new drug", 0.8, (0.7, 0.9), applies_to="ascvd")
    model = published.Combine(published.load("prevent@2023"), [effect])
    codes = {each.code for each in model.rank(heart(), outcome="ascvd").findings}
    assert "published-treatment-interval" in codes


def test_combine_refuses_nobody_for_whom_the_baseline_holds(heart):
    effect = published.RelativeEffect("new drug", 0.8, applies_to="ascvd")
    model = published.Combine(published.load("prevent@2023"), [effect])
    base = published.load("prevent@2023").evaluate(heart())["ascvd"].iloc[0]
    table = model.predict(heart())
    assert table[table["option"] == "as recorded"].set_index("outcome")["estimate"]["ascvd"] == pytest.approx(base)
    assert table["lower"].isna().all()
