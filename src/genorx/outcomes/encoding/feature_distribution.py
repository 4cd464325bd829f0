"""Conditional distribution of an unknown feature, given the patient's known features.

Learnt from the training rows of a model: the margin of each feature (``encoding.margins``) and the correlations of all
scores, with those within noise set to 0; no row is stored.  For a patient with unknown features, possible values are
drawn, in an order that does not depend on the other patients, and a prediction is made for each: ``encoding.completed``
combines them.
Sources: Little RJA, Rubin DB (2019). Statistical Analysis with Missing Data, 3rd ed., sections 10.2 and 11.2 (draws
from the predictive distribution; conditional normal); Bickel PJ, Levina E 2008, Ann Stat 36:2577 (thresholding).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Self
from zlib import crc32

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import ndtri

from genorx.outcomes.encoding.completed import Completed
from genorx.outcomes.encoding.feature_columns import FeatureSource, as_numbers
from genorx.outcomes.encoding.margins import Margin
from genorx.outcomes.encoding.pairwise import PairwiseMoments, nearest_positive

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
_NOISE_ERRORS = 2.5  # standard errors up to which a correlation counts as noise
_FEWEST_PAIRS = 30  # rows with both known, below which a correlation is not estimated
_MOST_SCORES = 600  # scores above which features are independent: pairs grow with the square
_PARTNERS = 20  # known scores from which an unknown one is predicted, the most correlated
_LEAST_UNEXPLAINED = 0.02  # least share of a score's variance not explained by other scores
_COMPLETIONS = 32  # imputations of a patient who lacks several features
_QUANTILES = 16  # imputations of a patient who lacks one number
_LEAST_SHARE = 0.07  # least share of the draws for each level: intervals then reach the estimate with that level
_LEAST_SHARES = 0.75  # most of the draws for all least shares together
_KEPT = 2000  # cached regressions
_FULL_SHARES = 2  # unknown features up to which each has the full least share


@dataclass(frozen=True, kw_only=True)
class FeatureDistribution:
    """Joint distribution of features: margins, and correlations of their normal scores.

    Attributes
    ----------
    margins : tuple of Margin
        One per feature, in the order of feature names.
    correlation : array of shape (n_scores, n_scores)
    regressions : dict
        Regressions of a feature on the known scores, cached, as many patients lack the same features.
    """

    margins: tuple[Margin, ...]
    correlation: Floats
    regressions: dict[tuple[int, bytes], tuple[Floats, Floats]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    @classmethod
    def learn(cls, sources: Sequence[FeatureSource], frame: pd.DataFrame) -> Self:
        """Learn from the training rows."""
        margins = tuple(Margin.learn(source, frame[source.name]) for source in sources)
        size = sum(margin.n_scores for margin in margins)
        if size > _MOST_SCORES or not size:
            return cls(margins=margins, correlation=np.eye(size))
        pairs = PairwiseMoments.of(np.column_stack([margin.scores(frame[margin.name]) for margin in margins]))
        noise = np.abs(pairs.correlation) < _NOISE_ERRORS / np.sqrt(np.maximum(pairs.counts, 1.0))
        stated = np.where(noise | (pairs.counts < _FEWEST_PAIRS), 0.0, np.clip(pairs.correlation, -1.0, 1.0))
        np.fill_diagonal(stated, 1.0)
        return cls(margins=margins, correlation=np.asarray(np.round(stated, 3), dtype=np.float64))

    def complete(self, X: pd.DataFrame, needed: Collection[str]) -> Completed:
        """Return the rows of ``X`` with unknown features of ``needed`` imputed by their possible values.

        A patient who lacks none has one row; every other patient has one row per imputation.
        """
        unknown = self.unknown(X)
        imputed = np.array([margin.can_differ and margin.name in needed for margin in self.margins], dtype=bool)
        lacking = (unknown & imputed).any(axis=1)
        if not lacking.any():
            return Completed.whole(X)
        wide = np.column_stack([margin.scores(X[margin.name]) for margin in self.margins])
        blocks = []
        for pattern in np.unique(unknown[lacking], axis=0):
            rows = np.flatnonzero((unknown == pattern).all(axis=1))
            blocks.append(self._drawn(rows, wide[rows], np.flatnonzero(pattern & imputed)))
        return _put_together(X, self.margins, blocks, np.flatnonzero(~lacking))

    def unknown(self, X: pd.DataFrame) -> Bools:
        """Return whether each value is missing or an unseen level, shape (n_patients, n_features), by margins."""
        return np.array([margin.unknown(X[margin.name]) for margin in self.margins], dtype=bool).reshape(-1, len(X)).T

    def _drawn(self, rows: Ints, scores: Floats, places: Ints) -> _Drawn:
        """Draw the features at ``places`` for patients with the same missing features."""
        lacking = [self.margins[place] for place in places]
        n_sets = int(np.prod([len(margin.levels) or _COMPLETIONS + 1 for margin in lacking], dtype=float))
        drawn = _Drawn.begin(rows, scores, known=~np.isnan(scores[0]))
        if n_sets > _COMPLETIONS:
            drawn = drawn.times(_COMPLETIONS if len(lacking) > 1 else _QUANTILES)
        floor = _LEAST_SHARE * min(1.0, _FULL_SHARES / len(lacking))
        for place, margin in zip(places, lacking, strict=True):
            expected = self._expected(drawn, int(place))
            if margin.quantiles:
                uniform = drawn.uniforms(margin.name, shuffled=len(lacking) > 1)
                drawn = drawn.with_number(margin, place, expected, uniform)
                continue
            chance = margin.chances_at(expected.scores, expected.explained)
            share = _shares(chance, expected.explained, floor)
            if n_sets > _COMPLETIONS:
                codes = _codes_at(share, drawn.uniforms(margin.name, shuffled=True))
                at = (np.arange(codes.size), codes)
                drawn = drawn.weighted(chance[at] / share[at], np.ones(codes.size))
            else:
                codes = np.tile(np.arange(len(margin.levels)), len(chance))
                drawn = drawn.times(len(margin.levels)).weighted(chance.ravel(), share.ravel())
            drawn = drawn.with_feature(place, expected.columns, codes, margin.scores_of_levels(codes))
        return drawn

    def values_given(self, patient: pd.DataFrame, names: Sequence[str], uniforms: Floats) -> pd.DataFrame:
        """Return joint values of features, given the patient's other known features.

        Parameters
        ----------
        patient : DataFrame of one row
        names : sequence of str
            Features to draw, one after the other, each given those before; other unknown features stay unknown.
        uniforms : array of shape (n_values, n_names)
            Quantile levels, from 0 to 1, in the distribution of each feature.

        Returns
        -------
        DataFrame of shape (n_values, n_names)
            Numbers, or levels as text.
        """
        scores = np.column_stack([margin.scores(patient[margin.name]) for margin in self.margins])
        drawn = _Drawn.begin(np.zeros(1, dtype=np.int64), scores, known=~np.isnan(scores[0])).times(len(uniforms))
        by_name, found = {margin.name: place for place, margin in enumerate(self.margins)}, {}
        for name, uniform in zip(names, uniforms.T, strict=True):
            place = by_name[name]
            margin = self.margins[place]
            expected = self._expected(drawn, place)
            if margin.quantiles:
                drawn = drawn.with_number(margin, place, expected, uniform)
            else:
                codes = _codes_at(margin.chances_at(expected.scores, expected.explained), uniform)
                drawn = drawn.with_feature(place, expected.columns, codes, margin.scores_of_levels(codes))
            own = drawn.values[place]
            found[name] = np.array(margin.levels, dtype=object)[own] if margin.levels else own
        return pd.DataFrame(found, columns=pd.Index(list(names)))

    @cached_property
    def score_columns(self) -> dict[str, Ints]:
        """The columns of ``correlation`` of each feature."""
        ends = np.cumsum([margin.n_scores for margin in self.margins])
        return {
            margin.name: np.arange(end - margin.n_scores, end) for margin, end in zip(self.margins, ends, strict=True)
        }

    def _expected(self, drawn: _Drawn, place: int) -> _Expected:
        """Return the conditional expectation of a feature's scores given the known scores."""
        columns = self.score_columns[self.margins[place].name]
        key = (place, drawn.known.tobytes())
        if key not in self.regressions:
            if len(self.regressions) >= _KEPT:
                self.regressions.clear()
            self.regressions[key] = self._regressions(columns, drawn.known)
        weights, explained = self.regressions[key]
        return _Expected(columns=columns, scores=drawn.expected(weights), explained=explained)

    def _regressions(self, columns: Ints, known: Bools) -> tuple[Floats, Floats]:
        """Return regression coefficients on all scores for ``columns``, and the explained variance."""
        weights, explained = np.zeros((len(columns), known.size)), np.zeros(len(columns))
        for row, column in enumerate(columns):
            stated = np.where(known, self.correlation[column], 0.0)
            partners = np.argsort(-np.abs(stated), kind="stable")[:_PARTNERS]
            partners = partners[stated[partners] != 0]
            if partners.size:
                among = nearest_positive(self.correlation[np.ix_(partners, partners)])
                among[np.diag_indices_from(among)] += _LEAST_UNEXPLAINED
                weights[row, partners] = np.linalg.solve(among, stated[partners])
                explained[row] = np.clip(weights[row, partners] @ stated[partners], 0.0, 1 - _LEAST_UNEXPLAINED)
        return weights, explained

    def state(self) -> dict[str, Any]:
        """Return the learnt content as JSON values; of the correlations only those that are not 0."""
        rows, columns = np.nonzero(np.triu(self.correlation, 1))
        return {
            "margins": [margin.state() for margin in self.margins],
            "rows": rows.tolist(),
            "columns": columns.tolist(),
            "correlations": self.correlation[rows, columns].tolist(),
        }

    @classmethod
    def from_state(cls, values: Mapping[str, Any]) -> Self:
        """Restore a distribution from ``state``."""
        margins = tuple(Margin.from_state(one) for one in values["margins"])
        correlation = np.eye(sum(margin.n_scores for margin in margins))
        rows, columns = (np.array(values[name], dtype=np.int64) for name in ("rows", "columns"))
        correlation[rows, columns] = correlation[columns, rows] = np.array(values["correlations"], dtype=float)
        return cls(margins=margins, correlation=correlation)


