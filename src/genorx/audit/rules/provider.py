"""Rules on the provider number: C12 (invalid number), C13 (excluded on that day).

Source of the check digit: ISO/IEC 7812-1 (Luhn) over 80840 and the number, 45 CFR 162.406.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from genorx.audit.days import LAST_DAY, NO_DAY
from genorx.audit.rules.rule import Integers, Rule, Verdict, flagged
from genorx.audit.rules.scopes import every_line
from genorx.audit.rules.words import dates

if TYPE_CHECKING:
    from genorx.audit.case import Case

#: Contribution of the prefix 80840 to the Luhn sum.
_PREFIX_SUM = 24


def is_provider_number(text: str) -> bool:
    """Return whether a text is ten digits with a valid check digit.

    >>> is_provider_number("1234567893"), is_provider_number("1234567890"), is_provider_number("123456789")
    (True, False, False)
    """
    if len(text) != 10 or not (text.isascii() and text.isdigit()):
        return False
    digits = [int(sign) for sign in text]
    doubled = [2 * digit - 9 * (digit > 4) for digit in digits[-2::-2]]
    return (_PREFIX_SUM + sum(digits[-1::-2]) + sum(doubled)) % 10 == 0


def number_invalid(case: Case, at: Integers) -> Verdict:
    """C12: the provider's number is not ten digits with a valid check digit."""
    wrong = ~np.array([is_provider_number(text) for text in case.npis], dtype=bool)
    found = at[wrong[case.table["npi"].to_numpy()[at]]]
    number = pd.Series(case.npis[case.table["npi"].to_numpy()[found]], dtype=object)
    ten = number.str.fullmatch(r"[0-9]{10}").to_numpy(dtype=bool)
    words = np.where(ten, "the check digit of the provider number is wrong", "the provider number is not ten digits")
    return flagged(case, found, pd.Series(words, dtype=object))


def excluded(case: Case, at: Integers) -> Verdict:
    """C13: the provider is excluded on that day, and not yet reinstated."""
    rows = case.fact("exclusions")
    queries = pd.DataFrame({"at": at, "npi": case.npis[case.table["npi"].to_numpy()[at]].astype(object)})
    queries["day"] = case.table["day"].to_numpy()[at]
    queries = queries[queries["npi"].isin(rows["npi"])]
    pairs = queries.merge(rows, on="npi")
    known = pairs["excluded_from"] != NO_DAY
    until = pairs["reinstated"].where(pairs["reinstated"] != NO_DAY, LAST_DAY)
    inside = known & (pairs["excluded_from"] <= pairs["day"]) & (pairs["day"] < until)
    holds = (pairs["valid_from"] <= pairs["day"]) & (pairs["day"] <= pairs["valid_to"])
    found = pairs[inside & holds].sort_values(["at", "excluded_from"], kind="stable").drop_duplicates("at")
    reinstated = (found["reinstated"] != NO_DAY).to_numpy()
    words = "the provider is excluded from " + dates(found["excluded_from"])
    words += (", reinstated on " + dates(found["reinstated"])).where(reinstated, ", not reinstated")
    other = np.setdiff1d(pairs["at"][~holds], pairs["at"][holds])
    reason = "the facts of the provider apply to other days"
    return flagged(case, found["at"].to_numpy(), words, unassessed={reason: other})


RULES = (
    Rule(
        number="C12",
        title="provider number invalid",
        scope=every_line,
        judge=number_invalid,
        line_needs=("provider",),
        clears="the correct provider number",
    ),
    Rule(
        number="C13",
        title="provider excluded on that day",
        scope=every_line,
        judge=excluded,
        facts=("exclusions",),
        line_needs=("day", "provider"),
        serious=True,
        clears="a letter of reinstatement, or a waiver, that covers the day",
    ),
)
