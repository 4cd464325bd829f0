"""Opening and reading of files that a user names: format detection, size limits, and errors.

Only regular files are taken: a pipe blocks until somebody writes, a device never ends, and files are read more than
once.  Each room makes one ``FileKind`` with its error and codes.
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

#: Levels of lists and objects in a JSON text far above those of any genorx file or source.
MOST_LEVELS = 100
_FILES_LOOKED_AT = 1000  # of a folder, for one whose name is near
_NEAR_NAME = 0.8


@dataclass(frozen=True, slots=True, kw_only=True)
class FileKind:
    """A kind of file: its name, its error class, and the codes of its faults.

    Attributes
    ----------
    name : str
        As in "a folder, not a table".
    error : type of InputError
    code : str
        Code of a file that cannot be read, or is no regular file.
    absent, folder, damaged : str, optional
        Codes where they differ: no such file; a folder; text, JSON or compressed data that are none.
    absent_hint, folder_hint, damaged_hint : str, optional
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
            Of the kind's class and codes: absent, a folder, not permitted, not a regular file, or no possible name.
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
            raise self._fault("this is no name of a file", shown(path), self.absent) from error
        except OSError as error:
            reason = f"it cannot be read: {(error.strerror or 'no reason given').lower()}"
            raise self._fault(reason, shown(path) if len(str(path)) > 1000 else path) from error

    def read_bytes(self, path: str | Path) -> bytes:
        """Return all bytes, decompressed if they are gzip or bgzip, within the limits.

        Raises
        ------
        InputError
            As ``open``; and for compressed data that are cut or damaged.
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
            As ``read_bytes``; and for text that is no UTF-8, with the line.
        """
        return self.decoded(self.read_bytes(path), path)

    def decoded(self, data: bytes, path: str | Path) -> str:
        """Decode bytes as UTF-8 text, with or without a byte-order mark.

        Raises
        ------
        InputError
            With the line.
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
            As ``read_text``, and as ``parsed``.
        """
        return self.parsed(self.read_text(path), path)

    def parsed(self, text: str, path: str | Path, place: str | None = None) -> Any:
        """Return the value of a JSON text.

        Raises
        ------
        InputError
            For what is no JSON: also a whole number of more than 4,300 digits, and more than 100 levels.
        LimitError
            If the text is longer than a JSON text may be.
        """
        check("json_bytes", len(text), file=path, place=place)
        try:
            value = json.loads(text)
        except (ValueError, RecursionError) as error:
            at = str(error.lineno) if isinstance(error, json.JSONDecodeError) and place is None else place
            raise self.error(
                "the file is no JSON", file=path, place=at, hint=self.damaged_hint, code=self.damaged or self.code
            ) from error
        if _deeper(value, MOST_LEVELS):
            reason = f"lists and objects are nested more than {MOST_LEVELS} deep"
            raise self.error(reason, file=path, place=place, hint=self.damaged_hint, code=self.damaged or self.code)
        return value

    def read_toml(self, path: str | Path, *, code: str | None = None) -> dict[str, Any]:
        """Return the values of a TOML file; ``code`` is the code of invalid TOML, where it differs.

        Raises
        ------
        InputError
            As ``read_text``; and for what is no TOML: also a whole number of more than 4,300 digits, and lists nested
            too deeply.
        """
        text = self.read_text(path)
        try:
            return tomllib.loads(text)
        except (RecursionError, ValueError) as error:
            syntax = isinstance(error, tomllib.TOMLDecodeError)
            hint = shown(error) if syntax else "it is nested too deeply, or a number is too long"
            raise self._fault("the file is no TOML", path, code or self.damaged, hint) from error

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
