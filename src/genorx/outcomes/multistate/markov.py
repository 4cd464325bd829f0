"""What a fit through states says of itself: rare transitions, and hazards that depend on when a state was entered.

Sources: Andersen PK, Esbjerg S, Sorensen TIA 2000, Stat Med 19:587; Titman AC, Putter H 2022, Biostatistics 23:380.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
import pandas as pd
from scipy.stats import norm

from genorx.errors import Finding, shown

_SHOWN = 0.01  # chance below which a hazard is said to depend on the time of entry

#: A state, the states that it is left for, and for each the coefficient of the time of entry with its error.
EntryEffects = tuple[str, tuple[str, ...], list[tuple[float, float]]]


def markov_findings(effects: Iterable[EntryEffects]) -> Iterator[Finding]:
    """Yield a finding for each transition whose hazard depends on when its state was entered (``not-markov``)."""
    for state, targets, pairs in effects:
        for target, (slope, error) in zip(targets, pairs, strict=True):
            p_value = entry_test(slope, error)
            if p_value < _SHOWN:
                place = f"{shown(state)} to {shown(target)}"
                way = "higher" if slope > 0 else "lower"
                ratio = float(np.exp(slope))
                message = (
                    f"the hazard from {place} is {way} the later {shown(state)} was entered (hazard ratio {ratio:.2f} "
                    f"a standard deviation of the log time, p {p_value:.1g}): the course is not Markov"
                )
                yield Finding(code="not-markov", severity="warning", place=place, message=message)


def entry_test(slope: float, error: float) -> float:
    """Return the two-sided chance of a coefficient at least as large, were there no effect (Wald)."""
    return 1.0 if error <= 0 else float(2 * norm.sf(abs(slope) / error))


def rare_findings(counts: pd.DataFrame, fewest: int, *, shared: bool) -> Iterator[Finding]:
    """Yield a finding for each transition with fewer events (``transition-rare``); ``counts`` as ``Course.counts``."""
    for row in counts[counts["events"] < fewest].to_dict(orient="records"):
        place = f"{shown(row['from'])} to {shown(row['to'])}"
        does = "how much its effects are shrunk is taken from all transitions" if shared else "it has fewer columns"
        message = (
            f"{row['events']} of {row['at_risk']} patients went from {place}: what changes this is uncertain; {does}"
        )
        yield Finding(code="transition-rare", severity="warning", place=place, message=message)
