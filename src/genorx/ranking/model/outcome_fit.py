"""One outcome of the study, the model fitted to it, and the times at which it answers.

A model of effects answers for each option; a prognosis for the one option ``as_treated``, whatever treatment the
patients of the cohort had.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from genorx.cohort.kinds import DATA_KINDS, OutcomeKind
from genorx.cohort.outcome import Outcome
from genorx.effects.protocol import EffectDraws, EffectEstimator
from genorx.errors import SupportError, UsageError, shown
from genorx.outcomes.grades.graded_model import reached
from genorx.outcomes.protocol import BinaryModel, CompetingModel, OrdinalModel, SurvivalModel, ValueModel
from genorx.ranking.answer.own_values import OwnValues

Floats = NDArray[np.float64]

#: The option of a prognosis without treatment design.
AS_TREATED = "as_treated"
_HEADER = ("name", "kind", "unit", "better", "role", "causes", "cause", "levels", "at_least")
_GRID = 101  # times of a curve, from 0 to the last one reported


@dataclass(frozen=True, kw_only=True)
class OutcomeFit:
    """A fitted outcome.

    Attributes
    ----------
    name, kind, unit, better, role
        As in ``cohort.Outcome``.
    horizons : tuple of float
        Times at which a time to an event is reported: those of the study that follow-up reaches.
    restricted : float or None
        Time up to which the restricted mean is taken; None for a value.
    model : EffectEstimator, SurvivalModel, CompetingModel, BinaryModel, OrdinalModel or ValueModel
    causes, cause, levels, at_least
        As in ``cohort.Outcome``.
    own_values : OwnValues or None
        Of an amount or count under options: where a patient's own value will lie.
    """

    name: str
    kind: OutcomeKind
    unit: str
    better: str
    role: str
    horizons: tuple[float, ...]
    restricted: float | None
    model: EffectEstimator | SurvivalModel | CompetingModel | BinaryModel | OrdinalModel | ValueModel
    causes: tuple[str, ...] = ()
    cause: str | None = None
    levels: tuple[str, ...] = ()
    at_least: str | None = None
    own_values: OwnValues | None = None

    @property
    def timed(self) -> bool:
        """Whether it is a time to an event, with horizons; else a value."""
        return DATA_KINDS[self.kind].timed

    @property
    def is_amount(self) -> bool:
        """Whether it is a number with a unit; else a probability, at horizons or by itself."""
        return DATA_KINDS[self.kind].is_amount

    @property
    def sign(self) -> int:
        """1 where more of it is better, -1 where less is."""
        return 1 if self.better in {"longer", "higher"} else -1

    @property
    def least(self) -> int:
        """The place of the first grade that counts."""
        return self.levels.index(self.at_least) if self.at_least is not None else 1

    @property
    def times(self) -> Floats:
        """Times of the curves, from 0 to the last one reported; empty for a value."""
        if self.restricted is None:
            return np.zeros(0)
        last = max(self.restricted, *self.horizons, 0.0)
        return np.unique([*np.linspace(0.0, last, _GRID), self.restricted, *self.horizons])

    def draw(self, X: pd.DataFrame, *, n_draws: int, seed: int) -> EffectDraws:
        """Draws of the outcome of each patient under each option, or under ``as_treated``."""
        if isinstance(self.model, EffectEstimator):
            sampled = self.model.sample(X, self.times if self.timed else None, n_draws=n_draws, seed=seed)
            check_causes(sampled, self.causes, self.name)
            check_grades(sampled, self.levels, self.name)
            return sampled
        if isinstance(self.model, CompetingModel):
            incidence = self.model.predict_cumulative_incidence(X, self.times)[:, None]
            drawn = self.model.sample_cumulative_incidence(X, self.times, n_draws=n_draws, seed=seed)[:, :, None]
            return EffectDraws(
                options=(AS_TREATED,),
                times=self.times,
                point=np.maximum(1 - incidence.sum(axis=2), 0.0),
                draws=np.maximum(1 - drawn.sum(axis=3), 0.0),
                incidence=incidence,
                incidence_draws=drawn,
            )
        if isinstance(self.model, OrdinalModel):
            return self._graded(self.model, X, n_draws=n_draws, seed=seed)
        if isinstance(self.model, SurvivalModel):
            point = self.model.predict_survival(X, self.times)[:, None, :]
            draws = self.model.sample_survival(X, self.times, n_draws=n_draws, seed=seed)[:, :, None, :]
        elif isinstance(self.model, ValueModel):
            point = self.model.predict_value(X)[:, None, None]
            draws = self.model.sample_value(X, n_draws=n_draws, seed=seed)[:, :, None, None]
        else:
            point = self.model.predict_probability(X)[:, None, None]
            draws = self.model.sample_probability(X, n_draws=n_draws, seed=seed)[:, :, None, None]
        return EffectDraws(options=(AS_TREATED,), times=self.times, point=point, draws=draws)

    def _graded(self, model: OrdinalModel, X: pd.DataFrame, *, n_draws: int, seed: int) -> EffectDraws:
        grades = model.predict_grades(X)[:, None]
        drawn = model.sample_grades(X, n_draws=n_draws, seed=seed)[:, :, None]
        sampled = EffectDraws(
            options=(AS_TREATED,),
            times=self.times,
            point=reached(grades)[..., [self.least]],
            draws=reached(drawn)[..., [self.least]],
            grades=grades,
            grade_draws=drawn,
        )
        check_grades(sampled, self.levels, self.name)
        return sampled

    def drivers(self, X: pd.DataFrame) -> pd.DataFrame:
        """What moves the estimate that options are ranked by; empty for a prognosis."""
        if not isinstance(self.model, EffectEstimator):
            return pd.DataFrame()
        told: dict[str, Any] = {} if self.cause is None else {"cause": self.causes.index(self.cause) + 1}
        return self.model.drivers(X, **told)

    def header(self) -> dict[str, Any]:
        """Return all but the model as JSON values."""
        names = (*_HEADER, "restricted")
        return {name: getattr(self, name) for name in names} | {"horizons": list(self.horizons)}


def check_causes(sampled: EffectDraws, causes: Sequence[str], outcome: str) -> None:
    """Refuse draws that do not tell all causes of a competing outcome apart.

    Raises
    ------
    UsageError
        If the estimator tells no causes (``causes-not-told``).
    SupportError
        If nobody under the options compared had one of them (``no-events``).
    """
    if not causes:
        return
    if sampled.incidence is None:
        raise UsageError(
            f"the estimator of {shown(outcome)} tells no causes apart",
            hint="one of competing causes fills incidence and incidence_draws",
            code="causes-not-told",
        )
    if sampled.incidence.shape[2] != len(causes):
        raise SupportError(
            f"under the options compared nobody had all causes of {shown(outcome)}: {', '.join(map(shown, causes))}",
            hint="join causes, or leave one out",
            code="no-events",
        )


def check_grades(sampled: EffectDraws, levels: Sequence[str], outcome: str) -> None:
    """Refuse draws of other grades than those of the outcome.

    Raises
    ------
    UsageError
        If their number differs (``grades-differ``).
    """
    if sampled.grades is not None and sampled.grades.shape[-1] != len(levels):
        raise UsageError(
            f"the model of {shown(outcome)} has {sampled.grades.shape[-1]} grades, the study {len(levels)}",
            hint="set its parameter highest to the last grade, counted from 0",
            code="grades-differ",
        )


def outcome_header(outcome: Outcome) -> dict[str, Any]:
    """Return the fields that ``OutcomeFit`` takes over from the study's outcome."""
    return {name: getattr(outcome, name) for name in _HEADER}
