"""How far these data can tell: the horizon that was asked for, or the furthest with patients left under each option.

Source: effects.md 3.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from genorx.effects.adjusted.alignment import Aligned
from genorx.errors import HorizonError, SupportError, shown

_SHARE_AT_RISK, _AT_RISK = 0.1, 20


def checked_horizon(given: Aligned, horizon: float | None, min_events: int) -> float:
    """Return the horizon, found where none was asked for.

    Raises
    ------
    HorizonError
        If it is not positive, or lies beyond the follow-up of an option that has events enough for an estimate.
    SupportError
        If no option has events enough.
    """
    times = _times_by_option(given, min_events)
    if not times:
        raise SupportError(f"no option has {min_events} events", code="too-few-events")
    if horizon is None:
        return min(_reachable(each) for each in times.values())
    if not 0 < horizon < np.inf:
        raise HorizonError(f"horizon {horizon:g} is not a positive time", hint="name a time after time zero")
    shortest = min(times, key=lambda name: (times[name].max(), name))
    end = float(times[shortest].max())
    if horizon > end:
        raise HorizonError(
            f"horizon {horizon:g} lies beyond {end:g}, the last follow-up under {shown(shortest)}",
            hint=f"take a horizon of at most {end:g}",
        )
    return float(horizon)


def cut_at(y: pd.DataFrame, horizon: float) -> pd.DataFrame:
    """Return outcomes as seen at the horizon: whoever lives longer is alive then."""
    late = y["time"] > horizon
    cut = y.assign(time=y["time"].clip(upper=horizon), event=y["event"].astype(bool) & ~late)
    return cut.assign(cause=cut["cause"].where(~late, 0)) if "cause" in cut else cut


def _times_by_option(given: Aligned, min_events: int) -> dict[str, Any]:
    rows = given.y.index.intersection(given.treatment.index, sort=False)
    taken, y = given.treatment.loc[rows], given.y.loc[rows]
    found = {}
    for name in sorted(taken.dropna().astype(str).unique()):
        own = y[(taken.astype(str) == name).to_numpy()]
        if own["event"].sum() >= min_events:
            found[name] = own["time"].to_numpy(float)
    return found


def _reachable(times: Any) -> float:
    latest = np.sort(times)[::-1]
    needed = min(len(latest), max(_AT_RISK, int(np.ceil(_SHARE_AT_RISK * len(latest)))))
    return float(latest[needed - 1])
