"""The answer for each patient, put together from draws, support and drivers of every outcome.

Which option may be advised is ``effects.decision``; fitting is ``ranking.ranker``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from genorx._core.feature_spec import FeatureSpec
from genorx._core.progress import report
from genorx._core.workers import map_in_order
from genorx.cohort.study_file.possible import Condition, possibility
from genorx.cohort.study_file.utility import Utility
from genorx.effects.decision import SHOWN, UNKNOWN, Choosing, Decision, Placing, decide
from genorx.effects.intervals import probability_better
from genorx.effects.overlap.coverage import patients_of
from genorx.effects.overlap.nearby import FEWEST_ALIKE
from genorx.effects.protocol import EffectDraws, EffectEstimator
from genorx.errors import Finding, shown
from genorx.ranking.answer.answer import AdviceBasis, OptionAnswer, PatientAnswer, Support
from genorx.ranking.answer.basis import advice_basis
from genorx.ranking.answer.drivers import Drivers
from genorx.ranking.answer.drugs import Guidance
from genorx.ranking.answer.estimates import curves_of, difference, estimate, main_quantity, quantities
from genorx.ranking.answer.reasons import reasons_of
from genorx.ranking.model.alignment import Aligned
from genorx.ranking.model.outcome_fit import OutcomeFit
from genorx.ranking.trade_off.trade_off import TradeOff
from genorx.ranking.trade_off.utility import read_amounts, trade_off, weigh

if TYPE_CHECKING:
    from genorx.pgx import DrugSafety

Floats = NDArray[np.float64]
_BLOCK = 20  # patients at a time: their draws fit into 100 MB


@dataclass(frozen=True, kw_only=True)
class Question:
    """What is asked of the fitted outcomes.

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
        Of what options are ordered by; below it they count as alike.
    conditions : tuple of Condition
        For whom an option is possible.
    utility : Utility or None
        Weights of benefit and harm.
    choosing : Choosing
        What is known of choosing by patient.
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
    def by_utility(self) -> bool:
        """Whether options are ordered by weights, not by the primary outcome."""
        return self.utility is not None and bool(self.utility.orders)


@dataclass(frozen=True, kw_only=True)
class Part:
    """One outcome of a block of patients: draws, support by patient and option, drivers of the primary."""

    fit: OutcomeFit
    sampled: EffectDraws
    support: dict[tuple[str, str], Any]


def answer_patients(question: Question, aligned: Aligned, guidance: Guidance) -> Iterator[PatientAnswer]:
    """Yield the answer of each patient, in the order given; company changes no digit of it."""
    X = aligned.X
    blocks = [X.iloc[start : start + _BLOCK] for start in range(0, len(X), _BLOCK)]
    done = 0
    for answers in map_in_order(partial(_answer_block, question, aligned.findings, guidance), blocks):
        yield from answers
        done += len(answers)
        report("rank", done, len(X))


def _answer_block(
    question: Question, findings: Mapping[str, list[Finding]], guidance: Guidance, block: pd.DataFrame
) -> list[PatientAnswer]:
    parts = [_part(question, fit, block) for fit in question.fits]
    drivers = Drivers.of(question.fits[0].drivers(block))
    features = patients_of(block)
    answers = []
    for row, patient_id in enumerate(map(str, block.index)):
        safety = guidance.of.get(patient_id)
        patient = _Patient(question, parts, row, patient_id, findings.get(patient_id, []), safety=safety)
        answers.append(patient.answer(features[row], drivers))
    return answers


def _part(question: Question, fit: OutcomeFit, block: pd.DataFrame) -> Part:
    sampled = fit.draw(block, n_draws=question.n_draws, seed=question.seed)
    model = fit.model
    frame = model.support(block) if isinstance(model, EffectEstimator) else pd.DataFrame()
    rows = {(str(row.patient_id), str(row.option)): row for row in frame.itertuples(index=False)}
    return Part(fit=fit, sampled=sampled, support=rows)


