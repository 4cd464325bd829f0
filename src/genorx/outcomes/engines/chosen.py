"""Engine of the model choice: the first candidate is the default, another replaces it if clearly better.

The choice is part of the fit, so that an out-of-fold evaluation repeats it within each fold.  The score of candidates,
and the required margin, are in each family's ``ChoiceRule``.
Source: Breiman L et al. 1984 (one-standard-error rule).
"""

from __future__ import annotations

import logging
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from dataclasses import KW_ONLY, dataclass
from functools import wraps
from typing import Any, ClassVar, Self, TypeVar, cast

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, clone
from sklearn.utils.validation import check_is_fitted

from genorx._core.feature_spec import FeatureSpec
from genorx.outcomes.choice import (
    choice_records,
    chosen_in,
    compared,
    configured_candidates,
    savable_class,
    without_refits,
)
from genorx.outcomes.engines.left_out import fitted_to_others, heeded
from genorx.outcomes.folds import hash_folds
from genorx.outcomes.frames import as_features, known_features, recall_features

logger = logging.getLogger(__name__)
Floats = NDArray[np.float64]
Method = TypeVar("Method", bound=Callable[..., Any])


def asked(method: Method) -> Method:
    """Return a method with a protocol's signature and docstring that delegates to the chosen model."""

    @wraps(method)
    def ask(self: Chosen, X: Any, *args: Any, **params: Any) -> Any:
        found = getattr(self._model(), method.__name__)(as_features(self, X), *args, **params)
        return found if isinstance(found, pd.DataFrame) else np.asarray(found)

    return cast(Method, ask)


