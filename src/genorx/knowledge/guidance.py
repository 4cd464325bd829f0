"""Prescribing guidance as facts: the phenotypes to which a guideline row applies, and its recommendation.

No sentence of a source is kept: the action is coded, the dose change is a number.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from genorx._core.short_repr import short

Action = Literal["avoid", "reduce", "increase", "standard", "alternative", "monitor", "no_recommendation"]

#: Coded actions, the most restrictive first.
ACTIONS: tuple[Action, ...] = ("avoid", "alternative", "reduce", "increase", "monitor", "no_recommendation", "standard")

#: Value of a gene in a row: a phenotype, score or status, or the alleles of one diplotype with their counts.
LookupKey = dict[str, str | dict[str, int]]


@short
@dataclass(frozen=True, slots=True, kw_only=True)
class GuidanceRow:
    """One recommendation of a guideline.

    Attributes
    ----------
    keys : tuple of dict
        Alternatives of values by gene; the row applies to a person who has all values of one of them.
    dose_change_pct : float, optional
        First dose change stated by the source, in per cent: -50 is half of the dose in question (starting, maintenance
        or maximum).  None if the source states no change, a range, or milligrams.
    dosing, alternatives, other : bool
        The three flags of the source: the dose changes, another drug is named, other guidance is given.
    conditional : bool
        Whether the action is for some of these people only: by indication, dose, other drugs, course or a further test,
        as stated in the text of the source.
    text, implications : str, tuple of str
        Sentences of the source, only if they were read from the user's own copy.
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
    """A guideline: its publisher, genes, drugs and rows."""

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
