"""Informative missing values: those that occurred separately from others in many training patients.

The effect of an indicator of missing values is that of its feature only if it can be distinguished from the gaps beside
it.  A feature's companions are the features that nearly always go missing with it.  Its indicator has an effect on an
estimate where at least 30 training patients lacked the feature and knew any given feature that is no companion, and
where the patient lacks the companions too, as those patients did; the estimate is kept among those of the possible
values by ``encoding.completed``.  Other features need not all be known: in some cohorts they never are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

Bools = NDArray[np.bool_]
_FEWEST = 30  # fewest training patients with a missing feature in whom another one is known
_WITH = 0.95  # share of the patients who lack a feature, from which another feature that they lack is a companion


@dataclass(frozen=True, slots=True, kw_only=True)
class TellingGaps:
    """Features with informative missingness, and the companions that must be missing with each.

    Attributes
    ----------
    companions : dict of int to tuple of int
        Indices of the companions of each feature, in the order of feature names.
    """

    companions: dict[int, tuple[int, ...]]

    @classmethod
    def learn(cls, unknown: Bools) -> Self:
        """Learn from the missing values of the training patients, shape (n_patients, n_features)."""
        gaps = unknown.astype(float)
        lacking = gaps.sum(axis=0)
        companions: dict[int, tuple[int, ...]] = {}
        for one in np.flatnonzero(lacking >= _FEWEST):  # one at a time: all pairs of 20,000 features fill 13 GB
            both = gaps[:, one] @ gaps
            with_it = both >= _WITH * lacking[one]
            if (with_it | (lacking[one] - both >= _FEWEST)).all():
                companions[int(one)] = tuple(map(int, np.flatnonzero(with_it)))
        return cls(companions=companions)

    def of(self, unknown: Bools) -> Bools:
        """Return the patients' informative missing values, in shape and order of ``unknown``."""
        stated = np.zeros_like(unknown)
        for place, companions in self.companions.items():
            stated[:, place] = unknown[:, companions].all(axis=1)
        return stated

    def state(self) -> list[list[int]]:
        """Return the learnt content as JSON values: for each feature its index, then its companions."""
        return [[place, *companions] for place, companions in self.companions.items()]

    @classmethod
    def from_state(cls, values: list[list[int]]) -> Self:
        """Restore the object from ``state``."""
        return cls(companions={own[0]: tuple(own[1:]) for own in values})
