"""Simulated patients that the tests of models share."""

import numpy as np
import pandas as pd
import pytest

from genorx._core.feature_spec import FeatureSpec


@pytest.fixture(scope="session")
def patients():
    """400 patients: age and a marker matter (log hazard ratios 0.7 a standard deviation and 1), two genes do not."""
    rng = np.random.default_rng(11)
    n = 400
    age, marker = rng.normal(60, 10, n), rng.integers(0, 2, n)
    X = pd.DataFrame(
        {
            "age": pd.array(age, dtype="Float64"),
            "marker": pd.array(marker, dtype="Int8"),
            "g1": pd.array(rng.integers(0, 2, n), dtype="Int8"),
            "g2": pd.array((rng.random(n) < 0.1).astype(int), dtype="Int8"),
            "site": pd.Categorical(rng.choice(["a", "b", "c"], n)),
        },
        index=[f"P{i:03d}" for i in range(n)],
    )
    X.iloc[:40, 0] = pd.NA
    hazard = np.exp(0.7 * (age - 60) / 10 + marker - 0.5)
    time, censor = rng.exponential(1 / hazard), rng.exponential(2, n)
    y = pd.DataFrame({"time": np.minimum(time, censor), "event": time <= censor}, index=X.index)
    value = pd.Series((rng.random(n) < 1 / (1 + np.exp(-np.log(hazard)))).astype(float), index=X.index)
    return X, y, value


@pytest.fixture(scope="session")
def specs():
    """Specs of ``patients``."""
    return [
        FeatureSpec(name="age", kind="number", group="clinical"),
        FeatureSpec(name="marker", kind="boolean", group="gene"),
        FeatureSpec(name="g1", kind="boolean", group="gene"),
        FeatureSpec(name="g2", kind="boolean", group="gene"),
        FeatureSpec(name="site", kind="category", group="clinical", levels=("a", "b", "c")),
    ]
