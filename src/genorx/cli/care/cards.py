"""``genorx care cards``, ``check-cards`` and ``read-hook``: cards for a CDS Hooks client."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from genorx._core.output import to_json
from genorx.cli.care.arguments import Out, Patient, Pgx, RankingFile, given
from genorx.cli.options import Seed
from genorx.cli.output import check_out, deliver
from genorx.cli.streams import say_error, say_findings
from genorx.errors import InputError


def cards(
    ranking: RankingFile,
    *,
    hook: Annotated[str, typer.Option("--hook", metavar="NAME", help="patient-view, order-select or order-sign.")],
    out: Out,
    patient: Patient = None,
    request: Annotated[
        Path | None,
        typer.Option("--request", metavar="HOOK.json", help="The request to the service, with its draft orders."),
    ] = None,
    pgx: Pgx = None,
    seed: Seed = 0,  # noqa: ARG001
) -> None:
    """Make the cards for a patient's answer: guidance, evidence, the model; they do not identify the patient."""
    check_out(out, given(ranking, request, pgx))
    from genorx import care

    made = care.cards(ranking, hook=hook, request=request, patient_id=patient, pgx=pgx)
    say_findings(made.findings)
    text = made.to_json()
    deliver(out, lambda path: path.write_text(text, encoding="utf-8"))


def check_cards(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Messages of cards.", show_default=False)],
    *,
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="FILE", help="JSON file; written only if there are no faults, as an empty list."),
    ] = None,
    seed: Seed = 0,  # noqa: ARG001
) -> None:
    """Check messages of cards by the rules of CDS Hooks: one line per fault, and exit status 3 if there is one."""
    if out is not None:
        check_out(out, files)
    errors = [error for path in files for error in _faults(path)]
    if errors:
        for error in errors[:-1]:
            say_error(error)
        raise errors[-1]
    if out is not None:
        deliver(out, lambda path: path.write_text(to_json([]), encoding="utf-8"))


def _faults(path: Path) -> list[InputError]:
    from genorx._core.strict_json import typed
    from genorx.care import check_cards as check
    from genorx.interop.reading.json_files import documents

    return [
        InputError(each.message, file=path, place=document.place(each.place or ""), code="cards-faulty")
        for document in documents(path)
        for each in check(typed(document.value, path))
    ]


def read_hook(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A request to a service (JSON).", show_default=False)],
    *,
    out: Out,
    hook: Annotated[
        str | None, typer.Option("--hook", metavar="NAME", help="The hook, if the file holds only a context.")
    ] = None,
    seed: Seed = 0,  # noqa: ARG001
) -> None:
    """Read a request to a CDS Hooks service: hook, patient, draft orders; the access token is never kept."""
    check_out(out, [file])
    from genorx import care

    found = care.read_hook(file, hook=hook)
    say_findings(found.findings)
    text = to_json(found.to_dict())
    deliver(out, lambda path: path.write_text(text, encoding="utf-8"))


#: Name, function and example.
COMMANDS: tuple[tuple[str, Callable[..., None], str], ...] = (
    ("cards", cards, "genorx care cards ranking.json --hook patient-view --patient P0001 --out cards.json"),
    ("check-cards", check_cards, "genorx care check-cards cards.json"),
    ("read-hook", read_hook, "genorx care read-hook call.json --out call-read.json"),
)
