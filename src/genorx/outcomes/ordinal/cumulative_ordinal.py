"""Ordinal outcome by one binary model per threshold, "this grade or more", made monotone.

Unlike with proportional odds, a feature may shift each threshold differently.  The model of a threshold with few
patients on one side is averaged with its neighbour's, one with very few uses the neighbour's alone; both are reported.
Source: Frank E, Hall M 2001, Lect Notes Comput Sci 2167:145.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import KW_ONLY, dataclass
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import expit, logit
from sklearn.base import clone
from sklearn.utils.validation import check_is_fitted

from genorx._core.feature_spec import FeatureSpec
from genorx._core.threads import single_threaded
from genorx.errors import Finding, Severity, SupportError
from genorx.outcomes.binary.elastic_net_logistic import ElasticNetLogistic
from genorx.outcomes.binary.group_shrunk_logistic import GroupShrunkLogistic
from genorx.outcomes.binary.recalibration import level_of
from genorx.outcomes.binary.tree_logistic import BoostedLogistic, ForestLogistic
from genorx.outcomes.choice import savable_class
from genorx.outcomes.encoding.completed import Completed, draws_over_unknown, mean_over_unknown
from genorx.outcomes.frames import as_features, known_features, patients_of_outcome, recall_features
from genorx.outcomes.ordinal.graded_model import (
    GradedModel,
    check_counting,
    checked_grades,
    grades_of,
    never_rising,
    never_seen,
)
from genorx.outcomes.state_arrays import Arrays, arrays_below, named_below

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
_CLASSES: dict[str, Any] = {
    cls.__name__: cls for cls in (ElasticNetLogistic, BoostedLogistic, ForestLogistic, GroupShrunkLogistic)
}
_FEW = 40  # patients on a side of a threshold below which its model is averaged with its neighbour's
_EDGE = 1e-12  # least distance of a borrowed probability from 0 and 1


@dataclass(eq=False, repr=False)
class CumulativeOrdinal(GradedModel):
    """Probability of each grade from binary models of "grade or more", one per threshold.

    If the models' probabilities increase with the threshold they are pooled (isotonic regression), in the estimate and
    in each draw.  Refits and draws of the thresholds share their random numbers.

    Parameters
    ----------
    specs : sequence of FeatureSpec, optional
        Specification of the features, passed to the models.
    engine : model of a yes-or-no outcome, optional
        Binary model that is cloned for each threshold: ``ElasticNetLogistic`` (the default), ``BoostedLogistic``,
        ``ForestLogistic`` or ``GroupShrunkLogistic``.
    highest : int
        Highest grade; grades are 0, 1, ..., ``highest``.
    at_least : int
        Threshold grade, for ``predict_probability``.
    min_events : int
        Fewest patients on either side of a threshold for a separate model: otherwise the threshold uses the log odds of
        the nearest one with enough, shifted by a constant so that the mean probability is its share
        (``grade-borrowed``).  With fewer than 40 patients its own log odds are averaged with those of the nearest
        threshold with 40; half of the draws are from either model.

    Attributes
    ----------
    models_ : tuple of fitted models
        Models of the thresholds.
    own_ : array of int
        Grades whose threshold has a model, in the order of ``models_``.
    source_ : array of int, shape (2, highest)
        For each grade above 0 the indices in ``models_`` of the two models whose log odds are averaged for its
        threshold; equal if it uses one model.
    shift_ : array of shape (2, highest)
        Log odds added to each model: 0 for the threshold's own; infinite if no patient, or every patient, had this
        grade or more.
    findings_ : tuple of Finding
        Findings on the fit, such as ``grade-borrowed``.

    Examples
    --------
    >>> import genorx as gx
    >>> made = gx.datasets.make_trial(150)
    >>> X = made.features[["age_years", "ldh_u_per_l"]]
    >>> grade = (made.outcomes["time"] // 12).clip(upper=4)
    >>> model = gx.outcomes.CumulativeOrdinal(engine=gx.outcomes.GroupShrunkLogistic(), highest=4).fit(X, grade)
    >>> model.predict_grades(X.head(3)).sum(axis=1).round(9).tolist()
    [1.0, 1.0, 1.0]
    """

    specs: Iterable[FeatureSpec] | None = None
    _: KW_ONLY
    engine: Any = None
    highest: int = 5
    at_least: int = 3
    min_events: int = 10

    @single_threaded
    def fit(self, X: Any, y: Any) -> Self:
        """Fit to grades ``y``, index as ``X``.

        Raises
        ------
        InputError
            If a grade is not among 0, 1, ..., ``highest`` (``unknown-grade``).
        UsageError
            If the patients differ, a grade is missing, or ``at_least`` is no grade.
        SupportError
            If all patients have the same grade, or no feature differs between patients (``no-columns``).
        """
        check_counting(self.highest, self.at_least)
        frame = as_features(self, X, reset=True, index=patients_of_outcome(y))
        grade = checked_grades(frame, y, self.highest)
        above = np.array([(grade >= k).sum() for k in range(1, self.highest + 1)])
        rarer = np.minimum(above, grade.size - above)
        if not rarer.any():
            raise SupportError(f"all patients have grade {grade[0]}", code="no-events", hint="A model needs two grades")
        enough = rarer >= min(self.min_events, int(rarer.max()))
        self.own_ = 1 + np.flatnonzero(enough)
        happened = [pd.Series((grade >= k).astype(float), index=frame.index) for k in self.own_]
        self.models_ = tuple(self._model().fit(frame, each) for each in happened)
        self.source_ = self._sources(rarer)
        self.shift_ = self._shifts(frame, above)
        self.findings_ = (*never_seen(np.unique(grade), self.highest), *self._borrowed(rarer, above))
        return self

    def _model(self) -> Any:
        made = clone(ElasticNetLogistic() if self.engine is None else self.engine)
        return made if self.specs is None else made.set_params(specs=self.specs)

    def _sources(self, rarer: Ints) -> Ints:
        """Return the two models of each threshold; ``rarer`` is the number of patients on the rarer side."""
        thresholds = np.arange(1, self.highest + 1)
        nearest = np.abs(thresholds[:, None] - self.own_).argmin(axis=1)
        beside, many = nearest.copy(), np.flatnonzero(rarer[self.own_ - 1] >= _FEW)
        few = self.own_[rarer[self.own_ - 1] < _FEW]
        if many.size:
            beside[few - 1] = many[np.abs(few[:, None] - self.own_[many]).argmin(axis=1)]
        return np.stack([nearest, beside])

    def _shifts(self, frame: pd.DataFrame, above: Ints) -> Floats:
        shifts = np.zeros((2, self.highest))
        for half, place in np.ndindex(shifts.shape):
            source = self.source_[half, place]
            if self.own_[source] == place + 1:
                continue
            share = float(above[place] / len(frame))
            linear = self.models_[source].predict_risk(frame)
            shifts[half, place] = logit(share) if share in (0.0, 1.0) else level_of(share, linear)
        return shifts

    def _borrowed(self, rarer: Ints, above: Ints) -> Iterator[Finding]:
        for place in np.flatnonzero(rarer):
            own, beside = self.own_[self.source_[:, place]]
            if own != place + 1:
                severity: Severity = "warning"
                text = "too few on one side for a separate model: its odds are those"
            elif beside != own:
                severity, text = "info", "few on one side: the log odds of its model are averaged with those"
            else:
                continue
            whose = f"of grade {beside} or more, shifted to its share"
            message = f"{above[place]} patients had grade {place + 1} or more, {text} {whose}"
            yield Finding(code="grade-borrowed", severity=severity, message=message)

    def _frame(self, X: Any) -> pd.DataFrame:
        check_is_fitted(self, "models_")
        return as_features(self, X)

    def _complete(self, X: pd.DataFrame) -> Completed:
        completed: Completed = self.models_[0].encoder_.complete(X)
        return completed

    @mean_over_unknown
    def predict_grades(self, X: Any) -> Floats:
        """Probability of each grade, shape (n_patients, highest + 1); rows sum to 1."""
        frame = self._frame(X)
        linear = np.stack([model.predict_risk(frame) for model in self.models_], axis=-1)
        return _ordered(expit((linear[:, self.source_] + self.shift_).mean(axis=1)))

    @draws_over_unknown
    def sample_grades(self, X: Any, *, n_draws: int = 200, seed: int = 0) -> Floats:
        """Draws of the probability of each grade, shape (n_draws, n_patients, highest + 1).

        Raises
        ------
        SupportError
            If the models were fitted without refits.
        """
        frame = self._frame(X)
        drawn = [model.sample_probability(frame, n_draws=n_draws, seed=seed) for model in self.models_]
        linear = logit(np.clip(np.stack(drawn, axis=-1), _EDGE, 1 - _EDGE))
        reaching = np.empty((*linear.shape[:2], self.highest))
        for half in range(2):
            reaching[half::2] = linear[half::2][..., self.source_[half]] + self.shift_[half]
        return _ordered(expit(reaching))

    @mean_over_unknown
    def predict_risk(self, X: Any) -> Floats:
        """Log odds of ``grade or more``, mean over the thresholds with a model, shape (n_patients,)."""
        frame = self._frame(X)
        return np.asarray(sum(model.predict_risk(frame) for model in self.models_) / len(self.models_))

    @mean_over_unknown
    def contributions(self, X: Any) -> pd.DataFrame:
        """Contribution of each feature to ``predict_risk`` relative to the cohort's mean; patients x features."""
        frame = self._frame(X)
        parts: pd.DataFrame = sum(model.contributions(frame) for model in self.models_) / len(self.models_)
        return parts

    def state(self) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
        """JSON values and arrays from which ``from_state`` restores the model.

        Raises
        ------
        UsageError
            If the engine is not one of genorx's own.
        """
        check_is_fitted(self, "models_")
        values: dict[str, Any] = {name: getattr(self, name) for name in ("highest", "at_least", "min_events")}
        made = [model.state() for model in self.models_]
        arrays: Arrays = {"own": self.own_, "source": self.source_, "shift": self.shift_}
        for place, (_, own) in enumerate(made):
            arrays |= named_below(str(place), own)
        kind = savable_class(self.models_[0], _CLASSES)
        shape = {"engine": kind, "models": [own for own, _ in made], "features": known_features(self)}
        return {"params": values} | shape, arrays

    @classmethod
    def from_state(cls, values: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> Self:
        """Restore a fitted model from ``state``; runs no code of the file."""
        kind = _CLASSES[values["engine"]]
        models = enumerate(values["models"])
        made = [kind.from_state(own, arrays_below(str(place), arrays)) for place, own in models]
        model = cls(engine=clone(made[0]), **values["params"])
        model.models_, model.findings_ = tuple(made), ()
        model.own_ = arrays["own"]
        both = (2, model.highest)  # older files have one model per threshold
        model.source_, model.shift_ = (np.broadcast_to(arrays[name], both) for name in ("source", "shift"))
        recall_features(model, values["features"])
        return model


def _ordered(reaching: Floats) -> Floats:
    """Return the probability of each grade from that of each grade above 0 or more."""
    whole = np.concatenate([np.ones_like(reaching[..., :1]), never_rising(reaching)], axis=-1)
    return grades_of(whole)
