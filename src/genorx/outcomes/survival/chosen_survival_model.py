"""Choice of a survival model by out-of-fold integrated Brier score; the default unless beaten."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import clone

from genorx._core.disclosure import rounded_up
from genorx._core.threads import single_threaded
from genorx.outcomes.choice import without_refits
from genorx.outcomes.engines.chosen import Chosen, asked
from genorx.outcomes.engines.left_out import heeded
from genorx.outcomes.kinds.survival import SurvivalFamily
from genorx.outcomes.protocol import SurvivalModel
from genorx.outcomes.survival.elastic_net_cox import ElasticNetCox
from genorx.outcomes.survival.group_shrunk_cox import GroupShrunkCox
from genorx.outcomes.survival.stack_weights import StackedLosses, drawn_back
from genorx.outcomes.survival.survival_base import RiskModel, checked_outcome, strata_of, survival_data
from genorx.outcomes.survival.survival_boosting import SurvivalBoosting
from genorx.outcomes.survival.survival_forest import SurvivalForest
from genorx.outcomes.survival.survival_stack import SurvivalStack

Floats = NDArray[np.float64]


@dataclass(eq=False, repr=False)
class ChosenSurvivalModel(Chosen, RiskModel):
    """The default model, or one that is better out of fold: a single model by two standard errors, a stack by one.

    The weights of a stack are shrunk towards the default instead, more strongly the less certain the gain is.

    Parameters
    ----------
    specs : sequence of FeatureSpec, optional
        Specification of the features, passed to each candidate.
    candidates : mapping of name to SurvivalModel, optional
        The first is the default model.  None: ``GroupShrunkCox`` (with pairs of molecular findings, and spline terms of
        numbers if the data support them), ``ElasticNetCox``, ``SurvivalForest``, ``SurvivalBoosting``, and a
        ``SurvivalStack`` of them.
    folds, seed : int
        Number of folds of the comparison, and seed of folds and default candidates.

    Attributes
    ----------
    model_ : SurvivalModel
        The chosen model, fitted to all patients.
    chosen_ : str
        Name of the chosen model.
    choice_ : DataFrame
        ``model``, ``brier_integrated``, ``difference`` (from the default), ``std_error`` (of the difference, over
        patients), ``chosen``, ``note``; empty with fewer than 50 events.
    end_ : float
        Last follow-up time, rounded up.

    Examples
    --------
    >>> import genorx as gx
    >>> made = gx.datasets.make_trial(150)
    >>> X = made.features[["age_years", "ldh_u_per_l"]]
    >>> candidates = {"cox": gx.outcomes.GroupShrunkCox(), "forest": gx.outcomes.SurvivalForest(n_bags=2)}
    >>> model = gx.outcomes.ChosenSurvivalModel(candidates=candidates, folds=3).fit(X, made.outcomes)
    >>> model.chosen_
    'cox'
    """

    family = SurvivalFamily()
    ours = (GroupShrunkCox, ElasticNetCox, SurvivalForest, SurvivalBoosting)
    made_of_ours = (SurvivalStack,)

    def _ours(self) -> dict[str, Any]:
        return super()._ours() | {GroupShrunkCox.__name__: GroupShrunkCox(splines="supported", pairs="molecular")}

    def _joined(
        self, models: Mapping[str, Any], estimates: Mapping[str, Floats], y: Any, times: Floats, fold: NDArray[Any]
    ) -> tuple[Any, Floats]:
        """Return a stack of the models, and its losses with weights estimated without each patient's fold."""
        losses = StackedLosses.of(list(estimates.values()), lambda curve: self.family.losses(y, curve, times))
        share = losses.share(fold)
        weights = dict(zip(models, drawn_back(losses.weights(), share).tolist(), strict=True))
        return SurvivalStack(members=models, weights=weights), losses.out_of_fold(fold, share)

    def _settled(self, models: dict[str, Any], X: pd.DataFrame, y: Any, **stated: Any) -> dict[str, Any]:
        """Decide on spline terms once, on all patients: otherwise the default would differ between folds."""
        settled = dict(models)
        for name, model in models.items():
            if getattr(model, "splines", None) == "supported":
                plain = without_refits(model, "pairs")  # pairs of findings hardly inform non-linearity, and take time
                bent = plain.fit(X, y, **heeded(model, stated)).encoder_.splines
                settled[name] = clone(model).set_params(splines=bent)
        return settled

    @single_threaded
    def fit(self, X: Any, y: Any, *, strata: Any = None) -> Self:
        """Choose a model and fit it to ``y`` with columns ``time`` (> 0) and ``event``, index as ``X``.

        Raises
        ------
        UsageError
            If the patients differ, a time is not positive, or there is no candidate.
        SupportError
            If there is no event.
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
