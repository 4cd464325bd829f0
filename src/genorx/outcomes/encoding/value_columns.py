"""Columns of a typed feature frame for models of values: linked sites, and encoding.

In the rows of a fit, missing sites are filled from linked ones; a prediction averages over the possible values of
unknown features (``encoding.completed``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from genorx._core.feature_spec import FeatureSpec
from genorx.errors import Finding
from genorx.outcomes.encoding.encoding import FeatureEncoder
from genorx.outcomes.encoding.linked_sites import LinkedSites

Floats = NDArray[np.float64]


class ValueColumns:
    """Encoder and linked sites, learnt from the training rows.

    Parameters
    ----------
    specs : sequence of FeatureSpec, optional
        Specification of the features; inferred by default.
    rare : int
        Fewest training rows with either value of a 0/1 column; below it the column is left out.
    splines : bool
        Whether to add spline terms of numbers.
    """

    def __init__(self, specs: Iterable[FeatureSpec] | None, *, rare: int = 5, splines: bool = False) -> None:
        self._specs = None if specs is None else list(specs)
        self.encoder = FeatureEncoder(rare=rare, splines=splines)

    def fit(self, X: pd.DataFrame) -> Floats:
        """Learn from ``X``; return the training matrix, shape (n_patients, n_columns)."""
        known = None if self._specs is None else [spec for spec in self._specs if spec.name in X.columns]
        self.encoder.set_params(specs=known)
        self.links = LinkedSites(known).fit(X)
        self.encoder.fit(X)
        return self.transform(X)

    def transform(self, X: pd.DataFrame) -> Floats:
        """Return the matrix, with imputed sites still marked as missing, shape (n_patients, n_columns)."""
        matrix = self.encoder.transform(X)
        filled = self.links.transform(X)
        if filled is X:
            return matrix
        missing = np.array([column.kind == "missing" for column in self.encoder.columns_], dtype=bool)
        return np.where(missing, matrix, self.encoder.transform(filled))

    @property
    def group(self) -> NDArray[np.int64]:
        """Shrinkage group of each column."""
        return np.asarray(self.encoder.group_index_)

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Findings on the training rows."""
        return tuple(self.links.findings_)

    def state(self) -> dict[str, Any]:
        """Return the learnt content as JSON values."""
        return {"encoder": self.encoder.state(), "links": self.links.state()}

    @classmethod
    def from_state(cls, values: Mapping[str, Any]) -> Self:
        """Restore fitted columns from ``state``."""
        columns = cls(None)
        columns.encoder = FeatureEncoder.from_state(values["encoder"])
        columns.links = LinkedSites.from_state(values["links"])
        return columns
