"""A yes-or-no outcome (response, toxicity) by logistic regression with group-wise shrinkage, calibrated out of fold.

Sources: Gerstung M et al. 2017, Nat Genet 49:332 (shrinkage); Cox DR 1958, Biometrika 45:562 (recalibration by slope
and intercept); Van Calster B et al. 2019, BMC Med 17:230.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import expit
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.validation import check_is_fitted

from genorx._core.threads import single_threaded
from genorx.errors import SupportError
from genorx.features.spec import FeatureSpec
from genorx.outcomes.binary_labels import binary_labels
from genorx.outcomes.encoding import FeatureEncoder
from genorx.outcomes.folds import hash_folds
from genorx.outcomes.frames import aligned, as_features, patients_of_outcome, recall_features
from genorx.outcomes.shrinkage import LogisticFit, fit_logistic, linear_predictors

Floats = NDArray[np.float64]
_FEWEST = 10  # patients of the rarer value that an out-of-fold check needs


class GroupShrunkLogistic(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """Calibrated probability of a yes-or-no outcome.

    After the fit, log odds predicted out of fold are held against the outcomes; where their slope differs from 1 by
    more than two standard errors (or their level from 0), predictions are recalibrated by that line.

    Parameters
    ----------
    specs : sequence of FeatureSpec, optional
        Kind and group of each feature; inferred without it.
    group_means : bool
        Whether a group may have a mean other than 0.
    splines : bool
        Add bends of numbers.
    rare : int
        Fewest patients on either side of a 0/1 column.
    folds : int
        Folds of the calibration check; 0: none.
    seed : int
        Of the folds.

    Attributes
    ----------
    classes_ : array of shape (2,)
        The two labels, sorted: the outcome is the second.
    n_features_in_ : int
    feature_names_in_ : array of str
        Where features came as a frame.
    fit_ : LogisticFit
    encoder_ : FeatureEncoder
    calibration_ : dict
        ``slope``, ``slope_error``, ``intercept`` (at slope 1), ``intercept_error`` of the out-of-fold log odds, and
        ``recalibrated``; empty where it was not checked.
    """

    def __init__(
        self,
        specs: Iterable[FeatureSpec] | None = None,
        *,
        group_means: bool = True,
        splines: bool = False,
        rare: int = 5,
        folds: int = 5,
        seed: int = 0,
    ) -> None:
        self.specs = specs
        self.group_means = group_means
        self.splines = splines
        self.rare = rare
        self.folds = folds
        self.seed = seed

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.classifier_tags.multi_class = False
        return tags

    @single_threaded
    def fit(self, X: Any, y: Any) -> Self:
        """Fit to ``y`` of 0 and 1, index as ``X``; or to arrays.

        Other labels are taken as well, as scikit-learn's classifiers do; the outcome is then the second of ``classes_``
        and a ``GenorxWarning`` says which, unless they are -1 and 1.

        Raises
        ------
        UsageError
            If the patients differ, a value is missing, or values are more than two (``not-binary``).
        InputError
            As ``outcomes.frames.as_features``.
        SupportError
            If only one value was seen.
        """
        frame = as_features(self, X, reset=True, index=patients_of_outcome(y))
        labels = binary_labels(y)
        by_place = not (isinstance(X, pd.DataFrame) and isinstance(y, pd.Series))
        target = aligned(frame, labels.happened, by_place=by_place).to_numpy(dtype=np.float64)
        self.classes_ = labels.classes
        self.encoder_, self.fit_ = self._fitted(frame, target)
        self.line_ = (0.0, 1.0)
        self.calibration_ = self._check(frame, target)
        if self.calibration_.get("recalibrated"):
            self.line_ = (self.calibration_["line_intercept"], self.calibration_["slope"])
        return self

    def _fitted(self, X: pd.DataFrame, target: Floats) -> tuple[FeatureEncoder, LogisticFit]:
        known = None if self.specs is None else [spec for spec in self.specs if spec.name in X.columns]
        encoder = FeatureEncoder(known, rare=self.rare, splines=self.splines).fit(X)
        fit = fit_logistic(encoder.transform(X), target, group=encoder.group_index_, group_means=self.group_means)
        return encoder, fit

    def _check(self, X: pd.DataFrame, target: Floats) -> dict[str, Any]:
        """Return how the log odds predicted out of fold compare with the outcomes."""
        if self.folds < 2 or min(target.sum(), (1 - target).sum()) < _FEWEST:
            return {}
        fold = hash_folds(X.index, self.folds, seed=self.seed, salt="calibration")
        linear = np.empty(target.size)
        for k in np.unique(fold):
            try:
                encoder, fit = self._fitted(X[fold != k], target[fold != k])
            except SupportError:  # a fold without one of the values tells nothing of calibration
                return {}
            linear[fold == k] = _log_odds(encoder, fit, X[fold == k])
        line = fit_logistic(linear[:, None], target, group=[-1])
        error = np.sqrt(np.diag(line.covariance))
        level, level_error = _level(linear, target)
        slope = float(line.beta[0])
        off = abs(slope - 1) > 2 * error[1] or abs(level) > 2 * level_error
        return {
            "slope": slope,
            "slope_error": float(error[1]),
            "intercept": level,
            "intercept_error": level_error,
            "line_intercept": line.intercept,
            "recalibrated": bool(off and slope > 0),
        }

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """Share of patients whose more probable value is theirs, as scikit-learn's searches ask for it."""
        return float(super().score(X, y, sample_weight))

    def predict_risk(self, X: Any) -> Floats:
        """Log odds, recalibrated where needed, shape (n_patients,)."""
        check_is_fitted(self, "fit_")
        return np.asarray(self.line_[0] + self.line_[1] * _log_odds(self.encoder_, self.fit_, as_features(self, X)))

    def predict_probability(self, X: Any) -> Floats:
        """Probability of the outcome (of the second of ``classes_``), shape (n_patients,)."""
        return np.asarray(expit(self.predict_risk(X)))

    def decision_function(self, X: Any) -> Floats:
        """Log odds, as ``predict_risk``: scikit-learn's name."""
        return self.predict_risk(X)

    def predict_proba(self, X: Any) -> Floats:
        """Probability of each of ``classes_``, shape (n_patients, 2)."""
        chance = self.predict_probability(X)
        return np.column_stack([1.0 - chance, chance])

    def predict(self, X: Any) -> NDArray[Any]:
        """The more probable of ``classes_``, shape (n_patients,)."""
        more = self.predict_risk(X) > 0
        return np.asarray(self.classes_[more.astype(int)])

    def sample_probability(self, X: Any, *, n_draws: int = 200, seed: int = 0) -> Floats:
        """Draws from the posterior of the probability, shape (n_draws, n_patients)."""
        check_is_fitted(self, "fit_")
        draws = self.fit_.draw(n_draws, np.random.default_rng(seed))
        linear = draws[:, :1] + linear_predictors(self.encoder_.transform(as_features(self, X)), draws[:, 1:])
        return np.asarray(expit(self.line_[0] + self.line_[1] * linear))

    def contributions(self, X: Any) -> pd.DataFrame:
        """What each feature adds to the log odds against the cohort's mean; patients x features."""
        check_is_fitted(self, "fit_")
        frame = as_features(self, X)
        parts = self.encoder_.transform(frame) * (self.line_[1] * self.fit_.beta)
        return self.encoder_.by_source(parts, frame.index)

    def state(self) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
        """JSON values and arrays from which ``from_state`` makes the same model."""
        check_is_fitted(self, "fit_")
        params = {name: value for name, value in self.get_params(deep=False).items() if name != "specs"}
        fit: dict[str, Any] = {"intercept": self.fit_.intercept, "log_likelihood": self.fit_.log_likelihood}
        fit |= {"n_rows": self.fit_.n_rows, "n_events": self.fit_.n_events}
        for name in ("penalty", "group_mean", "edf"):
            fit[name] = {str(group): float(value) for group, value in getattr(self.fit_, name).items()}
        values: dict[str, Any] = {"params": params, "encoder": self.encoder_.state(), "fit": fit}
        values |= {"line": list(self.line_), "calibration": self.calibration_}
        if self.classes_.tolist() != [0, 1]:
            values["classes"] = self.classes_.tolist()
        return values, {"beta": self.fit_.beta, "covariance": self.fit_.covariance}

    @classmethod
    def from_state(cls, values: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> Self:
        """Make a fitted model from what ``state`` gave; runs no code of the file."""
        model = cls(**values["params"])
        model.encoder_ = FeatureEncoder.from_state(values["encoder"])
        model.classes_ = np.asarray(values.get("classes", [0.0, 1.0]))
        recall_features(model, list(model.encoder_.feature_names_in_))
        fit = dict(values["fit"])
        for name in ("penalty", "group_mean", "edf"):
            fit[name] = {int(group): float(value) for group, value in fit[name].items()}
        model.fit_ = LogisticFit(beta=arrays["beta"], covariance=arrays["covariance"], **fit)
        model.line_ = (float(values["line"][0]), float(values["line"][1]))
        model.calibration_ = dict(values["calibration"])
        return model


def _log_odds(encoder: FeatureEncoder, fit: LogisticFit, X: pd.DataFrame) -> Floats:
    return np.asarray(fit.intercept + linear_predictors(encoder.transform(X), fit.beta[None, :])[0])


def _level(linear: Floats, target: Floats) -> tuple[float, float]:
    """Return the intercept at slope 1, and its standard error (Newton)."""
    level = 0.0
    for _ in range(25):
        chance = expit(level + linear)
        level += float((target - chance).sum() / (chance * (1 - chance)).sum())
    chance = expit(level + linear)
    return level, float((chance * (1 - chance)).sum() ** -0.5)
