"""Differences of options from the reference as tables, one row per patient; missing where a patient is not covered."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from genorx.effects.intervals import interval_of

Floats = NDArray[np.float64]


def differences_from(means: pd.DataFrame) -> pd.DataFrame:
    """Return the difference of each option from the first, of means that are missing where not covered."""
    return means.iloc[:, 1:].sub(means.iloc[:, 0], axis=0)


def limits_of_differences(
    means: Floats, inside: NDArray[np.bool_], index: pd.Index[Any], options: Sequence[str]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return lower and upper 95 % limits of the differences.

    Parameters
    ----------
    means : array of shape (1 + n_draws, n_patients, n_options)
        Best estimate, then draws; the reference is the first option.
    inside : array of bool, shape (n_patients, n_options)
        Whether a patient is covered.
    index : Index of patients
    options : sequence of str
    """
    covered = inside[:, 1:] & inside[:, :1]
    lower, upper = (
        pd.DataFrame(np.where(covered, limit, np.nan), index=index, columns=list(options[1:]))
        for limit in interval_of(means[1:, :, 1:] - means[1:, :, :1])
    )
    return lower, upper
