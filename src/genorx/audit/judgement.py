"""Application of all rules to a case: the table of discrepancies, and the lines not assessed, with reasons.

A rule is applied only to lines that it can judge: its tables exist, its facts apply on the day, and the patient has a
record.  Lines that it cannot judge are counted, and never taken as correct.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from genorx._core.progress import track
from genorx.audit.case import Case
from genorx.audit.claim_table import text_codes
from genorx.audit.days import NO_DAY
from genorx.audit.exact import NOT_KNOWN
from genorx.audit.facts import OTHER_DAYS
from genorx.audit.rules import Rule
from genorx.audit.rules.rule import OF_OTHER_DAYS, Integers, LineNeed, Verdict

#: Columns of the table of discrepancies.
COLUMNS = (
    "claim_id",
    "line",
    "rule",
    "npi",
    "severity",
    "amount",
    "reason",
    "patient_id",
    "code",
    "service_date",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class NotAssessed:
    """Lines that a rule could not assess.

    Attributes
    ----------
    at : array of int
        Positions of the lines in the table of claims, each once.
    why : str
        Reason; of several, each with its number of lines.
    """

    at: Integers
    why: str

    def to_dict(self) -> dict[str, int | str]:
        """Return ``lines`` and ``why``."""
        return {"lines": len(self.at), "why": self.why}


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """Results of all rules for a case.

    Attributes
    ----------
    found : DataFrame
        Columns ``COLUMNS``, sorted by claim, line and rule.
    cents : array of int
        Amounts of the rows of ``found``, in cents; ``NOT_KNOWN`` if a line has no charge.
    at : array of int
        Positions of the rows of ``found`` in the table of claims.
    not_assessed : mapping of str to NotAssessed
        Lines not assessed, by the code of the rule.
    """

    found: pd.DataFrame
    cents: Integers
    at: Integers
    not_assessed: Mapping[str, NotAssessed]


def judge(case: Case, rules: Iterable[Rule]) -> Judgement:
    """Apply the rules to the lines of a case."""
    requested = list(rules)
    verdicts = {rule.number: _applied(case, rule) for rule in track(requested, "rules")}
    by_rule = {rule.number: rule for rule in requested}
    found, cents, at = _table(case, by_rule, verdicts)
    gaps = {code: _gap(verdict.unassessed) for code, verdict in sorted(verdicts.items())}
    return Judgement(found=found, cents=cents, at=at, not_assessed={code: gap for code, gap in gaps.items() if gap})


def _applied(case: Case, rule: Rule) -> Verdict:
    where = case.table["at"].to_numpy()
    absent = [name for name in rule.needs if name not in case.records and name not in case.facts]
    if absent:
        facts_there = all(name in case.facts for name in rule.facts)
        scope = rule.scope(case) if facts_there else np.arange(len(where))
        tables = f"there is no table {absent[0]}" if len(absent) == 1 else f"there are no tables {', '.join(absent)}"
        return _nothing({tables: where[scope]})
    at, unassessed = _assessable(case, rule, rule.scope(case))
    verdict = rule.judge(case, at)
    gaps = {why: where[lines] for why, lines in unassessed.items()}
    return Verdict(at=verdict.at, cents=verdict.cents, reason=verdict.reason, unassessed={**gaps, **verdict.unassessed})


def _nothing(unassessed: Mapping[str, Integers]) -> Verdict:
    none = np.zeros(0, dtype=np.int64)
    return Verdict(at=none, cents=none, reason=np.zeros(0, dtype=object), unassessed=unassessed)


def _assessable(case: Case, rule: Rule, at: Integers) -> tuple[Integers, dict[str, Integers]]:
    """Return the lines that a rule can assess, and the others by reason."""
    unassessed: dict[str, Integers] = {}
    for need in rule.line_needs:
        reason, lacking = _lacking(case, need)
        unassessed[reason] = at[lacking[at]]
        at = at[~lacking[at]]
    if rule.fact_key is not None:
        other = case.fact_rows(rule.fact_key) == OTHER_DAYS
        unassessed[OF_OTHER_DAYS] = at[other[at]]
        at = at[~other[at]]
    return at, unassessed


def _lacking(case: Case, need: LineNeed) -> tuple[str, NDArray[np.bool_]]:
    """Describe the data that a line lacks for a rule, and return the judged lines that lack them."""
    lines = case.table
    if need == "day":
        return "the line has no service date", lines["day"].to_numpy() == NO_DAY
    if need == "patient":
        return "the line names no patient", (case.patients == "")[lines["patient"].to_numpy()]
    if need == "provider":
        return "the line names no provider", (case.npis == "")[lines["npi"].to_numpy()]
    return "the patient has no record", ~case.has_record[lines["patient"].to_numpy()]


def _gap(unassessed: Mapping[str, Integers]) -> NotAssessed | None:
    """Merge the lines of all reasons; None if there are none."""
    there = {why: np.unique(lines) for why, lines in unassessed.items() if len(lines)}
    if not there:
        return None
    parts = [f"{why} ({len(lines):,} line{'' if len(lines) == 1 else 's'})" for why, lines in there.items()]
    why = next(iter(there)) if len(there) == 1 else "; ".join(parts)
    return NotAssessed(at=np.unique(np.concatenate(list(there.values()))), why=why)


def _table(
    case: Case, rules: Mapping[str, Rule], verdicts: Mapping[str, Verdict]
) -> tuple[pd.DataFrame, Integers, Integers]:
    """Return the table of discrepancies by claim, line and rule, amounts in cents, and the positions of its lines."""
    codes = list(rules)
    none = np.zeros(0, dtype=np.int64)
    at = np.concatenate([none, *(verdicts[code].at for code in codes)])
    cents = np.concatenate([none, *(verdicts[code].cents for code in codes)])
    reason = np.concatenate([np.zeros(0, dtype=object), *(verdicts[code].reason for code in codes)])
    rule = np.repeat(np.array(codes, dtype=object), [len(verdicts[code].at) for code in codes])
    claims = case.claims.iloc[at]
    order = np.lexsort((rule.astype(str), claims["line"].to_numpy(), text_codes(claims["claim_id"])[0]))
    rows = claims.iloc[order].reset_index(drop=True)
    severity = {code: rules[code].severity for code in codes}
    found = rows.assign(
        line=rows["line"].astype("Int64"),
        rule=rule[order],
        severity=[severity[code] for code in rule[order]],
        amount=amounts(cents[order]),
        reason=reason[order],
    )
    return found[list(COLUMNS)], cents[order], at[order]


def amounts(cents: Integers) -> NDArray[np.float64]:
    """Convert cents to amounts; missing where not known."""
    return np.where(cents == NOT_KNOWN, np.nan, cents / 100)
