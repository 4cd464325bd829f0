"""Time to one event."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from genorx.cohort.kinds import OutcomeKind
from genorx.outcomes.evaluation import Evaluation
from genorx.outcomes.kinds.base import ChoiceRule, Drawn, Family
from genorx.outcomes.protocol import SurvivalModel
from genorx.outcomes.survival.survival_scores import score_survival
from genorx.survival import brier_terms, integrate_brier

Floats = NDArray[np.float64]
_SCORED = 20  # times at which the Brier score is computed


@dataclass(frozen=True, kw_only=True)
class SurvivalFamily(Family):
    """The probability of no event, over time."""

    name: ClassVar[OutcomeKind] = "survival"
    protocol: ClassVar[type[Any]] = SurvivalModel
    choice = ChoiceRule(of="survival", score="brier_integrated", margin=2.0, most_forest=np.inf)

    def draw(self, model: Any, X: pd.DataFrame, times: Floats, *, n_draws: int, seed: int) -> Drawn:
        """Return survival at the times."""
        drawn = model.sample_survival(X, times, n_draws=n_draws, seed=seed)
        return Drawn(point=model.predict_survival(X, times), draws=drawn)

    def evidence(self, y: pd.DataFrame) -> int:
        """Return the number of events."""
        return int(y["event"].sum())

    def scored_times(self, y: pd.DataFrame, fold: NDArray[Any]) -> Floats | None:
        """Return times up to the last at which every training set has 10 % of its patients at risk.

        No patient is at risk after the last follow-up, which many share if a study closes on one day.
        """
        time, event = y["time"].to_numpy(float), y["event"].to_numpy(bool)
        last = min(float(np.quantile(time[fold != k], 0.9)) for k in np.unique(fold))
        inside = time[event & (time <= last) & (time < time.max())]
        return np.unique(np.quantile(inside, np.linspace(0.05, 1, _SCORED))) if inside.size else None

    def estimate(self, model: Any, X: pd.DataFrame, times: Floats) -> Floats:
        """Return survival at the times."""
        return np.asarray(model.predict_survival(X, times))

    def losses(self, y: pd.DataFrame, estimate: Floats, times: Floats) -> Floats:
        """Return integrated Brier scores (Graf E et al. 1999, Stat Med 18:2529)."""
        return integrate_brier(brier_terms(y["time"], y["event"], estimate, times), times)

    def predicted(self, model: Any, X: pd.DataFrame, times: Floats) -> dict[str, Floats]:
        """Return survival at the times, and the risk score."""
        return {"survival": model.predict_survival(X, times), "risk": model.predict_risk(X)}

    def factual(self, known: Floats) -> dict[str, Floats]:
        """Return survival, and the probability of an event by the last time as risk score."""
        return {"survival": known, "risk": 1 - known[:, -1]}

    def score(self, y: Any, predicted: Mapping[str, Floats], fold: NDArray[Any], **shared: Any) -> Evaluation:
        """Return the scores of ``score_survival``."""
        return score_survival(y, predicted["survival"], predicted["risk"], fold, **shared)
