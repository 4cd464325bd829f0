"""Template data of a ranking's page: texts only, escaped by the template.

Words and numbers are ``report.wording``; the page is ``report.page``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pandas as pd

from genorx._core.page import SEVERITY_ORDER
from genorx.effects.decision import Verdict
from genorx.errors import Finding
from genorx.knowledge.guidance_words import action_words, phenotype_words, strength_words
from genorx.ranking.answer.answer import AdviceBasis, Difference, Estimate, OptionAnswer, PatientAnswer, RestsOn
from genorx.ranking.answer.basis import without_averages
from genorx.ranking.answer.evidence import FOR, best_tier, resisted, speaks_against
from genorx.report import wording
from genorx.report.cautions import cautions
from genorx.report.estimate_tables import EstimateTable, ReasonTable, outcome_table, reason_table, together
from genorx.report.evidence_view import BEYOND, EvidenceRow, evidence_notes, evidence_rows
from genorx.report.grade_bars import GradeBar, grade_rows
from genorx.report.headline import average_number, headline
from genorx.report.patient_record import RecordView, record_view, specs_by_label
from genorx.report.trade_off_view import TradeOffView, cost_unit, trade_off_view

if TYPE_CHECKING:
    from genorx.ranking.ranking import Ranking

#: Options without an estimate that have a row each.
_MOST_BARE = 6
#: What is said of a harm in one line.
_OF_HARM = ("probability", "value", "incidence", "rmst")
#: What the advice rests on, and what is known of choosing by patient, as the summary says it.
_SHORT: dict[RestsOn, str] = {
    "own": "the patient's own difference",
    "shrunk": "the patient's difference, shrunk towards the average",
    "average": "the average difference",
    "estimates": "published estimates; no option is shown to be better",
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
    """True outcomes of simulated patients, by (patient, option)."""

    difference: Mapping[tuple[str, str], float]
    values: Mapping[str, Mapping[tuple[str, str], float]]

    def of(self, patient_id: str, option: str, name: str) -> float | None:
        """Return the truth ``name`` of a patient under an option; None if it is not given."""
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
    """One patient on the page: texts, and inline SVG that the page adds.

    ``lone`` are the estimates of a patient with one option, of which nothing else is said: a prognosis has no table of
    options.
    """

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
    n_options: int
    lone: tuple[tuple[str, str], ...]
    outcomes: EstimateTable
    grade_heads: tuple[str, ...]
    grade_rows: tuple[tuple[str, tuple[GradeBar | None, ...]], ...]
    safety_rows: tuple[tuple[str, ...], ...]
    reasons: ReasonTable
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

    def first(self, most: int) -> tuple[OptionRow, ...]:
        """Return what a summary names: options that are recommended, the ``most`` best, and all that have a mark."""
        advised = [row for row in self.options if row.advice_class == "recommend"]
        return tuple(dict.fromkeys([*advised, *self.options[:most], *(row for row in self.options if row.marks)]))

    @property
    def has_details(self) -> bool:
        """Whether this patient has anything beyond the first page."""
        tables = (self.outcomes.rows, self.grade_rows, self.reasons.rows, self.safety_rows, self.trade_off)
        return any((*tables, self.figures, self.wide_figures, self.evidence is not None))


def read_truth(frame: pd.DataFrame | None) -> Truth | None:
    """Parse a truth table: columns ``patient_id``, ``option``, ``delta_rmst``, and one per measure or outcome."""
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
    """Return the page data of one patient; ``checked`` are findings of the evaluation of the predictions."""
    basis = answer.advice_basis
    outcomes = outcome_table(ranking, answer, truth)
    return PatientView(
        patient_id=answer.patient_id,
        anchor=f"patient-{number}",
        record=record_view(ranking, answer.patient_id),
        cautions=cautions(basis, (*ranking.findings, *checked)),
        summary_marks=_summary_marks(answer, (*ranking.findings, *checked)),
        headline=headline(answer, _compared_by(ranking, answer)),
        basis="" if basis is None else _checks(basis, answer.reference),
        choosing="" if basis is None else _short(basis),
        has_averages=basis is not None and bool(basis.averages),
        has_harms=answer.trade_off is not None and bool(answer.trade_off.harms),
        is_own=basis is None or basis.rests_on not in ("shrunk", "average"),
        options=_option_rows(ranking, answer, truth),
        n_options=sum(option.listed_by == "model" for option in answer.options),
        lone=_lone(answer, outcomes),
        outcomes=outcomes,
        grade_heads=tuple(option.option for option in answer.options if option.estimates),
        grade_rows=grade_rows(answer),
        safety_rows=_safety(answer),
        reasons=reason_table(answer, specs_by_label(ranking)),
        unknown=_unknown(answer),
        figures=figures,
        evidence=evidence_rows(answer),
        evidence_notes=evidence_notes(answer),
        trade_off=trade_off_view(answer, cost_unit(ranking)),
        is_treated=basis is None or basis.rests_on != "declared",
        has_chances=not _no_chances(answer),
        has_intervals=any(each.lower is not None for option in answer.options for each in option.estimates),
        has_difference_intervals=has_difference_intervals(answer),
    )


def _compared_by(ranking: Ranking, answer: PatientAnswer) -> str:
    first = next((option.difference for option in answer.options if option.difference is not None), None)
    return "" if first is None else difference_name(ranking, first)


def difference_name(ranking: Ranking, first: Difference) -> str:
    """Return the outcome and the measure of a difference: ``os, mean time alive up to 36 months``."""
    words = {"free": ranking.free_of(first.outcome), "of": ranking.counted_of(first.outcome)}
    name = wording.measure_name(first.measure, first.horizon, first.unit, **words)
    return f"{wording.outcome_text(first.outcome)}, {name}"


def _lone(answer: PatientAnswer, outcomes: EstimateTable) -> tuple[tuple[str, str], ...]:
    """Return (outcome, estimate) where a patient has one option, and no guidance or evidence on it."""
    if len(answer.options) != 1 or answer.options[0].safety or answer.options[0].axes is not None:
        return ()
    return tuple((name, cells[0][0]) for name, cells in outcomes.rows)


def _no_chances(answer: PatientAnswer) -> bool:
    """Whether no option has a probability of being better or of support: published models have neither."""
    chances = (option.difference.probability_better for option in answer.options if option.difference is not None)
    return all(each is None or each != each for each in chances) and not any(  # noqa: PLR0124  not a number
        option.support for option in answer.options
    )


def has_difference_intervals(answer: PatientAnswer) -> bool:
    """Whether a difference of the answer has an interval; most published models give none."""
    return any(option.difference is not None and wording.has_interval(option.difference) for option in answer.options)


def _short(basis: AdviceBasis) -> str:
    """Return the summary's text on the basis of the advice."""
    known = basis.rests_on not in ("estimates", "declared", "nothing")
    return _SHORT[basis.rests_on] + (_CHOSEN[basis.choosing] if known else "")


