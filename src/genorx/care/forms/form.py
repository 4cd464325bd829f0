"""Record tables of a study as a form: a part for each table, an item for each column that can be filled in.

Variant files are not opened, and tables of images are not entered by hand.  Left out are the patient's id, columns that
the study excludes, and those used as outcome or treatment; dates, free text and columns with one value are included.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import pandas as pd

from genorx._core.feature_spec import FeatureSpec
from genorx._core.units import UnitError, conversion, unit_of_name
from genorx.care.forms.cells import Cells, ItemType, day_form, spelling_of
from genorx.cohort.sources import table_spec
from genorx.cohort.study_file.rules import design_columns
from genorx.cohort.tables.columns import ColumnSpec, Reading, TypedColumn
from genorx.cohort.tables.ids import read_ids
from genorx.cohort.tables.raw import RawTable
from genorx.cohort.tables.records import read_section
from genorx.cohort.tables.table import SEVERAL_ROWS, TableSpec, load_table
from genorx.cohort.tables.typing_rules import type_column
from genorx.cohort.tables.variables import Variable, find_variable

if TYPE_CHECKING:
    from genorx.cohort import Study

_CODES = ("site", "identifier")
_KEPT = 4
_made: dict[str, Any] = {}
_NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "urn:genorx:questionnaire")


@dataclass(frozen=True, kw_only=True)
class FormItem:
    """One column as an item of a form.

    Attributes
    ----------
    column : str
    link : str
        ``STEM/COLUMN``.
    system : str
        Code system of its levels.
    cells : Cells
        Conversion between cells and answers.
    unit : str or None
        UCUM unit of the file.
    limits : (float, float) or None
        Possible values, in the unit of the file.
    """

    column: str
    link: str
    system: str
    cells: Cells
    unit: str | None = None
    limits: tuple[float, float] | None = None

    @property
    def kind(self) -> ItemType:
        """Type of the item."""
        return self.cells.kind

    @property
    def text(self) -> str:
        """The column's name with its unit."""
        stated = self.unit is None or self.column.endswith(f"({self.unit})")
        return self.column if stated else f"{self.column} ({self.unit})"


@dataclass(frozen=True, kw_only=True)
class FormTable:
    """One record table as a part of a form; ``known`` are its non-missing cells."""

    stem: str
    spec: TableSpec
    raw: RawTable
    ids: pd.Series[Any]
    items: tuple[FormItem, ...]
    known: pd.DataFrame

    @cached_property
    def rows(self) -> dict[str, int]:
        """Position of each patient's row."""
        return {str(patient): place for place, patient in enumerate(self.ids)}

    @cached_property
    def records(self) -> list[dict[str, str | None]]:
        """Non-missing cells of each row by column, None where missing."""
        cells = self.known.astype(object)
        found = cells.where(cells.notna(), None).to_dict("records")
        return [{str(name): cell for name, cell in row.items()} for row in found]

    @cached_property
    def features(self) -> tuple[FeatureSpec, ...]:
        """Features of the items by the study's rules, for auditing a new row."""
        asked = {self.spec.patient_id, *(item.column for item in self.items)}
        others = tuple(name for name in self.raw.columns if name not in asked)
        return load_table(replace(self.spec, exclude=others), raw=self.raw).specs


@dataclass(frozen=True, kw_only=True)
class Form:
    """The form of a study.

    Attributes
    ----------
    name, patient_id : str
        Name of the study, and the column that names the patient.
    url : str
        ``urn:uuid:`` derived from the study file and its record tables.
    tables : tuple of FormTable
    """

    name: str
    patient_id: str
    url: str
    tables: tuple[FormTable, ...]

    @classmethod
    def of(cls, study: Study) -> Self:
        """Return the form of a study; recent ones are cached, since many answers share one.

        Raises
        ------
        InputError
            As ``Study.load``, for the record tables.
        """
        url = f"urn:uuid:{uuid.uuid5(_NAMESPACE, study.digest(outcomes=False, variants=False))}"
        if url not in _made:
            while len(_made) >= _KEPT:
                _made.pop(next(iter(_made)), None)
            _made[url] = cls._of(study, url)
        made: Self = _made[url]
        return made

    @classmethod
    def _of(cls, study: Study, url: str) -> Self:
        used = design_columns(study.content)
        sections = [section for section in study.content.tables if section.role not in SEVERAL_ROWS]
        tables = []
        for section, stem in zip(sections, _stems([each.path for each in sections]), strict=True):
            raw = read_section(section, study.tables, study.content.study.patient_id)
            tables.append(_table(table_spec(study.content, section, raw.path), raw, stem, used))
        return cls(name=study.name, patient_id=study.content.study.patient_id, url=url, tables=tuple(tables))

    @property
    def patients(self) -> tuple[str, ...]:
        """Patients with a row in any table, in order of first appearance."""
        return tuple(dict.fromkeys(patient for table in self.tables for patient in table.rows))

    @cached_property
    def by_link(self) -> dict[str, FormItem]:
        """Items by their ``linkId``."""
        return {item.link: item for table in self.tables for item in table.items}


