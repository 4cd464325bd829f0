"""Inputs of a model from a frame of patients: numbers and codes as arrays, with exclusions and reasons.

An impossible value, or a sign of another unit, is an error with row and column; a value for which the model does not
hold removes only the estimate of that patient.  Unknown remains unknown: families handle it by the card, as in the
source.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from genorx._core.nearest import nearest
from genorx._core.short_repr import short
from genorx._core.unit_words import unit_in_words
from genorx.errors import FINDINGS, Finding, Severity, TableError, listed_columns, shown
from genorx.published.cards.card import InputColumn

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class TableSource:
    """Source of a data frame: file, row in the file of each row of the frame, and findings."""

    file: str | None = None
    rows: NDArray[np.int64] | None = None
    findings: tuple[Finding, ...] = ()

    def row(self, position: int) -> int:
        """Return the row number for a message: of the file, or 1 for the first row of a frame."""
        return position + 1 if self.rows is None else int(self.rows[position])

    def place(self, position: int, column: str) -> str:
        """Return ``row 12 column "size"``."""
        return f'row {self.row(position)} column "{shown(column)}"'


@dataclass(slots=True)
class _Note:
    """One kind of finding about some patients; ``text`` formats the message of the patient at a position."""

    code: str
    severity: Severity
    where: NDArray[np.intp]
    text: Callable[[int], str]
    column: str | None


@short
@dataclass(kw_only=True)
class Inputs:
    """Values of all patients by input, with findings.

    Attributes
    ----------
    ids : array of str, shape (n_patients,)
        Ids of the patients.
    values : dict of name to float array of shape (n_patients,)
        Values by input; NaN is unknown, a category is the index of its level.  An absent column is NaN throughout.
    present : set of str
        Inputs whose column is in the frame.
    refused : bool array of shape (n_patients,)
        Patients without an estimate.
    """

    ids: NDArray[np.object_]
    values: dict[str, Floats]
    present: set[str]
    source: TableSource
    refused: Mask
    notes: list[_Note] = field(default_factory=list)
    general: list[Finding] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.ids)

    def __getitem__(self, name: str) -> Floats:
        return self.values[name]

    def known(self, name: str) -> Mask:
        """Return whether the value of each patient is known."""
        return ~np.isnan(self.values[name])

    def level(self, name: str) -> NDArray[np.intp]:
        """Return the index of each patient's level, 0 if unknown; use it together with ``known``."""
        return np.nan_to_num(self.values[name], nan=0.0).astype(np.intp)

    def is_code(self, name: str, code: float) -> Mask:
        """Return whether the value of each patient is known and equal to ``code``."""
        return np.asarray(self.values[name] == code)

    def refuse(self, where: Mask, code: str, text: Callable[[int], str] | str, *, column: str | None = None) -> None:
        """Exclude patients from the estimate, with the reason."""
        self.refused = self.refused | where
        self.note(where, code, "serious", text, column=column)

    def note(
        self,
        where: Mask,
        code: str,
        severity: Severity,
        text: Callable[[int], str] | str,
        *,
        column: str | None = None,
    ) -> None:
        """Add a finding on some patients."""
        if code not in FINDINGS:
            raise KeyError(code)
        positions = np.flatnonzero(where)
        if positions.size:
            say = (lambda _position, message=text: message) if isinstance(text, str) else text
            self.notes.append(_Note(code, severity, positions, say, column))

    def fault(self, where: Mask, column: str, reason: Callable[[int], str], *, code: str, hint: str = "") -> None:
        """Raise an error for the first patient of ``where``, with row and column, and with all patients in ``faults``.

        Raises
        ------
        TableError
        """
        positions = np.flatnonzero(where)
        if positions.size:
            raise_faults(self.source, column, positions, reason, code=code, hint=hint)

    def findings(self) -> list[Finding]:
        """Return the findings: on all patients first, then on each in the order of the frame."""
        return [Finding(**each) for each in self.plain_findings()]

    def plain_findings(self) -> list[dict[str, Any]]:
        """Return the findings as plain values, faster than objects for 100,000 patients."""
        made = [(int(position), number, note) for number, note in enumerate(self.notes) for position in note.where]
        made.sort(key=lambda each: each[:2])
        return [*(each.to_dict() for each in self.general), *(self._plain(at, note) for at, _, note in made)]

    def _plain(self, position: int, note: _Note) -> dict[str, Any]:
        return {
            "code": note.code,
            "severity": note.severity,
            "patient_id": str(self.ids[position]),
            "place": None if note.column is None else self.source.place(position, note.column),
            "message": note.text(position),
        }

    def reasons(self) -> dict[int, str]:
        """Return the reason why each excluded patient has no estimate, by position."""
        found: dict[int, list[str]] = {}
        for note in self.notes:
            if note.severity == "serious":
                for position in note.where[self.refused[note.where]]:
                    found.setdefault(int(position), []).append(note.text(int(position)))
        return {position: "; ".join(texts) for position, texts in found.items()}


