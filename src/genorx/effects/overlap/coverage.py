"""Feature ranges of the patients under each option, and whether a new patient lies outside.

It checks single features; the overlap of all features together is ``effects.overlap.overlap``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pandas.api.types import is_bool_dtype, is_numeric_dtype

from genorx._core.disclosure import round_step, rounded_in, rounded_out
from genorx.errors import shown

#: Part of the width of an option's range by which a value may lie outside: with many features, many patients have one
#: slightly outside.
THIS_OPTION = "this option"
_MARGIN = 0.1
_PARTS = 100  # fewest round steps in a range, to which the limits of the margin are rounded inward
_SLACK = 1e-9  # share of a range, for rounding of binary fractions
_EXPECTED = 7.0  # expected patients above which observing none is significant (one in 1,000)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outside:
    """A feature of a patient outside the observed range, described in words."""

    feature: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class OptionCoverage:
    """Ranges and levels of the features among the patients compared.

    Attributes
    ----------
    ranges : mapping of feature to list of (lower, upper)
        Numbers, by option, rounded outward; (nan, nan) where no patient of an option has a value.
    limits : mapping of feature to list of (lower, upper)
        Covered values of a number: the range and a tenth of it on either side, rounded inward.
    levels : mapping of feature to mapping of level to list of int
        Everything else (0/1 features too), by option: 0 where the level is covered, otherwise the compared patients who
        had it, none of them under the option.
    """

    ranges: Mapping[str, list[tuple[float, float]]]
    limits: Mapping[str, list[tuple[float, float]]]
    levels: Mapping[str, Mapping[str, list[int]]]

    @classmethod
    def fit(cls, X: pd.DataFrame, option: np.ndarray[Any, Any], n_options: int, *, by_lot: bool = False) -> Self:
        """Learn from typed features; numeric columns of more than two values get a range.

        If options were randomised (``by_lot``) their patients differ by chance only, and one range holds for all.  A
        feature that is missing in all patients is no column of the model and excludes no patient.
        """
        ends: dict[str, list[tuple[float, float]]] = {}
        levels: dict[str, dict[str, list[int]]] = {}
        for name in sorted(str(column) for column in X.columns if X[column].notna().any()):
            if measured(X[name]):
                values = X[name].to_numpy(dtype=float, na_value=np.nan)
                of_all = [_ends(values)] * n_options
                ends[name] = of_all if by_lot else [_ends(values[option == code]) for code in range(n_options)]
            else:
                levels[name] = _not_covered(_text(X[name]), option, n_options)
        return cls(
            ranges={name: [rounded_out(*pair) for pair in pairs] for name, pairs in ends.items()},
            limits={name: [_limits(*pair) for pair in pairs] for name, pairs in ends.items()},
            levels=levels,
        )

    def outside(self, patient: Mapping[str, Any], code: int, *, option: str = THIS_OPTION) -> Outside | None:
        """Return the first feature of a patient outside the range under option ``code``; reasons name ``option``."""
        for name, bounds in self.ranges.items():
            found = _outside_range(name, patient.get(name), bounds[code], self.limits[name][code], option)
            if found:
                return found
        for name, totals in self.levels.items():
            found = _unseen(name, patient.get(name), totals, code, option)
            if found:
                return found
        return None

    def covers(self, X: pd.DataFrame, n_options: int) -> NDArray[np.bool_]:
        """Return which patients are within every feature's range under each option, shape (n_patients, n_options).

        If a patient is not, ``outside`` names the feature.
        """
        covered = np.ones((len(X), n_options), dtype=bool)
        for name, limits in self.limits.items():
            covered &= _within(X[name], limits) if name in X else True
        for name, totals in self.levels.items():
            covered &= _seen(X[name], totals, n_options) if name in X else True
        return covered

    def beyond(self, X: pd.DataFrame) -> dict[str, NDArray[np.bool_]]:
        """Return, by feature, which values lie beyond the range under each option, shape (n_patients, n_options)."""
        return {name: _beyond(X[name], bounds) for name, bounds in self.ranges.items()}

    def values(self) -> dict[str, Any]:
        """Return JSON values for ``from_values``."""
        ends = {"ranges": self.ranges, "limits": self.limits}
        pairs = {
            key: {name: [_or_none(pair) for pair in each] for name, each in of.items()} for key, of in ends.items()
        }
        return pairs | {"levels": {name: dict(totals) for name, totals in self.levels.items()}}

    @classmethod
    def from_values(cls, values: Mapping[str, Any]) -> Self:
        """Restore the coverage from ``values``."""
        ranges, limits = (
            {name: [_or_nan(pair) for pair in pairs] for name, pairs in values[key].items()}
            for key in ("ranges", "limits")
        )
        return cls(ranges=ranges, limits=limits, levels=values["levels"])


def patients_of(X: pd.DataFrame) -> list[dict[str, Any]]:
    """Return each patient's values by feature: numbers unchanged, levels as text, missing as None."""
    names = [str(name) for name in X.columns]
    rows = zip(*(_plain(column) for _, column in X.items()), strict=True) if names else iter([()] * len(X))
    return [dict(zip(names, row, strict=True)) for row in rows]


