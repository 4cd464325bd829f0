"""The result for one patient by a published model: applicable options, their order, the gain of each treatment.

The comparison is in ``published.options.ranked``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from genorx.errors import Finding
from genorx.published.estimates import UNKNOWN, Addition
from genorx.published.options.compared import Compared

if TYPE_CHECKING:
    from genorx._core.advice import Advice
    from genorx.ranking.answer.answer import AdviceBasis, Difference, Measure, OptionAnswer, PatientAnswer

_MEASURES: dict[str, Measure] = {"survival": "survival", "risk": "probability", "value": "value"}


def patient_answer(made: Compared, at: int) -> PatientAnswer:
    """Return the result for the patient at a position of the frame."""
    from genorx.ranking.answer.answer import PatientAnswer

    who = str(made.inputs.ids[at])
    findings = list(made.findings.get(who, ()))
    if made.inputs.refused[at]:
        reason = made.reasons.get(at, "the model does not hold for this patient")
        options = tuple(_no_estimate(option, reason) for option in made.options)
        return PatientAnswer(
            patient_id=who,
            reference=made.rules.reference,
            options=options,
            findings=tuple(findings),
            advice_basis=_basis(made, ()),
        )
    usable = [option for option in made.options if made.available[option].state[at] == 0]
    kept = [option for option in usable if not _dropped(made, option, at)]
    for option in sorted(set(usable) - set(kept)):
        text = f"an addition of {option} gains less than {100 * made.rules.min_gain:g} points"
        findings.append(Finding(code="published-option-absent", severity="info", message=text, patient_id=who))
    if not np.isfinite(made.value[made.rules.reference][at]) or made.rules.reference not in kept:
        text = f"{made.rules.reference} has no estimate: no difference against it is given"
        findings.append(Finding(code="reference-outside", severity="warning", message=text, patient_id=who))
    ranks = _ranks(made, kept, at)
    order = sorted(
        ranks, key=lambda option: (ranks[option], -_utility(made, option, at), len(option), option.swapcase())
    )
    advice = _advice(made, order, ranks, at)
    answers = [_option(made, option, at, ranks[option], advice[option]) for option in order]
    unknown = [option for option in made.options if made.available[option].state[at] == UNKNOWN]
    answers += [_no_estimate(option, _why_unknown(made, option, at)) for option in unknown]
    return PatientAnswer(
        patient_id=who,
        reference=made.rules.reference,
        options=tuple(answers),
        findings=tuple(findings),
        advice_basis=_basis(made, order),
    )


def _no_estimate(option: str, reason: str) -> OptionAnswer:
    from genorx.ranking.answer.answer import OptionAnswer

    return OptionAnswer(option=option, rank=None, advice="no_estimate", no_estimate_reason=reason)


def _why_unknown(made: Compared, option: str, at: int) -> str:
    texts = [text for positions, state, text in made.available[option].reasons if state == UNKNOWN and at in positions]
    return "; ".join(dict.fromkeys(texts))


def _gain(made: Compared, option: str, each: Addition, at: int) -> float:
    return float(made.value[option][at] - made.value[each.without][at])


def _dropped(made: Compared, option: str, at: int) -> bool:
    if option == made.rules.reference or made.rules.min_gain == 0:
        return False
    return any(_gain(made, option, each, at) < made.rules.min_gain for each in made.additions[option])


def _utility(made: Compared, option: str, at: int) -> float:
    cost = sum(made.rules.harms.get(each.key, 0.0) for each in made.additions[option])
    return float(made.value[option][at]) - cost


def _ranks(made: Compared, options: Sequence[str], at: int) -> dict[str, int]:
    """Return the rank of each option with an estimate; options within a tie of the first one of a rank share it."""
    from genorx.effects.decision import order_estimates

    known = [option for option in options if np.isfinite(made.value[option][at])]
    utility = np.array([_utility(made, option, at) for option in known])
    return dict(zip(known, order_estimates(utility, tie=made.rules.tie), strict=True))


def _advice(made: Compared, order: Sequence[str], ranks: Mapping[str, int], at: int) -> dict[str, Advice]:
    from genorx.effects.decision import advise_estimates

    least, enough = made.rules.threshold, None
    if least is not None:
        enough = [all(_gain(made, option, each, at) >= least for each in made.additions[option]) for option in order]
    return dict(zip(order, advise_estimates([ranks[option] for option in order], enough), strict=True))


def _basis(made: Compared, order: Sequence[str]) -> AdviceBasis:
    """Return the basis of the advice: estimates only, and a sufficient gain if one was declared."""
    from genorx.ranking.answer.answer import AdviceBasis
    from genorx.ranking.answer.basis import RESTS_ON

    least = made.rules.threshold
    if not order:
        return AdviceBasis(rests_on="nothing", choosing="not_evaluated", text=f"{RESTS_ON['nothing']}.")
    if len(made.options) < 2:
        reason = "it has no treatment term, so no options are compared"
    elif least is None:
        reason = "no threshold was given, so no option is recommended and none advised against"
    else:
        reason = f"the threshold is a gain of {100 * least:g} percentage points by every treatment of an option"
    text = f"{RESTS_ON['estimates']}. {reason[:1].upper()}{reason[1:]}."
    return AdviceBasis(rests_on="estimates", choosing="not_evaluated", text=text)


def _option(made: Compared, option: str, at: int, rank: int, advice: Advice) -> OptionAnswer:
    from genorx.ranking.answer.answer import Estimate, OptionAnswer, Reason

    rules, unit = made.rules, made.model.card.time_unit
    estimates = [
        Estimate(
            outcome=each.outcome,
            measure=_MEASURES[each.kind],
            horizon=each.time,
            unit=unit,
            estimate=float(each.values[at]),
            lower=None if each.lower is None else float(each.lower[at]),
            upper=None if each.upper is None else float(each.upper[at]),
        )
        for each in made.estimates[option]
        if (each.kind == "survival" or each.time in (rules.horizon, None)) and np.isfinite(each.values[at])
    ]
    where = "" if rules.horizon is None else f" at {rules.horizon:g} {unit}"
    reasons = [
        Reason(
            feature=each.name,
            value=f"{100 * gain:+.2f} points{where} on top of {each.without}",
            kind="effect",
            direction="better" if gain >= 0 else "worse",
            size=float(each.effect[at]),
        )
        for each in made.additions[option]
        for gain in (_gain(made, option, each, at),)
    ]
    return OptionAnswer(
        option=option,
        rank=rank,
        advice=advice,
        estimates=tuple(estimates),
        difference=_difference(made, option, at),
        reasons=tuple(reasons),
    )


def _difference(made: Compared, option: str, at: int) -> Difference | None:
    from genorx.ranking.answer.answer import Difference

    rules = made.rules
    if option == rules.reference or not np.isfinite(made.value[rules.reference][at]):
        return None
    bounds = made.model.difference_bounds(made.inputs, option, rules.reference, rules.horizon or 0.0)
    kind = next(each.kind for each in made.estimates[option] if each.outcome == rules.outcome)
    sign = 1.0 if kind == "survival" else -1.0
    gap = sign * float(made.value[option][at] - made.value[rules.reference][at])
    ends = (np.nan, np.nan) if bounds is None else sorted(sign * float(each[at]) for each in bounds)
    return Difference(
        outcome=rules.outcome,
        measure=_MEASURES[kind],
        horizon=rules.horizon,
        unit=made.model.card.time_unit,
        estimate=gap,
        lower=ends[0],
        upper=ends[1],
        probability_better=np.nan,
    )
