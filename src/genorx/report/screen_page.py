"""The page of screening or not: one row per person, and the sources of the declared numbers."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from genorx.report import wording
from genorx.report.labelled import labelled
from genorx.report.rendering import render, sources_of
from genorx.report.screen_people import screen_view

if TYPE_CHECKING:
    from genorx.published import ScreeningDecision
    from genorx.ranking.ranking import Ranking
    from genorx.report.page import ReportSection


def screening_decision_html(decision: ScreeningDecision) -> str:
    """Return the page of screening or not: each person's risk, what follows from it, and the advice.

    Examples
    --------
    >>> import genorx as gx
    >>> people = gx.datasets.make_screening_cohort(20).people.set_index("patient_id")
    >>> effect = {"relative_risk": 0.8, "lower": 0.7, "upper": 0.9, "source": "an example"}
    >>> fatality = {"value": 0.6, "source": "an example"}
    >>> declared = gx.published.ScreeningOptions.of(
    ...     {"screening": {"reference": "do_not_screen", "effect": effect, "fatality": fatality}}
    ... )
    >>> model = gx.published.load("plcom2012@2013")
    >>> "Risk of the cancer by 6 years" in screening_decision_html(
    ...     gx.published.screening_decision(model, people, declared)
    ... )
    True
    """
    return screen_html(labelled(decision.ranking), ())


def screen_html(ranking: Ranking, sections: Iterable[ReportSection]) -> str:
    """Return the page of a ranking that compares screening with not screening, labels in place of names."""
    occurs = {option.advice for answer in ranking.answers for option in answer.options}
    context = {
        "ranking": ranking,
        "screen": screen_view(ranking),
        "legend": [entry for advice, entry in wording.DECLARED_ADVICE.items() if advice in occurs],
        "sections": [each.section_html() for each in sections],
        "sources": sources_of(ranking),
        "versions": dict(ranking.provenance.get("versions", {})),
    }
    return render("screen.html", context)
