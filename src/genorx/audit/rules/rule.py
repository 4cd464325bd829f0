"""The interface of a rule: the tables it needs, the lines it looks at, and its verdict on them.

The shipped rules are in the other modules of this folder; user-defined rules in ``own``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from genorx.audit.exact import NOT_KNOWN
from genorx.errors import Severity

if TYPE_CHECKING:
    from genorx.audit.case import Case

Integers = NDArray[np.int64]
#: Reason why a line is not assessed whose code has facts, but none for its day.
OF_OTHER_DAYS = "the facts of the code apply to other days"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Result of a rule: lines that no record supports, and lines that it cannot assess.

    Attributes
    ----------
    at : array of int
        Positions of the flagged lines in the table of claims.
    cents : array of int
        Amount at stake of each flagged line, in cents.
    reason : array of str
        Reason for each flagged line, in words with the numbers used.
    unassessed : mapping of str to array of int
        Positions, in the table of claims, of lines in the scope of the rule that it cannot judge, by reason.
    """

    at: Integers
    cents: Integers
    reason: NDArray[np.object_]
    unassessed: Mapping[str, Integers] = field(default_factory=dict)


LineNeed = Literal["day", "patient", "provider", "record"]
#: Function from a case and positions among the judged lines to the verdict on them.
Judge = Callable[["Case", Integers], Verdict]
#: Function from a case to the positions of the lines that a rule examines.
Scope = Callable[["Case"], Integers]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A rule on lines.

    Attributes
    ----------
    number, title : str
        Code, such as ``C03``, or that of a user-defined rule; short description of a flagged line.
    scope : callable
        Returns the lines that the rule examines, by the facts.
    judge : callable
        Returns the verdict on them.
    records, facts : tuple of str
        Tables that the rule requires.
    own : tuple of str
        Tables that a user-defined rule requires, whether of records or facts.
    fact_key : str, optional
        Table of facts with a row that must apply on the day of a line; otherwise the line is not assessed.
    line_needs : tuple of {"day", "patient", "provider", "record"}
        Data that a line needs to be assessed: a service date, a patient, a provider, a patient with a record.
    serious : bool
    clears : str
        What would settle a finding of the rule.
    """

    number: str
    title: str
    scope: Scope
    judge: Judge
    clears: str
    records: tuple[str, ...] = ()
    facts: tuple[str, ...] = ()
    own: tuple[str, ...] = ()
    fact_key: str | None = None
    line_needs: tuple[LineNeed, ...] = ("day",)
    serious: bool = False

    @property
    def severity(self) -> Severity:
        """Severity of a finding of this rule."""
        return "serious" if self.serious else "warning"

    @property
    def needs(self) -> tuple[str, ...]:
        """Tables of records and facts that the rule requires."""
        return (*self.records, *self.facts, *self.own)


def flagged(
    case: Case,
    at: Integers,
    reason: pd.Series[Any],
    *,
    cents: Integers | None = None,
    unassessed: Mapping[str, Integers] | None = None,
) -> Verdict:
    """Return a verdict on judged lines; by default the amount is the charge of the line.

    Parameters
    ----------
    case : Case
    at : array of int
        Positions among the judged lines.
    reason : Series of str
        Reason for each line of ``at``.
    cents : array of int, optional
        Amount at stake of each line, in cents; by default its charge.
    unassessed : mapping of str to array of int, optional
        Lines that cannot be assessed: positions among the judged lines, by reason.
    """
    where = case.table["at"].to_numpy()
    charge = case.table["cents"].to_numpy()[at] if cents is None else cents
    return Verdict(
        at=where[at],
        cents=np.asarray(charge, dtype=np.int64),
        reason=reason.to_numpy(dtype=object),
        unassessed={why: where[lines] for why, lines in (unassessed or {}).items()},
    )


def part_of(cents: Integers, part: Integers, whole: Integers) -> Integers:
    """Return ``cents * part / whole`` to the nearest cent, halves up; ``NOT_KNOWN`` where cents are not known.

    >>> part_of(np.array([328600]), np.array([10]), np.array([53])).tolist()
    [62000]
    """
    top = int(cents.max(initial=0)) * int(part.max(initial=0))
    exact = np.int64 if top < 2**61 else object
    given, taken, of = (each.astype(exact) for each in (cents, part, whole))
    exactly = np.asarray((2 * given * taken + of) // (2 * of), dtype=np.int64)
    return np.where(cents == NOT_KNOWN, NOT_KNOWN, exactly)
