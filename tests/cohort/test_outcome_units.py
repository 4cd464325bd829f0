"""Times in days that may be years: doubted, and days of any other kind are not."""

import numpy as np
import pytest
from sksurv.datasets import load_gbsg2, load_veterans_lung_cancer, load_whas500

from genorx.cohort import Study
from genorx.cohort.horizons import check_plain_horizon
from genorx.cohort.outcome_units import may_be_years

RNG = np.random.default_rng(5)
STUDY = """
[study]
name = "small"
patient_id = "pid"
[[tables]]
path = "c.csv"
role = "clinical"
[outcomes.os]
table = "c.csv"
kind = "survival"
time = "os_days"
event = "died"
unit = "days"
horizons = [3, 5]
"""


@pytest.mark.parametrize("decimals", [2, 3, 8])
def test_years_in_a_column_of_days_are_doubted(decimals):
    """WHAS500 is followed for up to 2,358 days, 6.46 years."""
    y = load_whas500()[1]
    days = y[y.dtype.names[1]]
    assert may_be_years(np.round(days / 365.25, decimals), "days")
    assert not may_be_years(np.round(days / 365.25, decimals), "years")


@pytest.mark.parametrize(
    "days",
    [
        RNG.integers(0, 8, 300),  # deaths of the first week, in whole days
        np.minimum(RNG.integers(1, 60, 300), 30),  # 30-day mortality
        RNG.integers(1, 240, 300) / 24,  # hours
        np.round(RNG.integers(1, 240, 300) / 24, 2),
        RNG.integers(1, 14400, 300) / 1440,  # minutes
        np.round(RNG.uniform(0, 10, 300), 1),  # one decimal
        np.minimum(RNG.uniform(0, 14, 300), 7.0),  # a week of intensive care, to the second
        RNG.uniform(0, 45, 300),  # stays of up to six weeks, to the second
        RNG.uniform(0, 7, 40),  # few patients
        RNG.uniform(0, 3000, 300),  # days that were made from months
    ],
)
def test_short_follow_up_in_days_is_not_doubted(days):
    """As hospitals write it: whole, of hours or minutes, rounded, cut at a day that many reach."""
    assert not may_be_years(np.asarray(days, dtype=float), "days")


@pytest.mark.parametrize("load", [load_whas500, load_gbsg2, load_veterans_lung_cancer])
def test_cohorts_in_days_are_not_doubted(load):
    y = load()[1]
    assert not may_be_years(y[y.dtype.names[1]].astype(float), "days")


def test_a_study_and_a_plain_table_name_the_doubt(tmp_path):
    """Nothing is converted: only the user can know."""
    X, y = load_whas500()
    event, days = y.dtype.names
    frame = X[["age"]].assign(os_days=(y[days] / 365.25).round(3), died=y[event].astype(int))
    frame.insert(0, "pid", [f"p{n}" for n in range(len(frame))])
    frame.to_csv(tmp_path / "c.csv", index=False)
    (tmp_path / "study.toml").write_text(STUDY)
    (found,) = [f for f in Study.read(tmp_path / "study.toml").load().findings if f.code == "unit-unclear"]
    assert found.severity == "warning"
    assert "the longest is 6.456" in found.message
    times = frame.rename(columns={"os_days": "time", "died": "event"})
    codes = [f.code for f in check_plain_horizon(3.0, times, column="os_days", file="base.csv")]
    assert codes == ["unit-unclear"]
    assert check_plain_horizon(3.0, times, column="os_years", file="base.csv") == ()
