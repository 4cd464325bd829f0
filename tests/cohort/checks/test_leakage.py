"""Features that knew the outcome."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from genorx._core.feature_spec import FeatureSpec
from genorx.cohort.checks.leakage import leaking_features
from genorx.cohort.outcome import Outcome

N = 200
RNG = np.random.default_rng(3)
INDEX = pd.Index([f"P{i}" for i in range(N)], name="patient_id")
TIME = RNG.exponential(500, N)
EVENT = RNG.random(N) < 0.5
OS = Outcome(name="os", kind="survival", frame=pd.DataFrame({"time": TIME, "event": EVENT}, index=INDEX), unit="days")


def leaks(name: str, values, kind: str = "number", outcome: Outcome = OS) -> list[str]:
    column = pd.Series(values, index=INDEX)
    column = column.astype("category") if kind == "category" else column.astype("Float64")
    spec = FeatureSpec(name=name, kind=kind, group="clinical", source="c.csv")
    return [finding.code for finding in leaking_features(pd.DataFrame({name: column}), [spec], [outcome]).values()]


def test_a_feature_equal_to_the_outcome_is_a_suspect():
    assert leaks("status", EVENT.astype(float)) == ["leakage-suspect"]
    assert leaks("alive", 1 - EVENT.astype(float)) == ["leakage-suspect"]
    assert leaks("state", np.where(EVENT, "dead", "alive"), "category") == ["leakage-suspect"]


def test_a_feature_that_is_the_time_in_another_unit_is_a_suspect():
    assert leaks("fu_years", TIME / 365.25) == ["leakage-suspect"]


def test_a_feature_that_is_known_only_where_the_outcome_happened_is_a_suspect():
    """Year of death: its values say nothing, whether it is missing says all."""
    assert leaks("yrdth", np.where(EVENT, RNG.integers(80, 93, N), np.nan)) == ["leakage-suspect"]
    assert leaks("half_missing", np.where(RNG.random(N) < 0.5, 1.0 + RNG.random(N), np.nan)) == []


def test_a_strong_honest_feature_is_none():
    """Risk with an AUC of about 0.95 by simulation: two normals 2.3 standard deviations apart."""
    assert leaks("risk", RNG.normal(0, 1, N) + 2.3 * EVENT) == []
    assert leaks("noise", RNG.normal(0, 1, N)) == []


def test_a_category_with_nearly_a_level_a_patient_is_none():
    """Each level has one patient: it tells any outcome of the same patients and says nothing of a leak."""
    assert leaks("ward", [f"w{i // 2}" for i in range(N)], "category") == []


@pytest.mark.parametrize("name", ["relapse_day", "death_date", "day_of_relapse", "os_days"])
def test_days_after_time_zero_are_named(name):
    assert leaks(name, RNG.integers(1, 900, N)) == ["after-time-zero"]


@pytest.mark.parametrize(
    "name", ["cigarettes_per_day", "alcohol_g_per_day", "days_since_diagnosis", "age_days", "holiday", "update_count"]
)
def test_amounts_a_day_and_durations_before_are_not(name):
    assert leaks(name, RNG.integers(1, 900, N)) == []


def test_a_time_within_follow_up_is_named_whatever_it_is_called():
    """Relapse at a random point of follow-up, in days and in the outcome's unit of months."""
    relapse = np.where(RNG.random(N) < 0.6, TIME * RNG.random(N), np.nan)
    assert leaks("rltime", relapse) == ["after-time-zero"]
    months = replace(OS, frame=OS.frame.assign(time=TIME / 30.4375), unit="months")
    assert leaks("rltime", relapse, outcome=months) == ["after-time-zero"]
    assert leaks("unrelated", RNG.permutation(relapse)) == []
    assert leaks("small", RNG.random(N) * 0.001) == []


def test_days_before_time_zero_are_not_named():
    assert leaks("symptom_day", -RNG.integers(1, 900, N)) == []


def test_a_binary_outcome_is_looked_at_too():
    value = pd.DataFrame({"value": EVENT.astype(float)}, index=INDEX)
    outcome = Outcome(name="response", kind="binary", frame=value, better="higher")
    spec = FeatureSpec(name="x", kind="number", group="clinical")
    frame = pd.DataFrame({"x": pd.Series(EVENT.astype(float), index=INDEX)})
    assert list(leaking_features(frame, [spec], [outcome])) == ["x"]
