"""Records from a folder of OMOP tables: persons and deaths, drug exposures as administrations, measurements as results.

OMOP has one day per measurement, which is taken as the day of collection and of report, and no dose in mg, so that
units are not compared with doses.  Drugs and tests have their names in the folder's ``concept`` table; for a clinical
drug, the part before its strength (``trastuzumab 150 MG Injection`` is trastuzumab).
Source: https://ohdsi.github.io/CommonDataModel/cdm54.html; naming of clinical drugs by RxNorm, SCD and SBD.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from genorx.audit.days import read_days
from genorx.audit.exact import NOT_KNOWN
from genorx.cohort.tables.raw import TEXT
from genorx.errors import Finding
from genorx.interop.omop import read_omop

_STRENGTH = re.compile(r"\s+\d.*|\s*\[.*")
_NAMES = re.compile(r"person\.(csv|tsv|parquet)(\.gz)?", re.IGNORECASE)


def is_omop(folder: Path) -> bool:
    """Return whether a folder holds an OMOP person table."""
    return folder.is_dir() and any(_NAMES.fullmatch(path.name) for path in folder.iterdir())


def read_omop_records(folder: Path) -> tuple[dict[str, pd.DataFrame], tuple[Finding, ...]]:
    """Return tables of records in the form of ``Records``, and findings.

    Raises
    ------
    InputError
        As ``interop.read_omop``.
    """
    found = read_omop(folder)
    people, given, measured = found.patients, found.medications, found.measurements
    tables = {
        "patients": {
            "patient_id": _text(people["patient_id"]),
            "sex": _text(people["sex"].fillna("unknown")),
            "birth": _days(people["birth_date"]),
            "death": _days(people["death_date"]),
            "npi": _unknown(len(people)),
        },
        "administrations": {
            "patient_id": _text(given["patient_id"]),
            "date": _days(given["start"]),
            "drug": _text(given["name"].fillna("").map(ingredient)),
            "npi": _unknown(len(given)),
            "dose": np.full(len(given), NOT_KNOWN, dtype=np.int64),
        },
        "results": {
            "patient_id": _text(measured["patient_id"]),
            "collected": _days(measured["date"]),
            "reported": _days(measured["date"]),
            "test": _text(measured["name"].fillna("").str.casefold()),
            "origin": _unknown(len(measured)),
            "gene": _unknown(len(measured)),
            "result": _text(_results(measured)),
        },
    }
    frames = {name: pd.DataFrame(columns).assign(row=_rows(columns)) for name, columns in tables.items()}
    kept = {name: frame for name, frame in frames.items() if name == "patients" or len(frame)}
    return kept, tuple(found.findings)


def ingredient(drug: str) -> str:
    """Return the ingredient of a clinical drug, in lower case.

    >>> ingredient("Trastuzumab 150 MG Injection [Herceptin]"), ingredient("oxaliplatin")
    ('trastuzumab', 'oxaliplatin')
    """
    return _STRENGTH.sub("", drug).strip().casefold()


def _results(measured: pd.DataFrame) -> pd.Series[Any]:
    numbers = measured["value"].astype(object).map(lambda value: f"{value:g}", na_action="ignore")
    return measured["value_text"].astype(object).where(measured["value_text"].notna(), numbers)


def _text(column: pd.Series[Any]) -> Any:
    return pd.array(column.astype(object).where(column.notna(), "").to_numpy(dtype=object), dtype=TEXT)


def _unknown(length: int) -> Any:
    return pd.array(np.full(length, "", dtype=object), dtype=TEXT)


def _days(column: pd.Series[Any]) -> Any:
    return read_days(column.astype(object).where(column.notna(), ""))[0]


def _rows(columns: dict[str, Any]) -> Any:
    return np.arange(1, len(columns["patient_id"]) + 1, dtype=np.int64)
