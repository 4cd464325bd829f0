"""Logistic regression with group-wise shrinkage for a binary outcome (response, toxicity), calibrated out of fold.

Sources: Gerstung M et al. 2017, Nat Genet 49:332 (shrinkage); Cox DR 1958, Biometrika 45:562 (recalibration by slope
and intercept); Van Calster B et al. 2019, BMC Med 17:230.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import KW_ONLY, dataclass
from typing import Any, ClassVar, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import expit
from sklearn.utils.validation import check_is_fitted

from genorx._core.feature_spec import FeatureSpec
from genorx._core.threads import single_threaded
from genorx.outcomes.binary.binary_base import BinaryClassifier
from genorx.outcomes.binary.recalibration import checked_calibration, line_of, lines_drawn
from genorx.outcomes.encoding.completed import draws_over_unknown, log_odds_over_unknown, mean_over_unknown
from genorx.outcomes.encoding.encoding import FeatureEncoder
from genorx.outcomes.frames import as_features, recall_features
from genorx.outcomes.shrinkage.coefficient_draws import linear_predictors
from genorx.outcomes.shrinkage.fit_state import logistic_from, logistic_state
from genorx.outcomes.shrinkage.logistic_fit import LogisticFit, fit_logistic

Floats = NDArray[np.float64]


@dataclass(eq=False, repr=False)
class GroupShrunkLogistic(BinaryClassifier):
    """Logistic regression with group-wise shrinkage: calibrated probability of a binary outcome.

    The posterior is averaged over the variance of each group of features.  After the fit, log odds predicted out of
    fold are compared with the outcomes; if their slope differs from 1 by more than two standard errors (or their
    intercept from 0), predictions are recalibrated by a line whose slope is shrunk towards 1, since a slope estimated
    from few data is itself uncertain.

    Parameters
    ----------
    specs : sequence of FeatureSpec, optional
        Kind and group of each feature; inferred by default.
    group_means, splines, rare
        As in ``GroupShrunkCox``.
    folds : int
        Number of folds of the calibration check; 0: none.
    seed : int
        Seed of the folds.

    Attributes
    ----------
    classes_ : array of shape (2,)
        The two labels, sorted; the second is the outcome.
    n_features_in_ : int
        Number of features of the fit.
    feature_names_in_ : array of str
        Names of the features, if they were given as a frame.
    fit_ : LogisticFit
        Intercept, coefficients (log odds ratios) and their covariance.
    encoder_ : FeatureEncoder
        Encoding of the features.
    calibration_ : dict
        ``slope``, ``slope_error``, ``intercept`` (at slope 1), ``intercept_error`` of the out-of-fold log odds,
        ``recalibrated``, and the recalibration line; empty if calibration was not checked.

    Examples
    --------
    >>> import genorx as gx
    >>> made = gx.datasets.make_trial(150)
    >>> X = made.features[["age_years", "ldh_u_per_l"]]
    >>> model = gx.outcomes.GroupShrunkLogistic().fit(X, made.outcomes["toxicity"])
    >>> chance = model.predict_probability(X.head(3))
    >>> bool(((chance > 0) & (chance < 1)).all())
    True
    """

    specs: Iterable[FeatureSpec] | None = None
    _: KW_ONLY
    group_means: bool = True
    splines: bool = False
    rare: int = 5
    folds: int = 5
    seed: int = 0

    #: Standard deviation of the prior of the calibration slope around 1.
    slope_sd: ClassVar[float] = 0.2

    @single_threaded
    def fit(self, X: Any, y: Any) -> Self:
        """Fit to ``y`` of 0 and 1, index as ``X``; or to arrays.

        Other labels are accepted as well, as in scikit-learn's classifiers; the outcome is then the second of
        ``classes_``, named by a ``GenorxWarning`` unless the labels are -1 and 1.

        Raises
        ------
        UsageError
            If the patients differ, a value is missing, or there are more than two values (``not-binary``).
        InputError
            As ``outcomes.frames.as_features``.
        SupportError
            If all patients have the same value.
        """
        frame, target = self._labelled(X, y)
        self.encoder_, self.fit_ = self._fitted(frame, target)

        def log_odds(inside: NDArray[np.bool_]) -> Floats:
            return _log_odds(*self._fitted(frame[inside], target[inside]), frame[~inside])

        self.calibration_ = checked_calibration(
            log_odds, frame.index, target, folds=self.folds, seed=self.seed, slope_sd=self.slope_sd
        )
        self.line_ = line_of(self.calibration_)
        return self

    def _fitted(self, X: pd.DataFrame, target: Floats) -> tuple[FeatureEncoder, LogisticFit]:
        known = None if self.specs is None else [spec for spec in self.specs if spec.name in X.columns]
        encoder = FeatureEncoder(known, rare=self.rare, splines=self.splines).fit(X)
        group = encoder.group_index_
        fit = fit_logistic(encoder.transform(X), target, group=group, group_means=self.group_means, each_scale=True)
        return encoder, fit

    @log_odds_over_unknown
    def predict_risk(self, X: Any) -> Floats:
        """Log odds, recalibrated if needed, shape (n_patients,)."""
        check_is_fitted(self, "fit_")
        return np.asarray(self.line_[0] + self.line_[1] * _log_odds(self.encoder_, self.fit_, as_features(self, X)))

    @draws_over_unknown
    def sample_probability(self, X: Any, *, n_draws: int = 200, seed: int = 0) -> Floats:
        """Draws from the posterior of the probability, shape (n_draws, n_patients).

        If predictions were recalibrated, the calibration line is drawn too, and determines the level instead of the
        fit.  A slope below 1 means a smaller variance of the features' effects: their posterior variance is then
        reduced by the slope, not by its square.
        """
        check_is_fitted(self, "fit_")
        rng = np.random.default_rng(seed)
        draws = self.fit_.draw(n_draws, rng)
        matrix = self.encoder_.transform(as_features(self, X))
        level, betas = draws[:, :1], draws[:, 1:]
        if self.calibration_.get("recalibrated", False):
            level = np.full((n_draws, 1), self.fit_.intercept)
            betas = self.fit_.beta + (betas - self.fit_.beta) / np.sqrt(min(self.line_[1], 1.0))
        lines = lines_drawn(self.calibration_, n_draws, rng)
        return np.asarray(expit(lines[:, :1] + lines[:, 1:] * (level + linear_predictors(matrix, betas))))

    @mean_over_unknown
    def contributions(self, X: Any) -> pd.DataFrame:
        """Contribution of each feature to the log odds, relative to the cohort's mean; patients x features."""
        check_is_fitted(self, "fit_")
        frame = as_features(self, X)
        parts = self.encoder_.transform(frame) * (self.line_[1] * self.fit_.beta)
        return self.encoder_.by_source(parts, frame.index)

    def state(self) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
        """JSON values and arrays from which ``from_state`` restores the model."""
        check_is_fitted(self, "fit_")
        params = {name: value for name, value in self.get_params(deep=False).items() if name != "specs"}
        fit, arrays = logistic_state(self.fit_)
        values: dict[str, Any] = {"params": params, "encoder": self.encoder_.state(), "fit": fit}
        values |= {"line": list(self.line_), "calibration": self.calibration_}
        return values | self._labels_state(), arrays

    @classmethod
    def from_state(cls, values: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> Self:
        """Restore a fitted model from ``state``; runs no code of the file."""
        model = cls(**values["params"])
        model.encoder_ = FeatureEncoder.from_state(values["encoder"])
        model._take_labels(values)
        recall_features(model, list(model.encoder_.feature_names_in_))
        model.fit_ = logistic_from(values["fit"], arrays)
        model.line_ = (float(values["line"][0]), float(values["line"][1]))
        model.calibration_ = dict(values["calibration"])
        return model


def _log_odds(encoder: FeatureEncoder, fit: LogisticFit, X: pd.DataFrame) -> Floats:
    completed = encoder.complete(X)
    matrix = encoder.transform(completed.frame)
    return completed.mean_log_odds(np.asarray(fit.intercept + linear_predictors(matrix, fit.beta[None, :])[0]))
