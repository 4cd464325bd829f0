"""The known names that a name which is none of them may have meant."""

from __future__ import annotations

from collections.abc import Iterable

from genorx.errors import shown

#: How alike two names are at least, as ``difflib`` measures it.
ALIKE = 0.6


def nearest(name: object, known: Iterable[object], *, most: int = 1, alike: float = ALIKE) -> list[str]:
    """Return the known names that are spelled most like a name, nearest first; letters' case does not count.

    Examples
    --------
    >>> nearest("SURVIVEL", ["binary", "survival"]), nearest("age", ["sex"])
    (['survival'], [])
    """
    from difflib import get_close_matches  # slow to load, and needed for an error alone

    names: dict[str, list[str]] = {}
    for each in dict.fromkeys(map(str, known)):
        names.setdefault(each.casefold(), []).append(each)
    near = get_close_matches(str(name).casefold(), names, n=most, cutoff=alike)
    return [each for low in near for each in names[low]][:most]


def did_you_mean(name: object, known: Iterable[object], otherwise: str = "", *, alike: float = ALIKE) -> str:
    """Return the hint for a name that is none of those known: the nearest, and else what there is.

    Examples
    --------
    >>> did_you_mean("Ages", ["age", "sex"]), did_you_mean("os", ["age", "sex"], "there are age, sex")
    ('did you mean "age"?', 'there are age, sex')
    """
    near = nearest(name, known, alike=alike)
    return f'did you mean "{shown(near[0])}"?' if near else otherwise
