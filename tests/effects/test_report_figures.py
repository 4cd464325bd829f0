"""Figures of a report draw the numbers of its tables."""

import matplotlib as mpl
import numpy as np
import pytest

mpl.use("Agg")

import matplotlib.pyplot as plt

from genorx.effects import assess, report_figures
from genorx.errors import UsageError


@pytest.fixture(scope="module")
def report(fitted, made):
    return assess(fitted, made.X, made.y, treatment=made.treatment, folds=3)


@pytest.fixture(autouse=True)
def _close():
    yield
    plt.close("all")


def test_overlap_counts_everybody_once(report, made):
    ax = report_figures.plot_overlap(report)
    had, had_not = (patch.get_data().values.sum() for patch in ax.patches)
    assert (had, had_not) == ((made.treatment == "b").sum(), (made.treatment != "b").sum())


def test_balance_draws_before_and_after(report):
    ax = report_figures.plot_balance(report)
    drawn = np.sort(np.asarray(ax.lines[0].get_xdata(), dtype=float))
    np.testing.assert_allclose(drawn, np.sort(report.balance["before"].abs()))
    assert len(ax.get_yticklabels()) == len(report.balance)


def test_calibration_draws_the_thirds(report):
    own = plt.subplots()[1]
    ax = report_figures.plot_effect_calibration(report, unit="years", ax=own)
    assert ax is own
    points = next(line for line in ax.lines if len(line.get_xdata()) == 3)
    np.testing.assert_allclose(points.get_ydata(), report.thirds["estimate"])
    assert ax.get_xlabel() == "Predicted difference with b (years)"


def test_the_waterfall_is_as_wide_as_the_patients_compared(report):
    ax = report_figures.plot_waterfall(report)
    assert ax.get_xlim()[1] == report.options["compared"].iloc[0]
    heights = [patch.get_height() for patch in ax.patches[: len(report.waterfall)]]
    np.testing.assert_allclose(heights, report.waterfall["difference"])


def test_a_long_label_of_differences_is_on_two_lines(report):
    """On one line it ran out of a figure of the page."""
    ax = report_figures.plot_effect_calibration(report, unit="percentage points")
    assert ax.get_xlabel() == "Predicted difference (percentage points)\nwith b"


def test_a_waterfall_names_the_option_below_and_the_unit_beside_it(report):
    """Both stood beside the short axis of heights, in four lines that were longer than the axis."""
    ax = report_figures.plot_waterfall(report, unit="percentage points")
    assert ax.get_ylabel() == "Predicted difference (percentage points)"
    assert ax.get_xlabel() == "Patients, by predicted difference\nwith b"


def test_mean_survival_falls_from_one_under_each_option(report):
    ax = report_figures.plot_mean_survival(report, unit="years")
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["a", "b"]
    for line in ax.lines:
        values = np.asarray(line.get_ydata(), dtype=float)
        assert values[0] == 1
        assert (np.diff(values) <= 1e-12).all()


def test_an_option_that_is_not_in_the_report_is_refused(report):
    with pytest.raises(UsageError) as caught:
        report_figures.plot_balance(report, option="z")
    assert caught.value.code == "no-such-option"


def test_differences_of_probabilities_can_be_drawn_in_percentage_points(report):
    """They stood as shares beside a table of percentage points."""
    plain, scaled = (
        report_figures.plot_effect_calibration(report, scale=scale).lines[-1].get_xdata() for scale in (1.0, 100.0)
    )
    assert list(scaled) == pytest.approx([100.0 * each for each in plain])
