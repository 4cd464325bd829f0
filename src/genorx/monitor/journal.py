"""A file of JSON lines that only grows: each line carries the digest of the one before, so a changed byte is found.

A line is written with one call and flushed to the disk; a process that is killed in it leaves a line without its end,
which the next writer takes away and which counts for nothing.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from genorx._core.files import FileKind
from genorx._core.whole_files import output_errors
from genorx.errors import InputError

_START = "0" * 64
_HINT = "take it again from a copy; what follows the changed line cannot be trusted"


class Journal:
    """An append-only file.

    Parameters
    ----------
    path : Path
    code : str
        Of the error for a changed line.
    """

    def __init__(self, path: Path, code: str) -> None:
        self.path, self.code = path, code
        self._file = FileKind(name="journal", error=InputError, code=code, absent="file-not-found")

    def read(self) -> list[dict[str, Any]]:
        """Return the entries, each checked against the one before; none where there is no file.

        Raises
        ------
        InputError
            With the line, if it was changed, taken away or put in.
        """
        return [entry for entry, _ in self._lines()]

    def append(self, entry: dict[str, Any]) -> dict[str, Any]:
        """Add an entry; returns it as it is kept, with its place in the chain."""
        with output_errors(self.path), self._locked():
            lines = list(self._lines())
            self._mend()
            previous = lines[-1][1] if lines else _START
            kept = {"number": len(lines) + 1, **entry, "previous": previous}
            text = json.dumps(kept, sort_keys=True, ensure_ascii=False, allow_nan=False) + "\n"
            with open(self.path, "ab") as handle:
                handle.write(text.encode())
                handle.flush()
                os.fsync(handle.fileno())
        return kept

    def _lines(self) -> Iterator[tuple[dict[str, Any], str]]:
        if not self.path.exists():
            return
        data = self._file.read_bytes(self.path)
        whole = data[: data.rfind(b"\n") + 1]  # a line without its end was never finished
        previous = _START
        for number, line in enumerate(whole.splitlines(), 1):
            entry = self._entry(line, number)
            if entry.get("previous") != previous or entry.get("number") != number:
                raise InputError(
                    "the line is not the one that was written here",
                    file=self.path,
                    place=number,
                    hint=_HINT,
                    code=self.code,
                )
            previous = hashlib.sha256(line).hexdigest()
            yield entry, previous

    def _entry(self, line: bytes, number: int) -> dict[str, Any]:
        try:
            entry = json.loads(line)
        except ValueError as error:
            raise InputError("the line is no JSON", file=self.path, place=number, hint=_HINT, code=self.code) from error
        if not isinstance(entry, dict):
            raise InputError("the line is no entry", file=self.path, place=number, hint=_HINT, code=self.code)
        return entry

    def _mend(self) -> None:
        """Take away a last line that was never finished."""
        if not self.path.exists():
            return
        data = self.path.read_bytes()
        if data and not data.endswith(b"\n"):
            with open(self.path, "r+b") as handle:
                handle.truncate(data.rfind(b"\n") + 1)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Keep other writers out."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with open(self.path.with_name(self.path.name + ".lock"), "a") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
