"""Conversion of a text column to a typed feature: by the study's declaration, otherwise by cells and name.

Numbers, their units and ranges are ``cohort.tables.measurements``; a column that is no feature is left out with its
reason.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import pandas as pd

from genorx._core.feature_spec import FeatureSpec
from genorx._core.short_repr import short
from genorx._core.words import boolean_of, plain_level
from genorx.cohort.tables.dates import date_forms
from genorx.cohort.tables.levels import is_boolean
from genorx.cohort.tables.numbers import comma_kind, read_number, read_numbers, why_no_number
from genorx.cohort.tables.raw import RawTable
from genorx.cohort.tables.table_faults import TableFaults, place_of
from genorx.cohort.tables.variables import Variable, find_variable, is_gene_answer
from genorx.errors import Finding, Severity

ColumnType = Literal["number", "integer", "category", "ordinal", "boolean", "date"]
Guess = Literal["number", "boolean", "category", "date", "text", "identifier", "site", "personal", "empty"]

# shares of a column's known cells that decide on its type; smaller for a known measurement
_NUMERIC, _NUMERIC_MEASURE, _DATED = 0.95, 0.5, 0.8
#: Largest number of levels of a category ...
MAX_LEVELS = 50
# ... and text is free text when levels are more than ten and more than this share of the cells
_FREE, _FEW = 0.2, 10
_FEW_IDS = 20  # fewer ascending whole numbers may be values
# a site of treatment, not of a tumour
_SITE = re.compile(
    r"(?!.*(tumou?r|primary|metasta|disease|cancer|lesion|infection|anatom|body|biopsy|injection))"
    r"(.*_)?(cent(re|er)|site|hospital|clinic|institution|ward|facility)(_?(id|code|nr|no|number|num))?"
)
_ID = re.compile(r"(.*_)?(id|ids|mrn|seqn|record|identifier|uuid|accession|record_?(no|nr|number)|barcode)")
_PERSONAL = re.compile(
    r"(.*_)?((first|last|given|family|sur|full|patient|maiden)_?name|dob|birth_?(date|day)|date_of_birth|e_?mail"
    r"|(phone|telephone|nhs|insurance|social_security)_(number|no)|phone|telephone|ssn|social_security|mrn"
    r"|home_address|street_address)|name|address"
)


@short
@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnSpec:
    """A study's declaration of one column; None or empty for what it does not declare.

    Attributes
    ----------
    unit : str, optional
        UCUM unit of the values in the file.
    type : {"number", "integer", "category", "ordinal", "boolean", "date"}, optional
        Type of the column; by default it is inferred.
    levels : tuple of str
        Levels of a category; for an ordinal, lowest first.
    missing : tuple of float or str
        Codes that mean "not known".
    """

    unit: str | None = None
    type: ColumnType | None = None
    levels: tuple[str, ...] = ()
    missing: tuple[float | str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Reading:
    """The table being read, and the collection of its faults."""

    raw: RawTable
    ids: pd.Series
    role: str
    group: str
    faults: TableFaults

    def variable(self, name: str) -> Variable | None:
        """Return the known variable of a column's name; in expression and imaging ``CRP`` is a gene, not a test."""
        return None if self.role in ("expression", "imaging") else find_variable(name)

    def measured(self, name: str, cells: pd.Series, unit: str | None) -> Variable | None:
        """Return the known variable of a column; none where its cells say that the name is a gene's."""
        answered = unit is None and is_gene_answer(name, cells.dropna())
        return None if answered else self.variable(name)

    def finding(
        self, code: str, severity: Severity, message: str, column: str | None, position: int | None = None
    ) -> Finding:
        """Return a finding about a column, or about one patient's cell."""
        patient = None if position is None or pd.isna(self.ids.iloc[position]) else str(self.ids.iloc[position])
        place = place_of(None if position is None else int(self.raw.rows[position]), column)
        return Finding(
            code=code, severity=severity, message=message, patient_id=patient, place=f"{self.raw.path.name}: {place}"
        )

    def rows(self, mask: pd.Series) -> str:
        """Format the rows of a mask: ``rows 12, 40 and 3 more``."""
        rows = [str(row) for row in self.raw.rows[mask.to_numpy(dtype=bool)]]
        more = f" and {len(rows) - 8} more" if len(rows) > 8 else ""
        return f"row{'s' if len(rows) > 1 else ''} {', '.join(rows[:8])}{more}"

    def fault(self, rule: str, code: str, column: str, mask: pd.Series | None = None, hint: str = "") -> None:
        """Record a fault of a column, or one for each row of a mask."""
        rows = [None] if mask is None else [int(row) for row in self.raw.rows[mask.to_numpy(dtype=bool)]]
        for row in rows:
            self.faults.add(rule, code=code, row=row, column=column, hint=hint)


@dataclass(frozen=True, kw_only=True)
class TypedColumn:
    """A column after typing: its values and spec, or the reason why it is excluded.

    Attributes
    ----------
    name : str
    kind : str
        Detected kind: one of ``FeatureSpec``, or ``date``, ``text``, ``identifier``, ``site``, ``empty``.
    values : Series or None, index 0..n_rows-1
    spec : FeatureSpec or None
        None for a column that is no feature.
    unit : str, optional
        Unit of numbers; also for a column that is no feature, from which others may be computed.
    note : str
        Reason why it is left out; empty for a feature.
    findings : tuple of Finding
    """

    name: str
    kind: str
    values: pd.Series | None = None
    spec: FeatureSpec | None = None
    unit: str | None = None
    note: str = ""
    findings: tuple[Finding, ...] = ()


