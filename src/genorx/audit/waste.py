"""Waste in vials by drug, and the savings of rounding doses or sharing vials.

Source of the limit of 5 %: Fahrenbruch R et al. 2018, J Oncol Pract 14:e130 (dose rounding, HOPA recommendations).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from genorx.audit.days import NO_DAY
from genorx.audit.exact import NOT_KNOWN
from genorx.audit.facts import Facts
from genorx.audit.records import Records
from genorx.audit.vials import greatest_totals, least_totals
from genorx.errors import InputError, UsageError

Integers = NDArray[np.int64]


def waste(recs: Records, facts: Facts, rounding: float | None = 0.05, share_vials: bool = True) -> pd.DataFrame:
    """Return the waste left in single-dose vials, and the possible savings, by drug.

    Parameters
    ----------
    recs : Records
        Records with administrations.
    facts : Facts
        Facts with ``drug_codes``; a drug with several codes is drawn from the vials of its first code on that day.
    rounding : float or None, default 0.05
        Share of a dose by which it may be changed to the nearest total of vials; None for no rounding.
    share_vials : bool, default True
        Whether to compute the savings if the doses of a provider's patients on one day share vials.

    Returns
    -------
    DataFrame
        One row per drug with single-dose vials: ``drug``; ``administrations`` with a dose; ``opened_mg``; ``left_mg``
        and ``left_units`` (whole billing units), ``left_mg_each``.  With rounding ``rounded`` (administrations),
        ``rounding_left_mg``; with sharing ``shared`` (administrations drawn with another one), ``sharing_left_mg``; for
        both ``..._saved_mg`` and ``..._saved_units``, the amounts that need not be opened.  Sharing is missing if no
        administration names its provider.

    Raises
    ------
    InputError
        ``table-missing`` without administrations or drug codes.
    """
    if rounding is not None and not 0 < rounding < 1:
        raise UsageError(f"rounding {rounding:g} is not between 0 and 1")
    doses = _doses(recs, facts)
    rows = [_of_drug(str(drug), table, rounding, share_vials) for drug, table in doses.groupby("drug", sort=True)]
    return pd.DataFrame(rows, columns=_columns(rounding, share_vials))


def _columns(rounding: float | None, share_vials: bool) -> list[str]:
    names = ["drug", "administrations", "opened_mg", "left_mg", "left_units", "left_mg_each"]
    for requested, count, name in ((rounding is not None, "rounded", "rounding"), (share_vials, "shared", "sharing")):
        names += [count, *(f"{name}_{what}" for what in ("left_mg", "saved_mg", "saved_units"))] if requested else []
    return names


def _doses(recs: Records, facts: Facts) -> pd.DataFrame:
    """Return the administrations with a dose of drugs in single-dose vials, and the vials of each."""
    given, drugs = recs.table("administrations"), facts.table("drug_codes")
    if given is None or drugs is None:
        absent = "administrations" if given is None else "drug_codes"
        raise InputError(f"there is no table {absent}", code="table-missing")
    vials = drugs[drugs["single_dose"] & (drugs["vials_mg"].map(len) > 0)].sort_values(["code", "valid_from"])
    rows = given[(given["dose"] != NOT_KNOWN) & (given["dose"] > 0) & (given["date"] != NO_DAY)]
    named = vials[["drug", "mg_per_unit", "vials_mg", "valid_from", "valid_to"]]
    found = rows.reset_index(names="given").merge(named, on="drug")
    found = found[(found["valid_from"] <= found["date"]) & (found["date"] <= found["valid_to"])]
    return found.drop_duplicates("given")


def _of_drug(drug: str, rows: pd.DataFrame, rounding: float | None, share_vials: bool) -> dict[str, Any]:
    opened = _opened(rows)
    left, unit = int((opened - rows["dose"]).sum()), int(rows["mg_per_unit"].iloc[0])
    row = {"drug": drug, "administrations": len(rows), "opened_mg": int(opened.sum()) / 1000, "left_mg": left / 1000}
    row |= {"left_units": left // unit, "left_mg_each": left / 1000 / len(rows)}
    if rounding is not None:
        row |= _rounded(rows, opened, rounding, unit)
    if share_vials:
        row |= _shared(rows, opened, unit)
    return row


def _opened(rows: pd.DataFrame, least: bool = True) -> Integers:
    """Return the vial total next to each dose: the least that covers it, or the greatest that it uses up."""
    totals = np.zeros(len(rows), dtype=np.int64)
    next_totals = least_totals if least else greatest_totals
    for at in rows.groupby("vials_mg", sort=False).indices.values():
        totals[at] = next_totals(rows["dose"].to_numpy()[at], rows["vials_mg"].iloc[int(at[0])])
    return totals


def _rounded(rows: pd.DataFrame, opened: Integers, rounding: float, unit: int) -> dict[str, Any]:
    """Return waste and savings if each dose is rounded to the nearest vial total, where that is close enough."""
    dose, below = rows["dose"].to_numpy(), _opened(rows, least=False)
    nearest = np.where(dose - below <= opened - dose, below, opened)
    near = (nearest != dose) & (nearest > 0) & (np.abs(nearest - dose) <= rounding * dose)
    after = np.where(near, nearest, opened)
    left = int(np.where(near, 0, opened - dose).sum())
    saved = int((opened - after).sum())
    saving = {"rounded": int(near.sum()), "rounding_left_mg": left / 1000}
    return {**saving, "rounding_saved_mg": saved / 1000, "rounding_saved_units": saved // unit}


def _shared(rows: pd.DataFrame, opened: Integers, unit: int) -> dict[str, Any]:
    """Return waste and savings if the doses of a provider and day share vials."""
    somewhere = (rows["npi"] != "").to_numpy(bool)
    if not somewhere.any():
        return {"shared": pd.NA, "sharing_left_mg": np.nan, "sharing_saved_mg": np.nan, "sharing_saved_units": pd.NA}
    each = rows[somewhere].assign(opened=opened[somewhere])
    groups = each.groupby(["npi", "date", "vials_mg"], sort=True)
    together = groups.agg(dose=("dose", "sum"), opened=("opened", "sum"), number=("dose", "size")).reset_index()
    saved = int((together["opened"] - _opened(together)).sum())
    left = int((opened - rows["dose"]).sum()) - saved
    saving = {"shared": int(together.loc[together["number"] > 1, "number"].sum()), "sharing_left_mg": left / 1000}
    return {**saving, "sharing_saved_mg": saved / 1000, "sharing_saved_units": saved // unit}
