"""Numbers and terms of a ranking as a reader meets them: units, intervals, plain words; nothing is computed here."""

from __future__ import annotations

from collections.abc import Mapping
from math import floor, log10

from genorx.effects.decision import Advice
from genorx.ranking.answer.answer import Difference, Estimate

#: What each advice says, in a word for the table and a sentence for the legend.
ADVICE: dict[Advice, tuple[str, str]] = {
    "recommend": ("recommended", "shown to be better than every other option that could be estimated"),
    "reasonable": (
        "reasonable",
        "not shown to be worse than another, and not recommended: it is not shown to be better than every other, or "
        "nothing is there to compare it with",
    ),
    "equipoise": ("equipoise", "the data do not show which option is better"),
    "not_advised": ("not advised", "another option is shown to be better, or guidance says to avoid a drug of it"),
    "no_estimate": ("no estimate", "the data hold too few patients like this one under the option"),
}
#: The same of a published model, which has no draws: nothing is shown.
PUBLISHED_ADVICE: dict[Advice, tuple[str, str]] = {
    "recommend": ("recommended", "the first option of which every treatment gains what was named as enough"),
    "reasonable": ("reasonable", "it has an estimate; whether it is better or worse than others is not shown"),
    "equipoise": ("equipoise", "its estimate and that of another option of the same rank cannot be told apart"),
    "not_advised": ("not advised", "a treatment of it gains less than what was named as enough"),
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

#: A probability, or a difference of two, below which whole per cent would say nothing.
_RARE = 0.01
#: Decimals of a per cent at most: two that count, of what happens to one in ten million.
_MOST_DIGITS = 6

_SEVERITY = {"serious": "Serious", "warning": "Warning", "info": "Note"}


def number(value: float | None, digits: int = 1) -> str:
    """Return a number with ``digits`` decimals, thousands apart and a true minus; a dash where there is none."""
    if value is None or value != value:  # noqa: PLR0124  not a number differs from itself
        return "–"
    text = f"{value:,.{digits}f}"
    text = text.lstrip("-") if _is_zero(text) else text
    return text.replace("-", "−")


def signed(value: float | None, digits: int = 1) -> str:
    """Return a difference with its sign always shown."""
    text = number(value, digits)
    return f"+{text}" if value is not None and value > 0 and not _is_zero(text) else text


def _is_zero(text: str) -> bool:
    return not text.strip("-0.,")


def time_text(value: float) -> str:
    """Return a time without useless decimals."""
    return f"{value:g}"


def estimate_text(estimate: Estimate) -> str:
    """Return ``26.3 (24.1 to 28.2)``; probabilities in per cent; a median that is not reached says so."""
    if estimate.estimate is None:
        return "not reached" if estimate.measure == "median" else "–"
    sign = " %" if is_probability(estimate.measure) else ""
    scale, digits = _scale(estimate.measure, estimate.estimate, estimate.lower, estimate.upper)
    value = number(estimate.estimate * scale, digits)
    if estimate.lower is None and estimate.upper is None:
        return f"{value}{sign}"
    return f"{value}{sign} ({_bound(estimate.lower, scale, digits)} to {_bound(estimate.upper, scale, digits)})"


def has_interval(difference: Difference) -> bool:
    """Whether a difference has an end of its interval."""
    return number(difference.lower) != "–" or number(difference.upper) != "–"


def difference_text(difference: Difference) -> str:
    """Return ``+2.1 (0.4 to 3.9)`` in the unit of the measure; probabilities in percentage points."""
    scale, digits = _scale(difference.measure, difference.estimate, difference.lower, difference.upper)
    bounds = [signed(each * scale, digits) for each in (difference.lower, difference.upper)]
    if bounds == ["–", "–"]:
        return signed(difference.estimate * scale, digits)
    return f"{signed(difference.estimate * scale, digits)} ({bounds[0]} to {bounds[1]})"


def _scale(measure: str, *values: float | None) -> tuple[float, int]:
    """Return the factor and the decimals with which numbers are shown: of a rare event, decimals of a per cent."""
    if not is_probability(measure):
        return 1.0, 1
    known = [abs(each) for each in values if each is not None and each == each]  # noqa: PLR0124
    largest = 100.0 * max(known, default=0.0)
    return 100.0, min(_MOST_DIGITS, 1 - floor(log10(largest))) if 0 < largest < 100.0 * _RARE else 0


def difference_unit(difference: Difference) -> str:
    """Return the unit of a difference, in words."""
    return "percentage points" if is_probability(difference.measure) else difference.unit


def measure_name(measure: str, horizon: float | None, unit: str) -> str:
    """Return what a number is of: ``event-free at 36 months``, ``mean event-free time up to 36 months``."""
    at = "" if horizon is None else f" {time_text(horizon)} {unit}".rstrip()
    names = {
        "survival": f"event-free at{at}",
        "rmst": f"mean event-free time up to{at}",
        "median": "median time to the event",
        "incidence": f"has happened by{at}",
        "rmtl": f"mean time lost up to{at}",
        "probability": "probability",
        "value": "expected",
        "cost": f"expected cost ({unit})" if unit else "expected cost",
    }
    name = names.get(measure, measure)
    stated = measure in ("rmst", "rmtl", "median", "value") and unit and not at.endswith(unit)
    return f"{name} ({unit})" if stated else name


def is_probability(measure: str) -> bool:
    """Whether a measure is shown in per cent."""
    return measure in ("survival", "incidence", "probability", "grade")


def chance_text(value: float | None) -> str:
    """Return a probability as ``97 %``; never 0 % or 100 % of draws, which would claim certainty."""
    if value is None or value != value:  # noqa: PLR0124
        return "–"
    if value > 0.995:
        return "> 99 %"
    return "< 1 %" if value < 0.005 else f"{100.0 * value:.0f} %"


def mark_text(row: Mapping[str, str]) -> str:
    """Return what a row of guidance asks for, with its strength: ``alternative (strong)``."""
    strength = row["strength"].lower()
    graded = strength if strength and strength != "n/a" else "not graded"
    return f"{row['action'].replace('_', ' ')} ({graded})"


def severity_word(severity: str) -> str:
    """Return the severity of a finding as a word."""
    return _SEVERITY.get(severity, severity)


def _bound(value: float | None, scale: float, digits: int) -> str:
    return "not reached" if value is None else number(value * scale, digits)
