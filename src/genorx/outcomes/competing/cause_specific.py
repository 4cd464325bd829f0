"""The default model of competing events: one group-shrunk Cox model per cause, combined to cumulative incidences.

Without features the curves are those of Aalen and Johansen, in the coarse steps of ``shrinkage.baseline``: each cause's
Breslow steps are stretched so that ``exp(-step)`` of a patient of average hazard is the product limit's ``1 - d / n``.
Sources: Prentice RL et al. 1978, Biometrics 34:541; Putter H, Fiocco M, Geskus RB 2007, Stat Med 26:2389; shrinkage:
Gerstung M et al. 2017, Nat Genet 49:332.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import KW_ONLY, dataclass, replace
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from genorx._core.feature_spec import FeatureSpec
from genorx._core.threads import single_threaded
from genorx.outcomes.competing.competing_curves import CompetingCurves, check_each_seen, checked_causes
from genorx.outcomes.encoding.completed import mean_over_unknown
from genorx.outcomes.shrinkage.baseline import EventSteps
from genorx.outcomes.shrinkage.coefficient_draws import linear_predictors
from genorx.outcomes.shrinkage.cox_fit import CoxFit, fit_cox
from genorx.outcomes.shrinkage.partial_likelihood import PartialLikelihood
from genorx.outcomes.state_arrays import arrays_below, named_below
from genorx.outcomes.survival.cox_state import cox_from, cox_state
from genorx.outcomes.survival.survival_base import EncodedSurvivalModel

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
_FEW_COLUMNS = 4
_ALL = 1 - 1e-15  # largest share of those at risk with an event in one step; with all, survival would be 0 from then on


@dataclass(eq=False, repr=False)
class CauseSpecificCox(EncodedSurvivalModel, CompetingCurves):
    """Cause-specific Cox models with group-wise shrinkage, combined to the cumulative incidence of competing causes.

    Parameters
    ----------
    specs : sequence of FeatureSpec, optional
        Kind and group of each feature; inferred by default.
    causes : sequence of str, optional
        Names of the causes 1, 2, ...; by default their numbers.
    group_means, splines, pairs, rare, heavy_tails
        As in ``GroupShrunkCox``.
    floor : float
        Smallest prior standard deviation of the summed effect of a group of up to four columns, on the log hazard
        scale; 0: none.  The variance of so few effects cannot be estimated, and with an estimate of 0 bands would be
        too narrow.

    Attributes
    ----------
    causes_ : tuple of str
        Names of the causes, in the order of their codes.
    fits_ : tuple of CoxFit
        One per cause.
    encoder_ : FeatureEncoder
        Encoding of the features.
    end_ : float
        Last follow-up time, rounded up; predictions beyond it raise an error.

    Examples
    --------
    >>> import pandas as pd
    >>> X = pd.DataFrame(index=[f"P{i}" for i in range(100)])
    >>> y = pd.DataFrame({"time": range(1, 101), "event": True, "cause": [1, 1, 2, 1, 2] * 20}, index=X.index)
    >>> model = CauseSpecificCox(causes=["relapse", "death"]).fit(X, y)
    >>> model.predict_cumulative_incidence(X.iloc[:1], [20, 60]).round(1).tolist()
    [[[0.1, 0.4], [0.1, 0.2]]]
    """

    _needs_columns = False

    specs: Iterable[FeatureSpec] | None = None
    _: KW_ONLY
    causes: Sequence[str] | None = None
    group_means: bool = True
    splines: bool = False
    pairs: int = 0
    rare: int = 5
    heavy_tails: bool = False
    floor: float = 0.5

    @single_threaded
    def fit(self, X: pd.DataFrame, y: pd.DataFrame, *, strata: pd.Series[Any] | None = None) -> Self:
        """Fit to ``y`` with columns ``time`` (> 0), ``event`` and ``cause`` (0 censored, 1 and more), index as ``X``.

        With ``strata``, coefficients are estimated within strata; the baselines are those of all patients, since a new
        patient belongs to none.

        Raises
        ------
        UsageError
            If the patients differ, a time is not positive, or the causes are invalid.
        SupportError
            If a cause has no event.
        """
        self._splines, self._pairs = self.splines, self.pairs
        cause, names = checked_causes(y, None if self.causes is None else tuple(self.causes))
        check_each_seen(cause, names)
        Z, time, _, codes = self._learn(X, y, strata)
        self.causes_ = names
        self.fits_ = tuple(self._fit_cause(Z, time, cause, code, codes) for code in range(1, len(names) + 1))
        return self

    def _fit_cause(self, Z: Floats, time: Floats, cause: Ints, code: int, strata: NDArray[Any] | None) -> CoxFit:
        had = cause == code
        fit = fit_cox(
            Z,
            time,
            had,
            group=self.encoder_.group_index_,
            stratum=strata,
            group_means=self.group_means,
            heavy_tails=self.heavy_tails,
            floor=self._floors(),
        )
        likelihood = PartialLikelihood(Z, time, had, ties="breslow")
        exact = product_limit_steps(likelihood.event_steps(fit.beta)[0], time, cause > 0)
        return replace(fit, baseline=likelihood.baselines(fit.beta, [exact]))

    def _floors(self) -> dict[int, float] | None:
        if self.floor <= 0:
            return None
        groups, sizes = np.unique(self.encoder_.group_index_, return_counts=True)
        return {int(group): self.floor for group, size in zip(groups, sizes, strict=True) if size <= _FEW_COLUMNS}

    def _knots(self) -> Floats:
        return np.unique(np.concatenate([fit.baseline[0].spans[:, :2].ravel() for fit in self.fits_]))

    def _hazards(self, X: pd.DataFrame, knots: Floats) -> Floats:
        Z = self._encode(X)
        relative = [np.exp(linear_predictors(Z, fit.beta[None, :])[0]) for fit in self.fits_]
        levels = [fit.baseline[0].cumulative(knots) for fit in self.fits_]
        return np.stack([own[:, None] * level for own, level in zip(relative, levels, strict=True)])

    def _hazard_draws(self, X: pd.DataFrame, knots: Floats, n_draws: int, seed: int) -> Iterator[Floats]:
        Z = self._encode(X)
        relative, levels = [], []
        for place, fit in enumerate(self.fits_):
            drawn = fit.draw(n_draws, np.random.default_rng([seed, place]))
            relative.append(np.exp(linear_predictors(Z, drawn.beta)))
            levels.append(drawn.cumulative(knots))
        for row in range(len(Z)):
            yield np.stack([own[:, [row]] * level for own, level in zip(relative, levels, strict=True)])

    @mean_over_unknown
    def predict_risk(self, X: pd.DataFrame, *, cause: str | int | None = None) -> Floats:
        """Log hazard ratio against the mean of the training patients, shape (n_patients,): of a cause, or of any.

        For any cause it is the logarithm of the mean hazard ratio, each cause weighted by its share of the events.
        """
        Z = self._encode(X)
        each = np.stack([linear_predictors(Z, fit.beta[None, :])[0] for fit in self.fits_])
        if cause is not None:
            return np.asarray(each[self._place(cause)])
        return np.asarray(np.log(self._shares() @ np.exp(each)))

    @mean_over_unknown
    def contributions(self, X: pd.DataFrame, *, cause: str | int | None = None) -> pd.DataFrame:
        """Contribution of each feature to the log hazard ratio of a cause, or to the event-weighted mean."""
        betas = np.stack([fit.beta for fit in self.fits_])
        beta = self._shares() @ betas if cause is None else betas[self._place(cause)]
        Z, patients = self._encoded(X)
        return self.encoder_.by_source(Z * np.asarray(beta), patients)

    def _column_parts(self, Z: Floats) -> Floats:
        return np.asarray(Z * (self._shares() @ np.stack([fit.beta for fit in self.fits_])))

    def coefficients(self) -> pd.DataFrame:
        """Each cause's and column's log hazard ratio per unit of the feature's raw column, with standard error."""
        columns = self.encoder_.columns_
        scale = np.array([column.scale for column in columns])
        frames = [
            pd.DataFrame(
                {
                    "cause": name,
                    "column": [column.name for column in columns],
                    "feature": [column.source for column in columns],
                    "group": [column.group for column in columns],
                    "log_hazard_ratio": fit.beta / scale,
                    "std_error": fit.std_error / scale,
                }
            )
            for name, fit in zip(self.causes_, self.fits_, strict=True)
        ]
        return pd.concat(frames, ignore_index=True)

    def _shares(self) -> Floats:
        events = np.array([fit.n_events for fit in self.fits_], dtype=float)
        return np.asarray(events / events.sum())

    def state(self) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
        """JSON values and arrays from which ``from_state`` restores the model."""
        header = self._header()
        header["params"]["causes"] = None if self.causes is None else list(self.causes)
        values: dict[str, Any] = header | {"causes": list(self.causes_), "fits": []}
        arrays: dict[str, NDArray[Any]] = {}
        for place, fit in enumerate(self.fits_):
            own, own_arrays = cox_state(fit)
            values["fits"].append(own)
            arrays |= named_below(f"fits.{place}", own_arrays)
        return values, arrays

    @classmethod
    def from_state(cls, values: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> Self:
        """Restore a fitted model from ``state``; runs no code of the file."""
        model: Self = cls._from_header(values)
        model.causes_ = tuple(values["causes"])
        fits = []
        for place, own in enumerate(values["fits"]):
            inside = arrays_below(f"fits.{place}", arrays)
            fits.append(cox_from(own, inside))
        model.fits_ = tuple(fits)
        return model


def product_limit_steps(steps: EventSteps, time: Floats, event: NDArray[np.bool_]) -> EventSteps:
    """Convert a cause's product-limit steps to hazards for ``exp(-step)``.

    Of the ``n`` at risk ``d`` have an event of any cause: steps are multiplied by ``-log(1 - d / n) / (d / n)``, near 1
    except late in follow-up.  After a step at which all of those at risk have an event, event-free survival is 0.
    """
    at_risk = time.size - np.searchsorted(np.sort(time), steps.times, side="left")
    ends = np.sort(time[event])
    ended = np.searchsorted(ends, steps.times, side="right") - np.searchsorted(ends, steps.times, side="left")
    share = ended / at_risk
    stretch = -np.log1p(-np.minimum(share, _ALL)) / share
    return replace(steps, increments=steps.increments * stretch)
