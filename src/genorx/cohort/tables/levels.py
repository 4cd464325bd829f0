"""Levels of categories: spellings that look like one level, and yes or no in its many forms."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from itertools import combinations

#: Words for yes and no, compared without case.
BOOLEANS = {"0": 0, "no": 0, "false": 0, "n": 0, "f": 0, "1": 1, "yes": 1, "true": 1, "y": 1, "t": 1}
_SYSTEMS = ({"0", "1"}, {"no", "yes"}, {"false", "true"}, {"n", "y"}, {"f", "t"})
_MANY_FORMS = 50  # spellings of yes and no with capitals
_MANY = 200  # pairs of more levels are not compared: such a column is no category


def plain_level(text: str) -> str:
    """Return a level as it is kept: a whole number loses the point that another program gave it.

    >>> plain_level("2.0"), plain_level("2.50"), plain_level("Stage II")
    ('2', '2.50', 'Stage II')
    """
    return re.sub(r"(?<=\d)\.0+$", "", text) if re.fullmatch(r"[+-]?\d+\.0+", text) else text


def boolean_of(text: str) -> int | None:
    """Return 1 for yes, 0 for no, None for anything else."""
    return BOOLEANS.get(plain_level(text).casefold())


def is_boolean(texts: Collection[str]) -> bool:
    """Tell whether all texts mean yes or no, not counting a lone ``f`` or ``t``, which may stand for another word."""
    if len(texts) > _MANY_FORMS:
        return False
    words = {plain_level(text).casefold() for text in texts}
    return bool(words) and words <= set(BOOLEANS) and words not in ({"f"}, {"t"}, {"n"}, {"y"})


def boolean_systems(texts: Iterable[str]) -> int:
    """Return in how many ways (0/1, yes/no, true/false, ...) yes and no are written."""
    words = {plain_level(text).casefold() for text in texts}
    return sum(bool(words & system) for system in _SYSTEMS)


def near_duplicates(levels: Sequence[str]) -> list[tuple[str, str]]:
    """Return pairs of levels that look like spellings of one.

    They differ in case, spaces, hyphens, plural or the order of words, or by one letter in a word of five or more.
    A difference in a digit or in the last character of a code (``Inter-1``, ``AMLHD98A``) is a difference.
    """
    if len(levels) > _MANY:
        return []
    forms = {level: _normal(level) for level in levels}
    return [(a, b) for a, b in combinations(levels, 2) if forms[a] == forms[b] or _one_letter_off(forms[a], forms[b])]


def _normal(level: str) -> str:
    # punctuation between digits means something: 2-3.5 is not 2.5-3
    words = re.sub(r"(?<!\d)[\W_]+|[\W_]+(?!\d)", " ", level.casefold()).split()
    if re.search(r"\d", level):
        return " ".join(words)
    # only long words lose their plural: "as" and "a" differ
    return " ".join(sorted(word.removesuffix("s") if len(word) > 4 else word for word in words))


def _one_letter_off(first: str, second: str) -> bool:
    """Tell whether two levels differ in one word of five letters or more, and there by one letter."""
    words = list(zip(first.split(), second.split(), strict=False))
    different = [pair for pair in words if pair[0] != pair[1]]
    if first.count(" ") != second.count(" ") or len(different) != 1 or re.search(r"\d", first + second):
        return False
    short, long = sorted(different[0], key=len)
    if len(short) < 5 or len(long) - len(short) > 1:
        return False
    same = next((place for place, (a, b) in enumerate(zip(short, long, strict=False)) if a != b), len(short))
    if len(short) < len(long):
        return short[same:] == long[same + 1 :]
    swapped = short[same : same + 2] == long[same : same + 2][::-1] and short[same + 2 :] == long[same + 2 :]
    return swapped or short[same + 1 :] == long[same + 1 :]
