"""What a model's content gives away of its cohort: an attack on baselines, and a search for patients' values.

Loaded by path from the tests of models (``conftest.py``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

_NUMBER = re.compile(r"-?\d+\.?\d*(?:[eE][-+]?\d+)?")


def rows_from_baselines(arrays: Mapping[str, Any]) -> list[np.ndarray]:
    """Return the feature rows that neighbouring steps of a baseline differ by, where their weight proves one patient.

    ``S0 = deaths / increments`` is the weighted size of a risk set and ``S1 = S0 x risk_means`` its weighted sum of
    columns; between two times it loses who left.  If that is one patient with columns x, the loss of S0 is
    ``w = exp(x beta)``: a number that no other sum meets by chance.
    """
    found = []
    for name in arrays:
        if not name.endswith(".risk_means") or len(arrays[name]) < 2:
            continue
        stem = name.removesuffix("risk_means")
        beta = arrays[stem[: stem.rindex("baseline.")] + "beta"]
        size = arrays[f"{stem}deaths"] / arrays[f"{stem}increments"]
        sums = size[:, None] * arrays[name]
        lost, rows = size[:-1] - size[1:], sums[:-1] - sums[1:]
        with np.errstate(all="ignore"):
            rows = rows / lost[:, None]
            proved = np.abs(np.log(lost) - rows @ beta) < 1e-6
        found += list(rows[proved])
    return found


def numbers_in(value: Any) -> Iterator[float]:
    """Yield all numbers of JSON values, those inside of texts too."""
    if isinstance(value, Mapping):
        for each in value.values():
            yield from numbers_in(each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from numbers_in(each)
    elif isinstance(value, str):
        yield from (float(number) for number in _NUMBER.findall(value)[:1000])
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield float(value)


def given_away(values: Any, arrays: Mapping[str, Any], private: Mapping[str, np.ndarray]) -> list[tuple[str, str]]:
    """Return which of the private numbers (by name) stand in which array, or in the JSON values, to 1e-9."""
    held = {name: np.asarray(array, dtype=float).ravel() for name, array in arrays.items() if array.dtype.kind in "fiu"}
    held["JSON"] = np.array(list(numbers_in(values)))
    found = []
    for place, numbers in held.items():
        # float32 holds seven digits, so that one in some thousands meets a secret by chance
        close, chance = (1e-9, 0) if place == "JSON" or arrays[place].dtype != np.float32 else (2e-7, 2)
        for name, secret in private.items():
            if _met(numbers, np.sort(secret[np.isfinite(secret)]), close) > chance:
                found.append((place, name))
    return found


def _met(numbers: np.ndarray, secret: np.ndarray, close: float) -> int:
    """Return how many different numbers are secrets."""
    numbers = np.unique(numbers[np.isfinite(numbers)])
    if not numbers.size or not secret.size:
        return 0
    at = np.searchsorted(secret, numbers)
    nearest = np.minimum(
        np.abs(numbers - secret[np.minimum(at, secret.size - 1)]), np.abs(numbers - secret[np.maximum(at - 1, 0)])
    )
    return int((nearest <= close * np.abs(numbers)).sum())


def long_arrays(arrays: Mapping[str, Any], sizes: set[int]) -> list[str]:
    """Return the arrays that have a row for each of so many patients."""
    return [name for name, array in arrays.items() if sizes & set(array.shape)]
