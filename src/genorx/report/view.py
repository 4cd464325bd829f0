"""What a page shows of a ranking, arranged for its template: texts only, escaped by the template.

Words and numbers are ``report.wording``; the page is ``report.page``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import exp
from typing import TYPE_CHECKING

import pandas as pd

from genorx.effects.decision import Verdict
from genorx.errors import Finding
from genorx.ranking.answer.answer import AdviceBasis, Estimate, OptionAnswer, PatientAnswer, Reason, RestsOn
from genorx.ranking.answer.basis import RESTS_ON
from genorx.ranking.answer.evidence import FOR, best_tier, speaks_against
from genorx.report import wording
from genorx.report.cautions import cautions
from genorx.report.evidence_view import BEYOND, EvidenceRow, evidence_notes, evidence_rows
from genorx.report.grade_bars import GradeBar, grade_rows
from genorx.report.headline import average_number, headline
from genorx.report.patient_record import RecordView, record_view
from genorx.report.trade_off_view import TradeOffView, trade_off_view

if TYPE_CHECKING:
    from genorx.ranking.ranking import Ranking

_MOST_REASONS = 8
#: What the linear scale of an outcome's model is the logarithm of.
_RATIOS = {
    "rmst": "hazard ratio", "survival": "hazard ratio", "rmtl": "hazard ratio", "incidence": "hazard ratio",
    "probability": "odds ratio",
}  # fmt: skip
#: What is said of a harm in one line.
_OF_HARM = ("probability", "value", "incidence", "rmst")
#: What the advice rests on, and what is known of choosing by patient, as the summary says it.
_SHORT: dict[RestsOn, str] = {
    "own": "the patient's own difference",
    "shrunk": "the patient's difference, shrunk towards the average",
    "average": "the average difference",
    "estimates": "published estimates; nothing is shown to be better",
    "declared": "declared effect, harms and weights",
    "nothing": "no estimate",
}
_CHOSEN: dict[Verdict, str] = {
    "shown": "; choosing by patient shown to help",
    "not_shown": "; choosing by patient not shown to help",
    "loses": "; choosing by patient shown to do worse",
    "not_evaluated": "; choosing by patient not evaluated",
}


@dataclass(frozen=True, kw_only=True)
class Truth:
    """What would have happened to simulated patients, by (patient, option)."""

    difference: Mapping[tuple[str, str], float]
    values: Mapping[str, Mapping[tuple[str, str], float]]

    def of(self, patient_id: str, option: str, name: str) -> float | None:
        """Return the truth ``name`` of a patient under an option; None where it is not given."""
        return self.values.get(name, {}).get((patient_id, option))


@dataclass(frozen=True, kw_only=True)
class OptionRow:
    """One option in the table of a patient."""

    option: str
    place: str
    advice: str
    advice_class: str
    difference: str
    average: str
    chance: str
    truth: str
    support: str
    reason: str
    marks: tuple[str, ...]
    harms: tuple[str, ...]
    guidance: str
    evidence: str


@dataclass(frozen=True, kw_only=True)
class PatientView:
    """One patient on the page: texts, and inline SVG that the page adds."""

    patient_id: str
    anchor: str
    record: RecordView | None
    cautions: tuple[str, ...]
    summary_marks: tuple[tuple[str, str], ...]
    headline: str
    basis: str
    choosing: str
    has_averages: bool
    has_harms: bool
    is_own: bool
    options: tuple[OptionRow, ...]
    outcome_heads: tuple[str, ...]
    outcome_rows: tuple[tuple[str, tuple[tuple[str, str], ...]], ...]
    grade_rows: tuple[tuple[str, tuple[GradeBar | None, ...]], ...]
    safety_rows: tuple[tuple[str, ...], ...]
    reason_ratio: str
    reason_heads: tuple[str, ...]
    reason_rows: tuple[tuple[str, str, tuple[str, ...]], ...]
    unknown: tuple[tuple[str, str, str], ...]
    figures: tuple[tuple[str, str], ...]
    evidence: tuple[EvidenceRow, ...] | None
    evidence_notes: tuple[str, ...]
    trade_off: TradeOffView | None
    is_treated: bool
    has_chances: bool
    has_intervals: bool
    has_difference_intervals: bool
    wide_figures: tuple[tuple[str, str], ...] = ()


def read_truth(frame: pd.DataFrame | None) -> Truth | None:
    """Arrange a truth table: columns ``patient_id``, ``option``, ``delta_rmst``, and one a measure or outcome."""
    if frame is None:
        return None
    keys = list(zip(frame["patient_id"].astype(str), frame["option"].astype(str), strict=True))
    names = [str(name) for name in frame.columns if name not in ("patient_id", "option")]
    values = {name: dict(zip(keys, frame[name].astype(float).tolist(), strict=True)) for name in names}
    return Truth(difference=values.get("delta_rmst", {}), values=values)


def patient_view(
    ranking: Ranking,
    answer: PatientAnswer,
    number: int,
    truth: Truth | None,
    *,
    figures: tuple[tuple[str, str], ...],
    checked: Iterable[Finding] = (),
) -> PatientView:
    """Return what the page shows of one patient; ``checked`` are findings of the evaluation of the predictions."""
    names, rows = _reasons(answer)
    basis = answer.advice_basis
    return PatientView(
        patient_id=answer.patient_id,
        anchor=f"patient-{number}",
        record=record_view(ranking, answer.patient_id),
        cautions=cautions(basis, (*ranking.findings, *checked)),
        summary_marks=_summary_marks(answer, (*ranking.findings, *checked)),
        headline=headline(answer),
        basis="" if basis is None else _checks(basis),
        choosing="" if basis is None else _short(basis),
        has_averages=basis is not None and bool(basis.averages),
        has_harms=answer.trade_off is not None and bool(answer.trade_off.harms),
        is_own=basis is None or basis.rests_on not in ("shrunk", "average"),
        options=tuple(_option_row(option, answer, truth) for option in answer.options if option.listed_by == "model"),
        outcome_heads=tuple(option.option for option in answer.options if option.estimates),
        outcome_rows=_outcomes(ranking, answer, truth),
        grade_rows=grade_rows(answer),
        safety_rows=_safety(answer),
        reason_ratio=ratio_name(answer),
        reason_heads=names,
        reason_rows=rows,
        unknown=_unknown(answer),
        figures=figures,
        evidence=evidence_rows(answer),
        evidence_notes=evidence_notes(answer),
        trade_off=trade_off_view(answer),
        is_treated=basis is None or basis.rests_on != "declared",
        has_chances=not _no_chances(answer),
        has_intervals=any(each.lower is not None for option in answer.options for each in option.estimates),
        has_difference_intervals=has_difference_intervals(answer),
    )


def _no_chances(answer: PatientAnswer) -> bool:
    """Whether no option has a chance to be better or patients alike: published models know neither."""
    chances = (option.difference.probability_better for option in answer.options if option.difference is not None)
    return all(each is None or each != each for each in chances) and not any(  # noqa: PLR0124  not a number
        option.support for option in answer.options
    )


def has_difference_intervals(answer: PatientAnswer) -> bool:
    """Whether a difference of the answer has an interval; most published models give none."""
    return any(option.difference is not None and wording.has_interval(option.difference) for option in answer.options)


def _short(basis: AdviceBasis) -> str:
    """Return what the summary says of what the advice rests on."""
    known = basis.rests_on not in ("estimates", "declared", "nothing")
    return _SHORT[basis.rests_on] + (_CHOSEN[basis.choosing] if known else "")


def _checks(basis: AdviceBasis) -> str:
    """Return the numbers behind the advice: what the headline does not say."""
    return (
        ""
        if basis.rests_on in ("estimates", "declared")
        else basis.text.removeprefix(f"{RESTS_ON[basis.rests_on]}.").strip()
    )


def _option_row(option: OptionAnswer, answer: PatientAnswer, truth: Truth | None) -> OptionRow:
    found, support = option.difference, option.support
    reference = option.option == answer.reference
    true = None if truth is None else truth.difference.get((answer.patient_id, option.option))
    return OptionRow(
        option=option.option,
        place="–" if option.rank is None else str(option.rank),
        advice=wording.ADVICE[option.advice][0],
        average=_average(option, answer),
        advice_class=option.advice.replace("_", "-"),
        difference="reference" if reference else "–" if found is None else wording.difference_text(found),
        chance="–" if reference or found is None else wording.chance_text(found.probability_better),
        truth="" if reference or true is None else wording.signed(true),
        support="–" if support is None else f"{support.effective_n:.0f} of {support.patients}",
        reason=option.no_estimate_reason or "",
        marks=tuple(dict.fromkeys(f"{row['drug']}: {wording.mark_text(row)}" for row in option.safety_marks)),
        harms=_harms(option, answer),
        guidance=_guidance(option),
        evidence=_evidence(option),
    )


def _harms(option: OptionAnswer, answer: PatientAnswer) -> tuple[str, ...]:
    """Return the estimate of each harm under an option, a line each."""
    names = () if answer.trade_off is None else answer.trade_off.harms
    found = {
        each.outcome: wording.estimate_text(each)
        for each in reversed(option.estimates)
        if each.outcome in names and each.measure in _OF_HARM
    }
    return tuple(f"{name} {found[name]}" for name in names if name in found)


def _summary_marks(answer: PatientAnswer, of_all: Iterable[Finding]) -> tuple[tuple[str, str], ...]:
    """Return (class, text) of what the summary marks: how many warnings, and that checks speak against the answer."""
    counts = Counter(each.severity for each in answer.findings)
    grave, warned = counts["serious"], counts["warning"]
    marks = [("serious", f"{grave} serious {'finding' if grave == 1 else 'findings'}")] if grave else []
    marks += [("warning", f"{warned} {'warning' if warned == 1 else 'warnings'}")] if warned else []
    if cautions(answer.advice_basis, of_all):
        marks.append(("warning", "read what the checks say"))
    return tuple(marks)


def _guidance(option: OptionAnswer) -> str:
    """Return what guidance says of the option's drugs in one line, drugs to avoid first."""
    rows = sorted(option.safety, key=lambda row: row["action"] != "avoid")
    return "; ".join(
        dict.fromkeys(
            f"{row['drug']}: {row['action'].replace('_', ' ')} ({row['gene']} {row['phenotype']}, "
            f"{row['source'].split()[0]})"
            for row in rows
        )
    )


