"""Screening or not, one row per person: the risk, deaths with and without, their difference, harms, and the advice.

Two options and a handful of numbers need no section of their own: hundreds of people stand on one page.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from genorx._core.page import SEVERITY_ORDER
from genorx.errors import Finding
from genorx.ranking.answer.answer import Estimate, OptionAnswer, PatientAnswer
from genorx.report import wording
from genorx.report.trade_off_view import trade_off_view

if TYPE_CHECKING:
    from genorx.ranking.ranking import Ranking

#: People that a finding names; more are counted.
_NAMED = 5
#: A number needed from 1,000 on: digits after the third say nothing.
_THOUSANDS = re.compile(r"\d{1,3}(?:,\d{3})+")


@dataclass(frozen=True, kw_only=True)
class PersonRow:
    """One person: the advice, and cells of the table; or why there is no estimate."""

    person: str
    option: str
    advice: str
    advice_class: str
    cells: tuple[str, ...]
    reason: str


@dataclass(frozen=True, kw_only=True)
class ScreenView:
    """The table of all people, the rule of the advice, and findings with the people concerned.

    ``counts`` says for how many people what is advised.
    """

    counts: str
    has_estimates: bool
    heads: tuple[str, ...]
    rows: tuple[PersonRow, ...]
    rule: str
    weights: str
    findings: tuple[tuple[str, str, str, str], ...]


def is_declared(ranking: Ranking) -> bool:
    """Whether the ranking compares screening with not screening by numbers that the user declared."""
    return any(answer.advice_basis and answer.advice_basis.rests_on == "declared" for answer in ranking.answers)


def screen_view(ranking: Ranking) -> ScreenView:
    """Return the table of people with an estimate, each with the risk by which was decided, and of those without."""
    decided = [answer for answer in ranking.answers if answer.trade_off is not None]
    heads: tuple[str, ...] = ("Reason",)
    rule, weights = "Nobody has an estimate.", ""
    columns: list[tuple[str, str, str]] = []
    if decided:
        first = decided[0]
        columns = _columns(decided)
        basis, found = first.advice_basis, trade_off_view(first)
        heads = tuple(name for name, _, _ in columns) + _last_heads(first)
        heads = (*(name for name, _ in ranking.records.get(first.patient_id, ())), *heads)
        rule = "" if basis is None else basis.text
        weights = found.caption if found is not None and found.has_utility else ""
    return ScreenView(
        counts=_counts(ranking.answers),
        has_estimates=bool(decided),
        heads=heads,
        rows=tuple(_row(answer, columns, ranking.records.get(answer.patient_id, ())) for answer in ranking.answers),
        rule=rule,
        weights=weights,
        findings=_by_message(ranking.answers),
    )


def _counts(answers: Sequence[PatientAnswer]) -> str:
    """Return for how many people what is advised: ``Of 40 people: screening recommended for 12, no estimate for 3``."""
    found = Counter(_said(answer.options[0]) for answer in answers)
    parts = [f"{word} for {number:,}" for word, number in found.most_common()]
    return f"Of {len(answers):,} {'person' if len(answers) == 1 else 'people'}: {', '.join(parts)}."


def _said(first: OptionAnswer) -> str:
    word = wording.DECLARED_ADVICE[first.advice][0]
    return f"{first.option} {word}" if first.advice == "recommend" else word


def _at(estimate: Estimate) -> str:
    """Return by when an estimate holds: ``by 6 years``; empty without a horizon."""
    return wording.measure_name("probability", estimate.horizon, estimate.unit).removeprefix("probability").strip()


def _columns(decided: Sequence[PatientAnswer]) -> list[tuple[str, str, str]]:
    """Return (head, outcome, option) of estimates: the first outcome under both, others where they are not 0."""
    first = decided[0]
    options = sorted(first.options, key=lambda option: option.option != first.reference)
    primary = options[0].estimates[0].outcome
    columns = []
    for each in options[0].estimates:
        at = _at(each)
        unit = f", {each.unit}" if each.measure in ("cost", "value") and each.unit else ""
        for option in options:
            held = (_estimate(answer, each.outcome, option.option) for answer in decided)
            if each.outcome == primary or any(e is not None and e.estimate for e in held):
                when = f"{each.outcome} {at}".rstrip() if not unit else f"{each.outcome}{unit}"
                columns.append((f"{when}, {option.option}", each.outcome, option.option))
    return columns


def _estimate(answer: PatientAnswer, outcome: str, option: str) -> Estimate | None:
    own = next((each for each in answer.options if each.option == option), None)
    return None if own is None else next((each for each in own.estimates if each.outcome == outcome), None)


def _last_heads(first: PatientAnswer) -> tuple[str, ...]:
    other = _other(first)
    gap = other.difference
    what = "" if gap is None else f" in {wording.outcome_text(gap.outcome)}, {wording.difference_unit(gap)}"
    found = trade_off_view(first)
    traded = first.trade_off
    worth = f", {traded.unit}" if traded is not None and traded.unit else ""
    utility = (f"Difference of utilities{worth}",) if found is not None and found.has_utility else ()
    estimate = other.estimates[0]
    needed = f"Number needed to screen per {wording.outcome_text(estimate.outcome)} averted {_at(estimate)}".rstrip()
    return (f"Difference{what}", *utility, needed)


def _other(answer: PatientAnswer) -> OptionAnswer:
    return next(option for option in answer.options if option.option != answer.reference)


def _row(
    answer: PatientAnswer, columns: Sequence[tuple[str, str, str]], record: Sequence[tuple[str, str | None]]
) -> PersonRow:
    first = answer.options[0]
    found = trade_off_view(answer)
    cells: list[str] = []
    if found is not None:
        cells += [text or "–" for _, text in record]
        stated = [_estimate(answer, outcome, option) for _, outcome, option in columns]
        cells += ["–" if each is None else wording.estimate_text(each) for each in stated]
        other = _other(answer)
        cells.append("–" if other.difference is None else wording.difference_text(other.difference))
        weighed = next(row for row in found.rows if row[0] == other.option)
        cells += [*([weighed[2]] if found.has_utility else []), _needed(weighed[4])]
    return PersonRow(
        person=answer.patient_id,
        option=first.option if first.advice == "recommend" else "",
        advice=wording.DECLARED_ADVICE[first.advice][0],
        advice_class=_advice_class(answer),
        cells=tuple(cells),
        reason=first.no_estimate_reason or "",
    )


def _advice_class(answer: PatientAnswer) -> str:
    """Return the style of the advice: who is to be offered what is not usual stands out."""
    first = answer.options[0]
    usual = first.advice == "recommend" and first.option == answer.reference
    return "reasonable" if usual else first.advice.replace("_", "-")


def _needed(text: str) -> str:
    """Return a number needed without the outcome, which the head names, and in three digits."""
    own = text.partition(": ")[2] or text
    own = own if "harm" in own else own.replace(" to benefit", "")
    return _THOUSANDS.sub(_three_digits, own)


def _three_digits(found: re.Match[str]) -> str:
    whole = int(found[0].replace(",", ""))
    return f"{round(whole, 3 - len(str(whole))):,}"


def _by_message(answers: Sequence[PatientAnswer]) -> tuple[tuple[str, str, str, str], ...]:
    """Return (class, word, message with code, people) of findings, except reasons already in the table."""
    people: dict[Finding, list[str]] = {}
    for answer in answers:
        said = {option.no_estimate_reason for option in answer.options}
        for each in answer.findings:
            if each.message not in said:
                key = Finding(code=each.code, severity=each.severity, message=each.message)
                people.setdefault(key, []).append(answer.patient_id)
    return tuple(
        (each.severity, wording.severity_word(each.severity), f"{each.message} [{each.code}]", _named(names))
        for each, names in sorted(people.items(), key=lambda item: SEVERITY_ORDER[item[0].severity])
    )


def _named(names: Sequence[str]) -> str:
    more = len(names) - _NAMED
    return ", ".join(names[:_NAMED]) + (f" and {more:,} more" if more > 0 else "")
