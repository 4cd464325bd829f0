"""Encoding of a typed feature frame as numbers without gaps, learnt from the training rows only.

Missing values are filled with the median (the most common level) and marked by an indicator column; other rows are not
used, so that an encoder fitted within a fold leaks nothing.  Shrinkage is ``outcomes.shrinkage``.
How one feature becomes columns is ``outcomes.encoding.feature_columns``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import KW_ONLY, asdict, dataclass, replace
from typing import Any, Literal, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, TransformerMixin

from genorx._core.disclosure import digits, rounded
from genorx._core.feature_spec import FeatureKind, FeatureSpec
from genorx.errors import InputError, UsageError, shown
from genorx.outcomes.encoding.completed import Completed
from genorx.outcomes.encoding.feature_columns import (
    EncodedColumn,
    learn_source,
    source_columns,
    source_from,
    source_state,
)
from genorx.outcomes.encoding.feature_distribution import FeatureDistribution
from genorx.outcomes.encoding.telling_gaps import TellingGaps
from genorx.outcomes.frames import as_frame

Floats = NDArray[np.float64]
#: Group of features without specs.
INFERRED = "features"
#: Group of products of two columns.
PAIRS = "pairs"
#: Products that are added: of all 0/1 columns with at least this many rows with both, or of molecular findings.
Pairs = int | Literal["molecular"]
_MOST_PAIRS = 300
_MOLECULAR = ("gene", "gene class", "laboratory")  # groups of findings that are present or absent, and interact
_MOLECULAR_BOTH, _MOST_MOLECULAR = 20, 150  # fewest rows with both; most pairs
_SAME = 1e-12  # relative spread that is due to rounding
_ALIKE = 0.95  # correlation from which a pair is redundant with one of its two columns
_BOTH = " & "


@dataclass(eq=False, repr=False)
class FeatureEncoder(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Encode a typed feature frame as a numeric matrix; medians, levels and scales are learnt in ``fit``.

    Numbers: a logarithm if positive and skewed, the median for missing values, standard deviation about 1, clipped at
    ``clip`` standard deviations.  Flags and levels: 0/1, centred; those of a group share one scale (the root of their
    mean variance), so that common and rare ones are shrunk alike.  Categories: one column per level, rare ones pooled;
    levels not seen in training are missing.  Ordinals: scores.  Columns are in the order of feature names, whatever the
    order of the frame.  Learnt numbers are rounded (to a twentieth of a standard deviation; scales to three digits), so
    that they disclose no patient's value.

    Parameters
    ----------
    specs : sequence of FeatureSpec, optional
        Specification of the features; by default kinds are inferred and all belong to the group ``features``.
    rare : int
        Fewest training rows with either value of a 0/1 column; below it the column is left out (a level is pooled).
    splines : bool
        Whether to add two restricted cubic spline columns for each number with more than 8 distinct values.
    pairs : int or "molecular"
        Add products of 0/1 columns of different features with at least this many training rows with both (the 300 most
        common), as a group ``pairs``; 0: none.  "molecular": only of genes and of flags and levels of laboratory
        tables, 20 rows with both, the 150 most common.
    clip : float
        Standard deviations at which numbers are clipped.

    Attributes
    ----------
    columns_ : tuple of EncodedColumn
        Columns of the matrix, in order.
    groups_ : tuple of str
        Names of the groups; ``group_index_`` (array of int, one per column) holds the index of each column's group.
    dropped_ : dict of str to str
        Columns left out, with the reason.
    distribution_ : FeatureDistribution
        Distribution of an unknown feature, given the others.
    gaps_ : TellingGaps
        Informative missing values.

    Examples
    --------
    >>> import genorx as gx
    >>> made = gx.datasets.make_trial(150)
    >>> X = made.features[["age_years", "ldh_u_per_l"]]
    >>> Z = gx.outcomes.FeatureEncoder().fit_transform(X)
    >>> Z.shape
    (150, 2)
    """

    specs: Iterable[FeatureSpec] | None = None
    _: KW_ONLY
    rare: int = 5
    splines: bool = False
    pairs: Pairs = 0
    clip: float = 5.0

    def fit(self, X: pd.DataFrame, y: object = None) -> Self:  # noqa: ARG002 (scikit-learn's signature)
        """Learn from ``X`` (patients x features).

        Raises
        ------
        UsageError
            If a column has no spec, or there is no row.
        InputError
            If a number is infinite.
        """
        frame = as_frame(X)
        if not len(frame):
            raise UsageError("no rows to learn an encoding from", code="no-rows")
        named = {spec.name: spec for spec in self.specs} if self.specs is not None else _inferred(frame)
        unknown = [name for name in frame.columns if name not in named]
        if unknown:
            raise UsageError(f"column {shown(unknown[0])!r} has no feature spec", code="no-spec")
        self.feature_names_in_ = np.asarray(frame.columns, dtype=object)
        self.n_features_in_ = frame.shape[1]
        self.dropped_: dict[str, str] = {}
        self.sources_ = tuple(
            learn_source(frame[name], named[name], rare=self.rare, splines=self.splines)
            for name in sorted(frame.columns)
        )
        self._keep(*self._raw(frame))
        self.distribution_ = FeatureDistribution.learn(self.sources_, frame)
        self.gaps_ = TellingGaps.learn(self.distribution_.unknown(frame))
        return self

    def _raw(self, frame: pd.DataFrame) -> tuple[list[EncodedColumn], list[Floats]]:
        columns, values = [], []
        for source in self.sources_:
            for column, numbers in source_columns(source, frame[source.name]):
                columns.append(column)
                values.append(numbers)
        return columns, values

    def _keep(self, columns: list[EncodedColumn], values: list[Floats]) -> None:
        """Select the informative columns, and scale them."""
        kept: list[tuple[EncodedColumn, Floats]] = []
        seen: dict[bytes, str] = {}
        for column, numbers in zip(columns, values, strict=True):
            if column.kind == "missing" and not any(other.source == column.source for other, _ in kept):
                reason: str | None = "its feature has no column"
            else:
                reason = self._useless(column, numbers, seen)
            if reason:
                self.dropped_[column.name] = reason
            else:
                kept.append((column, numbers))
        if self.pairs:
            kept += _pair_columns(kept, self.pairs)
        spread = _spreads(kept)
        self.columns_ = tuple(
            replace(
                column,
                centre=rounded(float(numbers.mean()), float(numbers.std())),
                scale=digits(spread[column.name], 3),
            )
            for column, numbers in kept
        )
        self._index()

    def _index(self) -> None:
        self.groups_ = tuple(sorted({column.group for column in self.columns_}))
        place = {name: index for index, name in enumerate(self.groups_)}
        self.pairs_ = tuple((c.name, *c.name.split(_BOTH)) for c in self.columns_ if c.kind == "pair")
        self.group_index_ = np.array([place[column.group] for column in self.columns_], dtype=np.int64)

    def _useless(self, column: EncodedColumn, numbers: Floats, seen: dict[bytes, str]) -> str | None:
        if np.ptp(numbers) <= _SAME * np.abs(numbers).max() or numbers.std() < _SAME**10:
            return "constant"
        if column.kind in {"value", "spline"}:
            return None
        ones = int(numbers.sum())
        if min(ones, numbers.size - ones) < self.rare:
            return f"rare: fewer than {self.rare} rows differ"
        pattern = numbers if numbers[0] == 0 else 1 - numbers  # a column and its complement are redundant
        twin = seen.setdefault(pattern.astype(bool).tobytes(), column.name)
        return None if twin == column.name else f"same as {twin}"

    def transform(self, X: pd.DataFrame) -> Floats:
        """Return the numeric matrix, shape (n_patients, n_columns).

        Raises
        ------
        InputError
            If a feature is absent (code ``feature-absent``) or a number is infinite.
        """
        frame = self._with_all(X)
        raw = {column.name: numbers for column, numbers in zip(*self._raw(frame), strict=True)}
        for name, one, other in self.pairs_:
            raw[name] = raw[one] * raw[other]
        matrix = np.empty((len(frame), len(self.columns_)))
        for place, column in enumerate(self.columns_):
            with np.errstate(over="ignore"):  # an extreme value is clipped
                scaled = (raw[column.name] - column.centre) / column.scale
            matrix[:, place] = np.clip(scaled, -self.clip, self.clip) if column.kind == "value" else scaled
        return matrix

    def complete(self, X: pd.DataFrame) -> Completed:
        """Return the patients of ``X`` with unknown features set to their possible values.

        Raises
        ------
        InputError
            As ``transform``.
        """
        needed = {column.source for column in self.columns_}
        return self.distribution_.complete(self._with_all(X), needed)

    def telling_gaps(self, X: pd.DataFrame) -> pd.DataFrame:
        """Return which missing values of patients are informative: patients x features, True or False."""
        frame = self._with_all(X)
        stated = self.gaps_.of(self.distribution_.unknown(frame))
        return pd.DataFrame(stated, index=frame.index, columns=pd.Index([source.name for source in self.sources_]))

    def _with_all(self, X: pd.DataFrame) -> pd.DataFrame:
        """Return a frame with all features of the fit."""
        frame = as_frame(X)
        absent = [source.name for source in self.sources_ if source.name not in frame.columns]
        if absent:
            raise InputError(
                f"{len(absent)} features of the model are absent, the first is {shown(absent[0])!r}",
                code="feature-absent",
                hint="Add the columns; empty cells are allowed",
            )
        return frame

    def scaled(self, X: pd.DataFrame) -> pd.DataFrame:
        """Return the numbers on the model's scale, a logarithm if skewed; missing is NaN."""
        frame = as_frame(X)
        numbers = [source for source in self.sources_ if source.kind in ("number", "integer")]
        return pd.DataFrame({one.name: one.scaled(frame[one.name]) for one in numbers}, index=frame.index)

    def get_feature_names_out(self, input_features: object = None) -> NDArray[Any]:  # noqa: ARG002
        """Return the names of the matrix's columns."""
        return np.array([column.name for column in self.columns_], dtype=object)

    def by_source(self, parts: Floats, index: pd.Index[Any]) -> pd.DataFrame:
        """Sum column values (n_patients, n_columns) to features; a pair contributes half to each."""
        names = [source.name for source in self.sources_]
        place = {name: position for position, name in enumerate(names)}
        summed = np.zeros((parts.shape[0], len(names)))
        for position, column in enumerate(self.columns_):
            share = parts[:, position] if column.partner is None else parts[:, position] / 2
            summed[:, place[column.source]] += share
            if column.partner is not None:
                summed[:, place[column.partner]] += share
        return pd.DataFrame(summed, index=index, columns=pd.Index(names))

    def state(self) -> dict[str, Any]:
        """Return the learnt content as JSON values."""
        return {
            "rare": self.rare,
            "splines": self.splines,
            "pairs": self.pairs,
            "clip": self.clip,
            "features": [str(name) for name in self.feature_names_in_],
            "sources": [source_state(source) for source in self.sources_],
            "columns": [asdict(column) for column in self.columns_],
            "dropped": self.dropped_,
            "distribution": self.distribution_.state(),
            "gaps": self.gaps_.state(),
        }

    @classmethod
    def from_state(cls, values: Mapping[str, Any]) -> Self:
        """Restore a fitted encoder from ``state``."""
        encoder = cls(**{name: values[name] for name in ("rare", "splines", "pairs", "clip")})
        encoder.feature_names_in_ = np.array(values["features"], dtype=object)
        encoder.n_features_in_ = len(values["features"])
        encoder.dropped_ = dict(values["dropped"])
        encoder.sources_ = tuple(source_from(one) for one in values["sources"])
        encoder.columns_ = tuple(EncodedColumn(**one) for one in values["columns"])
        encoder.distribution_ = FeatureDistribution.from_state(values["distribution"])
        encoder.gaps_ = TellingGaps.from_state(values["gaps"])
        encoder._index()
        return encoder