def _checks(basis: AdviceBasis, reference: str) -> str:
    """Return the numbers behind the advice that neither the headline nor the table shows."""
    told = basis.rests_on in ("estimates", "declared") or (basis.gain is None and not basis.slopes)
    return "" if told else without_averages(basis, reference)


def _option_rows(ranking: Ranking, answer: PatientAnswer, truth: Truth | None) -> tuple[OptionRow, ...]:
    """Return a row an option, best first; many without an estimate, of which nothing else is known, share the last."""
    own = [option for option in answer.options if option.listed_by == "model"]
    bare = [option for option in own if option.rank is None and not option.safety and not option.evidence]
    if len(bare) <= _MOST_BARE:
        return tuple(_option_row(ranking, option, answer, truth) for option in own)
    rows = [_option_row(ranking, option, answer, truth) for option in own if option not in bare]
    # how many patients are alike differs between them
    together_as = replace(bare[0], option=together([option.option for option in bare], len(own)), support=None)
    return (*rows, _option_row(ranking, together_as, answer, truth))


def _option_row(ranking: Ranking, option: OptionAnswer, answer: PatientAnswer, truth: Truth | None) -> OptionRow:
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
        support="–" if support is None else f"{support.effective_n:,.0f} of {support.patients:,}",
        reason=option.no_estimate_reason or "",
        marks=_marks(option),
        harms=_harms(ranking, option, answer),
        guidance=_guidance(option),
        evidence=_evidence(option),
    )


def _harms(ranking: Ranking, option: OptionAnswer, answer: PatientAnswer) -> tuple[str, ...]:
    """Return the estimate of each harm under an option, a line each."""
    names = () if answer.trade_off is None else answer.trade_off.harms
    found = {
        each.outcome: each for each in reversed(option.estimates) if each.outcome in names and each.measure in _OF_HARM
    }
    units = {curve.outcome: curve.unit for curve in option.curves}
    return tuple(_harm(ranking, found[name], units.get(name, "")) for name in names if name in found)


def _harm(ranking: Ranking, each: Estimate, unit: str) -> str:
    """Return a harm with what it is of: the grades that count, the time by which, the unit."""
    of = ranking.counted_of(each.outcome)
    until = "up to" if each.measure == "rmst" else "by"
    by = "" if each.horizon is None else f"{until} {wording.time_text(each.horizon)} {each.unit or unit}".rstrip()
    amount = f"({each.unit})" if each.measure == "value" and each.unit else ""
    said = ", ".join(part for part in (wording.outcome_text(each.outcome), of) if part)
    return f"{' '.join(part for part in (said, by, amount) if part)}: {wording.estimate_text(each)}"


