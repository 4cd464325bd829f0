"""View of one line of a case for its explanation: cells, facts, and the patient's records."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from genorx.audit.case import Case
from genorx.audit.claim_table import place_of_line
from genorx.audit.days import FIRST_DAY, LAST_DAY, NO_DAY, days_of, iso
from genorx.audit.exact import NOT_KNOWN, cents, thousandths
from genorx.errors import UsageError

#: Columns of the table of patients that an explanation never shows.
_PERSONAL = ("birth",)
_OURS = ("row", "file", "patient", "patient_id")
_SHOWN = {"dose": "dose_mg"}
_DAYS = ("date", "collected", "reported", "admitted", "discharged", "death", "excluded_from", "reinstated")
_QUANTITIES = ("mg_per_unit", "max_units")


def line_position(case: Case, claim_id: str, line: int) -> int:
    """Return the position of a line in the table of claims.

    Raises
    ------
    UsageError
        ``line-unknown``.
    """
    claims = case.claims
    at = np.flatnonzero((claims["claim_id"] == str(claim_id)).to_numpy(bool) & (claims["line"].to_numpy() == line))
    if not at.size:
        raise UsageError(f"the claims have no {place_of_line(str(claim_id), line)}", code="line-unknown")
    return int(at[0])


@dataclass(frozen=True, kw_only=True, eq=False)
class LineView:
    """A line at a position of the table of claims, with its facts and records."""

    case: Case
    at: int

    @cached_property
    def row(self) -> pd.Series[Any]:
        """The line's cells."""
        return self.case.claims.iloc[self.at]

    @cached_property
    def day(self) -> int:
        """Service day; ``NO_DAY`` if not known."""
        return int(days_of(self.case.claims["service_date"].iloc[[self.at]])[0])

    @cached_property
    def units(self) -> int:
        """Units in 0.001; ``NOT_KNOWN`` if missing."""
        return int(thousandths([self.row["units"]])[0])

    @cached_property
    def cents(self) -> int:
        """Charge in cents; ``NOT_KNOWN`` if missing."""
        return int(cents([self.row["charge"]])[0])

    @property
    def modifiers(self) -> list[str]:
        """Modifiers of the line."""
        return str(self.row["modifiers"]).split()

    @cached_property
    def judged_at(self) -> int | None:
        """Position among the judged lines; None if the line is not live, or repeats another."""
        found = np.flatnonzero(self.case.table["at"].to_numpy() == self.at)
        return int(found[0]) if found.size else None

    @cached_property
    def held(self) -> int:
        """Day whose administrations a drug line is compared with."""
        lines = self.case.drug_days if "administrations" in self.case.records and self.fact("drug_codes") else None
        if lines is None or self.judged_at is None or self.judged_at not in lines.index:
            return self.day
        held = int(lines["held"].loc[self.judged_at])
        return self.day if held == NO_DAY else held

    def fact(self, table: str) -> dict[str, Any] | None:
        """Return the row of a table of facts that applies to the line's code on its day."""
        if table not in self.case.facts:
            return None
        codes = pd.Series([self.row["code"]], dtype=object)
        at = int(self.case.facts.rows_of(table, [codes], np.array([self.day], dtype=np.int32), columns=["code"])[0])
        row = self.case.fact(table).iloc[max(at, 0)]
        return None if at < 0 else {str(name): row[name] for name in row.index}

    @cached_property
    def patient(self) -> int:
        """Number of the line's patient in the case."""
        return int(np.searchsorted(self.case.patients, str(self.row["patient_id"])))

    def records(self, table: str) -> pd.DataFrame:
        """Return the rows of the line's patient in a table of records; empty if there is no such table."""
        if table not in self.case.records:
            return pd.DataFrame()
        found = self.case.record(table)
        return pd.DataFrame(found[found["patient"].to_numpy() == self.patient])

    def given(self) -> pd.DataFrame:
        """Return the administrations of the line's drug to its patient, by day."""
        drug, rows = self.fact("drug_codes"), self.records("administrations")
        if drug is None or rows.empty:
            return rows.iloc[:0]
        of_drug: pd.DataFrame = rows[(rows["drug"] == drug["drug"]).to_numpy(bool)]
        return of_drug.sort_values(["date", "row"], kind="stable")

    def dose(self) -> int | None:
        """Return the total dose that the line is compared with, in 0.001 mg; None if not known."""
        rows = self.given()
        doses = rows.loc[rows["date"] == self.held, "dose"] if len(rows) else pd.Series(dtype=np.int64)
        return None if doses.empty or (doses == NOT_KNOWN).any() else int(doses.sum())


def described_row(table: str, row: Mapping[Any, Any]) -> dict[str, Any]:
    """Return a row of a table for an explanation: table, row of its file, non-missing cells."""
    names = [str(name) for name in row if name not in (*_PERSONAL, *_OURS) and not str(name).endswith("_key")]
    cells = {_SHOWN.get(name, name): described_cell(name, row[name]) for name in names}
    known = {name: value for name, value in cells.items() if value not in ("", None)}
    return {"table": table, "row": int(row["row"]) if "row" in row else None, "values": known}


def described_cell(name: str, value: Any) -> Any:
    """Return a cell as plain text or number: days as ISO texts, quantities of 0.001 as numbers, missing as None."""
    if name in (*_DAYS, "valid_from", "valid_to"):
        return "" if int(value) in (NO_DAY, FIRST_DAY, LAST_DAY) else iso(int(value))
    if name == "dose":
        return None if int(value) == NOT_KNOWN else int(value) / 1000
    if name in _QUANTITIES:
        return int(value) / 1000
    if name == "vials_mg":
        return " ".join(f"{size / 1000:g}" for size in value)
    if isinstance(value, float) and np.isnan(value):
        return None
    return value.item() if isinstance(value, np.generic) else value
