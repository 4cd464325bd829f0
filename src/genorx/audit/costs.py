"""Cost of each patient's live claims, as an outcome table with role cost."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from genorx.audit.claim_table import as_claims, text_codes
from genorx.audit.days import FIRST_DAY, LAST_DAY, NO_DAY, day_of, days_of
from genorx.audit.exact import NOT_KNOWN, cents
from genorx.audit.versions import resolve_versions
from genorx.errors import Finding, UsageError, shown


def costs(claims: pd.DataFrame, start: str | date | None = None, end: str | date | None = None) -> pd.DataFrame:
    """Return the amount billed for each patient on lines that were neither replaced nor voided.

    Parameters
    ----------
    claims : DataFrame
        A table of claims.
    start, end : str or date, optional
        First and last day of service that counts, as ISO text or date; by default no limit.  With a limit, lines
        without a day of service are left out and counted in a finding.

    Returns
    -------
    DataFrame
        ``patient_id`` and ``cost``, one row per patient with a live line, sorted by patient.  The cost is missing, not
        zero, if the charge of a line is not known.  ``attrs["findings"]`` is a tuple of Finding.

    Raises
    ------
    UsageError
        If ``start`` or ``end`` is not a date, or ``end`` lies before ``start``.
    TableError
        As ``resolve_versions``.

    Examples
    --------
    >>> import genorx as gx
    >>> made = gx.datasets.make_claims_practice(patients=300)
    >>> costs(made.claims).columns.tolist()
    ['patient_id', 'cost']
    """
    first, last = _bound(start, FIRST_DAY), _bound(end, LAST_DAY)
    if last < first:
        raise UsageError("end lies before start")
    table = as_claims(claims)
    live = resolve_versions(table).live
    days = days_of(table["service_date"])
    bounded = start is not None or end is not None
    dated = (days != NO_DAY) & (days >= first) & (days <= last) if bounded else np.ones(len(table), dtype=bool)
    known = (table["patient_id"] != "").to_numpy(dtype=bool)
    made = _by_patient(table[live & dated & known])
    undated = int((live & known & (days == NO_DAY)).sum()) if bounded else 0
    made.attrs["findings"] = _findings(made, undated, int((live & ~known).sum()))
    return made


def _bound(given: str | date | None, open_end: int) -> int:
    if given is None:
        return open_end
    day = day_of(str(given))
    if day is None:
        raise UsageError(f"{shown(given)} is not a date", hint="YYYY-MM-DD")
    return day


def _by_patient(lines: pd.DataFrame) -> pd.DataFrame:
    codes, patients = text_codes(lines["patient_id"])
    amounts = cents(lines["charge"])
    unknown = np.zeros(len(patients), dtype=bool)
    np.logical_or.at(unknown, codes, amounts == NOT_KNOWN)
    total: NDArray[np.int64] = np.zeros(len(patients), dtype=np.int64)
    np.add.at(total, codes, np.maximum(amounts, 0))
    return pd.DataFrame({"patient_id": patients, "cost": np.where(unknown, np.nan, total / 100)})


def _findings(made: pd.DataFrame, undated: int, nameless: int) -> tuple[Finding, ...]:
    unpriced = int(made["cost"].isna().sum())
    findings = []
    if undated:
        message = f"{undated:,} live lines have no date of service and are left out of the period"
        findings.append(Finding(code="claim-date-missing", severity="warning", message=message))
    if unpriced or nameless:
        message = f"the cost of {unpriced:,} patients is not known: a line has no charge"
        message += f"; {nameless:,} live lines name no patient" if nameless else ""
        findings.append(Finding(code="charge-missing", severity="warning", message=message))
    return tuple(findings)