def _evidence(option: OptionAnswer) -> str:
    """Return the best tier of an option, and how many rows speak for and against it, in one line."""
    if option.axes is None:
        return ""
    against = sum(speaks_against(row) for row in option.evidence)
    supporting = sum(row["direction"] == FOR for row in option.evidence)
    tier = best_tier(option)
    if not option.evidence:
        return "none found"
    return f"{f'tier {tier}' if tier else 'no tier'}; {supporting} for, {against} against"


def _average(option: OptionAnswer, answer: PatientAnswer) -> str:
    if option.option == answer.reference:
        return "reference"
    basis = answer.advice_basis
    found = None if basis is None else basis.averages.get(option.option)
    return "–" if basis is None or found is None else average_number(basis, found)


def _safety(answer: PatientAnswer) -> tuple[tuple[str, ...], ...]:
    """Return rows (option, drug, action, because, strength, source), those to avoid first."""
    rows = [(option.option, row) for option in answer.options for row in option.safety]
    rows.sort(key=lambda each: each[1]["action"] != "avoid")
    return tuple(
        (
            option,
            row["drug"],
            row["action"].replace("_", " "),
            f"{row['gene']} {row['phenotype']}",
            row["strength"],
            row["source"],
        )
        for option, row in rows
    )


def _outcomes(
    ranking: Ranking, answer: PatientAnswer, truth: Truth | None
) -> tuple[tuple[str, tuple[tuple[str, str], ...]], ...]:
    """Return rows (label, cells), a cell being the estimate and the truth beside it, in the order of the heads.

    Grades are left to ``grade_rows``.
    """
    estimated = [option for option in answer.options if option.estimates]
    stated = (e for o in estimated for e in o.estimates if e.measure != "grade")
    keys = list(dict.fromkeys((e.outcome, e.measure, e.horizon, e.unit) for e in stated))
    units = {curve.outcome: curve.unit for option in estimated for curve in option.curves}
    rows = []
    for key in keys:
        outcome, measure, horizon, unit = key
        cells = []
        for option in estimated:
            found = next((e for e in option.estimates if (e.outcome, e.measure, e.horizon, e.unit) == key), None)
            true = None if truth is None or found is None else _true_text(ranking, answer, option, found, truth)
            cells.append(("–" if found is None else wording.estimate_text(found), true or ""))
        name = wording.measure_name(measure, horizon, unit or units.get(outcome, ""))
        rows.append((f"{outcome}: {name}", tuple(cells)))
    return tuple(rows)


