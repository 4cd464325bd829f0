"""The last result of a gene reported by the day of each line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from genorx.audit.days import NO_DAY
from genorx.audit.rules.rule import Integers

if TYPE_CHECKING:
    from genorx.audit.case import Case


def last_reported(case: Case, at: Integers, genes: Any, results: pd.DataFrame) -> pd.DataFrame:
    """Return, for each line, the last result reported by its day.

    Parameters
    ----------
    case : Case
    at : array of int, shape (n,)
        Positions among the judged lines.
    genes : array of str, shape (n,)
        Gene of each line, in the form of ``gene_key``.
    results : DataFrame
        Rows of the table of results; empty results do not count.

    Returns
    -------
    DataFrame, n rows
        ``at, gene, result, result_key, reported``, and ``different``: number of distinct results reported on that day;
        missing if there is none.
    """
    queries = pd.DataFrame({"at": at, "patient": case.table["patient"].to_numpy()[at]})
    queries["gene_key"] = pd.Series(np.asarray(genes, dtype=object), dtype=object)
    queries["day"] = case.table["day"].to_numpy()[at].astype(np.int64)
    days = _by_day(results).astype({"patient": queries["patient"].dtype, "gene_key": object})  # one type, also if empty
    found = pd.merge_asof(
        queries.sort_values("day", kind="stable"),
        days.sort_values("day", kind="stable"),
        on="day",
        by=["patient", "gene_key"],
    )
    return found.sort_values("at", kind="stable", ignore_index=True)


def _by_day(results: pd.DataFrame) -> pd.DataFrame:
    """Return the results of each patient and gene on each day, and the number of distinct results."""
    known = (results["result_key"] != "") & (results["gene_key"] != "") & (results["reported"] != NO_DAY)
    ordered = results[known].sort_values(["result_key", "result", "gene"], kind="stable")
    by_day = ordered.groupby(["patient", "gene_key", "reported"], sort=False)
    first = by_day[["gene", "result", "result_key"]].first()
    days = first.assign(different=by_day["result_key"].nunique()).reset_index()
    return days.assign(day=days["reported"].astype(np.int64))
