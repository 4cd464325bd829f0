"""Group-wise shrinkage: coefficients of a group share a mean and a variance, both estimated from the data.

Coefficients of group g are drawn from N(mu_g, 1/lambda_g), mu_g from N(0, tau^2); mu_g is integrated out, so that the
posterior covariance includes its uncertainty.  lambda_g follows from the marginal likelihood by Fellner-Schall steps.
Sources: Gerstung M et al. 2017, Nat Genet 49:332 (CoxRFX); MacKay DJC 1992, Neural Comput 4:415; Wood SN, Fasiolo M
2017, Biometrics 73:1071 (the step); Polson NG, Scott JG 2012, Bayesian Anal 7:887 (heavy tails by reweighting).
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import linalg

from genorx.errors import SupportError, UsageError
from genorx.outcomes.shrinkage.covariance import Covariance
from genorx.outcomes.shrinkage.row_space import RowSpace
from genorx.outcomes.shrinkage.wide_covariance import WideCovariance, WidePart

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
#: From coefficients to (log likelihood, gradient, information).
Objective = Callable[[Floats], tuple[float, Floats, Floats]]

_FREE = 1e-4  # precision of a coefficient that is not shrunk: keeps a separated column finite, changes others by < 1e-5
_SMALLEST, _LARGEST = 1e-2, 1e6  # bounds of lambda
_WITH_MEAN = 3  # columns that a group needs for its mean to be distinguished from its spread
_STANDS_OUT = 1.2  # log evidence above that of the largest among as many columns without effect
_TAIL_SCALE = 0.1  # squared scale of the heavy-tailed prior, in units of the group's variance


@dataclass(frozen=True, kw_only=True)
class Posterior:
    """Mode and Laplace covariance of the coefficients, with the estimated group parameters.

    Attributes
    ----------
    beta : array of shape (n_columns,)
        Mode of the coefficients.
    covariance : array of shape (n_columns, n_columns), or WideCovariance
        Laplace covariance of the coefficients.
    penalty, mean, edf : mapping of group to float
        lambda_g, mu_g, and effective number of coefficients of the group.
    log_likelihood : float
        Log likelihood at the mode, without the prior.
    rounds : int
        Steps until the variances converged.
    """

    beta: Floats
    covariance: Covariance
    penalty: Mapping[int, float]
    mean: Mapping[int, float]
    edf: Mapping[int, float]
    log_likelihood: float
    rounds: int


class GroupPrior:
    """The prior as a precision matrix, given one penalty per column.

    Parameters
    ----------
    group : array of int, shape (n_columns,)
        Group of each column; -1 for a column that is not shrunk.
    means : bool or collection of int
        Groups whose mean is estimated (those of fewer than 3 columns have mean 0).
    mean_sd : float
        Prior standard deviation of a group's mean.
    floors : mapping of group to float
        Smallest prior standard deviation of the summed effect of a group, for columns of unit variance.
    uncertain : collection of int
        Groups whose scale is averaged over (``outcomes.shrinkage.scale_uncertainty``).
    normal : collection of int
        Groups with a normal prior even if that of the others has heavy tails.
    """

    def __init__(
        self,
        group: Ints,
        *,
        means: bool | Collection[int] = True,
        mean_sd: float = 1.0,
        floors: Mapping[int, float] | None = None,
        uncertain: Collection[int] = (),
        normal: Collection[int] = (),
    ) -> None:
        self.group, self.uncertain, self.normal = group, frozenset(uncertain) & set(group.tolist()), frozenset(normal)
        self.members = {int(g): np.flatnonzero(group == g) for g in np.unique(group[group >= 0])}
        self.size = {g: rows.size for g, rows in self.members.items()}  # of the group, also if it has fewer directions
        self.ones = np.ones(group.size)
        self.space: RowSpace | None = None
        self.whole = self
        wanted = self.members if means is True else () if means is False else means
        self.mean_variance = {
            g: mean_sd**2 if g in wanted and rows.size >= _WITH_MEAN else 0.0 for g, rows in self.members.items()
        }
        self.largest = {
            g: min(_LARGEST, rows.size / floors[g] ** 2 if floors and g in floors else _LARGEST)
            for g, rows in self.members.items()
        }

    def along(self, space: RowSpace) -> GroupPrior:
        """Return this prior for the directions of a row space; ``whole`` is that of the columns."""
        found = copy.copy(self)
        found.space, found.ones, found.group = space, space.ones(), space.groups(self.group)
        found.members = {g: np.flatnonzero(found.group == g) for g in self.members}
        return found

    def spread(self, penalty: Mapping[int, float]) -> Floats:
        """Return each column's penalty."""
        columns = np.full(self.group.size, _FREE)
        for g, rows in self.members.items():
            columns[rows] = penalty[g]
        return columns

    def precision(self, columns: Floats) -> Floats:
        """Return the prior's precision matrix with the group means integrated out."""
        matrix = np.diag(columns)
        for g, rows in self.members.items():
            if self.mean_variance[g]:
                ones = self.ones[rows]
                own = columns[rows] * ones
                shared = np.outer(own, own) / ((own * ones).sum() + 1 / self.mean_variance[g])
                matrix[np.ix_(rows, rows)] -= shared
        return matrix

    def mean(self, g: int, columns: Floats, beta: Floats) -> float:
        """Return the posterior mean of mu_g given the coefficients."""
        if not self.mean_variance[g]:
            return 0.0
        ones = self.ones[self.members[g]]
        own = columns[self.members[g]] * ones
        return float(own @ beta[self.members[g]] / ((own * ones).sum() + 1 / self.mean_variance[g]))

    def update(self, g: int, penalty: float, beta: Floats, covariance: Floats) -> float:
        """Return the next lambda_g: one Fellner-Schall step, within bounds."""
        rows, ones = self.members[g], self.ones[self.members[g]]
        own, block = beta[rows], covariance[np.ix_(rows, rows)]
        along = 1 / (self.size[g] * self.mean_variance[g] + 1 / penalty)  # precision of the common direction
        slope = (along / penalty) ** 2
        common = 1 / self.size[g]
        trace = (rows.size - 1) / penalty + along / penalty**2
        used = np.trace(block) - (1 - slope) * common * (block * ones[:, None] * ones).sum()
        size = own @ own - (1 - slope) * common * (own * ones).sum() ** 2
        step = penalty * max(trace - used, 1e-12) / max(size, 1e-12)
        return self.within(g, step)

    def within(self, g: int, penalty: float) -> float:
        """Return the penalty, truncated to its bounds."""
        return float(np.clip(penalty, _SMALLEST, self.largest[g]))


