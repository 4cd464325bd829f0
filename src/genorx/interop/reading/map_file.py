"""The user's map in TOML, from codes in record tables to columns of the wide table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from genorx._core.files import FileKind
from genorx._core.units import parse_unit, unit_of_name
from genorx.errors import InputError, shown

_FILE = FileKind(name="map", error=InputError, code="map", absent="file-not-found")
_KEYS = ("name", "from", "code", "pick", "days", "absent", "unit", "analyte")
#: Tables from which a column can be made.
SOURCES = ("measurements", "conditions", "medications", "procedures", "events")
PICKS = ("last", "first", "mean", "min", "max", "count", "any")
_COUNTED = ("any", "count")


@dataclass(frozen=True, slots=True, kw_only=True)
class MapColumn:
    """One column of the wide table.

    Attributes
    ----------
    name : str
        Name of the column.
    table : str
        Record table, one of ``SOURCES``.
    codes : tuple of str
        Codes as ``SYSTEM|CODE``; ``*`` at the end for all codes with this prefix, ``+`` for an OMOP concept and its
        descendants.
    pick : str
        Rule of selection among records, one of ``PICKS``.
    days : tuple of float or None
        First and last day relative to the index day, both included.
    absent : {"no", "missing"}
        Meaning of no record for ``any`` and ``count``: 0, or missing.
    unit, analyte : str or None
        Target unit, and analyte for its conversion; by default those in the name.
    """

    name: str
    table: str
    codes: tuple[str, ...]
    pick: str = "last"
    days: tuple[float, float] | None = None
    absent: str = "missing"
    unit: str | None = None
    analyte: str | None = None


def read_map(source: str | Path | Mapping[str, Any]) -> list[MapColumn]:
    """Return the columns of a map.

    Raises
    ------
    InputError
        ``map``, with the column that cannot be used and the reason.
    """
    if isinstance(source, Mapping):
        return _columns(source, None)
    path = Path(source)
    return _columns(_FILE.read_toml(path), path)


def _columns(found: Mapping[str, Any], path: Path | None) -> list[MapColumn]:
    listed = found.get("column")
    strange = [key for key in found if key != "column"]
    if strange or not isinstance(listed, list) or not listed:
        what = f"key {shown(strange[0])!r} is unknown" if strange else "there is no [[column]]"
        raise InputError(what, file=path, hint="a map is a list of [[column]]", code="map")
    made = [_column(each, path, number) for number, each in enumerate(listed, start=1)]
    names = [each.name for each in made]
    twice = [name for name in names if names.count(name) > 1 or name in ("patient_id", "sex", "age_years")]
    if twice:
        raise InputError(f"the name {shown(twice[0])!r} appears twice, or is taken", file=path, code="map")
    return made


def _column(found: Any, path: Path | None, number: int) -> MapColumn:
    def refuse(reason: str, hint: str | None = None) -> InputError:
        return InputError(reason, file=path, place=f"column {number}", hint=hint, code="map")

    if not isinstance(found, Mapping):
        raise refuse("a column is a table of keys")
    for key in found:
        if key not in _KEYS:
            raise refuse(f"key {shown(key)!r} is unknown", f"keys are {', '.join(_KEYS)}")
    name, table, pick = found.get("name"), found.get("from"), found.get("pick", "last")
    codes = found.get("code")
    codes = [codes] if isinstance(codes, str) else codes
    if not isinstance(name, str) or not name.strip():
        raise refuse("the column has no name")
    if table not in SOURCES:
        raise refuse(f"from {shown(table)!r} is not a table for a map", f"one of {', '.join(SOURCES)}")
    if pick not in PICKS or (table != "measurements" and pick not in _COUNTED):
        allowed = PICKS if table == "measurements" else _COUNTED
        raise refuse(f"pick {shown(pick)!r} is not possible for {table}", f"one of {', '.join(allowed)}")
    if not isinstance(codes, list) or not codes or not all(isinstance(each, str) and "|" in each for each in codes):
        raise refuse("code is a list of SYSTEM|CODE", 'such as ["http://loinc.org|2160-0"]')
    if found.get("absent", "missing") not in ("no", "missing"):
        raise refuse('absent is "no" or "missing"')
    unit, analyte = _unit(found, name, refuse)
    return MapColumn(
        name=name,
        table=table,
        codes=tuple(codes),
        pick=pick,
        days=_days(found.get("days"), refuse),
        absent=found.get("absent", "missing"),
        unit=unit,
        analyte=analyte,
    )


def _unit(found: Mapping[str, Any], name: str, refuse: Any) -> tuple[str | None, str | None]:
    stem, unit = unit_of_name(name)
    stated, analyte = found.get("unit", unit), found.get("analyte", stem)
    if stated is not None and not isinstance(stated, str):
        raise refuse("unit is a text")
    if not isinstance(analyte, str):
        raise refuse("analyte is a text")
    if stated is not None:
        parse_unit(stated)
    return stated, analyte


def _days(found: Any, refuse: Any) -> tuple[float, float] | None:
    if found is None:
        return None
    numbers = isinstance(found, list) and all(
        isinstance(each, int | float) and not isinstance(each, bool) for each in found
    )
    if not numbers or len(found) != 2 or found[0] > found[1]:
        raise refuse("days must be the first and the last day relative to the index day, such as [-365, 0]")
    return float(found[0]), float(found[1])
