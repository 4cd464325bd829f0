"""Opening and reading of files named by a user: format detection, size limits, and errors.

Only regular files are accepted: a pipe blocks until it is written to, a device never ends, and files are read more than
once.  Each room defines a ``FileKind`` with its error and codes.
"""

from __future__ import annotations

import json
import os
import stat
import tomllib
import zlib
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from genorx._core.limits import check, read_unpacked
from genorx._core.nearest import did_you_mean
from genorx.errors import InputError, shown

#: Largest depth of lists and objects in a JSON text, far above that of any file of genorx or its sources.
MOST_LEVELS = 100
_FILES_LOOKED_AT = 1000  # entries of a folder that are searched for a similar name
_NEAR_NAME = 0.8


@dataclass(frozen=True, slots=True, kw_only=True)
class FileKind:
    """A kind of file: its name, its error class, and the codes of its faults.

    Attributes
    ----------
    name : str
        Name of the kind, as in "a folder, not a table".
    error : type of InputError
        Class of its errors.
    code : str
        Code of a file that cannot be read, or is not a regular file.
    absent, folder, damaged : str, optional
        Codes of an absent file, of a folder, and of invalid text, JSON or compressed data; by default ``code``.
    absent_hint, folder_hint, damaged_hint : str, optional
        Hints of these errors.
    """

    name: str
    error: type[InputError]
    code: str
    absent: str | None = None
    folder: str | None = None
    damaged: str | None = None
    absent_hint: str | None = None
    folder_hint: str | None = None
    damaged_hint: str | None = None

    def open(self, path: str | Path) -> BinaryIO:
        """Return the file, open in binary mode; the caller closes it.

        Raises
        ------
        InputError
            Error of the kind's class, if the path is absent, a folder, without permission, not a regular file, or not a
            valid name.
        """
        try:
            mode = os.stat(path).st_mode
            if stat.S_ISDIR(mode):
                hint = self.folder_hint or "name a file in it"
                raise self._fault(f"it is a folder, not a {self.name}", path, self.folder, hint)
            if not stat.S_ISREG(mode):
                hint = "save it as a file first"
                raise self._fault("it is a pipe or a device, not a regular file", path, None, hint)
            return open(path, "rb")
        except InputError:
            raise
        except (FileNotFoundError, NotADirectoryError) as error:
            hint = " ".join(filter(None, (_near_file(Path(path)), self.absent_hint)))
            raise self._fault("there is no such file", path, self.absent, hint or None) from error
        except ValueError as error:  # NUL, or letters that no file system holds
            raise self._fault("this is not a valid file name", shown(path), self.absent) from error
        except OSError as error:
            reason = f"it cannot be read: {(error.strerror or 'no reason given').lower()}"
            raise self._fault(reason, shown(path) if len(str(path)) > 1000 else path) from error

    def read_bytes(self, path: str | Path) -> bytes:
        """Return all bytes, decompressed if they are gzip or bgzip, within the limits.

        Raises
        ------
        InputError
            See ``open``; also for compressed data that are cut or damaged.
        LimitError
        """
        with self.open(path) as handle:
            try:
                return read_unpacked(handle, file=path)
            except (EOFError, OSError, zlib.error) as error:
                reason = "the compressed data are cut or damaged"
                hint: str | None = self.damaged_hint or "copy or compress it again"
                if isinstance(error, OSError) and error.errno is not None:
                    reason, hint = f"it cannot be read: {(error.strerror or 'no reason given').lower()}", None
                raise self._fault(reason, path, self.damaged, hint) from error

    def read_text(self, path: str | Path) -> str:
        """Return the text of a UTF-8 file, with or without a byte-order mark, compressed or not.

        Raises
        ------
        InputError
            See ``read_bytes``; also for text that is not UTF-8, with the line.
        """
        return self.decoded(self.read_bytes(path), path)

    def decoded(self, data: bytes, path: str | Path) -> str:
        """Decode bytes as UTF-8 text, with or without a byte-order mark.

        Raises
        ------
        InputError
            If the bytes are not UTF-8, with the line.
        """
        try:
            return data.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            line = data[: error.start].count(b"\n") + 1
            raise self.error(
                "the text is not UTF-8", file=path, place=line, hint="save it as UTF-8", code=self.damaged or self.code
            ) from error

    def read_json(self, path: str | Path) -> Any:
        """Return the value of a JSON file.

        Raises
        ------
        InputError
            See ``read_text`` and ``parsed``.
        """
        return self.parsed(self.read_text(path), path)

    def parsed(self, text: str, path: str | Path, place: str | None = None) -> Any:
        """Return the value of a JSON text.

        Raises
        ------
        InputError
            For invalid JSON, an integer of more than 4,300 digits, or more than 100 levels.
        LimitError
            If the text exceeds the limit for JSON.
        """
        check("json_bytes", len(text), file=path, place=place)
        try:
            value = json.loads(text)
        except (ValueError, RecursionError) as error:
            at = str(error.lineno) if isinstance(error, json.JSONDecodeError) and place is None else place
            raise self.error(
                "the file is not JSON", file=path, place=at, hint=self.damaged_hint, code=self.damaged or self.code
            ) from error
        if _deeper(value, MOST_LEVELS):
            reason = f"lists and objects are nested more than {MOST_LEVELS} deep"
            raise self.error(reason, file=path, place=place, hint=self.damaged_hint, code=self.damaged or self.code)
        return value

    def read_toml(self, path: str | Path, *, code: str | None = None) -> dict[str, Any]:
        """Return the values of a TOML file; ``code`` is the code of invalid TOML, if it differs.

        Raises
        ------
        InputError
            See ``read_text``; also for invalid TOML, an integer of more than 4,300 digits, or lists nested too deeply.
        """
        text = self.read_text(path)
        try:
            return tomllib.loads(text)
        except (RecursionError, ValueError) as error:
            syntax = isinstance(error, tomllib.TOMLDecodeError)
            hint = shown(error) if syntax else "it is nested too deeply, or a number is too long"
            raise self._fault("the file is not TOML", path, code or self.damaged, hint) from error

    def _fault(self, reason: str, path: str | Path, code: str | None = None, hint: str | None = None) -> InputError:
        return self.error(reason, file=path, hint=hint, code=code or self.code)


def _deeper(value: Any, most: int) -> bool:
    level = [value] if isinstance(value, dict | list) else []
    for _ in range(most):
        values = (child for each in level for child in (each.values() if isinstance(each, dict) else each))
        level = [child for child in values if isinstance(child, dict | list)]
        if not level:
            return False
    return True


def _near_file(path: Path) -> str | None:
    """Return a hint with the most similar file name in the same folder; None if no name is similar."""
    with suppress(OSError, ValueError):
        there = os.listdir(path.parent)[:_FILES_LOOKED_AT]
        return did_you_mean(path.name, there, alike=_NEAR_NAME) or None
    return None
