"""Error codes of multistate models, with their meanings."""

from __future__ import annotations

CODES: dict[str, str] = {
    "hazard-above-one": "The hazards out of a state sum to more than 1 at one time.",
    "model-late-entry": "A survival model does not support patients who enter a state after time zero.",
    "transition-unlisted": "An observed transition is not among those listed.",
    "transition-without-events": "A listed transition was not observed in the patients of a fit.",
}
