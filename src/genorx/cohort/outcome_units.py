"""Plausibility of the units of times and amounts, by the column's name and the human lifespan.

Nothing is converted: which of the two is wrong only the user can know.  Horizons are checked in ``cohort.horizons``.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from genorx._core.time_units import DAYS_PER_UNIT
from genorx._core.units import Linear, UnitError, conversion, unit_of_name
from genorx.errors import StudyError, shown

#: Longer than anybody lived: 122 years (Robine JM, Allard M 1998, Science 279:1834).
LONGEST_LIFE_YEARS = 125.0


def check_unit_name(column: str, unit: str, file: str) -> None:
    """Check that a column of an outcome or of days does not name another unit than the declared one.

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
    """Return which times exceed a human lifetime; missing ones do not."""
    return np.asarray(time * DAYS_PER_UNIT[unit] > LONGEST_LIFE_YEARS * DAYS_PER_UNIT["years"])
