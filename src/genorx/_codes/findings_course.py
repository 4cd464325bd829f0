"""Finding codes of courses through states and of strategies, and what each says."""

from __future__ import annotations

CODES: dict[str, str] = {
    "course-end-unknown": "Patients in no absorbing state have no end of follow-up; they are left out.",
    "course-time-unknown": "Patients entered a state at a time that is not known; they are left out.",
    "outside-strategies": "Treatments began in a state or at a time that no strategy names.",
    "same-day-states": "Patients entered two states on one day; the later one is taken as half a day later.",
    "strategy-checks-differ": "Clones or landmark exclude what the model says of a strategy; one of them is off.",
    "strategy-not-checked": "The difference of a strategy could not be held against clones or a landmark.",
    "transition-never-seen": "Nobody made a transition of the list: no model of it can be fitted, and it is not never.",
    "treatment-without-start": "A treatment of a strategy has no day on which it began; its patients are not compared.",
}
