"""Finding codes of courses through states and of strategies, with their meanings."""

from __future__ import annotations

CODES: dict[str, str] = {
    "course-end-unknown": "Patients in no absorbing state have no end of follow-up; they are left out.",
    "course-time-unknown": "Patients entered a state at a time that is not known; they are left out.",
    "outside-strategies": "Treatments started in a state or at a time that is in no strategy.",
    "same-day-states": "Patients entered two states on one day; the later entry is set half a day later.",
    "strategy-checks-differ": (
        "The estimate by clones or landmark excludes that of the model for a strategy; one of them is wrong."
    ),
    "strategy-not-checked": "The difference of a strategy could not be compared with clones or a landmark.",
    "transition-never-seen": (
        "No patient made a listed transition: it cannot be modelled, which does not mean that it is impossible."
    ),
    "treatment-of-unknown-patient": "Patients of the treatment table are in no table of features or outcomes.",
    "treatment-without-name": "A row does not say which treatment it is; its patients are not compared.",
    "treatment-without-start": "A treatment of a strategy has no start day; its patients are not compared.",
}
