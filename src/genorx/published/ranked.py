"""A published model's options in order, as the same ``Ranking`` that a fitted model gives.

By survival alone the fullest combination comes first nearly always; so each answer says what every added treatment gains
on top of the rest, an addition that lowers survival says so, and no option is recommended unless the user has named the
gain that would be enough.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from genorx._core.provenance import json_digest, today, versions
from genorx.errors import Finding, NotAnswerableError, UsageError, shown
from genorx.published.estimates import UNKNOWN, Addition, Availability, Estimated
from genorx.published.inputs import Floats, Inputs, TableSource
from genorx.published.model import PublishedModel, note_options

if TYPE_CHECKING:
    from genorx.ranking import Ranking
    from genorx.ranking.answer import Advice, OptionAnswer, PatientAnswer

#: Gains that the source's print-out cannot tell apart: 0.05 points of survival.
RESOLUTION = 0.0005
_WHOLE = TableSource()


@dataclass(frozen=True, kw_only=True)
class Rules:
    """What the user wants of an order.

    Attributes
    ----------
    outcome, horizon
        By which options are ordered.
    reference : str
    min_gain : float
        An option with an addition that gains less is left out; what gains less than this shares a rank.
    threshold : float or None
        The gain of every addition from which an option may be recommended (PREDICT's users take 0.03 or 0.05).
    harms : mapping of treatment to float
        What a treatment costs, in the same unit as the gain; taken off before ordering.
    """

    outcome: str
    horizon: float | None
    reference: str
    min_gain: float = 0.0
    threshold: float | None = None
    harms: Mapping[str, float] = field(default_factory=dict)

    @property
    def tie(self) -> float:
        """Differences below this are no differences."""
        return max(RESOLUTION, self.min_gain)


@dataclass(kw_only=True)
class _Compared:
    """Everything that the answers of all patients are made from; arrays of shape (n_patients,) by option."""

    model: PublishedModel
    inputs: Inputs
    rules: Rules
    options: tuple[str, ...]
    available: dict[str, Availability]
    estimates: dict[str, list[Estimated]]
    value: dict[str, Floats]
    additions: dict[str, tuple[Addition, ...]]
    reasons: dict[int, str]
    findings: dict[str, list[Finding]] = field(default_factory=dict)


def rank_options(
    model: PublishedModel,
    frame: pd.DataFrame,
    *,
    reference: str | None = None,
    outcome: str | None = None,
    horizon: float | None = None,
    options: Sequence[str] | None = None,
    min_gain: float = 0.0,
    threshold: float | None = None,
    harms: Mapping[str, float] | None = None,
    source: TableSource = _WHOLE,
) -> Ranking:
    """Return the options of each patient, best first.

    Parameters
    ----------
    reference : str, optional
        Option against which differences are taken; the model's own where absent (``none``, ``conservative``).
    outcome : str, optional
        By which options are ordered: ``os``, or the outcome that the model knows first.
    horizon : float, optional
        Default: 10 years where the model has them, else its last horizon.
    options : sequence of str, optional
        Options to compare; default: all that apply.
    min_gain : float
        In survival (0.03 is 3 points): an addition that gains less is dropped, and options closer than this share a
        rank.
    threshold : float, optional
        The gain from which an addition is enough for the user: only with it is an option recommended.
    harms : mapping of treatment to float, optional
        What a treatment costs the patient, in survival: ``{"c": 0.02}``.

    Raises
    ------
    NotAnswerableError
        If the model compares no treatments (code ``nothing-to-compare``).
    TableError, UsageError
        As ``PublishedModel.predict``.
    """
    if len(model._all_options()) < 2:  # noqa: SLF001  the room's own protocol
        raise NotAnswerableError(
            f"{model.id} has no treatment term: there is nothing to rank",
            hint="use predict or evaluate, or Combine it with the effect of a trial",
            code="nothing-to-compare",
        )
    inputs = model._inputs(frame, source)  # noqa: SLF001
    rules = _rules(model, reference, outcome, horizon, min_gain, threshold, harms or {})
    compared = _compared(model, inputs, rules, options)
    answers = tuple(_answer(compared, position) for position in range(len(inputs)))
    return _ranking(compared, answers, frame)


def gains(
    model: PublishedModel, frame: pd.DataFrame, *, horizon: float | None = None, outcome: str | None = None
) -> pd.DataFrame:
    """Return what each treatment adds on top of the rest of each option.

    Returns
    -------
    DataFrame
        ``patient_id``, ``option``, ``treatment``, ``on_top_of``, ``gain`` (survival, 0.03 is 3 points).
    """
    inputs = model._inputs(frame)  # noqa: SLF001
    compared = _compared(model, inputs, _rules(model, None, outcome, horizon, 0.0, None, {}), None)
    rows = []
    for option in compared.options:
        shown_to = (compared.available[option].state == 0) & ~inputs.refused
        for each in compared.additions[option]:
            gain = compared.value[option] - compared.value[each.without]
            rows.append(
                pd.DataFrame(
                    {
                        "patient_id": inputs.ids[shown_to],
                        "option": option,
                        "treatment": each.name,
                        "on_top_of": each.without,
                        "gain": gain[shown_to],
                    }
                )
            )
    return pd.concat(rows, ignore_index=True)


def _rules(
    model: PublishedModel,
    reference: str | None,
    outcome: str | None,
    horizon: float | None,
    min_gain: float,
    threshold: float | None,
    harms: Mapping[str, float],
) -> Rules:
    known = model.card.horizons
    chosen = horizon if horizon is not None else 10.0 if 10.0 in known else (known[-1] if known else None)
    if chosen is not None:
        model._checked_horizons([chosen])  # noqa: SLF001
    named = model._reference() if reference is None else reference  # noqa: SLF001
    if named not in model._all_options():  # noqa: SLF001
        listed = ", ".join(model._all_options())  # noqa: SLF001
        raise UsageError(f"{model.id} has no option {shown(named)!r}", hint=f"it has {listed}", code="published-option")
    for name, number in (("min_gain", min_gain), ("threshold", threshold or 0.0)):
        if not 0 <= number < 1:
            raise UsageError(f"{name} {number:g} is no gain in survival", hint="3 points are 0.03", code="usage")
    first = outcome if outcome is not None else next(iter(model.card.outcome))
    if first not in model.card.outcome:
        listed = ", ".join(model.card.outcome)
        raise UsageError(f"{model.id} has no outcome {shown(first)!r}", hint=f"it has {listed}")
    return Rules(
        outcome=first, horizon=chosen, reference=named, min_gain=min_gain, threshold=threshold, harms=dict(harms)
    )


def _compared(model: PublishedModel, inputs: Inputs, rules: Rules, options: Sequence[str] | None) -> _Compared:
    chosen = model._chosen_options(inputs, options)  # noqa: SLF001
    chosen = chosen if rules.reference in chosen else (rules.reference, *chosen)
    additions = {option: model._additions(inputs, option) for option in chosen}  # noqa: SLF001
    parents = {each.without for some in additions.values() for each in some}
    wanted = tuple(dict.fromkeys([*chosen, *sorted(parents)]))
    horizons = sorted({*model.card.horizons, *(() if rules.horizon is None else (rules.horizon,))})
    estimates: dict[str, list[Estimated]] = {option: [] for option in wanted}
    for each in model._estimates(inputs, horizons, wanted):  # noqa: SLF001
        estimates[each.option].append(each)
    made = _Compared(
        model=model,
        inputs=inputs,
        rules=rules,
        options=chosen,
        available={option: model._availability(inputs, option) for option in chosen},  # noqa: SLF001
        estimates=estimates,
        value={option: _value(some, rules) for option, some in estimates.items()},
        additions=additions,
        reasons=inputs.reasons(),
    )
    note_options(inputs, made.available)
    for finding in [*inputs.findings(), *_harm_findings(made)]:
        made.findings.setdefault(finding.patient_id or "", []).append(finding)
    return made


def _value(estimates: Sequence[Estimated], rules: Rules) -> Floats:
    """Return what options are ordered by: larger is better."""
    found = next(each for each in estimates if each.outcome == rules.outcome and each.time == rules.horizon)
    return 1.0 - found.risk


def _harm_findings(made: _Compared) -> list[Finding]:
    """Return one finding a patient and treatment that lowers survival on top of the rest."""
    worst: dict[tuple[int, str], tuple[float, str]] = {}
    for option in made.options:
        usable = (made.available[option].state == 0) & ~made.inputs.refused
        for each in made.additions[option]:
            gain = made.value[option] - made.value[each.without]
            for position in np.flatnonzero(usable & (gain < 0)):
                key = (int(position), each.name)
                worst[key] = min(worst.get(key, (0.0, "")), (float(gain[position]), option))
    return [
        Finding(
            code="published-harm",
            severity="warning",
            message=f"{name} lowers survival by up to {-100 * gain:.2f} points (in {option}): its harm exceeds its gain",
            patient_id=str(made.inputs.ids[position]),
        )
        for (position, name), (gain, option) in sorted(worst.items())
    ]


def _answer(made: _Compared, at: int) -> PatientAnswer:
    from genorx.ranking.answer import PatientAnswer

    who = str(made.inputs.ids[at])
    findings = list(made.findings.get(who, ()))
    if made.inputs.refused[at]:
        reason = made.reasons.get(at, "the model does not hold for this patient")
        options = tuple(_no_estimate(option, reason) for option in made.options)
        return PatientAnswer(patient_id=who, reference=made.rules.reference, options=options, findings=tuple(findings))
    usable = [option for option in made.options if made.available[option].state[at] == 0]
    kept = [option for option in usable if not _dropped(made, option, at)]
    for option in sorted(set(usable) - set(kept)):
        text = f"an addition of {option} gains less than {100 * made.rules.min_gain:g} points"
        findings.append(Finding(code="published-option-absent", severity="info", message=text, patient_id=who))
    if not np.isfinite(made.value[made.rules.reference][at]) or made.rules.reference not in kept:
        text = f"{made.rules.reference} has no estimate: no difference against it is given"
        findings.append(Finding(code="reference-outside", severity="warning", message=text, patient_id=who))
    ranks = _ranks(made, kept, at)
    order = sorted(ranks, key=lambda option: (ranks[option], -_utility(made, option, at), len(option), option.swapcase()))
    advice = _advice(made, order, ranks, at)
    answers = [_option(made, option, at, ranks[option], advice[option]) for option in order]
    unknown = [option for option in made.options if made.available[option].state[at] == UNKNOWN]
    answers += [_no_estimate(option, _why_unknown(made, option, at)) for option in unknown]
    return PatientAnswer(
        patient_id=who, reference=made.rules.reference, options=tuple(answers), findings=tuple(findings)
    )


def _no_estimate(option: str, reason: str) -> OptionAnswer:
    from genorx.ranking.answer import OptionAnswer

    return OptionAnswer(option=option, rank=None, advice="no_estimate", no_estimate_reason=reason)


def _why_unknown(made: _Compared, option: str, at: int) -> str:
    texts = [text for positions, state, text in made.available[option].reasons if state == UNKNOWN and at in positions]
    return "; ".join(dict.fromkeys(texts))


def _gain(made: _Compared, option: str, each: Addition, at: int) -> float:
    return float(made.value[option][at] - made.value[each.without][at])


def _dropped(made: _Compared, option: str, at: int) -> bool:
    if option == made.rules.reference or made.rules.min_gain == 0:
        return False
    return any(_gain(made, option, each, at) < made.rules.min_gain for each in made.additions[option])


def _utility(made: _Compared, option: str, at: int) -> float:
    cost = sum(made.rules.harms.get(each.key, 0.0) for each in made.additions[option])
    return float(made.value[option][at]) - cost


def _ranks(made: _Compared, options: Sequence[str], at: int) -> dict[str, int]:
    """Return the rank of each option with an estimate; those closer to the first of a rank than a tie share it."""
    known = [option for option in options if np.isfinite(made.value[option][at])]
    order = sorted(known, key=lambda option: (-_utility(made, option, at), len(option), option.swapcase()))
    ranks: dict[str, int] = {}
    leader = np.inf
    for number, option in enumerate(order, start=1):
        value = _utility(made, option, at)
        if leader - value >= made.rules.tie or not ranks:
            leader, rank = value, number
        ranks[option] = rank
    return ranks


def _advice(made: _Compared, order: Sequence[str], ranks: Mapping[str, int], at: int) -> dict[str, Advice]:
    shared = [rank for rank in ranks.values()]
    found: dict[str, Advice] = {
        option: "equipoise" if shared.count(ranks[option]) > 1 else "reasonable" for option in order
    }
    if made.rules.threshold is None:
        return found
    enough = made.rules.threshold
    good = [option for option in order if all(_gain(made, option, each, at) >= enough for each in made.additions[option])]
    for option in order:
        if option not in good:
            found[option] = "not_advised"
    if good:
        found[good[0]] = "recommend"
    return found


def _option(made: _Compared, option: str, at: int, rank: int, advice: Advice) -> OptionAnswer:
    from genorx.ranking.answer import Estimate, OptionAnswer, Reason

    rules, unit = made.rules, made.model.card.time_unit
    estimates = [
        Estimate(
            outcome=each.outcome,
            measure="survival" if each.kind == "survival" else "probability",
            horizon=each.time,
            unit=unit,
            estimate=float(each.values[at]),
            lower=None if each.lower is None else float(each.lower[at]),
            upper=None if each.upper is None else float(each.upper[at]),
        )
        for each in made.estimates[option]
        if (each.kind == "survival" or each.time == rules.horizon) and np.isfinite(each.values[at])
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


def _difference(made: _Compared, option: str, at: int) -> Any:
    from genorx.ranking.answer import Difference

    rules = made.rules
    if option == rules.reference or not np.isfinite(made.value[rules.reference][at]):
        return None
    bounds = made.model._difference_bounds(made.inputs, option, rules.reference, rules.horizon or 0.0)  # noqa: SLF001
    kind = next(each.kind for each in made.estimates[option] if each.outcome == rules.outcome)
    sign = 1.0 if kind == "survival" else -1.0
    gap = sign * float(made.value[option][at] - made.value[rules.reference][at])
    ends = (np.nan, np.nan) if bounds is None else sorted(sign * float(each[at]) for each in bounds)
    return Difference(
        outcome=rules.outcome,
        measure="survival" if kind == "survival" else "probability",
        horizon=rules.horizon,
        unit=made.model.card.time_unit,
        estimate=gap,
        lower=ends[0],
        upper=ends[1],
        probability_better=np.nan,
    )


def _ranking(made: _Compared, answers: tuple[PatientAnswer, ...], frame: pd.DataFrame) -> Ranking:
    from genorx.ranking.ranking import Ranking

    model, card = made.model, made.model.card
    general = model._general_findings([each for some in made.estimates.values() for each in some])  # noqa: SLF001
    notes = [
        f"published model {model.id}: {card.population['who']}, {card.population['where']}",
        "options are ordered by the published estimate; no cohort of yours was compared",
        *card.limits,
    ]
    provenance = {
        "model": model.digest,
        "study": "",
        "patients": json_digest(pd.util.hash_pandas_object(frame.astype(str)).tolist()),
        "knowledge": {"published": model.id},
        "versions": versions(),
        "seed": 0,
        "date": today(),
    }
    return Ranking(
        answers=answers,
        provenance=provenance,
        primary=made.rules.outcome,
        horizon=made.rules.horizon,
        unit=card.time_unit,
        name=f"{card.title} {card.version} (published)",
        notes=tuple(notes),
        findings=tuple([*general, *made.inputs.general]),
    )


