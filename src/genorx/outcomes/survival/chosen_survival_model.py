"""Which survival model suits these data: chosen by integrated Brier score out of fold, the default unless beaten.

The choice is part of the fit, so that an evaluation out of fold repeats it within each fold.
Sources: Breiman L et al. 1984 (one-standard-error rule); Graf E et al. 1999, Stat Med 18:2529.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from sklearn.base import clone
from sklearn.utils.validation import check_is_fitted

from genorx._core.disclosure import rounded_up
from genorx._core.feature_spec import FeatureSpec
from genorx._core.threads import single_threaded
from genorx.outcomes.choice import choice_records, chosen_in, compared, savable_class, spared, told_candidates
from genorx.outcomes.folds import hash_folds
from genorx.outcomes.frames import as_features, recall_features
from genorx.outcomes.survival.elastic_net_cox import ElasticNetCox
from genorx.outcomes.survival.group_shrunk_cox import GroupShrunkCox
from genorx.outcomes.survival.survival_base import RiskModel, checked_outcome, strata_of, survival_data
from genorx.outcomes.survival.survival_boosting import SurvivalBoosting
from genorx.outcomes.survival.survival_forest import SurvivalForest
from genorx.survival import brier_terms, integrate_brier

logger = logging.getLogger(__name__)
Floats = NDArray[np.float64]
_CLASSES = {cls.__name__: cls for cls in (GroupShrunkCox, ElasticNetCox, SurvivalForest, SurvivalBoosting)}
_FEWEST_EVENTS = 50  # below it nothing can be chosen; the default stands
_SCORED = 20  # times at which the Brier score is taken


class ChosenSurvivalModel(RiskModel):
    """The default model, or another one whose out-of-fold Brier score is better by more than its standard error.

    Parameters
    ----------
    specs : sequence of FeatureSpec, optional
        Given to each candidate.
    candidates : mapping of name to SurvivalModel, optional
        The first is the default model.  None: ``GroupShrunkCox``, ``ElasticNetCox``, ``SurvivalForest``,
        ``SurvivalBoosting``.
    folds : int
        Folds of the choice.
    seed : int

    Attributes
    ----------
    model_ : SurvivalModel
        The chosen one, fitted to all patients.
    chosen_ : str
    choice_ : DataFrame
        ``model``, ``brier_integrated``, ``difference`` (from the default), ``std_error`` (of the difference, over
        patients), ``chosen``, ``note``; empty where there were too few events to choose.
    end_ : float
        Last follow-up time, rounded up.
    """

    def __init__(
        self,
        specs: Iterable[FeatureSpec] | None = None,
        *,
        candidates: Mapping[str, Any] | None = None,
        folds: int = 5,
        seed: int = 0,
    ) -> None:
        self.specs = specs
        self.candidates = candidates
        self.folds = folds
        self.seed = seed

    @single_threaded
    def fit(self, X: Any, y: Any, *, strata: Any = None) -> Self:
        """Choose a model and fit it to ``y`` with columns ``time`` (> 0) and ``event``, index as ``X``.

        Raises
        ------
        UsageError
            If the patients differ, a time is not positive, or there is no candidate.
        SupportError
            If no event was seen.
        """
        X, y = survival_data(self, X, y, reset=True)
        time, event = checked_outcome(X, y)
        strata = strata_of(X, strata)
        models = self._models()
        default = next(iter(models))
        self.choice_, self.chosen_ = pd.DataFrame(), default
        if len(models) > 1 and event.sum() >= _FEWEST_EVENTS and self._times(X, y).size:
            self.choice_ = self._compare(models, X, y, strata)
            self.chosen_ = chosen_in(self.choice_)
        logger.info("survival model: %s", self.chosen_)
        self.model_ = _fitted(models[self.chosen_], X, y, strata)
        self.end_ = rounded_up(float(time.max()))
        return self

    def _models(self) -> dict[str, Any]:
        candidates = {name: cls() for name, cls in _CLASSES.items()} if self.candidates is None else self.candidates
        told = {"specs": self.specs, "seed": self.seed}
        if self.candidates is not None:
            told = {"specs": self.specs} if self.specs is not None else {}
        return told_candidates(candidates, told)

    def _fold(self, X: pd.DataFrame) -> NDArray[Any]:
        return hash_folds(X.index, self.folds, seed=self.seed, salt="choice")

    def _times(self, X: pd.DataFrame, y: pd.DataFrame) -> Floats:
        return _scored_times(y, self._fold(X))

    def _compare(
        self, models: Mapping[str, Any], X: pd.DataFrame, y: pd.DataFrame, strata: pd.Series[Any] | None
    ) -> pd.DataFrame:
        fold, times = self._fold(X), self._times(X, y)

        def terms(model: Any) -> Floats:
            survival = _out_of_fold(model, X, y, strata, fold=fold, times=times)
            return integrate_brier(brier_terms(y["time"], y["event"], survival, times), times)

        return compared(models, terms, score="brier_integrated")

    def predict_survival(self, X: Any, times: ArrayLike) -> Floats:
        """Survival probability, shape (n_patients, n_times).

        Raises
        ------
        HorizonError
            If a time exceeds the last follow-up.
        """
        return np.asarray(self._model().predict_survival(self._frame(X), times))

    def sample_survival(self, X: Any, times: ArrayLike, *, n_draws: int = 200, seed: int = 0) -> Floats:
        """Draws of the survival probability, shape (n_draws, n_patients, n_times).

        Raises
        ------
        HorizonError
            If a time exceeds the last follow-up.
        """
        return np.asarray(self._model().sample_survival(self._frame(X), times, n_draws=n_draws, seed=seed))

    def predict_risk(self, X: Any) -> Floats:
        """Risk score of the chosen model, shape (n_patients,); higher is worse."""
        return np.asarray(self._model().predict_risk(self._frame(X)))

    def contributions(self, X: Any) -> pd.DataFrame:
        """What each feature adds to the risk score; patients x features."""
        frame: pd.DataFrame = self._model().contributions(self._frame(X))
        return frame

    def _frame(self, X: Any) -> pd.DataFrame:
        return as_features(self, X)

    def _model(self) -> Any:
        check_is_fitted(self, "model_")
        return self.model_

    def state(self) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
        """JSON values and arrays from which ``from_state`` makes the same model.

        Raises
        ------
        UsageError
            If the chosen model is none of ours: how to load it is not known.
        """
        kind = savable_class(self._model(), _CLASSES)
        own, arrays = self.model_.state()
        values = {"class": kind, "model": own, "chosen": self.chosen_, "choice": choice_records(self.choice_)}
        return values | {"end": self.end_} | {"params": {"folds": self.folds, "seed": self.seed}}, arrays

    @classmethod
    def from_state(cls, values: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> Self:
        """Make a fitted model from what ``state`` gave; runs no code of the file."""
        model = cls(**values["params"])
        model.model_ = _CLASSES[values["class"]].from_state(values["model"], arrays)
        recall_features(model, list(model.model_.encoder_.feature_names_in_))
        model.chosen_, model.end_ = str(values["chosen"]), float(values["end"])
        model.choice_ = pd.DataFrame(values["choice"])
        return model


def _fitted(model: Any, X: pd.DataFrame, y: pd.DataFrame, strata: pd.Series[Any] | None) -> Any:
    return clone(model).fit(X, y, strata=strata)


def _out_of_fold(
    model: Any, X: pd.DataFrame, y: pd.DataFrame, strata: pd.Series[Any] | None, *, fold: NDArray[Any], times: Floats
) -> Floats:
    """Return survival of each patient by a model fitted to the other folds; refits for intervals are left out."""
    quick = spared(model, "n_refits")
    survival = np.empty((len(X), times.size))
    for k in np.unique(fold):
        own = None if strata is None else strata[fold != k]
        survival[fold == k] = _fitted(quick, X[fold != k], y[fold != k], own).predict_survival(X[fold == k], times)
    return survival


def _scored_times(y: pd.DataFrame, fold: NDArray[Any]) -> Floats:
    """Return times up to the last at which each training set still has 10 % of its patients at risk.

    Nobody is at risk after the last follow-up, which many share where a study closes on one day.
    """
    time, event = y["time"].to_numpy(float), y["event"].to_numpy(bool)
    last = min(float(np.quantile(time[fold != k], 0.9)) for k in np.unique(fold))
    inside = time[event & (time <= last) & (time < time.max())]
    return np.unique(np.quantile(inside, np.linspace(0.05, 1, _SCORED))) if inside.size else inside
