"""Page section on public evidence: one row per option, with support and opposition."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from genorx.oncology.tier import tier_rank
from genorx.ranking.answer.answer import OptionAnswer, PatientAnswer
from genorx.ranking.answer.evidence import FOR, best_tier, speaks_against

_MOST_ROWS = 5
_NONE, _NOT_LOOKED_UP = "–", "not looked up"
#: Findings that name therapies beyond the options: they stand with the rows of evidence, not beside the estimates.
BEYOND = frozenset({"evidence-not-listed"})
_RELATIONS = {
    "exact": "this tumour", "ancestor": "this tumour", "descendant": "a subtype", "pan_cancer": "any tumour",
    "same_organ": "same organ", "other": "another tumour", "unmapped": "tumour not known", "not_stated": "not stated",
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class EvidenceRow:
    """One option in the table of evidence."""

    option: str
    axes: str
    tier: str
    supporting: str
    opposing: str

    @property
    def is_empty(self) -> bool:
        """Whether evidence was looked up, and there is no record, for or against."""
        return self.axes != _NOT_LOOKED_UP and self.tier == self.supporting == self.opposing == _NONE


def evidence_rows(answer: PatientAnswer) -> tuple[EvidenceRow, ...] | None:
    """Return a row for each option; None if evidence was not looked up."""
    if all(option.axes is None for option in answer.options):
        return None
    return tuple(_row(option) for option in answer.options)


def evidence_notes(answer: PatientAnswer) -> tuple[str, ...]:
    """Return the notes on therapies beyond the options, shown below the rows of evidence."""
    return tuple(f"{each.message} [{each.code}]" for each in answer.findings if each.code in BEYOND)


def _row(option: OptionAnswer) -> EvidenceRow:
    return EvidenceRow(
        option=option.option,
        axes={"both": "model and evidence", None: _NOT_LOOKED_UP}.get(option.axes, option.axes or ""),
        tier=best_tier(option) or _NONE,
        supporting=_listed(row for row in option.evidence if row["direction"] == FOR),
        opposing=_listed(row for row in option.evidence if speaks_against(row)),
    )


def _listed(rows: Iterable[Mapping[str, str]]) -> str:
    """List the strongest rows and count the others."""
    ordered = sorted(rows, key=lambda row: (row["tier"] == "none", tier_rank(row["tier"]), row["id"]))
    texts = [
        f"{row['id']} ({'no tier' if row['tier'] == 'none' else row['tier']}, level {row['level']}, "
        f"{_RELATIONS.get(row['relation'], row['relation'])}{_what(row)})"
        for row in ordered[:_MOST_ROWS]
    ]
    more = len(ordered) - len(texts)
    return ("; ".join(texts) + (f"; and {more} more" if more else "")) or _NONE


def _what(row: Mapping[str, str]) -> str:
    """Describe the subject of a warning; support of benefit needs no description."""
    if row["direction"] == FOR:
        return ""
    said = row["direction"].replace("_", " ")
    part = f"{row['therapy']} alone"
    return f", {said.replace('one drug of it', part)}"
