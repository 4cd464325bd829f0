"""``genorx fit``: a study to a model file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from genorx.cli.loading import expect_models, read_study
from genorx.cli.options import Seed, Study, with_workers
from genorx.cli.output import check_out, deliver
from genorx.cli.streams import say_findings, tell

_Out = Annotated[Path, typer.Option("--out", metavar="MODEL", help="Model file to write; - for standard output.")]
_Folds = Annotated[
    int,
    typer.Option(
        min=0, help="Also evaluate with this number of folds, and store the scores in the file; 0: do not evaluate."
    ),
]

_NOT_EVALUATED = (
    "not evaluated: the model file holds no scores, average differences or checks of them; "
    "genorx fit --folds 5 puts them in, genorx evaluate shows them"
)


@with_workers
def fit(study: Study, *, out: _Out, folds: _Folds = 0, seed: Seed = 0) -> None:
    """Fit outcomes and effects to a study, and write a model file.

    The file has numbers and text only: loading it runs no code. It lists the required features, the digest of the
    study, and versions. Without --folds nothing is evaluated, and every ranking by this model has a finding on it.
    """
    check_out(out, [study])
    expect_models()
    from genorx.ranking import TreatmentRanker

    cohort = read_study(study, [out]).load()
    say_findings(cohort.findings)
    ranker = TreatmentRanker(seed=seed).fit(cohort)
    say_findings(ranker.findings_)
    if folds:
        ranker.evaluate(cohort, folds=folds)
    else:
        tell(_NOT_EVALUATED)
    deliver(out, ranker.save)
