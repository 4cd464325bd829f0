"""Number of similar patients under each option, by prognosis and propensity.

Features one at a time are ``effects.overlap.coverage`` and ``effects.overlap.likeness``.
Source: Crump RK et al. 2009, Biometrika 96:187 (dropping patients without overlap).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from genorx.effects.overlap.forest import PropensityForest
from genorx.effects.overlap.nearby import Nearby

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

#: Probability of an option below which a patient is not compared under it.
SMALLEST_PROPENSITY = 0.025
_EDGE = 0.005  # propensities are truncated here before the logit
_STEPS = 100  # rounding steps per standard deviation, so that splits of the trees are no patient's value


@dataclass(frozen=True, kw_only=True)
class Overlap:
    """Prognosis and propensity of the patients under each option.

    Prognosis is the linear predictor under the reference, propensity the logit of the forest's probability of the
    option (of trees grown without the patient).  Similar patients are counted for each separately, see
    ``nearby.Nearby``.

    Attributes
    ----------
    forest : PropensityForest or None
        None in a randomised trial, for which ``shares`` replace it.
    shares : array of shape (n_options,)
        Share of each option among the patients compared.
    prognosis : Nearby
    logit : Nearby or None
        None without a forest.
    """

    forest: PropensityForest | None
    shares: Floats
    prognosis: Nearby
    logit: Nearby | None

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
        """Learn from encoded features, prognosis and option of the patients compared; the forest uses ``columns``."""
        n_options = int(option.max()) + 1
        shares = np.bincount(option, minlength=n_options) / len(option)
        forest, logit = None, None
        if not randomised and (Z.shape[1] if columns is None else columns.size):
            coarse = np.round(Z * _STEPS) / _STEPS
            forest, held_out = PropensityForest.fit(coarse, option, columns=columns, seed=seed)
            logit = Nearby.fit(_logit(held_out), option, n_options)
        along = Nearby.fit(prognosis, option, n_options, by_lot=randomised)
        return cls(forest=forest, shares=shares, prognosis=along, logit=logit)

    def propensity(self, Z: Floats) -> Floats:
        """Probability of each option, shape (n_patients, n_options)."""
        return np.tile(self.shares, (len(Z), 1)) if self.forest is None else self.forest.predict(Z)

    def numbers(self, prognosis: Floats, propensity: Floats) -> dict[str, Floats]:
        """Effective number of patients of similar prognosis and of similar propensity, each (n_patients, n_options)."""
        found = {"prognosis": self.prognosis.number(prognosis)}
        if self.logit is not None:
            found["propensity"] = self.logit.number(_logit(propensity))
        return found

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return the arrays for ``from_arrays``."""
        parts = {"prognosis": self.prognosis, "logit": self.logit, "forest": self.forest}
        arrays: dict[str, NDArray[Any]] = {"shares": self.shares}
        for head, part in parts.items():
            arrays |= {} if part is None else {f"{head}.{name}": array for name, array in part.arrays().items()}
        return arrays

    @classmethod
    def from_arrays(cls, arrays: dict[str, NDArray[Any]]) -> Self:
        """Restore the overlap from ``arrays``."""
        trees, logit = _under("forest.", arrays), _under("logit.", arrays)
        return cls(
            forest=PropensityForest(**trees) if trees else None,
            shares=arrays["shares"],
            prognosis=Nearby.from_arrays(_under("prognosis.", arrays)),
            logit=Nearby.from_arrays(logit) if logit else None,
        )


def _under(head: str, arrays: dict[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    return {name.removeprefix(head): array for name, array in arrays.items() if name.startswith(head)}


def _logit(share: Floats) -> Floats:
    inside = np.clip(share, _EDGE, 1 - _EDGE)
    return np.asarray(np.log(inside / (1 - inside)))
