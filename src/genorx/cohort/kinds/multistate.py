"""The course through states: entry times, transitions, and the end of follow-up.

Its frame has the time in states that count as alive, so that it is a time to an event as well; the states are in
``Outcome.course``.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from genorx.cohort.course.course import absorbing_states, state_order
from genorx.cohort.course.placing import place_states
from genorx.cohort.course.rows import state_rows
from genorx.cohort.kinds.base import KeyFault, Reading, missing_key, names_twice
from genorx.cohort.kinds.timed import TimedData
from genorx.errors import shown

if TYPE_CHECKING:
    from genorx.cohort.patient_rows import PatientRows
    from genorx.cohort.study_file.sections import OutcomeSection


class MultistateData(TimedData):
    """Columns ``time`` and ``event`` of leaving the states that count as alive, and the course itself."""

    name = "multistate"
    free = "alive"
    has_states = True
    needed = ("states", "transitions", "start", "unit")
    allowed = ("alive", "state", "time", "times", "event", "followed", "horizons")

    def one_row(self, section: OutcomeSection) -> bool:
        """Return whether the table has one row per patient: one column per state."""
        return bool(section.times)

    def key_faults(self, where: tuple[str, ...], section: OutcomeSection, *, needs_horizon: bool) -> Iterator[KeyFault]:
        """Yield also invalid states and transitions, and columns that do not fit the form of the table."""
        yield from super().key_faults(where, section, needs_horizon=needs_horizon)
        yield from names_twice(where, "states", section.states)
        if not (section.states and section.transitions and section.start):
            return  # named as missing
        yield from _graph_faults(where, section)
        yield from _form_faults(where, section)

    def read(self, name: str, section: OutcomeSection, rows: PatientRows, *, horizon: float | None) -> Reading:
        """Return the course of all patients in whom it is known; see ``DataKind.read``."""
        faults = rows.raw.new_faults()
        reported = state_rows(section, rows, faults)
        horizons = self.horizons(section, horizon)
        placed = place_states(name, section, rows, reported, horizons=horizons, faults=faults)
        frame = placed.course.survival()
        findings = (*placed.findings, *self.about_times(name, section, frame, rows.name, horizon=horizon))
        fields = {"horizons": horizons, "course": placed.course}
        return Reading(frame=frame, lost=placed.lost, findings=findings, fields=fields)


def _graph_faults(where: tuple[str, ...], section: OutcomeSection) -> Iterator[KeyFault]:
    """Yield unknown state names, a cycle of transitions, and states that are never reached or never left."""
    states, transitions = section.states, [(origin, target) for origin, target in section.transitions]
    yield from _unknown_states(where, section)
    if len(set(transitions)) < len(transitions):
        yield KeyFault((*where, "transitions"), "a transition appears twice", "state each once")
    ring = [state for state in states if state not in state_order(states, transitions)]
    if ring:
        hint = "a state is entered at most once: give a second remission a state of its own"
        reason = f"transitions form a ring, or lead to no state: {', '.join(map(shown, ring))}"
        yield KeyFault((*where, "transitions"), reason, hint, "course-ring")
        return
    reached = {str(section.start), *(target for _, target in transitions)}
    for state in states:
        if state not in reached:
            reason = f'no transition leads to "{shown(state)}"'
            yield KeyFault((*where, "transitions"), reason, "add one, or leave the state out")
    if any(target == section.start for _, target in transitions):
        yield KeyFault((*where, "start"), f'a transition leads to the start, "{shown(section.start)}"')
    yield from _alive_faults((*where, "alive"), section, transitions)


def _alive_faults(
    where: tuple[str, ...], section: OutcomeSection, transitions: list[tuple[str, str]]
) -> Iterator[KeyFault]:
    """Yield states that cannot count as alive, or must: nobody returns to being alive."""
    for state in [each for each in absorbing_states(section.states, transitions) if each in section.alive]:
        hint = 'time in a state that is never left does not end: leave the state out of "alive"'
        yield KeyFault(where, f'"{shown(state)}" is absorbing and counts as alive', hint)
    if not section.alive:
        return
    if section.start not in section.alive:
        yield KeyFault(where, f'the start, "{shown(section.start)}", does not count as alive', "add it")
    for origin, target in transitions:
        if target in section.alive and origin not in section.alive and origin != section.start:
            reason = f'"{shown(target)}" counts as alive, and "{shown(origin)}", which leads to it, does not'
            yield KeyFault(where, reason, "nobody returns to being alive: add the one, or leave out the other")


def _unknown_states(where: tuple[str, ...], section: OutcomeSection) -> Iterator[KeyFault]:
    named = {
        "transitions": [name for pair in section.transitions for name in pair],
        "start": [str(section.start)],
        "alive": section.alive,
        "times": list(section.times),
    }
    hint = f"states: {', '.join(map(shown, section.states))}"
    for key, names in named.items():
        for name in dict.fromkeys(names):
            if name not in section.states:
                yield KeyFault((*where, key), f'"{shown(name)}" is none of the "states"', hint, "unknown-state")


def _form_faults(where: tuple[str, ...], section: OutcomeSection) -> Iterator[KeyFault]:
    if not section.times:
        if section.event is not None:
            hint = 'rows with the state "censored", or followed = "COLUMN"'
            yield KeyFault((*where, "event"), '"event" does not apply to a table with one row per state', hint)
        return
    for key in ("state", "time"):
        if getattr(section, key) is not None:
            yield KeyFault((*where, key), f'"{key}" does not apply where "times" names a column per state', "remove it")
    for state in section.states:
        if state != section.start and state not in section.times:
            hint = f'such as times = {{ {shown(state)} = "COLUMN" }}'
            yield missing_key(where, f"times.{shown(state)}", hint)
    yield from names_twice(where, "times", list(section.times.values()))
    if section.event is None and section.followed is None:
        hint = 'event = "COLUMN" with 0 where follow-up ended, or followed = "COLUMN" with its end'
        yield KeyFault((*where, "times"), "nothing says whose follow-up ended without an event", hint, "missing-key")
    absorbing = absorbing_states(section.states, [(one, other) for one, other in section.transitions])
    if section.event is not None and len(absorbing) != 1:
        hint = 'name the column of the end of follow-up: followed = "COLUMN"'
        yield KeyFault((*where, "event"), '"event" needs one absorbing state, whose time it is', hint)
