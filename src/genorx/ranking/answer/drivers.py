"""Drivers of the estimates for a block of patients, from the table of an effect estimator.

Sizes come from ``EffectEstimator.drivers``; ``ranking.answer.reasons`` puts them into words.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from genorx._core.short_repr import short

Kind = Literal["prognosis", "effect"]
KINDS: tuple[Kind, ...] = ("prognosis", "effect")
#: A patient and an option.
Where = tuple[str, str]
_WHERE = ("patient_id", "option", "feature")


@short
@dataclass(frozen=True, kw_only=True)
class Drivers:
    """Features that moved the estimate of each patient under each option.

    Attributes
    ----------
    large : mapping of ``prognosis`` and ``effect`` to ByPatient
        Sizes on the linear scale, against the cohort's mean; those large enough to be listed and with a clear
        direction.
    extrapolated : mapping of (patient, option) to list of feature
        Features whose value lies beyond the range of the patients who had the option: they do not show its effect.
    """

    large: Mapping[Kind, ByPatient]
    extrapolated: Mapping[Where, list[str]]

    @classmethod
    def of(cls, table: pd.DataFrame, *, smallest: float) -> Self:
        """Read the table of ``EffectEstimator.drivers``, empty for a prognosis; drop sizes below ``smallest``."""
        if table.empty:
            return cls(large={}, extrapolated={})
        beyond = table["beyond"].to_numpy(bool) if "beyond" in table else np.zeros(len(table), dtype=bool)
        patient, option, feature = (pd.factorize(table[name].astype(object)) for name in _WHERE)
        where = patient[0] * len(option[1]) + option[0]
        names = [str(name) for name in feature[1]]
        keys = [(str(one), str(other)) for one in patient[1] for other in option[1]]
        large: dict[Kind, ByPatient] = {}
        for kind in KINDS:
            sizes = table[kind].to_numpy(float)
            worth = np.flatnonzero((np.abs(sizes) >= smallest) & ~beyond)
            large[kind] = ByPatient.of(keys, names, where[worth], feature[0][worth], sizes[worth])
        extrapolated: dict[Where, list[str]] = {}
        for row in np.flatnonzero(beyond).tolist():
            extrapolated.setdefault(keys[where[row]], []).append(names[feature[0][row]])
        return cls(large=large, extrapolated=extrapolated)

    def largest(self, kind: Kind, where: Where) -> list[tuple[str, float]]:
        """Return features and sizes for one patient under one option, the largest first, then by name."""
        found = self.large[kind].at(where) if kind in self.large else []
        return sorted(found, key=lambda item: (-abs(item[1]), item[0]))


@dataclass(frozen=True, kw_only=True)
class ByPatient:
    """Sizes by feature, grouped by patient and option.

    Attributes
    ----------
    place : mapping of (patient, option) to int
        Index of each pair.
    names : list of str
        Names of the features.
    starts : list of int
        First row of each index, and the number of rows.
    feature, size : arrays of shape (n_rows,)
        Index of the feature, and its size.
    """

    place: Mapping[Where, int]
    names: list[str]
    starts: list[int]
    feature: NDArray[np.int64]
    size: NDArray[np.float64]

    @classmethod
    def of(
        cls,
        keys: list[Where],
        names: list[str],
        where: NDArray[np.int64],
        feature: NDArray[np.int64],
        size: NDArray[np.float64],
    ) -> Self:
        """Sort rows, each belonging to the patient and option at index ``where`` of ``keys``."""
        order = np.argsort(where, kind="stable")
        starts: list[int] = np.searchsorted(where[order], np.arange(len(keys) + 1)).tolist()
        place = {key: number for number, key in enumerate(keys)}
        return cls(place=place, names=names, starts=starts, feature=feature[order], size=size[order])

    def at(self, where: Where) -> list[tuple[str, float]]:
        """Return features and sizes for one patient under one option."""
        place = self.place.get(where)
        if place is None:
            return []
        rows = slice(self.starts[place], self.starts[place + 1])
        named = (self.names[code] for code in self.feature[rows].tolist())
        return list(zip(named, self.size[rows].tolist(), strict=True))
