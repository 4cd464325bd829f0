"""``genorx predict``: outcomes of new patients under each option, as a table."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from genorx._core.output import to_csv
from genorx.cli.options import Model, Seed, Study, with_workers
from genorx.cli.output import check_out, deliver
from genorx.cli.streams import say_findings

_Out = Annotated[Path, typer.Option("--out", metavar="FILE", help="CSV file to write; - for standard output.")]


@with_workers
def predict(model: Model, study: Study, *, out: _Out, seed: Seed | None = None) -> None:
    """Predict outcomes of the study's patients under each option, with 95 % intervals.

    Columns: patient_id, option, outcome, time, estimate, lower, upper, risk. The study needs no outcomes and no
    treatment. Numbers are empty where the model's data do not cover a patient. The default of --seed is the seed with
    which the model was fitted.
    """
    from genorx.cli.loading import load_model_and_patients

    check_out(out, [model, study])
    ranker, patients = load_model_and_patients(model, study, [out], seed=seed)
    table = ranker.predict(patients)
    say_findings([*patients.findings, *table.attrs.get("findings", ())])
    deliver(out, lambda path: path.write_text(str(to_csv(table)), encoding="utf-8"))
