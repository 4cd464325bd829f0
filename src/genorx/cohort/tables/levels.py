"""Levels of categories: similar spellings of one level, and the many forms of yes and no."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Sequence
from itertools import combinations

from genorx._core.words import BOOLEANS, plain_level
from genorx.errors import cell_description, shown

_SYSTEMS = ({"0", "1"}, {"no", "yes"}, {"false", "true"}, {"n", "y"}, {"f", "t"})
_MANY_FORMS = 50  # spellings of yes and no with capitals
_MANY = 200  # levels; a column with more is no category, and its pairs are not compared
_LONG = 6  # letters; in a word of this length one may be a typing error
_LONGEST_CODE = 8  # letters of a symbol in capitals, such as of a gene
# words and signs; a minus is a sign after a word ("ER-") and before the first number, otherwise punctuation
_WORD = re.compile(r"(?P<word>[^\W_]+|(?<=[^\W_])-(?![^\W_])|^-(?=\d)|[+<>=\u2264\u2265*%^])|(?P<mark>[\W_])")
_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?")
_SHORT = re.compile(r"[a-z]{1,2}|[ivx]+")  # codes and Roman numbers
_SERIES = frozenset("abcdefgh")
# words that differ by one letter and mean different things
_REAL_PAIRS = frozenset({frozenset(("afatinib", "apatinib")), frozenset(("perineal", "peroneal"))})


def is_boolean(texts: Collection[str]) -> bool:
    """Return whether all texts mean yes or no, excluding a lone ``f`` or ``t``, which may be another abbreviation."""
    if len(texts) > _MANY_FORMS:
        return False
    words = {plain_level(text).casefold() for text in texts}
    return bool(words) and words <= set(BOOLEANS) and words not in ({"f"}, {"t"}, {"n"}, {"y"})


def boolean_systems(texts: Iterable[str]) -> int:
    """Return the number of notations (0/1, yes/no, true/false, ...) for yes and no."""
    words = {plain_level(text).casefold() for text in texts}
    return sum(bool(words & system) for system in _SYSTEMS)


def near_duplicates(levels: Sequence[str]) -> list[tuple[str, str]]:
    """Return pairs of levels that look like spellings of one another.

    They are equal except for case, spaces and punctuation, or except for one letter (substituted, missing, added, or
    two transposed) after the first, in one word of six letters or more.  Not taken for spellings of one level are
    members of a series (``DrugA`` and ``DrugB``, ``PDGFRA`` and ``PDGFRB``, ``phaseI`` and ``phaseII``), and levels
    that differ in a digit (``10 mg`` and ``20 mg``, ``KMT2A`` and ``KMT2D``) or in a sign (``ER+`` and ``ER-``, ``<65``
    and ``>65``).

    References
    ----------
    Damerau FJ 1964, Commun ACM 7:171 (four in five misspellings are one such error); Pollock JJ, Zamora A 1984, Commun
    ACM 27:358 (few are in the first letter).

    Examples
    --------
    >>> near_duplicates(["DrugA", "druga ", "Drug-A", "DrugB"])
    [('DrugA', 'druga '), ('DrugA', 'Drug-A'), ('druga ', 'Drug-A')]
    """
    if len(levels) > _MANY:
        return []
    words = {level: _words(level) for level in levels}
    forms = {level: _form(words[level]) or level.casefold() for level in levels}
    return [(a, b) for a, b in combinations(levels, 2) if forms[a] == forms[b] or _one_letter_off(words[a], words[b])]


def near_levels(level: str, others: Iterable[str]) -> list[str]:
    """Return the members of ``others`` that look like another spelling of ``level``.

    >>> near_levels("Drug A", ["Drug A", "drug-a", "Drug B"])
    ['drug-a']
    """
    return [other for other in others if other != level and near_duplicates([level, other])]


def level_description(text: str, levels: Iterable[str]) -> str:
    """Describe a cell that is none of the levels: in full if it resembles one, otherwise by its length.

    >>> level_description("Male", ["female", "male"]), level_description("Doe", ["female", "male"])
    ("'Male', which looks like 'male'", 'text of 3 characters')
    """
    alike = near_levels(text, levels)
    return f"{shown(text)!r}, which looks like {shown(alike[0])!r}" if alike else cell_description(text)


def level_descriptions(cells: Sequence[str], *, most: int = 8) -> str:
    """Return the levels of a column for a message; only their number if half of the cells differ, as names do.

    >>> level_descriptions(["B", "A", "B", "A"]), level_descriptions(["Doe", "Roe", "Poe"])
    ('A, B', '3 different texts')
    """
    levels = sorted(set(cells))
    if 2 * len(levels) > len(cells) and not all(_NUMBER.fullmatch(level) for level in levels):
        return f"{len(levels)} different texts"
    more = f" and {len(levels) - most} more" if len(levels) > most else ""
    return ", ".join(map(shown, levels[:most])) + more


def _words(level: str) -> list[tuple[str, str]]:
    """Return words and signs in upper case, each with the punctuation before it; spaces are compared last."""
    words, before = [], ""
    for found in _WORD.finditer(unicodedata.normalize("NFKC", level).strip().replace("\u2212", "-")):
        if found["word"]:
            words.append((before, found["word"]))
            before = ""
        else:
            before = before.strip("-") + found["mark"].strip(" _-\u2013") or "-"
    return words


def _form(words: Sequence[tuple[str, str]]) -> str:
    """Return a level without case, spaces and punctuation; separators between two numbers or short codes stay."""
    form, last = "", ""
    for before, word in words:
        low = word.casefold()
        numbers = last[-1:].isdigit() and low[0].isdigit()
        codes = _SHORT.fullmatch(last) and _SHORT.fullmatch(low)
        form += (before if numbers or codes else "") + low
        last = low
    return form


def _one_letter_off(first: Sequence[tuple[str, str]], second: Sequence[tuple[str, str]]) -> bool:
    """Return whether two levels differ in one word of six letters or more, by one letter after the first."""
    pairs = [(a, b) for (_, a), (_, b) in zip(first, second, strict=False) if a.casefold() != b.casefold()]
    if len(first) != len(second) or len(pairs) != 1:
        return False
    short, long = sorted((word.casefold() for word in pairs[0]), key=len)
    if not (short.isalpha() and long.isalpha()) or len(long) < _LONG or len(long) - len(short) > 1:
        return False
    if short[0] != long[0] or _in_series(*pairs[0]) or frozenset((short, long)) in _REAL_PAIRS:
        return False
    same = _shared(short, long)
    if len(short) < len(long):
        return short[same:] == long[same + 1 :]
    swapped = short[same : same + 2] == long[same : same + 2][::-1] and short[same + 2 :] == long[same + 2 :]
    return swapped or short[same + 1 :] == long[same + 1 :]


def _in_series(first: str, second: str) -> bool:
    """Return whether two words are numbered members of a series: ``DrugA``, ``PDGFRA``, or ``phaseII``."""
    a, b = first.casefold(), second.casefold()
    shared = _shared(a, b)
    if first.isupper() and second.isupper() and shared >= max(len(a), len(b)) - 1:
        return len(a) <= _LONGEST_CODE
    capitals = first[-1].isupper() and second[-1].isupper() and not (first.isupper() or second.isupper())
    ends = {a[-1], b[-1]}
    if a[:-1] == b[:-1] and (capitals or (ends <= _SERIES and ends != {"a", "e"})):  # not cytarabine, cytarabina
        return True
    stem = a[:shared].rstrip("ivx")
    return all(re.fullmatch("[ivx]+", word[len(stem) :]) for word in (a, b))


def _shared(first: str, second: str) -> int:
    """Return the length of the common prefix of two words."""
    return next(
        (n for n, (a, b) in enumerate(zip(first, second, strict=False)) if a != b), min(len(first), len(second))
    )
