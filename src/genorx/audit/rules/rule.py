"""The interface of a rule: the tables it needs, the lines it looks at, and its verdict on them.

The shipped rules are in the modules beside; a rule of a user's own is ``own``.
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
#: Why a line whose code has facts, and none of its day, is not assessed.
OF_OTHER_DAYS = "the facts of the code are of other days"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Result of a rule: lines that no record supports, and lines that it cannot assess.

    Attributes
    ----------
    at : array of int
        Positions of the flagged lines in the table of claims.
    cents : array of int
        Amount at stake of each.
    reason : array of str
        Why, in words with the numbers used.
    unassessed : mapping of str to array of int
        Positions, in the table of claims, of lines that the rule would look at and cannot judge, by the reason.
    """

    at: Integers
    cents: Integers
    reason: NDArray[np.object_]
    unassessed: Mapping[str, Integers] = field(default_factory=dict)


LineNeed = Literal["day", "patient", "provider", "record"]
#: Judges the lines at given positions among the judged ones.
Judge = Callable[["Case", Integers], Verdict]
#: Returns the positions of the lines that a rule looks at.
Scope = Callable[["Case"], Integers]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A rule on lines.

    Attributes
    ----------
    number, title : str
        ``C03``, or the code of a rule of a user's own; what is wrong with a flagged line, in a few words.
    scope : callable
        Which lines the rule looks at, by the facts.
    judge : callable
        What it says of them.
    records, facts : tuple of str
        Tables without which it judges nothing.
    own : tuple of str
        The same of a user's rule, which does not say which is which.
    fact_key : str, optional
        Table of facts whose rows must hold on the day of a line; others' lines are not assessed.
    line_needs : tuple of {"day", "patient", "provider", "record"}
        What a line must have to be assessed: a service date, a patient, a provider, a patient with a record.
    serious : bool
    clears : str
        What would settle a finding.
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
    """Return a verdict on judged lines: the amount is the line's charge by default.

    Parameters
    ----------
    case : Case
    at : array of int
        Positions among the judged lines.
    reason : Series of str
    cents : array of int, optional
    unassessed : mapping of str to array of int, optional
        Positions among the judged lines, by the reason.
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
    """Return ``cents * part / whole`` to the nearest cent, halves up; ``NOT_KNOWN`` where the cents are not known.

    >>> part_of(np.array([328600]), np.array([10]), np.array([53])).tolist()
    [62000]
    """
    top = int(cents.max(initial=0)) * int(part.max(initial=0))
    exact = np.int64 if top < 2**61 else object
    given, taken, of = (each.astype(exact) for each in (cents, part, whole))
    exactly = np.asarray((2 * given * taken + of) // (2 * of), dtype=np.int64)
    return np.where(cents == NOT_KNOWN, NOT_KNOWN, exactly)
