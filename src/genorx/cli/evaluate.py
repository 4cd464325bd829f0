"""``genorx evaluate``: how good predictions are for patients that the model has not seen."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from genorx._core.output import to_json
from genorx.cli.options import Seed, Study, Workers
from genorx.cli.output import check_out, deliver
from genorx.cli.streams import say_findings

_Out = Annotated[Path, typer.Option("--out", metavar="FILE", help="JSON file to write; - for standard output.")]
_Folds = Annotated[int, typer.Option(min=2, help="Parts into which the patients are split.")]


def evaluate(study: Study, *, out: _Out, folds: _Folds = 5, seed: Seed = 0, workers: Workers = 1) -> None:  # noqa: ARG001
    """Measure discrimination, Brier score and calibration out of fold, with intervals."""
    from genorx.cohort import Study as StudyFile
    from genorx.ranking import TreatmentRanker

    check_out(out, [study])
    cohort = StudyFile.read(study).load()
    say_findings(cohort.findings)
    evaluation = TreatmentRanker(seed=seed).evaluate(cohort, folds=folds)
    deliver(out, lambda path: path.write_text(to_json(evaluation.to_dict()), encoding="utf-8"))
