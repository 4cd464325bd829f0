"""A regimen: cycles, days with a visit, laboratory tests, checks, and dose-hold limits.

The course of one patient is ``plan``; dates on open days are set by ``care.schedule``.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, fields
from itertools import pairwise
from typing import Any, Literal, get_args

from genorx._core.short_repr import short
from genorx.cohort.faults import Faults
from genorx.errors import InputError, shown

When = Literal["before_start", "before_cycle", "day"]
HoldAction = Literal["hold", "reduce", "stop"]
#: Largest number of visits of one course: more than daily treatment for ten years.
MOST_VISITS = 5000
#: Largest number of days of a cycle.
MOST_DAYS = 3660
Broken = Iterator[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Check:
    """A check before the start, before each cycle, or on a day of each cycle, with reason and source.

    Attributes
    ----------
    name, reason, source : str
        What is checked, why, and where that is published.
    when : {"before_start", "before_cycle", "day"}
        Time of the check: before the start, before each cycle, or on ``day``.
    day : int or None
        Day of the cycle, for ``when="day"``.
    code, system : str or None
        Code of the check and its code system, such as a LOINC code.

    Examples
    --------
    >>> import genorx as gx
    >>> check = gx.care.Check("UGT1A1 genotype", when="before_start", reason="neutropenia", source="label")
    >>> regimen = gx.care.Regimen("weekly", cycle_days=7, days=[1], cycles=2, source="an example", checks=[check])
    >>> plan = gx.care.plan(None, None, regimen=regimen, start="2026-03-02")
    >>> plan.steps.loc[plan.steps["kind"] == "check", "name"].tolist()
    ['UGT1A1 genotype']
    """

    name: str
    when: When
    reason: str
    source: str
    day: int | None = None
    code: str | None = None
    system: str | None = None


@dataclass(frozen=True, slots=True)
class Hold:
    """A limit of a measurement below, or above, which treatment is held, reduced or stopped.

    Attributes
    ----------
    measure, source : str
        Name of the measurement, and where the limit is published.
    unit : str
        UCUM unit of the limit.
    action : {"hold", "reduce", "stop"}
        What to do beyond the limit.
    below, above : float or None
        The limit, in ``unit``; one of the two is given.

    Examples
    --------
    >>> import genorx as gx
    >>> hold = gx.care.Hold("neutrophils", unit="10*9/L", action="hold", below=1.5, source="label")
    >>> regimen = gx.care.Regimen("weekly", cycle_days=7, days=[1], cycles=2, source="an example", holds=[hold])
    >>> regimen.holds[0].below
    1.5
    """

    measure: str
    unit: str
    action: HoldAction
    source: str
    below: float | None = None
    above: float | None = None

    @property
    def words(self) -> str:
        """The condition: ``neutrophils below 1.5 10*9/L``."""
        side, limit = ("below", self.below) if self.below is not None else ("above", self.above)
        return f"{self.measure} {side} {limit:g} {self.unit}"


@short
@dataclass(frozen=True)
class Regimen:
    """Days and cycles of a treatment, with drugs, laboratory tests, checks and limits.

    Attributes
    ----------
    name : str
        Name of the regimen.
    cycle_days : int
        Length of a cycle in days.
    days : sequence of int
        Days of a cycle with a visit, in increasing order; the first is 1.
    cycles : int
        Number of cycles.
    window : int
        Days by which a visit may move, earlier or later.
    drugs, laboratory : sequence of str
        Names of drugs, and of laboratory tests before each day 1.
    checks, holds : sequence of Check, of Hold, or of mappings with their fields
        Checks before and during treatment, and limits for holding a dose.
    source : str
        Publication of the schedule; required.
    title : str, optional
        Title on pages; by default the name.
    options : sequence of str, optional
        Names of a study's options that use it; by default its own name.

    Raises
    ------
    InputError
        ``regimen``, with all faults.
    """

    name: str
    cycle_days: int
    days: tuple[int, ...]
    cycles: int
    window: int = 0
    drugs: tuple[str, ...] = ()
    laboratory: tuple[str, ...] = ()
    checks: tuple[Check, ...] = ()
    holds: tuple[Hold, ...] = ()
    source: str = ""
    title: str | None = None
    options: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name in ("days", "drugs", "laboratory", "checks", "holds", "options"):
            object.__setattr__(self, name, _listed(getattr(self, name)))
        faults = Faults()
        for name, kind in (("checks", Check), ("holds", Hold)):
            object.__setattr__(self, name, tuple(self._parts(name, kind, faults)))
        for key, reason in _broken_rules(self):
            faults.add(self._fault(key, reason))
        faults.raise_if_any()
        if not self.options:
            object.__setattr__(self, "options", (self.name,))

    def _parts(self, name: str, kind: type[Any], faults: Faults) -> Iterator[Any]:
        """Yield the checks or holds; of mappings, those with the required keys."""
        known = [each.name for each in fields(kind)]
        for at, each in enumerate(getattr(self, name)):
            if isinstance(each, kind):
                yield each
                continue
            try:
                yield kind(**each)
            except TypeError:
                faults.add(self._fault(f"{name}[{at}]", f"its keys are {', '.join(known)}"))

    def _fault(self, key: str, reason: str) -> InputError:
        return InputError(f"{key}: {reason}", place=f"regimen {shown(self.name)!r}", code="regimen")

    @property
    def label(self) -> str:
        """Title, otherwise the name."""
        return self.title or self.name

    def to_dict(self) -> dict[str, Any]:
        """Return the regimen with the keys of a pack, and its name."""
        return {
            "name": self.name,
            "title": self.title,
            "options": list(self.options),
            "drugs": list(self.drugs),
            "cycle_days": self.cycle_days,
            "days": list(self.days),
            "cycles": self.cycles,
            "window": self.window,
            "laboratory": list(self.laboratory),
            "source": self.source,
            "check": [asdict(each) for each in self.checks],
            "hold": [asdict(each) for each in self.holds],
        }


def _listed(values: object) -> tuple[Any, ...]:
    if isinstance(values, str | Mapping) or not isinstance(values, Iterable):
        return (values,)
    return tuple(values)


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _broken_rules(made: Regimen) -> Broken:
    """Yield key and reason of each rule that a regimen breaks."""
    if not _is_text(made.name):
        yield "name", "a regimen has a name"
    if not _is_text(made.source):
        yield "source", "a regimen needs its source, which must not be empty"
    for key, most in (("cycle_days", MOST_DAYS), ("cycles", MOST_VISITS)):
        if not _is_whole(getattr(made, key)) or not 1 <= getattr(made, key) <= most:
            yield key, f"a whole number of 1 to {most} is needed"
    yield from _broken_days(made)
    length = max(made.cycle_days, 1) if _is_whole(made.cycle_days) else 1
    if reason := window_fault(made.window, length):
        yield "window", reason
    for key in ("drugs", "laboratory", "options"):
        if not all(_is_text(each) for each in getattr(made, key)):
            yield key, "names are non-empty texts"
    for at, check in enumerate(made.checks):
        yield from _broken_check(check, f"check[{at}]", length)
    for at, hold in enumerate(made.holds):
        yield from _broken_hold(hold, f"hold[{at}]")


def window_fault(window: object, cycle_days: int) -> str | None:
    """Return the fault of a window for cycles of this length; None if valid."""
    if isinstance(window, int) and not isinstance(window, bool) and 0 <= window < cycle_days:
        return None
    return f"a whole number of 0 to {cycle_days - 1} is needed: a visit moves by less than a cycle"


def _broken_days(made: Regimen) -> Broken:
    days = made.days
    if not days or not all(_is_whole(day) for day in days):
        yield "days", "whole numbers are needed, at least one"
        return
    if days[0] != 1:
        yield "days", "the first day of a cycle is 1"
    if any(later <= earlier for earlier, later in pairwise(days)):
        yield "days", "the days of a cycle are in increasing order"
    if _is_whole(made.cycle_days) and max(days) > made.cycle_days:
        yield "days", f"day {max(days)} is beyond the cycle of {made.cycle_days} days"
    if _is_whole(made.cycles) and made.cycles * len(days) > MOST_VISITS:
        yield "cycles", f"a course has at most {MOST_VISITS} visits"


def _broken_check(check: Check, key: str, cycle_days: int) -> Broken:
    if not all(_is_text(each) for each in (check.name, check.reason, check.source)):
        yield key, "name, reason and source are needed, and not empty"
    if check.when not in get_args(When):
        yield f"{key}.when", f"one of {', '.join(get_args(When))} is needed"
    if (check.when == "day") != (check.day is not None):
        yield f"{key}.day", 'a day is given if when = "day", and only then'
    elif check.day is not None and not (_is_whole(check.day) and 1 <= check.day <= cycle_days):
        yield f"{key}.day", f"a day of the cycle is needed, 1 to {cycle_days}"
    if (check.code is None) != (check.system is None):
        yield f"{key}.code", "a code needs its system, and a system its code"


def _broken_hold(hold: Hold, key: str) -> Broken:
    if not all(_is_text(each) for each in (hold.measure, hold.unit, hold.source)):
        yield key, "measure, unit and source are needed, and not empty"
    limits = [each for each in (hold.below, hold.above) if each is not None]
    numbers = all(isinstance(each, int | float) and math.isfinite(each) for each in limits)
    if len(limits) != 1 or not numbers:
        yield key, "one number is needed: below, or above"
    if hold.action not in get_args(HoldAction):
        yield f"{key}.action", f"one of {', '.join(get_args(HoldAction))} is needed"
