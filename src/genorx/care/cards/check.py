"""Validation rules for a message of cards.

Source: CDS Hooks 2.0, "Card Attributes" and "Suggestion" (https://cds-hooks.hl7.org/2.0/).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from genorx.errors import Finding, shown

#: Largest number of characters of a summary, which must have fewer than 140.
MOST_SUMMARY = 139
INDICATORS = ("info", "warning", "critical")
_TOP = ("cards", "systemActions", "extension")
_BEHAVIOURS = ("any", "at-most-one")
_ACTIONS = ("create", "update", "delete")
_LINKS = ("absolute", "smart")
#: An opening or closing tag, a comment, a declaration; not "ANC < 1.5" or an address in angle brackets.
_TAG = re.compile(r"</?[A-Za-z][A-Za-z0-9-]*(?:\s[^<>]*)?/?>|<[!?][^<>]*>?")
Fault = tuple[str, str]


def check_cards(message: Any) -> list[Finding]:
    """Return the faults of a message of cards; an empty list if it is valid.

    Parameters
    ----------
    message : mapping
        ``{"cards": [...]}``.

    Returns
    -------
    list of Finding
        ``card-fault`` (serious), each with its place (such as ``cards[0].summary``).

    Examples
    --------
    >>> from genorx.care import check_cards
    >>> card = {"summary": "Avoid clopidogrel", "indicator": "warning", "source": {"label": "CPIC"}}
    >>> check_cards({"cards": [card]})
    []
    >>> check_cards({"cards": [card | {"indicator": "red"}]})[0].place
    'cards[0].indicator'
    """
    return [
        Finding(code="card-fault", severity="serious", message=words, place=place) for place, words in _faults(message)
    ]


def _faults(message: Any) -> Iterator[Fault]:
    if not isinstance(message, Mapping):
        yield "start", "a message is an object with cards"
        return
    for name in message:
        if name not in _TOP:
            yield shown(name), f"only {', '.join(_TOP)} are keys at the top level of a message"
    if "cards" not in message:
        yield "cards", "a message has cards, at least an empty list"
    for place, card in _objects(message.get("cards", []), "cards"):
        yield from _card(card, place)
    for place, action in _objects(message.get("systemActions", []), "systemActions"):
        yield from _action(action, place)


def _objects(value: Any, place: str) -> Iterator[tuple[str, Any]]:
    """Yield place and content of each list entry; a value that is no list is yielded as such and fails every rule."""
    if not isinstance(value, list):
        yield place, _NoList
        return
    for at, each in enumerate(value):
        yield f"{place}[{at}]", each


class _NoList:
    """Placeholder for a value that should be a list."""


def _no_object(value: Any, place: str) -> Iterator[Fault]:
    if value is _NoList:
        yield place, "a list is needed"
    elif not isinstance(value, Mapping):
        yield place, "an object is needed"


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _is_address(value: Any) -> bool:
    """Return whether a value is an absolute web address."""
    if not isinstance(value, str) or any(sign.isspace() for sign in value):
        return False
    try:
        found = urlsplit(value)
    except ValueError:
        return False
    return found.scheme in ("http", "https") and bool(found.netloc)


def _card(card: Any, place: str) -> Iterator[Fault]:
    yield from _no_object(card, place)
    if not isinstance(card, Mapping):
        return
    summary = card.get("summary")
    if not _is_text(summary) or len(str(summary)) > MOST_SUMMARY:
        yield f"{place}.summary", f"a summary is text of 1 to {MOST_SUMMARY} characters"
    if card.get("indicator") not in INDICATORS:
        yield f"{place}.indicator", f"an indicator is one of {', '.join(INDICATORS)}"
    detail = card.get("detail")
    if detail is not None and not isinstance(detail, str):
        yield f"{place}.detail", "a detail is text"
    elif detail and _TAG.search(detail):
        yield f"{place}.detail", "a detail is Markdown without HTML"
    if "uuid" in card and not _is_text(card["uuid"]):
        yield f"{place}.uuid", "a uuid is text"
    yield from _source(card.get("source"), f"{place}.source")
    yield from _suggestions(card, place)
    for at, reason in _objects(card.get("overrideReasons", []), f"{place}.overrideReasons"):
        yield from _no_object(reason, at)
        if isinstance(reason, Mapping) and not _is_text(reason.get("display")):
            yield f"{at}.display", "a reason has a text to show"
    for at, link in _objects(card.get("links", []), f"{place}.links"):
        yield from _link(link, at)


def _source(source: Any, place: str) -> Iterator[Fault]:
    yield from _no_object(source, place)
    if not isinstance(source, Mapping):
        return
    if not _is_text(source.get("label")):
        yield f"{place}.label", "a source has a label"
    for name in ("url", "icon"):
        if name in source and not _is_address(source[name]):
            yield f"{place}.{name}", "an absolute address is needed, http or https"


def _suggestions(card: Mapping[str, Any], place: str) -> Iterator[Fault]:
    behaviour = card.get("selectionBehavior")
    listed = list(_objects(card.get("suggestions", []), f"{place}.suggestions"))
    if (listed or behaviour is not None) and behaviour not in _BEHAVIOURS:
        yield f"{place}.selectionBehavior", f"with suggestions it is one of {', '.join(_BEHAVIOURS)}"
    recommended = 0
    for at, each in listed:
        yield from _no_object(each, at)
        if not isinstance(each, Mapping):
            continue
        if not _is_text(each.get("label")):
            yield f"{at}.label", "a suggestion has a label"
        if not isinstance(each.get("isRecommended", False), bool):
            yield f"{at}.isRecommended", "true or false is needed"
        recommended += each.get("isRecommended") is True
        for inner, action in _objects(each.get("actions", []), f"{at}.actions"):
            yield from _action(action, inner)
    if behaviour == "at-most-one" and recommended > 1:
        yield f"{place}.suggestions", "if at most one can be chosen, at most one is recommended"


def _action(action: Any, place: str) -> Iterator[Fault]:
    yield from _no_object(action, place)
    if not isinstance(action, Mapping):
        return
    kind = action.get("type")
    if kind not in _ACTIONS:
        yield f"{place}.type", f"an action is one of {', '.join(_ACTIONS)}"
    if not _is_text(action.get("description")):
        yield f"{place}.description", "an action has a description"
    resource = action.get("resource")
    if kind in ("create", "update") or resource is not None:
        if not isinstance(resource, Mapping):
            yield f"{place}.resource", "a resource is an object"
        elif not _is_text(resource.get("resourceType")):
            yield f"{place}.resource.resourceType", "a resource has a resourceType"
    if kind == "delete" and not _named(action.get("resourceId")):
        yield f"{place}.resourceId", "the resource to delete is named: Type/id"


def _named(value: Any) -> bool:
    return all(map(_is_text, value)) and bool(value) if isinstance(value, list) else _is_text(value)


def _link(link: Any, place: str) -> Iterator[Fault]:
    yield from _no_object(link, place)
    if not isinstance(link, Mapping):
        return
    if not _is_text(link.get("label")):
        yield f"{place}.label", "a link has a label"
    if not _is_address(link.get("url")):
        yield f"{place}.url", "an absolute address is needed, http or https"
    if link.get("type") not in _LINKS:
        yield f"{place}.type", f"a link is one of {', '.join(_LINKS)}"
    if "appContext" in link and link.get("type") != "smart":
        yield f"{place}.appContext", "a context goes with a link of type smart"
