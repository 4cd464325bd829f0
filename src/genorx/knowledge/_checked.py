"""Type-checked values of a source's JSON; errors name file and code, and not the content."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from genorx._core.files import FileKind
from genorx.errors import PackError

#: A pack, or a JSON file of the source that one is made from.
PACK_FILE = FileKind(
    name="pack",
    error=PackError,
    code="pack-unreadable",
    folder_hint="genorx knowledge import makes a pack of a folder",
)


@contextmanager
def reading(part: str, file: Path, code: str) -> Iterator[None]:
    """Raise an error for a file with missing values, or values of another type than the block expects.

    Raises
    ------
    PackError
        With the code; errors of that class from inside pass as they are.
    """
    try:
        yield
    except PackError:
        raise
    except KeyError as error:
        raise PackError(f"a part of the {part} is missing: {error}", file=file, code=code) from error
    except (TypeError, IndexError, AttributeError, ValueError, OverflowError) as error:
        raise PackError(f"a value of the {part} is of another kind", file=file, code=code) from error


def text(value: Any) -> str:
    """Return a value that must be text.

    Raises
    ------
    TypeError
        If it is none.
    """
    if not isinstance(value, str):
        raise TypeError(f"a text is needed, not {type(value).__name__}")
    return value


def maybe_text(value: Any) -> str | None:
    """Return a value that must be text or null."""
    return None if value is None else text(value)
