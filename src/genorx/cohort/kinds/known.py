"""The kinds of outcome that a study can have, by name."""

from __future__ import annotations

from collections.abc import Mapping

from genorx.cohort.kinds.base import DataKind
from genorx.cohort.kinds.binary import BinaryData
from genorx.cohort.kinds.competing import CompetingData
from genorx.cohort.kinds.continuous import ContinuousData
from genorx.cohort.kinds.count import CountData
from genorx.cohort.kinds.multistate import MultistateData
from genorx.cohort.kinds.ordinal import OrdinalData
from genorx.cohort.kinds.survival import SurvivalData

_KINDS = (
    *(SurvivalData(), CompetingData(), MultistateData()),
    *(BinaryData(), ContinuousData(), CountData(), OrdinalData()),
)

#: Each kind by its name in a study file.
DATA_KINDS: Mapping[str, DataKind] = {kind.name: kind for kind in _KINDS}
