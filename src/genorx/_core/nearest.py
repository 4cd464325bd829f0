"""Known names that may have been meant by an unknown name."""

from __future__ import annotations

from collections.abc import Iterable

from genorx.errors import shown

#: Least similarity of two names, by ``difflib``.
ALIKE = 0.6


def nearest(name: object, known: Iterable[object], *, most: int = 1, alike: float = ALIKE) -> list[str]:
    """Return the known names most similar to a name, nearest first; case is ignored.

    Examples
    --------
    >>> nearest("SURVIVEL", ["binary", "survival"]), nearest("age", ["sex"])
    (['survival'], [])
    """
    from difflib import get_close_matches  # slow to load, and needed only for an error

    names: dict[str, list[str]] = {}
    for each in dict.fromkeys(map(str, known)):
        names.setdefault(each.casefold(), []).append(each)
    near = get_close_matches(str(name).casefold(), names, n=most, cutoff=alike)
    return [each for low in near for each in names[low]][:most]


def did_you_mean(name: object, known: Iterable[object], otherwise: str = "", *, alike: float = ALIKE) -> str:
    """Return the hint for an unknown name: the nearest known name, otherwise ``otherwise``.

    Examples
    --------
    >>> did_you_mean("Ages", ["age", "sex"]), did_you_mean("os", ["age", "sex"], "there are age, sex")
    ('did you mean "age"?', 'there are age, sex')
    """
    near = nearest(name, known, alike=alike)
    return f'did you mean "{shown(near[0])}"?' if near else otherwise
