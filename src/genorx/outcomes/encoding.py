"""A typed feature frame as numbers without gaps, all learnt from the rows that a model is fitted to.

Missing values are filled with the median (the commonest level) and marked by an indicator column; nothing of other
rows enters, so that an encoder fitted within a fold leaks nothing.  Shrinkage is ``outcomes.shrinkage``.
Source of the spline basis: Harrell FE (2015). Regression Modeling Strategies, 2nd ed., section 2.4.5.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, TransformerMixin

from genorx.errors import InputError, UsageError, shown
from genorx.features.spec import FeatureKind, FeatureSpec

Floats = NDArray[np.float64]
ColumnKind = Literal["value", "flag", "level", "missing", "spline"]

_POOLED = "other (rare)"
_SKEWED = 1.0  # skewness from which a logarithm is tried
_DISTINCT = 8  # values that a number needs to be given a curve
_KNOTS = (0.08, 0.36, 0.64, 0.92)


@dataclass(frozen=True, slots=True, kw_only=True)
class EncodedColumn:
    """One column of the numeric matrix.

    Attributes
    ----------
    name : str
    source : str
        Feature that it was made from.
    group : str
        Shrinkage group: that of the feature for flags and levels, ``GROUP:number`` for numbers and scores,
        ``GROUP:spline`` for their bends, ``missing`` for all indicators of gaps.
    kind : {"value", "flag", "level", "missing", "spline"}
        Number or score; 0/1 feature; one level of a category; indicator that the feature is missing; bend of a number.
    centre, scale : float
        Subtracted from the raw column, then divided by.
    """

    name: str
    source: str
    group: str
    kind: ColumnKind
    centre: float = 0.0
    scale: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Source:
    """How one feature is read: learnt from the training rows."""

    name: str
    kind: FeatureKind
    group: str
    levels: tuple[str, ...] = ()  # category: levels with a column; ordinal: levels in order
    pooled: tuple[str, ...] = ()  # category: rare levels that share a column
    reference: str | None = None  # category of two levels: the one without a column
    fill: float = 0.0
    log_unit: float | None = None  # number: log(1 + x / log_unit); None: as it is
    knots: tuple[float, ...] = ()
    bends: tuple[tuple[float, ...], ...] = ()  # spline basis -> columns orthogonal to 1 and x, of unit variance
    limits: tuple[float, float] = (-np.inf, np.inf)


class FeatureEncoder(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Typed feature frame to a numeric matrix; medians, levels, scales and dropped columns learnt in ``fit``.

    Numbers: a logarithm where positive and skewed, the median for gaps, standard deviation 1, clipped at ``clip``
    standard deviations.  Flags and levels: 0/1, centred; those of a group share one scale (the root of their mean
    variance), so that shrinkage is the same for each patient who has it, not harder for common ones.  Categories: a
    column a level, rare levels pooled, levels not seen in training are missing.  Ordinals: scores.  Columns come out
    in the order of feature names, whatever the order of the frame.

    Parameters
    ----------
    specs : sequence of FeatureSpec, optional
        What the columns are; without it kinds are inferred and all belong to the group ``features``.
    rare : int
        Fewest training rows on either side of a 0/1 column; below it the column is left out (a level is pooled).
    splines : bool
        Add two restricted cubic spline columns for each number with more than 8 values.
    clip : float
        Standard deviations at which numbers are cut.

    Attributes
    ----------
    columns_ : tuple of EncodedColumn
    groups_ : tuple of str
        Names of the groups; ``group_index_`` (array of int, one a column) points into it.
    dropped_ : dict of str to str
        Columns left out, with the reason.
    """

    def __init__(
        self, specs: Iterable[FeatureSpec] | None = None, *, rare: int = 5, splines: bool = False, clip: float = 5.0
    ) -> None:
        self.specs = specs
        self.rare = rare
        self.splines = splines
        self.clip = clip

    def fit(self, X: pd.DataFrame, y: object = None) -> Self:  # noqa: ARG002 (scikit-learn's signature)
        """Learn from ``X`` (patients x features).

        Raises
        ------
        UsageError
            If a column has no spec, or no row is given.
        InputError
            If a number is infinite.
        """
        frame = _as_frame(X)
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
            _learn(frame[name], named[name], rare=self.rare, splines=self.splines) for name in sorted(frame.columns)
        )
        self._keep(*self._raw(frame))
        return self

    def _raw(self, frame: pd.DataFrame) -> tuple[list[EncodedColumn], list[Floats]]:
        columns, values = [], []
        for source in self.sources_:
            for column, numbers in _columns(source, frame[source.name]):
                columns.append(column)
                values.append(numbers)
        return columns, values

    def _keep(self, columns: list[EncodedColumn], values: list[Floats]) -> None:
        """Choose the columns that tell something, and scale them."""
        kept: list[tuple[EncodedColumn, Floats]] = []
        seen: dict[bytes, str] = {}
        for column, numbers in zip(columns, values, strict=True):
            reason = self._useless(column, numbers, seen)
            if reason:
                self.dropped_[column.name] = reason
            else:
                kept.append((column, numbers))
        spread = _spreads(kept)
        self.columns_ = tuple(
            replace(column, centre=float(numbers.mean()), scale=spread[column.name]) for column, numbers in kept
        )
        self._index()

    def _index(self) -> None:
        self.groups_ = tuple(sorted({column.group for column in self.columns_}))
        place = {name: index for index, name in enumerate(self.groups_)}
        self.group_index_ = np.array([place[column.group] for column in self.columns_], dtype=np.int64)

    def _useless(self, column: EncodedColumn, numbers: Floats, seen: dict[bytes, str]) -> str | None:
        if np.ptp(numbers) == 0:
            return "constant"
        if column.kind in {"value", "spline"}:
            return None
        ones = int(numbers.sum())
        if min(ones, numbers.size - ones) < self.rare:
            return f"rare: {min(ones, numbers.size - ones)} rows differ, {self.rare} are needed"
        pattern = numbers if numbers[0] == 0 else 1 - numbers  # a column and its opposite say the same
        twin = seen.setdefault(pattern.astype(bool).tobytes(), column.name)
        return None if twin == column.name else f"same as {twin}"

    def transform(self, X: pd.DataFrame) -> Floats:
        """Return the numeric matrix, shape (n_patients, n_columns).

        Raises
        ------
        InputError
            If a feature is absent (code ``feature-absent``) or a number is infinite.
        """
        frame = _as_frame(X)
        absent = [source.name for source in self.sources_ if source.name not in frame.columns]
        if absent:
            raise InputError(
                f"{len(absent)} features of the model are absent, the first is {shown(absent[0])!r}",
                code="feature-absent",
                hint="Add the columns; empty cells are allowed",
            )
        raw = {column.name: numbers for column, numbers in zip(*self._raw(frame), strict=True)}
        matrix = np.empty((len(frame), len(self.columns_)))
        for place, column in enumerate(self.columns_):
            scaled = (raw[column.name] - column.centre) / column.scale
            matrix[:, place] = np.clip(scaled, -self.clip, self.clip) if column.kind == "value" else scaled
        return matrix

    def get_feature_names_out(self, input_features: object = None) -> NDArray[Any]:  # noqa: ARG002
        """Return the names of the matrix's columns."""
        return np.array([column.name for column in self.columns_], dtype=object)

    def by_source(self, parts: Floats, index: pd.Index[Any]) -> pd.DataFrame:
        """Sum per-column numbers (n_patients, n_columns) to features; every feature has a column."""
        names = [source.name for source in self.sources_]
        place = {name: position for position, name in enumerate(names)}
        summed = np.zeros((parts.shape[0], len(names)))
        for position, column in enumerate(self.columns_):
            summed[:, place[column.source]] += parts[:, position]
        return pd.DataFrame(summed, index=index, columns=pd.Index(names))

    def state(self) -> dict[str, Any]:
        """Return all that was learnt as JSON values."""
        return {
            "rare": self.rare,
            "splines": self.splines,
            "clip": self.clip,
            "features": [str(name) for name in self.feature_names_in_],
            "sources": [asdict(source) | {"limits": _finite(source.limits)} for source in self.sources_],
            "columns": [asdict(column) for column in self.columns_],
            "dropped": self.dropped_,
        }

    @classmethod
    def from_state(cls, values: Mapping[str, Any]) -> Self:
        """Make a fitted encoder from what ``state`` gave."""
        encoder = cls(rare=values["rare"], splines=values["splines"], clip=values["clip"])
        encoder.feature_names_in_ = np.array(values["features"], dtype=object)
        encoder.n_features_in_ = len(values["features"])
        encoder.dropped_ = dict(values["dropped"])
        encoder.sources_ = tuple(_source_from(one) for one in values["sources"])
        encoder.columns_ = tuple(EncodedColumn(**one) for one in values["columns"])
        encoder._index()
        return encoder


