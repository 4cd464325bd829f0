"""Outcomes before and after a change of a modifiable factor, as a table for a page and for notebooks."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from genorx.report import wording
from genorx.report.grade_bars import grade_text
from genorx.report.rendering import render

if TYPE_CHECKING:
    from genorx.ranking.what_if import WhatIf

_NOTEBOOK_PATIENTS = 5
_POINTS = 100.0


@dataclass(frozen=True, kw_only=True)
class WhatIfView:
    """Page data of a change.

    Attributes
    ----------
    title, label : str
    before, after : str
        Headings of the two columns of estimates.
    patients : tuple of (patient, rows, reasons)
        Rows of (option, outcome, before, after, difference, chance of better); reasons why there is no estimate.
    notes : tuple of str
        What followed, and what stayed.
    left_out : int
        Patients left out of the table.
    """

    title: str
    label: str
    before: str
    after: str
    patients: tuple[tuple[str, tuple[tuple[str, ...], ...], tuple[str, ...]], ...]
    notes: tuple[str, ...]
    left_out: int = 0


def what_if_view(found: WhatIf, most: int | None = None) -> WhatIfView:
    """Return the page data, for at most ``most`` patients."""
    groups = list(found.frame.groupby("patient_id", sort=False))
    patients = tuple(_patient(str(name), rows, found) for name, rows in groups[:most])
    change = ", ".join(f"{name} {value}" for name, value in found.changes.items())
    effect = found.kind == "effect"
    return WhatIfView(
        title=f"What if: {change}",
        label=_one_sentence(found.label),
        before="Reference option" if effect else "As it is",
        after="This option" if effect else "After the change",
        patients=patients,
        notes=tuple(finding.message for finding in found.findings if finding.patient_id is None),
        left_out=max(0, len(groups) - len(patients)),
    )


def _one_sentence(label: str) -> str:
    """Return assumptions that follow one another as parts of a sentence, not as sentences."""
    return re.sub(r"(?<=[:;] )[A-Z](?=[a-z])", lambda found: found.group().lower(), label)


def what_if_html(found: WhatIf) -> str:
    """Return a change as an HTML fragment for a notebook; at most five patients, the others counted."""
    return render("what_if_fragment.html", {"change": what_if_view(found, _NOTEBOOK_PATIENTS)})


def _patient(name: str, frame: pd.DataFrame, found: WhatIf) -> tuple[str, tuple[tuple[str, ...], ...], tuple[str, ...]]:
    records = frame.astype(object).where(frame.notna(), None).to_dict("records")
    rows = tuple(_rows(records, found))
    reasons = tuple(dict.fromkeys(str(record["reason"]) for record in records if record["reason"]))
    return name, rows, reasons


def _rows(records: Sequence[Mapping[Any, Any]], found: WhatIf) -> Iterator[tuple[str, ...]]:
    """Yield a row for each number, and one for all grades of an outcome, after it."""
    name, grades = "", dict[str, list[Mapping[Any, Any]]]()
    for record in records:
        if record["measure"] == "grade":
            grades.setdefault(record["option"], []).append(record)
            continue
        yield from _grade_rows(name, grades)
        name, grades = record["outcome"], {}
        if record["measure"] != "median":
            yield _row(record, found)
    yield from _grade_rows(name, grades)


def _grade_rows(name: str, grades: Mapping[str, Sequence[Mapping[Any, Any]]]) -> Iterator[tuple[str, ...]]:
    for option, records in grades.items():
        sides = []
        for column in ("estimate", "changed"):
            stated = [(record["outcome"].removeprefix(f"{name}:"), record[column]) for record in records]
            sides.append("–" if any(chance is None for _, chance in stated) else grade_text(stated))
        yield (option, f"{name}, chance of each grade", *sides, "–", "–")


def _row(record: Mapping[Any, Any], found: WhatIf) -> tuple[str, ...]:
    chance = wording.is_probability(record["measure"])
    scale, digits = (_POINTS, 1) if chance else (1.0, 2)
    unit = " %" if chance else ""
    outcome = record["outcome"]
    measure = wording.measure_name(
        record["measure"],
        record["horizon"],
        record["unit"] or found.time_units.get(outcome, ""),
        free=found.free_of(outcome),
    )
    return (
        record["option"],
        f"{outcome}, {measure}",
        _text(record, ("estimate", "lower", "upper"), scale, digits, unit),
        _text(record, ("changed", "changed_lower", "changed_upper"), scale, digits, unit),
        _text(record, ("difference", "difference_lower", "difference_upper"), scale, digits, "", sign=True),
        wording.chance_text(record["probability_better"]),
    )


def _text(
    record: Mapping[Any, Any], names: tuple[str, str, str], scale: float, digits: int, unit: str, *, sign: bool = False
) -> str:
    values = [None if record[name] is None else record[name] * scale for name in names]
    if values[0] is None:
        return "–"
    written = [wording.signed(value, digits) if sign else wording.number(value, digits) for value in values]
    return f"{written[0]}{unit} ({written[1]} to {written[2]})"
