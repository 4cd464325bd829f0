"""An append-only file of JSON lines: each line contains the digest of the one before, so tampering is detected.

A line is written with one call and flushed to the disk; a process that is killed meanwhile leaves an unterminated line,
which is ignored, and removed by the next writer.
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

_BEGIN = (0, "0" * 64)  # number of a line, and its digest: before the first one
_HINT = "restore it from a copy; lines after the changed one cannot be trusted"


class Journal:
    """An append-only file.

    Parameters
    ----------
    path : Path
        The file; created with the first entry.
    code : str
        Code of the error for a changed line.
    """

    def __init__(self, path: Path, code: str) -> None:
        self.path, self.code = path, code
        self._file = FileKind(name="journal", error=InputError, code=code, absent="file-not-found")
        self._checked, self._end = b"", _BEGIN  # lines that this writer has verified, and their end

    def read(self) -> list[dict[str, Any]]:
        """Return the entries, each verified against the one before; none if there is no file.

        Raises
        ------
        InputError
            With the line number, if a line was changed, removed or inserted.
        """
        return [entry for entry, _ in self._lines(_finished(self._bytes()), _BEGIN)]

    def append(self, entry: dict[str, Any]) -> dict[str, Any]:
        """Append an entry; return it as stored, with its place in the chain."""
        with output_errors(self.path), self._locked():
            data = self._bytes()
            whole = _finished(data)
            number, previous = self._end_of(whole)
            kept = {"number": number + 1, **entry, "previous": previous}
            line = json.dumps(kept, sort_keys=True, ensure_ascii=False, allow_nan=False).encode()
            with open(self.path, "ab") as handle:
                if len(whole) < len(data):
                    handle.truncate(len(whole))
                handle.write(line + b"\n")
                handle.flush()
                os.fsync(handle.fileno())
            self._checked, self._end = whole + line + b"\n", (number + 1, hashlib.sha256(line).hexdigest())
        return kept

    def _bytes(self) -> bytes:
        return self._file.read_bytes(self.path) if self.path.exists() else b""

    def _end_of(self, whole: bytes) -> tuple[int, str]:
        """Return number and digest of the last line; the verified, unchanged part is not read again."""
        known = whole.startswith(self._checked)
        begin, end = (len(self._checked), self._end) if known else (0, _BEGIN)
        for _, here in self._lines(whole[begin:], end):
            end = here
        return end

    def _lines(self, whole: bytes, begin: tuple[int, str]) -> Iterator[tuple[dict[str, Any], tuple[int, str]]]:
        """Yield the entries of lines after a position, each with the number and digest of its line."""
        last, previous = begin
        for number, line in enumerate(whole.splitlines(), last + 1):
            entry = self._entry(line, number)
            if entry.get("previous") != previous or entry.get("number") != number:
                raise InputError(
                    "the line differs from the one that was written",
                    file=self.path,
                    place=number,
                    hint=_HINT,
                    code=self.code,
                )
            previous = hashlib.sha256(line).hexdigest()
            yield entry, (number, previous)

    def _entry(self, line: bytes, number: int) -> dict[str, Any]:
        try:
            entry = json.loads(line)
        except ValueError as error:
            raise InputError(
                "the line is not JSON", file=self.path, place=number, hint=_HINT, code=self.code
            ) from error
        if not isinstance(entry, dict):
            raise InputError("the line is not an entry", file=self.path, place=number, hint=_HINT, code=self.code)
        return entry

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Lock the file against other writers."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with open(self.path.with_name(self.path.name + ".lock"), "a") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield


def _finished(data: bytes) -> bytes:
    """Return the lines without an unterminated last one, which was never completed."""
    return data[: data.rfind(b"\n") + 1]
