"""``genorx evaluate``: accuracy of predictions for unseen patients, and of estimated benefit."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from genorx._core.output import to_csv, to_json
from genorx.cli.loading import expect_models, read_study
from genorx.cli.options import Seed, Study, with_cluster
from genorx.cli.output import check_out, deliver
from genorx.cli.streams import say_findings

if TYPE_CHECKING:
    from genorx.cohort import Cohort
    from genorx.ranking.evaluation.treatment_evaluation import TreatmentEvaluation

_Out = Annotated[
    Path,
    typer.Option(
        "--out",
        metavar="FILE",
        help="File to write: JSON, or by its suffix CSV or HTML; - for standard output.",
    ),
]
_Folds = Annotated[int, typer.Option(min=2, help="Number of folds.")]


@with_cluster("genorx.ranking")
def evaluate(study: Study, *, out: _Out, folds: _Folds = 5, seed: Seed = 0) -> None:
    """Measure discrimination, Brier score and calibration by cross-validation, with intervals.

    With a treatment design, differences between options are evaluated too: doubly robust means, calibration, the value
    of choosing by patient, balance, overlap, other landmark days, negative controls.  With strategies over time, the
    model is compared with clones and a landmark, and by thirds of the gain predicted out of fold.
    """
    check_out(out, [study])
    expect_models()
    from genorx.ranking import TreatmentRanker

    cohort = read_study(study, [out]).load()
    say_findings(cohort.findings)
    evaluation = TreatmentRanker(seed=seed).evaluate(cohort, folds=folds)
    text = _text(evaluation, out.suffix.lower(), cohort)
    deliver(out, lambda path: path.write_text(text, encoding="utf-8"))


def _text(evaluation: TreatmentEvaluation, suffix: str, cohort: Cohort) -> str:
    if suffix == ".csv":
        return to_csv(evaluation.to_frame())
    if suffix in (".html", ".htm"):
        from genorx.report import evaluation_html

        return evaluation_html(evaluation, name=cohort.name)
    return to_json(evaluation.to_dict())
