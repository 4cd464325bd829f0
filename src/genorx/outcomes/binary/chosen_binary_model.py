"""Which model of a yes-or-no outcome suits these data: chosen by log score out of fold, the default unless beaten.

The choice is part of the fit, so that an evaluation out of fold repeats it within each fold.
Sources: Breiman L et al. 1984 (one-standard-error rule); Good IJ 1952, J R Stat Soc B 14:107 (log score).
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import logit
from sklearn.base import clone

from genorx._core.feature_spec import FeatureSpec
from genorx._core.threads import single_threaded
from genorx.outcomes.binary.binary_base import BinaryClassifier
from genorx.outcomes.binary.calibration_line import mended_out_of_fold
from genorx.outcomes.binary.elastic_net_logistic import ElasticNetLogistic
from genorx.outcomes.binary.group_shrunk_logistic import GroupShrunkLogistic
from genorx.outcomes.binary.tree_logistic import BoostedLogistic, ForestLogistic
from genorx.outcomes.choice import ChosenModel, chosen_in, compared, spared, told_candidates
from genorx.outcomes.folds import hash_folds
from genorx.outcomes.frames import as_features

logger = logging.getLogger(__name__)
Floats = NDArray[np.float64]
_CLASSES: dict[str, Any] = {
    cls.__name__: cls for cls in (GroupShrunkLogistic, ElasticNetLogistic, BoostedLogistic, ForestLogistic)
}
#: Models that recalibrate by folds of their own.
OWN_FOLDS = (GroupShrunkLogistic, BoostedLogistic, ForestLogistic)
_FEWEST = 50  # patients of the rarer value; below it nothing can be chosen and the default stands
_MOST_FOREST = 2000  # patients; above it a forest takes most of the time
_EDGE = 1e-6  # nearest to 0 and 1 that a probability is scored
_MARGIN = 2.0  # standard errors: what replaces a model with a posterior has to be clearly better


class ChosenBinaryModel(ChosenModel, BinaryClassifier):
    """The default model, or another one whose log score out of fold is better by more than two standard errors.

    Parameters
    ----------
    specs : sequence of FeatureSpec, optional
        Given to each candidate.
    candidates : mapping of name to BinaryModel, optional
        The first is the default model.  None: ``GroupShrunkLogistic``, ``ElasticNetLogistic``, ``BoostedLogistic``
        and, up to 2,000 patients, ``ForestLogistic``.
    folds : int
        Folds of the choice.
    seed : int

    Attributes
    ----------
    classes_ : array of shape (2,)
        The two labels, sorted: the outcome is the second.
    model_ : BinaryModel
        The chosen one, fitted to all patients.
    chosen_ : str
    choice_ : DataFrame
        ``model``, ``log_score`` (minus the mean log probability of what happened: less is better), ``difference``
        (from the default), ``std_error`` (of the difference, over patients), ``chosen``, ``note``; empty where fewer
        than 50 patients have one of the values, or there is one candidate.
    """

    _classes = _CLASSES

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
    def fit(self, X: Any, y: Any) -> Self:
        """Choose a model and fit it to ``y`` of 0 and 1 (or two other labels), index as ``X``; or to arrays.

        Raises
        ------
        UsageError
            If the patients differ, a value is missing, values are more than two (``not-binary``), or there is no
            candidate.
        InputError
            As ``outcomes.frames.as_features``.
        SupportError
            If only one value was seen.
        """
        frame, target = self._labelled(X, y)
        values = pd.Series(target, index=frame.index)
        models = self._models(target.size)
        self.chosen_, self.choice_ = next(iter(models)), pd.DataFrame()
        if len(models) > 1 and min(target.sum(), (1 - target).sum()) >= _FEWEST:
            fold = hash_folds(frame.index, self.folds, seed=self.seed, salt="choice")

            def terms(model: Any) -> Floats:
                linear = _out_of_fold(model, frame, values, fold)
                return np.asarray(np.logaddexp(0.0, linear) - target * linear)

            self.choice_ = compared(models, terms, score="log_score", margin=_MARGIN)
            self.chosen_ = chosen_in(self.choice_)
        logger.info("model of the yes-or-no outcome: %s", self.chosen_)
        self.model_ = clone(models[self.chosen_]).fit(frame, values)
        return self

    def _models(self, size: int) -> dict[str, Any]:
        ours = {name: cls() for name, cls in _CLASSES.items() if cls is not ForestLogistic or size <= _MOST_FOREST}
        told: dict[str, Any] = {} if self.specs is None else {"specs": self.specs}
        if self.candidates is None:
            return told_candidates(ours, told | {"seed": self.seed})
        return told_candidates(self.candidates, told)

    def predict_probability(self, X: Any) -> Floats:
        """Probability of the outcome (of the second of ``classes_``), shape (n_patients,)."""
        return np.asarray(self._model().predict_probability(as_features(self, X)))

    def predict_risk(self, X: Any) -> Floats:
        """Log odds, shape (n_patients,)."""
        return _log_odds(self._model(), as_features(self, X))

    def sample_probability(self, X: Any, *, n_draws: int = 200, seed: int = 0) -> Floats:
        """Draws of the probability, shape (n_draws, n_patients)."""
        return np.asarray(self._model().sample_probability(as_features(self, X), n_draws=n_draws, seed=seed))

    def state(self) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
        """JSON values and arrays from which ``from_state`` makes the same model.

        Raises
        ------
        UsageError
            If the chosen model is none of ours: how to load it is not known.
        """
        values, arrays = super().state()
        return values | self._labels_state(), arrays

    @classmethod
    def from_state(cls, values: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> Self:
        """Make a fitted model from what ``state`` gave; runs no code of the file."""
        model = super().from_state(values, arrays)
        model._take_labels(values)
        return model


def _log_odds(model: Any, X: pd.DataFrame) -> Floats:
    """Return log odds; the protocol asks for probabilities only."""
    if isinstance(model, BinaryClassifier):
        return model.predict_risk(X)
    return np.asarray(logit(np.clip(model.predict_probability(X), _EDGE, 1 - _EDGE)))


def _out_of_fold(model: Any, X: pd.DataFrame, y: pd.Series[float], fold: NDArray[Any]) -> Floats:
    """Return log odds of each patient by a model fitted to the other folds.

    Refits for draws are left out.  Where the model recalibrates by folds of its own, this is done here by a line of
    the patients of the other folds, left out in their turn: folds within folds would cost five times as much.
    """
    mends = isinstance(model, OWN_FOLDS) and model.folds > 0
    quick = spared(model, "n_refits", *(("folds",) if mends else ()))
    linear = np.empty(len(X))
    for k in np.unique(fold):
        linear[fold == k] = _log_odds(clone(quick).fit(X[fold != k], y[fold != k]), X[fold == k])
    return mended_out_of_fold(linear, np.asarray(y, dtype=np.float64), fold) if mends else linear
