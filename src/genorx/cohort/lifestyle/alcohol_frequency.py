"""Frequency and amount of drinking from questionnaire answers, by the midpoint of the stated range.

Understands the answers of AUDIT-C (Bush K et al. 1998, Arch Intern Med 158:1789) and of the NHANES questionnaires.
"""

from __future__ import annotations

import re

from genorx._core.time_units import DAYS_PER_MONTH, DAYS_PER_YEAR

_NEVER = re.compile(r"never|none|no|no alcohol.*|abstain\w*|non[ _-]?drinker|not at all")
_DAILY = re.compile(r"(every day|daily|each day)")
_NEARLY = re.compile(r"(almost|nearly) (every day|daily)")
_PLAIN = {"weekly": 1 / 7, "monthly": 1 / DAYS_PER_MONTH, "yearly": 1 / DAYS_PER_YEAR}
_LESS = {"monthly or less": 1 / DAYS_PER_MONTH, "less than monthly": 1 / DAYS_PER_MONTH, "less than weekly": 1 / 7}
_DAYS = {"day": 1.0, "week": 7.0, "month": DAYS_PER_MONTH, "year": DAYS_PER_YEAR}
_TIMES = re.compile(
    r"(?P<under><|less than|under|up to)?\s*(?P<over>>=?|more than|at least)?\s*(?P<low>\d+)\s*(-|to)?\s*(?P<high>\d+)?"
    r"\s*(?P<more>or more|\+)?\s*(times?|x|days?)?\s*(/|a|per|each|every)\s*(?P<unit>day|week|month|year)"
)
_DRINKS = re.compile(r"(?P<low>\d+)\s*((-|to|or|,\s*\d+\s*(,|or))\s*(?P<high>\d+)|(?P<open>\+|or more))?(\s*drinks?)?")


def times_per_day(words: str) -> float | None:
    """Return the share of days with a drink; None if the answer is not recognised.

    >>> times_per_day("2-3 times/week"), times_per_day("No alcohol last year"), times_per_day("on holidays")
    (0.35714285714285715, 0.0, None)
    """
    text = _plain(words)
    if _NEVER.fullmatch(text):
        return 0.0
    if _NEARLY.fullmatch(text):
        return 6 / 7
    if _DAILY.fullmatch(text):
        return 1.0
    if text in _PLAIN:
        return _PLAIN[text]
    if text in _LESS:
        return _LESS[text] / 2
    match = _TIMES.fullmatch(text)
    return None if match is None else _middle(match)


def drinks_at_a_time(words: str) -> float | None:
    """Return the number of drinks on a drinking day; None if the answer is not recognised.

    An open range counts as its lower end.

    >>> drinks_at_a_time("1 or 2"), drinks_at_a_time("10 or more"), drinks_at_a_time("a few")
    (1.5, 10.0, None)
    """
    match = _DRINKS.fullmatch(_plain(words))
    if match is None:
        return None
    low = float(match["low"])
    high = float(match["high"] or low)
    return (low + high) / 2 if low <= high else None


def _plain(words: str) -> str:
    return " ".join(words.casefold().replace("\u2013", "-").replace("_", " ").split())


def _middle(match: re.Match[str]) -> float | None:
    days, low = _DAYS[match["unit"]], float(match["low"])
    high = float(match["high"] or low)
    if match["under"]:
        low = 0.0
    if match["over"] or match["more"]:
        high = days
    share = (low + high) / 2 / days
    return share if low <= high and share <= 1 else None
