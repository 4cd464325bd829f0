"""Plausibility of an outcome's horizons given its follow-up, and whether they fit another time unit.

Nothing is converted: only the user can know which of the two is wrong.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from genorx._core.time_units import DAYS_PER_UNIT
from genorx.cohort.outcome_units import LONGEST_LIFE_YEARS, doubted_days, time_unit_of_name
from genorx.errors import Finding, HorizonError, InputError, Severity, StudyError, shown

_FEW_EVENTS, _FEW_SHARE = 5, 0.01  # by the last horizon: fewer can carry no answer, whatever the unit
_LEAST_REACH = 0.05  # of the follow-up that the last horizon covers in a unit that fits
#: A last horizon is odd if it covers less than the first share of the follow-up, and less than the second share of
#: the events have happened by then.  Of the 29 cohorts of SurvSet that are followed for years and timed in days,
#: horizons of 1, 3 and 5 days are flagged in all but one (infants of very low birth weight, of whom many die in the
#: first days), horizons of one and three years in none.
_UNLIKELY = ((0.01, 0.2), (0.05, 0.02))
_EARLY_DAYS = (28.0, 30.0, 90.0, 100.0)  # of early mortality: customary however long the follow-up is
_MONTH_LENGTHS = 2.0  # days by which a month, or three, differ from these
_LIKELY = ("days", "months", "years")  # units of times whose unit is not stated


@dataclass(frozen=True, kw_only=True)
class HorizonCheck:
    """Horizons of an outcome compared with its follow-up.

    Attributes
    ----------
    name : str
        Name of the outcome.
    unit : str or None
        Unit of its times; None if not stated: then any of days, months and years in which no follow-up exceeds a human
        lifetime.
    horizons : tuple of float
        Times at which the outcome is reported, in ``unit``.
    ranked : float or None
        Horizon of the ranking by this outcome, in ``unit``; None if it is not ranked.
    times : DataFrame
        ``time`` and ``event`` of each patient.
    """

    name: str
    unit: str | None
    horizons: tuple[float, ...]
    ranked: float | None
    times: pd.DataFrame = field(repr=False)

    def check(self, file: Path) -> None:
        """Raise an error if the horizons cannot be in the unit of the times.

        That is so if another unit fits, and either all horizons lie beyond the last follow-up, or, of at least five
        events, hardly any (fewer than 5, and fewer than 1 in 100) have happened by the last horizon, which covers less
        than a twentieth of the follow-up.

        Raises
        ------
        StudyError
            ``horizon-unit``, with the number of events by each horizon, and units that fit.
        """
        for key, horizons in self._requested():
            if self._refuted(horizons):
                raise StudyError(
                    self._doubt(horizons),
                    file=file,
                    place=key,
                    hint=f"give them in {self.unit}; if they are, name a later one as well, within the follow-up",
                    code="horizon-unit",
                )

    def refutation(self) -> str:
        """Return why the horizons cannot be in the unit of the times; empty where they can."""
        return next((self._doubt(asked) for _, asked in self._requested() if self._refuted(asked)), "")

    def odd(self, place: str) -> Iterator[Finding]:
        """Yield a finding if the horizons are probably in another unit, though possible in this one.

        The last then covers a very small part of the follow-up and of the events, is no customary time of early
        mortality (28, 30, 90 or 100 days), and another unit fits.
        """
        for _, horizons in self._requested():
            if self._unlikely(horizons) and not self._refuted(horizons):
                message = self._doubt(horizons)
                yield Finding(code="horizon-unit-suspect", severity="serious", message=message, place=place)

    def late(self, place: str) -> Iterator[Finding]:
        """Yield a finding if a horizon exceeds the last follow-up: serious if all do, which may be the times' unit."""
        beyond = [horizon for horizon in self.horizons if horizon > self._last]
        if beyond:
            first, last = _plain(beyond[0]), _plain(self._last)
            message = f'horizon {first} {self.unit} of "{shown(self.name)}" is beyond the last follow-up, {last}'
            severity: Severity = "serious" if len(beyond) == len(self.horizons) else "warning"
            longer = self._longer() if severity == "serious" else ""
            if longer:
                message += f"; times in {longer} would reach it: check their unit"
            yield Finding(code="horizon-beyond-follow-up", severity=severity, message=message, place=place)

    def _longer(self) -> str:
        """Return units in which the same numbers would be times that reach the first horizon, within a human life."""
        if self.unit is None:
            return ""
        wanted, life = min(self.horizons) * DAYS_PER_UNIT[self.unit], LONGEST_LIFE_YEARS * DAYS_PER_UNIT["years"]
        return " or ".join(unit for unit in _LIKELY if wanted <= self._last * DAYS_PER_UNIT[unit] <= life)

    @property
    def _last(self) -> float:
        return float(self.times["time"].max()) if len(self.times) else 0.0

    @property
    def _ends(self) -> NDArray[np.float64]:
        """Event times."""
        ended = self.times.loc[self.times["event"].astype(bool), "time"]
        return np.asarray(ended, dtype=float)

    def _requested(self) -> Iterator[tuple[str, tuple[float, ...]]]:
        """Yield the horizons of the outcome and of the ranking, each with its key in the study file."""
        if self.horizons and self.horizons != (self.ranked,):
            yield f"outcomes.{self.name}.horizons", self.horizons
        if self.ranked is not None and (self.ranked not in self.horizons or self.horizons == (self.ranked,)):
            yield "ranking.horizon", (self.ranked,)

    def _refuted(self, horizons: tuple[float, ...]) -> bool:
        """Return whether nothing could be reported at these horizons, but could in another unit."""
        if not self._ends.size or not self._fitting(horizons):
            return False
        longest, enough = max(horizons), self._ends.size >= _FEW_EVENTS  # the share of fewer events tells nothing
        hardly = self._hardly_any_by(longest) and longest < _LEAST_REACH * self._last and not self._early(longest)
        return min(horizons) > self._last or (hardly and enough)

    def _unlikely(self, horizons: tuple[float, ...]) -> bool:
        """Return whether these horizons are unusually short, and would not be in another unit."""
        if not self._ends.size or not self._fitting(horizons):
            return False
        longest = max(horizons)
        reach, share = longest / self._last, self._by(longest) / self._ends.size
        odd = any(reach < most and share < events for most, events in _UNLIKELY)
        return self._hardly_any_by(longest) or (odd and not self._early(longest))

    def _by(self, horizon: float) -> int:
        """Return the number of events by a horizon."""
        return int((self._ends <= horizon).sum())

    @property
    def _units(self) -> tuple[str, ...]:
        """The unit of the times, or those in which they may be."""
        if self.unit is not None:
            return (self.unit,)
        longest = LONGEST_LIFE_YEARS * DAYS_PER_UNIT["years"]
        return tuple(unit for unit in _LIKELY if self._last * DAYS_PER_UNIT[unit] <= longest)

    def _fitting(self, horizons: tuple[float, ...]) -> str:
        """Return other units in which the last horizon lies within the follow-up, and covers a twentieth of it."""
        found = []
        for read in self._units:
            asked = DAYS_PER_UNIT if self.unit is not None else _LIKELY
            last, days = self._last * DAYS_PER_UNIT[read], {unit: max(horizons) * DAYS_PER_UNIT[unit] for unit in asked}
            fitting = [unit for unit in asked if unit != read and _LEAST_REACH * last <= days[unit] <= last]
            if fitting:
                where = "" if self.unit is not None else f" where times are in {read}"
                found.append(" or ".join(fitting) + where)
        return ", or ".join(found)

    def _doubt(self, horizons: tuple[float, ...]) -> str:
        """Describe the horizons, the events by each, and the units in which they would fit."""
        listed = ", ".join(_plain(horizon) for horizon in horizons)
        if min(horizons) > self._last:
            seen = "all beyond the last follow-up"
        else:
            counts = ", ".join(str(self._by(horizon)) for horizon in horizons)
            seen = f"by then {counts} of {self._ends.size} events have happened"
        return (
            f'horizons {listed} of "{shown(self.name)}" are read in {self.unit or "the unit of its times"} ({seen}, '
            f"follow-up reaches {_plain(self._last)}{f' {self.unit}' if self.unit else ''}); they would fit it in "
            f"{self._fitting(horizons)}"
        )

    def _hardly_any_by(self, horizon: float) -> bool:
        return self._by(horizon) < _FEW_EVENTS and self._by(horizon) < _FEW_SHARE * self._ends.size

    def _early(self, horizon: float) -> bool:
        days = [horizon * DAYS_PER_UNIT[unit] for unit in self._units]
        return any(abs(each - customary) < _MONTH_LENGTHS for each in days for customary in _EARLY_DAYS)


