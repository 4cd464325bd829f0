"""Plausibility of the declared unit: for all numbers of a column, a group of its values, or single ones.

The check uses the conversion factor between two units; nothing is converted or left out here.  Units that differ by
less than a factor of 1.6 (haemoglobin in g/dL and mmol/L) cannot be distinguished by values. ``docs/guide/records.md``
has the rates of false alarms and of faults found.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from genorx._core.unit_words import unit_name
from genorx._core.units import Linear, UnitError, conversion
from genorx.cohort.tables.variables import Variable
from genorx.errors import shown

if TYPE_CHECKING:
    from genorx.cohort.tables.columns import Reading

_MIN_FOR_GROUPS = 12  # fewer values cannot show two groups
_MIN_DISTANCE = 2.5  # groups must be as many standard deviations apart (Ashman KM et al. 1994, Astron J 108:2348: > 2)
_MIN_GAIN = 20.0  # very strong evidence by BIC is 10 (Kass RE, Raftery AE 1995, J Am Stat Assoc 90:773)
_MIN_SHARE = 0.005  # a long tail holds fewer: 0.3 % of weights in IWPC
_STRAY, _NEAR = 5.0, 2.0  # robust standard deviations: outlying as given, and within the others in another unit
_LEAST_FACTOR = 4.0  # between units, to doubt a single value that is possible in the declared one
_ROBUST = 1.4826  # median absolute deviation -> standard deviation of a normal distribution


@dataclass(frozen=True, kw_only=True)
class UnitDoubt:
    """A unit that fits better than the declared one.

    Attributes
    ----------
    stated_unit, other : str
        Declared unit, and the unit that fits better.
    to_stated : Linear
        Conversion from ``other`` to ``stated_unit``.
    rows : array of bool or None, shape (n_rows,)
        Values that fit the other unit; None: the column as a whole.
    median : float
        Median of the column, in the declared unit.
    known : int
        Number of values that are not missing.
    """

    stated_unit: str
    other: str
    to_stated: Linear
    rows: NDArray[np.bool_] | None
    median: float
    known: int

    def stated(self, reading: Reading) -> str:
        """Describe the column, with the factor and the rows."""
        factor = factor_description(self.to_stated, self.other, self.stated_unit)
        own, other = unit_name(self.stated_unit), unit_name(self.other)
        if self.rows is None:
            text = f"values are stated to be in {own}; their median, {self.median:g}, fits {other}"
            return f"{text} ({factor})"
        count = int(self.rows.sum())
        where = reading.rows(pd.Series(self.rows))
        fits = f"fit{'s' if count == 1 else ''} {other} and not {own}"
        return f"{count} of {self.known} values {fits} ({factor}): {where}"

    def description_of(self, value: float) -> str:
        """Describe one value, with the factor."""
        factor = factor_description(self.to_stated, self.other, self.stated_unit)
        return f"{value:g} fits {unit_name(self.other)} and not {unit_name(self.stated_unit)} ({factor})"


def factor_description(linear: Linear, other: str, unit: str) -> str:
    """Describe a conversion.

    >>> factor_description(Linear(1 / 88.4), "umol/L", "mg/dL"), factor_description(Linear(18.016), "mmol/L", "mg/dL")
    ('umol/L divided by 88.4 is mg/dL', 'mmol/L times 18.02 is mg/dL')
    """
    other, unit = shown(unit_name(other)), shown(unit_name(unit))
    if linear.intercept:
        return f"convert {other} to {unit}"
    by = f"times {linear.slope:.4g}" if linear.slope >= 1 else f"divided by {1 / linear.slope:.4g}"
    return f"{other} {by} is {unit}"


def doubt_unit(numbers: pd.Series, unit: str | None, variable: Variable | None) -> UnitDoubt | None:
    """Return the doubt about the unit of a column, or None.

    Parameters
    ----------
    numbers : Series of Float64, shape (n_rows,)
    unit : str or None
        Stated unit of the values.
    variable : Variable or None
        The measurement, with its units and possible values.
    """
    known = int(numbers.notna().sum())
    if variable is None or unit is None or to_known(unit, variable) is None or not known:
        return None
    values = numbers.to_numpy(dtype=float, na_value=np.nan)
    others = [
        (each, linear) for each in (variable.unit, *variable.other_units) if (linear := _between(each, unit, variable))
    ]
    for search in (_whole, _group, _single):
        for other, linear in others:
            found, rows = search(values, unit, other, linear, variable)
            if found:
                median = float(np.nanmedian(values))
                return UnitDoubt(stated_unit=unit, other=other, to_stated=linear, rows=rows, median=median, known=known)
    return None


_Found = tuple[bool, NDArray[np.bool_] | None]


def _whole(values: NDArray[np.float64], unit: str, other: str, _: Linear, variable: Variable) -> _Found:
    """Return whether the median is typical of patients in the other unit, and not in the declared one."""
    seen = pd.Series(values).dropna()
    return len(seen) >= 3 and not median_fits(seen, unit, variable) and median_fits(seen, other, variable), None


def _group(values: NDArray[np.float64], _: str, __: str, linear: Linear, ___: Variable) -> _Found:
    """Return which values form a second group, a conversion away from the first."""
    rows = None if linear.intercept else second_group(values, 1 / linear.slope)
    return rows is not None, rows


def _single(values: NDArray[np.float64], unit: str, _: str, linear: Linear, variable: Variable) -> _Found:
    """Return which values are impossible or outlying, but would be usual in the other unit."""
    own = to_known(unit, variable) or Linear(1.0)
    low, high = variable.possible
    as_stated, as_other = own(values), own(linear(values))
    with np.errstate(invalid="ignore"):
        impossible = (as_stated < low) | (as_stated > high)
        rows = impossible & (as_other >= variable.median[0]) & (as_other <= variable.median[1])
    if not linear.intercept and abs(math.log(linear.slope)) >= math.log(_LEAST_FACTOR):
        rows |= _stray(values, linear.slope)
    return bool(rows.any()), rows


def _stray(values: NDArray[np.float64], slope: float) -> NDArray[np.bool_]:
    """Return the few values that are outlying, but not when multiplied by ``slope``."""
    positive = np.isfinite(values) & (values > 0)
    stray = np.zeros(len(values), dtype=bool)
    if positive.sum() < _MIN_FOR_GROUPS:
        return stray
    logs = np.log(values[positive])
    middle = np.median(logs)
    spread = _ROBUST * float(np.median(np.abs(logs - middle)))
    if spread <= 0:
        return stray
    distance, then = np.abs(logs - middle) / spread, np.abs(logs + math.log(slope) - middle) / spread
    stray[np.flatnonzero(positive)[(distance > _STRAY) & (then < _NEAR)]] = True
    return stray


def median_fits(numbers: pd.Series, unit: str, variable: Variable) -> bool:
    """Return whether the median of numbers in ``unit`` is typical of patients."""
    linear = to_known(unit, variable)
    if linear is None:
        return False
    median = float(linear(float(numbers.median())))
    return variable.median[0] <= median <= variable.median[1]


def to_known(unit: str | None, variable: Variable) -> Linear | None:
    """Return the conversion to the unit of a variable's limits, None if there is none."""
    if unit is None or not variable.unit:
        return None
    return _between(unit, variable.unit, variable, same=True)


