"""``genorx care questions``: unknown inputs of patients, in the order in which to ask for them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from genorx._core.output import to_csv
from genorx.cli.care.arguments import Pgx, given
from genorx.cli.drugs import Drugs, named_drugs
from genorx.cli.options import Model, Seed, Study, with_workers
from genorx.cli.output import check_out, deliver
from genorx.cli.streams import say_findings

_Out = Annotated[Path, typer.Option("--out", metavar="FILE", help="CSV file to write; - for standard output.")]
_Cohort = Annotated[Path, typer.Option("--cohort", metavar="STUDY.toml", help="Study to which the model was fitted.")]
_Patients = Annotated[list[str] | None, typer.Option("--patient", metavar="ID", help="Only this patient; repeatable.")]
_Costs = Annotated[
    Path | None, typer.Option("--costs", metavar="C.csv", help="Columns column and cost; the others cost 1.")
]


@with_workers
def questions(
    model: Model,
    study: Study,
    *,
    cohort: _Cohort,
    out: _Out,
    patient: _Patients = None,
    top: Annotated[int, typer.Option(min=1, help="Number of questions for each patient.")] = 5,
    draws: Annotated[int, typer.Option(min=1, help="Number of values tried for each input.")] = 20,
    costs: _Costs = None,
    pgx: Pgx = None,
    drugs: Drugs = None,
    seed: Seed = 0,
) -> None:
    """List which unknown inputs to ask for first, by how much an answer may change, as CSV.

    The study of the patients needs no outcomes and no treatment; that of --cohort is the one the model was fitted to.
    With --pgx and --drugs an option with a drug that guidance advises against is not advised, now or after an answer.
    """
    from genorx import care
    from genorx.care.pharmacogenes import read_pgx
    from genorx.cli.loading import load_model_and_patients, read_study

    check_out(out, given(model, study, cohort, costs, pgx))
    ranker, patients = load_model_and_patients(model, study, [out], seed=None)
    training = read_study(cohort, [out]).load()
    chosen = patients.only(dict.fromkeys(patient)) if patient else patients
    named = None if drugs is None else named_drugs(drugs, command="genorx care questions")
    ranking = ranker.rank(chosen, pgx=None if pgx is None else read_pgx(pgx), drugs=named)
    if pgx is not None:
        say_findings([*ranking.findings, *(finding for answer in ranking for finding in answer.findings)])
    found = care.questions(ranking, cohort=training, top=top, draws=draws, costs=costs, seed=seed)
    say_findings(found.attrs["findings"])
    text = to_csv(found)
    deliver(out, lambda path: path.write_text(text, encoding="utf-8"))


#: Name, function and example.
COMMANDS = (
    (
        "questions",
        questions,
        "genorx care questions study.model patients.toml --cohort study.toml --out questions.csv",
    ),
)
