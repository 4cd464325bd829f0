"""Trust in a record that states the reference alone: a block of a gVCF, or a site without an ALT.

No read of another allele was needed for it, so its quality decides whether the place was seen.  Every room that reads a
genotype takes the rule from here, by the kind of the call (``calls.Kind.LOW_QUALITY``).
Sources: PharmCAT asks nothing of blocks, which it refuses; GATK's best practice takes GQ 20 as the least of a confident
reference (Poplin R et al. 2018, bioRxiv 201178).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from genorx._core.numerals import decimal_number

#: Least genotype quality; and least depth, where no quality is given.
LEAST_GQ, LEAST_DEPTH = 20, 10
#: FORMAT keys of quality and of depth: the first that has a number counts.
QUALITY_KEYS, DEPTH_KEYS = ("GQ", "RGQ"), ("MIN_DP", "DP")
LOW_QUALITY_WORDS = (
    f"reference calls of low quality (GQ below {LEAST_GQ}, or depth below {LEAST_DEPTH} where there is no GQ)"
)


def shows_reference(values: Mapping[str, str]) -> bool:
    """Return whether the values of a sample are sufficient for a reference call.

    >>> shows_reference({"GQ": "5"}), shows_reference({"GQ": ".", "RGQ": "30"}), shows_reference({"DP": "9"})
    (False, True, False)
    >>> shows_reference({"GQ": "40", "DP": "0"}), shows_reference({})
    (False, True)
    """
    quality, depth = _first(values, QUALITY_KEYS), _first(values, DEPTH_KEYS)
    if depth == 0:
        return False
    return quality >= LEAST_GQ if quality is not None else depth is None or depth >= LEAST_DEPTH


def _first(values: Mapping[str, str], keys: Sequence[str]) -> float | None:
    numbers = (decimal_number(values[key]) for key in keys if key in values)
    return next((number for number in numbers if number is not None), None)


def is_weighed(keys: Iterable[str]) -> bool:
    """Return whether a FORMAT has a key by which a reference call is judged."""
    return not {*QUALITY_KEYS, *DEPTH_KEYS}.isdisjoint(keys)


def too_low(numbers: Mapping[str, NDArray[np.floating]], shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """Return ``not shows_reference`` of many samples; ``numbers`` by key, NaN where missing.

    >>> too_low({"GQ": np.array([5.0, np.nan]), "DP": np.array([30.0, 30.0])}, (2,)).tolist()
    [True, False]
    """
    quality, depth = (_first_of(numbers, keys, shape) for keys in (QUALITY_KEYS, DEPTH_KEYS))
    by_depth = depth < LEAST_DEPTH  # false where it is missing
    low: NDArray[np.bool_] = (depth == 0) | np.where(np.isnan(quality), by_depth, quality < LEAST_GQ)
    return low


def _first_of(
    numbers: Mapping[str, NDArray[np.floating]], keys: Sequence[str], shape: tuple[int, ...]
) -> NDArray[np.floating]:
    found: NDArray[np.floating] = np.full(shape, np.nan)
    for key in keys:
        if key in numbers:
            found = np.where(np.isnan(found), numbers[key], found)
    return found
