"""Competing events by any survival model, fitted per cause with the other causes as censoring.

The counterpart of ``CauseSpecificCox`` for forests, boosting or an elastic net: each model gives the hazard of its
cause, and the hazards are combined to incidences that sum to one with event-free survival.
Source: Prentice RL et al. 1978, Biometrics 34:541.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
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
from genorx.outcomes.choice import savable_class
from genorx.outcomes.competing.competing_curves import CompetingCurves, check_each_seen, checked_causes
from genorx.outcomes.encoding.completed import Completed, mean_over_unknown
from genorx.outcomes.shrinkage.baseline import coarse_times
from genorx.outcomes.state_arrays import arrays_below, named_below
from genorx.outcomes.survival.elastic_net_cox import ElasticNetCox
from genorx.outcomes.survival.survival_base import checked_outcome, times_within
from genorx.outcomes.survival.survival_boosting import SurvivalBoosting
from genorx.outcomes.survival.survival_forest import SurvivalForest

Floats = NDArray[np.float64]
_CLASSES = {cls.__name__: cls for cls in (ElasticNetCox, SurvivalForest, SurvivalBoosting)}
_MOST_KNOTS = 200
_LEAST = 1e-12  # survival below which a hazard is not followed further


@dataclass(eq=False, repr=False)
class CauseSpecificSurvival(BaseEstimator, CompetingCurves):  # type: ignore[misc]
    """Cause-specific survival models of any kind, combined to the cumulative incidence of competing causes.

    Parameters
    ----------
    specs : sequence of FeatureSpec, optional
        Specification of the features, passed to the models.
    causes : sequence of str, optional
        Names of the causes 1, 2, ...; by default their numbers.
    model : SurvivalModel, optional
        Model that is cloned for each cause; ``ElasticNetCox`` by default.
    seed : int
        Seed passed to the models.

    Attributes
    ----------
    causes_ : tuple of str
        Names of the causes, in the order of their codes.
    models_ : tuple of SurvivalModel
        One per cause.
    knots_ : array
        Times at which the hazards are combined.
    end_ : float
        Last follow-up time, rounded up; predictions beyond it raise an error.

    Examples
    --------
    >>> import genorx as gx
    >>> made = gx.datasets.make_trial(150)
    >>> X = made.features[["age_years", "ldh_u_per_l"]]
    >>> y = made.outcomes.assign(cause=made.outcomes["event"] * (1 + made.outcomes["toxicity"]))
    >>> model = gx.outcomes.CauseSpecificSurvival(causes=["relapse", "death"]).fit(X, y)
    >>> model.predict_cumulative_incidence(X.head(3), [12, 24]).shape
    (3, 2, 2)
    """

    specs: Iterable[FeatureSpec] | None = None
    _: KW_ONLY
    causes: Sequence[str] | None = None
    model: Any = None
    seed: int = 0

    @single_threaded
    def fit(self, X: pd.DataFrame, y: pd.DataFrame, *, strata: pd.Series[Any] | None = None) -> Self:
        """Fit to ``y`` with columns ``time`` (> 0), ``event`` and ``cause`` (0 censored, 1 and more), index as ``X``.

        Raises
        ------
        UsageError
            If the patients differ, a time is not positive, or the causes are invalid.
        SupportError
            If a cause has no event, or its model cannot be fitted.
        """
        time, event = checked_outcome(X, y)
        cause, self.causes_ = checked_causes(y, None if self.causes is None else tuple(self.causes))
        self.end_ = rounded_up(float(time.max()))
        knots = coarse_times(time, event)
        if knots.size > _MOST_KNOTS:
            knots = knots[np.unique(np.linspace(0, knots.size - 1, _MOST_KNOTS).astype(int))]
        self.knots_, self.events_ = knots, np.bincount(cause, minlength=len(self.causes_) + 1)[1:].astype(float)
        check_each_seen(cause, self.causes_)
        models = []
        for code in range(1, len(self.causes_) + 1):
            own = pd.DataFrame({"time": time, "event": cause == code}, index=y.index)
            models.append(self._unfitted().fit(X, own, strata=strata))
        self.models_ = tuple(models)
        return self

    def _unfitted(self) -> Any:
        model = ElasticNetCox() if self.model is None else clone(self.model)
        own = model.get_params(deep=False)
        stated = {"seed": self.seed} | ({} if self.specs is None else {"specs": self.specs})
        return model.set_params(**{name: value for name, value in stated.items() if name in own})

    def _checked(self, times: ArrayLike) -> Floats:
        check_is_fitted(self, "end_")
        return times_within(times, self.end_)

    def _knots(self) -> Floats:
        return self.knots_

    def _hazards(self, X: pd.DataFrame, knots: Floats) -> Floats:
        if not knots.size:
            return np.zeros((len(self.models_), len(X), 0))
        return np.stack([_hazard(model.predict_survival(X, knots)) for model in self.models_])

    def _hazard_draws(self, X: pd.DataFrame, knots: Floats, n_draws: int, seed: int) -> Iterator[Floats]:
        for row in range(len(X)):
            one = X.iloc[[row]]
            yield np.stack(
                [
                    _hazard(model.sample_survival(one, knots, n_draws=n_draws, seed=seed + place)[:, 0])
                    for place, model in enumerate(self.models_)
                ]
            )

    def _complete(self, X: pd.DataFrame) -> Completed:
        completed: Completed = self.models_[0].encoder_.complete(X)
        return completed

    @mean_over_unknown
    def predict_risk(self, X: pd.DataFrame) -> Floats:
        """Logarithm of the cumulative hazard of any cause at the last event, shape (n_patients,)."""
        check_is_fitted(self, "models_")
        whole = self._hazards(X, self.knots_[-1:])[:, :, 0].sum(axis=0)
        return np.asarray(np.log(np.maximum(whole, _LEAST)))

    @mean_over_unknown
    def contributions(self, X: pd.DataFrame) -> pd.DataFrame:
        """Contribution of each feature to the causes' risk scores, averaged by events; patients x features."""
        check_is_fitted(self, "models_")
        share = self.events_ / self.events_.sum()
        frame: pd.DataFrame = sum(
            part * model.contributions(X) for part, model in zip(share, self.models_, strict=True)
        )
        return frame

    def state(self) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
        """JSON values and arrays from which ``from_state`` restores the model.

        Raises
        ------
        UsageError
            If the survival model is not one of genorx's own.
        """
        check_is_fitted(self, "models_")
        kind = savable_class(self.models_[0], _CLASSES)
        arrays: dict[str, NDArray[Any]] = {"knots": self.knots_, "events": self.events_}
        values: dict[str, Any] = {"class": kind, "models": [], "causes": list(self.causes_)}
        for place, model in enumerate(self.models_):
            own, own_arrays = model.state()
            values["models"].append(own)
            arrays |= named_below(f"models.{place}", own_arrays)
        return values | {"end": self.end_, "seed": self.seed}, arrays

    @classmethod
    def from_state(cls, values: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> Self:
        """Restore a fitted model from ``state``; runs no code of the file."""
        kind = _CLASSES[values["class"]]
        made = cls(causes=tuple(values["causes"]), model=kind(), seed=int(values["seed"]))
        models = []
        for place, own in enumerate(values["models"]):
            inside = arrays_below(f"models.{place}", arrays)
            models.append(kind.from_state(own, inside))
        made.models_, made.causes_ = tuple(models), tuple(values["causes"])
        made.knots_, made.events_, made.end_ = arrays["knots"], arrays["events"], float(values["end"])
        return made


def _hazard(survival: Floats) -> Floats:
    """Return cumulative hazards of survival curves; where a drawn curve rises, its hazard stays constant."""
    return np.asarray(np.maximum.accumulate(-np.log(np.clip(survival, _LEAST, 1.0)), axis=-1))
