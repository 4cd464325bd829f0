"""Order of open questions: by the share of the decision's uncertainty that answers jointly resolve, per cost.

Unknown inputs have two consequences.  The option that looks best may not be the best: the expected gain of knowing is
the unit normal loss of each rival's distance.  And the differences between options, on which the advice depends, are
less certain than they could be: their spread.  The worth of a set of answers is the share of the total gain plus the
share of the total spread that they resolve.  Questions are ordered one after the other, each by what it adds to those
before it, so that two inputs with the same information are not both at the top.

The resolved share is computed by a regression of the options' outcomes on joint draws of the inputs.
Sources: Strong M, Oakley JE, Brennan A 2014, Med Decis Making 34:311 (value of information by regression); Raiffa H,
Schlaifer R 1961, Applied Statistical Decision Theory, chapter 5 (unit normal loss).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pandas.api.types import is_numeric_dtype
from scipy.special import ndtr

Floats = NDArray[np.float64]
_FEW_VALUES = 8  # distinct values up to which a number is treated as levels
_SAME = 1e-9  # relative size of a column without information beyond those before it
_FARTHEST = 37.0  # standard deviations beyond which the probability of a reversal is 0 in double precision


@dataclass(kw_only=True)
class Worth:
    """Value of answers, given the questions asked before.

    Attributes
    ----------
    gaps : array of shape (n_rivals,)
        Difference of mean outcome between the best option and each other one.
    differences : array of shape (n_draws, n_pairs)
        Differences of all pairs of options, centred at their mean; those of the best with its rivals come first.
    columns : mapping of input to array of shape (n_draws, n_columns)
        Predictors of the regression, by input.
    """

    gaps: Floats
    differences: Floats
    columns: Mapping[str, Floats]
    _settled: Floats = field(init=False)
    _basis: Floats = field(init=False)

    def __post_init__(self) -> None:
        self._settled = np.zeros(self.differences.shape[1])
        self._basis = np.zeros((len(self.differences), 0))

    @classmethod
    def of(cls, outcomes: Floats, values: pd.DataFrame) -> Self:
        """Build from outcomes of the options, shape (n_draws, n_options), larger is better, and values of inputs."""
        mean = outcomes.mean(axis=0)
        best = int(mean.argmax())
        order = [best, *(place for place in range(mean.size) if place != best)]
        pairs = [(one, other) for at, one in enumerate(order) for other in order[at + 1 :]]
        away = np.column_stack([outcomes[:, one] - outcomes[:, other] for one, other in pairs])
        return cls(
            gaps=away[:, : mean.size - 1].mean(axis=0),
            differences=away - away.mean(axis=0),
            columns={str(name): _columns(values[name]) for name in values},
        )

    def order(self, names: Sequence[str], cost: Mapping[str, float], top: int) -> list[str]:
        """Return the first ``top`` inputs, ordered by added value per cost.

        Inputs that add the same, or nothing, are ordered by cost, then by name.
        """
        chosen: list[str] = []
        left = list(names)
        while left and len(chosen) < top:
            added = {name: max(self._added(name), 0.0) / cost[name] for name in left}  # values below 0 are chance
            first = min(left, key=lambda name: (-added[name], cost[name], name))
            self._settle(first)
            chosen.append(first)
            left.remove(first)
        return chosen

    def _added(self, name: str) -> float:
        return self._share(self._settled + self._explained(name)[0]) - self._share(self._settled)

    def _settle(self, name: str) -> None:
        explained, basis = self._explained(name)
        self._settled, self._basis = self._settled + explained, np.column_stack([self._basis, basis])

    def _share(self, settled: Floats) -> float:
        """Return the value of answers that explain the given part of the variance of each difference."""
        whole = self.differences.var(axis=0)
        spread = float(settled.sum() / whole.sum()) if whole.sum() > 0 else 0.0
        rivals = slice(self.gaps.size)
        most = float(_loss(self.gaps, whole[rivals]).sum())
        return spread + (float(_loss(self.gaps, settled[rivals]).sum()) / most if most > 0 else 0.0)

    def _explained(self, name: str) -> tuple[Floats, Floats]:
        """Return the variance explained by an input beyond earlier ones, corrected for chance, and the basis."""
        own = self.columns[name]
        left = own - self._basis @ (self._basis.T @ own)
        basis, sizes, _ = np.linalg.svd(left, full_matrices=False)
        basis = basis[:, sizes > _SAME * max(float(np.linalg.norm(own)), 1e-300)]
        n_rows, used = len(self.differences), self._basis.shape[1] + basis.shape[1]
        explained = ((basis.T @ self.differences) ** 2).sum(axis=0) / n_rows
        unexplained = np.maximum(self.differences.var(axis=0) - self._settled - explained, 0.0)
        return explained - basis.shape[1] * unexplained / max(n_rows - used - 1, 1), basis


def _columns(values: pd.Series[Any]) -> Floats:
    """Return columns of mean 0: a number and its square, or one indicator per level."""
    levels = values.unique()
    if is_numeric_dtype(values.dtype) and len(levels) > _FEW_VALUES:
        numbers = values.to_numpy(dtype=float)
        scaled = (numbers - numbers.mean()) / numbers.std()
        made = np.column_stack([scaled, scaled**2])
    else:
        made = np.column_stack([(values == level).to_numpy(dtype=float) for level in levels])
    return np.asarray(made - made.mean(axis=0))


def _loss(gaps: Floats, variance: Floats) -> Floats:
    """Return the expected loss to rivals at these distances, for a normal distribution."""
    spread = np.sqrt(np.maximum(variance, 0.0))
    distance = np.minimum(gaps / np.where(spread > 0, spread, 1.0), _FARTHEST)
    density = np.exp(-(distance**2) / 2) / np.sqrt(2 * np.pi)
    return np.where(spread > 0, np.maximum(spread * (density - distance * ndtr(-distance)), 0.0), 0.0)