def _as_frame(X: object) -> pd.DataFrame:
    if isinstance(X, pd.DataFrame):
        return X
    return pd.DataFrame(np.asarray(X)).rename(columns="x{}".format)


def _inferred(frame: pd.DataFrame) -> dict[str, FeatureSpec]:
    return {name: FeatureSpec(name=name, kind=_kind(frame[name]), group="features") for name in frame.columns}


def _kind(column: pd.Series[Any]) -> FeatureKind:
    if isinstance(column.dtype, pd.CategoricalDtype):
        return "ordinal" if column.dtype.ordered else "category"
    if pd.api.types.is_bool_dtype(column.dtype):
        return "boolean"
    if not pd.api.types.is_numeric_dtype(column.dtype):
        return "category"
    return "boolean" if set(column.dropna().unique()) <= {0, 1} else "number"


def _numbers(column: pd.Series[Any]) -> Floats:
    numbers = np.asarray(column.to_numpy(dtype=float, na_value=np.nan))
    if np.isinf(numbers).any():
        raise InputError(f"column {shown(column.name)!r} holds an infinite number", code="infinite-value")
    return numbers


def _texts(column: pd.Series[Any]) -> NDArray[Any]:
    """Return levels as text, None where missing."""
    return np.array([None if missing else str(v) for v, missing in zip(column, column.isna(), strict=True)], object)


