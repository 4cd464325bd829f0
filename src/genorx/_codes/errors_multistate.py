"""Error codes of multistate models, with their meanings."""

from __future__ import annotations

CODES: dict[str, str] = {
    "hazard-above-one": "The hazards out of a state sum to more than 1 at one time.",
    "hazard-missing": "An increment of a hazard is missing or below 0.",
    "model-late-entry": "A survival model does not support patients who enter a state after time zero.",
    "start-state": "The start is none of the states, or not one probability per state that together make 1.",
    "state-number": "A state is not a whole number, or is below 0.",
    "transition-unlisted": "An observed transition is not among those listed.",
    "transition-without-events": "A listed transition was not observed in the patients of a fit.",
}
