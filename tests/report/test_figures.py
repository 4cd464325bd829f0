"""Figures say what the answer says: positions of marks, labels with units, axes given back."""

import dataclasses

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from genorx._core.figures import fits_inside, legend_lines
from genorx.errors import SupportError, UsageError
from genorx.report import plot_calibration, plot_differences, plot_reasons, plot_survival


@pytest.fixture
def ax():
    return Figure().subplots()


def test_differences_are_drawn_at_their_values_with_the_unit(ranking, ax):
    """From the fixture: 4.2 (1.3 to 7.0) months; the option without estimate says so."""
    assert plot_differences(ranking, ax=ax) is ax
    interval = next(line for line in ax.lines if list(line.get_xdata()) == [1.3, 7.0])
    assert list(interval.get_ydata()) == [0, 0]
    assert any(list(line.get_xdata()) == [4.2] for line in ax.lines)
    assert [text.get_text() for text in ax.texts] == ["no estimate"]
    assert "months" in ax.get_xlabel()
    assert [label.get_text() for label in ax.get_yticklabels()] == ["targeted", "combination"]


def test_survival_curves_differ_by_line_and_not_by_colour_alone(ranking, ax):
    """House rule: works in grey."""
    plot_survival(ranking, ax=ax)
    styles = {line.get_linestyle() for line in ax.lines}
    assert len(ax.lines) == 2 == len({str(style) for style in styles})
    assert np.allclose(ax.lines[0].get_ydata(), np.exp(-0.012 * np.arange(37)))
    assert ax.get_xlabel() == "Time (months)"


def test_an_option_keeps_its_line_in_every_patient(ranking, ax):
    """The reference comes first in the order of lines, however it is ranked."""
    plot_survival(ranking, ax=ax)
    assert ax.lines[1].get_linestyle() == "-"  # chemotherapy, the reference, stands second


def test_reasons_are_ratios_on_a_logarithmic_axis(ranking, ax):
    """Fixture: log hazard ratios of -0.8, which is better, and 0.25, which is worse."""
    plot_reasons(ranking, "targeted", ax=ax)
    assert [bar.get_x() + bar.get_width() for bar in ax.patches] == pytest.approx([np.exp(-0.8), np.exp(0.25)])
    assert ax.get_xscale() == "log"
    assert ax.get_xlabel() == "better  ←  Hazard ratio  →  worse"
    low, high = ax.get_xlim()
    assert low < np.exp(-0.8) < np.exp(0.25) < high
    assert 1.0 in ax.get_xticks()
    assert [label.get_text() for label in ax.get_yticklabels()] == ["BRAF: 1", "age_years: 59.5"]
    ax.figure.canvas.draw()
    assert ax.get_legend().get_window_extent().y0 >= ax.get_window_extent().y1 - 1  # above the bars, which it covered


def test_calibration_curve_shows_groups_with_intervals(ax):
    """Two groups made by hand."""
    curve = pd.DataFrame({"predicted": [0.2, 0.6], "observed": [0.25, 0.5], "lower": [0.1, 0.4], "upper": [0.4, 0.7]})
    plot_calibration(curve, ax=ax)
    assert any(list(line.get_ydata()) == [0.25, 0.5] for line in ax.lines)
    assert ax.get_xlim() == ax.get_ylim() == (0.0, 1.0)


def test_wrong_requests_are_refused(ranking, ax):
    """Class of the house's errors."""
    with pytest.raises(UsageError):
        plot_reasons(ranking, "nothing", ax=ax)
    with pytest.raises(UsageError):
        plot_survival(ranking, patient_id="nobody", ax=ax)
    with pytest.raises(SupportError):
        plot_survival(ranking, outcome="nothing", ax=ax)
    with pytest.raises(UsageError):
        plot_calibration(pd.DataFrame({"predicted": [0.1]}), ax=ax)


def test_plot_without_axes_makes_its_own_and_sets_no_style(ranking):
    """Style rule: a plot takes ``ax=None``, returns the Axes, changes no setting."""
    import matplotlib.pyplot as plt

    before = dict(mpl.rcParams)
    made = plot_differences(ranking)
    assert made.figure is plt.gcf()
    assert dict(mpl.rcParams) == before
    plt.close(made.figure)


@pytest.mark.parametrize(("highest", "end"), [(0.04, 0.1), (0.3, 0.5), (0.7, 1.0)])
def test_a_calibration_axis_ends_where_the_events_are(ax, highest, end):
    """Points of a cause that one in thirty has crowded in the corner of an axis that ended at 1."""
    plot_calibration(pd.DataFrame({"predicted": [0.01, highest], "observed": [0.02, highest]}), ax=ax)
    assert ax.get_xlim() == ax.get_ylim() == (0.0, end)


@pytest.mark.parametrize(("lowest", "start"), [(0.95, 0.9), (0.85, 0.8), (0.6, 0.5), (0.4, 0.0)])
def test_a_calibration_axis_of_what_nearly_all_have_begins_where_they_are(ax, lowest, start):
    """Survival above 0.9 crowded in the upper corner of an axis from 0 (sksurv.datasets.load_aids)."""
    plot_calibration(pd.DataFrame({"predicted": [lowest, 0.99], "observed": [lowest, 0.98]}), ax=ax)
    assert ax.get_xlim() == pytest.approx((start, 1.0))
    assert ax.get_ylim() == pytest.approx((start, 1.0))
    assert max(ax.get_xticks()) == pytest.approx(1.0)
    assert min(ax.get_xticks()) == pytest.approx(start)


@pytest.mark.parametrize(
    "names",
    [
        [f"drug {letter}" for letter in "abcdefgh"],
        ["fluorouracil/leucovorin/oxaliplatin/bevacizumab", "Стандартная химиотерапия с длинным названием"],
    ],
)
def test_a_legend_of_many_or_long_names_stands_above_the_curves(names, make_answer, make_ranking):
    """Eight options hid the curves of a page's figure, and names longer than the figure ended at its edge."""
    (targeted, *_) = make_answer().options
    options = tuple(dataclasses.replace(targeted, option=name) for name in names)
    ranking = make_ranking(dataclasses.replace(make_answer(), options=options, reference=names[0]))
    figure = Figure(figsize=(3.95, 2.3 + 0.19 * legend_lines(names)), layout="constrained")
    ax = plot_survival(ranking, ax=figure.subplots())
    figure.canvas.draw()
    legend, axes, whole = ax.get_legend().get_window_extent(), ax.get_window_extent(), figure.bbox
    assert len(ax.get_legend().get_texts()) == len(names)
    assert legend.y0 >= axes.y1 - 1
    assert whole.x0 <= legend.x0
    assert legend.x1 <= whole.x1
    assert axes.width > 0.6 * whole.width
    assert axes.height > 0.3 * whole.height


def test_a_legend_of_few_short_names_stands_among_the_curves(ranking, ax):
    plot_survival(ranking, ax=ax)
    ax.figure.canvas.draw()
    assert fits_inside(["targeted", "chemotherapy"])
    assert ax.get_legend().get_window_extent().y1 <= ax.get_window_extent().y1
