"""The card of a published model: population, inputs, outputs, and validation.

Cards are TOML, one file per family, with the changes of a version under ``[version."X"]``.  Their JSON Schema is
``cards.card_schema``.  The fields follow TRIPOD (Collins GS et al. 2015, Ann Intern Med 162:55), items 4 to 16.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from functools import lru_cache
from typing import Any, Literal

from genorx._core.short_repr import short
from genorx.errors import InputError, UsageError, shown
from genorx.published.tables import DATA, table_digest

Kind = Literal["number", "integer", "code", "flag", "category"]


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitGuard:
    """A bound of the median of a column, beyond which the column is probably in another unit.

    Attributes
    ----------
    above, below : float or None
        Bounds of the median; beyond them the column is suspect.
    unit : str
        Probable unit of such a column.
    factor : float
        Factor that converts it to the unit of the model.
    alone : bool
        Whether a single value is sufficient; if False, three values are needed, since single patients can have such a
        value.
    """

    unit: str
    factor: float
    above: float | None = None
    below: float | None = None
    alone: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class InputColumn:
    """One input of a model.

    Attributes
    ----------
    name, meaning, unit : str
        Name of the column, its meaning, and its unit in UCUM (empty if it has none).
    kind : {"number", "integer", "code", "flag", "category"}
        Kind of the values.
    also : tuple of str
        Other names of the column, used if there is no column ``name``.
    range : tuple of float or None
        Range of derivation; a value outside gives a warning.
    hard : tuple of float or None
        Range of use; a patient with a value outside gets no estimate.
    possible : tuple of float or None
        Range of possible values; a value outside is an error of the table.
    codes : tuple of int
        Values of a code; ``unknown_codes`` mean not known.
    levels : tuple of str
        Levels of a category.
    refused : mapping of level to reason
        Levels for which the model does not hold.
    other_levels : {"error", "refuse"}
        Treatment of a level that is in no list.
    required : bool
        Whether the column must be present.
    unknown : str
        Consequence of an unknown value: ``no-estimate``; ``source-value`` (the source's value for unknown, or
        ``unknown_value`` if that is a number); ``scenarios``; ``option`` (no estimate of options that need it);
        ``outcome`` (no estimate of outcomes that need it); ``variant`` (the source's indicator, in variants that need
        it); ``not-checked`` (an exclusion that could not be checked).
    guards : tuple of UnitGuard
        Signs of another unit.
    """

    name: str
    meaning: str
    kind: Kind
    unit: str = ""
    also: tuple[str, ...] = ()
    range: tuple[float, float] | None = None
    hard: tuple[float, float] | None = None
    possible: tuple[float, float] | None = None
    codes: tuple[int, ...] = ()
    unknown_codes: tuple[int, ...] = ()
    levels: tuple[str, ...] = ()
    refused: Mapping[str, str] = field(default_factory=dict)
    other_levels: Literal["error", "refuse"] = "error"
    required: bool = True
    unknown: str = "no-estimate"
    unknown_value: float | None = None
    guards: tuple[UnitGuard, ...] = ()
    hint: str = ""


@short
@dataclass(frozen=True, kw_only=True)
class Card:
    """Facts to know before using the numbers of a published model; texts and numbers only.

    ``threshold`` is a published action threshold of the risk, if there is one: ``value``, ``what`` and ``doi``.
    """

    id: str
    family: str
    version: str
    released: str
    title: str
    question: str
    status: Literal["published", "code only"]
    population: Mapping[str, Any]
    outcome: Mapping[str, str]
    time_unit: str
    horizons: tuple[float, ...]
    inputs: tuple[InputColumn, ...]
    options: tuple[Mapping[str, Any], ...]
    formula: Mapping[str, str]
    coefficients: str
    verified: Mapping[str, Any]
    validation: tuple[Mapping[str, Any], ...]
    limits: tuple[str, ...]
    licence: Mapping[str, str]
    doi: tuple[str, ...]
    not_for: tuple[str, ...]
    threshold: Mapping[str, Any] | None = None
    contains: tuple[Mapping[str, str], ...] = ()
    superseded_by: str | None = None

    def input(self, name: str) -> InputColumn:
        """Return one input by its name."""
        return next(each for each in self.inputs if each.name == name)

    def to_dict(self) -> dict[str, Any]:
        """Return plain values, as described in ``data_schemas/published_card.schema.json``."""
        plain: dict[str, Any] = _plain(asdict(self))
        return plain

    def __str__(self) -> str:
        from genorx.published.cards.card_page import card_text

        return card_text(self)


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(each) for key, each in value.items()}
    return [_plain(each) for each in value] if isinstance(value, list | tuple) else value


@lru_cache(maxsize=1)
def card_files() -> dict[str, dict[str, Any]]:
    """Return the content of every card file by family, in the order of names."""
    found = {}
    for path in sorted((DATA / "cards").glob("*.toml")):
        found[path.stem] = tomllib.loads(path.read_text(encoding="utf-8"))
    return found


def versions_of(family: str) -> tuple[str, ...]:
    """Return the versions of a family, in the order of its card file."""
    return tuple(card_files()[family]["version"])


@lru_cache(maxsize=64)
def read_card(family: str, version: str) -> Card:
    """Return the card of a model and version.

    Raises
    ------
    InputError
        If there is no such version; the hint lists the existing ones.
    """
    content = card_files()[family]
    if version not in content["version"]:
        known = ", ".join(f"{family}@{each}" for each in content["version"])
        raise InputError(
            f"there is no version {shown(version)!r} of {family}", hint=f"there are: {known}", code="published-version"
        )
    shared = {key: value for key, value in content.items() if key not in ("version", "inputs")}
    own = dict(content["version"][version])
    inputs = _inputs(content["inputs"], own.pop("inputs", {}))
    name = f"{family}@{version}"
    return card_of(
        {**shared, **own, "id": name, "family": family, "version": version, "coefficients": table_digest(name)}, inputs
    )


def card_of(values: Mapping[str, Any], inputs: tuple[InputColumn, ...]) -> Card:
    """Build a card from plain values; unknown keys are refused."""
    known = {each.name for each in fields(Card)}
    listed = ("horizons", "options", "validation", "limits", "doi", "not_for", "contains")
    made = {key: tuple(value) if key in listed else value for key, value in values.items()}
    if strange := sorted(set(made) - known):
        raise UsageError(f"a card has no field {shown(strange[0])!r}", code="published-card")
    return Card(**({"options": (), "horizons": ()} | made), inputs=inputs)


def _inputs(shared: list[dict[str, Any]], own: Mapping[str, dict[str, Any]]) -> tuple[InputColumn, ...]:
    """Return the inputs of a family with the version's changes; ``absent = true`` removes one."""
    merged = [{**each, **own.get(each["name"], {})} for each in shared]
    return tuple(_input(each) for each in merged if not each.pop("absent", False))


def _input(values: dict[str, Any]) -> InputColumn:
    made = dict(values)
    for key in ("also", "range", "hard", "possible", "codes", "unknown_codes", "levels"):
        if key in made:
            made[key] = tuple(made[key])
    made["guards"] = tuple(UnitGuard(**each) for each in made.get("guards", ()))
    if made["kind"] == "flag":
        made["codes"] = (0, 1)
    return InputColumn(**made)
