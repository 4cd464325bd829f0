"""Start-stop rows of follow-up in one state: a treatment that begins in it splits its patient's row.

No patient counts as treated before the treatment began, so that the time survived until then is not credited to it.
Sources: Suissa S 2008, Am J Epidemiol 167:492 (immortal time); Putter H et al. 2007, Stat Med 26:2389 (clocks).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from genorx.cohort.course import Course

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
#: Time scale of the hazards: time since time zero, or time since the state was entered.
Clock = Literal["forward", "reset"]


@dataclass(frozen=True, kw_only=True)
class Spells:
    """Sojourns of patients in one state.

    Attributes
    ----------
    state : str
    targets : tuple of str
        States that patients enter from it.
    patient : array of int, shape (n_spells,)
        Index of the patient among those of the fit.
    entry, exit : array of shape (n_spells,)
        Times since time zero at which the state was entered and left.
    cause : array of int, shape (n_spells,)
        Index of the next state among ``targets``, from 1; 0 if follow-up ended.
    """

    state: str
    targets: tuple[str, ...]
    patient: Ints
    entry: Floats
    exit: Floats
    cause: Ints

    @classmethod
    def of(cls, course: Course, state: str, patients: pd.Index[str]) -> Self:
        """Return the spells in ``state`` of these patients, in their order."""
        rows = course.spells
        rows = rows[(rows["state"] == state) & rows["patient_id"].isin(patients)]
        place = patients.get_indexer(pd.Index(rows["patient_id"]))
        order = np.argsort(place, kind="stable")
        targets = tuple(target for _, target in course.leaving(state))
        codes = {target: code for code, target in enumerate(targets, start=1)}
        cause = np.array([codes.get(after, 0) for after in rows["next"].tolist()], dtype=np.int64)
        return cls(
            state=state,
            targets=targets,
            patient=place[order].astype(np.int64),
            entry=rows["entry"].to_numpy(float)[order],
            exit=rows["exit"].to_numpy(float)[order],
            cause=cause[order],
        )

    def events(self) -> Ints:
        """Return the number of events of each transition."""
        return np.bincount(self.cause, minlength=len(self.targets) + 1)[1:]


@dataclass(frozen=True, kw_only=True)
class StateRows:
    """Start-stop rows of one state.

    Attributes
    ----------
    spell : array of int, shape (n_rows,)
        Spell of each row.
    treated : array of int, shape (n_rows,)
        0 before any treatment began in the state, otherwise the position of the latest among the given treatments, from
        1.
    begin, end : array of shape (n_rows,)
        Interval (begin, end] at risk, on the time scale of the clock.
    cause : array of int, shape (n_rows,)
        Index of the transition that ends the row, from 1; 0 for none.
    """

    spell: Ints
    treated: Ints
    begin: Floats
    end: Floats
    cause: Ints

    @classmethod
    def make(cls, spells: Spells, begins: Sequence[Floats], clock: Clock) -> Self:
        """Build the rows; ``begins`` has the time since time zero at which each treatment began (NaN: never).

        A treatment that begins on the day on which the state is left counts for the next state.
        """
        pieces: list[tuple[Ints, Ints, Floats, Floats, Ints]] = []
        everybody = np.arange(spells.entry.size)
        times = np.stack([np.full(everybody.size, -np.inf), *begins], axis=1)
        inside = (times >= spells.entry[:, None]) & (times < spells.exit[:, None])
        times = np.where(inside, times, np.inf)
        times[:, 0] = spells.entry
        for code in range(times.shape[1]):
            start = times[:, code]
            later = np.where(_after(times, code), times, np.inf).min(axis=1)
            stop = np.minimum(later, spells.exit)
            rows = np.flatnonzero(np.isfinite(start) & (stop > start))
            ends = stop[rows] == spells.exit[rows]
            cause = np.where(ends, spells.cause[rows], 0)
            pieces.append((rows, np.full(rows.size, code), start[rows], stop[rows], cause))
        spell, treated, begin, end, cause = (np.concatenate(each) for each in zip(*pieces, strict=True))
        origin = spells.entry[spell] if clock == "reset" else 0.0
        return cls(spell=spell, treated=treated, begin=begin - origin, end=end - origin, cause=cause)


def _after(times: Floats, code: int) -> Bools:
    """Return which treatments begin after that of ``code``; on one day, in order of the treatments."""
    own = times[:, [code]]
    places = np.arange(times.shape[1])
    return np.asarray((times > own) | ((times == own) & (places > code)))
