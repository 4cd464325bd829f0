"""Drivers of a patient's estimate, in terms of the features.

Sizes come from the effect estimator's ``drivers``: additive on the linear scale, against the cohort's mean.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from genorx._core.feature_spec import FeatureSpec
from genorx._core.unit_words import unit_in_words
from genorx.ranking.answer.answer import Reason
from genorx.ranking.answer.drivers import KINDS, Drivers, Where
from genorx.ranking.answer.made_later import MadeLater

#: Log hazard or log odds below which a feature is not listed.
SMALLEST = 0.05
_MOST = {"prognosis": 5, "effect": 3}


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Reasons(MadeLater[Reason]):
    """The largest contributions of one patient under one option, prognosis first.

    An unknown feature is no reason: it moves the estimate in neither direction.

    Attributes
    ----------
    drivers : Drivers
        Contributions of size ``SMALLEST`` or more.
    where : (str, str)
        The patient and the option.
    patient : mapping of feature to value
        Values of the patient; None if missing.
    specs : mapping of feature to FeatureSpec
    worse : {1, -1}
        Sign of a contribution that is bad for the patient.
    """

    drivers: Drivers
    where: Where
    patient: Mapping[str, Any]
    specs: Mapping[str, FeatureSpec]
    worse: int

    def _make(self) -> Iterator[Reason]:
        for kind in KINDS:
            largest = self.drivers.largest(kind, self.where)
            known = [(name, size) for name, size in largest if self.patient[name] is not None]
            for feature, size in known[: _MOST[kind]]:
                yield Reason(
                    feature=feature,
                    value=value_text(self.patient[feature], self.specs.get(feature)),
                    kind=kind,
                    direction="worse" if size * self.worse > 0 else "better",
                    size=size,
                )


def value_text(value: Any, spec: FeatureSpec | None) -> str:
    """Format a value with its unit; a missing one is labelled as such."""
    if pd.isna(value):
        return "missing"
    if isinstance(value, str):
        return value
    text = f"{float(value):g}"
    return f"{text} {unit_in_words(spec.unit)}".rstrip() if spec is not None and spec.unit else text