def _marks(option: OptionAnswer) -> tuple[str, ...]:
    """Return what guidance and strong evidence of resistance say against an option as it stands."""
    strengths: dict[str, list[str]] = {}
    for row in option.safety_marks:
        asked = f"{row['drug']}: {action_words(row['action'])}"
        strengths.setdefault(asked, []).append(strength_words(row["strength"]).lower())
    guided = [f"{asked} ({', '.join(dict.fromkeys(each))})" for asked, each in strengths.items()]
    against = [
        f"evidence of resistance to {name}{' alone' if part else ''} (tier R-I)" for name, part in resisted(option)
    ]
    return tuple(dict.fromkeys([*guided, *against]))


def _summary_marks(answer: PatientAnswer, of_all: Iterable[Finding]) -> tuple[tuple[str, str], ...]:
    """Return (class, text) of the summary's marks: number of warnings, and checks against the result."""
    counts = Counter(severity for severity, _, _ in dict.fromkeys(map(_line, answer.findings)))
    grave, warned = counts["serious"], counts["warning"]
    marks = [("serious", f"{grave} serious {'finding' if grave == 1 else 'findings'}")] if grave else []
    marks += [("warning", f"{warned} {'warning' if warned == 1 else 'warnings'}")] if warned else []
    if cautions(answer.advice_basis, of_all):
        marks.append(("warning", "read what the checks say"))
    return tuple(marks)


def _guidance(option: OptionAnswer) -> str:
    """Return what guidance says of the option's drugs in one line, drugs to avoid first."""
    drugs: dict[str, list[Mapping[str, str]]] = {}
    for row in sorted(option.safety, key=lambda row: row["action"] != "avoid"):
        drugs.setdefault(row["drug"], []).append(row)
    return "; ".join(f"{drug}: {_asked(rows)}" for drug, rows in drugs.items())


def _asked(rows: Iterable[Mapping[str, str]]) -> str:
    """Return ``reduce (CPIC, DPWG), by DPYD activity score 1.0``: each action with its sources, then the phenotypes."""
    sources: dict[str, list[str]] = {}
    because: dict[str, str] = {}
    for row in rows:
        sources.setdefault(action_words(row["action"]), []).append(row["source"].split()[0])
        because[row["gene"]] = max(because.get(row["gene"], ""), _because(row), key=len)
    actions = ", ".join(f"{action} ({', '.join(dict.fromkeys(names))})" for action, names in sources.items())
    return f"{actions}, by {' and '.join(because.values())}"


def _because(row: Mapping[str, str]) -> str:
    return f"{row['gene']} {phenotype_words(row['phenotype'])}"


def _evidence(option: OptionAnswer) -> str:
    """Return the best tier of an option, and the number of rows for and against it, in one line."""
    if option.axes is None:
        return ""
    against = sum(speaks_against(row) for row in option.evidence)
    supporting = sum(row["direction"] == FOR for row in option.evidence)
    tier = best_tier(option)
    if not option.evidence:
        return "none found"
    records = f"{supporting} {'record' if supporting == 1 else 'records'} for it"
    return f"{f'tier {tier}' if tier else 'no tier'}; {records}, {against} against"


def _average(option: OptionAnswer, answer: PatientAnswer) -> str:
    if option.option == answer.reference:
        return "reference"
    basis = answer.advice_basis
    found = None if basis is None else basis.averages.get(option.option)
    return "–" if basis is None or found is None else average_number(basis, found)


def _safety(answer: PatientAnswer) -> tuple[tuple[str, ...], ...]:
    """Return rows (drug, options with it, action, because, strength, source), those to avoid first."""
    options: dict[tuple[str, ...], list[str]] = {}
    for option in answer.options:
        for row in option.safety:
            said = (action_words(row["action"]), _because(row), strength_words(row["strength"]), row["source"])
            options.setdefault((row["drug"], row["action"], *said), []).append(option.option)
    rows = sorted(options.items(), key=lambda each: each[0][1] != "avoid")
    return tuple((drug, together(names, len(answer.options)), *said) for (drug, _, *said), names in rows)


def _unknown(answer: PatientAnswer) -> tuple[tuple[str, str, str], ...]:
    """Return (class, word, sentence): options without estimate first, then findings, serious ones before others."""
    without: dict[str, list[str]] = {}
    for option in answer.options:
        if option.rank is None and option.listed_by == "model":
            without.setdefault(option.no_estimate_reason or "outside the data", []).append(option.option)
    rows = [
        ("serious", "No estimate", f"{together(names, len(answer.options))}: {wording.true_minus(reason)}")
        for reason, names in without.items()
    ]
    stated = BEYOND | ({"outside-support"} if rows else set())  # said below the evidence, and in the rows above
    found = [each for each in answer.findings if each.code not in stated and each.message not in without]
    found.sort(key=lambda each: SEVERITY_ORDER[each.severity])
    rows += map(_line, found)
    return tuple(dict.fromkeys(rows))  # a drug of two options is said once


def _line(finding: Finding) -> tuple[str, str, str]:
    """Return (class, word, sentence) of a finding."""
    message = wording.true_minus(finding.message)
    return finding.severity, wording.severity_word(finding.severity), f"{message} [{finding.code}]"
