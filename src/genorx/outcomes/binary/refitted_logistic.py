"""Common base of binary models without a posterior: draws by parametric bootstrap, out-of-fold recalibration.

A subclass defines how it learns from a matrix and the log odds by the model and its refits; draws are those of
``outcomes.engines.refits``.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable
from typing import Any, ClassVar, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import expit
from sklearn.base import clone
from sklearn.utils.validation import check_is_fitted

from genorx._core.feature_spec import FeatureSpec
from genorx._core.threads import single_threaded
from genorx.errors import SupportError
from genorx.outcomes.binary.binary_base import BinaryClassifier
from genorx.outcomes.binary.recalibration import checked_calibration, line_of
from genorx.outcomes.encoding.completed import draws_over_unknown, log_odds_over_unknown, mean_over_unknown
from genorx.outcomes.encoding.encoding import FeatureEncoder
from genorx.outcomes.engines.refits import TruthRefits
from genorx.outcomes.frames import as_features, recall_features

Floats = NDArray[np.float64]
_FEWEST = 2  # fewest patients with the rarer value


class RefittedLogistic(TruthRefits, BinaryClassifier):
    """A model of log odds; see its subclasses.

    Attributes
    ----------
    encoder_ : FeatureEncoder
    calibration_ : dict
        As in ``GroupShrunkLogistic``.
    """

    specs: Iterable[FeatureSpec] | None
    rare: int
    folds: int

    #: The prior of the calibration slope is flat: trees may be far too extreme, or not extreme enough.
    slope_sd: ClassVar[float] = np.inf

    @single_threaded
    def fit(self, X: Any, y: Any) -> Self:
        """Fit to ``y`` of 0 and 1 (or two other labels), index as ``X``; or to arrays.

        Raises
        ------
        UsageError
            If the patients differ, a value is missing, or there are more than two values (``not-binary``).
        InputError
            As ``outcomes.frames.as_features``.
        SupportError
            If all patients have the same value, or no feature differs between patients (``no-columns``).
        """
        frame, target = self._labelled(X, y)
        known = None if self.specs is None else [spec for spec in self.specs if spec.name in frame.columns]
        self.encoder_ = FeatureEncoder(known, rare=self.rare).fit(frame)
        matrix = self.encoder_.transform(frame)
        if not matrix.shape[1]:
            raise SupportError("no feature differs between patients", code="no-columns", hint="See encoder_.dropped_")
        none = np.zeros(target.size)
        self._grow(matrix, target, none, frame.index)
        self.calibration_ = self._checked(frame, target)
        self.line_ = line_of(self.calibration_)
        self._fit_to_truths(matrix, none, frame.index)
        return self

    @property
    def _slope(self) -> float:
        return self.line_[1]

    def _placed(self, linear: Floats, offset: Floats) -> Floats:  # noqa: ARG002 (counts need it)
        return np.asarray(self.line_[0] + self.line_[1] * linear)

    def _bootstrapped(self, target: Floats) -> NDArray[np.bool_]:
        rarer = target == (1.0 if target.mean() <= 0.5 else 0.0)
        if rarer.sum() < _FEWEST:
            raise SupportError("only one patient has the rarer value", code="too-few-events", hint="A model needs two")
        return np.asarray(rarer)

    def _outcomes(self, truth: Floats, rng: np.random.Generator) -> Floats:
        drawn = np.zeros(len(truth))
        while min(drawn.sum(), (1 - drawn).sum()) < _FEWEST:
            drawn = (rng.random(len(truth)) < expit(truth)).astype(float)
        return drawn

    def _checked(self, frame: pd.DataFrame, target: Floats) -> dict[str, Any]:
        """Return the calibration of out-of-fold log odds against the outcomes."""
        quick = clone(self)
        quick.set_params(**{name: 0 for name in ("folds", "n_refits") if name in self.get_params(deep=False)})
        values = pd.Series(target, index=frame.index)

        def log_odds(inside: NDArray[np.bool_]) -> Floats:
            return np.asarray(clone(quick).fit(frame[inside], values[inside]).predict_risk(frame[~inside]))

        return checked_calibration(
            log_odds, frame.index, target, folds=self.folds, seed=self.seed, slope_sd=self.slope_sd
        )

    def _encoded(self, X: Any) -> tuple[Floats, pd.Index[Any]]:
        check_is_fitted(self, "line_")
        frame = as_features(self, X)
        return self.encoder_.transform(frame), frame.index

    @log_odds_over_unknown
    def predict_risk(self, X: Any) -> Floats:
        """Log odds, recalibrated if needed, shape (n_patients,)."""
        matrix, _ = self._encoded(X)
        return np.asarray(self._placed(self._by_refit(matrix), np.zeros(0))[0])

    @draws_over_unknown
    def sample_probability(self, X: Any, *, n_draws: int = 200, seed: int = 0) -> Floats:
        """Draws of the probability, shape (n_draws, n_patients): see ``outcomes.engines.refits``.

        Raises
        ------
        SupportError
            If the model was fitted without refits.
        """
        matrix, _ = self._encoded(X)
        return np.asarray(expit(self._drawn(matrix, np.zeros(0), n_draws=n_draws, seed=seed)))

    @mean_over_unknown
    def contributions(self, X: Any) -> pd.DataFrame:
        """Contribution of each feature to the log odds, relative to the cohort's mean; patients x features."""
        matrix, patients = self._encoded(X)
        return self.encoder_.by_source(self.line_[1] * self._column_parts(matrix), patients)

    @abstractmethod
    def _column_parts(self, matrix: Floats) -> Floats:
        """Return each column's contribution to the log odds before recalibration, shape (n_patients, n_columns)."""

    def _header(self) -> dict[str, Any]:
        check_is_fitted(self, "line_")
        params = {name: value for name, value in self.get_params(deep=False).items() if name != "specs"}
        values = {"params": params, "encoder": self.encoder_.state(), "line": list(self.line_)}
        return values | {"calibration": self.calibration_} | self._labels_state()

    @classmethod
    def _from_header(cls, values: dict[str, Any]) -> Self:
        model = cls(**values["params"])
        model.encoder_ = FeatureEncoder.from_state(values["encoder"])
        recall_features(model, list(model.encoder_.feature_names_in_))
        model._take_labels(values)
        model.line_ = (float(values["line"][0]), float(values["line"][1]))
        model.calibration_ = dict(values["calibration"])
        return model
