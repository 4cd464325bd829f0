"""Arrays of several models in one file, distinguished by name prefixes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from numpy.typing import NDArray

Arrays = dict[str, NDArray[Any]]


def named_below(place: str, arrays: Mapping[str, NDArray[Any]]) -> Arrays:
    """Return arrays with names ``PLACE.NAME``."""
    return {f"{place}.{name}": array for name, array in arrays.items()}


def arrays_below(place: str, arrays: Mapping[str, NDArray[Any]]) -> Arrays:
    """Return the arrays with prefix ``PLACE.``, with the prefix removed."""
    start = f"{place}."
    return {name.removeprefix(start): array for name, array in arrays.items() if name.startswith(start)}
