"""Display of a ranking's numbers and terms: units, intervals, plain words; nothing is computed here."""

from __future__ import annotations

import re
from collections.abc import Mapping

from genorx._core.advice import ADVICE, Advice
from genorx._core.number_words import (
    difference_text,
    difference_unit,
    free_word,
    is_probability,
    measure_name,
    number,
    scale_of,
    signed,
    time_text,
    true_minus,
)
from genorx.knowledge.guidance_words import action_words, strength_words
from genorx.ranking.answer.answer import Difference, Estimate

# what any room may say of numbers stands in the core
__all__ = [
    "ADVICE",
    "DECLARED_ADVICE",
    "PUBLISHED_ADVICE",
    "chance_text",
    "difference_text",
    "difference_unit",
    "estimate_text",
    "free_word",
    "has_interval",
    "is_probability",
    "mark_text",
    "measure_name",
    "number",
    "outcome_text",
    "scale_of",
    "severity_word",
    "signed",
    "time_text",
    "true_minus",
]

#: The same of a published model, which has no draws: nothing is shown.
PUBLISHED_ADVICE: dict[Advice, tuple[str, str]] = {
    "recommend": ("recommended", "the first option of which every treatment gains at least the threshold"),
    "reasonable": ("reasonable", "it has an estimate; whether it is better or worse than others is not shown"),
    "equipoise": ("equipoise", "its estimate and that of another option of the same rank cannot be distinguished"),
    "not_advised": ("not advised", "a treatment of it gains less than the threshold"),
    "no_estimate": ("no estimate", "the model does not hold for this patient, or needs an input that is missing"),
}

#: The same of numbers that the user declared: whom to screen.
DECLARED_ADVICE: dict[Advice, tuple[str, str]] = {
    "recommend": ("recommended", "by the declared weights over the whole interval of the effect, or by the threshold"),
    "reasonable": ("reasonable", "neither a weight of each harm nor a threshold was declared"),
    "equipoise": ("equipoise", "which option is worth more depends on where in its interval the effect lies"),
    "not_advised": ("not advised", "the other option is recommended"),
    "no_estimate": ("no estimate", "the model does not hold for this person, or needs an input that is missing"),
}

_SEVERITY = {"serious": "Serious", "warning": "Warning", "info": "Note"}


def estimate_text(estimate: Estimate) -> str:
    """Return ``26.3 (24.1 to 28.2)``; probabilities in per cent; a median that is not reached is stated as such."""
    if estimate.estimate is None:
        return "not reached" if estimate.measure == "median" else "–"
    sign = " %" if is_probability(estimate.measure) else ""
    scale, digits = scale_of(estimate.measure, estimate.estimate, estimate.lower, estimate.upper)
    value = number(estimate.estimate * scale, digits)
    if digits > 1 and estimate.upper is not None and not value.strip("0."):  # the upper limit alone says something
        digits -= 1
        value = number(estimate.estimate * scale, digits)
    if estimate.lower is None and estimate.upper is None:
        return f"{value}{sign}"
    return f"{value}{sign} ({_bound(estimate.lower, scale, digits)} to {_bound(estimate.upper, scale, digits)})"


def outcome_text(outcome: str) -> str:
    """Return the display name of an outcome: NAME:PART is ``NAME, PART``, NAME>=GRADE ``NAME ≥ GRADE``."""
    return re.sub(r":(?=\S)", ", ", outcome).replace(">=", " ≥ ")


def has_interval(difference: Difference) -> bool:
    """Whether a difference has a limit of its interval."""
    return number(difference.lower) != "–" or number(difference.upper) != "–"


def chance_text(value: float | None) -> str:
    """Return a probability as ``97 %``; never 0 % or 100 % of draws, which would claim certainty."""
    if value is None or value != value:  # noqa: PLR0124
        return "–"
    if value >= 0.995:
        return "> 99 %"
    return "< 1 %" if value <= 0.005 else f"{100.0 * value:.0f} %"


def mark_text(row: Mapping[str, str]) -> str:
    """Return the action of a guidance row, with its strength: ``alternative (strong)``."""
    return f"{action_words(row['action'])} ({strength_words(row['strength']).lower()})"


def severity_word(severity: str) -> str:
    """Return the severity of a finding as a word."""
    return _SEVERITY.get(severity, severity)


def _bound(value: float | None, scale: float, digits: int) -> str:
    return "not reached" if value is None else number(value * scale, digits)