def _plain(column: pd.Series[Any]) -> list[Any]:
    if _is_number(column):
        values = column.to_numpy(dtype=float, na_value=np.nan)
        return [None if value != value else value for value in values.tolist()]  # noqa: PLR0124  (quicker than isnan)
    return _text(column)


def _is_number(column: pd.Series[Any]) -> bool:
    return bool(is_numeric_dtype(column.dtype) and not is_bool_dtype(column.dtype))


def _text(column: pd.Series[Any]) -> list[str | None]:
    missing = column.isna().to_numpy()
    return [None if gone else _level(value) for value, gone in zip(column.tolist(), missing, strict=True)]


def _level(value: Any) -> str:
    """Format a level; 0/1 features may be integers, floats or booleans."""
    return f"{float(value):g}" if isinstance(value, bool | int | float | np.number) else str(value)


def measured(column: pd.Series[Any]) -> bool:
    """Return whether a feature has a range: numeric, of more than two values."""
    return _is_number(column) and column.nunique(dropna=True) > 2


def _ends(values: np.ndarray[Any, Any]) -> tuple[float, float]:
    known = values[~np.isnan(values)]
    return (float(known.min()), float(known.max())) if known.size else (float("nan"), float("nan"))


def _limits(lower: float, upper: float) -> tuple[float, float]:
    """Return the range with its margin on either side, rounded inward: at most a hundredth of the range."""
    width = upper - lower
    if not width > 0:
        return lower, upper
    return rounded_in(lower - _MARGIN * width, upper + _MARGIN * width, round_step(width, _PARTS))


def _beyond(column: pd.Series[Any], bounds: Sequence[tuple[float, float]]) -> NDArray[np.bool_]:
    values = column.to_numpy(dtype=float, na_value=np.nan)[:, None]
    lower, upper = np.array(bounds, dtype=float).T
    slack = _SLACK * (upper - lower)
    return np.asarray((values < lower - slack) | (values > upper + slack))


def _not_covered(text: list[str | None], option: np.ndarray[Any, Any], n_options: int) -> dict[str, list[int]]:
    """Return, by level and option, 0, or the patients with the level if its absence under the option is no chance."""
    counts: dict[str, list[int]] = {}
    for level, code in zip(text, option, strict=True):
        if level is not None:
            counts.setdefault(level, [0] * n_options)[int(code)] += 1
    shares = np.bincount(option, minlength=n_options) / len(option)
    return {
        level: [
            0 if own or share * sum(seen) < _EXPECTED else sum(seen) for own, share in zip(seen, shares, strict=True)
        ]
        for level, seen in sorted(counts.items())
    }


def _outside_range(
    name: str, value: Any, bounds: tuple[float, float], limits: tuple[float, float], option: str
) -> Outside | None:
    lower, upper = bounds
    if value is None:
        return None
    if np.isnan(lower):
        return Outside(feature=name, reason=f"{shown(name)} is not known in any patient under {option}")
    if isinstance(value, float) and limits[0] <= value <= limits[1]:
        return None
    reason = f"{shown(name)} {shown(_level(value))} lies outside {lower:g} to {upper:g}, the range under {option}"
    return Outside(feature=name, reason=reason)


def _within(column: pd.Series[Any], limits: Sequence[tuple[float, float]]) -> NDArray[np.bool_]:
    """Return which values are within the limits of each option; missing ones are, non-numeric ones are not."""
    if not _is_number(column):
        return np.repeat(column.isna().to_numpy(bool)[:, None], len(limits), axis=1)
    values = column.to_numpy(dtype=float, na_value=np.nan)[:, None]
    lower, upper = np.array(limits, dtype=float).T  # NaN if it is known in no patient: no value lies within
    return np.asarray(np.isnan(values) | ((values >= lower) & (values <= upper)))


def _seen(column: pd.Series[Any], totals: Mapping[str, list[int]], n_options: int) -> NDArray[np.bool_]:
    """Return which levels occur in patients under each option; a missing one counts as covered."""
    numbers = _is_number(column)
    values = column.to_numpy(dtype=float, na_value=np.nan) if numbers else np.array(_text(column), dtype=object)
    codes, levels = pd.factorize(values)
    known = [totals.get(_level(level)) for level in levels]
    covered = [[seen is not None and not seen[code] for code in range(n_options)] for seen in known]
    return np.array([*covered, [True] * n_options], dtype=bool)[codes]  # the last is that of code -1, missing


def _unseen(name: str, value: Any, totals: Mapping[str, list[int]], code: int, option: str) -> Outside | None:
    if value is None:
        return None
    level = _level(value)
    seen = totals.get(level)
    if seen is None:
        return Outside(feature=name, reason=f"{shown(name)} {shown(level)} was seen in no patient compared")
    if not seen[code]:
        return None
    reason = f"{shown(name)} {shown(level)}: none of {seen[code]} patients compared had {option}"
    return Outside(feature=name, reason=reason)


def _or_none(pair: tuple[float, float]) -> list[float | None]:
    return [None if np.isnan(value) else value for value in pair]


def _or_nan(pair: Sequence[float | None]) -> tuple[float, float]:
    lower, upper = (float("nan") if value is None else float(value) for value in pair)
    return lower, upper
