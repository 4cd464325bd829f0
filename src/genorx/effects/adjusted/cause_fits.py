"""One group-shrunk Cox model per cause; a rare cause beside a more common one has fewer columns.

With all columns the incidence of such a cause was predicted worse than by one hazard for all.  Pairs of features are
used only for causes with many events, curves and products with options only for those with some; options are shrunk
too.
Source: as ``outcomes.shrinkage.group_prior``; numbers are in ``docs/benchmarks/models.md``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from genorx.effects.adjusted.start_stop import OptionRows
from genorx.outcomes.shrinkage.covariance import placed
from genorx.outcomes.shrinkage.cox_fit import CoxFit, fit_cox

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
_ROUNDS = 25
_RARE, _UNCOMMON = 100, 300  # events below which a cause has linear columns only; below which it has no pairs


class ColumnPrior(Protocol):
    """Columns with their shrinkage priors, and the subset that can be estimated from few events."""

    def prior(self, n_events: int) -> dict[str, Any]:
        """Return arguments of the fitter."""

    def prior_of_few(self, n_events: int, *, rare: bool) -> tuple[Ints, dict[str, Any]]:
        """Return the columns that can be estimated from few events, and arguments of the fitter."""


def rare_causes(events: Sequence[int], *, fewer_than: int = _RARE) -> dict[int, int]:
    """Causes, numbered from 1, with few events while another has more.

    The most common cause is never rare: it determines event-free time, and is fitted as if it were the only one.
    """
    few = min(fewer_than, max(events))
    return {cause: n for cause, n in enumerate(events, start=1) if n < few}


def fit_causes(columns: ColumnPrior, matrix: Floats, rows: OptionRows, stratum: Ints) -> tuple[CoxFit, ...]:
    """Fit each cause in turn to the columns of ``matrix``; all fits have all columns.

    Parameters
    ----------
    columns : ColumnPrior
    matrix : array of shape (n_rows, n_columns)
        From ``columns``.
    rows : OptionRows
    stratum : array of int, shape (n_rows,)
        Baseline of each row.

    Raises
    ------
    SupportError
        If a cause has no event.
    """
    causes = range(1, max(1, int(rows.cause.max())) + 1)
    counts = [int(rows.events(cause).sum()) for cause in causes]
    rare, uncommon = rare_causes(counts), rare_causes(counts, fewer_than=_UNCOMMON)
    fits = []
    for cause, n_events in zip(causes, counts, strict=True):
        prior = columns.prior(n_events)
        stated: dict[str, Any] = {"entry": rows.entry, "stratum": stratum, "max_rounds": _ROUNDS}
        if cause not in uncommon:
            fits.append(fit_cox(matrix, rows.time, rows.events(cause), **stated, **prior))
            continue
        kept, prior = columns.prior_of_few(n_events, rare=cause in rare)
        fit = fit_cox(matrix[:, kept], rows.time, rows.events(cause), **stated, **prior)
        fits.append(_widened(fit, kept, matrix.shape[1]))
    return tuple(fits)


def _widened(fit: CoxFit, kept: Ints, size: int) -> CoxFit:
    """Return the fit with coefficients and variances of 0 at the omitted columns."""

    def vector(values: Floats) -> Floats:
        wide = np.zeros((*values.shape[:-1], size))
        wide[..., kept] = values
        return wide

    return replace(
        fit,
        beta=vector(fit.beta),
        normal_beta=vector(fit.normal_beta),
        covariance=placed(fit.covariance, kept, size),
        heavy=None if fit.heavy is None else (vector(fit.heavy[0]), placed(fit.heavy[1], kept, size)),
        baseline=tuple(replace(base, risk_means=vector(base.risk_means)) for base in fit.baseline),
    )
