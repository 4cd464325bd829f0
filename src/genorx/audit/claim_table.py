"""The table of claims: one row per line, the same columns for every file format, and the checks common to all.

Each format is read by its own module; lines are compared with records by the auditor.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from genorx._core.json_schema import DRAFT, Schema, described, maybe
from genorx.audit.days import read_days
from genorx.audit.exact import MOST
from genorx.cohort.tables.raw import TEXT
from genorx.errors import Finding, TableError, listed_columns, shown

Kind = Literal["text", "integer", "number", "money", "day"]

#: Claim frequencies (NUBC bill type, third digit) of a replacement and of a void.
REPLACEMENT, VOID = "7", "8"
#: States of FHIR claims that are never live.
IN_ERROR = "entered-in-error"
NEVER_LIVE = ("cancelled", IN_ERROR)


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the table of claims."""

    name: str
    kind: Kind
    meaning: str


COLUMNS: tuple[Column, ...] = (
    Column("file", "text", "name of the file, without its folder"),
    Column("format", "text", "csv, 837P, 837I, fhir or rif"),
    Column("claim_id", "text", "the claim's own number"),
    Column("line", "integer", "line number; 0 for a FHIR claim without lines"),
    Column("patient_id", "text", "member or patient number"),
    Column("npi", "text", "provider who rendered the service, otherwise the one who billed it"),
    Column("billing_npi", "text", "provider who billed the service"),
    Column("service_date", "day", "first day of the service"),
    Column("service_end", "day", "last day of the service"),
    Column("code", "text", "HCPCS code, or the site's own"),
    Column("units", "number", "quantity"),
    Column("unit_type", "text", "kind of quantity, as in the file: UN, MJ, ML"),
    Column("modifiers", "text", "upper case, separated by one blank, in the file's order"),
    Column("diagnosis", "text", "ICD-10-CM codes without dot, separated by blanks"),
    Column("frequency", "text", "1 original, 7 replacement, 8 void, others as in the file"),
    Column("original_claim", "text", "number of the claim that is replaced or voided"),
    Column("charge", "money", "amount billed for the line"),
    Column("revenue", "text", "revenue code"),
    Column("ndc", "text", "drug number, as written"),
    Column("place", "text", "place of service"),
    Column("status", "text", "state of a FHIR claim; active elsewhere"),
)
#: Columns without which no line can be judged.
NEEDED = ("claim_id", "line", "patient_id", "npi", "service_date", "code", "units")
NAMES: tuple[str, ...] = tuple(column.name for column in COLUMNS)
_KINDS: dict[str, Kind] = {column.name: column.kind for column in COLUMNS}


def claims_frame(columns: Mapping[str, Any], length: int) -> pd.DataFrame:
    """Build a table of claims from whole columns; absent columns are not known in any row.

    Parameters
    ----------
    columns : mapping of name to array-like of length ``length``, or one value for all rows
        Text without missing values; ``line`` whole numbers; ``units`` and ``charge`` numbers, NaN if not known.
    length : int

    Returns
    -------
    DataFrame
        Columns of ``COLUMNS``: text (empty where not known) for kinds text and day, int64 for ``line``, float64 for
        ``units`` and ``charge``, amounts rounded to the cent.
    """
    made = {column.name: _typed(columns.get(column.name), column.kind, length) for column in COLUMNS}
    return pd.DataFrame(made, copy=False)


def _typed(given: Any, kind: Kind, length: int) -> Any:
    if kind == "integer":
        return np.asarray(given, dtype=np.int64)
    if kind in ("number", "money"):
        values = np.full(length, np.nan) if given is None else np.asarray(given, dtype=np.float64)
        return (np.round(values, 2) if kind == "money" else values) + 0.0  # no negative zero
    if given is None or isinstance(given, str):
        return pd.array(np.full(length, given or "", dtype=object), dtype=TEXT)
    return pd.array(np.asarray(given, dtype=object), dtype=TEXT)


