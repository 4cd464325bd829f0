"""Multistate prognosis: the probability of each state over time, from one survival model per transition.

Effects of treatments are ``effects.strategies``.
Sources: Gerstung M et al. 2017, Nat Genet 49:332; Putter H, Fiocco M, Geskus RB 2007, Stat Med 26:2389.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import KW_ONLY, dataclass
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, clone
from sklearn.utils.validation import check_is_fitted

from genorx._core.disclosure import rounded_up
from genorx._core.feature_spec import FeatureSpec
from genorx._core.threads import single_threaded
from genorx.cohort.course import Course
from genorx.cohort.course.checked import check_course
from genorx.cohort.course.course import state_order
from genorx.errors import SupportError, UsageError, shown
from genorx.outcomes.choice import savable_class
from genorx.outcomes.encoding.completed import Completed, draws_over_unknown, mean_over_unknown
from genorx.outcomes.encoding.encoding import FeatureEncoder
from genorx.outcomes.frames import as_features, recall_features
from genorx.outcomes.multistate.entry_time import EntryTime, entry_cells
from genorx.outcomes.multistate.markov import (
    EntryEffect,
    finding_values,
    findings_from,
    markov_findings,
    rare_findings,
)
from genorx.outcomes.multistate.state_rows import Clock, Spells
from genorx.outcomes.multistate.transition_model import (
    RARE,
    CoxHazards,
    Hazards,
    ModelHazards,
    TransitionData,
    shared_scales,
)
from genorx.outcomes.shrinkage.covariance import variances
from genorx.outcomes.state_arrays import arrays_below, named_below
from genorx.outcomes.survival.cox_state import cox_from, cox_state
from genorx.outcomes.survival.elastic_net_cox import ElasticNetCox
from genorx.outcomes.survival.group_shrunk_cox import GroupShrunkCox
from genorx.outcomes.survival.survival_base import times_within
from genorx.outcomes.survival.survival_boosting import SurvivalBoosting
from genorx.outcomes.survival.survival_forest import SurvivalForest
from genorx.survival.multistate.flow import Move, flow

Floats = NDArray[np.float64]
_CLASSES = {cls.__name__: cls for cls in (ElasticNetCox, GroupShrunkCox, SurvivalForest, SurvivalBoosting)}
_STEPS = 80
_ROWS = 4000


@dataclass(eq=False, repr=False)
class MultistateModel(BaseEstimator):  # type: ignore[misc]
    """Multistate model: probability of each state, and survival, from one model per transition, by product integrals.

    Parameters
    ----------
    specs : sequence of FeatureSpec, optional
        Kind and group of each feature; inferred by default.
    model : SurvivalModel, optional
        Model that is cloned for each transition; by default a group-shrunk Cox model with late entry.  A model without
        late entry requires ``clock="reset"``, or states that all patients enter at time 0.
    clock : {"forward", "reset"}
        Time scale of the hazards: time since time zero, or time since the state was entered.
    history : bool
        Whether the time at which a state was entered is a covariate of leaving it (default model only).
    group_means, splines, rare, heavy_tails
        As in ``GroupShrunkCox``.
    seed : int
        Seed of the models.

    Attributes
    ----------
    states_ : tuple of str
        In an order in which each state comes after all that lead to it.
    transitions_ : tuple of (str, str)
        From and to of each transition.
    hazards_ : tuple
        Fitted hazards, one per transition.
    encoder_ : FeatureEncoder
        Encoding of the features.
    findings_ : tuple of Finding
        Rare transitions, whose shrinkage is estimated from all (``transition-rare``); hazards that depend on the time
        of entry (``not-markov``).
    end_ : float
        Last follow-up time, rounded up; predictions beyond it raise an error.

    Examples
    --------
    >>> from genorx.datasets import make_course_cohort
    >>> made = make_course_cohort(200, seed=3)
    >>> model = MultistateModel(made.specs).fit(made.features, made.course)
    >>> model.predict_states(made.features.head(2), [12, 24]).sum(axis=1).round(9).tolist()
    [[1.0, 1.0], [1.0, 1.0]]
    """

    specs: Iterable[FeatureSpec] | None = None
    _: KW_ONLY
    model: Any = None
    clock: Clock = "forward"
    history: bool = True
    group_means: bool = True
    splines: bool = False
    rare: int = 5
    heavy_tails: bool = False
    seed: int = 0

    @single_threaded
    def fit(self, X: Any, course: Course) -> Self:
        """Fit to the course of patients; those who are not in ``X`` are excluded.

        Raises
        ------
        UsageError
            If the clock is unknown, the course is not valid (``cohort.course.checked``), or ``model`` would have to
            support late entry (``model-late-entry``).
        SupportError
            If a transition was not observed (``transition-without-events``).
        """
        if self.clock not in ("forward", "reset"):
            raise UsageError(f"clock is {shown(self.clock)}: forward or reset")
        check_course(course)
        frame = as_features(self, X, reset=True)
        patients = frame.index.intersection(course.patients, sort=False).sort_values()
        frame, course = frame.loc[patients, sorted(frame.columns)], course.only(patients)
        known = None if self.specs is None else [spec for spec in self.specs if spec.name in frame.columns]
        self.encoder_ = FeatureEncoder(known, rare=self.rare, splines=self.splines).fit(frame)
        self.states_, self.start_ = state_order(course.states, course.transitions), course.start
        self.alive_, self.end_ = course.alive, rounded_up(float(course.followed.max()))
        counts = course.counts()
        check_events(counts)
        Z = self.encoder_.transform(frame)
        spells = [Spells.of(course, state, frame.index) for state in self.states_ if state not in course.absorbing]
        self.transitions_ = tuple((one.state, target) for one in spells for target in one.targets)
        self.hazards_ = tuple(self._fit(spells, frame, Z))
        shared = self.model is None
        self.findings_ = (*rare_findings(counts, RARE, shared=shared), *markov_findings(self._entry_effects()))
        return self

    def _fit(self, spells: list[Spells], frame: pd.DataFrame, Z: Floats) -> list[Hazards]:
        if self.model is not None:
            return [self._fit_model(one, cause, frame) for one in spells for cause in range(1, len(one.targets) + 1)]
        data = [TransitionData.make(one, Z, self.clock, history=self.history) for one in spells]
        group, options = (
            self.encoder_.group_index_,
            {
                "group_means": self.group_means,
                "heavy_tails": self.heavy_tails,
            },
        )
        few = any(events < RARE for one in spells for events in one.events())
        scales = shared_scales(data, group, options) if few else None
        return [
            one.fit(cause, group, scales if events < RARE else None, options)
            for one in data
            for cause, events in enumerate(one.spells.events().tolist(), start=1)
        ]

    def _fit_model(self, spells: Spells, cause: int, frame: pd.DataFrame) -> ModelHazards:
        if self.clock == "forward" and spells.entry.any():
            raise UsageError(
                f"patients enter {shown(spells.state)} after time 0, and the given model does not support late entry",
                hint='set clock="reset", or leave the model out',
                code="model-late-entry",
            )
        X = frame.iloc[spells.patient]
        y = pd.DataFrame({"time": spells.exit - spells.entry, "event": spells.cause == cause}, index=X.index)
        model = clone(self.model)
        own = model.get_params(deep=False)
        stated = {"seed": self.seed} | ({} if self.specs is None else {"specs": self.specs})
        return ModelHazards(model=model.set_params(**{k: v for k, v in stated.items() if k in own}).fit(X, y))

    def _entry_effects(self) -> list[EntryEffect]:
        return [
            (pair, float(one.fit.beta[-1]), float(np.sqrt(variances(one.fit.covariance)[-1])))
            for pair, one in zip(self.transitions_, self.hazards_, strict=True)
            if isinstance(one, CoxHazards) and one.entry is not None
        ]

    @single_threaded
    @mean_over_unknown
    def predict_states(self, X: Any, times: ArrayLike) -> Floats:
        """Probability of each state, shape (n_patients, n_states, n_times).

        Raises
        ------
        HorizonError
            If a time exceeds the last follow-up.
        """
        requested, frame = self._checked(times), as_features(self, X)
        parts = []
        for begin in range(0, len(frame), _ROWS):
            part = frame.iloc[begin : begin + _ROWS]
            Z, at = self.encoder_.transform(part), self._at(requested)
            hazards = [one.point(part, Z, at) for one in self.hazards_]
            slopes = [one.entry_slopes(0, [self.seed]) for one in self.hazards_]
            rows = np.zeros(len(part), dtype=np.int64)
            parts.append(self._states(hazards, slopes, rows, requested))
        return np.concatenate(parts)

    @single_threaded
    @draws_over_unknown
    def sample_states(self, X: Any, times: ArrayLike, *, n_draws: int = 200, seed: int = 0) -> Floats:
        """Draws of the probability of each state, shape (n_draws, n_patients, n_states, n_times).

        Raises
        ------
        HorizonError
            If a time exceeds the last follow-up.
        """
        requested, frame = self._checked(times), as_features(self, X)
        found = np.empty((n_draws, len(frame), len(self.states_), requested.size))
        many = max(1, _ROWS // n_draws)
        for begin in range(0, len(frame), many):
            part = frame.iloc[begin : begin + many]
            Z, at = self.encoder_.transform(part), self._at(requested)
            keys = [[seed, place] for place in range(len(self.hazards_))]
            hazards = [
                one.draws(part, Z, at, n_draws, key).reshape(-1, at.size)
                for one, key in zip(self.hazards_, keys, strict=True)
            ]
            slopes = [one.entry_slopes(n_draws, key) for one, key in zip(self.hazards_, keys, strict=True)]
            rows = np.repeat(np.arange(1, n_draws + 1), len(part))
            states = self._states(hazards, slopes, rows, requested)
            found[:, begin : begin + many] = states.reshape(n_draws, len(part), *states.shape[1:])
        return found

    def predict_survival(self, X: Any, times: ArrayLike) -> Floats:
        """Probability of being alive, shape (n_patients, n_times)."""
        return np.asarray(self.predict_states(X, times)[:, self._alive()].sum(axis=1))

    def sample_survival(self, X: Any, times: ArrayLike, *, n_draws: int = 200, seed: int = 0) -> Floats:
        """Draws of the probability of being alive, shape (n_draws, n_patients, n_times)."""
        drawn = self.sample_states(X, times, n_draws=n_draws, seed=seed)
        return np.asarray(drawn[:, :, self._alive()].sum(axis=2))

    def predict_risk(self, X: Any) -> Floats:
        """Mean time lost to death up to the last follow-up, shape (n_patients,)."""
        times = np.linspace(0.0, self.end_, _STEPS + 1)
        return np.asarray(self.end_ - np.trapezoid(self.predict_survival(X, times), times, axis=1))

    def _alive(self) -> list[int]:
        return [self.states_.index(state) for state in self.alive_]

    def _checked(self, times: ArrayLike) -> Floats:
        check_is_fitted(self, "hazards_")
        return times_within(times, self.end_)

    def _complete(self, X: pd.DataFrame) -> Completed:
        return self.encoder_.complete(X)

    def _grid(self, times: Floats) -> Floats:
        return np.linspace(0.0, max(float(times.max()), 1e-9), _STEPS + 1)

    def _at(self, times: Floats) -> Floats:
        """Return the times at which hazards are evaluated: steps, or half steps of the time since entry."""
        grid = self._grid(times)
        return np.linspace(0.0, grid[-1], 2 * _STEPS + 1) if self.clock == "reset" else grid

    def _states(self, hazards: list[Floats], slopes: list[Floats | None], rows: Any, times: Floats) -> Floats:
        """Return the probability of each state, shape (n_rows, n_states, n_times); ``rows``: draw of each row."""
        grid = self._grid(times)
        cells, means = entry_cells(grid)
        moves = []
        for (origin, target), level, slope, one in zip(self.transitions_, hazards, slopes, self.hazards_, strict=True):
            entry: EntryTime | None = getattr(one, "entry", None)
            factor = None
            if slope is not None and entry is not None:
                factor = np.exp(np.outer(entry.column(means), slope))[:, rows]
            moves.append(
                Move(
                    source=self.states_.index(origin),
                    target=self.states_.index(target),
                    by_time=np.ascontiguousarray(np.diff(level, axis=1).T) if self.clock == "forward" else None,
                    by_age=np.ascontiguousarray(level.T) if self.clock == "reset" else None,
                    by_entry=factor,
                )
            )
        found = flow(
            moves,
            n_states=len(self.states_),
            n_rows=len(hazards[0]),
            n_steps=_STEPS,
            start=self.states_.index(self.start_),
            cells=cells,
        )
        place = np.clip(np.searchsorted(grid, times, side="right") - 1, 0, _STEPS - 1)
        share = ((times - grid[place]) / (grid[place + 1] - grid[place]))[:, None, None]
        return np.asarray(((1 - share) * found[place] + share * found[place + 1]).transpose(2, 1, 0))

    def coefficients(self) -> pd.DataFrame:
        """Each transition's log hazard ratio of each encoded column, with standard error; of the default model."""
        check_is_fitted(self, "hazards_")
        frames = []
        names = [column.name for column in self.encoder_.columns_]
        for (origin, target), one in zip(self.transitions_, self.hazards_, strict=True):
            if isinstance(one, CoxHazards):
                labels = names if one.entry is None else [*names, "time of entry"]
                numbers = {"log_hazard_ratio": one.fit.beta, "std_error": one.fit.std_error}
                frames.append(pd.DataFrame({"from": origin, "to": target, "column": labels} | numbers))
        columns = ["from", "to", "column", "log_hazard_ratio", "std_error"]
        return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=columns)

    def state(self) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
        """JSON values and arrays from which ``from_state`` restores the model.

        Raises
        ------
        UsageError
            If the survival model is not one of genorx's own.
        """
        check_is_fitted(self, "hazards_")
        skipped = ("specs", "model")
        params = {name: value for name, value in self.get_params(deep=False).items() if name not in skipped}
        values: dict[str, Any] = {
            "params": params,
            "class": None if self.model is None else savable_class(self.model, _CLASSES),
            "encoder": self.encoder_.state(),
            "states": list(self.states_),
            "start": self.start_,
            "alive": list(self.alive_),
            "transitions": [list(pair) for pair in self.transitions_],
            "findings": finding_values(self.findings_),
            "end": self.end_,
            "hazards": [],
        }
        arrays: dict[str, NDArray[Any]] = {}
        for place, one in enumerate(self.hazards_):
            own, own_arrays = _hazard_state(one)
            values["hazards"].append(own)
            arrays |= named_below(f"hazards.{place}", own_arrays)
        return values, arrays

    @classmethod
    def from_state(cls, values: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> Self:
        """Restore a fitted model from ``state``; runs no code of the file."""
        kind = None if values["class"] is None else _CLASSES[values["class"]]
        made = cls(model=None if kind is None else kind(), **values["params"])
        made.encoder_ = FeatureEncoder.from_state(values["encoder"])
        recall_features(made, list(made.encoder_.feature_names_in_))
        made.states_, made.start_ = tuple(values["states"]), values["start"]
        made.alive_, made.end_ = tuple(values["alive"]), float(values["end"])
        made.transitions_ = tuple((origin, target) for origin, target in values["transitions"])
        made.findings_ = findings_from(values["findings"])
        made.hazards_ = tuple(
            _hazard_from(own, arrays_below(f"hazards.{place}", arrays), kind)
            for place, own in enumerate(values["hazards"])
        )
        return made


def check_events(counts: pd.DataFrame) -> None:
    """Raise an error for an unobserved transition (``SupportError``, ``transition-without-events``)."""
    for row in counts[counts["events"] == 0].to_dict(orient="records"):
        raise SupportError(
            f"no patient went from {shown(row['from'])} to {shown(row['to'])}",
            hint="leave the transition out, or merge states",
            code="transition-without-events",
        )


def _hazard_state(one: Hazards) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    if isinstance(one, CoxHazards):
        values, arrays = cox_state(one.fit)
        entry = None if one.entry is None else [one.entry.scale, one.entry.centre, one.entry.spread]
        return values | {"entry": entry}, arrays
    model: Any = getattr(one, "model")  # noqa: B009
    found: tuple[dict[str, Any], dict[str, NDArray[Any]]] = model.state()
    return found


def _hazard_from(values: dict[str, Any], arrays: dict[str, NDArray[Any]], kind: Any) -> Hazards:
    if kind is not None:
        return ModelHazards(model=kind.from_state(values, arrays))
    entry = values["entry"]
    entry_time = None if entry is None else EntryTime(scale=entry[0], centre=entry[1], spread=entry[2])
    return CoxHazards(fit=cox_from(values, arrays), entry=entry_time)