class _Patient:
    """The options of one patient."""

    def __init__(
        self,
        question: Question,
        parts: Sequence[Part],
        row: int,
        patient_id: str,
        findings: Sequence[Finding],
        *,
        safety: DrugSafety | None,
    ) -> None:
        self.question, self.parts, self.row, self.patient_id = question, parts, row, patient_id
        self.findings = list(findings)
        self.impossible: dict[str, str] = {}
        self.unseen = [one for one in findings if one.code == "unseen-level"]
        self.safety = {} if safety is None else safety.rows
        self.marks = {} if safety is None else safety.marks
        self.avoided = frozenset() if safety is None else safety.not_advised
        self.findings += [] if safety is None else safety.findings
        self.main = main_quantity(parts[0].fit, parts[0].sampled, row)
        self.quantities = {part.fit.name: quantities(part.fit, part.sampled, row) for part in parts}

    def answer(self, features: Mapping[str, Any], drivers: Drivers) -> PatientAnswer:
        """Put the answer together."""
        self._look_at_conditions(features)
        inside = [name for name in self.question.options if self._not_ranked(name) is None]
        value, draws = self._ordered_by(inside)
        decision = decide(
            inside,
            value,
            draws,
            choosing=self.question.choosing,
            avoid=self.avoided,
            smallest_difference=self.question.smallest_difference,
        )
        options = [self._option(inside[i], decision.placings[i], inside, features, drivers) for i in decision.order]
        options += [self._no_estimate(name) for name in self.question.options if name not in inside]
        self._note(inside)
        self._note_small(inside, self.question.choosing.shrink(inside, value, draws)[1])
        weighed = self._trade_off(inside)  # may add a finding
        return PatientAnswer(
            patient_id=self.patient_id,
            reference=self.question.reference,
            options=tuple(options),
            findings=tuple(self.findings),
            trade_off=weighed,
            advice_basis=self._basis(decision if inside else None),
        )

    def _basis(self, decision: Decision | None) -> AdviceBasis:
        main, question = self.main, self.question
        return advice_basis(
            decision, question.choosing, measure=main.measure, unit=main.unit, by_utility=question.by_utility
        )

    def _look_at_conditions(self, features: Mapping[str, Any]) -> None:
        """Find the options that are not possible for the patient, and name those of which that is not known."""
        for name in self.question.options:
            found = possibility(name, features, self.question.conditions)
            if found.answer is False:
                self.impossible[name] = found.reason
            elif found.answer is None:
                message = f"whether {shown(name)} is possible is not known: {found.reason}"
                self._add("possible-unknown", "warning", message)

    def _ordering(self) -> list[Part]:
        """Return the outcomes by which options are ordered: the primary, or all that the utility weighs."""
        utility = self.question.utility
        if utility is None or not self.question.by_utility:
            return [self.parts[0]]
        return [self.parts[0], *(part for part in self.parts[1:] if part.fit.name in utility.outcomes)]

    def _ordered_by(self, inside: Sequence[str]) -> tuple[Floats, Floats]:
        """Return what options are ordered by, larger is better: estimates and draws."""
        utility, ordering = self.question.utility, self._ordering()
        if utility is not None and self.question.by_utility:
            weighing = weigh(read_amounts(ordering, self.row, inside), utility)
            return weighing.points, weighing.draws
        places, main = [ordering[0].sampled.options.index(name) for name in inside], self.main
        return main.sign * main.point[places], main.sign * main.draws[:, places]

    def _trade_off(self, inside: Sequence[str]) -> TradeOff | None:
        """Return benefit against harm of the options that have an estimate of each outcome that is weighed."""
        utility = self.question.utility
        weighed = set() if utility is None else set(utility.outcomes)
        for part in self.parts:
            lost = [name for name in inside if self._outside(part, name) is not None]
            if lost and part.fit.name in weighed:
                message = f"no utility of {', '.join(map(shown, lost))}: {shown(part.fit.name)} has no estimate there"
                self._add("utility-not-made", "warning", message)
                inside = [name for name in inside if name not in lost]
        covered = {
            part.fit.name: [name for name in self.question.options if self._outside(part, name) is None]
            for part in self.parts
        }
        return trade_off(self.parts, self.row, inside, self.question.reference, utility, covered=covered)

    def _not_ranked(self, option: str) -> str | None:
        """Return why an option has no rank; None where it has one."""
        if option in self.impossible:
            return self.impossible[option]
        reasons = (self._outside(part, option) for part in self._ordering())
        return next((reason for reason in reasons if reason is not None), None)

    def _outside(self, part: Part, option: str) -> str | None:
        """Return why there is no estimate under an option; None where there is one."""
        if self.unseen:
            return self.unseen[0].message
        if option not in part.sampled.options:
            row = part.support.get((self.patient_id, option))
            return str(row.reason) if row is not None and row.reason else f"{shown(option)} was not compared"
        row = part.support[(self.patient_id, option)]
        return None if row.inside else str(row.reason)

    def _option(
        self,
        name: str,
        placing: Placing,
        inside: Sequence[str],
        features: Mapping[str, Any],
        drivers: Drivers,
    ) -> OptionAnswer:
        primary = self.parts[0]
        here = primary.sampled.options.index(name)
        estimates, curves = [], []
        for part in self.parts:
            if name not in part.sampled.options or self._outside(part, name) is not None:
                self._say_outcome(part, name)
                continue
            at = part.sampled.options.index(name)
            against = self._reference(part, inside)
            estimates += [estimate(each, at, against) for each in self.quantities[part.fit.name]]
            if part.fit.timed:
                curves += curves_of(part.fit, part.sampled, self.row, at)
        moved = drivers.of_option(self.patient_id, name)
        for feature in () if moved is None else moved.extrapolated:
            message = (
                f"{shown(feature)} lies beyond the range of those who had {shown(name)}: its direction is not shown"
            )
            self._add("direction-not-shown", "warning", message)
        worse = primary.fit.sign if primary.fit.timed else -primary.fit.sign
        return OptionAnswer(
            option=name,
            rank=placing.rank,
            advice=placing.advice,
            estimates=tuple(estimates),
            difference=difference(self.main, here, self._reference(primary, inside)),
            probability_best=placing.probability_best,
            support=self._support(name),
            reasons=() if moved is None else reasons_of(moved, features, self.question.specs, worse=worse),
            curves=tuple(curves),
            safety=self.safety.get(name, ()),
            safety_marks=self.marks.get(name, ()),
        )

    def _reference(self, part: Part, inside: Sequence[str]) -> int | None:
        """Return the place of the reference among a part's options, where it has an estimate."""
        name = self.question.reference
        if name not in inside or name not in part.sampled.options or self._outside(part, name) is not None:
            return None
        return part.sampled.options.index(name)

    def _no_estimate(self, name: str) -> OptionAnswer:
        reason = self._not_ranked(name) or ""
        if name in self.impossible:
            self._add("option-not-possible", "info", f"{shown(name)} is {reason}")
        elif name in self.parts[0].sampled.options:  # else nobody gets one, and a finding of all says so
            self._add("outside-support", "serious", f"no estimate under {shown(name)}: {reason}")
        return OptionAnswer(
            option=name,
            rank=None,
            advice="not_advised" if name in self.avoided else "no_estimate",
            support=self._support(name),
            safety=self.safety.get(name, ()),
            safety_marks=self.marks.get(name, ()),
            no_estimate_reason=reason,
        )

    def _support(self, name: str) -> Support | None:
        row = self.parts[0].support.get((self.patient_id, name))
        if row is None or np.isnan(row.effective_n):
            return None
        patients = int(getattr(row, "patients", 0))
        propensity = None if np.isnan(row.propensity) else float(row.propensity)
        return Support(effective_n=float(row.effective_n), patients=patients, propensity=propensity)

    def _note(self, inside: Sequence[str]) -> None:
        """Add what must be known of the answer as a whole."""
        reference = self.question.reference
        if inside and reference not in inside:
            self._add("reference-outside", "warning", f"the reference {shown(reference)} has no estimate here")
        if len(inside) == 1:
            self._add("nothing-to-compare", "warning", f"only {shown(inside[0])} has an estimate")
        for name in self.question.options:
            if name in self.avoided:
                rows = [row for row in self.safety[name] if row["action"] == "avoid"]
                stated = "; ".join(f"{row['drug']} ({row['gene']} {row['phenotype']}, {row['source']})" for row in rows)
                self._add("drug-avoided", "serious", f"guidance says to avoid a drug of {shown(name)}: {stated}")
        for name in inside:
            support = self._support(name)
            if support is not None and support.effective_n < FEWEST_ALIKE:
                message = f"{support.effective_n:.1f} patients like this one had {shown(name)}"
                self._add("few-alike", "warning", message)

    def _note_small(self, inside: Sequence[str], draws: Floats) -> None:
        """Name pairs of which one is shown to be better, by less than what matters."""
        smallest = self.question.smallest_difference
        if not smallest:
            return
        unit = "" if self.question.by_utility else self.parts[0].fit.unit
        better, enough = (probability_better(draws, by=by) >= SHOWN for by in (0.0, smallest))
        for i, j in zip(*np.nonzero(better & ~enough), strict=True):
            message = (
                f"{shown(inside[i])} is shown to be better than {shown(inside[j])}, but not by {smallest:g} {unit}"
            )
            self._add("below-smallest-difference", "info", f"{message.rstrip()}, the smallest difference that matters")

    def _say_outcome(self, part: Part, option: str) -> None:
        message = f"no estimate of {shown(part.fit.name)} under {shown(option)}: {self._outside(part, option)}"
        self._add("outcome-outside-support", "warning", message)

    def _add(self, code: str, severity: Any, message: str) -> None:
        self.findings.append(Finding(code=code, severity=severity, message=message, patient_id=self.patient_id))
