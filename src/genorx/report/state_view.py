"""Page section on states and transitions: texts, and the diagram."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from genorx._core.number_words import amount_interval, ratio_interval
from genorx._core.svg import drawn
from genorx.report.state_figures import plot_state_diagram

if TYPE_CHECKING:
    from genorx.ranking.course_summary import CourseSummary

_MOST = 6  # features of a transition
_STEPS = {
    "standard deviation": "one standard deviation more",
    "begun here": "begun in this state",
    "begun earlier": "begun in an earlier state",
    "begun outside strategies": "begun outside the strategies",
}
#: How long after entry a treatment may begin, as the name of a comparison says it.
_WINDOW = re.compile(r"not (?:within|by) [\d.]+")


@dataclass(frozen=True, kw_only=True)
class StateView:
    """The section on states of a page."""

    diagram: str
    unit: str
    transitions: tuple[tuple[str, ...], ...]
    movers: tuple[tuple[str, str, str, str], ...]


def state_view(course: CourseSummary, unit: str, labels: Mapping[str, str]) -> StateView:
    """Return the page section on the states behind a ranking's strategies; ``labels`` are those of features."""
    label = "States as boxes and transitions as arrows, with how many patients made each"
    width = 1.7 * len(course.states)
    diagram = drawn(
        plot_state_diagram, course.transitions, size=(width, 2.4), prefix="states-", label=label, start=course.start
    )
    counts = [
        (row["from"], row["to"], *(f"{row[name]:,.0f}" for name in ("events", "at_risk", "time_at_risk")))
        for row in course.transitions.to_dict(orient="records")
    ]
    return StateView(diagram=diagram, unit=unit, transitions=tuple(counts), movers=_movers(course, labels))


def _movers(course: CourseSummary, labels: Mapping[str, str]) -> tuple[tuple[str, str, str, str], ...]:
    rows: list[tuple[str, str, str, str]] = []
    for (origin, target), own in course.movers.groupby(["from", "to"], sort=False):
        for row in own.head(_MOST).to_dict(orient="records"):
            ratio = ratio_interval(row["hazard_ratio"], row["lower"], row["upper"])
            feature = labels.get(row["feature"], row["feature"])
            rows.append((f"{origin} to {target}", feature, _step(row), ratio))
    return tuple(rows)


def _step(row: Mapping[Any, Any]) -> str:
    """Return in words what a hazard ratio is for."""
    feature, step = row["feature"], str(row["step"])
    if step in _STEPS:
        return _STEPS[step]
    level = step.removeprefix(f"{feature}=")
    return f"{level} against others" if level != step else step.removeprefix(f"{feature} ")


def strategy_rows(table: pd.DataFrame | None, units: Mapping[str, str]) -> list[tuple[str, ...]]:
    """Return rows (strategy, patients, method, against, difference) of an evaluation; none without strategies.

    ``units`` are those of the outcomes' times.
    """
    rows: list[tuple[str, ...]] = []
    for row in () if table is None else table.to_dict(orient="records"):
        unit = units.get(str(row["outcome"]), "")
        against = _WINDOW.sub(rf"\g<0> {unit}", row["against"]) if unit else row["against"]
        names = (row["strategy"], f"{row['group']} ({row['patients']:.0f})", row["method"], against)
        rows.append((*names, _difference(row)))
    return rows


def _difference(row: Mapping[Any, Any]) -> str:
    if pd.isna(row["estimate"]):
        return str(row["reason"]) or "–"
    said = f": {row['reason']}" if row["reason"] else ""  # the verdict on choosing by patient
    return f"{amount_interval(row['estimate'], row['lower'], row['upper'])}{said}"
