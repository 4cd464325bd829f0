"""The page of a screening evaluation: calibration, net benefit, and each threshold in people out of 1,000."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from genorx._core.svg import drawn
from genorx.report import wording
from genorx.report.page import render
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
    parts = [_part(found.evaluation, "All people", "a")]
    for column, levels in found.groups.items():
        for number, (level, each) in enumerate(levels.items()):
            if each is not None:
                parts.append(_part(each, f"{column}: {level}", f"g{len(parts)}-{number}"))
    return render("screening.html", {"name": name, "parts": parts, "findings": found.findings})


def _part(found: ScreeningEvaluation, title: str, prefix: str) -> _Part:
    at = f"by time {wording.time_text(found.horizon)}"
    counts = found.events
    return _Part(
        title=title,
        sentences=(
            f"{found.n:,} people. {at.capitalize()}, in the unit of their times, {counts['cause']:,} had the cancer "
            f"and {counts['competing']:,} another event first; {counts['censored']:,} were followed up for less.",
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
