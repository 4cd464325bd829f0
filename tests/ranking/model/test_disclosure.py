"""A model holds nobody: by an attack on it, and by looking for each patient's numbers in it."""

from __future__ import annotations

import dataclasses
import json

import numpy as np
import pandas as pd
import pytest

from genorx.cohort.outcome import Outcome
from genorx.effects import ResponseEffect, SurvivalEffect
from genorx.outcomes import (
    BoostedCounts,
    BoostedLogistic,
    BoostedRegression,
    CauseSpecificCox,
    CauseSpecificSurvival,
    ChosenValueModel,
    CumulativeOrdinal,
    DoseModel,
    ElasticNetCounts,
    ElasticNetCox,
    ElasticNetLogistic,
    ElasticNetRegression,
    ForestCounts,
    ForestLogistic,
    ForestRegression,
    GroupShrunkCounts,
    GroupShrunkCox,
    GroupShrunkLogistic,
    GroupShrunkOrdinal,
    GroupShrunkRegression,
    SurvivalBoosting,
    SurvivalForest,
    SurvivalStack,
)
from genorx.outcomes.shrinkage.baseline import coarse_times
from genorx.outcomes.shrinkage.cox_fit import fit_cox
from genorx.outcomes.shrinkage.partial_likelihood import PartialLikelihood
from genorx.ranking import TreatmentRanker
from genorx.ranking.model.bundle import read_bundle

N = 337
EVENTS = ["time", "event"]
SURVIVAL = (
    GroupShrunkCox(splines=True, heavy_tails=True),
    ElasticNetCox(n_refits=4),
    SurvivalForest(n_bags=4),
    SurvivalBoosting(n_trees=30, n_refits=3),
    SurvivalStack(
        members={"cox": GroupShrunkCox(), "forest": SurvivalForest(n_bags=4)}, weights={"cox": 0.6, "forest": 0.4}
    ),
)
COMPETING = (CauseSpecificCox(), CauseSpecificSurvival(model=SurvivalForest(n_bags=4)))
BINARY = (
    GroupShrunkLogistic(),
    ElasticNetLogistic(n_refits=3),
    BoostedLogistic(n_trees=30, n_refits=3),
    ForestLogistic(n_bags=4, n_refits=3),
)
AMOUNTS = (
    GroupShrunkRegression(splines=True),
    ElasticNetRegression(n_refits=3),
    BoostedRegression(n_trees=30, n_refits=3),
    ForestRegression(n_bags=4),
    ChosenValueModel(candidates={"group": GroupShrunkRegression()}, by=("gene",)),
    DoseModel(candidates={"group": GroupShrunkRegression()}),
)
COUNTS = (
    GroupShrunkCounts(),
    ElasticNetCounts(n_refits=3),
    BoostedCounts(n_trees=30, n_refits=3),
    ForestCounts(n_bags=4),
)
GRADES = (GroupShrunkOrdinal(), CumulativeOrdinal())


@pytest.fixture(scope="module")
def patients():
    """Features, treatment and outcomes whose numbers are each one patient's, to all digits; ids like no other text."""
    rng = np.random.default_rng(12)
    index = pd.Index([f"Qx7-{i:04d}" for i in range(N)], name="patient_id")
    X = pd.DataFrame(
        {
            "age": rng.normal(60, 9, N),
            "crp": np.exp(rng.normal(1, 1, N)),
            "gene": rng.binomial(1, 0.3, N).astype(float),
            "stage": pd.Categorical(rng.choice(["I", "II", "III"], N)),
        },
        index=index,
    )
    X.loc[rng.random(N) < 0.05, "crp"] = np.nan
    slope = 0.5 * (X["age"] - 60) / 9 + 0.6 * X["gene"]
    treatment = pd.Series(np.where(rng.random(N) < 0.5, "new", "standard"), index=index)
    time, stop = rng.exponential(20 * np.exp(-slope)), rng.uniform(10, 60, N)
    cause = np.where(time <= stop, rng.integers(1, 3, N), 0)
    y = pd.DataFrame({"time": np.minimum(time, stop), "event": cause > 0, "cause": cause}, index=index)
    y["yes"] = (rng.random(N) < 1 / (1 + np.exp(-slope))).astype(float)
    y["amount"] = np.exp(3 + 0.3 * slope + rng.normal(0, 0.2, N))
    y["count"] = rng.poisson(np.exp(0.5 + 0.4 * slope)).astype(float)
    y["grade"] = np.minimum(rng.poisson(1 + np.exp(slope)), 3).astype(float)
    return X, y, treatment


