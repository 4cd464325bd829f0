"""Options of a treatment table, by conditions on its rows.

Which patients are eligible, and on which day the option is read, is ``cohort.design.treatment``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from genorx._core.nearest import did_you_mean
from genorx._core.words import boolean_of, plain_level
from genorx.cohort.tables.levels import level_descriptions
from genorx.errors import StudyError, SupportError, TableError, shown

if TYPE_CHECKING:
    from genorx.cohort.study_file.sections import TreatmentSection
    from genorx.cohort.study_file.toml_sections import Scalar

_SOME = 8


@dataclass(frozen=True, kw_only=True)
class TreatmentRows:
    """A treatment table: text cells, the patient of each row, and its start day, if given.

    ``file`` is for errors, ``name`` for findings; ``rows`` are the rows in the file.
    """

    file: str
    name: str
    cells: pd.DataFrame
    patient: pd.Series
    start: pd.Series | None = None
    rows: tuple[int, ...] = ()

    @property
    def places(self) -> NDArray[np.int64]:
        """Row in the file of each row, for errors."""
        return np.asarray(self.rows or range(1, len(self.cells) + 1), dtype=np.int64)


@dataclass(frozen=True, kw_only=True)
class OptionRows:
    """Options in the order of the study, the rows of each, and the option of all other patients."""

    options: tuple[str, ...]
    fits: pd.DataFrame  # rows x options with a condition, bool
    otherwise: str | None
    near: Mapping[tuple[str, str], pd.Series]  # (option, condition not met) -> rows that meet all its others


def option_rows(section: TreatmentSection, rows: TreatmentRows) -> OptionRows:
    """Return the rows of each option.

    Raises
    ------
    StudyError
        If a column is not in the table, or a condition fits no row (``option-fits-no-row``).
    SupportError
        If the table has fewer than two options.
    """
    if section.column is not None:
        return _levels(section, section.column, rows)
    fits, near = {}, {}
    for option, conditions in section.options.items():
        if not conditions:
            continue
        met = {key: _meets(_column(rows, key), expected) for key, expected in conditions.items()}
        fits[option] = _all_met(option, conditions, met, rows)
        for key, mask in met.items():
            others = [other.to_numpy() for name, other in met.items() if name != key]
            if others:
                stated = f"{key} = {_described(conditions[key])}"
                near[option, stated] = pd.Series(
                    np.logical_and.reduce(others) & ~mask.to_numpy(), index=rows.cells.index
                )
    otherwise = next((name for name, conditions in section.options.items() if not conditions), None)
    frame = pd.DataFrame(fits, index=rows.cells.index, dtype=bool)
    return OptionRows(options=tuple(section.options), fits=frame, otherwise=otherwise, near=near)


def rows_of_option(
    option: str, conditions: Mapping[str, Scalar | list[Scalar]], rows: TreatmentRows
) -> NDArray[np.bool_]:
    """Return a mask of the rows that meet all conditions of an option.

    Raises
    ------
    StudyError
        If a column is not in the table, or no row meets them (``option-fits-no-row``).
    """
    met = {key: _meets(_column(rows, key), expected) for key, expected in conditions.items()}
    return _all_met(option, conditions, met, rows)


def rows_of_unknown_option(conditions: Mapping[str, Scalar | list[Scalar]], rows: TreatmentRows) -> NDArray[np.bool_]:
    """Return a mask of the rows that may meet all conditions of an option: a cell is empty, and the others do."""
    empty = np.stack([_column(rows, key).isna().to_numpy(dtype=bool) for key in conditions])
    met = np.stack([_meets(_column(rows, key), expected).to_numpy() for key, expected in conditions.items()])
    return np.asarray((met | empty).all(axis=0) & empty.any(axis=0), dtype=np.bool_)


def _all_met(
    option: str, conditions: Mapping[str, object], met: Mapping[str, pd.Series], rows: TreatmentRows
) -> NDArray[np.bool_]:
    fits: NDArray[np.bool_] = np.logical_and.reduce([mask.to_numpy() for mask in met.values()])
    if not fits.any():
        raise _no_row(option, conditions, met, rows)
    return fits


def treatment_factors(section: TreatmentSection, options: Sequence[str]) -> dict[str, dict[str, str]]:
    """Return the single column that defines the options, and the option of each of its levels; empty if several do."""
    if section.column is not None:
        return {section.column: {option: option for option in options}}
    columns = {key for conditions in section.options.values() for key in conditions}
    if len(columns) != 1:
        return {}
    column = columns.pop()
    made: dict[str, str] = {}
    for option, conditions in section.options.items():
        wanted = conditions.get(column, option)  # the option of all other patients is matched by its own name
        for level in wanted if isinstance(wanted, list) else [wanted]:
            made.setdefault(_described(level).strip('"'), option)
    return {column: made}


def _levels(section: TreatmentSection, column: str, rows: TreatmentRows) -> OptionRows:
    cells = _column(rows, column).map(plain_level, na_action="ignore")
    twice = rows.patient[rows.patient.duplicated(keep=False)]
    if len(twice):
        raise TableError(
            f'{twice.nunique()} patients have several rows, the first is "{shown(twice.iloc[0])}"',
            file=rows.file,
            place=f'column "{shown(column)}"',
            hint="an option by column needs one row per patient; use [treatment.options.*] for a table of treatments",
            code="duplicate-patient",
        )
    levels = tuple(sorted(cells.dropna().unique().tolist()))
    if len(levels) < 2:
        raise SupportError(
            f'column "{shown(column)}" has {len(levels)} level: nothing to compare', file=rows.file, code="one-option"
        )
    if section.reference not in levels:
        raise StudyError(
            f'reference "{shown(section.reference)}" is not a level of column "{shown(column)}"',
            file=rows.file,
            hint=_hint(section.reference, cells.dropna().tolist(), "levels"),
            code="unknown-reference",
        )
    fits = pd.DataFrame({level: (cells == level).fillna(False).astype(bool) for level in levels})
    return OptionRows(options=levels, fits=fits, otherwise=None, near={})


def _column(rows: TreatmentRows, name: str) -> pd.Series:
    if name not in rows.cells.columns:
        names = [str(column) for column in rows.cells.columns]
        raise StudyError(
            f'the treatment table has no column "{shown(name)}"',
            file=rows.file,
            hint=did_you_mean(name, names, f"columns: {', '.join(map(shown, names[:_SOME]))}"),
            code="no-such-column",
        )
    return rows.cells[name]


def _meets(cells: pd.Series, expected: Scalar | Sequence[Scalar]) -> pd.Series:
    """Return where cells equal the value, or one of several; a missing cell matches nothing."""
    if isinstance(expected, list):
        masks = [_meets(cells, value) for value in expected]
        return pd.Series(np.logical_or.reduce([mask.to_numpy() for mask in masks]), index=cells.index)
    text = cells.astype(object).where(cells.notna(), None)
    if isinstance(expected, bool):
        hits = [cell is not None and boolean_of(str(cell)) == int(expected) for cell in text]
    elif isinstance(expected, (int, float)):
        numbers = pd.to_numeric(cells, errors="coerce").to_numpy(dtype=float, na_value=np.nan)
        hits = [bool(number == expected) for number in numbers]
    else:
        hits = [cell is not None and plain_level(str(cell)) == plain_level(str(expected)) for cell in text]
    return pd.Series(hits, index=cells.index, dtype=bool)


def _no_row(
    option: str, conditions: Mapping[str, object], met: Mapping[str, pd.Series], rows: TreatmentRows
) -> StudyError:
    hint = "no row meets all its conditions together"
    for key, mask in met.items():
        if not mask.any():
            hint = _hint(str(conditions[key]), rows.cells[key].dropna().tolist(), f'values of "{shown(key)}"')
            break
    stated = ", ".join(f"{key} = {_described(value)}" for key, value in conditions.items())
    reason = f'no row meets the conditions of option "{shown(option)}" ({stated})'
    return StudyError(reason, file=rows.file, hint=hint, code="option-fits-no-row")


def _described(value: object) -> str:
    return shown(f'"{value}"' if isinstance(value, str) else value)


def _hint(name: str, cells: Sequence[str], what: str) -> str:
    """Return the most similar level to a name, otherwise the levels; personal names are not repeated."""
    return did_you_mean(name, sorted(set(cells)), f"{what}: {level_descriptions(cells)}")
