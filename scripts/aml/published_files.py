"""The five data files that Gerstung M et al. 2017 (Nat Genet 49:332) published, as tables of text.

They are in ``data/`` of the repository gerstung-lab/AML-multistage: ``AMLSG_Clinical_Anon.RData``,
``AMLSG_Genetic.txt``, ``AMLSG_FLT3ITD.txt``, ``AMLSG_Karyotypes.txt``, ``AMLSG_Classification.txt``.  The clinical
table may also be a file with tabs of the same columns, ``AMLSG_Clinical_Anon.tsv``; R's own format needs pyreadr.
"""

from __future__ import annotations

import hashlib
import io
from pathlib import Path
from typing import Any

import pandas as pd

SPLIT_SALT = "aml-knowledge-bank-v1:"
OPEN_FRACTION = 0.70
CLINICAL_RDATA = "AMLSG_Clinical_Anon.RData"
CLINICAL_TSV = "AMLSG_Clinical_Anon.tsv"


def read_table(folder: Path, name: str) -> pd.DataFrame:
    """Return a file with tabs as text; CR, LF and CRLF end its lines."""
    text = (folder / name).read_bytes().decode("utf-8", "replace").replace("\r\n", "\n").replace("\r", "\n")
    frame = pd.read_csv(io.StringIO(text), sep="\t", dtype=str, keep_default_na=False, skip_blank_lines=True)
    return frame.apply(lambda column: column.str.strip())


def read_clinical(folder: Path) -> pd.DataFrame:
    """Return the clinical table as text ('' is missing), one row a patient, by identifier."""
    if (folder / CLINICAL_RDATA).exists():
        import pyreadr  # noqa: PLC0415  # for R's own format alone

        frame = pyreadr.read_r(str(folder / CLINICAL_RDATA))["clinicalData"].apply(_column_to_text)
    else:
        frame = read_table(folder, CLINICAL_TSV)
    return frame.sort_values("PDID").reset_index(drop=True)


def _column_to_text(column: pd.Series[Any]) -> pd.Series[Any]:
    return column.astype(object).map(_cell_to_text)


def _cell_to_text(value: Any) -> str:
    """Return one cell, whole numbers without a decimal point."""
    if value is None or pd.isna(value):
        return ""
    if isinstance(value, bool):
        return str(int(value))
    found = number(str(value))
    if found is None:
        return "" if str(value) in {"nan", "NA", "None"} else str(value)
    # R stored some columns in single precision: 8.899999619 means 8.9
    return str(int(found)) if found == int(found) else format(round(found, 5), "g")


def in_subset(pdid: str, subset: str) -> bool:
    """Return whether a patient is of the subset ``open`` or ``all``, by the identifier alone."""
    digest = hashlib.sha256((SPLIT_SALT + pdid).encode()).hexdigest()
    return subset == "all" or int(digest[:8], 16) / 2.0**32 < OPEN_FRACTION


def number(text: str) -> float | None:
    """Return the number in a cell, or None."""
    try:
        return float(text.replace(",", ""))
    except ValueError:
        return None


def integer(text: str) -> int | None:
    """Return the whole number in a cell (thousands may have their separators), or None."""
    value = number(text)
    return None if value is None else int(value)
