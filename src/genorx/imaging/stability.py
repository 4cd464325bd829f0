"""Agreement of repeated measurements of a feature: the intraclass correlation ICC(2,1) with its 95 % interval.

Two-way random effects, absolute agreement, single measurement.
Source: McGraw KO, Wong SP 1996, Psychological Methods 1:30; Shrout PE, Fleiss JL 1979, Psychological Bulletin 86:420.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from genorx.errors import SupportError, UsageError

if TYPE_CHECKING:
    import pandas as pd

_LEVEL = 0.95
_FEWEST = 2


def stability(*frames: pd.DataFrame) -> pd.DataFrame:
    """Return the agreement of repeated measurements for each feature.

    Parameters
    ----------
    *frames : DataFrame, index patient
        Two or more tables, each with one measurement of the same features in the same patients.  Patients and features
        that are not in all of them are left out, as are, for each feature, patients with a missing value.

    Returns
    -------
    DataFrame, index ``feature``
        ``icc``, ``lower``, ``upper`` (95 % interval) and ``n`` (patients); NaN if fewer than two patients are left, or
        all measurements are equal.

    Raises
    ------
    UsageError
        If there are fewer than two frames, or a frame has two rows of a patient.
    SupportError
        If the frames share no two patients, or no feature.
    """
    import pandas as pd

    if len(frames) < 2:
        raise UsageError("stability needs two or more tables of the same features")
    if any(frame.index.has_duplicates for frame in frames):
        raise UsageError(
            "a patient appears twice in a table of measurements", hint="give each repetition as a table of its own"
        )
    first, *others = frames
    patients = first.index[np.all([first.index.isin(each.index) for each in others], axis=0)]
    numeric = first.select_dtypes("number").columns
    features = [name for name in numeric if all(name in each.columns for each in others)]
    if len(patients) < _FEWEST or not features:
        raise SupportError("the tables share fewer than two patients, or no feature")
    rows = []
    for name in features:
        values = np.column_stack([frame.loc[patients, name].to_numpy(dtype=float) for frame in frames])
        values = values[np.isfinite(values).all(axis=1)]
        with np.errstate(divide="ignore", invalid="ignore"):
            rows.append((*_agreement(values), len(values)))
    index = pd.Index(features, name="feature")
    return pd.DataFrame(rows, index=index, columns=["icc", "lower", "upper", "n"])


def _agreement(values: NDArray[np.float64]) -> tuple[float, float, float]:
    """Return ICC(2,1) and its interval of measurements, shape (patients, repetitions)."""
    from scipy.stats import f as f_distribution

    unknown = (float("nan"),) * 3
    n, k = values.shape
    if n < _FEWEST:
        return unknown
    patients, columns, rest = _mean_squares(values)
    whole = patients + (k - 1) * rest + k * (columns - rest) / n
    if not whole > 0 or (values == values[0, 0]).all():
        return unknown
    icc = (patients - rest) / whole
    if rest <= 1e-12 * patients and columns <= 1e-12 * patients:
        return 1.0, 1.0, 1.0
    a = k * icc / (n * (1 - icc))
    b = 1 + k * icc * (n - 1) / (n * (1 - icc))
    freedom = (a * columns + b * rest) ** 2 / ((a * columns) ** 2 / (k - 1) + (b * rest) ** 2 / ((n - 1) * (k - 1)))
    upper_tail = (1 + _LEVEL) / 2
    low = f_distribution.ppf(upper_tail, n - 1, freedom)
    high = f_distribution.ppf(upper_tail, freedom, n - 1)
    other = k * columns + (k * n - k - n) * rest
    lower = n * (patients - low * rest) / (low * other + n * patients)
    upper = n * (high * patients - rest) / (other + n * high * patients)
    return float(icc), float(lower), float(upper)


def _mean_squares(values: NDArray[np.float64]) -> tuple[float, float, float]:
    """Return the mean squares of patients, of repetitions and of the residual."""
    n, k = values.shape
    mean = values.mean()
    rows, columns = values.mean(axis=1), values.mean(axis=0)
    rest = values - rows[:, None] - columns + mean
    return (
        float(k * ((rows - mean) ** 2).sum() / (n - 1)),
        float(n * ((columns - mean) ** 2).sum() / (k - 1)),
        float((rest**2).sum() / ((n - 1) * (k - 1))),
    )
