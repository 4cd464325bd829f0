"""Figures of a monitor: what they draw, and where chance keeps a site in a funnel."""

from types import SimpleNamespace

import matplotlib.pyplot as plt
import pandas as pd
import pytest

from genorx.monitor import Monitor
from genorx.report.monitor_figures import plot_calibration_over_time, plot_site_funnel, plot_timeline


@pytest.fixture(autouse=True)
def closed_figures():
    yield
    plt.close("all")


def _report(ratios, expected):
    rows = pd.DataFrame({"group": "site", "level": [f"C{i}" for i in range(len(ratios))], "part": "os"})
    rows["expected"], rows["ratio"] = expected, ratios
    whole = pd.DataFrame([{"group": "all", "level": "", "part": "os", "expected": sum(expected), "ratio": 1.0}])
    return SimpleNamespace(as_of=24.0, look=1, action="keep", calibration=pd.concat([whole, rows], ignore_index=True))


def test_limits_of_a_funnel_are_interpolated_quantiles_of_the_poisson_distribution():
    """By hand, 10 expected: P(Y <= 16) = 0.9730, P(Y <= 17) = 0.9857; 17 - (0.9857 - 0.975) / 0.0127 = 16.16."""
    ax = plot_site_funnel(_report([1.0, 1.0], [10.0, 20.0]))
    upper = ax.lines[0]
    at = abs(upper.get_xdata() - 10.0).argmin()
    assert upper.get_ydata()[at] == pytest.approx(1.616, abs=0.01)


def test_of_many_sites_those_that_chance_does_not_keep_are_named():
    named = plot_site_funnel(_report([1.0] * 9 + [3.0], [10.0] * 10)).texts
    assert [each.get_text() for each in named] == ["C9"]
    assert len(plot_site_funnel(_report([1.0] * 3, [10.0] * 3)).texts) == 3


def test_looks_are_drawn_with_a_marker_for_each_action(risen):
    watched = Monitor.from_tables(risen.base, risen.spec)
    for month, number in ((12.0, 2), (36.0, 10)):
        near = min(risen.snapshots, key=lambda each: abs(each - month))
        watched.check(risen.snapshots[near], as_of=near, look=number)
    ax = plot_timeline(watched.reports)
    assert {line.get_marker() for line in ax.lines if len(line.get_xdata()) == 1} >= {"o", "^"}
    assert plot_calibration_over_time(watched.reports).get_ylabel() == "Observed over expected events"