def _true_text(
    ranking: Ranking, answer: PatientAnswer, option: OptionAnswer, found: Estimate, truth: Truth
) -> str | None:
    if found.measure == "probability":
        name = found.outcome
    elif found.outcome == ranking.primary and found.horizon == ranking.horizon:
        name = found.measure
    else:
        return None
    value = truth.of(answer.patient_id, option.option, name)
    if value is None:
        return None
    scale, digits, sign = (100.0, 0, " %") if wording.is_probability(found.measure) else (1.0, 1, "")
    return f"{wording.number(value * scale, digits)}{sign}"


def _reasons(answer: PatientAnswer) -> tuple[tuple[str, ...], tuple[tuple[str, str, tuple[str, ...]], ...]]:
    """Return heads and rows (feature, value, cells): what moved all options alike, then each against the reference."""
    ratio = bool(ratio_name(answer))
    sizes: dict[str, dict[str, str]] = {}
    largest: dict[str, float] = {}
    values: dict[str, str] = {}
    for option in answer.options:
        for reason in option.reasons:
            head = "all options" if reason.kind == "prognosis" else option.option
            sizes.setdefault(reason.feature, {})[head] = _moved(reason, ratio=ratio)
            largest[reason.feature] = max(largest.get(reason.feature, 0.0), abs(reason.size))
            values[reason.feature] = reason.value
    heads = ["all options", *(each.option for each in answer.options if each.option != answer.reference)]
    heads = [head for head in heads if any(head in cells for cells in sizes.values())]
    features = sorted(sizes, key=lambda name: (-largest[name], name))[:_MOST_REASONS]
    rows = [(name, values[name], tuple(sizes[name].get(head, "") for head in heads)) for name in features]
    return tuple(heads), tuple(rows)


