"""Ranking of a patient's options: which have an estimate, their order, advice and draws.

This is the basis of a result, and is recomputed when only the advice is requested.  The other reported results are in
``answer.answers``; how options are compared is ``effects.decision``.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from genorx._core.advice import Advice
from genorx._core.feature_spec import FeatureSpec
from genorx._core.short_repr import short
from genorx.cohort.study_file.possible import Condition, possibility
from genorx.cohort.study_file.utility import Utility
from genorx.effects.decision import UNKNOWN, Choosing, Decision, decide_all
from genorx.effects.overlap.coverage import patients_of
from genorx.effects.protocol import EffectEstimator
from genorx.errors import Finding, shown
from genorx.ranking.answer.block_numbers import BlockNumbers, numbers_of, ordering_numbers
from genorx.ranking.answer.drivers import Where
from genorx.ranking.model.outcome_fit import OutcomeFit
from genorx.ranking.trade_off.utility import read_amounts, weigh

Floats = NDArray[np.float64]
_BLOCK = 60  # rows at a time: their draws fit into memory
_FEWEST = 2  # draws, if only the best estimate is requested


@short
@dataclass(frozen=True, kw_only=True)
class Question:
    """Query: what to compute from the fitted outcomes.

    Attributes
    ----------
    fits : tuple of OutcomeFit
        The primary outcome first.
    options : tuple of str
        All options of the study, in its order.
    reference : str
    specs : mapping of feature to FeatureSpec
    n_draws, seed : int
    smallest_difference : float
        Smallest relevant difference in the ordering quantity; below it options count as alike.
    conditions : tuple of Condition
        Conditions under which an option is possible.
    utility : Utility or None
        Weights of benefit and harm.
    choosing : Choosing
        Evidence on choosing by patient.
    """

    fits: tuple[OutcomeFit, ...]
    options: tuple[str, ...]
    reference: str
    specs: Mapping[str, FeatureSpec]
    n_draws: int
    seed: int
    smallest_difference: float = 0.0
    conditions: tuple[Condition, ...] = ()
    utility: Utility | None = None
    choosing: Choosing = UNKNOWN

    @property
    def ordering(self) -> tuple[OutcomeFit, ...]:
        """Outcomes by which options are ordered: the primary, or all weighted in the utility."""
        if self.utility is None or not self.by_utility:
            return self.fits[:1]
        weighed = self.utility.outcomes
        return (self.fits[0], *(fit for fit in self.fits[1:] if fit.name in weighed))

    @property
    def by_utility(self) -> bool:
        """Whether options are ordered by utility, not by the primary outcome."""
        return self.utility is not None and bool(self.utility.orders)


@dataclass(frozen=True, kw_only=True)
class Part:
    """One outcome for a block of patients: its numbers, and support by patient and option."""

    fit: OutcomeFit
    numbers: BlockNumbers
    support: dict[tuple[str, str], Any]


@dataclass(frozen=True, kw_only=True)
class Standing:
    """The ranked options of one patient.

    Attributes
    ----------
    options : tuple of str
        Options with an estimate, best first.
    advice : mapping of option to advice
        Advice on every option of the study.
    value : array of shape (n_options,)
        Ordering quantity, larger is better, in the order of ``options``; shrunk towards the average if the decision is.
    draws : array of shape (n_draws, n_options)
        Draws of the patient's own ordering quantity, not shrunk.
    """

    options: tuple[str, ...]
    advice: Mapping[str, Advice]
    value: Floats
    draws: Floats


def standings(
    question: Question, X: pd.DataFrame, *, avoided: Collection[str] = (), times: Callable[[OutcomeFit], Floats]
) -> list[Standing]:
    """Return the ranked options for each row of aligned features, without further reported quantities.

    Parameters
    ----------
    question : Question
    X : DataFrame
        One column per feature of the model; any index.
    avoided : collection of str
        Options that guidance advises against, for all rows.
    times : callable
        Returns the times of the curves of an outcome; fewer times are faster.
    """
    found = []
    for start in range(0, len(X), _BLOCK):
        block = X.iloc[start : start + _BLOCK]
        block = block.set_axis([str(row) for row in range(len(block))])
        parts = [_ordering_part(question, fit, block, times(fit)) for fit in question.ordering]
        patients = [
            PatientStanding(question, parts, row, str(row), features=features, avoided=avoided)
            for row, features in enumerate(patients_of(block))
        ]
        decided = zip(patients, decisions(question, patients), strict=True)
        found += [patient.standing(decision) for patient, decision in decided]
    return found


def point_values(
    question: Question, X: pd.DataFrame, options: Sequence[str], *, times: Callable[[OutcomeFit], Floats]
) -> Floats:
    """Return the ordering quantity, larger is better, at the best estimate; shape (n_rows, n_options).

    Support is ignored; an option that is not possible for a row counts as its worst.

    Parameters
    ----------
    question : Question
    X : DataFrame
        One column per feature of the model.
    options : sequence of str
        Options with an estimate.
    times : callable
        Returns the times of the curves of an outcome.
    """
    parts = []
    for fit in question.ordering:
        numbers = ordering_numbers(fit, X, n_draws=_FEWEST, seed=question.seed, times=times(fit))
        parts.append(Part(fit=fit, numbers=numbers, support={}))
    found = np.empty((len(X), len(options)))
    for row in range(len(X)):
        value, draws = ordered_by(question, parts, row, options)
        found[row], _ = question.choosing.shrink(options, value, draws)
    patients = patients_of(X) if question.conditions else []
    for place, name in enumerate(options):
        own = [each for each in question.conditions if each.option == name]
        barred = [bool(own) and possibility(name, patients[row], own).answer is False for row in range(len(X))]
        found[barred, place] = found[barred].min(axis=1)
    return found


def part_of(question: Question, fit: OutcomeFit, block: pd.DataFrame, known: Any, *, curves: bool = False) -> Part:
    """Return numbers and support of one outcome for a block of patients; ``known`` as from ``OutcomeFit.prepared``."""
    drawn: dict[str, Any] = {"n_draws": question.n_draws, "seed": question.seed}
    numbers = numbers_of(fit, block, known, reference=question.reference, curves=curves, **drawn)
    return Part(fit=fit, numbers=numbers, support=_support(fit, known))


def _ordering_part(question: Question, fit: OutcomeFit, block: pd.DataFrame, times: Floats) -> Part:
    numbers = ordering_numbers(fit, block, n_draws=question.n_draws, seed=question.seed, times=times)
    return Part(fit=fit, numbers=numbers, support=_support(fit, block))


def _support(fit: OutcomeFit, known: Any) -> dict[Where, Any]:
    frame = fit.model.support(known) if isinstance(fit.model, EffectEstimator) else pd.DataFrame()
    return {(str(row.patient_id), str(row.option)): row for row in frame.itertuples(index=False)}


def decisions(question: Question, patients: Sequence[PatientStanding]) -> list[Decision]:
    """Decide on all patients; those with an estimate under the same options are decided together."""
    alike: dict[tuple[str, ...], list[int]] = {}
    for place, patient in enumerate(patients):
        alike.setdefault(tuple(patient.inside), []).append(place)
    found: dict[int, Decision] = {}
    for options, places in alike.items():
        decided = decide_all(
            options,
            *_ordered_together(question, [patients[place] for place in places], options),
            choosing=question.choosing,
            avoid=[patients[place].avoided for place in places],
            smallest_difference=question.smallest_difference,
        )
        found |= dict(zip(places, decided, strict=True))
    return [found[place] for place in range(len(patients))]


def _ordered_together(
    question: Question, patients: Sequence[PatientStanding], options: Sequence[str]
) -> tuple[Floats, Floats]:
    """Return ``ordered_by`` of patients of one block who have an estimate under the same options."""
    if question.by_utility:
        ordered = [patient.ordered_by() for patient in patients]
        return np.stack([value for value, _ in ordered]), np.stack([draws for _, draws in ordered], axis=1)
    numbers, rows = patients[0].parts[0].numbers, [patient.row for patient in patients]
    places, main = [numbers.options.index(name) for name in options], numbers.main.whole
    chosen = np.ix_(rows, places)
    return main.sign * main.point[chosen], main.sign * main.draws[:, chosen[0], chosen[1]]


def ordered_by(question: Question, parts: Sequence[Part], row: int, options: Sequence[str]) -> tuple[Floats, Floats]:
    """Return the ordering quantity, larger is better: estimates and draws of one patient."""
    by_name = {part.fit.name: part for part in parts}
    ordering = [by_name[fit.name] for fit in question.ordering]
    if question.utility is not None and question.by_utility:
        weighing = weigh(read_amounts(ordering, row, options), question.utility)
        return weighing.points, weighing.draws
    numbers = ordering[0].numbers
    places, main = [numbers.options.index(name) for name in options], numbers.main.whole
    return main.sign * main.point[row, places], main.sign * main.draws[:, row, places]


class PatientStanding:
    """The options of one patient: which have an estimate, and the quantity by which they are ordered."""

    def __init__(
        self,
        question: Question,
        parts: Sequence[Part],
        row: int,
        patient_id: str,
        *,
        features: Mapping[str, Any],
        findings: Sequence[Finding] = (),
        avoided: Collection[str],
    ) -> None:
        self.question, self.parts, self.row, self.patient_id = question, parts, row, patient_id
        self.features, self.findings, self.avoided = features, list(findings), avoided
        self.impossible: dict[str, str] = {}
        self.unseen = [one for one in findings if one.code == "unseen-level"]
        self._look_at_conditions()
        self._lacking: dict[tuple[str, str], str | None] = {}
        self._by = self._ordering()
        self.inside = [name for name in question.options if self._not_ranked(name) is None]

    def standing(self, decision: Decision) -> Standing:
        """Return the ranked options."""
        (value, draws), best_first = self.ordered_by(), list(decision.order)
        shrunk, _ = self.question.choosing.shrink(self.inside, value, draws)
        advice: dict[str, Advice] = {
            name: "not_advised" if name in self.avoided else "no_estimate" for name in self.question.options
        }
        advice |= {name: placing.advice for name, placing in zip(self.inside, decision.placings, strict=True)}
        return Standing(
            options=tuple(self.inside[place] for place in best_first),
            advice=advice,
            value=shrunk[best_first],
            draws=draws[:, best_first],
        )

    def ordered_by(self) -> tuple[Floats, Floats]:
        """Return the ordering quantity of the options with an estimate, larger is better: estimates and draws."""
        return ordered_by(self.question, self.parts, self.row, self.inside)

    def _look_at_conditions(self) -> None:
        """Find the options that are not possible for the patient, and report those where this is not known."""
        for name in self.question.options:
            found = possibility(name, self.features, self.question.conditions)
            if found.answer is False:
                self.impossible[name] = found.reason
            elif found.answer is None:
                message = f"whether {shown(name)} is possible is not known: {found.reason}"
                self._add("possible-unknown", "warning", message)

    def _ordering(self) -> list[Part]:
        """Return the outcomes by which options are ordered."""
        by_name = {part.fit.name: part for part in self.parts}
        return [by_name[fit.name] for fit in self.question.ordering]

    def _not_ranked(self, option: str) -> str | None:
        """Return why an option has no rank; None if it has one."""
        if option in self.impossible:
            return self.impossible[option]
        reasons = (self._outside(part, option) for part in self._by)
        return next((reason for reason in reasons if reason is not None), None)

    def _outside(self, part: Part, option: str) -> str | None:
        """Return why an option has no estimate; None if it has one."""
        if self.unseen:
            return self.unseen[0].message
        key = (part.fit.name, option)
        if key not in self._lacking:
            self._lacking[key] = self._not_covered(part, option)
        return self._lacking[key]

    def _not_covered(self, part: Part, option: str) -> str | None:
        if option not in part.numbers.options:
            row = part.support.get((self.patient_id, option))
            return str(row.reason) if row is not None and row.reason else f"{shown(option)} was not compared"
        row = part.support[(self.patient_id, option)]
        return None if row.inside else str(row.reason)

    def _add(self, code: str, severity: Any, message: str) -> None:
        self.findings.append(Finding(code=code, severity=severity, message=message, patient_id=self.patient_id))
