"""Names of therapies, and how the therapies of a row are combined."""

from __future__ import annotations

import re

from genorx.oncology.record import TherapyLogic

#: Placeholders for no therapy.
SENTINELS = frozenset({"", "not applicable", "n/a", "na", "none", "[]", "unknown"})
_LOGIC: dict[str, TherapyLogic] = {"combination": "all", "substitutes": "any", "sequential": "sequence"}
_COMMA = re.compile(r",(?!\d)\s*")  # "2,4-pyrimidinediamine" is one name


def split_therapies(text: str) -> tuple[str, ...]:
    """Split a comma-separated list of names; placeholders and a trailing ``Regimen`` are dropped."""
    names = (re.sub(r"\s+Regimen$", "", part.strip()) for part in _COMMA.split(text))
    return tuple(dict.fromkeys(capital(name) for name in names if name.casefold() not in SENTINELS))


def capital(name: str) -> str:
    """Return a name with a capital first letter and single spaces; the rest keeps its case (codes, ``mTOR``)."""
    core = " ".join(name.split())
    return core[:1].upper() + core[1:] if core[:2].isalpha() and core[:2].islower() else core


def therapy_logic(names: tuple[str, ...], word: str) -> TherapyLogic | None:
    """Return how the drugs of a row are combined, or None for several drugs without a connective."""
    if not names:
        return "none"
    if len(names) == 1:
        return "single"
    return _LOGIC.get(word.strip().casefold())


def split_regimen(text: str) -> tuple[str, ...]:
    """Split a combination written with plus signs (``Dabrafenib + Trametinib``)."""
    names = (part.strip() for part in re.split(r"\s*\+\s*(?!\))", text))
    return tuple(dict.fromkeys(capital(name) for name in names if name.casefold() not in SENTINELS))
