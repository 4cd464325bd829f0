"""Who is covered under an option: ranges, levels, propensity, effective number, the forest as arrays."""

import json

import numpy as np
import pandas as pd
import pytest

from genorx.effects import SurvivalEffect
from genorx.effects.adjusted.confounding import PropensityLogits
from genorx.effects.overlap.coverage import OptionCoverage, patients_of
from genorx.effects.overlap.forest import PropensityForest


def _coverage() -> OptionCoverage:
    """Ages 20 to 60 under option 0, 40 to 60 under option 1; level y only under option 0."""
    age = np.r_[np.linspace(20, 60, 20), np.linspace(40, 60, 20)]
    X = pd.DataFrame(
        {
            "age": pd.array(age, dtype="Float64"),
            "gene": pd.array([0, *[1] * 19] + [0] * 20, dtype="Int8"),
            "rare": pd.array([1, *[0] * 39], dtype="Int8"),
            "idle": np.linspace(20, 60, 40).tolist()[::2] + np.linspace(20, 60, 40).tolist()[1::2],
            "kept": np.r_[np.linspace(20, 60, 20), np.linspace(20, 30, 20)],
            "kind": pd.Categorical(["x"] * 4 + ["y"] * 16 + ["x"] * 20, categories=["x", "y", "z"]),
        }
    )
    return OptionCoverage.fit(X, np.repeat([0, 1], 20), 2)


@pytest.mark.parametrize(
    ("patient", "code", "feature"),
    [
        ({"age": 50.0}, 1, None),
        ({"age": 38.5}, 1, None),  # a tenth of the width, 2 years, is allowed
        ({"age": 37.0}, 1, "age"),
        ({"age": 37.0}, 0, None),
        ({"age": 65.0}, 0, "age"),
        ({"idle": 62.5}, 0, None),  # whether it moves an effect or not, a tenth of the width, 4 years, is allowed
        ({"idle": 65.0}, 0, "idle"),
        ({"kept": 34.0}, 1, "kept"),
        ({"kept": 30.5}, 1, None),
        ({"age": None}, 1, None),  # missing is imputed and named elsewhere
        ({"gene": 1.0}, 0, None),
        ({"gene": 1.0}, 1, "gene"),  # 9.5 of 19 carriers were expected under option 1, none was
        ({"rare": 1.0}, 1, None),  # one carrier: that nobody had option 1 is chance
        ({"kind": "y"}, 1, "kind"),
        ({"kind": "y"}, 0, None),
        ({"kind": "z"}, 0, "kind"),  # seen in nobody
        ({"kind": None}, 0, None),
    ],
)
def test_a_patient_is_outside_by_the_feature_that_nobody_under_the_option_has(patient, code, feature):
    found = _coverage().outside(patient, code)
    assert (None if found is None else found.feature) == feature
    if found is not None:
        assert feature in found.reason


def test_who_is_covered_is_told_for_all_at_once_as_for_each():
    """Numbers, yes and no, levels, also where a value is missing, or a level was seen in nobody."""
    coverage, kinds = _coverage(), ["x", "y", "z", None]
    rng = np.random.default_rng(2)
    X = pd.DataFrame(
        {
            "age": pd.array(rng.uniform(15, 70, 60).round(1), dtype="Float64"),
            "gene": pd.array(rng.integers(0, 2, 60), dtype="Float64"),
            "rare": pd.array(rng.integers(0, 2, 60), dtype="boolean"),
            "idle": rng.uniform(15, 70, 60),
            "kept": rng.uniform(15, 35, 60),
            "kind": pd.Categorical([kinds[i] for i in rng.integers(0, 4, 60)], categories=kinds[:3]),
        }
    )
    X.loc[::7, ["age", "gene", "rare"]] = pd.NA
    X.loc[::5, "idle"] = np.nan
    covered = coverage.covers(X, 2)
    alone = [[coverage.outside(patient, code) is None for code in range(2)] for patient in patients_of(X)]
    assert covered.tolist() == alone
    assert 5 < covered.sum() < 100


def test_coverage_survives_json():
    coverage = _coverage()
    again = OptionCoverage.from_values(json.loads(json.dumps(coverage.values())))
    for patient in ({"age": 37.0}, {"kind": "z"}, {"gene": 1.0}):
        assert again.outside(patient, 1) == coverage.outside(patient, 1)


