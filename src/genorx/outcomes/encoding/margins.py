"""Marginal distribution of one feature: the probability of each level, or quantiles of a number.

Learnt from the training rows with a known value; no row is stored.  The joint distribution of features is
``outcomes.encoding.feature_distribution``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from genorx.outcomes.encoding.feature_columns import FeatureSource, as_numbers, as_texts

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
_FEW_VALUES = 8  # distinct values up to which a number is handled as levels
_PROBABILITIES = np.array([0.025, 0.05, *np.arange(0.1, 0.95, 0.1), 0.95, 0.975])  # further out: single rows
_LEAST_SPREAD = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True)
class Margin:
    """Marginal distribution of one feature, and its transformation to normal scores.

    Attributes
    ----------
    name : str
    levels : tuple of str or float
        Values of a category, a grade, a flag or a number with few values; empty for other numbers.
    chances : tuple of float
        Share of each level among the training rows with a known value.
    alike : tuple of str
        Rare levels, pooled as the last one.
    quantiles : tuple of float
        Quantiles of a number, from 2.5 % to 97.5 %.
    centre, scale : tuple of float
        Mean and standard deviation of each score.
    """

    name: str
    levels: tuple[str | float, ...] = ()
    chances: tuple[float, ...] = ()
    alike: tuple[str, ...] = ()
    quantiles: tuple[float, ...] = ()
    centre: tuple[float, ...] = ()
    scale: tuple[float, ...] = ()

    @classmethod
    def learn(cls, source: FeatureSource, column: pd.Series[Any]) -> Self:
        """Learn from the training rows."""
        if source.kind in ("category", "ordinal"):
            return cls._of_texts(source, as_texts(column))
        numbers = as_numbers(column)
        known = numbers[~np.isnan(numbers)]
        values, counts = np.unique(known, return_counts=True)
        if values.size <= _FEW_VALUES:
            return cls._of_levels(source.name, tuple(map(float, values)), counts)
        grid = np.quantile(known, _PROBABILITIES)
        quantiles = tuple(float(f"{value:.4g}") for value in grid)
        raw = cls(name=source.name, quantiles=quantiles, centre=(0.0,), scale=(1.0,)).scores(column)
        centre, scale = float(np.nanmean(raw)), max(float(np.nanstd(raw)), _LEAST_SPREAD)
        return cls(name=source.name, quantiles=quantiles, centre=(centre,), scale=(scale,))

    @classmethod
    def _of_texts(cls, source: FeatureSource, texts: NDArray[Any]) -> Self:
        own = source.levels if source.reference is None else (source.reference, *source.levels)
        levels = [*own, *source.pooled[:1]]
        counts = [int((texts == level).sum()) for level in levels]
        if source.pooled:
            counts[-1] = int(np.isin(texts, source.pooled).sum())
        seen = [place for place, count in enumerate(counts) if count]
        kept = tuple(levels[place] for place in seen)
        return cls._of_levels(source.name, kept, np.array([counts[place] for place in seen]), alike=source.pooled)

    @classmethod
    def _of_levels(
        cls, name: str, levels: tuple[str | float, ...], counts: NDArray[Any], *, alike: tuple[str, ...] = ()
    ) -> Self:
        chances = counts / max(counts.sum(), 1)
        scored = chances[1:] if len(levels) == 2 else chances  # one score distinguishes two levels
        return cls(
            name=name,
            levels=levels,
            chances=tuple(map(float, chances)),
            alike=alike,
            centre=tuple(map(float, scored)),
            scale=tuple(max(float(p * (1 - p)) ** 0.5, _LEAST_SPREAD) for p in scored),
        )

    @property
    def n_scores(self) -> int:
        """Number of columns of scores."""
        return len(self.centre)

    @property
    def can_differ(self) -> bool:
        """Whether the feature has more than one possible value."""
        return len(self.levels) > 1 or bool(self.quantiles)

    @property
    def _numeric(self) -> bool:
        return bool(self.levels) and isinstance(self.levels[0], float)

    def unknown(self, column: pd.Series[Any]) -> NDArray[np.bool_]:
        """Return whether each row's value is missing, or an unseen level."""
        if self.quantiles or self._numeric:
            return np.isnan(as_numbers(column))
        seen = [*self.levels, *self.alike]
        if isinstance(column.dtype, pd.CategoricalDtype):
            stated = np.isin(column.cat.categories.astype(str), seen)
            return np.asarray(~np.append(stated, False)[column.cat.codes])
        return ~np.isin(as_texts(column), seen)

    def codes(self, column: pd.Series[Any]) -> Ints:
        """Return the index of each row's level, -1 if missing or unseen."""
        if self._numeric:
            numbers = as_numbers(column)
            nearest = np.abs(numbers[:, None] - np.array(self.levels)).argmin(axis=1)
            return np.where(np.isnan(numbers), -1, nearest)
        texts = as_texts(column)
        codes = np.full(texts.size, -1)
        for place, level in enumerate(self.levels):
            codes[texts == level] = place
        codes[np.isin(texts, self.alike)] = len(self.levels) - 1
        return codes

    def scores(self, column: pd.Series[Any]) -> Floats:
        """Return standardised scores, shape (n_rows, n_scores), NaN if the feature is unknown."""
        if not self.quantiles:
            return self.scores_of_levels(self.codes(column))
        numbers = as_numbers(column)
        values, place = np.unique(self.quantiles, return_inverse=True)
        middle = np.bincount(place, weights=_PROBABILITIES) / np.bincount(place)
        return self._standard(np.where(np.isnan(numbers), np.nan, ndtri(np.interp(numbers, values, middle)))[:, None])

    def scores_of_levels(self, codes: Ints) -> Floats:
        """Return standardised scores of levels by index."""
        first = len(self.levels) - self.n_scores
        hits = (codes[:, None] == np.arange(first, len(self.levels))).astype(float)
        hits[codes < 0] = np.nan
        return self._standard(hits)

    def _standard(self, raw: Floats) -> Floats:
        return np.asarray((raw - np.array(self.centre)) / np.array(self.scale))

    def number_at(self, score: Floats) -> Floats:
        """Return numbers at standardised scores, truncated to the central 95 % of the training rows."""
        chance = ndtr(self.centre[0] + self.scale[0] * score)
        return np.asarray(np.interp(chance, _PROBABILITIES, self.quantiles))

    def chances_at(self, expected: Floats, explained: Floats) -> Floats:
        """Return the probability of each level, shape (n_rows, n_levels), from the expected scores of rows.

        A linear model of 0/1 scores may be negative; each level keeps a twentieth of the unexplained probability.
        """
        scored = np.array(self.centre) + np.array(self.scale) * expected
        chance = np.column_stack([1 - scored[:, 0], scored[:, 0]]) if self.n_scores < len(self.levels) else scored
        left = 1 - np.broadcast_to(explained, (len(self.levels),))
        chance = np.maximum(chance, 0.05 * left * np.array(self.chances))
        return np.asarray(chance / chance.sum(axis=1, keepdims=True))

    def state(self) -> dict[str, Any]:
        """Return the learnt content as JSON values."""
        return asdict(self)

    @classmethod
    def from_state(cls, values: Mapping[str, Any]) -> Self:
        """Restore a margin from ``state``."""
        stated: dict[str, Any] = {name: value if name == "name" else tuple(value) for name, value in values.items()}
        return cls(**stated)
