"""A column of text to a typed feature: what the study says of it, else what its cells and name show.

Numbers, their units and ranges are ``cohort.measurements``; a column that is no feature is left out with its reason.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import pandas as pd

from genorx.cohort.dates import date_forms
from genorx.cohort.levels import boolean_of, is_boolean, plain_level
from genorx.cohort.numbers import comma_kind, read_number, why_no_number
from genorx.cohort.raw import RawTable
from genorx.cohort.table_faults import TableFaults, place_of
from genorx.errors import Finding, Severity
from genorx.features.spec import FeatureSpec

ColumnType = Literal["number", "integer", "category", "ordinal", "boolean", "date"]
Guess = Literal["number", "boolean", "category", "date", "text", "identifier", "site", "personal", "empty"]

# shares of a column's known cells that decide on its type
_NUMERIC, _DATED = 0.95, 0.8
#: A category has at most so many levels ...
MAX_LEVELS = 50
# ... and text is free text when levels are more than ten and more than this share of the cells
_FREE, _FEW = 0.2, 10
_SITE = re.compile(r"(.*_)?(cent(re|er)|site|hospital|clinic|institution|ward|facility)(_?(id|code|nr|no|number|num))?")
_ID = re.compile(r"(.*_)?(id|ids|mrn|seqn|record|identifier|uuid|accession|record_?(no|nr|number)|barcode)")
_PERSONAL = re.compile(
    r"(.*_)?((first|last|given|family|sur|full|patient|maiden)_?name|name|surname|dob|birth_?(date|day)|date_of_birth"
    r"|address|street|e_?mail|phone|telephone|mobile|ssn|social_security(_number)?|nhs_number|mrn|insurance_number)"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnSpec:
    """What a study says of one column; None and empty where it says nothing.

    Attributes
    ----------
    unit : str, optional
        UCUM unit of the values in the file.
    type : {"number", "integer", "category", "ordinal", "boolean", "date"}, optional
    levels : tuple of str
        Levels of a category; of an ordinal in order.
    missing : tuple of float or str
        Codes that mean "not known".
    """

    unit: str | None = None
    type: ColumnType | None = None
    levels: tuple[str, ...] = ()
    missing: tuple[float | str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Reading:
    """The table that is being read, and where its faults go."""

    raw: RawTable
    ids: pd.Series
    group: str
    faults: TableFaults

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
        """Return the rows of a mask as text: ``rows 12, 40 and 3 more``."""
        rows = [str(row) for row in self.raw.rows[mask.to_numpy(dtype=bool)]]
        more = f" and {len(rows) - 8} more" if len(rows) > 8 else ""
        return f"row{'s' if len(rows) > 1 else ''} {', '.join(rows[:8])}{more}"

    def fault(self, rule: str, code: str, column: str, mask: pd.Series | None = None, hint: str = "") -> None:
        """Keep a fault of a column, or one for each row of a mask."""
        rows = [None] if mask is None else [int(row) for row in self.raw.rows[mask.to_numpy(dtype=bool)]]
        for row in rows:
            self.faults.add(rule, code=code, row=row, column=column, hint=hint)


@dataclass(frozen=True, kw_only=True)
class TypedColumn:
    """A column after typing: its values and spec, or the reason why it is no feature.

    Attributes
    ----------
    name : str
    kind : str
        What it was taken for: a kind of ``FeatureSpec``, or ``date``, ``text``, ``identifier``, ``site``, ``empty``.
    values : Series or None, index 0..n_rows-1
    spec : FeatureSpec or None
    note : str
        Why it is left out; empty for a feature.
    findings : tuple of Finding
    """

    name: str
    kind: str
    values: pd.Series | None = None
    spec: FeatureSpec | None = None
    note: str = ""
    findings: tuple[Finding, ...] = field(default=())


def name_form(name: str) -> str:
    """Return a column's name in lower case, words joined by ``_``."""
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name)
    return "_".join(re.findall(r"[a-z0-9]+", spaced.casefold()))


