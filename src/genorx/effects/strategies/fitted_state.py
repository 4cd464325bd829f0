"""Serialisation of the models fitted to the states, as JSON values and arrays."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from numpy.typing import NDArray

from genorx.cohort.course import Strategy
from genorx.effects.strategies.state_model import StateModel
from genorx.effects.strategies.strategy_support import StrategySupport
from genorx.effects.strategies.waits import Waits
from genorx.outcomes.state_arrays import arrays_below, named_below

Arrays = dict[str, NDArray[Any]]


def fitted_state(
    models: tuple[StateModel, ...], waits: Mapping[str, Waits], support: StrategySupport
) -> tuple[dict[str, Any], Arrays]:
    """Return JSON values and arrays of models, waits, strategies and their support."""
    fields, support_arrays = support.state()
    names = ("name", "state", "treatment", "within", "share")
    values: dict[str, Any] = {
        "strategies": [{name: getattr(each, name) for name in names} for each in support.strategies],
        "support": fields,
        "waits": {name: each.values() for name, each in waits.items()},
        "models": [],
    }
    arrays = named_below("support", support_arrays)
    for place, model in enumerate(models):
        own, own_arrays = model.state_values()
        values["models"].append(own)
        arrays |= named_below(f"models.{place}", own_arrays)
    return values, arrays


def fitted_from(
    values: Mapping[str, Any], arrays: Arrays
) -> tuple[tuple[StateModel, ...], dict[str, Waits], StrategySupport]:
    """Restore them from ``fitted_state``."""
    strategies = tuple(Strategy(**each) for each in values["strategies"])
    models = [
        StateModel.from_state(own, arrays_below(f"models.{place}", arrays))
        for place, own in enumerate(values["models"])
    ]
    waits = {name: Waits.from_values(each) for name, each in values["waits"].items()}
    support = StrategySupport.from_state(values["support"], arrays_below("support", arrays), strategies)
    return tuple(models), waits, support
