"""Billing units of a dose, and the least waste of the vials it is drawn from; exact, in integers of 0.001 mg.

Codes and vials are in ``facts``; recorded doses are compared with lines in ``rules.doses``.
Source: Medicare Claims Processing Manual, chapter 17, section 40 (discarded drugs, modifiers JW and JZ).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from math import gcd

import numpy as np
from numpy.typing import ArrayLike, NDArray

from genorx.errors import InputError, shown

Integers = NDArray[np.int64]
_UNREACHED = np.int64(2**40)
#: Largest length of a table of totals, in steps of the vials' common divisor.
_MOST_STEPS = 20_000_000


def units_of(dose: ArrayLike, unit: ArrayLike) -> Integers:
    """Return ``ceil(dose / unit)``, both in 0.001 mg."""
    return -(-np.asarray(dose, dtype=np.int64) // np.asarray(unit, dtype=np.int64))


def discarded_units(dose: ArrayLike, total: ArrayLike, unit: ArrayLike) -> Integers:
    """Return the whole units left in vials of ``total`` content after a ``dose``: never below 0."""
    opened = np.asarray(total, dtype=np.int64) // np.asarray(unit, dtype=np.int64)
    left: Integers = np.maximum(0, opened - units_of(dose, unit))
    return left


def least_totals(doses: ArrayLike, sizes: Sequence[int]) -> Integers:
    """Return, for each dose, the smallest vial total that covers it.

    Parameters
    ----------
    doses : array-like of int, shape (n,)
        Doses in 0.001 mg, above 0.
    sizes : sequence of int
        Sizes of the vials in 0.001 mg; any number of each may be opened.

    Returns
    -------
    ndarray of int, shape (n,)
        Totals in 0.001 mg.

    Raises
    ------
    InputError
        ``vials-too-fine``, if the common divisor of the sizes is so small that their totals cannot be listed.
    """
    step, whole = _common(sizes)
    steps = -(-np.asarray(doses, dtype=np.int64) // step)
    full = _largest_for_certain(steps, whole)
    rest = steps - full * whole[-1]
    reached = _reached(int(rest.max(initial=0)) + whole[-1], whole)
    at = np.searchsorted(reached, rest)
    return (reached[at] + full * whole[-1]) * step


def greatest_totals(doses: ArrayLike, sizes: Sequence[int]) -> Integers:
    """Return, for each dose, the greatest vial total that it uses up; 0 if there is none.

    Parameters and errors are those of ``least_totals``.
    """
    step, whole = _common(sizes)
    steps = np.asarray(doses, dtype=np.int64) // step
    full = _largest_for_certain(steps, whole)
    rest = steps - full * whole[-1]
    reached = _reached(int(rest.max(initial=0)) + whole[-1], whole)
    at = np.searchsorted(reached, rest, side="right") - 1
    return (reached[at] + full * whole[-1]) * step


def fewest_vials(total: int, sizes: Sequence[int]) -> tuple[tuple[int, int], ...]:
    """Return size and number of the fewest vials that hold exactly ``total``, smallest size first.

    Of two choices with as many vials, the one with the larger vials is taken.
    """
    step, whole = _common(sizes)
    steps = np.asarray(total // step)
    full = int(_largest_for_certain(steps, whole))
    rest = int(steps) - full * whole[-1]
    fewest = _fewest(rest + whole[-1], whole)
    count = dict.fromkeys(whole, 0)
    count[whole[-1]] = full
    while rest:
        size = next(each for each in reversed(whole) if each <= rest and fewest[rest - each] == fewest[rest] - 1)
        count[size] += 1
        rest -= size
    return tuple((size * step, number) for size, number in count.items() if number)


def _common(sizes: Sequence[int]) -> tuple[int, tuple[int, ...]]:
    """Return the sizes' greatest common divisor, and the distinct sizes divided by it, smallest first."""
    different = sorted(set(sizes))
    step = gcd(*different)
    return step, tuple(size // step for size in different)


def _largest_for_certain(steps: Integers, whole: tuple[int, ...]) -> Integers:
    """Return the number of vials of the largest size that every best choice contains.

    Among as many vials of other sizes as the largest has steps, some add up to a multiple of the largest (pigeonhole)
    and can be replaced by as many largest vials or fewer.  So the others hold less than that many vials of the second
    largest size, the total next to a dose is within one largest vial of it, and a large dose needs no long table.
    """
    largest = whole[-1]
    others = largest * whole[-2] if len(whole) > 1 else 0
    return np.maximum(0, (steps - others) // largest - 1)


def _reached(most: int, whole: tuple[int, ...]) -> Integers:
    """Return the totals up to ``most``, in steps, that vials can hold exactly, sorted."""
    return np.flatnonzero(_fewest(most, whole) < _UNREACHED)


@lru_cache(maxsize=32)
def _fewest(most: int, whole: tuple[int, ...]) -> Integers:
    """Return, for totals of 0 to ``most`` steps, the fewest vials that hold exactly that total."""
    if most > _MOST_STEPS:
        reason = f"vials of {shown(' '.join(map(str, whole)))} times their common divisor have too many totals to list"
        raise InputError(reason, hint="give the sizes of vials in whole milligrams", code="vials-too-fine")
    fewest = np.full(most + 1, _UNREACHED)
    fewest[0] = 0
    for size in whole:
        fewest = _with_size(fewest, size)
    fewest.flags.writeable = False
    return fewest


def _with_size(fewest: Integers, size: int) -> Integers:
    """Return the fewest vials of each total if any number of vials of one more size may be opened."""
    rows = -(-len(fewest) // size)
    padded = np.full(rows * size, _UNREACHED)
    padded[: len(fewest)] = fewest
    grid = padded.reshape(rows, size)
    steps = np.arange(rows)[:, None]  # a column of the grid holds totals that differ by vials of this size
    best = np.minimum.accumulate(grid - steps, axis=0) + steps
    return np.minimum(best.reshape(-1)[: len(fewest)], _UNREACHED)
