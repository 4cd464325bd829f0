"""Loading of a study that no output overwrites, of a model file, and of patients in the form of the model."""

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


#: Modules for ranking patients by a model in worker processes.
FOR_ANSWERS = ("genorx.ranking", "genorx.ranking.in_batches", "genorx.cohort.study", "genorx.oncology")


def expect_models() -> None:
    """Preload the modules that models need in worker processes while files are read."""
    expect_work("genorx.cli.app", "genorx.ranking")


def expect_answers() -> None:
    """Preload the modules for ranking by a model in worker processes while files are read."""
    expect_work("genorx.cli.app", *FOR_ANSWERS)


def read_study(path: Path, outs: Iterable[Path]) -> Study:
    """Read a study, none of whose files is one of the outputs.

    Raises
    ------
    UsageError
        ``out-is-input`` if an output is a file of the study.
        StudyError
            See ``Study.read``.
    """
    from genorx.cohort import Study

    study = Study.read(path)
    with suppress(StudyError):  # absent files are reported when the study is loaded
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
