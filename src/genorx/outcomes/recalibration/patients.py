"""Patients of the development data or of a snapshot, as arrays: outcomes, a frozen model's predictions, covariates."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from genorx._core.short_repr import short

Floats = NDArray[np.float64]
#: Column of the treatment arm among the described variables.
ARM = "arm"


@short
@dataclass(frozen=True, kw_only=True)
class Patients:
    """Included patients; one row each.

    Attributes
    ----------
    ids : array of str or None
        Patient ids; None for the development data.
    arrived : array of float or None
        Time of arrival.
    time : array of float, shape (n,)
        Follow-up.
    event : array of int, shape (n,)
        Number of the part that occurred, from 1; 0 for none.
    expected, index : array of float, shape (n, n_parts)
        The frozen model's cumulative hazard at ``time`` (for a binary outcome: the probability), and linear predictor.
    covariates : DataFrame
        Numbers as float, the rest as text.
    site, arm : array of str or None
        Site and treatment arm.
    lag : array of float or None
        Time from an event to its record.
    groups : DataFrame
        Declared subgroups.
    left_out : dict of str to int
        Number of excluded rows, by reason.
    doubled : int
        Number of rows whose id, or whose whole content, occurred earlier in the table.
    name : str
        Name of the file, for messages.
    """

    ids: NDArray[Any] | None
    arrived: Floats | None
    time: Floats
    event: NDArray[np.int64]
    expected: Floats
    index: Floats
    covariates: pd.DataFrame
    site: NDArray[Any] | None
    arm: NDArray[Any] | None
    lag: Floats | None
    groups: pd.DataFrame
    left_out: dict[str, int]
    doubled: int
    name: str

    def __len__(self) -> int:
        return len(self.time)

    @property
    def arrivals(self) -> Floats:
        """Arrival time of each patient; 0 in the development data, which have none."""
        return np.zeros(len(self)) if self.arrived is None else self.arrived

    @property
    def described(self) -> pd.DataFrame:
        """Covariates, followed by other variables with a possible effect: declared subgroups, the arm."""
        others = {str(name): self.groups[name] for name in self.groups if name not in self.covariates}
        if self.arm is not None and ARM not in self.covariates:
            others[ARM] = pd.Series(self.arm, dtype=object)
        return self.covariates.assign(**others) if others else self.covariates

    def rows(self, which: NDArray[Any]) -> Self:
        """Return a subset of the patients."""
        chosen = {}
        for each in fields(self):
            value = getattr(self, each.name)
            if isinstance(value, np.ndarray):
                chosen[each.name] = value[which]
            elif isinstance(value, pd.DataFrame):
                places = np.flatnonzero(which) if which.dtype == bool else which
                chosen[each.name] = value.iloc[places].reset_index(drop=True)
        return replace(self, **chosen)

    @classmethod
    def joined(cls, parts: Sequence[Self]) -> Self:
        """Concatenate disjoint groups of patients, with the exclusions of each."""
        chosen: dict[str, Any] = {}
        for each in fields(cls):
            values = [getattr(part, each.name) for part in parts]
            if isinstance(values[0], np.ndarray):
                chosen[each.name] = np.concatenate(values)
            elif isinstance(values[0], pd.DataFrame):
                chosen[each.name] = pd.concat(values, ignore_index=True)
        reasons = dict.fromkeys(reason for part in parts for reason in part.left_out)
        left_out = {reason: sum(part.left_out.get(reason, 0) for part in parts) for reason in reasons}
        return replace(parts[0], **chosen, left_out=left_out, doubled=sum(part.doubled for part in parts))

    def digest(self) -> str:
        """Return a digest of the outcomes and covariates, to recognise the same table."""
        parts = [self.time, self.event, *(np.asarray(self.covariates[name]) for name in self.covariates)]
        parts += [each for each in (self.arrived, self.ids) if each is not None]
        rows = np.zeros(len(self), dtype=np.uint64)
        for number, values in enumerate(parts):
            known = np.where(pd.isna(values), "", values) if values.dtype == object else values
            hashed = pd.util.hash_array(known, categorize=False)
            rows = rows * np.uint64(1_000_003) + hashed + np.uint64(number)
        return hashlib.sha256(np.sort(rows).tobytes()).hexdigest()


def by_site(patients: Patients) -> Iterable[tuple[str | None, NDArray[np.bool_]]]:
    """Return all patients, then those of each site."""
    yield None, np.ones(len(patients), dtype=bool)
    if patients.site is None:
        return
    for site in sorted({each for each in patients.site if each is not None}):
        yield str(site), patients.site == site


def plain_covariates(X: pd.DataFrame) -> pd.DataFrame:
    """Return features of any type as numbers and text."""
    made = {}
    for name in X:
        numeric = pd.api.types.is_numeric_dtype(X[name].dtype)
        made[str(name)] = X[name].to_numpy(dtype=float, na_value=np.nan) if numeric else plain_texts(X[name])
    return pd.DataFrame(made)


def plain_texts(values: pd.Series[Any]) -> NDArray[Any]:
    """Return values as text, None if missing."""
    plain = values.astype(object)
    return np.array([None if gone else str(each) for each, gone in zip(plain, plain.isna(), strict=True)], dtype=object)
