"""The default prognosis model of each kind of outcome."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from genorx.outcomes.binary.chosen_binary_model import ChosenBinaryModel
from genorx.outcomes.competing.chosen_competing_model import ChosenCompetingModel
from genorx.outcomes.continuous.chosen_value_model import ChosenValueModel
from genorx.outcomes.counts.chosen_count_model import ChosenCountModel
from genorx.outcomes.multistate.multistate_model import MultistateModel
from genorx.outcomes.ordinal.chosen_ordinal_model import ChosenOrdinalModel
from genorx.outcomes.survival.chosen_survival_model import ChosenSurvivalModel

DEFAULT_MODELS: Mapping[str, type[Any]] = {
    "survival": ChosenSurvivalModel,
    "competing": ChosenCompetingModel,
    "multistate": MultistateModel,
    "binary": ChosenBinaryModel,
    "continuous": ChosenValueModel,
    "count": ChosenCountModel,
    "ordinal": ChosenOrdinalModel,
}
