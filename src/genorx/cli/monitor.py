"""``genorx monitor``: one look at new data of a frozen model, from tables or from a study."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from genorx.cli.loading import read_study
from genorx.cli.options import Seed, Workers
from genorx.cli.output import Write, check_out, deliver, deliver_all
from genorx.cli.streams import say_findings, tell
from genorx.errors import UsageError, shown

if TYPE_CHECKING:
    from genorx.monitor import LookReport, Monitor

_Model = Annotated[Path | None, typer.Argument(metavar="MODEL", help="Model file made by genorx fit.")]
_Study = Annotated[Path | None, typer.Argument(metavar="STUDY", help="Study file of the patients up to now.")]
_Base = Annotated[Path | None, typer.Option("--base", metavar="FILE", help="Table of the development data.")]
_New = Annotated[Path | None, typer.Option("--new", metavar="FILE", help="Table of all who arrived up to now.")]
_Spec = Annotated[Path | None, typer.Option("--spec", metavar="FILE", help="JSON file that names the columns.")]
_AsOf = Annotated[str, typer.Option("--as-of", metavar="WHEN", help="Day of the snapshot; of tables in their unit.")]
_Look = Annotated[int | None, typer.Option("--look", min=1, metavar="N", help="Number of the look in the plan.")]
_Registry = Annotated[Path | None, typer.Option("--registry", metavar="DIR", help="Registry that counts the looks.")]
_Policy = Annotated[Path | None, typer.Option("--policy", metavar="FILE", help="Policy of changes (TOML).")]
_Apply = Annotated[Path | None, typer.Option("--apply", metavar="FILE", help="Table to apply the update to.")]
_Predictions = Annotated[Path | None, typer.Option("--predictions", metavar="FILE", help="CSV of what --apply gives.")]
_Out = Annotated[Path, typer.Option("--out", metavar="FILE", help="Report (.json or .html); - for standard output.")]


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
    registry: _Registry = None,
    policy: _Policy = None,
    apply: _Apply = None,
    predictions: _Predictions = None,
    seed: Seed = 0,  # noqa: ARG001
    workers: Workers = 1,  # noqa: ARG001
) -> None:
    """Look once at new data of a frozen model: keep it, hold the data, recalibrate, or refit.

    Of tables: --base, --new and --spec; the spec names id, arrived, time, event, expected (the model's cumulative hazard
    at time), linear_predictor, covariates, site, recorded_after, horizon, survival_at_horizon, looks and alpha. --apply
    and --predictions write a table's id and survival after the proposed update. The model is never changed.
    """
    tables = {"--base": base, "--new": new, "--spec": spec}
    if model is not None or study is not None:
        _refuse(tables | {"--apply": apply, "--predictions": predictions, "--look": look}, "goes with tables")
        _of_study(model, study, as_of, registry, policy, out)
        return
    absent = [name for name, value in tables.items() if value is None]
    if absent or base is None or new is None or spec is None:
        hint = "genorx monitor --base B.csv --new N.csv --spec S.json --as-of 24 --look 4 --out R.json"
        raise UsageError(f"{absent[0]} is missing, or a model and a study", file="genorx monitor", hint=hint)
    _refuse({"--registry": registry, "--policy": policy}, "goes with a model and a study")
    if (apply is None) != (predictions is None):
        raise UsageError("--apply and --predictions belong together", file="genorx monitor")
    inputs = [each for each in (base, new, spec, apply) if each is not None]
    _of_tables(base, new, spec, _number(as_of), look, apply, predictions, out, inputs)


def _refuse(values: dict[str, object], why: str) -> None:
    given = [name for name, value in values.items() if value is not None]
    if given:
        raise UsageError(f"{given[0]} {why}", file="genorx monitor", hint="genorx monitor --help explains both forms")


def _number(text: str) -> float:
    from genorx.cohort.tables.numbers import is_number

    if not is_number(text):
        hint = "months since the first arrival, say, where the tables count months"
        raise UsageError(f"--as-of {shown(text)!r} is no number", file="genorx monitor", hint=hint)
    return float(text)


def _of_tables(
    base: Path,
    new: Path,
    spec: Path,
    as_of: float,
    look: int | None,
    apply: Path | None,
    predictions: Path | None,
    out: Path,
    inputs: list[Path],
) -> None:
    from genorx.monitor import Monitor
    from genorx.monitor.look_report import write_predictions

    check_out(out, inputs)
    if predictions is not None:
        check_out(predictions, inputs)
    watched = Monitor.from_tables(base, spec)
    for key in watched.roles.unknown:
        tell(f"{spec.name}: key {shown(key)!r} is not known and not used")
    report = watched.check(new, as_of=as_of, look=look)
    writers: dict[Path, Write] = {}
    if apply is not None and predictions is not None:
        table = apply

        def write(path: Path) -> None:
            write_predictions(report, table, path)

        writers[predictions] = write
    _finish(watched, report, out, writers)


def _finish(watched: Monitor, report: LookReport, out: Path, writers: dict[Path, Write]) -> None:
    """Write the report, with what else was asked for, and say what was found."""
    say_findings(report.findings)
    tell(f"{report.action}: {'; '.join(report.reasons)}")

    def write(path: Path) -> None:
        if out.suffix.lower() in (".html", ".htm"):
            watched.report(path)
        else:
            path.write_text(report.to_json(), encoding="utf-8")

    if str(out) == "-" or any(str(each) == "-" for each in writers):
        for target, writer in {out: write, **writers}.items():
            deliver(target, writer)
        return
    deliver_all({out: write, **writers})


def _of_study(
    model: Path | None, study: Path | None, as_of: str, registry: Path | None, policy: Path | None, out: Path
) -> None:
    from genorx.monitor.model_look import look_from_files

    if model is None or study is None or registry is None:
        hint = "genorx monitor MODEL STUDY.toml --as-of DATE --registry DIR --out R.json"
        raise UsageError("a model, a study and --registry are needed", file="genorx monitor", hint=hint)
    check_out(out, [model, study, *([policy] if policy else [])])
    watched, report = look_from_files(model, read_study(study, [out]), as_of=as_of, registry=registry, policy=policy)
    _finish(watched, report, out, {})