def guess_type(name: str, cells: pd.Series, decimal: Literal[".", ","]) -> Guess:
    """Return what a column is taken for when nobody says.

    Parameters
    ----------
    name : str
    cells : Series of text
        Missing codes already ``<NA>``.
    decimal : {".", ","}
    """
    counts = cells.value_counts()
    if counts.empty:
        return "empty"
    texts = [str(text) for text in counts.index]
    form = name_form(name)
    if _PERSONAL.fullmatch(form):
        return "personal"
    if is_boolean(texts):
        return "boolean"
    shares = counts.to_numpy(dtype=float) / counts.sum()
    numeric = np.array([_like_number(text, decimal) for text in texts])
    if float(shares[numeric].sum()) >= _NUMERIC:
        return _guess_number(form, cells, texts, decimal)
    if float(shares[[date_forms([text]).dates > 0 for text in texts]].sum()) >= _DATED:
        return "date"
    return _guess_text(form, len(texts), int(counts.sum()))


def _like_number(text: str, decimal: Literal[".", ","]) -> bool:
    if read_number(text, decimal) is not None or comma_kind(text) is not None:
        return True
    return why_no_number(text)[0] in ("infinite-value", "detection-limit")


def _guess_number(form: str, cells: pd.Series, texts: Sequence[str], decimal: Literal[".", ","]) -> Guess:
    numbers = [read_number(text, decimal) for text in texts]
    whole = all(number is not None and number.is_integer() for number in numbers)
    if not whole:
        return "number"
    if _SITE.fullmatch(form):
        return "site"
    known = cells.dropna()
    unique = len(texts) == len(known) and len(texts) >= 20
    ascending = unique and [float(text) for text in known] == sorted(float(text) for text in known)
    return "identifier" if unique and (ascending or _ID.fullmatch(form)) else "number"


def _guess_text(form: str, n_levels: int, n_cells: int) -> Guess:
    if n_levels == n_cells >= _FEW and _ID.fullmatch(form):
        return "identifier"
    free = n_levels > MAX_LEVELS or (n_levels > _FEW and n_levels > _FREE * n_cells)
    if _SITE.fullmatch(form) and n_levels > _FEW:
        return "site"
    return "text" if free or (n_levels == n_cells >= _FEW) else "category"


def boolean_column(cells: pd.Series) -> tuple[pd.Series, pd.Series]:
    """Return 0, 1 and missing as Int8, and which cells are neither yes nor no."""
    meanings = {text: boolean_of(text) for text in cells.dropna().unique()}
    values = pd.Series([None if pd.isna(text) else meanings[text] for text in cells], index=cells.index, dtype="Int8")
    return values, values.isna() & cells.notna()


def category_column(
    cells: pd.Series, levels: Sequence[str], *, ordered: bool = False
) -> tuple[pd.Series, tuple[str, ...], pd.Series]:
    """Return a category, its levels, and which cells are none of them; without ``levels`` all that are seen."""
    plain = cells.map(plain_level, na_action="ignore") if not levels else cells
    found = tuple(levels) or tuple(sorted((str(text) for text in plain.dropna().unique()), key=_level_order))
    if levels:
        known = set(levels)
        plain = plain.map(lambda text: text if text in known else plain_level(text), na_action="ignore")
    values = pd.Series(pd.Categorical(plain, categories=list(found), ordered=ordered), index=cells.index)
    return values, found, values.isna() & cells.notna()


def _level_order(text: str) -> tuple[float, str]:
    number = read_number(text)
    return (float("inf") if number is None else number, text)


def feature_dtype(spec: FeatureSpec) -> Any:
    """Return the dtype of a feature's column, as ``FeatureSpec`` says."""
    if spec.kind in ("category", "ordinal"):
        return pd.CategoricalDtype(list(spec.levels), ordered=spec.kind == "ordinal")
    return {"number": pd.Float64Dtype(), "integer": pd.Int64Dtype(), "boolean": pd.Int8Dtype()}[spec.kind]
