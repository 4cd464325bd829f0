"""Guidance rows from files in PharmCAT's format: one guideline per file (2024), or all of them in one (2025)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from genorx.errors import PackError
from genorx.knowledge._action import action_of, dose_change_of, is_conditional, is_unread, plain, whole
from genorx.knowledge._checked import maybe_text, reading, text
from genorx.knowledge.guidance import GuidanceRow, Guideline, LookupKey


def guideline_values(value: Any) -> Iterator[dict[str, Any]]:
    """Yield the guidelines of a JSON value: a guideline, a list of them, or an object that holds the list."""
    if isinstance(value, dict) and isinstance(value.get("guideline"), dict):
        yield value
    elif isinstance(value, dict) and isinstance(value.get("guidelines"), list):
        yield from guideline_values(value["guidelines"])
    elif isinstance(value, list):
        for item in value:
            yield from guideline_values(item)


def unread_rows(value: Any) -> list[str]:
    """Return the ids of the rows of a JSON value whose text has no recognised action."""
    rows = [row for item in guideline_values(value) for row in item.get("recommendations") or ()]
    return [
        str(row["id"])
        for row in rows
        if is_unread(*_text_and_class(row), changes_dose=bool(row.get("dosingInformation")))
    ]


def _text_and_class(row: dict[str, Any]) -> tuple[str, str | None]:
    """Return a row's main text and its classification."""
    html, term = (row.get("text") or {}).get("html") or "", (row.get("classification") or {}).get("term")
    return plain(text(html)), maybe_text(term)


def guideline_of(value: dict[str, Any], file: Path, date: str, *, with_text: bool) -> Guideline:
    """Parse a guideline; with ``with_text``, the source's sentences are kept for the user's own use.

    Raises
    ------
    PackError
        If a key is missing, or the lookup key of a row is of an unknown kind.
    """
    with reading("guideline", file, "guidance-format"):
        head = value["guideline"]
        drugs = tuple(sorted(text(c["name"]) for c in head["relatedChemicals"]))
        return Guideline(
            id=str(head["id"]),
            source=text(head["source"]),
            genes=tuple(sorted(text(g["symbol"]) for g in head["relatedGenes"])),
            drugs=drugs,
            date=date,
            pmids=tuple(str(c["pmid"]) for c in value.get("citations") or () if c.get("pmid")),
            url=maybe_text(head.get("url")),
            rows=tuple(_row(r, drugs, file, with_text=with_text) for r in value.get("recommendations") or ()),
        )


def _row(value: dict[str, Any], drugs: tuple[str, ...], file: Path, *, with_text: bool) -> GuidanceRow:
    stated, classification = _text_and_class(value)
    changes_dose = bool(value.get("dosingInformation"))
    named = tuple(sorted(text(c["name"]) for c in value.get("relatedChemicals") or ()))
    keys = value.get("lookupKey") or []
    return GuidanceRow(
        id=str(value["id"]),
        drugs=named or drugs,
        population=maybe_text(value.get("population")),
        classification=classification,
        keys=tuple(_key(k, file, value["id"]) for k in (keys if isinstance(keys, list) else [keys])),
        action=action_of(stated, classification, changes_dose=changes_dose),
        dose_change_pct=dose_change_of(stated),
        dosing=changes_dose,
        alternatives=bool(value.get("alternateDrugAvailable")),
        other=bool(value.get("otherPrescribingGuidance")),
        conditional=is_conditional(stated, classification, changes_dose=changes_dose),
        text=whole((value.get("text") or {}).get("html") or "") if with_text else None,
        implications=tuple(str(each) for each in value.get("implications") or ()) if with_text else (),
    )


def _key(value: Any, file: Path, row: object) -> LookupKey:
    key: LookupKey = {}
    for gene, keys in value.items():
        if isinstance(keys, dict):
            key[gene] = {allele: int(count) for allele, count in keys.items()}
        elif isinstance(keys, str):
            key[gene] = keys
        else:
            raise PackError(f"lookup key of row {row} is not text: {keys!r}", file=file, code="guidance-format")
    return key
