"""The decision rule: which option is better for a patient, in what order options are ranked, and the advice on each.

An option is shown to be better than another if it is better in 97.5 % of the draws.  Every command that advises uses
this rule, so that the same draws lead to the same advice.

Whether differences *between patients* are real is checked separately, out of fold, and this evidence (``Choosing``)
enters the decision:

* The slope of observed on predicted differences is shown to be below 1: the patients' differences are exaggerated,
  and are shrunk towards the average difference by the slope's upper limit, as far as is shown.
* Choosing by patient is shown to do worse than the best single option: the best option on average decides.
* Otherwise the patient's own difference decides.  If choosing was not shown to gain anything, or was not evaluated, the
  result says so, and gives the average difference first.

Sources: Kent DM et al. 2020, Ann Intern Med 172:35 (when differences between patients may be acted on); Chernozhukov V
et al. 2018, NBER 24678 (slope).  How often each rule errs is measured in ``docs/guide/ranking.md``.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from genorx._core.advice import Advice
from genorx.effects.intervals import Interval, mean_of_draws, probability_best, probability_better

Floats = NDArray[np.float64]
#: ``beats[i][j]``: option i is shown better than option j.
Beats = Sequence[Sequence[bool]]

#: Result of an evaluation of choosing by patient, compared with the best single option for all.
Verdict = Literal["shown", "not_shown", "loses", "not_evaluated"]
#: Basis of a decision.
Basis = Literal["own", "shrunk", "average"]

#: Share of draws in which an option must be better to be shown better (one limit of a 95 % interval).
SHOWN = 0.975


@dataclass(frozen=True, kw_only=True)
class Choosing:
    """Evidence on individual choice: the average difference of each option, and the result of an evaluation.

    Attributes
    ----------
    averages : mapping of option to Interval
        Mean difference from the reference, in units of the outcome; the reference has none.
    reference : str
    higher_is_better : bool
    gain : Interval or None
        Mean gain of choosing by patient over the best single option, above 0 is good; None if not known.
    slopes : mapping of option to Interval
        Slope of observed on predicted differences; 1 is calibrated, 0 means that differences between patients are
        noise.
    evaluated : bool
        Whether there was an evaluation; one that identified no difference has no gain.
    """

    averages: Mapping[str, Interval] = field(default_factory=dict)
    reference: str = ""
    higher_is_better: bool = True
    gain: Interval | None = None
    slopes: Mapping[str, Interval] = field(default_factory=dict)
    evaluated: bool = False

    @property
    def verdict(self) -> Verdict:
        """Return whether individual choice was shown to gain, shown to lose, neither, or not evaluated."""
        if self.gain is None:
            return "not_shown" if self.evaluated else "not_evaluated"
        if self.gain.lower > 0:
            return "shown"
        return "loses" if self.gain.upper < 0 else "not_shown"

    def kept(self, option: str) -> float:
        """Return the shrinkage factor of a patient's deviation from the average: 1 keeps it, 0 removes it."""
        if self.verdict == "loses":
            return 0.0
        slope = self.slopes.get(option)
        return 1.0 if slope is None or not slope.upper < 1 else max(slope.upper, 0.0)

    def best_single(self, options: Sequence[str]) -> str | None:
        """Return the option with the best average among these; None if fewer than two averages are known."""
        known = {name: self._average(name).estimate for name in options if self._knows(name)}
        if len(known) < 2:
            return None
        sign = 1 if self.higher_is_better else -1
        return max(known, key=lambda name: (sign * known[name], name == self.reference))

    def _knows(self, option: str) -> bool:
        return bool(self.averages) and (option == self.reference or option in self.averages)

    def _average(self, option: str) -> Interval:
        return self.averages.get(option, Interval(estimate=0.0, lower=0.0, upper=0.0))

    def shrink(self, options: Sequence[str], value: Floats, draws: Floats) -> tuple[Floats, Floats]:
        """Return estimates and draws (larger is better) with patients' differences shrunk towards the average.

        Options are in the last axis, draws in the first; patients may be between.

        The error of the average is taken as perfectly correlated with the patient's own, which makes intervals too wide
        rather than too narrow.
        """
        known = [place for place, name in enumerate(options) if self._knows(name)]
        if not any(self.kept(options[place]) < 1 for place in known):
            return value, draws
        base = next((place for place in known if options[place] == self.reference), known[0])
        sign, at_base = (1 if self.higher_is_better else -1), self._average(options[base])
        value, draws = value.copy(), draws.copy()
        for place in known:
            share, own = self.kept(options[place]), self._average(options[place])
            if place == base or share == 1:
                continue
            gap, away = value[..., place] - value[..., base], draws[..., place] - draws[..., base]
            mean, error = sign * (own.estimate - at_base.estimate), float(np.hypot(own.error, at_base.error))
            width = np.sqrt(mean_of_draws((away - gap) ** 2))
            average = mean + np.divide(error, width, out=np.zeros_like(width), where=width > 0) * (away - gap)
            value[..., place] = value[..., base] + share * gap + (1 - share) * mean
            draws[..., place] = draws[..., base] + share * away + (1 - share) * average
        return value, draws


