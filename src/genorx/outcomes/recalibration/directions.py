"""Directions in which calibration is examined: intercept, linear predictor, and further covariate effects.

Covariates are standardised (logarithms if skewed), their regression on the linear predictor is subtracted, and the
residuals are rotated into uncorrelated directions of variance 1: so a model's own index and its covariates can be in
one regression.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from genorx._core.disclosure import digits, rounded
from genorx.outcomes.axes import with_fixed_signs

Floats = NDArray[np.float64]
_SKEWED = 2.0
_LEAST_RESIDUAL = 0.05  # least residual standard deviation of a direction, of 1
_MOST_LEVELS = 12
_RARE = 20  # patients with a level below which it is no direction


@dataclass(frozen=True, kw_only=True)
class Directions:
    """Mapping of patients to rows of a regression.

    Attributes
    ----------
    columns : tuple of (str, str)
        Covariate and level; the level is empty for a number, ``log`` for its logarithm.
    centre, scale : array, shape (n_columns,)
        Mean and standard deviation of each column.
    index_mean, index_scale : float
        Mean and standard deviation of the index.
    told : array, shape (2, n_columns)
        Part of the columns that mean and index explain.
    turn : array, shape (n_columns, n_directions)
        Rotation of the residual columns.
    """

    columns: tuple[tuple[str, str], ...]
    centre: Floats
    scale: Floats
    index_mean: float
    index_scale: float
    stated: Floats
    turn: Floats

    @classmethod
    def of(cls, covariates: pd.DataFrame, index: Floats, *, most: int | None = None) -> Self:
        """Learn the directions of the development data, at most ``most`` in addition to intercept and index."""
        columns = tuple(_columns(covariates))
        raw = _encoded(covariates, columns)
        centre = np.nan_to_num(np.nanmean(raw, axis=0)) if raw.size else np.zeros(0)
        filled = np.where(np.isnan(raw), centre, raw)
        scale = filled.std(axis=0)
        scale = np.where(scale > 0, scale, 1.0)
        index_scale = float(index.std()) or 1.0
        first = np.column_stack([np.ones(len(index)), (index - index.mean()) / index_scale])
        R = (filled - centre) / scale
        stated = np.linalg.lstsq(first, R, rcond=None)[0]
        _, size, axes = np.linalg.svd(R - first @ stated, full_matrices=False) if R.size else (0, np.zeros(0), R.T)
        size = size / np.sqrt(max(len(index), 1))
        kept = np.flatnonzero(size > _LEAST_RESIDUAL)[:most]
        turn = with_fixed_signs(axes[kept].T) / size[kept] if R.size else np.zeros((0, 0))
        return cls(
            columns=columns,
            centre=centre,
            scale=scale,
            index_mean=float(index.mean()),
            index_scale=index_scale,
            stated=stated,
            turn=turn,
        )

    @property
    def count(self) -> int:
        """Number of directions, including intercept and index."""
        return 2 + int(self.turn.shape[1])

    def rows(self, covariates: pd.DataFrame, index: Floats) -> Floats:
        """Return patients as rows, shape (n_patients, count); missing values are set to the mean."""
        first = np.column_stack([np.ones(len(index)), (index - self.index_mean) / self.index_scale])
        if not self.turn.shape[1]:
            return first
        raw = _encoded(covariates, self.columns)
        R = (np.where(np.isnan(raw), self.centre, raw) - self.centre) / self.scale
        return np.hstack([first, (R - first @ self.stated) @ self.turn])

    def back(self) -> Floats:
        """Return the matrix that converts coefficients of the rows to those of 1, the index, and each column.

        Columns are in their own units (or logarithms); shape (2 + n_columns, count).
        """
        made = np.zeros((2 + len(self.columns), self.count))
        made[0, 0] = 1.0
        made[1, 1] = 1.0 / self.index_scale
        made[0, 1] = -self.index_mean / self.index_scale
        if self.turn.shape[1]:
            own = self.turn / self.scale[:, None]
            index_part = -(self.stated[1] @ self.turn) / self.index_scale
            made[2:, 2:] = own
            made[1, 2:] = index_part
            made[0, 2:] = -self.centre @ own - self.stated[0] @ self.turn - self.index_mean * index_part
        return made

    def coarse(self) -> Self:
        """Return the directions with rounded means and scales, and exact with respect to those."""
        centre = np.array([rounded(each, scale) for each, scale in zip(self.centre, self.scale, strict=True)])
        return replace(self, centre=centre, scale=np.array([digits(float(each), 3) for each in self.scale]))

    def to_dict(self) -> dict[str, Any]:
        """Return JSON values."""
        return {
            "columns": [list(each) for each in self.columns],
            "centre": self.centre.tolist(),
            "scale": self.scale.tolist(),
            "index_mean": self.index_mean,
            "index_scale": self.index_scale,
            "told": self.stated.tolist(),
            "turn": self.turn.tolist(),
        }

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """Return the directions of a dictionary from ``to_dict``."""
        n = len(values["columns"])
        return cls(
            columns=tuple((str(name), str(level)) for name, level in values["columns"]),
            centre=np.asarray(values["centre"], dtype=float),
            scale=np.asarray(values["scale"], dtype=float),
            index_mean=float(values["index_mean"]),
            index_scale=float(values["index_scale"]),
            stated=np.asarray(values["told"], dtype=float).reshape(2, n),
            turn=np.asarray(values["turn"], dtype=float).reshape(n, -1) if n else np.zeros((0, 0)),
        )


def _columns(covariates: pd.DataFrame) -> list[tuple[str, str]]:
    """Return numbers and levels that vary between patients; the most frequent level is the reference."""
    made: list[tuple[str, str]] = []
    for name in covariates:
        values = covariates[name].dropna()
        if pd.api.types.is_numeric_dtype(values.dtype):
            if values.nunique() > 1:
                made.append((str(name), "log" if values.min() > 0 and _skew(values.to_numpy()) > _SKEWED else ""))
            continue
        counts = values.value_counts()
        levels = [level for level in counts.index[1:_MOST_LEVELS] if counts[level] >= _RARE]
        made += [(str(name), str(level)) for level in levels]
    return made


def _skew(values: Floats) -> float:
    spread = float(values.std())
    return float(np.mean((values - values.mean()) ** 3)) / spread**3 if spread > 0 else 0.0


def _encoded(covariates: pd.DataFrame, columns: tuple[tuple[str, str], ...]) -> Floats:
    made = np.full((len(covariates), len(columns)), np.nan)
    for number, (name, level) in enumerate(columns):
        if name not in covariates:
            continue
        values = covariates[name]
        if level in ("", "log"):
            known = pd.to_numeric(values, errors="coerce").to_numpy(dtype=float, na_value=np.nan)
            with np.errstate(divide="ignore", invalid="ignore"):
                taken = np.log(known) if level == "log" else known
            made[:, number] = np.where(np.isfinite(taken), taken, np.nan)
        else:
            stated = values.astype(object)
            made[:, number] = np.where(stated.isna(), np.nan, (stated.astype(str) == level).astype(float))
    return made
