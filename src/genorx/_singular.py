"""Singular forms in messages: "1 record", not "1 records", with the verb in agreement."""

from __future__ import annotations

import re

_NOUNS = (
    "allele", "alteration", "call", "cell", "claim", "cluster", "column", "date", "day", "event", "feature", "file",
    "finding", "gene", "group", "horizon", "level", "line", "no-call", "observation", "option", "outcome", "patient",
    "person", "position", "record", "row", "sample", "site", "tumour", "unit", "value", "variant", "visit",
)  # fmt: skip
_VERBS = {"are": "is", "were": "was", "have": "has", "do": "does", "hold": "holds", "lie": "lies", "name": "names"}
_ALONE = r"(?<![\w.,:/%\N{MINUS SIGN}-])1 "
_COUNT = re.compile(rf"{_ALONE}({'|'.join(_NOUNS)})s\b(?:(,? who)? ({'|'.join(_VERBS)})\b)?")
_PART = re.compile(rf"({_ALONE}of [\d,]+ [a-z-]+) ({'|'.join(_VERBS)})\b")


def singular(text: str) -> str:
    """Return a message whose counts of one are in the singular.

    >>> singular("1 records were left out; 21 records and 0.1 records stay; 1 of 28 features are unknown")
    '1 record was left out; 21 records and 0.1 records stay; 1 of 28 features is unknown'
    """
    if "1 " not in text:
        return text
    return _PART.sub(_part, _COUNT.sub(_count, text))


def _count(found: re.Match[str]) -> str:
    noun, who, verb = found.groups()
    return f"1 {noun}{who or ''}{f' {_VERBS[verb]}' if verb else ''}"


def _part(found: re.Match[str]) -> str:
    return f"{found[1]} {_VERBS[found[2]]}"
