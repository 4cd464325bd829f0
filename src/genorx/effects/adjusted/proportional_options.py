"""Check of proportional odds: whether each option has one odds ratio for all grade thresholds.

Source: Brant R 1990, Biometrics 46:1171 (the problem); the test is ``outcomes.ordinal.proportionality``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from genorx.errors import Finding, shown
from genorx.outcomes.kinds import ResponseFit
from genorx.outcomes.ordinal.proportionality import proportionality_test
from genorx.outcomes.shrinkage.logistic_fit import fit_logistic

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
_SHOWN = 0.01  # p-value below which effects are reported to differ between grades
_FEWEST = 10  # patients on either side of a threshold, under the option and under the reference


def uneven_options(
    matrix: Floats,
    value: Ints,
    fit: ResponseFit,
    *,
    group: Ints,
    options: Sequence[str],
    option: Ints,
) -> Iterator[Finding]:
    """Yield a finding for each option whose odds ratio differs between thresholds (``odds-not-proportional``).

    Parameters
    ----------
    matrix : array of shape (n_patients, n_columns)
        The last columns are indicators of the options except the reference.
    value : array of int, shape (n_patients,)
        Grades.
    fit : ResponseFit
        Fit with one odds ratio per option.
    group : array of int, shape (n_columns,)
        Shrinkage group of each column.
    options : sequence of str
        The reference first.
    option : array of int, shape (n_patients,)
        Option that each patient had.
    """
    seen, code = np.unique(value, return_inverse=True)
    for place, name in enumerate(options[1:], start=1):
        stated = _thresholds(code, option, place, seen.size)
        if stated.sum() < 2:
            continue
        level = np.maximum(np.cumsum(stated) - 1, 0)
        column = matrix.shape[1] - len(options) + place
        columns = np.array([column])
        test = proportionality_test(matrix, code, fit.heads, fit.beta, fit.covariance, columns=columns, level=level)
        if test.p_value < _SHOWN:
            grades = [int(grade) for grade in seen[1:][stated]]
            ratios = [_odds_ratio(matrix, value >= grade, group, column) for grade in grades]
            listed = ", ".join(f"{ratio:.2f} for {grade} or more" for grade, ratio in zip(grades, ratios, strict=True))
            message = (
                f"the odds ratio of {shown(name)} against {shown(options[0])} differs between grades "
                f"(p {test.p_value:.1g}): {listed}; one for all grades, {np.exp(fit.beta[column]):.2f}, may mislead"
            )
            yield Finding(code="odds-not-proportional", severity="warning", message=message)


def _thresholds(code: Ints, option: Ints, place: int, n_seen: int) -> NDArray[np.bool_]:
    """Return the thresholds between observed grades with enough patients on both sides in both options."""
    enough = np.ones(n_seen - 1, dtype=bool)
    for one in (0, place):
        above = np.array([(code[option == one] > cut).sum() for cut in range(n_seen - 1)])
        enough &= (above >= _FEWEST) & ((option == one).sum() - above >= _FEWEST)
    return enough


def _odds_ratio(matrix: Floats, reached: NDArray[np.bool_], group: Ints, column: int) -> float:
    return float(np.exp(fit_logistic(matrix, reached.astype(float), group=group).beta[column]))
