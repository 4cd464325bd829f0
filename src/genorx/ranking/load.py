"""Loading of a ranker from its model file."""

from __future__ import annotations

from pathlib import Path

from genorx.errors import ModelFileError
from genorx.ranking.model.bundle import read_bundle
from genorx.ranking.model.ranker_state import ranker_from
from genorx.ranking.ranker import TreatmentRanker


def load_model(path: str | Path) -> TreatmentRanker:
    """Return the ranker stored in a model file; no code in the file is run.

    Raises
    ------
    ModelFileError
        ``model-damaged``, ``model-changed``, ``model-too-new``, ``model-too-old``: as ``model.bundle.read_bundle``.
    """
    bundle = read_bundle(path)
    try:
        return ranker_from(TreatmentRanker(), bundle.values, bundle.arrays)
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        if isinstance(error, ModelFileError):
            raise
        raise ModelFileError(
            f"its content is not a ranker ({type(error).__name__})",
            file=path,
            hint="fit again with this version",
            code="model-damaged",
        ) from error