def _stems(paths: Sequence[str]) -> list[str]:
    """Return the stem of each table's file name, or its path if several share it; equal ones are numbered."""
    short = [Path(path).name.partition(".")[0] for path in paths]
    long = [str(Path(path).with_suffix("")) for path in paths]
    made = [one if short.count(one) == 1 else two for one, two in zip(short, long, strict=True)]
    return [
        one if made[:place].count(one) == 0 else f"{one}-{made[:place].count(one) + 1}"
        for place, one in enumerate(made)
    ]


def _table(spec: TableSpec, raw: RawTable, stem: str, used: dict[str, str]) -> FormTable:
    faults = raw.new_faults()
    ids, _ = read_ids(raw, spec.patient_id, faults)
    reading = Reading(raw=raw, ids=ids, role=spec.role, group=spec.role, faults=faults)
    left_out = {spec.patient_id, *spec.exclude, *used}
    asked = [name for name in raw.columns if name not in left_out]
    declared = {name: spec.columns.get(name, ColumnSpec()) for name in asked}
    known = {name: raw.text(name, missing=declared[name].missing) for name in asked}
    typed = {name: type_column(reading, name, declared[name]) for name in asked}
    faults.raise_if_any()
    items = [_item(raw, stem, declared[name], typed[name], known[name]) for name in asked]
    cells = pd.DataFrame(known, index=raw.cells.index)
    return FormTable(stem=stem, spec=spec, raw=raw, ids=ids, items=tuple(items), known=cells)


def _item(raw: RawTable, stem: str, declared: ColumnSpec, typed: TypedColumn, cells: pd.Series[Any]) -> FormItem:
    name = typed.name
    texts = list(dict.fromkeys(cells.dropna()))
    unit = (declared.unit or unit_of_name(name)[1] or typed.unit) if typed.kind in ("number", "integer") else None
    item = FormItem(
        column=name,
        link=f"{stem}/{name}",
        system=re.sub(r"\s", "%20", f"urn:genorx:{stem}:{name}"),
        cells=_cells(raw, declared, typed, texts, unit),
    )
    if item.kind not in ("quantity", "decimal", "integer"):
        return item
    return replace(item, unit=unit, limits=_limits(unit, find_variable(name), name))


def _cells(raw: RawTable, declared: ColumnSpec, typed: TypedColumn, texts: list[str], unit: str | None) -> Cells:
    """Return the first converter, allowed by the column's kind, under which all cells survive the round trip."""
    for made in (*_ways(raw, declared, typed, texts, unit), Cells(kind="text")):
        if made.carries(texts):
            return made
    return Cells(kind="text")


def _ways(
    raw: RawTable, declared: ColumnSpec, typed: TypedColumn, texts: list[str], unit: str | None
) -> tuple[Cells, ...]:
    levels = Cells(kind="choice", levels=_levels(declared, typed, texts))
    decimal = Cells(kind="quantity" if unit else "decimal", decimal=raw.decimal)
    integer = Cells(kind="integer", decimal=raw.decimal)
    if typed.kind == "number":
        return (decimal,)
    if typed.kind == "integer":
        return (integer, decimal)
    if typed.kind in _CODES:
        plain = all(re.fullmatch(r"0|[1-9]\d*", text) for text in texts)  # 007 is not a number
        return (integer,) if plain else ()
    if typed.kind == "boolean":
        return (Cells(kind="boolean", spelling=spelling_of(texts)), levels)
    if typed.kind == "date":
        return (Cells(kind="date", days=day_form(texts)),)
    return (levels,) if typed.kind in ("category", "ordinal") else ()


def _levels(declared: ColumnSpec, typed: TypedColumn, texts: list[str]) -> tuple[str, ...]:
    """Return the levels as written in the file, in the declared order; then declared levels not seen."""
    order = declared.levels or (() if typed.spec is None else typed.spec.levels)
    seen = sorted(texts, key=lambda text: (order.index(text) if text in order else len(order), text))
    return (*seen, *(level for level in declared.levels if level not in texts))


def _limits(unit: str | None, variable: Variable | None, name: str) -> tuple[float, float] | None:
    """Return the possible range of a known variable, in the unit of the file; None if not known."""
    if variable is None or bool(variable.unit) != bool(unit):
        return None
    if not unit:
        return float(variable.possible[0]), float(variable.possible[1])
    try:
        back = conversion(variable.unit, unit, unit_of_name(name)[0])
    except UnitError:
        return None
    low, high = (float(f"{float(back(end)):.6g}") for end in variable.possible)
    return low, high
