"""Figures of competing causes say what the answer says."""

import dataclasses

import numpy as np
import pytest
from matplotlib.figure import Figure

from genorx.errors import SupportError, UsageError
from genorx.report import plot_cumulative_incidence, plot_stacked_incidence, report_html, stack_incidence


@pytest.fixture
def ax():
    return Figure().subplots()


@pytest.fixture
def competing(ranking):
    """The hand-made ranking, two thirds of whose events are relapses."""

    def with_causes(option):
        curves = list(option.curves)
        for curve in option.curves:
            for cause, share in (("relapse", 2 / 3), ("death", 1 / 3)):
                parts = {name: share * (1 - getattr(curve, name)) for name in ("estimate", "lower", "upper")}
                turned = {"lower": parts["upper"], "upper": parts["lower"], "estimate": parts["estimate"]}
                curves.append(dataclasses.replace(curve, outcome=f"os:{cause}", **turned))
        return dataclasses.replace(option, curves=tuple(curves))

    answers = [
        dataclasses.replace(answer, options=tuple(with_causes(option) for option in answer.options))
        for answer in ranking.answers
    ]
    return dataclasses.replace(ranking, answers=tuple(answers))


def test_a_cause_has_a_line_and_a_band_for_each_option(competing, ax):
    """Fixture: 1 - exp(-0.012 t), of which two thirds are relapses."""
    assert plot_cumulative_incidence(competing, "relapse", ax=ax) is ax
    assert len(ax.lines) == len(ax.collections) == 2
    np.testing.assert_allclose(ax.lines[0].get_ydata(), 2 / 3 * (1 - np.exp(-0.012 * np.arange(37))))
    assert len({str(line.get_linestyle()) for line in ax.lines}) == 2
    assert ax.get_xlabel() == "Time (months)"


def test_causes_are_stacked_and_the_rest_is_event_free(competing, ax):
    """Upper edge of the last cause is one minus survival."""
    plot_stacked_incidence(competing, "targeted", ax=ax)
    assert len(ax.collections) == 3
    edge = ax.collections[1].get_paths()[0].vertices
    assert edge[:, 1].max() == pytest.approx(1 - np.exp(-0.012 * 36))
    words = [text.get_text() for text in ax.get_legend().get_texts()]
    assert words == ["event-free", "death", "relapse"]
    assert len({area.get_hatch() for area in ax.collections[:2]}) == 2


def test_incidences_of_a_model_can_be_stacked(ax):
    stack_incidence([0, 1, 2], [[0, 0.2, 0.3], [0, 0.1, 0.1]], ["a", "b"], unit="years", ax=ax)
    assert ax.get_ylim() == (0.0, 1.0)
    with pytest.raises(UsageError) as caught:
        stack_incidence([0, 1], [[0, 0.2, 0.3]], ["a"], ax=ax)
    assert caught.value.code == "shape"


def test_the_page_shows_causes_and_survival(competing):
    page = report_html(competing)
    assert "Cumulative incidence of death, with pointwise 95 % bands" in page
    assert "What happens under targeted" in page
    assert "Probability event-free under each option" in page


def test_the_only_competing_outcome_needs_no_name(competing, ax):
    """Options are ranked by another outcome than that of the causes."""
    by_other = dataclasses.replace(competing, primary="toxicity")
    assert plot_cumulative_incidence(by_other, "relapse", ax=ax) is ax
    assert plot_stacked_incidence(by_other, "targeted", ax=Figure().subplots()).get_ylabel() == "Probability"
    with pytest.raises(SupportError) as caught:
        plot_cumulative_incidence(by_other, "stroke")
    assert "os:relapse, os:death" in caught.value.hint


def test_wrong_requests_are_refused(ranking, ax):
    with pytest.raises(SupportError, match="relapse"):
        plot_cumulative_incidence(ranking, "relapse", ax=ax)
    with pytest.raises(SupportError, match="targeted"):
        plot_stacked_incidence(ranking, "targeted", ax=ax)
