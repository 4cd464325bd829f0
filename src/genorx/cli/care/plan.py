"""``genorx care plan`` and ``schedule``: the course of an option, and its visits on open days."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from genorx._core.output import to_csv, to_json
from genorx.cli.care.arguments import Out, Patient, Pgx, RankingFile, given
from genorx.cli.options import Seed
from genorx.cli.output import check_out, deliver
from genorx.cli.streams import say_findings
from genorx.errors import UsageError

if TYPE_CHECKING:
    from genorx.care import CarePlan, Schedule

_HERE = "genorx care schedule"
_Regimens = Annotated[
    Path | None, typer.Option("--regimens", metavar="FILE", help="Regimens (TOML), in addition to the shipped ones.")
]
_Regimen = Annotated[
    str | None, typer.Option("--regimen", metavar="NAME", help="Name of a regimen; default: that of the option.")
]
_Plan = Annotated[Path | None, typer.Argument(metavar="[PLAN.json]", help="Output of genorx care plan.")]
_Start = Annotated[str | None, typer.Option("--start", metavar="DATE", help="Day 1 of cycle 1, with --regimen.")]
_Window = Annotated[
    int | None,
    typer.Option("--window", min=0, metavar="N", help="Days by which a visit may move; default: those of the regimen."),
]
_Previous = Annotated[
    Path | None,
    typer.Option("--previous", metavar="S.json", help="Previous schedule: visits keep their identifiers."),
]
_Today = Annotated[str | None, typer.Option("--today", metavar="DATE", help="Default: the current date.")]
_Created = Annotated[
    str | None,
    typer.Option("--created", metavar="INSTANT", help="Time stamp of the .ics; default: the start at 00:00 UTC."),
]


def plan(
    ranking: RankingFile,
    *,
    option: Annotated[str, typer.Option("--option", metavar="NAME", help="An option of the ranking.")],
    start: Annotated[str, typer.Option("--start", metavar="DATE", help="Day 1 of cycle 1.")],
    out: Out,
    regimens: _Regimens = None,
    regimen: _Regimen = None,
    patient: Patient = None,
    pgx: Pgx = None,
    seed: Seed = 0,  # noqa: ARG001
) -> None:
    """Plan the course of an option for a patient: treatments, laboratory, checks and holds, step by step."""
    check_out(out, given(ranking, regimens, pgx))
    from genorx import care

    made = care.plan(ranking, option, regimens=regimens, regimen=regimen, start=start, patient_id=patient, pgx=pgx)
    say_findings(made.findings)
    text = made.to_json()
    deliver(out, lambda path: path.write_text(text, encoding="utf-8"))


def schedule(
    plan: _Plan = None,
    *,
    calendar: Annotated[Path, typer.Option("--calendar", metavar="C.toml", help="Open days and times (TOML).")],
    out: Annotated[
        Path, typer.Option("--out", metavar="FILE", help="File to write: .csv, .json, .ics or .fhir.json; - for JSON.")
    ],
    regimens: _Regimens = None,
    regimen: _Regimen = None,
    start: _Start = None,
    window: _Window = None,
    previous: _Previous = None,
    today: _Today = None,
    created: _Created = None,
    seed: Seed = 0,  # noqa: ARG001
) -> None:
    """Place the visits of a plan, or of a regimen alone, on the open days of a calendar.

    Visits are proposed, not booked: rooms, staff and other patients are not considered.
    """
    check_out(out, given(plan, calendar, regimens, previous))
    writer = _writer(out)
    if created is not None and out.suffix.lower() != ".ics":
        raise UsageError("--created is only for an .ics file", file=_HERE, hint="name --out with .ics")
    course = _course(plan, regimens, regimen, start)
    made = course.schedule(calendar, window=window, previous=previous, today=today)
    text = writer(made, created)
    say_findings(made.findings)
    deliver(out, lambda path: path.write_text(text, encoding="utf-8", newline=""))


def _course(plan: Path | None, regimens: Path | None, regimen: str | None, start: str | None) -> CarePlan:
    from genorx import care

    if plan is not None:
        for name, value in (("--regimens", regimens), ("--regimen", regimen), ("--start", start)):
            if value is not None:
                raise UsageError(f"{name} does not go with a plan", file=_HERE, hint="leave out one of the two")
        return care.read_plan(plan)
    if regimen is None or start is None:
        hint = "give PLAN.json, or --regimen NAME --start DATE"
        raise UsageError("there is no plan to schedule", file=_HERE, hint=hint)
    return care.plan(None, None, regimens=regimens, regimen=regimen, start=start)


def _writer(out: Path) -> Callable[[Schedule, str | None], str]:
    """Return the writer of an output, by its suffix."""
    name = out.name.lower()
    if name.endswith(".fhir.json"):
        return lambda made, _: to_json(made.to_fhir())
    if name.endswith(".ics"):
        return lambda made, created: made.to_ics(created=created)
    if name.endswith(".csv"):
        return lambda made, _: to_csv(made.visits)
    if name.endswith(".json") or str(out) == "-":
        return lambda made, _: made.to_json()
    hint = "name a file that ends in .csv, .json, .ics or .fhir.json"
    raise UsageError("the suffix of --out is not of a known format", file=out, hint=hint)


#: Name, function and example.
COMMANDS: tuple[tuple[str, Callable[..., None], str], ...] = (
    ("plan", plan, "genorx care plan ranking.json --option folfiri --start 2026-03-02 --patient P0001 --out plan.json"),
    ("schedule", schedule, "genorx care schedule plan.json --calendar ward.toml --out visits.ics"),
)
