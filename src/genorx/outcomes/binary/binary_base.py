"""Common base of the models of a binary outcome: labels, and the methods of scikit-learn's classifiers."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import expit
from sklearn.base import BaseEstimator, ClassifierMixin

from genorx.outcomes.binary.binary_labels import binary_labels
from genorx.outcomes.encoding.completed import Completed
from genorx.outcomes.encoding.encoding import FeatureEncoder
from genorx.outcomes.frames import aligned, as_features, patients_of_outcome

Floats = NDArray[np.float64]


class BinaryClassifier(ClassifierMixin, BaseEstimator, ABC):  # type: ignore[misc]
    """A model of a binary outcome that returns log odds by ``predict_risk``.

    Attributes
    ----------
    classes_ : array of shape (2,)
        The two labels, sorted; the second is the outcome.
    n_features_in_ : int
    feature_names_in_ : array of str
        Names of the features, if they were given as a frame.
    """

    classes_: NDArray[Any]
    encoder_: FeatureEncoder

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.classifier_tags.multi_class = False
        return tags

    def _labelled(self, X: Any, y: Any) -> tuple[pd.DataFrame, Floats]:
        """Return features, and 1.0 for each patient with the outcome; to be called by ``fit`` itself."""
        frame = as_features(self, X, reset=True, index=patients_of_outcome(y))
        labels = binary_labels(y)
        by_place = not (isinstance(X, pd.DataFrame) and isinstance(y, pd.Series))
        target = aligned(frame, labels.happened, by_place=by_place).to_numpy(dtype=np.float64)
        self.classes_ = labels.classes
        return frame, target

    def _complete(self, X: pd.DataFrame) -> Completed:
        return self.encoder_.complete(X)

    @abstractmethod
    def predict_risk(self, X: Any) -> Floats:
        """Log odds, shape (n_patients,)."""

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

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """Share of patients whose more probable class is the observed one, as scikit-learn's searches expect."""
        return float(super().score(X, y, sample_weight))

    def _labels_state(self) -> dict[str, Any]:
        """Return the labels as JSON values, unless they are 0 and 1."""
        return {} if self.classes_.tolist() == [0, 1] else {"classes": self.classes_.tolist()}

    def _take_labels(self, values: dict[str, Any]) -> None:
        self.classes_ = np.asarray(values.get("classes", [0.0, 1.0]))
