"""Groups of patients by the values of a few features, such as the genotypes of two genes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from genorx._core.disclosure import FEWEST
from genorx._core.feature_spec import FeatureSpec
from genorx.errors import UsageError, shown
from genorx.outcomes.encoding.linked_sites import LinkedSites

_UNKNOWN = "?"


class PatientGroups:
    """Labels such as ``1 | 0 | 2`` from the features ``by``; missing sites are filled from linked ones.

    Parameters
    ----------
    by : sequence of str
        Features that define the groups; without any, all patients are one group.
    specs : sequence of FeatureSpec, optional
        Specification of the features; sites are those of group ``site``.
    """

    def __init__(self, by: Sequence[str], specs: Iterable[FeatureSpec] | None = None) -> None:
        self.by = tuple(by)
        self._specs = specs

    def fit(self, X: pd.DataFrame) -> Self:
        """Learn links and labels from the training patients; labels with fewer than 20 form no group.

        Raises
        ------
        UsageError
            If a feature is absent (``no-such-feature``).
        """
        absent = [name for name in self.by if name not in X.columns]
        if absent:
            raise UsageError(f"there is no feature {shown(absent[0])!r} to group by", code="no-such-feature")
        self._links = LinkedSites(self._specs).fit(X) if self.by else LinkedSites([])
        self.names_: tuple[str, ...] = ("",)
        if self.by:
            counts = Counter(self.labels(X))
            self.names_ = tuple(sorted(name for name, count in counts.items() if count >= FEWEST))
        return self

    def labels(self, X: pd.DataFrame) -> list[str]:
        """Return each patient's label."""
        if not self.by:
            return [""] * len(X)
        filled = self._links.transform(X)
        columns = [_texts(filled[name]) for name in self.by]
        return [" | ".join(row) for row in zip(*columns, strict=True)]

    def codes(self, X: pd.DataFrame) -> NDArray[np.int64]:
        """Return the code of each patient's group, -1 for one that is unknown or too small."""
        place = {name: number for number, name in enumerate(self.names_)}
        return np.array([place.get(label, -1) for label in self.labels(X)], dtype=np.int64)

    def state(self) -> dict[str, Any]:
        """Return the learnt content as JSON values."""
        return {"by": list(self.by), "names": list(self.names_), "links": self._links.state() if self.by else []}

    @classmethod
    def from_state(cls, values: Mapping[str, Any]) -> Self:
        """Restore groups from ``state``."""
        groups = cls(values["by"])
        groups.names_, groups._links = tuple(values["names"]), LinkedSites.from_state(values["links"])
        return groups


def _texts(column: pd.Series[Any]) -> list[str]:
    """Return values as text; expected dosages are rounded."""
    if pd.api.types.is_numeric_dtype(column.dtype) and not pd.api.types.is_bool_dtype(column.dtype):
        numbers = column.to_numpy(dtype=float, na_value=np.nan)
        return [_UNKNOWN if np.isnan(number) else f"{np.floor(number + 0.5):g}" for number in numbers]
    return [_UNKNOWN if missing else str(value) for value, missing in zip(column, column.isna(), strict=True)]
