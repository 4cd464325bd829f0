"""The uncertainty of a group's own scale: the posterior is averaged over scales, not taken at the likeliest one.

With few events the data hardly say how large the coefficients of a group may be; taken as known, that scale makes
intervals too short just where patients are few.  A grid of factors on the scales of the uncertain groups is weighed
by the marginal likelihood (Laplace) and a half-Cauchy prior on the standard deviation of their summed effect.
Sources: Gelman A 2006, Bayesian Anal 1:515 (half-Cauchy); Rue H, Martino S, Chopin N 2009, J R Stat Soc B 71:319
(the grid).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from genorx.outcomes.shrinkage.group_prior import (
    GroupPrior,
    Objective,
    Posterior,
    heavy_tailed,
    posterior_at,
    remembered,
)

Floats = NDArray[np.float64]

_FACTORS = (1.0, 0.5, 0.5**0.5, 2**0.5, 2.0, 2**1.5)  # on the scale that was found; itself first, so that it is kept
_HALF_CAUCHY = 1.0  # scale of the prior on the standard deviation of the summed effect, on the linear scale
_NEGLIGIBLE = 0.02  # weight below which a scale is left out


def under_both_tails(
    objective: Objective, prior: GroupPrior, normal: Posterior, *, heavy: bool
) -> tuple[Posterior, Posterior | None]:
    """Return the posterior under the normal prior and, where asked for, under the heavy-tailed one.

    Over the scales of the uncertain groups of the prior: mean and covariance of the mixture.  Penalties, group means
    and effective numbers stay those of ``normal``, whose scales are the likeliest.
    """
    if not prior.uncertain:
        return normal, heavy_tailed(objective, prior, normal) if heavy else None
    objective = remembered(objective)
    weights, found = _weighed(list(_at_scales(objective, prior, normal)))
    tails = [heavy_tailed(objective, prior, one) for one in found] if heavy else None
    return _mixture(weights, found, normal), None if tails is None else _mixture(weights, tails, tails[0])


def _at_scales(objective: Objective, prior: GroupPrior, start: Posterior) -> Iterator[tuple[float, Posterior]]:
    """Yield log weight and posterior at each scale that the prior's bounds allow."""
    seen: list[dict[int, float]] = []
    for factor in _FACTORS:
        penalty = dict(start.penalty) | {
            g: prior.within(g, start.penalty[g] / factor**2) for g in sorted(prior.uncertain)
        }
        if penalty in seen:
            continue
        seen.append(penalty)
        one = posterior_at(objective, prior, penalty, start)
        yield _log_evidence(prior, one) + _log_half_cauchy(prior, penalty), one


def _log_evidence(prior: GroupPrior, one: Posterior) -> float:
    """Return the log marginal likelihood by Laplace's method, without what is the same at every scale."""
    precision = prior.precision(prior.spread(one.penalty))
    spreads = np.linalg.slogdet(precision)[1] + np.linalg.slogdet(one.covariance)[1]
    return float(one.log_likelihood - 0.5 * one.beta @ precision @ one.beta + 0.5 * spreads)


def _log_half_cauchy(prior: GroupPrior, penalty: Mapping[int, float]) -> float:
    """Return the log prior density of the log standard deviation of the summed effect."""
    scale = sum(prior.members[g].size / penalty[g] for g in sorted(prior.uncertain)) ** 0.5 / _HALF_CAUCHY
    return float(np.log(scale) - np.log1p(scale**2))


def _weighed(at_scales: Sequence[tuple[float, Posterior]]) -> tuple[Floats, list[Posterior]]:
    logs = np.array([log for log, _ in at_scales])
    weights = np.exp(logs - logs.max())
    weights = weights / weights.sum()
    kept = np.flatnonzero(weights >= _NEGLIGIBLE)
    return weights[kept] / weights[kept].sum(), [at_scales[int(place)][1] for place in kept]


def _mixture(weights: Floats, found: Sequence[Posterior], like: Posterior) -> Posterior:
    """Return the first two moments of the mixture."""
    betas = np.stack([one.beta for one in found])
    mean = weights @ betas
    away = (betas - mean) * np.sqrt(weights)[:, None]
    covariance = sum(weight * one.covariance for weight, one in zip(weights, found, strict=True)) + away.T @ away
    return replace(like, beta=mean, covariance=np.asarray(covariance))
