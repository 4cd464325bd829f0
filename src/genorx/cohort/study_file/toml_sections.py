"""A TOML file validated by a pydantic model: all faults reported at once, each with line and similar key."""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from genorx._core.nearest import did_you_mean
from genorx.cohort.faults import Faults
from genorx.cohort.study_file.toml_lines import key_before, line_of
from genorx.errors import InputError, shown

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

Scalar = str | int | float | bool
Model = TypeVar("Model", bound=BaseModel)
#: Similarity above which an unknown key is a misspelling.
_NEAR = 0.75
_WRITTEN = "text is in quotes, and a key is given once in its section"
_AT_LINE = re.compile(r"\s*\(at (?:line (?P<line>\d+), column \d+|end of document)\)$")


#: Of each model of a section: unknown keys and other types are faults.
CLOSED = ConfigDict(extra="forbid", frozen=True, strict=True)


def parse_toml(
    text: str, path: str | Path | None, error: type[InputError] = InputError, hint: str = _WRITTEN
) -> dict[str, Any]:
    """Return the values of TOML text.

    Raises
    ------
    InputError
        ``toml``, with the line and the ``hint``.
    """
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as fault:
        message = str(fault)
        found = _AT_LINE.search(message)
        line = found.group("line") if found else None
        if found and line is None:
            line = str(text.count("\n") + 1)
        reason = shown(_AT_LINE.sub("", message))
        key = key_before(text, int(line)) if line and reason.startswith("Invalid date") else None
        reason = f'"{shown(key)}": {reason}' if key else reason
        raise error(f"not TOML: {reason}", file=path, place=line, hint=hint, code="toml") from fault
    except (RecursionError, ValueError) as fault:  # a whole number of more than 4,300 digits is a ValueError
        reason = "TOML that cannot be read: nested too deeply, or a number too long"
        raise error(reason, file=path, code="toml") from fault


@dataclass(frozen=True, kw_only=True)
class TomlSections(Generic[Model]):
    """The sections of a kind of TOML file.

    Attributes
    ----------
    whole : type of BaseModel
        Model of the whole file.
    sections : mapping of path to type of BaseModel
        Models of its sections, to suggest similar keys; ``*`` matches any name, or index in a list.
    error : type of InputError
    tell_values : bool
        Whether an error may repeat a value; False where values are personal data.
    """

    whole: type[Model]
    sections: Mapping[tuple[str, ...], type[BaseModel]] = field(default_factory=dict)
    error: type[InputError] = InputError
    tell_values: bool = True

    def validated(self, values: Mapping[str, Any], text: str = "", path: str | Path | None = None) -> Model:
        """Return values as the model.

        Raises
        ------
        InputError
            ``unknown-key``, ``missing-key``, ``wrong-value``; all faults are reported at once.
        """
        try:
            return self.whole.model_validate(values)
        except ValidationError as error:
            caught = self.faults(error, values, text, path)
        # after the handler: pydantic's message repeats values, and would be in the traceback of this error
        caught.raise_if_any()
        raise self.error("the file breaks its model", file=path, code="wrong-value")  # pragma: no cover

    def faults(
        self, error: ValidationError, values: Mapping[str, Any], text: str = "", path: str | Path | None = None
    ) -> Faults:
        """Return pydantic's faults as errors with file and line."""
        faults = Faults()
        seen: set[tuple[str | int, ...]] = set()
        for fault in error.errors(include_url=False):
            where = _existing(values, fault["loc"], keep_last=fault["type"] == "missing")
            if where not in seen:  # a union reports each of its branches
                seen.add(where)
                faults.add(self._error(fault, where, text, path))
        return faults

    def _error(self, fault: ErrorDetails, loc: tuple[str | int, ...], text: str, path: str | Path | None) -> InputError:
        key = ".".join(shown(step) for step in loc)
        line = line_of(text, loc)
        if fault["type"] == "extra_forbidden":
            hint, named = self._near(loc), f'unknown key "{key}"'
            if not self.tell_values and not _is_slip(str(loc[-1]), hint):  # it may be a value
                above = ".".join(shown(step) for step in loc[:-1])
                named = f"unknown key of {len(str(loc[-1]))} characters" + (f' in "{above}"' if above else "")
            return self.error(named, file=path, place=line, hint=hint, code="unknown-key")
        if fault["type"] == "missing":
            place = line_of(text, loc[:-1])
            return self.error(f'key "{key}" is missing', file=path, place=place, code="missing-key")
        quoted = self.tell_values and isinstance(fault["input"], Scalar)
        given = f", not {shown(repr(fault['input']))}" if quoted else ""
        message = fault["msg"].removeprefix("Value error, ")
        reason = f'"{key}": {message[:1].lower()}{message[1:]}{given}'
        return self.error(reason, file=path, place=line, code="wrong-value")

    def _near(self, loc: tuple[str | int, ...]) -> str:
        """Return a hint: the most similar key of that section, otherwise all its keys."""
        parent = tuple(str(step) for step in loc[:-1])
        known: dict[tuple[str, ...], type[BaseModel]] = {(): self.whole, **self.sections}
        for pattern, section in known.items():
            if len(pattern) == len(parent) and all(p in ("*", s) for p, s in zip(pattern, parent, strict=True)):
                names = [field.alias or name for name, field in section.model_fields.items()]
                return did_you_mean(loc[-1], names, f"known keys: {', '.join(names)}")
        return "remove it"


def _is_slip(key: str, hint: str) -> bool:
    """Return whether a key is a likely misspelling of the key in the hint."""
    written = re.fullmatch(r"[a-z_]+", key) is not None
    known = hint.split('"')[1::2]
    return written and any(difflib.SequenceMatcher(None, key, each).ratio() >= _NEAR for each in known)


def _existing(values: Any, loc: tuple[str | int, ...], *, keep_last: bool) -> tuple[str | int, ...]:
    """Return the part of a location that exists in the file: pydantic adds the branch of a union to it."""
    kept: list[str | int] = []
    for step in loc:
        in_list = isinstance(values, list) and isinstance(step, int) and step < len(values)
        if not in_list and not (isinstance(values, dict) and step in values):
            return (*kept, loc[-1]) if keep_last else tuple(kept)
        values = values[step]
        kept.append(step)
    return tuple(kept)
