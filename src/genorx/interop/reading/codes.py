"""Which records have a code of a map's column, by any of their codings; codes that look like one but are not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from genorx.errors import InputError, shown
from genorx.interop.reading.map_file import MapColumn

Descendants = Mapping[str, frozenset[str]]


def has_code(
    frame: pd.DataFrame, others: pd.Series[Any] | None, column: MapColumn, descendants: Descendants | None
) -> NDArray[np.bool_]:
    """Return which records have a code of a column, first or not.

    Parameters
    ----------
    others : Series of str, optional
        Other codings of the records, ``SYSTEM|CODE`` by line.
    descendants : mapping of concept to concepts, optional
        Those of each OMOP concept, itself included.

    Raises
    ------
    InputError
        ``no-ancestors`` for ``CODE+`` without a table of ancestors.
    """
    found = _marked(keys_of(frame), column, descendants)
    if others is not None:
        found |= _marked(others.reindex(frame.index).astype(object).fillna(""), column, descendants)
    return found


def keys_of(frame: pd.DataFrame) -> pd.Series[Any]:
    """Return the first coding of each record as ``SYSTEM|CODE``."""
    system, code = (frame[name].astype(object).fillna("") for name in ("system", "code"))
    made: pd.Series[Any] = system.str.cat(code, sep="|") if len(frame) else system
    return made


def _marked(texts: pd.Series[Any], column: MapColumn, descendants: Descendants | None) -> NDArray[np.bool_]:
    if not len(texts):
        return np.empty(0, dtype=bool)
    known = {text: any(_is_one(key, column, descendants) for key in text.split("\n")) for text in texts.unique()}
    return texts.map(known).to_numpy(dtype=bool)


def _is_one(key: str, column: MapColumn, descendants: Descendants | None) -> bool:
    for code in column.codes:
        if code.endswith("*") and key.startswith(code[:-1]):
            return True
        if code.endswith("+"):
            system, _, concept = code[:-1].rpartition("|")
            if descendants is None:
                hint = "add concept_ancestor to the folder, or list the concepts"
                raise InputError(f"{shown(code)} requests descendants", hint=hint, code="no-ancestors")
            below = descendants.get(concept, frozenset({concept}))
            if key.startswith(f"{system}|") and key.rpartition("|")[2] in below:
                return True
        elif key == code:
            return True
    return False


def look_alikes(keys: Iterable[str], column: MapColumn) -> list[str]:
    """Return keys that have a code of a column under another system, or in another spelling, in order.

    >>> column = MapColumn(name="t2d", table="conditions", codes=("http://hl7.org/fhir/sid/icd-10-cm|E11*",))
    >>> look_alikes(["http://hl7.org/fhir/sid/icd-10|E11.9", "http://loinc.org|4548-4"], column)
    ['http://hl7.org/fhir/sid/icd-10|E11.9']
    """
    wanted = [_plain(code.rstrip("*+").rpartition("|")[2]) for code in column.codes]
    starred = [each.endswith("*") for each in column.codes]
    prefixes = tuple(code for code, many in zip(wanted, starred, strict=True) if many and len(code) > 1)
    whole = set(wanted) - {""}
    made = []
    for key in keys:
        code = _plain(key.rpartition("|")[2])
        if code in whole or (prefixes and code.startswith(prefixes)):
            made.append(key)
    return sorted(made)


def _plain(code: str) -> str:
    return code.strip().casefold()