@dataclass(eq=False, repr=False)
class Chosen(BaseEstimator, ABC):  # type: ignore[misc]
    """A model that delegates to the best of its candidates for the data.

    Parameters
    ----------
    specs : sequence of FeatureSpec, optional
        Specification of the features, passed to each candidate.
    candidates : mapping of name to model, optional
        The first is the default model.  None: those of genorx for this kind of outcome.
    folds : int
        Number of folds of the comparison.
    seed : int
        Seed of folds and default candidates.

    Attributes
    ----------
    model_ : fitted model
        The chosen model, fitted to all patients.
    chosen_ : str
        Name of the chosen model.
    choice_ : DataFrame
        ``model``, the score (lower is better), ``difference`` (from the default), ``std_error`` (of the difference,
        over patients), ``chosen``, ``note``; empty with too few data for a choice, or one candidate.
    findings_ : tuple of Finding
    """

    specs: Iterable[FeatureSpec] | None = None
    _: KW_ONLY
    candidates: Mapping[str, Any] | None = None
    folds: int = 5
    seed: int = 0

    ours: ClassVar[tuple[Any, ...]]  # classes of the default candidates
    made_of_ours: ClassVar[tuple[Any, ...]] = ()  # classes that combine several of them

    @property
    @abstractmethod
    def family(self) -> Any:
        """The family of the outcome, with the parameters' causes or grades."""

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        return tags

    def _configured(self) -> dict[str, Any]:
        """Return the parameters passed to all candidates, including a user's own."""
        stated: dict[str, Any] = {} if self.specs is None else {"specs": self.specs}
        return stated | dict(self.family.params())

    @classmethod
    def _by_name(cls) -> dict[str, Any]:
        """Return the classes that a model file may name."""
        return {one.__name__: one for one in (*cls.ours, *cls.made_of_ours)}

    def _ours(self) -> dict[str, Any]:
        """Return the default candidates."""
        return {cls.__name__: cls() for cls in self.ours}

    def _models(self, size: int) -> dict[str, Any]:
        if self.candidates is not None:
            return configured_candidates(self.candidates, self._configured())
        ours = self._ours()
        if size > self.family.choice.most_forest:
            ours = {name: one for name, one in ours.items() if not any("n_bags" in key for key in one.get_params())}
        return configured_candidates(ours, self._configured() | {"seed": self.seed})

    def _choose(self, X: pd.DataFrame, y: Any, **stated: Any) -> Self:
        """Choose a model and fit it; ``stated`` is passed to every ``fit``."""
        models = self._models(len(X))
        self.chosen_, self.choice_ = next(iter(models)), pd.DataFrame()
        models = self._compare(models, X, y, **stated)
        logger.info("model of %s: %s", self.family.choice.of, self.chosen_)
        best = models[self.chosen_]
        self.model_ = clone(best).fit(X, y, **heeded(best, stated))
        self.findings_ = tuple(getattr(self.model_, "findings_", ()))
        return self

    def _compare(self, models: dict[str, Any], X: pd.DataFrame, y: Any, **stated: Any) -> dict[str, Any]:
        """Choose among the models by their out-of-fold losses, if there are enough data.

        Return the models as compared, and combinations of several, unfitted.
        """
        family = self.family
        if len(models) < 2 or family.evidence(y) < family.choice.fewest:
            return models
        models = self._settled(models, X, y, **stated)
        fold = hash_folds(X.index, self.folds, seed=self.seed, salt="choice")
        times = family.scored_times(y, fold)
        if times is None:
            return models
        found: dict[str, Floats] = {}
        made: dict[str, Any] = {}

        def losses(name: str) -> Floats:
            if name not in models:
                made[name], loss = self._joined({each: models[each] for each in found}, found, y, times, fold)
                return loss
            found[name] = self._out_of_fold(models[name], X, y, fold, times, **stated)
            return np.asarray(family.losses(y, found[name], times))

        joins = [cls.__name__ for cls in self.made_of_ours] if self.candidates is None else []
        names = {name: name for name in (*models, *joins)}
        margins = dict.fromkeys(models, family.choice.margin) | dict.fromkeys(joins, family.choice.margin_joined)
        self.choice_ = compared(names, losses, score=family.choice.score, margin=margins)
        self.chosen_ = chosen_in(self.choice_)
        return models | made

    def _settled(self, models: dict[str, Any], X: pd.DataFrame, y: Any, **stated: Any) -> dict[str, Any]:  # noqa: ARG002
        """Return the models with the decisions that are made once, on all patients."""
        return models

    def _joined(
        self, models: Mapping[str, Any], estimates: Mapping[str, Floats], y: Any, times: Floats, fold: NDArray[Any]
    ) -> tuple[Any, Floats]:
        """Return one unfitted model combined from several, and each patient's out-of-fold loss by it."""
        raise NotImplementedError

    def _out_of_fold(
        self, model: Any, X: pd.DataFrame, y: Any, fold: NDArray[Any], times: Floats, **stated: Any
    ) -> Floats:
        """Return each patient's estimate by a model fitted to the other folds, without refits for draws."""
        estimate, found = self.family.estimate, None
        for inside, fitted in fitted_to_others(self._quick(model), X, y, fold, **stated):
            part = estimate(fitted, X[inside], times)
            found = np.empty((len(X), *part.shape[1:])) if found is None else found
            found[inside] = part
        return np.asarray(found)

    def _quick(self, model: Any) -> Any:
        """Return a model without computations that its estimates do not need."""
        return without_refits(model, "n_refits")

    def _model(self) -> Any:
        check_is_fitted(self, "model_")
        return self.model_

    def contributions(self, X: Any) -> pd.DataFrame:
        """Contribution of each feature on the chosen model's scale (log odds, log mean, ...); patients x features."""
        frame: pd.DataFrame = self._model().contributions(as_features(self, X))
        return frame

    def _saved(self) -> dict[str, Any]:
        """Return the parameters stored in a model file."""
        params: dict[str, Any] = self.get_params(deep=False)
        return {name: value for name, value in params.items() if name not in ("specs", "candidates")}

    def state(self) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
        """JSON values and arrays from which ``from_state`` restores the model.

        Raises
        ------
        UsageError
            If the chosen model is not one of genorx's own.
        """
        kind = savable_class(self._model(), self._by_name())
        own, arrays = self.model_.state()
        values = {"class": kind, "model": own, "chosen": self.chosen_, "choice": choice_records(self.choice_)}
        return values | {"params": self._saved()} | self._own_state(), arrays

    def _own_state(self) -> dict[str, Any]:
        """Return the JSON values specific to some kinds."""
        return {"features": known_features(self)}

    @classmethod
    def from_state(cls, values: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> Self:
        """Restore a fitted model from ``state``; runs no code of the file."""
        model = cls(**values["params"])
        model.model_ = cls._by_name()[values["class"]].from_state(values["model"], arrays)
        model._recall(values)
        return model

    def _recall(self, values: dict[str, Any]) -> None:
        if "features" in values:
            recall_features(self, values["features"])
        self.chosen_, self.choice_, self.findings_ = str(values["chosen"]), pd.DataFrame(values["choice"]), ()
