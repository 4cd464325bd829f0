"""Rules on laboratory tests: C06 (a once-in-a-lifetime test, repeated), C08 (no result), C09 (a panel, no drug)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from genorx.audit.days import NO_DAY
from genorx.audit.rules.rule import Integers, Rule, Verdict, flagged
from genorx.audit.rules.scopes import once_lines, panel_lines, test_lines
from genorx.audit.rules.words import dates

if TYPE_CHECKING:
    from genorx.audit.case import Case

#: Days before or after a billed test within which its result must have been collected.
RESULT_DAYS = 14
#: Days before or after a pharmacogene panel within which a drug that it informs must be ordered or given.
PANEL_DAYS = 180


def test_repeated(case: Case, at: Integers) -> Verdict:
    """C06: any line of a once-in-a-lifetime test after the patient's first, by day, claim and line."""
    lines = case.table[["patient", "code", "day"]].take(at)
    lines.index = pd.Index(at)
    ordered = lines.sort_values("day", kind="stable")  # positions are already in the order of claim and line
    by_test = ordered.groupby(["patient", "code"], sort=False)
    later = ordered[by_test.cumcount().to_numpy() > 0].sort_index()
    first = by_test["day"].transform("first").loc[later.index]
    test = _tests(case, later.index.to_numpy())
    words = test + ": one result is valid for life, and the patient's first line is of " + dates(first)
    return flagged(case, later.index.to_numpy(), words)


def no_result(case: Case, at: Integers) -> Verdict:
    """C08: no result of the test, of any value, collected within 14 days before or after."""
    results = case.record("results")
    queries = pd.DataFrame(
        {"at": at, "patient": case.table["patient"].to_numpy()[at], "test": _tests(case, at).to_numpy()}
    )
    queries["day"] = case.table["day"].to_numpy()[at]
    there = results.loc[results["collected"] != NO_DAY, ["patient", "test", "collected"]]
    alone = _without(queries, there.rename(columns={"collected": "found"}), RESULT_DAYS, by=["patient", "test"])
    words = "no result of the " + _tests(case, alone) + " collected within 14 days of "
    return flagged(case, alone, words + dates(case.table["day"].to_numpy()[alone]))


def panel_without_drug(case: Case, at: Integers) -> Verdict:
    """C09: no drug that a pharmacogene panel informs is ordered or given within 180 days before or after."""
    drugs = case.fact("pgx_drugs")
    rows = pd.concat([case.record(name)[["patient", "date", "drug"]] for name in ("orders", "administrations")])
    rows = rows[rows["date"] != NO_DAY].merge(drugs[["drug", "valid_from", "valid_to"]], on="drug")
    queries = pd.DataFrame({"at": at, "patient": case.table["patient"].to_numpy()[at]})
    queries["day"] = case.table["day"].to_numpy()[at]
    alone = _without(queries, rows.rename(columns={"date": "found"}), PANEL_DAYS, by=["patient"])
    words = "no drug that a pharmacogene panel informs ordered or given within 180 days of "
    return flagged(case, alone, words + dates(case.table["day"].to_numpy()[alone]))


def _without(queries: pd.DataFrame, there: pd.DataFrame, days: int, *, by: list[str]) -> Integers:
    """Return ``at`` of lines without a matching record within the window, by facts that apply on the line's day."""
    pairs = queries.merge(there, on=by)
    near = (pairs["day"] - pairs["found"]).abs() <= days
    if "valid_from" in pairs:
        near &= (pairs["valid_from"] <= pairs["day"]) & (pairs["day"] <= pairs["valid_to"])
    return np.setdiff1d(queries["at"].to_numpy(), pairs["at"].to_numpy()[near.to_numpy()])


def _tests(case: Case, at: Integers) -> pd.Series:
    """Return the test of each line."""
    names = case.fact("test_codes")["test"].to_numpy(dtype=object)
    return pd.Series(names[case.fact_rows("test_codes")[at]], dtype=object)


RULES = (
    Rule(
        number="C06",
        title="germline test repeated",
        scope=once_lines,
        judge=test_repeated,
        facts=("test_codes",),
        fact_key="test_codes",
        line_needs=("day", "patient"),
        clears="a recorded reason why the first result could not be used, such as a failed sample",
    ),
    Rule(
        number="C08",
        title="test without a result",
        scope=test_lines,
        judge=no_result,
        records=("patients", "results"),
        facts=("test_codes",),
        fact_key="test_codes",
        line_needs=("day", "record"),
        clears="the laboratory's report, or that the test failed",
    ),
    Rule(
        number="C09",
        title="pharmacogene panel without a drug that it informs",
        scope=panel_lines,
        judge=panel_without_drug,
        records=("patients", "orders", "administrations"),
        facts=("test_codes", "pgx_drugs"),
        fact_key="test_codes",
        line_needs=("day", "record"),
        clears="an order, or a recorded plan, of a drug whose dose or choice the panel informs",
    ),
)
