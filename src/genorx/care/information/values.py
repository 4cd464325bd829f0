"""Distribution of an unknown input given a patient's known inputs, from similar patients.

The distribution is ``outcomes.encoding.feature_distribution``, with which the model itself averages over unknown
inputs, here learnt from the given cohort.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self
from zlib import crc32

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from genorx._core.feature_spec import FeatureSpec
from genorx.cohort.cohort import Cohort
from genorx.outcomes.encoding.feature_columns import learn_source
from genorx.outcomes.encoding.feature_distribution import FeatureDistribution

Floats = NDArray[np.float64]
_RARE = 5  # patients; rarer levels are pooled with others


@dataclass(frozen=True, kw_only=True)
class InputValues:
    """Draws of one patient's inputs, independent of the other patients of the call.

    Attributes
    ----------
    distribution : FeatureDistribution
    specs : mapping of feature to FeatureSpec
    seed : int
    """

    distribution: FeatureDistribution
    specs: dict[str, FeatureSpec]
    seed: int

    @classmethod
    def learn(cls, cohort: Cohort, *, seed: int) -> Self:
        """Learn from the patients of a cohort."""
        specs = {spec.name: spec for spec in sorted(cohort.specs, key=lambda spec: spec.name)}
        sources = [learn_source(cohort.features[name], spec, rare=_RARE, splines=False) for name, spec in specs.items()]
        return cls(distribution=FeatureDistribution.learn(sources, cohort.features), specs=specs, seed=seed)

    def can_differ(self, name: str) -> bool:
        """Return whether an input has more than one value in the cohort."""
        return any(margin.can_differ for margin in self.distribution.margins if margin.name == name)

    def tells_of_others(self, name: str, others: Sequence[str]) -> bool:
        """Return whether an input is correlated with any of some other inputs."""
        places = self.distribution.score_columns
        among = np.concatenate([places[other] for other in others if other != name] or [np.zeros(0, dtype=np.int64)])
        return bool(self.distribution.correlation[np.ix_(places[name], among)].any())

    def together(self, patient: pd.DataFrame, names: Sequence[str], number: int) -> pd.DataFrame:
        """Return rows of the patient with joint draws of these inputs; shape (number, n_features)."""
        rng = np.random.default_rng([self.seed, *(crc32(name.encode()) for name in names)])
        order = np.column_stack([rng.permutation(number) for _ in names])  # evenly spread in each input
        return self._rows(patient, names, (order + rng.random(order.shape)) / number)

    def alone(self, patient: pd.DataFrame, name: str, number: int) -> pd.DataFrame:
        """Return rows of the patient with draws of one input, all other unknown inputs left missing."""
        start = np.random.default_rng([self.seed, crc32(name.encode())]).random()
        return self._rows(patient, [name], ((np.arange(number) + start) / number)[:, None])

    def ends(self, patient: pd.DataFrame, name: str) -> pd.DataFrame:
        """Return rows of the patient with each level of one input, or either end of its range."""
        levels = next(margin.levels for margin in self.distribution.margins if margin.name == name)
        if not levels:
            return self._rows(patient, [name], np.array([[0.001], [0.999]]))
        return _filled(patient, pd.DataFrame({name: list(levels)}))

    def _rows(self, patient: pd.DataFrame, names: Sequence[str], uniforms: Floats) -> pd.DataFrame:
        known = patient[list(self.specs)]
        values = self.distribution.values_given(known, names, uniforms)
        whole = [name for name in names if self.specs[name].kind == "integer"]
        values = values.assign(**{name: values[name].astype(float).round() for name in whole})
        return _filled(patient, values)


def _filled(patient: pd.DataFrame, values: pd.DataFrame) -> pd.DataFrame:
    """Repeat the patient for each row of values, with these inputs filled in."""
    rows = patient.iloc[np.zeros(len(values), dtype=int)].set_axis(values.index)
    columns: dict[str, Any] = {str(name): values[name].astype(patient[name].dtype) for name in values}
    return rows.assign(**columns)
