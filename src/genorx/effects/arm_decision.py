"""Decisions in the format of ``genorx effects``: one word and one rank per arm, arms without an estimate last.

The decision itself is ``effects.decision``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from genorx.effects.decision import UNKNOWN, Choosing, Decision, decide_all

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

#: The corresponding words of ``genorx effects``.
ArmAdvice = Literal["recommend", "equipoise", "abstain"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ArmDecision:
    """A decision in the format of ``genorx effects``, over all arms, those without an estimate last.

    Attributes
    ----------
    rank : tuple of int, one per arm
        1 is best; no two arms share a rank.
    advice : tuple of {"recommend", "equipoise", "abstain"}
        Advice on each arm; that on the arm with rank 1 is the patient's.
    best : int or None
        The arm with rank 1, if the patient can be compared.
    alike : tuple of int
        The best arm, then the arms that it is not shown to be better than.
    probability_best : tuple of float
        NaN for an arm without an estimate.
    decision : Decision or None
        None if the patient cannot be compared.
    """

    rank: tuple[int, ...]
    advice: tuple[ArmAdvice, ...]
    best: int | None
    alike: tuple[int, ...]
    probability_best: tuple[float, ...]
    decision: Decision | None


def decide_arms(
    options: Sequence[str],
    values: Floats,
    inside: Bools,
    *,
    choosing: Choosing = UNKNOWN,
    smallest_difference: float = 0.0,
) -> ArmDecision:
    """Decide on the arms of one patient by ``decide``, in the format of ``genorx effects``.

    ``recommend`` is that of ``decide``; any other advice on an arm with an estimate is ``equipoise``; an arm without an
    estimate is ``abstain``.  A patient with fewer than two arms to compare, or without the reference, cannot be
    compared: all arms are ``abstain``.

    Parameters
    ----------
    options : sequence of str
        The reference first.
    values : array of shape (1 + n_draws, n_arms)
        Larger is better: best estimate, then draws.
    inside : array of bool, shape (n_arms,)
        Whether the patient has an estimate under the arm.
    choosing, smallest_difference
        As in ``decide``.
    """
    return decide_all_arms(
        options, values[:, None], inside[None], choosing=choosing, smallest_difference=smallest_difference
    )[0]


def decide_all_arms(
    options: Sequence[str],
    values: Floats,
    inside: Bools,
    *,
    choosing: Choosing = UNKNOWN,
    smallest_difference: float = 0.0,
) -> list[ArmDecision]:
    """Decide on the arms of several patients, as ``decide_arms`` does for one, independently of each other.

    Parameters
    ----------
    options, choosing, smallest_difference
        As in ``decide_arms``.
    values : array of shape (1 + n_draws, n_patients, n_arms)
    inside : array of bool, shape (n_patients, n_arms)
    """
    found: dict[int, ArmDecision] = {}
    for pattern in np.unique(inside, axis=0):
        rows = np.flatnonzero((inside == pattern).all(axis=1))
        known: list[int] = np.flatnonzero(pattern).tolist()
        own = values[:, rows[:, None], known]
        made = decide_all(
            [options[arm] for arm in known],
            own[0],
            own[1:],
            choosing=choosing,
            avoid=[()] * len(rows),
            smallest_difference=smallest_difference,
        )
        for row, decision in zip(rows.tolist(), made, strict=True):
            found[row] = _in_words(decision, values[0, row].tolist(), pattern)
    return [found[row] for row in range(len(inside))]


def _in_words(made: Decision, values: Sequence[float], inside: Bools) -> ArmDecision:
    """Extend a decision on the arms with an estimate to all arms."""
    known, outside = (np.flatnonzero(which).tolist() for which in (inside, ~inside))
    order = [*(known[place] for place in made.order), *sorted(outside, key=lambda arm: (-values[arm], arm))]
    comparable = len(known) > 1 and bool(inside[0])
    advice: list[ArmAdvice] = ["abstain"] * len(values)
    chance = [float("nan")] * len(values)
    for arm, placing in zip(known, made.placings, strict=True):
        chance[arm] = placing.probability_best
        if comparable:
            advice[arm] = "recommend" if placing.advice == "recommend" else "equipoise"
    return ArmDecision(
        rank=tuple(order.index(arm) + 1 for arm in range(len(values))),
        advice=tuple(advice),
        best=order[0] if comparable else None,
        alike=tuple(known[place] for place in made.alike) if comparable else (),
        probability_best=tuple(chance),
        decision=made if comparable else None,
    )
