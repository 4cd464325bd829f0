"""Provenance of a published model's result: the model, the patients, the versions and the date."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from genorx._core.provenance import json_digest, today, versions

if TYPE_CHECKING:
    from genorx.published.model import PublishedModel


def provenance_of(model: PublishedModel, frame: pd.DataFrame) -> dict[str, Any]:
    """Return the provenance of a ranking of the patients of a frame, without study and randomness."""
    return {
        "model": model.digest,
        "study": "",
        "patients": json_digest(pd.util.hash_pandas_object(frame.astype(str)).tolist()),
        "knowledge": {"published": model.id},
        "versions": versions(),
        "seed": 0,
        "date": today(),
    }
