"""What to say to one patient about the arms: recommend, equipoise, or abstain.

An arm is recommended where it beats every other that could be compared in 97.5 % of the draws, by the smallest
difference that matters; the share is read from the normal curve of the draws' spread, so that it agrees with the
intervals.  Source: effects.md 3.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Advice = Literal["recommend", "equipoise", "abstain"]

#: Half width of a 95 % interval in standard deviations.
REACH = 1.96
_TIE = 1e-9  # spread of equal arms that is rounding


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where the arms of one patient stand.

    Attributes
    ----------
    rank : tuple of int, one an arm
        1 is best; arms without an estimate come last.
    advice : tuple of {"recommend", "equipoise", "abstain"}
        Of each arm.  Where another arm is recommended an arm that was compared is in "equipoise" with nothing but
        itself: the word of the row with rank 1 is the patient's.
    best : int or None
        Arm with rank 1 if it has an estimate.
    alike : tuple of int
        Arms that cannot be told from the best, itself among them.
    probability_best : tuple of float
        Share of the draws in which each arm is the best of those compared.
    """

    rank: tuple[int, ...]
    advice: tuple[Advice, ...]
    best: int | None
    alike: tuple[int, ...]
    probability_best: tuple[float, ...]


def stand(values: Floats, inside: NDArray[np.bool_], *, min_difference: float = 0.0) -> Standing:
    """Place the arms of one patient.

    Parameters
    ----------
    values : array of shape (1 + n_draws, n_arms)
        Restricted mean (higher is better): best estimate, then draws.  The first arm is the reference.
    inside : array of bool, shape (n_arms,)
        Whether patients like this one were seen under the arm.
    min_difference : float
        Smallest difference that matters.
    """
    n_arms = inside.size
    order = sorted(range(n_arms), key=lambda arm: (not inside[arm], -values[0, arm], arm))
    rank = [0] * n_arms
    for place, arm in enumerate(order, start=1):
        rank[arm] = place
    chance = _probability_best(values, inside)
    top = int(np.argmax(values[0]))
    if inside.sum() < 2 or not inside[0] or not inside[top]:
        nothing: tuple[Advice, ...] = tuple("abstain" for _ in range(n_arms))
        return Standing(rank=tuple(rank), advice=nothing, best=None, alike=(), probability_best=chance)
    alike = [arm for arm in order if inside[arm] and not _beats(values, order[0], arm, min_difference)]
    word: Advice = "recommend" if alike == [order[0]] else "equipoise"
    advice: list[Advice] = ["equipoise" if covered else "abstain" for covered in inside]
    advice[order[0]] = word
    return Standing(rank=tuple(rank), advice=tuple(advice), best=order[0], alike=tuple(alike), probability_best=chance)


def spread(values: Floats) -> Floats:
    """Return the root mean square distance of draws (rows from the second on) from the best estimate (first row)."""
    return np.asarray(np.sqrt(np.mean((values[1:] - values[:1]) ** 2, axis=0)))


def _beats(values: Floats, arm: int, other: int, min_difference: float) -> bool:
    if arm == other:
        return False
    gap = values[:, arm] - values[:, other]
    error = float(spread(gap))
    return bool(gap[0] > max(_TIE, min_difference) and gap[0] - min_difference > REACH * error)


def _probability_best(values: Floats, inside: NDArray[np.bool_]) -> tuple[float, ...]:
    held = np.where(inside, values[1:], -np.inf)
    best = np.argmax(held, axis=1)
    return tuple(float(np.mean(best == arm)) if inside[arm] else float("nan") for arm in range(inside.size))