def _inferred(frame: pd.DataFrame) -> dict[str, FeatureSpec]:
    return {name: FeatureSpec(name=name, kind=_kind(frame[name]), group=INFERRED) for name in frame.columns}


def _kind(column: pd.Series[Any]) -> FeatureKind:
    if isinstance(column.dtype, pd.CategoricalDtype):
        return "ordinal" if column.dtype.ordered else "category"
    if pd.api.types.is_bool_dtype(column.dtype):
        return "boolean"
    if not pd.api.types.is_numeric_dtype(column.dtype):
        return "category"
    return "boolean" if set(column.dropna().unique()) <= {0, 1} else "number"


def _spreads(kept: list[tuple[EncodedColumn, Floats]]) -> dict[str, float]:
    """Return each column's scale: its own standard deviation for numbers, the group's for 0/1 columns."""
    own = {column.name: float(numbers.std()) for column, numbers in kept}
    shared: dict[str, list[float]] = {}
    for column, _ in kept:
        if column.kind not in {"value", "spline"}:
            shared.setdefault(column.group, []).append(own[column.name] ** 2)
    common = {group: float(np.sqrt(np.mean(variances))) for group, variances in shared.items()}
    return {c.name: own[c.name] if c.kind in {"value", "spline"} else common[c.group] for c, _ in kept}


