"""The families of outcomes, by the name of the kind."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from genorx.errors import UsageError, shown
from genorx.outcomes.kinds.base import Family
from genorx.outcomes.kinds.binary import BinaryFamily
from genorx.outcomes.kinds.competing import CompetingFamily
from genorx.outcomes.kinds.continuous import ContinuousFamily
from genorx.outcomes.kinds.count import CountFamily
from genorx.outcomes.kinds.multistate import MultistateFamily
from genorx.outcomes.kinds.ordinal import OrdinalFamily
from genorx.outcomes.kinds.survival import SurvivalFamily
from genorx.outcomes.kinds.valued import ValueFamily

_FAMILIES = (
    *(SurvivalFamily, CompetingFamily, MultistateFamily),
    *(BinaryFamily, ContinuousFamily, CountFamily, OrdinalFamily),
)

#: Each family by the name of its kind in a study file.
FAMILIES: Mapping[str, type[Family]] = {family.name: family for family in _FAMILIES}


def family_of(outcome: Any) -> Family:
    """Return the family of an outcome of a study or a model, with the study's settings."""
    return FAMILIES[outcome.kind].of(outcome)


def value_family(name: str, **params: Any) -> ValueFamily:
    """Return the family of values of that name, with the given parameters that it has.

    Raises
    ------
    UsageError
        If there is no such kind.
    """
    kinds = {kind: family for kind, family in FAMILIES.items() if issubclass(family, ValueFamily)}
    if name not in kinds:
        raise UsageError(f"there is no kind {shown(name)!r} of values", hint=f"kinds are auto, {', '.join(kinds)}")
    own = kinds[name].__dataclass_fields__
    return kinds[name](**{key: value for key, value in params.items() if key in own})


def family_seen(value: pd.Series[Any]) -> str:
    """Infer the kind of undeclared values: binary for 0 and 1 alone, otherwise continuous."""
    return BinaryFamily.name if set(np.unique(value)) <= {0.0, 1.0} else ContinuousFamily.name
