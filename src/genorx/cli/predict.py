"""``genorx predict``: outcomes of new patients under each option, as a table."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from genorx._core.output import to_csv
from genorx.cli.in_batches import answer_in_batches, refuse_rows, row_kind
from genorx.cli.loading import FOR_ANSWERS
from genorx.cli.options import Batch, Model, Seed, Study, with_cluster
from genorx.cli.output import check_out, deliver
from genorx.cli.streams import say_findings

_Out = Annotated[
    Path,
    typer.Option(
        "--out", metavar="FILE", help="CSV file to write, with --batch also .jsonl or .parquet; - for standard output."
    ),
]


@with_cluster(*FOR_ANSWERS)
def predict(model: Model, study: Study, *, out: _Out, batch: Batch = None, seed: Seed | None = None) -> None:
    """Predict outcomes of the study's patients under each option, with 95 % intervals.

    Columns: patient_id, option, outcome, time, estimate, lower, upper, risk (the probability of the worse outcome; for
    an amount the amount itself, or its negative if more is better, so that higher is always worse).
    The study needs no outcomes and no treatment. Numbers are empty for patients whom the model's data do not cover.
    The default of --seed is the seed with which the model was fitted. With --batch 10000 a table of any length is
    answered within bounded memory.
    """
    check_out(out, [model, study])
    if batch is not None:
        kind = row_kind(out, None, default="csv", command="predict")
        answer_in_batches((model, study), out, command="predict", kind=kind, size=batch, seed=seed)
        return
    refuse_rows(out, None, command="predict")
    from genorx.cli.loading import load_model_and_patients

    ranker, patients = load_model_and_patients(model, study, [out], seed=seed)
    table = ranker.predict(patients)
    say_findings([*patients.findings, *table.attrs.get("findings", ())])
    deliver(out, lambda path: path.write_text(to_csv(table), encoding="utf-8"))
