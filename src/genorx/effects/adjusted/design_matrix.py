"""Columns of the outcome model: main effects, interactions with each option, propensity scores, option indicators.

The same object builds the columns of a patient under the option received, and under each option that was possible.
Source: effects as interactions on their own scale, see Kent DM et al. 2020, Ann Intern Med 172:35 (PATH statement).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from genorx.effects.adjusted.confounding import PropensityLogits
from genorx.outcomes.encoding.encoding import INFERRED
from genorx.outcomes.encoding.feature_columns import EncodedColumn

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

#: From encoded features and their groups to propensity scores.
Scores = Callable[[Floats, Ints], PropensityLogits]

FREE = -1
_MANY = 40  # linear columns above which variants' interactions are a shrinkage group of their own
_LINEAR, _BENT, _VARIANT, _PAIR, _HALVED, _CORNER = 0, 1, 2, 3, 4, 5
_PAIRS = {"pairs": _PAIR, "halved pairs": _HALVED, "corners": _CORNER}
_FLOOR = {
    _LINEAR: 0.5,
    _BENT: 0.2,
    _VARIANT: 0.5,
    _PAIR: 0.1,
    _HALVED: 0.1,
    _CORNER: 0.1,
}  # smallest prior SD of the summed products, log hazard scale
_OPTION_FLOOR = 0.3  # smallest prior SD of an option's log hazard ratio on a cause with few events
_FLOOR_EVENTS = 100.0  # events up to which the floor is constant; beyond, it falls with one over the root of events


@dataclass(frozen=True, kw_only=True)
class OptionColumns:
    """Design matrix of encoded features for several options; option 0 is the reference.

    Encoded features have mean 0 and a common scale, so they enter products unchanged.

    Attributes
    ----------
    used : array of int
        Encoded columns that vary within a stratum; the others are determined by the stratum.
    main_group, product_kind : arrays of int, one per used column
        Shrinkage group of the main effect; kind of the product (linear, bend, variant, pair, pair of halves, corner).
    with_means : tuple of int
        Main groups whose effects have a common direction, such as mutations.
    logits : PropensityLogits
    n_options : int
    indicators : bool
        Whether options enter as unpenalised indicators, with a shared baseline; otherwise each has its own baseline.
    modifying : array of int
        Indices, among the used columns, of those with products with the options.
    """

    used: Ints
    main_group: Ints
    product_kind: Ints
    with_means: tuple[int, ...]
    logits: PropensityLogits
    n_options: int
    indicators: bool
    modifying: Ints

    @classmethod
    def fit(
        cls,
        Z: Floats,
        encoded: Sequence[EncodedColumn],
        option: Ints,
        strata: Ints,
        *,
        randomised: bool,
        indicators: bool,
        scores: Scores | None = None,
        interactions: Collection[str] | None = None,
    ) -> Self:
        """Learn the columns from encoded features; ``scores`` fits the propensity scores in place of the default.

        ``interactions`` are the features with products with the options; all by default.
        """
        used = np.flatnonzero(_varies_within(Z, strata))
        chosen = [encoded[int(column)] for column in used]
        n_straight = sum(column.kind not in ("spline", "pair") for column in chosen)
        named = [_main_group(column, n_straight) for column in chosen]
        names = sorted(set(named))
        labels = np.array([names.index(name) for name in named], dtype=np.int64)
        kinds = np.array([_kind(column, n_straight) for column in chosen], dtype=np.int64)
        if randomised or not used.size:
            logits = PropensityLogits.none(used.size)
        elif scores is not None:
            logits = scores(Z[:, used], labels)
        else:
            logits = PropensityLogits.fit(Z[:, used], option, strata, group=labels)
        return cls(
            used=used,
            main_group=labels,
            with_means=tuple(place for place, name in enumerate(names) if _has_mean(name)),
            product_kind=kinds,
            logits=logits,
            n_options=int(option.max()) + 1,
            indicators=indicators,
            modifying=np.flatnonzero([_modifies(column, interactions) for column in chosen]),
        )

    def matrix(self, Z: Floats, option: Ints) -> Floats:
        """Columns of each patient under the given option, shape (n_patients, n_columns)."""
        features = Z[:, self.used]
        taken = (option[:, None] == np.arange(1, self.n_options)).astype(float)
        products = [features[:, self.modifying] * taken[:, [k]] for k in range(self.n_options - 1)]
        parts = [features, *products, self.logits.columns(features)]
        return np.column_stack([*parts, taken] if self.indicators else parts)

    def features(self, Z: Floats) -> Floats:
        """Return the features used by ``coefficients``, followed by a constant 1, shape (n_patients, n_used + 1)."""
        return np.column_stack([Z[:, self.used], np.ones(len(Z))])

    def coefficients(self, betas: Floats, option: int) -> Floats:
        """Return the multipliers of ``features`` under one option, from the coefficients of ``matrix``.

        Main effects, products and scores are linear in the same features: one number each, shape (n_draws, n_used + 1).
        """
        size, many, n_scores = self.used.size, self.modifying.size, len(self.logits.centre)
        behind = size + many * (self.n_options - 1)
        scores = betas[:, behind : behind + n_scores]
        found = np.column_stack([betas[:, :size] + scores @ self.logits.weights, -scores @ self.logits.centre])
        if option > 0:
            found[:, self.modifying] += betas[:, size + many * (option - 1) : size + many * option]
        if option > 0 and self.indicators:
            found[:, size] += betas[:, behind + n_scores + option - 1]
        return found

    def without_products(self, Z: Floats, option: Ints) -> tuple[Floats, Ints]:
        """Columns and groups of the model without interactions: main effects, scores, indicators (last)."""
        features = Z[:, self.used]
        taken = (option[:, None] == np.arange(1, self.n_options)).astype(float)
        scores = self.logits.columns(features)
        free = np.full(scores.shape[1] + self.n_options - 1, FREE)
        return np.column_stack([features, scores, taken]), np.concatenate([self.main_group, free]).astype(np.int64)

    def groups(self) -> Ints:
        """Shrinkage group of each column of ``matrix``; -1 is not shrunk."""
        first = int(self.main_group.max(initial=-1)) + 1
        kinds = self.product_kind[self.modifying]
        products = [first + k * len(_FLOOR) + kinds for k in range(self.n_options - 1)]
        n_free = len(self.logits.centre) + (self.n_options - 1 if self.indicators else 0)
        return np.concatenate([self.main_group, *products, np.full(n_free, FREE)]).astype(np.int64)

    def prior(self, n_events: int) -> dict[str, Any]:
        """Arguments of the fitter: prior means for main effects only, heavy tails, a floor for interactions."""
        groups = self.groups()
        first = int(self.main_group.max(initial=-1)) + 1
        fall = min(1.0, (_FLOOR_EVENTS / max(n_events, 1)) ** 0.5)
        products = sorted({int(g) for g in groups if g >= first})
        return {
            "group": groups,
            "group_means": list(self.with_means),
            "floor": {g: _FLOOR[(g - first) % len(_FLOOR)] * fall for g in products},
            "heavy_tails": True,
            "uncertain_scales": products,
        }

    def sparse_groups(self) -> list[int]:
        """Return the groups of the options' products with the features themselves: few of them may be large."""
        first = int(self.main_group.max(initial=-1)) + 1
        return [first + k * len(_FLOOR) + _LINEAR for k in range(self.n_options - 1)]

    def prior_of_few(self, n_events: int, *, rare: bool, products: bool = False) -> tuple[Ints, dict[str, Any]]:
        """Columns that can be estimated from few events, and arguments of the fitter, in the form of ``prior``.

        No pairs; for a ``rare`` cause neither curves nor, unless requested, ``products`` with options.  Propensity
        scores are not shrunk, options are shrunk as a separate group.
        """
        prior = self.prior(n_events)
        groups: Ints = prior["group"].copy()
        main = np.isin(self.product_kind, (_LINEAR, _VARIANT) if rare else (_LINEAR, _BENT, _VARIANT))
        modified = np.tile(main[self.modifying] & (products or not rare), self.n_options - 1)
        others = np.ones(groups.size - main.size - modified.size, dtype=bool)
        kept = np.flatnonzero(np.concatenate([main, modified, others]))
        floor = dict(prior["floor"])
        if self.indicators:
            own, taken = int(groups.max(initial=FREE)) + 1, self.n_options - 1
            groups[-taken:], floor[own] = own, _OPTION_FLOOR * taken**0.5
        stated = set(groups[kept].tolist())
        prior["group"], prior["group_means"] = groups[kept], [g for g in self.with_means if g in stated]
        return kept, prior | {"floor": {g: least for g, least in floor.items() if g in stated}}

    def contributions(self, Z: Floats, beta: Floats, option: int) -> tuple[Floats, Floats]:
        """Contribution of each encoded column, relative to the cohort's mean: to the prognosis, and under an option.

        Returns
        -------
        tuple of arrays of shape (n_patients, n_encoded)
        """
        features, size, many = Z[:, self.used], self.used.size, self.modifying.size
        behind = size + many * (self.n_options - 1)
        scores = beta[behind : behind + len(self.logits.centre)]
        prognosis, effect = np.zeros_like(Z), np.zeros_like(Z)
        prognosis[:, self.used] = features * (beta[:size] + scores @ self.logits.weights)
        if option > 0:
            own = beta[size + many * (option - 1) : size + many * option]
            effect[:, self.used[self.modifying]] = features[:, self.modifying] * own
        return prognosis, effect

    def sizes(self, beta: Floats, n_encoded: int) -> Floats:
        """Return the largest coefficient of each encoded column, over its main effect and interactions."""
        found = np.zeros(n_encoded)
        blocks = beta[: self.used.size * self.n_options].reshape(self.n_options, self.used.size)
        found[self.used] = np.abs(blocks).max(axis=0)
        return found

    def state(self) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
        """Return JSON values and arrays for ``from_state``."""
        arrays: dict[str, NDArray[Any]] = {
            "used": self.used,
            "main_group": self.main_group,
            "product_kind": self.product_kind,
            "modifying": self.modifying,
            "logit_weights": self.logits.weights,
            "logit_centre": self.logits.centre,
        }
        values = {"n_options": self.n_options, "indicators": self.indicators, "with_means": list(self.with_means)}
        return values, arrays

    @classmethod
    def from_state(cls, values: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> Self:
        """Restore the columns from ``state``."""
        return cls(
            used=arrays["used"],
            main_group=arrays["main_group"],
            product_kind=arrays["product_kind"],
            with_means=tuple(int(g) for g in values["with_means"]),
            logits=PropensityLogits(weights=arrays["logit_weights"], centre=arrays["logit_centre"]),
            n_options=int(values["n_options"]),
            indicators=bool(values["indicators"]),
            modifying=arrays["modifying"],
        )


def _modifies(column: EncodedColumn, interactions: Collection[str] | None) -> bool:
    if interactions is None:
        return True
    return column.source in interactions and (column.partner is None or column.partner in interactions)


def _varies_within(Z: Floats, strata: Ints) -> NDArray[np.bool_]:
    varies = np.zeros(Z.shape[1], dtype=bool)
    for stratum in np.unique(strata):
        varies |= np.ptp(Z[strata == stratum], axis=0) > 0
    return varies


def _main_group(column: EncodedColumn, n_columns: int) -> str:
    """Return the group of a main effect; without specs all linear columns share one, except many 0/1 columns."""
    if column.group == f"{INFERRED}:number":
        return INFERRED
    if column.group == INFERRED and n_columns > _MANY and column.kind == "flag":
        return f"{INFERRED}:flag"
    return column.group


def _has_mean(group: str) -> bool:
    return group not in ("missing", *_PAIRS, INFERRED) and ":" not in group


def _kind(column: EncodedColumn, n_columns: int) -> int:
    if column.kind == "spline":
        return _BENT
    if column.kind == "pair":
        return _PAIRS[column.group]
    marker = column.kind in ("flag", "level") or column.group.startswith(("gene", "site"))
    return _VARIANT if n_columns > _MANY and marker else _LINEAR
