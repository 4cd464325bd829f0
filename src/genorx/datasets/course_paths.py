"""Equations of a simulated multistate cohort: hazards of transitions and of treatment start, and path simulation.

Equations
---------
In a step of three days from ``t`` on, a patient with scores ``x`` who entered state ``r`` at ``e`` moves to ``s`` with
the hazard

    h_rs(t) = rate_rs * g(t) * exp(b_rs x + A(t) (theta_rs + modifier_rs * age) - late_r min(e / 500, 2)),

with ``g(t) = 0.5 + exp(-t / 300)`` (1 out of the first of five states) and ``A(t)`` 1 from the day on which the
treatment began; ``late`` is 0 if the course is Markov.  In the observed data the treatment begins in a state, within
its window of days, with the hazard ``begin_r * exp(confounding * (0.7 * marker - 0.7 * age))``: both also affect the
prognosis.
Patients are drawn by ``datasets.course``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from genorx._core.short_repr import short

Floats = NDArray[np.float64]

#: Columns of the scores: age in standard deviations, adverse marker (0/1), favourable marker (0/1), log of the ldh.
SCORES = ("age", "marker", "favourable", "ldh")
_STEP = 3.0
_EARLY = 300.0


@dataclass(frozen=True, kw_only=True)
class MadeTransition:
    """A transition: its daily rate, effects of the scores, and the treatment's effect on its log hazard."""

    origin: str
    target: str
    rate: float
    effects: tuple[float, float, float, float]
    treated: float = 0.0
    by_age: float = 0.0
    falls: bool = True

    def hazard(self, t: float) -> float:
        """Return the hazard per day at ``t`` of an untreated patient whose scores are 0."""
        return self.rate * (0.5 + np.exp(-t / _EARLY)) if self.falls else self.rate


@dataclass(frozen=True, kw_only=True)
class MadeBegin:
    """Treatment start: its state, its window of days after entry, and its daily hazard there."""

    state: str
    first: float
    last: float
    rate: float


@short
@dataclass(frozen=True, kw_only=True)
class Mechanism:
    """The generating mechanism of the states.

    ``late`` is the decrease of the log hazards out of a state with the day of entry, by state.
    """

    states: tuple[str, ...]
    transitions: tuple[MadeTransition, ...]
    begins: tuple[MadeBegin, ...]
    late: Mapping[str, float]
    confounding: float
    oldest: float

    @property
    def pairs(self) -> tuple[tuple[str, str], ...]:
        """The transitions as pairs of states."""
        return tuple((each.origin, each.target) for each in self.transitions)

    def begin_log_hazard(self, scores: Floats) -> Floats:
        """Return the difference in the log hazard of treatment start; minus infinity above the oldest age."""
        tilt = self.confounding * (0.7 * scores[:, 1] - 0.7 * scores[:, 0])
        return np.where(scores[:, 0] > self.oldest, -np.inf, tilt)


_REMISSION = (
    MadeTransition(
        origin="remission", target="relapse", rate=1 / 500, effects=(0.1, 0.6, -0.5, 0.2), treated=-1.1, by_age=0.1
    ),
    MadeTransition(
        origin="remission", target="dead", rate=1 / 3000, effects=(0.5, 0.0, 0.0, 0.1), treated=0.9, by_age=0.4
    ),
)
_THREE = (
    *_REMISSION,
    MadeTransition(origin="relapse", target="dead", rate=1 / 250, effects=(0.3, 0.4, -0.3, 0.1), treated=-0.7),
)
_FIVE = (
    MadeTransition(origin="induction", target="remission", rate=1 / 45, effects=(-0.2, -0.3, 0.2, 0.0), falls=False),
    MadeTransition(origin="induction", target="dead", rate=1 / 300, effects=(0.6, 0.2, 0.0, 0.2), falls=False),
    *_REMISSION,
    MadeTransition(origin="relapse", target="second_remission", rate=1 / 150, effects=(-0.2, -0.3, 0.2, 0.0)),
    MadeTransition(origin="relapse", target="dead", rate=1 / 200, effects=(0.3, 0.4, -0.3, 0.1), treated=-0.5),
    MadeTransition(origin="second_remission", target="dead", rate=1 / 500, effects=(0.3, 0.3, -0.2, 0.1), treated=-0.7),
)
_BEGINS = (
    MadeBegin(state="remission", first=30.0, last=180.0, rate=0.005),
    MadeBegin(state="relapse", first=15.0, last=120.0, rate=0.008),
)
_STATES = {
    3: ("remission", "relapse", "dead"),
    5: ("induction", "remission", "relapse", "second_remission", "dead"),
}


def mechanism(
    states: Literal[3, 5], *, effect: Literal["benefit", "none"], markov: bool, overlap: bool, confounding: float
) -> Mechanism:
    """Return the mechanism with three or five states."""
    transitions: Sequence[MadeTransition] = _THREE if states == 3 else _FIVE
    if effect == "none":
        transitions = [replace(each, treated=0.0, by_age=0.0) for each in transitions]
    return Mechanism(
        states=_STATES[states],
        transitions=tuple(transitions),
        begins=_BEGINS,
        late={} if markov else {"relapse": 0.9},
        confounding=confounding,
        oldest=np.inf if overlap else 0.0,
    )


