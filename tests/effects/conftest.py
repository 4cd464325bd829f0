"""Made patients with a known effect, for the tests of effects."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest

from genorx.effects import SurvivalEffect


@dataclass(frozen=True)
class Made:
    """Features, survival, a yes-or-no outcome, option and stratum of made patients."""

    X: pd.DataFrame
    y: pd.DataFrame
    response: pd.DataFrame
    treatment: pd.Series
    strata: pd.Series


def _made(n: int = 500, *, effect: float = -0.7, confounding: float = 1.0, n_strata: int = 1, seed: int = 3) -> Made:
    """Exponential survival: log hazard 0.6 age + ``effect`` for option b; b is given by age."""
    rng = np.random.default_rng(seed)
    index = pd.Index([f"P{i:04d}" for i in range(n)], name="patient_id")
    age, gene = rng.normal(0, 1, n), rng.binomial(1, 0.3, n)
    stratum = rng.integers(0, n_strata, n)
    b = rng.random(n) < 1 / (1 + np.exp(-confounding * age))
    hazard = 0.25 * np.exp(0.6 * age + effect * b) * (1 + stratum)
    time, censored = rng.exponential(1 / hazard), rng.uniform(3, 8, n)
    response = rng.random(n) < 1 / (1 + np.exp(-(-0.5 + 0.5 * age + effect * b)))
    X = pd.DataFrame(
        {
            "age": pd.array(60 + 10 * age, dtype="Float64"),
            "gene": pd.array(gene, dtype="Int8"),
            "sex": pd.Categorical(rng.choice(["f", "m"], n)),
        },
        index=index,
    )
    return Made(
        X=X,
        y=pd.DataFrame({"time": np.minimum(time, censored), "event": time <= censored}, index=index),
        response=pd.DataFrame({"value": response.astype(float)}, index=index),
        treatment=pd.Series(np.where(b, "b", "a"), index=index),
        strata=pd.Series([f"s{s}" for s in stratum], index=index),
    )


@pytest.fixture(scope="session")
def make() -> Callable[..., Made]:
    """``make(n, effect=..., confounding=..., n_strata=..., seed=...)``."""
    return _made


@pytest.fixture(scope="session")
def made() -> Made:
    """500 patients, log hazard ratio -0.7, confounded by age."""
    return _made()


@pytest.fixture(scope="session")
def fitted(made: Made) -> SurvivalEffect:
    """Fitted to ``made`` with the horizon 3."""
    return SurvivalEffect(reference="a", horizon=3.0).fit(made.X, made.y, treatment=made.treatment)
