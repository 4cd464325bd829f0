"""Time to one event."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from genorx.outcomes.kinds.base import Drawn, Family
from genorx.outcomes.protocol import SurvivalModel

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class SurvivalFamily(Family):
    """The probability of no event by each time."""

    name = "survival"
    protocol = SurvivalModel

    def draw(self, model: Any, X: pd.DataFrame, times: Floats, *, n_draws: int, seed: int) -> Drawn:
        """Return survival at the times."""
        drawn = model.sample_survival(X, times, n_draws=n_draws, seed=seed)
        return Drawn(point=model.predict_survival(X, times), draws=drawn)

    def risk(self, model: Any, X: pd.DataFrame) -> Floats:
        """Return the model's risk score."""
        return np.asarray(model.predict_risk(X), dtype=float)