def test_a_number_that_nobody_under_an_option_has_covers_nobody():
    X = pd.DataFrame({"x": pd.array([1.0, 2.0, 3.0, None], dtype="Float64")})
    coverage = OptionCoverage.fit(X, np.array([0, 0, 0, 1]), 2)
    assert coverage.outside({"x": 2.0}, 1).feature == "x"
    assert OptionCoverage.from_values(json.loads(json.dumps(coverage.values()))).outside({"x": 2.0}, 1) is not None


def test_values_of_patients_keep_missing_as_missing():
    X = pd.DataFrame({"n": pd.array([1, None], dtype="Int64"), "c": pd.Categorical([None, "x"])})
    assert patients_of(X) == [{"n": 1.0, "c": None}, {"n": None, "c": "x"}]


def test_the_forest_as_arrays_predicts_as_scikit_learn_does():
    """The same forest in scikit-learn itself."""
    from sklearn.ensemble import RandomForestClassifier

    rng = np.random.default_rng(0)
    Z = rng.normal(size=(300, 4))
    option = rng.integers(0, 3, 300)
    ours, held_out = PropensityForest.fit(Z, option, n_trees=30, seed=5)
    theirs = RandomForestClassifier(30, min_samples_leaf=15, max_features=None, random_state=5).fit(Z, option)
    np.testing.assert_allclose(ours.predict(Z), theirs.predict_proba(Z), atol=1e-12)
    np.testing.assert_allclose(PropensityForest(**ours.arrays()).predict(Z), ours.predict(Z), atol=0)
    assert held_out.sum(axis=1) == pytest.approx(np.ones(300))


def test_the_effective_number_falls_to_nothing_far_from_all(fitted, made):
    near = fitted.support(made.X.assign(age=pd.array([60.0] * len(made.X), dtype="Float64")).iloc[:1])
    far = fitted.support(made.X.assign(age=pd.array([200.0] * len(made.X), dtype="Float64")).iloc[:1])
    assert near["effective_n"].min() > 5
    assert far["effective_n"].max() < 1
    assert not far["inside"].any()
    assert set(far["outside_feature"]) == {"age"}


def test_ends_of_ranges_are_kept_as_round_values_outward():
    """A twentieth of 59 years holds steps of 2, of 0.37 steps of 0.01: 21 to 80.5 become 20 to 82."""
    X = pd.DataFrame({"age": [21.0, 40.0, 80.5], "crp": [0.034, 0.2, 0.404]})
    ranges = OptionCoverage.fit(X, np.zeros(3, dtype=np.int64), 1).ranges
    assert ranges == {"age": [(20.0, 82.0)], "crp": [(0.03, 0.41)]}


def test_beyond_is_outside_the_range_of_who_had_the_option():
    found = _coverage().beyond(pd.DataFrame({"age": [39.0, 50.0, None], "idle": 40.0, "kept": 25.0}))
    assert found["age"].tolist() == [[False, True], [False, False], [False, False]]


@pytest.mark.parametrize("randomised", [False, True])
def test_beyond_the_oldest_of_a_cohort_there_is_no_estimate(randomised):
    """GBSG2 of scikit-survival, hormone therapy or none: ages 21 (with it 32) to 80, six older than 73 with it.

    Age moves the prognosis (Schumacher M et al. 1994, J Clin Oncol 12:2086), and hardly the effect.
    """
    from sksurv.datasets import load_gbsg2

    X, outcome = load_gbsg2()
    X.index = [f"P{row}" for row in range(len(X))]
    hormone = X.pop("horTh").astype(str)
    X = X.assign(menostat=X["menostat"].astype(str), tgrade=X["tgrade"].astype(str))
    y = pd.DataFrame({"time": outcome["time"], "event": outcome["cens"]}, index=X.index)
    model = SurvivalEffect(horizon=1826, reference="no", randomised=randomised).fit(X, y, treatment=hormone)
    patients = X.iloc[np.arange(40)]
    for age in (81.0, 83.0, 85.0, 95.0, 105.0, 120.0):
        support = model.support(patients.assign(age=age))
        assert not support["inside"].any()
        assert set(support["outside_feature"]) == {"age"}
        assert support["effective_n"].max() < 5
        assert support["reason"].str.contains(f"age {age:g} lies outside").all()
    aged = model.rank(patients.assign(age=95.0))
    assert set(aged["advice"]) == {"abstain"}
    assert aged["rmst"].isna().all()
    own = model.support(X)  # hardly anybody of the cohort itself is refused
    assert own["inside"].mean() > 0.97
    assert (own["inside"] <= (own["effective_n"] >= 5)).all()


