"""Type-checked values of the JSON of a source; errors name file and code, but not the content."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from genorx._core.files import FileKind
from genorx.errors import PackError

#: A pack, or a JSON file of the source from which one is made.
PACK_FILE = FileKind(
    name="pack",
    error=PackError,
    code="pack-unreadable",
    folder_hint="genorx knowledge import makes a pack of a folder",
)


@contextmanager
def reading(part: str, file: Path, code: str) -> Iterator[None]:
    """Raise an error for a file with missing values or values of a wrong type, within a ``with`` block.

    Raises
    ------
    PackError
        With the code; errors of this class from inside the block are passed on.
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
        If the value is not text.
    """
    if not isinstance(value, str):
        raise TypeError(f"the value must be text, not {type(value).__name__}")
    return value


def maybe_text(value: Any) -> str | None:
    """Return a value that must be text or null."""
    return None if value is None else text(value)
