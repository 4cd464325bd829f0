"""A yes-or-no outcome or an amount under each option, from one model with shrunk effects.

Source: as ``effects.adjusted.survival_effect``, with odds, or differences of means, in place of hazards.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import expit

from genorx._core.threads import single_threaded
from genorx.effects.adjusted.adjusted import AdjustedEffect
from genorx.effects.adjusted.alignment import align
from genorx.effects.adjusted.compared import Compared, compare
from genorx.effects.adjusted.design_matrix import FREE
from genorx.effects.adjusted.treatment_table import RestrictedDraws, treatment_table
from genorx.effects.averages.averages import mean_difference
from genorx.effects.protocol import EffectDraws
from genorx.errors import InputError, UsageError
from genorx.features.spec import FeatureSpec
from genorx.outcomes.shrinkage.gaussian import GaussianFit, fit_gaussian
from genorx.outcomes.shrinkage.shrinkage import LogisticFit, fit_logistic

Floats = NDArray[np.float64]
_POPULATION_DRAWS = 1000  # 200 leave an interval uncertain by a tenth of its width


class ResponseEffect(AdjustedEffect):
    """Probability of an outcome, or its mean amount, under each option, adjusted, compared within strata.

    Values of 0 and 1 alone are a yes-or-no outcome (logistic model); others an amount (linear model).

    Columns as in ``SurvivalEffect``; options and strata enter as indicators that are not shrunk.  Predictions
    average over the strata by their share of the patients compared.

    Parameters
    ----------
    reference, randomised, specs, seed
        As in ``SurvivalEffect``.
    better : {"higher", "lower"}
        Which values are good; for ``rank``.
    min_events : int
        Patients with the rarer of the two outcomes (with an amount: patients) below which an option gets no estimate.
    min_difference : float
        Smallest difference that matters.
    n_draws : int
    interactions : sequence of str, optional
        Features whose effect may differ between options: they alone have products with them.  All by default.
    """

    def __init__(
        self,
        *,
        reference: str | None = None,
        randomised: bool = False,
        specs: Sequence[FeatureSpec] | None = None,
        better: Literal["higher", "lower"] = "higher",
        min_events: int = 10,
        min_difference: float = 0.0,
        n_draws: int = 400,
        interactions: Sequence[str] | None = None,
        seed: int = 0,
    ) -> None:
        super().__init__(
            reference=reference,
            randomised=randomised,
            specs=specs,
            min_events=min_events,
            interactions=interactions,
            seed=seed,
        )
        self.better = better
        self.min_difference = min_difference
        self.n_draws = n_draws

    @single_threaded
    def fit(self, X: Any, y: Any, *, treatment: Any = None, strata: Any = None) -> Self:
        """Fit to ``y``, a frame with ``value`` or an array of shape (n_patients,).

        Raises
        ------
        UsageError, SupportError
            As ``effects.adjusted.compared.compare`` says.
        InputError
            If a value is missing or infinite (``value-missing``).
        """
        given = align(X, y, treatment, None, strata, model=self)
        if "value" not in given.y:
            raise UsageError("y needs the column value", code="outcome-columns")
        counted, self.binary_ = _counted(given.y["value"])
        compared = compare(
            given.X,
            given.y,
            given.treatment,
            given.strata,
            reference=self.reference,
            event=counted,
            min_events=self.min_events,
        )
        Z = self._learn_columns(compared, indicators=True)
        value = compared.y["value"].to_numpy(float)
        self.centre_, self.scale_ = (0.0, 1.0) if self.binary_ else (float(value.mean()), float(value.std()) or 1.0)
        value = (value - self.centre_) / self.scale_
        prior = self.columns_.prior(int(counted.loc[compared.y.index].sum()))
        wide = np.column_stack([self.columns_.matrix(Z, compared.option), self._strata(compared)])
        free = np.full(wide.shape[1] - prior["group"].size, FREE)
        prior["group"] = np.concatenate([prior["group"], free])
        self.fit_: LogisticFit | GaussianFit = (
            fit_logistic(wide, value, **prior) if self.binary_ else fit_gaussian(wide, value, **_without_tails(prior))
        )
        self.beta_ = self.fit_.beta
        self._learn_support(compared, Z)
        self.population_ = self._summarise(compared, Z, value)
        return self

    @single_threaded
    def sample(
        self,
        X: Any,
        times: Floats | None = None,  # noqa: ARG002 (the protocol's; such an outcome has no time)
        *,
        n_draws: int | None = None,
        seed: int | None = None,
    ) -> EffectDraws:
        """Draws of the probability, or mean amount, under each option of ``options_``."""
        chosen = (self.n_draws if n_draws is None else n_draws, self.seed if seed is None else seed)
        return self._sample(self._encode(self._frame(X)), *chosen)

    def _values(self, frame: pd.DataFrame) -> Floats:
        return _stacked(self.sample(frame))

    def rank(self, X: Any) -> pd.DataFrame:
        """Options of each patient with estimates, intervals, rank, advice and reason.

        Returns
        -------
        DataFrame
            Columns of ``SurvivalEffect.rank`` with ``estimate, lower, upper`` in place of the restricted means.
        """
        frame = self._frame(X)
        sign = 1.0 if self.better == "higher" else -1.0
        values = sign * self._values(frame)
        drawn = RestrictedDraws(
            patients=tuple(str(name) for name in frame.index),
            options=self.options_,
            means=values,
            survival=np.full(values.shape[1:], np.nan),
            floor=-np.inf,
        )
        basis = "trial" if self.randomised else "adjusted, observational"
        table = treatment_table(
            drawn, self.support(frame), self._moved_by(frame), basis=basis, min_difference=self.min_difference
        )
        return _turned(table, sign)

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
                raised = linear[:, None] + stratum
                value = expit(raised) if self.binary_ else self.centre_ + self.scale_ * raised
                probability[:, row, code, 0] = value @ self.stratum_shares_
        return EffectDraws(options=self.options_, times=np.zeros(0), point=probability[0], draws=probability[1:])

    def _strata(self, compared: Compared) -> Floats:
        others = np.arange(1, len(self.stratum_names_))
        return np.asarray((compared.strata[:, None] == others).astype(float))

    def _summarise(self, compared: Compared, Z: Floats, value: Floats) -> pd.DataFrame:
        mean = mean_difference(lambda part: _stacked(self._sample(part, _POPULATION_DRAWS, self.seed)), Z)
        matrix, group = self.columns_.without_products(Z, compared.option)
        strata = self._strata(compared)
        wide = np.column_stack([strata, matrix])
        n_effects, labels = len(self.options_) - 1, np.concatenate([np.full(strata.shape[1], FREE), group])
        if not self.binary_:
            return self._population(None, (np.zeros(n_effects), np.zeros(n_effects)), "mean_difference", mean)
        fit = fit_logistic(wide, value, group=labels)
        error = np.sqrt(np.diag(fit.covariance))[-n_effects:]
        return self._population("odds_ratio", (fit.beta[-n_effects:], error), "probability_difference", mean)

    def state(self) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
        """JSON values and arrays from which ``from_state`` makes the same estimator."""
        values, arrays = self._shared_state()
        named = ("better", "min_difference", "n_draws", "binary_", "centre_", "scale_")
        values |= {name: getattr(self, name) for name in named}
        kept = ("intercept", "n_rows", "n_events") if isinstance(self.fit_, LogisticFit) else ("intercept", "sigma")
        values["fit"] = {name: getattr(self.fit_, name) for name in kept}
        heavy = self.fit_.covariance if self.fit_.heavy_covariance is None else self.fit_.heavy_covariance
        return values, arrays | {"covariance": self.fit_.covariance, "heavy_covariance": heavy}

    @classmethod
    def from_state(cls, values: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> Self:
        """Make a fitted estimator from what ``state`` gave; runs no code of the file."""
        names = ("reference", "randomised", "better", "min_events", "min_difference", "n_draws", "seed")
        made = cls(**{name: values[name] for name in names})._take_shared_state(values, arrays)
        made.binary_, made.centre_, made.scale_ = bool(values["binary_"]), values["centre_"], values["scale_"]
        if not made.binary_:
            made.fit_ = GaussianFit(
                **values["fit"],
                beta=made.beta_,
                covariance=arrays["covariance"],
                heavy_covariance=arrays["heavy_covariance"],
            )
            return made
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


def _counted(value: pd.Series[Any]) -> tuple[pd.Series[bool], bool]:
    """Return which patients count towards the fewest events, and whether the outcome is yes or no."""
    numbers = value.to_numpy(dtype=float, na_value=np.nan)
    if not np.isfinite(numbers).all():
        raise InputError("a value of the outcome is missing or infinite", code="value-missing")
    if not set(np.unique(numbers)) <= {0.0, 1.0}:
        return pd.Series(True, index=value.index), False
    ones = value == 1
    return (ones if ones.mean() <= 0.5 else ~ones), True


def _without_tails(prior: dict[str, Any]) -> dict[str, Any]:
    """Return the prior's arguments that the linear fitter takes; it has both kinds of tails always."""
    return {name: value for name, value in prior.items() if name != "heavy_tails"}


def _turned(table: pd.DataFrame, sign: float) -> pd.DataFrame:
    """Return the table with numbers on the outcome's own scale and under its names."""
    names = {"rmst": "estimate", "rmst_lo": "lower", "rmst_hi": "upper"}
    table = table.drop(columns="survival_at_horizon").rename(columns=names)
    if sign > 0:
        return table
    for low, high in (("lower", "upper"), ("delta_lo", "delta_hi")):
        table[low], table[high] = -table[high], -table[low]
    return table.assign(estimate=-table["estimate"], delta_vs_reference=0.0 - table["delta_vs_reference"])


def _stacked(sampled: EffectDraws) -> Floats:
    return np.concatenate([sampled.point[None], sampled.draws])[..., 0]
