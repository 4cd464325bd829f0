"""Figures of one patient's part of a page, with captions; which there are depends on what the result has data for."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING

from genorx._core.figures import fits_inside, legend_lines
from genorx._core.svg import drawn, drawn_figure
from genorx.report import figures, incidence_figures, view
from genorx.report.screen_people import is_declared
from genorx.report.state_figures import plot_states, states_of
from genorx.report.trade_off_figures import plot_benefit_harm
from genorx.report.view import Truth
from genorx.report.wording import outcome_text

if TYPE_CHECKING:
    from genorx.ranking.answer.answer import PatientAnswer
    from genorx.ranking.ranking import Ranking

#: Inches; the page lets a figure shrink with the screen.  On paper three stand side by side, their text at 6 points.
_WIDTH, _TALL = 3.95, 2.3
_LEGEND_LINE = 0.19  # inches of a line of a legend above the curves
_LINES_ABOVE = 3  # for which a figure whose legend is always above has room
#: Options of a patient whose differences are drawn; all stand in the table.
_DRAWN_OPTIONS = 12
#: What a curve is called, by the word for a patient without the event.
_TITLES = {"alive": "Survival"}


def patient_figures(
    ranking: Ranking, answer: PatientAnswer, number: int, truth: Truth | None
) -> tuple[tuple[str, str], ...]:
    """Return (caption, svg) of the figures for which this patient's result has data."""
    found = []
    who = {"patient_id": answer.patient_id}
    if any(curve.outcome == ranking.primary for option in answer.options for curve in option.curves):
        at_horizon = None if truth is None else truth.values.get("survival")
        title = _TITLES.get(ranking.free_of(ranking.primary), f"Probability {ranking.free_of(ranking.primary)}")
        label = f"{title} of patient {answer.patient_id} under each option, with 95 percent bands"
        svg = drawn(
            figures.plot_survival,
            ranking,
            size=_with_legend(answer),
            prefix=f"s{number}-",
            label=label,
            truth=at_horizon,
            **who,
        )
        found.append((f"{title} under each option, with pointwise 95 % bands", svg))
    found += _incidences(ranking, answer, number)
    if any(option.difference is not None for option in answer.options):
        found.append(_differences(ranking, answer, f"d{number}-", None if truth is None else truth.difference))
    if answer.trade_off is not None and answer.trade_off.harms and not is_declared(ranking):  # harms without intervals
        label = f"Benefit and harm of patient {answer.patient_id} under each option, with 95 percent intervals"
        above = legend_lines([option.option for option in answer.options])
        size = (_WIDTH, _TALL + _LEGEND_LINE * max(0, above - _LINES_ABOVE))
        svg = drawn(plot_benefit_harm, ranking, size=size, prefix=f"b{number}-", label=label, **who)
        sides = " against ".join(map(outcome_text, (ranking.primary, answer.trade_off.harms[0])))
        found.append((f"{sides}, with 95 % intervals", svg))
    return tuple(found)


def _with_legend(answer: PatientAnswer) -> tuple[float, float]:
    """Return the size of a figure of curves of all options, with room for many or long names above them."""
    names = [option.option for option in answer.options if option.curves]
    return _WIDTH, _TALL + (0.0 if fits_inside(names) else _LEGEND_LINE * legend_lines(names))


def _differences(
    ranking: Ranking, answer: PatientAnswer, prefix: str, truth: Mapping[tuple[str, str], float] | None
) -> tuple[str, str]:
    """Return (caption, svg) of the differences from the reference; of many options the best are drawn."""
    spans = ", with 95 % intervals" if view.has_difference_intervals(answer) else ""
    open_one = "; an open mark: the interval includes 0" if spans else ""
    of = len(figures.compared_options(answer))
    drawn_of = f": the {_DRAWN_OPTIONS} best of {of} options" if of > _DRAWN_OPTIONS else ""
    plot = partial(figures.plot_differences, most=_DRAWN_OPTIONS)
    rows = min(of, _DRAWN_OPTIONS)
    lines = max(figures.lines_of(each.option) for each in figures.compared_options(answer)[:rows])
    size = (_WIDTH, 1.0 + max(0.42, 0.06 + 0.17 * lines) * (rows + 1))
    label = f"Differences of patient {answer.patient_id} against {answer.reference}{spans.replace('%', 'percent')}"
    svg = drawn(plot, ranking, size=size, prefix=prefix, label=label, truth=truth, patient_id=answer.patient_id)
    return f"Difference against {answer.reference}{spans}{drawn_of}{open_one}", svg


def patient_states(ranking: Ranking, answer: PatientAnswer, number: int) -> list[tuple[str, str]]:
    """Return the figure of the states of a multistate primary outcome, all strategies side by side."""
    names = {curve.outcome for option in answer.options for curve in option.curves}
    if not names & {f"{ranking.primary}:{state}" for state in states_of(answer, ranking.primary)}:
        return []
    label = f"States of patient {answer.patient_id} over time, stacked, under each strategy"
    width = 2.2 * sum(bool(option.curves) for option in answer.options) + 1.4
    figure = partial(plot_states, ranking, patient_id=answer.patient_id)
    svg = drawn_figure(figure, size=(width, 2.7), prefix=f"o{number}-", label=label)
    return [("The states under each strategy, side by side; they add up to 1", svg)]


def _incidences(ranking: Ranking, answer: PatientAnswer, number: int) -> list[tuple[str, str]]:
    """Return figures of the causes of a competing primary outcome: each under all options, and all under each."""
    causes = incidence_figures.causes_of(answer, ranking.primary)
    who = {"patient_id": answer.patient_id}
    found = []
    for place, cause in enumerate(causes):
        label = f"Cumulative incidence of {cause} in patient {answer.patient_id} under each option"
        prefix, size = f"i{number}-{place}-", _with_legend(answer)
        svg = drawn(
            incidence_figures.plot_cumulative_incidence, ranking, cause, size=size, prefix=prefix, label=label, **who
        )
        found.append((f"Cumulative incidence of {cause}, with pointwise 95 % bands", svg))
    for place, option in enumerate(answer.options if causes else ()):
        if option.curves:
            label = f"What happens to patient {answer.patient_id} under {option.option}, causes stacked"
            prefix, size = f"k{number}-{place}-", (_WIDTH, _TALL)
            stacked = incidence_figures.plot_stacked_incidence
            svg = drawn(stacked, ranking, option.option, size=size, prefix=prefix, label=label, **who)
            found.append(
                (f"What happens under {option.option}: causes and {ranking.free_of(ranking.primary)} add up to 1", svg)
            )
    return found
