"""Outcomes under a changed factor: what the model says of the changed patient, with the interval of the difference."""

from __future__ import annotations

import dataclasses
import json

import jsonschema
import numpy as np
import pandas as pd
import pytest

from genorx._core.feature_spec import FeatureSpec
from genorx.errors import UsageError
from genorx.ranking import Ranking, TreatmentRanker, load_model
from genorx.ranking.answer.schema import ranking_schema


@pytest.fixture(scope="module")
def living(made_cohort):
    """The made cohort with smoking, pack-years, weight, height and index; weight moves toxicity, smoking survival."""
    cohort = made_cohort(400, seed=6)
    rng, index = np.random.default_rng(2), cohort.features.index
    status = rng.choice(["never", "former", "current"], len(index))
    packs = np.where(status == "never", 0.0, rng.gamma(3, 8, len(index)).round(1))
    height = rng.normal(172, 8, len(index)).round()
    weight = (rng.normal(26, 3, len(index)) * (height / 100) ** 2).round(1)
    bmi = weight / (height / 100) ** 2
    features = cohort.features.assign(
        smoking_status=pd.Categorical(status, categories=["current", "former", "never"]),
        pack_years=pd.array(packs, dtype="Float64"),
        weight_kg=pd.array(weight, dtype="Float64"),
        height_cm=pd.array(height, dtype="Float64"),
        bmi_kg_per_m2=pd.array(bmi, dtype="Float64"),
    )
    levels = ("current", "former", "never")
    numbers = {"pack_years": "{pack}.a", "weight_kg": "kg", "height_cm": "cm", "bmi_kg_per_m2": "kg/m2"}
    specs = [
        *cohort.specs,
        FeatureSpec(name="smoking_status", kind="category", group="lifestyle", levels=levels),
        *(
            FeatureSpec(
                name=name,
                kind="number",
                group="lifestyle",
                unit=unit,
                lower=float(features[name].min()),
                upper=float(features[name].max()),
            )
            for name, unit in numbers.items()
        ),
    ]
    os = cohort.outcomes["os"]
    longer = np.where(status == "current", 0.5, 1.0)
    frame = os.frame.assign(time=os.frame["time"] * longer)
    outcomes = dict(cohort.outcomes) | {"os": dataclasses.replace(os, frame=frame, horizons=(1.0,))}
    return dataclasses.replace(cohort, features=features, specs=tuple(specs), outcomes=outcomes, horizon=2.0)


@pytest.fixture(scope="module")
def fitted(living):
    return TreatmentRanker(n_draws=200).fit(living)


@pytest.fixture(scope="module")
def smoker(living):
    rows = living.features.index[(living.features["smoking_status"] == "current").to_numpy()]
    return str(rows[3])


@pytest.fixture(scope="module")
def ranked(fitted, living, smoker, patients_of):
    never = str(living.features.index[(living.features["smoking_status"] == "never").to_numpy()][0])
    return fitted.rank(patients_of(living, smoker, never))


def rows(found, patient, measure="rmst"):
    frame = found.frame
    return frame[(frame["patient_id"] == patient) & (frame["measure"] == measure)].set_index("option")


def test_the_change_is_what_the_model_says_of_a_changed_patient(ranked, fitted, living, smoker, patients_of):
    """Ranking the patient with the level changed by hand gives the same numbers to the last digit."""
    by_hand = fitted.rank(patients_of(living, smoker, smoking_status="former")).to_frame()
    by_hand = by_hand[by_hand["measure"] == "rmst"].set_index("option")
    found = rows(ranked.what_if({"smoking_status": "former"}), smoker)
    for option in ("standard", "new"):
        assert found.loc[option, "changed"] == pytest.approx(by_hand.loc[option, "estimate"], abs=1e-12)
        assert found.loc[option, "changed_upper"] == pytest.approx(by_hand.loc[option, "upper"], abs=1e-12)
        assert found.loc[option, "difference"] == pytest.approx(
            by_hand.loc[option, "estimate"] - found.loc[option, "estimate"], abs=1e-12
        )


def test_the_difference_comes_from_the_same_draws(ranked, smoker):
    """Quitting helps in these data; the interval of the difference is narrower than those of both ends are wide."""
    row = rows(ranked.what_if({"smoking_status": "former"}), smoker).loc["standard"]
    assert 0 < row["difference_lower"] < row["difference"] < row["difference_upper"]
    assert row["probability_better"] > 0.975
    apart = np.hypot(row["upper"] - row["lower"], row["changed_upper"] - row["changed_lower"])
    assert row["difference_upper"] - row["difference_lower"] < apart


def test_no_change_is_no_difference(ranked, smoker):
    found = ranked.what_if({"smoking_status": "current"})
    row = rows(found, smoker).loc["new"]
    assert (row["difference"], row["difference_lower"], row["difference_upper"]) == (0.0, 0.0, 0.0)
    assert row["probability_better"] == 0.5


def test_it_is_labelled_as_a_prediction(ranked):
    found = ranked.what_if({"smoking_status": "former"})
    assert found.kind == "prediction"
    assert "association" in found.label
    assert found.kept == ("pack_years",)
    assert "what-if-kept" in {one.code for one in found.findings}


def test_who_never_smoked_has_a_finding_and_no_estimate(ranked):
    _, never = ranked.patients
    found = ranked.what_if({"smoking_status": "former"})
    own = rows(found, never)
    assert own["changed"].isna().all()
    assert own.loc["standard", "estimate"] > 0
    assert set(own.loc[["standard", "new"], "reason"]) == {"a patient who never smoked cannot become a former smoker"}
    assert [one.patient_id for one in found.findings if one.code == "what-if-refused"] == [never]


