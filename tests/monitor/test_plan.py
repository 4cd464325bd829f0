"""The grace period and the window of looks: three and eighteen months, in the unit in which times are."""

import pytest

from genorx.monitor.plan import Plan, default_window
from genorx.monitor.table_roles import TableRoles
from genorx.outcomes.recalibration.base import Base


@pytest.fixture
def planned(quiet):
    """Plan of a specification with a column of times and a horizon; the lag of records is not known."""
    base = Base(
        patients=0, columns=(), parts=(), lag=(), lag_events=0, follow_up=0.0, sites=(), arms=(), mean=None,
        covariance=None, kind="survival", digest="",
    )  # fmt: skip

    def run(time, horizon):
        spec = {key: value for key, value in quiet.spec.items() if key != "survival_at_horizon"}
        return Plan.of(TableRoles.read(spec | {"time": time, "horizon": horizon}), base)

    return run


@pytest.mark.parametrize(
    ("time", "horizon", "quarter", "window"),
    [
        ("os_days", 90.0, 91.3125, 547.875),  # 90-day mortality: by its size alone the horizon would be of months
        ("os_months", 6.0, 3.0, 18.0),  # not six years
        ("os_years", 15.0, 0.25, 11.25),  # not fifteen months
        ("time", 24.0, 3.0, 18.0),  # no unit named: by the size of the horizon
        ("time", 1096.0, 91.3125, 822.0),
        ("time", 5.0, 0.25, 3.75),
    ],
)
def test_three_months_are_in_the_unit_that_the_column_of_times_names(planned, time, horizon, quarter, window):
    """By hand: a year has 365.25 days; the window is 18 months, three quarters of the horizon at least."""
    plan = planned(time, horizon)
    assert (plan.grace, plan.quarter, plan.window) == (quarter, quarter, pytest.approx(window))


def test_the_window_of_a_long_horizon_in_years_is_three_quarters_of_it():
    """A model of genorx knows its unit: 15 years are not 15 months, whose 18 months would be 18 years."""
    assert default_window(15.0, 0.25) == 11.25