#: No evidence on the averages or on choosing by patient.
UNKNOWN = Choosing()


@dataclass(frozen=True, slots=True, kw_only=True)
class Placing:
    """Result for one option: ``rank`` (ties share), ``advice``, probability of being the best of those estimated."""

    rank: int
    advice: Advice
    probability_best: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """Decision on those options of one patient that have an estimate.

    Attributes
    ----------
    placings : tuple of Placing
        One per option, in the given order.
    order : tuple of int
        Indices of the options, best first.
    alike : tuple of int
        The first option, then the options that it is not shown to be better than, in ``order``.
    rests_on : {"own", "shrunk", "average"}
        The patient's own differences, these shrunk towards the average, or the average alone.
    best_single : str or None
        The option that is best on average, of those that may be advised.
    withheld : str or None
        An option that the patient's own draws show to be better than every other, and that is not recommended.
    """

    placings: tuple[Placing, ...]
    order: tuple[int, ...]
    alike: tuple[int, ...]
    rests_on: Basis
    best_single: str | None
    withheld: str | None


def decide(
    options: Sequence[str],
    value: Floats,
    draws: Floats,
    *,
    choosing: Choosing = UNKNOWN,
    avoid: Collection[str] = (),
    smallest_difference: float = 0.0,
) -> Decision:
    """Decide on the options of one patient.

    With ``better(i, j)`` the share of draws in which i is better than j by more than the smallest relevant difference
    (draws that differ by exactly that count half), i is *shown better* than j if ``better(i, j) >= 0.975``; see the
    module for the influence of evidence on choosing by patient.

    * An option is in front if no other is shown better; all in front share rank 1.  The rest are ranked after them by
      the same rule among themselves.
    * ``recommend``: the option is shown better than every other one.
    * ``not_advised``: some other option is shown better.
    * ``reasonable``: in front, if at least one option is not advised but none can be recommended; also the only option
      with an estimate, as there is no comparison.
    * ``equipoise``: no option is shown better than any other.

    Options to avoid for another reason are ``not_advised``; advice on the others disregards them.  Ranks and
    probabilities are those of the estimates and are not affected.

    Parameters
    ----------
    options : sequence of str
        Options with an estimate.
    value : array of shape (n_options,)
        Best estimate of the outcome, larger is better (the caller sets the sign).
    draws : array of shape (n_draws, n_options)
        Draws of the same, from one joint posterior.
    choosing : Choosing
        Averages, and evidence on choosing by patient.
    avoid : collection of str
        Options that must not be advised.
    smallest_difference : float
        Smallest relevant difference, in the unit of ``value``; 0 if any difference matters.
    """
    return decide_all(
        options, value[None], draws[:, None], choosing=choosing, avoid=[avoid], smallest_difference=smallest_difference
    )[0]


def decide_all(
    options: Sequence[str],
    value: Floats,
    draws: Floats,
    *,
    choosing: Choosing = UNKNOWN,
    avoid: Sequence[Collection[str]],
    smallest_difference: float = 0.0,
) -> list[Decision]:
    """Decide on the same options of several patients, as ``decide`` does for one, independently of each other.

    Parameters
    ----------
    options, choosing, smallest_difference
        As in ``decide``.
    value : array of shape (n_patients, n_options)
    draws : array of shape (n_draws, n_patients, n_options)
    avoid : sequence of collection of str
        Options that must not be advised, for each patient.
    """
    by_value, by_draws = choosing.shrink(options, value, draws)
    beats = probability_better(by_draws, by=smallest_difference) >= SHOWN
    plain = beats if by_draws is draws else probability_better(draws, by=smallest_difference) >= SHOWN
    chance, values = probability_best(by_draws).tolist(), by_value.tolist()
    known: dict[tuple[bytes, bytes, frozenset[str]], _Shown] = {}  # few patterns, many patients
    found = []
    for row, (best, own) in enumerate(zip(chance, values, strict=True)):
        key = (beats[row].tobytes(), plain[row].tobytes(), frozenset(avoid[row]))
        if key not in known:
            known[key] = _Shown.of(options, choosing, avoid[row], beats=beats[row].tolist(), plain=plain[row].tolist())
        found.append(known[key].decision(options, best, own))
    return found


