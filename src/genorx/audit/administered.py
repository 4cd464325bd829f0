"""Drug lines and recorded doses: the administration day each line is compared with, and the dose given on it.

The rules on doses are in ``rules.doses``; units and vials in ``vials``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from genorx.audit.days import NO_DAY
from genorx.audit.exact import NOT_KNOWN
from genorx.audit.vials import least_totals

if TYPE_CHECKING:
    from genorx.audit.case import Case

Integers = NDArray[np.int64]
#: Ratio of a drug's median dose to the amount billed, or the inverse, above which the unit of the dose is in doubt.
SUSPECT = 100


def drug_days(case: Case) -> pd.DataFrame:
    """Return the drug lines whose facts apply, with the recorded dose that each is compared with.

    Parameters
    ----------
    case : Case

    Returns
    -------
    DataFrame
        One row per line, indexed by its position among the judged lines, in order: ``patient, code, day, units, cents,
        jw`` of the line, ``fact`` (row of ``drug_codes``), ``drug`` (number of its name), ``unit`` (0.001 mg),
        ``single`` (single-dose vials), ``held`` (day of the administrations; ``NO_DAY`` where there is none), ``dose``
        (their sum in 0.001 mg; ``NOT_KNOWN`` where one has no dose).
    """
    rows = case.fact_rows("drug_codes")
    at = np.flatnonzero(rows >= 0)
    facts = case.fact("drug_codes")
    names, drugs = np.unique(facts["drug"].to_numpy(dtype=str), return_inverse=True)
    fact = rows[at]
    lines = case.table[["patient", "code", "day", "units", "cents", "jw"]].take(at)
    lines.index = pd.Index(at)
    lines["fact"] = fact
    lines["drug"] = drugs[fact]
    lines["unit"] = facts["mg_per_unit"].to_numpy()[fact]
    lines["single"] = facts["single_dose"].to_numpy()[fact]
    given = _given(case, names)
    lines["held"] = _held_days(lines, given, case.tolerance_days)
    doses = given.set_index("key")["dose"]
    found = doses.index.get_indexer(pd.Index(_key(lines, lines["held"], len(names))))
    lines["dose"] = np.where(found >= 0, doses.to_numpy()[found] if len(doses) else NOT_KNOWN, NOT_KNOWN)
    lines.loc[found < 0, "held"] = NO_DAY
    return lines


def _given(case: Case, names: NDArray[np.str_]) -> pd.DataFrame:
    """Return patient, drug, day and total dose of each day with an administration."""
    record = case.record("administrations")
    drug = pd.Index(names).get_indexer(pd.Index(record["drug"].to_numpy(dtype=object)))
    rows = pd.DataFrame(
        {
            "patient": record["patient"].to_numpy(),
            "drug": drug,
            "day": record["date"].to_numpy(),
            "dose": record["dose"],
        }
    )
    rows = rows[(drug >= 0) & (rows["day"].to_numpy() != NO_DAY)]
    rows["key"] = _key(rows, rows["day"], len(names))
    rows["unknown"] = rows["dose"] == NOT_KNOWN
    days = rows.groupby("key", sort=True).agg(
        patient=("patient", "first"),
        drug=("drug", "first"),
        day=("day", "first"),
        dose=("dose", "sum"),
        unknown=("unknown", "any"),
    )
    days["dose"] = days["dose"].where(~days.pop("unknown"), NOT_KNOWN)
    days["key"] = days.index
    return pd.DataFrame(days)


def _key(rows: pd.DataFrame, days: pd.Series[int], drugs: int) -> Integers:
    """Encode patient, drug and day as one integer."""
    person = rows["patient"].to_numpy(dtype=np.int64) * max(drugs, 1) + rows["drug"].to_numpy(dtype=np.int64)
    key: Integers = person * 2**32 + days.to_numpy(dtype=np.int64)
    return key


def _held_days(lines: pd.DataFrame, given: pd.DataFrame, tolerance: int) -> pd.Series[int]:
    """Return the administration day a line is compared with: its own, or the nearest within the tolerance.

    A day with lines of its own supports those alone.
    """
    if not tolerance or given.empty or lines.empty:
        return lines["day"]
    drugs = int(max(lines["drug"].max(), given["drug"].max())) + 1
    own = _key(lines, lines["day"], drugs)
    there = _key(given, given["day"], drugs)
    free = given[~np.isin(there, own)]
    alone = ~np.isin(own, there) & (lines["day"].to_numpy() != NO_DAY)
    queries = lines.loc[alone, ["patient", "drug", "day"]].astype(np.int64).reset_index(names="at").sort_values("day")
    offered = free[["patient", "drug", "day"]].astype(np.int64).assign(near=free["day"].astype(np.int64))
    found = pd.merge_asof(
        queries,
        offered.sort_values("day"),
        on="day",
        by=["patient", "drug"],
        direction="nearest",
        tolerance=tolerance,
    ).dropna(subset=["near"])
    held = lines["day"].copy()
    held.loc[found["at"].to_numpy()] = found["near"].to_numpy(dtype=np.int32)
    return held


def vial_totals(case: Case, lines: pd.DataFrame) -> Integers:
    """Return the least vial total, in 0.001 mg, that covers each line's dose; ``NOT_KNOWN`` without vial sizes.

    Parameters
    ----------
    case : Case
    lines : DataFrame
        Columns ``fact`` and ``dose`` (known) of ``drug_days``.
    """
    pairs = pd.DataFrame({"fact": lines["fact"].to_numpy(), "dose": lines["dose"].to_numpy()}).drop_duplicates()
    pairs["total"] = NOT_KNOWN
    for _, rows in pairs.groupby("fact"):
        sizes = case.fact("drug_codes")["vials_mg"].iloc[int(rows["fact"].iloc[0])]
        if sizes:
            pairs.loc[rows.index, "total"] = least_totals(rows["dose"].to_numpy(), sizes)
    return lines[["fact", "dose"]].merge(pairs, how="left", on=["fact", "dose"])["total"].to_numpy(dtype=np.int64)


def doubtful_drugs(lines: pd.DataFrame) -> NDArray[np.int64]:
    """Return the drugs whose median recorded dose is 100 times off the median amount billed.

    One unit billed for a dose far below it does not point to another unit of mass: units are rounded up.
    """
    known = lines[(lines["held"] != NO_DAY) & (lines["dose"] > 0) & (lines["units"] > 0) & ~lines["jw"]]
    by_drug = known.assign(billed=known["units"] / 1000 * known["unit"]).groupby("drug")
    middle = by_drug[["dose", "billed", "units"]].median()
    above = middle["dose"] >= SUSPECT * middle["billed"]
    below = (middle["billed"] >= SUSPECT * middle["dose"]) & (middle["units"] > 1000)
    return middle.index[above | below].to_numpy(dtype=np.int64)
