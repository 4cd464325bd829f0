"""The ranking by a published model: for each patient the applicable options, their order, the gain of each treatment.

The comparison is in ``published.options.ranked``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from genorx._core.advice import NAMED_BY
from genorx._core.number_words import free_word
from genorx.effects.decision import advise_estimates, order_estimates
from genorx.errors import Finding
from genorx.published.estimates import UNKNOWN, Addition
from genorx.published.options.compared import Compared
from genorx.published.options.input_records import input_records
from genorx.published.provenance import provenance_of
from genorx.ranking.answer.answer import AdviceBasis, Difference, Estimate, OptionAnswer, PatientAnswer, Reason
from genorx.ranking.answer.basis import RESTS_ON
from genorx.ranking.ranking import Ranking

if TYPE_CHECKING:
    from genorx._core.advice import Advice
    from genorx.ranking.answer.answer import Measure

_MEASURES: dict[str, Measure] = {"survival": "survival", "risk": "probability", "value": "value"}


def published_ranking(made: Compared, frame: pd.DataFrame) -> Ranking:
    """Return the results of all patients of the frame."""
    model, card = made.model, made.model.card
    general = model.general_findings([each for some in made.estimates.values() for each in some])
    if len(made.options) < 2:
        text = f"{model.id} has no treatment term: nothing is compared; Combine adds the effect of a trial"
        general.append(Finding(code="nothing-to-compare", severity="warning", message=text))
    notes = [
        f"published model {model.id}: {card.population['who']}, {card.population['where']}",
        "options are ordered by the published estimate; no cohort was used for comparison",
        *_named(card.options),
        *card.limits,
    ]
    if made.rules.threshold is None and len(made.options) > 1:
        notes.append(
            "no option is recommended, because no threshold was given: --threshold (in Python threshold=) is the gain "
            "in survival from which a treatment is worth giving, such as 0.03 for 3 percentage points"
        )
    return Ranking(
        answers=tuple(_patient_answer(made, at) for at in range(len(made.inputs))),
        provenance=provenance_of(model, frame),
        primary=made.rules.outcome,
        horizon=made.rules.horizon,
        unit=card.time_unit,
        name=f"{card.title} {card.version} (published)",
        notes=tuple(notes),
        findings=(*general, *made.inputs.general),
        labels={"options": _labels(made.options, card.options), "outcomes": _outcome_labels(card.outcome)},
        records=input_records(made.inputs, card.inputs),
        free={name: free_word([name, label]) for name, label in _outcome_labels(card.outcome).items()},
    )


def _named(treatments: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the meaning of the options' letters."""
    stated = "; ".join(f"{each['name']}: {each['what']}" for each in treatments if each["name"] != each["what"])
    return [f"{NAMED_BY}: {stated}"] if stated else []


def _labels(options: Sequence[str], treatments: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Return display names of options: their treatments in words, ``hc`` as those of ``h`` and ``c``."""
    words = {each["name"]: str(each["what"]).partition(" (")[0] for each in treatments}
    found = {}
    for option in options:
        named = [words[option]] if option in words else [words[letter] for letter in option if letter in words]
        if named and (option in words or len(named) == len(option)):
            found[option] = " + ".join(named)
    return found


def _outcome_labels(outcomes: Mapping[str, str]) -> dict[str, str]:
    """Return display names of outcomes; whether a number is cumulative is stated in the tables."""
    words = {name: text.removesuffix(", cumulative") for name, text in outcomes.items()}
    return words | ({"os": "overall survival"} if "os" in words else {})


def _patient_answer(made: Compared, at: int) -> PatientAnswer:
    """Return the result for the patient at a position of the frame."""
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
    known = [option for option in options if np.isfinite(made.value[option][at])]
    utility = np.array([_utility(made, option, at) for option in known])
    return dict(zip(known, order_estimates(utility, tie=made.rules.tie), strict=True))


def _advice(made: Compared, order: Sequence[str], ranks: Mapping[str, int], at: int) -> dict[str, Advice]:
    least, enough = made.rules.threshold, None
    if least is not None:
        enough = [all(_gain(made, option, each, at) >= least for each in made.additions[option]) for option in order]
    return dict(zip(order, advise_estimates([ranks[option] for option in order], enough), strict=True))


def _basis(made: Compared, order: Sequence[str]) -> AdviceBasis:
    """Return the basis of the advice: estimates only, and a sufficient gain if one was declared."""
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
