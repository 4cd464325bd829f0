"""Probability of each state where hazards may depend on the time at which a state was entered.

Patients flow from state to state along steps of time of one width.  In a state whose hazards depend on the time of
entry (a clock that is reset, a treatment that begins within a time of entry, an entry time as covariate) those who
entered together are followed by themselves; elsewhere the state alone says what comes.  Within a step hazards keep
their ratio, and who enters in it is taken to enter in its middle: the error falls with the square of the width.
States form no ring.  All is vectorised over rows (patients, draws).
Sources: Andersen PK et al. 1993, Statistical Models Based on Counting Processes, section IV.4 (product integrals);
Putter H et al. 2007, Stat Med 26:2389 (clock forward and reset).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from genorx.errors import UsageError

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
_TINY = 1e-300


@dataclass(frozen=True, kw_only=True)
class Move:
    """Hazard of going from one state to another.

    Attributes
    ----------
    source, target : int
    by_time : array of shape (n_steps, n_rows) or None
        Increment of the cumulative hazard in each step of time.
    by_age : array of shape (2 * n_steps + 1, n_rows) or None
        Cumulative hazard by the time since entry, at multiples of half a step; in place of ``by_time``.
    by_entry : array of shape (1 + n_cells, n_rows) or None
        What the hazard is multiplied with for who was in the state at the beginning, and who entered in each cell.
    keeps_entry : bool
        The two are one state of the patient (before and after a treatment): the time of entry stays what it was.
    """

    source: int
    target: int
    by_time: Floats | None = None
    by_age: Floats | None = None
    by_entry: Floats | None = None
    keeps_entry: bool = False

    def of_beginners(self, step: int) -> Floats:
        """Return the hazard in a step, of those who were there at the beginning, shape (n_rows,)."""
        if self.by_age is not None:
            hazard = np.asarray(self.by_age[2 * step + 2] - self.by_age[2 * step])
        else:
            hazard = self.timed(step)
        return hazard if self.by_entry is None else hazard * self.by_entry[0]

    def of_entrants(self, step: int, first: int, cells: Ints) -> Floats:
        """Return the hazard in a step of those who entered in each step from ``first`` to this one (half of it)."""
        if self.by_age is not None:
            lag = step - np.arange(first, step + 1)
            hazard = self.by_age[2 * lag + 1] - self.by_age[np.maximum(2 * lag - 1, 0)]
        else:
            hazard = np.repeat(self.timed(step)[None, :], step + 1 - first, axis=0)
            hazard[-1] *= 0.5
        return np.asarray(hazard if self.by_entry is None else hazard * self.by_entry[cells[first : step + 1] + 1])

    def of_cells(self, step: int, n_cells: int) -> Floats:
        """Return the hazard in a step of those who entered in each of the first cells, shape (n_cells, n_rows)."""
        timed = self.timed(step)[None, :]
        return np.repeat(timed, n_cells, axis=0) if self.by_entry is None else timed * self.by_entry[1 : n_cells + 1]

    def timed(self, step: int) -> Floats:
        """Return the hazard in a step, without what the time of entry does to it, shape (n_rows,)."""
        if self.by_time is None:
            raise UsageError("a hazard is given neither by time nor by time since entry")
        return np.asarray(self.by_time[step])


class _Gone(NamedTuple):
    """Who goes along a move: of those there at the beginning, and by step or cell of entry from ``first`` on."""

    beginners: Floats | None
    entered: Floats | None
    first: int


class _Plain:
    """A state whose hazards do not depend on the time of entry; or one that nobody leaves."""

    def __init__(self, moves: list[Move], n_rows: int) -> None:
        self.moves, self.beginners = moves, np.zeros(n_rows)

    def begin(self) -> None:
        self.beginners = np.ones_like(self.beginners)

    def total(self) -> Floats:
        return self.beginners

    def leave(self, step: int, inflow: Floats) -> list[_Gone]:
        hazards = [move.timed(step) for move in self.moves]
        if not hazards:
            self.beginners = self.beginners + inflow
            return []
        whole = _sum(hazards)
        out = _left(whole) * self.beginners + _left(0.5 * whole) * inflow
        self.beginners = self.beginners + inflow - out
        return [_Gone(part, None, 0) for part in _shared(out, hazards, whole)]


class _ByEntry:
    """A state in which those who entered together are followed by themselves: by step of entry, or by cell of steps."""

    def __init__(self, moves: list[Move], n_rows: int, cells: Ints, *, window: int | None) -> None:
        self.moves, self.cells, self.window = moves, cells, window
        self.by_step = any(move.by_age is not None for move in moves)
        self.beginners: Floats | None = None
        self.entered = np.zeros((cells.size if self.by_step else int(cells[-1]) + 1, n_rows))
        self.moved_in: list[_Gone] = []
        self.alive = slice(0, 0)

    def begin(self) -> None:
        self.beginners = np.ones(self.entered.shape[1])

    def total(self) -> Floats:
        found = self.entered[self.alive].sum(axis=0)
        return np.asarray(found if self.beginners is None else found + self.beginners)

    def leave(self, step: int, inflow: Floats) -> list[_Gone]:
        first = 0 if self.window is None or not self.by_step else max(0, step - self.window)
        last = step if self.by_step else int(self.cells[step])
        self.alive = slice(first, last + 1)
        gone = self._beginners_leave(step)
        there = self.entered[self.alive]
        if self.by_step:
            there[-1] = inflow
        hazards = [
            move.of_entrants(step, first, self.cells) if self.by_step else move.of_cells(step, last + 1)
            for move in self.moves
        ]
        whole = _sum(hazards)
        out = _left(whole)
        out *= there
        there -= out
        if not self.by_step:
            new = _left(0.5 * whole[-1]) * inflow
            there[-1] += inflow - new
            out[-1] += new
        self._take_in(there, out, whole, first)
        parts = _shared(out, hazards, whole)
        return [_Gone(one, part, first) for one, part in zip(gone, parts, strict=True)]

    def _beginners_leave(self, step: int) -> list[Floats] | list[None]:
        came = [one.beginners for one in self.moved_in if one.beginners is not None]
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

    def _take_in(self, there: Floats, out: Floats, whole: Floats, first: int) -> None:
        """Take in those whose time of entry was kept; they are exposed for half of the step."""
        for one in self.moved_in:
            if one.entered is None:
                continue
            steps = np.arange(one.first, one.first + len(one.entered))
            places = (steps if self.by_step else self.cells[steps]) - first
            for place in np.unique(places[places >= 0]).tolist():
                came = one.entered[places == place].sum(axis=0)
                went = _left(0.5 * whole[place]) * came
                there[place] += came - went
                out[place] += went
        self.moved_in = []


def flow(
    moves: Sequence[Move],
    *,
    n_states: int,
    n_rows: int,
    n_steps: int,
    start: int = 0,
    cells: Ints | None = None,
    windows: Mapping[int, int] | None = None,
) -> Floats:
    """Return the probability of each state at the ends of steps, shape (n_steps + 1, n_states, n_rows).

    Parameters
    ----------
    moves : sequence of Move
        Each goes from a state to one of a higher place.  One that keeps the time of entry leaves a state with a hazard
        by time since entry.
    n_states, n_rows, n_steps : int
    start : int
        State at the beginning.
    cells : array of int, shape (n_steps,), optional
        Cell of each step of entry, ascending from 0; by default each step is one.
    windows : mapping of int to int, optional
        Steps after entry by which everybody has left a state with a hazard by time since entry.

    Raises
    ------
    UsageError
        If a move does not go to a higher place.
    """
    if any(not 0 <= move.source < move.target < n_states for move in moves):
        raise UsageError("moves go from a state to one of a higher place")
    shared = np.arange(n_steps) if cells is None else cells
    rooms = [_room(state, moves, n_rows, shared, (windows or {}).get(state)) for state in range(n_states)]
    rooms[start].begin()
    found = np.empty((n_steps + 1, n_states, n_rows))
    found[0] = np.eye(n_states)[start][:, None]
    for step in range(n_steps):
        inflow = np.zeros((n_states, n_rows))
        for state, room in enumerate(rooms):
            for move, gone in zip(room.moves, room.leave(step, inflow[state]), strict=True):
                target = rooms[move.target]
                if move.keeps_entry and isinstance(target, _ByEntry):
                    target.moved_in.append(gone)
                    continue
                if gone.beginners is not None:
                    inflow[move.target] += gone.beginners
                if gone.entered is not None:
                    inflow[move.target] += gone.entered.sum(axis=0)
            found[step + 1, state] = room.total()
    return found


def _room(state: int, moves: Sequence[Move], n_rows: int, cells: Ints, window: int | None) -> _Plain | _ByEntry:
    own = [move for move in moves if move.source == state]
    if any(move.by_age is not None or move.by_entry is not None for move in own):
        return _ByEntry(own, n_rows, cells, window=window)
    return _Plain(own, n_rows)


def _sum(hazards: list[Floats]) -> Floats:
    whole = hazards[0]
    for other in hazards[1:]:
        whole = whole + other
    return whole


def _left(hazard: Floats) -> Floats:
    """Return the share that leaves: ``1 - exp(-hazard)``, in place where it can."""
    gone = np.expm1(-hazard)
    return np.asarray(np.negative(gone, out=gone))


def _shared(out: Floats, hazards: list[Floats], whole: Floats) -> list[Floats]:
    """Return those who leave by move: in proportion to the hazards."""
    if len(hazards) == 1:
        return [out]
    rate = out / np.maximum(whole, _TINY)
    return [rate * hazard for hazard in hazards]
