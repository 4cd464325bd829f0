"""A TOML file as a pydantic model says it must be: every fault at once, with its line, and the nearest known key.

What a model does not say is the reader's own; it adds to the same ``Faults``.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import BaseModel, ValidationError

from genorx._core.faults import Faults
from genorx._core.toml_lines import line_of
from genorx.errors import InputError, shown

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

Model = TypeVar("Model", bound=BaseModel)
Loc = tuple[str | int, ...]
#: Model of each key path, ``*`` for any name or number: where near names of an unknown key are looked for.
Sections = Mapping[tuple[str, ...], type[BaseModel]]
_SCALARS = (str, int, float, bool)


def validated(
    model: type[Model],
    values: Mapping[str, Any],
    sections: Sections,
    *,
    text: str = "",
    path: Path | None = None,
    error: type[InputError] = InputError,
    personal: bool = False,
) -> Model:
    """Return the values of a file as a model, checked.

    Parameters
    ----------
    model : type of pydantic model
    values : mapping
        What the file says.
    sections : mapping
        Model of each key path, for the hint on an unknown key.
    text, path : str, path
        The file, for lines and messages; empty where the values come from no file.
    error : type of InputError
    personal : bool, default False
        Whether values may be of a person: then no message repeats one.

    Raises
    ------
    InputError
        ``unknown-key``, ``missing-key`` or ``wrong-value``; all such faults are named at once.
    """
    try:
        return model.model_validate(values)
    except ValidationError as caught:
        faults = Faults()
        seen: set[Loc] = set()
        for fault in caught.errors(include_url=False, include_input=not personal):
            where = _existing(values, fault["loc"], keep_last=fault["type"] == "missing")
            if where not in seen:  # a union reports each of its branches
                seen.add(where)
                faults.add(_error(fault, where, sections, text=text, path=path, error=error))
        faults.raise_if_any()
        raise  # pragma: no cover  (a ValidationError has at least one fault)


def _existing(values: Any, loc: Loc, *, keep_last: bool) -> Loc:
    """Return the part of a location that is in the file: pydantic adds the branch of a union to it."""
    kept: list[str | int] = []
    for step in loc:
        in_list = isinstance(values, list) and isinstance(step, int) and step < len(values)
        if not in_list and not (isinstance(values, dict) and step in values):
            return (*kept, loc[-1]) if keep_last else tuple(kept)
        values = values[step]
        kept.append(step)
    return tuple(kept)


def _error(
    fault: ErrorDetails, loc: Loc, sections: Sections, *, text: str, path: Path | None, error: type[InputError]
) -> InputError:
    key = ".".join(shown(step) for step in loc)
    line = line_of(text, loc)
    if fault["type"] == "extra_forbidden":
        hint = nearest_key(loc, sections)
        return error(f'unknown key "{key}"', file=path, place=line, hint=hint, code="unknown-key")
    if fault["type"] == "missing":
        return error(f'key "{key}" is missing', file=path, place=line_of(text, loc[:-1]), code="missing-key")
    given = f", not {shown(repr(fault['input']))}" if isinstance(fault.get("input"), _SCALARS) else ""
    message = fault["msg"]
    return error(f'"{key}": {message[:1].lower()}{message[1:]}{given}', file=path, place=line, code="wrong-value")


def nearest_key(loc: Loc, sections: Sections) -> str:
    """Return what the user may have meant: the nearest key of that section, else all its keys."""
    parent = tuple(str(step) for step in loc[:-1])
    for pattern, section in sections.items():
        if len(pattern) == len(parent) and all(p in ("*", s) for p, s in zip(pattern, parent, strict=True)):
            names = [field.alias or name for name, field in section.model_fields.items()]
            near = difflib.get_close_matches(str(loc[-1]), names, n=1)
            return f'did you mean "{near[0]}"?' if near else f"known keys: {', '.join(names)}"
    return "remove it"
