"""Choice of a continuous model by out-of-fold absolute error, with intervals by cross-validation+ (CV+).

The models of the folds serve both purposes: their out-of-fold predictions choose the model, and the out-of-fold errors
give the intervals.  The choice is part of the fit, so that an evaluation repeats it within each fold.
Sources: Breiman L et al. 1984 (one-standard-error rule); Gneiting T 2011, J Am Stat Assoc 106:746 (absolute error is
the score of medians).  Intervals are ``outcomes.continuous.cross_conformal``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import KW_ONLY, dataclass
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from genorx._core.threads import single_threaded
from genorx.errors import SupportError
from genorx.outcomes.choice import choice_table, chosen_in, without_refits
from genorx.outcomes.continuous.cross_conformal import CrossConformal
from genorx.outcomes.continuous.elastic_net_regression import ElasticNetRegression
from genorx.outcomes.continuous.group_shrunk_regression import GroupShrunkRegression, check_level
from genorx.outcomes.continuous.patient_groups import PatientGroups
from genorx.outcomes.continuous.tree_regression import BoostedRegression, ForestRegression
from genorx.outcomes.continuous.value_base import ValueRegressor, checked_values
from genorx.outcomes.continuous.value_scale import ValueScale
from genorx.outcomes.encoding.completed import interval_over_unknown
from genorx.outcomes.engines.chosen import Chosen, asked
from genorx.outcomes.engines.left_out import fitted_to_others, heeded
from genorx.outcomes.frames import as_features
from genorx.outcomes.group_folds import folds_of
from genorx.outcomes.kinds.continuous import ContinuousFamily
from genorx.outcomes.protocol import ValueModel
from genorx.outcomes.state_arrays import arrays_below, named_below

Floats = NDArray[np.float64]
_FEWEST_FOLDS = 20  # patients below which intervals are those of the model itself


@dataclass(eq=False, repr=False)
class ChosenValueModel(ValueRegressor, Chosen):
    """The default continuous model, or another one whose out-of-fold absolute error is lower by a standard error.

    Parameters
    ----------
    specs : sequence of FeatureSpec, optional
        Specification of the features, passed to each candidate.
    candidates : mapping of name to ValueModel, optional
        The first is the default model.  None: ``GroupShrunkRegression``, ``ElasticNetRegression``,
        ``BoostedRegression`` and, up to 2,000 patients, ``ForestRegression``.  With a single candidate nothing is
        chosen, but intervals are computed.
    by : sequence of str
        Features whose values define a patient's group in the intervals (genotypes; gaps are filled from linked sites).
    shared : float
        Weight of all other groups in an interval, in patients.
    folds, seed : int
        Number of folds of comparison and intervals, and seed of folds and default candidates.

    Attributes
    ----------
    model_ : ValueModel
        The chosen model, fitted to all patients.
    chosen_ : str
        Name of the chosen model.
    choice_ : DataFrame
        ``model``, ``mae``, ``difference`` (from the default), ``std_error`` (of the difference), ``chosen``, ``note``;
        empty if there was nothing to choose.
    fold_models_ : tuple of ValueModel
        Models fitted without each fold.
    out_of_fold_ : Series
        Prediction for each training patient by the model fitted without the patient's fold.
    findings_ : tuple of Finding
        Findings on the fit.

    Examples
    --------
    >>> import genorx as gx
    >>> made = gx.datasets.make_trial(150)
    >>> X = made.features[["age_years", "ldh_u_per_l"]]
    >>> dose = (30 - 0.2 * X["age_years"] + made.outcomes["time"].rank() / 50).rename("dose_mg")
    >>> candidates = {"shrunk": gx.outcomes.GroupShrunkRegression(), "forest": gx.outcomes.ForestRegression(n_bags=2)}
    >>> model = gx.outcomes.ChosenValueModel(candidates=candidates, folds=3).fit(X, dose)
    >>> model.chosen_
    'shrunk'
    """

    _: KW_ONLY
    by: Sequence[str] = ()
    shared: float = 50.0

    family = ContinuousFamily()
    ours = (GroupShrunkRegression, ElasticNetRegression, BoostedRegression, ForestRegression)

    @single_threaded
    def fit(self, X: pd.DataFrame, y: pd.Series[float], *, groups: Iterable[object] | None = None) -> Self:
        """Choose a model and fit it to ``y`` of numbers, index as ``X``.

        Parameters
        ----------
        X : DataFrame
            Features.
        y : Series of float
            Values, same index.
        groups : sequence, optional
            Site (or family) of each patient: folds are whole groups (at most as many folds as groups), and intervals
            are those of a new group.

        Raises
        ------
        UsageError
            If the patients differ, there is no candidate, or only one group.
        SupportError
            If all values are equal.
        """
        frame = as_features(self, X, reset=True)
        target = checked_values(frame, y)
        self.groups_ = PatientGroups(self.by, self.specs).fit(frame)
        self.fold_models_: tuple[Any, ...] = ()
        labels = None if groups is None else np.array([str(group) for group in groups], dtype=object)
        self._choose(frame, pd.Series(target, index=frame.index), groups=labels)
        self.scale_: ValueScale = getattr(self.model_, "scale_", ValueScale("identity"))
        if self.fold_models_:
            self._calibrate(frame, target)
        return self

    def _compare(self, models: dict[str, Any], X: pd.DataFrame, y: Any, **stated: Any) -> dict[str, Any]:
        """Predict each patient out of fold by every candidate, and keep the fold models of the chosen one.

        With few patients nothing is chosen, and the fold models of the default give the intervals.
        """
        if len(X) < _FEWEST_FOLDS:
            return models
        labels = stated["groups"]
        n_folds = self.folds if labels is None else min(self.folds, len(set(labels)))
        fold = folds_of(X.index, n_folds, groups=labels, seed=self.seed, salt="choice")
        fold = np.unique(fold, return_inverse=True)[1]
        tried = models if len(X) >= self.family.choice.fewest else {self.chosen_: models[self.chosen_]}
        errors: dict[str, Floats] = {}
        notes = dict.fromkeys(tried, "")
        made: dict[str, tuple[tuple[Any, ...], Floats]] = {}
        for name, model in tried.items():
            try:
                made[name] = _out_of_fold(model, X, y, fold, groups=labels)
                errors[name] = self.family.losses(y, made[name][1], np.zeros(0))
            except SupportError as error:
                notes[name] = error.reason  # cannot be fitted to these data: excluded, and reported
        if len(tried) > 1:
            whole = None if labels is None else pd.factorize(labels)[0]
            self.choice_ = choice_table(list(tried), errors, notes, score=self.family.choice.score, groups=whole)
            self.chosen_ = chosen_in(self.choice_)
        if self.chosen_ in made:
            self.fold_models_, predicted = made[self.chosen_]
            self.out_of_fold_ = pd.Series(predicted, index=X.index)
            self._fold = fold
        return models

    def _calibrate(self, X: pd.DataFrame, target: Floats) -> None:
        centre = self.scale_.forward(np.asarray(self.out_of_fold_, dtype=np.float64))
        away = self.scale_.forward(target) - centre
        group = self.groups_.codes(X)
        self.conformal_ = CrossConformal.of(away, centre, self._fold.astype(np.int64), group, shared=self.shared)

    predict_value = asked(ValueModel.predict_value)
    sample_value = asked(ValueModel.sample_value)

    @interval_over_unknown
    def predict_interval(self, X: pd.DataFrame, *, level: float = 0.95) -> Floats:
        """Prediction interval of a patient's own value, shape (n_patients, 2), by cross-validation+.

        A limit is infinite (the lower one 0 on the scale of a root or logarithm) if the cohort has too few patients for
        the level.
        """
        model = self._model()
        check_level(level)
        frame = as_features(self, X)
        if not self.fold_models_:
            return np.asarray(model.predict_interval(frame, level=level))
        centre = np.stack([self.scale_.forward(model.predict_value(frame)) for model in self.fold_models_])
        scaled = self.conformal_.limits(centre, self.groups_.codes(frame), level)
        estimate = self.predict_value(frame)
        ends = self.scale_.back(scaled)
        return np.column_stack([np.minimum(ends[:, 0], estimate), np.maximum(ends[:, 1], estimate)])

    def _saved(self) -> dict[str, Any]:
        return super()._saved() | {"by": list(self.by)}

    def state(self) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
        """JSON values and arrays from which ``from_state`` restores the model.

        Raises
        ------
        UsageError
            If the chosen model is not one of genorx's own.
        """
        values, _ = super().state()
        states = [model.state() for model in (self.model_, *self.fold_models_)]
        arrays: dict[str, NDArray[Any]] = {}
        for place, (_, own) in enumerate(states):
            arrays |= named_below(str(place), own)
        if self.fold_models_:
            arrays |= named_below("conformal", self.conformal_.arrays())
        del values["model"]
        values |= {"models": [own for own, _ in states], "groups": self.groups_.state(), "scale": self.scale_.name}
        return values, arrays

    @classmethod
    def from_state(cls, values: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> Self:
        """Restore a fitted model from ``state``; runs no code of the file."""
        model = cls(**values["params"])
        kind = cls._by_name()[values["class"]]
        models = [kind.from_state(own, arrays_below(str(place), arrays)) for place, own in enumerate(values["models"])]
        model.model_, model.fold_models_ = models[0], tuple(models[1:])
        model.scale_ = ValueScale(values["scale"])
        model.groups_ = PatientGroups.from_state(values["groups"])
        if model.fold_models_:
            model.conformal_ = CrossConformal.from_arrays(arrays_below("conformal", arrays), shared=model.shared)
        model._recall(values)
        return model


def _out_of_fold(
    model: Any, X: pd.DataFrame, y: pd.Series[float], fold: NDArray[Any], **stated: Any
) -> tuple[tuple[Any, ...], Floats]:
    """Return each fold's model and its predictions; refits for draws and intervals are left out."""
    quick = without_refits(model, "n_refits", "residual_folds")
    predicted, models = np.empty(len(X)), []
    for inside, fitted in fitted_to_others(quick, X, y, fold, **heeded(model, stated)):
        models.append(fitted)
        predicted[inside] = fitted.predict_value(X[inside])
    return tuple(models), predicted
