"""Number of similar patients under each option, by each numeric feature with an effect.

Similarity in prognosis and propensity is ``effects.overlap.overlap``; ranges are ``effects.overlap.coverage``.
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
    """Patients along each relevant numeric feature, on the scale of the model.

    Attributes
    ----------
    nearby : mapping of feature to Nearby
        Patients near a value, for each relevant feature.
    """

    nearby: Mapping[str, Nearby]

    @classmethod
    def fit(
        cls, values: pd.DataFrame, matters: Collection[str], option: Ints, n_options: int, *, by_lot: bool = False
    ) -> Self:
        """Learn from numbers (NaN if missing); only features with an effect are counted."""
        found = {
            str(name): Nearby.fit(_numbers(values[name]), option, n_options, by_lot=by_lot)
            for name in values.columns
            if name in matters
        }
        return cls(nearby=found)

    def numbers(self, values: pd.DataFrame, beyond: Mapping[str, NDArray[np.bool_]]) -> dict[str, Floats]:
        """Effective number of patients with a similar value by feature, each of shape (n_patients, n_options).

        ``beyond`` marks values outside the range of the patients under the option: for these a narrower kernel is used.
        """
        found = {}
        for name, nearby in self.nearby.items():
            found[name] = nearby.number(_numbers(values[name]), np.where(beyond[name], BEYOND, WITHIN))
        return found

    def state(self) -> tuple[list[str], dict[str, NDArray[Any]]]:
        """Return names of features and arrays for ``from_state``."""
        arrays = {
            f"{place}.{name}": array
            for place, nearby in enumerate(self.nearby.values())
            for name, array in nearby.arrays().items()
        }
        return list(self.nearby), arrays

    @classmethod
    def from_state(cls, names: Collection[str], arrays: Mapping[str, NDArray[Any]]) -> Self:
        """Restore the object from ``state``."""
        found = {}
        for place, name in enumerate(names):
            head = f"{place}."
            own = {key.removeprefix(head): array for key, array in arrays.items() if key.startswith(head)}
            found[name] = Nearby.from_arrays(own)
        return cls(nearby=found)


@dataclass(frozen=True, slots=True, kw_only=True)
class Alike:
    """Smallest effective number of patients similar to one patient under one option.

    ``feature`` is the feature with the fewest, whose value may lie ``beyond`` the range; or, if ``score``, the
    prognosis or the propensity.
    """

    number: float
    feature: str
    score: bool
    beyond: bool


@dataclass(frozen=True, kw_only=True)
class FewestAlike:
    """Smallest similarity counts of patients over all relevant features.

    Attributes
    ----------
    number : array of shape (n_patients, n_options)
        Smallest effective number.
    place : array of int, shape (n_patients, n_options)
        Its feature, as an index into ``names``.
    names : tuple of str
        Scores first, then features.
    n_scores : int
        Number of scores among ``names``.
    beyond : mapping of feature to array of bool, shape (n_patients, n_options)
        Whether a value lies beyond the range of the patients under the option.
    """

    number: Floats
    place: Ints
    names: tuple[str, ...]
    n_scores: int
    beyond: Mapping[str, NDArray[np.bool_]]

    @classmethod
    def of(
        cls, scores: Mapping[str, Floats], values: Mapping[str, Floats], beyond: Mapping[str, NDArray[np.bool_]]
    ) -> Self:
        """Find the smallest number for each patient and option; of equal ones the first."""
        stacked = np.array([*scores.values(), *values.values()])
        place = stacked.argmin(axis=0)
        number = np.take_along_axis(stacked, place[None], axis=0)[0]
        return cls(number=number, place=place, names=(*scores, *values), n_scores=len(scores), beyond=beyond)

    def at(self, row: int, code: int) -> Alike:
        """Return the smallest number for one patient and option, and its feature."""
        place = int(self.place[row, code])
        name, score = self.names[place], place < self.n_scores
        outside = not score and bool(self.beyond[name][row, code])
        return Alike(number=float(self.number[row, code]), feature=name, score=score, beyond=outside)


def _numbers(column: pd.Series[Any]) -> Floats:
    return column.to_numpy(dtype=float, na_value=np.nan)
