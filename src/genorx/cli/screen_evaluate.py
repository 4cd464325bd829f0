"""``genorx screen-evaluate``: measures of a screening rule on followed-up people."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from genorx._core.output import to_json
from genorx.cli.options import Seed
from genorx.cli.output import check_outs, deliver, deliver_all
from genorx.cli.streams import say_findings
from genorx.errors import UsageError

_Table = Annotated[Path, typer.Argument(metavar="TABLE", help="Table with one row per person.", show_default=False)]
_Spec = Annotated[Path, typer.Option("--spec", metavar="FILE", help="JSON file that names the columns.")]
_Out = Annotated[Path, typer.Option("--out", metavar="FILE", help="JSON file to write; - for standard output.")]
_Report = Annotated[Path | None, typer.Option("--report", metavar="FILE", help="HTML page to write, besides --out.")]


def screen_evaluate(
    table: _Table,
    *,
    spec: _Spec,
    out: _Out,
    report: _Report = None,
    seed: Seed = 0,
) -> None:
    """Evaluate a predicted risk in people with follow-up: calibration, discrimination, net benefit by threshold.

    The spec holds id, risk (a fraction), time, cause (0 censored, 1 the cancer, 2 and more other causes), horizon, and
    may hold unit (of time and horizon, such as "years"), thresholds (a list), of (the cause) and by (columns of groups
    in which all measures are repeated).
    """
    from genorx.published import ScreeningSpec, evaluate_table

    check_outs([out, *([] if report is None else [report])], [table, spec])
    if report is not None and str(report) == "-":
        raise UsageError("--report must be a file", file="genorx screen-evaluate")
    found = evaluate_table(table, ScreeningSpec.read(spec), seed=seed)
    say_findings(found.findings)
    text = to_json(found.to_dict())
    if report is None:
        deliver(out, lambda path: path.write_text(text, encoding="utf-8"))
        return
    from genorx.report import screening_html

    page = screening_html(found, name=table.name)
    deliver_all(
        {
            out: lambda path: path.write_text(text, encoding="utf-8"),
            report: lambda path: path.write_text(page, encoding="utf-8"),
        }
    )
