"""Encoding of one feature as numeric columns: learnt from training rows, then applied to any.

Choosing among columns and scaling them is ``outcomes.encoding``.
Source of the spline basis: Harrell FE (2015). Regression Modeling Strategies, 2nd ed., section 2.4.5.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from genorx._core.disclosure import digits, rounded
from genorx._core.feature_spec import FeatureKind, FeatureSpec
from genorx.errors import InputError, shown
from genorx.outcomes.axes import with_fixed_signs

Floats = NDArray[np.float64]
ColumnKind = Literal["value", "flag", "level", "missing", "spline", "pair"]

#: Group of the indicators of missing values.
MISSING = "missing"
_POOLED = "other (rare)"
_SKEWED = 1.0  # skewness above which a logarithm is tried
_DISTINCT = 8  # distinct values above which a number has spline terms
_KNOTS = (0.08, 0.36, 0.64, 0.92)


@dataclass(frozen=True, slots=True, kw_only=True)
class EncodedColumn:
    """One column of the numeric matrix.

    Attributes
    ----------
    name : str
    source : str
        Feature from which it is derived.
    group : str
        Shrinkage group: that of the feature for flags and levels, ``GROUP:number`` for numbers and scores,
        ``GROUP:spline`` for their spline terms, ``missing`` for all indicators of gaps, ``pairs`` for pairs.
    kind : {"value", "flag", "level", "missing", "spline", "pair"}
        Number or score; 0/1 feature; one level of a category; indicator that the feature is missing; bend of a number;
        both of two 0/1 columns.
    centre, scale : float
        Subtracted from the raw column, which is then divided by ``scale``.
    partner : str or None
        The second feature of a pair.
    """

    name: str
    source: str
    group: str
    kind: ColumnKind
    centre: float = 0.0
    scale: float = 1.0
    partner: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FeatureSource:
    """Encoding of one feature, learnt from the training rows."""

    name: str
    kind: FeatureKind
    group: str
    levels: tuple[str, ...] = ()  # category: levels with a column; ordinal: levels in order
    pooled: tuple[str, ...] = ()  # category: rare levels that share a column
    reference: str | None = None  # category of two levels: the level without a column
    fill: float = 0.0
    log_unit: float | None = None  # number: log(1 + x / log_unit); None: as it is
    knots: tuple[float, ...] = ()
    bends: tuple[tuple[float, ...], ...] = ()  # spline basis -> columns orthogonal to 1 and x, of unit variance
    limits: tuple[float, float] = (-np.inf, np.inf)

    def scaled(self, column: pd.Series[Any]) -> Floats:
        """Return a number on the model's scale, NaN if missing."""
        return _moved(as_numbers(column), self.log_unit)


def as_numbers(column: pd.Series[Any]) -> Floats:
    """Return numbers, NaN if missing; raise an error for an infinite one."""
    numbers = np.asarray(column.to_numpy(dtype=float, na_value=np.nan))
    if np.isinf(numbers).any():
        raise InputError(f"column {shown(column.name)!r} holds an infinite number", code="infinite-value")
    return numbers


def as_texts(column: pd.Series[Any]) -> NDArray[Any]:
    """Return levels as text, None if missing."""
    return np.array([None if missing else str(v) for v, missing in zip(column, column.isna(), strict=True)], object)


def _scores(column: pd.Series[Any], levels: tuple[str, ...]) -> Floats:
    place = {level: float(score) for score, level in enumerate(levels)}
    return np.array([place.get(text, np.nan) for text in as_texts(column)])


def learn_source(column: pd.Series[Any], spec: FeatureSpec, *, rare: int, splines: bool) -> FeatureSource:
    """Learn the encoding of a feature from the training rows."""
    source = FeatureSource(name=spec.name, kind=spec.kind, group=spec.group)
    if spec.kind == "category":
        return _learn_levels(source, as_texts(column), rare)
    if spec.kind == "ordinal":
        levels = spec.levels or tuple(str(level) for level in column.cat.categories)
        scores = _scores(column, levels)
        return replace(source, levels=levels, fill=_median(scores))
    numbers = as_numbers(column)
    if spec.kind == "boolean":
        return replace(source, fill=float(np.round(_median(numbers))))
    source = replace(source, log_unit=_log_unit(numbers))
    moved = _moved(numbers, source.log_unit)
    source = replace(source, fill=_median(moved))
    return _learn_curve(source, moved) if splines else source


def _median(numbers: Floats) -> float:
    known = numbers[~np.isnan(numbers)]
    return rounded(float(np.median(known)), float(known.std())) if known.size else 0.0


def _learn_levels(source: FeatureSource, texts: NDArray[Any], rare: int) -> FeatureSource:
    counts = {level: int((texts == level).sum()) for level in sorted({t for t in texts if t is not None})}
    common = tuple(level for level, count in counts.items() if count >= rare)
    if len(counts) == 2 and len(common) == 2:
        fill = float(counts[common[1]] > counts[common[0]])
        return replace(source, levels=common[1:], reference=common[0], fill=fill)  # one column is sufficient
    return replace(source, levels=common, pooled=tuple(level for level in counts if level not in common))


