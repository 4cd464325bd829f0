"""``genorx study``: a first study file from a table, and the audit of a study; nothing is fitted."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from genorx._core.output import to_json, write_text
from genorx.cli.loading import read_study
from genorx.cli.options import Seed, Study
from genorx.cli.output import check_out, deliver
from genorx.cli.streams import say_error, tell

_Out = Annotated[
    Path | None, typer.Option("--out", metavar="FILE", help="JSON file of the audit; - for standard output.")
]


_Strict = Annotated[
    bool,
    typer.Option(
        "--strict/--no-strict",
        help="If the study cannot be loaded, exit with status 3 and write no file; or write its audit with status 0.",
    ),
]


def check(
    study: Study,
    *,
    out: _Out = None,
    strict: _Strict = True,
    seed: Seed = 0,  # noqa: ARG001
) -> None:
    """Read everything a study names, fit nothing, and print the audit.

    Without --out the audit is printed as text. Every fault that stops the study from being loaded is printed as an
    error line on standard error, and the status is 3; with --no-strict the audit is written anyway, including the
    faults, and the status is 0.
    """
    if out is not None:
        check_out(out, [study])
    audit = read_study(study, [] if out is None else [out]).audit()
    for fault in audit.faults[:-1] if strict else audit.faults:
        say_error(fault)
    if out is None:
        write_text(audit.to_text().rstrip("\n") + "\n", "-")
    if strict and audit.faults:
        raise audit.faults[-1]
    if out is not None:
        deliver(out, lambda path: path.write_text(to_json(audit.to_dict()), encoding="utf-8"))


_Source = Annotated[
    Path,
    typer.Argument(metavar="CLINICAL", help="Clinical table, or folder of a cBioPortal study.", show_default=False),
]
_StudyOut = Annotated[
    Path, typer.Option("--out", metavar="STUDY.toml", help="Study file to write; - for standard output.")
]
_Variants = Annotated[list[Path] | None, typer.Option("--variants", metavar="FILE", help="Variant file; repeatable.")]
_Treatment = Annotated[
    str | None, typer.Option("--treatment", metavar="COLUMN", help="Column of the treatment options.")
]
_Outcome = Annotated[
    str | None,
    typer.Option(
        "--outcome", metavar="TIME,EVENT[,UNIT]", help="Columns of time and event, and the unit if the name has none."
    ),
]
_EventValue = Annotated[
    str | None, typer.Option("--event-value", metavar="TEXT", help="Value of the event, such as 1:DECEASED.")
]
_Id = Annotated[
    str | None,
    typer.Option("--id", metavar="COLUMN", help="Column of the patient's id. Default: recognised by its name."),
]


def init(
    source: _Source,
    *,
    out: _StudyOut,
    variants: _Variants = None,
    treatment: _Treatment = None,
    outcome: _Outcome = None,
    event_value: _EventValue = None,
    id: _Id = None,  # noqa: A002  the option's name
    seed: Seed = 0,  # noqa: ARG001
) -> None:
    """Write a commented study file from the content of a table; CHECK marks values that only you can confirm.

    For the folder of a cBioPortal study, the table of patients is used, that of samples if it has one row per patient,
    and overall, disease-free and progression-free survival.
    """
    from genorx.cohort.study_file.draft import draft_study

    inputs = [*source.iterdir()] if source.is_dir() else [source]
    check_out(out, [*inputs, *(variants or [])])
    text = draft_study(
        source,
        Path() / "study.toml" if str(out) == "-" else out,
        variants=variants or [],
        treatment=treatment,
        outcome=None if outcome is None else [part.strip() for part in outcome.split(",")],
        event_value=event_value,
        patient_id=id,
    )
    deliver(out, lambda path: path.write_text(text, encoding="utf-8"))
    if str(out) != "-":
        marked = text.count("CHECK")
        places = "1 place is" if marked == 1 else f"{marked} places are"
        tell(f"{places} marked CHECK; then: genorx study check {out}")
