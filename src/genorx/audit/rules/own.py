"""User-defined rules: the required interface, and how their results are checked and joined to the shipped ones."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

import numpy as np
import pandas as pd

from genorx.audit.exact import cents
from genorx.audit.facts import Facts
from genorx.audit.records import Records
from genorx.audit.rules import RULES
from genorx.audit.rules.rule import Integers, Rule, Verdict
from genorx.audit.rules.scopes import every_line
from genorx.errors import InputError, UsageError, shown

if TYPE_CHECKING:
    from genorx.audit.case import Case

#: Code of the row of a flagged provider in a table of discrepancies; no rule may have it.
PROVIDER_CODE = "P01"
_COLUMNS = ("claim_id", "line", "amount", "reason")


@runtime_checkable
class LineRule(Protocol):
    """A user-defined rule.

    Attributes
    ----------
    code, title : str
        Code for the column ``rule``, different from those of shipped rules; short description of a flagged line.
    needs : sequence of str
        Tables of records or facts that the rule requires; without them its lines are not assessed.

    Examples
    --------
    >>> class Sunday:
    ...     code, title, needs = "X01", "drug given on a Sunday", ["orders"]
    ...
    ...     def find(self, lines, records, facts):
    ...         days = pd.to_datetime(lines["service_date"]).dt.dayofweek
    ...         rows = lines[(days == 6) & (lines["code"] == "J9271")]
    ...         return rows[["claim_id", "line"]].assign(amount=rows["charge"], reason="billed for a Sunday")
    >>> isinstance(Sunday(), LineRule)
    True
    """

    code: str
    title: str
    needs: Sequence[str]

    def find(self, lines: pd.DataFrame, records: Records, facts: Facts) -> pd.DataFrame:
        """Return the lines that no record supports.

        Parameters
        ----------
        lines : DataFrame
            Live lines, with the columns of the table of claims.
        records : Records
            Records of the patients.
        facts : Facts
            Facts on the codes.

        Returns
        -------
        DataFrame
            ``claim_id, line, amount`` (missing if not known), ``reason``; each line at most once.
        """
        ...


def chosen_rules(rules: str | Iterable[str | LineRule]) -> tuple[Rule, ...]:
    """Return the requested rules, sorted by code.

    Parameters
    ----------
    rules : "all", or codes and user-defined rules in any combination

    Raises
    ------
    UsageError
        ``rule-unknown`` for an unknown code or an object that is not a rule; ``rule-twice`` for a code given twice.
    """
    if isinstance(rules, str):
        if rules == "all":
            return tuple(RULES.values())
        raise UsageError(f"rules {shown(rules)!r} is neither 'all' nor a list", hint='rules=["C01", "C03"]')
    found = [_shipped(each) if isinstance(each, str) else _own(each) for each in rules]
    codes = [rule.number for rule in found]
    twice = next((code for code in codes if codes.count(code) > 1), None)
    if twice is not None:
        raise UsageError(f"rule {shown(twice)} is given twice", code="rule-twice")
    return tuple(sorted(found, key=lambda rule: rule.number))


def _shipped(code: str) -> Rule:
    if code not in RULES:
        raise UsageError(f"there is no rule {shown(code)}", hint=f"rules: {', '.join(RULES)}", code="rule-unknown")
    return RULES[code]


def _own(rule: Any) -> Rule:
    if not isinstance(rule, LineRule):
        hint = "a rule has code, title, needs and find(lines, records, facts)"
        raise UsageError(f"{shown(type(rule).__name__)} is not a rule", hint=hint, code="rule-unknown")
    if rule.code in RULES or rule.code == PROVIDER_CODE:
        raise UsageError(f"rule {shown(rule.code)} is a shipped rule", hint="give it another code", code="rule-twice")
    needs = tuple(rule.needs)
    return Rule(
        number=str(rule.code),
        title=str(rule.title),
        scope=every_line,
        judge=lambda case, at: _found_by(rule, case, at),
        own=needs,
        line_needs=(),
        clears="as required by the author of the rule",
    )


def _found_by(rule: LineRule, case: Case, at: Integers) -> Verdict:
    """Return the verdict of a user's rule, checked to name live lines only, each at most once."""
    where = case.table["at"].to_numpy()[at]
    lines = case.claims.iloc[where].reset_index(drop=True)
    answer = rule.find(lines.copy(), case.records, case.facts)
    found = _positions(rule, answer, lines)
    amount = pd.to_numeric(answer["amount"], errors="coerce").to_numpy(dtype=np.float64)
    reason = answer["reason"].astype(str).to_numpy(dtype=object)
    order = np.argsort(found, kind="stable")
    return Verdict(at=where[found][order], cents=cents(amount)[order], reason=reason[order])


def _positions(rule: LineRule, answer: Any, lines: pd.DataFrame) -> Integers:
    """Return the positions of the lines of an answer among the given lines.

    Raises
    ------
    InputError
        ``rule-answer``.
    """
    if not isinstance(answer, pd.DataFrame) or not set(_COLUMNS) <= set(answer.columns):
        raise _fault(rule, f"its answer lacks one of the columns {', '.join(_COLUMNS)}")
    keys = [pd.MultiIndex.from_arrays([t["claim_id"].astype(object), t["line"].astype(int)]) for t in (lines, answer)]
    found = np.asarray(keys[0].get_indexer(keys[1]), dtype=np.int64)
    if (found < 0).any():
        raise _fault(rule, "its answer names a line that was not given to it")
    if len(np.unique(found)) < len(found):
        raise _fault(rule, "its answer names a line twice")
    return found


def _fault(rule: LineRule, reason: str) -> InputError:
    return InputError(reason, file=f"rule {shown(rule.code)}", code="rule-answer")