def name_form(name: str) -> str:
    """Return a column's name in lower case, words joined by ``_``."""
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name)
    return "_".join(re.findall(r"[a-z0-9]+", spaced.casefold()))


def is_id_name(form: str) -> bool:
    """Return whether a name, in the form of ``name_form``, belongs to a column of person or record numbers."""
    return _ID.fullmatch(form) is not None


def is_personal_name(form: str) -> bool:
    """Return whether a name, in the form of ``name_form``, belongs to a column of names, birth dates or addresses."""
    return _PERSONAL.fullmatch(form) is not None


def guess_type(name: str, cells: pd.Series, decimal: Literal[".", ","], *, measure: bool = False) -> Guess:
    """Guess the type of an undeclared column.

    Parameters
    ----------
    name : str
    cells : Series of text
        Cells of the column; missing codes are already ``<NA>``.
    decimal : {".", ","}
    measure : bool
        True if a unit or a known name shows that it is a measurement: 0 and 1 are then numbers.
    """
    known: list[str] = cells.dropna().to_numpy(dtype=object).tolist()
    counts = Counter(known)
    if not known:
        return "empty"
    texts = list(counts)
    form = name_form(name)
    if is_personal_name(form):
        return "personal"
    if is_boolean(texts) and not measure:
        return "boolean"
    numbers = read_numbers(texts, decimal)
    like_numbers = sum(counts[text] for text, number in numbers.items() if number is not None or _like_number(text))
    if like_numbers >= (_NUMERIC_MEASURE if measure else _NUMERIC) * len(known):
        return "number" if measure else _guess_number(form, known, numbers)
    if sum(counts[text] for text in texts if date_forms([text]).dates) >= _DATED * len(known):
        return "date"
    return _guess_text(form, texts, len(known))


def _like_number(text: str) -> bool:
    return comma_kind(text) is not None or why_no_number(text)[0] in ("infinite-value", "detection-limit")


def _guess_number(form: str, known: Sequence[str], numbers: Mapping[str, float | None]) -> Guess:
    if not all(number is not None and number.is_integer() for number in numbers.values()):
        return "number"
    if _SITE.fullmatch(form):
        return "site"
    if is_id_name(form) and len(numbers) > _FEW:
        return "identifier"  # also of a doctor or a sample, with many rows each
    if len(numbers) < len(known) or len(known) < _FEW_IDS:
        return "number"
    values = [numbers[text] or 0.0 for text in known]
    return "identifier" if values == sorted(values) else "number"


def _guess_text(form: str, texts: Sequence[str], n_cells: int) -> Guess:
    n_levels = len(texts)
    if n_levels == n_cells >= _FEW and is_id_name(form):
        return "identifier"
    free = n_levels > MAX_LEVELS or (n_levels > _FEW and n_levels > _FREE * n_cells)
    if _SITE.fullmatch(form) and n_levels > _FEW:
        return "site"
    sentences = sum(text.count(" ") >= 2 for text in texts) > n_levels / 2 and n_levels > n_cells / 2
    return "text" if free or sentences or (n_levels == n_cells >= _FEW) else "category"


def boolean_column(cells: pd.Series) -> tuple[pd.Series, pd.Series]:
    """Return 0, 1 and missing as Int8, and a mask of cells that are neither yes nor no."""
    meanings = {text: boolean_of(text) for text in cells.dropna().unique()}
    values = pd.Series([meanings.get(text) for text in cells.to_numpy(dtype=object)], index=cells.index, dtype="Int8")
    return values, values.isna() & cells.notna()


def category_column(
    cells: pd.Series, levels: Sequence[str], *, ordered: bool = False
) -> tuple[pd.Series, tuple[str, ...], pd.Series]:
    """Return a category, its levels, and a mask of other cells; without ``levels`` all values are levels."""
    meaning = {text: plain_level(text) for text in dict.fromkeys(cells.dropna().to_numpy(dtype=object).tolist())}
    found = tuple(levels) or tuple(sorted(set(meaning.values()), key=_level_order))
    # a level declared exactly as in the file is that level
    meaning = {text: text if text in found else level for text, level in meaning.items()}
    kept = [level if (level := meaning.get(text)) in found else None for text in cells.to_numpy(dtype=object)]
    values = pd.Series(pd.Categorical(kept, categories=list(found), ordered=ordered), index=cells.index)
    return values, found, values.isna() & cells.notna()


def _level_order(text: str) -> tuple[float, str]:
    number = read_number(text)
    return (float("inf") if number is None else number, text)


def feature_dtype(spec: FeatureSpec) -> Any:
    """Return the dtype of a feature's column by its ``FeatureSpec``."""
    if spec.kind in ("category", "ordinal"):
        return pd.CategoricalDtype(list(spec.levels), ordered=spec.kind == "ordinal")
    return {"number": pd.Float64Dtype(), "integer": pd.Int64Dtype(), "boolean": pd.Int8Dtype()}[spec.kind]
