"""Parsing of numeric cells, with the reason for failure: infinity, detection limit, decimal comma, date, text."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from typing import Literal

import numpy as np

from genorx._core.words import MISSING_TEXT

# each digit matches in one way only: linear in the length of the text; digits of other scripts are none (``numerals``)
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_COMMA = re.compile(r"[+-]?\d+,\d+([eE][+-]?\d+)?", re.ASCII)
_THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2},\d{3}", re.ASCII)
_INFINITY = re.compile(r"[+-]?(inf|infinity|∞)", re.IGNORECASE)
_LIMIT = re.compile(r"(<=?|>=?|≤|≥)\s*[+-]?\d+([.,]\d+)?", re.ASCII)
_DATE = re.compile(r"\d{1,4}[-./]\d{1,2}[-./]\d{1,4}([ T].*)?", re.ASCII)

_WITH_UNIT = re.compile(r"[+-]?\d+(?:[.,]\d+)?\s*([A-Za-zµμ°%][\wµμ°%/^*.²³-]*)")
_FEW_NUMBERS = 5  # distinct numbers; fewer, with the same letters after each, may be levels: 50mg, 100mg

# text of these characters alone is a number here exactly if NumPy reads it as one
_PLAIN_CHARACTERS = frozenset("0123456789.+-eE")

Decimal = Literal[".", ","]


def is_number(text: str) -> bool:
    """Return whether text is a finite decimal number, with or without a point."""
    return _NUMBER.fullmatch(text) is not None and math.isfinite(float(text))


def unit_of_cells(texts: Sequence[str]) -> str | None:
    """Return the unit that follows the number in every cell; None if there is none, or for a few levels.

    >>> unit_of_cells([f"{number} kg/m2" for number in range(18, 40)]), unit_of_cells(["1a", "1b", "2a", "2b", "3"])
    ('kg/m2', None)
    """
    found = [_WITH_UNIT.fullmatch(text) for text in texts]
    units = {match[1] for match in found if match is not None}
    return units.pop() if len(units) == 1 and all(found) and len(texts) > _FEW_NUMBERS else None


def comma_kind(text: str) -> Literal["decimal", "ambiguous"] | None:
    """Return whether text has a decimal comma, or a comma that may also be a thousands separator.

    >>> comma_kind("1,5"), comma_kind("1,234"), comma_kind("0,123"), comma_kind("1.5")
    ('decimal', 'ambiguous', 'decimal', None)
    """
    if not _COMMA.fullmatch(text):
        return None
    return "ambiguous" if _THOUSANDS.fullmatch(text) else "decimal"


def read_number(text: str, decimal: Decimal = ".") -> float | None:
    """Return the finite number of a text, or None; :func:`why_no_number` then gives the reason."""
    if decimal == "," and comma_kind(text) is not None:
        text = text.replace(",", ".")
    elif decimal == "," and "." in text:
        return None  # the point is a thousands separator there
    if _NUMBER.fullmatch(text) is None:
        return None
    value = float(text)
    return value if math.isfinite(value) else None


def read_numbers(texts: Sequence[str], decimal: Decimal = ".") -> dict[str, float | None]:
    """Return :func:`read_number` of each text; fast if all are plain numbers."""
    if set().union(*texts) <= _PLAIN_CHARACTERS and decimal == ".":
        try:
            values = np.asarray(texts, dtype=np.str_).astype(np.float64)
        except ValueError:  # such as "1-2"
            values = np.array([np.inf])
        if np.isfinite(values).all():
            return dict(zip(texts, values.tolist(), strict=True))
    return {text: read_number(text, decimal) for text in texts}


def why_no_number(text: str) -> tuple[str, str]:
    """Return code and rule for text that is no number; the text itself is not repeated, since it may be a name."""
    if _INFINITY.fullmatch(text) or _NUMBER.fullmatch(text):
        return "infinite-value", "the value is infinite"
    if _LIMIT.fullmatch(text):
        return "detection-limit", "the value is a limit of detection, not a number"
    if comma_kind(text) == "ambiguous":
        return "decimal-comma", "the comma may be a decimal comma or a thousands separator"
    if comma_kind(text) == "decimal":
        return "decimal-comma", "the value has a decimal comma where others have a point"
    if _DATE.fullmatch(text):
        return "not-a-number", "a date where a number is expected"
    return "not-a-number", f"text of {len(text)} characters where a number is expected"


def number_hint(code: str) -> str:
    """Return the hint for text that is no number, by the code of :func:`why_no_number`."""
    if code == "decimal-comma":
        return "write numbers with a decimal point and without thousands separators"
    return "if it means that the value is not known, declare it in the study's `missing`"


class MissingCodes:
    """Missing codes of a column: the usual words, and the codes declared by the study.

    Parameters
    ----------
    declared : iterable of float or str
        Codes of the study; numbers match by value (``-9`` equals ``-9.0``), text regardless of case.
    """

    def __init__(self, declared: Iterable[float | str] = ()) -> None:
        self._texts = {str(code).strip().casefold() for code in declared}
        self._numbers = {float(text) for text in self._texts if is_number(text)}

    def __contains__(self, text: str) -> bool:
        low = text.casefold()
        if low in MISSING_TEXT or low in self._texts:
            return True
        return bool(self._numbers) and is_number(text) and float(text) in self._numbers
