"""``genorx published``: the published models and their cards; patients of ``genorx rank --published``."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from genorx._core.output import to_csv, to_json
from genorx.cli.loading import read_study
from genorx.cli.options import Seed
from genorx.cli.output import check_out, deliver
from genorx.errors import UsageError, shown

if TYPE_CHECKING:
    import pandas as pd

    from genorx.published.inputs.inputs import TableSource
    from genorx.ranking import Ranking

#: Options of every command that reads patients for a published model.
MapInputs = Annotated[
    list[str] | None,
    typer.Option("--map", metavar="INPUT=COLUMN", help="Column with an input of a published model; repeatable."),
]
TrustInputs = Annotated[
    list[str] | None,
    typer.Option("--trust", metavar="INPUT", help="Input whose unit you confirm; repeatable."),
]
_Name = Annotated[str, typer.Argument(metavar="NAME", help="Name and version: predict-breast@3.1.", show_default=False)]
_Out = Annotated[
    Path, typer.Option("--out", metavar="FILE", help="File to write (.json for plain values); - for standard output.")
]


def list_models(
    *,
    out: _Out = Path("-"),
    seed: Seed = 0,  # noqa: ARG001
) -> None:
    """List the published models: name and version, question, population, treatments."""
    from genorx import published

    check_out(out)
    table = published.list()
    text = to_json(table.to_dict("records")) if out.suffix.lower() == ".json" else to_csv(table)
    deliver(out, lambda path: path.write_text(text, encoding="utf-8"))


def card(
    name: _Name,
    *,
    out: _Out = Path("-"),
    seed: Seed = 0,  # noqa: ARG001
) -> None:
    """Show the card of a model: population, inputs, outputs, validation, and misuse."""
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
    id_column: str | None = None,
    **rules: Any,
) -> Ranking:
    """Rank the patients of a study or table, or only some, by a published model."""
    from dataclasses import replace

    from genorx import published

    if len(files) + (table is not None) != 1:
        hint = "genorx rank --published NAME --table FILE --out FILE"
        raise UsageError("--published requires one study file or one --table", file="genorx rank", hint=hint)
    model = published.load(name, mapping=mapping_of(mapping, "genorx rank"), trusted=tuple(trusted))
    if id_column is not None and table is None:
        raise UsageError("--id names a column of --table", file="genorx rank")
    frame, source = _patients(files, table, outs, id_column)
    ranking = model.rank(frame, source=source, **rules)
    if not only:
        return ranking
    return replace(ranking, answers=tuple(ranking[patient_id] for patient_id in dict.fromkeys(only)))


def mapping_of(texts: Iterable[str], command: str) -> dict[str, str]:
    """Parse inputs and their columns from texts such as ``size=tumour_mm``."""
    pairs = [each.partition("=") for each in texts]
    for key, sign, column in pairs:
        if not (key and sign and column):
            raise UsageError(f"--map {shown(key + sign + column)!r} is not INPUT=COLUMN", file=command)
    return {key: column for key, _, column in pairs}


def _patients(
    files: list[Path], table: Path | None, outs: Iterable[Path], id_column: str | None
) -> tuple[pd.DataFrame, TableSource]:
    """Return patients and their source; ids are those of the table, as written there."""
    from genorx.published.inputs.inputs import TableSource
    from genorx.published.inputs.table_file import read_patients

    if table is None:
        return read_study(files[0], outs).load(outcomes=False).features, TableSource(file=str(files[0]))
    return read_patients(table, id_column)
