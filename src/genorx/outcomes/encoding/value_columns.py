"""From the typed feature frame to columns for models of values: linked sites, encoding, and what a gap may say.

A missing cell often tells the centre rather than the patient.  Its indicator takes part in the fit, so that other
coefficients are those of comparable patients, and only a share of its effect is carried over to a prediction.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from genorx.errors import Finding, UsageError
from genorx.features.spec import FeatureSpec
from genorx.outcomes.encoding.encoding import FeatureEncoder
from genorx.outcomes.encoding.linked_sites import LinkedSites

Floats = NDArray[np.float64]


class ValueColumns:
    """Encoder, linked sites and the share of gaps, learnt from the rows of a fit.

    Parameters
    ----------
    specs : sequence of FeatureSpec, optional
    rare : int
        Fewest training rows on either side of a 0/1 column.
    splines : bool
        Add bends of numbers.
    gaps : float
        Share of the effect of indicators of gaps that predictions keep, from 0 to 1.
    """

    def __init__(
        self, specs: Iterable[FeatureSpec] | None, *, rare: int = 5, splines: bool = False, gaps: float = 0.5
    ) -> None:
        if not 0 <= gaps <= 1:
            raise UsageError(f"gaps is {gaps:g}: it is a share from 0 to 1")
        self._specs = None if specs is None else list(specs)
        self.gaps = gaps
        self.encoder = FeatureEncoder(rare=rare, splines=splines)

    def fit(self, X: pd.DataFrame) -> Floats:
        """Learn from ``X``; return the matrix of the fit, gaps in full, shape (n_patients, n_columns)."""
        known = None if self._specs is None else [spec for spec in self._specs if spec.name in X.columns]
        self.encoder.set_params(specs=known)
        self.links = LinkedSites(known).fit(X)
        self.encoder.fit(X)
        return self._matrix(X, 1.0)

    def transform(self, X: pd.DataFrame) -> Floats:
        """Return the matrix of a prediction, shape (n_patients, n_columns)."""
        return self._matrix(X, self.gaps)

    def _matrix(self, X: pd.DataFrame, share: float) -> Floats:
        matrix = self.encoder.transform(X)
        filled = self.links.transform(X)
        whole = matrix if filled is X else self.encoder.transform(filled)
        return np.where(self._gap, share * matrix, whole)

    @property
    def _gap(self) -> NDArray[np.bool_]:
        return np.array([column.kind == "missing" for column in self.encoder.columns_], dtype=bool)

    @property
    def group(self) -> NDArray[np.int64]:
        """Shrinkage group of each column."""
        return np.asarray(self.encoder.group_index_)

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What had to be said of the training rows."""
        return tuple(self.links.findings_)

    def state(self) -> dict[str, Any]:
        """Return all that was learnt as JSON values."""
        return {"gaps": self.gaps, "encoder": self.encoder.state(), "links": self.links.state()}

    @classmethod
    def from_state(cls, values: Mapping[str, Any]) -> Self:
        """Make fitted columns from what ``state`` gave."""
        columns = cls(None, gaps=float(values["gaps"]))
        columns.encoder = FeatureEncoder.from_state(values["encoder"])
        columns.links = LinkedSites.from_state(values["links"])
        return columns
