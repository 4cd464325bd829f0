"""How many patients like this one had an option: propensity, and an effective number.

Features one at a time are ``effects.overlap.coverage``.
Source: Crump RK et al. 2009, Biometrika 96:187 (dropping patients without overlap).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from genorx.effects.overlap.forest import PropensityForest

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

#: Probability of an option below which a patient is not compared under it.
SMALLEST_PROPENSITY = 0.025
_WIDTH = 0.5  # of the kernel, in standard deviations of prognosis and of propensity
_GRID = 2  # decimals that are kept of each patient's prognosis and propensity, in standard deviations
_EDGE = 0.005  # propensities are cut here before the logit


@dataclass(frozen=True, kw_only=True)
class Overlap:
    """Prognosis and propensity of the patients under each option.

    The effective number of patients like this one under option a is ``sum_i k(prognosis_i) k(logit_i)`` over the
    patients i who had a, with ``k(u) = exp(-u^2 / (2 * 0.5^2))`` of the distance in standard deviations: a patient of
    the same prognosis and propensity counts 1, one two standard deviations away 0.0003.  Prognosis is the linear
    predictor under the reference, propensity that of option a by the forest.

    Attributes
    ----------
    forest : PropensityForest or None
        None in a randomised trial, where the known ``shares`` stand in.
    shares : array of shape (n_options,)
    prognosis_scale : array of shape (2,)
        Mean and standard deviation of the prognosis.
    logit_scale : array of shape (n_options, 2)
    points : tuple of arrays of shape (n_patients under the option, 2)
        Standardised prognosis and logit (of trees grown without the patient), rounded and sorted: no order is kept.
    """

    forest: PropensityForest | None
    shares: Floats
    prognosis_scale: Floats
    logit_scale: Floats
    points: tuple[Floats, ...]

    @classmethod
    def fit(
        cls,
        Z: Floats,
        prognosis: Floats,
        option: Ints,
        *,
        randomised: bool,
        columns: Ints | None = None,
        seed: int = 0,
    ) -> Self:
        """Learn from encoded features, prognosis and option of the patients compared; the forest sees ``columns``."""
        n_options = int(option.max()) + 1
        shares = np.bincount(option, minlength=n_options) / len(option)
        forest, held_out = (None, np.tile(shares, (len(Z), 1)))
        if not randomised and (Z.shape[1] if columns is None else columns.size):
            forest, held_out = PropensityForest.fit(Z, option, columns=columns, seed=seed)
        logits = _logit(held_out)
        prognosis_scale = np.array([prognosis.mean(), prognosis.std() or 1.0])
        logit_scale = np.column_stack([logits.mean(axis=0), logits.std(axis=0)])
        logit_scale[logit_scale[:, 1] < 1e-9, 1] = 1.0
        place = (prognosis - prognosis_scale[0]) / prognosis_scale[1]
        where = (logits - logit_scale[:, 0]) / logit_scale[:, 1]
        points = tuple(_anonymous(place[option == k], where[option == k, k]) for k in range(n_options))
        return cls(
            forest=forest,
            shares=shares,
            prognosis_scale=prognosis_scale,
            logit_scale=logit_scale,
            points=points,
        )

    def propensity(self, Z: Floats) -> Floats:
        """Probability of each option, shape (n_patients, n_options)."""
        return _propensity(self.forest, self.shares, Z)

    def effective_number(self, prognosis: Floats, propensity: Floats) -> Floats:
        """Patients like each one under each option, shape (n_patients, n_options)."""
        place = (prognosis - self.prognosis_scale[0]) / self.prognosis_scale[1]
        where = (_logit(propensity) - self.logit_scale[:, 0]) / self.logit_scale[:, 1]
        number = np.empty_like(propensity)
        for code, points in enumerate(self.points):
            for row in range(len(place)):  # patient by patient: the sum must not depend on who else is asked for
                away = (points[:, 0] - place[row]) ** 2 + (points[:, 1] - where[row, code]) ** 2
                number[row, code] = np.exp(-away / (2 * _WIDTH**2)).sum()
        return number

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return the arrays from which ``from_arrays`` makes the same."""
        arrays: dict[str, NDArray[Any]] = {
            name: getattr(self, name) for name in ("shares", "prognosis_scale", "logit_scale")
        }
        arrays |= {f"points.{code}": points for code, points in enumerate(self.points)}
        if self.forest is not None:
            arrays |= {f"forest.{name}": array for name, array in self.forest.arrays().items()}
        return arrays

    @classmethod
    def from_arrays(cls, arrays: dict[str, NDArray[Any]]) -> Self:
        """Make the overlap from what ``arrays`` gave."""
        trees = {name.removeprefix("forest."): array for name, array in arrays.items() if name.startswith("forest.")}
        return cls(
            forest=PropensityForest(**trees) if trees else None,
            shares=arrays["shares"],
            prognosis_scale=arrays["prognosis_scale"],
            logit_scale=arrays["logit_scale"],
            points=tuple(arrays[f"points.{code}"] for code in range(len(arrays["shares"]))),
        )


def _propensity(forest: PropensityForest | None, shares: Floats, Z: Floats) -> Floats:
    return np.tile(shares, (len(Z), 1)) if forest is None else forest.predict(Z)


def _logit(share: Floats) -> Floats:
    inside = np.clip(share, _EDGE, 1 - _EDGE)
    return np.asarray(np.log(inside / (1 - inside)))


def _anonymous(place: Floats, where: Floats) -> Floats:
    points = np.asarray(np.round(np.column_stack([place, where]), _GRID), dtype=np.float64)
    return np.asarray(points[np.lexsort(points.T)])
