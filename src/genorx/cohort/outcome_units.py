"""Whether times, amounts and horizons are in the unit that is told: by the column's name, a life, the follow-up.

Nothing is converted: which of the two is wrong only the user can know.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from genorx._core.units import Linear, UnitError, conversion, unit_of_name
from genorx.cohort.design.design import DAYS_PER_UNIT
from genorx.errors import Finding, StudyError, shown

#: Longer than anybody lived: 122 years (Robine JM, Allard M 1998, Science 279:1834).
LONGEST_LIFE_YEARS = 125.0
_FEW_EVENTS, _FEW_SHARE = 5, 0.01  # by the last horizon: fewer can carry no answer, whatever the unit
_LEAST_SHARE = 0.05  # of follow-up that the last horizon reaches in a unit that fits


def check_unit_name(column: str, unit: str, file: str) -> None:
    """Check that a column of an outcome or of days does not name another unit than the one in which it is read.

    Raises
    ------
    StudyError
        ``unit-contradiction``.
    """
    stem, named = unit_of_name(column)
    if named is None:
        return
    try:
        same = conversion(named, unit, stem) == Linear(1.0)
    except UnitError:  # a unit in own words, or one of another kind that the name only seems to have
        return
    if not same:
        raise StudyError(
            f'the column is read in {shown(unit)}, "{shown(column)}" has another unit in its name',
            file=file,
            place=f'column "{shown(column)}"',
            hint="say the unit in which the numbers are, or give the column its right name",
            code="unit-contradiction",
        )


def beyond_a_life(time: NDArray[np.float64], unit: str) -> NDArray[np.bool_]:
    """Tell which times are longer than a life; missing is not."""
    return np.asarray(time * DAYS_PER_UNIT[unit] > LONGEST_LIFE_YEARS * DAYS_PER_UNIT["years"])


def horizon_unit_finding(
    name: str, unit: str, frame: pd.DataFrame, horizons: Sequence[float], file: str
) -> Finding | None:
    """Return a finding where the horizons make sense only in another unit than that of the times.

    They do not where all lie beyond the last follow-up, or where hardly an event (fewer than 5, and than 1 in 100)
    has happened by the last of them; another unit fits where the last horizon then lies within the follow-up, and
    reaches a twentieth of it.
    """
    time = frame["time"].to_numpy(dtype=float)
    events = frame["event"].to_numpy(dtype=bool)
    if not events.any():
        return None
    last, longest = float(time.max()), max(horizons)
    early = int((events & (time <= longest)).sum())
    all_beyond = min(horizons) > last
    none_before = early < _FEW_EVENTS and early < _FEW_SHARE * events.sum()
    fitting = [each for each in DAYS_PER_UNIT if each != unit and _fits(longest, each, last, unit)]
    if not (all_beyond or none_before) or not fitting:
        return None
    listed = ", ".join(f"{horizon:g}" for horizon in horizons)
    seen = "all beyond the last follow-up" if all_beyond else f"{early} of {int(events.sum())} events happen by then"
    message = (
        f'horizons {listed} of "{shown(name)}" are read in {unit} ({seen}, follow-up reaches '
        f"{last:g}): are they in {' or '.join(fitting)}?"
    )
    return Finding(code="horizon-unit-suspect", severity="serious", message=message, place=file)


def _fits(horizon: float, unit: str, last: float, time_unit: str) -> bool:
    reached = horizon * DAYS_PER_UNIT[unit] / DAYS_PER_UNIT[time_unit]
    return _LEAST_SHARE * last <= reached <= last
