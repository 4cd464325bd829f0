"""Probability of a yes-or-no outcome under each option, from one logistic model with shrunk effects.

Source: as ``effects.survival_effect``, with odds in place of hazards.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import expit

from genorx._core.threads import single_threaded
from genorx.effects.adjusted import AdjustedEffect
from genorx.effects.averages import mean_difference
from genorx.effects.compared import Compared, compare
from genorx.effects.design_matrix import FREE
from genorx.effects.protocol import EffectDraws
from genorx.features.spec import FeatureSpec
from genorx.outcomes.shrinkage import LogisticFit, fit_logistic

Floats = NDArray[np.float64]
_POPULATION_DRAWS = 200


class AdjustedBinaryEffect(AdjustedEffect):
    """Probability of the outcome under each option, adjusted, compared within strata; draws from one posterior.

    Columns as in ``SurvivalEffect``; options and strata enter as indicators that are not shrunk.  Predictions
    average over the strata by their share of the patients compared.

    Parameters
    ----------
    reference, randomised, specs, seed
        As in ``SurvivalEffect``.
    min_events : int
        Patients with the rarer of the two outcomes below which an option gets no estimate.
    """

    def __init__(
        self,
        *,
        reference: str | None = None,
        randomised: bool = False,
        specs: Sequence[FeatureSpec] | None = None,
        min_events: int = 10,
        seed: int = 0,
    ) -> None:
        super().__init__(reference=reference, randomised=randomised, specs=specs, min_events=min_events, seed=seed)

    @single_threaded
    def fit(
        self,
        X: pd.DataFrame,
        y: pd.DataFrame,
        *,
        treatment: pd.Series[str],
        strata: pd.Series[str] | None = None,
    ) -> Self:
        """Fit to ``y`` with ``value`` (0.0 or 1.0).

        Raises
        ------
        UsageError, SupportError
            As ``effects.compared.compare`` says.
        """
        ones = y["value"] == 1
        rarer = ones if ones.mean() <= 0.5 else ~ones
        compared = compare(X, y, treatment, strata, reference=self.reference, event=rarer, min_events=self.min_events)
        Z = self._learn_columns(compared, indicators=True)
        value = compared.y["value"].to_numpy(float)
        prior = self.columns_.prior(int(min(value.sum(), (1 - value).sum())))
        wide = np.column_stack([self.columns_.matrix(Z, compared.option), self._strata(compared)])
        free = np.full(wide.shape[1] - prior["group"].size, FREE)
        prior["group"] = np.concatenate([prior["group"], free])
        self.fit_ = fit_logistic(wide, value, **prior)
        self.beta_ = self.fit_.beta
        self._learn_support(compared, Z)
        self.population_ = self._summarise(compared, Z, value)
        return self

    @single_threaded
    def sample(
        self,
        X: pd.DataFrame,
        times: Floats | None = None,  # noqa: ARG002 (the protocol's; a yes-or-no outcome has no time)
        *,
        n_draws: int = 400,
        seed: int = 0,
    ) -> EffectDraws:
        """Draws of the probability under each option of ``options_``."""
        return self._sample(self._encode(X), n_draws, seed)

    def _sample(self, Z: Floats, n_draws: int, seed: int) -> EffectDraws:
        mode = np.concatenate([[self.fit_.intercept], self.beta_])
        draws = np.vstack([mode, self.fit_.draw(n_draws, np.random.default_rng(seed))])
        n_strata = len(self.stratum_names_)
        stratum = np.column_stack([np.zeros(len(draws)), draws[:, draws.shape[1] - (n_strata - 1) :]])
        probability = np.empty((len(draws), len(Z), len(self.options_), 1))
        for row in range(len(Z)):
            columns = self._rows(Z, row)
            for code in range(len(self.options_)):
                linear = draws[:, 0] + draws[:, 1 : 1 + columns.shape[1]] @ columns[code]
                probability[:, row, code, 0] = expit(linear[:, None] + stratum) @ self.stratum_shares_
        return EffectDraws(options=self.options_, times=np.zeros(0), point=probability[0], draws=probability[1:])

    def _strata(self, compared: Compared) -> Floats:
        others = np.arange(1, len(self.stratum_names_))
        return np.asarray((compared.strata[:, None] == others).astype(float))

    def _summarise(self, compared: Compared, Z: Floats, value: Floats) -> pd.DataFrame:
        mean = mean_difference(lambda part: _stacked(self._sample(part, _POPULATION_DRAWS, self.seed)), Z)
        matrix, group = self.columns_.without_products(Z, compared.option)
        strata = self._strata(compared)
        wide = np.column_stack([strata, matrix])
        fit = fit_logistic(wide, value, group=np.concatenate([np.full(strata.shape[1], FREE), group]))
        n_effects = len(self.options_) - 1
        error = np.sqrt(np.diag(fit.covariance))[-n_effects:]
        return self._population("odds_ratio", (fit.beta[-n_effects:], error), "probability_difference", mean)

    def state(self) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
        """JSON values and arrays from which ``from_state`` makes the same estimator."""
        values, arrays = self._shared_state()
        values["fit"] = {
            "intercept": self.fit_.intercept,
            "n_rows": self.fit_.n_rows,
            "n_events": self.fit_.n_events,
        }
        heavy = self.fit_.covariance if self.fit_.heavy_covariance is None else self.fit_.heavy_covariance
        return values, arrays | {"covariance": self.fit_.covariance, "heavy_covariance": heavy}

    @classmethod
    def from_state(cls, values: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> Self:
        """Make a fitted estimator from what ``state`` gave; runs no code of the file."""
        names = ("reference", "randomised", "min_events", "seed")
        made = cls(**{name: values[name] for name in names})._take_shared_state(values, arrays)
        made.fit_ = LogisticFit(
            **values["fit"],
            beta=made.beta_,
            covariance=arrays["covariance"],
            heavy_covariance=arrays["heavy_covariance"],
            penalty={},
            group_mean={},
            edf={},
            log_likelihood=float("nan"),
        )
        return made


def _stacked(sampled: EffectDraws) -> Floats:
    return np.concatenate([sampled.point[None], sampled.draws])[..., 0]
