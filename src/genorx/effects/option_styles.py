"""Plot styles by name: colour, line and marker of each option, the same in every figure of a page.

Options differ by line and marker, not by colour alone, so that they can be distinguished in a grey print.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

_COLOURS = ("#1f2933", "#1d6fa5", "#c2641b", "#4f7f3f", "#7b4b94", "#8a6d1d")
_LINES: tuple[Any, ...] = ("-", (0, (5, 2)), (0, (6, 2, 1.2, 2)), (0, (1.2, 1.5)), (0, (8, 2, 2, 2)), (0, (3, 1)))
_MARKERS = ("o", "s", "^", "D", "v", "P")


@dataclass(frozen=True, slots=True, kw_only=True)
class OptionStyle:
    """Colour, line and marker of an option."""

    colour: str
    line: Any
    marker: str


def option_styles(reference: str, options: Iterable[str]) -> dict[str, OptionStyle]:
    """Return the style of each option: the reference first, then by name, so that the input order does not matter."""
    return styles_in_order(option_order(reference, options))


def option_order(reference: str, options: Iterable[str]) -> list[str]:
    """Return the reference, then the other options by name."""
    return [reference, *sorted({name for name in options if name != reference})]


def styles_in_order(names: Iterable[str]) -> dict[str, OptionStyle]:
    """Return the style of each option by index."""
    return {name: _style(place) for place, name in enumerate(names)}


def _style(place: int) -> OptionStyle:
    """Return a distinct style for each of the first 36 indices."""
    shifted = place + place // len(_COLOURS)
    return OptionStyle(
        colour=_COLOURS[place % len(_COLOURS)],
        line=_LINES[shifted % len(_LINES)],
        marker=_MARKERS[shifted % len(_MARKERS)],
    )
