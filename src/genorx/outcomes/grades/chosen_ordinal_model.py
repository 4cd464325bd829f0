"""Which model of a graded outcome suits these data: chosen by ranked probability score out of fold.

The choice is part of the fit, so that an evaluation out of fold repeats it within each fold.
Sources: Epstein ES 1969, J Appl Meteorol 8:985 (ranked probability score); Breiman L et al. 1984 (one-standard-error
rule).
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import expit, logit
from sklearn.base import clone

from genorx._core.threads import single_threaded
from genorx.errors import Finding
from genorx.features.spec import FeatureSpec
from genorx.outcomes.binary.calibration_line import mended_out_of_fold
from genorx.outcomes.binary.chosen_binary_model import OWN_FOLDS
from genorx.outcomes.binary.elastic_net_logistic import ElasticNetLogistic
from genorx.outcomes.binary.tree_logistic import BoostedLogistic, ForestLogistic
from genorx.outcomes.choice import ChosenModel, chosen_in, compared, spared, told_candidates
from genorx.outcomes.folds import hash_folds
from genorx.outcomes.frames import as_features, patients_of_outcome
from genorx.outcomes.grades.cumulative_ordinal import CumulativeOrdinal
from genorx.outcomes.grades.graded_model import (
    GradedModel,
    check_counting,
    checked_grades,
    grades_of,
    never_rising,
    reached,
)
from genorx.outcomes.grades.group_shrunk_ordinal import GroupShrunkOrdinal
from genorx.outcomes.grades.ordinal_scores import ranked_probability

logger = logging.getLogger(__name__)
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
_CLASSES: dict[str, Any] = {cls.__name__: cls for cls in (GroupShrunkOrdinal, CumulativeOrdinal)}
_ENGINES: tuple[Any, ...] = (ElasticNetLogistic, BoostedLogistic, ForestLogistic)
_FEWEST = 50  # patients on the rarer side of some threshold; below it nothing can be chosen and the default stands
_MOST_FOREST = 2000  # patients; above it a forest takes most of the time
_EDGE = 1e-6  # nearest to 0 and 1 that a probability is recalibrated
_MARGIN = 2.0  # standard errors: what replaces a model with a posterior has to be clearly better


class ChosenOrdinalModel(ChosenModel, GradedModel):
    """The default model, or another one whose score out of fold is better by more than two standard errors.

    Parameters
    ----------
    specs : sequence of FeatureSpec, optional
        Given to each candidate.
    candidates : mapping of name to OrdinalModel, optional
        The first is the default model.  None: ``GroupShrunkOrdinal``, and ``CumulativeOrdinal`` by
        ``ElasticNetLogistic``, ``BoostedLogistic`` and, up to 2,000 patients, ``ForestLogistic``.
    highest : int
        Highest grade; grades are 0, 1, ..., ``highest``.
    at_least : int
        Grade from which it counts, in ``predict_probability``.
    folds : int
        Folds of the choice.
    seed : int

    Attributes
    ----------
    model_ : OrdinalModel
        The chosen one, fitted to all patients.
    chosen_ : str
    choice_ : DataFrame
        ``model``, ``ranked_probability`` (less is better), ``difference`` (from the default), ``std_error`` (of the
        difference, over patients), ``chosen``, ``note``; empty where no threshold has 50 patients on either side, or
        there is one candidate.
    findings_ : tuple of Finding
    """

    _classes = _CLASSES

    def __init__(
        self,
        specs: Iterable[FeatureSpec] | None = None,
        *,
        candidates: Mapping[str, Any] | None = None,
        highest: int = 5,
        at_least: int = 3,
        folds: int = 5,
        seed: int = 0,
    ) -> None:
        self.specs = specs
        self.candidates = candidates
        self.highest = highest
        self.at_least = at_least
        self.folds = folds
        self.seed = seed

    @single_threaded
    def fit(self, X: Any, y: Any) -> Self:
        """Choose a model and fit it to grades ``y``, index as ``X``.

        Raises
        ------
        InputError
            If a grade is none of 0, 1, ..., ``highest`` (``unknown-grade``).
        UsageError
            If the patients differ, a grade is missing, ``at_least`` is no grade, or there is no candidate.
        SupportError
            If one grade only was seen.
        """
        check_counting(self.highest, self.at_least)
        frame = as_features(self, X, reset=True, index=patients_of_outcome(y))
        grade = checked_grades(frame, y, self.highest)
        values = pd.Series(grade.astype(float), index=frame.index)
        models = self._models(grade.size)
        self.chosen_, self.choice_ = next(iter(models)), pd.DataFrame()
        if len(models) > 1 and _most_on_rarer_side(grade, self.highest) >= _FEWEST:
            fold = hash_folds(frame.index, self.folds, seed=self.seed, salt="choice")

            def terms(model: Any) -> Floats:
                return ranked_probability(_out_of_fold(model, frame, values, fold), grade)

            self.choice_ = compared(models, terms, score="ranked_probability", margin=_MARGIN)
            self.chosen_ = chosen_in(self.choice_)
        logger.info("model of the grade: %s", self.chosen_)
        self.model_ = clone(models[self.chosen_]).fit(frame, values)
        self.findings_: tuple[Finding, ...] = tuple(getattr(self.model_, "findings_", ()))
        return self

    def _models(self, size: int) -> dict[str, Any]:
        told: dict[str, Any] = {} if self.specs is None else {"specs": self.specs}
        told |= {"highest": self.highest, "at_least": self.at_least}
        if self.candidates is not None:
            return told_candidates(self.candidates, told)
        engines = [cls for cls in _ENGINES if cls is not ForestLogistic or size <= _MOST_FOREST]
        ours: dict[str, Any] = {"GroupShrunkOrdinal": GroupShrunkOrdinal()}
        ours |= {f"Cumulative {cls.__name__}": CumulativeOrdinal(engine=cls(seed=self.seed)) for cls in engines}
        return told_candidates(ours, told)

    def predict_grades(self, X: Any) -> Floats:
        """Probability of each grade, shape (n_patients, highest + 1); rows sum to 1."""
        return np.asarray(self._model().predict_grades(as_features(self, X)))

    def sample_grades(self, X: Any, *, n_draws: int = 200, seed: int = 0) -> Floats:
        """Draws of the probability of each grade, shape (n_draws, n_patients, highest + 1)."""
        return np.asarray(self._model().sample_grades(as_features(self, X), n_draws=n_draws, seed=seed))

    def predict_risk(self, X: Any) -> Floats:
        """Log odds of a higher grade, as the chosen model says them, shape (n_patients,)."""
        return np.asarray(self._model().predict_risk(as_features(self, X)))

    def _saved(self) -> tuple[str, ...]:
        return ("highest", "at_least", "folds", "seed")

    @classmethod
    def from_state(cls, values: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> Self:
        """Make a fitted model from what ``state`` gave; runs no code of the file."""
        model = super().from_state(values, arrays)
        model.findings_ = ()
        return model


def _most_on_rarer_side(grade: Ints, highest: int) -> int:
    above = [int((grade >= k).sum()) for k in range(1, highest + 1)]
    return max(min(one, grade.size - one) for one in above)


def _out_of_fold(model: Any, X: pd.DataFrame, y: pd.Series[float], fold: NDArray[Any]) -> Floats:
    """Return the grades of each patient by a model fitted to the other folds; refits for draws are left out.

    Where the models of the thresholds recalibrate by folds of their own, this is done here, as
    ``mended_out_of_fold`` does it: folds within folds would cost five times as much.
    """
    quick = spared(model, "n_refits")
    mends = isinstance(model, CumulativeOrdinal) and isinstance(model.engine, OWN_FOLDS) and model.engine.folds > 0
    if isinstance(model, CumulativeOrdinal) and model.engine is not None:
        quick.set_params(engine=spared(model.engine, "n_refits", *(("folds",) if mends else ())))
    parts = {k: clone(quick).fit(X[fold != k], y[fold != k]).predict_grades(X[fold == k]) for k in np.unique(fold)}
    chance = np.empty((len(X), next(iter(parts.values())).shape[1]))
    for k, part in parts.items():
        chance[fold == k] = part
    return _mended(chance, np.asarray(y, dtype=np.float64), fold) if mends else chance


def _mended(chance: Floats, grade: Floats, fold: NDArray[Any]) -> Floats:
    reaching = reached(chance)
    for k in range(1, chance.shape[1]):
        linear = logit(np.clip(reaching[:, k], _EDGE, 1 - _EDGE))
        reaching[:, k] = expit(mended_out_of_fold(linear, (grade >= k).astype(float), fold))
    reaching[:, 1:] = never_rising(reaching[:, 1:])
    return grades_of(reaching)
