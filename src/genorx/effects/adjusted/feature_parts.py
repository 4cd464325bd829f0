"""Contributions of each feature to a patient's linear predictor: to the prognosis, and to each option's effect.

Contributions are on the linear scale, relative to the cohort's mean; ``ranking.answer.reasons`` puts them into words.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from genorx.effects.adjusted.design_matrix import OptionColumns
from genorx.effects.adjusted.pair_columns import PairColumns
from genorx.outcomes.encoding.completed import ValueSets
from genorx.outcomes.encoding.encoding import FeatureEncoder

Floats = NDArray[np.float64]
#: By feature: whether the value of each patient lies beyond the range of the patients under each option.
Beyond = Mapping[str, NDArray[np.bool_]]
_MOST_NAMED, _SMALL = 3, 0.02  # most features named for an effect; smallest contribution to a log ratio that is named
_MATTERS = 0.02  # share of the variance of the prognosis, or of a log ratio, from which a feature matters


@dataclass(frozen=True, kw_only=True)
class FeatureParts:
    """Coefficients of one model, summed from columns to features.

    Attributes
    ----------
    encoder, pairs, columns
        Encoding of features as columns.
    options : tuple of str
        The reference first.
    beta : array
        One coefficient per column of the matrix of ``columns``.
    """

    encoder: FeatureEncoder
    pairs: PairColumns
    columns: OptionColumns
    options: tuple[str, ...]
    beta: Floats

    def prognosis(self, Z: Floats, sets: ValueSets, index: pd.Index[Any]) -> pd.DataFrame:
        """Return the contributions to each patient's prognosis under the reference, one column per feature."""
        return self._summed(self.columns.contributions(sets.mean(Z), self.beta, 0)[0], index)

    def effect(self, Z: Floats, sets: ValueSets, code: int, index: pd.Index[Any]) -> pd.DataFrame:
        """Return the contributions to an option's effect on each patient, one column per feature."""
        return self._summed(self.columns.contributions(sets.mean(Z), self.beta, code)[1], index)

    def _summed(self, parts: Floats, index: pd.Index[Any]) -> pd.DataFrame:
        """Sum column values to features; a pair contributes half to each of its two."""
        n_own = len(self.encoder.columns_)
        own = self.encoder.by_source(parts[:, :n_own], index)
        place = {str(name): number for number, name in enumerate(own.columns)}
        summed = own.to_numpy(copy=True)
        for number, pair in enumerate(self.pairs.columns(self.encoder.columns_), start=n_own):
            for name in (pair.source, str(pair.partner)):
                summed[:, place[name]] += parts[:, number] / 2
        return pd.DataFrame(summed, index=index, columns=own.columns)

    def table(self, Z: Floats, sets: ValueSets, index: pd.Index[Any], beyond: Beyond) -> pd.DataFrame:
        """Return one row per patient, option and feature, as described in ``EffectEstimator.drivers``."""
        Z, sets = sets.mean(Z), ValueSets.known(sets.n_patients)  # parts are linear
        frames, prognosis = [], self.prognosis(Z, sets, index)
        for code, option in enumerate(self.options):
            effect = self.effect(Z, sets, code, index)
            long = pd.DataFrame(
                {
                    "patient_id": np.repeat(index.to_numpy(), prognosis.shape[1]),
                    "option": option,
                    "feature": np.tile(prognosis.columns.to_numpy(), len(index)),
                    "prognosis": prognosis.to_numpy().ravel(),
                    "effect": effect.to_numpy().ravel(),
                    "beyond": _beyond(prognosis, beyond, code).ravel(),
                }
            )
            frames.append(long)
        return pd.concat(frames, ignore_index=True)

    def moved_by(self, X: pd.DataFrame, Z: Floats, sets: ValueSets, beyond: Beyond) -> dict[str, list[list[str]]]:
        """Return the features that change each patient's effect most relative to the mean patient, by option."""
        Z, sets, found = sets.mean(Z), ValueSets.known(sets.n_patients), {}
        for code, option in enumerate(self.options[1:], start=1):
            sizes = self.effect(Z, sets, code, X.index)
            names = sizes.columns.to_numpy(object)
            unknown = _beyond(sizes, beyond, code) | X[sizes.columns].isna().to_numpy()  # unknown values add nothing
            effect = np.where(unknown, 0.0, np.abs(sizes.to_numpy()))
            order = np.argsort(-effect, axis=1, kind="stable")[:, :_MOST_NAMED]
            found[option] = [
                [str(names[place]) for place in best if effect[row, place] >= _SMALL] for row, best in enumerate(order)
            ]
        return found

    def sizes(self, Z: Floats, index: pd.Index[Any]) -> pd.DataFrame:
        """Return ``AdjustedEffect.summary`` for these patients."""
        rows, sets = [], ValueSets.known(len(Z))
        for code, option in enumerate(self.options[1:], start=1):
            size = self.effect(Z, sets, code, index).std(ddof=0).sort_values(ascending=False, kind="stable")
            whole = float((size**2).sum()) or 1.0
            rows += [(option, str(name), float(each), float(each) ** 2 / whole) for name, each in size.items()]
        return pd.DataFrame(rows, columns=["option", "feature", "size", "share"])

    def mattering(self, Z: Floats, index: pd.Index[Any], sizes: pd.DataFrame) -> set[str]:
        """Return the features with an effect on the prognosis, or on a difference."""
        spread = self.prognosis(Z, ValueSets.known(len(Z)), index).var(ddof=0)
        moving = set(spread.index[spread > _MATTERS * spread.sum()].astype(str))
        return moving | set(sizes.loc[sizes["share"] >= _MATTERS, "feature"])


def _beyond(sizes: pd.DataFrame, beyond: Beyond, code: int) -> NDArray[np.bool_]:
    """Return, in the shape of sizes by feature, which values lie beyond the range of patients under the option."""
    found = np.zeros(sizes.shape, dtype=bool)
    for place, name in enumerate(sizes.columns):
        if name in beyond:
            found[:, place] = beyond[name][:, code]
    return found
