"""Loading of a study that the output does not overwrite, of a model file, and of patients as the model expects."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from genorx._core.workers import expect_work
from genorx.cli.output import check_no_input
from genorx.errors import StudyError

if TYPE_CHECKING:
    from genorx.cohort import Cohort, Study
    from genorx.ranking import TreatmentRanker


#: What answering patients by a model needs, in a process that shares the work.
FOR_ANSWERS = ("genorx.ranking", "genorx.ranking.in_batches", "genorx.cohort.study", "genorx.oncology")


def expect_models() -> None:
    """Preload the modules that models need in worker processes while files are read."""
    expect_work("genorx.cli.app", "genorx.ranking")


def expect_answers() -> None:
    """Let processes that share the work load what answers by a model need, while files are read here."""
    expect_work("genorx.cli.app", *FOR_ANSWERS)


def read_study(path: Path, outs: Iterable[Path]) -> Study:
    """Read a study, none of whose files is one of the outputs.

    Raises
    ------
    UsageError
        Code ``out-is-input``.
    StudyError
        As ``Study.read``.
    """
    from genorx.cohort import Study

    study = Study.read(path)
    with suppress(StudyError):  # files that are not there are named when the study is loaded
        named = study.files()
        for out in outs:
            check_no_input(out, named)
    return study


def load_model_and_patients(
    model: Path, study: Path, outs: Iterable[Path], *, seed: int | None
) -> tuple[TreatmentRanker, Cohort]:
    """Return the ranker of a model file, using ``seed`` if given, and the patients of a study."""
    expect_answers()
    from genorx.ranking import load_model

    ranker = load_model(model)
    if seed is not None:
        ranker.seed = seed
    return ranker, read_study(study, outs).load(outcomes=False, schema=ranker.specs_)
