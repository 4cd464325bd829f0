"""Published risks of people to screen: numbers, and why somebody has none."""

import numpy as np
import pandas as pd
import pytest

from genorx import published
from genorx.errors import TableError, UsageError
from genorx.published import screening_risks

PLCO, MAYO = "plcom2012@2013", "mayo-nodule@1997"
COLUMNS = ["patient_id", "model", "risk", "horizon", "threshold", "above", "reason"]


def _table(name, frame, **how):
    return screening_risks(published.load(name), frame, **how).to_frame()


@pytest.mark.parametrize(("name", "column"), [(PLCO, "plcom2012"), (MAYO, "mayo")])
def test_risks_of_the_shared_people_are_met(shared, name, column):
    """early_detection/expected.csv to 1e-9; its columns are taken by the other names of the inputs."""
    home = shared / "data" / "early_detection"
    people, expected = pd.read_csv(home / "people.csv"), pd.read_csv(home / "expected.csv")
    found = _table(name, people)
    assert list(found.columns) == COLUMNS
    assert found["patient_id"].tolist() == expected["patient_id"].tolist()
    np.testing.assert_allclose(found["risk"], expected[column], atol=1e-9)


#: Table 2 of Tammemagi 2013 as the R package PLCOm2012 (resplab) and others print it; one unit more of each.
PLCO_TERMS = {
    "age": (1, 0.0778868),
    "education": (1, -0.0812744),
    "bmi": (1, -0.0274194),
    "copd": (1, 0.3553063),
    "personal_cancer": (1, 0.4589971),
    "family_lung_cancer": (1, 0.587185),
    "smoking_years": (1, 0.0317321),
}
RACES = {
    "white": 0.0,
    "black": 0.3944778,
    "hispanic": -0.7434744,
    "asian": -0.466585,
    "american indian": 0.0,
    "alaskan native": 0.0,
    "american indian or alaskan native": 0.0,
    "native hawaiian": 1.027152,
    "pacific islander": 1.027152,
    "native hawaiian or pacific islander": 1.027152,
}


def _logit(name, frame):
    risk = _table(name, frame)["risk"].to_numpy()
    return np.log(risk / (1 - risk))


def test_every_coefficient_of_plcom2012_is_that_of_a_second_source(smoker):
    base = _logit(PLCO, smoker())[0]
    for column, (step, weight) in PLCO_TERMS.items():
        more = smoker(**{column: smoker()[column].iloc[0] + step})
        assert _logit(PLCO, more)[0] - base == pytest.approx(weight, abs=1e-9), column
    former = _logit(PLCO, smoker(current=0))[0]
    assert base - former == pytest.approx(0.2597431, abs=1e-9)
    assert _logit(PLCO, smoker(current=0, quit_years=1))[0] - former == pytest.approx(-0.0308572, abs=1e-9)
    inverse = 10 / 40 - 10 / 20
    assert _logit(PLCO, smoker(cigs=40))[0] - base == pytest.approx(-1.822606 * inverse, abs=1e-9)
    whole = -4.532506 + 0.0778868 * 2 + 0.0812744 + 0.0274194 + 0.2597431 - 1.822606 * (0.5 - 0.4021541613)
    assert base == pytest.approx(whole + 0.0317321 * 13 + 0.0308572 * 10, abs=1e-9)


def test_races_have_the_weights_of_the_paper_by_the_name_of_either_people(smoker):
    """Public copies have -0.734744 for Hispanic, and the last two groups swapped."""
    found = _logit(PLCO, smoker(race=list(RACES)))
    np.testing.assert_allclose(found - found[0], list(RACES.values()), atol=1e-9)


def test_every_coefficient_of_the_nodule_model_is_that_of_a_second_source(nodule):
    """PMC6717521, table 2 (intercept: two calculators), and the paper's odds ratios as others quote them."""
    base = _logit(MAYO, nodule(ever_smoker=0, spiculation=0))[0]
    assert base == pytest.approx(-6.8272 + 0.0391 * 60 + 0.1274 * 12, abs=1e-9)
    terms = {"ever_smoker": (0.7917, 2.2), "cancer_history": (1.3388, 3.8), "upper_lobe": (0.7838, 2.2)}
    for column, (weight, ratio) in (terms | {"spiculation": (1.0407, 2.8)}).items():
        more = _logit(MAYO, nodule(**{"ever_smoker": 0, "spiculation": 0, column: 1}))[0] - base
        assert more == pytest.approx(weight, abs=1e-9)
        assert round(np.exp(more), 1) == ratio
    older = _logit(MAYO, nodule(age=61))[0] - _logit(MAYO, nodule())[0]
    assert older == pytest.approx(0.0391, abs=1e-9)


