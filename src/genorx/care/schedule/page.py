"""Plans and schedules as sections of pages, notebooks and reports: findings, timeline, table."""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import escape
from typing import TYPE_CHECKING

from genorx._core import number_words
from genorx._core.page import findings_block, html_table, scrolling_figure
from genorx._core.svg import drawn
from genorx._visible import visible
from genorx.care.schedule.timeline import plot_plan, plot_schedule

if TYPE_CHECKING:
    from genorx.care.regimen.plan import CarePlan
    from genorx.care.regimen.steps import Step
    from genorx.care.schedule.schedule import PlanHead, Schedule
    from genorx.errors import Finding

_NOTE = (
    "A proposal for a person to review and change: nothing was booked, ordered or sent. "
    "The local protocol has priority over the regimen shown here."
)


def plan_section(plan: CarePlan) -> str:
    """Return a plan as a section: head, findings, timeline, checks, and a table of all steps."""
    label = f"Timeline of {plan.regimen.label}: {plan.regimen.cycles} cycles of {plan.regimen.cycle_days} days"
    figure = drawn(plot_plan, plan, size=(8.0, 2.3), prefix=f"plan-{plan.head.id[:8]}-", label=visible(label))
    once = _once(plan)
    each_cycle = [_step_row(step) for step in plan.listed if step.cycle == 1 and step not in once]
    parts = [
        f"<h2>{escape(plan.regimen.label)}</h2>",
        _head(plan.head, "Length", f"{plan.regimen.cycles} cycles of {plan.regimen.cycle_days} days"),
        f'<p class="banner">{escape(_NOTE)}</p>',
        findings_block(_labelled(plan)),
        scrolling_figure(figure),
        html_table(
            ("Before the start", "Why", "Source"), map(_check_row, once), caption="Checks before the first cycle"
        ),
        _without_guidance(plan),
        html_table(
            _STEP_HEADS,
            each_cycle,
            caption="Each cycle, in order",
        ),
    ]
    return f"<section>{''.join(parts)}</section>"


def _labelled(plan: CarePlan) -> Iterable[Finding]:
    """Return the findings with the option's label on pages."""
    option, label = plan.head.option, plan.head.option_label
    if option is None or label is None:
        return plan.findings
    from genorx.report.labelled_text import labelled_findings  # heavy: the room of pages loads the models

    return labelled_findings(plan.findings, {"options": {option: label}})


#: Power of ten of a UCUM unit, as in ``10*9/L``, and its digits as superscripts.
_TIMES_TEN, _RAISED = re.compile(r" 10\*(\d+)(?=/)"), str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
#: Reason of a visit that stands on its day: the table need not repeat it.
_AS_PLANNED = "as planned"
_STEP_HEADS = ("Day", "Kind", "What", "Why", "Source")


def _once(plan: CarePlan) -> list[Step]:
    """Return the checks before the first cycle only."""
    later = {each.name for each in plan.listed if each.kind == "check" and each.cycle > 1}
    before = (each for each in plan.listed if each.kind == "check" and (each.cycle, each.day) == (1, 0))
    return [each for each in before if each.name not in later]


def _without_guidance(plan: CarePlan) -> str:
    """Return the notice for a plan without checks from guidance on the patient."""
    of_regimen = {each.name for each in plan.regimen.checks}
    if any(each.kind == "check" and each.name not in of_regimen for each in plan.listed):
        return ""
    said = "No check follows from guidance on this patient, which does not mean that the treatment is safe."
    return f'<p class="soft">{said}</p>'


def _check_row(step: Step) -> tuple[str, ...]:
    return step.name, step.reason, step.source


def _step_row(step: Step) -> tuple[str, ...]:
    day = "before day 1" if step.day == 0 else str(step.day)
    why = "" if step.kind in ("laboratory", "treatment") or step.reason == step.kind else step.reason
    return day, step.kind, _TIMES_TEN.sub(_power, step.name), why, step.source


def _power(found: re.Match[str]) -> str:
    return f" × 10{found[1].translate(_RAISED)}"


def _head(head: PlanHead, name: str, length: str) -> str:
    known = (
        ("Patient", head.patient_id),
        ("Option", head.option_label or head.option),
        ("Start", head.start),
        (name, length),
        ("Author", head.author or "none yet: a person has to adopt it"),
    )
    return f"<dl>{''.join(_pairs(known))}</dl>"


def _pairs(known: Iterable[tuple[str, str | None]]) -> Iterable[str]:
    for name, value in known:
        if value:
            yield f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>"


def schedule_section(schedule: Schedule) -> str:
    """Return a schedule as a section: findings, timeline, one row per visit."""
    moved = sum(bool(each.moved_days) for each in schedule.listed)
    counts = f"{len(schedule.listed)}, {moved} moved, {len(schedule.without_day)} without an open day"
    label = f"Visits of {schedule.label}: {counts}"
    figure = drawn(
        plot_schedule, schedule, size=(8.0, 2.3), prefix=f"visits-{schedule.plan.id[:8]}-", label=visible(label)
    )
    zone = schedule.calendar.timezone
    heads = ("Cycle", "Day", "Kind", "Date", *([f"Time ({zone})"] if zone else []), "Planned", "Moved", "Why")
    rows = [row for _, row in sorted(_visit_rows(schedule, timed=bool(zone)), key=lambda each: each[0])]
    parts = [
        f"<h2>{escape(schedule.label)}</h2>",
        _head(schedule.plan, "Visits", counts),
        f'<p class="banner">{escape(_NOTE)}</p>',
        findings_block(schedule.findings),
        scrolling_figure(figure),
        html_table(heads, rows, caption="Proposed visits; they are not booked against rooms, staff or each other"),
    ]
    return f"<section>{''.join(parts)}</section>"


def _visit_rows(schedule: Schedule, *, timed: bool) -> Iterable[tuple[tuple[int, int], tuple[str, ...]]]:
    """Return (cycle, day) and the cells of each visit, and of each treatment that has no open day.

    Of a visit on its planned day, the cells on a move are empty: a table in which none moved has no such columns.
    """
    for each in schedule.listed:
        time = [each.start[11:16] if each.start else "–"] if timed else []
        moved = each.planned is not None and each.planned != each.date
        why = each.reason if moved or each.reason not in (_AS_PLANNED, f"before day 1 of cycle {each.cycle}") else ""
        cells = (each.date, *time, each.planned if moved and each.planned else "", _shift(each.moved_days), why)
        yield (each.cycle, each.day), (str(each.cycle), _day(each.day), each.kind, *cells)
    for missing in schedule.without_day:
        planned = missing.planned.isoformat() if missing.planned else "–"
        cells = ("none", *(["–"] if timed else []), planned, "–", "no open day: no visit")
        where = (str(missing.cycle), _day(missing.day), "treatment")
        yield (missing.cycle, missing.day), (*where, *cells)


def _day(day: int) -> str:
    return "before\N{NO-BREAK SPACE}1" if day == 0 else str(day)


def _shift(days: int) -> str:
    return f"{number_words.signed(days, 0)} {'day' if abs(days) == 1 else 'days'}" if days else ""
