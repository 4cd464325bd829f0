"""Checks that follow from guidance on a patient: one for each row that requires action on a drug of the option."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from genorx.care.answer import RankedOption, SafetyRow

if TYPE_CHECKING:
    from genorx.pgx import PgxReport

#: Actions that require nothing.
SILENT = frozenset({"standard", "no_recommendation"})
#: Source of a row without a source in the ranking.
NO_SOURCE = "guidance in the ranking, source not named"


def rows_of_option(
    option: RankedOption | None, drugs: Iterable[str], report: PgxReport | None
) -> tuple[SafetyRow, ...]:
    """Return guidance on an option: the ranking's rows, then those of the patient's report on its drugs.

    A row that is in both is listed once.
    """
    ranked = () if option is None else option.safety
    found = () if report is None else rows_of_drugs(report, drugs)
    return (*ranked, *(row for row in found if row not in ranked))


def rows_of_drugs(report: PgxReport, drugs: Iterable[str]) -> tuple[SafetyRow, ...]:
    """Return guidance on drugs for the person of a report."""
    from genorx.pgx.guidance.safety import drug_safety

    safety = drug_safety(report, {"": list(drugs)})
    return tuple(SafetyRow.model_validate(row) for row in safety.rows[""])


def asks_something(row: SafetyRow) -> bool:
    """Return whether a row recommends anything but the standard."""
    return row.action not in SILENT
