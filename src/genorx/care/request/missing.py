"""Elements that the profiles require and a request lacks or has: profile facts compared with the request file.

The facts are in ``profile_rules.toml``; missing elements are never filled with invented values.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Literal

from genorx.care.request.request_file import RequestFile

if TYPE_CHECKING:
    import pandas as pd

Level = Literal["mandatory", "must_support"]
#: Supported releases of the implementation guide.
VERSIONS = ("2.0.1", "2.2.1")
COLUMNS = ("resource", "path", "level", "item", "words")
_EACH = (("order.*.", "order"), ("diagnosis.*.", "diagnosis"))
_PART_NAMES = {"line": "street", "postalCode": "postal code"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileRule:
    """A path that the profiles require, and the keys of the request file that provide it."""

    resource: str
    path: str
    keys: tuple[str, ...]
    levels: Mapping[str, Level]
    words: str
    needs: tuple[str, ...] = ()
    of: str | None = None
    items: bool = False
    once: bool = False
    every: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PathState:
    """Whether a request provides a required path."""

    rule: ProfileRule
    level: Level
    item: int | None
    given: bool

    def to_dict(self) -> dict[str, Any]:
        """Return the row for the list of missing elements."""
        rule = self.rule
        return {
            "resource": rule.resource,
            "path": rule.path,
            "level": self.level,
            "item": self.item,
            "words": rule.words,
        }


@cache
def profile_rules() -> tuple[ProfileRule, ...]:
    """Return the requirements of the profiles."""
    text = (files("genorx.care.request") / "profile_rules.toml").read_text(encoding="utf-8")
    held = tomllib.loads(text)
    return (*(_rule(each) for each in held["rule"]), *_addresses(held["address"]))


def _rule(entry: Mapping[str, Any]) -> ProfileRule:
    values: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in entry.items()}
    return ProfileRule(**values)


def _addresses(held: Sequence[Mapping[str, Any]]) -> Iterator[ProfileRule]:
    for entry in held:
        for element, key in entry["parts"].items():
            yield ProfileRule(
                resource=entry["resource"],
                path=f"address.{element}",
                keys=(f"{entry['section']}.address.{key}",),
                needs=(f"{entry['section']}.address",),
                levels=entry["levels"],
                words=entry["words"].replace("{part}", _PART_NAMES.get(element, element)),
            )


def path_states(request: RequestFile, version: str) -> list[PathState]:
    """Return the required paths of a version that a request can hold, mandatory ones first."""
    found = [
        state
        for rule in _with_people(request)
        if version in rule.levels
        for state in _states(rule, rule.levels[version], request)
    ]
    return sorted(found, key=lambda state: state.level)  # "mandatory" comes before "must_support"


def _with_people(request: RequestFile) -> Iterator[ProfileRule]:
    """Yield the rules; those of a patient also apply to a subscriber who is another person."""
    for rule in profile_rules():
        if rule.resource != "Patient":
            yield rule
            continue
        yield _of_person(rule, "patient")
        if request.subscriber is not None:
            yield _of_person(rule, "subscriber")


def _of_person(rule: ProfileRule, who: str) -> ProfileRule:
    def moved(keys: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(f"{who}.{key.partition('.')[2]}" for key in keys)

    return ProfileRule(
        resource="Patient" if who == "patient" else "Patient:subscriber",
        path=rule.path,
        keys=moved(rule.keys),
        needs=moved(rule.needs),
        levels=rule.levels,
        words=rule.words.replace("{person}", who),
    )


def _states(rule: ProfileRule, level: Level, request: RequestFile) -> Iterator[PathState]:
    if rule.needs and not any(_value(request, key) for key in rule.needs):
        return
    for item, entry in _entries(rule, request):
        found = [_value(request if entry is None else entry, key) for key in _own(rule.keys, entry)]
        if rule.once:
            found = [_value(each, key.rpartition(".")[2]) for each in request.order for key in rule.keys]
        given = all(found) if rule.every else any(found)
        yield PathState(rule=rule, level=level, item=item, given=given)


def _entries(rule: ProfileRule, request: RequestFile) -> Iterator[tuple[int | None, Any]]:
    """Yield index and entry of the list to which a rule belongs; one without index for a rule of the whole."""
    prefix = next((name for start, name in _EACH if rule.keys[0].startswith(start)), None)
    if rule.once or (prefix is None and not rule.items):
        yield None, None
        return
    listed: Sequence[Any] = request.diagnosis if prefix == "diagnosis" else request.order
    for number, each in enumerate(listed, start=1):
        if rule.of is None or each.kind == rule.of:
            yield number, each if prefix else None


def _own(keys: tuple[str, ...], entry: Any) -> tuple[str, ...]:
    return keys if entry is None else tuple(key.split(".", 2)[2] for key in keys)


def _value(of: Any, key: str) -> Any:
    """Return the value of a dotted key; None if any part is absent."""
    for name in key.split("."):
        of = getattr(of, name, None)
    return of


def missing_frame(states: Sequence[PathState]) -> pd.DataFrame:
    """Return the missing elements: ``resource``, ``path``, ``level``, ``item``, ``words``."""
    import pandas as pd

    frame = pd.DataFrame([each.to_dict() for each in states if not each.given], columns=list(COLUMNS))
    return frame.astype({"item": "Int64"})