def _scores(column: pd.Series[Any], levels: tuple[str, ...]) -> Floats:
    place = {level: float(score) for score, level in enumerate(levels)}
    return np.array([place.get(text, np.nan) for text in _texts(column)])


def _learn(column: pd.Series[Any], spec: FeatureSpec, *, rare: int, splines: bool) -> _Source:
    source = _Source(name=spec.name, kind=spec.kind, group=spec.group)
    if spec.kind == "category":
        return _learn_levels(source, _texts(column), rare)
    if spec.kind == "ordinal":
        levels = spec.levels or tuple(str(level) for level in column.cat.categories)
        scores = _scores(column, levels)
        return replace(source, levels=levels, fill=_median(scores))
    numbers = _numbers(column)
    if spec.kind == "boolean":
        return replace(source, fill=float(np.round(_median(numbers))))
    source = replace(source, log_unit=_log_unit(numbers))
    moved = _moved(numbers, source.log_unit)
    source = replace(source, fill=_median(moved))
    return _learn_curve(source, moved) if splines else source


def _median(numbers: Floats) -> float:
    known = numbers[~np.isnan(numbers)]
    return float(np.median(known)) if known.size else 0.0


def _learn_levels(source: _Source, texts: NDArray[Any], rare: int) -> _Source:
    counts = {level: int((texts == level).sum()) for level in sorted({t for t in texts if t is not None})}
    common = tuple(level for level, count in counts.items() if count >= rare)
    if len(counts) == 2 and len(common) == 2:
        fill = float(counts[common[1]] > counts[common[0]])
        return replace(source, levels=common[1:], reference=common[0], fill=fill)  # one column says it all
    return replace(source, levels=common, pooled=tuple(level for level in counts if level not in common))


def _log_unit(numbers: Floats) -> float | None:
    """Return u of log(1 + x/u) for a positive skewed number: the median, so that its unit is no matter."""
    known = numbers[~np.isnan(numbers)]
    if known.size < 3 or known.min() < 0 or np.unique(known).size <= 2:
        return None
    unit = float(np.median(known[known > 0]))
    if _skewness(known) <= _SKEWED or abs(_skewness(np.log1p(known / unit))) >= _skewness(known):
        return None
    return unit


def _skewness(numbers: Floats) -> float:
    away = numbers - numbers.mean()
    spread = float(np.sqrt(np.mean(away**2)))
    return float(np.mean(away**3)) / spread**3 if spread > 0 else 0.0


def _moved(numbers: Floats, log_unit: float | None) -> Floats:
    if log_unit is None:
        return numbers
    return np.asarray(np.log1p(np.maximum(numbers, 0.0) / log_unit))  # a negative value is 0 there; NaN stays


def _learn_curve(source: _Source, moved: Floats) -> _Source:
    known = moved[~np.isnan(moved)]
    if np.unique(known).size <= _DISTINCT:
        return source
    knots = tuple(float(k) for k in np.quantile(known, _KNOTS))
    if len(set(knots)) < len(knots):
        return source
    limits = (float(known.min()), float(known.max()))
    full = np.where(np.isnan(moved), source.fill, moved)
    basis = _spline_basis(full, knots)
    straight = np.column_stack([np.ones_like(full), full])
    projection = np.linalg.lstsq(straight, basis, rcond=None)[0]
    left = basis - straight @ projection
    values, vectors = np.linalg.eigh(left.T @ left / len(left))
    if values.min() <= 1e-10:
        return source
    white = vectors / np.sqrt(values)
    mixing = np.vstack([white, -projection @ white])  # bends = basis @ white - straight @ projection @ white
    return replace(source, knots=knots, limits=limits, bends=tuple(tuple(map(float, row)) for row in mixing))


