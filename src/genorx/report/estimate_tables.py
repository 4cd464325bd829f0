"""Tables behind a patient's first page: outcomes under each option, and drivers of the estimates.

Options are columns while they are few; where they are many, a row each, so that no table is wider than paper.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import exp
from types import MappingProxyType
from typing import TYPE_CHECKING

from genorx.ranking.answer.answer import Estimate, OptionAnswer, PatientAnswer, Reason
from genorx.report import wording
from genorx.report.patient_record import value_in_words

if TYPE_CHECKING:
    from genorx._core.feature_spec import FeatureSpec
    from genorx.ranking.ranking import Ranking
    from genorx.report.view import Truth

#: Options that stand side by side as columns; more are rows.
_MOST_COLUMNS = 6
_MOST_REASONS = 8
_MOVED = "What moved the estimate"
_ALL = "all options"
#: What the linear scale of an outcome's model is the logarithm of.
_RATIOS = {
    "rmst": "hazard ratio", "survival": "hazard ratio", "rmtl": "hazard ratio", "incidence": "hazard ratio",
    "probability": "odds ratio",
}  # fmt: skip
#: What precedes, in the value of a reason of a published model, the treatments to which one was added.
_ON_TOP = " on top of "


@dataclass(frozen=True, kw_only=True)
class EstimateTable:
    """A table of texts; each cell with the truth of a simulated patient beside it, or empty text.

    ``is_turned`` where options are the rows.
    """

    heads: tuple[str, ...]
    rows: tuple[tuple[str, tuple[tuple[str, str], ...]], ...]
    is_turned: bool


def outcome_table(ranking: Ranking, answer: PatientAnswer, truth: Truth | None) -> EstimateTable:
    """Return every estimate except grades, which are in ``grade_rows``."""
    estimated = [option for option in answer.options if option.estimates]
    gone = _complement(ranking)
    stated = (
        e
        for o in estimated
        for e in o.estimates
        if e.measure != "grade" and not (e.measure in ("state", "state_time") and e.outcome == gone)
    )
    keys = list(dict.fromkeys((e.outcome, e.measure, e.horizon, e.unit) for e in stated))
    named = list(dict.fromkeys(outcome for outcome, *_ in keys))
    keys.sort(key=lambda key: named.index(key[0]))  # the horizons of an outcome side by side
    units = {curve.outcome: curve.unit for option in estimated for curve in option.curves}
    rows = []
    for key in keys:
        outcome, measure, horizon, unit = key
        cells = []
        for option in estimated:
            found = next((e for e in option.estimates if (e.outcome, e.measure, e.horizon, e.unit) == key), None)
            true = None if truth is None or found is None else _true_text(ranking, answer, option, found, truth)
            cells.append(("–" if found is None else wording.estimate_text(found), true or ""))
        words = {"free": ranking.free_of(outcome), "of": ranking.counted_of(outcome)}
        name = wording.measure_name(measure, horizon, unit or units.get(outcome, ""), **words)
        rows.append((f"{wording.outcome_text(outcome)}: {name}", tuple(cells)))
    table = EstimateTable(heads=tuple(option.option for option in estimated), rows=tuple(rows), is_turned=False)
    return _turned(table) if len(estimated) > _MOST_COLUMNS else table


def _complement(ranking: Ranking) -> str:
    """Return the state of which survival is the complement, as NAME:STATE; empty if there are several, or none."""
    course = ranking.course
    gone = [] if course is None else [state for state in course.states if state not in course.alive]
    return f"{ranking.primary}:{gone[0]}" if len(gone) == 1 else ""


def _turned(table: EstimateTable) -> EstimateTable:
    """Return the transposed table."""
    rows = tuple((head, tuple(cells[at] for _, cells in table.rows)) for at, head in enumerate(table.heads))
    return EstimateTable(heads=tuple(name for name, _ in table.rows), rows=rows, is_turned=True)


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


@dataclass(frozen=True, kw_only=True)
class ReasonTable:
    """Drivers of the estimates: one row per feature, with its value and one cell per column."""

    title: str
    caption: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, tuple[str, ...]], ...]


def reason_table(answer: PatientAnswer, specs: Mapping[str, FeatureSpec] = MappingProxyType({})) -> ReasonTable:
    """Return the drivers common to all options, then of each against the reference; for published options, gains.

    ``specs`` say what each feature is, by its label.
    """
    basis = answer.advice_basis
    return _added(answer) if basis is not None and basis.rests_on == "estimates" else _moved_table(answer, specs)


def _moved_table(answer: PatientAnswer, specs: Mapping[str, FeatureSpec]) -> ReasonTable:
    ratio = ratio_name(answer)
    sizes: dict[str, dict[str, str]] = {}
    largest: dict[str, float] = {}
    values: dict[str, str] = {}
    for option in answer.options:
        for reason in option.reasons:
            head = _ALL if reason.kind == "prognosis" else option.option
            sizes.setdefault(reason.feature, {})[head] = _moved(reason, ratio=bool(ratio))
            largest[reason.feature] = max(largest.get(reason.feature, 0.0), abs(reason.size))
            values[reason.feature] = value_in_words(reason.value, specs.get(reason.feature))
    heads = [_ALL, *(each.option for each in answer.options if each.option != answer.reference)]
    heads = [head for head in heads if any(head in cells for cells in sizes.values())]
    titles = [head[:1].upper() + head[1:] if head == _ALL else head for head in heads]
    features = sorted(sizes, key=lambda name: (-largest[name], name))[:_MOST_REASONS]
    scale = f"as {ratio}" if ratio else "on the model's linear scale"
    if any(each.measure == "state" for option in answer.options for each in option.estimates):
        scale += ", weighted over the transitions by their effect on the time alive"
    caption = f"Against the average patient, {scale}: on all options alike"
    caption += (
        f", and on an option against {answer.reference}; –: none of note" if any(head != _ALL for head in heads) else ""
    )
    if len(heads) > _MOST_COLUMNS + 1:  # options are the rows
        named = tuple(f"{name} ({values[name]})" if values[name] else name for name in features)
        turned = tuple((head, tuple(sizes[name].get(head, "–") for name in features)) for head in heads)
        return ReasonTable(title=_MOVED, caption=caption, heads=("Option", *named), rows=turned)
    rows = tuple((name, (values[name], *(sizes[name].get(head, "–") for head in heads))) for name in features)
    return ReasonTable(title=_MOVED, caption=caption, heads=("Feature", "Value", *titles), rows=rows)


def _added(answer: PatientAnswer) -> ReasonTable:
    """Return the gain of each treatment of a published model, in the best option that has it and alone."""
    found: dict[str, list[tuple[int, Reason]]] = {}
    for option in answer.options:
        for reason in option.reasons:
            found.setdefault(reason.feature, []).append((len(option.reasons), reason))
    ratio = ratio_name(answer)
    rows = []
    for name, given in found.items():
        best, alone = given[0][1], min(given, key=lambda each: each[0])[1]
        rows.append((name, (_moved(best, ratio=bool(ratio)), _gain(best), _gain(alone))))
    heads = ("Treatment", ratio.capitalize() or "Effect", "In the best option that has it", "With the fewest others")
    caption = "The model's effect, and how much the treatment adds to the other treatments of an option"
    return ReasonTable(title="What each treatment adds", caption=caption, heads=heads, rows=tuple(rows))


def _gain(reason: Reason) -> str:
    return reason.value.partition(_ON_TOP)[0].replace("-", "−").replace(" points", " percentage points")


def ratio_name(answer: PatientAnswer) -> str:
    """Return what a contribution is a ratio of, by the first compared outcome; empty for an amount."""
    first = next((option.difference for option in answer.options if option.difference is not None), None)
    return "" if first is None else _RATIOS.get(first.measure, "")


def _moved(reason: Reason, *, ratio: bool) -> str:
    """Return a feature's contribution: the factor of a hazard or odds, or the size on the linear scale."""
    if not ratio:
        return f"{reason.direction}, {wording.number(abs(reason.size), 2)}"
    return f"× {wording.number(exp(reason.size), 2)}, {reason.direction}"


def together(names: Sequence[str], options: int) -> str:
    """Return names of options in one text; only their number if it is all of them, or too many."""
    if len(names) == options > 1:
        return f"all {options} options"
    return f"{len(names)} of {options} options" if len(names) > _MOST_COLUMNS else ", ".join(names)
