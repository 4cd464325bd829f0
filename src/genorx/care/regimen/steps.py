"""Steps of a course in chronological order: in each cycle those before day 1, then day by day."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from typing import Any

from genorx.care.regimen.regimen import Check, Hold, Regimen


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A step of a plan: name, cycle, day of the cycle (0 is before day 1), reason and source."""

    patient_id: str | None
    step: int
    kind: str
    cycle: int
    day: int
    name: str
    code: str | None = None
    system: str | None = None
    reason: str
    source: str


def course_steps(regimen: Regimen, checks: list[Check], patient_id: str | None) -> Iterator[Step]:
    """Yield the steps of a course with their numbers: in each cycle those before day 1, then day by day."""
    numbers = count(1)
    of_patient = [_check(each, 1, 0) for each in checks]
    starting = [_check(each, 1, 0) for each in regimen.checks if each.when == "before_start"]
    for values in (*of_patient, *starting, *_of_cycles(regimen)):
        yield Step(patient_id=patient_id, step=next(numbers), **values)


def _of_cycles(regimen: Regimen) -> Iterator[dict[str, Any]]:
    for cycle in range(1, regimen.cycles + 1):
        yield from (_check(each, cycle, 0) for each in regimen.checks if each.when == "before_cycle")
        if regimen.laboratory:
            yield _laboratory(regimen, cycle)
        yield from (_hold(each, cycle) for each in regimen.holds)
        yield from _by_day(regimen, cycle)


def _by_day(regimen: Regimen, cycle: int) -> Iterator[dict[str, Any]]:
    """Yield the checks and treatments of a cycle by day; on one day checks first."""
    checks = [each for each in regimen.checks if each.when == "day"]
    days = sorted({*regimen.days, *(each.day or 0 for each in checks)})
    for day in days:
        yield from (_check(each, cycle, day) for each in checks if each.day == day)
        if day in regimen.days:
            yield _treatment(regimen, cycle, day)


def _check(check: Check, cycle: int, day: int) -> dict[str, Any]:
    parts = {name: getattr(check, name) for name in ("name", "code", "system", "reason", "source")}
    return {"kind": "check", "cycle": cycle, "day": day, **parts}


def _laboratory(regimen: Regimen, cycle: int) -> dict[str, Any]:
    reason = f"before day 1 of cycle {cycle}"
    values = {"name": ", ".join(regimen.laboratory), "reason": reason, "source": regimen.source}
    return {"kind": "laboratory", "cycle": cycle, "day": 0, **values}


def _hold(hold: Hold, cycle: int) -> dict[str, Any]:
    return {"kind": "hold", "cycle": cycle, "day": 0, "name": hold.words, "reason": hold.action, "source": hold.source}


def _treatment(regimen: Regimen, cycle: int, day: int) -> dict[str, Any]:
    name = ", ".join(regimen.drugs) or regimen.label
    reason = f"{regimen.label}, cycle {cycle} of {regimen.cycles}"
    return {"kind": "treatment", "cycle": cycle, "day": day, "name": name, "reason": reason, "source": regimen.source}
