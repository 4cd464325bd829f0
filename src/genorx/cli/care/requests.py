"""``genorx care authorize``, ``read-request``, ``read-response``: prior authorisation written and read."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from genorx._core.output import to_json
from genorx.cli.options import Seed
from genorx.cli.output import Write, check_out, check_outs, deliver, deliver_all
from genorx.cli.streams import say_findings


class GuideVersion(StrEnum):
    """Releases of Da Vinci PAS that are written."""

    V2_0_1 = "2.0.1"
    V2_2_1 = "2.2.1"


_Ranking = Annotated[Path, typer.Argument(metavar="RANKING.json", help="Output of genorx rank.", show_default=False)]
_File = Annotated[Path, typer.Argument(metavar="FILE", help="FHIR file (JSON).", show_default=False)]
_Out = Annotated[Path, typer.Option("--out", metavar="FILE", help="File to write; - for standard output.")]
_OptionName = Annotated[str, typer.Option("--option", metavar="NAME", help="Option of the ranking that is requested.")]
_Request = Annotated[
    Path, typer.Option("--request", metavar="R.toml", help="Data of the request that are not in a ranking (TOML).")
]
_Patient = Annotated[str | None, typer.Option("--patient", metavar="ID", help="Patient, if there are several.")]
_Pgx = Annotated[Path | None, typer.Option("--pgx", metavar="F.json", help="Output of genorx pgx.")]
_Report = Annotated[
    Path | None,
    typer.Option("--report", metavar="FILE", help="Report to attach; default: a page written from the option."),
]
_Version = Annotated[GuideVersion, typer.Option("--version", help="Release of Da Vinci PAS.")]
_Created = Annotated[
    str | None, typer.Option("--created", metavar="INSTANT", help="Date and time with time zone; default: now.")
]
_Missing = Annotated[Path | None, typer.Option("--missing", metavar="M.json", help="Missing elements, as JSON.")]
_Strict = Annotated[bool, typer.Option("--strict", help="Write nothing if something mandatory is missing.")]
_RequestFile = Annotated[
    Path | None, typer.Option("--request", metavar="BUNDLE.json", help="The request to which the answer belongs.")
]


def authorize(
    ranking: _Ranking,
    *,
    option: _OptionName,
    request: _Request,
    out: _Out,
    patient: _Patient = None,
    pgx: _Pgx = None,
    report: _Report = None,
    version: _Version = GuideVersion.V2_0_1,
    created: _Created = None,
    missing: _Missing = None,
    strict: _Strict = False,
    seed: Seed = 0,  # noqa: ARG001
) -> None:
    """Write a prior authorisation request (Da Vinci PAS, FHIR R4) with its evidence; nothing is sent.

    The bundle holds the personal data of the request file; --missing and messages have none.
    """
    from genorx import care

    inputs = [ranking, request, *(each for each in (pgx, report) if each is not None)]
    check_outs([out, *([] if missing is None else [missing])], inputs)
    made = care.authorization(
        ranking,
        option,
        request=request,
        patient_id=patient,
        pgx=pgx,
        report=report,
        version=version.value,
        created=created,
    )
    if strict:
        made.require_complete()
    say_findings(made.findings)
    texts = {out: made.to_json()} | ({} if missing is None else {missing: to_json(made.missing_records())})
    deliver_all({path: _writer(text) for path, text in texts.items()})


def _writer(text: str) -> Write:
    return lambda path: path.write_text(text, encoding="utf-8")


def read_request(file: _File, *, out: _Out, seed: Seed = 0) -> None:  # noqa: ARG001
    """Read a prior authorisation request: items, diagnoses, support, and faults, as JSON."""
    from genorx import care

    check_out(out, [file])
    found = care.read_request(file)
    say_findings(found.findings)
    deliver(out, _writer(to_json(found.to_dict())))


def read_response(
    file: _File,
    *,
    out: _Out,
    request: _RequestFile = None,
    seed: Seed = 0,  # noqa: ARG001
) -> None:
    """Read a payer's answer: the decision on each item and on the whole, compared with the request if given."""
    from genorx import care

    check_out(out, [file, *([] if request is None else [request])])
    found = care.read_response(file, request)
    say_findings(found.findings)
    deliver(out, _writer(to_json(found.to_dict())))


#: Name, function and example.
COMMANDS = (
    (
        "authorize",
        authorize,
        "genorx care authorize ranking.json --option folfiri --request request.toml --missing missing.json "
        "--out bundle.json",
    ),
    ("read-request", read_request, "genorx care read-request bundle.json --out request.json"),
    ("read-response", read_response, "genorx care read-response response.json --request bundle.json --out answer.json"),
)