@dataclass(frozen=True, kw_only=True)
class _Expected:
    """Columns of a feature's scores, their expectations by row, and the explained variance of each."""

    columns: Ints
    scores: Floats
    explained: Floats


@dataclass(frozen=True, kw_only=True)
class _Drawn:
    """Imputations of patients with the same missing features; one row each, a patient's rows adjacent.

    Attributes
    ----------
    owner : array of int, shape (n_rows,)
        Index of the patient.
    scores : array of shape (n_rows, n_scores)
        Standardised scores, known or drawn.
    known : array of bool, shape (n_scores,)
        Whether a score is known, or already drawn.
    weight, share : arrays of shape (n_rows,)
        As in ``Completed``, not yet scaled to sum to 1.
    values : dict of int to array of shape (n_rows,)
        Numbers, or indices of levels, of each feature drawn.
    n_sets : int
        Number of rows per patient.
    """

    owner: Ints
    scores: Floats
    known: Bools
    weight: Floats
    share: Floats
    values: dict[int, NDArray[Any]]
    n_sets: int

    @classmethod
    def begin(cls, rows: Ints, scores: Floats, *, known: Bools) -> _Drawn:
        ones = np.ones(rows.size)
        return cls(owner=rows, scores=scores, known=known, weight=ones, share=ones, values={}, n_sets=1)

    def times(self, number: int) -> _Drawn:
        """Return each row repeated ``number`` times."""
        names = ("owner", "scores", "weight", "share")
        wide: dict[str, Any] = {name: np.repeat(getattr(self, name), number, axis=0) for name in names}
        wide["values"] = {place: np.repeat(drawn, number) for place, drawn in self.values.items()}
        return replace(self, n_sets=self.n_sets * number, **wide)

    def expected(self, weights: Floats) -> Floats:
        """Return sums of weighted scores, shape (n_rows, n_targets), in an order independent of other patients."""
        total = np.zeros((len(self.scores), len(weights)))
        for target, own in enumerate(weights):
            for column in np.flatnonzero(own):
                total[:, target] += own[column] * self.scores[:, column]
        return total

    def uniforms(self, name: str, *, shuffled: bool) -> Floats:
        """Return evenly spaced numbers from 0 to 1 for each patient's imputations, the same for each patient."""
        order = np.arange(self.n_sets)
        if shuffled:  # in a different order for each feature
            order = np.random.default_rng(crc32(name.encode())).permutation(self.n_sets)
        return np.tile((order + 0.5) / self.n_sets, len(self.owner) // self.n_sets)

    def weighted(self, weight: Floats, share: Floats) -> _Drawn:
        return replace(self, weight=self.weight * weight, share=self.share * share)

    def with_number(self, margin: Margin, place: int, expected: _Expected, uniform: Floats) -> _Drawn:
        """Return the rows with a number at quantiles from 0 to 1 of its distribution."""
        score = expected.scores[:, 0] + np.sqrt(1 - expected.explained[0]) * ndtri(uniform)
        return self.with_feature(place, expected.columns, margin.number_at(score), score[:, None])

    def with_feature(self, place: int, columns: Ints, values: NDArray[Any], scores: Floats) -> _Drawn:
        wide, known = self.scores.copy(), self.known.copy()
        wide[:, columns], known[columns] = scores, True
        return replace(self, scores=wide, known=known, values=self.values | {int(place): values})


def _shares(chance: Floats, explained: Floats, floor: float) -> Floats:
    """Return each level's share of the draws: its probability, but at least a floor.

    The floor is lower if the known features explain more than half of the level.
    """
    n_levels = chance.shape[1]
    least = np.minimum(floor * np.minimum(1.0, 2 * (1 - explained)), _LEAST_SHARES / n_levels)
    least = np.broadcast_to(least, (n_levels,))
    above = np.maximum(chance - least, 0.0)
    return np.asarray(least + above * ((1 - least.sum()) / above.sum(axis=1, keepdims=True)))


def _codes_at(share: Floats, uniform: Floats) -> Ints:
    """Return the level that contains each number from 0 to 1."""
    return np.asarray((uniform[:, None] > np.cumsum(share[:, :-1], axis=1)).sum(axis=1))


def _put_together(X: pd.DataFrame, margins: Sequence[Margin], blocks: Sequence[_Drawn], others: Ints) -> Completed:
    """Merge all patients in the order of ``X``."""
    owner = np.concatenate([others, *(block.owner for block in blocks)])
    order = np.argsort(owner, kind="stable")
    starts = np.searchsorted(owner[order], np.arange(len(X) + 1))
    frame = X.iloc[owner[order]]
    back = np.argsort(order)  # row of the frame for each drawn row
    filled: dict[str, Any] = {}
    for place in sorted({place for block in blocks for place in block.values}):
        margin, first = margins[place], others.size
        levels = np.array(margin.levels, dtype=object)
        text = levels.size > 0 and isinstance(levels[0], str)
        column = X[margin.name]
        values = (column.astype(object).to_numpy() if text else as_numbers(column))[owner[order]]
        for block in blocks:
            if place in block.values:
                own = block.values[place]
                values[back[first : first + block.owner.size]] = levels[own] if levels.size else own
            first += block.owner.size
        filled[margin.name] = values
    weight, share = (
        np.concatenate([np.ones(others.size), *(getattr(block, name) for block in blocks)])[order]
        for name in ("weight", "share")
    )
    sizes = np.diff(starts)
    return Completed(
        frame=frame.assign(**filled),
        starts=starts,
        weight=weight / np.repeat(np.add.reduceat(weight, starts[:-1]), sizes),
        share=share / np.repeat(np.add.reduceat(share, starts[:-1]), sizes),
    )
