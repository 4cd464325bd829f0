"""A patient's record on the first page: known values, variants found, missing values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from genorx._core.feature_spec import FeatureSpec
from genorx._core.number_words import true_minus
from genorx.ranking.answer.reasons import value_text

if TYPE_CHECKING:
    from genorx.ranking.ranking import Ranking

#: Values that the page names; the others are counted.
_MOST = 20
_LONG = 1000.0  # from here on four figures would cut whole ones
#: Features that a clinician looks for first, by the beginning of their names.
_FIRST = ("age", "sex", "gender", "stage", "ecog", "performance", "karnofsky")
_OF_VARIANTS = ("gene", "gene class", "site", "pgx")
_COPIES = {"0": "no copy", "1": "one copy", "2": "two copies"}
_FOUND, _ANSWERS = {"0": "not found", "1": "found"}, {"0": "no", "1": "yes"}


@dataclass(frozen=True, kw_only=True)
class RecordView:
    """Values as (name, text), variants found, number tested, names of missing values."""

    values: tuple[tuple[str, str], ...]
    more: int
    variants: tuple[str, ...]
    looked_at: int
    unknown: tuple[str, ...]


def record_view(ranking: Ranking, patient_id: str) -> RecordView | None:
    """Return the record of a patient; None if the ranking does not contain it."""
    if patient_id in ranking.records:
        return _of_inputs(ranking.records[patient_id])
    if ranking.asked is None or patient_id not in ranking.asked.aligned.X.index:
        return None
    row = {str(name): value for name, value in ranking.asked.aligned.X.loc[patient_id].items()}
    specs = ranking.asked.question.specs
    own = [spec for spec in specs.values() if spec.group not in _OF_VARIANTS and spec.name in row]
    variants = [spec for spec in specs.values() if spec.group in _OF_VARIANTS and spec.name in row]
    labels = ranking.labels.get("features", {})
    values = [
        _said(labels.get(each.name, each.name), value_in_words(value_text(_rounded(row[each.name]), each), each), each)
        for each in sorted(own, key=_place)
        if _known(row, each)
    ]
    return RecordView(
        values=tuple(values[:_MOST]),
        more=max(0, len(values) - _MOST),
        variants=tuple(
            _variant(labels.get(each.name, each.name), each, row[each.name]) for each in variants if _carried(row, each)
        ),
        looked_at=sum(_known(row, each) for each in variants),
        unknown=tuple(labels.get(name, name) for name in _unknown(row, [*own, *variants])),
    )


def _of_inputs(record: Sequence[tuple[str, str | None]]) -> RecordView:
    """Return the record that a published model was given."""
    values = [(name, text) for name, text in record if text is not None]
    return RecordView(
        values=tuple(values[:_MOST]),
        more=max(0, len(values) - _MOST),
        variants=(),
        looked_at=0,
        unknown=tuple(name for name, text in record if text is None),
    )


def _rounded(value: Any) -> Any:
    """Return a number with the figures that a reader wants: a body mass index was computed to six."""
    return float(f"{value:.4g}") if isinstance(value, float) and abs(value) < _LONG else value


def _said(name: str, text: str, spec: FeatureSpec) -> tuple[str, str]:
    """Return a feature with its value; the unit is left out where it is the name, as of pack-years."""
    return name, text.removesuffix(f" {spec.unit}") if spec.unit and spec.unit == name.casefold() else text


def specs_by_label(ranking: Ranking) -> dict[str, FeatureSpec]:
    """Return the spec of each feature, by its display name; empty if the ranking does not contain them."""
    labels = ranking.labels.get("features", {})
    known = {} if ranking.asked is None else ranking.asked.question.specs
    return {labels.get(name, name): spec for name, spec in known.items()}


def value_in_words(text: str, spec: FeatureSpec | None) -> str:
    """Format a value in words: copies of an allele, a variant found or not, yes or no; a number with a true minus."""
    text = true_minus(text)
    if spec is None:
        return text
    if spec.group == "site":
        return _COPIES.get(text, text)
    words = _FOUND if spec.group in _OF_VARIANTS else _ANSWERS
    return words.get(text, text) if spec.kind == "boolean" else text


def _place(spec: FeatureSpec) -> int:
    """Return the sort position of a feature: requested ones first, then the others in the order of the study."""
    name = spec.name.lower()
    return next((place for place, start in enumerate(_FIRST) if name.startswith(start)), len(_FIRST))


def _known(row: Mapping[str, Any], spec: FeatureSpec) -> bool:
    return not pd.isna(row[spec.name])


def _carried(row: Mapping[str, Any], spec: FeatureSpec) -> bool:
    return _known(row, spec) and row[spec.name] not in (0, "0")


def _variant(name: str, spec: FeatureSpec, value: Any) -> str:
    if isinstance(value, str):
        return f"{name} {value}"
    if spec.group == "site":
        return f"{name} ({_COPIES.get(f'{value:g}', value)})"
    return name


def _unknown(row: Mapping[str, Any], specs: Iterable[FeatureSpec]) -> list[str]:
    return [each.name for each in specs if not _known(row, each)]
