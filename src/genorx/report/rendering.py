"""Templates of this room, filled; and the sources of a result, as a page names them."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from genorx._core.page import finished, templates

if TYPE_CHECKING:
    from jinja2 import Environment

    from genorx.ranking.ranking import Ranking


@cache
def _environment() -> Environment:
    return templates("genorx.report")


def render(name: str, context: dict[str, Any]) -> str:
    """Render a template of this room; texts are escaped, and hidden characters made visible."""
    return finished(_environment().get_template(name).render(context))


def sources_of(ranking: Ranking) -> list[tuple[str, str]]:
    """Return the sources of the result, as (name, text) pairs."""
    names = {"model": "Model (SHA-256)", "study": "Study (SHA-256)", "seed": "Seed", "date": "Date"}
    found = [(text, ranking.provenance[key]) for key, text in names.items() if ranking.provenance.get(key, "") != ""]
    for name, release in dict(ranking.provenance.get("knowledge", {})).items():
        found.append((f"Knowledge: {name}", release))
    return [(name, str(value)) for name, value in found]
