"""The commands of ``genorx care``: name, function and example of each, a line for each family's module."""

from __future__ import annotations

from collections.abc import Callable

#: Name, function and example.
COMMANDS: tuple[tuple[str, Callable[..., None], str], ...] = ()
