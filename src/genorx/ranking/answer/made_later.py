"""Tuples of a result that are computed on first access: a table of many patients needs none of them."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Any, Generic, TypeVar, overload

T = TypeVar("T")


class MadeLater(Sequence[T], Generic[T]):
    """A tuple whose items are computed on first access; a copy in another process is a plain tuple."""

    @abstractmethod
    def _make(self) -> Iterator[T]:
        """Compute the items."""

    @cached_property
    def _items(self) -> tuple[T, ...]:
        return tuple(self._make())

    @overload
    def __getitem__(self, place: int) -> T: ...
    @overload
    def __getitem__(self, place: slice) -> tuple[T, ...]: ...
    def __getitem__(self, place: int | slice) -> T | tuple[T, ...]:
        return self._items[place]

    def __len__(self) -> int:
        return len(self._items)

    def __iter__(self) -> Iterator[T]:
        return iter(self._items)

    def __add__(self, other: Sequence[T]) -> tuple[T, ...]:
        return self._items + tuple(other)

    def __eq__(self, other: object) -> bool:
        return self._items == (other._items if isinstance(other, MadeLater) else other)

    def __hash__(self) -> int:
        return hash(self._items)

    def __repr__(self) -> str:
        return repr(self._items)

    def __reduce__(self) -> tuple[Any, ...]:
        return tuple, (self._items,)