def private(X, y, encoder=None):
    """Return the numbers that are one patient's: as given, on the scales that models use, and as encoded."""
    stated = {name: X[name].to_numpy(float) for name in ("age", "crp")}
    stated |= {name: y[name].to_numpy(float) for name in ("time", "amount")}
    stated |= {"log amount": np.log(stated["amount"]), "root of amount": np.sqrt(stated["amount"])}
    if encoder is not None:
        Z = encoder.transform(X)
        stated |= {c.name: Z[:, k] for k, c in enumerate(encoder.columns_) if c.kind in ("value", "spline")}
        stated["crp"] = stated["crp"][X["crp"].notna().to_numpy()]
        stated = {name: numbers[_single(numbers)] for name, numbers in stated.items()}
    return stated


def _single(numbers):
    """Return which numbers one patient alone has: a filled gap has that of all gaps."""
    different, place, count = np.unique(numbers, return_inverse=True, return_counts=True)
    return (count[place] == 1) & (different[place] != 0)


def assert_holds_nobody(disclosure, values, arrays, X, y, encoder=None):
    values = json.loads(json.dumps(values))
    assert "Qx7-" not in json.dumps(values)
    assert disclosure.given_away(values, arrays, private(X, y, encoder)) == []
    assert disclosure.long_arrays(arrays, {N, int(y["event"].sum())}) == []
    assert disclosure.rows_from_baselines(arrays) == []


@pytest.mark.parametrize(
    ("model", "columns"),
    [
        *((model, EVENTS) for model in SURVIVAL),
        *((model, [*EVENTS, "cause"]) for model in COMPETING),
        *((model, "yes") for model in BINARY),
        *((model, "amount") for model in AMOUNTS),
        *((model, "count") for model in COUNTS),
        *((model, "grade") for model in GRADES),
    ],
    ids=lambda each: type(each).__name__ if hasattr(each, "fit") else "",
)
def test_a_model_holds_no_patients_numbers(model, columns, patients, disclosure):
    """Exact numbers, arrays by patient, rows from differences: of a model of each kind and engine."""
    X, y, _ = patients
    fitted = type(model)(**model.get_params(deep=False)).fit(X, y[columns])
    values, arrays = fitted.state()
    encoder = getattr(fitted, "encoder_", None) or getattr(getattr(fitted, "columns_", None), "encoder", None)
    assert_holds_nobody(disclosure, values, arrays, X, y, encoder)


def test_the_attack_finds_patients_in_steps_by_event_time(patients, disclosure):
    """What a file held before: most who left alone between two events come back, whole."""
    X, y, _ = patients
    Z = GroupShrunkCox().fit(X, y[EVENTS]).encoder_.transform(X)
    time, event = y["time"].to_numpy(), y["event"].to_numpy()
    fit = fit_cox(Z, time, event, group=[0] * Z.shape[1])
    hazard = np.exp(Z @ fit.beta)
    steps = PartialLikelihood(Z, time, event).event_steps(fit.beta)[0]
    at_risk = time[None, :] >= steps.times[:, None]
    arrays = {
        "beta": fit.beta,
        "baseline.0.deaths": steps.deaths,
        "baseline.0.increments": steps.increments,
        "baseline.0.risk_means": (at_risk * hazard) @ Z / (at_risk @ hazard)[:, None],
    }
    rows = disclosure.rows_from_baselines(arrays)
    assert len(rows) > 0.2 * N
    assert all(np.abs(Z - row).max(axis=1).min() < 1e-6 for row in rows)


def test_neighbouring_steps_differ_by_twenty_patients(patients):
    """Truth by counting: the risk sets whose means are kept lose 20 patients or more from one to the next."""
    _, y, _ = patients
    begins = np.concatenate([[0.0], coarse_times(y["time"].to_numpy(), y["event"].to_numpy())[:-1]])
    left = [int((y["time"] > begin).sum()) for begin in begins]
    assert len(left) > 8
    assert -np.diff([*left, 0]).max() < 60
    assert (-np.diff([*left, 0])).min() >= 20


def test_with_the_sizes_of_the_risk_sets_told_no_row_comes_back(patients):
    """The attack at its strongest: means at the steps' begins are worked out, and somebody tells the exact sizes."""
    X, y, _ = patients
    model = GroupShrunkCox().fit(X, y[EVENTS])
    base, Z = model.fit_.baseline[0], model.encoder_.transform(X)
    means = [base.risk_means[-1]]
    for mean in base.risk_means[-2::-1]:
        means.insert(0, 2 * mean - means[0])
    hazard = np.exp(Z @ model.fit_.beta)
    begins = np.concatenate([[0.0], coarse_times(y["time"].to_numpy(), y["event"].to_numpy())[:-1]])
    at_risk = y["time"].to_numpy()[None, :] > begins[:, None]
    np.testing.assert_allclose(means, (at_risk * hazard) @ Z / (at_risk @ hazard)[:, None], atol=1e-9)
    size = at_risk @ hazard
    sums = size[:, None] * np.array(means)
    lost = (sums[:-1] - sums[1:]) / (size[:-1] - size[1:])[:, None]
    assert min(np.abs(Z - row).max(axis=1).min() for row in lost) > 0.05


