"""Results for each patient, assembled from draws, support and drivers of every outcome.

Which option may be advised is ``effects.decision``; fitting is ``ranking.ranker``.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from genorx._core.garbage import unsearched
from genorx._core.progress import report
from genorx._core.workers import map_in_order
from genorx.effects.decision import SHOWN, Decision, Placing
from genorx.effects.intervals import probability_better
from genorx.effects.overlap.coverage import patients_of
from genorx.effects.overlap.nearby import FEWEST_ALIKE
from genorx.errors import Finding, shown
from genorx.ranking.answer.answer import AdviceBasis, Curve, OptionAnswer, PatientAnswer, Support
from genorx.ranking.answer.basis import advice_basis
from genorx.ranking.answer.block_numbers import Estimates, ReportedQuantity
from genorx.ranking.answer.drivers import Drivers
from genorx.ranking.answer.drugs import Guidance
from genorx.ranking.answer.estimates import Quantity
from genorx.ranking.answer.reasons import SMALLEST, Reasons
from genorx.ranking.answer.standing import Part, PatientStanding, Question, decisions, part_of
from genorx.ranking.model.alignment import Aligned
from genorx.ranking.trade_off.trade_off import TradeOff
from genorx.ranking.trade_off.utility import trade_off

if TYPE_CHECKING:
    from genorx.pgx import DrugSafety

Floats = NDArray[np.float64]
_BLOCK = 500  # patients at a time: the draws of their reported results fit into 100 MB


def answer_patients(
    question: Question, aligned: Aligned, guidance: Guidance, *, curves: bool = True
) -> Iterator[PatientAnswer]:
    """Yield the result of each patient, in the given order; patients are independent of each other.

    Without ``curves`` the draws of whole curves are not kept, and answers have none.
    """
    X = aligned.X
    blocks = [X.iloc[start : start + _BLOCK] for start in range(0, len(X), _BLOCK)]
    work = partial(_answer_block, question, aligned.findings, guidance, curves)
    done = 0
    for answers in map_in_order(work, blocks):
        yield from answers
        done += len(answers)
        report("rank", done, len(X))


@unsearched()
def _answer_block(
    question: Question, findings: Mapping[str, list[Finding]], guidance: Guidance, curves: bool, block: pd.DataFrame
) -> list[PatientAnswer]:
    known = [fit.prepared(block) for fit in question.fits]
    parts = [part_of(question, fit, block, each, curves=curves) for fit, each in zip(question.fits, known, strict=True)]
    drivers = Drivers.of(question.fits[0].drivers(known[0]), smallest=SMALLEST)
    patients = []
    for row, features in enumerate(patients_of(block)):
        name = str(block.index[row])
        stated: dict[str, Any] = {"features": features, "findings": findings.get(name, [])}
        patients.append(_Patient(question, parts, row, name, safety=guidance.of.get(name), **stated))
    bases = _Bases(question, parts[0].numbers.main.whole)
    return [
        patient.answer(decision, bases, drivers)
        for patient, decision in zip(patients, decisions(question, patients), strict=True)
    ]


class _Bases:
    """Cache of bases of advice; most patients of a block share one of a few."""

    def __init__(self, question: Question, main: Quantity) -> None:
        self.question, self.main = question, main
        self.known: dict[tuple[str | None, ...], AdviceBasis] = {}

    def of(self, decision: Decision | None) -> AdviceBasis:
        key = () if decision is None else (decision.rests_on, decision.best_single, decision.withheld)
        if key not in self.known:
            main, question = self.main, self.question
            self.known[key] = advice_basis(
                decision, question.choosing, measure=main.measure, unit=main.unit, by_utility=question.by_utility
            )
        return self.known[key]


class _Patient(PatientStanding):
    """The options of one patient, with all that is reported on them."""

    def __init__(
        self,
        question: Question,
        parts: Sequence[Part],
        row: int,
        patient_id: str,
        *,
        features: Mapping[str, Any],
        findings: Sequence[Finding],
        safety: DrugSafety | None,
    ) -> None:
        avoided = frozenset() if safety is None else safety.not_advised
        of_drugs = () if safety is None else safety.findings
        known = [*findings, *of_drugs]
        super().__init__(question, parts, row, patient_id, features=features, findings=known, avoided=avoided)
        self.safety = {} if safety is None else safety.rows
        self.marks = {} if safety is None else safety.marks

    def answer(self, decision: Decision, bases: _Bases, drivers: Drivers) -> PatientAnswer:
        """Assemble the result."""
        inside = self.inside
        options = [self._option(inside[i], decision.placings[i], drivers) for i in decision.order]
        options += [self._no_estimate(name) for name in self.question.options if name not in inside]
        self._note(inside)
        self._note_small(inside)
        weighed = self._trade_off(inside)  # may add a finding
        return PatientAnswer(
            patient_id=self.patient_id,
            reference=self.question.reference,
            options=tuple(options),
            findings=tuple(self.findings),
            trade_off=weighed,
            advice_basis=bases.of(decision if inside else None),
        )

    def _trade_off(self, inside: Sequence[str]) -> TradeOff | None:
        """Return benefit against harm of the options that have an estimate of each weighted outcome."""
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

    def _option(
        self,
        name: str,
        placing: Placing,
        drivers: Drivers,
    ) -> OptionAnswer:
        primary, inside = self.parts[0], self.inside
        main, here = primary.numbers.main, primary.numbers.options.index(name)
        places: list[tuple[ReportedQuantity, int, int, bool]] = []
        curves: list[Curve] = []
        for part in self.parts:
            if name not in part.numbers.options or self._outside(part, name) is not None:
                self._say_outcome(part, name)
                continue
            at, against = part.numbers.options.index(name), self._has_reference(part, inside)
            places += [(each.reported, self.row, at, against) for each in part.numbers.quantities]
            curves += part.numbers.curves(self.row, at)
        where = (self.patient_id, name)
        for feature in drivers.extrapolated.get(where, ()):
            message = (
                f"{shown(feature)} lies beyond the range of patients who had {shown(name)}: its direction is not shown"
            )
            self._add("direction-not-shown", "warning", message)
        worse = primary.fit.sign if primary.fit.timed else -primary.fit.sign
        return OptionAnswer(
            option=name,
            rank=placing.rank,
            advice=placing.advice,
            estimates=Estimates(places) if places else (),
            difference=main.reported.difference(self.row, here) if self._has_reference(primary, inside) else None,
            probability_best=placing.probability_best,
            support=self._support(name),
            reasons=Reasons(
                drivers=drivers, where=where, patient=self.features, specs=self.question.specs, worse=worse
            ),
            curves=tuple(curves),
            safety=self.safety.get(name, ()),
            safety_marks=self.marks.get(name, ()),
        )

    def _has_reference(self, part: Part, inside: Sequence[str]) -> bool:
        """Return whether the reference has an estimate of an outcome."""
        name = self.question.reference
        return name in inside and name in part.numbers.options and self._outside(part, name) is None

    def _no_estimate(self, name: str) -> OptionAnswer:
        reason = self._not_ranked(name) or ""
        if name in self.impossible:
            self._add("option-not-possible", "info", f"{shown(name)} is {reason}")
        elif name in self.parts[0].numbers.options:  # otherwise no patient gets one, which a finding on all reports
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
        if row is None or math.isnan(row.effective_n):
            return None
        patients = int(getattr(row, "patients", 0))
        propensity = None if math.isnan(row.propensity) else float(row.propensity)
        return Support(effective_n=float(row.effective_n), patients=patients, propensity=propensity)

    def _note(self, inside: Sequence[str]) -> None:
        """Add findings on the result as a whole."""
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

    def _note_small(self, inside: Sequence[str]) -> None:
        """Report pairs with a difference that is certain but smaller than relevant."""
        smallest = self.question.smallest_difference
        if not smallest:
            return
        _, draws = self.question.choosing.shrink(inside, *self.ordered_by())
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
