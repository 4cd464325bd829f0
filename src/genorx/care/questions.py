"""Questions worth asking a patient: unknown inputs, by the expected effect of knowing them.

Possible values are drawn by ``care.information.values``, the order is by ``care.information.worth``, the later advice
by ``care.information.advice_after``; all three are loaded on use.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from genorx._core.progress import track
from genorx._core.threads import single_threaded
from genorx._core.workers import map_in_order
from genorx.errors import Finding, InputError, UsageError, shown

if TYPE_CHECKING:
    from genorx.care.information.open_questions import OpenQuestions
    from genorx.cohort import Cohort
    from genorx.ranking import Ranking
    from genorx.ranking.answer.answer import PatientAnswer
    from genorx.ranking.what_if import Asked

#: Columns of the table of questions.
COLUMNS = (
    "patient_id",
    "place",
    "feature",
    "table",
    "column",
    "p_change",
    "expected_gain",
    "width_now",
    "width_after",
    "cost",
    "advice_now",
    "likely_change",
)


@single_threaded
def questions(
    ranking: Ranking,
    *,
    cohort: Cohort,
    top: int = 5,
    costs: pd.DataFrame | str | Path | None = None,
    draws: int = 20,
    seed: int = 0,
) -> pd.DataFrame:
    """Return the unknown inputs of each patient, in the order in which it is most useful to ask for them.

    Parameters
    ----------
    ranking : Ranking
        Result of ``TreatmentRanker.rank``, which holds its model.
    cohort : Cohort
        Cohort to which the model was fitted: the distribution of a missing value, given the patient's known values, is
        learnt from it.
    top : int, default 5
        Largest number of questions for each patient.
    costs : DataFrame or path of a CSV, optional
        Columns ``column`` and ``cost`` (above 0, in any one unit) of inputs; the others cost 1.
    draws : int, default 20
        Number of values of each input that are evaluated.
    seed : int, default 0
        The same input and seed give the same bytes; a patient's rows do not depend on the other patients.

    Returns
    -------
    DataFrame
        ``patient_id``, ``place`` (1, 2, ...), ``feature``, ``table``, ``column``; ``p_change``: share of the draws in
        which the advice on any option differs from the present one, while all other inputs stay unknown;
        ``expected_gain``: mean primary outcome of the option that is best after the answer less that of the one best
        now, in its unit (of utility, if options are ordered by it); ``width_now``, ``width_after``: width of the 95 %
        interval of the difference between the two options that lead now, and its mean after; ``cost``; ``advice_now``
        on the first option; ``likely_change``: the most frequent other advice on it.  A patient without unknown inputs
        has no row. ``attrs`` has ``unit`` (of gains and widths) and ``findings``.

    Raises
    ------
    UsageError
        ``no-model`` for a ranking without its model; ``other-cohort`` if the cohort lacks inputs of the model;
        ``no-such-column``, ``wrong-value`` for costs; ``wrong-value`` for ``top`` or ``draws`` below 1.
    InputError
        For a file of costs that is not such a table.

    Notes
    -----
    The worth of a question is the share of the total expected gain of knowing everything, and of the total spread of
    the differences between options, that its answer resolves beyond the questions before it, divided by its cost.
    ``docs/guide/care_questions.md`` has the evaluation.
    """
    asked = _asked(ranking)
    _check_numbers(top=top, draws=draws)
    names = list(asked.question.specs)
    _check_cohort(cohort, names)
    from genorx.care.information.open_questions import OpenQuestions
    from genorx.care.information.values import InputValues

    cost = _costs(costs, names)
    values = InputValues.learn(cohort, seed=seed)
    known = [answer for answer in ranking if not _cannot_be_asked(answer)]
    asking = partial(_rows, OpenQuestions(asked=asked, values=values, cost=cost, draws=draws), top)
    found = track(
        map_in_order(asking, [(each.patient_id, _estimated(each)) for each in known]), "questions", len(known)
    )
    rows = [
        row | {"advice_now": answer.options[0].advice} for answer, own in zip(known, found, strict=True) for row in own
    ]
    findings = [_nothing_asked(answer.patient_id) for answer in ranking if _cannot_be_asked(answer)]
    frame = pd.DataFrame(rows, columns=list(COLUMNS))
    frame.attrs = {"findings": tuple(findings), "unit": _unit(asked), "labels": ranking.labels}
    return frame


def _estimated(answer: PatientAnswer) -> tuple[str, ...]:
    return tuple(option.option for option in answer.options if option.rank is not None)


def _rows(asking: OpenQuestions, top: int, patient: tuple[str, tuple[str, ...]]) -> list[dict[str, Any]]:
    return asking.of(*patient).rows(top)


def _unit(asked: Asked) -> str:
    """Return the unit of gains and widths: that of the primary outcome; none if options are ordered by utility."""
    return "" if asked.question.by_utility else asked.question.fits[0].unit


def _cannot_be_asked(answer: PatientAnswer) -> bool:
    """Return whether an input has a level that the model does not know: no option then has an estimate."""
    return any(finding.code == "unseen-level" for finding in answer.findings) and not any(
        option.estimates for option in answer.options
    )


def _nothing_asked(patient_id: str) -> Finding:
    message = "there are no questions: an input has a level that the model does not know, and no option has an estimate"
    return Finding(code="no-questions", severity="warning", message=message, patient_id=patient_id)


def _asked(ranking: Any) -> Asked:
    asked: Asked | None = getattr(ranking, "asked", None)
    if asked is None:
        raise UsageError(
            "the ranking does not hold its model, so that questions cannot be evaluated",
            hint="rank the patients with the model (TreatmentRanker.rank), and give that ranking",
            code="no-model",
        )
    return asked


def _check_numbers(**numbers: int) -> None:
    for name, value in numbers.items():
        if value < 1:
            raise UsageError(f"{name} is {value}, at least 1 is needed", code="wrong-value")


def _check_cohort(cohort: Cohort, names: list[str]) -> None:
    absent = [name for name in names if name not in cohort.features.columns]
    if absent:
        raise UsageError(
            f"the cohort lacks {len(absent)} inputs of the model, the first is {shown(absent[0])!r}",
            hint="give the cohort that the model was fitted to",
            code="other-cohort",
        )


def _costs(costs: pd.DataFrame | str | Path | None, names: list[str]) -> dict[str, float]:
    """Return the cost of each input."""
    from genorx.cohort.tables.by_name import Frames, Tables

    found = dict.fromkeys(names, 1.0)
    if costs is None:
        return found
    if isinstance(costs, str | Path):
        raw = Tables(folder=Path(costs).parent).read(Path(costs).name)
    else:
        raw = Frames(folder=Path(), frames={"costs": costs}, patient_id="column").read("costs")
    from genorx.cohort.tables.raw import parse_numbers

    raw.require_column("column")
    named: dict[str, float] = {}
    for name, value in zip(raw.text("column"), parse_numbers(raw, "cost"), strict=True):
        _check_cost(name, value, found, raw.path)
        if name in named:
            raise InputError(f"{shown(name)!r} has two costs", file=raw.path, code="wrong-value")
        named[name] = float(value)
    return found | named


def _check_cost(name: Any, value: Any, known: Mapping[str, float], path: Path) -> None:
    if name not in known:
        reason = f"costs name {shown(name)!r}, which is not an input of the model"
        raise InputError(reason, file=path, hint="costs name the features of the model", code="no-such-column")
    if pd.isna(value) or not value > 0:
        raise InputError(f"the cost of {shown(name)!r} is not above 0", file=path, code="wrong-value")
