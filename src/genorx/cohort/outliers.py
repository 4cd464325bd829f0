"""Outlying amounts and implausible doses of an outcome: typing errors, wrong units, or rare patients.

Nothing is left out here: reading an outcome reports them, ``outcomes.dose`` sets doses aside.
An amount is outlying if it lies beyond the reach of the tail of the others.  Amounts of 0 and more are judged on the
square root or the logarithm, whichever makes the tails more alike, with the tail of an exponential distribution;
amounts that may be negative have no such scale, and are compared with the tail of a power law too.
Sources: Epstein B, Sobel M 1953, J Am Stat Assoc 48:486 (mean excess without the largest values); Hill BM 1975, Ann
Stat 3:1163 (power law of a tail).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from genorx._core.units import Unit, UnitError, parse_unit

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

_FEWEST = 20  # values; fewer have no tail to judge by
_LEAST = 4.5  # robust standard deviations from the median
_BEYOND = 4.0  # mean excesses past the largest value expected: one cohort in 55 reaches it by chance
_BEYOND_POWER = 2.0  # the same by a power law: one cohort in seven; both are required
_SMALLEST_EXCESS, _SMALLEST_POWER = 0.2, 0.05  # rounded values tie, and their tail is no steeper than these
_TAIL, _LARGEST = 20, 5  # a twentieth of the values is the tail; the largest fifth of it does not define its length
_FAR_DOSE = 8.0  # robust standard deviations of the square root of the dose
_ROBUST = 1.4826  # median absolute deviation -> standard deviation of a normal distribution
_GRAM = 1.0


def far_values(value: Floats) -> Bools:
    """Return a mask of amounts that are far from all others, on either side.

    Parameters
    ----------
    value : array of shape (n_patients,)
        Amounts in one unit, without missing values.
    """
    far = np.zeros(value.size, dtype=bool)
    if value.size < _FEWEST:
        return far
    signed = bool(value.min() < 0)
    distance = _robust_distance(value if signed else _with_like_tails(value))
    for side in (distance, -distance):
        far |= _beyond_tail(side, power=signed)
    return far


def far_doses(dose: Floats) -> Bools:
    """Return a mask of doses more than 8 robust standard deviations above the median on the square-root scale."""
    return np.asarray(_robust_distance(np.sqrt(np.maximum(dose, 0.0))) > _FAR_DOSE)


def reads_as_dose(unit: str, *names: str) -> bool:
    """Return whether an amount is a dose: by its name, or by a unit of drug per time, such as mg/week.

    >>> reads_as_dose("mg/week", "amount"), reads_as_dose("kg", "stable_dose"), reads_as_dose("g/d", "alcohol")
    (True, True, False)
    """
    if any("dose" in re.findall(r"[a-z]+", name.casefold()) for name in names):
        return True
    above, _, below = re.sub(r"\s*\bper\b\s*", "/", unit).partition("/")
    amount, time = _parsed(above), _parsed(below)
    if amount is None or time is None or time.dims != (("s", 1),):
        return False
    return amount.dims == (("iU", 1),) or (amount.dims == (("g", 1),) and amount.factor < _GRAM)


def _parsed(text: str) -> Unit | None:
    try:
        return parse_unit(text.strip()) if text.strip() else None
    except UnitError:
        return None


def _robust_distance(value: Floats) -> Floats:
    """Return the distance from the median in robust standard deviations; none if half of the values are equal."""
    from_middle = value - np.median(value)
    spread = _ROBUST * float(np.median(np.abs(from_middle)))
    return np.asarray(from_middle / spread) if spread > 0 else np.zeros(value.size)


def _with_like_tails(value: Floats) -> Floats:
    """Return square roots or, if all values are above 0, logarithms: whichever scale has more symmetrical tails."""
    root = np.sqrt(value)
    if value.min() <= 0:
        return root
    log = np.log(value)
    return log if _skewness(log) < _skewness(root) else root


def _skewness(value: Floats) -> float:
    """Return the asymmetry of the tails by quantiles: 0 to 1."""
    share = min(max(10 / value.size, 0.02), 0.125)
    low, middle, high = np.quantile(value, (share, 0.5, 1 - share))
    return abs(low + high - 2 * middle) / (high - low) if high > low else 0.0


def _beyond_tail(distance: Floats, *, power: bool) -> Bools:
    """Return which values lie beyond the upper tail; with ``power``, of a power law too."""
    size = int(np.clip(distance.size // _TAIL, 10, 100))
    start = float(np.sort(distance)[-size - 1])
    if start <= 0:
        return np.zeros(distance.size, dtype=bool)
    least = start + (np.log(size) + _BEYOND) * max(_mean_excess(distance - start, size), _SMALLEST_EXCESS)
    if power:
        ratio = np.log(np.maximum(distance, start) / start)
        reach = (np.log(size) + _BEYOND_POWER) * max(_mean_excess(ratio, size), _SMALLEST_POWER)
        least = max(least, start * float(np.exp(min(reach, 700.0))))
    return np.asarray(distance > max(least, _LEAST))


def _mean_excess(excess: Floats, size: int) -> float:
    """Return the mean excess of the ``size`` largest values, with the maximum replaced by the next below."""
    largest = np.sort(excess)[-size:]
    kept = size - max(2, size // _LARGEST)
    return float(largest[:kept].sum() + (size - kept) * largest[kept]) / kept


def named_far(value: Floats, *, dose: bool) -> Iterator[int]:
    """Yield the positions of outlying amounts; of doses also those from ``far_doses``."""
    far = far_values(value)
    yield from np.flatnonzero(far | far_doses(value) if dose else far).tolist()
