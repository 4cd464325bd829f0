"""Kinds of values under options: yes or no, an amount, a count, a grade.  Each has its likelihood, link and ratio.

Encoding, options and support are ``effects.adjusted.response_effect``.
Sources: McCullagh P, Nelder JA 1989, Generalized Linear Models, 2nd ed.; shrinkage as ``outcomes.shrinkage``.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import expit

from genorx.errors import Finding, InputError, SupportError, UsageError, shown
from genorx.outcomes.counts.count_fit import count_likelihood, fit_counts
from genorx.outcomes.counts.counts_base import checked_counts, means
from genorx.outcomes.grades.graded_model import never_seen
from genorx.outcomes.grades.group_shrunk_ordinal import checked_grades
from genorx.outcomes.grades.proportional_odds import first_cuts, proportional_odds
from genorx.outcomes.shrinkage.gaussian import fit_gaussian
from genorx.outcomes.shrinkage.group_prior import GroupPrior, empirical_bayes, heavy_tailed
from genorx.outcomes.shrinkage.shrinkage import draw_around, fit_logistic

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
KindName = Literal["binary", "continuous", "count", "ordinal"]


@dataclass(frozen=True, kw_only=True)
class ResponseFit:
    """Coefficients of one model for all options.

    Attributes
    ----------
    heads : array of shape (n_heads,)
        The intercept; of grades, the cuts: log odds of at most each grade seen but the last.
    beta : array of shape (n_columns,)
    covariance, heavy_covariance : array of shape (n_heads + n_columns, n_heads + n_columns)
        Heads first; under the normal and the heavy-tailed prior.
    centre, scale : float
        Of an amount: what is modelled is (value - centre) / scale.
    overdispersion : float or None
        Of counts: their variance is mean + overdispersion x mean^2.
    seen : array of int
        Grades that the fit saw.
    """

    heads: Floats
    beta: Floats
    covariance: Floats
    heavy_covariance: Floats
    centre: float = 0.0
    scale: float = 1.0
    overdispersion: float | None = None
    seen: Ints

    def draw(self, n_draws: int, rng: np.random.Generator) -> Floats:
        """Return the mode, then draws, of heads and coefficients, shape (1 + n_draws, n_heads + n_columns)."""
        mode = np.concatenate([self.heads, self.beta])
        return np.vstack([mode, draw_around(mode, self.covariance, self.heavy_covariance, n_draws, rng)])

    def effects(self, n_effects: int) -> tuple[Floats, Floats]:
        """Return the last coefficients and their standard errors."""
        return self.beta[-n_effects:], np.sqrt(np.diag(self.covariance))[-n_effects:]

    def state(self) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
        """Return all but ``beta`` as JSON values and arrays."""
        values = {name: getattr(self, name) for name in ("centre", "scale", "overdispersion")}
        return values, {name: getattr(self, name) for name in _ARRAYS}

    @classmethod
    def from_state(cls, values: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]], beta: Floats) -> ResponseFit:
        """Make the fit from what ``state`` gave."""
        made: dict[str, Any] = {name: arrays[name] for name in _ARRAYS}
        return cls(**values, **made, beta=beta)


_ARRAYS = ("heads", "covariance", "heavy_covariance", "seen")
_NO_GRADES = np.zeros(0, dtype=np.int64)


@dataclass(frozen=True, kw_only=True)
class ResponseKind(ABC):
    """What values of one kind are, how a model of them is fitted, and what it expects.

    Attributes
    ----------
    name : str
    ratio : str or None
        Measure of an option's effect on the scale of the linear predictor; an amount has none.
    difference : str
        Measure of its effect on the scale of what is compared.
    """

    name: ClassVar[KindName]
    ratio: ClassVar[str | None]
    difference: ClassVar[str]

    @property
    def n_grades(self) -> int:
        """Grades of which each has a probability; 0 of other kinds."""
        return 0

    def check(self, y: pd.DataFrame) -> None:
        """Refuse values that are missing or infinite (``value-missing``), or none of the kind."""
        if not np.isfinite(y["value"].to_numpy(dtype=float, na_value=np.nan)).all():
            raise InputError("a value of the outcome is missing or infinite", code="value-missing")

    @abstractmethod
    def counted(self, value: pd.Series[Any]) -> pd.Series[bool]:
        """Return which patients count towards the fewest events of an option."""

    def compared(self, value: Floats) -> Floats:
        """Return, as numbers, what is compared of the values seen."""
        return value

    @abstractmethod
    def fit(self, matrix: Floats, value: Floats, **prior: Any) -> ResponseFit:
        """Fit the model; ``group, group_means, floor, heavy_tails`` as in ``outcomes.shrinkage.fit_cox``."""

    @abstractmethod
    def expected(self, fit: ResponseFit, heads: Floats, linear: Floats, stratum: Floats, shares: Floats) -> Floats:
        """Return what is expected of a patient under an option, on average over the strata.

        Parameters
        ----------
        fit : ResponseFit
        heads : array of shape (n_draws, n_heads)
        linear : array of shape (n_draws,)
        stratum : array of shape (n_draws, n_strata)
            Shift of the linear predictor by stratum.
        shares : array of shape (n_strata,)

        Returns
        -------
        array of shape (n_draws, 1 + n_grades)
            What is compared, then the probability of each grade.
        """


@dataclass(frozen=True, kw_only=True)
class _OneMean(ResponseKind):
    """A kind of which one number, its mean, is expected."""

    @abstractmethod
    def mean(self, fit: ResponseFit, linear: Floats) -> Floats:
        """Return the mean where the linear predictor, intercept included, is ``linear``."""

    def expected(self, fit: ResponseFit, heads: Floats, linear: Floats, stratum: Floats, shares: Floats) -> Floats:
        """Return the mean over the strata, shape (n_draws, 1)."""
        raised = (heads[:, 0] + linear)[:, None] + stratum
        return np.asarray(self.mean(fit, raised) @ shares)[:, None]


@dataclass(frozen=True, kw_only=True)
class BinaryKind(_OneMean):
    """Yes or no, 1 or 0, by log odds."""

    name = "binary"
    ratio = "odds_ratio"
    difference = "probability_difference"

    def check(self, y: pd.DataFrame) -> None:
        """Refuse values other than 0 and 1 (``not-binary``)."""
        super().check(y)
        if not set(np.unique(y["value"])) <= {0.0, 1.0}:
            raise UsageError("value holds something other than 0 and 1", code="not-binary")

    def counted(self, value: pd.Series[Any]) -> pd.Series[bool]:
        """Return who had the rarer of the two."""
        return _rarer(value == 1)

    def fit(self, matrix: Floats, value: Floats, **prior: Any) -> ResponseFit:
        """Fit a logistic model."""
        made = fit_logistic(matrix, value, **prior)
        heavy = made.covariance if made.heavy_covariance is None else made.heavy_covariance
        return _with_intercept(made.intercept, made.beta, made.covariance, heavy)

    def mean(self, fit: ResponseFit, linear: Floats) -> Floats:  # noqa: ARG002 (an amount needs it)
        """Return the probability."""
        return np.asarray(expit(linear))


@dataclass(frozen=True, kw_only=True)
class AmountKind(_OneMean):
    """A number with a unit, by its mean."""

    name = "continuous"
    ratio = None
    difference = "mean_difference"

    def counted(self, value: pd.Series[Any]) -> pd.Series[bool]:
        """Return that everybody counts."""
        return pd.Series(True, index=value.index)

    def fit(self, matrix: Floats, value: Floats, **prior: Any) -> ResponseFit:
        """Fit a linear model of the values in standard deviations from their mean."""
        centre, scale = float(value.mean()), float(value.std()) or 1.0
        prior.pop("heavy_tails", None)  # the linear fitter has both kinds of tails always
        made = fit_gaussian(matrix, (value - centre) / scale, **prior)
        return _with_intercept(
            made.intercept, made.beta, made.covariance, made.heavy_covariance, centre=centre, scale=scale
        )

    def mean(self, fit: ResponseFit, linear: Floats) -> Floats:
        """Return the amount."""
        return fit.centre + fit.scale * linear


@dataclass(frozen=True, kw_only=True)
class CountKind(_OneMean):
    """A count, by its log mean; Poisson, or negative binomial where the data show more spread."""

    name = "count"
    ratio = "rate_ratio"
    difference = "mean_difference"

    def check(self, y: pd.DataFrame) -> None:
        """Refuse what is no count (``negative-count``, ``not-a-count``)."""
        super().check(y)
        checked_counts(y, y["value"])

    def counted(self, value: pd.Series[Any]) -> pd.Series[bool]:
        """Return who had a count above 0."""
        return value > 0

    def fit(self, matrix: Floats, value: Floats, **prior: Any) -> ResponseFit:
        """Fit a log-linear model."""
        if not value.any():
            raise SupportError("all counts are 0", code="no-events", hint="A model needs events")
        design, level = np.column_stack([np.ones(value.size), matrix]), float(np.log(value.mean()))
        offset = np.full(value.size, level)
        made = _group_prior(1, **prior)
        normal, over = fit_counts(design, value, offset, made)
        heavy = prior.get("heavy_tails", False)
        mode = heavy_tailed(count_likelihood(design, value, offset, over), made, normal) if heavy else normal
        beta = mode.beta[1:]
        return _with_intercept(
            level + float(mode.beta[0]), beta, normal.covariance, mode.covariance, overdispersion=over
        )

    def mean(self, fit: ResponseFit, linear: Floats) -> Floats:  # noqa: ARG002 (an amount needs it)
        """Return the mean count."""
        return means(linear)


@dataclass(frozen=True, kw_only=True)
class GradeKind(ResponseKind):
    """A grade from 0 to ``highest``, by proportional odds; what is compared is the chance of ``at_least`` or more."""

    name = "ordinal"
    ratio = "common_odds_ratio"
    difference = "probability_difference"
    highest: int
    at_least: int

    @property
    def n_grades(self) -> int:
        """All grades, seen or not."""
        return self.highest + 1

    def check(self, y: pd.DataFrame) -> None:
        """Refuse what is no grade (``unknown-grade``), and an ``at_least`` that is none."""
        super().check(y)
        if not 1 <= self.at_least <= self.highest:
            raise UsageError(f"at_least is {self.at_least}: grades that count are from 1 to {self.highest}")
        checked_grades(y, y["value"], self.highest)

    def counted(self, value: pd.Series[Any]) -> pd.Series[bool]:
        """Return who had the rarer of a grade that counts and one that does not."""
        return _rarer(value >= self.at_least)

    def compared(self, value: Floats) -> Floats:
        """Return 1 for grades that count, else 0."""
        return (value >= self.at_least).astype(float)

    def fit(self, matrix: Floats, value: Floats, **prior: Any) -> ResponseFit:
        """Fit proportional odds; cuts are free."""
        seen, code = np.unique(value.astype(np.int64), return_inverse=True)
        if seen.size < 2:
            raise SupportError(f"all patients have grade {seen[0]}", code="no-events", hint="A model needs two")
        start, made = first_cuts(code), _group_prior(seen.size - 1, **prior)
        likelihood = proportional_odds(matrix, code, start)
        normal = empirical_bayes(likelihood, made)
        mode = heavy_tailed(likelihood, made, normal) if prior.get("heavy_tails", False) else normal
        return ResponseFit(
            heads=start + mode.beta[: start.size],
            beta=mode.beta[start.size :],
            covariance=normal.covariance,
            heavy_covariance=mode.covariance,
            seen=seen,
        )

    def expected(self, fit: ResponseFit, heads: Floats, linear: Floats, stratum: Floats, shares: Floats) -> Floats:
        """Return the chance of ``at_least`` or more, then that of each grade, 0 for grades that nobody had."""
        cuts = np.maximum.accumulate(heads, axis=1)  # drawn ones may be out of order
        raised = linear[:, None] + stratum
        above = np.einsum("nsk,s->nk", expit(raised[:, :, None] - cuts[:, None, :]), shares)
        ends = np.column_stack([np.ones(len(above)), above, np.zeros(len(above))])
        reached = ends[:, [int((fit.seen < grade).sum()) for grade in range(self.highest + 2)]]
        return np.column_stack([reached[:, self.at_least], -np.diff(reached, axis=1)])

    def unseen(self, fit: ResponseFit) -> list[Finding]:
        """Return a finding that names the grades that nobody had, if there are any."""
        return never_seen(fit.seen, self.highest)


def named_kind(name: str, *, highest: int, at_least: int) -> ResponseKind:
    """Return the kind of that name; ``highest`` and ``at_least`` are of grades.

    Raises
    ------
    UsageError
        If there is no such kind.
    """
    kinds: dict[str, ResponseKind] = {kind.name: kind for kind in (BinaryKind(), AmountKind(), CountKind())}
    kinds[GradeKind.name] = GradeKind(highest=highest, at_least=at_least)
    if name not in kinds:
        raise UsageError(f"there is no kind {shown(name)!r} of values", hint=f"kinds are auto, {', '.join(kinds)}")
    return kinds[name]


def kind_seen(value: pd.Series[Any]) -> KindName:
    """Return yes or no for values of 0 and 1 alone, else an amount."""
    return BinaryKind.name if set(np.unique(value)) <= {0.0, 1.0} else AmountKind.name


def _with_intercept(
    intercept: float,
    beta: Floats,
    covariance: Floats,
    heavy_covariance: Floats,
    *,
    centre: float = 0.0,
    scale: float = 1.0,
    overdispersion: float | None = None,
) -> ResponseFit:
    return ResponseFit(
        heads=np.array([intercept]),
        beta=beta,
        covariance=covariance,
        heavy_covariance=heavy_covariance,
        centre=centre,
        scale=scale,
        overdispersion=overdispersion,
        seen=_NO_GRADES,
    )


def _group_prior(n_heads: int, group: Ints, **prior: Any) -> GroupPrior:
    """Return the prior of heads, which are free, and columns."""
    labels = np.concatenate([np.full(n_heads, -1), group])
    return GroupPrior(labels, means=prior.get("group_means", True), floors=prior.get("floor"))


def _rarer(yes: pd.Series[Any]) -> pd.Series[bool]:
    return yes if yes.mean() <= 0.5 else ~yes