def maximise(
    objective: Objective, precision: Floats, start: Floats, *, steps: int = 50
) -> tuple[Floats, float, Floats]:
    """Return the penalised mode, with the log likelihood and covariance there (Newton with step halving).

    Raises
    ------
    SupportError
        If no finite mode is found.
    """
    beta = start
    value, gradient, information = objective(beta)
    goal = value - 0.5 * beta @ precision @ beta
    for _ in range(steps):
        slope = gradient - precision @ beta
        factor = linalg.cho_factor(information + precision, overwrite_a=True)
        direction = linalg.cho_solve(factor, slope)
        gain = float(slope @ direction)
        if gain < 1e-9:
            return beta, value, _inverse(factor)
        for halving in range(30):
            trial = beta + direction * 0.5**halving
            tried = objective(trial)
            new_goal = tried[0] - 0.5 * trial @ precision @ trial
            if np.isfinite(new_goal) and new_goal >= goal - 1e-10:
                break
        else:
            break
        beta, goal = trial, new_goal
        value, gradient, information = tried
    if not np.all(np.isfinite(beta)) or gain > 1e-4:
        raise SupportError("the model has no finite best fit", code="no-convergence", hint="Leave out columns")
    return beta, value, _inverse(linalg.cho_factor(information + precision))


def remembered(objective: Objective) -> Objective:
    """Return the objective with its last value cached: each round starts where the previous one ended."""
    kept: list[tuple[Floats, tuple[float, Floats, Floats]]] = []

    def value(beta: Floats) -> tuple[float, Floats, Floats]:
        if not kept or not np.array_equal(kept[0][0], beta):
            kept[:] = [(beta.copy(), objective(beta))]
        return kept[0][1]

    return value


