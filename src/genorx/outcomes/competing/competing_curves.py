"""Event-free survival and cumulative incidences, which sum to one, from the hazards of competing causes.

Between two knots the hazards of the causes keep their ratio, so that events of different causes on one day are handled
together, in no order.
Source: Putter H, Fiocco M, Geskus RB 2007, Stat Med 26:2389.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from genorx._core.threads import single_threaded
from genorx.errors import SupportError, UsageError, shown
from genorx.outcomes.encoding.completed import draws_over_unknown, mean_over_unknown
from genorx.outcomes.shrinkage.baseline import step_values

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
_BLOCK = 128  # patients at a time: hazards of all would not fit into memory
_DRAWN_KNOTS = 400  # time steps in which draws are combined; survival is exact with any number


def curves_of(hazards: Floats) -> tuple[Floats, Floats]:
    """Return event-free survival and the cumulative incidence of each cause.

    Parameters
    ----------
    hazards : array of shape (n_causes, ..., n_knots)
        Cumulative hazards at ascending times, 0 at time 0.

    Returns
    -------
    survival : array of shape (..., n_knots)
    incidence : array of shape (n_causes, ..., n_knots)
        Survival and the incidences of all causes sum to 1 at each knot.
    """
    steps = hazards.copy()
    steps[..., 1:] -= hazards[..., :-1]
    whole, survival = steps.sum(axis=0), np.exp(-hazards.sum(axis=0))
    ended = 1 - survival
    ended[..., 1:] -= ended[..., :-1].copy()
    per_hazard = np.divide(ended, whole, out=np.zeros_like(whole), where=whole > 0)
    return survival, np.cumsum(steps * per_hazard, axis=-1)


class CompetingCurves(ABC):
    """Common base of models with one hazard per cause: curves from hazards, and their draws.

    Attributes
    ----------
    causes_ : tuple of str
        Names of the causes, in the order of their codes.
    end_ : float
        Last follow-up time, rounded up; predictions beyond it raise an error.
    """

    causes_: tuple[str, ...]
    end_: float

    @abstractmethod
    def _checked(self, times: ArrayLike) -> Floats:
        """Return times as an array, validated to be within follow-up."""

    @abstractmethod
    def _knots(self) -> Floats:
        """Times at which a hazard steps, ascending."""

    @abstractmethod
    def _hazards(self, X: pd.DataFrame, knots: Floats) -> Floats:
        """Cumulative hazards, shape (n_causes, n_patients, n_knots)."""

    @abstractmethod
    def _hazard_draws(self, X: pd.DataFrame, knots: Floats, n_draws: int, seed: int) -> Any:
        """Draws of the cumulative hazards of each patient in turn, each of shape (n_causes, n_draws, n_knots)."""

    @single_threaded
    @mean_over_unknown
    def predict_cumulative_incidence(self, X: pd.DataFrame, times: ArrayLike) -> Floats:
        """Cumulative incidence of each cause, shape (n_patients, n_causes, n_times).

        Raises
        ------
        HorizonError
            If a time exceeds the last follow-up.
        """
        return self._predicted(X, times)[1]

    @single_threaded
    @mean_over_unknown
    def predict_survival(self, X: pd.DataFrame, times: ArrayLike) -> Floats:
        """Probability of no event of any cause, shape (n_patients, n_times).

        Raises
        ------
        HorizonError
            If a time exceeds the last follow-up.
        """
        return self._predicted(X, times)[0]

    def _predicted(self, X: pd.DataFrame, times: ArrayLike) -> tuple[Floats, Floats]:
        requested = self._checked(times)
        knots = self._knots()
        knots = np.union1d(knots[knots <= requested.max()], requested)
        survival = np.empty((len(X), requested.size))
        incidence = np.empty((len(X), len(self.causes_), requested.size))
        for start in range(0, len(X), _BLOCK):
            rows = slice(start, start + _BLOCK)
            alive, ended = curves_of(self._hazards(X.iloc[rows], knots))
            survival[rows] = 1 - step_values(knots, 1 - alive, requested)
            incidence[rows] = np.moveaxis(step_values(knots, ended, requested), 0, 1)
        return survival, incidence

    @single_threaded
    @draws_over_unknown
    def sample_cumulative_incidence(
        self, X: pd.DataFrame, times: ArrayLike, *, n_draws: int = 200, seed: int = 0
    ) -> Floats:
        """Draws of the cumulative incidence of each cause, shape (n_draws, n_patients, n_causes, n_times).

        One minus their sum over causes equals the draws of ``sample_survival``.

        Raises
        ------
        HorizonError
            If a time exceeds the last follow-up.
        """
        requested = self._checked(times)
        knots = _thinned(self._knots(), requested)
        drawn = np.empty((n_draws, len(X), len(self.causes_), requested.size))
        for row, hazards in enumerate(self._hazard_draws(X, knots, n_draws, seed)):
            drawn[:, row] = np.moveaxis(step_values(knots, curves_of(hazards)[1], requested), 0, 1)
        return drawn

    def sample_survival(self, X: pd.DataFrame, times: ArrayLike, *, n_draws: int = 200, seed: int = 0) -> Floats:
        """Draws of the probability of no event of any cause, shape (n_draws, n_patients, n_times).

        Raises
        ------
        HorizonError
            If a time exceeds the last follow-up.
        """
        ended = self.sample_cumulative_incidence(X, times, n_draws=n_draws, seed=seed).sum(axis=2)
        return np.asarray(np.maximum(1 - ended, 0.0))

    def _place(self, cause: str | int) -> int:
        """Return the index of a cause given by name or by code."""
        names = self.causes_
        place = names.index(cause) if cause in names else int(cause) - 1 if isinstance(cause, int) else -1
        if not 0 <= place < len(names):
            raise UsageError(
                f"no cause {shown(cause)!r}", hint=f"causes are {', '.join(map(shown, names))}", code="no-such-cause"
            )
        return place


def _thinned(knots: Floats, times: Floats) -> Floats:
    """Return at most ``most`` knots up to the last requested time, and the requested times."""
    inside = knots[knots <= times.max()]
    if inside.size > _DRAWN_KNOTS:
        inside = inside[np.unique(np.linspace(0, inside.size - 1, _DRAWN_KNOTS).astype(int))]
    return np.union1d(inside, times)


def checked_causes(y: pd.DataFrame, causes: tuple[str, ...] | None) -> tuple[Ints, tuple[str, ...]]:
    """Return each patient's cause (0 censored) and the names of the causes, validated.

    Raises
    ------
    UsageError
        If ``y`` has no column ``cause`` (``outcome-columns``), a cause is not a whole number from 0 or contradicts its
        event (``event-type``), names occur twice, or there are fewer names than causes (``cause-names``).
    """
    if "cause" not in y:
        raise UsageError("y needs the columns time, event and cause", code="outcome-columns")
    codes, event = y["cause"].to_numpy(float, na_value=np.nan), y["event"].to_numpy(float, na_value=np.nan)
    wrong = ~np.isfinite(codes) | (codes != np.round(codes)) | (codes < 0) | ((codes > 0) != (event > 0))
    if wrong.any():
        raise UsageError(
            f"the cause of patient {shown(y.index[int(np.argmax(wrong))])} is not a code, or contradicts its event",
            hint="0 if censored, 1 and above for the causes",
            code="event-type",
        )
    most = int(codes.max())
    names = tuple(str(code) for code in range(1, most + 1)) if causes is None else tuple(map(str, causes))
    if len(set(names)) < len(names) or most > len(names):
        raise UsageError(
            f"{most} causes have the names {', '.join(map(shown, names))}",
            hint="give each cause a name of its own, in the order of the codes",
            code="cause-names",
        )
    return codes.astype(np.int64), names


def check_each_seen(cause: Ints, names: Sequence[str]) -> None:
    """Raise an error for causes without events, about which nothing can be estimated.

    Raises
    ------
    SupportError
        ``no-events``.
    """
    for code, name in enumerate(names, start=1):
        if not (cause == code).any():
            raise SupportError(
                f"no patient had an event of the cause {shown(name)}",
                code="no-events",
                hint="A cause needs events; merge it with another one, or leave it out",
            )
