"""Columns of numbers and days as text for reasons; each distinct value is formatted once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from genorx.audit.days import iso_texts
from genorx.audit.exact import decimal_text


def words(values: ArrayLike, write: Callable[[int], str]) -> pd.Series[Any]:
    """Format whole numbers as text."""
    known, codes = np.unique(np.asarray(values), return_inverse=True)
    texts = np.array([write(int(each)) for each in known], dtype=object)
    return pd.Series(texts[codes] if len(known) else texts, dtype=object)


def decimals(thousandths: ArrayLike) -> pd.Series[Any]:
    """Format integers of 0.001 as decimal numbers."""
    return words(thousandths, decimal_text)


def whole_units(units: ArrayLike) -> pd.Series[Any]:
    """Format whole numbers of units: ``1 unit``, ``54 units``."""
    return words(units, lambda number: f"{number} unit{'' if number == 1 else 's'}")


def dates(days: ArrayLike) -> pd.Series[Any]:
    """Format days as ISO texts."""
    return pd.Series(iso_texts(np.asarray(days)), dtype=object)
