"""Times on the page of a monitor: dates where looks have dates, else numbers with their unit."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from genorx._core.time_units import DAYS_PER_UNIT, day_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """How the time of a look is written.

    Attributes
    ----------
    unit : str
        Of times; empty where it is not known.
    dated : bool
        Whether times count from 1970 in that unit, so that each is a date.

    Examples
    --------
    >>> Clock(unit="months").at(24.0), Clock(unit="days", dated=True).at(20634.0)
    ('at 24 months', 'on 2026-06-30')
    """

    unit: str = ""
    dated: bool = False

    def at(self, when: float) -> str:
        """Return ``on 2026-06-30``, ``at 24 months``, or ``at time 24``."""
        if self.dated:
            return f"on {self.day(when).isoformat()}"
        return f"at {when:g} {self.unit}" if self.unit else f"at time {when:g}"

    def cell(self, when: float) -> str:
        """Return the date, or the number alone, for a table whose head has the unit."""
        return self.day(when).isoformat() if self.dated else f"{when:g}"

    def span(self, length: float) -> str:
        """Return a length of time with its unit: ``18 months``."""
        return f"{length:.4g} {self.unit or 'units of time'}"

    def day(self, when: float) -> date:
        """Return the date of a time in units since 1970."""
        return day_of(when, self.unit)

    def days(self, when: float) -> float:
        """Return days since 1970, which is where matplotlib counts dates from."""
        return when * DAYS_PER_UNIT[self.unit]

    def label(self, axes: Axes, what: str) -> None:
        """Name the axis of time, and give it dates where times are dates."""
        if not self.dated:
            axes.set_xlabel(f"Time of the {what} ({self.unit or 'unit of the tables'})")
            return
        from matplotlib.dates import AutoDateLocator, ConciseDateFormatter

        locator = AutoDateLocator()  # type: ignore[no-untyped-call]
        axes.xaxis.set_major_locator(locator)
        axes.xaxis.set_major_formatter(ConciseDateFormatter(locator))  # type: ignore[no-untyped-call]
        axes.set_xlabel(f"Date of the {what}")

    def place(self, when: float) -> float:
        """Return the place of a time on the axis that ``label`` names."""
        return self.days(when) if self.dated else when
