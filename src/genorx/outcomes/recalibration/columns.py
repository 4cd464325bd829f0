"""Summary of each column in the development data: range, quantiles, levels and missing values, overall and by site."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from genorx._core.disclosure import FEWEST, each_rounded, rounded, rounded_out
from genorx._core.short_repr import short

Floats = NDArray[np.float64]
GRID = np.linspace(0.0, 1.0, 201)
_FEW_LEVELS = 10
_TAIL = 6  # points of the grid beyond 2.5 and 97.5 %: a model file keeps only rounded limits of these


@short
@dataclass(frozen=True, kw_only=True)
class ColumnBase:
    """A column of the development data.

    Attributes
    ----------
    name : str
    numeric : bool
    patients, known : int
        Number of patients, and of known values.
    quantiles : tuple of float
        Quantiles of a number, at ``GRID``.
    shares : dict of str to float
        Share of each level among known values; also of a number with at most ten distinct values.
    medians, missing, level_shares : dict
        Median, share missing and shares of levels by site.
    site_patients : dict of str to int
        Number of patients by site.
    """

    name: str
    numeric: bool
    patients: int
    known: int
    quantiles: tuple[float, ...] = ()
    shares: Mapping[str, float] = field(default_factory=dict)
    medians: Mapping[str, float] = field(default_factory=dict)
    missing: Mapping[str, float] = field(default_factory=dict)
    level_shares: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    site_patients: Mapping[str, int] = field(default_factory=dict)

    @property
    def missing_share(self) -> float:
        """Share of patients with a missing value."""
        return 1.0 - self.known / self.patients if self.patients else 0.0

    @property
    def median(self) -> float:
        """Median of the numbers."""
        return self.quantiles[len(GRID) // 2] if self.quantiles else np.nan

    @property
    def range(self) -> tuple[float, float]:
        """Smallest and largest number."""
        return (self.quantiles[0], self.quantiles[-1]) if self.quantiles else (np.nan, np.nan)

    @classmethod
    def of(cls, values: pd.Series[Any], site: NDArray[Any] | None) -> Self:
        """Summarise a column."""
        numeric = bool(pd.api.types.is_numeric_dtype(values.dtype))
        known = values.dropna()
        levelled = not numeric or known.nunique() <= _FEW_LEVELS
        sites = {} if site is None else {str(each): values[site == each] for each in sorted({*site} - {None})}
        many = {name: part for name, part in sites.items() if len(part) >= FEWEST}
        return cls(
            name=str(values.name),
            numeric=numeric,
            patients=len(values),
            known=len(known),
            quantiles=tuple(np.quantile(known, GRID).tolist()) if numeric and len(known) else (),
            shares=_shares(known) if levelled else {},
            medians={name: float(part.median()) for name, part in many.items() if numeric and part.notna().any()},
            missing={name: float(part.isna().mean()) for name, part in many.items()},
            level_shares={name: _shares(part.dropna()) for name, part in many.items()} if levelled else {},
            site_patients={name: len(part) for name, part in many.items()},
        )

    def coarse(self) -> Self:
        """Return a copy with rounded quantiles and shares; its range ends at round numbers beyond the extremes."""
        low, high = self.range
        spread = (self.quantiles[-_TAIL] - self.quantiles[_TAIL - 1]) / 4.0 if self.quantiles else 0.0
        ends = rounded_out(low, high)
        inside = np.clip(each_rounded(np.array(self.quantiles[_TAIL:-_TAIL]), spread), *ends).tolist()
        tails = ([ends[0], *[inside[0]] * (_TAIL - 1)], [*[inside[-1]] * (_TAIL - 1), ends[1]]) if inside else ([], [])
        return replace(
            self,
            quantiles=(*tails[0], *inside, *tails[1]),
            shares=_rounded_shares(self.shares),
            medians={name: rounded(value, spread) for name, value in self.medians.items()},
            missing=_rounded_shares(self.missing),
            level_shares={name: _rounded_shares(shares) for name, shares in self.level_shares.items()},
        )

    def to_dict(self) -> dict[str, Any]:
        """Return JSON values."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Return the column of a dictionary from ``to_dict``."""
        return cls(**{**values, "quantiles": tuple(values["quantiles"])})


def _rounded_shares(shares: Mapping[str, float]) -> dict[str, float]:
    return {name: round(share, 3) for name, share in shares.items()}


def as_levels(values: pd.Series[Any]) -> pd.Series[Any]:
    """Return non-missing values as levels: a whole number without its point."""
    known = values.dropna()
    if pd.api.types.is_numeric_dtype(known.dtype):
        different, place = np.unique(known.to_numpy(dtype=float), return_inverse=True)
        names = np.array([f"{value:g}" for value in different], dtype=object)
        return pd.Series(names[place], index=known.index, dtype=object)
    return known.astype(str)


def _shares(known: pd.Series[Any]) -> dict[str, float]:
    counts = as_levels(known).value_counts(normalize=True)
    return {str(level): float(share) for level, share in sorted(counts.items())}
