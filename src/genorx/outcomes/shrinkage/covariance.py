"""Covariance of coefficients: an array, or directions and a variance per column if columns exceed rows.

The second is ``shrinkage.wide_covariance``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from genorx.outcomes.shrinkage.row_space import RowSpace, WideGroup
from genorx.outcomes.shrinkage.wide_covariance import WideCovariance, WidePart

Floats = NDArray[np.float64]
Covariance = Floats | WideCovariance
_BLOCK = 64  # rows at a time, of which all products are computed
_PARTS = ("mean_variance", "weights", "variances", "inner", "between")


def variances(covariance: Covariance) -> Floats:
    """Return the variance of each coefficient."""
    return covariance.diagonal() if isinstance(covariance, WideCovariance) else np.diag(covariance)


def around(design: Floats, covariance: Covariance) -> Floats:
    """Return the covariance of linear predictors, shape (n_rows, n_rows)."""
    if isinstance(covariance, WideCovariance):
        return covariance.around(design)
    return np.asarray(design @ covariance @ design.T)


def variance_around(design: Floats, covariance: Covariance) -> Floats:
    """Return the variance of the linear predictor of each row."""
    if isinstance(covariance, WideCovariance):
        blocks = np.array_split(design, max(1, len(design) // _BLOCK))
        return np.concatenate([np.diag(covariance.around(block)) for block in blocks])
    return np.asarray(((design @ covariance) * design).sum(axis=1))


def log_determinant(covariance: Covariance) -> float:
    """Return the log determinant of a covariance under a prior with one variance per group."""
    if isinstance(covariance, WideCovariance):
        return covariance.log_determinant()
    return float(np.linalg.slogdet(covariance)[1])


def leading(covariance: Covariance, n_columns: int) -> Covariance:
    """Return the covariance of the first columns."""
    if isinstance(covariance, WideCovariance):
        return covariance.leading(n_columns)
    return covariance[:n_columns, :n_columns]


def placed(covariance: Covariance, kept: NDArray[np.int64], n_columns: int) -> Covariance:
    """Return the covariance of more columns, those not in ``kept`` with a variance of 0."""
    if isinstance(covariance, WideCovariance):
        return covariance.placed(kept, n_columns)
    wide = np.zeros((n_columns, n_columns))
    wide[np.ix_(kept, kept)] = covariance
    return wide


def mixed(weights: Sequence[float] | Floats, found: Sequence[Covariance], betas: Floats, mean: Floats) -> Covariance:
    """Return the covariance of a mixture of posteriors with these modes."""
    away = (betas - mean) * np.sqrt(np.asarray(weights))[:, None]
    wide = [one for one in found if isinstance(one, WideCovariance)]
    if not wide:
        return np.asarray(sum(weight * one for weight, one in zip(weights, found, strict=True)) + away.T @ away)
    parts = [
        replace(part, weight=float(weight) * part.weight)
        for weight, one in zip(weights, wide, strict=True)
        for part in one.parts
    ]
    between = np.vstack([away, *(one.between * weight**0.5 for weight, one in zip(weights, wide, strict=True))])
    return replace(wide[0], parts=tuple(parts), between=between[np.abs(between).max(axis=1) > 0])


def covariance_arrays(**covariances: Covariance | None) -> dict[str, NDArray[Any]]:
    """Return the arrays of one fit's covariances by name, for a model file; their row space is kept once."""
    arrays: dict[str, NDArray[Any]] = {}
    for name, one in covariances.items():
        if isinstance(one, WideCovariance):
            arrays |= _space_arrays(one.space) | _part_arrays(one, f"{name}.")
        elif one is not None:
            arrays[name] = one
    return arrays


def _space_arrays(space: RowSpace) -> dict[str, NDArray[Any]]:
    arrays = {
        "row_space.columns": np.array([space.n_columns]),
        "row_space.narrow": space.narrow,
        "row_space.groups": np.array(list(space.wide), dtype=np.int64),
    }
    for g, one in space.wide.items():
        arrays |= {f"row_space.{g}.members": one.members, f"row_space.{g}.basis": one.basis}
    return arrays


def _part_arrays(covariance: WideCovariance, prefix: str) -> dict[str, NDArray[Any]]:
    parts = covariance.parts
    values = (
        np.array([covariance.mean_variance[g] for g in covariance.space.wide]),
        np.array([part.weight for part in parts]),
        np.stack([part.variances for part in parts]),
        np.stack([part.inner for part in parts]),
        covariance.between,
    )
    return {f"{prefix}{name}": value for name, value in zip(_PARTS, values, strict=True)}


def covariances_from(arrays: Mapping[str, NDArray[Any]], names: Iterable[str]) -> dict[str, Covariance]:
    """Restore the covariances from ``covariance_arrays``; those that are not in the file are left out."""
    found: dict[str, Covariance] = {name: arrays[name] for name in names if name in arrays}
    if "row_space.groups" not in arrays:
        return found
    groups = arrays["row_space.groups"].tolist()
    space = RowSpace(
        n_columns=int(arrays["row_space.columns"][0]),
        narrow=arrays["row_space.narrow"],
        wide={
            g: WideGroup(members=arrays[f"row_space.{g}.members"], basis=arrays[f"row_space.{g}.basis"]) for g in groups
        },
    )
    for name in names:
        if f"{name}.inner" in arrays:
            found[name] = _covariance_from(space, {part: arrays[f"{name}.{part}"] for part in _PARTS})
    return found


def _covariance_from(space: RowSpace, arrays: Mapping[str, Floats]) -> WideCovariance:
    parts = [
        WidePart(weight=float(weight), variances=own, inner=inner)
        for weight, own, inner in zip(arrays["weights"], arrays["variances"], arrays["inner"], strict=True)
    ]
    means = dict(zip(space.wide, arrays["mean_variance"].tolist(), strict=True))
    return WideCovariance(space=space, mean_variance=means, parts=tuple(parts), between=arrays["between"])
