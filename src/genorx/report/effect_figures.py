"""Mean differences side by side: doubly robust, by the model, with other trimming, from other landmark days.

Other figures of a report on effects are ``effects.report_figures``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from genorx._core.figures import own_axes, tidy
from genorx.errors import UsageError, shown
from genorx.report import wording

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from genorx.ranking.evaluation.outcome_effect import OutcomeEffect

_DARK, _BLUE, _GREY = "#1f2933", "#1d6fa5", "#6b7280"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One analysis: its name, the difference, its limits if any, and the reason for a missing number."""

    label: str
    estimate: float | None
    lower: float | None
    upper: float | None
    patients: int | None = None
    reason: str = ""
    main: bool = False


def analyses(effect: OutcomeEffect, option: str) -> list[Line]:
    """Return the mean difference of an option by each analysis; the study's own first."""
    if effect.report is None:
        return []
    rows = effect.report.averages.to_dict(orient="records")
    own = next((row for row in rows if row["option"] == option), None)
    if own is None:
        return []
    found = [
        _line("doubly robust", own, main=True),
        Line(label="the model itself", estimate=float(own["model"]), lower=None, upper=None),
    ]
    found += [
        _line(f"trimmed to propensities of {row['smallest']:g} or more", row)
        for row in effect.report.trimming.to_dict(orient="records")
        if row["option"] == option
    ]
    found += [
        _line(f"from day {row['landmark']:g}", row)
        for row in effect.landmarks.to_dict(orient="records")
        if row["option"] == option and row["landmark"] != effect.landmark
    ]
    return found


def plot_mean_differences(effect: OutcomeEffect, *, option: str | None = None, ax: Axes | None = None) -> Axes:
    """Draw the mean difference of an option by each analysis with its 95 % interval: a forest plot."""
    name = option or next(iter(effect.identified), "")
    lines = analyses(effect, name)
    if not lines:
        raise UsageError(f"no option {shown(name)!r} with a mean difference", code="no-such-option")
    ax = own_axes(ax)
    scale = 100.0 if wording.is_probability(effect.measure) else 1.0
    ax.axvline(0.0, color=_GREY, linewidth=0.9)
    for place, line in enumerate(lines):
        if line.estimate is None:
            ax.text(0.0, place, " not identified", va="center", color=_GREY, fontsize="medium")
            continue
        if line.lower is not None and line.upper is not None:
            ax.plot([line.lower * scale, line.upper * scale], [place, place], color=_BLUE, linewidth=1.8)
        face = _BLUE if line.main else "white"
        ax.plot([line.estimate * scale], [place], "o", color=_BLUE, markerfacecolor=face, markersize=6.5)
    ax.set_yticks(range(len(lines)), labels=[line.label for line in lines])
    ax.set_ylim(len(lines) - 0.5, -0.5)
    ax.set_xlabel(f"{shown(name)} against {shown(effect.reference)} ({difference_unit(effect)})", parse_math=False)
    return tidy(ax, keep_left=False)


def difference_unit(effect: OutcomeEffect) -> str:
    """Return the unit of a difference in words."""
    return "percentage points" if wording.is_probability(effect.measure) else effect.unit or "units of the outcome"


def _line(label: str, row: dict[object, object], *, main: bool = False) -> Line:
    numbers = {name: _known(row.get(name)) for name in ("estimate", "lower", "upper")}
    patients = _known(row.get("patients"))
    reason = str(row.get("reason") or "") if numbers["estimate"] is None else ""
    count = None if patients is None else int(patients)
    return Line(label=label, **numbers, patients=count, reason=reason or "too few patients are left", main=main)


def _known(value: object) -> float | None:
    number = float(value) if isinstance(value, int | float) else None
    return None if number is None or number != number else number  # noqa: PLR0124  not a number differs from itself