@dataclass(frozen=True, kw_only=True)
class Paths:
    """Entry time of each path into each state (missing if never), and the start of its treatment.

    ``entered`` has shape (n_paths, n_states), ``began`` (n_paths,); in days.
    """

    entered: Floats
    began: Floats

    def times_in_states(self, horizon: float) -> Floats:
        """Return the days up to ``horizon`` that each path spends in each state, shape (n_paths, n_states)."""
        starts = np.where(np.isnan(self.entered), np.inf, self.entered)
        order = np.argsort(starts, axis=1, kind="stable")
        by_time = np.take_along_axis(starts, order, axis=1).clip(max=horizon)
        ends = np.column_stack([by_time[:, 1:], np.full(len(starts), horizon)])
        spent = np.empty_like(starts)
        np.put_along_axis(spent, order, ends - by_time, axis=1)
        return spent

    def states_at(self, time: float) -> NDArray[np.int64]:
        """Return the index of each path's state at a time."""
        starts = np.where(np.isnan(self.entered) | (self.entered > time), -np.inf, self.entered)
        return np.asarray(starts.argmax(axis=1), dtype=np.int64)


@dataclass(frozen=True, kw_only=True)
class Plan:
    """Treatment begins in ``state`` after ``waits`` days there (infinite: never), one per path."""

    state: str
    waits: Floats


def draw_paths(made: Mechanism, scores: Floats, *, until: float, rng: Generator, plan: Plan | None = None) -> Paths:
    """Simulate paths from the first state on, up to ``until``.

    Parameters
    ----------
    made : Mechanism
    scores : array of shape (n_paths, 4)
        Scores of each path's patient, in the order of ``SCORES``.
    until : float
        Length of the simulation, in days.
    rng : Generator
        Source of random numbers; the same numbers are drawn for every plan, so that paths under two plans can be
        compared.
    plan : Plan, optional
        Start of the treatment; by default by the mechanism.
    """
    walk = _Walk(made, scores, plan)
    for t in np.arange(0.0, until, _STEP):
        walk.step(float(t), rng.random((2, len(scores))))
    return Paths(entered=walk.entered, began=walk.began)


class _Walk:
    """Paths being simulated."""

    def __init__(self, made: Mechanism, scores: Floats, plan: Plan | None) -> None:
        self.made, self.plan = made, plan
        n = len(scores)
        self.state = np.zeros(n, dtype=np.int64)
        self.began = np.full(n, np.nan)
        self.entered = np.full((n, len(made.states)), np.nan)
        self.entered[:, 0] = 0.0
        self.plain = [np.exp(scores @ np.asarray(each.effects)) for each in made.transitions]
        self.ratio = [np.exp(each.treated + each.by_age * scores[:, 0]) for each in made.transitions]
        self.tilt = np.exp(made.begin_log_hazard(scores))

    def step(self, t: float, uniform: Floats) -> None:
        """Advance by one step, with at most one event per path."""
        before = self.state.copy()
        for place, name in enumerate(self.made.states):
            there = np.flatnonzero(before == place)
            if len(there):
                self._leave(t, place, name, there, uniform)

    def _leave(self, t: float, place: int, name: str, there: NDArray[np.int64], uniform: Floats) -> None:
        since = self.entered[there, place]
        if self.plan is not None and self.plan.state == name:
            due = np.isnan(self.began[there]) & (since + self.plan.waits[there] <= t)
            self.began[there[due]] = (since + self.plan.waits[there])[due]
        hazards, targets = self._hazards(t, name, there, since)
        if not targets:
            return
        total = hazards.sum(axis=0)
        moves = uniform[0, there] < -np.expm1(-total * _STEP)
        # for paths that move, the same number selects the target: it is uniform below the probability to move
        share = uniform[0, there] / np.maximum(-np.expm1(-total * _STEP), 1e-300)
        way = (share[None, :] > np.cumsum(hazards, axis=0) / np.maximum(total, 1e-300)).sum(axis=0)
        when = t + _STEP * uniform[1, there]
        for number, target in enumerate(targets):
            who = there[moves & (way == number)]
            if target is None:
                self.began[who] = when[moves & (way == number)]
                continue
            self.state[who] = target
            self.entered[who, target] = when[moves & (way == number)]

    def _hazards(self, t: float, name: str, there: NDArray[np.int64], since: Floats) -> tuple[Floats, list[int | None]]:
        """Return daily hazards of each exit, exits x paths, and the target of each; None is treatment start."""
        treated = ~np.isnan(self.began[there])
        late = np.exp(-self.made.late.get(name, 0.0) * np.minimum(since / 500.0, 2.0))
        rows: list[Floats] = []
        targets: list[int | None] = []
        for number, each in enumerate(self.made.transitions):
            if each.origin == name:
                ratio = np.where(treated, self.ratio[number][there], 1.0)
                rows.append(each.hazard(t) * self.plain[number][there] * ratio * late)
                targets.append(self.made.states.index(each.target))
        for begin in self.made.begins:
            if self.plan is None and begin.state == name:
                wait = t - since
                may = ~treated & (wait >= begin.first) & (wait < begin.last)
                rows.append(np.where(may, begin.rate * self.tilt[there], 0.0))
                targets.append(None)
        return np.vstack(rows) if rows else np.zeros((0, len(there))), targets