def test_a_nodule_has_no_horizon_and_no_threshold(nodule):
    row = _table(MAYO, nodule()).iloc[0]
    assert row[["horizon", "threshold", "above"]].isna().all()
    assert _table(MAYO, nodule(), threshold=0.05)["above"].tolist() == [1]


def test_the_threshold_is_that_of_the_card_unless_one_is_given(smoker):
    """Tammemagi 2014, PLoS Med 11:e1001764: 0.0151; a risk at the threshold is above."""
    row = _table(PLCO, smoker()).iloc[0]
    assert (row["horizon"], row["threshold"], row["above"]) == (6, 0.0151, 1)
    assert _table(PLCO, smoker(), threshold=float(row["risk"]))["above"].tolist() == [1]
    assert _table(PLCO, smoker(), threshold=0.3)["above"].tolist() == [0]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"age": 54}, "published-outside-derivation"),
        ({"age": 75}, "published-outside-derivation"),
        ({"cigs": 0}, "published-not-for-patient"),
        ({"smoking_years": 0}, "published-not-for-patient"),
        ({"ever_smoker": 0}, "published-not-for-patient"),
        ({"bmi": np.nan}, "published-unknown-input"),
        ({"race": None}, "published-unknown-input"),
        ({"age": 80, "copd": np.nan}, "published-outside-derivation; published-unknown-input"),
        ({"age": 17}, "published-outside-derivation; published-outside-range"),
    ],
)
def test_whom_the_model_is_not_meant_for_has_no_risk_and_the_reason(smoker, changes, reason):
    row = _table(PLCO, smoker(**changes)).iloc[0]
    assert row["reason"] == reason
    assert pd.isna(row["risk"])
    assert pd.isna(row["above"])


def test_a_nodule_of_31_mm_is_outside_of_derivation(nodule):
    assert _table(MAYO, nodule(nodule_mm=31.0))["reason"].tolist() == ["published-outside-derivation"]


def test_extrapolation_gives_the_risk_and_keeps_the_reason(smoker):
    found = _table(PLCO, smoker(age=[64, 50, 17]), extrapolate=True)
    assert found["risk"].notna().tolist() == [True, True, False]
    assert found["reason"].tolist()[:2] == ["", "published-outside-derivation"]
    inside = _logit(PLCO, smoker())[0]
    risk = found["risk"].iloc[1]
    assert np.log(risk / (1 - risk)) == pytest.approx(inside - 14 * 0.0778868, abs=1e-9)


def test_a_refused_person_takes_nobody_with_him(smoker):
    assert _table(PLCO, smoker(age=[64, 40, 70]))["risk"].isna().tolist() == [False, True, False]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"education": 0}, "unknown-level"),
        ({"copd": 7}, "unknown-level"),
        ({"race": "martian"}, "unknown-level"),
        ({"quit_years": 3}, "contradiction"),
        ({"age": 130}, "impossible-value"),
    ],
)
def test_tables_that_cannot_be_are_errors(smoker, changes, code):
    with pytest.raises(TableError) as caught:
        _table(PLCO, smoker(**changes))
    assert (caught.value.code, caught.value.exit_code) == (code, 3)


def test_a_column_of_nodules_in_cm_is_an_error(nodule):
    with pytest.raises(TableError, match="looks like cm") as caught:
        _table(MAYO, nodule(nodule_mm=1.2))
    assert caught.value.code == "published-unit-suspect"
    assert str(caught.value).startswith("error[published-unit-suspect]")


def test_a_missing_column_is_an_error(smoker):
    with pytest.raises(TableError) as caught:
        _table(PLCO, smoker().drop(columns="bmi"))
    assert caught.value.code == "column-missing"


def test_columns_are_taken_by_other_names_of_an_input_and_that_is_said(smoker):
    """A column of the input's own name goes before; a mapping may use either name."""
    frame = smoker().rename(columns={"personal_cancer": "cancer_history", "cigs": "cigarettes_per_day"})
    made = screening_risks(published.load(PLCO), frame)
    assert [each.code for each in made.findings] == ["published-other-name"] * 2
    assert made.risk[0] == _table(PLCO, smoker())["risk"].iloc[0]
    model = published.load(PLCO, mapping={"smoking_status": "now"})
    assert screening_risks(model, smoker().rename(columns={"current": "now"})).risk[0] == made.risk[0]


def test_a_model_of_anything_but_one_risk_is_refused(smoker):
    frame = pd.DataFrame({"bilirubin_umol_l": [20.0], "albumin_g_l": [40.0]}, index=["P0"])
    with pytest.raises(UsageError) as caught:
        _table("albi@2015", frame)
    assert caught.value.code == "not-a-risk"
    with pytest.raises(UsageError) as caught:
        _table(PLCO, smoker(), threshold=1.51)
    assert (caught.value.code, caught.value.exit_code) == ("threshold", 2)
