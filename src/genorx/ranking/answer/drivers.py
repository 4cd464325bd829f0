"""What moved the estimates of a block of patients, read from the table of an effect estimator.

Sizes come from ``EffectEstimator.drivers``; how they become words is ``ranking.answer.reasons``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, Self

import numpy as np
import pandas as pd

Kind = Literal["prognosis", "effect"]
KINDS: tuple[Kind, ...] = ("prognosis", "effect")
#: A patient and an option.
Where = tuple[str, str]


@dataclass(frozen=True, kw_only=True)
class Drivers:
    """Features that moved the estimate of each patient under each option.

    Attributes
    ----------
    large : mapping of ``prognosis`` and ``effect`` to mapping of (patient, option) to list of (feature, size)
        On the linear scale, against the cohort's mean; those that are worth a line and whose direction is shown.
    extrapolated : mapping of (patient, option) to list of feature
        Whose value lies beyond the range of those who had the option: they do not show what such a value does.
    """

    large: Mapping[Kind, Mapping[Where, list[tuple[str, float]]]]
    extrapolated: Mapping[Where, list[str]]

    @classmethod
    def of(cls, table: pd.DataFrame, *, smallest: float) -> Self:
        """Read the table of ``EffectEstimator.drivers``, empty for a prognosis; sizes below ``smallest`` are left."""
        if table.empty:
            return cls(large={kind: {} for kind in KINDS}, extrapolated={})
        beyond = table["beyond"].to_numpy(bool) if "beyond" in table else np.zeros(len(table), dtype=bool)
        large: dict[Kind, dict[Where, list[tuple[str, float]]]] = {kind: {} for kind in KINDS}
        for kind in KINDS:
            sizes = table[kind].to_numpy(float)
            worth = (np.abs(sizes) >= smallest) & ~beyond
            for (where, feature), size in zip(_rows(table[worth]), sizes[worth].tolist(), strict=True):
                large[kind].setdefault(where, []).append((feature, size))
        extrapolated: dict[Where, list[str]] = {}
        for where, feature in _rows(table[beyond]):
            extrapolated.setdefault(where, []).append(feature)
        return cls(large=large, extrapolated=extrapolated)

    def largest(self, kind: Kind, where: Where) -> list[tuple[str, float]]:
        """Return features and sizes of one patient under one option, the largest first, then by name."""
        return sorted(self.large[kind].get(where, ()), key=lambda item: (-abs(item[1]), item[0]))


def _rows(table: pd.DataFrame) -> Iterator[tuple[Where, str]]:
    columns = [table[name].astype(str).tolist() for name in ("patient_id", "option", "feature")]
    for patient, option, feature in zip(*columns, strict=True):
        yield (patient, option), feature
