"""One style a name: every figure of a page draws an option in the same colour, line and marker."""

import dataclasses

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest

from genorx.effects.option_styles import option_styles
from genorx.ranking.answer.answer import OptionAnswer
from genorx.report import figures
from genorx.report.trade_off_figures import plot_benefit_harm


@pytest.fixture
def ranking(make_answer, make_ranking):
    """The first option in order of names has no harm, so a figure of both leaves it out; evidence lists one before."""
    answer = make_answer(absent="alone")
    bare = [each for each in answer.options[0].estimates if each.outcome == "os"]
    alone = dataclasses.replace(answer.options[0], option="alone", estimates=tuple(bare))
    listed = OptionAnswer(option="aaa", rank=None, advice="no_estimate", listed_by="evidence")
    options = (*answer.options[:2], alone, listed)
    return make_ranking(dataclasses.replace(answer, options=options), make_answer("P0002", absent="alone"))


def _colours(ax):
    """Colour of each option by the legend."""
    handles, labels = ax.get_legend_handles_labels()
    return {label: mpl.colors.to_hex(handle.get_color()) for handle, label in zip(handles, labels, strict=True)}


def test_an_option_has_one_colour_and_marker_in_all_figures(ranking):
    styles = figures.styles_of(ranking)
    both = plot_benefit_harm(ranking, harm="severe_toxicity", patient_id="P0001")
    handles, labels = both.get_legend_handles_labels()
    assert set(labels) == {"targeted", "chemotherapy"}
    assert {name: handle.get_marker() for name, handle in zip(labels, handles, strict=True)} == {
        name: styles[name].marker for name in labels
    }
    assert _colours(both) == {name: styles[name].colour for name in labels}
    survival = figures.plot_survival(ranking, patient_id="P0001")
    drawn = {text.get_text(): line.get_color() for text, line in zip(*_legend(survival), strict=True)}
    assert drawn == {name: styles[name].colour for name in ("targeted", "chemotherapy", "alone")}
    differences = figures.plot_differences(ranking, patient_id="P0001")
    points = [line for line in differences.lines if line.get_marker() not in ("None", "")]
    assert [(p.get_color(), p.get_marker()) for p in points] == [
        (styles[name].colour, styles[name].marker) for name in ("targeted", "alone")
    ]


def _legend(ax):
    legend = ax.get_legend()
    return legend.get_texts(), legend.get_lines()


def test_the_style_of_a_name_does_not_hang_on_the_patient_or_the_order():
    one = option_styles("standard", ["new", "standard", "rare"])
    assert one == option_styles("standard", ["rare", "new"])
    assert len({(s.colour, str(s.line), s.marker) for s in option_styles("a", map(str, range(35))).values()}) == 36


def test_the_cohorts_mean_curves_take_the_styles_of_the_page():
    from genorx.effects.report_figures import plot_mean_survival

    curves = pd.DataFrame({"option": ["standard", "new"], "time": 1.0, "survival": 0.5, "lower": 0.4, "upper": 0.6})

    class Report:
        pass

    report = Report()
    report.curves = pd.concat([curves.assign(time=0.0), curves])
    styles = option_styles("standard", ["aaa", "new"])  # an option without estimate lies between
    ax = plot_mean_survival(report, styles=styles)
    assert [line.get_color() for line in ax.lines] == [styles["standard"].colour, styles["new"].colour]
    assert np.isfinite(ax.get_xlim()).all()
