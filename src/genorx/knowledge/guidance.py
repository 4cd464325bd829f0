"""Prescribing guidance as facts: the phenotypes to which a guideline row applies, and what it recommends.

No sentence of a source is kept: the action is coded, the dose change is a number.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from genorx._core.short_repr import short

Action = Literal["avoid", "reduce", "increase", "standard", "alternative", "monitor", "no_recommendation"]

#: Coded actions, the most restrictive first.
ACTIONS: tuple[Action, ...] = ("avoid", "alternative", "reduce", "increase", "monitor", "no_recommendation", "standard")

#: A gene's value in a row: a phenotype, score or status, or the alleles of one diplotype with their counts.
LookupKey = dict[str, str | dict[str, int]]


@short
@dataclass(frozen=True, slots=True, kw_only=True)
class GuidanceRow:
    """One recommendation of a guideline.

    Attributes
    ----------
    keys : tuple of dict
        Alternatives; the row applies when a person fits one of them.
    dose_change_pct : float, optional
        First change that the source states, -50 for half of the dose that it speaks of (starting, maintenance or
        maximum); None where it states none, a range or milligrams.
    dosing, alternatives, other : bool
        The source's three flags: it changes the dose, it names another drug, it gives other guidance.
    conditional : bool
        The source states the action for some of these people only: by indication, dose, other drugs, course or a
        further test.  Which, is in its text.
    text, implications : str, tuple of str
        The source's sentences, only where the user's own copy of it was read with them.
    """

    id: str
    drugs: tuple[str, ...]
    population: str | None
    classification: str | None
    keys: tuple[LookupKey, ...]
    action: Action
    dose_change_pct: float | None = None
    dosing: bool = False
    alternatives: bool = False
    other: bool = False
    conditional: bool = False
    text: str | None = None
    implications: tuple[str, ...] = ()


@short
@dataclass(frozen=True, slots=True, kw_only=True)
class Guideline:
    """A guideline: who published it, for which genes and drugs, with its rows."""

    id: str
    source: str
    genes: tuple[str, ...]
    drugs: tuple[str, ...]
    rows: tuple[GuidanceRow, ...]
    date: str = ""
    pmids: tuple[str, ...] = ()
    url: str | None = None

    @property
    def name(self) -> str:
        """Return a title composed from the facts."""
        return f"{self.source} {', '.join(self.drugs)} ({', '.join(self.genes)})"
