"""Grade probabilities of an outcome as one small bar and one line, in place of a table row per grade.

Intervals of each grade are in ``Ranking.to_frame`` and the JSON.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from genorx.ranking.answer.answer import Estimate, PatientAnswer
from genorx.report import wording

_LIGHTEST, _DARKEST = 0.12, 1.0  # shades of the lowest and the highest grade: a grey print keeps their order


@dataclass(frozen=True, kw_only=True)
class GradeBar:
    """Widths (per cent of the bar) and shades of the grades, lowest first, and the same as text."""

    parts: tuple[tuple[str, str], ...]
    text: str


def grade_rows(answer: PatientAnswer) -> tuple[tuple[str, tuple[GradeBar | None, ...]], ...]:
    """Return rows (label, bars), a bar for each option with estimates; None if this outcome has none."""
    by_option = [dict(_graded(option.estimates)) for option in answer.options if option.estimates]
    names = dict.fromkeys(name for own in by_option for name in own)
    return tuple(
        (f"{name}: chance of each grade", tuple(_bar(own[name]) if name in own else None for own in by_option))
        for name in names
    )


def grade_text(chances: Iterable[tuple[str, float]]) -> str:
    """Return ``0: 44 %, 1: 30 %, ...``."""
    return ", ".join(f"{level}: {wording.chance_text(chance)}" for level, chance in chances)


def _graded(estimates: Sequence[Estimate]) -> Iterator[tuple[str, list[tuple[str, float]]]]:
    """Yield outcomes with the probability of each grade; grades follow their outcome."""
    name, found = "", dict[str, list[tuple[str, float]]]()
    for each in estimates:
        if each.measure != "grade":
            name = each.outcome
        elif each.estimate is not None:
            found.setdefault(name, []).append((each.outcome.removeprefix(f"{name}:"), each.estimate))
    yield from found.items()


def _bar(chances: Sequence[tuple[str, float]]) -> GradeBar:
    step = (_DARKEST - _LIGHTEST) / max(1, len(chances) - 1)
    parts = tuple((f"{100 * chance:.1f}", f"{_LIGHTEST + step * k:.2f}") for k, (_, chance) in enumerate(chances))
    return GradeBar(parts=parts, text=grade_text(chances))