def raise_faults(
    source: TableSource, column: str, positions: NDArray[np.intp], reason: Callable[[int], str], *, code: str, hint: str
) -> None:
    """Raise a ``TableError`` that names the first position and lists all."""
    faults = [
        {"row": source.row(int(each)), "column": column, "rule": reason(int(each)), "code": code} for each in positions
    ]
    first = int(positions[0])
    more = f" (and {len(positions) - 1} more rows)" if len(positions) > 1 else ""
    raise TableError(
        f"{reason(first)}{more}",
        file=source.file,
        place=source.place(first, column),
        hint=hint or None,
        code=code,
        faults=faults,
    )


def patient_ids(frame: pd.DataFrame, source: TableSource) -> NDArray[np.object_]:
    """Return the patient ids: of the column or index found by ``cohort.tables.frames.frame_id``.

    Raises
    ------
    TableError
        If an id is absent or appears twice (``duplicate-ids``).
    """
    from genorx.cohort.tables.frames import frame_id  # not needed for a card
    from genorx.cohort.tables.raw import text_of

    named = frame_id(frame)
    kept: Any = frame.index.to_series() if named is None else frame[named]
    read = text_of(kept.astype(object).where(kept.notna(), None))
    absent = np.flatnonzero(read.isna().to_numpy())
    if absent.size:
        raise_faults(source, "patient_id", absent, lambda _: "a patient has no id", code="no-id", hint="")
    ids = read.to_numpy(dtype=object)
    twice = np.flatnonzero(pd.Series(ids).duplicated().to_numpy())
    if twice.size:
        raise_faults(
            source,
            "patient_id",
            twice,
            lambda position: f"patient id {shown(ids[position])!r} appears twice",
            code="duplicate-ids",
            hint="one row per patient",
        )
    return np.asarray(ids, dtype=object)


def read_inputs(
    frame: pd.DataFrame,
    inputs: Sequence[InputColumn],
    *,
    mapping: Mapping[str, str],
    values: Mapping[str, Mapping[str, Any]],
    trusted: Sequence[str],
    source: TableSource,
) -> Inputs:
    """Return the inputs of a model from a frame.

    Parameters
    ----------
    frame : DataFrame
        One row per patient.
    inputs : sequence of InputColumn
        Inputs of the model.
    mapping : mapping of input to column of the frame
        Columns with other names.
    values : mapping of input to mapping
        Meanings of texts in a column, ``{"grade": {"II": 2}}``.
    trusted : sequence of input
        Inputs whose unit is guaranteed by the caller, so that it is not checked.
    source : TableSource
        Source of the frame, named in errors.

    Raises
    ------
    TableError
        ``no-column``, ``not-a-number``, ``impossible-value``, ``unknown-level``, ``not-an-integer``,
        ``unit-suspect``, ``duplicate-ids``.
    """
    from genorx.published.inputs.reading import read_column

    made = Inputs(
        ids=patient_ids(frame, source),
        values={},
        present=set(),
        source=source,
        refused=np.zeros(len(frame), dtype=bool),
        general=list(source.findings),
    )
    for each in inputs:
        column = _column_of(made, each, frame, mapping)
        if column not in frame.columns:
            _absent_column(made, each, frame, column)
            continue
        made.present.add(each.name)
        made.values[each.name] = read_column(made, each, frame[column], column, values.get(each.name, {}))
        _ranges(made, each, column, trusted)
    return made


