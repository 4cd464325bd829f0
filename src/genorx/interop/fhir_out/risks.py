"""One option of a ranking as a RiskAssessment: a prediction for each estimate, with interval, rank and advice.

Content without a place in FHIR (support, reasons, the trade-off) remains in the JSON of the ranking.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from genorx.interop.fhir_out.resources import (
    TIMES,
    Json,
    identified,
    is_number,
    quantity,
    reference,
    rounded,
    value_range,
    worded,
)

if TYPE_CHECKING:
    from genorx.ranking import Ranking
    from genorx.ranking.answer.answer import Difference, Estimate, OptionAnswer

INTERVAL: Final = "urn:genorx:fhir:interval"
ESTIMATE: Final = "urn:genorx:fhir:estimate"
DIFFERENCE: Final = "urn:genorx:fhir:difference"
#: Measures that are probabilities; survival is the probability of no event.
_PROBABILITIES = ("survival", "incidence", "state", "probability", "grade")


def risk_assessment(patient: Mapping[str, Any], option: OptionAnswer, ranking: Ranking) -> Json:
    """Return the RiskAssessment of an option."""
    times = _times(option, ranking)
    made_of = (_prediction(each, times[each.outcome]) for each in option.estimates)
    predictions = [each for each in made_of if each is not None]
    differences = [
        _difference(each.difference, times[each.outcome])
        for each in option.estimates
        if each.difference is not None and is_number(each.difference.estimate)
    ]
    rank = f"rank {option.rank}; " if option.rank is not None else ""
    notes = [f"{rank}advice {option.advice}"]
    if option.no_estimate_reason:
        notes.append(option.no_estimate_reason)
    elif not predictions:
        notes.append("no estimate")
    made: Json = {
        "resourceType": "RiskAssessment",
        "extension": differences,
        "status": "final",
        "method": worded(f"genorx model of {ranking.name or 'a study'}"),
        "code": worded(option.option),
        "subject": reference(patient),
        "prediction": predictions,
        "note": [{"text": text} for text in notes],
    }
    return identified({name: value for name, value in made.items() if value})


def _times(option: OptionAnswer, ranking: Ranking) -> dict[str, str]:
    """Return the time unit of each outcome, from its times, since probabilities have none."""
    known = {each.outcome.partition(":")[0]: each.unit for each in option.estimates if each.unit in TIMES}
    return {each.outcome: known.get(each.outcome.partition(":")[0], ranking.unit) for each in option.estimates}


def _prediction(each: Estimate, time: str) -> Json | None:
    """Return the prediction of an estimate; None if it is not reached."""
    if each.estimate is None or not is_number(each.estimate):
        return None
    probable = each.measure in _PROBABILITIES
    name = f"{each.outcome}: {'event' if probable else each.measure}"
    low, value, high = _of_event(each) if probable else (each.lower, each.estimate, each.upper)
    unit = "" if probable else each.unit
    extensions: list[Json] = [] if probable else [{"url": ESTIMATE, "valueQuantity": quantity(value, unit)}]
    if low is not None and high is not None and is_number(low) and is_number(high):
        extensions.append({"url": INTERVAL, "valueRange": value_range(low, high, unit)})
    made: Json = {"extension": extensions, "outcome": worded(name)}
    if probable:
        made["probabilityDecimal"] = rounded(min(max(value, 0.0), 1.0))
    if each.horizon is not None:
        made["whenRange"] = {"high": quantity(each.horizon, time)}
    return made if extensions else {key: found for key, found in made.items() if key != "extension"}


def _of_event(each: Estimate) -> tuple[float | None, float, float | None]:
    """Return limits and probability of the event; survival is complemented."""
    value = float(each.estimate or 0.0)
    if each.measure != "survival":
        return each.lower, value, each.upper
    low = None if each.upper is None else 1 - each.upper
    high = None if each.lower is None else 1 - each.lower
    return low, 1 - value, high


def _difference(each: Difference, time: str) -> Json:
    """Return a difference from the reference option as an extension."""
    unit = each.unit if each.measure not in _PROBABILITIES else ""
    inner: list[Json] = [
        {"url": "outcome", "valueString": each.outcome},
        {"url": "measure", "valueCode": each.measure},
        {"url": "estimate", "valueQuantity": quantity(each.estimate, unit)},
    ]
    if each.horizon is not None:
        inner.append({"url": "horizon", "valueQuantity": quantity(each.horizon, time)})
    if is_number(each.lower) and is_number(each.upper):
        inner.append({"url": "interval", "valueRange": value_range(each.lower, each.upper, unit)})
    if is_number(each.probability_better):
        inner.append({"url": "probability-better", "valueDecimal": rounded(each.probability_better)})
    return {"url": DIFFERENCE, "extension": inner}
