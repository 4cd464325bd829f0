"""Which model of competing causes suits these data: by integrated Brier score out of fold, the default unless beaten.

The score is the sum over causes of the Brier scores of their cumulative incidences; the choice is part of the fit.
Sources: Breiman L et al. 1984 (one-standard-error rule); Schoop R et al. 2011, Biom J 53:88.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, clone
from sklearn.utils.validation import check_is_fitted

from genorx._core.disclosure import rounded_up
from genorx._core.feature_spec import FeatureSpec
from genorx._core.threads import single_threaded
from genorx.outcomes.choice import choice_records, chosen_in, compared, savable_class, told_candidates
from genorx.outcomes.competing.cause_specific import CauseSpecificCox
from genorx.outcomes.competing.cause_specific_survival import CauseSpecificSurvival
from genorx.outcomes.competing.competing_curves import checked_causes
from genorx.outcomes.folds import hash_folds
from genorx.outcomes.survival.chosen_survival_model import _scored_times
from genorx.outcomes.survival.elastic_net_cox import ElasticNetCox
from genorx.outcomes.survival.survival_base import checked_outcome
from genorx.outcomes.survival.survival_boosting import SurvivalBoosting
from genorx.outcomes.survival.survival_forest import SurvivalForest
from genorx.survival import incidence_brier_terms, integrate_brier

logger = logging.getLogger(__name__)
Floats = NDArray[np.float64]
_CLASSES: dict[str, Any] = {cls.__name__: cls for cls in (CauseSpecificCox, CauseSpecificSurvival)}
_FEWEST_EVENTS = 50  # of each cause; below it nothing can be chosen and the default stands


class ChosenCompetingModel(BaseEstimator):  # type: ignore[misc]
    """The default model, or another one whose out-of-fold Brier score is better by more than its standard error.

    Parameters
    ----------
    specs : sequence of FeatureSpec, optional
    causes : sequence of str, optional
        Names of the causes 1, 2, ...; their numbers without it.
    candidates : mapping of name to CompetingModel, optional
        The first is the default model.  None: ``CauseSpecificCox``, and ``CauseSpecificSurvival`` with an
        ``ElasticNetCox``, a ``SurvivalForest`` and a ``SurvivalBoosting``.
    folds : int
        Folds of the choice.
    seed : int

    Attributes
    ----------
    model_ : CompetingModel
        The chosen one, fitted to all patients.
    chosen_ : str
    choice_ : DataFrame
        As in ``ChosenSurvivalModel``; empty where a cause had too few events to choose.
    causes_ : tuple of str
    end_ : float
        Last follow-up time, rounded up.
    """

    def __init__(
        self,
        specs: Iterable[FeatureSpec] | None = None,
        *,
        causes: Sequence[str] | None = None,
        candidates: Mapping[str, Any] | None = None,
        folds: int = 5,
        seed: int = 0,
    ) -> None:
        self.specs = specs
        self.causes = causes
        self.candidates = candidates
        self.folds = folds
        self.seed = seed

    @single_threaded
    def fit(self, X: pd.DataFrame, y: pd.DataFrame, *, strata: pd.Series[Any] | None = None) -> Self:
        """Choose a model and fit it to ``y`` with columns ``time`` (> 0), ``event`` and ``cause``, index as ``X``.

        Raises
        ------
        UsageError
            If the patients differ, a time is not positive, causes cannot be taken, or there is no candidate.
        SupportError
            If a cause has no event.
        """
        time, _ = checked_outcome(X, y)
        cause, self.causes_ = checked_causes(y, None if self.causes is None else tuple(self.causes))
        models = self._models()
        self.choice_, self.chosen_ = pd.DataFrame(), next(iter(models))
        fewest = min(int((cause == code).sum()) for code in range(1, len(self.causes_) + 1))
        if len(models) > 1 and fewest >= _FEWEST_EVENTS:
            self.choice_ = self._compare(models, X, y, strata)
            self.chosen_ = chosen_in(self.choice_)
        logger.info("model of competing causes: %s", self.chosen_)
        self.model_ = clone(models[self.chosen_]).fit(X, y, strata=strata)
        self.end_ = rounded_up(float(time.max()))
        return self

    def _models(self) -> dict[str, Any]:
        candidates = self.candidates
        if candidates is None:
            candidates = {
                "CauseSpecificCox": CauseSpecificCox(),
                "ElasticNetCox": CauseSpecificSurvival(model=ElasticNetCox()),
                "SurvivalForest": CauseSpecificSurvival(model=SurvivalForest()),
                "SurvivalBoosting": CauseSpecificSurvival(model=SurvivalBoosting()),
            }
        told: dict[str, Any] = {"causes": self.causes_, "seed": self.seed}
        told |= {} if self.specs is None else {"specs": self.specs}
        return told_candidates(candidates, told)

    def _compare(
        self, models: Mapping[str, Any], X: pd.DataFrame, y: pd.DataFrame, strata: pd.Series[Any] | None
    ) -> pd.DataFrame:
        fold = hash_folds(X.index, self.folds, seed=self.seed, salt="choice")
        times = _scored_times(y, fold)

        def terms(model: Any) -> Floats:
            incidence = _out_of_fold(model, X, y, strata, fold=fold, times=times)
            each = [
                incidence_brier_terms(y["time"], y["cause"], incidence[:, place], times, of=place + 1)
                for place in range(len(self.causes_))
            ]
            return integrate_brier(np.sum(each, axis=0), times)

        return compared(models, terms, score="brier_integrated")

    def predict_cumulative_incidence(self, X: pd.DataFrame, times: ArrayLike) -> Floats:
        """Cumulative incidence of each cause, shape (n_patients, n_causes, n_times).

        Raises
        ------
        HorizonError
            If a time exceeds the last follow-up.
        """
        return np.asarray(self._model().predict_cumulative_incidence(X, times))

    def predict_survival(self, X: pd.DataFrame, times: ArrayLike) -> Floats:
        """Probability of no event of any cause, shape (n_patients, n_times); errors as above."""
        return np.asarray(self._model().predict_survival(X, times))

    def sample_cumulative_incidence(
        self, X: pd.DataFrame, times: ArrayLike, *, n_draws: int = 200, seed: int = 0
    ) -> Floats:
        """Draws of the cumulative incidence, shape (n_draws, n_patients, n_causes, n_times); errors as above."""
        return np.asarray(self._model().sample_cumulative_incidence(X, times, n_draws=n_draws, seed=seed))

    def sample_survival(self, X: pd.DataFrame, times: ArrayLike, *, n_draws: int = 200, seed: int = 0) -> Floats:
        """Draws of the probability of no event, shape (n_draws, n_patients, n_times); errors as above."""
        return np.asarray(self._model().sample_survival(X, times, n_draws=n_draws, seed=seed))

    def predict_risk(self, X: pd.DataFrame) -> Floats:
        """Risk score of the chosen model, shape (n_patients,); higher is worse."""
        return np.asarray(self._model().predict_risk(X))

    def contributions(self, X: pd.DataFrame) -> pd.DataFrame:
        """What each feature adds to the risk score; patients x features."""
        frame: pd.DataFrame = self._model().contributions(X)
        return frame

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
        values |= {"end": self.end_, "causes": list(self.causes_)}
        return values | {"params": {"folds": self.folds, "seed": self.seed}}, arrays

    @classmethod
    def from_state(cls, values: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> Self:
        """Make a fitted model from what ``state`` gave; runs no code of the file."""
        made = cls(causes=tuple(values["causes"]), **values["params"])
        made.model_ = _CLASSES[values["class"]].from_state(values["model"], arrays)
        made.chosen_, made.end_ = str(values["chosen"]), float(values["end"])
        made.causes_, made.choice_ = tuple(values["causes"]), pd.DataFrame(values["choice"])
        return made


def _out_of_fold(
    model: Any, X: pd.DataFrame, y: pd.DataFrame, strata: pd.Series[Any] | None, *, fold: NDArray[Any], times: Floats
) -> Floats:
    """Return incidences of each patient by a model fitted to the other folds; refits for intervals are left out."""
    quick = clone(model)
    inner = getattr(quick, "model", None)
    if inner is not None and "n_refits" in inner.get_params(deep=False):
        quick.set_params(model__n_refits=0)
    parts = np.empty((len(X), len(model.causes), times.size))
    for k in np.unique(fold):
        own = None if strata is None else strata[fold != k]
        fitted = clone(quick).fit(X[fold != k], y[fold != k], strata=own)
        parts[fold == k] = fitted.predict_cumulative_incidence(X[fold == k], times)
    return parts
