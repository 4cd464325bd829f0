"""Strict JSON parsing: ambiguous input is refused, with the path of the value.

Numbers keep their digits (``Number``) until they are typed, since 1.10 and 1.1 may have different meanings.
Depth and length of numbers are checked before parsing, so that no hostile text exhausts the stack or time.
Source: RFC 8259; RFC 7493 (I-JSON) for the refusal of duplicate keys, NaN and Infinity.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

from genorx.errors import InputError, shown

#: Largest nesting depth of lists and objects, and length of a number.
MOST_LEVELS = 100
MOST_DIGITS = 100

_TEXT = r'"(?:[^"\\]|\\.)*"'
_TOKEN = re.compile(rf'({_TEXT})|([{{}}\[\]:,])|([^\s"{{}}\[\]:,]+)', re.DOTALL)
_STRINGS = re.compile(_TEXT, re.DOTALL)


class Number(str):
    """A JSON number, stored as its digits; ``float()`` and ``int()`` convert it."""

    __slots__ = ()


class _ValueRefusedError(ValueError):
    """A value that the parser refuses; the code is the reason."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(code, detail)
        self.code, self.detail = code, detail


def _no_constant(text: str) -> NoReturn:
    raise _ValueRefusedError("json-number", text)


def _number(text: str) -> Number:
    if len(text) > MOST_DIGITS:
        raise _ValueRefusedError("json-number", text)
    return Number(text)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        keys = [key for key, _ in pairs]
        raise _ValueRefusedError("json-key-twice", next(key for key in keys if keys.count(key) > 1))
    return found


_decoder = json.JSONDecoder(
    object_pairs_hook=_unique, parse_float=_number, parse_int=_number, parse_constant=_no_constant
)


def parse_json(data: bytes, file: str | Path, *, line: int | None = None) -> Any:
    """Return the value of a JSON text; numbers are ``Number``.

    Parameters
    ----------
    data : bytes
        Text in UTF-8, with or without a byte-order mark.
    file : path
        File named in errors.
    line : int, optional
        Line of the text in the file, for a file with one text per line.

    Raises
    ------
    InputError
        ``json`` (not UTF-8, truncated, or invalid JSON), ``json-key-twice``, ``json-number``, ``json-depth``,
        ``not-json`` (XML); the place is the path of the value.
    """
    where = _Place(file, line)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        at = f"byte {error.start + 1}" if line is None else f"line {line}"
        raise InputError("the text is not UTF-8", file=file, place=at, hint="save it as UTF-8", code="json") from error
    refuse_xml(data, file, line=line)
    _check_depth(text, where)
    try:
        return _decoder.decode(text)
    except _ValueRefusedError as error:
        _refuse_value(text, where, error)
    except json.JSONDecodeError as error:
        where.refuse(text, error.pos, "the text is not valid JSON, or it is truncated", "json")


def refuse_xml(data: bytes, file: str | Path, *, line: int | None = None) -> None:
    """Refuse bytes that begin like XML or HTML.

    Raises
    ------
    InputError
        ``not-json`` if they do.
    """
    if data[:1000].removeprefix(b"\xef\xbb\xbf").lstrip()[:1] == b"<":
        hint = "request it as JSON (application/fhir+json)"
        raise InputError("the file is XML, which is not supported", file=file, place=line, hint=hint, code="not-json")


def _blanked(text: str) -> str:
    """Return the text with the content of its strings replaced by blanks of the same length."""
    return _STRINGS.sub(lambda found: " " * len(found[0]), text)


def _check_depth(text: str, where: _Place) -> None:
    if text.count("{") + text.count("[") <= MOST_LEVELS:
        return
    import numpy as np

    shift = np.zeros(256, dtype=np.int8)
    shift[[ord("{"), ord("[")]] = 1
    shift[[ord("}"), ord("]")]] = -1
    signs = np.frombuffer(_blanked(text).encode("latin-1", "replace"), dtype=np.uint8)
    level = np.cumsum(shift[signs], dtype=np.int64)
    deep = np.flatnonzero(level > MOST_LEVELS)
    if deep.size:
        reason = f"lists and objects are nested more than {MOST_LEVELS} deep"
        where.refuse(text, int(deep[0]), reason, "json-depth")