def test_body_mass_index_follows_weight(ranked, fitted, living, smoker, patients_of):
    """Both changed by hand in the patient give the same prediction."""
    kilograms = float(living.features.loc[smoker, "weight_kg"]) - 5
    metres = float(living.features.loc[smoker, "height_cm"]) / 100
    changed = patients_of(living, smoker, weight_kg=kilograms, bmi_kg_per_m2=kilograms / metres**2)
    by_hand = fitted.rank(changed).to_frame().query("measure == 'probability'").set_index("option")["estimate"]
    found = ranked.what_if({"weight_kg": lambda weight: weight - 5})
    assert rows(found, smoker, "probability").loc["new", "changed"] == pytest.approx(by_hand["new"], abs=1e-9)
    assert found.followed == ("bmi_kg_per_m2",)
    assert {"what-if-follows"} <= {one.code for one in found.findings}


def test_where_no_patient_was_there_is_no_estimate(ranked):
    found = ranked.what_if({"weight_kg": 190})
    assert found.frame["changed"].isna().all()
    assert found.frame["difference"].isna().all()
    assert "190 lies outside" in found.findings[0].message
    assert {one.code for one in found.findings} == {"what-if-refused", "what-if-follows"}


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"age_years": 40}, "not-modifiable"),
        ({"TP53": 0}, "not-modifiable"),
        ({"smoking": "former"}, "no-such-feature"),
        ({"smoking_status": "sometimes"}, "wrong-value"),
    ],
)
def test_what_cannot_be_asked_is_refused(ranked, changes, code):
    with pytest.raises(UsageError) as caught:
        ranked.what_if(changes)
    assert caught.value.code == code


def test_a_ranking_without_its_model_says_so(ranked):
    plain = Ranking(answers=ranked.answers)
    with pytest.raises(UsageError) as caught:
        plain.what_if({"smoking_status": "former"})
    assert caught.value.code == "no-model"


def test_one_patient_of_a_ranking_is_asked_alone(ranked, smoker):
    alone = ranked.for_patient(smoker).what_if({"smoking_status": "former"})
    together = ranked.what_if({"smoking_status": "former"})
    assert alone.frame["patient_id"].unique().tolist() == [smoker]
    pd.testing.assert_frame_equal(alone.frame, together.frame[together.frame["patient_id"] == smoker])


def test_a_saved_model_answers_the_same(ranked, fitted, living, smoker, patients_of, tmp_path):
    fitted.save(tmp_path / "m.model")
    loaded = load_model(tmp_path / "m.model").set_params(n_draws=200)
    again = loaded.rank(patients_of(living, smoker)).what_if({"smoking_status": "former"})
    found = ranked.for_patient(smoker).what_if({"smoking_status": "former"})
    pd.testing.assert_frame_equal(again.frame, found.frame)


def test_a_prognosis_is_asked_without_options(living, smoker, patients_of):
    plain = dataclasses.replace(living, design=None, outcomes={"toxicity": living.outcomes["toxicity"]}, horizon=None)
    model = TreatmentRanker(n_draws=100).fit(dataclasses.replace(plain, primary="toxicity"))
    found = model.what_if(patients_of(living, smoker), {"smoking_status": "former"})
    assert found.frame["option"].tolist() == ["as_treated"]
    assert found.frame["changed"].notna().all()


@pytest.fixture(scope="module")
def by_treatment(living):
    """The design says that a column of the treatment table, ``therapy``, makes the options."""
    factors = {"therapy": {"standard": "standard", "2": "new", "rare": "rare"}}
    return TreatmentRanker(n_draws=200).fit(
        dataclasses.replace(living, design=dataclasses.replace(living.design, factors=factors))
    )


@pytest.mark.parametrize("value", ["new", "2", 2])
def test_the_treatment_of_the_design_is_an_effect(by_treatment, living, smoker, patients_of, value):
    """The difference is that of the ranking against the reference, and the assumptions stand in the label."""
    ranking = by_treatment.rank(patients_of(living, smoker))
    found = ranking.what_if({"therapy": value})
    assert found.kind == "effect"
    assert found.label.endswith("if: No unmeasured confounding")
    row = rows(found, smoker).loc["new"]
    said = ranking.to_frame().query("option == 'new' and measure == 'rmst'").iloc[0]
    assert (row["difference"], row["difference_lower"]) == (said["difference"], said["difference_lower"])
    assert row["changed"] == said["estimate"]


@pytest.mark.parametrize(
    ("changes", "code"),
    [({"therapy": "other"}, "no-such-option"), ({"therapy": "new", "smoking_status": "former"}, "what-if-mixed")],
)
def test_the_treatment_is_asked_alone_and_by_an_option(by_treatment, living, smoker, patients_of, changes, code):
    with pytest.raises(UsageError) as caught:
        by_treatment.rank(patients_of(living, smoker)).what_if(changes)
    assert caught.value.code == code


def test_an_option_without_estimate_has_its_reason(by_treatment, living, smoker, patients_of):
    found = by_treatment.rank(patients_of(living, smoker)).what_if({"therapy": "rare"})
    assert found.frame["changed"].isna().all()
    assert all("events under rare" in reason for reason in rows(found, smoker)["reason"])


def test_json_and_table_carry_the_change(ranked):
    found = ranked.what_if({"smoking_status": "former"})
    records = [each | {"what_if": found.to_dict(each["patient_id"])} for each in ranked.to_records()]
    jsonschema.validate(json.loads(json.dumps(records)), ranking_schema())
    frame = ranked.to_frame()
    beside = found.beside(frame)
    assert len(beside) == len(frame)
    assert beside.columns[: frame.shape[1]].tolist() == frame.columns.tolist()
    best = beside.query("measure == 'rmst' and option == 'standard'").iloc[0]
    assert best["changed"] - best["estimate"] == pytest.approx(best["change"])
