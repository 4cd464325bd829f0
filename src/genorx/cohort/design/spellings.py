"""Options that look like spellings of one another, and cells that narrowly miss a condition by their spelling."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from genorx.cohort.tables.levels import near_duplicates, near_levels
from genorx.errors import Finding, shown

if TYPE_CHECKING:
    from genorx.cohort.design.options import TreatmentRows
    from genorx.cohort.study_file.sections import TreatmentSection


def spelling_findings(section: TreatmentSection, rows: TreatmentRows, options: Sequence[str]) -> tuple[Finding, ...]:
    """Return one finding for each pair of similar options, and for each spelling that a condition narrowly misses.

    Parameters
    ----------
    section : TreatmentSection
    rows : TreatmentRows
    options : sequence of str
    """
    if section.column is not None:
        return option_spellings(options, place=rows.name)
    return condition_spellings(section.options.values(), rows)


def condition_spellings(conditions: Iterable[Mapping[str, object]], rows: TreatmentRows) -> tuple[Finding, ...]:
    """Return one finding for each spelling in the table that conditions narrowly miss."""
    return tuple(_finding(_missed(rows, *near), rows.name) for near in _near_cells(conditions, rows))


def option_spellings(options: Sequence[str], *, place: str) -> tuple[Finding, ...]:
    """Return one finding for each pair of options that look like spellings of one; ``place`` is their table."""
    pairs = near_duplicates(options)
    findings = [
        f'options "{shown(one)}" and "{shown(other)}" look like spellings of one option and are compared as two'
        for one, other in pairs
    ]
    return tuple(_finding(message, place) for message in findings)


def _finding(message: str, place: str) -> Finding:
    return Finding(code="near-duplicate-levels", severity="serious", message=message, place=place)


def _missed(rows: TreatmentRows, column: str, near: str, word: str) -> str:
    count = int((rows.cells[column] == near).sum())
    return (
        f'{count} cells of "{shown(column)}" are "{shown(near)}", which looks like "{shown(word)}" but differs from it'
    )


def _near_cells(stated: Iterable[Mapping[str, object]], rows: TreatmentRows) -> list[tuple[str, str, str]]:
    """Yield column, cell text, and the word of a condition that it resembles."""
    expected: dict[str, set[str]] = {}
    for conditions in stated:
        for column, value in conditions.items():
            words = value if isinstance(value, list) else [value]
            expected.setdefault(column, set()).update(word for word in words if isinstance(word, str))
    return [
        (column, near, word)
        for column, words in expected.items()
        for word in sorted(words)
        for near in near_levels(word, [text for text in rows.cells[column].dropna().unique() if text not in words])
    ]