def _between(source: str, target: str, variable: Variable, *, same: bool = False) -> Linear | None:
    """Return the conversion between two units, None if there is none, or (unless ``same``) they are the same."""
    try:
        linear = conversion(source, target, variable.name)
    except UnitError:
        return None
    return linear if same or linear != Linear(1.0) else None


def second_group(values: NDArray[np.float64], factor: float) -> NDArray[np.bool_] | None:
    """Return the values that are ``factor`` times too large, if two groups fit the values far better than one.

    Two normal distributions of log values, one standard deviation, at the fixed distance ``log(factor)``, fitted by
    expectation maximisation, against one normal distribution.

    Parameters
    ----------
    values : array of shape (n,)
        Missing values are NaN.
    factor : float
        Ratio of the number in the other unit to that in the declared one.
    """
    positive = np.isfinite(values) & (values > 0)
    logs = np.log(values[positive])
    shift = math.log(factor)
    if len(logs) < _MIN_FOR_GROUPS or abs(shift) < 0.5:
        return None
    in_second, spread, gain = _two_groups(logs, shift)
    few = min(in_second.sum(), (~in_second).sum())
    if few < max(2, _MIN_SHARE * len(logs)) or abs(shift) < _MIN_DISTANCE * spread or gain < _MIN_GAIN:
        return None
    mask = np.zeros(len(values), dtype=bool)
    mask[np.flatnonzero(positive)[in_second]] = True
    return mask


def _two_groups(logs: NDArray[np.float64], shift: float) -> tuple[NDArray[np.bool_], float, float]:
    """Return membership of the second group, common standard deviation, and the gain by BIC over one group."""
    n = len(logs)
    one = max(float(logs.std()), 1e-6)
    share, spread = 0.5, max(one / 2, 1e-6)
    mean = float(np.quantile(logs, 0.25 if shift > 0 else 0.75))
    first = second = np.zeros(n)
    for _ in range(200):
        first = math.log(1 - share) - 0.5 * ((logs - mean) / spread) ** 2
        second = math.log(share) - 0.5 * ((logs - mean - shift) / spread) ** 2
        weight = 1 / (1 + np.exp(np.clip(first - second, -700, 700)))
        old = mean
        share = float(np.clip(weight.mean(), 1e-6, 1 - 1e-6))
        mean = float(np.mean(logs - weight * shift))
        spread = max(
            math.sqrt(float(np.mean((1 - weight) * (logs - mean) ** 2 + weight * (logs - mean - shift) ** 2))), 1e-6
        )
        if abs(mean - old) < 1e-9:
            break
    mixture = float(np.sum(np.logaddexp(first, second))) - n * math.log(spread)
    single = -n * math.log(one) - 0.5 * n
    return second > first, spread, 2 * (mixture - single) - math.log(n)
