"""Benefit against harm in the ranking's JSON Schema, made from the classes of ``ranking.trade_off``."""

from __future__ import annotations

import types
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any, Literal, get_args, get_origin, get_type_hints

from genorx._core.json_schema import closed, list_of, one_of
from genorx.ranking.trade_off.trade_off import NumberNeeded, TradeOff

_PLAIN: Mapping[Any, str] = {str: "string", float: "number", int: "integer", bool: "boolean"}


def trade_off_schema() -> dict[str, Any]:
    """Return the schema of one patient's trade-off."""
    return _of(TradeOff) | {
        "description": "Benefit against harm by the stated weights; outcomes are given with the options. "
        "An upper limit of null in a number needed is infinite."
    }


def _of(kind: Any) -> dict[str, Any]:
    if is_dataclass(kind):
        hints = get_type_hints(kind)
        properties = {field.name: _of(hints[field.name]) for field in fields(kind)}
        if kind is NumberNeeded:
            properties["upper"] = {"type": ["number", "null"]}
        return closed(properties)
    if get_origin(kind) is Literal:
        return one_of(kind)
    if get_origin(kind) is tuple:
        return list_of(_of(get_args(kind)[0]))
    if isinstance(kind, types.UnionType):
        known = [each for each in get_args(kind) if each is not type(None)]
        return {"anyOf": [_of(each) for each in known] + [{"type": "null"}]}
    return {"type": _PLAIN[kind]}
