"""The page of a screening evaluation: the result in sentences, groups beside each other, and each in detail.

Thresholds are shown in people out of 1,000.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from genorx._core.svg import drawn
from genorx.report import wording
from genorx.report.rendering import render
from genorx.survival import plot_net_benefit, plot_risk_calibration

if TYPE_CHECKING:
    from genorx.published import FollowedUp
    from genorx.survival import Score, ScreeningEvaluation, ThresholdMeasures

_SIZE = (4.6, 3.3)


@dataclass(frozen=True, kw_only=True)
class _Part:
    """All people, or one group: sentences, rows of measures, rows by threshold, figures."""

    title: str
    sentences: tuple[str, ...]
    measures: tuple[tuple[str, str], ...]
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    figures: tuple[tuple[str, str], ...]


def screening_html(found: FollowedUp, *, name: str = "") -> str:
    r"""Return the page of an evaluation: self-contained, no script, no network.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> folder = Path(tempfile.mkdtemp())
    >>> from genorx.published import ScreeningSpec, evaluate_table
    >>> people = ["{},0.2,3,1", "{},0.02,6,0", "{},0.2,6,0", "{},0.02,6,0"] * 50
    >>> rows = ["id,risk,time,cause", *(each.format(f"P{n}") for n, each in enumerate(people))]
    >>> _ = (folder / "people.csv").write_text("\n".join(rows))
    >>> spec = ScreeningSpec(id="id", risk="risk", time="time", cause="cause", horizon=6)
    >>> "<h1" in screening_html(evaluate_table(folder / "people.csv", spec, n_boot=20))
    True
    """
    parts = [_part(found.evaluation, "All people", "a", found.unit)]
    for column, levels in found.groups.items():
        for number, (level, each) in enumerate(levels.items()):
            if each is not None:
                parts.append(_part(each, f"{column}: {level}", f"g{len(parts)}-{number}", found.unit))
    apart = [each for each in found.findings if each.code == "screening-group-not-measured"]
    context = {
        "name": name,
        "parts": parts,
        "findings": [each for each in found.findings if each not in apart],
        "not_measured": apart,
        "result": _result(found.evaluation),
        "rules": [_rule(found.evaluation, each) for each in found.evaluation.thresholds],
        "groups": _groups(found),
        "by": _by(found.evaluation, found.unit),
    }
    return render("screening.html", context)


def _by(found: ScreeningEvaluation, unit: str) -> str:
    """Return the horizon in words: ``by 6 years``; without a unit ``by time 6``."""
    when = wording.time_text(found.horizon)
    return f"by {when} {unit}" if unit else f"by time {when}"


def _result(found: ScreeningEvaluation) -> tuple[str, ...]:
    """Return what the evaluation shows, in sentences: only what the interval excludes is said to be so."""
    said = _beside_one(
        found.oe,
        "More cancers were observed than predicted",
        "Fewer cancers were observed than predicted",
        "The numbers of cancers observed and predicted are not shown to differ",
    )
    slope = _beside_one(
        found.slope,
        "Risks do not differ enough between people",
        "Risks are too extreme: high ones are too high, or low ones too low",
        "That risks are too extreme, or not extreme enough, is not shown",
    )
    return (
        f"{said}: observed over expected {_score(found.oe, 2)}.",
        f"{slope} (calibration slope {_score(found.slope, 2)}).",
        "Of a person with the cancer and one without it by then, the first has the higher risk in "
        f"{_score(found.auc, 0, 100.0)} % of pairs (AUC; 50 % is chance).",
    )


def _beside_one(score: Score, above: str, below: str, neither: str) -> str:
    """Return the word for an interval above 1, below 1, or neither; one that is not known is neither."""
    return above if score.lower > 1 else below if score.upper < 1 else neither


def _rule(found: ScreeningEvaluation, each: ThresholdMeasures) -> str:
    """Return what one threshold would have done, in people out of 1,000."""
    if not each.screened:
        return f"From a risk of {_share(each.threshold)} on nobody of these people is screened."
    caught = 1000.0 * each.screened * each.ppv.estimate
    return (
        f"Screening from a risk of {_share(each.threshold)} on: of 1,000 people {1000.0 * each.screened:,.0f} are "
        f"screened, among them {wording.number(caught)} of the {wording.number(1000.0 * found.observed)} with the "
        f"cancer. Net benefit {_score(each.net_benefit, 1, 1000.0)}; of screening everybody "
        f"{wording.number(1000.0 * each.net_benefit_all)}, of nobody 0."
    )


def _groups(found: FollowedUp) -> list[tuple[str, ...]]:
    """Return a row for all people and one for each group; of one that was not measured the counts alone."""
    if not found.groups:
        return []
    whole = found.evaluation
    rows = [("All people", *_group(whole, {"n": whole.n, **whole.events}))]
    for column, levels in found.groups.items():
        rows += [(f"{column}: {level}", *_group(each, found.events[column][level])) for level, each in levels.items()]
    return rows


def _group(found: ScreeningEvaluation | None, counts: Mapping[str, int]) -> tuple[str, ...]:
    known = (f"{counts['n']:,}", f"{counts['cause']:,}")
    if found is None:
        return (*known, "not measured", "–", "–", "–", "–")
    scores = (_score(found.oe, 2), _score(found.slope, 2), _score(found.auc, 3))
    return (*known, _share(found.observed), _share(found.expected), *scores)


def _part(found: ScreeningEvaluation, title: str, prefix: str, unit: str) -> _Part:
    at = _by(found, unit)
    counts = found.events
    unnamed = "" if unit else ", in the unit of their times,"
    return _Part(
        title=title,
        sentences=(
            f"{found.n:,} people. {at.capitalize()}{unnamed} {counts['cause']:,} had the cancer and "
            f"{counts['competing']:,} another event first; {counts['censored']:,} were followed up for less.",
            f"Observed {at}: {_share(found.observed)} (Aalen-Johansen); expected {_share(found.expected)}.",
        ),
        measures=(
            ("Observed over expected (1 is right)", _score(found.oe, 2)),
            ("Calibration slope (1 is right; below, risks are too extreme)", _score(found.slope, 2)),
            ("Calibration intercept (0 is right; above, risks are too low)", _score(found.intercept, 2)),
            (
                "Integrated calibration index, ICI: mean distance from the observed, in percentage points",
                _score(found.ici, 2, 100.0),
            ),
            ("Discrimination: AUC, a competing death is a control (0.5 is chance)", _score(found.auc, 3)),
        ),
        heads=(
            "Risk from",
            "Screened",
            "Screened with the cancer",
            "Cancers missed",
            "Screened without the cancer",
            "Net benefit",
            "Number needed to screen for one cancer",
        ),
        rows=tuple(_row(each) for each in found.thresholds),
        figures=(
            (
                f"Observed against predicted risk {at}, and how risks are spread",
                drawn(
                    plot_risk_calibration,
                    found,
                    size=_SIZE,
                    prefix=f"{prefix}c-",
                    label=f"Calibration of {title}: observed against predicted risk",
                    unit=unit,
                ),
            ),
            (
                "Net benefit of screening by risk, of screening everybody and nobody",
                drawn(
                    plot_net_benefit,
                    found,
                    size=_SIZE,
                    prefix=f"{prefix}n-",
                    label=f"Net benefit of {title} by threshold",
                ),
            ),
        ),
    )


def _row(each: ThresholdMeasures) -> tuple[str, ...]:
    """Return one threshold in numbers out of 1,000 people."""
    ppv = each.ppv.estimate if each.screened else 0.0
    needed = each.number_needed_to_screen
    return (
        _share(each.threshold),
        wording.number(1000.0 * each.screened, 0),
        wording.number(1000.0 * each.screened * ppv),
        _score(each.missed, 1, 1000.0),
        wording.number(1000.0 * each.screened * (1.0 - ppv), 0),
        f"{_score(each.net_benefit, 1, 1000.0)}; everybody {wording.number(1000.0 * each.net_benefit_all)}",
        "–" if needed is None else wording.number(needed, 0),
    )


def _share(value: float) -> str:
    return f"{wording.number(100.0 * value, 2)} %"


def _score(score: Score, digits: int, scale: float = 1.0) -> str:
    ends = [wording.number(scale * end, digits) for end in (score.lower, score.upper)]
    middle = wording.number(scale * score.estimate, digits)
    return middle if ends == ["–", "–"] else f"{middle} ({ends[0]} to {ends[1]})"
