"""Which model of an amount suits these data, chosen by absolute error out of fold, with intervals by cross-validation+.

The models of the folds serve both ends: what they predict for patients left out chooses the model, and how far off
they were makes the intervals.  The choice is part of the fit, so that an evaluation repeats it within each fold.
Sources: Breiman L et al. 1984 (one-standard-error rule); Gneiting T 2011, J Am Stat Assoc 106:746 (absolute error is
the score of medians).  Intervals are ``outcomes.amounts.cross_conformal``.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from inspect import signature
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, RegressorMixin, clone
from sklearn.utils.validation import check_is_fitted

from genorx._core.feature_spec import FeatureSpec
from genorx._core.threads import single_threaded
from genorx.errors import Finding, SupportError
from genorx.outcomes.amounts.cross_conformal import CrossConformal
from genorx.outcomes.amounts.elastic_net_regression import ElasticNetRegression
from genorx.outcomes.amounts.group_shrunk_regression import GroupShrunkRegression, check_level
from genorx.outcomes.amounts.patient_groups import PatientGroups
from genorx.outcomes.amounts.tree_regression import BoostedRegression, ForestRegression
from genorx.outcomes.amounts.value_base import checked_values
from genorx.outcomes.amounts.value_scale import ValueScale
from genorx.outcomes.choice import choice_records, choice_table, chosen_in, savable_class, spared, told_candidates
from genorx.outcomes.encoding.completed import interval_over_unknown
from genorx.outcomes.frames import as_features, known_features, recall_features
from genorx.outcomes.group_folds import folds_of
from genorx.outcomes.state_arrays import arrays_below, named_below

logger = logging.getLogger(__name__)
Floats = NDArray[np.float64]
_CLASSES = {
    cls.__name__: cls for cls in (GroupShrunkRegression, ElasticNetRegression, BoostedRegression, ForestRegression)
}
_FEWEST = 100  # patients; below it nothing can be chosen and the default stands
_MOST_FOREST = 2000  # patients; above it a forest takes most of the time and was never near
_FEWEST_FOLDS = 20  # patients; below it intervals are those of the model itself


class ChosenValueModel(RegressorMixin, BaseEstimator):  # type: ignore[misc]
    """The default model of an amount, or another one whose absolute error out of fold is less by a standard error.

    Parameters
    ----------
    specs : sequence of FeatureSpec, optional
        Given to each candidate.
    candidates : mapping of name to ValueModel, optional
        The first is the default model.  None: ``GroupShrunkRegression``, ``ElasticNetRegression``,
        ``BoostedRegression`` and, up to 2,000 patients, ``ForestRegression``.  One: nothing is chosen, and intervals
        are made all the same.
    by : sequence of str
        Features whose values name a patient's group in the intervals (genotypes; linked sites fill their gaps).
    shared : float
        Patients of other groups that count beside those of the own one in an interval.
    folds : int
    seed : int

    Attributes
    ----------
    model_ : ValueModel
        The chosen one, fitted to all patients.
    chosen_ : str
    choice_ : DataFrame
        ``model``, ``mae``, ``difference`` (from the default), ``std_error`` (of the difference), ``chosen``, ``note``;
        empty where there was nothing to choose.
    fold_models_ : tuple of ValueModel
    out_of_fold_ : Series
        Of each patient of the fit: the prediction by the model fitted without the patient's fold.
    findings_ : tuple of Finding
    """

    def __init__(
        self,
        specs: Iterable[FeatureSpec] | None = None,
        *,
        candidates: Mapping[str, Any] | None = None,
        by: Sequence[str] = (),
        shared: float = 50.0,
        folds: int = 5,
        seed: int = 0,
    ) -> None:
        self.specs = specs
        self.candidates = candidates
        self.by = by
        self.shared = shared
        self.folds = folds
        self.seed = seed

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        return tags

    @single_threaded
    def fit(self, X: pd.DataFrame, y: pd.Series[float], *, groups: Iterable[object] | None = None) -> Self:
        """Choose a model and fit it to ``y`` of numbers, index as ``X``.

        Parameters
        ----------
        groups : sequence, optional
            Site (or family) of each patient: folds are whole groups (as many as there are groups, if these are
            fewer), and intervals those of a new group.

        Raises
        ------
        UsageError
            If the patients differ, there is no candidate, or only one group.
        SupportError
            If all values are the same.
        """
        frame = as_features(self, X, reset=True)
        target = checked_values(frame, y)
        values = pd.Series(target, index=frame.index)
        models = self._models(target.size)
        self.chosen_, self.choice_ = next(iter(models)), pd.DataFrame()
        self.fold_models_: tuple[Any, ...] = ()
        self.groups_ = PatientGroups(self.by, self.specs).fit(frame)
        labels = None if groups is None else np.array([str(group) for group in groups], dtype=object)
        if target.size >= _FEWEST_FOLDS:
            n_folds = self.folds if labels is None else min(self.folds, len(set(labels)))
            fold = folds_of(frame.index, n_folds, groups=labels, seed=self.seed, salt="choice")
            self._choose(models, frame, values, np.unique(fold, return_inverse=True)[1], labels)
        logger.info("model of the value: %s", self.chosen_)
        self.model_ = _fitted(models[self.chosen_], frame, values, groups=labels)
        self.scale_: ValueScale = getattr(self.model_, "scale_", ValueScale("identity"))
        if self.fold_models_:
            self._calibrate(frame, target)
        self.findings_: tuple[Finding, ...] = tuple(getattr(self.model_, "findings_", ()))
        return self

    def _models(self, size: int) -> dict[str, Any]:
        given = self.candidates
        ours = {name: cls() for name, cls in _CLASSES.items() if cls is not ForestRegression or size <= _MOST_FOREST}
        told: dict[str, Any] = {} if self.specs is None else {"specs": self.specs}
        told |= {} if given is not None else {"seed": self.seed}
        return told_candidates(ours if given is None else given, told)

    def _choose(
        self,
        models: dict[str, Any],
        X: pd.DataFrame,
        y: pd.Series[float],
        fold: NDArray[Any],
        labels: NDArray[Any] | None,
    ) -> None:
        """Predict each patient out of fold by every candidate, and keep the models of the one that is chosen."""
        tried = models if len(X) >= _FEWEST else {self.chosen_: models[self.chosen_]}
        errors: dict[str, Floats] = {}
        notes = dict.fromkeys(tried, "")
        made: dict[str, tuple[tuple[Any, ...], Floats]] = {}
        for name, model in tried.items():
            try:
                made[name] = _out_of_fold(model, X, y, fold, groups=labels)
                errors[name] = np.abs(y.to_numpy() - made[name][1])
            except SupportError as error:
                notes[name] = error.reason  # cannot be fitted to these data: not a candidate, and said so
        if len(tried) > 1:
            whole = None if labels is None else pd.factorize(labels)[0]
            self.choice_ = choice_table(list(tried), errors, notes, score="mae", groups=whole)
            self.chosen_ = chosen_in(self.choice_)
        if self.chosen_ in made:
            self.fold_models_, predicted = made[self.chosen_]
            self.out_of_fold_ = pd.Series(predicted, index=X.index)
            self._fold = fold

    def _calibrate(self, X: pd.DataFrame, target: Floats) -> None:
        centre = self.scale_.forward(np.asarray(self.out_of_fold_, dtype=np.float64))
        away = self.scale_.forward(target) - centre
        group = self.groups_.codes(X)
        self.conformal_ = CrossConformal.of(away, centre, self._fold.astype(np.int64), group, shared=self.shared)

    def predict_value(self, X: pd.DataFrame) -> Floats:
        """Estimate of the chosen model, shape (n_patients,), in the unit of ``y``."""
        check_is_fitted(self, "model_")
        return np.asarray(self.model_.predict_value(as_features(self, X)))

    def predict(self, X: pd.DataFrame) -> Floats:
        """Estimate, as ``predict_value``: scikit-learn's name."""
        return self.predict_value(X)

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """Share of the variance of ``y`` that the estimates explain (R2), as scikit-learn's searches ask for it."""
        return float(super().score(X, y, sample_weight))

    def sample_value(self, X: pd.DataFrame, *, n_draws: int = 200, seed: int = 0) -> Floats:
        """Draws of the estimate, shape (n_draws, n_patients)."""
        check_is_fitted(self, "model_")
        return np.asarray(self.model_.sample_value(as_features(self, X), n_draws=n_draws, seed=seed))

    @interval_over_unknown
    def predict_interval(self, X: pd.DataFrame, *, level: float = 0.95) -> Floats:
        """Interval of a patient's own value, shape (n_patients, 2), by cross-validation+.

        An end is infinite (0 on a root or logarithm) where the cohort has too few patients for the level.
        """
        check_is_fitted(self, "model_")
        check_level(level)
        frame = as_features(self, X)
        if not self.fold_models_:
            return np.asarray(self.model_.predict_interval(frame, level=level))
        centre = np.stack([self.scale_.forward(model.predict_value(frame)) for model in self.fold_models_])
        scaled = self.conformal_.limits(centre, self.groups_.codes(frame), level)
        estimate = self.predict_value(frame)
        ends = self.scale_.back(scaled)
        return np.column_stack([np.minimum(ends[:, 0], estimate), np.maximum(ends[:, 1], estimate)])

    def contributions(self, X: pd.DataFrame) -> pd.DataFrame:
        """What each feature adds on the scale of the chosen model; patients x features."""
        check_is_fitted(self, "model_")
        frame: pd.DataFrame = self.model_.contributions(as_features(self, X))
        return frame

    def state(self) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
        """JSON values and arrays from which ``from_state`` makes the same model.

        Raises
        ------
        UsageError
            If the chosen model is none of ours: how to load it is not known.
        """
        check_is_fitted(self, "model_")
        kind = savable_class(self.model_, _CLASSES)
        states = [model.state() for model in (self.model_, *self.fold_models_)]
        arrays: dict[str, NDArray[Any]] = {}
        for place, (_, own) in enumerate(states):
            arrays |= named_below(str(place), own)
        if self.fold_models_:
            arrays |= named_below("conformal", self.conformal_.arrays())
        values: dict[str, Any] = {
            "class": kind,
            "models": [own for own, _ in states],
            "chosen": self.chosen_,
            "choice": choice_records(self.choice_),
        }
        params: dict[str, Any] = {"by": list(self.by), "shared": self.shared, "folds": self.folds, "seed": self.seed}
        values |= {"params": params, "groups": self.groups_.state(), "scale": self.scale_.name}
        return values | {"features": known_features(self)}, arrays

    @classmethod
    def from_state(cls, values: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> Self:
        """Make a fitted model from what ``state`` gave; runs no code of the file."""
        model = cls(**values["params"])
        kind = _CLASSES[values["class"]]
        models = [kind.from_state(own, arrays_below(str(place), arrays)) for place, own in enumerate(values["models"])]
        model.model_, model.fold_models_ = models[0], tuple(models[1:])
        model.scale_ = ValueScale(values["scale"])
        model.groups_ = PatientGroups.from_state(values["groups"])
        if model.fold_models_:
            model.conformal_ = CrossConformal.from_arrays(arrays_below("conformal", arrays), shared=model.shared)
        model.chosen_, model.choice_, model.findings_ = str(values["chosen"]), pd.DataFrame(values["choice"]), ()
        recall_features(model, values["features"])
        return model


def _fitted(model: Any, X: pd.DataFrame, y: pd.Series[float], *, groups: NDArray[Any] | None) -> Any:
    """Return a fitted clone; a model that knows of sites is told them."""
    told = groups is not None and "groups" in signature(model.fit).parameters
    return clone(model).fit(X, y, groups=groups) if told else clone(model).fit(X, y)


def _out_of_fold(
    model: Any, X: pd.DataFrame, y: pd.Series[float], fold: NDArray[Any], *, groups: NDArray[Any] | None
) -> tuple[tuple[Any, ...], Floats]:
    """Return the model of each fold and what it predicts of it; refits that make draws and intervals are left out."""
    quick = spared(model, "n_refits", "residual_folds")
    predicted, models = np.empty(len(X)), []
    for k in range(int(fold.max()) + 1):
        train = fold != k
        models.append(_fitted(quick, X[train], y[train], groups=None if groups is None else groups[train]))
        predicted[fold == k] = models[-1].predict_value(X[fold == k])
    return tuple(models), predicted
