"""Time to the first of several competing causes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from genorx.cohort.outcome import Outcome
from genorx.errors import SupportError, UsageError, shown
from genorx.outcomes.competing.competing_scores import score_competing
from genorx.outcomes.evaluation import Evaluation
from genorx.outcomes.kinds.base import ChoiceRule, Drawn
from genorx.outcomes.kinds.survival import SurvivalFamily
from genorx.outcomes.protocol import CompetingModel
from genorx.survival import incidence_brier_terms, integrate_brier

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class CompetingFamily(SurvivalFamily):
    """The probability of no event, and the incidence of each cause, over time.

    Attributes
    ----------
    causes : tuple of str
        Names of the causes, in the order of their codes.
    """

    name = "competing"
    protocol = CompetingModel
    choice = ChoiceRule(of="competing causes", score="brier_integrated", most_forest=np.inf)
    causes: tuple[str, ...] = ()

    @classmethod
    def of(cls, outcome: Any) -> Self:
        """Return the family of one outcome with its causes."""
        return cls(causes=tuple(outcome.causes))

    def params(self) -> dict[str, Any]:
        """Return the names of the causes."""
        return {"causes": self.causes}

    def check_rows(self, y: pd.DataFrame, outcome: Outcome, *, horizon: float | None = None) -> None:
        """Raise an error for an outcome with a cause without events, for which nothing can be estimated."""
        seen = y if horizon is None else y[y["time"] <= horizon]
        for code, cause in enumerate(self.causes, start=1):
            if not (seen["cause"] == code).any():
                by = "" if horizon is None else f" by {horizon:g} {outcome.unit}"
                raise SupportError(
                    f"no patient who is compared had the cause {shown(cause)} of {shown(outcome.name)}{by}",
                    hint="merge it with another cause, or leave it out",
                    code="no-events",
                )

    def check_parts(self, parts: Floats | None, outcome: str) -> None:
        """Raise an error for draws that do not distinguish all causes (``causes-not-told``, ``no-events``)."""
        if parts is None:
            raise UsageError(
                f"the estimator of {shown(outcome)} does not distinguish causes",
                hint="an estimator of competing causes fills parts and part_draws",
                code="causes-not-told",
            )
        if parts.shape[-2] != len(self.causes):
            causes = ", ".join(map(shown, self.causes))
            raise SupportError(
                f"under the options compared no patient had all causes of {shown(outcome)}: {causes}",
                hint="merge causes, or leave one out",
                code="no-events",
            )

    def draw(self, model: Any, X: pd.DataFrame, times: Floats, *, n_draws: int, seed: int) -> Drawn:
        """Return the probability of no event at the times, and the incidence of each cause."""
        incidence = model.predict_cumulative_incidence(X, times)
        drawn = model.sample_cumulative_incidence(X, times, n_draws=n_draws, seed=seed)
        return Drawn(
            point=np.maximum(1 - incidence.sum(axis=1), 0.0),
            draws=np.maximum(1 - drawn.sum(axis=2), 0.0),
            parts=incidence,
            part_draws=drawn,
        )

    def evidence(self, y: pd.DataFrame) -> int:
        """Return the number of events of the rarest cause."""
        return min(int((y["cause"] == code).sum()) for code in range(1, len(self.causes) + 1))

    def estimate(self, model: Any, X: pd.DataFrame, times: Floats) -> Floats:
        """Return the incidence of each cause at the times."""
        return np.asarray(model.predict_cumulative_incidence(X, times))

    def losses(self, y: pd.DataFrame, estimate: Floats, times: Floats) -> Floats:
        """Return integrated Brier scores, summed over the causes (Schoop R et al. 2011, Biom J 53:88)."""
        each = [
            incidence_brier_terms(y["time"], y["cause"], estimate[:, place], times, of=place + 1)
            for place in range(len(self.causes))
        ]
        return integrate_brier(np.sum(each, axis=0), times)

    def predicted(self, model: Any, X: pd.DataFrame, times: Floats) -> dict[str, Floats]:
        """Return the incidence of each cause at the times."""
        return {"incidence": model.predict_cumulative_incidence(X, times)}

    def factual(self, known: Floats) -> dict[str, Floats]:
        """Return the incidence of each cause."""
        return {"incidence": known}

    def score(self, y: Any, predicted: Mapping[str, Floats], fold: NDArray[Any], **shared: Any) -> Evaluation:
        """Return the scores of ``score_competing``."""
        return score_competing(y, predicted["incidence"], fold, causes=self.causes, **shared)
