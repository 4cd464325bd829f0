"""The ranking of screening and no screening: one result per person, with estimates, differences and weighed harms.

The numbers are computed in ``published.screening.decision``.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from genorx._core.number_words import measure_name, number, scale_of
from genorx.errors import Finding
from genorx.published.inputs.inputs import Floats
from genorx.published.provenance import provenance_of
from genorx.published.screening.decision import Decided, OptionNumbers
from genorx.published.screening.declared import COST, DEATH, OPTIONS, ScreeningOptions
from genorx.published.screening.risks import ScreenedPeople
from genorx.ranking.answer.answer import AdviceBasis, Difference, Estimate, OptionAnswer, PatientAnswer, RestsOn
from genorx.ranking.answer.basis import RESTS_ON
from genorx.ranking.ranking import Ranking
from genorx.ranking.trade_off.trade_off import CostEffect, OptionTradeOff, TradeOff, cost_verdict, number_needed

if TYPE_CHECKING:
    from genorx.ranking.answer.answer import Measure

SCREEN, NOT = OPTIONS
_OPTION_LABELS = {SCREEN: "screening", NOT: "no screening"}


def screening_ranking(made: Decided, frame: pd.DataFrame) -> Ranking:
    """Return the two options of each person, in the form of a fitted ranking."""
    model, card = made.people.model, made.people.model.card
    findings: dict[str, list[Finding]] = {}
    for each in made.people.inputs.findings():
        findings.setdefault(each.patient_id or "", []).append(each)
    writer = _Writer(made, findings)
    return Ranking(
        answers=tuple(writer.answer(at) for at in range(len(made.risk))),
        provenance=provenance_of(model, frame),
        primary=DEATH,
        horizon=made.people.horizon,
        unit=card.time_unit,
        name=f"Screening by {card.title} {card.version}",
        notes=(
            f"published model {model.id}: {card.population['who']}, {card.population['where']}",
            "everything but the published risk was declared by the user: effect, fatality, harms, weights and costs "
            "are not ours; intervals carry that of the declared effect and nothing else",
            *_source_notes(made.options),
            *card.limits,
        ),
        findings=tuple(findings.get("", ())),
        labels={"options": _OPTION_LABELS, "outcomes": _outcome_labels(made.options)},
        records=_risks(made),
    )


def _risks(made: Decided) -> dict[str, tuple[tuple[str, str | None], ...]]:
    """Return the risk of each person by which was decided, in words; None where there is none."""
    horizon, unit = made.people.horizon, made.people.model.card.time_unit
    by = measure_name("probability", horizon, unit).removeprefix("probability")
    return {
        str(who): ((f"risk of the cancer{by}", _share(float(risk)) if np.isfinite(risk) else None),)
        for who, risk in zip(made.people.inputs.ids, made.risk, strict=True)
    }


def _share(risk: float) -> str:
    scale, digits = scale_of("probability", risk)
    return f"{number(scale * risk, digits)}\N{NO-BREAK SPACE}%"


def _source_notes(options: ScreeningOptions) -> Iterator[str]:
    """Yield the source of each declared number, named in words."""
    yield f"effect of screening: {options.effect.source}"
    yield f"fatality of the cancer: {options.fatality.source}"
    for harm in options.harms:
        yield f"harm of screening, {_in_words(harm.name)}: {harm.source}"
    if options.costs is not None and options.costs.source is not None:
        yield f"costs: {options.costs.source}"
    for each in options.multipliers:
        yield f"relative risk, {_in_words(each.column)}: {each.source}"


def _outcome_labels(options: ScreeningOptions) -> dict[str, str]:
    """Return display names of deaths, harms and costs."""
    return {DEATH: "death from the cancer", COST: "cost"} | {h.name: _in_words(h.name) for h in options.harms}


def _in_words(name: str) -> str:
    return name.replace("_", " ")


class _Writer:
    """Builds the result of each person."""

    def __init__(self, made: Decided, findings: dict[str, list[Finding]]) -> None:
        self.made, self.findings = made, findings
        self.options, self.horizon = made.options, made.people.horizon
        self.unit = made.people.model.card.time_unit
        #: Measures of a probability with and without horizon, which have different keys in JSON.
        self.measure: Measure = "probability" if self.horizon is None else "incidence"
        self.reasons = _texts(made.people)

    def answer(self, at: int) -> PatientAnswer:
        """Return the result for the person at a position."""
        who = str(self.made.people.inputs.ids[at])
        refused = bool(self.made.people.inputs.refused[at])
        return PatientAnswer(
            patient_id=who,
            reference=self.options.reference,
            options=self._no_estimates(at) if refused else self._answers(at),
            findings=tuple(self.findings.get(who, ())),
            trade_off=None if refused else self._trade_off(at),
            advice_basis=self._basis(refused),
        )

    def _no_estimates(self, at: int) -> tuple[OptionAnswer, ...]:
        why = self.reasons.get(at, "the model does not hold for this person")
        return tuple(
            OptionAnswer(option=name, rank=None, advice="no_estimate", no_estimate_reason=why) for name in OPTIONS
        )

    def _answers(self, at: int) -> tuple[OptionAnswer, ...]:
        """Return both options, the advised one first, otherwise the one with the larger utility or fewer deaths."""
        advice = dict(zip(OPTIONS, self.made.advice(at), strict=True))
        settled = "recommend" in advice.values()
        gain = float((self.made.gain if self.made.weight is None else self.made.weight)[0, at])
        first = next((name for name in OPTIONS if advice[name] == "recommend"), SCREEN if gain > 0 else NOT)
        numbers = {SCREEN: self.made.screened, NOT: self.made.unscreened}
        return tuple(
            OptionAnswer(
                option=name,
                rank=place if settled else 1,
                advice=advice[name],  # type: ignore[arg-type]
                estimates=self.estimates(numbers[name], at, screened=name == SCREEN),
                difference=self._difference(at, name),
            )
            for place, name in enumerate(sorted(OPTIONS, key=lambda name: name != first), start=1)
        )

    def estimates(self, numbers: OptionNumbers, at: int, *, screened: bool) -> tuple[Estimate, ...]:
        ends: tuple[float | None, float | None] = (None, None)
        if screened:
            dead, (_, least, most) = float(self.made.unscreened.death[at]), self.made.gain[:, at]
            ends = (dead - float(most), dead - float(least))
        found = [self._estimate(DEATH, self.measure, numbers.death, at, ends)]
        found += [self._estimate(name, self.measure, each, at) for name, each in numbers.harms.items()]
        if numbers.cost is not None:
            found.append(self._estimate(COST, "value" if self.horizon is None else "cost", numbers.cost, at))
        return tuple(found)

    def _estimate(
        self,
        outcome: str,
        measure: Measure,
        values: Floats,
        at: int,
        ends: tuple[float | None, float | None] = (None, None),
    ) -> Estimate:
        costs = self.options.costs
        unit = costs.currency if outcome == COST and costs is not None else self.unit
        return Estimate(
            outcome=outcome,
            measure=measure,
            horizon=self.horizon,
            unit=unit,
            estimate=float(values[at]),
            lower=ends[0],
            upper=ends[1],
        )

    def _difference(self, at: int, name: str) -> Difference | None:
        if name == self.options.reference:
            return None
        sign = -1.0 if name == SCREEN else 1.0
        middle, *ends = (sign * self.made.gain[:, at]).tolist()
        return Difference(
            outcome=DEATH,
            measure=self.measure,
            horizon=self.horizon,
            unit=self.unit,
            estimate=middle,
            lower=min(ends),
            upper=max(ends),
            probability_better=float("nan"),
        )

    def _trade_off(self, at: int) -> TradeOff:
        weighed = self.options.harms if self.options.weighed else ()
        weights = "; ".join(f"{harm.weight:g} for {_in_words(harm.name)}" for harm in weighed)
        return TradeOff(
            rule=f"deaths averted that one harm is worth: {weights}" if weights else "",
            unit="deaths averted",
            harms=tuple(harm.name for harm in self.options.harms),
            options=tuple(self._weighed(at, name) for name in OPTIONS),
        )

    def _weighed(self, at: int, name: str) -> OptionTradeOff:
        numbers = self.made.screened if name == SCREEN else self.made.unscreened
        utility = None if numbers.utility is None else float(numbers.utility[at])
        if name == self.options.reference:
            return OptionTradeOff(option=name, utility=utility)
        sign = 1.0 if name == SCREEN else -1.0
        middle, *ends = (-sign * self.made.gain[:, at]).tolist()
        needed = number_needed(DEATH, self.horizon, sign=-1, estimate=middle, interval=(min(ends), max(ends)))
        weight = None if self.made.weight is None else (sign * self.made.weight[:, at]).tolist()
        return OptionTradeOff(
            option=name,
            utility=utility,
            difference=None if weight is None else weight[0],
            difference_lower=None if weight is None else min(weight[1:]),
            difference_upper=None if weight is None else max(weight[1:]),
            number_needed=() if needed is None else (needed,),
            cost=self._cost(at, sign, None if weight is None else weight[0]),
        )

    def _cost(self, at: int, sign: float, utility: float | None) -> CostEffect | None:
        if self.made.screened.cost is None:
            return None
        cost, gain = sign * float(self.made.screened.cost[at]), sign * float(self.made.gain[0, at])
        worth = gain if utility is None else utility
        verdict, trades = cost_verdict(cost, worth)
        return CostEffect(
            cost=cost,
            cost_lower=cost,
            cost_upper=cost,
            ratio=cost / worth if trades else None,
            probability_dominant=None,
            verdict=verdict,
            per_death_averted=cost / gain if gain > 0 else None,
        )

    def _basis(self, refused: bool) -> AdviceBasis:
        rests_on: RestsOn = "nothing" if refused else "declared"
        text = f"{RESTS_ON[rests_on]}."
        return AdviceBasis(
            rests_on=rests_on,
            choosing="not_evaluated",
            text=text if refused else f"{text} {self._rule()}.",
        )

    def _rule(self) -> str:
        """Return the rule of the advice."""
        if self.options.weighed:
            return "Screening is recommended if its utility is higher over the whole interval of the declared effect"
        if self.made.threshold is not None:
            return f"Screening is recommended from a risk of {100 * self.made.threshold:g} % on, the declared threshold"
        return "Neither a weight of each harm nor a threshold was declared, so nothing is recommended"


def _texts(people: ScreenedPeople) -> dict[int, str]:
    """Return the reason why each excluded person has no estimate."""
    found: dict[int, list[str]] = {}
    for note in people.inputs.notes:
        if note.severity == "serious" or note.code == "published-outside-derivation":
            for at in note.where.tolist():
                found.setdefault(at, []).append(note.text(at))
    return {at: "; ".join(dict.fromkeys(texts)) for at, texts in found.items()}
