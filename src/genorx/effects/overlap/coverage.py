"""What the patients under each option were like, feature by feature, and whether a new patient lies outside.

It judges single features; the overlap of all together is ``effects.overlap``.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import pandas as pd
from pandas.api.types import is_bool_dtype, is_numeric_dtype

from genorx.errors import shown

#: Parts of the width of an option's range by which a value may lie outside: where the feature moves the effect, or the
#: range ends by no accident; and elsewhere: among many features one is a little outside in many a patient.
_MARGIN, _FAR = 0.1, 0.5
_EXPECTED = 7.0  # patients expected under an option, from which on none is no accident (one in 1,000)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outside:
    """A feature of a patient that lies outside what was seen, in words."""

    feature: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class OptionCoverage:
    """Ranges and levels of the features among the patients compared.

    Attributes
    ----------
    ranges : mapping of feature to list of (lower, upper)
        Numbers, by option; (nan, nan) where no patient of an option has a value.
    beyond : mapping of feature to list of (below, above)
        Patients compared whose values lie outside that range, by option.
    levels : mapping of feature to mapping of level to list of counts
        Everything else (0/1 features too), by option.
    shares : sequence of float
        Share of the patients compared under each option.
    drivers : collection of str
        Features that move the effect: their ranges are kept to more closely.
    """

    ranges: Mapping[str, list[tuple[float, float]]]
    beyond: Mapping[str, list[tuple[int, int]]]
    levels: Mapping[str, Mapping[str, list[int]]]
    shares: Sequence[float]
    drivers: Collection[str]

    @classmethod
    def fit(
        cls,
        X: pd.DataFrame,
        option: np.ndarray[Any, Any],
        n_options: int,
        *,
        drivers: Collection[str],
        by_lot: bool = False,
    ) -> Self:
        """Learn from typed features; columns of more than two values that are numbers have a range.

        Where options were drawn ``by_lot`` their patients differ by chance alone, and one range holds for all.  A
        feature that is known in nobody is no column of the model and judges nobody.
        """
        ranges: dict[str, list[tuple[float, float]]] = {}
        beyond: dict[str, list[tuple[int, int]]] = {}
        levels: dict[str, dict[str, list[int]]] = {}
        for name in sorted(str(column) for column in X.columns if X[column].notna().any()):
            if _measured(X[name]):
                values = X[name].to_numpy(dtype=float, na_value=np.nan)
                of_all = [_range(values)] * n_options
                ranges[name] = of_all if by_lot else [_range(values[option == code]) for code in range(n_options)]
                beyond[name] = [(int((values < low).sum()), int((values > high).sum())) for low, high in ranges[name]]
            else:
                levels[name] = _counts(_text(X[name]), option, n_options)
        shares = [float(np.mean(option == code)) for code in range(n_options)]
        return cls(ranges=ranges, beyond=beyond, levels=levels, shares=shares, drivers=frozenset(drivers))

    def outside(self, patient: Mapping[str, Any], code: int) -> Outside | None:
        """Return the first feature of a patient that the patients under option ``code`` do not cover."""
        for name, bounds in self.ranges.items():
            expected = [self.shares[code] * count for count in self.beyond[name][code]]
            near = [name in self.drivers or each >= _EXPECTED for each in expected]
            found = _beyond(name, patient.get(name), bounds[code], [_MARGIN if one else _FAR for one in near])
            if found:
                return found
        for name, counts in self.levels.items():
            found = _unseen(name, patient.get(name), counts, code, self.shares[code])
            if found:
                return found
        return None

    def values(self) -> dict[str, Any]:
        """Return JSON values from which ``from_values`` makes the same."""
        ranges = {name: [[_or_none(a), _or_none(b)] for a, b in pairs] for name, pairs in self.ranges.items()}
        levels = {name: dict(counts) for name, counts in self.levels.items()}
        told = {"shares": list(self.shares), "drivers": sorted(self.drivers)}
        beyond = {name: [list(pair) for pair in pairs] for name, pairs in self.beyond.items()}
        return {"ranges": ranges, "beyond": beyond, "levels": levels} | told

    @classmethod
    def from_values(cls, values: Mapping[str, Any]) -> Self:
        """Make the coverage from what ``values`` gave."""
        ranges = {name: [(_or_nan(a), _or_nan(b)) for a, b in pairs] for name, pairs in values["ranges"].items()}
        return cls(
            ranges=ranges,
            beyond={name: [(int(a), int(b)) for a, b in pairs] for name, pairs in values["beyond"].items()},
            levels=values["levels"],
            shares=values["shares"],
            drivers=frozenset(values["drivers"]),
        )


def patients_of(X: pd.DataFrame) -> list[dict[str, Any]]:
    """Return each patient's values by feature: numbers as they are, levels as text, missing as None."""
    columns = {str(name): _plain(X[name]) for name in X.columns}
    return [{name: values[row] for name, values in columns.items()} for row in range(len(X))]


def _plain(column: pd.Series[Any]) -> list[Any]:
    if is_numeric_dtype(column.dtype) and not is_bool_dtype(column.dtype):
        return [None if np.isnan(value) else float(value) for value in column.to_numpy(dtype=float, na_value=np.nan)]
    return _text(column)


def _text(column: pd.Series[Any]) -> list[str | None]:
    missing = column.isna().to_numpy()
    return [None if gone else _level(value) for value, gone in zip(column.tolist(), missing, strict=True)]


def _level(value: Any) -> str:
    """Write a level; 0/1 features may come as integers, floats or booleans."""
    return f"{float(value):g}" if isinstance(value, bool | int | float | np.number) else str(value)


def _measured(column: pd.Series[Any]) -> bool:
    if not is_numeric_dtype(column.dtype) or is_bool_dtype(column.dtype):
        return False
    return column.nunique(dropna=True) > 2


def _range(values: np.ndarray[Any, Any]) -> tuple[float, float]:
    known = values[~np.isnan(values)]
    return (float(known.min()), float(known.max())) if known.size else (float("nan"), float("nan"))


def _counts(text: list[str | None], option: np.ndarray[Any, Any], n_options: int) -> dict[str, list[int]]:
    counts: dict[str, list[int]] = {}
    for level, code in zip(text, option, strict=True):
        if level is not None:
            counts.setdefault(level, [0] * n_options)[int(code)] += 1
    return dict(sorted(counts.items()))


def _beyond(name: str, value: Any, bounds: tuple[float, float], margins: Sequence[float]) -> Outside | None:
    lower, upper = bounds
    if value is None:
        return None
    if np.isnan(lower):
        return Outside(feature=name, reason=f"{shown(name)} is not known in any patient under this option")
    below, above = (margin * (upper - lower) for margin in margins)
    if isinstance(value, float) and lower - below <= value <= upper + above:
        return None
    reason = f"{shown(name)} {shown(_level(value))} lies outside {lower:g} to {upper:g}, the range under this option"
    return Outside(feature=name, reason=reason)


def _unseen(name: str, value: Any, counts: Mapping[str, list[int]], code: int, share: float) -> Outside | None:
    if value is None:
        return None
    level = _level(value)
    seen = counts.get(level)
    if seen is None:
        return Outside(feature=name, reason=f"{shown(name)} {shown(level)} was seen in no patient compared")
    if seen[code] or share * sum(seen) < _EXPECTED:
        return None
    reason = f"{shown(name)} {shown(level)}: none of {sum(seen)} patients compared had this option"
    return Outside(feature=name, reason=reason)


def _or_none(value: float) -> float | None:
    return None if np.isnan(value) else value


def _or_nan(value: float | None) -> float:
    return float("nan") if value is None else float(value)
