"""Results as tables: one row per option, outcome, measure and horizon; and one row per reason."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd
from pandas.arrays import FloatingArray, IntegerArray

from genorx._core.garbage import unsearched
from genorx.ranking.answer.answer import Estimate, OptionAnswer, PatientAnswer
from genorx.ranking.answer.block_numbers import Estimates
from genorx.ranking.answer.evidence import best_tier, speaks_against

_COLUMNS = (
    "patient_id",
    "option",
    "rank",
    "advice",
    "outcome",
    "measure",
    "horizon",
    "unit",
    "estimate",
    "lower",
    "upper",
    "difference",
    "difference_lower",
    "difference_upper",
    "probability_better",
    "probability_best",
    "effective_n",
    "propensity",
    "reason",
    "safety",
    "safety_marks",
    "axes",
    "evidence_tier",
    "evidence_against",
    "rests_on",
    "choosing",
    "average_difference",
    "average_lower",
    "average_upper",
)
_WHOLE = ("rank", "evidence_against")
_NUMBERS = tuple(_COLUMNS[index] for index in (6, *range(8, 18), *range(-3, 0)))
_REASON = ("feature", "value", "kind", "direction", "size")


@unsearched()
def answers_frame(answers: Sequence[PatientAnswer]) -> pd.DataFrame:
    """Return one row per patient, option, outcome, measure and horizon, as ``Ranking.to_frame`` describes."""
    rows = [row for answer in answers for option in answer.options for row in _rows(answer, option)]
    columns = zip(*rows, strict=True) if rows else iter([()] * len(_COLUMNS))
    return pd.DataFrame({name: _typed(name, values) for name, values in zip(_COLUMNS, columns, strict=True)})


def _typed(name: str, values: tuple[Any, ...]) -> Any:
    """Return a text column unchanged, a numeric one as numbers; None is missing."""
    if name not in _NUMBERS and name not in _WHOLE:
        return values
    numbers = np.array(values, dtype=np.float64)
    missing = np.isnan(numbers)
    if name in _NUMBERS:
        return FloatingArray(numbers, missing)
    return IntegerArray(np.where(missing, 1, numbers).astype(np.int64), missing)


def reasons_frame(answers: Sequence[PatientAnswer], option: str) -> pd.DataFrame:
    """Return the drivers of an option's estimate, and its evidence, as described in ``Ranking.explain``."""
    selected = [(each.patient_id, answer) for each in answers for answer in each.options if answer.option == option]
    rows = [
        (patient, option, *(getattr(reason, name) for name in _REASON))
        for patient, answer in selected
        for reason in answer.reasons
    ]
    rows += [
        (patient, option, row["id"], f"tier {row['tier']}, {row['relation']}", "evidence", row["direction"], None)
        for patient, answer in selected
        for row in answer.evidence
    ]
    return pd.DataFrame(rows, columns=["patient_id", "option", *_REASON]).astype({"size": "float64"})


def _safety(row: dict[str, str]) -> str:
    return f"{row['drug']}: {row['action']} ({row['gene']} {row['phenotype']}, {row['source']})"


def _basis(answer: PatientAnswer, option: OptionAnswer) -> tuple[Any, ...]:
    """Return the basis of the advice, and the option's average difference in the ordering quantity."""
    basis = answer.advice_basis
    if basis is None:
        return ("", "", None, None, None)
    found = basis.averages.get(option.option)
    numbers = (None,) * 3 if found is None else (found.estimate, found.lower, found.upper)
    return (basis.rests_on, basis.choosing, *numbers)


def _rows(answer: PatientAnswer, option: OptionAnswer) -> Iterator[tuple[Any, ...]]:
    head = (answer.patient_id, option.option, option.rank, option.advice)
    support = option.support
    tail = (
        option.probability_best,
        None if support is None else support.effective_n,
        None if support is None else support.propensity,
        option.no_estimate_reason or "",
        "; ".join(_safety(row) for row in option.safety),
        "; ".join(f"{_safety(row)}, {row['strength'] or 'not graded'}" for row in option.safety_marks),
        option.axes or "",
        best_tier(option) or "",
        None if option.axes is None else sum(map(speaks_against, option.evidence)),
        *_basis(answer, option),
    )
    if not option.estimates:
        yield (*head, None, None, None, None, *[None] * 7, *tail)
    for numbers in _numbers(option.estimates):
        yield (*head, *numbers, *tail)


def _numbers(estimates: Sequence[Estimate]) -> Iterator[tuple[Any, ...]]:
    """Yield the quantity, the numbers of each estimate, and those of its difference."""
    if isinstance(estimates, Estimates):
        yield from estimates.numbers()
        return
    for each in estimates:
        found = each.difference
        gap = [None] * 4 if found is None else [found.estimate, found.lower, found.upper, found.probability_better]
        yield (each.outcome, each.measure, each.horizon, each.unit, each.estimate, each.lower, each.upper, *gap)
