"""Quantities and money as integers, so that sums and comparisons are exact: 0.001 of a unit, 0.001 mg, a cent.

Tables show decimal numbers; sums and comparisons use these integers.
"""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Whole = NDArray[np.int64]

#: A quantity that is not known; known quantities are never below zero.
NOT_KNOWN = -1
#: Largest quantity of one line; sums over millions of lines then fit into 64-bit integers.
MOST = 1_000_000_000


def thousandths(values: ArrayLike) -> Whole:
    """Convert units, or mg, to integers of 0.001; ``NOT_KNOWN`` where not known.

    >>> thousandths([27.0, 0.5, float("nan")]).tolist()
    [27000, 500, -1]
    """
    return _scaled(values, 1000)


def cents(values: ArrayLike) -> Whole:
    """Convert money to whole cents; ``NOT_KNOWN`` where not known.

    >>> cents([1674.0, 19.99]).tolist()
    [167400, 1999]
    """
    return _scaled(values, 100)


def _scaled(values: ArrayLike, by: int) -> Whole:
    given = np.asarray(values, dtype=np.float64)
    known = ~np.isnan(given)
    return np.where(known, np.rint(np.where(known, given, 0) * by), NOT_KNOWN).astype(np.int64)


def exact_thousandths(text: str) -> int | None:
    """Parse a decimal number as an integer of 0.001; None for any other text, and for a finer number.

    >>> exact_thousandths("0.5"), exact_thousandths("10"), exact_thousandths("0.0005"), exact_thousandths("ten")
    (500, 10000, None, None)
    """
    try:
        number = Decimal(text) * 1000
    except InvalidOperation:
        return None
    if not number.is_finite() or not 0 <= number <= MOST * 1000 or number != number.to_integral_value():
        return None
    return int(number)


def decimal_text(thousandth: int) -> str:
    """Format an integer of 0.001 as the shortest decimal number.

    >>> decimal_text(30500), decimal_text(31000)
    ('30.5', '31')
    """
    whole, rest = divmod(int(thousandth), 1000)
    return f"{whole}.{rest:03d}".rstrip("0") if rest else str(whole)


def money(cent: int | np.integer[Any]) -> str:
    """Format cents as an amount with two decimals.

    >>> money(1999)
    '19.99'
    """
    return f"{int(cent) // 100}.{int(cent) % 100:02d}"


def money_in_words(cent: int | np.integer[Any]) -> str:
    """Format cents as an amount for readers, with a separator of thousands.

    >>> money_in_words(192200)
    '1,922.00'
    """
    return f"{int(cent) // 100:,}.{int(cent) % 100:02d}"
