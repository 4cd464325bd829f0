"""Collection of faults: errors are gathered where reading can continue, and raised or shown together."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from genorx.errors import GenorxError, InputError, NotAnswerableError

#: Faults listed in the line of an error; the others are counted.
_SHOWN = 8


class Faults:
    """Errors found while reading a study, in order."""

    def __init__(self) -> None:
        self.errors: list[GenorxError] = []

    def __bool__(self) -> bool:
        return bool(self.errors)

    def add(self, error: GenorxError) -> None:
        """Add an error, once."""
        if str(error) not in {str(kept) for kept in self.errors}:
            self.errors.append(error)

    @contextmanager
    def catch(self) -> Iterator[None]:
        """Collect an input error raised in the block, and continue after it."""
        try:
            yield
        except (InputError, NotAnswerableError) as error:
            self.add(error)

    def raise_if_any(self) -> None:
        """Raise the first error; its reason lists the others.

        Raises
        ------
        GenorxError
            Of the class, code, file, place and hint of the first error.
        """
        if not self.errors:
            return
        first, *others = self.errors
        if not others:
            raise first
        stated = [_line(error) for error in others[:_SHOWN]]
        if len(others) > _SHOWN:
            stated.append(f"{len(others) - _SHOWN} more")
        reason = f"{first.reason} [and {len(others)} more: {'; '.join(stated)}]"
        raise type(first)(reason, file=first.file, place=first.place, hint=first.hint, code=first.code) from first


def _line(error: GenorxError) -> str:
    where = ":".join(part for part in (error.file, error.place) if part is not None)
    hint = f" ({error.hint.rstrip('.')})" if error.hint else ""
    return f"{where}: {error.reason}{hint}" if where else f"{error.reason}{hint}"
