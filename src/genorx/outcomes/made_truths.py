"""How far off a fitted model may be: it is fitted anew to outcomes drawn from truths that look like its own.

Refits to resampled patients tell how far a model scatters, not how far it lies off in all samples alike: a tree rounds
steps off, a penalty pulls towards the mean.  So each refit is taken for a truth, outcomes are drawn from it, and what
the same model learns from them is off by a known amount.  What no such truth has (a product of features that no tree
found) stays unknown.
Source: Efron B, Tibshirani RJ 1993, An Introduction to the Bootstrap, 6.5 and 10 (parametric bootstrap, bias).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import clone

from genorx.errors import SupportError
from genorx.outcomes.shrinkage.shrinkage import linear_predictors
from genorx.outcomes.state_arrays import arrays_below, named_below

Floats = NDArray[np.float64]
_BAGS = 10  # of a forest fitted anew: fewer add noise of their own, more take longer


class MadeTruths:
    """A model whose draws come from fits to made truths.

    Attributes
    ----------
    again_ : tuple of fitted models
        Of the same class and columns, each without refits of its own.
    """

    n_refits: int
    seed: int
    again_: tuple[Any, ...]

    def _spared(self, turn: int) -> Self:
        """Return an unfitted copy for the made truth of this turn."""
        quick: Self = clone(self)
        quick.set_params(n_refits=0, seed=self.seed + 1 + turn)  # type: ignore[attr-defined]
        if hasattr(quick, "n_bags"):
            quick.n_bags = min(quick.n_bags, _BAGS)
        return quick

    def _errors(self, made: Floats, found: Sequence[Floats], slope: float = 1.0) -> Floats:
        """Return how far off the fits to made truths are, shape (n_truths, n_patients).

        Parameters
        ----------
        made : array of shape (1 + n_refits, n_patients)
            As in ``truths_around``.
        found : sequence of array of shape (n_patients,)
            What each of ``again_`` says.

        Raises
        ------
        SupportError
            If the model was fitted without refits.
        """
        if not self.again_:
            raise SupportError("this model was fitted without bootstrap refits", hint="Set n_refits")
        return np.stack(found) - truths_around(made, slope)[: len(self.again_)]

    def _again_state(self) -> tuple[list[dict[str, Any]], dict[str, NDArray[Any]]]:
        """Return JSON values and arrays of the fits to made truths."""
        states = [one._learnt() for one in self.again_]
        named = [named_below(f"again.{place}", arrays) for place, (_, arrays) in enumerate(states)]
        return [values for values, _ in states], {name: array for arrays in named for name, array in arrays.items()}

    def _take_again(self, values: Sequence[dict[str, Any]], arrays: dict[str, NDArray[Any]]) -> None:
        made = [self._spared(turn) for turn in range(len(values))]
        for turn, one in enumerate(made):
            one._take(values[turn], arrays_below(f"again.{turn}", arrays))  # type: ignore[attr-defined]
        self.again_ = tuple(made)


def truths_around(made: Floats, slope: float = 1.0) -> Floats:
    """Return truths on the linear scale: the estimate, moved as each refit is from their mean; (n_refits, n_patients).

    Parameters
    ----------
    made : array of shape (1 + n_refits, n_patients)
        Estimate of the model, then those of its refits, recalibrated.
    slope : float
        By which they were recalibrated.  Below 1 it says that the share 1 - slope of what was predicted is noise, of
        variance E: what is then left to know has variance slope x E, while the refits, all multiplied by the slope,
        have slope^2 x E.
    """
    # by row: sums then run in the same order for a patient alone and among others
    middle = np.ascontiguousarray(made[1:].T).mean(axis=1)
    return np.asarray(made[0] + (made[1:] - middle) / np.sqrt(min(slope, 1.0)))


def draws_around(estimate: Floats, errors: Floats, *, n_draws: int, seed: int) -> Floats:
    """Return draws on the linear scale, shape (n_draws, n_patients): normal, as large and as alike as the errors.

    Few errors tell their size badly: the variance is that of Student's t with as many degrees of freedom.
    """
    freedom = max(len(errors) - 2, 1)
    mixed = np.random.default_rng(seed).standard_normal((n_draws, len(errors))) / np.sqrt(freedom)
    return np.asarray(estimate + linear_predictors(np.ascontiguousarray(errors.T), mixed))
