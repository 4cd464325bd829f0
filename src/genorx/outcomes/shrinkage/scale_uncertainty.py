"""Uncertainty of a group's scale: the posterior is averaged over scales, not taken at the most likely one.

With few events the data hardly determine how large the coefficients of a group may be; if the scale is taken as known,
intervals are too short when patients are few.  Scales on a grid are weighted by the marginal likelihood (Laplace) and a
half-Cauchy prior on the standard deviation of the summed effect: the scales of the uncertain groups are varied together
by one factor, or those of every group one after the other.
Sources: Gelman A 2006, Bayesian Anal 1:515 (half-Cauchy); Rue H, Martino S, Chopin N 2009, J R Stat Soc B 71:319
(the grid).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from genorx.outcomes.shrinkage.covariance import mixed
from genorx.outcomes.shrinkage.group_prior import (
    GroupPrior,
    Objective,
    Posterior,
    empirical_bayes,
    posterior_at,
    remembered,
    whole_posterior,
)
from genorx.outcomes.shrinkage.heavy_tails import heavy_tailed

Floats = NDArray[np.float64]

_FACTORS = (1.0, 0.5, 0.5**0.5, 2**0.5, 2.0, 2**1.5)  # factors on the estimated scale; 1 first, so that it is kept
_RATIO = 1.6  # ratio of neighbouring scales of one group
_LEAST = 0.05  # standard deviation of the summed effect of a group, on the linear scale, below which it counts as 0
_MOST = 6.0  # the same above which that of a wide group does not count: its rows can be fitted at any larger scale
#: Scale of the half-Cauchy prior on the standard deviation of the summed effect of a group, on the linear scale.
HALF_CAUCHY = 1.0
_NEGLIGIBLE = 0.02  # weight below which a scale is left out
_LOG_NEGLIGIBLE = float(np.log(_NEGLIGIBLE))


def fitted_posteriors(
    objective: Objective,
    prior: GroupPrior,
    penalty: Mapping[int, float] | None,
    max_rounds: int,
    heavy: bool,
    *,
    each_scale: Collection[int],
) -> tuple[Posterior, Posterior | None]:
    """Return the posterior under the normal prior, averaged over scales of ``each_scale``, and under heavy tails.

    The scales of wide groups are averaged over too.
    """
    normal = empirical_bayes(objective, prior, fixed=penalty, max_rounds=max_rounds)
    averaged = sorted({*each_scale, *wide_groups(prior)})
    if averaged:
        normal = over_each_scale(objective, prior, normal, averaged)
    return under_both_tails(objective, prior, normal, heavy=heavy)


def wide_groups(prior: GroupPrior) -> list[int]:
    """Return the groups with more columns than rows, unless their scales are averaged over together.

    The rows hardly determine how large the coefficients are: with the most likely scale, which is often near 0,
    intervals would be far too short.
    """
    return [] if prior.space is None else sorted(set(prior.space.wide) - prior.uncertain)


def over_wide_scales(objective: Objective, prior: GroupPrior, likeliest: Posterior) -> Posterior:
    """Return the posterior averaged over the scales of wide groups; itself if there are none."""
    groups = wide_groups(prior)
    return over_each_scale(objective, prior, likeliest, groups) if groups else likeliest


def under_both_tails(
    objective: Objective, prior: GroupPrior, normal: Posterior, *, heavy: bool
) -> tuple[Posterior, Posterior | None]:
    """Return the posterior under the normal prior and, if requested, under the heavy-tailed one.

    Mean and covariance are those of the mixture over the scales of the uncertain groups.  Penalties, group means and
    effective numbers are those of ``normal``, at the most likely scales.  Both are posteriors of all columns.
    """
    if not prior.uncertain:
        return whole_posterior(prior, normal), heavy_tailed(objective, prior, normal) if heavy else None
    objective = remembered(objective)
    at_scales = list(_at_scales(objective, prior, normal))
    weights, found = _weighed(at_scales)
    tails = [heavy_tailed(objective, prior, one) for one in found] if heavy else None
    mixture = _mixture(weights, found, normal)
    if wide_groups(prior):  # the contribution of their scales is added, as in over_each_scale
        likeliest = at_scales[0][1]
        change = np.asarray(normal.covariance) - np.asarray(likeliest.covariance)
        mean = mixture.beta + normal.beta - likeliest.beta
        mixture = replace(mixture, beta=mean, covariance=np.asarray(mixture.covariance) + change)
    return whole_posterior(prior, mixture), None if tails is None else _mixture(weights, tails, tails[0])


def over_each_scale(
    objective: Objective, prior: GroupPrior, likeliest: Posterior, groups: Collection[int] | None = None
) -> Posterior:
    """Return the posterior averaged over the scale of each group (or of some), the others at their most likely one.

    The contributions of the groups' scales to mean and covariance are added: the scales are nearly independent.
    """
    objective = remembered(objective)
    mean, before = likeliest.beta.copy(), np.asarray(likeliest.covariance)
    covariance = before.copy()
    for g in prior.members if groups is None else groups:
        one = _mixture(*_weighed(_along_scale(objective, prior, likeliest, g)), likeliest)
        mean += one.beta - likeliest.beta
        covariance += one.covariance - before
    return replace(likeliest, beta=mean, covariance=covariance)


def _along_scale(objective: Objective, prior: GroupPrior, start: Posterior, g: int) -> list[tuple[float, Posterior]]:
    """Return log weight and posterior at a group's estimated scale, and outwards until the weight is negligible.

    A group that was shrunk to 0 starts at the smallest scale, below which its likelihood is flat.
    """
    size, largest = prior.size[g], _MOST if g in wide_groups(prior) else np.inf
    found = max((size / start.penalty[g]) ** 0.5, _LEAST)

    def at(penalty: float) -> tuple[float, Posterior]:
        one = posterior_at(objective, prior, dict(start.penalty) | {g: penalty}, start)
        return _log_evidence(prior, one) + _log_half_cauchy(size / penalty), one

    weighed = [at(prior.within(g, size / found**2))]
    for ratio in (_RATIO, 1 / _RATIO):
        scale = found * ratio
        while _LEAST <= scale <= largest and prior.within(g, size / scale**2) == size / scale**2:
            weighed.append(at(size / scale**2))
            if weighed[-1][0] < max(log for log, _ in weighed) + _LOG_NEGLIGIBLE:
                break
            scale *= ratio
    return weighed


def _at_scales(objective: Objective, prior: GroupPrior, start: Posterior) -> Iterator[tuple[float, Posterior]]:
    """Yield log weight and posterior at each scale within the prior's bounds."""
    seen: list[dict[int, float]] = []
    for factor in _FACTORS:
        penalty = dict(start.penalty) | {
            g: prior.within(g, start.penalty[g] / factor**2) for g in sorted(prior.uncertain)
        }
        if penalty in seen:
            continue
        seen.append(penalty)
        one = posterior_at(objective, prior, penalty, start)
        summed = sum(prior.size[g] / penalty[g] for g in sorted(prior.uncertain))
        yield _log_evidence(prior, one) + _log_half_cauchy(summed), one


def _log_evidence(prior: GroupPrior, one: Posterior) -> float:
    """Return the log marginal likelihood by Laplace's method, up to a constant in the scale."""
    precision = prior.precision(prior.spread(one.penalty))
    spreads = np.linalg.slogdet(precision)[1] + np.linalg.slogdet(np.asarray(one.covariance))[1]
    return float(one.log_likelihood - 0.5 * one.beta @ precision @ one.beta + 0.5 * spreads)


def _log_half_cauchy(variance: float) -> float:
    """Return the log prior density of the log standard deviation of the summed effect, given its variance."""
    scale = variance**0.5 / HALF_CAUCHY
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
    return replace(like, beta=mean, covariance=mixed(weights, [one.covariance for one in found], betas, mean))
