"""Outcomes of a patient under each strategy over time, and differences between strategies.

One group-shrunk Cox model per transition, with treatments as time-dependent covariates, adjusted for indication; state
probabilities by product integrals.  The clone and landmark analyses that check it are ``strategies.checks``.
Sources: Gerstung M et al. 2017, Nat Genet 49:332 (states, one shrunk model per transition); Putter H et al. 2007, Stat
Med 26:2389; Hernan MA, Robins JM 2020, Causal Inference: What If, chapters 19 to 21.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pandas.api.types import is_numeric_dtype
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from genorx._core.disclosure import rounded_up
from genorx._core.feature_spec import FeatureSpec
from genorx._core.threads import single_threaded
from genorx.cohort.course import Course, Strategy, StrategyDesign
from genorx.cohort.course.checked import check_course, check_strategies
from genorx.cohort.course.course import state_order
from genorx.effects.adjusted.treatment_table import RestrictedDraws, treatment_table
from genorx.effects.decision import Choosing
from genorx.effects.differences import differences_from, limits_of_differences
from genorx.effects.intervals import Interval
from genorx.effects.overlap.nearby import FEWEST_ALIKE
from genorx.effects.strategies.fitted_state import fitted_from, fitted_state
from genorx.effects.strategies.state_fits import StateFits
from genorx.effects.strategies.strategy_draws import StrategyDraws
from genorx.effects.strategies.strategy_sampler import StrategySampler
from genorx.errors import HorizonError, UsageError, shown
from genorx.outcomes.encoding.encoding import FeatureEncoder
from genorx.outcomes.frames import as_features, recall_features
from genorx.outcomes.multistate.markov import (
    EntryEffect,
    finding_values,
    findings_from,
    markov_findings,
    rare_findings,
)
from genorx.outcomes.multistate.multistate_model import check_events
from genorx.outcomes.multistate.state_rows import Clock

Floats = NDArray[np.float64]
_MANY_CURVES = 60  # from this number of numeric features on there are no spline terms
_DIGITS = 10  # decimals of encoded features: the last bits of matrix products depend on the other patients
_POPULATION, _POPULATION_DRAWS = 200, 100  # patients, and draws, of the average difference
_LEARNT = ("states_", "start_", "alive_", "unit_", "end_", "horizon_", "horizons_")
_FEW = 50  # events below which a transition is reported as rare


@dataclass(eq=False, repr=False, kw_only=True)
class StrategyEffect(BaseEstimator):  # type: ignore[misc]
    """Estimate state probabilities and restricted means under each strategy; abstain without support.

    Parameters
    ----------
    horizon : float, optional
        Time up to which restricted means are computed; by default the last horizon of the course, or else the last
        follow-up.
    clock : {"forward", "reset"}
        Time scale of the hazards: time since time zero, or time since the state was entered.
    history : bool
        Whether the time at which a state was entered is a covariate of leaving it.
    specs : sequence of FeatureSpec, optional
        Kinds and shrinkage groups of the features; inferred by default.
    interactions : sequence of str, optional
        Features whose effect may differ with treatment; all by default.
    min_events, min_alike : int, float
        Number of transitions among patients who began a treatment in a state (and among those who did not), and
        effective number of similar patients, below which there is no estimate.
    min_difference : float
        Smallest relevant difference of restricted means, in the unit of time.
    n_draws, seed : int
        Number of posterior draws for intervals, and their seed.

    Attributes
    ----------
    strategies_ : tuple of Strategy
        The reference first.
    options_ : tuple of str
        Names of the strategies.
    states_ : tuple of str
        In an order in which each state comes after all that lead to it.
    models_ : tuple of StateModel
        One per transient state.
    waits_ : dict of strategy to Waits
        Waiting times from entry into the state to the start of treatment.
    counts_ : DataFrame
        As ``Course.counts``.
    findings_ : tuple of Finding
        Rare transitions (``transition-rare``) and hazards that depend on the time of entry (``not-markov``).
    """

    horizon: float | None = None
    clock: Clock = "forward"
    history: bool = True
    specs: Iterable[FeatureSpec] | None = None
    interactions: Sequence[str] | None = None
    min_events: int = 20
    min_alike: float = FEWEST_ALIKE
    min_difference: float = 0.0
    n_draws: int = 200
    seed: int = 0

    @single_threaded
    def fit(self, X: pd.DataFrame, course: Course, design: StrategyDesign) -> Self:
        """Fit to the course of patients through states.

        Parameters
        ----------
        X : DataFrame, index of patients
            Features known at time zero.
        course : Course
            Patients who are not in ``X`` are left out.
        design : StrategyDesign
            Strategies, and the treatments of the patients.

        Raises
        ------
        UsageError
            If the clock is unknown, or the course or the strategies are not valid (``cohort.course.checked``).
        HorizonError
            If the horizon lies beyond the last follow-up.
        SupportError
            If a transition was not observed (``transition-without-events``).
        """
        check_course(course)
        check_strategies(design, course)
        frame = as_features(self, X, reset=True)
        patients = frame.index.intersection(course.patients, sort=False).sort_values()
        frame, course = frame.loc[patients, sorted(frame.columns)], course.only(patients)
        self._take_names(course, design)
        specs = None if self.specs is None else [spec for spec in self.specs if spec.name in frame.columns]
        numeric = sum(is_numeric_dtype(frame[name]) for name in frame)
        self.encoder_ = FeatureEncoder(specs, splines=numeric <= _MANY_CURVES).fit(frame)
        Z = self._transform(frame)
        self.counts_ = course.counts()
        check_events(self.counts_)
        fitted = StateFits(
            course=course,
            design=design,
            strategies=self.strategies_,
            states=self.states_,
            clock=self.clock,
            history=self.history,
            interactions=self.interactions,
            min_events=self.min_events,
            min_alike=self.min_alike,
            seed=self.seed,
        ).fit(frame, Z, self.encoder_)
        self.models_, self.waits_, self.support_ = fitted
        self.findings_ = (*rare_findings(self.counts_, _FEW, shared=False), *markov_findings(self._entry_effects()))
        self._drawing: StrategySampler | None = None
        self._averages: dict[str, Interval] | None = None
        self._averaged = frame.iloc[np.unique(np.linspace(0, len(frame) - 1, _POPULATION).astype(int))]
        return self

    def _take_names(self, course: Course, design: StrategyDesign) -> None:
        if self.clock not in ("forward", "reset"):
            raise UsageError(f"clock is {shown(self.clock)}: forward or reset")
        first = [each for each in design.strategies if each.name == design.reference]
        self.strategies_ = (*first, *(each for each in design.strategies if each.name != design.reference))
        self.options_ = tuple(each.name for each in self.strategies_)
        self.states_, self.start_ = state_order(course.states, course.transitions), course.start
        self.alive_, self.unit_ = course.alive, course.unit
        self.end_ = rounded_up(float(course.followed.max()))
        self.horizon_ = float(self.horizon or (course.horizons[-1] if course.horizons else self.end_))
        self.horizons_ = tuple(float(time) for time in course.horizons) or (self.horizon_,)
        if max(self.horizon_, *self.horizons_) > self.end_:
            raise HorizonError(f"horizon {max(self.horizon_, *self.horizons_):g} exceeds the follow-up, {self.end_:g}")

    def _entry_effects(self) -> list[EntryEffect]:
        return [
            ((model.state, target), float(fit.beta[-1]), float(fit.std_error[-1]))
            for model in self.models_
            if model.columns.entry is not None
            for target, fit in zip(model.targets, model.fits, strict=True)
        ]

    @single_threaded
    def sample(
        self,
        X: Any,
        times: Sequence[float] | None = None,
        *,
        state: str | None = None,
        entered: float = 0.0,
        n_draws: int | None = None,
        seed: int | None = None,
        strategies: Sequence[Strategy] | None = None,
    ) -> StrategyDraws:
        """Draw the states under each strategy.

        Parameters
        ----------
        X : DataFrame
            Features of the patients.
        times : sequence of float, optional
            Ascending times; the horizons by default.
        state : str, optional
            State that the patients are entering now; the start of the course by default.
        entered : float
            Time since time zero at which they enter it; ``times`` and the horizon are counted from then on.
        n_draws, seed : int, optional
            Those of the estimator by default.
        strategies : sequence of Strategy, optional
            Strategies in place of those of the fit, with the same names, such as one of them with another share.

        Raises
        ------
        HorizonError
            If a time exceeds the last follow-up.
        UsageError
            If a strategy has a name that is not in the fit, or the state is unknown or absorbing.
        """
        requested = self.strategies_ if strategies is None else tuple(strategies)
        unknown = [each.name for each in requested if each.name not in self.options_]
        if unknown:
            raise UsageError(f"no strategy {shown(unknown[0])}", hint=f"strategies: {', '.join(self.options_)}")
        frame = self._frame(X)
        completed = self.encoder_.complete(frame)
        return self._sampler().draw(
            self._transform(completed.frame),
            completed,
            self.horizons_ if times is None else times,
            requested,
            state=self._first(state),
            entered=entered,
            n_draws=self.n_draws if n_draws is None else n_draws,
            seed=self.seed if seed is None else seed,
        )

    def _sampler(self) -> StrategySampler:
        if self._drawing is None:
            self._drawing = StrategySampler(
                models=self.models_,
                waits=self.waits_,
                states=self.states_,
                alive=self.alive_,
                clock=self.clock,
                horizon=self.horizon_,
                longest=max(self.horizon_, *self.horizons_),
                end=self.end_,
            )
        return self._drawing

    def _first(self, state: str | None) -> str:
        first = self.start_ if state is None else state
        if first not in [model.state for model in self.models_]:
            raise UsageError(f"no state {shown(first)} that patients leave", hint=f"states: {', '.join(self.states_)}")
        return first

    def support(self, X: Any, *, state: str | None = None) -> pd.DataFrame:
        """One row per patient and strategy: how many similar patients followed it, and which feature lies outside.

        Columns ``patient_id``, ``option`` (the strategy), ``effective_n``, ``patients`` (who began in time),
        ``propensity``, ``inside``, ``outside_feature``, ``reason``: those of the decision with the least support.
        """
        frame = self._frame(X)
        completed = self.encoder_.complete(frame)
        Z = completed.mean(self._transform(completed.frame))
        first = self._first(state)
        over = self.states_[: self.states_.index(first)]
        return self.support_.frame(frame, Z, self.encoder_.scaled(frame), first, over)

    def predict(self, X: Any, *, state: str | None = None, entered: float = 0.0) -> pd.DataFrame:
        """Restricted mean time alive under each strategy; missing where a patient is not covered."""
        frame = self._frame(X)
        drawn = self.sample(frame, state=state, entered=entered)
        inside = self._inside(frame, state)
        return pd.DataFrame(np.where(inside, drawn.restricted[0], np.nan), index=frame.index, columns=self.options_)

    def effect(self, X: Any, *, state: str | None = None, entered: float = 0.0) -> pd.DataFrame:
        """Difference of each strategy from the reference; missing where not covered."""
        return differences_from(self.predict(X, state=state, entered=entered))

    def effect_interval(
        self, X: Any, *, state: str | None = None, entered: float = 0.0
    ) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Lower and upper 95 % limits of ``effect``."""
        frame = self._frame(X)
        means = self.sample(frame, state=state, entered=entered).restricted
        return limits_of_differences(means, self._inside(frame, state), frame.index, self.options_)

    def _inside(self, frame: pd.DataFrame, state: str | None) -> NDArray[np.bool_]:
        return self.support(frame, state=state)["inside"].to_numpy(bool).reshape(len(frame), len(self.options_))

    def rank(self, X: Any, *, state: str | None = None, entered: float = 0.0) -> pd.DataFrame:
        """Strategies of each patient with estimates, intervals, rank, advice and reason: as ``SurvivalEffect.rank``."""
        frame = self._frame(X)
        drawn = self.sample(frame, [self.horizon_], state=state, entered=entered)
        restricted = RestrictedDraws(
            patients=tuple(str(name) for name in frame.index),
            options=self.options_,
            means=drawn.restricted,
            survival=drawn.survival[0, :, :, 0],
        )
        return treatment_table(
            restricted,
            self.support(frame, state=state),
            {},
            basis="adjusted, observational",
            choosing=self.choosing(),
            min_difference=self.min_difference,
        )

    def choosing(self) -> Choosing:
        """Return the average differences, without an evaluation of choosing by patient."""
        return Choosing(averages=dict(self.averages_), reference=self.options_[0])

    def population_effect(self) -> pd.DataFrame:
        """Mean difference of restricted means of each strategy against the reference, with 95 % intervals.

        Over patients of the fit (at most 200, evenly selected) who are covered by both; without such a patient there is
        no row.
        """
        head = (self.options_[0], f"rmst_difference_{self.horizon_:g}")
        rows = [(name, *head, one.estimate, one.lower, one.upper) for name, one in self.averages_.items()]
        return pd.DataFrame(rows, columns=["option", "reference", "measure", "estimate", "lower", "upper"])

    @property
    def averages_(self) -> dict[str, Interval]:
        """Mean difference of each compared strategy, over those covered; drawn on first use."""
        check_is_fitted(self, "models_")
        if self._averages is None:
            drawn = self.sample(self._averaged, [self.horizon_], n_draws=_POPULATION_DRAWS)
            self._averages = drawn.mean_differences(self._inside(self._averaged, None))
        return self._averages

    def coefficients(self) -> pd.DataFrame:
        """Log hazard ratios of each transition by encoded column, treatments and history."""
        check_is_fitted(self, "models_")
        frames = []
        for model in self.models_:
            names, features = model.column_names(self.encoder_.columns_)
            for target, fit in zip(model.targets, model.fits, strict=True):
                fields = {"from": model.state, "to": target, "column": names, "feature": features}
                frames.append(pd.DataFrame(fields | {"log_hazard_ratio": fit.beta, "std_error": fit.std_error}))
        return pd.concat(frames, ignore_index=True)

    def _frame(self, X: Any) -> pd.DataFrame:
        check_is_fitted(self, "models_")
        return as_features(self, X)

    def _transform(self, X: pd.DataFrame) -> Floats:
        return np.asarray(np.round(self.encoder_.transform(X), _DIGITS))

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.target_tags.required = True
        return tags

    def state(self) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
        """JSON values and arrays from which ``from_state`` restores the estimator."""
        check_is_fitted(self, "models_")
        params = {name: value for name, value in self.get_params(deep=False).items() if name != "specs"}
        params["interactions"] = None if self.interactions is None else list(self.interactions)
        values, arrays = fitted_state(self.models_, self.waits_, self.support_)
        values |= {
            "params": params,
            "encoder": self.encoder_.state(),
            "counts": self.counts_.to_dict(orient="list"),
            "findings": finding_values(self.findings_),
            "averages": {name: [one.estimate, one.lower, one.upper] for name, one in self.averages_.items()},
            "learnt": {name: _plain(getattr(self, name)) for name in _LEARNT},
        }
        return values, arrays

    @classmethod
    def from_state(cls, values: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> Self:
        """Restore a fitted estimator from ``state``; runs no code of the file."""
        made = cls(**values["params"])
        for name, value in values["learnt"].items():
            setattr(made, name, tuple(value) if isinstance(value, list) else value)
        made.models_, made.waits_, made.support_ = fitted_from(values, arrays)
        made.strategies_ = made.support_.strategies
        made.options_ = tuple(each.name for each in made.strategies_)
        made.encoder_ = FeatureEncoder.from_state(values["encoder"])
        recall_features(made, list(made.encoder_.feature_names_in_))
        made.counts_ = pd.DataFrame(values["counts"])
        made.findings_ = findings_from(values["findings"])
        made._averages = {
            name: Interval(estimate=one[0], lower=one[1], upper=one[2]) for name, one in values["averages"].items()
        }
        made._drawing = None
        return made


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value
