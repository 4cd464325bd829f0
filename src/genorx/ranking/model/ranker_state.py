"""Serialisation of a fitted ranker to JSON values and arrays; its models are handled by ``ranking.model.model_state``.

The file that holds them is ``ranking.model.bundle``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray
from sklearn.utils.validation import check_is_fitted

from genorx._core.feature_spec import FeatureSpec
from genorx.cohort.study_file.possible import Condition
from genorx.cohort.study_file.utility import Utility
from genorx.errors import Finding
from genorx.ranking.model.model_state import fits_from, fits_state

if TYPE_CHECKING:
    from genorx.ranking.ranker import TreatmentRanker

_PLAIN = ("name_", "study_digest_", "assembly_", "options_", "reference_", "notes_", "training_", "versions_")


def ranker_state(ranker: TreatmentRanker) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """Return the JSON values and arrays for ``ranker_from``.

    Raises
    ------
    UsageError
        As ``model_state.fits_state``.
    """
    check_is_fitted(ranker, "fits_")
    outcomes, arrays = fits_state(ranker.fits_)
    values = {name: getattr(ranker, name) for name in _PLAIN}
    values |= {
        "outcomes": outcomes,
        "specs": [spec.to_dict() for spec in ranker.specs_],
        "findings": [finding.to_dict() for finding in ranker.findings_],
        "metrics": ranker.metrics_,
        "smallest_difference": ranker.smallest_difference_,
        "possible": [condition.to_dict() for condition in ranker.possible_],
        "utility": None if ranker.utility_ is None else ranker.utility_.to_dict(),
        "n_draws": ranker.n_draws,
        "seed": ranker.seed_,
    }
    if ranker.labels_:
        values["labels"] = ranker.labels_
    return json.loads(json.dumps(values, allow_nan=False)), arrays


def ranker_from(
    made: TreatmentRanker, values: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]
) -> TreatmentRanker:
    """Restore a ranker from ``ranker_state``; runs no code of the file."""
    made.set_params(n_draws=values["n_draws"], seed=values["seed"])
    made.seed_ = values["seed"]
    for name in _PLAIN:
        setattr(made, name, values[name])
    made.options_, made.notes_ = tuple(values["options_"]), tuple(values["notes_"])
    made.specs_ = tuple(FeatureSpec.from_dict(spec) for spec in values["specs"])
    made.findings_ = tuple(Finding(**finding) for finding in values["findings"])
    made.metrics_ = dict(values["metrics"])
    made.smallest_difference_ = float(values.get("smallest_difference", 0.0))
    made.possible_ = tuple(Condition.from_dict(each) for each in values.get("possible", ()))
    made.utility_ = None if values.get("utility") is None else Utility.from_dict(values["utility"])
    made.labels_ = dict(values.get("labels", {}))
    made.fits_ = fits_from(values["outcomes"], arrays)
    return made
