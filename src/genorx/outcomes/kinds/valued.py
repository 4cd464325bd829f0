"""Outcomes that are a value: one linear predictor, with the kind's link, effect ratio and likelihood.

Source: McCullagh P, Nelder JA 1989, Generalized Linear Models, 2nd ed.; shrinkage as ``outcomes.shrinkage``.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from genorx.errors import Finding, InputError
from genorx.outcomes.continuous.value_scores import score_value
from genorx.outcomes.evaluation import Evaluation
from genorx.outcomes.kinds.base import Drawn, Family
from genorx.outcomes.protocol import ValueModel
from genorx.outcomes.shrinkage.coefficient_draws import draw_around
from genorx.outcomes.shrinkage.covariance import Covariance, covariance_arrays, covariances_from, variances
from genorx.outcomes.shrinkage.group_prior import GroupPrior
from genorx.outcomes.shrinkage.horseshoe import SparseColumns

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class ResponseFit:
    """Coefficients of one model for all options.

    Attributes
    ----------
    heads : array of shape (n_heads,)
        The intercept; for grades, the cutpoints: log odds of at most each observed grade except the last.
    beta : array of shape (n_columns,)
        Coefficients of the columns.
    covariance, heavy_covariance : array of shape (n_heads + n_columns, n_heads + n_columns), or WideCovariance
        Covariance of heads and coefficients, under the normal and the heavy-tailed prior.
    centre, scale : float
        For an amount: (value - centre) / scale is modelled.
    overdispersion : float or None
        For counts: the variance is mean + overdispersion x mean^2.
    seen : array of int
        Observed grades.
    sparse : SparseColumns
        Columns that are drawn under a horseshoe prior where others are under the heavy-tailed one.
    """

    heads: Floats
    beta: Floats
    covariance: Covariance
    heavy_covariance: Covariance
    centre: float = 0.0
    scale: float = 1.0
    overdispersion: float | None = None
    seen: Ints = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    sparse: SparseColumns = field(default_factory=SparseColumns)

    def draw(self, n_draws: int, rng: np.random.Generator) -> Floats:
        """Return the mode, then draws, of intercepts and coefficients, shape (1 + n_draws, n_heads + n_columns)."""
        mode = np.concatenate([self.heads, self.beta])
        drawn = draw_around(mode, self.covariance, self.heavy_covariance, n_draws, rng)
        drawn[1::2] = self.sparse.redrawn(drawn[1::2], self.heavy_covariance, rng)
        return np.vstack([mode, drawn])

    def effects(self, n_effects: int) -> tuple[Floats, Floats]:
        """Return the last coefficients and their standard errors."""
        return self.beta[-n_effects:], np.sqrt(variances(self.covariance))[-n_effects:]

    def state(self) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
        """Return everything but ``beta`` as JSON values and arrays."""
        values = {name: getattr(self, name) for name in ("centre", "scale", "overdispersion")}
        covariances = covariance_arrays(covariance=self.covariance, heavy_covariance=self.heavy_covariance)
        return values, {"heads": self.heads} | covariances | {"seen": self.seen} | self.sparse.state()

    @classmethod
    def from_state(cls, values: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]], beta: Floats) -> ResponseFit:
        """Restore the fit from ``state``."""
        made: dict[str, Any] = covariances_from(arrays, ["covariance", "heavy_covariance"])
        made |= {"heads": arrays["heads"], "seen": arrays["seen"], "sparse": SparseColumns.from_state(arrays)}
        return cls(**values, **made, beta=beta)


@dataclass(frozen=True, kw_only=True)
class ValueFamily(Family):
    """Values of one kind: validation, the joint model of all options, and expected values.

    Attributes
    ----------
    ratio : str or None
        Measure of an option's effect on the scale of the linear predictor; an amount has none.
    difference : str
        Measure of its effect, on the scale of the comparison.
    draws_sparse : bool
        Whether a patient's value says so little that a large difference need not stand out from chance: differences are
        then drawn under a horseshoe prior in place of the heavy-tailed one.
    """

    ratio: ClassVar[str | None]
    difference: ClassVar[str]
    draws_sparse: ClassVar[bool] = False

    @property
    def n_grades(self) -> int:
        """Number of grades with a probability each; 0 for other kinds."""
        return 0

    def check(self, y: pd.DataFrame) -> None:
        """Raise an error for values that are missing or infinite (``value-missing``), or invalid for the kind."""
        if not np.isfinite(y["value"].to_numpy(dtype=float, na_value=np.nan)).all():
            raise InputError("a value of the outcome is missing or infinite", code="value-missing")

    @abstractmethod
    def counted(self, value: pd.Series[Any]) -> pd.Series[bool]:
        """Return which patients count towards the minimum number of events of an option."""

    def compared(self, value: Floats) -> Floats:
        """Return the quantity that is compared, as numbers."""
        return value

    @abstractmethod
    def fit(self, matrix: Floats, value: Floats, **prior: Any) -> ResponseFit:
        """Fit the model; ``group, group_means, floor, heavy_tails`` as in ``outcomes.shrinkage.fit_cox``.

        If the kind ``draws_sparse``, also ``sparse``, the groups to be drawn under a horseshoe prior.
        """

    @abstractmethod
    def unexplained(self, fit: ResponseFit, value: Floats, linear: Floats) -> tuple[Floats, Floats]:
        """Return first, and minus second, derivative of each patient's log likelihood by the linear predictor.

        Parameters
        ----------
        fit : ResponseFit
        value, linear : arrays of shape (n_patients,)
            ``linear`` without the heads.
        """

    def unseen(self, fit: ResponseFit) -> list[Finding]:  # noqa: ARG002 (grades need it)
        """Return findings about unseen values."""
        return []

    @abstractmethod
    def expected(self, fit: ResponseFit, heads: Floats, linear: Floats, stratum: Floats, shares: Floats) -> Floats:
        """Return a patient's expected value under an option, averaged over the strata.

        Parameters
        ----------
        fit : ResponseFit
        heads : array of shape (n_draws, n_heads)
        linear : array of shape (n_draws,)
        stratum : array of shape (n_draws, n_strata)
            Shift of the linear predictor by stratum.
        shares : array of shape (n_strata,)
            Weight of each stratum.

        Returns
        -------
        array of shape (n_draws, 1 + n_grades)
            The compared probability, then that of each grade.
        """


@dataclass(frozen=True, kw_only=True)
class OneMean(ValueFamily):
    """A kind summarised by one number, its mean."""

    @abstractmethod
    def mean(self, fit: ResponseFit, linear: Floats) -> Floats:
        """Return the mean for a linear predictor ``linear``, intercept included."""

    def expected(self, fit: ResponseFit, heads: Floats, linear: Floats, stratum: Floats, shares: Floats) -> Floats:
        """Return the mean over the strata, shape (n_draws, 1)."""
        raised = (heads[:, 0] + linear)[:, None] + stratum
        return np.asarray(self.mean(fit, raised) @ shares)[:, None]


@dataclass(frozen=True, kw_only=True)
class NumberFamily(OneMean):
    """A number with a unit, with prediction intervals of a patient's own value."""

    protocol = ValueModel

    def draw(self, model: Any, X: pd.DataFrame, times: Floats, *, n_draws: int, seed: int) -> Drawn:  # noqa: ARG002
        """Return estimates."""
        drawn = model.sample_value(X, n_draws=n_draws, seed=seed)
        return Drawn(point=model.predict_value(X)[:, None], draws=drawn[:, :, None])

    def estimate(self, model: Any, X: pd.DataFrame, times: Floats) -> Floats:  # noqa: ARG002
        """Return estimates."""
        return np.asarray(model.predict_value(X))

    def predicted(self, model: Any, X: pd.DataFrame, times: Floats) -> dict[str, Floats]:  # noqa: ARG002
        """Return estimates, and prediction limits of a patient's own number."""
        return {"value": model.predict_value(X), "limits": self.limits(model, X)}

    def factual(self, known: Floats) -> dict[str, Floats]:
        """Return estimates; effects give no prediction limits of a patient's own number."""
        return {"value": known[:, 0]}

    def score(self, y: Any, predicted: Mapping[str, Floats], fold: NDArray[Any], **shared: Any) -> Evaluation:
        """Return the scores of ``score_value``."""
        return score_value(y, predicted["value"], fold, limits=predicted.get("limits"), **shared)

    def limits(self, model: Any, X: pd.DataFrame) -> Floats:
        """Return prediction limits of a patient's own number."""
        return np.asarray(model.predict_interval(X, level=0.95))


def prior_of(n_heads: int, group: Ints, **prior: Any) -> GroupPrior:
    """Return the prior of intercepts, which are free, and columns."""
    labels = np.concatenate([np.full(n_heads, -1), group])
    return GroupPrior(
        labels,
        means=prior.get("group_means", True),
        floors=prior.get("floor"),
        uncertain=prior.get("uncertain_scales", ()),
    )


def rarer(yes: pd.Series[Any]) -> pd.Series[bool]:
    """Return which patients have the rarer of the two values."""
    return yes if yes.mean() <= 0.5 else ~yes
