"""First look at survival: a quick Cox model without pairs, for the choice of pairs and corners.

Source: Therneau TM, Grambsch PM, Fleming TR 1990, Biometrika 77:147 (residuals).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from genorx.effects.adjusted.adjusted import FirstFit
from genorx.effects.adjusted.corner_screen import FirstLook
from genorx.effects.adjusted.design_matrix import OptionColumns
from genorx.effects.adjusted.start_stop import OptionRows
from genorx.outcomes.shrinkage.cox_fit import CoxFit, fit_cox

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
_ROUNDS = 8


def first_cox(rows: OptionRows, stratum: Ints) -> FirstFit:
    """Return the method that fits any event, in few iterations, under the normal prior."""

    def first(columns: OptionColumns, Z: Floats) -> FirstLook:
        event = rows.events()
        prior = columns.prior(int(event.sum())) | {"heavy_tails": False, "max_rounds": _ROUNDS}
        matrix = columns.matrix(Z[rows.patient], rows.option)
        fit = fit_cox(matrix, rows.time, event, entry=rows.entry, stratum=stratum, **prior)
        expected = np.exp(matrix @ fit.beta) * _baseline_hazard(fit, rows, stratum)
        return FirstLook(
            beta=fit.beta, patient=rows.patient, option=rows.option, residual=event - expected, weight=expected
        )

    return first


def _baseline_hazard(fit: CoxFit, rows: OptionRows, stratum: Ints) -> Floats:
    """Return the baseline cumulative hazard over each row."""
    found = np.zeros(rows.time.size)
    for level, base in enumerate(fit.baseline):
        own = np.flatnonzero(stratum == level)
        found[own] = base.cumulative(rows.time[own])
        if rows.entry is not None:
            found[own] -= base.cumulative(rows.entry[own])
    return found
