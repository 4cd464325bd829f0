"""One column of a frame as an array: numbers, integers, codes, flags and categories; NaN is unknown.

Ranges and units are ``published.inputs``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from genorx._core.numerals import decimal_number
from genorx._core.words import MISSING_TEXT, boolean_of
from genorx.errors import cell_description, shown
from genorx.published.cards.card import InputColumn
from genorx.published.inputs.inputs import Inputs, raise_faults

Floats = NDArray[np.float64]


def read_column(
    made: Inputs, each: InputColumn, column: pd.Series[Any], name: str, meanings: Mapping[str, Any]
) -> Floats:
    """Return the values of one input; see ``published.inputs.read_inputs``."""
    translated = _translated(column, meanings) if meanings else column
    if each.kind == "category":
        return _category(made, each, translated, name)
    value = _numbers(made, each, translated, name)
    if each.kind in ("integer", "code", "flag"):
        broken = np.isfinite(value) & (value != np.floor(value))
        made.fault(broken, name, lambda at: f"{value[at]:g} is not an integer", code="not-an-integer")
    if each.kind in ("code", "flag"):
        return _code(made, each, value, name)
    return value


def _translated(column: pd.Series[Any], meanings: Mapping[str, Any]) -> pd.Series[Any]:
    """Return the column with texts replaced by the caller's mapping."""
    plain = column.astype(object)
    by_text = {str(key): value for key, value in meanings.items()}
    return plain.map(lambda cell: by_text.get(str(cell), cell), na_action="ignore")


def _numbers(made: Inputs, each: InputColumn, column: pd.Series[Any], name: str) -> Floats:
    from pandas.api.types import is_bool_dtype, is_numeric_dtype

    if is_numeric_dtype(column.dtype) or is_bool_dtype(column.dtype):
        value = column.to_numpy(dtype=np.float64, na_value=np.nan)
    else:
        value = _parsed(made, each, column, name)
    made.fault(np.isinf(value), name, lambda _: "a number that is not finite", code="not-a-number")
    return np.asarray(value, dtype=np.float64)


def _parsed(made: Inputs, each: InputColumn, column: pd.Series[Any], name: str) -> Floats:
    """Parse text cells as numbers, each distinct text once."""
    codes, texts = pd.factorize(column.astype(object), use_na_sentinel=True)
    read = np.array([_number(text, flag=each.kind == "flag") for text in texts], dtype=object)
    bad = np.array([value is None for value in read], dtype=bool)
    found = np.append(np.array([np.nan if value is None else value for value in read], dtype=float), np.nan)
    value = found[codes]
    wrong = np.flatnonzero(np.append(bad, False)[codes])
    if wrong.size:
        raise_faults(
            made.source,
            name,
            wrong,
            lambda at: f"{cell_description(texts[codes[at]])} instead of a number",
            code="not-a-number",
            hint=f"texts need an explicit mapping: values={{{each.name!r}: {{TEXT: NUMBER}}}}",
        )
    return np.asarray(value, dtype=np.float64)


def _number(text: object, *, flag: bool) -> float | None:
    """Parse a cell as a number, NaN for a missing word, None if it is neither."""
    plain = str(text).strip().casefold()
    if plain in MISSING_TEXT:
        return float("nan")
    truth = boolean_of(plain) if flag else None
    if truth is not None:
        return float(truth)
    return float(text) if isinstance(text, int | float) else decimal_number(plain)


def _code(made: Inputs, each: InputColumn, value: Floats, name: str) -> Floats:
    unknown = np.isin(value, each.unknown_codes)
    value = np.where(unknown, np.nan, value)
    refused = {float(level): reason for level, reason in each.refused.items()}
    codes = [*each.codes, *refused]
    wrong = ~np.isnan(value) & ~np.isin(value, codes)
    if each.other_levels == "refuse":
        made.refuse(wrong, "published-not-for-patient", _not_for(each, value), column=name)
        return np.where(wrong, np.nan, value)
    listed = ", ".join(str(code) for code in each.codes)
    made.fault(
        wrong,
        name,
        lambda at: f"{value[at]:g} is not a code of {each.meaning}: {listed}",
        code="unknown-level",
        hint=each.hint,
    )
    for level, reason in refused.items():
        made.refuse(value == level, "published-not-for-patient", reason, column=name)
    return value


def _not_for(each: InputColumn, value: Floats) -> Any:
    return lambda at: f"{each.name} {value[at]:g} is not one of those for which the model holds"


def _category(made: Inputs, each: InputColumn, column: pd.Series[Any], name: str) -> Floats:
    codes, texts = pd.factorize(column.astype(object), use_na_sentinel=True)
    position = {_folded(level): float(number) for number, level in enumerate(each.levels)}
    refused = {_folded(level): reason for level, reason in each.refused.items()}
    plain = [_folded(_plain_text(text)) for text in texts]
    found = [position.get(text, np.nan) for text in plain]
    value = np.append(np.array(found, dtype=float), np.nan)[codes]
    strange = np.array([t not in position and t not in refused and t not in MISSING_TEXT for t in plain], dtype=bool)
    wrong = np.append(strange, False)[codes]
    if each.other_levels == "refuse":
        made.refuse(
            wrong,
            "published-not-for-patient",
            lambda at: f"{each.name}: {cell_description(texts[codes[at]])} is none of {', '.join(each.levels)}",
            column=name,
        )
    else:
        listed = ", ".join(shown(level) for level in [*each.levels, *each.refused])
        made.fault(
            wrong,
            name,
            lambda at: f"{cell_description(texts[codes[at]])} is none of {listed}",
            code="unknown-level",
            hint=each.hint or f"use one of {listed}; map other words by values={{{each.name!r}: {{...}}}}",
        )
    for level, reason in refused.items():
        here = np.append(np.array([text == level for text in plain], dtype=bool), False)[codes]
        made.refuse(here, "published-not-for-patient", reason, column=name)
    return np.asarray(value, dtype=np.float64)


def _plain_text(value: object) -> str:
    """Return a level as text; an integer that pandas made a float loses its ".0"."""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _folded(text: str) -> str:
    return " ".join(text.strip().casefold().split())