def _column_of(made: Inputs, each: InputColumn, frame: pd.DataFrame, mapping: Mapping[str, str]) -> str:
    """Return the column of an input: the caller's choice, its own name, or a synonym."""
    if each.name in mapping or each.name in frame.columns:
        return mapping.get(each.name, each.name)
    other = next((name for name in each.also if name in frame.columns), None)
    if other is None:
        return each.name
    text = f"column {other} is used as {each.name}: {each.meaning}"
    made.general.append(Finding(code="published-other-name", severity="info", message=text))
    return other


def no_column(source: TableSource, column: str, meaning: str, frame: pd.DataFrame, *, hint: str = "") -> TableError:
    """Return the error of a missing column, listing those that exist."""
    return TableError(
        f"there is no column {shown(column)!r}" + (f": {meaning}" if meaning != column else ""),
        file=source.file,
        hint=f"{hint}{listed_columns(map(str, frame.columns))}",
        code="no-column",
    )


def _absent_column(made: Inputs, each: InputColumn, frame: pd.DataFrame, column: str) -> None:
    if each.required and len(frame):
        near = _near_column(each.name, list(map(str, frame.columns)))
        value, chosen = ("...", "COLUMN") if near is None else (repr(shown(near)), shown(near))
        hint = f"name it by mapping={{{each.name!r}: {value}}} (--map {each.name}={chosen}); "
        raise no_column(made.source, column, each.meaning, frame, hint=hint)
    made.values[each.name] = np.full(len(frame), np.nan)


def _near_column(name: str, columns: Sequence[str]) -> str | None:
    """Return the column that may be a misnamed input: one with a unit added, or a similar spelling."""
    longer = [column for column in columns if column.lower().startswith(f"{name.lower()}_")]
    return next(iter(longer or nearest(name, columns, alike=0.8)), None)


def _ranges(made: Inputs, each: InputColumn, column: str, trusted: Sequence[str]) -> None:
    value = made.values[each.name]
    if each.kind not in ("number", "integer"):
        return
    if each.name not in trusted:
        _guard(made, each, value, column)
    unit = f" {unit_in_words(each.unit)}".rstrip()
    if each.possible is not None:
        low, high = each.possible
        made.fault(
            (value < low) | (value > high),
            column,
            lambda at: f"{value[at]:g}{unit} is not possible: {each.meaning} is between {low:g} and {high:g}",
            code="impossible-value",
            hint=each.hint,
        )
    outside = np.zeros(len(made), dtype=bool)
    if each.hard is not None:
        least, most = each.hard
        outside = (value < least) | (value > most)
        made.refuse(
            outside,
            "published-outside-range",
            lambda at: (
                f"{each.name} {value[at]:g}{unit} is outside {least:g} to {most:g}, the range for which the model holds"
            ),
            column=column,
        )
    if each.range is not None:
        first, last = each.range
        made.note(
            ((value < first) | (value > last)) & ~outside,
            "published-outside-derivation",
            "warning",
            lambda at: f"{each.name} {value[at]:g}{unit} is outside {first:g} to {last:g}, the range of derivation",
            column=column,
        )


def _guard(made: Inputs, each: InputColumn, value: Floats, column: str) -> None:
    """Raise an error for a column whose median is typical of another unit; report single patients."""
    seen = value[~np.isnan(value)]
    if not seen.size:
        return
    median = float(np.median(seen))
    for guard in each.guards:
        if not _beyond(median, guard.above, guard.below):
            continue
        text = (
            f"the median of {each.name} is {median:.3g}, unlikely in {each.unit or 'the unit of the model'}: "
            f"it looks like {guard.unit}"
        )
        if guard.alone or seen.size >= 3:
            raise TableError(
                text,
                file=made.source.file,
                place=f'column "{shown(column)}"',
                hint=f"multiply by {guard.factor:g}, or confirm the unit with trusted=[{each.name!r}]",
                code="unit-suspect",
            )
        made.note(~np.isnan(value), "published-unit-suspect", "warning", text, column=column)


def _beyond(median: float, above: float | None, below: float | None) -> bool:
    return (above is not None and median > above) or (below is not None and median < below)
