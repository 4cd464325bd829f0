"""Patients compared: rows in a fixed order, options and strata as codes, options with enough events.

An option with fewer than 20 events has no estimate (``docs/guide/effects.md``, "Not identified").
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from genorx.cohort.design.positivity import compared_within
from genorx.errors import SupportError, UsageError, shown

Ints = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class Compared:
    """Rows sorted by patient id, so that no answer depends on the order of a file.

    Attributes
    ----------
    X, y : DataFrame
        Columns of ``X`` sorted by name.
    options : tuple of str
        Options with an estimate, the reference first.
    option, strata : arrays of int, one per row
        Codes: indices into ``options`` and ``stratum_names``.
    stratum_names : tuple of str
    counts : DataFrame, index option
        ``patients`` and ``events`` of every option, with an estimate or not.
    """

    X: pd.DataFrame
    y: pd.DataFrame
    options: tuple[str, ...]
    option: Ints
    strata: Ints
    stratum_names: tuple[str, ...]
    counts: pd.DataFrame

    @property
    def all_options(self) -> tuple[str, ...]:
        """Every option, the reference first."""
        return tuple(str(name) for name in self.counts.index)


def compare(
    X: pd.DataFrame,
    y: pd.DataFrame,
    treatment: pd.Series[str],
    strata: pd.Series[str] | None,
    *,
    reference: str | None,
    event: pd.Series[bool],
    min_events: int,
) -> Compared:
    """Return the rows of options with enough events.

    Parameters
    ----------
    X, y, treatment, strata
        Share an index of patient ids; patients who are not in all of them are left out.
    reference : str, optional
        Reference option; by default the first.
    event : Series of bool
        Which patients count towards ``min_events``.
    min_events : int
        Events below which an option has no estimate.

    Raises
    ------
    UsageError
        If ``reference`` is no option (``no-such-option``), or a patient appears twice (``duplicate-patient``).
    SupportError
        If fewer than two options have enough events, or the reference does not (``too-few-events``); if no stratum
        has two of them (``nothing-to-compare``).
    """
    rows = _shared_rows(X, y, treatment, strata)
    names = _options(treatment, reference)
    taken = treatment.loc[rows].astype(str)
    counts = pd.DataFrame(
        {
            "patients": [int((taken == name).sum()) for name in names],
            "events": [int(event.loc[rows][taken == name].sum()) for name in names],
        },
        index=pd.Index(names, name="option"),
    )
    kept = _estimable(counts, min_events)
    rows = rows[taken.isin(kept).to_numpy()]
    stratum = pd.Series("", index=rows) if strata is None else strata.loc[rows].astype(str)
    if strata is not None:
        compared_within(stratum, taken.loc[rows])
    stratum_names = tuple(sorted(set(stratum)))
    return Compared(
        X=X.loc[rows, sorted(X.columns)],
        y=y.loc[rows],
        options=kept,
        option=np.array([kept.index(name) for name in taken.loc[rows]], dtype=np.int64),
        strata=np.array([stratum_names.index(name) for name in stratum], dtype=np.int64),
        stratum_names=stratum_names,
        counts=counts,
    )


def count_of(counts: pd.DataFrame, option: str) -> tuple[int, int]:
    """Return patients and events of one option."""
    patients, events = counts.loc[[option], ["patients", "events"]].to_numpy(dtype=int)[0]
    return int(patients), int(events)


def reference_of(treatment: pd.Series[Any], reference: str | None) -> str:
    """Return the name of the option against which effects are estimated.

    Raises
    ------
    UsageError
        If ``reference`` is no option (``no-such-option``).
    """
    return _options(treatment, reference)[0]


def _shared_rows(
    X: pd.DataFrame, y: pd.DataFrame, treatment: pd.Series[str], strata: pd.Series[str] | None
) -> pd.Index[str]:
    rows = X.index
    for other in (X, y, treatment, strata):
        if other is None:
            continue
        if not other.index.is_unique:
            twice = other.index[other.index.duplicated()][0]
            raise UsageError(f"patient {shown(twice)} appears twice", code="duplicate-patient")
        rows = rows.intersection(other.index, sort=False)
    known = treatment.loc[rows].notna()
    return rows[known.to_numpy()].sort_values()


def _options(treatment: pd.Series[str], reference: str | None) -> list[str]:
    categorical = isinstance(treatment.dtype, pd.CategoricalDtype)
    levels = treatment.cat.categories if categorical else sorted(treatment.dropna().astype(str).unique())
    names = [str(name) for name in levels]
    first = names[0] if reference is None and names else str(reference)
    if first not in names:
        raise UsageError(
            f"reference {shown(first)!r} is not among the options",
            hint=f"options are {', '.join(names)}" if names else "no patient has an option",
            code="no-such-option",
        )
    return [first, *(name for name in names if name != first)]


def _estimable(counts: pd.DataFrame, min_events: int) -> tuple[str, ...]:
    enough = counts.index[counts["events"] >= min_events]
    if len(enough) < 2 or enough[0] != counts.index[0]:
        listed = ", ".join(f"{shown(name)} {events}" for name, events in counts["events"].items())
        raise SupportError(
            f"fewer than two options have {min_events} events (or amounts), or the reference does not: {listed}",
            hint="use longer follow-up, a more common outcome, or fewer options",
            code="too-few-events",
        )
    return tuple(str(name) for name in enough)
