"""Conversion of a column's cells to typed answers and back.

A type is used only if every known cell of the column survives the round trip; otherwise the column is text.  Numbers
return as numbers, everything else in the spelling of the file.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Literal

from genorx._core.words import boolean_of, plain_level
from genorx.cohort.tables.dates import exists
from genorx.cohort.tables.numbers import Decimal, read_number

#: Type of an item of a FHIR questionnaire.
ItemType = Literal["quantity", "decimal", "integer", "boolean", "choice", "date", "text"]
#: Element of an answer of each type.
ELEMENTS: dict[ItemType, str] = {
    "quantity": "valueQuantity",
    "decimal": "valueDecimal",
    "integer": "valueInteger",
    "boolean": "valueBoolean",
    "choice": "valueCoding",
    "date": "valueDate",
    "text": "valueString",
}
#: Limits of an integer in FHIR.
_LARGEST = 2**31 - 1
_OPPOSITES = {"0": "1", "no": "yes", "false": "true", "n": "y", "f": "t"}
_OPPOSITES |= {yes: no for no, yes in list(_OPPOSITES.items())}
_CODE = re.compile(r"\S+(\s\S+)*")  # form of a code in FHIR: no two consecutive spaces
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_PARTS = re.compile(r"(\d{1,2})([./-])(\d{1,2})\2(\d{4})", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class DayForm:
    """Date format of a column: year first, or day or month first with a separator, with or without zeros."""

    first: Literal["year", "day", "month"]
    sign: str = "-"
    padded: bool = True

    def read(self, text: str) -> str | None:
        """Parse a cell to YYYY-MM-DD, None if invalid."""
        if self.first == "year":
            return text if _DAY.fullmatch(text) and exists(*map(int, text.split("-"))) else None
        found = _PARTS.fullmatch(text)
        if found is None or found[2] != self.sign:
            return None
        day, month = (found[1], found[3]) if self.first == "day" else (found[3], found[1])
        known = exists(int(found[4]), int(month), int(day))
        return f"{found[4]}-{int(month):02d}-{int(day):02d}" if known else None

    def write(self, day: str) -> str | None:
        """Format a day as a cell; None for a day of lower precision than in the file."""
        if self.first == "year" or not _DAY.fullmatch(day):
            return day if _DAY.fullmatch(day) else None
        year, month, own = day.split("-")
        if not self.padded:
            month, own = str(int(month)), str(int(own))
        parts = (own, month) if self.first == "day" else (month, own)
        return self.sign.join((*parts, year))


_FORMS = (
    DayForm(first="year"),
    *(
        DayForm(first=first, sign=sign, padded=padded)
        for first in ("day", "month")
        for sign in "./-"
        for padded in (True, False)
    ),
)


def day_form(texts: Iterable[str]) -> DayForm | None:
    """Return the one date format that fits all texts; None if no format fits, or two do.

    >>> day_form(["31.12.2020", "01.02.2021"]).first, day_form(["01.02.2021"])
    ('day', None)
    """
    listed = list(texts)
    fitting = [form for form in _FORMS if all(_same(form, text) for text in listed)]
    orders = {form.first for form in fitting}
    return fitting[0] if listed and len(orders) == 1 else None


def _same(form: DayForm, text: str) -> bool:
    day = form.read(text)
    return day is not None and form.write(day) == text


@dataclass(frozen=True, slots=True, kw_only=True)
class Spelling:
    """A column's words for yes and no."""

    yes: str
    no: str


