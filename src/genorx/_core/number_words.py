"""Formatting of the numbers of an answer: measure, decimals, and differences with intervals.

Sentences on an answer are in ``report.wording``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from math import floor, log10
from typing import Protocol

#: Width of an interval from which decimals of its limits are not informative.
_WIDE = 30.0
#: Probability, or difference of two, below which whole per cent are too coarse.
_RARE = 0.1
#: Most decimals of a per cent: two significant digits of one in ten million.
_MOST_DIGITS = 6
#: Amount from which decimals are not informative, such as of a cost, or a number of days.
_LARGE = 100.0
#: Ratio from which its second decimal is not informative.
_TENS = 10.0
#: P-values below this are written with powers of ten.
_SMALL_P = 1e-3
_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_BEHIND = ("alive",)
#: Outcomes whose event is death, by name or label.
_DEATH = re.compile(
    r"os|survival|overall[ _]survival\b.*|death|mortality|all[-_ ]cause[-_ ](?:death|mortality)", re.IGNORECASE
)


class _Difference(Protocol):
    """A difference between two options, with its interval."""

    @property
    def measure(self) -> str: ...
    @property
    def unit(self) -> str: ...
    @property
    def estimate(self) -> float: ...
    @property
    def lower(self) -> float | None: ...
    @property
    def upper(self) -> float | None: ...


def number(value: float | None, digits: int = 1) -> str:
    """Return a number with ``digits`` decimals, a thousands separator and a true minus sign; a dash if missing."""
    if value is None or value != value:  # noqa: PLR0124  NaN differs from itself
        return "–"
    text = f"{value:,.{digits}f}"
    text = text.lstrip("-") if _is_zero(text) else text
    return text.replace("-", "−")


def signed(value: float | None, digits: int = 1) -> str:
    """Return a difference with an explicit sign."""
    text = number(value, digits)
    return f"+{text}" if value is not None and value > 0 and not _is_zero(text) else text


def _is_zero(text: str) -> bool:
    return not text.strip("-0.,")


def p_text(p: float) -> str:
    """Return a p-value with two digits, a small one with a power of ten: ``1.7 × 10⁻⁸``; a dash if missing."""
    if p != p:  # noqa: PLR0124  NaN differs from itself
        return "–"
    if not 0 < p < _SMALL_P:
        return f"{p:.2g}"
    power = floor(log10(p))
    digits = f"{p / 10.0**power:.1f}"
    if digits == "10.0":
        digits, power = "1.0", power + 1
    return f"{digits} × 10{str(power).translate(_RAISED)}"


def time_text(value: float) -> str:
    """Return a time without trailing zeros."""
    return f"{value:g}"


def difference_text(difference: _Difference) -> str:
    """Return ``+2.1 (0.4 to 3.9)`` in the unit of the measure; probabilities in percentage points.

    It has a decimal at least without an interval, and one more if a number other than 0 would be shown as 0.
    """
    limits = (difference.lower, difference.upper)
    scale, digits = scale_of(difference.measure, difference.estimate, *limits)
    digits += any(each and _is_zero(number(each * scale, digits)) for each in (difference.estimate, *limits))
    bounds = [signed(None if each is None else each * scale, digits) for each in limits]
    if bounds == ["–", "–"]:
        return signed(difference.estimate * scale, max(digits, 1))  # nothing else shows the difference
    return f"{signed(difference.estimate * scale, digits)} ({bounds[0]} to {bounds[1]})"


def scale_of(measure: str, *values: float | None) -> tuple[float, int]:
    """Return the factor and the decimals for display; probabilities of rare events get decimals of a per cent."""
    if not is_probability(measure):
        stated = [each for each in values if each is not None and each == each]  # noqa: PLR0124
        large = (
            any(abs(each) >= _LARGE for each in stated) or max(stated, default=0.0) - min(stated, default=0.0) >= _WIDE
        )
        return 1.0, 0 if large else 1
    known = [abs(each) for each in values if each is not None and each == each]  # noqa: PLR0124
    largest = 100.0 * max(known, default=0.0)
    largest = float(f"{largest:.2g}")  # 0.996 is shown as 1.0, not as 1.00
    return 100.0, min(_MOST_DIGITS, 1 - floor(log10(largest))) if 0 < largest < 100.0 * _RARE else 0


def amount_interval(estimate: float, lower: float, upper: float) -> str:
    """Return a difference of amounts with its interval, with as many decimals as the width of the interval allows.

    >>> amount_interval(139.96, 61.5, 218.4), amount_interval(1.12, -0.41, 2.7)
    ('+140 (+62 to +218)', '+1.1 (−0.4 to +2.7)')
    """
    _, digits = scale_of("rmst", estimate, lower, upper)
    said = [signed(value, digits) for value in (estimate, lower, upper)]
    return said[0] if said[1:] == ["–", "–"] else f"{said[0]} ({said[1]} to {said[2]})"


def ratio_interval(ratio: float, lower: float, upper: float) -> str:
    """Return a ratio with its interval; where the upper limit is large, decimals say nothing.

    >>> ratio_interval(0.6312, 0.44, 0.913), ratio_interval(29.05, 6.51, 129.67)
    ('0.63 (0.44 to 0.91)', '29 (7 to 130)')
    """
    known = [each for each in (ratio, lower, upper) if each == each]  # noqa: PLR0124  not NaN
    largest = max(known, default=0.0)
    digits = 2 if largest < _TENS else 1 if largest < _LARGE else 0
    return f"{number(ratio, digits)} ({number(lower, digits)} to {number(upper, digits)})"


def true_minus(text: str) -> str:
    """Return a sentence with a minus sign for the hyphen of negative numbers."""
    return re.sub(r"(?<![\w.\-])-(?=\d)", "\N{MINUS SIGN}", text)


def difference_unit(difference: _Difference) -> str:
    """Return the unit of a difference, in words."""
    return "percentage points" if is_probability(difference.measure) else difference.unit


def measure_name(measure: str, horizon: float | None, unit: str, *, free: str = "event-free", of: str = "") -> str:
    """Return the name of a measure: ``event-free at 36 months``, ``mean event-free time up to 36 months``.

    ``free`` is the word for a patient without the event, by the kind of outcome; ``of`` is the event of a probability,
    if it is not the outcome's name, such as ``grade 3 or more``.
    """
    at = "" if horizon is None else f" {time_text(horizon)} {unit}".rstrip()
    chance = f"probability of {of}" if of else "probability"
    names = {
        "survival": f"{free} at{at}",
        "rmst": f"mean {_time(free)} up to{at}",
        "median": "median survival" if free in _BEHIND else "median time to the event",
        "incidence": f"has happened by{at}",
        "rmtl": f"mean time lost up to{at}",
        "state": f"in this state at{at}",
        "state_time": f"mean time in this state up to{at}",
        "probability": f"{chance} by{at}" if at else chance,
        "value": "expected" if unit else "expected value",
        "cost": f"expected cost ({unit})" if unit else "expected cost",
    }
    name = names.get(measure, measure)
    stated = measure in ("rmst", "rmtl", "state_time", "median", "value") and unit and not at.endswith(unit)
    return f"{name} ({unit})" if stated else name


def free_word(names: Iterable[str], word: str = "event-free") -> str:
    """Return the adjective for a patient without the event: "alive" if the outcome's name or label means death."""
    return "alive" if any(_DEATH.fullmatch(name) for name in names) else word


def _time(free: str) -> str:
    """Return the name of the time without the event; some adjectives can only follow the noun."""
    return f"time {free}" if free in _BEHIND else f"{free} time"


def is_probability(measure: str) -> bool:
    """Return whether a measure is shown in per cent."""
    return measure in ("survival", "incidence", "state", "probability", "grade")
