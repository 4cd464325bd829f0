"""Error codes of courses through states and of strategies, with their meanings."""

from __future__ import annotations

CODES: dict[str, str] = {
    "course-after-absorbing": "A patient leaves an absorbing state.",
    "course-after-follow-up": "A state is entered after the end of the patient's follow-up.",
    "course-order": "A state is entered before the one that leads to it, or before the start.",
    "course-ring": "Transitions form a cycle, or lead to an undeclared state; a state is entered at most once.",
    "course-start": "The start state is entered later than 0.",
    "course-state": "A cell of a course is not one of the states.",
    "course-state-twice": "A patient enters a state a second time.",
    "course-transition": "A patient goes from one state to another without a transition in the list.",
    "course-without-end": "The end of follow-up is not given for patients who reached no absorbing state.",
    "outcome-without-states": "Strategies are compared through states, and this outcome has none.",
    "states-not-told": "An estimator of strategies does not distinguish all states of the outcome.",
    "strategies-overlap": "Two strategies begin the same treatment in the same state, or both treat no patient.",
    "strategies-without-states": "Strategies are declared, but the outcome to rank by has no states.",
    "strategy-in-absorbing": "A strategy begins a treatment in an absorbing state.",
    "treatment-after-follow-up": "A treatment of a strategy begins after the end of the patient's follow-up.",
    "treatment-before-start": "A treatment of a strategy begins before the start of the course.",
    "treatment-in-absorbing": "A treatment of a strategy begins after an absorbing state was entered.",
    "treatment-twice": "A treatment of a strategy begins twice for a patient.",
    "unknown-state": "A name is not one of the states of a multistate outcome.",
}
