"""Figures of an ``EffectReport``: overlap, balance, calibration of effects, predicted benefit, mean survival.

Each takes ``ax=None`` and returns the ``Axes``; none shows, saves or sets a style.  Marks differ by form or line,
not by colour alone.  Figures of a fitted model and single patients are ``effects.figures``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from genorx._core.figures import legend_above, own_axes, tidy
from genorx.effects.assessment.assessment import EffectReport
from genorx.effects.averages.balance import ALIKE
from genorx.effects.option_styles import OptionStyle, option_styles
from genorx.effects.overlap.overlap import SMALLEST_PROPENSITY
from genorx.errors import UsageError, shown

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_DARK, _BLUE, _ORANGE, _GREY, _PALE = "#1f2933", "#1d6fa5", "#c2641b", "#6b7280", "#c9ced6"
#: Columns that a figure of balance draws, unless told otherwise.
MOST_COLUMNS = 20
#: Most characters of a label along an axis on a page.
_LONGEST = 40


def plot_overlap(report: EffectReport, *, option: str | None = None, ax: Axes | None = None) -> Axes:
    """Plot the out-of-fold probability of an option in patients with and without it."""
    table, name = _rows(report.overlap, option, "overlap")
    ax = own_axes(ax)
    edges = [*table["lower"].tolist(), float(table["upper"].iloc[-1])]
    ax.stairs(table["had"], edges, fill=True, color=_BLUE, alpha=0.45, label=_text(f"had {name}"))
    ax.stairs(table["had_not"], edges, color=_DARK, linewidth=1.4, label="had another option")
    ax.axvline(SMALLEST_PROPENSITY, color=_ORANGE, linestyle="--", linewidth=1, label="not compared below")
    ax.set_xlim(0, 1)
    ax.set_xlabel(f"Probability of {_text(name)}, out of fold", parse_math=False)
    ax.set_ylabel("Patients")
    legend_above(ax)
    return tidy(ax, grid=False)


def plot_balance(
    report: EffectReport, *, option: str | None = None, ax: Axes | None = None, most: int = MOST_COLUMNS
) -> Axes:
    """Plot standardised mean differences before (open) and after weighting (filled), the largest: a love plot."""
    table, name = _rows(report.balance, option, "balance")
    ax = own_axes(ax)
    size = table[["before", "after"]].abs().max(axis=1)
    chosen = table.loc[size.sort_values(ascending=False, kind="stable").index[:most]]
    chosen = chosen.loc[chosen["before"].abs().sort_values(kind="stable").index]
    place = np.arange(len(chosen))
    before, after = chosen["before"].abs().to_numpy(float), chosen["after"].abs().to_numpy(float)
    ax.hlines(place, np.minimum(before, after), np.maximum(before, after), color=_PALE, linewidth=1.2)
    ax.plot(before, place, "o", color=_DARK, markerfacecolor="white", markersize=5, label="before weighting")
    ax.plot(after, place, "o", color=_BLUE, markersize=5, label="after weighting")
    ax.axvline(ALIKE, color=_GREY, linestyle="--", linewidth=0.9, label=f"{ALIKE:g}: small imbalance")
    names = [_text(str(column).replace("=", ": ")) for column in chosen["column"]]
    ax.set_yticks(place, labels=names, parse_math=False)
    ax.set_xlim(left=0)
    ax.set_xlabel(f"Standardised difference of {_text(name)}", parse_math=False)
    legend_above(ax, side="right")
    return tidy(ax, grid=False)


def plot_effect_calibration(
    report: EffectReport, *, option: str | None = None, unit: str = "", scale: float = 1.0, ax: Axes | None = None
) -> Axes:
    """Plot doubly robust differences by third of the predicted difference, with 95 % limits.

    Numbers of the report are multiplied by ``scale`` to be in ``unit``: 100 for percentage points.
    """
    table, name = _rows(report.thirds, option, "thirds")
    ax = own_axes(ax)
    predicted, found = (scale * table[name].to_numpy(float) for name in ("predicted", "estimate"))
    lower, upper = (scale * table[name].to_numpy(float) for name in ("lower", "upper"))
    reach = [found - lower, upper - found]
    ends = [min(predicted.min(), 0.0), max(predicted.max(), 0.0)]
    ax.plot(ends, ends, color=_GREY, linestyle="--", linewidth=1, label="as predicted")
    ax.axhline(0.0, color=_GREY, linewidth=0.7)
    ax.errorbar(predicted, found, yerr=reach, fmt="o", color=_DARK, capsize=3, label="thirds of the patients")
    ax.set_xlabel(_difference(name, unit), parse_math=False)
    ax.set_ylabel(f"Doubly robust difference{_in(unit)}", parse_math=False)
    return _finished(ax)


def plot_waterfall(
    report: EffectReport, *, option: str | None = None, unit: str = "", scale: float = 1.0, ax: Axes | None = None
) -> Axes:
    """Plot the sorted predicted differences of the cohort; the dark part is the share whose own interval excludes 0.

    Numbers of the report are multiplied by ``scale`` to be in ``unit``: 100 for percentage points.
    """
    table, name = _rows(report.waterfall, option, "waterfall")
    ax = own_axes(ax)
    ends = np.cumsum(table["patients"].to_numpy(float))
    width = table["patients"].to_numpy(float)
    height, sure = scale * table["difference"].to_numpy(float), table["sure"].to_numpy(float)
    ax.bar(ends - width, height, width=width, align="edge", color=_PALE, label="interval includes 0")
    ax.bar(ends - width, height * sure, width=width, align="edge", color=_BLUE, label="interval excludes 0 (share)")
    for limit, said in (("lower", "95 % limits, averaged"), ("upper", None)):
        ax.plot(ends - width / 2, scale * table[limit], color=_GREY, linewidth=0.8, linestyle=":", label=said)
    ax.axhline(0.0, color=_DARK, linewidth=0.8)
    ax.set_xlim(0, ends[-1])
    ax.set_xlabel(f"Patients, by predicted difference\nwith {_text(name)}", parse_math=False)
    ax.set_ylabel(f"Predicted difference{_in(unit)}", parse_math=False)
    legend_above(ax)
    return tidy(ax, grid=False)


def plot_mean_survival(
    report: EffectReport,
    *,
    unit: str = "",
    free: str = "",
    styles: Mapping[str, OptionStyle] | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Plot the cohort's mean survival if all patients had an option, with 95 % bands; ``styles`` are those of a page.

    ``free`` is the word for a patient without the event if that is not death, such as ``event-free``.

    Raises
    ------
    UsageError
        If the report has no survival curves (``no-such-option``).
    """
    ax = own_axes(ax)
    if report.curves.empty:
        raise UsageError("the report has no survival curves", code="no-such-option")
    names = [str(name) for name in report.curves["option"].unique()]
    known = option_styles(names[0], names) | dict(styles or {})
    for name, curve in report.curves.groupby("option", sort=False):
        style = known[str(name)]
        ax.plot(curve["time"], curve["survival"], color=style.colour, linestyle=style.line, label=_text(name))
        ax.fill_between(curve["time"], curve["lower"], curve["upper"], color=style.colour, alpha=0.13, linewidth=0)
    ax.set_xlim(0, float(report.curves["time"].max()))
    ax.set_ylim(0, 1.02)
    ax.set_xlabel(f"Time{_in(unit)}", parse_math=False)
    ax.set_ylabel(f"Mean probability {free}, if everyone had it" if free else "Mean survival if everyone had it")
    return _finished(ax)


def _difference(name: str, unit: str) -> str:
    """Return the axis label of predicted differences, on two lines if it is too long for the figure."""
    whole = f"Predicted difference with {_text(name)}{_in(unit)}"
    return whole if len(whole) <= _LONGEST else f"Predicted difference{_in(unit)}\nwith {_text(name)}"


def _rows(table: pd.DataFrame, option: str | None, what: str) -> tuple[pd.DataFrame, str]:
    """Return the rows of one option, by default the first, and its name."""
    names = table["option"].unique().tolist()
    name = option if option is not None else (names[0] if names else "")
    if name not in names:
        raise UsageError(f"no option {shown(name)!r} in the report's {what}", code="no-such-option")
    return table[table["option"] == name], str(name)


def _finished(ax: Axes) -> Axes:
    for text in ax.legend(frameon=False, fontsize="medium").get_texts():
        text.set_parse_math(False)
    return tidy(ax, grid=False)


def _in(unit: str) -> str:
    return f" ({_text(unit)})" if unit else ""


def _text(name: object) -> str:
    """Return a user's text for a figure: printable, and not hidden by a leading underscore."""
    clean = shown(name)
    return f" {clean}" if clean.startswith("_") else clean
