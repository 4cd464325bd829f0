"""Benefit against harm of one patient's options: dominance, numbers needed, utility and its sensitivity, cost.

The utility hides nothing: the answer keeps the outcomes themselves, and for each weight the range over which each
option would be best.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from genorx._core.short_repr import short
from genorx.effects.intervals import interval_of

Floats = NDArray[np.float64]
CostVerdict = Literal["more for more", "less for less", "better and cheaper", "worse and dearer"]
_SAME = 1e-12


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberNeeded:
    """Patients to treat with an option in place of the reference for one additional good, or bad, outcome.

    ``estimate`` is the number of patients for one more outcome in the direction ``to``; ``lower`` and ``upper`` are its
    95 % limits.  If the interval of the difference includes 0, the interval passes through infinity: ``lower`` belongs
    to the direction ``to`` and ``upper`` to the other (``through_infinity``).

    Source: Altman DG 1998, BMJ 317:1309; Altman DG, Andersen PK 1999, BMJ 319:1492 (time to an event).
    """

    outcome: str
    horizon: float | None
    to: Literal["benefit", "harm"]
    estimate: float
    lower: float
    upper: float
    through_infinity: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Dominance:
    """Option ``by`` is no worse on any outcome and better on one, by the best estimates.

    ``probability`` is the share of draws in which it is no worse on any outcome.
    """

    by: str
    probability: float


@dataclass(frozen=True, slots=True, kw_only=True)
class CostEffect:
    """Cost-effectiveness of an option relative to the reference.

    ``ratio`` is the cost of one more unit of utility; None unless the option both costs and gives more (or both less):
    see ``verdict``.  ``probability_dominant`` is the share of draws that are better and no dearer; None without draws.
    ``per_death_averted`` is the cost per death averted; None if deaths are not counted.
    """

    cost: float
    cost_lower: float
    cost_upper: float
    ratio: float | None
    probability_dominant: float | None
    verdict: CostVerdict
    per_death_averted: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OptionTradeOff:
    """One option: utility with 95 % interval, its difference from the reference, and dominating options."""

    option: str
    utility: float | None = None
    lower: float | None = None
    upper: float | None = None
    difference: float | None = None
    difference_lower: float | None = None
    difference_upper: float | None = None
    probability_best: float | None = None
    dominated_by: tuple[Dominance, ...] = ()
    number_needed: tuple[NumberNeeded, ...] = ()
    cost: CostEffect | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WinningRange:
    """Between ``lower`` and ``upper`` of one weight, the others unchanged, ``option`` has the largest utility."""

    outcome: str
    weight: Literal["quality", "loss", "weight"]
    stated: float
    lower: float
    upper: float
    option: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Acceptability:
    """Probability that an option has the largest net benefit at a willingness to pay of ``threshold``."""

    threshold: float
    option: str
    net_benefit: float
    probability: float


@short
@dataclass(frozen=True, slots=True, kw_only=True)
class TradeOff:
    """Benefit against harm of one patient's options.

    Attributes
    ----------
    rule : str
        The weights, in words; empty if no utility could be computed.
    unit : str
    harms : tuple of str
        Outcomes of role ``harm`` that were weighed against the primary one.
    options : tuple of OptionTradeOff
    ranges : tuple of WinningRange
    acceptability : tuple of Acceptability
    """

    rule: str
    unit: str
    options: tuple[OptionTradeOff, ...]
    harms: tuple[str, ...] = ()
    ranges: tuple[WinningRange, ...] = ()
    acceptability: tuple[Acceptability, ...] = ()


def number_needed(
    outcome: str, horizon: float | None, *, sign: int, estimate: float, interval: tuple[float, float]
) -> NumberNeeded | None:
    """Return the number needed from a difference of probabilities, option minus reference, and its interval.

    ``sign`` is 1 if more of the outcome is better.  None if the difference is 0.
    """
    gain = sign * estimate
    if abs(gain) < _SAME:
        return None
    turn = sign if gain > 0 else -sign  # makes the direction of the estimate positive
    ends = [turn * end for end in interval]
    least, most = min(*ends, abs(gain)), max(*ends, abs(gain))  # of skewed draws the estimate may lie outside
    return NumberNeeded(
        outcome=outcome,
        horizon=horizon,
        to="benefit" if gain > 0 else "harm",
        estimate=1.0 / abs(gain),
        lower=1.0 / most,
        upper=1.0 / abs(least) if abs(least) > _SAME else float("inf"),
        through_infinity=least <= 0.0,
    )


def dominated(names: Sequence[str], points: Floats, draws: Floats) -> dict[str, tuple[Dominance, ...]]:
    """Return, by option, the options that dominate it: no worse on any outcome, and better on at least one.

    Parameters
    ----------
    names : sequence of str
        Names of the options.
    points : array of shape (n_outcomes, n_options)
        Best estimates; larger is better in each outcome.
    draws : array of shape (n_draws, n_outcomes, n_options)
        Draws of the same.
    """
    found: dict[str, tuple[Dominance, ...]] = {}
    for place, name in enumerate(names):
        rows = []
        for other, by in enumerate(names):
            gap = points[:, other] - points[:, place]
            if other == place or not ((gap >= 0).all() and (gap > _SAME).any()):
                continue
            share = float((draws[:, :, other] >= draws[:, :, place]).all(axis=1).mean())
            rows.append(Dominance(by=by, probability=share))
        found[name] = tuple(rows)
    return found


def winners(level: Floats, slope: Floats, low: float, high: float) -> list[tuple[float, float, int]]:
    """Return ``(from, to, option)`` intervals of p, from low to high, with the option of largest ``level + p * slope``.

    Exact: the borders are where two lines cross.  Of options that are equal throughout, the first wins.
    """
    borders = {low, high}
    for i, j in combinations(range(len(level)), 2):
        if abs(slope[i] - slope[j]) > _SAME:
            crossing = (level[j] - level[i]) / (slope[i] - slope[j])
            borders |= {float(crossing)} if low < crossing < high else set()
    ordered = sorted(borders)
    ranges: list[tuple[float, float, int]] = []
    for start, end in pairwise(ordered):
        best = int(np.argmax(level + 0.5 * (start + end) * slope))
        if ranges and ranges[-1][2] == best:
            ranges[-1] = (ranges[-1][0], end, best)
        else:
            ranges.append((start, end, best))
    return ranges


def cost_effect(cost: Floats, utility: Floats, cost_point: float, utility_point: float) -> CostEffect:
    """Return cost against utility of an option, both as differences from the reference (draws and best estimate)."""
    lower, upper = interval_of(cost)
    verdict, trades = cost_verdict(cost_point, utility_point)
    return CostEffect(
        cost=cost_point,
        cost_lower=float(lower),
        cost_upper=float(upper),
        ratio=cost_point / utility_point if trades else None,
        probability_dominant=float(((cost <= 0) & (utility > 0)).mean()),
        verdict=verdict,
    )


def cost_verdict(cost: float, utility: float) -> tuple[CostVerdict, bool]:
    """Return the verdict on an option from its cost and utility differences, and whether they are a trade-off."""
    verdict: CostVerdict
    if cost > 0:
        verdict = "more for more" if utility > 0 else "worse and dearer"
    else:
        verdict = "better and cheaper" if utility >= 0 else "less for less"
    return verdict, verdict in ("more for more", "less for less") and abs(utility) > _SAME


def acceptability(
    names: Sequence[str], cost: Floats, utility: Floats, points: tuple[Floats, Floats], thresholds: Sequence[float]
) -> list[Acceptability]:
    """Return net benefit (threshold x utility - cost) of each option, and its probability of being the largest.

    Source: Fenwick E, Claxton K, Sculpher M 2001, Health Econ 10:779; Stinnett AA, Mullahy J 1998, Med Decis Making
    18:S68.

    Parameters
    ----------
    names : sequence of str
        Names of the options.
    cost, utility : array of shape (n_draws, n_options)
        Draws of cost and utility.
    points : pair of arrays of shape (n_options,)
        Best estimates of cost and utility.
    thresholds : sequence of float
        Willingness to pay for one unit of utility.
    """
    rows = []
    for threshold in thresholds:
        net = threshold * utility - cost
        best = net == net.max(axis=1, keepdims=True)
        share = (best / best.sum(axis=1, keepdims=True)).mean(axis=0)
        middle = threshold * points[1] - points[0]
        rows += [
            Acceptability(threshold=threshold, option=name, net_benefit=float(middle[i]), probability=float(share[i]))
            for i, name in enumerate(names)
        ]
    return rows