@pytest.mark.parametrize("design", ["baseline", "time-varying"])
@pytest.mark.parametrize("causes", [1, 2])
def test_an_effect_on_survival_holds_nobody(design, causes, patients, disclosure):
    X, y, treatment = patients
    rng = np.random.default_rng(3)
    start = pd.Series(rng.uniform(0, 5, N), index=X.index) if design == "time-varying" else None
    columns = EVENTS if causes == 1 else [*EVENTS, "cause"]
    fitted = SurvivalEffect(n_draws=20).fit(X, y[columns], treatment=treatment, start=start)
    values, arrays = fitted.state()
    assert_holds_nobody(disclosure, values, arrays, X, y, fitted.encoder_)
    if start is not None:
        assert disclosure.given_away(values, arrays, {"start": start.to_numpy()}) == []


@pytest.mark.parametrize(
    ("kind", "column"), [("binary", "yes"), ("continuous", "amount"), ("count", "count"), ("ordinal", "grade")]
)
def test_an_effect_on_a_value_holds_nobody(kind, column, patients, disclosure):
    X, y, treatment = patients
    stated = y[[column]].set_axis(["value"], axis=1)
    fitted = ResponseEffect(kind=kind, n_draws=20).fit(X, stated, treatment=treatment)
    values, arrays = fitted.state()
    assert_holds_nobody(disclosure, values, arrays, X, y, fitted.encoder_)


def test_doses_set_aside_are_counted_and_not_named(patients):
    """A dose far from all others is a patient's, and so is the id that the model tells in memory."""
    X, y, _ = patients
    dose = y["amount"].copy()
    dose.iloc[3] = 1e4
    model = DoseModel(candidates={"group": GroupShrunkRegression()}).fit(X, dose)
    assert model.outliers_ == ("Qx7-0003",)
    values, _ = model.state()
    assert "Qx7" not in json.dumps(values)


@pytest.fixture(scope="module")
def saved(made_cohort, tmp_path_factory):
    """A ranker with its evaluation, of survival, a probability, an amount, a count and grades, in a file."""
    cohort = made_cohort(N, seed=5)
    rng = np.random.default_rng(8)
    index = pd.Index([f"Qx7-{i:04d}" for i in range(N)], name="patient_id")
    renamed = {"index": index}
    features = cohort.features.set_axis(index)
    features["age_years"] = pd.array(rng.normal(60, 8, N), dtype="Float64")
    specs = tuple(
        dataclasses.replace(s, lower=float(features[s.name].min()), upper=float(features[s.name].max()))
        if s.name == "age_years"
        else s
        for s in cohort.specs
    )
    made = {name: dataclasses.replace(each, frame=each.frame.set_axis(index)) for name, each in cohort.outcomes.items()}
    new = (cohort.design.treatment == "new").to_numpy()
    values = {
        "gain": ("continuous", 1.0 + 2 * new + rng.normal(0, 1.5, N), {}),
        "stays": ("count", rng.poisson(np.where(new, 4.0, 2.0)).astype(float), {}),
        "toxic": (
            "ordinal",
            np.minimum(3.0, rng.poisson(np.where(new, 2.0, 1.0))),
            {"levels": tuple("0123"), "at_least": "2"},
        ),
    }
    for name, (kind, value, more) in values.items():
        frame = pd.DataFrame({"value": value}, **renamed)
        made[name] = Outcome(name=name, kind=kind, frame=frame, better="lower", role="harm", **more)
    design = dataclasses.replace(
        cohort.design,
        treatment=cohort.design.treatment.set_axis(index),
        origin=cohort.design.origin.set_axis(index),
        strata=cohort.design.strata.set_axis(index),
    )
    stated = dataclasses.replace(cohort, features=features, specs=specs, outcomes=made, design=design)
    ranker = TreatmentRanker(n_draws=40).fit(stated)
    ranker.evaluate(stated, folds=2, n_boot=4)
    path = tmp_path_factory.mktemp("disclosure") / "model"
    ranker.save(path)
    return stated, path


@pytest.mark.slow
def test_a_model_file_with_its_evaluation_holds_nobody(saved, disclosure):
    """Bytes, numbers and arrays of the whole file."""
    cohort, path = saved
    assert b"Qx7-" not in path.read_bytes()
    bundle = read_bundle(path)
    numbers = {
        "age": cohort.features["age_years"].to_numpy(float),
        "time": cohort.outcomes["os"].frame["time"].to_numpy(float),
        "gain": cohort.outcomes["gain"].frame["value"].to_numpy(float),
    }
    assert disclosure.given_away(bundle.values, bundle.arrays, numbers) == []
    events = int(cohort.outcomes["os"].frame["event"].sum())
    assert disclosure.long_arrays(bundle.arrays, {N, events}) == []
    assert disclosure.rows_from_baselines(bundle.arrays) == []