def ratio_name(answer: PatientAnswer) -> str:
    """Return what a contribution is a ratio of, by the first outcome that is compared; empty where it is an amount."""
    first = next((option.difference for option in answer.options if option.difference is not None), None)
    return "" if first is None else _RATIOS.get(first.measure, "")


def _moved(reason: Reason, *, ratio: bool) -> str:
    """Return what a feature does: the factor of a hazard or of odds, or the size on the linear scale."""
    if not ratio:
        return f"{reason.direction}, {wording.number(abs(reason.size), 2)}"
    return f"× {wording.number(exp(reason.size), 2)}, {reason.direction}"


def _together(names: Sequence[str], options: int) -> str:
    return f"all {options} options" if len(names) == options > 1 else ", ".join(names)


def _unknown(answer: PatientAnswer) -> tuple[tuple[str, str, str], ...]:
    """Return (class, word, sentence): options without estimate first, then findings, serious ones before others."""
    without: dict[str, list[str]] = {}
    for option in answer.options:
        if option.rank is None and option.listed_by == "model":
            without.setdefault(option.no_estimate_reason or "outside the data", []).append(option.option)
    rows = [
        ("serious", "No estimate", f"{_together(names, len(answer.options))}: {reason}")
        for reason, names in without.items()
    ]
    order = {"serious": 0, "warning": 1, "info": 2}
    stated = BEYOND | ({"outside-support"} if rows else set())  # said below the evidence, and in the rows above
    found = [each for each in answer.findings if each.code not in stated]
    found.sort(key=lambda each: order[each.severity])
    rows += [(each.severity, wording.severity_word(each.severity), f"{each.message} [{each.code}]") for each in found]
    return tuple(dict.fromkeys(rows))  # a drug of two options is said once