def _pair_columns(kept: list[tuple[EncodedColumn, Floats]], wanted: Pairs) -> list[tuple[EncodedColumn, Floats]]:
    """Return non-redundant products of 0/1 columns, the most frequent first."""
    flags = [(c, v) for c, v in kept if c.kind in {"flag", "level"} and _BOTH not in c.name]
    if wanted == "molecular":
        fewest, most = _MOLECULAR_BOTH, _MOST_MOLECULAR
        flags = [(c, v) for c, v in flags if c.group.partition(":")[0] in _MOLECULAR]
    else:
        fewest, most = wanted, _MOST_PAIRS
    if len(flags) < 2:
        return []
    matrix = np.column_stack([numbers for _, numbers in flags])
    both = matrix.T @ matrix
    found = []
    for i, j in zip(*np.triu_indices(len(flags), 1), strict=True):
        one, other = flags[i][0], flags[j][0]
        alone = min(both[i, i], both[j, j])
        if one.source == other.source or not fewest <= both[i, j] < _ALIKE**2 * alone:
            continue
        name = f"{one.name}{_BOTH}{other.name}"
        pair = EncodedColumn(name=name, source=one.source, partner=other.source, group=PAIRS, kind="pair")
        found.append((float(both[i, j]), pair, matrix[:, i] * matrix[:, j]))
    found.sort(key=lambda one: (-one[0], one[1].name))
    return [(pair, numbers) for _, pair, numbers in found[:most]]
