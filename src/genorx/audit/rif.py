"""Lines of a Medicare research file (RIF): pipe-separated cells, a header line, days as ``27-OCT-1999``.

Source: CMS, Chronic Conditions Data Warehouse, record layouts of carrier and outpatient claims; the names are those of
CMS's synthetic Medicare enrolment and claims files.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from genorx.audit.cell_columns import (
    amounts_column,
    days_column,
    decimal_ids,
    diagnoses_of,
    lines_column,
    whole_text,
)
from genorx.audit.cells import DelimitedCells, read_cells
from genorx.audit.claim_table import claims_frame, require_columns
from genorx.audit.days import calendar_day, day_of

_MONTH_NAMES = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_MONTHS = {name: number for number, name in enumerate(_MONTH_NAMES, 1)}
_DAY = re.compile(r"(\d{1,2})-([A-Z]{3})-(\d{4})", re.ASCII)
_TEXT = {
    "claim_id": "CLM_ID",
    "patient_id": "BENE_ID",
    "npi": "PRF_PHYSN_NPI",
    "billing_npi": "CARR_CLM_BLG_NPI_NUM",
    "code": "HCPCS_CD",
    "diagnosis": "LINE_ICD_DGNS_CD",
    "frequency": "CLM_FREQ_CD",
    "ndc": "LINE_NDC_CD",
    "place": "LINE_PLACE_OF_SRVC_CD",
}
_MODIFIERS = ("HCPCS_1ST_MDFR_CD", "HCPCS_2ND_MDFR_CD", "HCPCS_3RD_MDFR_CD", "HCPCS_4TH_MDFR_CD")
_DAYS = {"service_date": "LINE_1ST_EXPNS_DT", "service_end": "LINE_LAST_EXPNS_DT"}
_AMOUNTS = {"units": ("LINE_SRVC_CNT", "claim-units"), "charge": ("LINE_SBMTD_CHRG_AMT", "claim-charge")}
_LINE = "LINE_NUM"
_NEEDED = ("CLM_ID", "LINE_NUM", "BENE_ID", "LINE_1ST_EXPNS_DT", "HCPCS_CD", "LINE_SRVC_CNT")
_CLEAN = {"npi": whole_text, "billing_npi": whole_text, "frequency": whole_text, "diagnosis": diagnoses_of}


def read_rif(data: bytes, path: Path) -> pd.DataFrame:
    """Return the lines of a research file as a table of claims; other columns are ignored.

    Raises
    ------
    TableError
        ``column-missing``, ``claims-format``, ``claim-date``, ``claim-units``, ``claim-charge``, with the row.
    """
    names = (*_TEXT.values(), *_MODIFIERS, *_DAYS.values(), *(name for name, _ in _AMOUNTS.values()), _LINE)
    columns = [name.casefold() for name in names]
    cells = read_cells(data, path, separator="|", requested=columns, code="claims-format", plain=True)
    require_columns([name.upper() for name in (*cells.columns, *cells.unknown)], _NEEDED, file=str(path))
    made: dict[str, Any] = {ours: _text(cells, theirs, ours) for ours, theirs in _TEXT.items()}
    made["frequency"] = np.where(made["frequency"] == "", "1", made["frequency"])
    made["npi"] = np.where(made["npi"] == "", made["billing_npi"], made["npi"])
    made["modifiers"] = _modifiers(cells)
    made |= {ours: _days(cells, theirs) for ours, theirs in _DAYS.items()}
    made |= {ours: _amounts(cells, theirs, code) for ours, (theirs, code) in _AMOUNTS.items()}
    made["line"] = lines_column(cells, _LINE.casefold())
    cells.faults.raise_if_any()
    table = claims_frame({**made, "status": "active", "file": path.name, "format": "rif"}, cells.length)
    numbers = tuple(_TEXT[name].casefold() for name in ("npi", "billing_npi"))
    table.attrs["findings"] = decimal_ids(cells.columns, numbers, path.name)
    return table


def _text(cells: DelimitedCells, name: str, ours: str) -> NDArray[np.object_]:
    found = cells.columns.get(name.casefold())
    return np.full(cells.length, "", dtype=object) if found is None else found.text(_CLEAN.get(ours))


def _modifiers(cells: DelimitedCells) -> NDArray[np.object_]:
    parts = [pd.Series(_text(cells, name, "modifiers")).str.upper() for name in _MODIFIERS]
    whole = parts[0]
    for part in parts[1:]:
        whole = whole + " " + part
    codes, texts = pd.factorize(whole)
    return np.array([" ".join(str(text).split()) for text in texts], dtype=object)[codes]


def _days(cells: DelimitedCells, name: str) -> NDArray[np.object_]:
    if name.casefold() not in cells.columns:
        return np.full(cells.length, "", dtype=object)
    return days_column(cells, name.casefold(), rif_day)


def _amounts(cells: DelimitedCells, name: str, code: str) -> NDArray[np.float64]:
    if name.casefold() not in cells.columns:
        return np.full(cells.length, np.nan)
    return amounts_column(cells, name.casefold(), code=code)


def rif_day(text: str) -> int | None:
    """Parse the day ``27-OCT-1999`` (or ``19991027``); None for any other text.

    >>> rif_day("02-JAN-1970"), rif_day("19700102"), rif_day("30-FEB-2024")
    (1, 1, None)
    """
    found = _DAY.fullmatch(text.upper())
    if found is None:
        return day_of(text)
    return calendar_day(int(found[3]), _MONTHS.get(found[2], 0), int(found[1]))
