"""Line of a key in TOML text, for error messages: ``tomllib`` keeps no positions."""

from __future__ import annotations

import re

_HEADER = re.compile(r"^\s*\[(?P<array>\[)?(?P<path>[^\[\]]+)\]")
_KEY = re.compile(r"""^\s*(?P<path>(?:"[^"]*"|'[^']*'|[A-Za-z0-9_\- .])+?)\s*=""")
_PART = re.compile(r""""([^"]*)"|'([^']*)'|([A-Za-z0-9_\-]+)""")


def line_of(text: str, path: tuple[str | int, ...]) -> int | None:
    r"""Return the line (from 1) of a key, otherwise that of the nearest section above it, otherwise None.

    A number in ``path`` is the place in an array of tables, from 0.  Keys inside inline tables are found by
    the line of the table that holds them.

    Examples
    --------
    >>> line_of('[study]\nname = "a"\n', ("study", "name"))
    2
    """
    keys = tuple(str(step) for step in path)
    best: tuple[int, int] | None = None
    for line, found in _places(text):
        depth = len(found)
        if depth and found == keys[:depth] and (best is None or depth > best[0]):
            best = (depth, line)
    return None if best is None else best[1]


def key_before(text: str, line: int) -> str | None:
    r"""Return the key, with its sections, on a line or last before it.

    Examples
    --------
    >>> key_before('[a]\nb = [\n1,\n2]\n', 3)
    'a.b'
    """
    above = [found for number, found in _places(text) if number <= line]
    return ".".join(above[-1]) if above else None


def _places(text: str) -> list[tuple[int, tuple[str, ...]]]:
    places: list[tuple[int, tuple[str, ...]]] = []
    counts: dict[tuple[str, ...], int] = {}
    section: tuple[str, ...] = ()
    for number, line in enumerate(text.splitlines(), start=1):
        header = _HEADER.match(line)
        key = None if header else _KEY.match(line)
        if header:
            section = _section(_parts(header["path"]), counts, array=bool(header["array"]))
            places.append((number, section))
        elif key:
            places.append((number, section + _parts(key["path"])))
    return places


def _section(parts: tuple[str, ...], counts: dict[tuple[str, ...], int], *, array: bool) -> tuple[str, ...]:
    """Return the path of a section header, with an array index after each of its names."""
    place: tuple[str, ...] = ()
    for depth, part in enumerate(parts):
        place = (*place, part)
        if array and depth == len(parts) - 1:
            counts[place] = counts.get(place, -1) + 1
        if place in counts:
            place = (*place, str(counts[place]))
    return place


def _parts(path: str) -> tuple[str, ...]:
    return tuple(a or b or c for a, b, c in _PART.findall(path))
