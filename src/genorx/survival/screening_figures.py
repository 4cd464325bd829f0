"""Figures of a screening evaluation: observed against predicted risk, and net benefit by threshold.

Each takes ``ax=None`` and returns the ``Axes``; none shows, saves or sets a style.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from genorx._core.figures import own_axes, tidy
from genorx.errors import shown
from genorx.survival.screening import ScreeningEvaluation

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_BLUE, _GREY, _DARK = "#1d6fa5", "#6b7280", "#1f2933"


def plot_risk_calibration(evaluation: ScreeningEvaluation, *, unit: str = "", ax: Axes | None = None) -> Axes:
    """Draw observed against predicted risk with a pointwise 95 % band, and below it the distribution of risks.

    On the dashed line the observed incidence equals the predicted risk; above it, predicted risks are too low.

    Parameters
    ----------
    evaluation : ScreeningEvaluation
        From ``evaluate_screening``.
    unit : str
        Unit of the horizon, such as ``years``; the evaluation does not hold it.
    ax : Axes, optional
        Axes to draw on; a new figure by default.

    Returns
    -------
    Axes
        Both axes in per cent.
    """
    ax = own_axes(ax)
    curve, density = 100.0 * evaluation.curve, evaluation.density
    top = 1.08 * float(np.nanmax(curve[["risk", "observed"]].to_numpy()))
    ax.plot([0.0, top], [0.0, top], color=_GREY, linewidth=0.9, linestyle=(0, (5, 2)), label="as predicted")
    ax.fill_between(curve["risk"], curve["lower"], curve["upper"].clip(upper=top), color=_BLUE, alpha=0.15, linewidth=0)
    ax.plot(curve["risk"], curve["observed"], color=_BLUE, linewidth=1.6, label="observed, with 95 % band")
    height = 0.14 * top * density["people"] / max(int(density["people"].max()), 1)
    widths = 100.0 * (density["upper"] - density["lower"])
    ax.bar(100.0 * density["lower"], height, widths, align="edge", color=_GREY, alpha=0.55, label="people, by risk")
    ax.set_xlim(0.0, top)
    ax.set_ylim(0.0, top)
    by = f"{evaluation.horizon:g} {shown(unit)}" if unit else f"time {evaluation.horizon:g}"
    ax.set_xlabel(f"Predicted risk by {by} (%)", parse_math=False)
    ax.set_ylabel("Observed incidence (%)")
    return _with_legend(ax)


def plot_net_benefit(evaluation: ScreeningEvaluation, *, ax: Axes | None = None) -> Axes:
    """Plot net benefit by threshold of the rule, of screening all and of screening none.

    The requested thresholds are highlighted with their 95 % intervals.

    Parameters
    ----------
    evaluation : ScreeningEvaluation
        From ``evaluate_screening``.
    ax : Axes, optional
        Axes to draw on; a new figure by default.

    Returns
    -------
    Axes
        Threshold in per cent, net benefit in cancers found per 1,000 people.
    """
    ax = own_axes(ax)
    curve = evaluation.decision_curve
    ax.axhline(0.0, color=_GREY, linewidth=0.9, label="nobody")
    ax.plot(100 * curve["threshold"], 1000 * curve["all"], color=_DARK, linestyle=(0, (5, 2)), label="everybody")
    ax.plot(100 * curve["threshold"], 1000 * curve["rule"], color=_BLUE, linewidth=1.6, label="by risk")
    for each in evaluation.thresholds:
        found = each.net_benefit
        ax.vlines(100 * each.threshold, 1000 * found.lower, 1000 * found.upper, color=_BLUE, linewidth=1.1)
        ax.plot([100 * each.threshold], [1000 * found.estimate], "o", color=_BLUE, markersize=4.5)
    highest = 1000.0 * max(float(curve["rule"].max()), evaluation.observed)
    ax.set_ylim(-0.25 * highest, 1.12 * highest)
    ax.set_xlabel("Threshold of risk (%)")
    ax.set_ylabel("Net benefit (per 1,000 people)")
    return _with_legend(ax)


def _with_legend(ax: Axes) -> Axes:
    ax.legend(frameon=False, fontsize="medium")
    return tidy(ax, grid=False)
