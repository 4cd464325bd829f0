"""``genorx demo``: the complete workflow on the embedded study."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from genorx._core import progress
from genorx._core.output import to_json, write_text
from genorx._core.whole_files import atomic_folder
from genorx.cli.loading import expect_models
from genorx.cli.options import Seed, with_workers
from genorx.cli.output import check_parent
from genorx.cli.streams import tell
from genorx.errors import UsageError

if TYPE_CHECKING:
    import pandas as pd

    from genorx.datasets import DemoFiles
    from genorx.ranking import Ranking, TreatmentRanker

_Out = Annotated[Path, typer.Option("--out", metavar="DIR", help="Folder to write to; created if absent.")]
_STEPS = ("write the study", "audit", "fit", "evaluate", "rank")
_FOLDS = 3
#: A folder with this file was written by an earlier demo, and may be written again.
_MARK = "truth.csv"


@partial(with_workers, most=2)
def demo(*, out: _Out = Path("genorx-demo"), seed: Seed = 0) -> None:
    """Write and run a bundled study of simulated patients: read VCF and tables, fit, evaluate, rank three patients.

    Besides the estimates the report shows guidance on drugs by genotype and public evidence on the tumours.

    Writes the study's files, audit.json, demo.model, evaluation.json, ranking.json and report.html into the folder,
    and prints the ranking with each estimate and its true value.
    """
    _check_folder(out)
    with atomic_folder(out) as made:
        ranking, truth = _run(made, seed)
    write_text(_table(ranking, truth), "-")
    tell(f"report: {out / 'report.html'}")


def _check_folder(out: Path) -> None:
    target = Path(os.path.realpath(out))
    check_parent(target, out)
    if target.exists() and not target.is_dir():
        raise UsageError("--out is not a folder", file=out, hint="name a new folder", code="out-folder")
    if Path.cwd().is_relative_to(target):
        hint = "name a new one: it is put in place by a rename"
        raise UsageError("--out is the current folder", file=out, hint=hint, code="out-folder")
    if target.is_dir() and any(target.iterdir()) and not (target / _MARK).exists():
        hint = "name a new or empty folder"
        raise UsageError("--out has files that are not of a demo", file=out, hint=hint, code="out-folder")


def _run(home: Path, seed: int) -> tuple[Ranking, pd.DataFrame]:
    """Write the study into ``home``, run the workflow, write its results, and return the ranking and the truth."""
    expect_models()
    from genorx.cohort import Study
    from genorx.datasets import load_demo_truth, write_demo
    from genorx.ranking import TreatmentRanker, load_model

    steps = _named_steps()
    next(steps)
    files: DemoFiles = write_demo(home, seed=seed)
    next(steps)
    study = Study.read(files.study)
    write_text(to_json(study.audit().to_dict()), home / "audit.json")
    next(steps)
    cohort = study.load()
    fitted = TreatmentRanker(seed=seed).fit(cohort)
    next(steps)
    evaluation = fitted.evaluate(cohort, folds=_FOLDS)  # before it is saved: the model file includes the findings
    fitted.save(home / "demo.model")
    write_text(to_json(evaluation.to_dict()), home / "evaluation.json")
    next(steps)
    ranker = load_model(home / "demo.model")
    ranking = ranked_with_all_three(ranker, files)
    truth = load_demo_truth(files.truth)
    write_text(ranking.to_json(), home / "ranking.json")
    ranking.report(home / "report.html", evaluation=evaluation, truth=truth)
    return ranking, truth


def ranked_with_all_three(ranker: TreatmentRanker, files: DemoFiles) -> Ranking:
    """Rank the patients, with guidance on the options' drugs and public evidence on the tumours."""
    from genorx import pgx
    from genorx.cohort import Study
    from genorx.datasets import DEMO_DRUGS, DEMO_TUMOUR
    from genorx.oncology import match_cohort

    patients = Study.read(files.patients).load(outcomes=False, schema=ranker.specs_)
    ranking = ranker.rank(patients, pgx=pgx.call(files.germline), drugs=DEMO_DRUGS)
    together = {option: " + ".join(drugs) for option, drugs in DEMO_DRUGS.items()}
    return ranking.with_evidence(match_cohort(files.tumours, DEMO_TUMOUR), together, others=False)


def _named_steps() -> Iterator[None]:
    """Report each step by its name: started when it is requested, done when the next one is."""
    for number, name in enumerate(_STEPS, start=1):
        task = f"{number}/{len(_STEPS)} {name}"
        progress.report(task, 0, 1)
        yield
        progress.report(task, 1, 1)


def _table(ranking: Ranking, truth: pd.DataFrame) -> str:
    """Return the ranking as a text table: one line per patient and option, truth beside the estimate."""
    from genorx.report import wording

    true = dict(zip(zip(truth["patient_id"], truth["option"], strict=True), truth["delta_rmst"].tolist(), strict=True))
    heads = ("patient", "rank", "option", "advice", "difference (95 % interval)", "chance better", "truth")
    rows = []
    for answer in ranking:
        for option in answer.options:
            found, reference = option.difference, option.option == answer.reference
            rows.append(
                (
                    answer.patient_id,
                    "-" if option.rank is None else str(option.rank),
                    option.option,
                    wording.ADVICE[option.advice][0],
                    "reference" if reference else "-" if found is None else wording.difference_text(found),
                    "-" if found is None or reference else wording.chance_text(found.probability_better),
                    wording.signed(true.get((answer.patient_id, option.option))),
                )
            )
    what = wording.measure_name("rmst", ranking.horizon, ranking.unit, free=ranking.free_of(ranking.primary))
    note = f"Simulated patients. Difference: {what}"
    return f"{_aligned([heads, *rows])}\n{note}, against {ranking.reference}.\n"


def _aligned(rows: Iterable[tuple[str, ...]]) -> str:
    lines = list(rows)
    widths = [max(len(line[place]) for line in lines) for place in range(len(lines[0]))]
    return "".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() + "\n" for line in lines
    )
