"""Grades in the outcome table: one bar and one line, numbers as given."""

import dataclasses

from genorx.ranking.answer.answer import Estimate
from genorx.report import report_html
from genorx.report.grade_bars import grade_rows, grade_text


def _estimate(outcome, measure, value):
    return Estimate(
        outcome=outcome, measure=measure, horizon=None, unit="", estimate=value, lower=0.0, upper=1.0, difference=None
    )


def _with_grades(answer, name, chances):
    """The first option's estimates, with a graded outcome behind them."""
    graded = (_estimate(name, "probability", sum(list(chances.values())[1:])),)
    graded += tuple(_estimate(f"{name}:{level}", "grade", chance) for level, chance in chances.items())
    first = answer.options[0]
    own = dataclasses.replace(first, estimates=first.estimates + graded)
    return dataclasses.replace(answer, options=(own, *answer.options[1:]))


def test_widths_are_the_chances_and_shades_go_up(make_answer):
    """By hand: a bar of 70.0, 29.8 and 0.2 per cent; what is below half a per cent is said to be so, never 0."""
    answer = _with_grades(make_answer(), "tox:late", {"0": 0.7, "1: mild": 0.298, "2": 0.002})
    ((label, bars),) = grade_rows(answer)
    assert label == "tox:late: chance of each grade"
    assert bars[0].text == "0: 70 %, 1: mild: 30 %, 2: < 1 %"
    assert bars[0].parts == (("70.0", "0.12"), ("29.8", "0.56"), ("0.2", "1.00"))
    assert bars[1] is None  # the reference has no estimate of this outcome


def test_an_answer_without_grades_has_no_row(make_answer):
    assert grade_rows(make_answer()) == ()
    assert grade_text([]) == ""


def test_levels_come_out_escaped(make_answer, make_ranking):
    page = report_html(make_ranking(_with_grades(make_answer(), "tox", {"0": 0.6, "<script>": 0.4})))
    assert "<script>" not in page
    assert "&lt;script&gt;: 40 %" in page
    assert 'style="width:40.0%' in page
