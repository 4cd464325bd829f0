"""A course as a timeline: cycles as blocks, treatments, laboratory and checks as marks, moved visits with their shift.

Marks differ by their shape, not by colour alone, so that the picture can be printed in grey.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from genorx._core.figures import own_axes
from genorx.errors import shown

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from genorx.care.regimen.plan import CarePlan
    from genorx.care.schedule.schedule import Schedule

_DARK, _SOFT = "#1f2933", "#6b7280"
_BLOCKS = ("#c9ced6", "#e4e7eb")
#: Lane, marker and label of each kind of mark.
_KINDS = {
    "treatment": (2, "o", "treatment"),
    "laboratory": (1, "^", "laboratory"),
    "check": (0, "s", "check"),
    "missing": (2, "x", "no open day"),
}
_LANES = {3: "cycles", 2: "treatment", 1: "laboratory", 0: "checks"}
#: Largest number of cycles of which each is numbered.
_NUMBERED = 18


@dataclass(frozen=True, slots=True)
class _Mark:
    kind: str
    at: float
    shift: int = 0


def plot_schedule(schedule: Schedule, *, ax: Axes | None = None) -> Axes:
    """Draw the visits of a schedule over the calendar; moved visits show their shift in days; return the Axes."""
    axes = own_axes(ax)
    visits = [
        (each.kind, each.day, _number(date.fromisoformat(each.date)), each.moved_days) for each in schedule.listed
    ]
    visits += [("missing", each.day, _number(each.planned), 0) for each in schedule.without_day if each.planned]
    marks = [_Mark(kind, at, shift) for kind, _, at, shift in visits]
    firsts = sorted(at for _, day, at, _ in visits if day == 1)
    last = max((mark.at for mark in marks), default=_number(date.fromisoformat(schedule.plan.start)))
    # length of the last cycle, which has no next one
    usual = min((other - one for one, other in itertools.pairwise(firsts)), default=1.0)
    _draw(axes, marks, _spans([*firsts, max([last + 1, *(first + usual for first in firsts[-1:])])]), lanes=(3, 2, 1))
    _date_axis(axes)
    axes.set_xlabel("Date")
    axes.set_title(f"{shown(schedule.label)}: visits on open days", fontsize="medium", loc="left")
    return axes


def _number(day: date) -> float:
    """Return a day's coordinate on matplotlib's date axis."""
    from matplotlib.dates import date2num

    return float(date2num(day))  # type: ignore[no-untyped-call]


def _date_axis(axes: Axes) -> None:
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter

    locator = AutoDateLocator()  # type: ignore[no-untyped-call]
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(ConciseDateFormatter(locator))  # type: ignore[no-untyped-call]


def plot_plan(plan: CarePlan, *, ax: Axes | None = None) -> Axes:
    """Draw the steps of a plan over days from its start, before a calendar moves them; return the Axes."""
    axes = own_axes(ax)
    length = plan.regimen.cycle_days
    marks = [
        _Mark(each.kind, (each.cycle - 1) * length + max(each.day, 1) - (1.0 if each.day else 1.6))
        for each in plan.listed
        if each.kind in _KINDS
    ]
    starts = [cycle * length for cycle in range(plan.regimen.cycles + 1)]
    _draw(axes, marks, _spans([float(day) for day in starts]), lanes=(3, 2, 1, 0))
    first = date.fromisoformat(plan.head.start)
    axes.set_xlabel(f"Days from the start, {first.isoformat()}")
    axes.set_title(f"{shown(plan.regimen.label)}: plan", fontsize="medium", loc="left")
    return axes


def _spans(starts: Sequence[float]) -> list[tuple[float, float]]:
    """Return start and length of each block: up to the next one, for the last up to the end."""
    return [(one, other - one) for one, other in itertools.pairwise(starts) if other > one]


def _draw(axes: Axes, marks: Iterable[_Mark], blocks: Sequence[tuple[float, float]], lanes: Sequence[int]) -> None:
    for number, (start, length) in enumerate(blocks, start=1):
        axes.broken_barh([(start, length)], (2.68, 0.64), facecolors=_BLOCKS[number % 2], edgecolors="#ffffff")
        if len(blocks) <= _NUMBERED or number % 5 == 1:
            axes.text(start + length / 2, 3.0, str(number), ha="center", va="center", fontsize="medium", color=_DARK)
    stated: set[str] = set()
    for mark in marks:
        _draw_mark(axes, mark, stated)
    axes.set_yticks(list(lanes), [_LANES[lane] for lane in lanes])
    axes.set_ylim(min(lanes) - 0.6, 3.6)
    axes.tick_params(axis="y", length=0)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    if stated & {"moved", "missing"}:
        axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.28), ncols=2, frameon=False, fontsize="medium")


def _draw_mark(axes: Axes, mark: _Mark, stated: set[str]) -> None:
    lane, marker, label = _KINDS[mark.kind]
    moved = bool(mark.shift)
    kind = "moved" if moved else mark.kind
    named = {"moved": "moved, days beside it", "missing": label}.get(kind)
    axes.plot(
        [mark.at],
        [lane],
        marker,
        color=_DARK,
        markerfacecolor="#ffffff" if moved else _DARK,
        markersize=7 if mark.kind == "missing" else 5,
        markeredgewidth=1.6 if mark.kind == "missing" else 1.0,
        label=named if named and kind not in stated else "_",
    )
    stated.add(kind)
    if moved:
        axes.annotate(
            f"{mark.shift:+d}", (mark.at, lane), (0, 6), textcoords="offset points", ha="center", fontsize="medium",
            color=_SOFT,
        )  # fmt: skip
