"""One outcome of the study, its fitted model, and its reporting times.

A model of effects predicts each option; a prognosis predicts the single option ``as_treated``, whatever treatment the
patients of the cohort had.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from genorx._core.number_words import free_word
from genorx._core.short_repr import short
from genorx.cohort.kinds import DATA_KINDS, OutcomeKind
from genorx.cohort.outcome import Outcome
from genorx.effects.curve_numbers import CurveNumbers, CurveRequest
from genorx.effects.protocol import CurveEstimator, EffectDraws, EffectEstimator, EncodingEstimator
from genorx.outcomes.kinds import Drawn, Family, family_of
from genorx.outcomes.protocol import BinaryModel, CompetingModel, OrdinalModel, SurvivalModel, ValueModel
from genorx.outcomes.recalibration.line import RecalibrationLine
from genorx.ranking.answer.prediction_intervals import OwnValues
from genorx.ranking.model.recalibrated import recalibrated

Floats = NDArray[np.float64]

#: The option of a prognosis without treatment design.
AS_TREATED = "as_treated"
_HEADER = ("name", "kind", "unit", "better", "role", "causes", "cause", "levels", "at_least", "states", "alive")
_GRID = 101  # times of a curve, from 0 to the last one reported


@short
@dataclass(frozen=True, kw_only=True)
class OutcomeFit:
    """A fitted outcome.

    Attributes
    ----------
    name, kind, unit, better, role
        As in ``cohort.Outcome``.
    horizons : tuple of float
        Times at which a time to an event is reported: the horizons of the study within follow-up.
    restricted : float or None
        Time up to which the restricted mean is computed; None for a value.
    model : EffectEstimator, SurvivalModel, CompetingModel, BinaryModel, OrdinalModel or ValueModel
    causes, cause, levels, at_least, states, alive
        As in ``cohort.Outcome``.
    own_values : OwnValues or None
        Prediction intervals of a patient's own amount or count under options.
    recalibration : tuple of (str, RecalibrationLine)
        Corrections estimated on later data, by part.
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
    states: tuple[str, ...] = ()
    alive: tuple[str, ...] = ()
    own_values: OwnValues | None = None
    recalibration: tuple[tuple[str, RecalibrationLine], ...] = ()

    @property
    def timed(self) -> bool:
        """Whether it is a time to an event, with horizons; otherwise a value."""
        return DATA_KINDS[self.kind].timed

    def free(self, label: str = "") -> str:
        """Return the adjective for a patient without the event of the outcome called ``label``.

        With several causes, the event may be another than death, whatever the outcome is called.
        """
        word = DATA_KINDS[self.kind].free
        return word if self.parts else free_word([self.name, label], word)

    @property
    def is_amount(self) -> bool:
        """Whether it is a number with a unit; otherwise a probability, at horizons or by itself."""
        return DATA_KINDS[self.kind].is_amount

    @property
    def sign(self) -> int:
        """1 if more of it is better, -1 if less is."""
        return 1 if self.better in {"longer", "higher"} else -1

    @property
    def parts(self) -> tuple[str, ...]:
        """Names of its causes, grades or states, each reported as NAME:PART."""
        return self.causes or self.levels or self.states

    @property
    def least(self) -> int:
        """The index of the threshold grade."""
        return self.levels.index(self.at_least) if self.at_least is not None else 1

    @property
    def times(self) -> Floats:
        """Times of the curves, from 0 to the last one reported; empty for a value."""
        if self.restricted is None:
            return np.zeros(0)
        last = max(self.restricted, *self.horizons, 0.0)
        return np.unique([*np.linspace(0.0, last, _GRID), self.restricted, *self.horizons])

    @property
    def family(self) -> Family:
        """Model family of its kind."""
        return family_of(self)

    def prepared(self, X: pd.DataFrame) -> Any:
        """Return the model's encoding of features, computed once for all methods; ``X`` if it has none."""
        return self.model.encode(X) if isinstance(self.model, EncodingEstimator) else X

    def draw(
        self, X: pd.DataFrame, *, n_draws: int, seed: int, times: Floats | None = None, known: Any = None
    ) -> EffectDraws:
        """Draws of the outcome of each patient under each option, or under ``as_treated``.

        Parameters
        ----------
        X : DataFrame
            Features, in the form of the model.
        n_draws, seed : int
            Number of draws, and their seed.
        times : array of shape (n_times,), optional
            Times of the curves of a time to an event; ``times`` of the fit by default.
        known : optional
            Result of ``prepared`` for ``X``.

        Raises
        ------
        UsageError, SupportError
            If causes or grades are not those of the outcome.
        """
        at = self.times if times is None else times
        if isinstance(self.model, EffectEstimator):
            taken = X if known is None else known
            sampled = self.model.sample(taken, at if self.timed else None, n_draws=n_draws, seed=seed)
        else:
            sampled = _as_treated(self.family.draw(self.model, X, at, n_draws=n_draws, seed=seed), at)
        self.family.check_parts(sampled.parts, self.name)
        return recalibrated(sampled, X, self.recalibration, self.causes or (self.name,), seed=seed)

    @property
    def by_time(self) -> bool:
        """Whether survival at one time can be computed without the preceding curve."""
        return self.timed and isinstance(self.model, CurveEstimator) and not self.causes and not self.recalibration

    def draw_at_horizons(self, X: pd.DataFrame, *, n_draws: int, seed: int, known: Any = None) -> EffectDraws:
        """Return draws as from ``draw``; for a time to an event at its horizons only, if these suffice."""
        if self.by_time and isinstance(self.model, EffectEstimator):
            taken = X if known is None else known
            return self.model.sample(taken, np.unique(self.horizons), n_draws=n_draws, seed=seed)
        return self.draw(X, n_draws=n_draws, seed=seed, known=known)

    def draw_numbers(self, known: Any, *, n_draws: int, seed: int) -> CurveNumbers | None:
        """Draw the reported numbers of survival without storing the curves; None if whole curves are needed.

        ``known`` is the result of ``prepared`` for the patients' features.
        """
        if self.restricted is None or not self.by_time or not isinstance(self.model, CurveEstimator):
            return None
        request = CurveRequest.of(self.times, self.horizons, self.restricted)
        return self.model.sample_numbers(known, request, n_draws=n_draws, seed=seed)

    def drivers(self, known: Any) -> pd.DataFrame:
        """Drivers of the ordering estimate for patients as ``prepared``; empty for a prognosis."""
        if not isinstance(self.model, EffectEstimator):
            return pd.DataFrame()
        stated: dict[str, Any] = {} if self.cause is None else {"cause": self.causes.index(self.cause) + 1}
        return self.model.drivers(known, **stated)

    def header(self) -> dict[str, Any]:
        """Return everything except the model as JSON values."""
        names = (*_HEADER, "restricted")
        return {name: getattr(self, name) for name in names} | {"horizons": list(self.horizons)}


def _as_treated(drawn: Drawn, times: Floats) -> EffectDraws:
    """Return a prognosis as draws under one option."""
    return EffectDraws(
        options=(AS_TREATED,),
        times=times,
        point=drawn.point[:, None],
        draws=drawn.draws[:, :, None],
        parts=None if drawn.parts is None else drawn.parts[:, None],
        part_draws=None if drawn.part_draws is None else drawn.part_draws[:, :, None],
    )


def outcome_header(outcome: Outcome) -> dict[str, Any]:
    """Return the fields that ``OutcomeFit`` copies from the study's outcome."""
    return {name: getattr(outcome, name) for name in _HEADER}
