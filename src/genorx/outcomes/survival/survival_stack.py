"""Stacking of survival models: the weighted mean of their curves, weighted by out-of-fold integrated Brier score.

Sources: Wolpert DH 1992, Neural Networks 5:241; Wey A et al. 2015, Biostatistics 16:537 (stacked survival models).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import KW_ONLY, dataclass
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from sklearn.base import clone
from sklearn.utils.validation import check_is_fitted

from genorx._core.disclosure import rounded_up
from genorx._core.feature_spec import FeatureSpec
from genorx._core.threads import single_threaded
from genorx.errors import SupportError, UsageError
from genorx.outcomes.choice import configured_candidates, savable_class, without_refits
from genorx.outcomes.engines.left_out import fitted_to_others, heeded
from genorx.outcomes.folds import hash_folds
from genorx.outcomes.frames import as_features, recall_features
from genorx.outcomes.kinds.survival import SurvivalFamily
from genorx.outcomes.state_arrays import arrays_below, named_below
from genorx.outcomes.survival.elastic_net_cox import ElasticNetCox
from genorx.outcomes.survival.group_shrunk_cox import GroupShrunkCox
from genorx.outcomes.survival.stack_weights import StackedLosses, drawn_back
from genorx.outcomes.survival.survival_base import RiskModel, checked_outcome, strata_of, survival_data, times_within
from genorx.outcomes.survival.survival_boosting import SurvivalBoosting
from genorx.outcomes.survival.survival_forest import SurvivalForest

Floats = NDArray[np.float64]
_CLASSES = {one.__name__: one for one in (GroupShrunkCox, ElasticNetCox, SurvivalForest, SurvivalBoosting)}


@dataclass(eq=False, repr=False)
class SurvivalStack(RiskModel):
    """Weighted mean of the survival curves of several models (stacking).

    A draw is the curve of one member, sampled in proportion to its weight: draws include the uncertainty of each
    member's fit and the differences between members.  Their mean is the estimate.

    Parameters
    ----------
    specs : sequence of FeatureSpec, optional
        Specification of the features, passed to each member.
    members : mapping of name to SurvivalModel, optional
        Models to combine; by default ``GroupShrunkCox``, ``ElasticNetCox``, ``SurvivalForest``, ``SurvivalBoosting``.
    weights : mapping of name to float, optional
        Weight of each member, non-negative, with sum 1; by default those that minimise the out-of-fold integrated Brier
        score, shrunk towards the first member, more strongly the less certain the gain is.
    folds, seed : int
        Number of folds by which the weights are estimated, and seed of these folds.

    Attributes
    ----------
    members_ : dict of name to fitted SurvivalModel
        Members with a positive weight.
    weights_ : dict of name to float
        Weight of each of these members.
    end_ : float
        Last follow-up time, rounded up.

    Examples
    --------
    >>> import genorx as gx
    >>> made = gx.datasets.make_trial(150)
    >>> X = made.features[["age_years", "ldh_u_per_l"]]
    >>> members = {"cox": gx.outcomes.GroupShrunkCox(), "forest": gx.outcomes.SurvivalForest(n_bags=2)}
    >>> model = gx.outcomes.SurvivalStack(members=members, folds=3).fit(X, made.outcomes)
    >>> round(float(sum(model.weights_.values())), 9)
    1.0
    """

    specs: Iterable[FeatureSpec] | None = None
    _: KW_ONLY
    members: Mapping[str, Any] | None = None
    weights: Mapping[str, float] | None = None
    folds: int = 5
    seed: int = 0

    @property
    def encoder_(self) -> Any:
        """Encoder of the first member; all have the same features."""
        return next(iter(self.members_.values())).encoder_

    @single_threaded
    def fit(self, X: Any, y: Any, *, strata: Any = None) -> Self:
        """Estimate the weights, and fit the members with a positive one to all patients.

        Raises
        ------
        UsageError
            As the members; or if weights are negative, do not sum to 1, or name unknown members (``stack-weights``).
        SupportError
            If there is no event, or too few to estimate weights.
        """
        X, y = survival_data(self, X, y, reset=True)
        time, _ = checked_outcome(X, y)
        stated = {"strata": strata_of(X, strata)}
        members = {name: cls() for name, cls in _CLASSES.items()} if self.members is None else self.members
        told = {} if self.specs is None else {"specs": self.specs}
        models = configured_candidates(members, told)
        found = self._found(models, X, y, stated) if self.weights is None else _checked(self.weights, models)
        self.weights_ = {name: weight for name, weight in found.items() if weight > 0}
        self.members_ = {name: clone(models[name]).fit(X, y, **heeded(models[name], stated)) for name in self.weights_}
        spread = [float(np.std(model.predict_risk(X))) for model in self.members_.values()]
        self.scales_ = np.array([float(f"{spread[0] / each:.2e}") if each > 0 else 0.0 for each in spread])
        self.end_ = rounded_up(float(time.max()))
        return self

    def _found(self, models: Mapping[str, Any], X: pd.DataFrame, y: pd.DataFrame, stated: Any) -> dict[str, float]:
        """Return the models' weights from their out-of-fold curves."""
        family, fold = SurvivalFamily(), hash_folds(X.index, self.folds, seed=self.seed, salt="stack")
        times = family.scored_times(y, fold)
        if times is None:
            raise SupportError("too few events to estimate weights of models", code="no-events", hint="Give weights")
        curves = []
        for model in models.values():
            found = np.empty((len(X), times.size))
            for inside, fitted in fitted_to_others(without_refits(model, "n_refits"), X, y, fold, **stated):
                found[inside] = fitted.predict_survival(X[inside], times)
            curves.append(found)
        losses = StackedLosses.of(curves, lambda curve: family.losses(y, curve, times))
        weights = drawn_back(losses.weights(), losses.share(fold))
        return dict(zip(models, weights.tolist(), strict=True))

    def _parts(self) -> list[tuple[float, float, Any]]:
        """Return weight, scale of the risk score, and model of each member."""
        check_is_fitted(self, "members_")
        return list(zip(self.weights_.values(), self.scales_.tolist(), self.members_.values(), strict=True))

    def _checked_times(self, times: ArrayLike) -> Floats:
        check_is_fitted(self, "end_")
        return times_within(times, self.end_)

    def predict_survival(self, X: Any, times: ArrayLike) -> Floats:
        """Survival probability, shape (n_patients, n_times).

        Raises
        ------
        HorizonError
            If a time exceeds the last follow-up.
        """
        wanted, frame = self._checked_times(times), as_features(self, X)
        return np.asarray(sum(weight * model.predict_survival(frame, wanted) for weight, _, model in self._parts()))

    def sample_survival(self, X: Any, times: ArrayLike, *, n_draws: int = 200, seed: int = 0) -> Floats:
        """Draws of the members in proportion to their weights, in random order; shape (n_draws, n_patients, n_times).

        Raises
        ------
        HorizonError
            If a time exceeds the last follow-up.
        """
        wanted, frame, parts = self._checked_times(times), as_features(self, X), self._parts()
        shares = _shared_out(n_draws, [weight for weight, _, _ in parts])
        drawn = [
            model.sample_survival(frame, wanted, n_draws=share, seed=seed)
            for share, (_, _, model) in zip(shares, parts, strict=True)
            if share
        ]
        return np.concatenate(drawn)[np.random.default_rng(seed).permutation(n_draws)]

    def predict_risk(self, X: Any) -> Floats:
        """Weighted mean of the members' risk scores, scaled to the spread of the first's, shape (n_patients,)."""
        frame = as_features(self, X)
        return np.asarray(sum(weight * scale * model.predict_risk(frame) for weight, scale, model in self._parts()))

    def contributions(self, X: Any) -> pd.DataFrame:
        """Contribution of each feature to the risk score; patients x features."""
        frame = as_features(self, X)
        parts = [weight * scale * model.contributions(frame) for weight, scale, model in self._parts()]
        whole: pd.DataFrame = parts[0]
        for part in parts[1:]:
            whole = whole + part
        return whole

    def state(self) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
        """JSON values and arrays from which ``from_state`` restores the model.

        Raises
        ------
        UsageError
            If a member is not one of genorx's own models (``model-class``).
        """
        arrays: dict[str, NDArray[Any]] = {"scales": self.scales_}
        members = []
        for place, (name, model) in enumerate(self.members_.items()):
            values, own = model.state()
            kind = savable_class(model, _CLASSES)
            members.append({"name": name, "class": kind, "weight": self.weights_[name], "values": values})
            arrays |= named_below(f"member.{place}", own)
        params = {"folds": self.folds, "seed": self.seed, "weights": self.weights}
        return {"params": params, "members": members, "end": self.end_}, arrays

    @classmethod
    def from_state(cls, values: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> Self:
        """Restore a fitted model from ``state``; runs no code of the file."""
        model = cls(**values["params"])
        model.members_, model.weights_ = {}, {}
        for place, one in enumerate(values["members"]):
            own = arrays_below(f"member.{place}", arrays)
            model.members_[one["name"]] = _CLASSES[one["class"]].from_state(one["values"], own)
            model.weights_[one["name"]] = float(one["weight"])
        model.scales_, model.end_ = arrays["scales"], float(values["end"])
        recall_features(model, list(model.encoder_.feature_names_in_))
        return model


def _checked(weights: Mapping[str, float], models: Mapping[str, Any]) -> dict[str, float]:
    found = {name: float(weight) for name, weight in weights.items()}
    fits = set(found) <= set(models) and all(weight >= 0 for weight in found.values())
    if not fits or abs(sum(found.values()) - 1) > 1e-3:
        hint = "give each member's weight by its name"
        raise UsageError("weights of a stack are not negative and sum to 1", hint=hint, code="stack-weights")
    return found


def _shared_out(n_draws: int, weights: list[float]) -> list[int]:
    """Return the number of draws of each member: in proportion to the weights, by largest remainders."""
    exact = n_draws * np.array(weights) / sum(weights)
    shares = np.floor(exact).astype(int)
    for place in np.argsort(shares - exact, kind="stable")[: n_draws - int(shares.sum())]:
        shares[place] += 1
    return [int(share) for share in shares]