def _refuse_value(text: str, where: _Place, error: _ValueRefusedError) -> NoReturn:
    if error.code == "json-number":
        long = len(error.detail) > MOST_DIGITS
        reason = f"a number has more than {MOST_DIGITS} characters" if long else f"{error.detail} is not a JSON number"
        where.refuse(text, _blanked(text).find(error.detail), reason, error.code)
    where.refuse(text, _second(text), "a key appears twice in one object", error.code)


def _second(text: str) -> int:
    """Return the position at which a key occurs for the second time in its object."""
    found = 0

    def seen(keys: set[str], key: str, at: int) -> bool:
        nonlocal found
        if key in keys:
            found = at
            return True
        keys.add(key)
        return False

    _walk(text, len(text), seen)
    return found


def path_at(text: str, end: int) -> str:
    """Return the path of the value at, or begun before, a position of a JSON text.

    >>> path_at('{"a": [{"b": NaN}]}', 13)
    'a[0].b'
    """
    path = _walk(text, end, None)
    return path if len(path) <= 200 else f"{path[:150]}...{path[-40:]}"


def _walk(text: str, end: int, stop: Callable[[set[str], str, int], bool] | None) -> str:
    """Scan the tokens of a text up to a position, without recursion; return the path there."""
    stack: list[list[Any]] = []  # per level: key or index of the entry, keys so far, whether a key comes next
    for token in _TOKEN.finditer(text):
        if token.start() > end:
            break
        sign = token[2]
        if sign in ("{", "["):
            stack.append([None, set(), True] if sign == "{" else [0, None, False])
        elif sign in ("}", "]"):
            if stack:
                stack.pop()
        elif sign == "," and stack:
            stack[-1][0] = stack[-1][0] + 1 if stack[-1][1] is None else stack[-1][0]
            stack[-1][2] = stack[-1][1] is not None
        elif token[1] and stack and stack[-1][2]:
            key = token[1][1:-1]
            stack[-1][0], stack[-1][2] = key, False
            if stop is not None and stop(stack[-1][1], key, token.start()):
                break
    steps = (f"[{each}]" if isinstance(each, int) else f".{shown(each)}" for each, _, _ in stack if each is not None)
    return "".join(steps).removeprefix(".") or "start"


class _Place:
    """A file, and a line in its text."""

    def __init__(self, file: str | Path, line: int | None) -> None:
        self.file, self.line = file, line

    def refuse(self, text: str, at: int, reason: str, code: str) -> NoReturn:
        path = path_at(text, max(at, 0))
        line = self.line if self.line is not None else text.count("\n", 0, max(at, 0)) + 1
        raise InputError(reason, file=self.file, place=f"line {line}: {path}", code=code)


def typed(value: Any, file: str | Path | None = None) -> Any:
    """Return a value of ``parse_json`` with its numbers as integers and floats.

    Raises
    ------
    InputError
        ``json-number`` for a number too large for a float.

    >>> typed({"a": [Number("1"), Number("1.50"), "1"]})
    {'a': [1, 1.5, '1']}
    """
    if isinstance(value, Number):
        return int(value) if value.lstrip("-").isdigit() else _finite(value, file)
    if isinstance(value, dict):
        return {key: typed(each, file) for key, each in value.items()}
    return [typed(each, file) for each in value] if isinstance(value, list) else value


def _finite(number: Number, file: str | Path | None) -> float:
    found = float(number)
    if not math.isfinite(found):
        raise InputError(f"the number {number} is too large", file=file, code="json-number")
    return found