def test_nobody_with_an_estimate_has_fewer_alike_than_asked_for(made):
    asked = SurvivalEffect(reference="a", min_alike=60).fit(made.X, made.y, treatment=made.treatment)
    support = asked.support(made.X).dropna(subset="effective_n")
    assert support.loc[support["inside"], "effective_n"].min() >= 60
    few = support[support["reason"].str.contains("60 are needed")]
    assert len(few)
    assert not few["inside"].any()


def test_drivers_say_whose_value_lies_beyond_the_range_of_the_option(fitted, made):
    own = made.X["age"].astype(float)[(made.treatment == "b").to_numpy()]
    patient = made.X.iloc[:1].assign(age=pd.array([own.max() * 1.5], dtype="Float64"))
    stated = fitted.drivers(patient).query("option == 'b'").set_index("feature")["beyond"]
    assert stated.to_dict() == {"age": True, "gene": False, "sex": False}
    inside = made.X.iloc[:1].assign(age=pd.array([own.median()], dtype="Float64"))
    assert not fitted.drivers(inside)["beyond"].any()


def test_support_is_the_same_after_the_model_file(fitted, made):
    values, arrays = fitted.state()
    again = SurvivalEffect.from_state(json.loads(json.dumps(values)), arrays)
    pd.testing.assert_frame_equal(again.support(made.X), fitted.support(made.X))


def test_the_state_of_the_support_holds_no_row_a_patient(fitted):
    """Of all arrays but the trees only cells of at least 20 patients (of an option with fewer, all) are kept."""
    values, arrays = fitted.support_.state()
    cells = {name: array for name, array in arrays.items() if ".cells." in name}
    assert not [
        name for name in arrays if not name.startswith("forest.") and ".cells." not in name and arrays[name].size > 6
    ]
    for name, array in cells.items():
        patients = values["patients"][values["all_options"].index(fitted.options_[int(name[-1])])]
        assert array[:, 0].min() >= min(20, patients)


def test_where_an_option_was_never_given_its_propensity_is_too_small(make):
    """Truth: b is given to nobody in a corner of two features, each of which alone is covered under b."""
    made = make(800, confounding=0.0)
    rng = np.random.default_rng(1)
    u, v = rng.uniform(-1, 1, 800), rng.uniform(-1, 1, 800)
    X = made.X.assign(u=pd.array(u, dtype="Float64"), v=pd.array(v, dtype="Float64"))
    corner = (u < 0) & (v < 0)  # each of u and v alone is covered under b
    taken = made.treatment.mask(corner, "a")
    model = SurvivalEffect(reference="a", horizon=3.0).fit(X, made.y, treatment=taken)
    inside = model.support(X).pivot(index="patient_id", columns="option", values="inside")
    deep = (u < -0.3) & (v < -0.3)
    assert inside["b"][deep].mean() < 0.2
    assert inside["b"][(u > 0.2) | (v > 0.2)].mean() > 0.95
    assert inside["a"].mean() > 0.95
    reasons = model.support(X[deep]).query("option == 'b' and not inside")["reason"]
    assert reasons.str.contains("hardly ever had b").mean() > 0.8


def test_in_a_randomised_trial_propensities_are_the_known_shares(make):
    made = make(400, confounding=0.0)
    model = SurvivalEffect(reference="a", randomised=True).fit(made.X, made.y, treatment=made.treatment)
    support = model.support(made.X.iloc[:2])
    assert support.query("option == 'b'")["propensity"].tolist() == [pytest.approx((made.treatment == "b").mean())] * 2
    assert len(model.columns_.logits.centre) == 0


def test_propensity_logits_follow_what_drove_the_choice():
    """Truth: the choice depends on the first column only."""
    rng = np.random.default_rng(2)
    Z = rng.normal(size=(800, 5))
    option = (rng.random(800) < 1 / (1 + np.exp(-1.5 * Z[:, 0]))).astype(np.int64)
    logits = PropensityLogits.fit(Z, option, np.zeros(800, dtype=np.int64), group=np.zeros(5, dtype=np.int64))
    column = logits.columns(Z)
    assert np.corrcoef(column[:, 0], Z[:, 0])[0, 1] > 0.97
    assert column.mean() == pytest.approx(0, abs=1e-9)
    assert column.std() == pytest.approx(1)


def test_a_choice_by_stratum_alone_gives_no_logit_of_the_features():
    """In each stratum all had one option: nothing in the features explains the choice, and the fit stays finite."""
    rng = np.random.default_rng(3)
    strata = np.repeat([0, 1], 200)
    Z = rng.normal(size=(400, 3))
    logits = PropensityLogits.fit(Z, strata, strata, group=np.zeros(3, dtype=np.int64))
    assert np.isfinite(logits.weights).all()
