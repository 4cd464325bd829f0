"""Number of patients under each option near a value, from a summary that stores no patient.

It is used in ``effects.overlap.overlap`` (prognosis, propensity) and ``effects.overlap.likeness`` (numeric features).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

#: Effective number of similar patients under an option below which it has no estimate.
FEWEST_ALIKE = 5.0
#: Width of the kernel in standard deviations: among the patients under an option, and beyond the range of their values.
#: Beyond it all of them are on one side, and no patient further out constrains the curve.
WITHIN, BEYOND = 1.0, 0.4
_CELL = 20  # fewest patients per cell
_AT_ONCE = 1 << 17  # patients times cells: a block that fits into the processor's cache
_DIGITS = 2  # stored decimals of a cell, in standard deviations


@dataclass(frozen=True, kw_only=True)
class Nearby:
    """Patients along one axis by option: bins of neighbours, each with its number, mean and standard deviation.

    The effective number near a value is ``sum_i k((value - value_i) / width)`` over the patients i who had the option,
    ``k(u) = exp(-u^2 / 2)``: a patient at the value counts 1, a patient two widths away 0.14.  A cell of n patients
    with mean m and standard deviation s is taken as n draws from a normal distribution, whose expected sum has a closed
    form.

    Attributes
    ----------
    scale : array of shape (n_options, 2)
        Mean and standard deviation by which values are standardised.
    cells : tuple of arrays of shape (n_cells, 3)
        For each option: number, mean and standard deviation of each cell of at least 20 patients; one cell for an
        option with fewer.
    """

    scale: Floats
    cells: tuple[Floats, ...]

    @classmethod
    def fit(cls, values: Floats, option: Ints, n_options: int, *, by_lot: bool = False) -> Self:
        """Learn from values of shape (n_patients,) or, if they differ by option, (n_patients, n_options).

        Missing values are NaN.

        If options were randomised (``by_lot``) their patients differ by chance only: all are counted, times the share
        of the option.
        """
        values = _by_option(values, n_options)
        centre, spread = np.nanmean(values, axis=0), np.nanstd(values, axis=0)
        scale = np.column_stack([centre, np.where(spread > 1e-9, spread, 1.0)])
        places = (values - scale[:, 0]) / scale[:, 1]
        cells = []
        for code in range(n_options):
            own = option == code
            cells.append(_cells(places[:, code], own.mean()) if by_lot else _cells(places[own, code], 1.0))
        return cls(scale=scale, cells=tuple(cells))

    def number(self, values: Floats, width: Floats | float = WITHIN) -> Floats:
        """Effective number of patients near each value, shape (n_patients, n_options); ``values`` as in ``fit``.

        For a missing value it is infinite: all patients count as similar.
        """
        places = (_by_option(values, len(self.cells)) - self.scale[:, 0]) / self.scale[:, 1]
        width = np.broadcast_to(width, places.shape)
        number = np.full(places.shape, np.inf)
        for code, cells in enumerate(self.cells):
            known = np.flatnonzero(~np.isnan(places[:, code]))
            for rows in np.array_split(known, -(-known.size * len(cells) // _AT_ONCE) or 1):
                number[rows, code] = _near(cells, places[rows, code], width[rows, code])
        return number

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return the arrays for ``from_arrays``."""
        return {"scale": self.scale} | {f"cells.{code}": cells for code, cells in enumerate(self.cells)}

    @classmethod
    def from_arrays(cls, arrays: dict[str, NDArray[Any]]) -> Self:
        """Restore the summary from ``arrays``."""
        scale = arrays["scale"]
        return cls(scale=scale, cells=tuple(arrays[f"cells.{code}"] for code in range(len(scale))))


def _by_option(values: Floats, n_options: int) -> Floats:
    return np.broadcast_to(values.reshape(len(values), -1), (len(values), n_options))


def _cells(places: Floats, weight: float) -> Floats:
    """Return number, mean and standard deviation of bins of neighbours, at least 20 in each."""
    known = np.sort(places[~np.isnan(places)])
    if 0 < known.size < _CELL // 2:  # few patients get the spread of all
        return np.array([[weight * known.size, 0.0, 1.0]])
    parts = np.array_split(known, max(1, known.size // _CELL)) if known.size else []
    cells = [(weight * part.size, *np.round([part.mean(), part.std()], _DIGITS)) for part in parts]
    return np.array(cells, dtype=np.float64).reshape(-1, 3)


def _near(cells: Floats, place: Floats, width: Floats) -> Floats:
    """Return the kernel sum over the bins at each value, row by row, so that results do not depend on batching."""
    place, width = place[:, None], width[:, None]
    wide = width**2 + cells[:, 2] ** 2
    squared = (cells[:, 1] - place) ** 2
    return np.asarray(np.sum(cells[:, 0] * width / np.sqrt(wide) * np.exp(-squared / (2 * wide)), axis=1))
