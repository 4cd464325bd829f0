"""Rules on limits and pairs of codes: C14 (units above the limit), C15 (a pair that is not payable together)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from genorx.audit.exact import NOT_KNOWN
from genorx.audit.facts import OTHER_DAYS
from genorx.audit.rules.rule import OF_OTHER_DAYS, Integers, Rule, Verdict, flagged, part_of
from genorx.audit.rules.running import beyond
from genorx.audit.rules.words import decimals

if TYPE_CHECKING:
    from genorx.audit.case import Case

#: Modifiers of separate services (NCCI Policy Manual, chapter I, section E).
APART = frozenset({"59", "XE", "XS", "XP", "XU"})


def above_limit(case: Case, at: Integers) -> Verdict:
    """C14: the units of a patient, provider, code and day, or of the line alone, exceed the limit.

    If a code has both limits, the one with the larger excess counts.
    """
    other = limits_of_other_days(case)[at]
    unassessed = {OF_OTHER_DAYS: at[other]}
    at = at[~other]
    units = case.table["units"].to_numpy()[at]
    known = at[units != NOT_KNOWN]
    over = pd.concat([_above(case, known, "day", "per day"), _above(case, known, "line", "on a line")])
    found = over.sort_values(["at", "excess"], ascending=[True, False], kind="stable").drop_duplicates("at")
    words = decimals(found["run"]) + " units billed, at most " + decimals(found["allowed"])
    words += " " + pd.Series(found["per"].to_numpy(), dtype=object)
    where = found["at"].to_numpy()
    whole = case.table["units"].to_numpy()[where]
    cents = part_of(case.table["cents"].to_numpy()[where], found["excess"].to_numpy(), whole)
    unassessed["the units are not known"] = at[units == NOT_KNOWN]
    return flagged(case, where, words, cents=cents, unassessed=unassessed)


def limits_of_other_days(case: Case) -> NDArray[np.bool_]:
    """Return, for each judged line, whether its code has limits for other days only."""
    of_day, of_line = case.limit_rows("day"), case.limit_rows("line")
    return np.asarray((of_day < 0) & (of_line < 0) & ((of_day == OTHER_DAYS) | (of_line == OTHER_DAYS)))


def _above(case: Case, at: Integers, per: str, word: str) -> pd.DataFrame:
    """Return the lines above the limits of one kind: ``at``, ``run``, ``allowed``, ``excess``, ``per``."""
    rows = case.limit_rows(per)[at]
    at, rows = at[rows >= 0], rows[rows >= 0]
    lines = case.table[["patient", "npi", "code", "day", "units"]].take(at)
    lines["line"] = at if per == "line" else 0
    allowed = case.fact("limits")["max_units"].to_numpy()[rows]
    run, over = beyond(lines, list(lines.columns.drop("units")), allowed)
    columns = {"at": at[over.at], "run": run[over.at], "allowed": allowed[over.at], "excess": over.excess}
    return pd.DataFrame(columns).assign(per=word)


def not_together(case: Case, at: Integers) -> Verdict:
    """C15: the second code of a pair, with the first by that provider for that patient on that day."""
    pairs = case.fact("pairs")
    found = _same_day(case, at, pairs).merge(pairs, on=["column1", "column2"])
    holds = (found["valid_from"] <= found["day"]) & (found["day"] <= found["valid_to"])
    apart = found["modifier_allowed"].to_numpy(dtype=bool) & (found["apart1"] | found["apart2"]).to_numpy()
    wrong = found[holds.to_numpy() & ~apart].sort_values(["at", "column1"], kind="stable").drop_duplicates("at")
    words = wrong["column2"] + " is not payable with " + wrong["column1"] + " by the same provider on the same day"
    allowed = wrong["modifier_allowed"].to_numpy(dtype=bool)
    words += np.where(allowed, ", without a modifier of separate services", ", whatever the modifier")
    reason = "the facts of the pair apply to other days"
    other = np.setdiff1d(found["at"][~holds.to_numpy()], found["at"][holds.to_numpy()])
    return flagged(case, wrong["at"].to_numpy(), words, unassessed={reason: other})


def _same_day(case: Case, at: Integers, pairs: pd.DataFrame) -> pd.DataFrame:
    """Return the lines of second codes, each with every line of the first code of that patient, provider and day."""
    codes = case.codes.astype(str)
    first = np.flatnonzero(np.isin(codes, pairs["column1"].to_numpy(dtype=str))[case.table["code"].to_numpy()])
    apart = np.array([bool(APART.intersection(text.split())) for text in case.modifiers], dtype=bool)
    key = ["patient", "npi", "day"]

    def side(which: Integers, number: int) -> pd.DataFrame:
        lines = case.table[[*key, "code", "modifiers"]].take(which)
        named = pd.DataFrame({name: lines[name].to_numpy() for name in key})
        named[f"column{number}"] = codes[lines["code"].to_numpy()].astype(object)
        named[f"apart{number}"] = apart[lines["modifiers"].to_numpy()]
        return named.assign(at=which) if number == 2 else named.drop_duplicates()

    return side(at, 2).merge(side(first, 1), on=key)


def pair_lines(case: Case) -> Integers:
    """Return the lines whose code is the second of a pair."""
    known = np.isin(case.codes.astype(str), case.fact("pairs")["column2"].to_numpy(dtype=str))
    return np.flatnonzero(known[case.table["code"].to_numpy()])


def limit_lines(case: Case) -> Integers:
    """Return the lines whose code has a limit."""
    known = np.isin(case.codes.astype(str), case.fact("limits")["code"].to_numpy(dtype=str))
    return np.flatnonzero(known[case.table["code"].to_numpy()])


RULES = (
    Rule(
        number="C14",
        title="units above the daily limit",
        scope=limit_lines,
        judge=above_limit,
        facts=("limits",),
        line_needs=("day", "patient", "provider"),
        clears="a record of why more was needed, or corrected units",
    ),
    Rule(
        number="C15",
        title="pair not payable together",
        scope=pair_lines,
        judge=not_together,
        facts=("pairs",),
        line_needs=("day", "patient", "provider"),
        clears="a record that the services were separate, and the modifier for it",
    ),
)
