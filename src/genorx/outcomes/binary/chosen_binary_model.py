"""Choice of a model for a binary outcome by out-of-fold log score; the default unless clearly beaten."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from genorx._core.threads import single_threaded
from genorx.outcomes.binary.binary_base import BinaryClassifier
from genorx.outcomes.binary.elastic_net_logistic import ElasticNetLogistic
from genorx.outcomes.binary.group_shrunk_logistic import GroupShrunkLogistic
from genorx.outcomes.binary.recalibration import recalibrated_out_of_fold
from genorx.outcomes.binary.tree_logistic import BoostedLogistic, ForestLogistic
from genorx.outcomes.choice import without_refits
from genorx.outcomes.engines.chosen import Chosen, asked
from genorx.outcomes.frames import as_features
from genorx.outcomes.kinds.binary import BinaryFamily
from genorx.outcomes.protocol import BinaryModel

Floats = NDArray[np.float64]
#: Models that recalibrate themselves by cross-validation.
OWN_FOLDS = (GroupShrunkLogistic, BoostedLogistic, ForestLogistic)


@dataclass(eq=False, repr=False)
class ChosenBinaryModel(Chosen, BinaryClassifier):
    """The default model, or another one whose out-of-fold log score is better by more than two standard errors.

    Parameters
    ----------
    specs : sequence of FeatureSpec, optional
        Specification of the features, passed to each candidate.
    candidates : mapping of name to BinaryModel, optional
        The first is the default model.  None: ``GroupShrunkLogistic``, ``ElasticNetLogistic``, ``BoostedLogistic``
        and, up to 2,000 patients, ``ForestLogistic``.
    folds, seed : int
        Number of folds of the comparison, and seed of folds and default candidates.

    Attributes
    ----------
    classes_ : array of shape (2,)
        The two labels, sorted; the second is the outcome.
    model_ : BinaryModel
        The chosen model, fitted to all patients.
    chosen_ : str
        Name of the chosen model.
    choice_ : DataFrame
        ``model``, ``log_score`` (minus the mean log probability of the outcome; lower is better), ``difference`` (from
        the default), ``std_error`` (of the difference, over patients), ``chosen``, ``note``; empty if fewer than 50
        patients have one of the values, or there is one candidate.

    Examples
    --------
    >>> import genorx as gx
    >>> made = gx.datasets.make_trial(150)
    >>> X = made.features[["age_years", "ldh_u_per_l"]]
    >>> candidates = {"logistic": gx.outcomes.GroupShrunkLogistic(), "forest": gx.outcomes.ForestLogistic(n_bags=2)}
    >>> model = gx.outcomes.ChosenBinaryModel(candidates=candidates, folds=3).fit(X, made.outcomes["toxicity"])
    >>> model.chosen_
    'logistic'
    """

    family = BinaryFamily()
    ours = (GroupShrunkLogistic, ElasticNetLogistic, BoostedLogistic, ForestLogistic)

    @single_threaded
    def fit(self, X: Any, y: Any) -> Self:
        """Choose a model and fit it to ``y`` of 0 and 1 (or two other labels), index as ``X``; or to arrays.

        Raises
        ------
        UsageError
            If the patients differ, a value is missing, there are more than two values (``not-binary``), or there is no
            candidate.
        InputError
            As ``outcomes.frames.as_features``.
        SupportError
            If all patients have the same value.
        """
        frame, target = self._labelled(X, y)
        return self._choose(frame, pd.Series(target, index=frame.index))

    predict_probability = asked(BinaryModel.predict_probability)
    sample_probability = asked(BinaryModel.sample_probability)

    def predict_risk(self, X: Any) -> Floats:
        """Log odds, shape (n_patients,)."""
        return self.family.estimate(self._model(), as_features(self, X), np.zeros(0))

    def _quick(self, model: Any) -> Any:
        return without_refits(model, "n_refits", *(("folds",) if recalibrates_itself(model) else ()))

    def _out_of_fold(
        self, model: Any, X: pd.DataFrame, y: pd.Series[float], fold: NDArray[Any], times: Floats, **stated: Any
    ) -> Floats:
        """Return each patient's log odds by a model fitted to the other folds.

        A model that recalibrates itself by cross-validation is recalibrated here by the line of the other folds'
        patients: folds within folds would cost five times as much.
        """
        linear = super()._out_of_fold(model, X, y, fold, times, **stated)
        return (
            recalibrated_out_of_fold(linear, np.asarray(y, dtype=np.float64), fold, slope_sd=model.slope_sd)
            if recalibrates_itself(model)
            else linear
        )

    def _own_state(self) -> dict[str, Any]:
        return super()._own_state() | self._labels_state()

    def _recall(self, values: dict[str, Any]) -> None:
        super()._recall(values)
        self._take_labels(values)


def recalibrates_itself(model: Any) -> bool:
    """Return whether a model recalibrates itself by cross-validation."""
    return isinstance(model, OWN_FOLDS) and model.folds > 0
