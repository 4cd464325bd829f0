"""Running sums of units over the lines of a group, by claim and line, and the excess over an allowance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Integers = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Excess:
    """Lines above the allowance: their positions among the given lines, and the excess units of each."""

    at: Integers
    excess: Integers


def beyond(lines: pd.DataFrame, group: Sequence[str], allowed: Integers) -> tuple[Integers, Excess]:
    """Return the running sum of each line, and the lines on which it exceeds the allowance.

    Parameters
    ----------
    lines : DataFrame, length n
        ``units`` (0.001) and the columns of ``group``, in the order of claim and line.
    group : sequence of str
    allowed : array of int, shape (n,)
        Allowance in 0.001 units; the same on all lines of a group.

    Returns
    -------
    run : array of int, shape (n,)
        Running sum of units, in 0.001.
    Excess
        Lines above the allowance, and the excess units of each, at most the units of the line.
    """
    run = lines.groupby(list(group), sort=False)["units"].cumsum().to_numpy(dtype=np.int64)
    units = lines["units"].to_numpy(dtype=np.int64)
    excess = np.minimum(units, run - allowed)
    at = np.flatnonzero(excess > 0)
    return run, Excess(at=at, excess=excess[at])
