"""Choice of an ordinal model by out-of-fold ranked probability score; the default unless clearly beaten."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import expit, logit

from genorx._core.threads import single_threaded
from genorx.outcomes.binary.chosen_binary_model import recalibrates_itself
from genorx.outcomes.binary.elastic_net_logistic import ElasticNetLogistic
from genorx.outcomes.binary.recalibration import recalibrated_out_of_fold
from genorx.outcomes.binary.tree_logistic import BoostedLogistic, ForestLogistic
from genorx.outcomes.choice import without_refits
from genorx.outcomes.engines.chosen import Chosen, asked
from genorx.outcomes.frames import as_features, patients_of_outcome
from genorx.outcomes.kinds.ordinal import OrdinalFamily
from genorx.outcomes.ordinal.cumulative_ordinal import CumulativeOrdinal
from genorx.outcomes.ordinal.graded_model import (
    GradedModel,
    check_counting,
    checked_grades,
    exceedance,
    grades_of,
    never_rising,
)
from genorx.outcomes.ordinal.group_shrunk_ordinal import GroupShrunkOrdinal
from genorx.outcomes.protocol import OrdinalModel

Floats = NDArray[np.float64]
_ENGINES: tuple[Any, ...] = (ElasticNetLogistic, BoostedLogistic, ForestLogistic)
_EDGE = 1e-6  # least distance of a recalibrated probability from 0 and 1


@dataclass(eq=False, repr=False)
class ChosenOrdinalModel(Chosen, GradedModel):
    """The default model, or another one whose out-of-fold score is better by more than two standard errors.

    Parameters
    ----------
    specs : sequence of FeatureSpec, optional
        Specification of the features, passed to each candidate.
    candidates : mapping of name to OrdinalModel, optional
        The first is the default model.  None: ``GroupShrunkOrdinal``, and ``CumulativeOrdinal`` by
        ``ElasticNetLogistic``, ``BoostedLogistic`` and, up to 2,000 patients, ``ForestLogistic``.
    highest : int
        Highest grade; grades are 0, 1, ..., ``highest``.
    at_least : int
        Threshold grade, for ``predict_probability``.
    folds, seed : int
        Number of folds of the comparison, and seed of folds and default candidates.

    Attributes
    ----------
    model_ : OrdinalModel
        The chosen model, fitted to all patients.
    chosen_ : str
        Name of the chosen model.
    choice_ : DataFrame
        ``model``, ``ranked_probability`` (lower is better), ``difference`` (from the default), ``std_error`` (of the
        difference, over patients), ``chosen``, ``note``; empty if no threshold has 50 patients on either side, or there
        is one candidate.
    findings_ : tuple of Finding
        Findings on the fit.

    Examples
    --------
    >>> import genorx as gx
    >>> made = gx.datasets.make_trial(150)
    >>> X = made.features[["age_years", "ldh_u_per_l"]]
    >>> grade = (made.outcomes["time"] // 12).clip(upper=4)
    >>> candidates = {"shrunk": gx.outcomes.GroupShrunkOrdinal(), "thresholds": gx.outcomes.CumulativeOrdinal()}
    >>> model = gx.outcomes.ChosenOrdinalModel(candidates=candidates, folds=3, highest=4).fit(X, grade)
    >>> model.chosen_
    'shrunk'
    """

    _: KW_ONLY
    highest: int = 5
    at_least: int = 3

    ours = (GroupShrunkOrdinal, CumulativeOrdinal)

    @property
    def family(self) -> OrdinalFamily:
        """The family of these grades."""
        return OrdinalFamily(highest=self.highest, at_least=self.at_least)

    @single_threaded
    def fit(self, X: Any, y: Any) -> Self:
        """Choose a model and fit it to grades ``y``, index as ``X``.

        Raises
        ------
        InputError
            If a grade is not among 0, 1, ..., ``highest`` (``unknown-grade``).
        UsageError
            If the patients differ, a grade is missing, ``at_least`` is no grade, or there is no candidate.
        SupportError
            If all patients have the same grade.
        """
        check_counting(self.highest, self.at_least)
        frame = as_features(self, X, reset=True, index=patients_of_outcome(y))
        grade = checked_grades(frame, y, self.highest)
        return self._choose(frame, pd.Series(grade.astype(float), index=frame.index))

    def _ours(self) -> dict[str, Any]:
        others = {f"Cumulative {cls.__name__}": CumulativeOrdinal(engine=cls(seed=self.seed)) for cls in _ENGINES}
        return {"GroupShrunkOrdinal": GroupShrunkOrdinal()} | others

    predict_grades = asked(OrdinalModel.predict_grades)
    sample_grades = asked(OrdinalModel.sample_grades)
    predict_risk = asked(OrdinalModel.predict_risk)

    def _quick(self, model: Any) -> Any:
        quick = super()._quick(model)
        if isinstance(model, CumulativeOrdinal) and model.engine is not None:
            recalibrates = ("folds",) if recalibrates_itself(model.engine) else ()
            quick.set_params(engine=without_refits(model.engine, "n_refits", *recalibrates))
        return quick

    def _out_of_fold(
        self, model: Any, X: pd.DataFrame, y: pd.Series[float], fold: NDArray[Any], times: Floats, **stated: Any
    ) -> Floats:
        """Return each patient's out-of-fold grade probabilities, recalibrated like those of a binary outcome."""
        chance = super()._out_of_fold(model, X, y, fold, times, **stated)
        recalibrates = isinstance(model, CumulativeOrdinal) and recalibrates_itself(model.engine)
        return _recalibrated(chance, np.asarray(y, dtype=np.float64), fold) if recalibrates else chance


def _recalibrated(chance: Floats, grade: Floats, fold: NDArray[Any]) -> Floats:
    reaching = exceedance(chance)
    for k in range(1, chance.shape[1]):
        linear = logit(np.clip(reaching[:, k], _EDGE, 1 - _EDGE))
        reaching[:, k] = expit(recalibrated_out_of_fold(linear, (grade >= k).astype(float), fold))
    reaching[:, 1:] = never_rising(reaching[:, 1:])
    return grades_of(reaching)
