"""Start-stop rows: a treatment that begins later splits its patient's follow-up in two.

No patient counts as treated before the treatment began, so that the time survived until then is not credited to it.
Source: Suissa S 2008, Am J Epidemiol 167:492 (immortal time); Therneau TM, Grambsch PM 2000, section 3.7.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from genorx.effects.adjusted.compared import Compared
from genorx.errors import InputError, shown

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class OptionRows:
    """Intervals of follow-up, each under one option.

    Attributes
    ----------
    patient : array of int, shape (n_rows,)
        Position of the patient in the rows compared.
    option : array of int
    entry : array of float or None
        Start of each interval; None if all start at 0.
    time : array of float
    cause : array of int
        Cause of the event that ends the interval, from 1; 0 without an event.
    """

    patient: Ints
    option: Ints
    entry: Floats | None
    time: Floats
    cause: Ints

    @classmethod
    def make(cls, compared: Compared, start: Floats | None) -> Self:
        """Build the rows; ``start`` is the time at which each patient's treatment began (NaN: the reference)."""
        time = compared.y["time"].to_numpy(float)
        cause = causes_of(compared.y)
        everybody = np.arange(len(time))
        if start is None:
            return cls(patient=everybody, option=compared.option, entry=None, time=time, cause=cause)
        begun = np.where(compared.option > 0, start, 0.0)
        later = np.flatnonzero(begun > 0)
        entry = np.concatenate([begun, np.zeros(later.size)])
        return cls(
            patient=np.concatenate([everybody, later]),
            option=np.concatenate([compared.option, np.zeros(later.size, dtype=np.int64)]),
            entry=entry,
            time=np.concatenate([time, begun[later]]),
            cause=np.concatenate([cause, np.zeros(later.size, dtype=np.int64)]),
        )

    def events(self, cause: int | None = None) -> NDArray[np.bool_]:
        """Return whether each row ends with an event of ``cause``, or of any."""
        return np.asarray(self.cause > 0 if cause is None else self.cause == cause)


def causes_of(y: pd.DataFrame) -> Ints:
    """Return the cause of each patient's event as integers; 1 for all without competing causes."""
    event = y["event"].to_numpy(bool)
    if "cause" not in y:
        return event.astype(np.int64)
    return np.where(event, y["cause"].to_numpy(float).astype(np.int64), 0)


def as_treated(
    treatment: pd.Series[Any], start: pd.Series[float], y: pd.DataFrame, reference: str
) -> tuple[pd.Series[Any], pd.Series[float]]:
    """Return treatment and start; a treatment that begins after follow-up (cut at the horizon) is set to the reference.

    Raises
    ------
    InputError
        If a treated patient has no start (``start-missing``) or one below 0 (``start-negative``).
    """
    rows = treatment.index.intersection(y.index, sort=False)
    taken, begun = treatment.loc[rows].astype("object"), start.reindex(rows).astype(float)
    treated = taken.notna() & (taken.astype(str) != reference)
    for bad, code, reason in (
        (treated & ~np.isfinite(begun), "start-missing", "has a treatment that may start later, but no start time"),
        (treated & (begun < 0), "start-negative", "has a treatment that starts before time zero"),
    ):
        if bad.any():
            raise InputError(
                f"patient {shown(bad.index[int(np.argmax(bad.to_numpy()))])} {reason}",
                hint="give the time, counted from time zero, or leave such patients out and report it",
                code=code,
            )
    never = treated & (begun >= y.loc[rows, "time"])
    taken[never] = reference
    return taken.astype(str).where(taken.notna()), begun.where(treated & ~never)
