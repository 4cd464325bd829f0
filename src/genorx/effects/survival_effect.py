"""Survival of a patient under each option, from one Cox model with shrunk effects for all options.

Source: effects.md 2; main effects and products are shrunk by group (Gerstung M et al. 2017, Nat Genet 49:332), the
option itself never is.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from genorx._core.threads import single_threaded
from genorx.effects.adjusted import AdjustedEffect, under
from genorx.effects.averages import mean_difference
from genorx.effects.compared import Compared, compare
from genorx.effects.protocol import EffectDraws
from genorx.errors import UsageError
from genorx.features.spec import FeatureSpec
from genorx.outcomes.cox_state import cox_from, cox_state
from genorx.outcomes.partial_likelihood import step_values
from genorx.outcomes.shrinkage import CoxDraws, fit_cox

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
_OWN_BASELINE = 20  # events that an option needs in each stratum to be given a baseline of its own there
_POPULATION_DRAWS, _POPULATION_TIMES = 200, 61


class AdjustedSurvivalEffect(AdjustedEffect):
    """Survival under each option, adjusted, compared within strata; draws from one joint posterior.

    A group-shrunk Cox model over all options.  Columns: encoded features; for each option but the reference their
    products with it, shrunk on a scale of their own; where treatment was not drawn by lot, logits of a penalised
    propensity, not shrunk.  Each option has its own baseline in each stratum if it has 20 events and follow-up to
    ``horizon`` there; else options share the strata's baselines and enter as indicators that are not shrunk.

    Predictions average over the strata, by their share of the patients compared: who will be treated tomorrow is in
    none of yesterday's trials.

    After ``fit``, ``follow_up_`` holds the time of the last event under each option: nothing is known after it.

    Parameters
    ----------
    reference : str, optional
        Option against which effects are taken; the first by default.
    randomised : bool
        Treatment was drawn by lot: no propensity, no rule of overlap.
    specs : sequence of FeatureSpec, optional
        Kinds and shrinkage groups of the features; inferred when absent.
    horizon : float, optional
        Time is cut here: later events do not bend the fit.
    min_events : int
        Events below which an option gets no estimate.
    seed : int
        Of the propensity forest.
    """

    def __init__(
        self,
        *,
        reference: str | None = None,
        randomised: bool = False,
        specs: Sequence[FeatureSpec] | None = None,
        horizon: float | None = None,
        min_events: int = 20,
        seed: int = 0,
    ) -> None:
        super().__init__(reference=reference, randomised=randomised, specs=specs, min_events=min_events, seed=seed)
        self.horizon = horizon

    @single_threaded
    def fit(
        self,
        X: pd.DataFrame,
        y: pd.DataFrame,
        *,
        treatment: pd.Series[str],
        strata: pd.Series[str] | None = None,
    ) -> Self:
        """Fit to ``y`` with ``time`` (> 0, from the day on which options are compared) and ``event`` (bool).

        Raises
        ------
        UsageError
            If a time is not positive, or as ``effects.compared.compare`` says.
        SupportError
            If fewer than two options, or not the reference, have ``min_events`` events.
        """
        if (y["time"] <= 0).any():
            raise UsageError("follow-up of 0 or less", hint="leave such patients out first", code="time-not-positive")
        cut = _cut(y, self.horizon)
        compared = compare(
            X, cut, treatment, strata, reference=self.reference, event=cut["event"], min_events=self.min_events
        )
        own = _own_baselines(compared, self.horizon)
        Z = self._learn_columns(compared, indicators=not own)
        time, event = compared.y["time"].to_numpy(float), compared.y["event"].to_numpy(bool)
        self.cells_ = _cells(len(self.stratum_names_), len(self.options_), own=own)
        stratum = self.cells_[compared.strata, compared.option]
        matrix = self.columns_.matrix(Z, compared.option)
        prior = self.columns_.prior(int(event.sum()))
        self.fit_ = fit_cox(matrix, time, event, stratum=stratum, **prior)
        self.beta_ = self.fit_.beta
        self.follow_up_ = _last_events(compared, y)
        self._drawn: dict[tuple[int, int], CoxDraws] = {}
        self._learn_support(compared, Z)
        self.population_ = self._summarise(compared, Z, time, event)
        return self

    @single_threaded
    def sample(self, X: pd.DataFrame, times: Floats | None = None, *, n_draws: int = 400, seed: int = 0) -> EffectDraws:
        """Draws of survival at ``times`` under each option of ``options_``.

        Half of the draws come from the posterior under the normal prior, half from that under the heavy-tailed one,
        around one mode: the first alone is too wide, the second too narrow (effects.md 2).

        Parameters
        ----------
        X : DataFrame
        times : array of shape (n_times,)
            Ascending; the caller sees that they do not exceed ``follow_up_``.
        """
        if times is None:
            raise UsageError("a survival outcome needs times", code="times-missing")
        return self._sample(self._encode(X), np.asarray(times, dtype=float), n_draws, seed)

    def _sample(self, Z: Floats, times: Floats, n_draws: int, seed: int) -> EffectDraws:
        draws = self._posterior(n_draws, seed)
        hazards = [
            step_values(base.times, np.cumsum(steps, axis=1), times)
            for base, steps in zip(self.fit_.baseline, draws.increments, strict=True)
        ]
        modes = [base.cumulative(times)[None, :] for base in self.fit_.baseline]
        shape = (len(Z), len(self.options_), times.size)
        point, drawn = np.empty(shape), np.empty((n_draws, *shape))
        for row in range(len(Z)):
            columns = self._rows(Z, row)
            for code in range(len(self.options_)):
                cells = self.cells_[:, code]
                drawn[:, row, code] = self._standardised(draws.beta @ columns[code], [hazards[c] for c in cells])
                mode = np.array([self.beta_ @ columns[code]])
                point[row, code] = self._standardised(mode, [modes[c] for c in cells])[0]
        return EffectDraws(options=self.options_, times=times, point=point, draws=drawn)

    def _posterior(self, n_draws: int, seed: int) -> CoxDraws:
        """Draws of the coefficients and baselines; the last are kept, since many patients ask for the same."""
        key = (n_draws, seed)
        if key not in self._drawn:
            self._drawn = {key: self.fit_.draw(n_draws, np.random.default_rng(seed))}
        return self._drawn[key]

    def _standardised(self, linear: Floats, hazards: list[Floats]) -> Floats:
        """Survival averaged over strata, shape (n_draws, n_times)."""
        relative = np.exp(linear)[:, None]
        curves: Floats = np.zeros((linear.size, hazards[0].shape[1]))
        for share, hazard in zip(self.stratum_shares_, hazards, strict=True):
            curves = curves + share * np.exp(-relative * hazard)
        return curves

    def _summarise(self, compared: Compared, Z: Floats, time: Floats, event: NDArray[np.bool_]) -> pd.DataFrame:
        known = min(self.follow_up_.values())
        times = np.linspace(0.0, known if self.horizon is None else min(self.horizon, known), _POPULATION_TIMES)
        mean = mean_difference(lambda part: _restricted(self._sample(part, times, _POPULATION_DRAWS, self.seed)), Z)
        matrix, group = self.columns_.without_products(Z, compared.option)
        fit = fit_cox(matrix, time, event, group=group, stratum=compared.strata)
        n_effects = len(self.options_) - 1
        error = np.sqrt(np.diag(fit.covariance))[-n_effects:]
        measure = f"rmst_difference_{times[-1]:g}"
        return self._population("hazard_ratio", (fit.beta[-n_effects:], error), measure, mean)

    def state(self) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
        """JSON values and arrays from which ``from_state`` makes the same estimator."""
        values, arrays = self._shared_state()
        values |= {"horizon": self.horizon, "follow_up": self.follow_up_}
        values["fit"], fit_arrays = cox_state(self.fit_)
        return values, arrays | {"cells": self.cells_} | {f"fit.{name}": array for name, array in fit_arrays.items()}

    @classmethod
    def from_state(cls, values: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> Self:
        """Make a fitted estimator from what ``state`` gave; runs no code of the file."""
        names = ("reference", "randomised", "horizon", "min_events", "seed")
        made = cls(**{name: values[name] for name in names})._take_shared_state(values, arrays)
        made.cells_, made.follow_up_, made._drawn = arrays["cells"], dict(values["follow_up"]), {}
        made.fit_ = cox_from(values["fit"], under("fit.", arrays))
        return made


def _cut(y: pd.DataFrame, horizon: float | None) -> pd.DataFrame:
    if horizon is None:
        return y
    late = y["time"] > horizon
    return y.assign(time=y["time"].clip(upper=horizon), event=y["event"].astype(bool) & ~late)


def _last_events(compared: Compared, y: pd.DataFrame) -> dict[str, float]:
    """Return the time of the last event under each option, in follow-up that is not cut."""
    whole = y.loc[compared.y.index]
    dead = whole["event"].to_numpy(bool)
    time = whole["time"].to_numpy(float)
    return {name: float(time[dead & (compared.option == code)].max()) for code, name in enumerate(compared.options)}


def _restricted(sampled: EffectDraws) -> Floats:
    """Restricted means, shape (1 + n_draws, n_patients, n_options); the best estimate comes first."""
    curves = np.concatenate([sampled.point[None], sampled.draws])
    return np.asarray(np.trapezoid(curves, sampled.times, axis=-1))


def _own_baselines(compared: Compared, horizon: float | None) -> bool:
    """Say whether each option has enough events, and follow-up to the horizon, in each stratum."""
    time, event = compared.y["time"].to_numpy(float), compared.y["event"].to_numpy(bool)
    for stratum in range(len(compared.stratum_names)):
        for code in range(len(compared.options)):
            cell = (compared.strata == stratum) & (compared.option == code)
            if event[cell].sum() < _OWN_BASELINE or (horizon is not None and time[cell].max() < horizon):
                return False
    return True


def _cells(n_strata: int, n_options: int, *, own: bool) -> Ints:
    """Number of the baseline of each stratum (row) and option (column)."""
    if own:
        return np.arange(n_strata * n_options).reshape(n_strata, n_options)
    return np.repeat(np.arange(n_strata)[:, None], n_options, axis=1)
