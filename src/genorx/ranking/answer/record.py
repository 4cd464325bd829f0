"""The JSON object of one patient's result: keys and their order are part of the interface.

The JSON Schema of these objects is ``ranking.answer.schema``.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from types import MappingProxyType
from typing import Any

from genorx.effects.intervals import Interval
from genorx.ranking.answer.answer import AdviceBasis, Difference, Estimate, OptionAnswer, PatientAnswer

Labels = Mapping[str, Mapping[str, str]]


def patient_record(
    answer: PatientAnswer,
    shared: list[dict[str, str | None]],
    provenance: dict[str, Any],
    comparison: dict[str, Any],
    labels: Labels = MappingProxyType({}),
) -> dict[str, Any]:
    """Return one answer as plain values; ``shared`` are the findings that concern all patients.

    ``labels`` are those of the study; the record holds the labels of the names in it, and no key if there are none.
    """
    record = {
        "patient_id": answer.patient_id,
        "reference": answer.reference,
        "comparison": comparison,
        "advice_basis": None if answer.advice_basis is None else _basis(answer.advice_basis),
        "options": [_option(option) for option in answer.options],
        "trade_off": None if answer.trade_off is None else _plain(asdict(answer.trade_off)),
        "findings": [*(finding.to_dict() for finding in answer.findings), *shared],
        "provenance": provenance,
    }
    own = _labels(answer, labels)
    return record | {"labels": own} if any(own.values()) else record


def _labels(answer: PatientAnswer, labels: Labels) -> dict[str, dict[str, str]]:
    """Return the labels of options, outcomes and features that an answer names; an outcome may be NAME:PART."""
    estimated = (each.outcome.partition(":")[0] for option in answer.options for each in option.estimates)
    held = {
        "options": {answer.reference, *(option.option for option in answer.options)},
        "outcomes": {*estimated, *(option.difference.outcome for option in answer.options if option.difference)},
        "features": {reason.feature for option in answer.options for reason in option.reasons},
    }
    return {
        kind: {name: label for name, label in sorted(labels.get(kind, {}).items()) if name in names}
        for kind, names in held.items()
    }


def _option(option: OptionAnswer) -> dict[str, Any]:
    support = option.support
    return {
        "option": option.option,
        "rank": option.rank,
        "advice": option.advice,
        "outcomes": _outcomes(option.estimates),
        "difference": None if option.difference is None else _difference(option.difference),
        "probability_best": _number(option.probability_best),
        "evidence": [dict(each) for each in option.evidence],
        "safety": [dict(each) for each in option.safety],
        "safety_marks": [dict(each) for each in option.safety_marks],
        "support": None if support is None else {key: _number(value) for key, value in _values(support).items()},
        "reasons": [_values(reason) | {"size": _number(reason.size)} for reason in option.reasons],
        "no_estimate_reason": option.no_estimate_reason,
        "axes": option.axes,
    }


def _basis(basis: AdviceBasis) -> dict[str, Any]:
    return {
        "rests_on": basis.rests_on,
        "choosing": basis.choosing,
        "text": basis.text,
        "best_single": basis.best_single,
        "withheld": basis.withheld,
        "measure": basis.measure,
        "unit": basis.unit,
        "averages": {option: _interval(each) for option, each in basis.averages.items()},
        "gain": None if basis.gain is None else _interval(basis.gain),
        "slopes": {option: _interval(each) for option, each in basis.slopes.items()},
    }


def _interval(interval: Interval) -> dict[str, float | None]:
    return {key: _number(value) for key, value in _values(interval).items()}


def _outcomes(estimates: Sequence[Estimate]) -> dict[str, dict[str, Any]]:
    outcomes: dict[str, dict[str, Any]] = {}
    for each in estimates:
        key = _key(each)
        numbers: dict[str, Any] = {name: _number(getattr(each, name)) for name in ("estimate", "lower", "upper")}
        if each.difference is not None:
            numbers["difference"] = _difference(each.difference)
        outcomes.setdefault(each.outcome, {})[key] = numbers
    return outcomes


def _difference(difference: Difference) -> dict[str, Any]:
    return {key: _number(value) if isinstance(value, float) else value for key, value in _values(difference).items()}


def _values(each: Any) -> dict[str, Any]:
    """Return the fields of an object of plain values; ``asdict`` copies each and takes ten times as long."""
    return {name: getattr(each, name) for name in each.__dataclass_fields__}


def _key(each: Estimate) -> str:
    """Return the key of an estimate in its outcome: the horizon of a probability or cost, otherwise the measure."""
    if each.measure in ("survival", "incidence", "state", "cost") and each.horizon is not None:
        return horizon_key(each.horizon)
    return each.measure


def horizon_key(horizon: float) -> str:
    """Return a horizon as a JSON key: whole numbers without a point."""
    return str(int(horizon)) if horizon == int(horizon) else repr(horizon)


def _plain(value: Any) -> Any:
    """Return nested values with numbers as in ``_number``; an infinite one (a number needed) is null."""
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(each) for each in value]
    if isinstance(value, float):
        return _number(value) if math.isfinite(value) else None
    return value


def _number(value: float | None) -> float | None:
    """Round to ten significant digits: further digits are noise, and the last bits differ between machines."""
    if value is None or math.isnan(value):
        return None
    return float(f"{value:.10g}")