def _plain(number: float) -> str:
    """Format a time without an exponent, unless it exceeds a lifetime."""
    return f"{number:.10g}"


def check_plain_horizon(
    horizon: float, times: pd.DataFrame, *, column: str, file: str | Path, unit: str = ""
) -> tuple[Finding, ...]:
    """Check the horizon of a specification against a plain table; the unit is stated, or in the column's name.

    Parameters
    ----------
    horizon : float
        In the unit of the times.
    times : DataFrame
        ``time`` and ``event`` of each patient.
    column : str
        Name of the column of times.
    file : path
        The table, for errors.
    unit : str, default ""
        Unit of the times, if the specification states it.

    Returns
    -------
    tuple of Finding
        ``horizon-unit-suspect`` if it is probably in another unit, ``unit-unclear`` if the times may be.

    Raises
    ------
    InputError
        ``horizon-unit``: by the rule of ``HorizonCheck.check``.
    HorizonError
        If it is beyond the last follow-up, and would not be in another unit.
    """
    stated = unit or time_unit_of_name(column)
    check = HorizonCheck(name=column, unit=stated, horizons=(horizon,), ranked=None, times=times)
    if doubt := check.refutation():
        named = "the unit of the times" if check.unit is None else check.unit
        last, place = float(times["time"].max()), f'column "{shown(column)}"'
        if horizon > last:
            raise HorizonError(doubt, file=file, place=place, hint=f"give it in {named}, at most {_plain(last)}")
        hint = f"give it in {named}; if it is, take a later one, within the follow-up"
        raise InputError(doubt, file=file, place=place, hint=hint, code="horizon-unit")
    place, known = Path(file).name, times["time"].to_numpy(dtype=float)
    return (*check.odd(place), *doubted_days(column, known, check.unit or "", place))
