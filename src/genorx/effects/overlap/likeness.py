"""How many patients under each option had a value like a new patient's, in each number that matters.

Likeness in prognosis and propensity is ``effects.overlap.overlap``; ranges are ``effects.overlap.coverage``.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from genorx.effects.overlap.nearby import BEYOND, WITHIN, Nearby

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class ValueLikeness:
    """Patients along each number that matters, on the scale on which the model takes it.

    Attributes
    ----------
    nearby : mapping of feature to Nearby
    """

    nearby: Mapping[str, Nearby]

    @classmethod
    def fit(
        cls, values: pd.DataFrame, matters: Collection[str], option: Ints, n_options: int, *, by_lot: bool = False
    ) -> Self:
        """Learn from numbers (NaN where missing); only those that matter are counted along."""
        found = {
            str(name): Nearby.fit(_numbers(values[name]), option, n_options, by_lot=by_lot)
            for name in values.columns
            if name in matters
        }
        return cls(nearby=found)

    def numbers(self, values: pd.DataFrame, beyond: Mapping[str, NDArray[np.bool_]]) -> dict[str, Floats]:
        """Effective number of patients with a like value by feature, each of shape (n_patients, n_options).

        ``beyond`` says where a value lies outside the range of those who had the option: there the nearer alone count.
        """
        found = {}
        for name, nearby in self.nearby.items():
            found[name] = nearby.number(_numbers(values[name]), np.where(beyond[name], BEYOND, WITHIN))
        return found

    def state(self) -> tuple[list[str], dict[str, NDArray[Any]]]:
        """Return names of features and arrays from which ``from_state`` makes the same."""
        arrays = {
            f"{place}.{name}": array
            for place, nearby in enumerate(self.nearby.values())
            for name, array in nearby.arrays().items()
        }
        return list(self.nearby), arrays

    @classmethod
    def from_state(cls, names: Collection[str], arrays: Mapping[str, NDArray[Any]]) -> Self:
        """Make the likeness from what ``state`` gave."""
        found = {}
        for place, name in enumerate(names):
            head = f"{place}."
            own = {key.removeprefix(head): array for key, array in arrays.items() if key.startswith(head)}
            found[name] = Nearby.from_arrays(own)
        return cls(nearby=found)


@dataclass(frozen=True, slots=True, kw_only=True)
class Alike:
    """Effective number of patients like one under one option, where it is smallest.

    ``feature`` says in what: a feature, whose value may lie ``beyond`` the range; or, if ``score``, the prognosis or
    the propensity.
    """

    number: float
    feature: str
    score: bool
    beyond: bool


@dataclass(frozen=True, kw_only=True)
class FewestAlike:
    """Likeness of patients in all that matters, at its smallest."""

    scores: Mapping[str, Floats]
    values: Mapping[str, Floats]
    beyond: Mapping[str, NDArray[np.bool_]]

    def at(self, row: int) -> list[Alike]:
        """Return, of one patient, the smallest number by option and in what it is."""
        every = [(True, name, number[row]) for name, number in self.scores.items()]
        every += [(False, name, number[row]) for name, number in self.values.items()]
        stacked = np.array([number for _, _, number in every])
        found = []
        for code, place in enumerate(stacked.argmin(axis=0)):
            score, name, number = every[place]
            outside = not score and bool(self.beyond[name][row, code])
            found.append(Alike(number=float(number[code]), feature=name, score=score, beyond=outside))
        return found


def _numbers(column: pd.Series[Any]) -> Floats:
    return column.to_numpy(dtype=float, na_value=np.nan)
