"""Figures of doses: predicted against actual, and errors by method and genotype.

Each takes ``ax=None`` and returns the ``Axes``; none shows, saves or sets a style.  Marks differ by form or line, not
by colour alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from genorx._core.figures import own_axes, tidy
from genorx.errors import UsageError, shown
from genorx.outcomes.dose.dose_evaluation import DoseEvaluation

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_DARK, _BLUE, _ORANGE, _GREY = "#1f2933", "#1d6fa5", "#c2641b", "#6b7280"
_MOST = 150  # intervals drawn; points are drawn for all


def plot_dose(evaluation: DoseEvaluation, *, ax: Axes | None = None) -> Axes:
    """Plot predicted against actual dose, with intervals of some patients, the 20 % band and the standard dose."""
    ax = own_axes(ax)
    made = evaluation.predictions
    top = float(np.quantile(made[["dose", "predicted"]].to_numpy(), 0.995)) * 1.15
    some = made.sort_values("dose").iloc[:: max(1, len(made) // _MOST)]
    ax.vlines(some["dose"], some["lower"], some["upper"], color=_GREY, linewidth=0.6, alpha=0.5)
    ax.scatter(made["dose"], made["predicted"], s=5, color=_BLUE, alpha=0.35, linewidths=0, label="patients")
    line = np.array([0.0, top])
    ax.plot(line, line, color=_DARK, linewidth=1.0, label="actual dose")
    ax.plot(line, 0.8 * line, color=_DARK, linewidth=0.7, linestyle=(0, (4, 3)), label="20 % off")
    ax.plot(line, 1.2 * line, color=_DARK, linewidth=0.7, linestyle=(0, (4, 3)))
    share = f"Within 20 %: model {100 * evaluation.value('within_20'):.0f} %"
    methods = set(evaluation.table["method"])
    if "standard" in methods:
        standard = float((made["dose"] + evaluation.value("bias", method="standard")).mean())
        ax.axhline(standard, color=_ORANGE, linewidth=1.2, linestyle="-.", label="standard dose")
        share += f", standard dose {100 * evaluation.value('within_20', method='standard'):.0f} %"
    ax.set_xlim(0, top)
    ax.set_ylim(0, top)
    ax.set_xlabel(f"Actual dose ({shown(evaluation.unit)})")
    ax.set_ylabel(f"Predicted dose ({shown(evaluation.unit)}), with {100 * evaluation.level:g} % intervals")
    ax.set_title(share, fontsize="medium", loc="left")
    ax.legend(frameon=False, fontsize="medium", loc="upper left")
    return tidy(ax, grid=False)


def plot_dose_errors(evaluation: DoseEvaluation, *, measure: str = "within_20", ax: Axes | None = None) -> Axes:
    """Draw ``mae`` or ``within_20`` of each method with its 95 % interval, by group where there is more than one.

    The axis names the features that define the groups, and the number of patients of each group.

    Raises
    ------
    UsageError
        If there is no such measure.
    """
    ax = own_axes(ax)
    if measure not in ("mae", "within_20"):
        raise UsageError(f"there is no measure {shown(measure)!r} to draw", hint="mae or within_20")
    table, scale = evaluation.table, 100.0 if measure == "within_20" else 1.0
    groups, methods = list(dict.fromkeys(table["group"])), list(dict.fromkeys(table["method"]))
    for number, method in enumerate(methods):
        rows = table[table["method"] == method].set_index("group").reindex(groups)
        place = np.arange(len(groups)) + 0.16 * (number - (len(methods) - 1) / 2)
        middle = scale * rows[measure]
        reach = [middle - scale * rows[f"{measure}_lower"], scale * rows[f"{measure}_upper"] - middle]
        colour, mark = (_DARK, _BLUE, _ORANGE, _GREY)[number % 4], "osD^"[number % 4]
        ax.errorbar(middle, place, xerr=reach, fmt=mark, color=colour, capsize=2, markersize=4, label=shown(method))
    sizes = table.drop_duplicates("group").set_index("group")["patients"]
    ax.set_yticks(np.arange(len(groups)), [f"{shown(group)} ({sizes[group]})" for group in groups])
    if len(groups) > 1 and evaluation.by:
        ax.set_ylabel(f"{' | '.join(map(shown, evaluation.by))} (patients)", parse_math=False)
    ax.invert_yaxis()
    ax.set_xlabel(
        "Patients within 20 % of their dose (%)"
        if measure == "within_20"
        else f"Mean absolute error ({shown(evaluation.unit)})"
    )
    ax.legend(frameon=False, fontsize="medium", loc="best")
    return tidy(ax, grid=False)
