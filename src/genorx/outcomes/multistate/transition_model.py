"""Hazard of one transition: a group-shrunk Cox model with late entry, or any survival model by time since entry.

The shrinkage of a transition with few events is estimated from all transitions together: few events do not determine
the variance of a group's effects.
Source: Gerstung M et al. 2017, Nat Genet 49:332 (a shrunk model per transition).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from genorx.outcomes.multistate.entry_time import EntryTime
from genorx.outcomes.multistate.state_rows import Clock, Spells
from genorx.outcomes.shrinkage.coefficient_draws import linear_predictors
from genorx.outcomes.shrinkage.cox_fit import CoxFit, fit_cox

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
RARE = 50  # events below which the shrinkage of a transition is that of all
_LEAST = 1e-12  # survival below which a hazard is not followed further


class Hazards(Protocol):
    """Cumulative hazards of a transition for patients."""

    def point(self, X: pd.DataFrame, Z: Floats, at: Floats) -> Floats:
        """Return cumulative hazards at times, shape (n_patients, n_times)."""

    def draws(self, X: pd.DataFrame, Z: Floats, at: Floats, n_draws: int, seed: list[int]) -> Floats:
        """Return draws of them, shape (n_draws, n_patients, n_times)."""

    def entry_slopes(self, n_draws: int, seed: list[int]) -> Floats | None:
        """Return the coefficient of the entry time: best estimate, then draws; None if there is none."""


@dataclass(frozen=True, kw_only=True)
class CoxHazards:
    """A Cox model; its last column is the entry time if ``entry`` is given."""

    fit: CoxFit
    entry: EntryTime | None

    def point(self, X: pd.DataFrame, Z: Floats, at: Floats) -> Floats:  # noqa: ARG002 (as Hazards has it)
        """Return cumulative hazards at times, shape (n_patients, n_times)."""
        relative = np.exp(linear_predictors(Z, self.fit.beta[None, : Z.shape[1]])[0])
        return np.asarray(relative[:, None] * self.fit.baseline[0].cumulative(at))

    def draws(self, X: pd.DataFrame, Z: Floats, at: Floats, n_draws: int, seed: list[int]) -> Floats:  # noqa: ARG002
        """Return draws of them, shape (n_draws, n_patients, n_times)."""
        drawn = self.fit.draw(n_draws, np.random.default_rng(seed))
        relative = np.exp(linear_predictors(Z, drawn.beta[:, : Z.shape[1]]))
        return np.asarray(relative[:, :, None] * drawn.cumulative(at)[:, None, :])

    def entry_slopes(self, n_draws: int, seed: list[int]) -> Floats | None:
        """Return the coefficient of the entry time: best estimate, then draws; None if there is none."""
        if self.entry is None:
            return None
        drawn = self.fit.draw(n_draws, np.random.default_rng(seed))
        return np.concatenate([self.fit.beta[-1:], drawn.beta[:, -1]])


@dataclass(frozen=True, kw_only=True)
class ModelHazards:
    """Any survival model of the time from entry to the transition, other transitions as censoring."""

    model: Any

    def point(self, X: pd.DataFrame, Z: Floats, at: Floats) -> Floats:  # noqa: ARG002
        """Return cumulative hazards at times, shape (n_patients, n_times); constant after the model's last time."""
        return _hazard(self.model.predict_survival(X, np.minimum(at, self.model.end_)))

    def draws(self, X: pd.DataFrame, Z: Floats, at: Floats, n_draws: int, seed: list[int]) -> Floats:  # noqa: ARG002
        """Return draws of them, shape (n_draws, n_patients, n_times)."""
        until = np.minimum(at, self.model.end_)
        return _hazard(self.model.sample_survival(X, until, n_draws=n_draws, seed=sum(seed)))

    def entry_slopes(self, n_draws: int, seed: list[int]) -> Floats | None:  # noqa: ARG002
        """Return None: such a model has no entry time."""
        return None


@dataclass(frozen=True, kw_only=True)
class TransitionData:
    """Columns and times of the patients at risk of leaving one state.

    Attributes
    ----------
    spells : Spells
    columns : array of shape (n_spells, n_columns)
        Encoded features.
    entry : EntryTime or None
        Covariate of the time of entry, if it is used.
    begin, end : array of shape (n_spells,)
        Interval at risk, on the time scale of the clock.
    """

    spells: Spells
    columns: Floats
    entry: EntryTime | None
    begin: Floats
    end: Floats

    @classmethod
    def make(cls, spells: Spells, Z: Floats, clock: Clock, *, history: bool) -> TransitionData:
        """Build the data of one state; the entry time is the last column if it is given."""
        entry = EntryTime.fit(spells.entry) if history else None
        own = Z[spells.patient]
        columns = own if entry is None else np.column_stack([own, entry.column(spells.entry)])
        origin = spells.entry if clock == "reset" else np.zeros_like(spells.entry)
        return cls(spells=spells, columns=columns, entry=entry, begin=spells.entry - origin, end=spells.exit - origin)

    def fit(
        self, cause: int, group: Ints, penalty: Mapping[int, float] | None, options: Mapping[str, Any]
    ) -> CoxHazards:
        """Fit the transition of a cause; with ``penalty`` the scales are fixed."""
        labels, floor = _with_entry(group, self.columns.shape[1])
        stated = None if penalty is None else {**penalty, **({floor: 1.0} if floor is not None else {})}
        fit = fit_cox(
            self.columns,
            self.end,
            self.spells.cause == cause,
            entry=self.begin if self.begin.any() else None,
            group=labels,
            floor=None if floor is None else {floor: 1.0},
            penalty=stated,
            **options,
        )
        return CoxHazards(fit=fit, entry=self.entry)


def shared_scales(data: Sequence[TransitionData], group: Ints, options: Mapping[str, Any]) -> dict[int, float]:
    """Return the shrinkage scale of each group, from all transitions as strata of one model."""
    rows = list(_stacked(data, group.size))
    columns, begin, end, event = (np.concatenate([each[place] for each in rows]) for place in range(4))
    stratum = np.repeat(np.arange(len(rows)), [len(each[1]) for each in rows])
    fit = fit_cox(columns, end, event, entry=begin, stratum=stratum, group=group, **options)
    return dict(fit.penalty)


def _stacked(data: Sequence[TransitionData], size: int) -> Iterator[tuple[Floats, Floats, Floats, NDArray[np.bool_]]]:
    for one in data:
        for cause in range(1, len(one.spells.targets) + 1):
            yield one.columns[:, :size], one.begin, one.end, one.spells.cause == cause


def _with_entry(group: Ints, n_columns: int) -> tuple[Ints, int | None]:
    """Return groups with an additional one for the entry time, and its number."""
    if n_columns == group.size:
        return group, None
    own = int(group.max(initial=-1)) + 1
    return np.append(group, own), own


def _hazard(survival: Floats) -> Floats:
    return np.asarray(np.maximum.accumulate(-np.log(np.clip(survival, _LEAST, 1.0)), axis=-1))
