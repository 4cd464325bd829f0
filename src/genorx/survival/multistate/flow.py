"""State probabilities where hazards may depend on the time of entry into a state.

Patients flow from state to state along steps of time of one width.  In a state whose hazards depend on the time of
entry (a clock that is reset, a treatment that begins within a time of entry, an entry time as covariate), patients who
entered together are followed as a group; elsewhere hazards depend on the state alone.  Within a step hazards keep their
ratio, and patients who enter in it are taken to enter in its middle: the error falls with the square of the width.
States form no cycle, so each is computed from the first step to the last before those that it leads to.  Everything is
vectorised over rows (patients, draws), in arrays that are reused from step to step.
Sources: Andersen PK et al. 1993, Statistical Models Based on Counting Processes, section IV.4 (product integrals);
Putter H et al. 2007, Stat Med 26:2389 (clock forward and reset).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from genorx.errors import UsageError

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
_TINY, _SMALLEST = 1e-200, 1e-50  # least hazard and least factor of it: shares are of a total above 0


@dataclass(frozen=True, kw_only=True)
class Move:
    """Hazard of one transition.

    Attributes
    ----------
    source, target : int
        Indices of the states.
    by_time : array of shape (n_steps, n_rows) or None
        Increment of the cumulative hazard in each step of time.
    by_age : array of shape (2 * n_steps + 1, n_rows), or (2 * n_steps + 1, 1), or None
        Cumulative hazard by the time since entry, at multiples of half a step; in place of ``by_time``.
    by_entry : array of shape (1 + n_cells, n_rows) or None
        Factor of the hazard for patients in the state at the beginning, and for those who entered in each cell.
    keeps_entry : bool
        Source and target are one state of the patient (before and after a treatment): the time of entry is kept.
    """

    source: int
    target: int
    by_time: Floats | None = None
    by_age: Floats | None = None
    by_entry: Floats | None = None
    keeps_entry: bool = False

    def of_beginners(self, step: int) -> Floats:
        """Return the hazard in a step for those present at its beginning, shape (n_rows,)."""
        if self.by_age is not None:
            hazard = np.maximum(self.by_age[2 * step + 2] - self.by_age[2 * step], _TINY)
        else:
            hazard = self.timed(step)
        return np.asarray(hazard if self.by_entry is None else hazard * np.maximum(self.by_entry[0], _SMALLEST))

    def by_lag(self, n_steps: int) -> Floats | None:
        """Return the hazard by steps since that of entry, in which it is half; None if it depends on the entry time."""
        if self.by_age is None:
            return None
        upto = 2 * n_steps - 1
        ends = self.by_age[1 : upto + 1 : 2]
        return np.asarray(np.maximum(np.diff(ends, axis=0, prepend=self.by_age[:1]), _TINY))

    def timed(self, step: int) -> Floats:
        """Return the hazard in a step, without the effect of entry time, shape (n_rows,)."""
        if self.by_time is None:
            raise UsageError("a hazard is given neither by time nor by time since entry")
        return np.asarray(np.maximum(self.by_time[step], _TINY))


class _Gone(NamedTuple):
    """Those who make a transition: the total, and, if needed, by time of entry.

    That is those there at the beginning, and by step or cell of entry from ``first`` on.
    """

    total: Floats
    beginners: Floats | None = None
    entered: Floats | None = None
    first: int = 0


class _Plain:
    """A state whose hazards do not depend on the time of entry; or an absorbing one."""

    def __init__(self, moves: list[Move], n_rows: int) -> None:
        self.moves, self.there = moves, np.zeros(n_rows)

    def begin(self) -> None:
        self.there = np.ones_like(self.there)

    def total(self) -> Floats:
        return self.there

    def leave(self, step: int, inflow: Floats, kept: Sequence[_Gone]) -> list[_Gone]:
        """Return those who make each transition; ``kept`` come with their time of entry, which is ignored here."""
        inflow = _sum([inflow, *(one.total for one in kept)])
        hazards = [move.timed(step) for move in self.moves]
        if not hazards:
            self.there = self.there + inflow
            return []
        whole = _sum(hazards)
        out = _left(whole) * self.there + _left(0.5 * whole) * inflow
        self.there = self.there + inflow - out
        return [_Gone(part) for part in _shared(out, hazards, whole)]


class _ByEntry:
    """A state whose occupants are tracked by entry: by step, or by cell of steps.

    Parameters
    ----------
    moves : list of Move
    following : list of bool
        Whether the time of entry goes along each move.
    n_rows : int
    cells : array of int, shape (n_steps,)
    window : int or None
        Steps after entry by which all patients have left, if hazards are by time since entry.
    """

    def __init__(
        self, moves: list[Move], following: list[bool], n_rows: int, cells: Ints, *, window: int | None
    ) -> None:
        self.moves, self.following, self.cells = moves, following, cells
        self.by_step = any(move.by_age is not None for move in moves)
        self.window = window if self.by_step else None
        depth = cells.size if self.by_step else int(cells[-1]) + 1
        most = depth if self.window is None else min(depth, self.window + 1)
        self.lags = [move.by_lag(most) for move in moves]
        self.factors = [None if move.by_entry is None else np.maximum(move.by_entry, _SMALLEST) for move in moves]
        self.beginners: Floats | None = None
        self.entered = np.zeros((depth, n_rows))
        self.alive = slice(0, 0)
        self._hazards = [np.empty((most, n_rows)) for _ in moves]
        self._whole, self._out = np.empty((most, n_rows)), np.empty((most, n_rows))

    def begin(self) -> None:
        self.beginners = np.ones(self.entered.shape[1])

    def total(self) -> Floats:
        found = self.entered[self.alive].sum(axis=0)
        return np.asarray(found if self.beginners is None else found + self.beginners)

    def leave(self, step: int, inflow: Floats, kept: Sequence[_Gone]) -> list[_Gone]:
        """Return those who make each transition; ``kept`` come with their entry time, exposed for half of the step."""
        first = 0 if self.window is None else max(0, step - self.window)
        last = step if self.by_step else int(self.cells[step])
        self.alive = slice(first, last + 1)
        gone = self._beginners_leave(step, kept)
        there, hazards = self.entered[self.alive], self._filled(step, first, last)
        whole = self._summed(hazards)
        if self.by_step:
            there[-1] = inflow
        out = self._out[: len(there)]
        np.expm1(np.negative(whole, out=out), out=out)
        out *= there  # those who leave, below 0
        there += out
        if not self.by_step:
            new = _left(0.5 * whole[-1]) * inflow
            there[-1] += inflow - new
            out[-1] -= new
        self._take_in(there, out, whole, first, kept)
        np.negative(out, out=out)
        return self._gone(out, hazards, whole, gone, first)

    def _filled(self, step: int, first: int, last: int) -> list[Floats]:
        """Return a step's hazards by step or cell of entry; the last row is that of this step: half of it."""
        size, filled = last + 1 - first, []
        for move, lags, factor, room in zip(self.moves, self.lags, self.factors, self._hazards, strict=True):
            own = room[:size]
            hazard = move.timed(step) if lags is None else lags[:size][::-1]
            if factor is None:
                np.copyto(own, hazard)
            else:
                by_cell = factor[self.cells[first : step + 1] + 1] if self.by_step else factor[1 : size + 1]
                np.multiply(hazard, by_cell, out=own)
            if self.by_step and lags is None:
                own[-1] *= 0.5
            filled.append(own)
        return filled

    def _summed(self, hazards: list[Floats]) -> Floats:
        if len(hazards) == 1:
            return hazards[0]
        whole = np.add(hazards[0], hazards[1], out=self._whole[: len(hazards[0])])
        for other in hazards[2:]:
            whole += other
        return whole

    def _gone(
        self, out: Floats, hazards: list[Floats], whole: Floats, beginners: list[Floats] | list[None], first: int
    ) -> list[_Gone]:
        """Return those who make each transition, in proportion to the hazards."""
        several = len(hazards) > 1
        if several:
            out /= whole
        found = []
        for hazard, one, follows in zip(hazards, beginners, self.following, strict=True):
            part = np.multiply(hazard, out, out=hazard) if several else out
            total = part.sum(axis=0)  # row by row: the result of a patient does not depend on the others
            kept = part.copy() if follows else None
            found.append(_Gone(total if one is None else total + one, one, kept, first))
        return found

    def _beginners_leave(self, step: int, kept: Sequence[_Gone]) -> list[Floats] | list[None]:
        came = [one.beginners for one in kept if one.beginners is not None]
        if self.beginners is None and not came:
            return [None for _ in self.moves]
        hazards = [move.of_beginners(step) for move in self.moves]
        whole = _sum(hazards)
        there = np.zeros_like(whole) if self.beginners is None else self.beginners
        out = _left(whole) * there
        self.beginners = there - out
        for one in came:
            went = _left(0.5 * whole) * one
            self.beginners += one - went
            out = out + went
        return _shared(out, hazards, whole)

    def _take_in(self, there: Floats, out: Floats, whole: Floats, first: int, kept: Sequence[_Gone]) -> None:
        """Add those whose time of entry was kept; ``out`` is below 0 here."""
        for one in kept:
            if one.entered is None:
                continue
            steps = np.arange(one.first, one.first + len(one.entered))
            places = (steps if self.by_step else self.cells[steps]) - first
            for place in np.unique(places[places >= 0]).tolist():
                came = one.entered[places == place].sum(axis=0)
                went = _left(0.5 * whole[place]) * came
                there[place] += came - went
                out[place] -= went


