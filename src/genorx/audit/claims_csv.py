"""Claims in a CSV file whose columns are those of the table of claims."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from genorx.audit.cell_columns import (
    amounts_column,
    days_column,
    decimal_ids,
    diagnoses_of,
    lines_column,
    modifiers_of,
    whole_text,
)
from genorx.audit.cells import DelimitedCells, read_cells
from genorx.audit.claim_table import COLUMNS, NAMES, NEEDED, claims_frame, require_columns
from genorx.errors import Finding

_FORMAT = "claims-format"
_READ = tuple(name for name in NAMES if name not in ("file", "format"))


def read_csv_claims(data: bytes, path: Path) -> pd.DataFrame:
    """Return the lines of a CSV file as a table of claims.

    Raises
    ------
    TableError
        ``column-missing``, ``claims-format``, ``claim-date``, ``claim-units``, ``claim-charge``, with the row.
    """
    cells = read_cells(data, path, separator=",", requested=_READ, code=_FORMAT)
    require_columns((*cells.columns, *cells.unknown), NEEDED, file=str(path))
    made = {column.name: _column(cells, column.name, column.kind) for column in COLUMNS if column.name in cells.columns}
    cells.faults.raise_if_any()
    made.setdefault("status", "active")
    if "billing_npi" in made:
        made["npi"] = np.where(made["npi"] == "", made["billing_npi"], made["npi"])
    table = claims_frame({**made, "file": path.name, "format": "csv"}, cells.length)
    table.attrs["findings"] = _findings(cells)
    return table


def _column(cells: DelimitedCells, name: str, kind: str) -> Any:
    found = cells.columns[name]
    if kind == "day":
        return days_column(cells, name)
    if kind in ("number", "money"):
        return amounts_column(cells, name, code="claim-units" if name == "units" else "claim-charge")
    if kind == "integer":
        return lines_column(cells, name)
    if name == "claim_id":
        texts = found.text()
        cells.refuse(texts == "", name, "empty", code=_FORMAT)
        return texts
    return found.text(_CLEAN.get(name))


_CLEAN = {
    "npi": whole_text,
    "billing_npi": whole_text,
    "frequency": whole_text,
    "modifiers": modifiers_of,
    "diagnosis": diagnoses_of,
}


def _findings(cells: DelimitedCells) -> tuple[Finding, ...]:
    names = [name for name in cells.unknown if name not in ("file", "format")]
    findings = decimal_ids(cells.columns, ("npi", "billing_npi"), cells.path.name)
    if not names:
        return findings
    message = f"{len(names)} columns do not belong to a table of claims and were left out"
    return (*findings, Finding(code="column-left-out", severity="info", message=message, place=cells.path.name))
