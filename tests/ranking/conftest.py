"""Small made cohorts with a design, for the tests of ranking."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from genorx._core.feature_spec import FeatureSpec
from genorx.cohort.cohort import Cohort
from genorx.cohort.design.design import Design
from genorx.cohort.outcome import Outcome
from genorx.ranking import Ranking, TreatmentRanker

OPTIONS = ("standard", "new", "rare")


def _made_cohort(
    n: int = 400, *, seed: int = 1, effect: float = -0.8, design: bool = True, n_rare: int = 12, binary: bool = True
) -> Cohort:
    """Patients with age, sex, ECOG, stage, a gene; survival under exponential hazards; log hazard ratio ``effect``.

    ``rare`` is an option that only ``n_rare`` patients had, so it has too few events for an estimate.
    """
    rng = np.random.default_rng(seed)
    index = pd.Index([f"P{i:04d}" for i in range(n)], name="patient_id")
    age = rng.normal(60, 8, n).round(1)
    gene = rng.binomial(1, 0.3, n)
    features = pd.DataFrame(
        {
            "age_years": pd.array(age, dtype="Float64"),
            "sex": pd.Categorical(rng.choice(["f", "m"], n), categories=["f", "m"]),
            "ecog": pd.Categorical(rng.choice(["0", "1", "2"], n), categories=["0", "1", "2"], ordered=True),
            "TP53": pd.array(gene, dtype="Int8"),
        },
        index=index,
    )
    features.loc[index[:20], "age_years"] = pd.NA
    specs = (
        FeatureSpec(name="age_years", kind="number", group="clinical", unit="a", lower=age.min(), upper=age.max()),
        FeatureSpec(name="sex", kind="category", group="clinical", levels=("f", "m")),
        FeatureSpec(name="ecog", kind="ordinal", group="clinical", levels=("0", "1", "2")),
        FeatureSpec(name="TP53", kind="boolean", group="gene"),
    )
    new = rng.random(n) < 1 / (1 + np.exp(-(age - 60) / 16))
    taken = np.where(new, "new", "standard")
    taken[rng.choice(n, n_rare, replace=False)] = "rare"
    hazard = 0.2 * np.exp(0.4 * (age - 60) / 8 + 0.5 * gene + effect * (taken == "new"))
    time, censored = rng.exponential(1 / hazard), rng.uniform(4, 9, n)
    survival = pd.DataFrame({"time": np.minimum(time, censored), "event": time <= censored}, index=index)
    outcomes = {
        "os": Outcome(name="os", kind="survival", frame=survival, unit="years", horizons=(1.0, 3.0), better="longer")
    }
    if binary:
        odds = np.exp(-1 + 1.0 * (taken == "new"))
        toxic = (rng.random(n) < odds / (1 + odds)).astype(float)
        frame = pd.DataFrame({"value": toxic}, index=index)
        outcomes["toxicity"] = Outcome(name="toxicity", kind="binary", frame=frame, better="lower", role="harm")
    treatment = pd.Series(pd.Categorical(taken, categories=OPTIONS), index=index)
    made = Design(
        kind="baseline",
        options=OPTIONS,
        reference="standard",
        treatment=treatment,
        origin=pd.Series(0.0, index=index),
        strata=pd.Series("all", index=index),
        assumptions=("No unmeasured confounding.",),
    )
    return Cohort(
        features=features,
        specs=specs,
        outcomes=outcomes,
        design=made if design else None,
        name="made",
        primary="os",
        horizon=3.0,
        assembly="GRCh38",
        digest="0" * 64,
    )


def _patients_of(cohort: Cohort, *ids: str, **changes: object) -> Cohort:
    """Return some patients without their future; ``changes`` sets features of all of them."""
    features = cohort.features.loc[list(ids)].copy()
    for name, value in changes.items():
        if isinstance(features[name].dtype, pd.CategoricalDtype) and value not in features[name].cat.categories:
            features[name] = features[name].cat.add_categories([value])
        features[name] = pd.Series([value] * len(features), index=features.index, dtype=features[name].dtype)
    return Cohort(features=features, specs=cohort.specs, assembly=cohort.assembly, digest="1" * 64)


@pytest.fixture(scope="session")
def made_cohort() -> Callable[..., Cohort]:
    """``made_cohort(n, seed=..., effect=..., design=..., n_rare=..., binary=...)``."""
    return _made_cohort


@pytest.fixture(scope="session")
def patients_of() -> Callable[..., Cohort]:
    """``patients_of(cohort, *ids, feature=value)``."""
    return _patients_of


@pytest.fixture(scope="session")
def cohort() -> Cohort:
    """400 patients, hazard ratio of ``new`` 0.45."""
    return _made_cohort()


@pytest.fixture(scope="session")
def ranker(cohort: Cohort) -> TreatmentRanker:
    """A ranker fitted to ``cohort``."""
    return TreatmentRanker(n_draws=400).fit(cohort)


@pytest.fixture(scope="session")
def ranking(ranker: TreatmentRanker, cohort: Cohort) -> Ranking:
    """Three patients, the first with a missing age."""
    return ranker.rank(_patients_of(cohort, "P0000", "P0030", "P0100"))
