"""Columns of the hazards out of one state: features, treatments that begin in it, and history.

Features, products with treatments and propensity scores are ``adjusted.design_matrix``; they are followed by the
history columns: treatments that began elsewhere, their propensity scores, and the time at which the state was entered.
History is hardly shrunk: each column's prior standard deviation is at least 1 on the log hazard scale.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from genorx.effects.adjusted.design_matrix import OptionColumns
from genorx.outcomes.multistate.entry_time import EntryTime

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
_FEATURE_FLOOR = 0.5  # smallest prior standard deviation of the summed effects of a group of features


@dataclass(frozen=True, kw_only=True)
class StateColumns:
    """Design of features and history for the model of one state.

    Attributes
    ----------
    options : OptionColumns
        Option 0: no treatment begun in the state; otherwise the index of the treatment among those that begin in it,
        from 1.
    earlier : tuple of str
        Treatments that began in an earlier state.
    elsewhere : tuple of str
        Treatments that began in this state, but do so in no strategy.
    weights : array of shape (n_scores, n_encoded + 1)
        Propensity scores of the treatments in earlier states, the constant last.
    entry : EntryTime or None
    """

    options: OptionColumns
    earlier: tuple[str, ...]
    elsewhere: tuple[str, ...]
    weights: Floats
    entry: EntryTime | None

    @property
    def n_options(self) -> int:
        """Number of options: the treatments that begin in the state, and none of them."""
        return self.options.n_options

    @property
    def n_history(self) -> int:
        """Number of history columns."""
        return len(self.earlier) + len(self.elsewhere) + len(self.weights) + (self.entry is not None)

    def matrix(self, Z: Floats, treated: Ints, flags: Floats, entry: Floats) -> Floats:
        """Return the columns of rows.

        Parameters
        ----------
        Z : array of shape (n_rows, n_encoded)
        treated : array of int, shape (n_rows,)
        flags : array of shape (n_rows, n_earlier + n_elsewhere)
            1 if the treatment has begun.
        entry : array of shape (n_rows,)
            Time at which the state was entered.
        """
        scores = np.column_stack([Z, np.ones(len(Z))]) @ self.weights.T
        parts = [self.options.matrix(Z, treated), flags, scores]
        return np.column_stack(parts if self.entry is None else [*parts, self.entry.column(entry)])

    def prior(self, n_events: int) -> dict[str, Any]:
        """Return arguments of the fitter, in the form of ``OptionColumns.prior``."""
        return self._with_history(self.options.prior(n_events))

    def prior_of_few(self, n_events: int, *, rare: bool) -> tuple[Ints, dict[str, Any]]:
        """Return the columns that can be estimated from few events, and arguments of the fitter.

        Products with treatments are kept: a rare transition, such as death in remission, is the harm of a treatment,
        and without them the interval of a patient's difference would ignore that this harm differs between patients.
        For the same reason the treatments themselves are hardly shrunk.
        """
        kept, prior = self.options.prior_of_few(n_events, rare=rare, products=True)
        taken = self.n_options - 1
        if taken:
            prior = _hardly_shrunk(prior, int(prior["group"][-1]), taken)
        behind = self.options.groups().size + np.arange(self.n_history)
        return np.concatenate([kept, behind]), self._with_history(prior)

    def _with_history(self, prior: dict[str, Any]) -> dict[str, Any]:
        """Return the arguments extended by history, with a floor for the features' main effects."""
        own = sorted(set(prior["group"].tolist()) & set(self.options.main_group.tolist()))
        prior = prior | {"floor": {**prior["floor"], **dict.fromkeys(own, _FEATURE_FLOOR)}}
        if not self.n_history:
            return prior
        behind = max([*prior["group"].tolist(), *prior["floor"], -1]) + 1
        groups = np.concatenate([prior["group"], np.full(self.n_history, behind)])
        return _hardly_shrunk(prior | {"group": groups}, behind, self.n_history)

    def coefficients(self, betas: Floats, n_encoded: int, *, treated: int, earlier: str | None) -> Floats:
        """Return the multipliers of encoded features and a constant, shape (n_draws, n_encoded + 1).

        Parameters
        ----------
        betas : array of shape (n_draws, n_columns)
        n_encoded : int
        treated : int
        earlier : str or None
            The treatment that began in an earlier state.
        """
        size = self.options.groups().size
        own = self.options.coefficients(betas[:, :size], treated)
        found = np.zeros((len(betas), n_encoded + 1))
        found[:, self.options.used], found[:, -1] = own[:, :-1], own[:, -1]
        behind = size + len(self.earlier) + len(self.elsewhere)
        found += betas[:, behind : behind + len(self.weights)] @ self.weights
        if earlier is not None:
            found[:, -1] += betas[:, size + self.earlier.index(earlier)]
        return found

    def of_entry(self, betas: Floats) -> Floats | None:
        """Return the coefficient of the entry time, shape (n_draws,); None without one."""
        return None if self.entry is None else betas[:, -1]

    def state(self) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
        """Return JSON values and arrays for ``from_state``."""
        values, arrays = self.options.state()
        entry = None if self.entry is None else [self.entry.scale, self.entry.centre, self.entry.spread]
        fields = {"options": values, "earlier": list(self.earlier), "elsewhere": list(self.elsewhere), "entry": entry}
        return fields, arrays | {"earlier_weights": self.weights}

    @classmethod
    def from_state(cls, values: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> Self:
        """Restore the columns from ``state``."""
        entry = values["entry"]
        return cls(
            options=OptionColumns.from_state(values["options"], arrays),
            earlier=tuple(values["earlier"]),
            elsewhere=tuple(values["elsewhere"]),
            weights=arrays["earlier_weights"],
            entry=None if entry is None else EntryTime(scale=entry[0], centre=entry[1], spread=entry[2]),
        )


def _hardly_shrunk(prior: dict[str, Any], group: int, size: int) -> dict[str, Any]:
    """Return arguments of the fitter with a weak normal prior, standard deviation 1 or more, for each column.

    Under heavy tails such a prior would not be weak: its scale is a third of that, and it pulls towards 0.
    """
    floor = {**prior["floor"], group: size**0.5}
    return prior | {"floor": floor, "normal_groups": [*prior.get("normal_groups", ()), group]}
