"""Outcome of a patient under each option: one group-shrunk model for all options, compared within strata.

The common parts are here; survival is ``adjusted.survival_effect``, other outcomes ``adjusted.response_effect``.
Doubly robust averages and policy value are ``effects.assessment``.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pandas.api.types import is_numeric_dtype
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from genorx._core.feature_spec import FeatureSpec
from genorx._core.proportion import NORMAL_975
from genorx.effects.adjusted.compared import Compared, count_of
from genorx.effects.adjusted.corner_columns import Corners
from genorx.effects.adjusted.corner_screen import FirstLook, standing_corners
from genorx.effects.adjusted.design_matrix import OptionColumns, Scores
from genorx.effects.adjusted.feature_parts import FeatureParts
from genorx.effects.adjusted.pair_columns import PairColumns, candidates
from genorx.effects.decision import Choosing
from genorx.effects.differences import differences_from, limits_of_differences
from genorx.effects.intervals import Interval, interval_by_spread
from genorx.effects.overlap.nearby import FEWEST_ALIKE
from genorx.effects.overlap.support import OptionSupport
from genorx.errors import UsageError, shown
from genorx.outcomes.encoding.completed import ValueSets
from genorx.outcomes.encoding.encoding import FeatureEncoder
from genorx.outcomes.encoding.feature_columns import EncodedColumn
from genorx.outcomes.frames import as_features, recall_features

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
#: From columns without pairs and encoded features to coefficients of their matrix, and residuals.
FirstFit = Callable[[OptionColumns, Floats], FirstLook]
#: Encoded features, one row per imputation of unknown ones, and the patients of the rows.
Encoded = tuple[Floats, ValueSets]
_MANY_CURVES = 60  # from this number of numeric features on there are no spline terms: too many columns
_DIGITS = 10  # decimals of encoded features: the last bits of matrix products depend on the other patients


@dataclass(frozen=True, kw_only=True)
class EncodedPatients:
    """Patients' features with their encoding, so that several methods can reuse it."""

    frame: pd.DataFrame
    encoded: Encoded