def spelling_of(texts: Iterable[str]) -> Spelling | None:
    """Return a column's words for yes and no; None if it has several, or others.

    If the column has only one of the words, the other is its opposite.

    >>> spelling_of(["Yes", "No", "Yes"]), spelling_of(["1"]).no, spelling_of(["yes", "1"])
    (Spelling(yes='Yes', no='No'), '0', None)
    """
    words: dict[int | None, set[str]] = {}
    for text in texts:
        words.setdefault(boolean_of(text), set()).add(text)
    if None in words or not words or any(len(found) > 1 for found in words.values()):
        return None
    known = {meaning: next(iter(found)) for meaning, found in words.items()}
    if len(known) == 2:
        return Spelling(yes=known[1], no=known[0])
    meaning, word = next(iter(known.items()))
    other = _OPPOSITES[plain_level(word).casefold()]
    other = other.upper() if word.isupper() else other.capitalize() if word.istitle() else other
    return Spelling(yes=word, no=other) if meaning else Spelling(yes=other, no=word)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cells:
    """Converter between a column's cells and answers.

    Attributes
    ----------
    kind : str
        Type of the item.
    decimal : {".", ","}
        Decimal separator of the file.
    levels : tuple of str
        Levels of a choice, as in the file.
    spelling : Spelling or None
        Words for yes and no of a boolean.
    days : DayForm or None
        Format of a date.
    """

    kind: ItemType
    decimal: Decimal = "."
    levels: tuple[str, ...] = ()
    spelling: Spelling | None = None
    days: DayForm | None = None

    def to_value(self, cell: str) -> Any:
        """Convert a non-missing cell to its value: number, boolean, day, level, text; None if it has another type."""
        return _READERS[self.kind](self, cell)

    def to_cell(self, value: Any) -> str | None:
        """Convert a value to its cell; None if the file's format cannot express it."""
        return _WRITERS[self.kind](self, value)

    def carries(self, texts: Iterable[str]) -> bool:
        """Return whether every non-missing cell of the column survives the round trip."""
        return all(self._comes_back(text) for text in texts)

    def _comes_back(self, text: str) -> bool:
        value = self.to_value(text)
        if value is None:
            return False
        back = self.to_cell(value)
        if self.kind in ("quantity", "decimal", "integer"):
            return back is not None and read_number(back, self.decimal) == read_number(text, self.decimal)
        return back == text


def _number(cells: Cells, text: str) -> float | int | None:
    value = read_number(text, cells.decimal)
    if value is None:
        return None
    return int(text) if re.fullmatch(r"-?\d{1,15}", text) else value


def _integer(cells: Cells, text: str) -> int | None:
    value = read_number(text, cells.decimal)
    return int(value) if value is not None and value.is_integer() and abs(value) <= _LARGEST else None


def _number_cell(cells: Cells, value: Any) -> str:
    text = str(value) if isinstance(value, int) else repr(float(value))
    return text.replace(".", cells.decimal) if cells.decimal == "," else text


def _yes_no(_: Cells, text: str) -> bool | None:
    meaning = boolean_of(text)
    return None if meaning is None else bool(meaning)


def _yes_no_cell(cells: Cells, value: Any) -> str | None:
    if cells.spelling is None:
        return None
    return cells.spelling.yes if value else cells.spelling.no


def _level(cells: Cells, text: str) -> str | None:
    return text if text in cells.levels and _CODE.fullmatch(text) else None


def _day(cells: Cells, text: str) -> str | None:
    return None if cells.days is None else cells.days.read(text)


def _day_cell(cells: Cells, value: Any) -> str | None:
    return None if cells.days is None else cells.days.write(str(value))


def _text(_: Cells, value: Any) -> str:
    return str(value)


_READERS: dict[ItemType, Callable[[Cells, str], Any]] = {
    "quantity": _number,
    "decimal": _number,
    "integer": _integer,
    "boolean": _yes_no,
    "choice": _level,
    "date": _day,
    "text": _text,
}
_WRITERS: dict[ItemType, Callable[[Cells, Any], str | None]] = {
    "quantity": _number_cell,
    "decimal": _number_cell,
    "integer": _number_cell,
    "boolean": _yes_no_cell,
    "choice": _level,
    "date": _day_cell,
    "text": _text,
}