def _spline_basis(x: Floats, knots: tuple[float, ...]) -> Floats:
    """Return the non-linear columns of a restricted cubic spline, one fewer than inner intervals."""
    k = np.array(knots)
    cubes = np.maximum(x[:, None] - k, 0.0) ** 3
    last, gap = k[-1], k[-1] - k[-2]
    inner = k[:-2]
    basis = cubes[:, :-2] - cubes[:, [-2]] * (last - inner) / gap + cubes[:, [-1]] * (k[-2] - inner) / gap
    return np.asarray(basis / (last - k[0]) ** 2)


def _columns(source: _Source, column: pd.Series[Any]) -> list[tuple[EncodedColumn, Floats]]:
    """Return the unscaled columns of one feature."""
    if source.kind == "category":
        return _level_columns(source, _texts(column))
    numbers = _scores(column, source.levels) if source.kind == "ordinal" else _numbers(column)
    missing = np.isnan(numbers)
    moved = np.where(missing, source.fill, _moved(numbers, source.log_unit))
    kind: ColumnKind = "flag" if source.kind == "boolean" else "value"
    made = [(_named(source, source.name, kind), moved)]
    if source.bends:
        x = np.clip(moved, *source.limits)
        mixed = np.column_stack([_spline_basis(x, source.knots), np.ones_like(x), x]) @ np.array(source.bends)
        made += [(_named(source, f"{source.name}~{i + 1}", "spline"), mixed[:, i]) for i in range(mixed.shape[1])]
    return [*made, (_named(source, f"{source.name} missing", "missing"), missing.astype(float))]


def _level_columns(source: _Source, texts: NDArray[Any]) -> list[tuple[EncodedColumn, Floats]]:
    hits = [(level, texts == level) for level in source.levels]
    if source.pooled:
        hits.append((_POOLED, np.isin(texts, source.pooled)))
    known = [hit for _, hit in hits]
    if source.reference is not None:
        known.append(texts == source.reference)
    missing = ~np.logical_or.reduce(known) if known else np.ones(texts.size, dtype=bool)
    if source.reference is not None:
        hits = [(level, np.where(missing, source.fill, hit)) for level, hit in hits]
    made = [(_named(source, f"{source.name}={level}", "level"), hit.astype(float)) for level, hit in hits]
    return [*made, (_named(source, f"{source.name} missing", "missing"), missing.astype(float))]


def _named(source: _Source, name: str, kind: ColumnKind) -> EncodedColumn:
    return EncodedColumn(name=name, source=source.name, group=_group(source.group, kind), kind=kind)


def _group(group: str, kind: ColumnKind) -> str:
    """Return the shrinkage group: numbers, bends and gaps differ in scale and size from the flags beside them."""
    return {"value": f"{group}:number", "spline": f"{group}:spline", "missing": "missing"}.get(kind, group)


def _spreads(kept: list[tuple[EncodedColumn, Floats]]) -> dict[str, float]:
    """Return each column's scale: its own deviation for numbers, the group's for 0/1 columns."""
    own = {column.name: float(numbers.std()) for column, numbers in kept}
    shared: dict[str, list[float]] = {}
    for column, _ in kept:
        if column.kind not in {"value", "spline"}:
            shared.setdefault(column.group, []).append(own[column.name] ** 2)
    common = {group: float(np.sqrt(np.mean(variances))) for group, variances in shared.items()}
    return {c.name: own[c.name] if c.kind in {"value", "spline"} else common[c.group] for c, _ in kept}


def _finite(limits: tuple[float, float]) -> list[float] | None:
    return list(limits) if np.all(np.isfinite(limits)) else None


def _source_from(values: Mapping[str, Any]) -> _Source:
    limits = tuple(values["limits"]) if values["limits"] is not None else (-np.inf, np.inf)
    bends = tuple(tuple(row) for row in values["bends"])
    plain = {name: tuple(values[name]) for name in ("levels", "pooled", "knots")}
    return _Source(**(dict(values) | plain | {"bends": bends, "limits": limits}))
