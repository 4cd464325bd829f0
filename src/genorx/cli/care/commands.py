"""The commands of ``genorx care``: name, function and example of each, by family."""

from __future__ import annotations

from collections.abc import Callable

from genorx.cli.care import cards, forms, plan, questions, requests

#: Name, function and example.
COMMANDS: tuple[tuple[str, Callable[..., None], str], ...] = (
    *cards.COMMANDS,
    *forms.COMMANDS,
    *plan.COMMANDS,
    *requests.COMMANDS,
    *questions.COMMANDS,
)
