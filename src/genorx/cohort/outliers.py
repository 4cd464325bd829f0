"""Amounts of an outcome that lie far beyond all others, and doses of 0 or less: slips, wrong units, or rare patients.

Nothing is left out here: who reads the amounts names them, ``outcomes.dose`` sets doses aside.
An amount is far where it is further out than the tail of the others reaches.  Amounts of 0 and more are judged on the
square root or the logarithm, whichever makes the tails more alike, with the tail of an exponential law; amounts that
may be negative have no such scale, and are held against the tail of a power law too.
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
_BEYOND_POWER = 2.0  # the same by a power law: one cohort in seven, and both are asked for
_SMALLEST_EXCESS, _SMALLEST_POWER = 0.2, 0.05  # rounded values tie, and their tail is no steeper than these
_TAIL, _LARGEST = 20, 5  # a twentieth of the values is the tail; a fifth of it does not say how long the tail is
_FAR_DOSE = 8.0  # robust standard deviations of the square root of the dose
_ROBUST = 1.4826  # median absolute deviation -> standard deviation of a normal law
_GRAM = 1.0


def far_values(value: Floats) -> Bools:
    """Tell which amounts lie far beyond all others, on either side.

    Parameters
    ----------
    value : array of shape (n_patients,)
        Without missing values.
    """
    far = np.zeros(value.size, dtype=bool)
    if value.size < _FEWEST:
        return far
    signed = bool(value.min() < 0)
    away = _away(value if signed else _with_like_tails(value))
    for side in (away, -away):
        far |= _beyond_tail(side, power=signed)
    return far


def far_doses(dose: Floats) -> Bools:
    """Tell which doses are more than 8 robust standard deviations above the median of the square root."""
    return np.asarray(_away(np.sqrt(np.maximum(dose, 0.0))) > _FAR_DOSE)


def reads_as_dose(unit: str, *names: str) -> bool:
    """Tell whether an amount is a dose: a name says so, or the unit is one of drugs a time, such as mg/week.

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


def _away(value: Floats) -> Floats:
    """Return the distance from the median in robust standard deviations; none where half of the values are alike."""
    from_middle = value - np.median(value)
    spread = _ROBUST * float(np.median(np.abs(from_middle)))
    return np.asarray(from_middle / spread) if spread > 0 else np.zeros(value.size)


def _with_like_tails(value: Floats) -> Floats:
    """Return square roots or, where all values are above 0, logarithms: the scale with the more symmetrical tails."""
    root = np.sqrt(value)
    if value.min() <= 0:
        return root
    log = np.log(value)
    return log if _skewness(log) < _skewness(root) else root


def _skewness(value: Floats) -> float:
    """Return how unlike the tails are, by quantiles: 0 to 1."""
    share = min(max(10 / value.size, 0.02), 0.125)
    low, middle, high = np.quantile(value, (share, 0.5, 1 - share))
    return abs(low + high - 2 * middle) / (high - low) if high > low else 0.0


def _beyond_tail(away: Floats, *, power: bool) -> Bools:
    """Tell which values lie beyond the upper tail; by a power law too where ``power`` says so."""
    size = int(np.clip(away.size // _TAIL, 10, 100))
    start = float(np.sort(away)[-size - 1])
    if start <= 0:
        return np.zeros(away.size, dtype=bool)
    least = start + (np.log(size) + _BEYOND) * max(_mean_excess(away - start, size), _SMALLEST_EXCESS)
    if power:
        ratio = np.log(np.maximum(away, start) / start)
        reach = (np.log(size) + _BEYOND_POWER) * max(_mean_excess(ratio, size), _SMALLEST_POWER)
        least = max(least, start * float(np.exp(min(reach, 700.0))))
    return np.asarray(away > max(least, _LEAST))


def _mean_excess(excess: Floats, size: int) -> float:
    """Return the mean of an exponential law from the ``size`` largest, the very largest counted as the next below."""
    largest = np.sort(excess)[-size:]
    kept = size - max(2, size // _LARGEST)
    return float(largest[:kept].sum() + (size - kept) * largest[kept]) / kept


def named_far(value: Floats, *, dose: bool) -> Iterator[int]:
    """Yield the places of amounts that lie far beyond all others; of doses also those that ``far_doses`` tells."""
    far = far_values(value)
    yield from np.flatnonzero(far | far_doses(value) if dose else far).tolist()
