"""Serialisation of fitted models to JSON values and arrays: only classes of genorx, by name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from genorx._core.disclosure import counted, from_counted
from genorx.cohort.kinds import DATA_KINDS
from genorx.errors import ModelFileError, UsageError, shown
from genorx.outcomes.recalibration.line import RecalibrationLine
from genorx.outcomes.state_arrays import arrays_below, named_below
from genorx.ranking.answer.prediction_intervals import OwnValues
from genorx.ranking.model.outcome_fit import OutcomeFit

_EFFECTS = ("SurvivalEffect", "ResponseEffect")
_STRATEGIES = ("StrategyOptions",)
_PROGNOSES = (
    "BoostedCounts",
    "BoostedLogistic",
    "BoostedRegression",
    "CauseSpecificCox",
    "CauseSpecificSurvival",
    "ChosenBinaryModel",
    "ChosenCompetingModel",
    "ChosenCountModel",
    "ChosenOrdinalModel",
    "ChosenSurvivalModel",
    "ChosenValueModel",
    "CumulativeOrdinal",
    "DoseModel",
    "ElasticNetCounts",
    "ElasticNetCox",
    "ElasticNetLogistic",
    "ElasticNetRegression",
    "ForestCounts",
    "ForestLogistic",
    "ForestRegression",
    "GroupShrunkCounts",
    "GroupShrunkCox",
    "GroupShrunkLogistic",
    "GroupShrunkOrdinal",
    "GroupShrunkRegression",
    "MultistateModel",
    "SurvivalBoosting",
    "SurvivalForest",
    "SurvivalStack",
)


def savable(fits: Sequence[OutcomeFit]) -> bool:
    """Return whether all models are genorx's own, so that a file can contain them."""
    known = _classes()
    return all(known.get(type(fit.model).__name__) is type(fit.model) for fit in fits)


def fits_state(fits: Sequence[OutcomeFit]) -> tuple[list[dict[str, Any]], dict[str, NDArray[Any]]]:
    """Return the JSON values and arrays for ``fits_from``.

    Raises
    ------
    UsageError
        If a model is not one of genorx's own: its file could not be read without running its code (``model-class``).
    """
    values: list[dict[str, Any]] = []
    arrays: dict[str, NDArray[Any]] = {}
    for place, fit in enumerate(fits):
        name = type(fit.model).__name__
        if not savable([fit]):
            raise UsageError(
                f"{shown(name)} cannot go into a model file",
                hint="only models of genorx can; keep this ranker in memory",
                code="model-class",
            )
        own, own_arrays = fit.model.state()
        entry = fit.header() | {"model": {"class": name, "values": own}}
        if fit.recalibration:
            entry["recalibration"] = [[part, line.to_dict()] for part, line in fit.recalibration]
        values.append(entry)
        arrays |= named_below(f"outcomes.{place}", own_arrays)
        if fit.own_values is not None:
            arrays |= named_below(f"own_values.{place}.away", counted(fit.own_values.away))
            arrays[f"own_values.{place}.floor"] = np.array(fit.own_values.floor)
    return values, arrays


def fits_from(values: Sequence[Mapping[str, Any]], arrays: Mapping[str, NDArray[Any]]) -> tuple[OutcomeFit, ...]:
    """Restore fitted outcomes from ``fits_state``; runs no code of the file."""
    fits = []
    for place, entry in enumerate(values):
        header = {key: value for key, value in entry.items() if key != "model"}
        header["horizons"] = tuple(float(h) for h in header["horizons"])
        header |= {key: tuple(header.get(key, ())) for key in ("causes", "levels", "states", "alive")}
        name = entry["model"]["class"]
        if name not in _classes():
            raise ModelFileError(
                f"it holds a model {shown(name)!r} that this genorx does not know",
                hint="upgrade genorx",
                code="model-too-new",
            )
        own = arrays_below(f"outcomes.{place}", arrays)
        lines = header.get("recalibration", ())
        header["recalibration"] = tuple((part, RecalibrationLine.from_dict(line)) for part, line in lines)
        header["own_values"] = _own_values(arrays, place, count=DATA_KINDS[header["kind"]].is_count)
        fits.append(OutcomeFit(**header, model=_classes()[name].from_state(entry["model"]["values"], own)))
    return tuple(fits)


def _own_values(arrays: Mapping[str, NDArray[Any]], place: int, *, count: bool) -> OwnValues | None:
    away, floor = arrays_below(f"own_values.{place}.away", arrays), arrays.get(f"own_values.{place}.floor")
    return OwnValues(away=from_counted(away), count=count, floor=float(floor)) if away and floor is not None else None


def _classes() -> dict[str, Any]:
    from genorx import effects, outcomes
    from genorx.ranking.model import strategy_options

    rooms = ((effects, _EFFECTS), (outcomes, _PROGNOSES), (strategy_options, _STRATEGIES))
    return {name: getattr(room, name) for room, names in rooms for name in names if hasattr(room, name)}