def joined(tables: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Concatenate the tables of several files, by claim and line, whatever the order of the files."""
    whole = tables[0] if len(tables) == 1 else pd.concat(tables, ignore_index=True)
    order = in_order(whole)
    return whole if np.array_equal(order, np.arange(len(whole))) else whole.iloc[order].reset_index(drop=True)


def in_order(claims: pd.DataFrame) -> NDArray[np.int64]:
    """Return the row order by claim and line, claims sorted as text."""
    codes = text_codes(claims["claim_id"])[0]
    return np.lexsort((claims["line"].to_numpy(), codes))


def text_codes(column: pd.Series[Any]) -> tuple[NDArray[np.int64], NDArray[np.object_]]:
    """Return a text column as codes, and its sorted distinct texts."""
    codes, known = pd.factorize(column)
    texts = np.asarray(known, dtype=object)
    order = np.argsort(texts.astype(str), kind="stable") if len(texts) else np.empty(0, dtype=np.int64)
    rank = np.empty(len(texts), dtype=np.int64)
    rank[order] = np.arange(len(texts))
    return rank[codes], texts[order]


def check_lines(claims: pd.DataFrame, paths: Mapping[str, str] | None = None) -> None:
    """Raise an error for duplicate lines, or impossible units or charges.

    Parameters
    ----------
    claims : DataFrame
    paths : mapping of str to str, optional
        Path of each file, by its name without folder, for the error.

    Raises
    ------
    TableError
        ``claim-line-twice``, ``claim-units``, ``claim-charge``; place is claim and line.
    """
    keys = pd.DataFrame({"claim": text_codes(claims["claim_id"])[0], "line": claims["line"].to_numpy()})
    twice = np.flatnonzero(keys.duplicated().to_numpy())
    if twice.size:
        hint = "give each claim its own number, and name files with the same claims only once"
        fault = fault_of(claims, int(twice[0]), "the line occurs twice", code="claim-line-twice", hint=hint)
        file = str(fault.file)
        raise TableError(
            fault.reason, file=(paths or {}).get(file, file), place=fault.place, code=fault.code, hint=hint
        )
    for name, code in (("units", "claim-units"), ("charge", "claim-charge")):
        values = claims[name].to_numpy()
        wrong = np.flatnonzero((values < 0) | (values > MOST))
        if wrong.size:
            value = values[wrong[0]]
            reason = f"{name} {value:g} are below 0" if value < 0 else f"{name} {value:g} are above {MOST:,}"
            raise fault_of(claims, int(wrong[0]), reason, code=code)


def fault_of(claims: pd.DataFrame, position: int, reason: str, *, code: str, hint: str | None = None) -> TableError:
    """Return the error of a line, with its file, claim and line."""
    row = claims.iloc[position]
    return TableError(reason, file=row["file"], place=place_of_line(row["claim_id"], row["line"]), code=code, hint=hint)


def place_of_line(claim: str, line: int | None = None) -> str:
    """Return the place of a claim or line, as errors and findings show it.

    >>> place_of_line("K000123", 1)
    'claim K000123 line 1'
    """
    return f"claim {shown(claim)}" if line is None else f"claim {shown(claim)} line {line}"


def written(claims: pd.DataFrame) -> pd.DataFrame:
    """Return the table in output format: units without needless decimals, amounts with two, empty where not known."""
    units = _number_texts(claims["units"], lambda value: np.format_float_positional(value, trim="-"))
    charge = _number_texts(claims["charge"], lambda value: f"{value:.2f}")
    return claims.assign(units=units, charge=charge)


def _number_texts(numbers: pd.Series[Any], write: Callable[[float], str]) -> Any:
    known, codes = np.unique(numbers.to_numpy(), return_inverse=True)
    texts = np.array(["" if np.isnan(value) else write(value) for value in known], dtype=object)
    return pd.array(texts[codes], dtype=TEXT)


def findings_of(table: pd.DataFrame) -> tuple[Finding, ...]:
    """Return the findings of reading the table."""
    return tuple(table.attrs.get("findings", ()))


def as_claims(table: pd.DataFrame) -> pd.DataFrame:
    """Convert a user's frame to a table of claims: all columns, typed, sorted by claim and line.

    Raises
    ------
    TableError
        ``column-missing``, and as ``check_lines``.
    """
    require_columns(table.columns, NEEDED, file="claims")
    given = {name: _plain(table[name], _KINDS[name]) for name in NAMES if name in table.columns}
    claims = joined([claims_frame({"file": "claims", **given}, len(table))])
    _check_days(claims)
    check_lines(claims)
    claims.attrs = dict(table.attrs)
    return claims


def _check_days(claims: pd.DataFrame) -> None:
    for column in COLUMNS:
        if column.kind == "day":
            wrong = np.flatnonzero(read_days(claims[column.name])[1])
            if wrong.size:
                reason = f"{column.name} is not a date, or no such date exists"
                raise fault_of(claims, int(wrong[0]), reason, code="claim-date", hint="YYYY-MM-DD")


def _plain(column: pd.Series[Any], kind: Kind) -> Any:
    if kind not in ("text", "day"):
        return column.to_numpy(dtype=np.float64 if kind != "integer" else np.int64)
    if kind == "day" and pd.api.types.is_datetime64_any_dtype(column.dtype):
        column = column.dt.strftime("%Y-%m-%d")
    if column.dtype == TEXT and not column.hasnans:
        return column.to_numpy(dtype=object)
    texts = column.astype(object)
    return texts.where(texts.notna(), "").astype(str).to_numpy(dtype=object)


def require_columns(there: Iterable[str], needed: Iterable[str], *, file: str) -> None:
    """Raise an error if a column is missing.

    Raises
    ------
    TableError
        ``column-missing``.
    """
    names = list(there)
    absent = [name for name in needed if name not in names]
    if absent:
        reason = f"there is no column {', '.join(absent)}"
        raise TableError(reason, file=file, hint=listed_columns(names), code="column-missing")


def claims_schema() -> Schema:
    """Return the JSON Schema of a line of the table of claims; a number that is not known is null."""
    types: dict[Kind, Schema] = {
        "text": {"type": "string"},
        "day": {"type": "string", "pattern": "^(\\d{4}-\\d{2}-\\d{2})?$"},
        "integer": {"type": "integer", "minimum": 0},
        "number": maybe({"type": "number", "minimum": 0}),
        "money": maybe({"type": "number", "minimum": 0, "description": "two decimals"}),
    }
    properties = {column.name: described(column.meaning, types[column.kind]) for column in COLUMNS}
    return {
        **DRAFT,
        "title": "Line of a table of claims",
        "type": "object",
        "properties": properties,
        "required": list(NAMES),
        "additionalProperties": False,
    }
