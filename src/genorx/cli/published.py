"""``genorx published``: which published models there are, and their cards; patients of ``genorx rank --published``."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from genorx._core.output import to_csv, to_json
from genorx.cli.loading import read_study
from genorx.cli.options import Seed, Workers
from genorx.cli.output import check_out, deliver
from genorx.errors import UsageError, shown

if TYPE_CHECKING:
    import pandas as pd

    from genorx.published.inputs.inputs import TableSource
    from genorx.ranking import Ranking

_Name = Annotated[str, typer.Argument(metavar="NAME", help="Name and version: predict-breast@3.1.", show_default=False)]
_Out = Annotated[
    Path, typer.Option("--out", metavar="FILE", help="File to write (.json for plain values); - for standard output.")
]


def list_models(
    *,
    out: _Out = Path("-"),
    seed: Seed = 0,  # noqa: ARG001
    workers: Workers = 1,  # noqa: ARG001
) -> None:
    """List the published models: name and version, question, population, treatments."""
    from genorx import published

    check_out(out)
    table = published.list()
    text = to_json(table.to_dict("records")) if out.suffix.lower() == ".json" else str(to_csv(table))
    deliver(out, lambda path: path.write_text(text, encoding="utf-8"))


def card(
    name: _Name,
    *,
    out: _Out = Path("-"),
    seed: Seed = 0,  # noqa: ARG001
    workers: Workers = 1,  # noqa: ARG001
) -> None:
    """Show a model's card: for whom it holds, what goes in and comes out, how it was checked, what it is not for."""
    from genorx import published

    check_out(out)
    found = published.load(name).card
    text = to_json(found.to_dict()) if out.suffix.lower() == ".json" else str(found)
    deliver(out, lambda path: path.write_text(text, encoding="utf-8"))


def rank_published(
    name: str,
    files: list[Path],
    table: Path | None,
    outs: Iterable[Path],
    *,
    mapping: list[str],
    trusted: list[str],
    only: list[str],
    **rules: Any,
) -> Ranking:
    """Return the ranking of a study's or a table's patients, or of ``only`` some, by a published model."""
    from dataclasses import replace

    from genorx import published

    if len(files) + (table is not None) != 1:
        hint = "genorx rank --published NAME --table FILE --out FILE"
        raise UsageError("--published needs one study file or one --table", file="genorx rank", hint=hint)
    pairs = [each.partition("=") for each in mapping]
    for key, sign, column in pairs:
        if not (key and sign and column):
            raise UsageError(f"--map {shown(key + sign + column)!r} is not INPUT=COLUMN", file="genorx rank")
    model = published.load(name, mapping={key: column for key, _, column in pairs}, trusted=tuple(trusted))
    frame, source = _patients(files, table, outs)
    ranking = model.rank(frame, source=source, **rules)
    if not only:
        return ranking
    return replace(ranking, answers=tuple(ranking[patient_id] for patient_id in dict.fromkeys(only)))


def _patients(files: list[Path], table: Path | None, outs: Iterable[Path]) -> tuple[pd.DataFrame, TableSource]:
    """Return patients and where they stand."""
    from genorx.published.inputs.inputs import TableSource

    if table is None:
        return read_study(files[0], outs).load(outcomes=False).features, TableSource(file=str(files[0]))
    from genorx.cohort.tables.raw import read_raw

    raw = read_raw(table)
    cells = raw.cells.copy()
    cells.index = cells.index + 1  # without a column patient_id, a patient is named by the number of the row
    return cells, TableSource(file=str(table), rows=raw.rows)
