"""Strict parsing of numbers in files: ASCII digits of bounded length only.

``str.isdigit`` accepts superscripts and the digits of every script, ``int`` refuses more than 4,300 digits with its own
error, and ``float`` accepts ``nan``, ``infinity`` and ``1_000``: none of these is a number in a file of records.
"""

from __future__ import annotations

import math
import re

_DECIMAL = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,4})?")
_LONGEST = 64  # characters of a decimal number


def whole_number(text: str, digits: int = 18) -> int | None:
    """Parse a text of at most ``digits`` ASCII digits as an integer; None for any other text.

    >>> whole_number("042"), whole_number("²"), whole_number("-1"), whole_number(""), whole_number("9" * 5000)
    (42, None, None, None, None)
    """
    return int(text) if text.isdigit() and text.isascii() and len(text) <= digits else None


def decimal_number(text: str) -> float | None:
    """Parse a finite decimal number, with or without an exponent; None for any other text.

    >>> decimal_number("-1.5e2"), decimal_number("nan"), decimal_number("1_000"), decimal_number("1e999")
    (-150.0, None, None, None)
    """
    if len(text) > _LONGEST or not _DECIMAL.fullmatch(text):
        return None
    number = float(text)
    return number if math.isfinite(number) else None