def _log_unit(numbers: Floats) -> float | None:
    """Return u of log(1 + x/u) for a positive skewed number: the median, so that the result is unit-free."""
    known = numbers[~np.isnan(numbers)]
    if known.size < 3 or known.min() < 0 or np.unique(known).size <= 2:
        return None
    unit = digits(float(np.median(known[known > 0])), 2)
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
    with np.errstate(over="ignore"):  # an extreme value is truncated
        ratio = np.maximum(numbers, 0.0) / log_unit  # a negative value is 0 there; NaN stays
    return np.asarray(np.log1p(np.minimum(ratio, np.finfo(float).max)))


def _learn_curve(source: FeatureSource, moved: Floats) -> FeatureSource:
    known = moved[~np.isnan(moved)]
    if np.unique(known).size <= _DISTINCT:
        return source
    spread = float(known.std())
    knots = tuple(rounded(float(k), spread) for k in np.quantile(known, _KNOTS))
    if len(set(knots)) < len(knots):
        return source
    limits = (rounded(float(known.min()), spread), rounded(float(known.max()), spread))
    full = np.where(np.isnan(moved), source.fill, moved)
    basis = _spline_basis(full, knots)
    straight = np.column_stack([np.ones_like(full), full])
    projection = np.linalg.lstsq(straight, basis, rcond=None)[0]
    left = basis - straight @ projection
    values, vectors = np.linalg.eigh(left.T @ left / len(left))
    if values.min() <= 1e-10:
        return source
    white = with_fixed_signs(vectors) / np.sqrt(values)
    mixing = np.vstack([white, -projection @ white])  # spline terms = basis @ white - straight @ projection @ white
    return replace(source, knots=knots, limits=limits, bends=tuple(tuple(map(float, row)) for row in mixing))


def _spline_basis(x: Floats, knots: tuple[float, ...]) -> Floats:
    """Return the non-linear columns of a restricted cubic spline, one fewer than inner intervals."""
    k = np.array(knots)
    cubes = np.maximum(x[:, None] - k, 0.0) ** 3
    last, gap = k[-1], k[-1] - k[-2]
    inner = k[:-2]
    basis = cubes[:, :-2] - cubes[:, [-2]] * (last - inner) / gap + cubes[:, [-1]] * (k[-2] - inner) / gap
    return np.asarray(basis / (last - k[0]) ** 2)


def source_columns(source: FeatureSource, column: pd.Series[Any]) -> list[tuple[EncodedColumn, Floats]]:
    """Return the unscaled columns of one feature, without missing values."""
    if source.kind == "category":
        return _level_columns(source, as_texts(column))
    numbers = _scores(column, source.levels) if source.kind == "ordinal" else as_numbers(column)
    missing = np.isnan(numbers)
    moved = np.where(missing, source.fill, _moved(numbers, source.log_unit))
    kind: ColumnKind = "flag" if source.kind == "boolean" else "value"
    made = [(_named(source, source.name, kind), moved)]
    if source.bends:
        x = np.clip(moved, *source.limits)
        basis = np.column_stack([_spline_basis(x, source.knots), np.ones_like(x), x])
        for i, mixing in enumerate(np.array(source.bends).T):  # sums by row, independent of other patients
            made.append((_named(source, f"{source.name}~{i + 1}", "spline"), (basis * mixing).sum(axis=1)))
    return [*made, (_named(source, f"{source.name} missing", "missing"), missing.astype(float))]


def _level_columns(source: FeatureSource, texts: NDArray[Any]) -> list[tuple[EncodedColumn, Floats]]:
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


def _named(source: FeatureSource, name: str, kind: ColumnKind) -> EncodedColumn:
    return EncodedColumn(name=name, source=source.name, group=_group(source.group, kind), kind=kind)


def _group(group: str, kind: ColumnKind) -> str:
    """Return the shrinkage group.

    Numbers, spline terms and indicators of missing values differ in scale and size from the flags beside them.
    """
    return {"value": f"{group}:number", "spline": f"{group}:spline", "missing": MISSING}.get(kind, group)


def source_state(source: FeatureSource) -> dict[str, Any]:
    """Return a feature's encoding as JSON values."""
    limits = list(source.limits) if np.all(np.isfinite(source.limits)) else None
    return asdict(source) | {"limits": limits}


def source_from(values: Mapping[str, Any]) -> FeatureSource:
    """Restore a feature's encoding from ``source_state``."""
    limits = tuple(values["limits"]) if values["limits"] is not None else (-np.inf, np.inf)
    bends = tuple(tuple(row) for row in values["bends"])
    plain = {name: tuple(values[name]) for name in ("levels", "pooled", "knots")}
    return FeatureSource(**(dict(values) | plain | {"bends": bends, "limits": limits}))