@dataclass(eq=False, repr=False, kw_only=True)
class AdjustedEffect(BaseEstimator, ABC):  # type: ignore[misc]
    """Common parts of the survival and value estimators: encoding, support, drivers, state.

    Attributes
    ----------
    options_ : tuple of str
        Options with an estimate, the reference first.
    counts_ : DataFrame, index option
        ``patients`` and ``events`` of every option.
    encoder_ : FeatureEncoder
    columns_ : OptionColumns
    support_ : OptionSupport
    beta_ : array
        Coefficients of ``columns_.matrix``.
    n_features_in_ : int
    feature_names_in_ : array of str
        Names of the features, if they were given as a frame.
    stratum_names_, stratum_shares_
        Strata of the design, and the share of the patients in each: predictions are averaged over strata.
    """

    reference: str | None = None
    randomised: bool = False
    specs: Sequence[FeatureSpec] | None = None
    min_events: int = 20
    min_alike: float = FEWEST_ALIKE
    interactions: Sequence[str] | None = None
    seed: int = 0

    def support(self, X: Any) -> pd.DataFrame:
        """Return one row per patient and option: whether it is covered, by how many similar patients, and why not.

        Columns ``patient_id``, ``option``, ``effective_n`` (effective number of patients of similar prognosis,
        propensity, or value of each relevant numeric feature: the smallest of these), ``patients``, ``propensity``,
        ``inside``, ``outside_feature``, ``reason``.  An option with too few events has no numbers.
        """
        known = self.encode(X)
        return self._support(known.frame, known.encoded)

    def encode(self, X: Any) -> EncodedPatients:
        """Encode patients once for ``support``, ``drivers`` and draws, which accept the result in place of ``X``."""
        if isinstance(X, EncodedPatients):
            return X
        frame = self._frame(X)
        return EncodedPatients(frame=frame, encoded=self._sets(frame))

    def _support(self, frame: pd.DataFrame, encoded: Encoded) -> pd.DataFrame:
        Z = encoded[1].mean(encoded[0])
        return self.support_.frame(frame, Z, self._prognosis(Z), self.encoder_.scaled(frame))

    def drivers(self, X: Any) -> pd.DataFrame:
        """One row per patient, option and feature: contributions to the linear predictor relative to the cohort's mean.

        Columns ``patient_id``, ``option``, ``feature``, ``prognosis`` (the same under all options), ``effect`` (of the
        option against the reference) and ``beyond`` (the value lies beyond the range of the patients under the option:
        the direction is an extrapolation).  Larger means a higher hazard, higher odds (of the outcome, of a higher
        grade), a higher mean, or a higher log mean of a count.
        """
        return self._drivers(X, self.beta_)

    def _drivers(self, X: Any, beta: Floats) -> pd.DataFrame:
        known = self.encode(X)
        frame = known.frame
        return self._parts(beta).table(*known.encoded, frame.index, self.support_.coverage.beyond(frame))

    def _parts(self, beta: Floats) -> FeatureParts:
        return FeatureParts(
            encoder=self.encoder_, pairs=self.pairs_, columns=self.columns_, options=self.options_, beta=beta
        )

    @abstractmethod
    def _values(self, encoded: Encoded) -> Floats:
        """Return values under each option, (1 + n_draws, n_patients, n_options): best estimate, then draws."""

    def predict(self, X: Any) -> pd.DataFrame:
        """Restricted mean (or probability, or amount) under each option; missing where a patient is not covered.

        Returns
        -------
        DataFrame, index of ``X``, one column per option
        """
        frame = self._frame(X)
        encoded = self._sets(frame)
        values, inside = self._values(encoded)[0], self._inside(frame, encoded)
        return pd.DataFrame(np.where(inside, values, np.nan), index=frame.index, columns=self.options_)

    def effect(self, X: Any) -> pd.DataFrame:
        """Difference of each option from the reference; missing where not covered."""
        return differences_from(self.predict(X))

    def effect_interval(self, X: Any) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Lower and upper 95 % limits of ``effect``."""
        frame = self._frame(X)
        encoded = self._sets(frame)
        return limits_of_differences(self._values(encoded), self._inside(frame, encoded), frame.index, self.options_)

    def _inside(self, frame: pd.DataFrame, encoded: Encoded) -> NDArray[np.bool_]:
        support = self._support(frame, encoded)
        n_all = len(self.counts_)
        flags = support["inside"].to_numpy(bool).reshape(len(frame), n_all)
        return flags[:, [list(self.counts_.index).index(name) for name in self.options_]]

    def _moved_by(self, frame: pd.DataFrame, encoded: Encoded) -> dict[str, list[list[str]]]:
        """Features that change each patient's effect most relative to the mean patient, by option."""
        return self._parts(self.beta_).moved_by(frame, *encoded, self.support_.coverage.beyond(frame))

    def summary(self) -> pd.DataFrame:
        """Drivers of the differences: size of each feature's contribution to the log ratio of each option.

        Returns
        -------
        DataFrame
            ``option``, ``feature``, ``size`` (standard deviation, over the patients compared, of the feature's
            contribution to the log ratio) and ``share`` (of the variance of all contributions), largest first.
        """
        check_is_fitted(self, "drivers_")
        return self.drivers_.copy()

    def _learn_columns(
        self,
        compared: Compared,
        *,
        indicators: bool,
        first: FirstFit,
        scores: Scores | None = None,
        strongest: bool = True,
    ) -> Floats:
        """Fit encoder and columns; return the encoded features.

        With ``strongest``, the strongest of too many columns are multiplied; otherwise none.
        """
        self._check_interactions(compared.X)
        specs = None if self.specs is None else [s for s in self.specs if s.name in compared.X.columns]
        numeric = sum(is_numeric_dtype(compared.X[name]) for name in compared.X)
        self.encoder_ = FeatureEncoder(specs, splines=numeric <= _MANY_CURVES).fit(compared.X)
        self.options_, self.counts_ = compared.options, compared.counts
        self.stratum_names_ = compared.stratum_names
        self.stratum_shares_ = np.bincount(compared.strata) / len(compared.strata)
        straight = np.round(self.encoder_.transform(compared.X), _DIGITS)
        columns = partial(
            OptionColumns.fit,
            option=compared.option,
            strata=compared.strata,
            randomised=self.randomised,
            indicators=indicators,
            scores=scores,
            interactions=self.interactions,
        )
        chosen, most = candidates(self.encoder_.columns_, len(compared.options))
        corners: Corners = {}
        if most > 1 and (strongest or len(chosen) <= most):
            alone = columns(straight, self.encoder_.columns_)
            look = first(alone, straight)
            if len(chosen) > most:
                size = alone.sizes(look.beta, straight.shape[1])[chosen]
                chosen = sorted(chosen[place] for place in np.argsort(-size, kind="stable")[:most])
            corners = standing_corners(look, alone, straight, self.encoder_.columns_, chosen)
        kept = chosen if len(chosen) <= most else ()
        self.pairs_ = PairColumns.fit(straight, self.encoder_.columns_, kept, corners)
        Z = self._transform(compared.X)
        self.columns_ = columns(Z, self.encoded_)
        return Z

    def _check_interactions(self, X: pd.DataFrame) -> None:
        unknown = [name for name in self.interactions or () if name not in X.columns]
        if unknown:
            known = ", ".join(map(shown, list(X.columns)[:30]))
            raise UsageError(
                f"no feature {shown(unknown[0])!r} whose effect could differ between options",
                hint=f"features: {known}",
                code="no-such-feature",
            )

    def _learn_support(self, compared: Compared, Z: Floats) -> None:
        parts = self._parts(self.beta_)
        self.drivers_ = parts.sizes(Z, compared.X.index)
        straight = [place for place, column in enumerate(self.encoder_.columns_) if column.kind != "spline"]  # no pairs
        self.support_ = OptionSupport.fit(
            compared,
            Z,
            self._prognosis(Z),
            self.encoder_.scaled(compared.X),
            min_events=self.min_events,
            min_alike=self.min_alike,
            randomised=self.randomised,
            columns=np.array(straight, dtype=np.int64),
            matters=parts.mattering(Z, compared.X.index, self.drivers_),
            seed=self.seed,
        )

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.target_tags.required = True
        return tags

    def _frame(self, X: Any) -> pd.DataFrame:
        check_is_fitted(self, "support_")
        return as_features(self, X)

    def _encode(self, X: pd.DataFrame) -> Floats:
        check_is_fitted(self, "support_")
        return self._transform(X)

    def _sets(self, X: pd.DataFrame) -> Encoded:
        """Return encoded features with each imputation of missing values, and the patient of each row."""
        completed = self.encoder_.complete(X)
        return self._encode(completed.frame), completed

    def _transform(self, X: pd.DataFrame) -> Floats:
        straight = np.round(self.encoder_.transform(X), _DIGITS)
        return np.asarray(np.round(self.pairs_.extend(straight), _DIGITS))

    @property
    def encoded_(self) -> tuple[EncodedColumn, ...]:
        """Meaning of each encoded column: those of the encoder, then pairs."""
        return (*self.encoder_.columns_, *self.pairs_.columns(self.encoder_.columns_))

    def _prognosis(self, Z: Floats) -> Floats:
        """Linear predictor under the reference, summed patient by patient so that results do not depend on batching."""
        parts, _ = self.columns_.contributions(Z, self.beta_, 0)
        return np.asarray(np.ascontiguousarray(parts).sum(axis=1))

    def _shared_state(self) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
        check_is_fitted(self, "support_")
        columns, column_arrays = self.columns_.state()
        support, support_arrays = self.support_.state()
        values = {
            "reference": self.options_[0],
            "randomised": self.randomised,
            "min_events": self.min_events,
            "min_alike": self.min_alike,
            "seed": self.seed,
            "encoder": self.encoder_.state(),
            "pairs": self.pairs_.state(),
            "columns": columns,
            "support": support,
            "stratum_names": list(self.stratum_names_),
            "population": self.population_.to_dict(orient="list"),
            "drivers": self.drivers_.to_dict(orient="list"),
        }
        arrays = {f"columns.{name}": array for name, array in column_arrays.items()}
        arrays |= {f"support.{name}": array for name, array in support_arrays.items()}
        return values, arrays | {"beta": self.beta_, "stratum_shares": self.stratum_shares_}

    def _take_shared_state(self, values: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> Self:
        self.encoder_ = FeatureEncoder.from_state(values["encoder"])
        recall_features(self, list(self.encoder_.feature_names_in_))
        self.pairs_ = PairColumns.from_state(values["pairs"])
        self.columns_ = OptionColumns.from_state(values["columns"], under("columns.", arrays))
        self.support_ = OptionSupport.from_state(values["support"], under("support.", arrays))
        self.options_, self.counts_ = self.support_.options, self.support_.counts
        self.stratum_names_ = tuple(values["stratum_names"])
        self.beta_: Floats = arrays["beta"]
        self.stratum_shares_ = arrays["stratum_shares"]
        self.population_ = pd.DataFrame(values["population"])
        self.drivers_ = pd.DataFrame(values["drivers"])
        return self

    def population_effect(self) -> pd.DataFrame:
        """Mean effect of each option against the reference in the patients compared, with 95 % intervals.

        Columns ``option``, ``reference``, ``measure``, ``estimate``, ``lower``, ``upper``, ``patients``, ``events``.
        The ratio (of hazards; of odds; of the odds of a higher grade; of the rates of counts) comes from a fit without
        products: adjusted, within strata, the option not shrunk.
        The difference is the mean over the patients compared of the model with products.  With competing causes
        ``hazard_ratio`` is that of any event, ``hazard_ratio_cause_1`` and so on are those of the causes.
        """
        check_is_fitted(self, "support_")
        return self.population_.copy()

    def _averages(self, *, higher_is_better: bool = True) -> Choosing:
        """Return the average differences, without an evaluation of choosing by patient."""
        table = self.population_[~self.population_["measure"].str.contains("ratio")]
        averages = {
            str(row["option"]): Interval(**{name: float(row[name]) for name in ("estimate", "lower", "upper")})
            for row in table.to_dict(orient="records")
        }
        return Choosing(averages=averages, reference=self.options_[0], higher_is_better=higher_is_better)

    def _population(
        self, ratio: str | None, fitted: tuple[Floats, Floats], difference: str, mean: Floats
    ) -> pd.DataFrame:
        """Combine ratios (log estimates, standard errors) and draws of the mean difference by option."""
        rows = []
        for code, option in enumerate(self.options_[1:]):
            log, error = fitted[0][code], fitted[1][code]
            interval = np.exp([log, log - NORMAL_975 * error, log + NORMAL_975 * error])
            away = [mean[0, code], *(limit[code] for limit in interval_by_spread(mean))]
            counts = count_of(self.counts_, option)
            for measure, numbers in ((ratio, interval), (difference, away)):
                if measure is None:  # an amount has no ratio
                    continue
                rows.append((option, self.options_[0], measure, *map(float, numbers), *counts))
        names = ["option", "reference", "measure", "estimate", "lower", "upper", "patients", "events"]
        return pd.DataFrame(rows, columns=names)


def under(prefix: str, arrays: dict[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    """Return the arrays whose names start with ``prefix``, with the prefix removed."""
    return {name.removeprefix(prefix): array for name, array in arrays.items() if name.startswith(prefix)}
