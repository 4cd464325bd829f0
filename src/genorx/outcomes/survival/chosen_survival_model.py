"""Which survival model suits these data: chosen by integrated Brier score out of fold, the default unless beaten."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from genorx._core.disclosure import rounded_up
from genorx._core.threads import single_threaded
from genorx.outcomes.engines.chosen import Chosen, asked
from genorx.outcomes.kinds.survival import SurvivalFamily
from genorx.outcomes.protocol import SurvivalModel
from genorx.outcomes.survival.elastic_net_cox import ElasticNetCox
from genorx.outcomes.survival.group_shrunk_cox import GroupShrunkCox
from genorx.outcomes.survival.survival_base import RiskModel, checked_outcome, strata_of, survival_data
from genorx.outcomes.survival.survival_boosting import SurvivalBoosting
from genorx.outcomes.survival.survival_forest import SurvivalForest

Floats = NDArray[np.float64]


@dataclass(eq=False, repr=False)
class ChosenSurvivalModel(Chosen, RiskModel):
    """The default model, or another one whose out-of-fold Brier score is better by more than its standard error.

    Parameters
    ----------
    specs : sequence of FeatureSpec, optional
        Given to each candidate.
    candidates : mapping of name to SurvivalModel, optional
        The first is the default model.  None: ``GroupShrunkCox`` (with spline terms of numbers where the data support
        them), ``ElasticNetCox``, ``SurvivalForest``, ``SurvivalBoosting``.
    folds, seed : int
        Folds of the choice.

    Attributes
    ----------
    model_ : SurvivalModel
        The chosen one, fitted to all patients.
    chosen_ : str
    choice_ : DataFrame
        ``model``, ``brier_integrated``, ``difference`` (from the default), ``std_error`` (of the difference, over
        patients), ``chosen``, ``note``; empty where there were fewer than 50 events.
    end_ : float
        Last follow-up time, rounded up.
    """

    family = SurvivalFamily()
    ours = (GroupShrunkCox, ElasticNetCox, SurvivalForest, SurvivalBoosting)

    def _ours(self) -> dict[str, Any]:
        return super()._ours() | {GroupShrunkCox.__name__: GroupShrunkCox(splines="supported")}

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
        time, _ = checked_outcome(X, y)
        self._choose(X, y, strata=strata_of(X, strata))
        self.end_ = rounded_up(float(time.max()))
        return self

    predict_survival = asked(SurvivalModel.predict_survival)
    sample_survival = asked(SurvivalModel.sample_survival)
    predict_risk = asked(SurvivalModel.predict_risk)

    def _own_state(self) -> dict[str, Any]:
        return {"end": self.end_}

    def _recall(self, values: dict[str, Any]) -> None:
        super()._recall(values | {"features": list(self.model_.encoder_.feature_names_in_)})
        self.end_ = float(values["end"])
