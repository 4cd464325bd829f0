"""Choice of a model of competing causes by out-of-fold Brier scores; the default unless beaten."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass
from typing import Any, Self

import pandas as pd

from genorx._core.disclosure import rounded_up
from genorx._core.threads import single_threaded
from genorx.outcomes.choice import without_refits
from genorx.outcomes.competing.cause_specific import CauseSpecificCox
from genorx.outcomes.competing.cause_specific_survival import CauseSpecificSurvival
from genorx.outcomes.competing.competing_curves import checked_causes
from genorx.outcomes.engines.chosen import Chosen, asked
from genorx.outcomes.kinds.competing import CompetingFamily
from genorx.outcomes.protocol import CompetingModel, SurvivalModel
from genorx.outcomes.survival.elastic_net_cox import ElasticNetCox
from genorx.outcomes.survival.survival_base import checked_outcome
from genorx.outcomes.survival.survival_boosting import SurvivalBoosting
from genorx.outcomes.survival.survival_forest import SurvivalForest

_ENGINES = (ElasticNetCox, SurvivalForest, SurvivalBoosting)


@dataclass(eq=False, repr=False)
class ChosenCompetingModel(Chosen):
    """The default model, or another one whose out-of-fold Brier score is better by more than its standard error.

    Parameters
    ----------
    specs : sequence of FeatureSpec, optional
        Specification of the features, passed to each candidate.
    causes : sequence of str, optional
        Names of the causes 1, 2, ...; by default their numbers.
    candidates : mapping of name to CompetingModel, optional
        The first is the default model.  None: ``CauseSpecificCox``, and ``CauseSpecificSurvival`` with an
        ``ElasticNetCox``, a ``SurvivalForest`` and a ``SurvivalBoosting``.
    folds, seed : int
        Number of folds of the comparison, and seed of folds and models.

    Attributes
    ----------
    model_ : CompetingModel
        The chosen model, fitted to all patients.
    chosen_ : str
        Name of the chosen model.
    choice_ : DataFrame
        As in ``ChosenSurvivalModel``, the score summed over causes; empty if a cause has fewer than 50 events.
    causes_ : tuple of str
        Names of the causes, in the order of their codes.
    end_ : float
        Last follow-up time, rounded up.

    Examples
    --------
    >>> import genorx as gx
    >>> made = gx.datasets.make_trial(150)
    >>> X = made.features[["age_years", "ldh_u_per_l"]]
    >>> y = made.outcomes.assign(cause=made.outcomes["event"] * (1 + made.outcomes["toxicity"]))
    >>> candidates = {"cox": gx.outcomes.CauseSpecificCox(), "any": gx.outcomes.CauseSpecificSurvival()}
    >>> model = gx.outcomes.ChosenCompetingModel(candidates=candidates, folds=3).fit(X, y)
    >>> model.chosen_
    'cox'
    """

    _: KW_ONLY
    causes: Sequence[str] | None = None

    ours = (CauseSpecificCox, CauseSpecificSurvival)

    @property
    def family(self) -> CompetingFamily:
        """The family of competing causes."""
        return CompetingFamily(causes=self.causes_)

    @single_threaded
    def fit(self, X: pd.DataFrame, y: pd.DataFrame, *, strata: pd.Series[Any] | None = None) -> Self:
        """Choose a model and fit it to ``y`` with columns ``time`` (> 0), ``event`` and ``cause``, index as ``X``.

        Raises
        ------
        UsageError
            If the patients differ, a time is not positive, causes are invalid, or there is no candidate.
        SupportError
            If a cause has no event.
        """
        time, _ = checked_outcome(X, y)
        _, self.causes_ = checked_causes(y, None if self.causes is None else tuple(self.causes))
        self._choose(X, y, strata=strata)
        self.end_ = rounded_up(float(time.max()))
        return self

    def _configured(self) -> dict[str, Any]:
        return super()._configured() | {"seed": self.seed}  # also for a user's candidates: each refits by cause

    def _ours(self) -> dict[str, Any]:
        others = {cls.__name__: CauseSpecificSurvival(model=cls()) for cls in _ENGINES}
        return {"CauseSpecificCox": CauseSpecificCox()} | others

    def _quick(self, model: Any) -> Any:
        quick, inner = super()._quick(model), getattr(model, "model", None)
        return quick if inner is None else quick.set_params(model=without_refits(inner, "n_refits"))

    predict_cumulative_incidence = asked(CompetingModel.predict_cumulative_incidence)
    predict_survival = asked(SurvivalModel.predict_survival)
    sample_cumulative_incidence = asked(CompetingModel.sample_cumulative_incidence)
    sample_survival = asked(SurvivalModel.sample_survival)
    predict_risk = asked(CompetingModel.predict_risk)

    def _saved(self) -> dict[str, Any]:
        return {name: value for name, value in super()._saved().items() if name != "causes"}  # saved by name below

    def _own_state(self) -> dict[str, Any]:
        return {"end": self.end_, "causes": list(self.causes_)}

    def _recall(self, values: dict[str, Any]) -> None:
        super()._recall(values)
        self.causes = self.causes_ = tuple(values["causes"])
        self.end_ = float(values["end"])
