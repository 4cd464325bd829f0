"""Time of entry into a state, as a covariate of leaving it.

If it has no effect the process is Markov: the future depends only on the state and the time.
Sources: Andersen PK, Esbjerg S, Sorensen TIA 2000, Stat Med 19:587 (the test); Putter H et al. 2007, Stat Med 26:2389.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from genorx._core.disclosure import digits, rounded

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
_REACH = 2.5  # standard deviations at which it is truncated
_FEWEST = 20  # fewest patients who entered later than at the beginning
_CELLS = 8


@dataclass(frozen=True, kw_only=True)
class EntryTime:
    """``log(1 + entry / scale)`` with mean 0 and standard deviation 1 among those who entered.

    Attributes
    ----------
    scale, centre, spread : float
        Scale in the unit of time; mean and standard deviation of the logarithm.
    """

    scale: float
    centre: float
    spread: float

    @classmethod
    def fit(cls, entry: Floats) -> Self | None:
        """Learn from entry times; None if too few entered later than at the beginning."""
        if np.count_nonzero(entry > 0) < _FEWEST or np.ptp(entry) == 0:
            return None
        scale = digits(float(np.median(entry[entry > 0])), 2)
        raw = np.log1p(entry / scale)
        spread = float(raw.std())
        return cls(scale=scale, centre=rounded(float(raw.mean()), spread), spread=digits(spread, 3))

    def column(self, entry: Floats) -> Floats:
        """Return the covariate at entry times."""
        raw = (np.log1p(np.maximum(entry, 0.0) / self.scale) - self.centre) / self.spread
        return np.asarray(np.clip(raw, -_REACH, _REACH))


def entry_cells(times: Floats) -> tuple[Ints, Floats]:
    """Return the cell of each step between ``times``, about evenly spaced on a log scale, and each cell's mean time.

    The first mean is the time of the beginning itself, so that there is one more mean than cells.
    """
    middles = (times[:-1] + times[1:]) / 2 - times[0]
    place = np.log1p(middles / middles[0])
    cells = np.unique(np.floor(_CELLS * place / (place[-1] * (1 + 1e-9))), return_inverse=True)[1].astype(np.int64)
    means = np.bincount(cells, middles) / np.bincount(cells)
    return cells, times[0] + np.concatenate([[0.0], means])
