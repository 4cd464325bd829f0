"""Guidance rows from files in PharmCAT's format: one guideline a file (2024), or all of them in one (2025)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from genorx.errors import PackError
from genorx.knowledge._action import action_of, dose_change_of, is_conditional, plain, whole
from genorx.knowledge.guidance import GuidanceRow, Guideline, LookupKey


def guideline_values(value: Any) -> Iterator[dict[str, Any]]:
    """Yield the guidelines of a JSON value: a guideline, a list of them, or an object that holds the list."""
    if isinstance(value, dict) and "guideline" in value and "recommendations" in value:
        yield value
    elif isinstance(value, dict) and isinstance(value.get("guidelines"), list):
        yield from guideline_values(value["guidelines"])
    elif isinstance(value, list):
        for item in value:
            yield from guideline_values(item)


def guideline_of(value: dict[str, Any], file: Path, release: str, *, with_text: bool) -> Guideline:
    """Return the facts of a guideline; with ``with_text`` the source's sentences too, for the user's own eyes.

    Raises
    ------
    PackError
        If a key is missing, or a row's lookup key is not of a kind that is known.
    """
    try:
        head = value["guideline"]
        drugs = tuple(sorted(c["name"] for c in head["relatedChemicals"]))
        return Guideline(
            id=str(head["id"]),
            source=str(head["source"]),
            genes=tuple(sorted(g["symbol"] for g in head["relatedGenes"])),
            drugs=drugs,
            date=str(value.get("version") or release)[:10],
            pmids=tuple(str(c["pmid"]) for c in value.get("citations") or () if c.get("pmid")),
            url=head.get("url"),
            rows=tuple(_row(r, drugs, file, with_text=with_text) for r in value["recommendations"] or ()),
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise PackError(f"a part of the guideline is missing: {error!r}", file=file, code="guidance-format") from error


def _row(value: dict[str, Any], drugs: tuple[str, ...], file: Path, *, with_text: bool) -> GuidanceRow:
    html = (value.get("text") or {}).get("html") or ""
    text, changes_dose = plain(html), bool(value.get("dosingInformation"))
    classification = (value.get("classification") or {}).get("term")
    named = tuple(sorted(c["name"] for c in value.get("relatedChemicals") or ()))
    keys = value.get("lookupKey") or []
    return GuidanceRow(
        id=str(value["id"]),
        drugs=named or drugs,
        population=value.get("population"),
        classification=classification,
        keys=tuple(_key(k, file, value["id"]) for k in (keys if isinstance(keys, list) else [keys])),
        action=action_of(text, classification, changes_dose=changes_dose),
        dose_change_pct=dose_change_of(text),
        dosing=changes_dose,
        alternatives=bool(value.get("alternateDrugAvailable")),
        other=bool(value.get("otherPrescribingGuidance")),
        conditional=is_conditional(text, classification, changes_dose=changes_dose),
        text=whole(html) if with_text else None,
        implications=tuple(str(each) for each in value.get("implications") or ()) if with_text else (),
    )


def _key(value: Any, file: Path, row: object) -> LookupKey:
    key: LookupKey = {}
    for gene, wanted in value.items():
        if isinstance(wanted, dict):
            key[gene] = {allele: int(count) for allele, count in wanted.items()}
        elif isinstance(wanted, str):
            key[gene] = wanted
        else:
            raise PackError(f"lookup key of row {row} is no text: {wanted!r}", file=file, code="guidance-format")
    return key
