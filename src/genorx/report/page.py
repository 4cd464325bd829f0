"""The report: one self-contained HTML file, no script, no network; or a fragment for notebooks.

Every text of a user is escaped by the template; only SVG that matplotlib has written goes in as it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import pandas as pd

from genorx._core.output import write_text
from genorx._core.provenance import versions
from genorx.ranking.evaluation.treatment_evaluation import TreatmentEvaluation
from genorx.report import figures, view, wording
from genorx.report.effect_view import control_rows, effect_views
from genorx.report.labelled import labelled, labelled_evaluation, labelled_truth, told_apart
from genorx.report.labelled_text import labelled_effects, labelled_findings, labelled_frame, named
from genorx.report.patient_figures import patient_figures, patient_states
from genorx.report.rendering import render, sources_of
from genorx.report.scores import scores_view
from genorx.report.screen_page import screen_html
from genorx.report.screen_people import is_declared
from genorx.report.state_view import state_view, strategy_rows
from genorx.report.view import PatientView, Truth

if TYPE_CHECKING:
    from genorx.errors import Finding
    from genorx.outcomes import Evaluation
    from genorx.ranking.answer.answer import PatientAnswer
    from genorx.ranking.ranking import Ranking
    from genorx.ranking.what_if import WhatIf
    from genorx.report.what_if_table import WhatIfView


class ReportSection(Protocol):
    """Protocol of additional report sections."""

    def section_html(self) -> str:
        """Return an HTML section; all user text is escaped in it."""


#: Patients that a notebook shows; the others are in the frame, the JSON and the report.
_NOTEBOOK_PATIENTS = 5
#: Options of a patient that the summary names, best first; the patient's own part lists all.
_SUMMARY_OPTIONS = 6


def write_report(
    ranking: Ranking,
    path: str | Path,
    *,
    evaluation: Evaluation | None = None,
    truth: pd.DataFrame | None = None,
    what_if: WhatIf | None = None,
    sections: Iterable[ReportSection] = (),
    short: bool = False,
) -> None:
    """Write the ranking of all its patients as one HTML page; ``-`` is standard output.

    Parameters
    ----------
    ranking : Ranking
    path : path
        Written whole or not at all.
    evaluation : Evaluation, optional
        How good the model's predictions were out of fold.
    truth : DataFrame, optional
        For simulated patients: ``patient_id``, ``option``; of the primary outcome ``rmst`` and ``survival`` (up to and
        at the ranking's horizon) and ``delta_rmst``; a binary outcome's probability in a column of its name.
    what_if : WhatIf, optional
        Outcomes of the same patients under a changed factor.
    sections : iterable, optional
        What shows itself as a section behind the patients: a plan, a schedule, a request of ``genorx.care``.
    short : bool
        Leave out the appendix: figures, outcomes at every horizon, what moved the estimates, how the model was checked.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> folder = Path(tempfile.mkdtemp())
    >>> import genorx as gx
    >>> import pandas as pd
    >>> woman = {"age": 57, "size": 29, "grade": 1, "nodes": 5, "er": 1, "her2": 1, "ki67": 1, "screen": 0}
    >>> woman |= {"generation": 3, "postmenopausal": 1}
    >>> ranking = gx.published.load("predict-breast@2.2").rank(pd.DataFrame([woman], index=["A"]))
    >>> write_report(ranking, folder / "report.html", short=True)
    >>> (folder / "report.html").read_text().startswith("<!DOCTYPE html>")
    True
    """
    text = report_html(ranking, evaluation=evaluation, truth=truth, what_if=what_if, sections=sections, short=short)
    write_text(text, path)


def report_html(
    ranking: Ranking,
    *,
    evaluation: Evaluation | None = None,
    truth: pd.DataFrame | None = None,
    what_if: WhatIf | None = None,
    sections: Iterable[ReportSection] = (),
    short: bool = False,
) -> str:
    """Return the text of the page that ``write_report`` writes.

    Examples
    --------
    >>> import genorx as gx
    >>> import pandas as pd
    >>> woman = {"age": 57, "size": 29, "grade": 1, "nodes": 5, "er": 1, "her2": 1, "ki67": 1, "screen": 0}
    >>> woman |= {"generation": 3, "postmenopausal": 1}
    >>> ranking = gx.published.load("predict-breast@2.2").rank(pd.DataFrame([woman], index=["A"]))
    >>> page = report_html(ranking, short=True)
    >>> page.startswith("<!DOCTYPE html>")
    True
    """
    made, true = ranking, view.read_truth(truth)
    ranking = labelled(ranking)
    styles, labels = figures.styles_of(ranking), {} if ranking is made else ranking.labels
    checked = () if evaluation is None else labelled_findings(evaluation.findings, labels)
    if is_declared(ranking):
        return screen_html(ranking, sections)
    true = labelled_truth(true, labels)
    context = _context(ranking, len(ranking.answers), true, checked=checked, short=short)
    context["apart"] = evaluation is not None and not ranking.evaluated
    if evaluation is not None:  # what is shown on the page is not said to be missing from it
        context["findings"] = [each for each in context["findings"] if not each[2].endswith("[not-evaluated]")]
    context["scores"] = context["course"] = None
    context["sections"] = [each.section_html() for each in sections]
    context["change"] = None if what_if is None else _what_if_view(what_if)
    if short:
        return render("page.html", context)
    context["course"] = (
        None if ranking.course is None else state_view(ranking.course, ranking.unit, labels.get("features", {}))
    )
    if evaluation is not None:
        context["scores"] = scores_view(labelled_evaluation(evaluation, labels), _units(ranking))
    stated = evaluation if isinstance(evaluation, TreatmentEvaluation) else None
    effects = ranking.effects if stated is None else stated.effects
    context["effects"] = effect_views(
        labelled_effects(effects, labels), styles, free_of=ranking.free_of, counted_of=ranking.counted_of
    )
    controls = ranking.negative_controls if stated is None else stated.negative_controls
    context["controls"] = control_rows(_labelled_table(controls, labels))
    return render("page.html", context)


def evaluation_html(
    evaluation: TreatmentEvaluation,
    *,
    name: str = "",
    labels: Mapping[str, Mapping[str, str]] | None = None,
    units: Mapping[str, str] | None = None,
) -> str:
    """Return a page of an evaluation only: scores of predictions, and the evaluation of differences.

    ``labels``, in the form of ``Cohort.labels``, and ``units`` of the times of outcomes by name replace those that the
    evaluation holds of its cohort.
    """
    labels = told_apart(evaluation.labels if labels is None else labels)
    stated = evaluation.units if units is None else units
    known = {named(outcome, labels.get("outcomes", {})): unit for outcome, unit in stated.items()}
    effects = labelled_effects(evaluation.effects, labels)
    context = {
        "name": name,
        "scores": scores_view(
            labelled_evaluation(evaluation, labels),
            {effect.outcome: effect.unit for effect in effects if effect.measure == "rmst"} | known,
        ),
        "effects": effect_views(effects, free_of=partial(_free_of, set(evaluation.scores["outcome"]), labels)),
        "controls": control_rows(_labelled_table(evaluation.negative_controls, labels)),
        "strategies": strategy_rows(_labelled_table(evaluation.strategies, labels), known),
        "unit": next(iter(set(known.values())), "") if len(set(known.values())) == 1 else "",
        "versions": versions(),
    }
    return render("evaluation.html", context)


def _free_of(scored: set[str], labels: Mapping[str, Mapping[str, str]], outcome: str) -> str:
    """Return the adjective for patients without an outcome's event; of several causes not all are death."""
    names = [name for name, label in labels.get("outcomes", {}).items() if label == outcome]
    parted = any(each.startswith(f"{name}:") for name in (outcome, *names) for each in scored)
    return wording.free_word(() if parted else (outcome, *names))


def _labelled_table(table: pd.DataFrame | None, labels: Mapping[str, Mapping[str, str]]) -> pd.DataFrame | None:
    return None if table is None else labelled_frame(table, labels)


def ranking_html(ranking: Ranking) -> str:
    """Return the ranking as an HTML fragment for a notebook; at most five patients, the rest counted.

    Examples
    --------
    >>> import genorx as gx
    >>> import pandas as pd
    >>> woman = {"age": 57, "size": 29, "grade": 1, "nodes": 5, "er": 1, "her2": 1, "ki67": 1, "screen": 0}
    >>> woman |= {"generation": 3, "postmenopausal": 1}
    >>> ranking = gx.published.load("predict-breast@2.2").rank(pd.DataFrame([woman], index=["A"]))
    >>> "<table" in ranking_html(ranking)
    True
    """
    return render("fragment.html", _context(labelled(ranking), _NOTEBOOK_PATIENTS, None))


def _context(
    ranking: Ranking, most: int, truth: Truth | None, *, checked: Iterable[Finding] = (), short: bool = False
) -> dict[str, Any]:
    shown, stated = ranking.answers[:most], tuple(checked)
    patients = [
        _patient(ranking, answer, number, truth, short=short, checked=stated)
        for number, answer in enumerate(shown, start=1)
    ]
    first = next((o.difference for a in shown for o in a.options if o.difference is not None), None)
    rests_on = {answer.advice_basis.rests_on for answer in ranking.answers if answer.advice_basis is not None}
    published = bool(rests_on & {"estimates", "declared"}) or "published" in ranking.provenance.get("knowledge", {})
    advice_words = wording.ADVICE
    if published:  # a notebook shows also what was declared for screening
        advice_words = wording.DECLARED_ADVICE if "declared" in rests_on else wording.PUBLISHED_ADVICE
    what = None
    if first is not None:
        what = f"{view.difference_name(ranking, first)}, in {wording.difference_unit(first)}"
    return {
        "ranking": ranking,
        "patients": patients,
        "notes": [wording.true_minus(note) for note in ranking.notes],
        "short": short,
        "summary_options": _SUMMARY_OPTIONS,
        "left_out": len(ranking.answers) - len(shown),
        "difference": what,
        "legend": [entry for advice, entry in advice_words.items() if _occurs(ranking, advice)],
        "published": published,
        "lone": bool(patients) and all(patient.lone for patient in patients),
        "based": any(answer.advice_basis is not None for answer in shown),
        "serious": [_with_place(each) for each in ranking.findings if each.severity == "serious"],
        "simulated": truth is not None,
        "findings": list(dict.fromkeys(map(_listed, ranking.findings))),
        "sources": sources_of(ranking),
        "versions": dict(ranking.provenance.get("versions", {})),
    }


def _with_place(finding: Finding) -> str:
    """Return the message of a finding, prefixed by its outcome unless the message names it."""
    place = wording.outcome_text(finding.place or "")
    message = wording.true_minus(finding.message)
    return f"{place}: {message}" if place and place not in finding.message else message


def _listed(finding: Finding) -> tuple[str, str, str]:
    """Return the class, the word and the sentence of a finding, with the column or outcome that it is on."""
    return finding.severity, wording.severity_word(finding.severity), f"{_with_place(finding)} [{finding.code}]"


def _what_if_view(what_if: WhatIf) -> WhatIfView:
    from genorx.report.what_if_table import what_if_view

    return what_if_view(what_if)


def _units(ranking: Ranking) -> dict[str, str]:
    """Return the time unit of each survival outcome with a curve."""
    return {curve.outcome: curve.unit for a in ranking.answers for o in a.options for curve in o.curves}


def _occurs(ranking: Ranking, advice: str) -> bool:
    return any(option.advice == advice for answer in ranking.answers for option in answer.options)


def _patient(
    ranking: Ranking,
    answer: PatientAnswer,
    number: int,
    truth: Truth | None,
    *,
    short: bool,
    checked: tuple[Finding, ...],
) -> PatientView:
    """Return one patient's part of the page; without figures if it is short."""
    own = () if short else patient_figures(ranking, answer, number, truth)
    shown = view.patient_view(ranking, answer, number, truth, figures=own, checked=checked)
    return shown if short else replace(shown, wide_figures=tuple(patient_states(ranking, answer, number)))
