"""Adapter of ``effects.StrategyEffect`` that presents strategies over time as ranked options.

A feature affects several transitions.  Its effect on the result is the sum over transitions of its size on the log
hazard, each weighted by the effect of that hazard on the time alive: the fall of the restricted mean for a small rise
of the hazard, in the cohort's own probabilities of states, relative to the fall for an equal rise of all hazards of
death.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from genorx.cohort.course import Course, StrategyDesign
from genorx.effects import StrategyEffect
from genorx.effects.intervals import Interval
from genorx.effects.protocol import EffectDraws
from genorx.errors import Finding
from genorx.outcomes.state_arrays import arrays_below, named_below
from genorx.survival import state_occupation, transition_hazards

Floats = NDArray[np.float64]
Pair = tuple[str, str]
_RISE = 0.05  # rise of a log hazard by which the change of the restricted mean is computed


@dataclass(frozen=True, kw_only=True)
class StrategyOptions:
    """A fitted ``StrategyEffect`` with the interface of an ``EffectEstimator``.

    Attributes
    ----------
    effect : StrategyEffect
    states : tuple of str
        In the order of the study.
    weights : mapping of (from, to) to float
        Effect of a rise of the log hazard of a transition, relative to that of all hazards of death.
    centre : array of shape (n_encoded,)
        Mean of the encoded features.
    """

    effect: StrategyEffect
    states: tuple[str, ...]
    weights: dict[Pair, float]
    centre: Floats

    @classmethod
    def fitted(cls, effect: StrategyEffect, X: pd.DataFrame, course: Course, design: StrategyDesign) -> Self:
        """Fit an estimator of strategies to the course of the patients of ``X``.

        Raises
        ------
        UsageError, HorizonError, SupportError
            As ``StrategyEffect.fit``.
        """
        effect.fit(X, course, design)
        encoded = np.asarray(effect.encoder_.transform(X.loc[X.index.intersection(course.patients, sort=False)]))
        weights = transition_weights(course, effect.horizon_)
        return cls(effect=effect, states=course.states, weights=weights, centre=encoded.mean(axis=0))

    @property
    def options_(self) -> tuple[str, ...]:
        """Names of the strategies, the reference first."""
        return self.effect.options_

    @property
    def findings_(self) -> tuple[Finding, ...]:
        """Findings on the fit."""
        return tuple(self.effect.findings_)

    @property
    def averages_(self) -> dict[str, Interval]:
        """Mean difference of each strategy from the reference."""
        return dict(self.effect.averages_)

    def fit(self, *_: Any, **__: Any) -> Self:
        """Return itself: it is fitted by ``fitted``."""
        return self

    def sample(self, X: pd.DataFrame, times: Floats | None = None, *, n_draws: int = 400, seed: int = 0) -> EffectDraws:
        """Draw survival and states under each strategy; at most as many draws as the estimator has."""
        size = min(n_draws, self.effect.n_draws)
        requested = None if times is None else times.tolist()
        drawn = self.effect.sample(X, requested, n_draws=size, seed=seed)
        parts, survival = drawn.occupation, drawn.survival
        if drawn.states != self.states:
            parts = parts[..., [drawn.states.index(state) for state in self.states], :]
        return EffectDraws(
            options=drawn.strategies,
            times=drawn.times,
            point=survival[0],
            draws=survival[1:],
            parts=parts[0],
            part_draws=parts[1:],
        )

    def support(self, X: pd.DataFrame) -> pd.DataFrame:
        """One row per patient and strategy, as in an ``EffectEstimator``."""
        return self.effect.support(X)

    def population_effect(self) -> pd.DataFrame:
        """Mean difference of each strategy from the reference, in the restricted mean."""
        return self.effect.population_effect()

    def drivers(self, X: pd.DataFrame) -> pd.DataFrame:
        """Drivers of each patient's time alive under each strategy, by feature.

        Columns ``patient_id``, ``option``, ``feature``, ``prognosis`` (without the treatment) and ``effect`` (added by
        the treatment that the strategy begins): log hazards, weighted over the transitions; above 0 is worse.
        """
        centred = np.asarray(self.effect.encoder_.transform(X)) - self.centre
        columns = self.effect.encoder_.columns_
        features = list(dict.fromkeys(column.source for column in columns))
        member = np.array([[column.source == feature for column in columns] for feature in features], dtype=float)
        prognosis = (centred * self._slopes(None)) @ member.T
        frames = []
        for strategy in self.effect.strategies_:
            added = np.zeros_like(prognosis)
            if not strategy.never:
                added = (centred * self._slopes((str(strategy.state), str(strategy.treatment)))) @ member.T
            frames.append(
                pd.DataFrame(
                    {
                        "patient_id": np.repeat(X.index.to_numpy(dtype=object), len(features)),
                        "option": strategy.name,
                        "feature": np.tile(np.array(features, dtype=object), len(X)),
                        "prognosis": prognosis.ravel(),
                        "effect": added.ravel(),
                    }
                )
            )
        return pd.concat(frames, ignore_index=True)

    def _slopes(self, begun: tuple[str, str] | None) -> Floats:
        """Return the weighted log hazard per unit of each encoded feature, and the addition of a treatment begun."""
        total = np.zeros(len(self.centre))
        for model in self.effect.models_:
            for target, fit in zip(model.targets, model.fits, strict=True):
                weight, beta = self.weights[model.state, target], np.atleast_2d(fit.beta)
                own = self._coefficients(model, beta, 0)
                if begun is None:
                    total += weight * own
                elif begun[0] == model.state and begun[1] in model.here:
                    total += weight * (self._coefficients(model, beta, model.here.index(begun[1]) + 1) - own)
        return total

    def _coefficients(self, model: Any, beta: Floats, treated: int) -> Floats:
        found: Floats = model.columns.coefficients(beta, len(self.centre), treated=treated, earlier=None)[0, :-1]
        return found

    def state(self) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
        """JSON values and arrays for ``from_state``."""
        values, arrays = self.effect.state()
        weights = [[origin, target, weight] for (origin, target), weight in self.weights.items()]
        own = {"effect": values, "states": list(self.states), "weights": weights}
        return own, named_below("effect", arrays) | {"centre": self.centre}

    @classmethod
    def from_state(cls, values: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> Self:
        """Restore the adapter from ``state``; runs no code of the file."""
        return cls(
            effect=StrategyEffect.from_state(values["effect"], arrays_below("effect", arrays)),
            states=tuple(values["states"]),
            weights={(origin, target): float(weight) for origin, target, weight in values["weights"]},
            centre=arrays["centre"],
        )


def transition_weights(course: Course, horizon: float) -> dict[Pair, float]:
    """Return the decrease of the restricted mean per increase of each transition's log hazard.

    Relative to the decrease for an equal rise of all transitions from an alive state to death; below 0 if a transition,
    such as that into remission, adds time.
    """
    places = {state: place for place, state in enumerate(course.states)}
    pairs = [(places[origin], places[target]) for origin, target in course.transitions]
    spells = course.spells
    hazards = transition_hazards(
        spells["state"].map(places).to_numpy(dtype=int),
        spells["entry"].to_numpy(dtype=float),
        spells["exit"].to_numpy(dtype=float),
        spells["next"].map(places).fillna(-1).to_numpy(dtype=int),
        transitions=pairs,
    )
    into_death = np.array([target not in course.alive for _, target in course.transitions])
    rises = np.vstack([np.zeros(len(pairs)), np.eye(len(pairs)), into_death])
    increments = hazards.increments * np.exp(_RISE * rises)[:, :, None]
    left = np.array([[float(one[0] == other[0]) for other in pairs] for one in pairs])
    # raised hazards may not sum to more than 1: no more than all patients leave a state
    most = np.maximum(np.einsum("kj,rjt->rkt", left, increments), 1.0)
    raised = type(hazards)(times=hazards.times, increments=increments / most, at_risk=hazards.at_risk, end=hazards.end)
    occupied = state_occupation(raised, transitions=pairs, n_states=len(course.states), start=places[course.start])
    alive = [places[state] for state in course.alive]
    means = _area(occupied.times, occupied.probability[:, alive].sum(axis=1), horizon)
    falls = means[0] - means[1:]
    return {pair: float(fall / falls[-1]) for pair, fall in zip(course.transitions, falls, strict=False)}


def _area(times: Floats, curves: Floats, horizon: float) -> Floats:
    """Return the area under step curves up to the horizon."""
    cut = np.minimum(times, horizon)
    widths = np.diff(np.append(cut, horizon))
    return np.asarray((curves * widths).sum(axis=-1))
