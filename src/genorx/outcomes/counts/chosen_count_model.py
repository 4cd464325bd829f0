"""Choice of a count model by out-of-fold Poisson deviance; the default unless clearly beaten."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass
from typing import Any, Self

import pandas as pd

from genorx._core.threads import single_threaded
from genorx.outcomes.choice import without_refits
from genorx.outcomes.continuous.value_base import ValueRegressor
from genorx.outcomes.counts.boosted_counts import BoostedCounts
from genorx.outcomes.counts.counts_base import checked_counts
from genorx.outcomes.counts.elastic_net_counts import ElasticNetCounts
from genorx.outcomes.counts.forest_counts import ForestCounts
from genorx.outcomes.counts.group_shrunk_counts import GroupShrunkCounts
from genorx.outcomes.engines.chosen import Chosen, asked
from genorx.outcomes.frames import as_features
from genorx.outcomes.kinds.count import CountFamily
from genorx.outcomes.protocol import ValueModel


@dataclass(eq=False, repr=False)
class ChosenCountModel(ValueRegressor, Chosen):
    """The default model, or another one whose out-of-fold deviance is lower by more than two standard errors.

    Parameters
    ----------
    specs : sequence of FeatureSpec, optional
        Specification of the features, passed to each candidate.
    candidates : mapping of name to ValueModel, optional
        The first is the default model.  None: ``GroupShrunkCounts``, ``ElasticNetCounts``, ``BoostedCounts`` and, up to
        2,000 patients, ``ForestCounts``.
    exposure : str, optional
        Feature to which a patient's count is proportional (time under observation), passed to each candidate.
    folds, seed : int
        Number of folds of the comparison, and seed of folds and default candidates.

    Attributes
    ----------
    model_ : ValueModel
        The chosen model, fitted to all patients.
    chosen_ : str
        Name of the chosen model.
    choice_ : DataFrame
        ``model``, ``poisson_deviance``, ``difference`` (from the default), ``std_error`` (of the difference, over
        patients), ``chosen``, ``note``; empty if fewer than 50 patients have a count above 0, or there is one
        candidate.
    findings_ : tuple of Finding
        Findings on the fit.

    Examples
    --------
    >>> import genorx as gx
    >>> made = gx.datasets.make_trial(150)
    >>> X = made.features[["age_years", "ldh_u_per_l"]]
    >>> visits = (made.outcomes["time"] // 10).rename("visits")
    >>> forest = gx.outcomes.ForestCounts(n_bags=2, n_refits=2)
    >>> candidates = {"shrunk": gx.outcomes.GroupShrunkCounts(), "forest": forest}
    >>> model = gx.outcomes.ChosenCountModel(candidates=candidates, folds=3).fit(X, visits)
    >>> model.chosen_
    'shrunk'
    """

    _: KW_ONLY
    exposure: str | None = None

    family = CountFamily()
    ours = (GroupShrunkCounts, ElasticNetCounts, BoostedCounts, ForestCounts)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.string = True
        tags.input_tags.categorical = True
        tags.target_tags.positive_only = True
        return tags

    @single_threaded
    def fit(self, X: Any, y: Any) -> Self:
        """Choose a model and fit it to counts ``y``, index as ``X``.

        Raises
        ------
        InputError
            If a count is below 0 (``negative-count``) or not a whole number (``not-a-count``), or an exposure is not
            positive (``exposure-not-positive``).
        UsageError
            If the patients differ, a count is missing, or there is no candidate.
        SupportError
            If all counts are 0.
        """
        frame = as_features(self, X, reset=True)
        return self._choose(frame, pd.Series(checked_counts(frame, y), index=frame.index))

    def _configured(self) -> dict[str, Any]:
        return super()._configured() | ({} if self.exposure is None else {"exposure": self.exposure})

    def _quick(self, model: Any) -> Any:
        return without_refits(model, "n_refits", *(("folds",) if isinstance(model, BoostedCounts) else ()))

    predict_value = asked(ValueModel.predict_value)
    sample_value = asked(ValueModel.sample_value)
    predict_interval = asked(ValueModel.predict_interval)
