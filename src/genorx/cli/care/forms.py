"""``genorx care questionnaire`` and ``genorx care answers``: a study as a form, and answers as rows of its tables."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from genorx._core.output import to_json, write_text
from genorx._core.whole_files import atomic_folder
from genorx.cli.loading import read_study
from genorx.cli.options import Seed, Study
from genorx.cli.output import check_no_input, check_outs, check_parent, deliver_all
from genorx.cli.streams import say_findings
from genorx.errors import UsageError

if TYPE_CHECKING:
    import pandas as pd

_Out = Annotated[Path, typer.Option("--out", metavar="FILE", help="File to write; - for standard output.")]
_Filled = Annotated[
    Path | None, typer.Option("--filled", metavar="F.json", help="Known answers of --patient, as a response.")
]
_Folder = Annotated[Path, typer.Option("--out", metavar="DIR", help="Folder; each table is DIR/STEM.csv.")]
_Response = Annotated[
    Path, typer.Argument(metavar="RESPONSE", help="QuestionnaireResponse (JSON).", show_default=False)
]
_OfStudy = Annotated[Path, typer.Option("--study", metavar="STUDY.toml", help="Study whose questionnaire is answered.")]


def questionnaire(
    study: Study,
    *,
    out: _Out,
    patient: Annotated[str | None, typer.Option(metavar="ID", help="Patient for --filled.")] = None,
    filled: _Filled = None,
    seed: Seed = 0,  # noqa: ARG001
) -> None:
    """Write a study's record tables as a FHIR Questionnaire, and the known answers of a patient as a response to it.

    One item for each column except the patient's id, excluded columns, and those used as outcome or treatment.
    """
    from genorx import care

    if (patient is None) != (filled is None):
        raise UsageError("--patient and --filled must be given together", file="genorx care questionnaire")
    outs = [out] if filled is None else [out, filled]
    check_outs(outs, [study])
    read = read_study(study, outs)
    if filled is None:
        texts = {out: to_json(care.questionnaire(read))}
    else:
        made, response = care.questionnaire(read, fill=patient)
        texts = {out: to_json(made), filled: to_json(response)}
    deliver_all({path: _Writer(text) for path, text in texts.items()})


def answers(
    response: _Response,
    *,
    study: _OfStudy,
    out: _Folder,
    seed: Seed = 0,  # noqa: ARG001
) -> None:
    """Write the answers to a study's questionnaire as rows of its tables, in the words and units of its files.

    All faults of a response are reported at once; violations of the study's rules are reported as findings.
    """
    from genorx import care
    from genorx.care.forms import audit_answers

    if str(out) == "-" or (out.exists() and not out.is_dir()):
        raise UsageError("--out is a folder", file=out, hint="name a folder", code="out-folder")
    check_parent(Path(os.path.realpath(out)), out)
    read = read_study(study, [])
    rows = care.answers(response, read)
    for stem in rows:
        check_no_input(out / f"{stem}.csv", [response, study, *read.files(variants=False)])
    found = [finding for frame in rows.values() for finding in frame.attrs["findings"]]
    say_findings([*found, *audit_answers(rows, read)])
    with atomic_folder(out) as made:
        for stem, frame in rows.items():
            write_text(_csv(frame), made / f"{stem}.csv")


def _csv(frame: pd.DataFrame) -> str:
    """Return rows of a table as CSV without neutralising formulas: an answer is data, and -1.5 is not a formula."""
    return str(frame.to_csv(None, index=False, lineterminator="\n"))


class _Writer:
    """Writes a text to a given path."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __call__(self, path: Any) -> None:
        Path(path).write_text(self.text, encoding="utf-8", newline="\n")


#: Name, function and example.
COMMANDS = (
    (
        "questionnaire",
        questionnaire,
        "genorx care questionnaire study.toml --patient P0001 --filled known.json --out questionnaire.json",
    ),
    ("answers", answers, "genorx care answers response.json --study study.toml --out rows"),
)