@dataclass(frozen=True, kw_only=True)
class _Shown:
    """Consequences of which option is shown better than which, whatever the estimates."""

    beats: Beats
    ranks: Sequence[int]
    advice: Sequence[Advice]
    rests_on: Basis
    best_single: str | None
    withheld: str | None

    @classmethod
    def of(
        cls, options: Sequence[str], choosing: Choosing, avoid: Collection[str], *, beats: Beats, plain: Beats
    ) -> _Shown:
        """Derive it from the comparisons after shrinking (``beats``) and before (``plain``)."""
        left = [place for place, name in enumerate(options) if name not in avoid]
        advice = _advise(beats, left)
        own = next((place for place, word in enumerate(_advise(plain, left)) if word == "recommend"), None)
        return cls(
            beats=beats,
            ranks=_ranks(beats),
            advice=advice,
            rests_on=_basis(options, choosing),
            best_single=choosing.best_single([options[place] for place in left]),
            withheld=None if own is None or advice[own] == "recommend" else options[own],
        )

    def decision(self, options: Sequence[str], chance: Sequence[float], value: Sequence[float]) -> Decision:
        """Return the decision on one patient."""
        ranks = self.ranks
        order = sorted(range(len(options)), key=lambda place: (ranks[place], -value[place], options[place]))
        return Decision(
            placings=tuple(
                Placing(rank=rank, advice=word, probability_best=best)
                for rank, word, best in zip(ranks, self.advice, chance, strict=True)
            ),
            order=tuple(order),
            alike=tuple(place for place in order if not self.beats[order[0]][place]),  # no option beats itself
            rests_on=self.rests_on,
            best_single=self.best_single,
            withheld=self.withheld,
        )


def advise_estimates(ranks: Sequence[int], enough: Sequence[bool] | None) -> list[Advice]:
    """Return the advice on estimates without draws, in the order of their ranks.

    Estimates alone show nothing: an option is ``reasonable``, or in ``equipoise`` if it shares its rank.  Only if a
    sufficient gain is stated, the first option that reaches it is recommended, and none that does not.

    Parameters
    ----------
    ranks : sequence of int
        Ranks of the options, best first.
    enough : sequence of bool, or None
        Whether each option reaches the stated minimum; None without one.
    """
    if enough is None:
        return ["equipoise" if ranks.count(rank) > 1 else "reasonable" for rank in ranks]
    words = advise_estimates(ranks, None)
    first = next((place for place, good in enumerate(enough) if good), None)
    return [
        "not_advised" if not good else "recommend" if place == first else word
        for place, (good, word) in enumerate(zip(enough, words, strict=True))
    ]


def order_estimates(value: Floats, *, tie: float = 0.0) -> list[int]:
    """Return ranks of estimates without draws, larger is better; those within ``tie`` of a leader share its rank.

    Without draws nothing is shown: a rank only orders the estimates.
    """
    ranks, leader, rank = [0] * len(value), np.inf, 0
    for number, place in enumerate(sorted(range(len(value)), key=lambda place: -value[place]), start=1):
        if leader - value[place] >= max(tie, np.finfo(float).tiny):
            leader, rank = float(value[place]), number
        ranks[place] = rank
    return ranks


def _basis(options: Sequence[str], choosing: Choosing) -> Basis:
    kept = [choosing.kept(name) for name in options if name in choosing.averages]
    if not kept or min(kept) == 1:
        return "own"
    return "average" if max(kept) == 0 else "shrunk"


def _ranks(beats: Beats) -> list[int]:
    """Rank in layers: each consists of the options that no remaining one is shown better than."""
    ranks = [0] * len(beats)
    left = list(range(len(beats)))
    while left:
        front = [i for i in left if not any(beats[j][i] for j in left)] or left  # a cycle needs 40 options or more
        for i in front:
            ranks[i] = len(beats) - len(left) + 1
        left = [i for i in left if i not in front]
    return ranks


def _advise(beats: Beats, left: Sequence[int]) -> list[Advice]:
    """Return the advice on each option; eliminated ones are not advised."""
    among = [[beats[one][other] for other in left] for one in left]
    worse = [any(row[i] for row in among) for i in range(len(left))]
    advice: list[Advice] = ["not_advised"] * len(beats)
    for i, place in enumerate(left):
        advice[place] = _word(i, among, worse)
    return advice


def _word(option: int, beats: Beats, worse: Sequence[bool]) -> Advice:
    if worse[option]:
        return "not_advised"
    if len(beats) == 1:
        return "reasonable"
    if sum(beats[option]) == len(beats) - 1:
        return "recommend"
    return "reasonable" if any(worse) else "equipoise"
