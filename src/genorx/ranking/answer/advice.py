"""Which options may be advised, from draws of the primary outcome under each.

Nothing is blended: only the primary outcome orders options; harms stand beside it in the answer.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from genorx.ranking.answer.answer import Advice

Floats = NDArray[np.float64]

#: Share of draws in which an option must be better before that counts as shown (one end of a 95 % interval).
SHOWN = 0.975


@dataclass(frozen=True, slots=True, kw_only=True)
class Placing:
    """Place of one option: ``rank`` (ties share), ``advice``, probability to be the best of those estimated."""

    rank: int
    advice: Advice
    probability_best: float


def place_options(
    value: Floats, draws: Floats, avoid: Collection[int] = (), *, smallest_difference: float = 0.0
) -> list[Placing]:
    """Return rank and advice of each option that has an estimate.

    With ``better(i, j)`` the share of draws in which i is better than j by more than the smallest difference that
    matters (draws that differ by just that count half), i is *shown better* than j where ``better(i, j) >= 0.975``.

    * An option that no other is shown better than is in front; all in front share rank 1.  The rest are placed by the
      same rule among themselves, after them.
    * ``recommend``: the option is shown better than every other one.
    * ``not_advised``: some other option is shown better.
    * ``reasonable``: in front, where at least one option is not advised but none can be recommended; also the only
      option that has an estimate, since nothing is there to compare it with.
    * ``equipoise``: no option is shown better than any other.

    Options to avoid for another reason are ``not_advised``; advice on the others is given as if they were not there.
    Ranks and probabilities are those of the estimates and know nothing of it.

    Parameters
    ----------
    value : array of shape (n_options,)
        Best estimate of the primary outcome, larger is better (the caller turns the sign).
    draws : array of shape (n_draws, n_options)
        Draws of the same, from one joint posterior.
    avoid : collection of int
        Options that must not be advised.
    smallest_difference : float
        In the unit of ``value``; 0 where any difference matters.
    """
    if len(value) == 0:
        return []
    beats = probability_better(draws, by=smallest_difference) >= SHOWN
    ranks = _ranks(beats)
    best = probability_best(draws)
    advice: dict[int, Advice] = dict.fromkeys(avoid, "not_advised")
    left = [i for i in range(len(value)) if i not in advice]
    among = beats[np.ix_(left, left)]
    worse = [bool(among[:, i].any()) for i in range(len(left))]
    advice |= {option: _advice(i, among, worse) for i, option in enumerate(left)}
    return [Placing(rank=ranks[i], advice=advice[i], probability_best=float(best[i])) for i in range(len(value))]


def order_options(names: Sequence[str], value: Floats, placings: Sequence[Placing]) -> list[int]:
    """Return positions, best first: by rank, then by estimate, then by name so that no order is left to chance."""
    return sorted(range(len(names)), key=lambda i: (placings[i].rank, -value[i], names[i]))


def probability_better(draws: Floats, *, by: float = 0.0) -> Floats:
    """Share of draws in which option i is better than option j, by more than ``by``; ties count half.

    Shape (n_options, n_options).
    """
    gap = draws[:, :, None] - draws[:, None, :]
    shares: Floats = (gap > by).mean(axis=0) + 0.5 * (gap == by).mean(axis=0)
    return shares


def probability_best(draws: Floats) -> Floats:
    """Share of draws in which each option is the best; options that tie in a draw share it."""
    first = draws == draws.max(axis=1, keepdims=True)
    shares: Floats = (first / first.sum(axis=1, keepdims=True)).mean(axis=0)
    return shares


def _ranks(beats: NDArray[np.bool_]) -> list[int]:
    """Peel off, layer by layer, the options that no remaining one is shown better than."""
    ranks = [0] * len(beats)
    left = list(range(len(beats)))
    while left:
        front = [i for i in left if not any(beats[j, i] for j in left)] or left  # a circle needs 40 options or more
        for i in front:
            ranks[i] = len(beats) - len(left) + 1
        left = [i for i in left if i not in front]
    return ranks


def _advice(option: int, beats: NDArray[np.bool_], worse: list[bool]) -> Advice:
    if worse[option]:
        return "not_advised"
    if len(beats) == 1:
        return "reasonable"
    if beats[option].sum() == len(beats) - 1:
        return "recommend"
    return "reasonable" if any(worse) else "equipoise"
