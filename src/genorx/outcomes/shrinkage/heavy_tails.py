"""Mode under a heavy-tailed prior: a single strong column among many keeps its effect.

Source: Polson NG, Scott JG 2012, Bayesian Anal 7:887 (heavy tails by reweighting).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from genorx.outcomes.shrinkage.covariance import Covariance, variances
from genorx.outcomes.shrinkage.group_prior import (
    GroupPrior,
    Objective,
    Posterior,
    maximise,
    remembered,
    whole_posterior,
    wide_covariance,
)
from genorx.outcomes.shrinkage.row_space import RowSpace
from genorx.outcomes.shrinkage.wide_covariance import lifts_of

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_STANDS_OUT = 1.2  # log evidence above that of the largest among as many columns without effect
_TAIL_SCALE = 0.1  # squared scale of the heavy-tailed prior, in units of the group's variance


def heavy_tailed(objective: Objective, prior: GroupPrior, start: Posterior, *, rounds: int = 25) -> Posterior:
    """Return the posterior under a Student t prior (1 degree of freedom) with each group's estimated scale.

    A single strong column among many then keeps its effect; the others shrink harder.  Such a prior has a mode at 0 for
    every column, and the search would stay there: so a column starts from its estimate without its own penalty, if that
    stands out in its group.  The posterior is that of all columns, also if ``start`` is one of directions.
    """
    objective, whole = remembered(objective), prior.whole
    released = standing_out(prior, start)
    columns = whole.spread(start.penalty)
    own = whole_posterior(prior, start)
    beta, covariance = own.beta, own.covariance
    tailed = {g: rows for g, rows in whole.members.items() if g not in whole.normal}
    for _ in range(rounds):
        before, spread = beta, variances(covariance)
        for g, rows in tailed.items():
            away = beta[rows] - whole.mean(g, columns, beta)
            away = np.where(released[rows] != 0, released[rows], away)
            scale = _TAIL_SCALE / start.penalty[g]
            columns[rows] = 2.0 / (scale + away**2 + spread[rows] / 2)
        found = _posterior_at(objective, prior, columns, beta)
        beta, covariance = found["beta"], found["covariance"]
        released = np.zeros_like(beta)
        if np.max(np.abs(beta - before), initial=0.0) < 1e-4:
            break
    mean = {g: whole.mean(g, columns, beta) for g in whole.members}
    return Posterior(**found, penalty=dict(start.penalty), mean=mean, rounds=start.rounds)


def _posterior_at(objective: Objective, prior: GroupPrior, columns: Floats, beta: Floats) -> dict[str, Any]:
    """Return mode, covariance, log likelihood and effective numbers at a penalty per column."""
    if prior.space is None:
        precision = prior.precision(columns)
        beta, value, inner = maximise(objective, precision, beta)
        covariance: Covariance = inner
    else:
        lifts = lifts_of(prior.space, 1 / columns, prior.mean_variance)
        precision = _precision_along(prior, columns, lifts)
        along, value, inner = maximise(objective, precision, prior.space.along(beta))
        beta, covariance = _lifted(prior.space, along, lifts), wide_covariance(prior, 1 / columns, inner)
    shrunk = 1 - np.diag(inner @ precision)
    edf = {g: float(shrunk[rows].sum()) for g, rows in prior.members.items()}
    return {"beta": beta, "covariance": covariance, "log_likelihood": value, "edf": edf}


def _precision_along(prior: GroupPrior, columns: Floats, lifts: dict[int, tuple[Floats, Floats]]) -> Floats:
    """Return the prior's precision of directions, whose columns have a penalty each."""
    space: Any = prior.space
    penalties = np.ones(prior.group.size)
    penalties[: space.narrow.size] = columns[space.narrow]
    precision = prior.precision(penalties)
    for g, place in space.places.items():
        precision[place, place] = np.linalg.inv(lifts[g][0])
    return precision


def _lifted(space: RowSpace, along: Floats, lifts: dict[int, tuple[Floats, Floats]]) -> Floats:
    """Return the expected coefficients of all columns given those of directions."""
    found = space.back(along)
    for g, place in space.places.items():
        found[space.wide[g].members] = lifts[g][1] @ along[place]
    return found


def standing_out(prior: GroupPrior, start: Posterior) -> Floats:
    """Return the unpenalised estimates of columns that are significantly large; 0 for the others.

    They are distances from the expectation given the others of the group.  Among k columns without effect one in
    sixteen groups has a value as large: z^2 / 2 > log k + 1.2.  The posterior has one penalty per group.
    """
    columns, covariance = prior.spread(start.penalty), np.asarray(start.covariance)
    precision = prior.precision(columns)
    stated, pulled = np.diag(precision), precision @ start.beta
    spread = np.einsum("ij,ij->i", precision @ covariance, precision)
    if prior.space is not None:
        stated, pulled, spread = _of_columns(prior, start, precision, (stated, pulled, spread))
    found = np.zeros(stated.size)
    for rows in prior.whole.members.values():
        found[rows] = _released(stated[rows], pulled[rows], spread[rows])
    return found


def _released(own: Floats, pulled: Floats, spread: Floats) -> Floats:
    away = pulled / own  # from the mean of the others, which is itself uncertain and depends on the column
    stated = own**2 / spread - own  # information on this distance in the data, with the others shrunk
    alone = np.where(stated > 1e-6 * own, away * (stated + own) / np.maximum(stated, 1e-12), 0.0)
    strong = 0.5 * alone**2 * stated > np.log(own.size) + _STANDS_OUT
    return np.where(strong, alone, 0.0)


def _of_columns(
    prior: GroupPrior, start: Posterior, precision: Floats, along: tuple[Floats, Floats, Floats]
) -> tuple[Floats, ...]:
    """Return diagonal, product with the mode and variance of this product of the columns' precision."""
    space: Any = prior.space
    found = tuple(np.zeros(space.n_columns) for _ in along)
    for whole, values in zip(found, along, strict=True):
        whole[space.narrow] = values[: space.narrow.size]
    covariance = np.asarray(start.covariance)
    for g, place in space.places.items():
        one, own, block = space.wide[g], precision[place, place], covariance[place, place]
        inside, outside = own @ block @ own, 1 - np.square(one.basis).sum(axis=1)
        others, penalty = block[-1, -1], start.penalty[g]
        found[0][one.members] = ((one.basis @ own) * one.basis).sum(axis=1) + penalty * outside
        found[1][one.members] = one.basis @ along[1][place]
        found[2][one.members] = ((one.basis @ inside) * one.basis).sum(axis=1) + penalty**2 * others * outside
    return found
