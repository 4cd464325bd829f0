"""Error codes of courses through states and of strategies, and what each says."""

from __future__ import annotations

CODES: dict[str, str] = {
    "hazard-above-one": "The hazards out of a state sum to more than 1 at one time.",
    "model-late-entry": "A survival model cannot take patients who enter a state later than at time zero.",
    "transition-unlisted": "A transition was seen that is not among those listed.",
    "transition-without-events": "A transition that is listed was not seen in the patients of a fit.",
}
