"""Short ``repr`` of results: their content and its size."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sized
from dataclasses import fields, is_dataclass
from html import escape
from typing import Any, TypeVar

from genorx._visible import visible

T = TypeVar("T")
_LONGEST = 60  # characters of one value
_MOST = 600  # characters of all
_NAMED = 3  # entries of a list or mapping that are shown


def short(cls: type[T]) -> type[T]:
    """Give a dataclass a ``repr`` that names its fields and the size of each."""
    cls.__repr__ = short_repr  # type: ignore[method-assign]
    return cls


def short_repr(value: Any) -> str:
    """Return ``Name(field=value, many=120 findings)``, of about a hundred characters at most."""
    if not is_dataclass(value):
        return object.__repr__(value)
    parts = [f"{each.name}={short_text(getattr(value, each.name))}" for each in fields(value) if each.repr]
    text = f"{type(value).__name__}({', '.join(parts)})"
    return text if len(text) <= _MOST else text[: _MOST - 5] + " ...)"


def short_text(value: Any) -> str:
    """Return a short text for a value; large values are shown by their size."""
    if value is None or isinstance(value, bool | int | float):
        return f"{value}" if not isinstance(value, float) else f"{value:.6g}"
    if isinstance(value, str):
        return _cut(repr(visible(value, one_line=True)))
    shape = getattr(value, "shape", None)
    if isinstance(shape, tuple):
        return f"<{type(value).__name__} {' x '.join(map(str, shape))}>"
    if isinstance(value, Mapping | list | tuple | set | frozenset):
        return _several(value)
    size = f" of {len(value)}" if isinstance(value, Sized) else ""
    return f"<{type(value).__name__}{size}>"


def _several(value: Mapping[Any, Any] | Iterable[Any]) -> str:
    entries: list[Any] = list(value)
    if not entries:
        return "none"
    if all(isinstance(each, str | int | float) for each in entries) and len(entries) <= _NAMED:
        return _cut(", ".join(short_text(each) for each in entries)).join("[]")
    if isinstance(value, Mapping):
        return f"<{len(entries)} entries>"
    kinds = {type(each).__name__ for each in entries}
    return f"<{len(entries)} {kinds.pop() if len(kinds) == 1 else 'values'}>"


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 4]}...{text[-1]}"


class Results(list[T]):
    """A list of results whose ``repr`` shows their number and the first few."""

    def __repr__(self) -> str:
        first = [repr(each)[:_MOST] for each in self[:2]]
        more = [f"... and {len(self) - len(first)} more"] if len(self) > len(first) else []
        return "[" + ",\n ".join([*first, *more]) + "]"

    def _repr_html_(self) -> str:
        shown = [str(show()) if (show := getattr(each, "_repr_html_", None)) else f"<p>{escape(repr(each))}</p>"
                 for each in self[:_NAMED]]  # fmt: skip
        more = f"<p>{len(self) - len(shown)} more are not shown.</p>" if len(self) > len(shown) else ""
        return "".join(shown) + more