def flow(
    moves: Sequence[Move],
    *,
    n_states: int,
    n_rows: int,
    n_steps: int,
    start: int = 0,
    cells: Ints | None = None,
    windows: Mapping[int, int] | None = None,
    shown: Sequence[int] | None = None,
    n_shown: int | None = None,
) -> Floats:
    """Return the state probabilities at the ends of steps, shape (n_steps + 1, n_states, n_rows).

    Parameters
    ----------
    moves : sequence of Move
        Each goes from a state to one of a higher index.  One that keeps the time of entry leaves a state with a hazard
        by time since entry.
    n_states, n_rows, n_steps : int
    start : int
        State at the beginning.
    cells : array of int, shape (n_steps,), optional
        Cell of each step of entry, ascending from 0; by default each step is one.
    windows : mapping of int to int, optional
        Steps after entry by which all patients have left a state with a hazard by time since entry.
    shown : sequence of int, optional
        Index of each state in the result: probabilities of states with the same index are added.
    n_shown : int, optional
        Number of states in the result; ``n_states`` by default.

    Raises
    ------
    UsageError
        If a move does not go to a state of a higher index.
    """
    if any(not 0 <= move.source < move.target < n_states for move in moves):
        raise UsageError("moves go from a state to one of a higher index")
    grouped = np.arange(n_steps) if cells is None else cells
    places = range(n_states) if shown is None else shown
    found = np.zeros((n_steps + 1, n_shown or n_states, n_rows))
    found[0, places[start]] = 1.0
    inflow: defaultdict[int, Floats] = defaultdict(lambda: np.zeros((n_steps, n_rows)))
    kept: defaultdict[int, list[list[_Gone]]] = defaultdict(lambda: [[] for _ in range(n_steps)])
    for state in range(n_states):
        own = [move for move in moves if move.source == state]
        room = _room(state, moves, n_rows, grouped, (windows or {}).get(state))
        if state == start:
            room.begin()
        came, following = inflow[state], kept[state]
        for step in range(n_steps):
            for move, gone in zip(own, room.leave(step, came[step], following[step]), strict=True):
                if move.keeps_entry:
                    kept[move.target][step].append(gone)
                else:
                    inflow[move.target][step] += gone.total
            found[step + 1, places[state]] += room.total()
        del inflow[state], kept[state]
    return found


def _room(state: int, moves: Sequence[Move], n_rows: int, cells: Ints, window: int | None) -> _Plain | _ByEntry:
    own = [move for move in moves if move.source == state]
    if any(move.by_age is not None or move.by_entry is not None for move in own):
        return _ByEntry(own, [move.keeps_entry for move in own], n_rows, cells, window=window)
    return _Plain(own, n_rows)


def _sum(hazards: list[Floats]) -> Floats:
    whole = hazards[0]
    for other in hazards[1:]:
        whole = whole + other
    return whole


def _left(hazard: Floats) -> Floats:
    """Return the share that leaves: ``1 - exp(-hazard)``, in place if possible."""
    gone = np.expm1(-hazard)
    return np.asarray(np.negative(gone, out=gone))


def _shared(out: Floats, hazards: list[Floats], whole: Floats) -> list[Floats]:
    """Split those who leave by transition, in proportion to the hazards."""
    if len(hazards) == 1:
        return [out]
    rate = out / whole
    return [rate * hazard for hazard in hazards]
