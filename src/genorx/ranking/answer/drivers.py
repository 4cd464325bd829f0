"""What moved the estimates of a block of patients, read from the table of an effect estimator.

Sizes come from ``EffectEstimator.drivers``; how they become words is ``ranking.answer.reasons``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Kind = Literal["prognosis", "effect"]
KINDS: tuple[Kind, ...] = ("prognosis", "effect")


@dataclass(frozen=True, kw_only=True)
class Drivers:
    """Sizes by patient, option and feature, and where each patient's stand.

    Attributes
    ----------
    feature : array of str, shape (n_rows,)
    sizes : mapping of ``prognosis`` and ``effect`` to array of shape (n_rows,)
        On the linear scale, against the cohort's mean.
    beyond : array of bool, shape (n_rows,)
        Whether the value lies beyond the range of those who had the option; False where that is not known.
    rows : mapping of (patient, option) to array of int
        Rows of one patient under one option.
    """

    feature: NDArray[Any]
    sizes: Mapping[str, Floats]
    beyond: NDArray[np.bool_]
    rows: Mapping[tuple[str, str], Ints]

    @classmethod
    def of(cls, table: pd.DataFrame) -> Self:
        """Read the table of ``EffectEstimator.drivers``; it is empty for a prognosis."""
        if table.empty:
            none = np.zeros(0)
            return cls(feature=none, sizes=dict.fromkeys(KINDS, none), beyond=none.astype(bool), rows={})
        beyond = table["beyond"].to_numpy(bool) if "beyond" in table else np.zeros(len(table), dtype=bool)
        return cls(
            feature=table["feature"].to_numpy(object),
            sizes={kind: table[kind].to_numpy(float) for kind in KINDS},
            beyond=beyond,
            rows={
                (str(patient), str(option)): places
                for (patient, option), places in table.groupby(["patient_id", "option"], sort=False).indices.items()
            },
        )

    def of_option(self, patient: str, option: str) -> Moved | None:
        """Return what moved the estimate of one patient under one option; None where that is not known."""
        rows = self.rows.get((patient, option))
        if rows is None:
            return None
        sizes = {kind: of_all[rows] for kind, of_all in self.sizes.items()}
        return Moved(feature=self.feature[rows], sizes=sizes, beyond=self.beyond[rows])


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """Sizes of one patient under one option, a feature a place; see ``Drivers``."""

    feature: NDArray[Any]
    sizes: Mapping[str, Floats]
    beyond: NDArray[np.bool_]

    @property
    def extrapolated(self) -> list[str]:
        """Features of which the value lies beyond the range of those who had the option."""
        return [str(name) for name in self.feature[self.beyond]] if self.beyond.any() else []

    def largest(self, kind: str, smallest: float) -> list[tuple[str, float]]:
        """Return features whose direction is shown and whose size is no smaller, the largest first, then by name."""
        sizes = self.sizes[kind]
        found = np.flatnonzero((np.abs(sizes) >= smallest) & ~self.beyond)
        large = [(str(self.feature[place]), float(sizes[place])) for place in found]
        return sorted(large, key=lambda item: (-abs(item[1]), item[0]))
