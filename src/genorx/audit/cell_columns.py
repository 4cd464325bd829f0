"""Column parsers of delimited claims: days, amounts, lines, modifiers, diagnoses, provider numbers.

Each distinct text of a column is parsed once; an invalid one is a fault with its row.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from genorx._core.numerals import decimal_number
from genorx.audit.cells import Cells, DelimitedCells
from genorx.audit.days import NO_DAY, day_of, iso_texts
from genorx.audit.exact import MOST
from genorx.errors import Finding

_BETWEEN = re.compile(r"[\s,;:|]+")
_WHOLE = re.compile(r"(\d{1,9})(\.0+)?", re.ASCII)
_DECIMAL_ID = re.compile(r"(\d+)\.0+", re.ASCII)


def days_column(cells: DelimitedCells, name: str, read: Callable[[str], int | None] = day_of) -> NDArray[np.object_]:
    """Parse a column of days to ISO texts; an invalid day is a fault ``claim-date``."""
    days, wrong = cells.columns[name].values(read, NO_DAY, np.int32)
    cells.refuse(wrong, name, "the text is not a date, or no such date exists", code="claim-date")
    return iso_texts(days)


def amounts_column(cells: DelimitedCells, name: str, *, code: str) -> NDArray[np.float64]:
    """Parse a column of non-negative numbers, NaN where empty; any other text is a fault with this code."""
    values, wrong = cells.columns[name].values(decimal_number, np.nan, np.float64)
    cells.refuse(wrong, name, "the text is not a number", code=code)
    cells.refuse(values < 0, name, "the number is below 0", code=code)
    cells.refuse(values > MOST, name, f"the number is above {MOST:,}", code=code)
    return np.asarray(values, dtype=np.float64)


def lines_column(cells: DelimitedCells, name: str) -> NDArray[np.int64]:
    """Parse a column of line numbers; an invalid one is a fault ``claims-format``."""
    values, wrong = cells.columns[name].values(_line, -1, np.int64)
    cells.refuse(wrong | (values < 0), name, "the text is not a line number", code="claims-format")
    return np.asarray(values, dtype=np.int64)


def _line(text: str) -> int | None:
    found = _WHOLE.fullmatch(text)
    return None if found is None else int(found[1])


def modifiers_of(text: str) -> str:
    """Return modifiers in upper case, joined by one space.

    >>> modifiers_of("jw, 59;gc")
    'JW 59 GC'
    """
    return " ".join(part for part in _BETWEEN.split(text.upper()) if part)


def diagnoses_of(text: str) -> str:
    """Return diagnosis codes without the dot, joined by one space.

    >>> diagnoses_of("C50.919; c34.90")
    'C50919 C3490'
    """
    return modifiers_of(text.replace(".", ""))


def whole_text(text: str) -> str:
    """Undo the decimals that a program added to a whole number: ``7.0`` becomes 7.

    >>> whole_text("1234567890.0"), whole_text("7"), whole_text("A.0")
    ('1234567890', '7', 'A.0')
    """
    found = _DECIMAL_ID.fullmatch(text)
    return text if found is None else found[1]


def decimal_ids(columns: Mapping[str, Cells], names: tuple[str, ...], file: str) -> tuple[Finding, ...]:
    """Return a finding if provider numbers were written with decimals."""
    found = sum(bool(_DECIMAL_ID.fullmatch(text)) for name in names if name in columns for text in columns[name].texts)
    if not found:
        return ()
    message = f"{found:,} provider numbers were written as numbers with decimals (1234567890.0) and read without"
    return (Finding(code="id-as-decimal", severity="warning", message=message, place=file),)
