"""``genorx monitor``: one look at new data for a frozen model, from plain tables, or by a model file and a study."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from genorx.cli.loading import read_study
from genorx.cli.options import Seed
from genorx.cli.output import Write, check_out, check_outs, deliver_all
from genorx.cli.streams import say_findings, tell
from genorx.errors import UsageError, shown

if TYPE_CHECKING:
    from genorx.monitor import LookReport, Monitor

_Model = Annotated[Path | None, typer.Argument(metavar="MODEL", help="Model file made by genorx fit.")]
_Study = Annotated[Path | None, typer.Argument(metavar="STUDY", help="Study file of the patients up to now.")]
_Registry = Annotated[Path | None, typer.Option("--registry", metavar="DIR", help="Registry that counts the looks.")]
_Policy = Annotated[Path | None, typer.Option("--policy", metavar="FILE", help="Policy of changes (TOML).")]
_Base = Annotated[Path | None, typer.Option("--base", metavar="FILE", help="Table of the development data.")]
_New = Annotated[
    Path | None, typer.Option("--new", metavar="FILE", help="Table of all patients who arrived up to now.")
]
_Spec = Annotated[Path | None, typer.Option("--spec", metavar="FILE", help="JSON file that names the columns.")]
_AsOf = Annotated[
    str, typer.Option("--as-of", metavar="WHEN", help="Date of the snapshot; for tables in their time unit.")
]
_Look = Annotated[int | None, typer.Option("--look", min=1, metavar="N", help="Number of the look in the plan.")]
_Apply = Annotated[Path | None, typer.Option("--apply", metavar="FILE", help="Table to apply the update to.")]
_Predictions = Annotated[
    Path | None, typer.Option("--predictions", metavar="FILE", help="CSV file of updated predictions, with --apply.")
]
_Out = Annotated[Path, typer.Option("--out", metavar="FILE", help="Report (.json or .html); - for standard output.")]
_HERE = "genorx monitor"


def monitor(
    model: _Model = None,
    study: _Study = None,
    *,
    as_of: _AsOf,
    out: _Out,
    base: _Base = None,
    new: _New = None,
    spec: _Spec = None,
    look: _Look = None,
    apply: _Apply = None,
    predictions: _Predictions = None,
    registry: _Registry = None,
    policy: _Policy = None,
    seed: Seed = 0,  # noqa: ARG001
) -> None:
    """Compare new data with a frozen model once: keep it, hold the data, recalibrate, or refit.

    By a model and a study: genorx monitor MODEL STUDY.toml --as-of 2026-06-30 --registry DIR; a column "arrived" of one
    of the study's tables holds the day on which each patient arrived. From plain tables: --base, --new and --spec.

    The spec names the columns id, arrived, time, event, expected (the model's cumulative hazard at time),
    linear_predictor, covariates, site, recorded_after and survival_at_horizon, and holds horizon, looks and alpha;
    it may hold unit (of the times, such as "months").
    --apply and --predictions write a table's id and survival after the proposed update. The model is never changed.
    """
    if model is not None:
        _refuse({"--base": base, "--new": new, "--spec": spec, "--look": look, "--apply": apply}, "a model and a study")
        _look_by_model(model, study, as_of, registry, policy=policy, out=out)
        return
    _refuse({"--registry": registry, "--policy": policy}, "plain tables")
    if base is None or new is None or spec is None:
        absent = next(name for name, value in (("--base", base), ("--new", new), ("--spec", spec)) if value is None)
        hint = "genorx monitor --base B.csv --new N.csv --spec S.json --as-of 24 --look 4 --out R.json"
        raise UsageError(f"{absent} is missing", file=_HERE, hint=hint)
    if (apply is None) != (predictions is None):
        raise UsageError("--apply and --predictions must be given together", file=_HERE)
    inputs = [each for each in (base, new, spec, apply) if each is not None]
    check_outs([out, *([] if predictions is None else [predictions])], inputs)
    watched, report = _look_at_tables(base, new, spec, as_of=_number(as_of), look=look)
    finish(watched, report, out, _prediction_writers(report, apply, predictions))


def _refuse(values: dict[str, object], beside: str) -> None:
    for name, value in values.items():
        if value is not None:
            hint = "genorx monitor --help explains both forms"
            raise UsageError(f"{name} cannot be given with {beside}", file=_HERE, hint=hint)


def _look_by_model(
    model: Path, study: Path | None, as_of: str, registry: Path | None, *, policy: Path | None, out: Path
) -> None:
    from genorx.monitor.model_look import look_from_files

    if study is None or registry is None:
        hint = "genorx monitor MODEL STUDY.toml --as-of 2026-06-30 --registry DIR --out R.json"
        raise UsageError("give a model, a study and --registry", file=_HERE, hint=hint)
    check_out(out, [model, study, *([policy] if policy else [])])
    watched, report = look_from_files(model, read_study(study, [out]), as_of=as_of, registry=registry, policy=policy)
    finish(watched, report, out, {})


def _number(text: str) -> float:
    from genorx.cohort.tables.numbers import is_number

    if not is_number(text):
        hint = "if the tables count months since the first arrival, it is a number of months"
        raise UsageError(f"--as-of {shown(text)!r} is not a number", file=_HERE, hint=hint)
    return float(text)


def _look_at_tables(base: Path, new: Path, spec: Path, *, as_of: float, look: int | None) -> tuple[Monitor, LookReport]:
    from genorx.monitor import Monitor

    watched = Monitor.from_tables(base, spec)
    for key in watched.roles.unknown if watched.roles else ():
        tell(f"{spec.name}: key {shown(key)!r} is not known and not used")
    return watched, watched.check(new, as_of=as_of, look=look)


def _prediction_writers(report: LookReport, table: Path | None, target: Path | None) -> dict[Path, Write]:
    from genorx.monitor.look_report import write_predictions

    if table is None or target is None:
        return {}
    return {target: lambda path: write_predictions(report, table, path)}


def finish(watched: Monitor, report: LookReport, out: Path, others: dict[Path, Write]) -> None:
    """Write the report and the other requested outputs, and print the findings."""

    def write(path: Path) -> None:
        if out.suffix.lower() in (".html", ".htm"):
            watched.report(path)
        else:
            path.write_text(report.to_json(), encoding="utf-8")

    deliver_all({out: write, **others})
    say_findings(report.findings)
    tell(f"{report.action}: {'; '.join(report.reasons)}")
