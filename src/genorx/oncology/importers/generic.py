"""Importer of a laboratory's or a study's own table, with the columns of genorx."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from genorx.errors import GenorxError, shown
from genorx.oncology.importers.checks import Intake, read_rows, read_source
from genorx.oncology.profile import parse_profile
from genorx.oncology.record import COLUMNS, EvidenceRecord, record_from_cells
from genorx.oncology.table import EvidenceTable


def import_generic(path: str | Path, *, release: str | None = None) -> EvidenceTable:
    """Return the evidence of a table with genorx's own columns.

    Lists and the predicate are JSON; a list may also be separated by ``;``, and an empty ``predicate`` is parsed from
    ``profile_label``.
    """
    source = read_source(path)
    _, rows = read_rows(source, {"generic": frozenset(COLUMNS)})
    names = {cells.get("source", "") for _, cells in rows} - {""}
    releases = {cells.get("release", "") for _, cells in rows} - {""}
    intake = Intake(
        source=min(names) if len(names) == 1 else "generic",
        file=source,
        release=release or max(releases, default="unstated"),
        licence="as the user's table",
        attribution="table supplied by the user",
    )
    intake.take(_records(rows))
    return intake.table()


def _records(rows: list[tuple[int, dict[str, str]]]) -> Iterator[tuple[str, str | None, EvidenceRecord | str]]:
    for number, cells in rows:
        place = f"line {number}"
        if "" in cells:
            yield place, None, "the number of columns differs from the header"
            continue
        yield place, cells["evidence_id"] or None, _record(cells)


def _record(cells: dict[str, str]) -> EvidenceRecord | str:
    if not cells["evidence_id"]:
        return "evidence_id is missing"
    full = dict(cells)
    for name in ("therapies", "citations", "trials", "flags"):
        text = cells[name].strip()
        if text and not text.startswith("["):
            full[name] = json.dumps([part.strip() for part in text.split(";") if part.strip()])
    if not full["predicate"].strip():
        found = parse_profile(full["profile_label"])
        full["predicate"] = json.dumps([[atom.to_dict() for atom in alternative] for alternative in found])
    try:
        return record_from_cells(full)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, GenorxError) as error:
        return f"the row cannot be read: {shown(error)}"
