"""Finding codes of multistate models, with their meanings."""

from __future__ import annotations

CODES: dict[str, str] = {
    "not-markov": "The hazard out of a state depends on when the state was entered, not on time alone.",
    "transition-rare": "A transition has few events: effects on its hazard are uncertain.",
}
