"""Which model of a count suits these data: chosen by Poisson deviance out of fold, the default unless beaten.

The choice is part of the fit, so that an evaluation out of fold repeats it within each fold.
Sources: Breiman L et al. 1984 (one-standard-error rule); Czado C et al. 2009, Biometrics 65:1254 (scores of counts).
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import xlogy
from sklearn.base import BaseEstimator, RegressorMixin, clone

from genorx._core.feature_spec import FeatureSpec
from genorx._core.threads import single_threaded
from genorx.errors import Finding
from genorx.outcomes.choice import ChosenModel, chosen_in, compared, spared, told_candidates
from genorx.outcomes.counts.boosted_counts import BoostedCounts
from genorx.outcomes.counts.counts_base import checked_counts
from genorx.outcomes.counts.elastic_net_counts import ElasticNetCounts
from genorx.outcomes.counts.forest_counts import ForestCounts
from genorx.outcomes.counts.group_shrunk_counts import GroupShrunkCounts
from genorx.outcomes.folds import hash_folds
from genorx.outcomes.frames import as_features

logger = logging.getLogger(__name__)
Floats = NDArray[np.float64]
_CLASSES: dict[str, Any] = {
    cls.__name__: cls for cls in (GroupShrunkCounts, ElasticNetCounts, BoostedCounts, ForestCounts)
}
_FEWEST = 50  # patients with a count above 0; below it nothing can be chosen and the default stands
_MOST_FOREST = 2000  # patients; above it a forest takes most of the time
_LEAST_MEAN = 1e-9  # a mean of 0 with a count above it is scored as this
_MARGIN = 2.0  # standard errors: what replaces a model with a posterior has to be clearly better


class ChosenCountModel(ChosenModel, RegressorMixin, BaseEstimator):  # type: ignore[misc]
    """The default model, or another one whose deviance out of fold is less by more than two standard errors.

    Parameters
    ----------
    specs : sequence of FeatureSpec, optional
        Given to each candidate.
    candidates : mapping of name to ValueModel, optional
        The first is the default model.  None: ``GroupShrunkCounts``, ``ElasticNetCounts``, ``BoostedCounts`` and, up to
        2,000 patients, ``ForestCounts``.
    exposure : str, optional
        Feature that a patient's count is proportional to (time under observation), given to each candidate.
    folds : int
        Folds of the choice.
    seed : int

    Attributes
    ----------
    model_ : ValueModel
        The chosen one, fitted to all patients.
    chosen_ : str
    choice_ : DataFrame
        ``model``, ``poisson_deviance``, ``difference`` (from the default), ``std_error`` (of the difference, over
        patients), ``chosen``, ``note``; empty where fewer than 50 patients have a count above 0, or there is one
        candidate.
    findings_ : tuple of Finding
    """

    _classes = _CLASSES

    def __init__(
        self,
        specs: Iterable[FeatureSpec] | None = None,
        *,
        candidates: Mapping[str, Any] | None = None,
        exposure: str | None = None,
        folds: int = 5,
        seed: int = 0,
    ) -> None:
        self.specs = specs
        self.candidates = candidates
        self.exposure = exposure
        self.folds = folds
        self.seed = seed

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.input_tags.string = True
        tags.input_tags.categorical = True
        tags.target_tags.positive_only = True
        return tags

    @single_threaded
    def fit(self, X: Any, y: Any) -> Self:
        """Choose a model and fit it to counts ``y``, index as ``X``.

        Raises
        ------
        InputError
            If a count is below 0 (``negative-count``) or no whole number (``not-a-count``), or an exposure is not
            positive (``exposure-not-positive``).
        UsageError
            If the patients differ, a count is missing, or there is no candidate.
        SupportError
            If all counts are 0.
        """
        frame = as_features(self, X, reset=True)
        target = checked_counts(frame, y)
        values = pd.Series(target, index=frame.index)
        models = self._models(target.size)
        self.chosen_, self.choice_ = next(iter(models)), pd.DataFrame()
        if len(models) > 1 and (target > 0).sum() >= _FEWEST:
            fold = hash_folds(frame.index, self.folds, seed=self.seed, salt="choice")

            def terms(model: Any) -> Floats:
                mean = np.maximum(_out_of_fold(model, frame, values, fold), _LEAST_MEAN)
                return np.asarray(2 * (xlogy(target, target / mean) - target + mean))

            self.choice_ = compared(models, terms, score="poisson_deviance", margin=_MARGIN)
            self.chosen_ = chosen_in(self.choice_)
        logger.info("model of the count: %s", self.chosen_)
        self.model_ = clone(models[self.chosen_]).fit(frame, values)
        self.findings_: tuple[Finding, ...] = tuple(getattr(self.model_, "findings_", ()))
        return self

    def _models(self, size: int) -> dict[str, Any]:
        ours = {name: cls() for name, cls in _CLASSES.items() if cls is not ForestCounts or size <= _MOST_FOREST}
        told: dict[str, Any] = {} if self.specs is None else {"specs": self.specs}
        told |= {} if self.exposure is None else {"exposure": self.exposure}
        if self.candidates is None:
            return told_candidates(ours, told | {"seed": self.seed})
        return told_candidates(self.candidates, told)

    def predict_value(self, X: Any) -> Floats:
        """Mean count of each patient (over the patient's own exposure), shape (n_patients,)."""
        return np.asarray(self._model().predict_value(as_features(self, X)))

    def predict(self, X: Any) -> Floats:
        """Mean count, as ``predict_value``: scikit-learn's name."""
        return self.predict_value(X)

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """Share of the variance of ``y`` that the means explain (R2), as scikit-learn's searches ask for it."""
        return float(super().score(X, y, sample_weight))

    def sample_value(self, X: Any, *, n_draws: int = 200, seed: int = 0) -> Floats:
        """Draws of the mean count, shape (n_draws, n_patients)."""
        return np.asarray(self._model().sample_value(as_features(self, X), n_draws=n_draws, seed=seed))

    def predict_interval(self, X: Any, *, level: float = 0.95) -> Floats:
        """Interval of a patient's own count, shape (n_patients, 2)."""
        return np.asarray(self._model().predict_interval(as_features(self, X), level=level))

    def _saved(self) -> tuple[str, ...]:
        return ("exposure", "folds", "seed")

    @classmethod
    def from_state(cls, values: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> Self:
        """Make a fitted model from what ``state`` gave; runs no code of the file."""
        model = super().from_state(values, arrays)
        model.findings_ = ()
        return model


def _out_of_fold(model: Any, X: pd.DataFrame, y: pd.Series[float], fold: NDArray[Any]) -> Floats:
    """Return the mean of each patient by a model fitted to the other folds; refits for draws are left out."""
    quick = spared(model, "n_refits", *(("folds",) if isinstance(model, BoostedCounts) else ()))
    mean = np.empty(len(X))
    for k in np.unique(fold):
        mean[fold == k] = clone(quick).fit(X[fold != k], y[fold != k]).predict_value(X[fold == k])
    return mean
