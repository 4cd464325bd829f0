"""A ranking with the display labels of its study for options, outcomes and features.

Data, JSON and tables keep the names; only pages are made from what this module returns.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass, replace
from typing import TYPE_CHECKING, Any

import pandas as pd

from genorx._core.advice import NAMED_BY
from genorx.errors import Finding
from genorx.report.labelled_text import in_words, labelled_finding, labelled_findings, named
from genorx.report.view import Truth

if TYPE_CHECKING:
    from genorx.outcomes import Evaluation
    from genorx.ranking.ranking import Ranking

Labels = Mapping[str, str]
#: Fields that name an option, an outcome or a feature; ``by`` is the option that dominates another.
_KINDS = {
    "option": "options", "reference": "options", "best_single": "options", "withheld": "options", "by": "options",
    "outcome": "outcomes", "primary": "outcomes", "harms": "outcomes", "feature": "features",
    "averages": "options", "slopes": "options",
}  # fmt: skip
_INSIDE = ("answers", "options", "estimates", "difference", "reasons", "curves", "trade_off", "advice_basis",
           "number_needed", "dominated_by", "ranges", "acceptability", "findings")  # fmt: skip
#: Fields that hold sentences.
_SENTENCES = ("text", "notes", "no_estimate_reason", "rule")


def labelled(ranking: Ranking) -> Ranking:
    """Return the ranking with labels in place of names, or unchanged without labels or with ambiguous ones."""
    labels = told_apart(ranking.labels)
    if not labels:
        return ranking
    # a published model's sentences are prose, in which the name of an outcome, such as "breast", is a word
    prose = "published" in ranking.provenance.get("knowledge", {})
    found: Ranking = _relabelled(ranking, labels, {"options": labels.get("options", {})} if prose else labels)
    return replace(found, notes=tuple(note for note in found.notes if not note.startswith(NAMED_BY)))


def told_apart(labels: Mapping[str, Labels]) -> Mapping[str, Labels]:
    """Return the labels, or none if there are none or two of a kind are equal."""
    alike = any(len(set(each.values())) < len(each) for each in labels.values())
    return labels if any(labels.values()) and not alike else {}


def labelled_truth(truth: Truth | None, labels: Mapping[str, Labels]) -> Truth | None:
    """Return true values by (patient, label of the option), those of an outcome by its label."""
    if truth is None:
        return None
    options, outcomes = labels.get("options", {}), labels.get("outcomes", {})

    def keyed(values: Mapping[tuple[str, str], float]) -> dict[tuple[str, str], float]:
        return {(patient, options.get(option, option)): value for (patient, option), value in values.items()}

    values = {outcomes.get(name, name): keyed(each) for name, each in truth.values.items()}
    return Truth(difference=keyed(truth.difference), values=values)


def labelled_outcomes(frame: pd.DataFrame, labels: Mapping[str, Labels]) -> pd.DataFrame:
    """Return a table of scores or curves with labels in its column ``outcome``."""
    known = labels.get("outcomes", {})
    return frame.assign(outcome=[named(str(name), known) for name in frame["outcome"]]) if known else frame


def labelled_evaluation(evaluation: Evaluation, labels: Mapping[str, Labels]) -> Evaluation:
    """Return an evaluation with labels in its scores, calibration and findings."""
    return replace(
        evaluation,
        scores=labelled_outcomes(evaluation.scores, labels),
        calibration=labelled_outcomes(evaluation.calibration, labels),
        findings=labelled_findings(evaluation.findings, labels),
    )


def _relabelled(value: Any, labels: Mapping[str, Labels], said: Mapping[str, Labels]) -> Any:
    """Return a value with labels in place of names; ``said`` are those in its sentences."""
    if not is_dataclass(value) or isinstance(value, type):
        return value
    if isinstance(value, Finding):
        return labelled_finding(value, said)
    changed = {each.name: _of_field(each.name, getattr(value, each.name), labels, said) for each in fields(value)}
    return replace(value, **{name: new for name, new in changed.items() if new is not getattr(value, name)})


def _of_field(name: str, value: Any, labels: Mapping[str, Labels], said: Mapping[str, Labels]) -> Any:
    if name in _KINDS:
        return _renamed(value, labels.get(_KINDS[name], {}))
    if name in _SENTENCES:
        return tuple(in_words(each, said) for each in value) if isinstance(value, tuple) else _sentence(value, said)
    if name not in _INSIDE:
        return value
    if isinstance(value, Sequence):  # also one that is made when it is first read
        return tuple(_relabelled(each, labels, said) for each in value)
    return _relabelled(value, labels, said)


def _sentence(value: str | None, labels: Mapping[str, Labels]) -> str | None:
    return None if value is None else in_words(value, labels)


def _renamed(value: Any, labels: Labels) -> Any:
    if isinstance(value, str):
        return named(value, labels)
    if isinstance(value, tuple):
        return tuple(_renamed(each, labels) for each in value)
    return {named(key, labels): each for key, each in value.items()} if isinstance(value, Mapping) else value
