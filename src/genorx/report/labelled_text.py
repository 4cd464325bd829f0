"""Sentences with the display labels of a study in place of names of columns, outcomes and options.

A finding keeps the name of a column in brackets, since whoever acts on it must find the column.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pandas as pd

from genorx.errors import Finding

if TYPE_CHECKING:
    from genorx.ranking.evaluation.outcome_effect import OutcomeEffect

Labels = Mapping[str, Mapping[str, str]]
#: Names of options that are common words: in a sentence they may mean something else.
_COMMON = frozenset({"none", "no", "yes", "all", "any", "both", "other", "others", "rest", "standard", "control"})
_SHORTEST = 2
#: What stands between an outcome and its part.
_PARTS = (">=", ":")
#: Tables of a report of effects whose columns name options, features, or hold sentences.
_OF_OPTIONS, _OF_TEXTS = ("option", "reference", "strategy", "against"), ("column", "policy", "reason")


def in_words(text: str, labels: Labels, *, columns: bool = False) -> str:
    """Return a sentence with labels for names; ``columns``: the column name of a feature follows its label."""
    known = _names(labels, columns=columns)
    text = _listed(_options_by_place(text, labels.get("options", {})), labels.get("features", {}))
    if not known:
        return text
    names = "|".join(re.escape(name) for name in sorted(known, key=len, reverse=True))
    return re.sub(rf"(?<![\w./-])(?:{names})(?![\w/-]|\.\w)", lambda found: known[found.group()], text)


def _by_place(name: str) -> bool:
    """Whether an option has a common word or a number for a name: its label stands only where an option can."""
    return name in _COMMON or name.isdigit()


def _options_by_place(text: str, options: Mapping[str, str]) -> str:
    """Return a sentence with labels for options that are common words or numbers, where only an option can stand."""
    words = [re.escape(name) for name in options if _by_place(name)]
    if not words:
        return text
    name = rf"({'|'.join(words)})"
    places = (
        rf"(?<=, ){name}(?= against )",
        rf"(?<=against ){name}(?=[:,;.)]|$)",
        rf"(?<=everybody ){name}(?= \()",
        rf"^{name}(?= for all \()",
        rf"(?<=[:,] ){name}(?= \d+[,.])",  # how many had each
    )
    for place in places:
        text = re.sub(place, lambda found: options[found.group()], text)
    return text


def _listed(text: str, features: Mapping[str, str]) -> str:
    """Return a sentence with labels for names that occur alone between commas."""
    alike = [re.escape(name) for name, label in features.items() if name.casefold() == label.casefold()]
    if not alike:
        return text
    return re.sub(rf"(?<=[:,] )(?:{'|'.join(alike)})(?=,|;|$)", lambda found: features[found.group()], text)


def named(name: str, labels: Mapping[str, str]) -> str:
    """Return the label of a name; of NAME:PART, a cause or grade, or NAME>=GRADE that of NAME followed by the part."""
    whole, mark, part = next((parts for mark in _PARTS if (parts := name.partition(mark))[1]), (name, "", ""))
    return labels.get(name) or (f"{labels[whole]}{mark}{part}" if mark and whole in labels else name)


def labelled_findings(findings: Iterable[Finding], labels: Labels) -> tuple[Finding, ...]:
    """Return findings with labels in their sentences."""
    return tuple(labelled_finding(each, labels) for each in findings)


def labelled_finding(finding: Finding, labels: Labels) -> Finding:
    """Return a finding with labels in its sentence, and in its place if that is an outcome."""
    name, at, horizon = (finding.place or "").partition(" at ")
    whole = f"{named(name, labels.get('outcomes', {}))}{at}{horizon}"
    place = finding.place if finding.place is None else whole
    return replace(finding, message=in_words(finding.message, labels, columns=True), place=place)


def labelled_effects(effects: Iterable[OutcomeEffect], labels: Labels) -> tuple[OutcomeEffect, ...]:
    """Return an effect evaluation with labels: outcomes, options, features, reasons, warnings."""
    return tuple(_effect(each, labels) for each in effects) if any(labels.values()) else tuple(effects)


def labelled_frame(frame: pd.DataFrame, labels: Labels) -> pd.DataFrame:
    """Return a table with labels in its columns of options, features and sentences."""
    options = labels.get("options", {})
    found = {name: [_option(each, options) for each in frame[name]] for name in _OF_OPTIONS if name in frame}
    found |= {name: [_cell(each, labels) for each in frame[name]] for name in _OF_TEXTS if name in frame}
    if "outcome" in frame:
        found["outcome"] = [named(str(each), labels.get("outcomes", {})) for each in frame["outcome"]]
    return frame.assign(**found)


def _option(value: Any, options: Mapping[str, str]) -> Any:
    """Return the label of an option, or a sentence such as "everybody NAME (reference)" with labels."""
    if not isinstance(value, str):
        return value
    return options.get(value) or in_words(value, {"options": options})


def _cell(value: object, labels: Labels) -> object:
    """Return a cell with labels; a leading column name is not treated as part of a sentence."""
    if not isinstance(value, str):
        return value
    features = labels.get("features", {})
    name, place, level = value.partition("=") if "=" in value else value.partition(" missing")
    return f"{features[name]}{place}{level}" if name in features else in_words(value, labels)


def _effect(effect: OutcomeEffect, labels: Labels) -> OutcomeEffect:
    report = effect.report
    if report is not None:
        tables = {name: getattr(report, name) for name in report.__dataclass_fields__}
        frames = {name: labelled_frame(each, labels) for name, each in tables.items() if isinstance(each, pd.DataFrame)}
        texts = {name: tuple(in_words(text, labels) for text in tables[name]) for name in ("assumptions", "warnings")}
        worded: dict[str, Any] = {**frames, **texts}
        report = replace(report, **worded)
    return replace(
        effect,
        outcome=named(effect.outcome, labels.get("outcomes", {})),
        reference=labels.get("options", {}).get(effect.reference, effect.reference),
        reason=in_words(effect.reason, labels),
        landmarks=labelled_frame(effect.landmarks, labels),
        report=report,
    )


def _names(labels: Labels, *, columns: bool) -> dict[str, str]:
    """Return the replacement of each name in a sentence; common words, and names equal to their label, stay.

    A feature or outcome whose label differs by capitals alone stays a word of the sentence; an option is a name there.
    """
    found = {name: label for name, label in labels.get("options", {}).items() if not _by_place(name)}
    found |= labels.get("outcomes", {})
    for name, label in labels.get("features", {}).items():
        found[name] = f"{label} ({name})" if columns else label
    plain = {name: label for kind in labels.values() for name, label in kind.items()}
    options = labels.get("options", {})
    return {
        name: text
        for name, text in found.items()
        if len(name) >= _SHORTEST and (name in options or plain[name].casefold() != name.casefold())
    }
