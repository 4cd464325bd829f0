"""Units for readers: UCUM codes that are hard to read, in words."""

from __future__ import annotations

_WORDS = {
    "a": "years",
    "mo": "months",
    "wk": "weeks",
    "d": "days",
    "{pack}.a": "pack-years",
    "{cigarette}/d": "a day",
    "kg/m2": "kg/m²",
    "mm[Hg]": "mmHg",
    "10*6/L": "× 10⁶/L",
    "10*9/L": "× 10⁹/L",
    "10*12/L": "× 10¹²/L",
    "{count}": "",
    "{drink}": "drinks",
    "{ukunit}": "UK units of alcohol",
    "1": "",
    "10.a": "",
}


def unit_in_words(unit: str) -> str:
    """Return a unit as written after a number; empty for a plain count."""
    return _WORDS.get(unit, unit)


def unit_name(unit: str) -> str:
    """Return a unit as written in a sentence without a number.

    >>> unit_name("mo"), unit_name("10*9/L"), unit_name("1")
    ('months', '10⁹/L', '1')
    """
    return unit_in_words(unit).removeprefix("× ") or unit