def empirical_bayes(
    objective: Objective,
    prior: GroupPrior,
    *,
    fixed: Mapping[int, float] | None = None,
    max_rounds: int = 60,
    tolerance: float = 1e-3,
) -> Posterior:
    """Return the posterior with each group's variance estimated (or taken from ``fixed``).

    Raises
    ------
    UsageError
        If ``fixed`` lacks a group.
    SupportError
        If there is no finite mode.
    """
    penalty = {g: min(max(10.0, 4.0 * size), prior.largest[g]) for g, size in prior.size.items()}
    if fixed is not None:
        if set(fixed) != set(penalty):
            raise UsageError(f"penalties given for groups {sorted(fixed)}, columns are in {sorted(penalty)}")
        penalty = dict(fixed)
    beta, rounds = np.zeros(prior.group.size), 0
    objective = remembered(objective)
    for rounds in range(1, max_rounds + 1):
        precision = prior.precision(prior.spread(penalty))
        before = beta
        beta, value, covariance = maximise(objective, precision, beta)
        if fixed is not None:
            break
        updated = {g: prior.update(g, penalty[g], beta, covariance) for g in penalty}
        still = all(abs(np.log(updated[g] / penalty[g])) < tolerance for g in penalty)
        settled = rounds > 10 and np.max(np.abs(beta - before), initial=0.0) < 1e-5
        if still or settled or rounds == max_rounds:  # the penalties returned are those of this posterior
            break
        penalty = updated
    found = {"beta": beta, "covariance": covariance, "log_likelihood": value, "rounds": rounds}
    return _posterior(prior, prior.spread(penalty), penalty=penalty, **found)


def posterior_at(objective: Objective, prior: GroupPrior, penalty: Mapping[int, float], start: Posterior) -> Posterior:
    """Return the posterior at given penalties, started from another one's mode."""
    columns = prior.spread(penalty)
    beta, value, covariance = maximise(objective, prior.precision(columns), start.beta)
    found = {"beta": beta, "covariance": covariance, "log_likelihood": value, "rounds": start.rounds}
    return _posterior(prior, columns, penalty=dict(penalty), **found)


def _inverse(factor: tuple[Floats, bool]) -> Floats:
    """Return the inverse of a matrix from its upper Cholesky factor."""
    if not factor[0].size:
        return factor[0]
    upper = np.triu(linalg.lapack.dpotri(factor[0])[0])
    return np.asarray(upper + np.triu(upper, 1).T)


def in_row_space(design: Floats, prior: GroupPrior) -> tuple[Floats, GroupPrior]:
    """Return the design and its prior; of groups with more columns than rows, their directions.

    ``whole_posterior`` gives the coefficients of all columns.
    """
    space = RowSpace.of(design, prior.group)
    return (design, prior) if space is None else (space.along(design), prior.along(space))


def whole_posterior(prior: GroupPrior, found: Posterior) -> Posterior:
    """Return the posterior of all columns from that of directions, with one variance per group."""
    space = prior.space
    if space is None or isinstance(found.covariance, WideCovariance):
        return found
    columns = np.zeros(space.n_columns)
    for g, place in space.places.items():
        columns[space.wide[g].members] = found.covariance[place, place][-1, -1]
    covariance = wide_covariance(prior, columns, found.covariance)
    return replace(found, beta=space.back(found.beta), covariance=covariance)


def wide_covariance(prior: GroupPrior, columns: Floats, inner: Floats) -> WideCovariance:
    """Return the covariance of all columns, from their prior variances and the covariance of directions."""
    if prior.space is None:
        raise ValueError("the prior is not that of a row space")
    return WideCovariance(
        space=prior.space,
        mean_variance={g: prior.mean_variance[g] for g in prior.space.wide},
        parts=(WidePart(weight=1.0, variances=columns, inner=inner),),
        between=np.zeros((0, prior.space.n_columns)),
    )


def _posterior(prior: GroupPrior, columns: Floats, **found: Any) -> Posterior:
    shrunk = 1 - np.diag(found["covariance"] @ prior.precision(columns))
    mean = {g: prior.mean(g, columns, found["beta"]) for g in prior.members}
    return Posterior(**found, mean=mean, edf={g: float(shrunk[rows].sum()) for g, rows in prior.members.items()})
