"""Inputs of a published model for each patient in the words of its card, as shown at the top of a page."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from genorx._core.unit_words import unit_in_words
from genorx.published.cards.card import InputColumn
from genorx.published.inputs.inputs import Inputs

#: Meaning of a code, listed after the name: ``HER2 status, 0 negative, 1 positive``.
_CODES = re.compile(r"(?<![\w.])(\d+) ([^,;(]+)")
_LIST = re.compile(r"[,:] (?=\d+ )")
_ASIDE = re.compile(r" \([^)]*\)")
#: Inputs on which no estimate depends: those of eligibility, and those that select the numbers of a table.
_BESIDE = ("not-checked", "option")


def input_records(inputs: Inputs, columns: Sequence[InputColumn]) -> dict[str, tuple[tuple[str, str | None], ...]]:
    """Return (name, value) of each input of each patient, by id; the value is None if it is not known."""
    known = [each for each in columns if each.name in inputs.present or each.unknown not in _BESIDE]
    return {
        str(patient): tuple((_name(each), _value(inputs.values[each.name][at], each)) for each in known)
        for at, patient in enumerate(inputs.ids)
    }


def _name(each: InputColumn) -> str:
    return _ASIDE.sub("", _LIST.split(each.meaning)[0])


def _value(value: float, each: InputColumn) -> str | None:
    """Return a value in words; None if it is not known."""
    if np.isnan(value):
        return None
    if each.kind == "category":
        return each.levels[int(value)]
    if each.kind == "flag":
        return "yes" if value else "no"
    named: dict[str, str] = dict(_CODES.findall("".join(_LIST.split(each.meaning, maxsplit=1)[1:])))
    text = f"{value:g}"
    return named.get(text, f"{text} {unit_in_words(each.unit)}").strip()
