"""``genorx screen``: a published risk of each person, and whether to screen."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from genorx._core.output import to_csv
from genorx.cli.options import Seed
from genorx.cli.output import check_out, deliver
from genorx.cli.published import MapInputs, TrustInputs, mapping_of
from genorx.cli.streams import say_findings

if TYPE_CHECKING:
    from genorx.published import ScreeningDecision

_Table = Annotated[Path, typer.Argument(metavar="TABLE", help="Table with one row per person.", show_default=False)]
_Model = Annotated[
    str, typer.Option("--model", metavar="NAME", help="Published model with its version: plcom2012@2013.")
]
_Out = Annotated[Path, typer.Option("--out", metavar="FILE", help="File to write; - for standard output.")]
_Id = Annotated[
    str | None,
    typer.Option("--id", metavar="COLUMN", help="Column with the person's id. Default: recognised by its name."),
]
_Threshold = Annotated[
    float | None,
    typer.Option("--threshold", metavar="X", help="Least risk at which to screen. Default: that of the model."),
]
_Extrapolate = Annotated[
    bool, typer.Option("--extrapolate", help="Also give a risk outside the range of derivation; the reason is kept.")
]
_Options = Annotated[
    Path | None,
    typer.Option("--options", metavar="FILE", help="TOML file with effect, harms and costs: screen or not, as JSON."),
]


def screen(
    table: _Table,
    *,
    model: _Model,
    out: _Out,
    id: _Id = None,  # noqa: A002  the option's name
    map: MapInputs = None,  # noqa: A002  the option's name
    trust: TrustInputs = None,
    threshold: _Threshold = None,
    extrapolate: _Extrapolate = False,
    options: _Options = None,
    seed: Seed = 0,  # noqa: ARG001
) -> None:
    """Compute the risk of each person by a published model; with --options, screen or not.

    Columns: patient_id, model, risk (a fraction), horizon, threshold, above (1 or 0), reason. A person outside the
    population of the model gets no risk, but a reason. With --options the output is JSON in the form of a ranking,
    one object per person (.csv a table, .html a page): deaths, harms and costs under screen and do_not_screen, and
    which is advised.
    """
    from genorx import published
    from genorx.published.inputs.table_file import read_patients

    check_out(out, [table, *([] if options is None else [options])])
    loaded = published.load(model, mapping=mapping_of(map or [], "genorx screen"), trusted=tuple(trust or ()))
    declared = None if options is None else published.ScreeningOptions.read(options)
    frame, source = read_patients(table, id)
    how: dict[str, Any] = {"threshold": threshold, "extrapolate": extrapolate, "source": source}
    if declared is None:
        people = published.screening_risks(loaded, frame, **how)
        say_findings(people.findings)
        deliver(out, lambda path: path.write_text(to_csv(people.to_frame()), encoding="utf-8"))
        return
    decision = published.screening_decision(loaded, frame, declared, **how)
    say_findings(decision.people.findings)
    deliver(out, lambda path: _write(decision, out.suffix.lower(), path))


def _write(decision: ScreeningDecision, suffix: str, path: Path) -> None:
    if suffix in (".html", ".htm"):
        from genorx.report import screening_decision_html

        path.write_text(screening_decision_html(decision), encoding="utf-8")
    else:
        text = to_csv(decision.ranking.to_frame()) if suffix == ".csv" else decision.to_json()
        path.write_text(text, encoding="utf-8")
