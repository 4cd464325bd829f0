"""Findings of a multistate fit: rare transitions, and hazards that depend on entry time.

Sources: Andersen PK, Esbjerg S, Sorensen TIA 2000, Stat Med 19:587; Titman AC, Putter H 2022, Biostatistics 23:380.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import norm

from genorx.errors import Finding, shown

_SHOWN = 0.01  # p-value below which a hazard is reported to depend on the time of entry

#: A transition, and the coefficient of the time of entry with its error.
EntryEffect = tuple[tuple[str, str], float, float]


def markov_findings(effects: Iterable[EntryEffect]) -> Iterator[Finding]:
    """Yield a finding for each transition whose hazard depends on the entry time of its state (``not-markov``)."""
    for (state, target), slope, error in effects:
        p_value = entry_test(slope, error)
        if p_value < _SHOWN:
            place = f"{shown(state)} to {shown(target)}"
            way = "higher" if slope > 0 else "lower"
            message = (
                f"the hazard from {place} is {way} the later {shown(state)} was entered (hazard ratio "
                f"{float(np.exp(slope)):.2f} a standard deviation of the log time, p {p_value:.1g}): the course is not "
                "Markov; the time of entry is a covariate"
            )
            yield Finding(code="not-markov", severity="warning", place=place, message=message)


def entry_test(slope: float, error: float) -> float:
    """Return the two-sided p-value of a coefficient (Wald)."""
    return 1.0 if error <= 0 else float(2 * norm.sf(abs(slope) / error))


def rare_findings(counts: pd.DataFrame, fewest: int, *, shared: bool) -> Iterator[Finding]:
    """Yield a finding for each transition with few events (``transition-rare``); ``counts`` as ``Course.counts``."""
    for row in counts[counts["events"] < fewest].to_dict(orient="records"):
        place = f"{shown(row['from'])} to {shown(row['to'])}"
        does = "the shrinkage of its effects is estimated from all transitions" if shared else "it has fewer columns"
        message = (
            f"{row['events']} of {row['at_risk']} patients went from {place}: effects on this transition are "
            f"uncertain; {does}"
        )
        yield Finding(code="transition-rare", severity="warning", place=place, message=message)


def finding_values(findings: Iterable[Finding]) -> list[list[Any]]:
    """Return findings of a fit as JSON values."""
    return [[one.code, one.severity, one.place, one.message] for one in findings]


def findings_from(values: Iterable[Sequence[Any]]) -> tuple[Finding, ...]:
    """Restore findings from ``finding_values``."""
    return tuple(Finding(code=one[0], severity=one[1], place=one[2], message=one[3]) for one in values)
