"""Figures of a monitor: calibration over time, observed over expected events by site, timeline of looks and models.

Each takes ``ax=None`` and returns the ``Axes``; actions differ by marker, not by colour alone.
Source: Spiegelhalter DJ 2005, Stat Med 24:1185 (funnel plots).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from genorx._core.figures import own_axes, ratio_axis, tidy
from genorx.errors import shown
from genorx.report.clock import Clock

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from genorx.monitor.look_report import LookReport

_MARKERS: dict[str, tuple[str, str]] = {
    "keep": ("o", "#4b5563"),
    "hold": ("s", "#b45309"),
    "recalibrate_baseline": ("^", "#1d6fa5"),
    "recalibrate_slope": ("D", "#1d6fa5"),
    "refit": ("*", "#b00020"),
}
Floats = NDArray[np.float64]
_DARK = "#1f2933"
_NAMED = 8  # sites, up to which all are named in a funnel
_ACCEPTED = (0.8, 1.25)
NO_UNIT = Clock()


def plot_calibration_over_time(
    reports: Sequence[LookReport], *, clock: Clock = NO_UNIT, ax: Axes | None = None
) -> Axes:
    """Plot observed over expected events at each look with 95 % intervals; return the Axes.

    The grey band is where chance alone keeps 95 % of the looks of a calibrated model; the dashed lines are 0.8 and
    1.25, beyond which a policy accepts no model by default.

    Parameters
    ----------
    reports : sequence of LookReport
    clock : Clock
        Unit of the times, or that they are dates.
    ax : Axes, optional
    """
    ax = own_axes(ax)
    overall = pd.concat([_overall(each) for each in reports], ignore_index=True)
    for number, (part, rows) in enumerate(overall.groupby("part", sort=False)):
        at = np.array([clock.place(each) for each in rows["as_of"].astype(float)]) + 0.15 * number
        reach = np.array([rows["ratio"] - rows["lower"], rows["upper"] - rows["ratio"]])
        line = ("-", "--", ":", "-.")[number % 4]
        ax.errorbar(at, rows["ratio"], yerr=reach, fmt="none", ecolor=_DARK, elinewidth=0.8, capsize=2)
        ax.plot(at, rows["ratio"], line, color=_DARK, linewidth=0.8, label=shown(part))
        for x, y, action in zip(at, rows["ratio"], rows["action"], strict=True):
            marker, colour = _MARKERS[action]
            ax.plot([x], [y], marker, color=colour, markersize=6)
        if not number and len(at) > 1:
            low, high = _limits(rows["expected"].to_numpy(dtype=float), 0.95)
            ax.fill_between(at, low, high, color="#e4e7eb", zorder=0)
    for level in (1.0, *_ACCEPTED):
        ax.axhline(level, color="#6b7280", linewidth=0.8, linestyle="-" if level == 1.0 else "--")
    least, most = float(overall["lower"].min()), float(overall["upper"].max())
    ratio_axis(ax, "y", max(0.1, min(least, 0.7) * 0.95), min(10.0, max(most, 1.4) * 1.05))
    clock.label(ax, "snapshot")
    ax.set_ylabel("Observed over expected events")
    if overall["part"].nunique() > 1:
        ax.legend(frameon=False)
    return tidy(ax, grid=False)


def _overall(report: LookReport) -> pd.DataFrame:
    table = report.calibration
    if table.empty:
        return pd.DataFrame(columns=["part", "ratio", "lower", "upper", "expected", "as_of", "action"])
    return table[table["group"] == "all"].assign(as_of=report.as_of, action=report.action)


def _limits(expected: Floats, level: float, ratio: float = 1.0) -> tuple[Floats, Floats]:
    """Return the limits of chance variation of a ratio: Poisson quantiles (Spiegelhalter 2005, appendix A)."""
    mean = np.maximum(ratio * expected, 1e-9)
    found = []
    for p in ((1.0 - level) / 2.0, (1.0 + level) / 2.0):
        count = stats.poisson.ppf(p, mean)
        at, below = stats.poisson.cdf(count, mean), stats.poisson.cdf(count - 1.0, mean)
        found.append(np.clip(count - (at - p) / (at - below), 0.0, None) / expected)
    return found[0], found[1]


def plot_site_funnel(report: LookReport, *, group: str = "site", ax: Axes | None = None) -> Axes:
    """Plot observed over expected events of each site against expected events (funnel plot); return the Axes.

    The lines are where chance alone keeps 95 and 99.8 % of sites of this size, about the ratio of all.  Of many sites
    only those outside the inner lines are named.

    Parameters
    ----------
    report : LookReport
    group : str
        ``site``, ``arm``, or a declared subgroup.
    """
    ax = own_axes(ax)
    table = report.calibration
    rows = table[table["group"] == group] if not table.empty else table
    whole = _overall(report)
    if rows.empty or whole.empty:
        ax.text(0.5, 0.5, f"no {group} with expected events", ha="center", va="center", transform=ax.transAxes)
        ax.set_axis_off()
        return ax
    centre = float(whole["ratio"].iloc[0])
    at = np.linspace(max(0.3, rows["expected"].min() * 0.5), rows["expected"].max() * 1.15, 200)
    for level, style in ((0.95, "--"), (0.998, "-")):
        lower, upper = _limits(at, level, centre)
        ax.plot(at, upper, style, color="#6b7280", linewidth=0.8, label=f"{level * 100:g} % of sites")
        ax.plot(at, lower, style, color="#6b7280", linewidth=0.8)
    ax.axhline(centre, color="#4b5563", linewidth=0.8)
    ax.axhline(1.0, color="#4b5563", linewidth=0.8, linestyle=":")
    ax.plot(rows["expected"], rows["ratio"], "o", color="#1d6fa5")
    named = _outside(rows, centre).sort_values("expected", kind="stable")
    middle = rows["expected"].max() / 2
    for place, (_, row) in enumerate(named.iterrows()):
        # neighbours are named on different sides, above or below; one near the axis away from it
        right = bool(place % 2) if row["expected"] > middle / 3 else True
        side, away = ("left", 5) if right else ("right", -5)
        at_site, up = (row["expected"], row["ratio"]), (4, -11)[place % 4 > 1]
        ax.annotate(shown(row["level"]), at_site, xytext=(away, up), textcoords="offset points", ha=side)
    ax.set_ylim(0.0, 1.15 * max(float(rows["ratio"].max()), 2.0 * centre, 1.0))
    ax.set_xlabel("Expected events")
    ax.set_ylabel(f"Observed over expected, by {group}")
    ax.legend(frameon=False, loc="upper center", bbox_to_anchor=(0.5, -0.2), ncols=2)
    return tidy(ax, grid=False)


def _outside(rows: pd.DataFrame, centre: float) -> pd.DataFrame:
    """Return the sites to label: all if few, otherwise those beyond the 95 % lines."""
    if len(rows) <= _NAMED:
        return rows
    lower, upper = _limits(rows["expected"].to_numpy(dtype=float), 0.95, centre)
    return rows[(rows["ratio"] < lower) | (rows["ratio"] > upper)]


def plot_timeline(
    reports: Sequence[LookReport],
    models: Sequence[tuple[float, str]] = (),
    *,
    clock: Clock = NO_UNIT,
    ax: Axes | None = None,
) -> Axes:
    """Plot the result of each look, and the creation of models; return the Axes.

    Parameters
    ----------
    reports : sequence of LookReport
    models : sequence of (float, str)
        Date, in the unit of the looks, and name of each model.
    clock : Clock
        Unit of the times, or that they are dates.
    ax : Axes, optional
    """
    ax = own_axes(ax)
    order = list(_MARKERS)
    for report in reports:
        marker, colour = _MARKERS[report.action]
        ax.plot([clock.place(report.as_of)], [order.index(report.action)], marker, color=colour, markersize=8)
    for date, name in models:
        ax.axvline(clock.place(date), color="#6b7280", linewidth=0.8, linestyle="--")
        ax.annotate(
            shown(name), (clock.place(date), len(order) - 0.6), rotation=90, va="top", ha="right", fontsize="medium"
        )
    ax.set_yticks(range(len(order)), [each.replace("_", " ") for each in order])
    ax.set_ylim(-0.5, len(order) - 0.5)
    clock.label(ax, "look")
    ax.grid(axis="y", color="#e4e7eb")
    return tidy(ax, grid=False)
