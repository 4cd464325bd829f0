"""A model file, and a study's patients read as that model wants them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from genorx.cohort import Cohort
    from genorx.ranking import TreatmentRanker


def load_model_and_patients(model: Path, study: Path, *, seed: int | None) -> tuple[TreatmentRanker, Cohort]:
    """Return the ranker of a model file, drawing with ``seed`` where one is given, and the patients of a study."""
    from genorx.cohort import Study
    from genorx.ranking import load_model

    ranker = load_model(model)
    if seed is not None:
        ranker.seed = seed
    return ranker, Study.read(study).load(outcomes=False, schema=ranker.specs_)
