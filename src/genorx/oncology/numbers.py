"""Numbers in cells of text: plain digits of bounded length; what is none, or endless, is None and never a guess."""

from __future__ import annotations

import math
import re

#: Longest whole number of a cell: a place in a genome has nine digits.
_WHOLE = re.compile(r"[0-9]{1,15}")


def whole(text: str) -> int | None:
    """Return the whole number that a text is, in plain digits; None where it is none or longer than any place.

    >>> whole("140453136"), whole("\u00b2"), whole("9" * 5000), whole("-1")
    (140453136, None, None, None)
    """
    return int(text) if _WHOLE.fullmatch(text) else None


def real(text: str) -> float | None:
    """Return the number that a text is; None for words, infinity and not-a-number.

    >>> real("0.25"), real("inf"), real("1_000"), real("")
    (0.25, None, None, None)
    """
    try:
        number = float(text) if text.isascii() and "_" not in text else math.nan
    except ValueError:
        return None
    return number if math.isfinite(number) else None
