"""Figures of a fitted effect: differences, their drivers, overlap, waterfall, survival under each option.

Those of an ``EffectReport`` are ``effects.report_figures``.

Each takes ``ax=None`` and returns the ``Axes``; none shows, saves or sets a style.  Marks differ by form or line,
not by colour alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from genorx._core.figures import own_axes, tidy
from genorx.effects.adjusted.survival_effect import SurvivalEffect
from genorx.effects.intervals import interval_of
from genorx.effects.option_styles import option_styles
from genorx.errors import UsageError, shown
from genorx.outcomes.frames import as_features

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_DARK, _BLUE, _ORANGE, _GREY = "#1f2933", "#1d6fa5", "#c2641b", "#6b7280"
_MOST = 40


def plot_forest(
    model: SurvivalEffect, X: Any, *, option: str | None = None, unit: str = "", ax: Axes | None = None
) -> Axes:
    """Draw each patient's difference against the reference with its 95 % interval, largest first; 40 at most.

    ``unit`` is that of time, which the model does not hold.
    """
    ax, name = own_axes(ax), _option(model, option)
    effect = model.effect(X)[name].dropna().sort_values(ascending=False).head(_MOST)
    lower, upper = (limit.loc[effect.index, name] for limit in model.effect_interval(X))
    place = np.arange(len(effect))[::-1]
    ax.errorbar(effect, place, xerr=[effect - lower, upper - effect], fmt="o", color=_DARK, capsize=2, markersize=4)
    ax.axvline(0.0, color=_GREY, linewidth=0.9)
    ax.set_yticks(place, [shown(patient) for patient in effect.index])
    ax.set_xlabel(_gain(model, name, unit), parse_math=False)
    return tidy(ax, keep_left=False)


def plot_drivers(model: SurvivalEffect, X: Any, *, option: str | None = None, ax: Axes | None = None) -> Axes:
    """Plot patients by the two features that change the effect most; the mark's size is that of the difference.

    Filled marks are patients who gain, open ones patients who lose.

    Raises
    ------
    UsageError
        If the effect depends on fewer than two features, or there is no such option (``no-such-feature``,
        ``no-such-option``).
    """
    ax, name, frame = own_axes(ax), _option(model, option), as_features(model, X)
    summary = model.summary()
    strongest = summary[summary["option"] == name]["feature"].head(2).tolist()
    if len(strongest) < 2:
        raise UsageError("the effect depends on fewer than two features, so it cannot be drawn", code="no-such-feature")
    effect = model.effect(frame)[name]
    known = effect.notna()
    across, up = (_numbers(frame[feature])[known.to_numpy()] for feature in strongest)
    size = 6 + 60 * effect[known].abs().to_numpy() / max(float(effect.abs().max()), 1e-12)
    gains = (effect[known] > 0).to_numpy()
    for mask, face, label in ((gains, _BLUE, "gains"), (~gains, "none", "loses")):
        ax.scatter(across[mask], up[mask], s=size[mask], facecolors=face, edgecolors=_DARK, linewidths=0.6, label=label)
    ax.set_xlabel(shown(strongest[0]))
    ax.set_ylabel(shown(strongest[1]))
    ax.legend(title=f"with {shown(name)}", frameon=False)
    return tidy(ax)


def plot_overlap(
    model: SurvivalEffect, X: Any, treatment: pd.Series[Any], *, option: str | None = None, ax: Axes | None = None
) -> Axes:
    """Plot the distribution of an option's probability in patients with and without it."""
    ax, name, frame = own_axes(ax), _option(model, option), as_features(model, X)
    support = model.support(frame)
    chance = support[support["option"] == name].set_index("patient_id")["propensity"]
    had = (treatment.loc[chance.index].astype(str) == name).to_numpy()
    edges = np.linspace(0, 1, 26).tolist()
    ax.hist(chance[had], bins=edges, histtype="stepfilled", color=_BLUE, alpha=0.45, label=f"had {shown(name)}")
    ax.hist(chance[~had], bins=edges, histtype="step", color=_DARK, linewidth=1.4, label="had another option")
    ax.axvline(0.025, color=_ORANGE, linestyle="--", linewidth=1, label="not compared below")
    ax.set_xlabel(f"Probability of {shown(name)}")
    ax.set_ylabel("Patients")
    ax.legend(frameon=False)
    return tidy(ax, grid=False)


def plot_waterfall(
    model: SurvivalEffect, X: Any, *, option: str | None = None, unit: str = "", ax: Axes | None = None
) -> Axes:
    """Draw the predicted differences of a cohort in order; dark where the interval excludes 0.

    ``unit`` is that of time, which the model does not hold.
    """
    ax, name = own_axes(ax), _option(model, option)
    effect = model.effect(X)[name].dropna().sort_values(ascending=False)
    lower, upper = (limit.loc[effect.index, name] for limit in model.effect_interval(X))
    sure = ((lower > 0) | (upper < 0)).to_numpy()
    place = np.arange(len(effect))
    ax.bar(place[~sure], effect[~sure], width=1.0, color="#c9ced6", label="interval includes 0")
    ax.bar(place[sure], effect[sure], width=1.0, color=_BLUE, label="interval excludes 0")
    ax.axhline(0.0, color=_DARK, linewidth=0.8)
    ax.set_xlabel("Patients, by predicted difference")
    ax.set_ylabel(_gain(model, name, unit), parse_math=False)
    ax.legend(frameon=False)
    return tidy(ax, grid=False)


def plot_survival(model: SurvivalEffect, X: Any, *, ax: Axes | None = None) -> Axes:
    """Draw the survival of one patient (the first of ``X``) under each option, with 95 % bands."""
    ax, frame = own_axes(ax), as_features(model, X).iloc[:1]
    sampled = model.sample(frame)
    inside = model.support(frame).set_index("option")["inside"]
    styles = option_styles(sampled.options[0], sampled.options)
    for code, name in enumerate(sampled.options):
        if not inside[name]:
            continue
        lower, upper = interval_of(sampled.draws[:, 0, code])
        style = styles[name]
        ax.plot(sampled.times, sampled.point[0, code], color=style.colour, linestyle=style.line, label=shown(name))
        ax.fill_between(sampled.times, lower, upper, color=style.colour, alpha=0.13, linewidth=0)
    ax.set_ylim(0, 1)
    ax.set_xlim(0, model.horizon_)
    ax.set_xlabel("Time")
    ax.set_ylabel("Survival")
    ax.legend(frameon=False)
    return tidy(ax, grid=False)


def _option(model: SurvivalEffect, option: str | None) -> str:
    name = model.options_[1] if option is None else option
    if name not in model.options_[1:]:
        raise UsageError(
            f"{shown(name)!r} has no difference against the reference",
            hint=f"options are {', '.join(map(shown, model.options_[1:]))}",
            code="no-such-option",
        )
    return name


def _gain(model: SurvivalEffect, name: str, unit: str) -> str:
    told = f" {shown(unit)}" if unit else ""
    return f"Time gained up to {model.horizon_:g}{told}\nwith {shown(name)} against {shown(model.options_[0])}"


def _numbers(column: pd.Series[Any]) -> Any:
    if pd.api.types.is_numeric_dtype(column.dtype):
        return column.to_numpy(dtype=float, na_value=np.nan)
    return np.asarray(pd.Categorical(column.astype("object")).codes, dtype=float)
